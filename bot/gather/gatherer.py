"""Keeps all sources gathered: what is due is polled, packs get the sources that are well, feeds are found and added."""

from __future__ import annotations

import asyncio
import math
import random as _random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Protocol

import structlog

from bot.errors import StorageError
from bot.gather import rhythm
from bot.gather.client import GuardedClient, checked
from bot.gather.following import chooses_by_kind, pack_addresses, packs_read, singles_read
from bot.gather.giving_way import reason, standing
from bot.gather.outages import Look, Outages
from bot.gather.packs import Packs, load_packs
from bot.gather.poll import OnStories, Poller, name_of
from bot.gather.probe import Probe, ProbedFeed
from bot.gather.settings import GatherSettings
from bot.gather.topic_table import load_table
from bot.gather.turns import Turns, host_of, manners_for
from bot.gather.workers import Workers
from bot.storage import following, polls, sources
from bot.storage.database import Database
from bot.storage.following import Follower
from bot.storage.group import GroupCommit
from bot.storage.polls import Mark, SourceForPoll

log = structlog.get_logger()

BATCH = 200
"""Sources taken up at a sweep, beside those that are being polled still."""

SLOW = 3
"""Sources whose reading takes long are asked so few at a time."""

LINGER = 0.02
"""Seconds for which polls without news wait for others, to be marked by one commit. Until then they count as going on,
and one that a crash loses is only looked at again."""


class Feed(Protocol):
    """A feed that somebody wants."""

    @property
    def url(self) -> str: ...

    @property
    def title(self) -> str: ...


class Gatherer:
    """Built once. `run` polls until cancelled; `sweep` polls once what is due now."""

    def __init__(
        self,
        db: Database,
        client: GuardedClient,
        workers: Workers,
        settings: GatherSettings,
        clock: Callable[[], datetime],
        *,
        resolve_wire: Callable[[str], str],
        on_stories: OnStories,
        packs: Packs | None = None,
        random: rhythm.Random = _random.random,
    ) -> None:
        self._db = db
        self._settings = settings
        self._clock = clock
        self._packs = packs
        self._poller = Poller(
            db, client, workers, settings, clock, resolve_wire=resolve_wire, on_stories=on_stories, random=random
        )
        self._probe = Probe(client, workers)
        self._well = Turns(settings.concurrency)
        # What failed at its last look is asked apart: no source that is well waits for one that probably fails again.
        self._failing = Turns(math.ceil(settings.concurrency / 2))
        # And so is what took long to read: what waits for the worker of such is held in memory.
        self._slow = Turns(SLOW)
        self._workers = workers
        self._outages = Outages()
        self._in_flight: dict[int, str] = {}
        self._marks: GroupCommit[Mark, None] = GroupCommit(self._write_marks, BATCH)
        self._weighed = datetime.min.replace(tzinfo=UTC)
        self._health_changed = True  # at the start, subscriptions may have changed while we were away
        self._syncing = asyncio.Lock()

    async def run(self, wake: asyncio.Event) -> None:
        """Poll what is due whenever ``wake`` is set, until cancelled. A slow source holds up no sweep."""
        async with self._marking(), asyncio.TaskGroup() as tasks:
            while True:
                await wake.wait()
                wake.clear()
                await self._db.outlasting(lambda: self._start(tasks))

    async def sweep(self) -> None:
        """Poll all that is due and isn't being polled; returns when that is done."""
        async with self._marking(), asyncio.TaskGroup() as tasks:
            await self._start(tasks)
        if self._health_changed:
            await self.sync_subscriptions()

    @property
    def turns(self) -> Turns:
        """Who else asks hosts for something takes turns with the sources."""
        return self._well

    async def pushed(self, source_id: int, body: bytes, content_type: str) -> None:
        """A hub has sent what is new in a source."""
        await self._poller.pushed(source_id, body, content_type)

    async def sync_subscriptions(self) -> None:
        """Subscriptions, languages or the health of sources have changed: give packs their sources, poll what is new,
        rest what nobody reads."""
        async with self._syncing:
            self._health_changed = False
            try:
                await self._sync()
            except StorageError:
                self._health_changed = True
                raise

    async def _sync(self) -> None:
        packs = load_packs() if self._packs is None else self._packs
        now = self._clock()
        followers = await self._db.read(following.followers)
        known = await self._db.read(following.known, pack_addresses(followers, packs))
        why = {url: reason(one, self._outages.in_doubt) for url, one in known.items()}
        how = {url: standing(one, why[url], now) for url, one in known.items()}
        of_packs = packs_read(followers, packs, how, await self._kinds(followers, packs))
        singles = singles_read(followers)
        gone = {url: one for url, one in known.items() if why[url] and one.gave_way_at is None}
        back = {url: one for url, one in known.items() if not why[url] and one.gave_way_at is not None}
        await self._db.write(
            following.apply,
            of_packs,
            singles,
            self._settings.interval,
            now,
            give_way=[one.id for one in gone.values()],
            return_to_place=[one.id for one in back.values()],
        )
        for url, one in gone.items():
            log.warning("a source gives way to others of its pack", source=one.id, url=url, why=str(why[url]))
        for url, one in back.items():
            log.info("a source is back in its place", source=one.id, url=url)
        urls = {wanted.url for several in of_packs.values() for wanted in several}
        self._outages.keep(set(singles.values()), urls)

    async def _kinds(self, followers: Sequence[Follower], packs: Packs) -> Mapping[str, str]:
        """Of the topics, where that matters: reading their table takes some hundredths of a second."""
        if not chooses_by_kind(followers, packs):
            return {}
        own = self._settings.topics
        return (await asyncio.to_thread(load_table, None if own is None else str(own))).kinds

    async def probe(self, address: str) -> Sequence[ProbedFeed]:
        """The feeds behind an address that somebody typed: the one that it is, or those that its page names.

        May be none. Held to the guard. Raises CommandError or SourceError.
        """
        return await self._probe.find(address)

    async def add_feed(self, feed: Feed) -> int:
        """The id of the source of this address that is held to the guard, made if need be. It was read just now."""
        source_id = await self._ensure(feed.url, exempt=False, title=feed.title)
        await self._db.write(sources.revive, source_id)
        return source_id

    async def declared_source(self, address: str) -> int:
        """The id of the source that the operator's config names, which isn't held to the guard.

        Raises SourceError for what is no web address.
        """
        return await self._ensure(str(checked(address)), exempt=True)

    async def sample_source(self, language: str) -> int:
        """The id of the sample wire's source in a language, made if need be."""
        return await self._ensure(f"{rhythm.SAMPLE}{language}", exempt=True, language=language)

    async def _ensure(self, url: str, *, exempt: bool, title: str = "", language: str | None = None) -> int:
        return await self._db.write(
            sources.ensure_source,
            url,
            exempt=exempt,
            interval_seconds=self._settings.interval,
            title=title,
            language=language,
        )

    # --- polling ---

    async def _start(self, tasks: asyncio.TaskGroup) -> None:
        if self._health_changed:
            await self.sync_subscriptions()
        now = self._clock()
        if self._settings.adaptive and abs((now - self._weighed).total_seconds()) >= rhythm.LEVEL_SECONDS:
            await self._poller.weigh()
            self._weighed = now
        busy = frozenset(self._in_flight)  # as it was when the table was read: what ends meanwhile isn't due any more
        found = await self._db.read(polls.due, now, BATCH + len(busy))
        for source in found:
            if source.id not in busy and source.id not in self._in_flight:
                self._in_flight[source.id] = source.url
                tasks.create_task(self._poll(source), name=f"source {source.id}")
        # Samples come too often to wait for.
        at_rest = all(url.startswith(rhythm.SAMPLE) for url in self._in_flight.values())
        self._outages.tell(self._clock(), at_rest=at_rest)

    async def _poll(self, source: SourceForPoll) -> None:
        try:
            async with self._turns_of(source).turn(host_of(source), manners_for(source)) as answered:
                polled = await self._db.outlasting(lambda: self._poller.poll(source, answered))
            if polled.mark is not None:
                await self._mark(polled.mark)
            changed = polled.look is not Look.WELL or source.failures > 0 or source.gave_way or not source.ever_ok
            self._outages.saw(source, polled.look, self._clock())
            self._health_changed = self._health_changed or changed
        finally:
            self._in_flight.pop(source.id, None)

    def _turns_of(self, source: SourceForPoll) -> Turns:
        if source.failures:
            return self._failing
        return self._slow if self._workers.is_slow(name_of(source)) else self._well

    async def _mark(self, mark: Mark) -> None:
        try:
            await self._db.outlasting(lambda: self._marks.add(mark))
        except Exception:
            # It stays due, and the next sweep tries again.
            log.exception("recording a poll failed", source=mark.source_id)

    @asynccontextmanager
    async def _marking(self) -> AsyncIterator[None]:
        """Polls that found nothing new are marked together: whatever waits is one commit."""
        self._marks = GroupCommit(self._write_marks, BATCH, LINGER)
        writer = asyncio.create_task(self._marks.run(), name="marks")
        try:
            yield
        finally:
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    async def _write_marks(self, marks: Sequence[Mark]) -> Sequence[None]:
        await self._db.write(polls.mark, marks)
        return [None] * len(marks)
