"""Telegram as a chat platform: builds the parts and keeps the order in which they run."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import structlog
from telegram.error import InvalidToken, RetryAfter, TelegramError

from adapters.telegram import diagnosis
from adapters.telegram.answers import Answers
from adapters.telegram.calls import Calls
from adapters.telegram.declared import Declared
from adapters.telegram.desk import Desk
from adapters.telegram.errors import NO_ANSWER, seconds
from adapters.telegram.inbound import PLATFORM, Ears, Heard, normal
from adapters.telegram.membership import Membership
from adapters.telegram.menu import menus, publish
from adapters.telegram.outage import Outage
from adapters.telegram.questions import question
from adapters.telegram.render import render
from adapters.telegram.request import Wire
from adapters.telegram.settings import TelegramSettings
from adapters.telegram.updates import POLL_SECONDS, Updates, backoff
from bot.errors import ChatGone, ConfigError, DeliveryError, PlatformDown, StorageError, TokenRefused
from bot.events import ChatChanged, ChatJoined, ChatMigrated, CommandInvoked, Event
from bot.model import Actor, Ballot, Card, ChatRef, MessageRef, Phrase
from bot.ports import (
    Answer,
    Capabilities,
    ChatAdapter,
    Command,
    Departure,
    DescribesChats,
    Diagnoses,
    Dispatch,
    Finding,
    KnowsAdmins,
    KnowsMembers,
    PublishesCommands,
    State,
    Surroundings,
    Traffic,
)

log = structlog.get_logger()

REFUSED = Phrase("Telegram does not accept the token. Take a new one from @BotFather.")

DIVERTED = Phrase("The topic is closed or deleted: I post in General instead.")

# The ones of Telegram's 73 reactions that say something; neither 🐂 nor 🐻 is among them.
_BULLISH = "👍 🔥 ❤ ❤️‍🔥 🎉 🤩 💯 🏆 ⚡ 👏 🍾 😍 🥰 🆒 😎 🦄"
_BEARISH = "👎 💩 🤮 😱 😨 😢 😭 💔 🤡 😡 🤬 🖕"


@dataclass(frozen=True, slots=True)
class _Me:
    """What getMe says."""

    id: int
    username: str
    """Empty where the server says none."""
    can_join_groups: bool


class TelegramAdapter(ChatAdapter, KnowsAdmins, KnowsMembers, PublishesCommands, DescribesChats, Diagnoses):
    """See the ports. Seeds no reactions: a bot may set only one, which would bias the vote."""

    platform: ClassVar[str] = PLATFORM
    ballot: ClassVar[Ballot] = Ballot(
        bullish=tuple(map(normal, _BULLISH.split())), bearish=tuple(map(normal, _BEARISH.split()))
    )
    keeps_for: ClassVar[timedelta] = timedelta(days=1)

    def __init__(self, settings: TelegramSettings, surroundings: Surroundings) -> None:
        if settings.token is None:
            raise ConfigError(("telegram.token: is missing",))
        self._surroundings = surroundings
        self._wire = Wire(
            settings.base_url,
            settings.token.get_secret_value(),
            surroundings.resolver,
            poll_timeout=POLL_SECONDS,
        )
        self._calls = Calls(self._wire, surroundings.pace, surroundings.clock)
        self._membership = Membership(self._calls, surroundings.clock, self._own_id)
        self._answers = Answers(self._calls, surroundings.sleep)
        self._commands: tuple[Command, ...] = ()
        self._declared = Declared(self._calls, surroundings.sleep)
        self._outage = Outage()
        self._me: _Me | None = None
        self._writable: set[ChatRef] = set()
        """Where an answer went and no post has been refused since."""

    # --- posts ---------------------------------------------------------------------------------------------------

    async def send(self, chat: ChatRef, card: Card, *, key: str, departure: Departure) -> MessageRef:
        """See `ChatAdapter`. Telegram knows no idempotency, so ``key`` can't help. The message bears the chat's number,
        even where the chat is given as ``@name``."""
        try:
            return await self._calls.send(chat, render(card), Traffic.POST, departure=departure)
        except ChatGone:
            self._writable.discard(chat)
            raise

    async def edit(self, message: MessageRef, card: Card, *, posted_at: datetime | None = None) -> None:
        """See `ChatAdapter`. Works for messages of a group that has since become a supergroup, by their old chat id.
        Never raises ChatGone: one old message says nothing of its chat."""
        await self._calls.edit(message, render(card), Traffic.EDIT)

    # --- chats ---------------------------------------------------------------------------------------------------

    async def capabilities(self, chat: ChatRef, kind: Traffic = Traffic.ANSWER) -> Capabilities:
        """See `ChatAdapter`."""
        allowed = await self._membership.capabilities(chat, kind)
        if self._calls.is_diverted(chat):
            return replace(allowed, missing=(*allowed.missing, DIVERTED))
        return allowed

    async def is_admin(self, chat: ChatRef, actor: Actor) -> bool:
        """See `KnowsAdmins`. What Telegram said is believed for a minute."""
        return await self._membership.is_admin(chat, actor)

    async def administered(self, actor: Actor, chats: Sequence[ChatRef]) -> Sequence[ChatRef]:
        """See `KnowsAdmins`."""
        return await self._membership.administered(actor, chats)

    async def is_member(self, chat: ChatRef, actor: Actor) -> bool:
        """See `KnowsMembers`."""
        return await self._membership.is_member(chat, actor)

    def declare(self, commands: Sequence[Command]) -> None:
        """See `PublishesCommands`."""
        self._commands = tuple(commands)

    def expect(self, chats: Sequence[ChatRef]) -> None:
        """See `DescribesChats`."""
        self._declared.expect(chats)

    # --- running -------------------------------------------------------------------------------------------------

    async def run(self, dispatch: Dispatch) -> None:
        """See `ChatAdapter`."""
        await self._wire.open()
        try:
            await self._connect()
            await self._serve(dispatch)
        except TokenRefused as error:
            self._report(State.REFUSED, error.phrase)
            raise
        finally:
            await self._wire.close_connections()

    async def _serve(self, dispatch: Dispatch) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._publish_commands())
                await self._declared.names(dispatch)
                tasks.create_task(self._declared.run(dispatch))
                desk = Desk(
                    self._answers,
                    self._surroundings,
                    lambda event: self._dispatched(event, dispatch),
                    tasks,
                    answered=lambda asked: self._wrote(asked, dispatch),
                )
                updates = self._updates(await desk.take_up(self._ears()))
                await updates.run(lambda heard: self._handle(heard, dispatch, desk))
        except ExceptionGroup as group:
            refused = group.subgroup(TokenRefused)
            if refused is None:
                raise
            # The group is only how it got here; the caller waits for the one error.
            raise TokenRefused(REFUSED) from None

    def _updates(self, handled: Collection[Any]) -> Updates:
        return Updates(
            self._wire,
            sleep=self._surroundings.sleep,
            clock=self._surroundings.clock,
            report=self._report,
            verify=self._connect,
            ears=self._ears,
            outage=self._outage,
            handled=handled,
        )

    async def _handle(self, heard: Heard, dispatch: Dispatch, desk: Desk) -> None:
        """Returns when the update may be acknowledged: a fact is durable, a question is kept until it is answered."""
        asked = question(heard.event)
        if asked is not None:
            if not heard.answered:
                await desk.take(heard, asked)
            return
        try:
            answer = await self._dispatched(heard.event, dispatch)
        except StorageError:
            raise  # the update comes again, and is answered then
        except Exception:
            desk.answer(heard, None)
            raise
        if not heard.answered:
            desk.answer(heard, answer)

    async def _dispatched(self, event: Event, dispatch: Dispatch) -> Answer | None:
        if isinstance(event, ChatJoined | ChatChanged | ChatMigrated):
            self._membership.forget(event.chat)
        return await dispatch(event)

    async def _wrote(self, asked: CommandInvoked, dispatch: Dispatch) -> None:
        """Telegram doesn't tell when members may write again. That an answer went into the chat does."""
        chat = asked.chat
        if chat in self._writable:
            return
        self._membership.forget(chat)
        try:
            await dispatch(ChatChanged(chat, True, asked.kind, asked.title))
        except Exception:  # the next answer tries again
            log.exception("a chat could not be resumed", chat=chat.id)
        else:
            self._writable.add(chat)

    async def _connect(self) -> None:
        """Ask who we are until Telegram says it. Raises TokenRefused."""
        failures = 0
        while True:
            try:
                self._me = await self._who_am_i()
                return
            except InvalidToken:
                raise TokenRefused(REFUSED) from None
            except TelegramError as error:
                failures += 1
                self._outage.goes_on(error)
                self._report(State.CONNECTING, NO_ANSWER)
                wait = seconds(error) if isinstance(error, RetryAfter) else backoff(failures)
                await self._surroundings.sleep(wait)

    async def _who_am_i(self) -> _Me:
        me = await self._wire.ask("getMe")
        try:
            return _Me(int(me["id"]), str(me.get("username") or ""), bool(me.get("can_join_groups", True)))
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            raise TelegramError("getMe was answered with something else") from None

    async def _own_id(self) -> int:
        if self._me is None:
            raise PlatformDown(NO_ANSWER)
        return self._me.id

    def _ears(self) -> Ears:
        return Ears(self._me.username if self._me else "", frozenset(command.name for command in self._commands))

    async def _publish_commands(self) -> None:
        """In a task of its own: whatever goes wrong with the menu costs no vote."""
        around = self._surroundings
        try:
            wanted = menus(self._commands, around.translators)
            await publish(wanted, await self._own_id(), self._calls, around.keys, around.sleep)
        except StorageError as error:
            log.warning("the commands could not be published", reason=str(error))  # the next start tries again
        except InvalidToken as error:
            # Also how a server answers that knows no such method. A token that is revoked, the updates tell of.
            log.warning("Telegram's menu of commands can't be set here", reason=error.message)
        except Exception:
            log.exception("the commands could not be published")

    def _report(self, state: State, detail: Phrase | None) -> None:
        if state is not self.state:
            log.info("Telegram", state=state.value)
        if state is State.READY:
            self._outage.is_over()
        self.state, self.detail = state, detail

    # --- check ---------------------------------------------------------------------------------------------------

    async def diagnose(self, chats: Sequence[ChatRef]) -> Sequence[Finding]:
        """See `Diagnoses`."""
        await self._wire.open()
        try:
            return await self._findings(chats)
        finally:
            await self._wire.close_connections()

    async def _findings(self, chats: Sequence[ChatRef]) -> Sequence[Finding]:
        try:
            self._me = await self._who_am_i()
        except InvalidToken:
            return [Finding(False, REFUSED)]
        except TelegramError:
            return [Finding(False, NO_ANSWER)]
        findings = list(diagnosis.account(self._me.username, can_join_groups=self._me.can_join_groups))
        for ref in chats:
            try:
                findings += diagnosis.chat(ref, await self._membership.capabilities(ref))
            except DeliveryError as error:
                findings += diagnosis.chat(ref, error)
        return findings
