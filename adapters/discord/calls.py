"""Requests to Discord: each waits for its turn, and each failure becomes one of our errors."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import discord
import structlog
from discord.http import Route

from adapters.discord.asleep import Asleep, is_open
from adapters.discord.client import Client
from adapters.discord.errors import (
    FAILURES,
    MISSING_PERMISSION,
    NOT_CONNECTED,
    REACTION_BLOCKED,
    THREAD_ARCHIVED,
    TOO_MANY_REACTIONS,
    UNCERTAIN,
    UNKNOWN_EMOJI,
    UNKNOWN_MESSAGE,
    UNREADABLE,
    Attempt,
    Slowed,
    code_of,
    delivery_error,
    retry_after,
)
from adapters.discord.inbound import PLATFORM
from adapters.discord.limits import TOKEN, asking, editing, is_old, reacting, reading, sending, shut
from adapters.discord.render import plainer, render, thread_name
from adapters.discord.rights import Place
from bot.errors import CardRejected, DeliveryError, PlatformDown, Throttled, Unconfirmed
from bot.model import Card, ChatRef, MessageRef
from bot.ports import Departure, Document, Limit, Pace, Traffic, Turn

log = structlog.get_logger()

_T = TypeVar("_T")

_QUESTION = Attempt(repeatable=True)
_POST = Attempt(repeatable=False)
# What is no fault of a single post: the member sees the buttons all the same.
_NO_SEED = (TOO_MANY_REACTIONS, MISSING_PERMISSION, REACTION_BLOCKED, UNKNOWN_EMOJI)


class Calls:
    """What is said to channels and asked of them. Every method raises DeliveryError."""

    def __init__(self, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._pace = pace
        self._clock = clock
        self._asleep = Asleep()
        self._no_seeds: set[int] = set()
        """Channels in which we may not add reactions."""
        self._client: Client | None = None

    def use(self, client: Client | None) -> None:
        """Speak over this connection from now on."""
        self._client = client

    @property
    def client(self) -> Client:
        """The present connection. Raises PlatformDown when there is none."""
        if self._client is None or self._client.user is None:
            raise PlatformDown(NOT_CONNECTED)
        return self._client

    @property
    def me(self) -> str:
        """Our own user id."""
        user = self.client.user
        return str(user.id) if user is not None else ""

    # --- posts ---------------------------------------------------------------------------------------------------

    async def post(
        self,
        channel: int,
        card: Card,
        kind: Traffic,
        *,
        nonce: str | None = None,
        departure: Departure | None = None,
    ) -> MessageRef:
        """Write into a channel, thread or direct message. For some minutes Discord takes a nonce only once."""
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
        once = {"nonce": nonce, "enforce_nonce": True} if nonce else {}
        sent = await self._with_plainer(
            card, lambda body: self._send(channel, kind, route, {**body, **once}, departure), departure=departure
        )
        return _ref(channel, sent)

    async def start_thread(self, forum: Place, card: Card, departure: Departure) -> MessageRef:
        """Open a forum's thread; its first message has the thread's own id."""
        route = Route("POST", "/channels/{channel_id}/threads", channel_id=forum.id)
        thread: dict[str, Any] = {"name": thread_name(card)}
        if forum.tags:
            thread["applied_tags"] = [str(tag) for tag in forum.tags]
        started = await self._with_plainer(
            card,
            lambda body: self._send(forum.id, Traffic.POST, route, {**thread, "message": body}, departure),
            departure=departure,
        )
        return _started(started)

    async def edit(self, message: MessageRef, card: Card, posted_at: datetime | None) -> None:
        """Redraw a message. In a thread that fell asleep it is shown when somebody wakes that; only the last card of a
        post, which can't be voted on any more, is worth waking it, and then it may sleep on."""
        self._asleep.forget(message)
        channel = int(message.chat.id)
        route = Route(
            "PATCH", "/channels/{channel_id}/messages/{message_id}", channel_id=channel, message_id=int(message.id)
        )

        async def redraw(body: dict[str, Any]) -> Any:
            limits = editing(message.chat.id, old=is_old(posted_at, self._clock()))
            return await self._asked(Traffic.EDIT, limits, lambda: self.client.http.request(route, json=body))

        async def redraw_awake(body: dict[str, Any]) -> Any:
            try:
                return await redraw(body)
            except FAILURES as error:
                if code_of(error) != THREAD_ARCHIVED:
                    raise
                if is_open(card):
                    self._asleep.keep(message, card, posted_at)
                    return None
                # A moderator may have locked it: then it stays as it is.
                if not await self._put(channel, asleep=False):
                    raise
            try:
                shown = await redraw(body)
            except Exception:
                await self._put_back_to_sleep(channel)
                raise
            await self._put_back_to_sleep(channel)
            return shown

        await self._with_plainer(card, redraw_awake, _QUESTION)

    async def woken(self, thread: str) -> None:
        """Show what its posts should show since it sleeps. Raises nothing: what can't be shown now isn't shown."""
        for message, card, posted_at in self._asleep.woken(thread):
            try:
                await self.edit(message, card, posted_at)
            except DeliveryError as error:
                log.info("a post in a thread that woke can't be redrawn", channel=thread, reason=str(error))

    async def _put_back_to_sleep(self, thread: int) -> None:
        try:
            await self._put(thread, asleep=True)
        except FAILURES as error:  # it falls asleep by itself, only later
            log.info("a thread can't be put back to sleep", channel=thread, error=type(error).__name__)

    async def _put(self, thread: int, *, asleep: bool) -> bool:
        """False when we may not."""
        try:
            await self._asked(Traffic.EDIT, asking(), lambda: self.client.http.edit_channel(thread, archived=asleep))
        except discord.Forbidden as error:
            if not code_of(error):
                raise
            return False
        return True

    async def seed(self, message: MessageRef, emoji: Sequence[str]) -> None:
        """Put these reactions under a message; one that can't be put is passed over, and where we may put none, this is
        asked once until our rights change: Discord bans who is refused too often."""
        place = self._place_of_rights(message)
        for one in emoji:
            if place in self._no_seeds:
                return
            try:
                await self._react(message, _outgoing(one))
            except (*FAILURES, *UNREADABLE) as error:
                if code_of(error) not in _NO_SEED:
                    raise delivery_error(error, _QUESTION) from error
                log.info("a reaction can't be seeded", channel=message.chat.id, code=code_of(error))
                if code_of(error) == MISSING_PERMISSION:
                    self._no_seeds.add(place)

    def _place_of_rights(self, message: MessageRef) -> int:
        """The channel whose rights hold: in a thread its parent's do."""
        channel = self.client.get_channel(int(message.chat.id))
        return channel.parent_id if isinstance(channel, discord.Thread) else int(message.chat.id)

    def rights_changed(self) -> None:
        """What we may do in channels may be something else now."""
        self._no_seeds.clear()

    async def _react(self, message: MessageRef, emoji: str) -> None:
        channel, number = int(message.chat.id), int(message.id)
        limits = reacting(message.chat.id)
        await self._asked(Traffic.SEED, limits, lambda: self.client.http.add_reaction(channel, number, emoji))

    async def respond(self, route: Route, body: Any, document: Document | None = None) -> Any:
        """Answer an interaction, which waits for no turn. Raises what the library does."""
        try:
            if document is not None:
                return await self.client.http.request(route, form=_form(body, document))
            return await self.client.http.request(route, json=body)
        except Slowed as error:
            if error.everywhere:
                self._pace.penalise(TOKEN.name, error.retry_after)
            raise

    # --- questions -----------------------------------------------------------------------------------------------

    async def ask(self, question: Callable[[], Awaitable[_T]], kind: Traffic = Traffic.ANSWER) -> _T:
        """A question to Discord, whose answer ``question`` reads."""
        try:
            return await self._asked(kind, asking(), question)
        except (*FAILURES, *UNREADABLE) as error:
            raise delivery_error(error, _QUESTION) from error

    async def has_reacted(self, message: MessageRef, emoji: str, user: str) -> bool:
        """Whether the user has the ordinary reaction with this emoji on the message."""
        # The users come in the order of their ids.
        query = {"type": 0, "limit": 1, "after": int(user) - 1}

        async def users() -> list[str]:
            return [str(one["id"]) for one in await self._users(message, _outgoing(emoji), query)]

        return user in await self.ask(users)

    async def message(self, message: MessageRef, kind: Traffic) -> Any:
        """A message as it is now."""
        channel, number = int(message.chat.id), int(message.id)
        return await self._read(message, kind, lambda: self.client.http.get_message(channel, number))

    async def reacted(
        self, message: MessageRef, emoji: str, kind: Traffic, *, burst: bool, after: int, limit: int
    ) -> Any:
        """Users who have this reaction on a message, in the order of their ids."""
        query = {"type": int(burst), "limit": limit, "after": after}
        return await self._read(message, kind, lambda: self._users(message, emoji, query))

    async def _users(self, message: MessageRef, emoji: str, query: Mapping[str, int]) -> Any:
        route = Route(
            "GET",
            "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}",
            channel_id=int(message.chat.id),
            message_id=int(message.id),
            emoji=emoji,
        )
        try:
            return await self.client.http.request(route, params=dict(query))
        except discord.HTTPException as error:
            if error.code != UNKNOWN_EMOJI:
                raise
            return []  # the last one was taken back

    async def _read(self, message: MessageRef, kind: Traffic, question: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return await self._asked(kind, reading(message.chat.id), question)
        except FAILURES as error:
            raise delivery_error(error, _QUESTION) from error

    # --- how they go ---------------------------------------------------------------------------------------------

    async def _send(
        self, channel: int, kind: Traffic, route: Route, body: dict[str, Any], departure: Departure | None
    ) -> Any:
        async def send(turn: Turn) -> Any:
            async def left() -> None:
                if departure is not None:
                    await departure.leaving()
                turn.used()

            # The library may hold it back after its turn: the client tells when it really leaves.
            return await self.client.http.request(route, json=body, trace_request_ctx=left)

        return await self._in_turn(kind, sending(str(channel)), send)

    async def _with_plainer(
        self,
        card: Card,
        request: Callable[[dict[str, Any]], Awaitable[Any]],
        attempt: Attempt = _POST,
        departure: Departure | None = None,
    ) -> Any:
        """Send it, if need be without what Discord refuses of its looks: a story must not be lost for its picture."""
        versions = [card, *plainer(card)]
        while True:
            version = versions.pop(0)
            body = render(version).payload()
            try:
                return await request(body)
            except (*FAILURES, *UNREADABLE) as error:
                failure = delivery_error(error, attempt)
                looks = isinstance(failure, CardRejected) and code_of(error) not in (UNKNOWN_MESSAGE, THREAD_ARCHIVED)
                if not (versions and looks):
                    raise failure from error
                log.warning("Discord refuses a message, trying a plainer one", reason=str(failure))
            if departure is not None:
                await departure.refused()

    async def _asked(self, kind: Traffic, limits: tuple[Limit, ...], request: Callable[[], Awaitable[_T]]) -> _T:
        return await self._in_turn(kind, limits, lambda _turn: request())

    async def _in_turn(self, kind: Traffic, limits: tuple[Limit, ...], request: Callable[[Turn], Awaitable[_T]]) -> _T:
        turn = await self._pace.turn(kind, limits)
        try:
            return await request(turn)
        except FAILURES as error:
            if isinstance(delivery_error(error, _QUESTION), Throttled):
                everywhere = isinstance(error, Slowed) and error.everywhere
                name = shut(limits, code_of(error), everywhere=everywhere)
                if name is not None:
                    self._pace.penalise(name, retry_after(error))
            raise


def _form(body: Any, document: Document) -> list[dict[str, Any]]:
    """A body with its file, as multipart (reference.mdx, uploading files)."""
    file = {"filename": document.name, "content_type": "application/json"}
    return [
        {"name": "payload_json", "value": json.dumps(body), "content_type": "application/json"},
        {"name": "files[0]", "value": document.content.encode(), **file},
    ]


def _ref(channel: int | str, message: Any) -> MessageRef:
    try:
        return MessageRef(ChatRef(PLATFORM, str(int(channel))), str(int(message["id"])))
    except UNREADABLE as error:
        raise Unconfirmed(UNCERTAIN) from error


def _started(thread: Any) -> MessageRef:
    try:
        return _ref(thread["id"], thread.get("message") or thread)
    except UNREADABLE as error:
        raise Unconfirmed(UNCERTAIN) from error


def _outgoing(emoji: str) -> str:
    """The form that reaction routes take: a custom emoji by its id, with any name."""
    return f"e:{emoji.removeprefix('custom:')}" if emoji.startswith("custom:") else emoji
