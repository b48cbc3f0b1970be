"""A bot on an emulated Telegram: the real adapter over real sockets, and a core that remembers what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.settings import TelegramSettings
from bot.events import Event
from bot.model import Phrase
from bot.ports import Answer, Command, Limit, Site, State, Surroundings, Traffic
from tests.emulators.telegram import Limits, TelegramServer


class PlainTranslator:
    """The source text, marked with its language so that menus differ."""

    def __init__(self, language: str) -> None:
        self.language = language

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


@dataclass
class Keys:
    kept: dict[str, str] = field(default_factory=dict)
    written: asyncio.Event = field(default_factory=asyncio.Event)

    async def get(self, key: str) -> str | None:
        return self.kept.get(key)

    async def put(self, key: str, value: str) -> None:
        self.kept[key] = value
        self.written.set()


@dataclass
class OpenPace:
    """Lets everyone through and remembers who asked."""

    turns: list[tuple[Traffic, tuple[str, ...]]] = field(default_factory=list)
    penalties: list[tuple[str, float]] = field(default_factory=list)

    async def turn(self, kind: Traffic, limits: Sequence[Limit]) -> None:
        self.turns.append((kind, tuple(limit.name for limit in limits)))

    def penalise(self, name: str, seconds: float) -> None:
        self.penalties.append((name, seconds))


@dataclass
class Core:
    """Takes events; ``replies`` decides what is said to them, ``gate`` holds them back."""

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

    async def heard(self, count: int) -> list[Event]:
        """The events, once there are so many."""
        async with asyncio.timeout(5):
            while len(self.events) < count:
                self._came.clear()
                await self._came.wait()
        return self.events

    async def first(self, kind: type[Any]) -> Any:
        """The first event of a kind, once it is there."""
        async with asyncio.timeout(5):
            while not (found := [event for event in self.events if isinstance(event, kind)]):
                self._came.clear()
                await self._came.wait()
        return found[0]


@dataclass
class World:
    """What surrounds one bot."""

    server: TelegramServer
    pace: OpenPace = field(default_factory=OpenPace)
    keys: Keys = field(default_factory=Keys)
    slept: list[float] = field(default_factory=list)
    passed: timedelta = timedelta()
    base_url: str = ""
    token: str = ""
    watched: TelegramAdapter | None = None
    naps: list[tuple[float, State, Phrase | None]] = field(default_factory=list)

    def watch(self, adapter: TelegramAdapter) -> list[tuple[float, State, Phrase | None]]:
        """How the adapter stood whenever it slept from now on."""
        self.watched = adapter
        return self.naps

    async def sleep(self, seconds: float) -> None:
        """Time passes at once."""
        self.slept.append(seconds)
        if self.watched is not None:
            self.naps.append((seconds, self.watched.state, self.watched.detail))
        self.passed += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def clock(self) -> datetime:
        return datetime(2026, 11, 22, 12, tzinfo=UTC) + self.passed

    def surroundings(self, pace: Any = None) -> Surroundings:
        return Surroundings(
            pace=pace or self.pace,
            translators=PlainTranslator,
            keys=self.keys,
            rooms=None,  # type: ignore[arg-type]  # Telegram keeps its own messages
            site=Site("127.0.0.1", 8080, "", "secret", loopback=True),
            clock=self.clock,
            sleep=self.sleep,
        )

    def adapter(self, commands: Sequence[Command] = (), *, pace: Any = None) -> TelegramAdapter:
        settings = TelegramSettings.model_validate(
            {"token": self.token or self.server.token, "base_url": self.base_url or self.server.base_url}
        )
        adapter = TelegramAdapter(settings, self.surroundings(pace))
        adapter.declare(commands)
        return adapter

    @asynccontextmanager
    async def running(
        self, core: Core, commands: Sequence[Command] = (), *, pace: Any = None
    ) -> AsyncIterator[TelegramAdapter]:
        """The adapter, connected and listening."""
        adapter = self.adapter(commands, pace=pace)
        task = asyncio.create_task(adapter.run(core.dispatch))
        listening = asyncio.create_task(self.server.wait_for(lambda: self.server.bot.queue.is_polled))
        await asyncio.wait([task, listening], return_when=asyncio.FIRST_COMPLETED)
        try:
            if task.done():
                task.result()
            yield adapter
        finally:
            task.cancel()
            listening.cancel()
            await asyncio.gather(task, listening, return_exceptions=True)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with TelegramServer(limits=Limits.off()) as server:
        yield World(server)


@pytest.fixture
def core() -> Core:
    return Core()
