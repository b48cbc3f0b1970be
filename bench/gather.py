"""Sources: what a poll costs in CPU time beside plain feedparser, and whether the loop stands still meanwhile.

Polls go the whole way, from the sweep over real sockets to the commit. The server is a process of its own, whose CPU
time isn't ours; that of the parsing worker is.
"""

from __future__ import annotations

import asyncio
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random

import feedparser
import structlog
from aiohttp import web

from bench.figure import Figure
from bot.gather.client import GuardedClient
from bot.gather.gatherer import Gatherer
from bot.gather.settings import GatherSettings
from bot.gather.workers import Workers
from bot.model import ChatKind, ChatRef
from bot.storage import chats, sources, subscriptions
from bot.storage.database import Database, open_database
from tests.emulators.feeds import FeedServer, Item, rss
from tests.emulators.feeds.faults import Answer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parent.parent
RUNS = 5
FEEDS = 30
STALL_FEEDS = 100
MANY = 10_000
STALL_SWEEPS = 5
ENTRIES = 30
BEAT_SECONDS = 0.002
LONGEST_WAIT = timedelta(hours=1, seconds=1)
"""Whatever was learned, a source that is well is due by then."""
THEIRS_304 = 1 / 0.0017
"""Unchanged polls a CPU second of RSS-to-Telegram-Bot, measured once on a machine of this size and not in this run."""
SYLLABLES = "ba con der el fi gra hu is jo kel lor mi nas op per quin ros sta tur ulm ver wen yor zan"
TEXT_WORDS = 700
"""5 kB."""


async def measure() -> list[Figure]:
    """All figures of the sources."""
    # A line a poll on somebody's terminal would be measured too.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    parsing = _feedparser_a_second()
    async with _server() as address:
        same = await _polls_a_second(address, "same")
        resent = await _polls_a_second(address, "resent")
        news = await _polls_a_second(address, "news")
        stall, idle = await _stall(address)
    return [
        _beside("unchanged polls (304)", same, THEIRS_304, 3, "RSS-to-Telegram-Bot's 1.7 ms"),
        _beside("unchanged 30 entries of 5 kB sent with 200", resent, parsing, 40, "feedparser"),
        _beside("one new in 30 entries of 5 kB", news, parsing, 15, "feedparser"),
        Figure(
            f"loop stall while {STALL_FEEDS * STALL_SWEEPS} feeds with news are parsed, p99",
            round(stall, 2),
            "ms",
            round(idle, 2),
            target="<= 20 ms",
            met=stall <= 20,
        ),
    ]


def _beside(name: str, value: float, baseline: float, times: float, whose: str) -> Figure:
    ratio = value / baseline
    return Figure(
        name,
        round(value, 1),
        "polls/CPU s",
        round(baseline, 1),
        round(ratio, 2),
        f">= {times:g} x {whose}",
        ratio >= times,
    )


def _feedparser_a_second() -> float:
    """How many bodies feedparser parses in a CPU second, and nothing else."""
    body, took = _body(0, ENTRIES), []
    feedparser.parse(BytesIO(body))
    for _ in range(RUNS):
        began = time.process_time()
        feedparser.parse(BytesIO(body))
        took.append(time.process_time() - began)
    return 1 / statistics.median(took)


# --- polling ---------------------------------------------------------------------------------------------------------


@dataclass
class _House:
    """Gather, and feeds that it follows."""

    db: Database
    gatherer: Gatherer
    workers: Workers
    clock: _Clock
    feeds: int

    async def sweep(self) -> None:
        """Poll every feed."""
        self.clock.now += LONGEST_WAIT
        await self.gatherer.sweep()

    async def must_be_well(self) -> None:
        """Figures of failures would be figures of nothing."""
        for source in await self.db.read(sources.health):
            if source.problem is not None or source.last_ok_at != self.clock.now:
                raise RuntimeError(f"{source.url} was not read: {source.problem}")


@dataclass
class _Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def _house(addresses: list[str]) -> AsyncIterator[_House]:
    settings, clock = GatherSettings(), _Clock()
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_database(Path(folder) / "gather.db") as db,
            GuardedClient(settings) as client,
            Workers() as workers,
        ):
            gatherer = Gatherer(
                db, client, workers, settings, clock, resolve_wire=lambda language: language, on_stories=_nobody
            )
            await _follow(db, gatherer, addresses)
            yield _House(db, gatherer, workers, clock, len(addresses))


async def _polls_a_second(address: str, kind: str) -> float:
    """Sweeps over feeds of a kind, after one in which everything was new."""
    rates = []
    async with _house([f"{address}/{kind}/{n}" for n in range(FEEDS)]) as house:
        await house.sweep()
        for _ in range(RUNS):
            before = _cpu_seconds(house.workers)
            await house.sweep()
            rates.append(house.feeds / (_cpu_seconds(house.workers) - before))
            await house.must_be_well()
    return statistics.median(rates)


async def _stall(address: str) -> tuple[float, float]:
    """How late the loop comes (ms, p99) while every feed has news, at first nothing else; and when nobody polls."""
    async with _house([f"{address}/news/{n}" for n in range(FEEDS, FEEDS + STALL_FEEDS)]) as house:
        async with _heartbeat() as late:
            for _ in range(STALL_SWEEPS):
                await house.sweep()
        await house.must_be_well()
        async with _heartbeat() as idle:
            await asyncio.sleep(2)
    return _p99(late) * 1000, _p99(idle) * 1000


async def _follow(db: Database, gatherer: Gatherer, addresses: list[str]) -> None:
    for start in range(0, len(addresses), subscriptions.LIMIT):
        chat = await db.write(chats.ensure, ChatRef("bench", str(start)), ChatKind.GROUP, NOW)
        await db.write(chats.choose_language, chat.id, "en", None, NOW)
        for address in addresses[start : start + subscriptions.LIMIT]:
            source_id = await gatherer.declared_source(address)
            await db.write(subscriptions.follow_source, chat.id, source_id, None, NOW)
    await gatherer.sync_subscriptions()


async def _nobody(new: tuple[int, ...], changed: tuple[int, ...]) -> None:
    """Nothing is posted here."""


@asynccontextmanager
async def _heartbeat() -> AsyncIterator[list[float]]:
    """By how much a task that wants to run every few milliseconds comes late."""
    late: list[float] = []

    async def beat() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            late.append(loop.time() - due)

    task = asyncio.create_task(beat())
    try:
        yield late
    finally:
        task.cancel()


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _cpu_seconds(workers: Workers) -> float:
    """Ours and the workers', who live on and so count among no one's children yet."""
    return time.process_time() + sum(_cpu_of(process.pid) for process in workers._all)


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- the server ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """The address of a feed server in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.gather", "serve", cwd=ROOT, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.communicate()


async def _serve() -> None:
    async with FeedServer() as server:
        for n in range(FEEDS):
            server.put(f"/same/{n}", _body(n, ENTRIES))
            server.put(f"/resent/{n}", _body(n, ENTRIES), validators=False)
        for n in range(FEEDS + STALL_FEEDS):
            server.put(f"/news/{n}", fault=_with_news(n))
        for n in range(MANY):
            server.put(f"/many/{n}", b"<rss/>")
        print(server.url("").rstrip("/"), flush=True)
        await asyncio.Event().wait()


def _with_news(feed: int) -> Answer:
    """One entry more at the top, and one less at the end, at each request."""
    newest: Iterator[int] = count(ENTRIES)

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=_body(feed, next(newest)), content_type="application/rss+xml")

    return answer


def _body(feed: int, newest: int) -> bytes:
    return rss([_item(feed, number) for number in range(newest, newest - ENTRIES, -1)], title=f"Feed {feed}")


def _item(feed: int, number: int) -> Item:
    """News of the hour: each sweep is an hour after the last, and brings the next number. No two say the same."""
    name = f"{feed}-{number}"
    words = Random(name)
    return Item(
        _words(words, 9),
        f"https://news{feed}.example/2026/11/{name}-{'-'.join(_words(words, 5).lower().split())}",
        f"urn:{name}",
        NOW + timedelta(hours=number - ENTRIES),
        f"<p>{_words(words, TEXT_WORDS // 2)}</p>\n<p>{_words(words, TEXT_WORDS // 2)}</p>",
    )


def _words(random: Random, count: int) -> str:
    """As news has them: a name or a number among every few."""
    found = []
    for _ in range(count):
        word = "".join(random.choices(SYLLABLES.split(), k=random.randint(1, 4)))
        kind = random.random()
        found.append(word.capitalize() if kind < 0.15 else str(random.randint(2, 9_999)) if kind < 0.2 else word)
    return " ".join(found).capitalize() + "."


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(_serve())
    else:
        for figure in asyncio.run(measure()):
            print(figure)
