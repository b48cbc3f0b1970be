"""Entries of several sources, for tests of what tells the same: stored as a poll stores them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from bot.storage import sources, stories
from bot.storage.polls import Answered, Body
from bot.storage.stories import FoundFeed, PollResult
from bot.storage.tables import entry, story, story_pair
from bot.storage.telling import FoundEntry, Judge, Telling

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def same(one: Telling, other: Telling) -> bool:
    """A stand-in: two shared clues are enough."""
    return len(set(one.clues) & set(other.clues)) >= 2


def linked(one: Telling, other: Telling) -> list[str]:
    shared = sorted(set(one.clues) & set(other.clues))
    return shared if len(shared) >= 2 else []


JUDGE = Judge(lambda one, other: one == other, same, linked)


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


def poll(
    connection: Connection, feed: str, *entries: FoundEntry, now: datetime = NOW, judge: Judge = JUDGE
) -> PollResult:
    """A source lists these entries, newest first."""
    url = feed if ":" in feed else f"https://{feed}.example/feed"
    source_id = sources.ensure_source(connection, url, exempt=False, interval_seconds=600)
    return stories.save_poll(
        connection,
        source_id,
        FoundFeed(feed, "en", None),
        entries,
        Answered(now, now + HOUR, 600),
        Body(None, None, " ".join(one.content_hash for one in entries), None),
        judge,
    )


def told_by(connection: Connection) -> dict[str, int]:
    """The story that each entry tells, by its title."""
    return {row.title: row.story_id for row in connection.execute(select(entry))}


def ledgers(connection: Connection) -> dict[int, int]:
    return {row.id: row.ledger_id for row in connection.execute(select(story))}


def pairs_said(connection: Connection) -> dict[tuple[int, int], tuple[str, list[str]]]:
    return {
        (row.first_id, row.second_id): (row.relation, row.evidence) for row in connection.execute(select(story_pair))
    }
