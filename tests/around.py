"""What surrounds an adapter under test: plain words, keys, a pace that is always open, a core that remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.errors import StorageError
from bot.events import Event
from bot.model import Phrase
from bot.ports import Answer, Limit, Traffic
from tests.languages import CATALOGUES, NAMES


class PlainTranslator:
    """The source text, marked with its language so that menus differ."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.direction = "ltr"

    def __call__(self, msgid: str, /, **args: object) -> str:
        return msgid.format(**args)

    def plural(self, one: str, many: str, n: int, /, **args: object) -> str:
        return (one if n == 1 else many).format(n=n, **args)

    def phrase(self, phrase: Phrase, /) -> str:
        return f"{phrase.msgid} ({self.language})"

    def number(self, n: int, /) -> str:
        return str(n)

    def moment(self, at: datetime, /) -> str:
        return at.isoformat()

    def ago(self, at: datetime, now: datetime, /) -> str:
        return str(now - at)

    def listed(self, values: Sequence[str], /) -> str:
        return " + ".join(values)

    def language_name(self, code: str, /) -> str:
        return f"{code} ({self.language})"


class PlainTranslators:
    """The languages of the tree, in plain words."""

    names = NAMES
    words_for_language = NAMES

    def __call__(self, language: str, timezone: str | None = None, /) -> PlainTranslator:
        return PlainTranslator(language)

    def supported(self, tag: str | None) -> str | None:
        return CATALOGUES.supported(tag)

    def preferred(self, accept_language: str) -> str:
        return CATALOGUES.preferred(accept_language)


@dataclass
class Keys:
    kept: dict[str, str] = field(default_factory=dict)
    written: asyncio.Event = field(default_factory=asyncio.Event)
    refusals: list[StorageError] = field(default_factory=list)
    """What the next changes are answered with."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def get(self, key: str) -> str | None:
        return self.kept.get(key)

    async def put(self, key: str, value: str) -> None:
        self.kept[key] = value
        self.written.set()

    async def under(self, prefix: str) -> Mapping[str, str]:
        return {key: value for key, value in self.kept.items() if key.startswith(prefix)}

    async def change(self, put: Mapping[str, str], drop: Collection[str]) -> None:
        if self.refusals:
            raise self.refusals.pop()
        self.kept.update(put)
        for key in drop:
            self.kept.pop(key, None)
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it has become true of what is kept."""
        async with asyncio.timeout(20):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


class OpenTurn:
    """Of a pace that counts nothing."""

    def used(self) -> None: ...


@dataclass
class OpenPace:
    """Lets everyone through and remembers who asked."""

    turns: list[tuple[Traffic, tuple[str, ...]]] = field(default_factory=list)
    penalties: list[tuple[str, float]] = field(default_factory=list)

    async def turn(self, kind: Traffic, limits: Sequence[Limit]) -> OpenTurn:
        self.turns.append((kind, tuple(limit.name for limit in limits)))
        return OpenTurn()

    def penalise(self, name: str, seconds: float) -> None:
        self.penalties.append((name, seconds))


class _Free:
    """A departure of which nobody keeps track."""

    async def leaving(self) -> None: ...

    async def refused(self) -> None: ...


FREE = _Free()


@dataclass
class Noted:
    """A departure that remembers what it was told, and after how many turns."""

    pace: OpenPace
    told: list[tuple[str, int]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def times(self, count: int) -> None:
        """Wait until it was told something so often."""
        async with asyncio.timeout(20):
            while len(self.told) < count:
                self._news.clear()
                await self._news.wait()

    async def leaving(self) -> None:
        self.told.append(("leaving", len(self.pace.turns)))
        self._news.set()

    async def refused(self) -> None:
        self.told.append(("refused", len(self.pace.turns)))


@dataclass
class Core:
    """Takes events; ``replies`` decides what is said to them (or raises), ``gate`` holds them back."""

    events: list[Event] = field(default_factory=list)
    replies: Callable[[Event], Answer | None] = lambda _event: None
    gate: asyncio.Event | None = None
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def dispatch(self, event: Event) -> Answer | None:
        self.events.append(event)
        self._came.set()
        if self.gate is not None:
            await self.gate.wait()
        return self.replies(event)

    async def heard(self, count: int, *kinds: type[Any]) -> list[Any]:
        """The events (of these kinds), once there are so many."""
        async with asyncio.timeout(20):
            while len(found := [event for event in self.events if not kinds or isinstance(event, kinds)]) < count:
                self._came.clear()
                await self._came.wait()
        return found

    async def first(self, kind: type[Any]) -> Any:
        """The first event of a kind, once it is there."""
        return (await self.heard(1, kind))[0]
