"""The file itself: its pragmas, its migrations, whose files we refuse, and a backup in the middle of everything."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import aiosqlite
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from bot.errors import StorageError
from bot.model import Phrase
from bot.storage import ledger, votes
from bot.storage.database import open_database
from bot.storage.migrate import HEAD, MIGRATIONS, migrate, upgrade
from bot.storage.tables import APPLICATION_ID, metadata
from tests.draft_migration import not_of_the_index
from tests.tally.stage import NOW, ROOM, RULES, YARD, react, set_up


def pragma(connection, name):
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


async def test_the_writer_is_durable_and_holds_references(tmp_path: Path):
    async with open_database(tmp_path / "a.db") as db:
        assert await db.write(pragma, "journal_mode") == "wal"
        assert await db.write(pragma, "synchronous") == 2  # FULL
        assert await db.write(pragma, "foreign_keys") == 1
        assert await db.write(pragma, "application_id") == APPLICATION_ID


async def test_readers_can_not_write(tmp_path: Path):
    async with open_database(tmp_path / "a.db") as db:
        for _ in range(3):
            assert await db.read(pragma, "query_only") == 1
        with pytest.raises(StorageError, match="readonly"):
            await db.read(lambda connection: connection.exec_driver_sql("DELETE FROM story") and None)


async def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path):
    def half(connection):
        connection.exec_driver_sql("INSERT INTO meta VALUES ('a', 'b')")
        raise ZeroDivisionError

    async with open_database(tmp_path / "a.db") as db:
        with pytest.raises(ZeroDivisionError):
            await db.write(half)
        assert await db.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM meta").scalar()) == 0


def test_the_migrations_make_exactly_the_tables(tmp_path: Path):
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": not_of_the_index})
        assert compare_metadata(context, metadata) == []
        without_rowid = {
            name
            for name, sql in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            if "WITHOUT ROWID" in sql and not_of_the_index(name, "table", {})
        }
    engine.dispose()
    expected = {
        table.name for table in metadata.tables.values() if table.dialect_options["sqlite"]["with_rowid"] is False
    }
    assert without_rowid == expected


def shape(connection) -> dict[str, object]:
    """What the tables are, whatever the order of their columns: a column that is added comes last."""
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'story_words_%'"
    ).scalars()
    return {
        name: {
            part: sorted(row[1:] for row in connection.exec_driver_sql(f"PRAGMA {part}({name})"))
            for part in ("foreign_key_list", "index_list")
        }
        | {"columns": sorted(row[1:] for row in connection.exec_driver_sql(f"PRAGMA table_info({name})"))}
        for name in names.all()
    }


def test_an_old_file_becomes_what_a_new_one_is_and_keeps_its_votes(tmp_path: Path):
    old, new = create_engine(f"sqlite:///{tmp_path / 'old.db'}"), create_engine(f"sqlite:///{tmp_path / 'new.db'}")
    migrate(new)
    with old.begin() as connection:
        upgrade(connection, "0001")
        for statement in (
            "INSERT INTO chat (id, platform, native_id, kind, joined_at) VALUES (5, 'alpha', 'room', 'group', '2026')",
            "INSERT INTO story (id, language, title, first_seen_at, sorted_at) VALUES (7, 'en', 'A', '2026', '2026')",
            "INSERT INTO delivery (id, story_id, chat_id, state, created_at, next_try_at) VALUES (9,7,5,'posted',1,1)",
            "INSERT INTO voter (id, platform, actor) VALUES (3, 'alpha', 'ann')",
            "INSERT INTO fact VALUES (7, 3, 9, '', 5, 1, 1)",
            "INSERT INTO tally VALUES (7, 5, 1, 0), (7, 0, 1, 0)",
        ):
            connection.exec_driver_sql(statement)
        upgrade(connection)
        assert ledger.recount(connection) == []
        assert connection.exec_driver_sql("SELECT ledger_id FROM story").scalar() == 7
        assert votes.tallies(connection, [7])[7].bullish == 1
    with old.connect() as was, new.connect() as made:
        assert shape(was) == shape(made)
    old.dispose()
    new.dispose()


def test_the_newest_migration_is_the_one_that_the_program_names():
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


async def test_a_file_made_by_a_newer_version_is_refused_unchanged(tmp_path: Path):
    path = tmp_path / "a.db"
    async with open_database(path):
        pass
    with sqlite3.connect(path) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()

    with pytest.raises(StorageError, match="newer"):
        async with open_database(path):
            pass

    with sqlite3.connect(path) as file:
        assert file.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    file.close()


async def test_a_strangers_database_is_refused_unchanged(tmp_path: Path):
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE recipe (id INTEGER)")
    file.close()
    before = path.read_bytes()

    with pytest.raises(StorageError, match="not one of"):
        async with open_database(path):
            pass

    assert path.read_bytes() == before


async def test_what_is_no_database_is_refused_unchanged(tmp_path: Path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)

    with pytest.raises(StorageError):
        async with open_database(path):
            pass

    assert path.read_text().startswith("Dear")


async def test_a_backup_taken_while_votes_come_in_is_consistent(tmp_path: Path):
    async with open_database(tmp_path / "a.db") as db:
        await set_up(db, ROOM, YARD)
        taken = asyncio.Event()

        async def vote():
            number = 0
            while not taken.is_set():
                batch = [react(ROOM, "1", f"voter {number} {n}", "👍", f"{number} {n}") for n in range(20)]
                await db.write(votes.record_batch, RULES, batch, NOW)
                number += 1
            return number * 20

        async with asyncio.TaskGroup() as tasks:
            voting = tasks.create_task(vote())
            for number in range(3):
                await db.backup(tmp_path / f"copy {number}.db")
            taken.set()
        assert voting.result() > 0
        with pytest.raises(StorageError, match="exists"):
            await db.backup(tmp_path / "copy 0.db")

    for number in range(3):
        async with open_database(tmp_path / f"copy {number}.db") as copy:
            assert await copy.read(pragma, "integrity_check") == "ok"
            assert await copy.read(ledger.recount) == []


async def test_a_file_written_by_us_opens_again_with_all_that_was_in_it(tmp_path: Path):
    async with open_database(tmp_path / "a.db") as db:
        story, _ = await set_up(db, ROOM)
        await db.write(votes.record_batch, RULES, [react(ROOM, "1", "ann", "👍")], NOW)
    async with open_database(tmp_path / "a.db") as db:
        assert (await db.read(votes.tallies, [story]))[story].bullish == 1


def test_aiosqlite_has_what_we_build_on():
    assert callable(getattr(aiosqlite.Connection, "_execute", None))
    assert "_conn" in vars(aiosqlite.Connection)


# --- a database that refuses -----------------------------------------------------------------------------------------


def put(connection, key):
    connection.exec_driver_sql(f"INSERT INTO meta VALUES ('{key}', '')")


def keys(connection):
    return [key for (key,) in connection.exec_driver_sql("SELECT key FROM meta ORDER BY key")]


def hurried(connection):
    connection.exec_driver_sql("PRAGMA busy_timeout = 1")


async def test_what_is_insisted_on_is_done_when_the_database_can_be_used_again(tmp_path: Path, capsys):
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 7:
            await db.read(lambda _connection: None)  # that reading works says nothing of writing
            assert db.refusal is not None
            assert (db.refusal.since, db.refusal.reason) == (NOW, "database is locked")
            thief.execute("ROLLBACK")

    async with open_database(tmp_path / "a.db", clock=lambda: NOW, sleep=sleep) as db:
        await db.write(hurried)
        thief = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
        thief.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError):
            await db.write(put, "b")
        await db.insist(put, "a")
        assert await db.read(keys) == ["a"]
        assert rests == [1, 2, 4, 8, 16, 30, 30]
        assert db.refusal is None
        thief.close()
    assert [line.split("] ")[1].split("  ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "the database refuses; what can't be stored waits reason='database is locked'",
        "the database can be used again refused_since=2026-11-22T12:00:00+00:00",
    ]


async def test_what_several_tasks_are_refused_at_once_is_outlasted_too(tmp_path: Path):
    refusals = [StorageError(Phrase("full")), StorageError(Phrase("full"))]

    async def side_by_side() -> int:
        async with asyncio.TaskGroup() as tasks:
            while refusals:
                tasks.create_task(refused(refusals.pop()))
        return 7

    async def refused(error: StorageError) -> None:
        raise error

    async def sleep(_seconds: float) -> None: ...

    async with open_database(tmp_path / "a.db", sleep=sleep) as db:
        assert await db.outlasting(side_by_side) == 7


async def test_a_bug_is_not_waited_for(tmp_path: Path):
    async def never(_seconds: float) -> None:
        raise AssertionError

    async with open_database(tmp_path / "a.db", sleep=never) as db:
        await db.write(put, "a")
        with pytest.raises(IntegrityError):
            await db.insist(put, "a")
        assert db.refusal is None


async def test_a_damaged_file_is_a_refusal(tmp_path: Path):
    path = tmp_path / "a.db"
    async with open_database(path) as db:
        await db.write(put, "a")
    with path.open("r+b") as file:  # all but the first page, which tells whose file it is
        file.seek(4096)
        file.write(b"\x7f" * (path.stat().st_size - 4096))
    with pytest.raises(StorageError, match="malformed"):
        async with open_database(path) as db:
            await db.read(keys)


async def test_what_nobody_waits_for_any_more_does_not_hold_up_the_end(tmp_path: Path):
    path = tmp_path / "a.db"
    thief = sqlite3.connect(path, isolation_level=None)
    async with open_database(path) as db:
        await db.empty_log()  # which sees to it that nobody waits for it
        thief.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(db.write(put, str(number))) for number in range(100)]
        await db.read(keys)  # by then, the writer waits for the thief
        began = time.monotonic()
        db.hurry()
        with pytest.raises(StorageError):
            await waiting[0]
    assert time.monotonic() - began < 2
    said = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(one) for one in said} == {StorageError}
    thief.close()
