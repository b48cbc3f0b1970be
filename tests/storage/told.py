"""Entries of several sources, for tests of what tells the same: stored as a poll stores them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, select

from bot.gather.merge import Judge, decide
from bot.gather.storing import Changes, Listing, Storing
from bot.storage import sources
from bot.storage.polls import Answered, Body
from bot.storage.stories import FoundFeed
from bot.storage.tables import entry, story, story_pair
from bot.storage.telling import FoundEntry, Newcomer, Telling, Verdict

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
T = TypeVar("T")


def shared(one: Telling, other: Telling) -> list[str]:
    return sorted(set(one.clues) & set(other.clues))


def likeness(one: Telling, other: Telling) -> float:
    return len(shared(one, other)) - 1


JUDGE = Judge(likeness, likeness, shared)
"""A stand-in: two shared clues are enough, and more are surer."""


def found(name: str, *clues: str, **fields: object) -> FoundEntry:
    made = FoundEntry(
        identity=name,
        title=name,
        url=f"https://{name}.example",
        lede="Words",
        picture=None,
        language="en",
        published_at=NOW,
        content_hash=name,
        address_key=f"{name}.example",
        title_key=name,
        clues=clues,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


class Direct:
    """A database as far as storing needs one: each function runs at once, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.writes = 0

    async def read(self, fn: Callable[..., T], /, *args: object) -> T:
        return fn(self.connection, *args)

    async def write(self, fn: Callable[..., T], /, *args: object) -> T:
        self.writes += 1
        return fn(self.connection, *args)


def save(db: Connection | Direct, listing: Listing, judge: Judge = JUDGE) -> Changes:
    """What a poll does with what a source lists, without a loop."""

    async def deciding(lot: Sequence[Newcomer], now: datetime) -> list[Verdict]:
        return decide(lot, now, judge)

    direct = db if isinstance(db, Direct) else Direct(db)
    try:
        Storing(direct, deciding).store(listing).send(None)  # type: ignore[arg-type]
    except StopIteration as done:
        changes: Changes = done.value
        return changes
    raise AssertionError("it waits for something")


def poll(
    connection: Connection | Direct, feed: str, *entries: FoundEntry, now: datetime = NOW, judge: Judge = JUDGE
) -> Changes:
    """A source lists these entries, newest first."""
    url = feed if ":" in feed else f"https://{feed}.example/feed"
    raw = connection.connection if isinstance(connection, Direct) else connection
    source_id = sources.ensure_source(raw, url, exempt=False, interval_seconds=600)
    body = Body(None, None, " ".join(one.content_hash for one in entries), None)
    answered = Answered(now, now + HOUR, 600)
    return save(connection, Listing(source_id, FoundFeed(feed, "en", None), entries, answered, body), judge)


def told_by(connection: Connection) -> dict[str, int]:
    """The story that each entry tells, by its title."""
    return {row.title: row.story_id for row in connection.execute(select(entry))}


def ledgers(connection: Connection) -> dict[int, int]:
    return {row.id: row.ledger_id for row in connection.execute(select(story))}


def pairs_said(connection: Connection) -> dict[tuple[int, int], tuple[str, list[str]]]:
    return {
        (row.first_id, row.second_id): (row.relation, row.evidence) for row in connection.execute(select(story_pair))
    }
