"""A bot on an emulated Telegram: the real adapter over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.settings import TelegramSettings
from bot.gather.resolver import DaemonResolver
from bot.model import Card, ChatRef, MessageRef, Phrase
from bot.ports import Command, Site, State, Surroundings
from tests.around import FREE, Core, Keys, OpenPace, PlainTranslators
from tests.emulators.telegram import Limits, TelegramServer


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
    expects: Sequence[ChatRef] = ()
    """The chats that the config declares."""
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

    async def send(self, adapter: TelegramAdapter, chat: ChatRef, card: Card, key: str = "k1") -> MessageRef:
        """A post of ours."""
        return await adapter.send(chat, card, key=key, departure=FREE)

    def surroundings(self, pace: Any = None) -> Surroundings:
        return Surroundings(
            pace=pace or self.pace,
            translators=PlainTranslators(),
            keys=self.keys,
            rooms=None,  # type: ignore[arg-type]  # Telegram keeps its own messages
            site=Site("127.0.0.1", 8080, "", "secret", loopback=True),
            clock=self.clock,
            sleep=self.sleep,
            resolver=DaemonResolver,
        )

    def adapter(self, commands: Sequence[Command] = (), *, pace: Any = None) -> TelegramAdapter:
        settings = TelegramSettings.model_validate(
            {"token": self.token or self.server.token, "base_url": self.base_url or self.server.base_url}
        )
        adapter = TelegramAdapter(settings, self.surroundings(pace))
        adapter.declare(commands)
        adapter.expect(self.expects)
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
