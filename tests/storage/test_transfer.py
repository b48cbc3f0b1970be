"""Export and import: everything goes out and comes in again, and a bad file changes nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from bot.errors import StorageError
from bot.storage import search, transfer
from bot.storage.database import Database, open_database
from bot.storage.tables import metadata
from bot.words import terms

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "a.db") as database:
        yield database


def fill(connection: Connection) -> None:
    tables = metadata.tables
    connection.execute(
        insert(tables["source"]).values(
            id=1,
            url="https://a.example/feed",
            exempt=False,
            interval_seconds=600,
            next_poll_at=NOW,
            problem={"msgid": "x"},
        )
    )
    connection.execute(
        insert(tables["story"]).values(
            id=7, language="hy", title="Բարև «աշխարհ»\n\u2028", first_seen_at=NOW, sorted_at=NOW, sample=True
        )
    )
    connection.execute(insert(tables["meta"]).values(key="k", value="v"))


def lines(connection: Connection) -> list[str]:
    out: list[str] = []
    transfer.write_everything(connection, out.append)
    return out


async def test_what_goes_out_comes_in_the_same(db: Database, tmp_path: Path) -> None:
    await db.write(fill)
    exported = await db.read(lines)
    async with open_database(tmp_path / "b.db") as other:
        assert await other.write(transfer.read_everything, exported) == 3
        assert await other.read(lines) == exported
        assert await other.read(transfer.integrity) == []


async def test_what_came_in_can_be_searched(db: Database, tmp_path: Path) -> None:
    await db.write(fill)
    exported = await db.read(lines)
    async with open_database(tmp_path / "b.db") as other:
        await other.write(transfer.read_everything, exported)
        page = await other.read(search.find, terms("աշխարհ"), language="hy", limit=5)
        assert [one.story.id for one in page.stories] == [7]


async def test_a_database_in_use_is_never_imported_into(db: Database) -> None:
    await db.write(fill)
    exported = await db.read(lines)
    with pytest.raises(StorageError, match="not empty"):
        await db.write(transfer.read_everything, exported)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda good: [], "Line 1"),
        (lambda good: ["{}"], "not an export"),
        (lambda good: [json.dumps({"format": transfer.FORMAT, "schema": "9999"})], "another version"),
        (lambda good: [good[0], "not json"], "Line 2: not JSON"),
        (lambda good: [good[0], '{"table": "sqlite_master", "row": {}}'], "Line 2: no table"),
        (lambda good: [good[0], '{"table": "meta", "row": {"key": "k"}}'], "other columns"),
        (lambda good: [good[0], '{"table": "meta", "row": {"key": {}, "value": "v"}}'], "can't be stored"),
        (lambda good: [*good[:-1], good[-2], good[-1]], "can't be stored|no table"),
        (lambda good: good[:-1], "not whole"),
        (lambda good: [*good, good[-1]], "after the end"),
        (lambda good: [good[0], "x" * (transfer.MAX_LINE + 1)], "too long"),
    ],
)
async def test_a_bad_file_names_its_line_and_changes_nothing(db: Database, tmp_path: Path, spoil, says) -> None:
    await db.write(fill)
    good = await db.read(lines)
    async with open_database(tmp_path / "b.db") as other:
        empty = await other.read(lines)
        with pytest.raises(StorageError, match=says):
            await other.write(transfer.read_everything, spoil(good))
        assert await other.read(lines) == empty


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), max_size=5))
async def test_any_text_at_all_is_refused_politely(junk: list[str]) -> None:
    def header_then_junk(connection: Connection) -> None:
        transfer.read_everything(connection, [json.dumps({"format": transfer.FORMAT, "schema": "0001"}), *junk])

    from sqlalchemy import create_engine

    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        try:
            header_then_junk(connection)
        except StorageError:
            return
        assert not any(line.strip() for line in junk)
