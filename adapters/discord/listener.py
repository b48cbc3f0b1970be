"""Takes what the connection tells to the core: questions each in a task of its own, all else in its order, votes by
buttons too: the newest counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord
import structlog

from adapters.discord.answers import Answers
from adapters.discord.calls import Calls
from adapters.discord.client import Place, Watcher
from adapters.discord.errors import NO_ANSWER
from adapters.discord.inbound import PLATFORM, Heard, Parent, chat_kind, hear
from adapters.discord.joining import all_channels, changed, joined
from adapters.discord.line import Line
from adapters.discord.servers import Servers
from adapters.discord.shades import Shades
from bot.errors import DeliveryError
from bot.events import ButtonPressed, ChatJoined, Event, ReactionsMissed
from bot.model import Card, ChatKind, ChatRef, Phrase, parse_vote_button
from bot.ports import Answer, Dispatch, State, Surroundings, Traffic

log = structlog.get_logger()

# TRANSLATORS: a bot in very many servers is connected several times, each time for some of them
SOME_STAND = Phrase("{n} of {of} connections to Discord are up. The others are reconnecting.")
HELD_BACK = Phrase("I have connected to Discord so often today that I have to wait a while, or it would lock me out.")


class Listener(Watcher):
    """Between one connection and the core."""

    def __init__(
        self,
        report: Callable[[State, Phrase | None], None],
        calls: Calls,
        surroundings: Surroundings,
        dispatch: Dispatch,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._servers = Servers(surroundings.keys, surroundings.sleep, tasks)
        self._greeting: dict[ChatRef, int] = {}
        """Where we are about to introduce ourselves, and in which server that is."""
        self._report = report
        self._calls = calls
        self._sleep = surroundings.sleep
        self._dispatch = dispatch
        self._tasks = tasks
        self._line = Line(dispatch, surroundings.sleep, tasks, self._stored)
        self._shades = Shades(calls.has_reacted, surroundings.sleep)
        self._answers = Answers(calls.respond, self._sleep, surroundings.translators)

    async def begin(self, application: int | None) -> None:
        """Before the first session."""
        await self._servers.recall(application)

    def standing(self, sessions: int, of: int) -> None:
        """See `Watcher`. Posts don't go by them, so that one is enough."""
        if sessions == of:
            self._report(State.READY, None)
        elif sessions:
            self._report(State.READY, replace(SOME_STAND, args={"n": sessions, "of": of}))
        else:
            self._report(State.CONNECTING, NO_ANSWER)

    def held_back(self, seconds: float) -> None:
        """See `Watcher`."""
        log.warning("connected to Discord too often today", waits=round(seconds))
        self._report(State.CONNECTING, HELD_BACK)

    def heard(self, payload: Mapping[str, Any]) -> None:
        """See `Watcher`."""
        try:
            heard = hear(payload, self._calls.me, self._guild_name(payload), self._parent_of(payload))
        except Exception:  # one bad payload costs itself alone
            log.exception("Discord sent an event that can't be understood", event_kind=payload.get("t"))
            return
        if heard is not None:
            self._shades.note(heard)
            self._tasks.create_task(self._handle(heard))

    def session_begun(self, servers: Collection[int], shard: int, of: int) -> None:
        """See `Watcher`."""
        self._calls.rights_changed()
        self._servers.here(servers, shard, of)
        self._tell([ReactionsMissed(PLATFORM)])

    def guild_here(self, guild: discord.Guild) -> None:
        """See `Watcher`. Chats that were left with the server before are told, too."""
        if self._is_greeted(guild):
            return
        log.info("added to a server on Discord", guild=guild.id)
        self._calls.rights_changed()
        if not self._greet(guild):
            way = "an admin gives /language anywhere and chooses the channel"
            log.warning("no channel to introduce ourselves in", guild=guild.id, way=way)
        self._tell(changed(all_channels(guild), present=True))

    def _is_greeted(self, guild: discord.Guild) -> bool:
        return self._servers.knows(guild.id) or guild.id in self._greeting.values()

    def _greet(self, guild: discord.Guild) -> bool:
        """False when there is nowhere to: that is looked at again when our rights change, and at the next session."""
        first = joined(guild)
        if first is not None:
            self._greeting[first.chat] = guild.id
            self._tell([first])
        return first is not None

    def guild_left(self, guild: discord.Guild) -> None:
        """See `Watcher`."""
        log.info("removed from a server on Discord", guild=guild.id)
        self._greeting = {chat: server for chat, server in self._greeting.items() if server != guild.id}
        self._servers.left(guild.id)
        self._tell(changed(all_channels(guild), present=False))

    def thread_awake(self, thread: int) -> None:
        """See `Watcher`."""
        self._tasks.create_task(self._calls.woken(str(thread)))

    def channels_changed(self, channels: Sequence[Place], *, present: bool, heard_anew: bool = False) -> None:
        """See `Watcher`."""
        self._calls.rights_changed()
        self._tell(changed(channels, present=present, heard_anew=heard_anew))
        for guild in {channel.guild for channel in channels}:
            if not self._is_greeted(guild):
                self._greet(guild)

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self._line.join(event)

    async def _handle(self, heard: Heard) -> None:
        if heard.interaction is not None:
            await self._answers.attend(heard, self._in_line(heard.event) if _is_vote(heard.event) else self._dispatch)
            return
        try:
            withdraws = await self._shades.withdraws(heard)
        except Exception:  # one odd reaction costs itself alone
            log.exception("a reaction could not be understood", event_kind=type(heard.event).__name__)
            return
        if withdraws:
            self._line.join(heard.event)

    def _in_line(self, event: Event) -> Dispatch:
        """Its place is taken before anything is awaited: what came after it is heard in the next task."""
        told = self._line.ask(event)
        return lambda _event: told

    def _stored(self, event: Event, answer: Answer | None) -> None:
        if not isinstance(event, ChatJoined):
            return
        # Before it is said: rather not at all than twice.
        server = self._greeting.pop(event.chat, None)
        if server is not None:
            self._servers.greeted(server)
        if answer is not None and answer.card is not None:
            self._tasks.create_task(self._introduce(event.chat, answer.card))

    async def _introduce(self, chat: ChatRef, card: Card) -> None:
        try:
            await self._calls.post(int(chat.id), card, Traffic.ANSWER)
        except DeliveryError as error:
            log.info("the introduction could not be posted", chat=chat.id, reason=str(error))
        except Exception:  # the others are introduced all the same
            log.exception("the introduction failed", chat=chat.id)

    def _parent_of(self, payload: Mapping[str, Any]) -> Parent | None:
        data, client = payload["d"], self._calls.client
        channel = client.get_channel(int(data.get("channel_id") or 0))
        told = data.get("channel") or {}
        if isinstance(channel, discord.Thread):
            number = channel.parent_id
        elif chat_kind(told.get("type")) is ChatKind.THREAD and told.get("parent_id"):
            number = int(told["parent_id"])
        else:
            return None
        known = client.get_channel(number)
        if not isinstance(known, discord.abc.GuildChannel):
            return Parent(str(number))
        return Parent(str(number), chat_kind(known.type.value), known.name)

    def _guild_name(self, payload: Mapping[str, Any]) -> str:
        guild = self._calls.client.get_guild(int(payload["d"].get("guild_id") or 0))
        return guild.name if guild is not None else ""


def _is_vote(event: Event) -> bool:
    return isinstance(event, ButtonPressed) and parse_vote_button(event.button) is not None
