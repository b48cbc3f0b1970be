"""Stories that chats in other languages wait for: a real database, a platform and translators in memory, a clock."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from bot.card.story import EXCERPT, Standing, story_card
from bot.gather.topics import names_in
from bot.i18n import Catalogues
from bot.model import Card, ChatKind, ChatRef
from bot.publish.outbox import Outbox
from bot.storage import chats, posts
from bot.storage.database import Database, open_database
from bot.storage.posts import PostView
from bot.storage.tables import chat, delivery, entry, source, story, subscription, subscription_cursor, translation
from bot.tally.refresh import Refresher
from bot.translate.marks import Marks
from bot.translate.providers import Offer, Pair
from bot.translate.roster import Roster
from bot.translate.translating import Translating
from tests.memory import MemoryAdapter

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROOM = ChatRef("memory", "room")
HOLD = timedelta(seconds=60)
ALL = ("en", "de", "fr", "ru", "hy", "it")


@dataclass
class Interpreter:
    """A translator in memory: it puts the language before each text. ``faults`` are raised by the next requests."""

    name: str = "libretranslate"
    marks: Marks = field(default_factory=lambda: Marks("x"))
    into: Sequence[str] = ("de", "fr", "ru", "it", "en")
    faults: deque[Exception] = field(default_factory=deque)
    no_offer: deque[Exception] = field(default_factory=deque)
    """Raised in place of the next offers."""
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """The targets and texts of all requests."""
    says: Callable[[str, str], str] = lambda text, target: f"[{target}] {text}"
    slow: asyncio.Event | None = None
    """Requests wait for it, where there is one."""

    async def offer(self) -> Offer:
        if self.no_offer:
            raise self.no_offer.popleft()
        return Offer({(one, other): Pair(one, other) for one in ALL for other in self.into if one != other})

    async def translate(self, texts: Sequence[str], pair: Pair, *, marked: bool) -> Sequence[str]:
        self.asked.append((pair.target, tuple(texts)))
        if self.slow is not None:
            await self.slow.wait()
        if self.faults:
            raise self.faults.popleft()
        return [self.says(text, pair.target) for text in texts]


class House:
    """The rooms that a story goes through from its source to a translated post."""

    def __init__(self, db: Database, *providers: Interpreter, budget: int = 0) -> None:
        self.db = db
        self.now = NOW
        self.adapter = MemoryAdapter()
        self.translated = asyncio.Event()
        """Something has been."""
        self.waits: asyncio.Queue[float] = asyncio.Queue()
        self.wake_roster = asyncio.Event()
        self.roster = Roster([(provider, budget) for provider in providers], self.clock, self._sleep)
        self.translating = self.another_run()
        self.outbox = Outbox(
            db,
            {"memory": self.adapter},
            Catalogues(),
            self.clock,
            self._posted,
            offers=lambda: self.roster.pairs,
            hold=HOLD,
        )

    def another_run(self) -> Translating:
        """As after a restart: what was in memory is gone."""
        return Translating(
            self.db,
            self.roster,
            names_in,
            self.clock,
            self._heard,
            excerpt=EXCERPT,
            hold=HOLD,
            concurrency=4,
        )

    def clock(self) -> datetime:
        return self.now

    def _heard(self, _ledgers: Iterable[int]) -> None:
        self.translated.set()

    async def _sleep(self, seconds: float) -> None:
        self.waits.put_nowait(seconds)
        await self.wake_roster.wait()
        self.wake_roster.clear()

    async def _pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def _posted(self, _delivery: int) -> None: ...

    @asynccontextmanager
    async def open(self) -> AsyncIterator[House]:
        """The providers have been asked what they offer."""
        task = asyncio.create_task(self.roster.run())
        for _ in self.roster.in_order:
            await self.waits.get()
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def ask_again(self) -> float:
        """The one provider is asked once more what it offers; returns how long it is left alone then."""
        self.wake_roster.set()
        return await self.waits.get()

    async def post(self) -> None:
        """Sweep the outbox until all senders have ended."""
        async with asyncio.TaskGroup() as senders:
            await self.outbox.sweep(senders)

    async def translate(self, seconds: float = 0) -> None:
        """So much time passes; then translate what is due, to the end."""
        self.now += timedelta(seconds=seconds)
        async with asyncio.TaskGroup() as tasks:
            await self.translating.sweep(tasks)

    async def edit(self) -> int:
        """Edit what is outdated, as the refresher does; returns how many edits that took."""
        before = sum(message.edits for message in self.adapter.messages)
        adapters, open_for = {"memory": self.adapter}, timedelta(days=14)
        refresher = Refresher(self.db, adapters, card_for(self.adapter), open_for, self.clock, self._pass_by)
        task = asyncio.create_task(refresher.run())
        async with asyncio.timeout(10):
            while True:
                if not await self.outdated():
                    break
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return sum(message.edits for message in self.adapter.messages) - before

    async def outdated(self) -> bool:
        page = await self.db.read(posts.outdated_page, None, ["memory"], NOW - timedelta(days=14))
        return bool(page.outdated)

    async def through(self) -> None:
        """What is owed is asked for, translated and posted."""
        await self.post()
        await self.translate()
        await self.post()

    # --- the world ---

    async def tell(self, title: str, lede: str = "", *, language: str = "en") -> int:
        """A source publishes a story."""

        def store(connection: Connection) -> int:
            at = self.now
            story_id = connection.execute(
                insert(story)
                .values(
                    language=language, title=title, lede=lede, url=f"https://a.example/{title}",
                    first_seen_at=at, sorted_at=at,
                )
                .returning(story.c.id)
            ).scalar_one()  # fmt: skip
            connection.execute(update(story).where(story.c.id == story_id).values(ledger_id=story_id))
            connection.execute(
                insert(entry).values(
                    source_id=1, identity=str(story_id), story_id=story_id, title=title, language=language,
                    first_seen_at=at, last_seen_at=at, content_hash="",
                )
            )  # fmt: skip
            return story_id

        return await self.db.write(store)

    async def rewrite(self, story_id: int, **values: str) -> None:
        """The source edits a story."""
        await self.db.write(
            lambda c: c.execute(
                update(story).where(story.c.id == story_id).values(revision=story.c.revision + 1, **values)
            )
        )

    async def follow(self, language: str, native: str = "room") -> int:
        """A chat follows the source."""

        def store(connection: Connection) -> int:
            made = chats.ensure(connection, ChatRef("memory", native), ChatKind.GROUP, NOW)
            connection.execute(update(chat).where(chat.c.id == made.id).values(language=language))
            followed = connection.execute(
                insert(subscription)
                .values(chat_id=made.id, source_id=1, added_at=NOW, contacted_at=NOW)
                .returning(subscription.c.id)
            ).scalar_one()
            connection.execute(insert(subscription_cursor).values(subscription_id=followed, source_id=1, entry_id=0))
            return made.id

        return await self.db.write(store)

    # --- what there is ---

    def titles(self, native: str = "room") -> list[str]:
        return [message.card.lines[0].spans[0].text for message in self.adapter.in_chat(ChatRef("memory", native))]

    def card(self, native: str = "room") -> Card:
        return self.adapter.in_chat(ChatRef("memory", native))[-1].card

    async def rows(self) -> list[tuple[int, str, str]]:
        """Story, language and state of each translation."""
        columns = (translation.c.story_id, translation.c.language, translation.c.state)
        return await self.db.read(lambda c: [tuple(row) for row in c.execute(select(*columns).order_by(*columns))])

    async def deliveries(self) -> list[str]:
        return await self.db.read(lambda c: list(c.execute(select(delivery.c.state).order_by(delivery.c.id)).scalars()))


def card_for(adapter: MemoryAdapter) -> Callable[[PostView], Card]:
    def drawn(view: PostView) -> Card:
        words = Catalogues()(view.language)
        return story_card(view.story, view.delivery_id, Standing(), adapter.ballot, words, translation=view.translation)

    return drawn


@asynccontextmanager
async def raised(folder: Path, *providers: Interpreter, budget: int = 0) -> AsyncIterator[House]:
    async with open_database(folder / "house.db") as db:
        row = {"id": 1, "url": "https://1.example/feed", "exempt": False, "title": "Wire", "interval_seconds": 600}
        seen = {"language": "en", "last_polled_at": NOW, "last_ok_at": NOW}
        await db.write(lambda c: c.execute(insert(source).values(**row, **seen)))
        async with House(db, *providers, budget=budget).open() as house:
            yield house
