"""What stories are about, as it is stored with their entries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from bot.storage import topics
from bot.storage.database import Database, open_database
from bot.storage.tables import entry, source, story
from bot.storage.telling import FoundEntry

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.db") as db:
        yield db


def rows(connection: Connection, *entries: tuple[str, int]) -> None:
    """A source with entries of these identities, each telling the story of this id."""
    connection.execute(insert(source).values(id=1, url="https://a.example", exempt=False, interval_seconds=600))
    for number in {story_id for _, story_id in entries}:
        values = {"id": number, "language": "en", "title": "T", "first_seen_at": NOW, "sorted_at": NOW}
        connection.execute(insert(story).values(values))
    for identity, story_id in entries:
        seen = {"first_seen_at": NOW, "last_seen_at": NOW, "content_hash": "", "language": "en", "title": "T"}
        connection.execute(insert(entry).values(source_id=1, identity=identity, story_id=story_id, **seen))


def found(identity: str, *about: str) -> FoundEntry:
    return FoundEntry(identity, "T", None, "", None, "en", None, "", None, "t", topics=about)


async def test_a_story_is_about_all_that_its_entries_are_about(db: Database) -> None:
    await db.write(rows, ("a", 1), ("b", 1), ("c", 2))
    await db.write(topics.store, 1, [found("a", "BTC", "ETF"), found("b", "BTC", "hacks"), found("c")], NOW)
    assert await db.read(topics.of_stories, [1, 2]) == {1: ["BTC", "ETF", "hacks"]}


async def test_an_edited_entry_that_tells_its_story_alone_changes_what_that_is_about(db: Database) -> None:
    await db.write(rows, ("a", 1), ("b", 2))
    await db.write(topics.store, 1, [found("a", "BTC"), found("b", "ETH")], NOW)
    await db.write(topics.store, 1, [found("a", "XRP")], NOW)
    assert await db.read(topics.of_stories, [1, 2]) == {1: ["XRP"], 2: ["ETH"]}


async def test_an_entry_that_is_stored_nowhere_is_passed_over(db: Database) -> None:
    await db.write(topics.store, 1, [found("a", "BTC")], NOW)
    await db.write(topics.store, 1, [], NOW)
    assert await db.read(topics.of_stories, [1]) == {}
