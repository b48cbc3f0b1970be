"""Durable votes: how many a second beside raw sqlite3, how long one waits at a steady 5,000/s."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert

from bench.figure import Figure
from bot.events import Added, ReactionsChanged
from bot.model import Actor, Ballot, ChatKind, ChatRef, MessageRef
from bot.storage import chats, deliveries, votes
from bot.storage.database import Database, open_database
from bot.storage.plan import VotingRules
from bot.storage.tables import delivery, story
from bot.tally.recorder import Recorder

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RULES = VotingRules({"bench": Ballot(("🐂", "👍"), ("🐻", "👎"))}, timedelta(days=14), b"key")
STORIES, CHATS = 20, 10
RUNS = 5
TARGET_RATIO = 0.5
STEADY_RATE = 5_000
STEADY_SECONDS = 2.0
TARGET_P99_MS = 10.0


async def measure() -> list[Figure]:
    """All figures of the ledger."""
    figures = []
    for size, total in ((1, 512), (16, 4096), (256, 16384)):
        figures.append(await _throughput(size, total))
    figures.append(await _latency())
    return figures


# --- durable votes a second ------------------------------------------------------------------------------------------


async def _throughput(size: int, total: int) -> Figure:
    """Fresh voters, each leaving one reaction: the same rows through the ledger and by bare executemany."""
    ours, raw = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(total / await _through_ledger(Path(folder), size, total))
            raw.append(total / _by_hand(Path(folder), size))
    value, baseline = statistics.median(ours), statistics.median(raw)
    ratio = value / baseline
    target = f">= {TARGET_RATIO} of raw sqlite3" if size == 256 else ""
    return Figure(
        f"durable votes in batches of {size}",
        round(value),
        "votes/s",
        round(baseline),
        round(ratio, 3),
        target,
        ratio >= TARGET_RATIO if target else None,
    )


async def _through_ledger(folder: Path, size: int, total: int) -> float:
    async with open_database(folder / "ledger.db") as db:
        await db.write(_post_stories)
        batches = [[_vote(n) for n in range(start, start + size)] for start in range(0, total, size)]
        began = time.perf_counter()
        for batch in batches:
            await db.write(votes.record_batch, RULES, batch, NOW)
        return time.perf_counter() - began


def _by_hand(folder: Path, size: int) -> float:
    """The rows that the ledger left, written by stdlib sqlite3 into an empty copy of the same tables and indexes."""
    source = sqlite3.connect(folder / "ledger.db")
    copy = sqlite3.connect(folder / "raw.db", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        copy.execute(f"PRAGMA {pragma}")
    # What SQLite makes itself beside a virtual table can't be made by us.
    ours = "sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'story_words_%'"
    for (sql,) in source.execute(f"SELECT sql FROM sqlite_master WHERE {ours}"):
        copy.execute(sql)
    for table in ("story", "chat", "delivery", "post"):
        _insert(copy, table, source.execute(f"SELECT * FROM {table}").fetchall())
    voters = source.execute("SELECT * FROM voter ORDER BY id").fetchall()
    facts = source.execute("SELECT * FROM fact ORDER BY seq").fetchall()
    seen = source.execute("SELECT * FROM seen_event ORDER BY CAST(event_id AS INTEGER)").fetchall()
    began = time.perf_counter()
    for start in range(0, len(facts), size):
        batch = slice(start, start + size)
        moved = {(row[0], chat): (row[5] > 0, row[5] < 0) for row in facts[batch] for chat in (0, row[4])}
        copy.execute("BEGIN IMMEDIATE")
        _insert(copy, "seen_event", seen[batch])
        _insert(copy, "voter", voters[batch])
        _insert(copy, "fact", facts[batch])
        copy.executemany(
            "INSERT INTO tally VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET bullish = bullish + excluded.bullish, bearish = bearish + excluded.bearish",
            [(*key, *by) for key, by in moved.items()],
        )
        copy.execute("COMMIT")
    took = time.perf_counter() - began
    source.close()
    copy.close()
    return took


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


# --- latency ---------------------------------------------------------------------------------------------------------


async def _latency() -> Figure:
    """From event to durable, at a steady rate, through the recorder."""
    p99s = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            async with open_database(Path(folder) / "ledger.db") as db:
                await db.write(_post_stories)
                waits = await _steady(db)
        p99s.append(statistics.quantiles(waits, n=100)[98] * 1000)
    p99 = statistics.median(p99s)
    return Figure(
        f"latency of a vote at {STEADY_RATE}/s, p99", round(p99, 2), "ms", target=f"<= {TARGET_P99_MS:g} ms",
        met=p99 <= TARGET_P99_MS,
    )  # fmt: skip


async def _steady(db: Database) -> list[float]:
    loop = asyncio.get_running_loop()
    recorder = Recorder(db, RULES, lambda: NOW, lambda stories: None)
    waits: list[float] = []

    async def cast(number: int, at: float) -> None:
        await recorder.record(_vote(number))
        waits.append(loop.time() - at)

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(recorder.run())
        async with asyncio.TaskGroup() as voters:
            began = loop.time()
            sent = 0
            while sent < STEADY_RATE * STEADY_SECONDS:
                due = int((loop.time() - began) * STEADY_RATE)
                for number in range(sent, due):
                    # The moment at which it should have come, so that our own lateness counts too.
                    voters.create_task(cast(number, began + number / STEADY_RATE))
                sent = max(sent, due)
                await asyncio.sleep(0.001)
        running.cancel()
    return waits


# --- what is voted on ------------------------------------------------------------------------------------------------


def _post_stories(connection: Connection) -> None:
    for number in range(CHATS):
        chats.ensure(connection, _chat(number), ChatKind.GROUP, NOW)
    for story_id in range(1, STORIES + 1):
        connection.execute(
            insert(story).values(
                id=story_id, ledger_id=story_id, language="en", title="x", first_seen_at=NOW, sorted_at=NOW
            )
        )
        for number in range(CHATS):
            delivery_id = story_id * 100 + number
            connection.execute(
                insert(delivery).values(
                    id=delivery_id,
                    story_id=story_id,
                    chat_id=number + 1,
                    state="sending",
                    created_at=NOW,
                    next_try_at=NOW,
                )
            )
            deliveries.mark_posted(connection, delivery_id, MessageRef(_chat(number), str(story_id)), "en", 1, NOW)


def _chat(number: int) -> ChatRef:
    return ChatRef("bench", f"chat {number}")


def _vote(number: int) -> ReactionsChanged:
    message = MessageRef(_chat(number % CHATS), str(number // CHATS % STORIES + 1))
    return ReactionsChanged(message, Actor("bench", f"voter {number}"), Added("🐂"), event_id=str(number))


if __name__ == "__main__":
    for figure in asyncio.run(measure()):
        print(figure)
