"""What a look brings goes into the database in small portions, whatever a feed has thought of; what cuts it off in
between loses nothing and repeats nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, create_engine, delete, func, select

from bot.gather import merge
from bot.gather.merge import Judge, decide
from bot.gather.parse import entry_of
from bot.gather.parsed import Draft
from bot.gather.poll import _found
from bot.gather.storing import DRAWN, LOT, ROOM, SEEN, Listing, Storing, Undecided
from bot.model import ChatKind, ChatRef
from bot.storage import articles, candidates, chats, following, owed, sources, subscriptions
from bot.storage.database import open_database
from bot.storage.hot import driver
from bot.storage.migrate import migrate
from bot.storage.polls import Answered, Body
from bot.storage.stories import FoundFeed
from bot.storage.tables import article, entry, source, story, subscription
from bot.storage.telling import FoundEntry, Newcomer, Telling, Verdict
from tests.storage.told import HOUR, JUDGE, NOW, Direct, found, poll, save, shared, told_by

T = TypeVar("T")
_WORDS = """
    market bank rate price rise fall crypto coin stock bond exchange regulator says new deal after court plan report
    talks growth profit loss quarter chief board merger tax budget vote minister strike union factory chip oil gas gold
"""
WORDS = _WORDS.split()
PLACES = candidates.UNDER_ONE_TITLE + candidates.AT_ONE_ADDRESS
"""So many entries may be the same one under another guid."""

STORED_WITH_AN_ENTRY = candidates.MOST_CLUES + 16
"""Rows: a story, itself, its clues, topics, links, article, and what its words change in their index."""

ROWS = ROOM * STORED_WITH_AN_ENTRY + SEEN


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        yield connection
    engine.dispose()


def told(rng: random.Random, words: int = 12) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(words)).capitalize()


def read(
    number: int, title: str, lede: str = "", url: str | None = None, at: datetime = NOW - HOUR, language: str = "en"
) -> FoundEntry:
    """An entry as the parser hands it on."""
    draft = Draft(f"{number}", title, url or f"https://h.example/{number}", lede, None, language, at, f"form {number}")
    return _found(entry_of(f"{number}", draft, language, ()), None, read_articles=True)


class Watched(Direct):
    """Notes how many rows each transaction changes, and what there is to be compared."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.rows: list[int] = []
        self.lots: list[list[Newcomer]] = []

    async def read(self, fn: Callable[..., T], /, *args: object) -> T:
        result = await super().read(fn, *args)
        if fn is candidates.newcomers:
            assert isinstance(result, list)
            self.lots.append(result)
        return result

    async def write(self, fn: Callable[..., T], /, *args: object) -> T:
        before = driver(self.connection).total_changes
        result = await super().write(fn, *args)
        self.rows.append(driver(self.connection).total_changes - before)
        return result


class Counting:
    """A judge that merges and links what shares half its clues, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, one: Telling, other: Telling) -> float:
        self.asked += 1
        return len(shared(one, other)) - 0.5 * len(one.clues)

    def judge(self) -> Judge:
        return Judge(self, self, shared)


# --- hostile feeds ---------------------------------------------------------------------------------------------------


def letters(rng: random.Random) -> list[FoundEntry]:
    """Titles that take a comparison of texts to its limits, all at the home page."""
    titles = ["".join(rng.choice("ab") for _ in range(490)) for _ in range(200)]
    return [read(number, title, url="https://h.example/") for number, title in enumerate(titles)]


def at_the_home_page(rng: random.Random) -> list[FoundEntry]:
    return [read(number, told(rng), url="https://h.example/") for number in range(400)]


def under_one_title(rng: random.Random) -> list[FoundEntry]:
    return [read(number, "Untitled", told(rng, 40)) for number in range(300)]


def ordinary(rng: random.Random) -> list[FoundEntry]:
    return [read(number, told(rng), told(rng, 40)) for number in range(2000)]


def an_archive(rng: random.Random) -> list[FoundEntry]:
    return [read(number, told(rng), told(rng, 40), at=NOW - number * timedelta(days=1)) for number in range(600)]


def in_three_languages(rng: random.Random) -> list[FoundEntry]:
    """Everything is of one event."""
    return [
        read(number, f"Kraken {number % 9} 1.5 %", "Kraken NinjaTrader 12,345", language=("en", "de", "fr")[number % 3])
        for number in range(300)
    ]


HOSTILE = [letters, at_the_home_page, under_one_title, ordinary, an_archive, in_three_languages]


@pytest.mark.parametrize("made", HOSTILE, ids=lambda made: made.__name__)
def test_no_feed_makes_a_transaction_large_or_has_much_compared(
    connection: Connection, made: Callable[[random.Random], list[FoundEntry]]
) -> None:
    rng = random.Random(7)
    for name in ("first", "second"):
        db, counting = Watched(connection), Counting()
        entries = made(rng)
        changes = poll(db, name, *entries, judge=counting.judge())
        assert changes.new_entries == len(entries)
        assert max(db.rows) <= ROWS
        assert len(db.rows) <= 3 * len(entries) / ROOM
        assert max(map(len, db.lots)) <= LOT
        assert max(len(one.again) for lot in db.lots for one in lot) <= PLACES
        assert max(len(one.near) for lot in db.lots for one in lot) <= candidates.NEAREST
        in_one_lot = 2 * merge.BESIDE * len({one.language for one in entries})
        assert counting.asked <= len(entries) * (2 * candidates.NEAREST + in_one_lot * candidates.MOST_CLUES)
    assert connection.execute(select(func.count()).select_from(entry)).scalar() == 2 * len(entries)


def test_a_feed_that_edits_everything_each_time_has_a_few_posts_drawn_anew(connection: Connection) -> None:
    rng = random.Random(7)
    entries = ordinary(rng)
    poll(connection, "a", *entries)
    for hour in (1, 2):
        entries = [replace(one, lede=f"{one.lede} {hour}", content_hash=f"{hour} {one.identity}") for one in entries]
        db = Watched(connection)
        changes = poll(db, "a", *entries, now=NOW + hour * HOUR)
        assert (changes.new_story_ids, len(changes.changed_ledgers)) == ((), DRAWN)
        assert max(db.rows) <= ROWS
        ledes = connection.execute(select(story.c.lede)).scalars()
        assert all(lede.endswith(f" {hour}") for lede in ledes)
    assert connection.execute(select(func.max(story.c.revision))).scalar() == 3
    db = Watched(connection)
    assert poll(db, "a", *entries, now=NOW + 3 * HOUR).changed_ledgers == ()
    assert max(db.rows) <= ROWS


def test_the_posts_of_the_first_of_many_edits_are_drawn_anew(connection: Connection) -> None:
    entries = [found(f"n{number}") for number in range(DRAWN + 5)]
    poll(connection, "a", *entries)
    edited = [replace(one, lede="Edited", content_hash=f"new {one.identity}") for one in entries]
    poll(connection, "a", *edited, now=NOW + HOUR)
    drawn = connection.execute(select(story.c.title).where(story.c.revision == 2)).scalars().all()
    assert set(drawn) == {one.title for one in entries[:DRAWN]}


# --- portions --------------------------------------------------------------------------------------------------------


def test_an_ordinary_look_is_one_transaction(connection: Connection) -> None:
    entries = [found(f"n{number}", "btc", f"{number}") for number in range(ROOM - 2)]
    for count, hour in ((ROOM - 4, 0), (ROOM - 3, 1), (ROOM - 3, 2)):
        db = Direct(connection)
        poll(db, "a", *entries[-count:], now=NOW + hour * HOUR)
        assert db.writes == 1


def test_entries_of_many_transactions_are_stored_from_the_oldest_on(connection: Connection) -> None:
    entries = [found(f"n{number}") for number in range(3 * LOT + 7)]
    poll(connection, "a", *entries)
    titles = connection.execute(select(entry.c.title).order_by(entry.c.id)).scalars().all()
    assert titles == [one.title for one in reversed(entries)]


class CutOff(Exception):
    pass


class Failing(Direct):
    """Is cut off before the transaction of a number."""

    def __init__(self, connection: Connection, at: int) -> None:
        super().__init__(connection)
        self.at = at

    async def write(self, fn: Callable[..., T], /, *args: object) -> T:
        if self.writes == self.at:
            raise CutOff
        return await super().write(fn, *args)


def followed(connection: Connection, name: str) -> None:
    """A chat follows a source."""
    source_id = sources.ensure_source(connection, f"https://{name}.example/feed", exempt=False, interval_seconds=600)
    room = chats.ensure(connection, ChatRef("memory", "1"), ChatKind.GROUP, NOW)
    chats.choose_language(connection, room.id, "en", None, NOW)
    subscriptions.follow_source(connection, room.id, source_id, None, NOW)
    own = connection.execute(select(subscription.c.id).where(subscription.c.source_id == source_id)).scalar_one()
    following.apply(connection, {}, {own: source_id}, 600, NOW)


def _rows(connection: Connection) -> list[tuple[object, ...]]:
    rows = connection.execute(
        select(entry.c.identity, entry.c.title, entry.c.lede, entry.c.story_id, entry.c.backlog).order_by(entry.c.id)
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("late", [False, True])
def test_a_look_that_is_cut_off_anywhere_is_taken_up_again(late: bool) -> None:
    known = [found(f"k{number}", "btc", f"{number}") for number in range(30)]
    at = NOW - 20 * HOUR if late else NOW + HOUR
    fresh = [found(f"n{number}", "btc", f"{number}", published_at=at) for number in range(3 * LOT)]
    edited = [replace(one, lede="Edited", content_hash=f"new {one.identity}") for one in known]
    listed = [*edited, *fresh] if late else [*fresh, *edited]
    seen: list[object] = []
    for cut in (99, *range(12)):
        engine = create_engine("sqlite://")
        migrate(engine)
        with engine.begin() as connection:
            poll(connection, "other", *(found(f"o{number}", "btc", f"{number}") for number in range(5)))
            followed(connection, "a")
            poll(connection, "a", *known)
            assert owed.select_new(connection, NOW) == owed.FIRST_CONTACT
            deliveries = 0
            db = Failing(connection, cut)
            try:
                poll(db, "a", *listed, now=NOW + 2 * HOUR)
            except CutOff:
                deliveries += owed.select_new(connection, NOW + 2 * HOUR)
                poll(connection, "a", *listed, now=NOW + 3 * HOUR)
            deliveries += owed.select_new(connection, NOW + 3 * HOUR)
            seen.append((sorted(_rows(connection)), deliveries))
        engine.dispose()
        assert cut < db.writes or cut == 99 or db.writes == cut
    assert all(one == seen[0] for one in seen)
    assert seen[0][1] == (0 if late else len(fresh))


def test_a_source_that_is_removed_meanwhile_is_left_alone(connection: Connection) -> None:
    class Removing(Direct):
        async def write(self, fn: Callable[..., T], /, *args: object) -> T:
            result = await super().write(fn, *args)
            self.connection.execute(delete(source))
            return result

    db = Removing(connection)
    poll(db, "a", *(found(f"n{number}") for number in range(3 * LOT)))
    assert db.writes == 2
    assert connection.execute(select(func.count()).select_from(entry)).scalar() == 0


def test_the_articles_of_the_first_few_are_read(connection: Connection) -> None:
    connection.execute(source.insert().values(url="https://a.example/feed", exempt=False, interval_seconds=600,
                                              next_poll_at=NOW))  # fmt: skip
    entries = [found(f"n{number}", wants_article=True, lede="") for number in range(2 * articles.MOST_AT_ONCE)]
    poll(connection, "a", *entries)
    asked = connection.execute(select(entry.c.title).join(article, article.c.entry_id == entry.c.id)).scalars().all()
    assert set(asked) == {one.title for one in entries[: articles.MOST_AT_ONCE]}


# --- side by side ----------------------------------------------------------------------------------------------------


async def deciding(lot: Sequence[Newcomer], now: datetime) -> list[Verdict]:
    await asyncio.sleep(0)  # as a worker, it lets others run
    return decide(lot, now, JUDGE)


def listing(source_id: int, entries: Sequence[FoundEntry]) -> Listing:
    return Listing(
        source_id, FoundFeed("", "en", None), entries, Answered(NOW, NOW + HOUR, 600), Body(None, None, "hash", None)
    )


async def test_a_source_with_thousands_of_entries_lets_its_neighbours_in(tmp_path: Path) -> None:
    async with open_database(tmp_path / "house.db") as db:
        large, small = [
            await db.write(sources.ensure_source, f"https://{name}.example/feed", exempt=False, interval_seconds=600)
            for name in ("large", "small")
        ]
        storing = Storing(db, deciding)
        done: list[str] = []

        async def store(name: str, source_id: int, entries: Sequence[FoundEntry]) -> None:
            await storing.store(listing(source_id, entries))
            done.append(name)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(store("large", large, [found(f"n{number}") for number in range(20 * LOT)]))
            tasks.create_task(store("small", small, [found("x")]))
        assert done == ["small", "large"]


async def test_sources_that_tell_the_same_at_one_moment_tell_one_story(tmp_path: Path) -> None:
    async with open_database(tmp_path / "house.db") as db:
        storing = Storing(db, deciding)
        async with asyncio.TaskGroup() as tasks:
            for name in "abcdef":
                source_id = await db.write(
                    sources.ensure_source, f"https://{name}.example/feed", exempt=False, interval_seconds=600
                )
                tasks.create_task(storing.store(listing(source_id, [found(f"of {name}", "btc", "90000")])))
        assert set((await db.read(told_by)).values()) == {1}


def test_what_can_not_be_decided_is_stored_all_the_same(connection: Connection) -> None:
    asked: list[int] = []

    async def stumbling(lot: Sequence[Newcomer], now: datetime) -> Sequence[Verdict]:
        asked.append(len(lot))
        raise Undecided("it takes too long")

    poll(connection, "b", found("one", "btc", "90000"))
    poll(connection, "a", found("two", "eth"))
    source_id = sources.ensure_source(connection, "https://a.example/feed", exempt=False, interval_seconds=600)
    more = [found(f"n{number}") for number in range(2 * LOT)]
    again = replace(found("new guid"), title="two", title_key="two")
    listed = listing(source_id, [again, found("three", "btc", "90000"), *more])
    direct = Direct(connection)
    with pytest.raises(StopIteration):
        Storing(direct, stumbling).store(listed).send(None)  # type: ignore[arg-type]
    by_identity = dict(connection.execute(select(entry.c.identity, entry.c.story_id)).all())  # type: ignore[arg-type]
    assert by_identity["new guid"] == by_identity["two"]
    assert by_identity["three"] not in (by_identity["one"], by_identity["two"])
    assert len(by_identity) == len(more) + 4
    assert asked == [LOT]  # and isn't asked again in this look
    assert save(connection, listed).new_entries == 0
