"""Reads the articles that wait, politely and a few at once: no post waits for one, and none holds up another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from bot.errors import SourceError, StorageError
from bot.gather.article import MAX_BYTES, Article, NoArticle, read_article
from bot.gather.client import Fetched, FetchRequest, GuardedClient, may_pass
from bot.gather.poll import OnStories
from bot.gather.robots import Robots
from bot.gather.turns import Turns, manners_at
from bot.gather.workers import TooMuch, WorkerCrashed, Workers, WorkerTimeout
from bot.storage import articles
from bot.storage.articles import ArticleState, ReadArticle, WaitingArticle
from bot.storage.database import Database

log = structlog.get_logger()

AT_ONCE = 4
LOOKED_AT = 200
"""Of the articles that wait, one of each source, so many are looked at in a sweep."""

READ_SECONDS = 10.0
"""An ordinary page takes some hundredths; the first one of a worker a second or two."""

PAUSE = 5.0
"""Seconds that a host has between two articles, if it doesn't ask for more."""

AGAIN = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""After so long it is tried again what couldn't be read; after the last time no more."""

KINDS = ("text/html", "application/xhtml+xml")


class Refused(Exception):
    """It may not be read, or isn't an article."""


class Later(Exception):
    """It can't be read now."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait
        """Seconds that we were asked to wait."""


class Reader:
    """Built once. `run` reads until cancelled; `sweep` reads once what may be read now."""

    def __init__(
        self,
        db: Database,
        client: GuardedClient,
        workers: Workers,
        robots: Robots,
        turns: Turns,
        clock: Callable[[], datetime],
        on_stories: OnStories,
        own_topics: Path | None = None,
    ) -> None:
        self._own_topics = None if own_topics is None else str(own_topics)
        self._db = db
        self._client = client
        self._workers = workers
        self._robots = robots
        self._turns = turns
        self._clock = clock
        self._on_stories = on_stories
        self._busy: set[str] = set()
        self._resting: dict[str, datetime] = {}

    async def run(self, wake: asyncio.Event) -> None:
        """Read whenever ``wake`` is set, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await wake.wait()
                wake.clear()
                await self._db.outlasting(lambda: self._start(tasks))

    async def sweep(self) -> None:
        """Read what may be read now, one article of each host; returns when that is done."""
        async with asyncio.TaskGroup() as tasks:
            await self._start(tasks)

    async def _start(self, tasks: asyncio.TaskGroup) -> None:
        room = AT_ONCE - len(self._busy)
        if room <= 0:
            return
        now = self._clock()
        self._resting = {host: until for host, until in self._resting.items() if until > now}
        waiting = await self._db.read(articles.due, now, LOOKED_AT)
        for one in one_a_host(waiting, self._busy | self._resting.keys())[:room]:
            host = host_of(one.url)
            self._busy.add(host)
            tasks.create_task(self._read(one, host), name=f"article {one.entry_id}")

    async def _read(self, one: WaitingArticle, host: str) -> None:
        try:
            if one.attempts >= len(AGAIN):
                await self._give_up(one, "it brought us down each time")
                return
            # Written first: one that brings us down isn't tried for ever.
            await self._db.write(articles.begin, one.entry_id, self._clock() + after(one.attempts))
            await self._attempt(one, host)
        except StorageError:
            pass  # it is tried again, as one that could not be read
        except Exception as error:
            # A bug of ours meets one article, and must not stop the others.
            log.exception("reading an article failed", entry=one.entry_id)
            await self._unexpected(one, error)
        finally:
            self._busy.discard(host)
            rest = self._clock() + timedelta(seconds=PAUSE)
            self._resting[host] = max(self._resting.get(host, rest), rest)

    async def _attempt(self, one: WaitingArticle, host: str) -> None:
        try:
            async with self._turns.turn(host, manners_at(one.url)):
                fetched = await self._fetch(one.url)
            article = await self._understand(fetched, one)
        except Refused as error:
            log.debug("article not for us", entry=one.entry_id, reason=str(error))
            await self._db.write(articles.give_up, one.entry_id, ArticleState.REFUSED, str(error))
        except Later as error:
            await self._later(one, error)
        else:
            ledgers = await self._db.write(articles.save, one.entry_id, _as_read(article), self._clock())
            if ledgers:
                await self._on_stories((), tuple(sorted(ledgers)))

    async def _fetch(self, url: str) -> Fetched:
        try:
            await self._permitted(url)
            fetched = await self._client.fetch(
                FetchRequest(
                    url,
                    accept="text/html, application/xhtml+xml",
                    kinds=KINDS,
                    max_bytes=MAX_BYTES,
                    may_ask=self._permitted,
                )
            )
            if not isinstance(fetched, Fetched):  # we asked without conditions
                raise Refused("nothing was sent")
        except SourceError as error:
            if may_pass(error):
                raise Later(str(error), error.retry_after) from error
            raise Refused(str(error)) from error
        return fetched

    async def _permitted(self, url: str) -> None:
        """Raises what keeps us from asking for this address."""
        host = host_of(url)
        try:
            rules = await self._robots.rules(url)
        except SourceError as error:
            if may_pass(error) or error.status is not None:
                raise Later(f"robots.txt: {error}", error.retry_after) from error
            raise Refused(f"robots.txt: {error}") from error
        self._resting[host] = self._clock() + timedelta(seconds=max(PAUSE, rules.delay))
        if not rules.permit(url):
            raise Refused("robots.txt doesn't permit it")

    async def _understand(self, fetched: Fetched, one: WaitingArticle) -> Article:
        try:
            found = await self._workers.run_for(
                host_of(fetched.url),
                READ_SECONDS,
                read_article,
                fetched.body,
                fetched.content_type,
                fetched.url,
                one.title,
                one.language,
                self._own_topics,
                fetched.robots,
            )
        except WorkerTimeout as error:
            raise Refused("reading it takes too long") from error
        except TooMuch as error:
            raise Later("its host's pages take too long to read", error.wait) from error
        except WorkerCrashed as error:
            raise Refused("reading it takes more memory than there is") from error
        if isinstance(found, NoArticle):
            raise Refused(found.value)
        return found

    async def _unexpected(self, one: WaitingArticle, error: Exception) -> None:
        try:
            await self._later(one, Later(f"something unexpected went wrong: {type(error).__name__}"))
        except Exception:
            # The attempt stands written: what can't be told now is told when it is the last one.
            log.exception("recording a failed article failed", entry=one.entry_id)

    async def _give_up(self, one: WaitingArticle, problem: str) -> None:
        await self._db.write(articles.give_up, one.entry_id, ArticleState.FAILED, problem)

    async def _later(self, one: WaitingArticle, error: Later) -> None:
        if one.attempts + 1 >= len(AGAIN):
            await self._give_up(one, str(error))
            return
        wait = max(after(one.attempts), timedelta(seconds=min(error.wait or 0.0, 86_400.0)))
        await self._db.write(articles.try_again, one.entry_id, self._clock() + wait, str(error))


def host_of(url: str) -> str:
    """The name under which it takes its turn."""
    return urlsplit(url).netloc.lower()


def after(attempts: int) -> timedelta:
    """How long to wait after so many attempts and one more."""
    return AGAIN[min(attempts, len(AGAIN) - 1)]


def one_a_host(waiting: Sequence[WaitingArticle], not_now: set[str]) -> list[WaitingArticle]:
    """The first of each host that may be asked now (pure)."""
    chosen: dict[str, WaitingArticle] = {}
    for one in waiting:
        host = host_of(one.url)
        if host not in not_now:
            chosen.setdefault(host, one)
    return list(chosen.values())


def _as_read(article: Article) -> ReadArticle:
    return ReadArticle(
        url=article.url,
        title=article.title,
        lede=article.lede,
        lines=article.lines,
        picture=article.picture,
        author=article.author,
        published_at=article.published_at,
        clues=article.clues,
        topics=article.topics,
    )
