"""Ten thousand sources in one process: what they take of memory, and how late they are looked at.

They are unchanged feeds on a server of its own, with the interval of ten minutes; the clock runs faster than ours, so
that they come in a fraction of that time, and what is late is told in our own seconds.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from bench.figure import Figure
from bench.gather import MANY, NOW, _nobody, _server
from bot.gather.client import Fetched, FetchRequest, GuardedClient
from bot.gather.gatherer import Gatherer
from bot.gather.settings import GatherSettings
from bot.gather.workers import Workers
from bot.model import ChatKind, ChatRef
from bot.storage import chats, polls, sources, subscriptions
from bot.storage.database import Database, open_database
from bot.storage.polls import Answered, Body, Mark
from bot.storage.tables import source, subscription

FASTER = 10
"""So many of the clock's seconds pass in one of ours: 167 looks a second where a real clock would have 17."""
INTERVAL = timedelta(seconds=600)
SWEEP_SECONDS = 1.0
"""As the product sweeps."""


@dataclass
class _Clock:
    """Runs fast from a moment on."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return NOW + timedelta(seconds=(time.monotonic() - self.began) * FASTER)


async def measure() -> list[Figure]:
    """Memory and lateness."""
    async with _server() as address:
        with tempfile.TemporaryDirectory() as folder:
            return await _measure(address, Path(folder) / "many.db")


async def _measure(address: str, path: Path) -> list[Figure]:
    settings = GatherSettings(adaptive=False)
    async with open_database(path) as db, GuardedClient(settings) as client, Workers() as workers:
        found = await client.fetch(FetchRequest(f"{address}/many/0", exempt=True))
        assert isinstance(found, Fetched)
        empty = _megabytes()
        ids = await db.write(_follow, [f"{address}/many/{n}" for n in range(MANY)])
        clock = _Clock()
        gatherer = Gatherer(db, client, workers, settings, clock, resolve_wire=str, on_stories=_nobody, packs=())
        await gatherer.sync_subscriptions()
        await db.write(_look, [_looked_at(source_id, n, found) for n, source_id in enumerate(ids)])
        clock.began = time.monotonic()
        late, cpu = await _run(db, gatherer, clock, ids)
        full = _megabytes()
    p99 = statistics.quantiles(late, n=100)[98]
    return [
        Figure(f"{MANY} sources: memory above none", round(full - empty, 1), "MB", round(empty, 1), target="<= 80 MB",
               met=full - empty <= 80),
        Figure(f"{MANY} sources, {FASTER} times as fast: lateness, p99", round(p99, 2), "s"),
        Figure(f"{MANY} sources, {FASTER} times as fast: lateness, median", round(statistics.median(late), 2), "s"),
        Figure(f"{MANY} sources looked at once: CPU", round(cpu, 1), "s"),
    ]  # fmt: skip


async def _run(db: Database, gatherer: Gatherer, clock: _Clock, ids: list[int]) -> tuple[list[float], float]:
    """How late each source was looked at, in our seconds; and the CPU seconds of it all."""
    due = {source_id: NOW + INTERVAL * (n + 1) / MANY for n, source_id in enumerate(ids)}
    late: list[float] = []
    done = asyncio.Event()
    look = gatherer._poller.poll

    async def timed(looked: polls.SourceForPoll) -> object:
        late.append((clock() - due[looked.id]).total_seconds() / FASTER)
        due[looked.id] += INTERVAL
        if len(late) == MANY:
            done.set()
        return await look(looked)

    gatherer._poller.poll = timed  # type: ignore[method-assign, assignment]
    wake = asyncio.Event()
    before = time.process_time()
    running = asyncio.create_task(gatherer.run(wake))
    ticking = asyncio.create_task(_tick(wake))
    await done.wait()
    cpu = time.process_time() - before
    for task in (ticking, running):
        task.cancel()
    await asyncio.gather(ticking, running, return_exceptions=True)
    ill = [one.url for one in await db.read(sources.health) if one.problem is not None]
    if ill:
        raise RuntimeError(f"{len(ill)} were not read, such as {ill[0]}")
    return late, cpu


async def _tick(wake: asyncio.Event) -> None:
    while True:
        wake.set()
        await asyncio.sleep(SWEEP_SECONDS)


def _follow(connection: Connection, urls: list[str]) -> list[int]:
    """Followed by chats, as commands would leave it; by the tables, for ten thousand commands take a while."""
    rows = [{"url": url, "exempt": True, "interval_seconds": 600} for url in urls]
    connection.execute(insert(source), rows)
    ids = list(connection.execute(select(source.c.id).order_by(source.c.id)).scalars())
    for start in range(0, len(ids), subscriptions.LIMIT):
        chat = chats.ensure(connection, ChatRef("bench", str(start)), ChatKind.GROUP, NOW)
        chats.choose_language(connection, chat.id, "en", None, NOW)
        followed = ids[start : start + subscriptions.LIMIT]
        connection.execute(
            insert(subscription), [{"chat_id": chat.id, "source_id": one, "added_at": NOW} for one in followed]
        )
    return ids


def _look(connection: Connection, marks: list[Mark]) -> None:
    connection.execute(update(source).values(last_ok_at=NOW - INTERVAL))  # none is here for the first time
    polls.mark(connection, marks)


def _looked_at(source_id: int, n: int, found: Fetched) -> Mark:
    """As a look before this run has left it."""
    answered = Answered(NOW - INTERVAL, NOW + INTERVAL * (n + 1) / MANY, 600)
    return Mark(source_id, answered, Body(found.etag, found.last_modified, "", None))


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    for figure in asyncio.run(measure()):
        print(figure)
