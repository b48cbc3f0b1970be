"""Who administers a chat and what we may do there: asked of Telegram and remembered for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from adapters.telegram.calls import Calls
from adapters.telegram.errors import NO_ANSWER
from adapters.telegram.inbound import is_present
from adapters.telegram.limits import is_person
from adapters.telegram.rights import PRIVATE, capabilities_of
from bot.errors import CardRejected, ChatGone, DeliveryError, PlatformDown
from bot.model import Actor, ChatRef
from bot.ports import Capabilities, Traffic

# A right that was just taken away must not serve for long, and who has none must not make us ask at every try.
ADMIN_FOR = timedelta(seconds=60)
# No update tells of changed chat permissions or allowed reactions. Whoever is told what is missing looks again soon.
CAPABILITIES_FOR = timedelta(hours=1)
LACKING_FOR = timedelta(seconds=60)
_MOST = 20_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Memory(Generic[Key, Value]):
    """Answers with an end date."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._kept: dict[Key, tuple[datetime, Value]] = {}

    def get(self, key: Key) -> Value | None:
        kept = self._kept.get(key)
        return kept[1] if kept and kept[0] > self._clock() else None

    def put(self, key: Key, value: Value, lasts: timedelta) -> None:
        now = self._clock()
        if len(self._kept) >= _MOST:
            self._kept = {key: kept for key, kept in self._kept.items() if kept[0] > now}
        self._kept[key] = (now + lasts, value)

    def forget(self, key: Key) -> None:
        self._kept.pop(key, None)


class _Asking(Generic[Key, Value]):
    """The same question, asked by many at once, goes out once."""

    def __init__(self) -> None:
        self._asked: dict[Key, asyncio.Future[Value]] = {}

    async def answer(self, key: Key, ask: Callable[[], Awaitable[Value]]) -> Value:
        """What ``ask`` returns or raises, whoever's it is."""
        while (asked := self._asked.get(key)) is not None:
            await asyncio.wait({asked})
            if not asked.cancelled():
                return asked.result()
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        try:
            value = await ask()
        except DeliveryError as error:
            asked.set_exception(error)
            asked.exception()  # nobody else may be waiting for it
            raise
        else:
            asked.set_result(value)
            return value
        finally:
            asked.cancel()  # unless it is done: whoever waits must ask again
            del self._asked[key]


class Membership:
    """Asks about chats. Methods raise DeliveryError."""

    def __init__(self, calls: Calls, clock: Callable[[], datetime], own_id: Callable[[], Awaitable[int]]) -> None:
        self._calls = calls
        self._own_id = own_id
        self._capabilities: _Memory[str, Capabilities] = _Memory(clock)
        self._asking_capabilities: _Asking[tuple[str, Traffic], Capabilities] = _Asking()
        self._admins: _Memory[tuple[str, str], bool] = _Memory(clock)
        self._asking_admins: _Asking[tuple[str, str], bool] = _Asking()

    def forget(self, chat: ChatRef) -> None:
        """Something changed there."""
        self._capabilities.forget(chat.id)

    async def capabilities(self, chat: ChatRef, kind: Traffic = Traffic.ANSWER) -> Capabilities:
        """What the chat allows now."""
        if is_person(chat):
            return PRIVATE
        known = self._capabilities.get(chat.id)
        if known is None:
            known = await self._asking_capabilities.answer((chat.id, kind), lambda: self._asked(chat, kind))
            self._capabilities.put(chat.id, known, LACKING_FOR if known.missing else CAPABILITIES_FOR)
        return known

    async def is_admin(self, chat: ChatRef, actor: Actor) -> bool:
        """Whether the actor administers the chat. A private chat is its person's; a group that speaks is its admins."""
        if actor.id[:1] != "u" or is_person(chat):
            return actor.id[1:] == chat.id
        key = (chat.id, actor.id)
        known = self._admins.get(key)
        if known is None:
            known = await self._asking_admins.answer(key, lambda: self._is_admin_now(chat, int(actor.id[1:])))
            self._admins.put(key, known, ADMIN_FOR)
        return known

    async def is_member(self, chat: ChatRef, actor: Actor) -> bool:
        """Whether the actor is in the chat. Where we are no admin, Telegram may not tell it."""
        if actor.id[:1] != "u" or is_person(chat):
            return True
        try:
            member = await self._calls.ask("getChatMember", chat, Traffic.LOOK, user_id=int(actor.id[1:]))
            return is_present(member)
        except (KeyError, TypeError) as error:
            raise PlatformDown(NO_ANSWER) from error

    async def administered(self, actor: Actor, chats: Sequence[ChatRef]) -> Sequence[ChatRef]:
        """Those of the chats that the actor administers; one that can't be asked is left out."""
        answers = await asyncio.gather(*(self._is_admin_or_unknown(chat, actor) for chat in chats))
        return [chat for chat, admin in zip(chats, answers, strict=True) if admin]

    async def _is_admin_or_unknown(self, chat: ChatRef, actor: Actor) -> bool:
        try:
            return await self.is_admin(chat, actor)
        except DeliveryError:
            return False

    async def _is_admin_now(self, chat: ChatRef, user: int) -> bool:
        try:
            member = await self._calls.ask("getChatMember", chat, user_id=user)
            return _administers(member)
        except (CardRejected, ChatGone):
            pass  # no member (PARTICIPANT_ID_INVALID), or members are hidden from us (CHAT_ADMIN_REQUIRED)
        try:
            admins = await self._calls.ask("getChatAdministrators", chat)
            return any(_administers(admin) and admin["user"]["id"] == user for admin in admins)
        except CardRejected:
            return False
        except (KeyError, TypeError) as error:
            raise PlatformDown(NO_ANSWER) from error

    async def _asked(self, chat: ChatRef, kind: Traffic) -> Capabilities:
        full, member = await asyncio.gather(
            self._calls.ask("getChat", chat, kind),
            self._calls.ask("getChatMember", chat, kind, user_id=await self._own_id()),
        )
        try:
            return capabilities_of(full, member)
        except (KeyError, TypeError) as error:
            raise PlatformDown(NO_ANSWER) from error


def _administers(member: Any) -> bool:
    return isinstance(member, dict) and member.get("status") in ("creator", "administrator")
