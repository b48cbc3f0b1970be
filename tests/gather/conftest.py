"""What the tests of gather share: a feed server, clients, and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.gather.client import GuardedClient
from bot.gather.gatherer import Gatherer
from bot.gather.settings import GatherSettings
from bot.gather.workers import Workers
from bot.model import ChatKind, ChatRef
from bot.storage import api, chats, owed, sources, subscriptions
from bot.storage.api import ListedStory
from bot.storage.database import Database, open_database
from bot.storage.sources import SourceHealth
from bot.storage.tables import delivery, story
from tests.emulators.feeds import FeedServer

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Clock:
    """Says the time that it is set to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as server:
        yield server


@pytest.fixture
def settings() -> GatherSettings:
    return GatherSettings(interval=600, allow_networks=LOOPBACK, timeout=5)


@pytest.fixture
async def client(settings: GatherSettings) -> AsyncIterator[GuardedClient]:
    async with GuardedClient(settings) as client:
        yield client


@pytest.fixture
async def guarded() -> AsyncIterator[GuardedClient]:
    """As members' feeds are fetched: loopback is refused."""
    async with GuardedClient(GatherSettings(timeout=5)) as client:
        yield client


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers() as workers:
        yield workers


# --- a running gather ------------------------------------------------------------------------------------------------


@dataclass
class Told:
    """What `on_stories` was told."""

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)

    async def __call__(self, new: tuple[int, ...], changed: tuple[int, ...]) -> None:
        self.new += new
        self.changed += changed


@dataclass
class House:
    """A running gather, as app.py builds it, with one chat that can follow things."""

    db: Database
    gatherer: Gatherer
    clock: Clock
    told: Told
    chat_id: int

    async def follow(self, source_id: int) -> None:
        await self.db.write(subscriptions.follow_source, self.chat_id, source_id, None, self.clock())
        await self.gatherer.sync_subscriptions()

    async def follow_pack(self, pack: str) -> None:
        await self.db.write(subscriptions.follow_pack, self.chat_id, pack, None, self.clock())
        await self.gatherer.sync_subscriptions()

    async def poll(self) -> None:
        """All sources, whatever their interval."""
        self.clock.forward(hours=7)
        await self.gatherer.sweep()

    async def stories(self) -> list[ListedStory]:
        return list(await self.db.read(api.newest_stories, limit=200, before=None, with_chats=False))

    async def titles(self) -> list[str]:
        return sorted(story.title for story in await self.stories())

    async def health(self, url: str) -> SourceHealth:
        (found,) = await self.db.read(sources.health, [url])
        return found

    async def reads(self) -> list[str]:
        """The addresses of the sources that the chat reads."""
        followed = await self.db.read(subscriptions.of_chat, self.chat_id)
        return [source.url for one in followed for source in one.sources]

    async def posts(self) -> list[str]:
        """Titles of the stories that the chat is owed and hasn't got yet; it gets them now."""
        await self.db.write(owed.select_new, self.clock())
        waiting = (
            select(story.c.title)
            .join(delivery, delivery.c.story_id == story.c.id)
            .where(delivery.c.state == "waiting")
            .order_by(story.c.sorted_at, story.c.id)
        )
        titles = await self.db.read(lambda connection: list(connection.execute(waiting).scalars()))
        await self.db.write(lambda connection: connection.execute(update(delivery).values(state="posted")).rowcount)
        return titles


Start = Callable[..., Awaitable[House]]


@pytest.fixture
async def start(tmp_path: Path, clock: Clock, workers: Workers) -> AsyncIterator[Start]:
    """Starts a house; called again, it stops the one before: a restart."""
    stack: list[AsyncIterator[House]] = []

    @asynccontextmanager
    async def house(settings: GatherSettings, packs: object, language: str) -> AsyncIterator[House]:
        async with open_database(tmp_path / "test.db") as db, GuardedClient(settings) as client:
            told = Told()
            gatherer = Gatherer(
                db,
                client,
                workers,
                settings,
                clock,
                resolve_wire=lambda language: f"http://127.0.0.1:1/{language}.json",
                on_stories=told,
                packs=packs,
                random=lambda: 0.5,
            )
            chat = await db.write(chats.ensure, ChatRef("memory", "1"), ChatKind.GROUP, clock())
            await db.write(chats.choose_language, chat.id, language, None, clock())
            yield House(db, gatherer, clock, told, chat.id)

    async def begin(*, packs: object = None, language: str = "en", **changes: object) -> House:
        await end()
        settings = GatherSettings(**({"interval": 600, "timeout": 5, "allow_networks": LOOPBACK} | changes))
        stack.append(house(settings, packs, language))
        return await stack[-1].__aenter__()

    async def end() -> None:
        while stack:
            await stack.pop().__aexit__(None, None, None)

    yield begin
    await end()
