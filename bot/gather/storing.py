"""Stores what a look at a source has brought: reads what we know, has it decided what is the same, writes, in portions
that hold the one writer for some milliseconds each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.gather.backlog import MANY, backlog
from bot.gather.language import UNDETERMINED
from bot.gather.merge import decide_plainly
from bot.storage import candidates, stories
from bot.storage.articles import MOST_AT_ONCE
from bot.storage.candidates import Asking
from bot.storage.database import Database
from bot.storage.edits import Edit
from bot.storage.news import Decided, News
from bot.storage.polls import Answered, Body
from bot.storage.stories import Brought, End, FoundFeed, KnownSource, Portion
from bot.storage.telling import MEETS_FOR, FoundEntry, Newcomer, Verdict

T = TypeVar("T")

log = structlog.get_logger()

LOT = 20
"""So many new entries are decided on together: a neighbour's wait no longer."""

ROOM = 10
"""So much is written in one transaction: a new or edited entry is 1, a link 1 more; the rest by `_weight`."""

SEEN = 500
"""So many entries are marked as still listed in one transaction, if nothing else is done in it."""

DRAWN = 20
"""Of the entries that are edited at one look, so many have their posts drawn anew, those listed first. Who edits more
at once has changed a template, not the news; the other posts show it when they are drawn for something else."""

USUAL = timedelta(days=7)
"""By what a source has brought since then it is told how much is usual."""

RECOGNISED = 20
"""By so many of its newest entries a source's language is told."""

FEW = 5
"""Fewer new entries beside known ones don't tell it."""

Decide = Callable[[Sequence[Newcomer], datetime], Awaitable[Sequence[Verdict]]]
"""Says what each new entry of a lot tells (`merge.decide`)."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a look at a source has brought."""

    source_id: int
    feed: FoundFeed
    entries: Sequence[FoundEntry]
    """From the top of the list."""
    answered: Answered
    body: Body
    unchanged: Sequence[str] = ()
    """The raw hashes of the entries that it lists beside these, in a form that we have."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look at a source has changed."""

    new_story_ids: tuple[int, ...]
    changed_ledgers: tuple[int, ...]
    """Those of the stories whose posts may have to be drawn anew: they look different, or share votes with more."""
    new_entries: int


class Undecided(Exception):
    """It couldn't be decided what a lot tells: that took too long, or came to grief."""


class Storing:
    """Built once. Whatever cuts it off, the next look at the source goes on where it ended."""

    def __init__(self, db: Database, decide: Decide) -> None:
        self._db = db
        self._decide = decide
        # Two sources that tell the same at one moment must not both be the first: what is decided is written before
        # anything else is. In turn, so that a source with thousands of entries lets its neighbours in between its lots.
        self._deciding = asyncio.Lock()

    async def store(self, listing: Listing) -> Changes:
        """New entries become stories or join them, edited ones edit theirs; entries are stored from the oldest on."""
        now, source_id = listing.answered.polled_at, listing.source_id
        identities = [found.identity for found in listing.entries]
        source = await self._db.read(stories.known, source_id, identities)
        if source is None:
            return Changes((), (), 0)
        unknown = [found for found in listing.entries if found.identity not in source.present]
        usual = await self._db.read(stories.most_at_once, source_id, now - USUAL) if len(unknown) > MANY else 0
        late = backlog(listing.entries, source, usual, now)
        look = _Look(self._db, self._decide, self._deciding, listing, source, late)
        await look.store(_with_few_articles(unknown))
        return Changes(tuple(sorted(look.brought.new)), tuple(sorted(look.brought.ledgers)), len(unknown))


class _Look:
    """One look at a source on its way into the database."""

    def __init__(
        self,
        db: Database,
        decide: Decide,
        deciding: asyncio.Lock,
        listing: Listing,
        source: KnownSource,
        late: Collection[str],
    ) -> None:
        self._db = db
        self._decide: Decide | None = decide
        self._deciding = deciding
        self._source = source
        self._late = late
        self._now = listing.answered.polled_at
        self._asking = Asking(
            listing.source_id, source.sample, self._now, MEETS_FOR, {one.id for one in source.present.values()}
        )
        self._listing = listing
        self.brought = Brought()

    async def store(self, unknown: Sequence[FoundEntry]) -> None:
        rest = _rest(self._listing, self._source, news=bool(unknown))
        lots = _pieces(unknown[::-1], LOT)
        for number, lot in enumerate(lots, start=1):
            async with self._deciding:
                ends = await self._store_lot(lot, rest if number == len(lots) else None)
            if ends or self.brought.gone:
                return
        for portion in _portions(rest):
            await self._write(portion, self._news())

    async def _store_lot(self, lot: Sequence[FoundEntry], rest: Portion | None) -> bool:
        """Returns whether the rest could be stored with it, as a rule in one transaction."""
        newcomers = await self._db.read(candidates.newcomers, self._asking, lot, self._late)
        verdicts = await self._verdicts(newcomers)
        decided = [Decided(place, *both) for place, both in enumerate(zip(newcomers, verdicts, strict=True))]
        news = self._news()
        if rest is not None and _weight(whole := replace(rest, news=decided)) <= ROOM:
            await self._write(whole, news)
            return True
        for part in _parts(decided):
            await self._write(Portion(news=part), news)
        return False

    async def _verdicts(self, newcomers: Sequence[Newcomer]) -> Sequence[Verdict]:
        if self._decide is not None:
            try:
                return await self._decide(newcomers, self._now)
            except Undecided as error:
                log.warning("what entries tell is not decided", source=self._listing.source_id, reason=str(error))
                self._decide = None
        return decide_plainly(newcomers, self._now)

    def _news(self) -> News:
        return News(self._listing.source_id, self._now, sample=self._source.sample)

    async def _write(self, portion: Portion, news: News) -> None:
        if self.brought.gone:
            return
        brought = await self._db.write(stories.save, self._listing.source_id, portion, news, self._now)
        self.brought.new |= brought.new
        self.brought.ledgers |= brought.ledgers
        self.brought.gone = brought.gone


# --- what is stored together (pure) ----------------------------------------------------------------------------------


def _with_few_articles(unknown: Sequence[FoundEntry]) -> list[FoundEntry]:
    """The articles of the first few alone are worth reading."""
    wanted = [found.identity for found in unknown if found.wants_article][:MOST_AT_ONCE]
    return [
        replace(found, wants_article=False) if found.wants_article and found.identity not in wanted else found
        for found in unknown
    ]


def _rest(listing: Listing, source: KnownSource, *, news: bool) -> Portion:
    """All of a look but its new entries."""
    present = [(source.present[found.identity], found) for found in listing.entries if found.identity in source.present]
    edited = [
        (one, found)
        for one, found in present
        if one.content_hash != found.content_hash or one.published_at != found.published_at
    ]
    said = [one.id for one, found in edited if one.content_hash != found.content_hash]
    drawn = set(said[:DRAWN])
    return Portion(
        edits=[Edit(one, found, one.id in drawn) for one, found in reversed(edited)],
        seen=[one.id for one, _ in present],
        forms=[(one.id, found.raw_hash) for one, found in present if one.raw_hash != found.raw_hash],
        unchanged=listing.unchanged,
        counted=[found for found in listing.entries if found.outside is not None],
        end=_end(listing, news=news),
    )


def _end(listing: Listing, *, news: bool) -> End:
    now, entries = listing.answered.polled_at, listing.entries
    dates = [min(found.published_at, now) for found in entries if found.published_at is not None]
    languages = Counter(found.language for found in entries[:RECOGNISED] if found.language != UNDETERMINED)
    tells = languages and (not listing.unchanged or len(entries) >= FEW)
    return End(
        listing.feed,
        listing.answered,
        listing.body,
        newest_at=max(dates, default=None),
        recognised=languages.most_common(1)[0][0] if tells else None,
        news=news,
    )


def _weight(portion: Portion) -> float:
    """What it takes to write, where a new entry is 1."""
    entries = len(portion.news) + len(portion.edits) + sum(_links(one) for one in portion.news)
    marks = len(portion.seen) + len(portion.unchanged) + 4 * len(portion.forms) + 10 * len(portion.counted)
    return entries + marks * ROOM / SEEN


def _links(decided: Decided) -> int:
    return len({link.language for link in decided.verdict.links})


def _parts(decided: Sequence[Decided]) -> Iterator[Sequence[Decided]]:
    part: list[Decided] = []
    for one in decided:
        if part and _weight(Portion(news=[*part, one])) > ROOM:
            yield part
            part = []
        part.append(one)
    if part:
        yield part


def _portions(rest: Portion) -> Iterator[Portion]:
    if _weight(rest) <= ROOM:
        yield rest
        return
    for edits in _pieces(rest.edits, ROOM):
        yield Portion(edits=edits)
    for seen in _pieces(rest.seen, SEEN):
        yield Portion(seen=seen)
    for forms in _pieces(rest.forms, SEEN // 4):
        yield Portion(forms=forms)
    for unchanged in _pieces(rest.unchanged, SEEN):
        yield Portion(unchanged=unchanged)
    for counted in _pieces(rest.counted, SEEN // 10):
        yield Portion(counted=counted)
    yield Portion(end=rest.end)


def _pieces(values: Sequence[T], size: int) -> list[Sequence[T]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
