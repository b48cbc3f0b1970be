"""A bot on an emulated Discord: the real adapter over real sockets, and a core that remembers what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.answers import DEFER_AFTER
from adapters.discord.rights import NEEDED
from adapters.discord.settings import DiscordSettings
from bot.gather.resolver import DaemonResolver
from bot.model import Button, ButtonRole, Card, ChatRef, Line, LineKind, MessageRef, Phrase, Span, Style
from bot.ports import Command, Site, State, Surroundings
from tests.around import FREE, Core, Keys, OpenPace, PlainTranslators
from tests.emulators.discord import Channel, DiscordServer, Guild, User


@pytest.fixture
def translators() -> PlainTranslators:
    return PlainTranslators()


class WatchedAdapter(DiscordAdapter):
    """The adapter, and an event that is set while it is ready, another while all is well."""

    def __init__(self, settings: DiscordSettings, surroundings: Surroundings) -> None:
        self.ready = asyncio.Event()
        self.whole = asyncio.Event()
        self.said: list[Phrase | None] = []
        self._stands = State.CONNECTING
        super().__init__(settings, surroundings)

    @property
    def state(self) -> State:
        return self._stands

    @state.setter
    def state(self, state: State) -> None:
        self._stands = state
        if state is State.READY:
            self.ready.set()
        else:
            self.ready.clear()

    @property
    def detail(self) -> Phrase | None:
        return self.said[-1] if self.said else None

    @detail.setter
    def detail(self, detail: Phrase | None) -> None:
        self.said.append(detail)
        if self._stands is State.READY and detail is None:
            self.whole.set()
        else:
            self.whole.clear()


@dataclass
class World:
    """What surrounds one bot."""

    server: DiscordServer
    pace: Any = field(default_factory=OpenPace)
    keys: Keys = field(default_factory=Keys)
    slept: list[float] = field(default_factory=list)
    asleep: asyncio.Event = field(default_factory=asyncio.Event)
    patient: bool = True
    """Whether the two seconds before an answer is deferred last for ever, or no time at all."""
    token: str = ""
    api_url: str = ""
    gateway_url: str = ""

    async def sleep(self, seconds: float) -> None:
        """Time passes at once, except where a wait is for somebody else to act."""
        self.slept.append(seconds)
        self.asleep.set()
        if seconds == DEFER_AFTER and self.patient:
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    def surroundings(self) -> Surroundings:
        return Surroundings(
            pace=self.pace,
            translators=PlainTranslators(),
            keys=self.keys,
            rooms=None,  # type: ignore[arg-type]  # Discord keeps its own messages
            site=Site("127.0.0.1", 8080, "", "secret", loopback=True),
            clock=lambda: datetime.now(UTC),
            sleep=self.sleep,
            resolver=DaemonResolver,
        )

    def settings(self) -> DiscordSettings:
        return DiscordSettings.model_validate(
            {
                "token": self.token or self.server.token,
                "api_url": self.api_url or self.server.api_url,
                "gateway_url": self.gateway_url or self.server.gateway_url,
            }
        )

    def adapter(self, commands: Sequence[Command] = ()) -> WatchedAdapter:
        adapter = WatchedAdapter(self.settings(), self.surroundings())
        adapter.declare(commands)
        return adapter

    async def send(self, adapter: DiscordAdapter, chat: ChatRef, card: Card, key: str = "n7") -> MessageRef:
        """A post of ours."""
        return await adapter.send(chat, card, key=key, departure=FREE)

    @asynccontextmanager
    async def running(self, core: Core, commands: Sequence[Command] = ()) -> AsyncIterator[WatchedAdapter]:
        """The adapter, connected and ready."""
        adapter = self.adapter(commands)
        task = asyncio.create_task(adapter.run(core.dispatch))
        waiting = asyncio.create_task(adapter.ready.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED, timeout=5)
        try:
            if task.done():
                task.result()
            assert adapter.ready.is_set(), "the adapter is not ready after five seconds"
            yield adapter
        finally:
            task.cancel()
            waiting.cancel()
            await asyncio.gather(task, waiting, return_exceptions=True)


@dataclass
class Place:
    """A server with the bot, a channel and two people."""

    guild: Guild
    news: Channel
    ann: User
    bob: User

    @property
    def chat(self) -> ChatRef:
        return ChatRef("discord", self.news.id)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with DiscordServer(limits={}) as server:
        yield World(server)


@pytest.fixture
async def place(world: World) -> Place:
    server = world.server
    guild = await server.create_guild("Investors", preferred_locale="fr")
    world.keys.kept[f"discord/servers/{server.application_id}"] = f"[{guild.id}]"  # we have been here before
    await server.invite_bot(guild, NEEDED.value)
    news = await server.create_text(guild, "news")
    ann = await server.add_user("ann", locale="fr", guild=guild, permissions_=["MANAGE_GUILD"])
    bob = await server.add_user("bob", guild=guild)
    return Place(guild, news, ann, bob)


@pytest.fixture
def core() -> Core:
    return Core()


def _story(title: str = "Rates stay", delivery: int = 7, tally: Iterable[int] = (0, 0)) -> Card:
    bullish, bearish = tally
    return Card(
        language="en",
        lines=(
            Line(LineKind.TITLE, (Span(title, Style.BOLD, url="https://news.example/1"),)),
            Line(LineKind.META, (Span("The Wire"),)),
            Line(LineKind.TEXT, (Span("The bank waits."),)),
        ),
        buttons=(
            (
                Button(f"🐂 Bullish {bullish}", f"v:{delivery}:b", ButtonRole.BULLISH),
                Button(f"🐻 Bearish {bearish}", f"v:{delivery}:s", ButtonRole.BEARISH),
            ),
        ),
    )


@pytest.fixture
def story() -> Callable[..., Card]:
    return _story


@pytest.fixture
def last_card() -> Callable[..., Card]:
    """How a story looks once voting has ended."""
    return lambda *args, **more: replace(_story(*args, **more), buttons=())


@pytest.fixture
def note() -> Callable[..., Card]:
    """A card of a few words."""
    return lambda words, *rows: Card("en", (Line(LineKind.TEXT, (Span(words),)),), buttons=rows)
