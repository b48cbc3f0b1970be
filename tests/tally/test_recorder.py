"""Recording from many callers at once: in order, in groups, durable when it returns, honest when it can't be."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.events import Removed
from bot.model import Phrase
from bot.storage.database import open_database
from bot.storage.group import GroupCommit
from bot.storage.votes import Outcome, Recorded
from bot.tally.recorder import Recorder
from tests.tally.stage import BEAR, BULL, NOW, ROOM, RULES, add_delivery, add_story, press, react, set_up, tallies_of


@pytest.fixture
async def db(tmp_path: Path):
    async with open_database(tmp_path / "votes.db") as database:
        yield database


async def test_what_is_recorded_is_in_the_file_when_the_call_returns(db, tmp_path):
    _, (delivery,) = await set_up(db, ROOM)
    changed = []
    recorder = Recorder(db, RULES, lambda: NOW, changed.append)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(recorder.run())
        said = await recorder.record(press(ROOM, "1", "ann", delivery, BULL, "1"))
        with sqlite3.connect(tmp_path / "votes.db") as other:
            assert other.execute("SELECT bullish FROM tally WHERE chat_id = 0").fetchall() == [(1,)]
        other.close()
        running.cancel()
    assert said == Recorded(Outcome.COUNTED, BULL)
    assert changed == [{1}]


async def test_a_thousand_callers_at_once_count_in_the_order_of_their_calls(db):
    story, (delivery,) = await set_up(db, ROOM)
    recorder = Recorder(db, RULES, lambda: NOW, lambda stories: None)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(recorder.run())
        calls = []
        for number in range(500):
            buttons = (BULL, BEAR) if number % 2 else (BEAR, BULL)
            for turn, button in enumerate(buttons):
                event = press(ROOM, "1", f"voter {number}", delivery, button, f"{number} {turn}")
                calls.append(tasks.create_task(recorder.record(event)))
        said = await asyncio.gather(*calls)
        running.cancel()
    assert {one.outcome for one in said} == {Outcome.COUNTED}
    assert await db.read(tallies_of, story) == {"room": (250, 250), "everywhere": (250, 250)}


async def test_what_waits_when_it_is_stopped_is_written_first(db):
    story, _ = await set_up(db, ROOM)
    recorder = Recorder(db, RULES, lambda: NOW, lambda stories: None)
    running = asyncio.ensure_future(recorder.run())
    await asyncio.sleep(0)
    calls = [asyncio.ensure_future(recorder.record(react(ROOM, "1", f"v{n}", "👍"))) for n in range(600)]
    await asyncio.sleep(0)
    running.cancel()
    said = await asyncio.gather(*calls)

    assert {one.outcome for one in said} == {Outcome.COUNTED}
    assert (await db.read(tallies_of, story))["everywhere"] == (600, 0)
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(StorageError):
        await recorder.record(react(ROOM, "1", "late", "👍"))


async def test_a_caller_that_is_gone_does_not_undo_its_vote_nor_hold_up_others(db):
    story, _ = await set_up(db, ROOM)
    recorder = Recorder(db, RULES, lambda: NOW, lambda stories: None)
    async with asyncio.TaskGroup() as tasks:
        gone = tasks.create_task(recorder.record(react(ROOM, "1", "ann", "👍")))
        stays = tasks.create_task(recorder.record(react(ROOM, "1", "bob", "👍")))
        await asyncio.sleep(0)
        gone.cancel()
        running = tasks.create_task(recorder.run())
        await stays
        running.cancel()
    assert (await db.read(tallies_of, story))["everywhere"] == (2, 0)


async def test_a_locked_database_is_told_to_every_caller_and_later_votes_count(db, tmp_path):
    story, _ = await set_up(db, ROOM)
    recorder = Recorder(db, RULES, lambda: NOW, lambda stories: None)
    await db.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 1") and None)
    thief = sqlite3.connect(tmp_path / "votes.db", isolation_level=None)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(recorder.run())
        thief.execute("BEGIN IMMEDIATE")
        calls = [recorder.record(react(ROOM, "1", f"v{n}", "👍")) for n in range(5)]
        said = await asyncio.gather(*calls, return_exceptions=True)
        thief.execute("ROLLBACK")
        thief.close()
        assert [type(one) for one in said] == [StorageError] * 5
        assert "locked" in str(said[0])

        await recorder.record(react(ROOM, "1", "ann", "👍"))
        running.cancel()
    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}


async def test_a_full_disk_is_told_to_every_caller_and_nothing_is_half_written(db):
    story, _ = await set_up(db, ROOM)
    recorder = Recorder(db, RULES, lambda: NOW, lambda stories: None)

    def limit(connection, pages):
        (used,) = connection.exec_driver_sql("PRAGMA page_count").one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {used + pages}")

    await db.write(limit, 1)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(recorder.run())
        calls = [recorder.record(react(ROOM, "1", f"{'long ' * 20}{n}", "👍", str(n))) for n in range(400)]
        said = await asyncio.gather(*calls, return_exceptions=True)
        failed = [one for one in said if isinstance(one, StorageError)]
        assert failed
        await db.write(limit, 10_000)
        again = [n for n, one in enumerate(said) if isinstance(one, StorageError)]
        calls = [recorder.record(react(ROOM, "1", f"{'long ' * 20}{n}", "👍", str(n))) for n in again]
        assert {one.outcome for one in await asyncio.gather(*calls)} == {Outcome.COUNTED}
        running.cancel()
    assert await db.read(tallies_of, story) == {"room": (400, 0), "everywhere": (400, 0)}


async def test_a_post_that_becomes_known_brings_in_what_came_early(db):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM)
    changed = []
    recorder = Recorder(db, RULES, lambda: NOW, changed.append)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(recorder.run())
        early = await recorder.record(react(ROOM, "5", "ann", "👍"))
        await recorder.record(press(ROOM, "5", "bob", delivery, BEAR, "1"))
        await recorder.record(react(ROOM, "5", "ann", Removed("👍")))
        await recorder.adopt(delivery)
        await recorder.sweep()
        running.cancel()
    assert early == Recorded(Outcome.EARLY)
    assert await db.read(tallies_of, story) == {"room": (0, 1), "everywhere": (0, 1)}
    assert {story} in changed


async def test_while_one_batch_is_written_the_next_one_gathers():
    written: list[list[int]] = []
    begun, gate = asyncio.Event(), asyncio.Event()

    async def write(batch):
        written.append(list(batch))
        begun.set()
        await gate.wait()
        return [number * 10 for number in batch]

    group: GroupCommit[int, int] = GroupCommit(write, 3)
    running = asyncio.ensure_future(group.run())
    first = asyncio.ensure_future(group.add(0))
    await begun.wait()
    others = [asyncio.ensure_future(group.add(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    gate.set()

    assert await asyncio.gather(first, *others) == [0, 10, 20, 30, 40, 50]
    assert written == [[0], [1, 2, 3], [4, 5]]
    running.cancel()
    await asyncio.wait([running])


async def test_what_comes_behind_a_batch_that_storage_refuses_does_not_overtake_it():
    refusing = [StorageError(Phrase("full"))]
    written: list[list[int]] = []

    async def write(batch):
        if refusing:
            raise refusing.pop()
        written.append(list(batch))
        return list(batch)

    group: GroupCommit[int, int] = GroupCommit(write, 3)
    running = asyncio.ensure_future(group.run())
    said = await asyncio.gather(*(group.add(number) for number in range(5)), return_exceptions=True)
    assert [type(one) for one in said] == [StorageError] * 5
    assert await asyncio.gather(*(group.add(number) for number in range(5))) == [0, 1, 2, 3, 4]
    assert written == [[0, 1, 2], [3, 4]]
    running.cancel()
    await asyncio.wait([running])
