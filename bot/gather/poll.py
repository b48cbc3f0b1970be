"""One look at one source: fetch, compare, parse, store. What goes wrong is recorded with it and stays its own."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.errors import SourceError, StorageError
from bot.gather import parse
from bot.gather.apis.asking import Apis
from bot.gather.article import says_little
from bot.gather.client import UNREACHED, Fetched, FetchRequest, GuardedClient, NotModified
from bot.gather.habits import USUAL_LEVEL, level_for, renewed
from bot.gather.language import UNDETERMINED
from bot.gather.merge import decide
from bot.gather.outages import Look
from bot.gather.parsed import NOTHING_KNOWN, Known, ParsedEntry, ParsedFeed
from bot.gather.rhythm import SAMPLE, Random, Wishes, after_failure, after_success
from bot.gather.settings import GatherSettings
from bot.gather.storing import Listing, Storing, Undecided
from bot.gather.workers import JobFailed, TooMuch, WorkerCrashed, Workers, WorkerTimeout
from bot.model import Phrase
from bot.storage import leases, polls, stories
from bot.storage.database import Database
from bot.storage.polls import Answered, Body, Mark, SourceForPoll
from bot.storage.stories import FoundFeed
from bot.storage.telling import FoundEntry, Newcomer, OutsideCounts, Verdict

log = structlog.get_logger()

PARSE_SECONDS = 20.0
"""A feed of 5 MB takes two or three."""

DECIDE_SECONDS = 5.0
"""What a lot of new entries tells is decided in some hundredths."""

CUT_OFF = "cut off "
"""What the hash begins with of a body that broke off in the middle of an entry. It is asked for without conditions."""

OnStories = Callable[[tuple[int, ...], tuple[int, ...]], Awaitable[object]]
"""Told, after the commit, the ids of stories that are new and the ledgers of stories whose looks have changed."""


async def read_feed(
    workers: Workers, fetched: Fetched, own_topics: Path | None = None, known: Known = NOTHING_KNOWN, name: str = ""
) -> ParsedFeed:
    """Parse in a worker what isn't known. ``name``: under which it takes its turn, if not by its address. Raises
    SourceError."""
    topics = None if own_topics is None else str(own_topics)
    name = name or fetched.url
    try:
        answer = await workers.run_for(
            name, PARSE_SECONDS, parse.try_feed, fetched.body, fetched.content_type, fetched.url, topics, known
        )
    except WorkerTimeout as error:
        raise SourceError(Phrase("Reading it takes too long.")) from error
    except TooMuch as error:
        raise SourceError(Phrase("Reading it takes too long."), retry_after=error.wait) from error
    except WorkerCrashed as error:  # out of memory, as a rule
        raise SourceError(Phrase("Reading it takes more memory than I have.")) from error
    if isinstance(answer, Phrase):
        raise SourceError(answer)
    return answer


def name_of(source: SourceForPoll) -> str:
    """Under which it takes its turn at the workers: whatever address it answers from, it is the same source."""
    return f"source {source.id}"


@dataclass(frozen=True, slots=True)
class Polled:
    """What a look at a source leaves to do."""

    look: Look
    mark: Mark | None = None


class Poller:
    """Looks at sources. Raises nothing for what is wrong with one, StorageError for what is wrong with ourselves."""

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
        random: Random,
    ) -> None:
        self._db = db
        self._client = client
        self._workers = workers
        self._settings = settings
        self._clock = clock
        self._resolve_wire = resolve_wire
        self._on_stories = on_stories
        self._random = random
        self._level = USUAL_LEVEL
        self._apis = Apis(db, client, workers, settings, clock)
        self._storing = Storing(db, self._decide)

    async def weigh(self) -> None:
        """Deal the looks out anew among the sources: those that publish much are looked at more often."""
        self._level = level_for(await self._db.read(polls.wants))

    async def poll(self, source: SourceForPoll, on_answer: Callable[[], object] = lambda: None) -> Polled:
        """Look at a source, and store what is new there; what is not is for the caller to have marked. ``on_answer``:
        told when its host isn't needed any longer."""
        try:
            mark = await self._look(source, on_answer)
        except SourceError as error:
            await self._failed(source, error)
            return Polled(Look.UNREACHED if error.phrase in UNREACHED else Look.FAILED)
        except StorageError:
            raise
        except Exception as error:
            # A bug of ours meets one source, and must not stop the others.
            log.exception("polling a source failed", source=source.id, url=source.url)
            problem = Phrase("Something unexpected went wrong ({error}).", {"error": type(error).__name__})
            await self._failed(source, SourceError(problem))
            return Polled(Look.FAILED)
        return Polled(Look.WELL, mark)

    async def pushed(self, source_id: int, body: bytes, content_type: str) -> None:
        """A hub has sent a source's news: read as if we had looked. What can't be read has us look at once."""
        now = self._clock()
        source = await self._db.read(polls.for_poll, source_id, now)
        if source is None:
            return
        sent = Fetched(self._address(source), body, content_type, None, None, None)
        # It may hold the news alone: at the next look, what the feed lists is read anew.
        kept = Body(source.etag, source.last_modified, source.body_hash or "", source.moved_to)
        try:
            feed = await read_feed(self._workers, sent, self._settings.topics, name=name_of(source))
        except SourceError as error:
            log.info("push not read", source=source_id, reason=str(error))
            await self._db.write(leases.look_by, source_id, now)
            return
        await self._store(source, feed, _described(None, feed, whole=False), kept, self._answered(source, sent, feed))

    async def _look(self, source: SourceForPoll, on_answer: Callable[[], object]) -> Mark | None:
        if self._apis.answers_for(source.url):
            return await self._ask(source)
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
        on_answer()
        if isinstance(answer, NotModified):
            moved_to = answer.moved_to or source.moved_to
            same = Body(source.etag, source.last_modified, source.body_hash or "", moved_to)
            moved = moved_to != source.moved_to
            return Mark(source.id, self._answered(source, answer), same if moved else None)
        body = Body(answer.etag, answer.last_modified, _body_hash(answer), answer.moved_to or source.moved_to)
        if body.body_hash == source.body_hash:
            return Mark(source.id, self._answered(source, answer), body)
        # What broke off at the last look and does so at the same place again stays like that.
        stays = source.body_hash == f"{CUT_OFF}{body.body_hash}"
        known = replace(await self._known(source), leave_stump=not stays)
        feed = await read_feed(self._workers, answer, self._settings.topics, known, name_of(source))
        if feed.is_cut_off:
            body = Body(None, None, f"{CUT_OFF}{body.body_hash}", body.moved_to)
        await self._save(source, answer, feed, body)
        return None

    async def _known(self, source: SourceForPoll) -> Known:
        if source.body_hash is None:
            return NOTHING_KNOWN
        forms = await self._db.read(stories.known_forms, source.id)
        return Known(forms.raw_hashes, forms.language)

    async def _ask(self, source: SourceForPoll) -> Mark | None:
        """A news API has its own pace: that of its budget."""
        told = await self._apis.ask(source.url, source.body_hash)
        now = self._clock()
        answered = Answered(now, now + told.wait, round(told.wait.total_seconds()))
        body = Body(None, None, told.body_hash, None)
        feed = told.feed
        if feed is None:
            return Mark(source.id, answered, body)
        described = _described(None, feed)
        # What was fetched needn't be fetched again because the database refuses.
        await self._db.outlasting(lambda: self._store(source, feed, described, body, answered))
        return None

    def _address(self, source: SourceForPoll) -> str:
        """Where to ask: the sample wire's address is known only while the product runs."""
        if source.url.startswith(SAMPLE):
            return self._resolve_wire(source.url.removeprefix(SAMPLE))
        return source.moved_to or source.url

    async def _save(self, source: SourceForPoll, answer: Fetched, feed: ParsedFeed, body: Body) -> None:
        described, answered = _described(answer, feed), self._answered(source, answer, feed)
        await self._db.outlasting(lambda: self._store(source, feed, described, body, answered))

    async def _store(
        self, source: SourceForPoll, feed: ParsedFeed, described: FoundFeed, body: Body, answered: Answered
    ) -> None:
        entries = [_found(entry, source.language, read_articles=self._settings.read_articles) for entry in feed.entries]
        result = await self._storing.store(Listing(source.id, described, entries, answered, body, feed.unchanged))
        if result.new_story_ids:
            log.info("stories gathered", source=source.id, new=len(result.new_story_ids), url=source.url)
        if result.new_story_ids or result.changed_ledgers:
            await self._on_stories(result.new_story_ids, result.changed_ledgers)

    async def _decide(self, lot: Sequence[Newcomer], now: datetime) -> Sequence[Verdict]:
        if len(lot) == 1 and not (lot[0].again or lot[0].near):
            return decide(lot, now)
        try:
            return await self._workers.run(DECIDE_SECONDS, decide, lot, now)
        except WorkerTimeout as error:
            raise Undecided("it takes too long") from error
        except (WorkerCrashed, JobFailed) as error:
            raise Undecided(str(error)) from error

    def _answered(
        self, source: SourceForPoll, answer: Fetched | NotModified, feed: ParsedFeed | None = None
    ) -> Answered:
        now = self._clock()
        pace, rhythm, news = None, None, False
        if self._settings.adaptive and not source.url.startswith(SAMPLE):
            dates = [] if feed is None else _dates(feed, source, now)
            pace, rhythm, news = renewed(source.rhythm, dates, source.last_ok_at, now, self._level)
        next_look = after_success(
            source.url,
            pace,
            news,
            self._settings,
            self._random,
            now,
            wishes=_wishes(source) if feed is None else _wishes_of(feed),
            fresh_for=answer.fresh_for,
            leased=source.leased,
        )
        return Answered(now, now + next_look.wait, next_look.interval_seconds, rhythm)

    async def _failed(self, source: SourceForPoll, error: SourceError) -> None:
        log.debug("source not read", source=source.id, url=source.url, reason=str(error))
        now = self._clock()
        try:
            # What is gone where it once moved to may be back where it was: that address is asked next.
            if error.permanent and source.moved_to is None:
                await self._db.insist(polls.mark_ended, source.id, error.phrase, now)
                return
            wait: timedelta = after_failure(
                source.url, source.failures + 1, error.retry_after, self._settings, self._random
            )
            await self._db.insist(polls.mark_failed, source.id, error.phrase, now, now + wait)
        except Exception:
            # It stays due, and the next sweep tries again.
            log.exception("recording a source's failure failed", source=source.id)


def _body_hash(fetched: Fetched) -> str:
    hashed = hashlib.sha256(f"{parse.VERSION}\n{fetched.url}\n{fetched.content_type}\n".encode())
    hashed.update(fetched.body)
    return hashed.hexdigest()


def _dates(feed: ParsedFeed, source: SourceForPoll, now: datetime) -> list[datetime]:
    """When its entries appeared. Without a date, an entry is as new as the look, if there was one before."""
    undated = [now] if source.ever_ok else []
    return [at for entry in feed.entries for at in ([entry.published_at] if entry.published_at else undated)]


def _described(answer: Fetched | None, feed: ParsedFeed, *, whole: bool = True) -> FoundFeed:
    wishes = {"ttl": feed.manners.ttl, "skip_hours": feed.manners.skip_hours, "skip_days": feed.manners.skip_days}
    said = {name: value for name, value in wishes.items() if value not in (None, ())}
    # What the server says of its page goes before what the page says (W3C WebSub, 4).
    hub, topic = (answer.hub, answer.hub_topic) if answer and answer.hub else (feed.hub, feed.hub_topic)
    return FoundFeed(feed.title, feed.language, feed.site_url, said or None, hub, topic, whole)


def _wishes_of(feed: ParsedFeed) -> Wishes:
    return Wishes(feed.manners.ttl, feed.manners.skip_hours, feed.manners.skip_days)


def _wishes(source: SourceForPoll) -> Wishes | None:
    said = source.manners
    if said is None:
        return None
    return Wishes(said.get("ttl"), tuple(said.get("skip_hours", ())), tuple(said.get("skip_days", ())))


def _found(entry: ParsedEntry, language: str | None, *, read_articles: bool) -> FoundEntry:
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
        raw_hash=entry.raw_hash,
        clues=entry.clues,
        topics=entry.topics,
        outside=entry.outside and OutsideCounts(*entry.outside),
        below=entry.below,
        wants_article=read_articles and entry.url is not None and says_little(entry.lede),
    )
