"""Keeps questions that were acknowledged to Telegram, which then forgets them, until they are answered: over a restart
too. What is kept is the update, but for what nobody reads of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from adapters.telegram.inbound import Ears, Heard, hear
from bot.ports import KeyStore

log = structlog.get_logger()

PREFIX = "asked:"

MOST_KEPT = 1000
"""Far more than wait at any time for the Pace, in all chats together; beyond that they wait in memory alone."""
LONGEST = 16_000
"""Characters of one. A command has at most 4096, as JSON up to twelve bytes each where it isn't ASCII; it is never more
in earnest."""
KEPT_FOR = timedelta(days=1)
"""As long as Telegram itself keeps what nobody fetches."""
LATE = timedelta(minutes=5)
"""After that long a chat has moved on."""

# Nobody's name: a private chat is called by one, a group is not.
_USER = ("id", "is_bot", "language_code")
_CHAT = ("id", "type", "title")
_PLACE = ("message_id", "is_topic_message", "message_thread_id")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, as the update that told of it, and when it came."""

    update: Json
    at: datetime


def kept_form(update: Json) -> dict[str, Any]:
    """The part of a command or press from which `inbound.hear` hears the same, but for people's names."""
    kept: dict[str, Any] = {"update_id": update["update_id"]}
    if "callback_query" in update:
        query = update["callback_query"]
        kept["callback_query"] = {
            **_part(query, ("id", "data")),
            "from": _part(query["from"], _USER),
            "message": {**_part(query["message"], _PLACE), "chat": _part(query["message"]["chat"], _CHAT)},
        }
    else:
        message = update["message"]
        kept["message"] = {
            **_part(message, (*_PLACE, "text")),
            **{
                name: _part(message[name], wanted)
                for name, wanted in (("from", _USER), ("chat", _CHAT), ("sender_chat", _CHAT))
                if message.get(name) is not None
            },
        }
    return kept


def hear_kept(update: Json, ears: Ears) -> Sequence[Heard]:
    """What it tells, as it did when it came; nothing if it can't be understood any more."""
    try:
        return hear(update, ears)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("a question that was kept can't be understood and is dropped", error=repr(error))
        return []


def _part(whole: Any, names: Collection[str]) -> dict[str, Any]:
    return {name: whole[name] for name in names if name in whole} if isinstance(whole, dict) else {}


class Kept:
    """One bot's. Its methods raise StorageError."""

    def __init__(self, keys: KeyStore, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._clock = clock
        self._known: set[str] = set()
        self._put: dict[str, str] = {}
        self._drop: set[str] = set()
        self._writing = asyncio.Lock()

    async def load(self) -> Sequence[Asked]:
        """What is still to be answered, in the order in which it was asked."""
        rows = await self._keys.under(PREFIX)
        readable = {key: asked for key, text in rows.items() if (asked := _read(text)) is not None}
        fresh = {key: one for key, one in readable.items() if self._clock() - one.at < KEPT_FOR}
        self._known = set(fresh)
        if self._known != set(rows):
            await self._keys.change({}, set(rows) - self._known)
        return sorted(fresh.values(), key=lambda one: (one.at, int(one.update["update_id"])))

    async def keep(self, update: Json) -> None:
        """When this returns, it will be answered, whatever happens to us."""
        text = json.dumps({"at": self._clock().isoformat(), "update": kept_form(update)})
        if len(self._known) >= MOST_KEPT or len(text) > LONGEST:
            log.warning("a question would be lost in a restart: it is too long, or too many are waiting")
            return
        key = _key(update)
        self._known.add(key)
        self._put[key] = text
        await self._write()

    async def drop(self, update: Json) -> None:
        """It is answered."""
        key = _key(update)
        if key in self._known:
            self._known.discard(key)
            self._drop.add(key)
            await self._write()

    async def _write(self) -> None:
        """While one write is under way the next one gathers: a crowd costs few."""
        async with self._writing:
            put, drop = self._put, self._drop
            if not put and not drop:
                return
            self._put, self._drop = {}, set()
            try:
                await self._keys.change(put, drop)
            except BaseException:
                # Whoever waits behind us for the same must not take it for done.
                self._put, self._drop = {**put, **self._put}, drop | self._drop
                raise


def _key(update: Json) -> str:
    return f"{PREFIX}{int(update['update_id'])}"


def _read(text: str) -> Asked | None:
    try:
        row = json.loads(text)
        at = datetime.fromisoformat(row["at"]).astimezone(UTC)
        int(row["update"]["update_id"])
    except (KeyError, TypeError, ValueError, OverflowError):
        log.warning("a question that was kept can't be read and is dropped")
        return None
    return Asked(row["update"], at)
