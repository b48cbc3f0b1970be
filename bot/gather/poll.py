"""One look at one source: fetch, compare, parse, store. What goes wrong is recorded with it and stays its own."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bot.errors import SourceError
from bot.gather import parse, rhythm
from bot.gather.client import UNREACHED, Fetched, FetchRequest, GuardedClient, NotModified
from bot.gather.language import UNDETERMINED
from bot.gather.merge import same_title
from bot.gather.outages import Look
from bot.gather.parsed import ParsedEntry, ParsedFeed
from bot.gather.settings import GatherSettings
from bot.gather.workers import WorkerCrashed, Workers, WorkerTimeout
from bot.model import Phrase
from bot.storage import sources, stories
from bot.storage.database import Database
from bot.storage.sources import Answered, Body, SourceForPoll
from bot.storage.stories import FoundFeed
from bot.storage.telling import FoundEntry

log = structlog.get_logger()

PARSE_SECONDS = 20.0
"""A feed of 5 MB takes two or three."""

OnStories = Callable[[tuple[int, ...], tuple[int, ...]], Awaitable[object]]
"""Told, after the commit, the ids of stories that are new and of stories whose looks have changed."""


async def read_feed(workers: Workers, fetched: Fetched) -> ParsedFeed:
    """Parse in a worker. Raises SourceError."""
    try:
        answer = await workers.run(PARSE_SECONDS, parse.try_feed, fetched.body, fetched.content_type, fetched.url)
    except WorkerTimeout as error:
        raise SourceError(Phrase("Reading it takes too long.")) from error
    except WorkerCrashed as error:  # out of memory, as a rule
        raise SourceError(Phrase("Reading it takes more memory than I have.")) from error
    if isinstance(answer, Phrase):
        raise SourceError(answer)
    return answer


class Poller:
    """Looks at sources. Raises nothing for what is wrong with one."""

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
        random: rhythm.Random,
    ) -> None:
        self._db = db
        self._client = client
        self._workers = workers
        self._settings = settings
        self._clock = clock
        self._resolve_wire = resolve_wire
        self._on_stories = on_stories
        self._random = random

    async def poll(self, source: SourceForPoll) -> Look:
        """Look at a source."""
        try:
            await self._look(source)
        except SourceError as error:
            await self._failed(source, error)
            return Look.UNREACHED if error.phrase in UNREACHED else Look.FAILED
        except Exception as error:
            # A bug of ours meets one source, and must not stop the others.
            log.exception("polling a source failed", source=source.id, url=source.url)
            problem = Phrase("Something unexpected went wrong ({error}).", {"error": type(error).__name__})
            await self._failed(source, SourceError(problem))
            return Look.FAILED
        return Look.WELL

    async def _look(self, source: SourceForPoll) -> None:
        address = self._address(source)
        answer = await self._client.fetch(
            FetchRequest(
                address,
                # The exemption is the source's own: where it has moved to is held to the guard.
                exempt=source.exempt and source.moved_to is None,
                etag=source.etag,
                last_modified=source.last_modified,
            )
        )
        if isinstance(answer, NotModified):
            await self._db.write(sources.mark_answered, source.id, self._answered(source, news=False))
            return
        body = Body(answer.etag, answer.last_modified, _body_hash(answer), answer.moved_to or source.moved_to)
        if body.body_hash == source.body_hash:
            await self._db.write(sources.mark_answered, source.id, self._answered(source, news=False), body)
            return
        await self._save(source, await read_feed(self._workers, answer), body)

    def _address(self, source: SourceForPoll) -> str:
        """Where to ask: the sample wire's address is known only while the product runs."""
        if source.url.startswith(rhythm.SAMPLE):
            return self._resolve_wire(source.url.removeprefix(rhythm.SAMPLE))
        return source.moved_to or source.url

    async def _save(self, source: SourceForPoll, feed: ParsedFeed, body: Body) -> None:
        entries = [_found(entry, source.language) for entry in feed.entries]
        result = await self._db.write(
            stories.save_poll,
            source.id,
            FoundFeed(feed.title, feed.language, feed.site_url),
            entries,
            self._answered(source, news=True),
            body,
            same_title,
        )
        if result.new_story_ids:
            log.info("stories gathered", source=source.id, new=len(result.new_story_ids), url=source.url)
        if result.new_story_ids or result.changed_story_ids:
            await self._on_stories(result.new_story_ids, result.changed_story_ids)

    def _answered(self, source: SourceForPoll, *, news: bool) -> Answered:
        now = self._clock()
        next_look = rhythm.after_success(source.url, source.interval_seconds, news, self._settings, self._random)
        return Answered(now, now + next_look.wait, next_look.interval_seconds)

    async def _failed(self, source: SourceForPoll, error: SourceError) -> None:
        log.debug("source not read", source=source.id, url=source.url, reason=str(error))
        now = self._clock()
        try:
            if error.permanent:
                await self._db.write(sources.mark_ended, source.id, error.phrase, now)
                return
            wait: timedelta = rhythm.after_failure(
                source.url, source.failures + 1, error.retry_after, self._settings, self._random
            )
            await self._db.write(sources.mark_failed, source.id, error.phrase, now, now + wait)
        except Exception:
            # It stays due, and the next sweep tries again.
            log.exception("recording a source's failure failed", source=source.id)


def _body_hash(fetched: Fetched) -> str:
    hashed = hashlib.sha256(f"{parse.VERSION}\n{fetched.url}\n{fetched.content_type}\n".encode())
    hashed.update(fetched.body)
    return hashed.hexdigest()


def _found(entry: ParsedEntry, language: str | None) -> FoundEntry:
    """``language``: the source's, for entries that don't tell and can't be recognised."""
    return FoundEntry(
        identity=entry.identity,
        title=entry.title,
        url=entry.url,
        lede=entry.lede,
        picture=entry.picture,
        language=entry.language if entry.language != UNDETERMINED else (language or UNDETERMINED),
        published_at=entry.published_at,
        content_hash=entry.content_hash,
        address_key=entry.address_key,
        title_key=entry.title_key,
    )
