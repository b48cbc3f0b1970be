"""How sources do that are asked now, without a database: whether each answers, what it lists, how fresh that is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import SourceError
from bot.gather.client import Fetched, FetchRequest, GuardedClient
from bot.gather.language import ENOUGH, UNDETERMINED, detect
from bot.gather.packs import Packs, topics_of
from bot.gather.poll import read_feed
from bot.gather.turns import STRANGER, Turns
from bot.gather.workers import WorkerCrashed, Workers, WorkerTimeout
from bot.model import Phrase

OLD = timedelta(days=30)
"""A source of news that has had nothing new for so long has been given up, as a rule."""

DETECT_SECONDS = 20.0
EMPTY = Phrase("It has no entries.")


class Verdict(StrEnum):
    """How a source does."""

    WELL = "well"
    OLD = "old"
    """It answers, but has had nothing new for long."""
    FOREIGN = "foreign"
    """It is in another language than it stands for."""
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Asked:
    """A source that is to be looked at."""

    url: str
    title: str
    expected: tuple[str, ...] = ()
    """The languages that it stands for; none: any."""
    named_by: tuple[str, ...] = ()
    """Who reads it: packs with their languages, or "followed"."""
    exempt: bool = False
    topics: tuple[str, ...] = ()
    """Those that its packs want of it, by name; none: all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at a source found."""

    asked: Asked
    problem: Phrase | None = None
    title: str = ""
    entries: int = 0
    on_topic: int = 0
    """So many of these are about what is wanted of it."""
    newest_at: datetime | None = None
    declared: str | None = None
    detected: str | None = None
    moved_to: str | None = None

    def verdict(self, now: datetime) -> Verdict:
        """In one word."""
        if self.problem is not None:
            return Verdict.DEAD
        language = self.detected or self.declared
        if self.asked.expected and language is not None and language not in self.asked.expected:
            return Verdict.FOREIGN
        return Verdict.OLD if self.newest_at is not None and now - self.newest_at > OLD else Verdict.WELL


def asked_of_packs(
    packs: Packs, kinds: Mapping[str, str], *, pack: str | None = None, language: str | None = None
) -> list[Asked]:
    """Every source of these packs once, with all the packs that name it. ``kinds``: of all topics."""
    named: dict[str, Asked] = {}
    for (name, code), rows in packs.items():
        if pack in {None, name} and language in {None, code}:
            for row in rows:
                known = named.get(row.url, Asked(row.url, row.title))
                named[row.url] = replace(
                    known,
                    expected=tuple(dict.fromkeys((*known.expected, code))),
                    named_by=(*known.named_by, f"{name}.{code}"),
                    topics=tuple(dict.fromkeys((*known.topics, *topics_of(row, kinds)))),
                )
    return [asked for asked in named.values() if asked.url.startswith(("http://", "https://"))]


class Checkup:
    """Looks at many sources: a bounded number at once, one at a time of each host."""

    def __init__(
        self,
        client: GuardedClient,
        workers: Workers,
        clock: Callable[[], datetime],
        *,
        at_once: int = 10,
        own_topics: Path | None = None,
    ) -> None:
        self._own_topics = own_topics
        self._client = client
        self._workers = workers
        self._clock = clock
        self._turns = Turns(at_once)

    async def look_at_all(self, sources: Iterable[Asked], on_each: Callable[[Finding], object]) -> list[Finding]:
        """Everything that was found, in the order of the sources; ``on_each`` is told as it comes."""

        async def look(asked: Asked) -> Finding:
            async with self._turns.turn(urlsplit(asked.url).netloc.lower(), STRANGER):
                finding = await self.look_at(asked)
            on_each(finding)
            return finding

        return list(await asyncio.gather(*(look(asked) for asked in sources)))

    async def look_at(self, asked: Asked) -> Finding:
        """What one source says now. Raises nothing for what is wrong with it."""
        try:
            return await self._look(asked)
        except SourceError as error:
            return Finding(asked, error.phrase)
        except Exception as error:  # noqa: BLE001  # a bug of ours meets one source, and must not hide the others
            return Finding(asked, Phrase("Something unexpected went wrong ({error}).", {"error": type(error).__name__}))

    async def _look(self, asked: Asked) -> Finding:
        answer = await self._client.fetch(FetchRequest(asked.url, exempt=asked.exempt))
        assert isinstance(answer, Fetched), "asked without conditions"
        feed = await read_feed(self._workers, answer, self._own_topics)
        wanted = set(asked.topics)
        now = self._clock()
        # Items from the future (events, mistakes) don't make it fresh.
        dates = [entry.published_at for entry in feed.entries if entry.published_at and entry.published_at <= now]
        words = " \n".join(f"{entry.title}. {entry.lede[:200]}" for entry in feed.entries[:20])[:1000]
        return Finding(
            asked,
            None if feed.entries else EMPTY,
            feed.title,
            len(feed.entries),
            sum(not wanted.isdisjoint(entry.topics) for entry in feed.entries),
            max(dates, default=None),
            feed.language,
            await self._language(words),
            answer.moved_to,
        )

    async def _language(self, words: str) -> str | None:
        try:
            language, sure = await self._workers.run(DETECT_SECONDS, detect, words)
        except (WorkerTimeout, WorkerCrashed):
            return None
        return language if language != UNDETERMINED and sure >= ENOUGH else None
