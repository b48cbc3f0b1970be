"""Ten thousand sources and chats, a million votes: what the product takes of memory, and how late sources are asked.

It is the product itself, `newstally run`, with a file as use would have left it, beside the same started with an empty
one. The sources are unchanged feeds on a server of its own, asked once a minute each: ten times as often as by default.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, update

from bench.figure import Figure
from bench.gather import MANY, ROOT, _cpu_of, _nobody, _server
from bench.start import _answers
from bot.gather.client import Fetched, FetchRequest, GuardedClient
from bot.gather.gatherer import Gatherer
from bot.gather.settings import GatherSettings
from bot.gather.workers import Workers
from bot.model import ChatKind, ChatRef
from bot.storage import chats, polls
from bot.storage.database import open_database
from bot.storage.polls import Answered, Body, Mark
from bot.storage.tables import source, subscription

INTERVAL = timedelta(seconds=60)
WITH_NEWS = 30
"""Sources beside those, that have something new at each look: what parses them counts too."""
VOTED_ON, VOTERS = 1_000, 1_000
"""A million votes, of stories on which no one votes any more."""
SETTLE_SECONDS = 15.0
"""After its start the product has loaded what it works with: the sample stories have been read."""
AHEAD = timedelta(seconds=20)
"""The first source is due so long after the file is made."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """Megabytes of resident memory."""

    product: float
    workers: float

    @property
    def all(self) -> float:
        return self.product + self.workers


async def measure() -> list[Figure]:
    """Memory and lateness."""
    async with _server() as address:
        with tempfile.TemporaryDirectory() as folder:
            async with _product(Path(folder) / "empty.db") as pid:
                await asyncio.sleep(SETTLE_SECONDS)
                empty = _memory(pid)
            path = Path(folder) / "many.db"
            due = await _fill(path, address)
            async with _product(path) as pid:
                before = _cpu_of(pid)
                late = await _looks(path, due)
                cpu, full = _cpu_of(pid) - before, _memory(pid)
    p99, more = statistics.quantiles(late, n=100)[98], full.all - empty.all
    return [
        Figure(f"{MANY} sources and chats, {VOTED_ON * VOTERS} votes: memory above an empty start, workers too",
               round(more, 1), "MB", round(empty.all, 1), target="<= 80 MB", met=more <= 80),
        Figure("of that, the product's own process", round(full.product, 1), "MB", round(empty.product, 1)),
        Figure("of that, its workers", round(full.workers, 1), "MB", round(empty.workers, 1)),
        Figure(f"{MANY} sources, one look a minute: lateness, p99", round(p99, 2), "s"),
        Figure(f"{MANY} sources, one look a minute: lateness, median", round(statistics.median(late), 2), "s"),
        Figure(f"{MANY} sources looked at once: CPU", round(cpu, 1), "s"),
    ]  # fmt: skip


@asynccontextmanager
async def _product(path: Path) -> AsyncIterator[int]:
    """The product, with this file, from when it is ready; its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "NEWSTALLY_SITE__PORT": str(port),
        "NEWSTALLY_STORAGE__PATH": str(path),
        "NEWSTALLY_GATHER__INTERVAL": str(round(INTERVAL.total_seconds())),
        "NEWSTALLY_GATHER__ADAPTIVE": "false",
        "NEWSTALLY_GATHER__ALLOW_NETWORKS": '["127.0.0.0/8"]',
        "PYTHONPATH": str(ROOT),
    }
    product = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=path.parent, env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(_answers, port):  # noqa: ASYNC110  # it is another process
                await asyncio.sleep(0.1)
        yield product.pid
    finally:
        product.send_signal(signal.SIGTERM)
        await product.wait()


async def _looks(path: Path, due: dict[int, datetime]) -> list[float]:
    """How long after its due time each source was first looked at, in seconds."""
    looked: dict[int, float] = {}
    deadline = time.monotonic() + 3 * INTERVAL.total_seconds()
    while len(looked) < len(due):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(due) - len(looked)} sources were not looked at")
        await asyncio.sleep(INTERVAL.total_seconds() / 10)
        for source_id, at in await asyncio.to_thread(_polled, path):
            if source_id in due and at >= due[source_id]:
                looked.setdefault(source_id, (at - due[source_id]).total_seconds())
    return list(looked.values())


def _polled(path: Path) -> list[tuple[int, datetime]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT id, last_polled_at, problem FROM source WHERE url LIKE 'http%'").fetchall()
    ill = [problem for *_, problem in rows if problem is not None]
    if ill:
        raise RuntimeError(f"{len(ill)} were not read, such as {ill[0]}")
    return [(source_id, datetime.fromisoformat(at).replace(tzinfo=UTC)) for source_id, at, _ in rows if at]


# --- the file --------------------------------------------------------------------------------------------------------


async def _fill(path: Path, address: str) -> dict[int, datetime]:
    """As use would have left it; by the tables, for ten thousand commands take a while. When each source is due."""
    settings = GatherSettings(interval=round(INTERVAL.total_seconds()))
    async with GuardedClient(settings) as client, open_database(path) as db, Workers() as workers:
        found = await client.fetch(FetchRequest(f"{address}/many/0", exempt=True))
        assert isinstance(found, Fetched)
        with_news = [f"{address}/news/{n}" for n in range(WITH_NEWS)]
        await db.write(_follow, [*(f"{address}/many/{n}" for n in range(MANY)), *with_news])
        gatherer = Gatherer(
            db, client, workers, settings, lambda: datetime.now(UTC), resolve_wire=str, on_stories=_nobody, packs=()
        )
        await gatherer.sync_subscriptions()
        first = datetime.now(UTC).replace(microsecond=0)
        await db.write(_vote, first - timedelta(days=30))
        first = datetime.now(UTC) + AHEAD
        due = {n + 1: first + INTERVAL * n / MANY for n in range(MANY)}
        await db.write(_look, [_looked_at(source_id, at, found) for source_id, at in due.items()])
    return due


def _follow(connection: Connection, urls: list[str]) -> None:
    """Each by a chat of its own."""
    now = datetime.now(UTC)
    for number, url in enumerate(urls, start=1):
        chat = chats.ensure(connection, ChatRef("bench", str(number)), ChatKind.GROUP, now)
        chats.choose_language(connection, chat.id, "en", None, now)
        row = {"id": number, "url": url, "exempt": False, "interval_seconds": round(INTERVAL.total_seconds())}
        connection.execute(insert(source).values(row))
        connection.execute(
            insert(subscription).values(chat_id=chat.id, source_id=number, added_at=now, contacted_at=now)
        )


def _vote(connection: Connection, at: datetime) -> None:
    """What has been voted, long ago."""
    said = at.strftime("%Y-%m-%d %H:%M:%S.%f")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
    run = connection.exec_driver_sql
    run(
        f"{numbers} INSERT INTO story (id, ledger_id, language, title, first_seen_at, sorted_at)"
        " SELECT i, i, 'en', 'Story ' || i, ?, ? FROM n",
        (VOTED_ON, said, said),
    )
    run(
        f"{numbers} INSERT INTO delivery (id, story_id, chat_id, state, created_at, next_try_at, posted_at)"
        " SELECT i, i, i, 'closed', ?, ?, ? FROM n",
        (VOTED_ON, said, said, said),
    )
    run(f"{numbers} INSERT INTO voter (id, platform, actor) SELECT i, 'bench', 'voter ' || i FROM n", (VOTERS,))
    run(
        f"{numbers}, v(i) AS (SELECT i FROM n WHERE i <= {VOTERS})"
        " INSERT INTO fact (ledger_id, voter_id, delivery_id, token, chat_id, sentiment, seq)"
        f" SELECT n.i, v.i, n.i, '🐂', n.i, 1, n.i * {VOTERS} + v.i FROM n, v",
        (max(VOTED_ON, VOTERS),),
    )
    for chat in ("0", "i"):
        run(f"{numbers} INSERT INTO tally SELECT i, {chat}, {VOTERS}, 0 FROM n", (VOTED_ON,))


def _look(connection: Connection, marks: list[Mark]) -> None:
    connection.execute(update(source).values(last_ok_at=datetime.now(UTC)))  # none is here for the first time
    polls.mark(connection, marks)


def _looked_at(source_id: int, due: datetime, found: Fetched) -> Mark:
    """As a look before this run has left it."""
    answered = Answered(due - INTERVAL, due, round(INTERVAL.total_seconds()))
    return Mark(source_id, answered, Body(found.etag, found.last_modified, "", None))


# --- processes -------------------------------------------------------------------------------------------------------


def _memory(pid: int) -> _Taken:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return _Taken(_megabytes(pid), sum(_megabytes(int(child)) for child in children))


def _megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    for figure in asyncio.run(measure()):
        print(figure)
