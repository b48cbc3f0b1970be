"""Stories and their entries: what a look at a source brings and changes, and what is old enough to forget.

A look is stored in portions, each a transaction that holds the one writer for some milliseconds; what cuts it off
between two of them repeats nothing and loses nothing, for only the last one says that the source was read. What its
entries tell is decided between reading and writing (bot/gather/storing.py), so nothing is compared in here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, cast, delete, exists, func, or_, select, update

from bot.storage import articles, cursors, edits, outside, pairs, polls, search, topics
from bot.storage.deliveries import State
from bot.storage.edits import Edit, Present
from bot.storage.hot import Hot, read_back, stored
from bot.storage.keys import AMONG_KEYS, as_json
from bot.storage.news import Decided, News
from bot.storage.polls import Answered, Body
from bot.storage.tables import delivery, entry, source, story, tally
from bot.storage.telling import MEETS_FOR, FoundEntry


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """What a source tells of itself."""

    title: str
    language: str | None
    site_url: str | None
    manners: Mapping[str, Any] | None = None
    """How it wants to be asked, as it is kept."""
    hub: str | None = None
    hub_topic: str | None = None
    whole: bool = True
    """False: what a hub has sent, which may be the news alone, and says nothing of the feed itself."""


@dataclass(frozen=True, slots=True)
class KnownForms:
    """What need not be read again of a source."""

    raw_hashes: frozenset[str]
    """Of the entries that it lists."""
    language: str | None
    """The one that its entries are in, as far as is known."""


@dataclass(frozen=True, slots=True)
class KnownSource:
    """What we know of a source that was looked at, and of the entries that it lists."""

    sample: bool
    last_ok_at: datetime | None
    newest_at: datetime | None
    interval_seconds: int
    present: Mapping[str, Present]
    """Of the entries asked about, those that we have, by identity."""
    begun: bool
    """A look before this one was cut off after it had stored some late entries."""


@dataclass(frozen=True, slots=True)
class End:
    """What is left to be said of a source when all that it lists is stored."""

    feed: FoundFeed
    answered: Answered
    body: Body
    newest_at: datetime | None
    """The newest date of its entries, never in the future."""
    recognised: str | None
    """The language of most of its newest entries, where they tell."""
    news: bool
    """It had new entries."""


@dataclass(frozen=True, slots=True)
class Portion:
    """So much of a look as is stored in one transaction."""

    news: Sequence[Decided] = ()
    edits: Sequence[Edit] = ()
    seen: Sequence[int] = ()
    """Ids of entries that are listed still."""
    forms: Sequence[tuple[int, str | None]] = ()
    """Ids of entries, and the raw hashes of the forms that they have now."""
    unchanged: Sequence[str] = ()
    """Raw hashes of entries that are listed in a form that we have."""
    counted: Sequence[FoundEntry] = ()
    """Entries of which readers elsewhere are counted."""
    end: End | None = None
    """With the last portion."""


@dataclass(slots=True)
class Brought:
    """What portions have changed."""

    new: set[int] = field(default_factory=set)
    ledgers: set[int] = field(default_factory=set)
    """Those of the stories whose posts may have to be drawn anew: they look different, or share votes with more."""
    gone: bool = False
    """The source was removed."""


def known_forms(connection: Connection, source_id: int) -> KnownForms:
    """In which forms we have the entries that a source lists."""
    rows = _OF_SOURCE.all(connection, source_id)
    if not rows or rows[0][0] is None:
        return KnownForms(frozenset(), None)
    ((listed, detected, declared),) = rows
    return KnownForms(frozenset(form for (form,) in _FORMS.all(connection, source_id, listed)), detected or declared)


def known(connection: Connection, source_id: int, identities: Collection[str]) -> KnownSource | None:
    """What we know of a source before what it lists is stored; None: it was removed."""
    rows = _KNOWN_SOURCE.all(connection, source_id)
    if not rows:
        return None
    ((url, last_ok_at, newest_at, interval_seconds, begun),) = rows
    present = {
        identity: Present(entry_id, read_back(published), content_hash, raw_hash)
        for identity, entry_id, published, content_hash, raw_hash in _PRESENT.all(
            connection, source_id, as_json(identities)
        )
    }
    return KnownSource(
        url.startswith("sample:"), read_back(last_ok_at), read_back(newest_at), interval_seconds, present, bool(begun)
    )


def most_at_once(connection: Connection, source_id: int, since: datetime) -> int:
    """How many entries a look at a source has brought at most since then; neither the first look nor what came late
    is counted."""
    looks = sorted(_AT_ONCE.all(connection, source_id, stored(since)))
    return max((count for at, count in looks[1:] if at >= stored(since)), default=0)


def save(connection: Connection, source_id: int, portion: Portion, news: News, now: datetime) -> Brought:
    """Store a portion of what a source lists."""
    row = connection.execute(_SOURCE, {"wanted": source_id}).first()
    if row is None:
        return Brought(gone=True)
    edited = edits.save(connection, portion.edits, now, now - MEETS_FOR)
    drawn = edited.drawn | (articles.complete(connection, edited.changed) if edited.changed else set())
    came = news.save(connection, portion.news)
    _see(connection, row, portion, now)
    if portion.end is not None:
        _leave_the_list(connection, row)
        _describe(connection, row, portion.end)
        polls.mark_answered(connection, source_id, portion.end.answered, portion.end.body)
    told_anew = [one.newcomer.found for one in portion.news] + [one.found for one in portion.edits if one.said]
    topics.store(connection, source_id, told_anew, now)
    if portion.end is not None and row.gave_way_at is not None and now - row.gave_way_at >= cursors.STAND_IN:
        cursors.return_with_few(connection, source_id)
    drawn |= came.changed | outside.store(connection, source_id, portion.counted, now)
    search.index(connection, came.new | came.changed | edited.changed)
    return Brought(came.new, _ledgers(connection, drawn) | came.relinked)


def prune(connection: Connection, before: datetime) -> int:
    """Forget stories none of whose entries has been in its source since then, with all that hangs on them.

    Identities that a source still lists stay, and so do stories that are still to be posted or voted on. Returns how
    many were forgotten.
    """
    listed = select(source.c.id).where(source.c.id == entry.c.source_id, entry.c.last_seen_at >= source.c.listed_at)
    kept = select(entry.c.story_id).where(
        entry.c.story_id == story.c.id, or_(entry.c.last_seen_at >= before, exists(listed))
    )
    owed = select(delivery.c.id).where(
        delivery.c.story_id == story.c.id, delivery.c.state.not_in([State.CLOSED, State.FAILED])
    )
    stays = or_(story.c.first_seen_at >= before, exists(kept), exists(owed))
    # Linked stories go together: the votes of one stand in the tally of all.
    result = connection.execute(delete(story).where(story.c.ledger_id.not_in(select(story.c.ledger_id).where(stays))))
    if result.rowcount:
        connection.execute(delete(tally).where(tally.c.ledger_id.not_in(select(story.c.ledger_id))))
        search.remove_gone(connection)
    return result.rowcount


def _ledgers(connection: Connection, story_ids: set[int]) -> set[int]:
    return pairs.ledgers_of(connection, story_ids) if story_ids else set()


def _see(connection: Connection, row: Row[Any], portion: Portion, now: datetime) -> None:
    if portion.seen:
        connection.execute(_TOUCH, {"keys": as_json(portion.seen), "now": now})
    _NEW_FORM.many(connection, [(form, entry_id) for entry_id, form in portion.forms])
    if portion.unchanged:
        values = {"source": row.id, "listed": row.listed_at, "keys": as_json(portion.unchanged), "now": now}
        connection.execute(_TOUCH_UNCHANGED, values)


def _leave_the_list(connection: Connection, row: Row[Any]) -> None:
    """What the source listed till now, and lists no more, was last seen when it last answered."""
    if row.listed_at is None or row.last_ok_at is None or row.last_ok_at <= row.listed_at:
        return
    connection.execute(_LEAVE, {"source": row.id, "listed": row.listed_at, "left": row.last_ok_at})


def _describe(connection: Connection, row: Row[Any], end: End) -> None:
    now, feed = end.answered.polled_at, end.feed
    values: dict[str, Any] = {"listed_at": now}
    if feed.whole:
        values |= {"manners": feed.manners, "hub": feed.hub, "hub_topic": feed.hub_topic}
    if end.newest_at is not None:
        values["newest_at"] = end.newest_at if row.newest_at is None else max(end.newest_at, row.newest_at)
    if end.recognised is not None:
        values["detected_language"] = end.recognised if end.recognised != feed.language else None
    if feed.title:
        values["title"] = feed.title
    if feed.language:
        values["language"] = feed.language
    if feed.site_url:
        values["site_url"] = feed.site_url
    if end.news:
        values["last_new_at"] = now
    connection.execute(_DESCRIBE, {"wanted": row.id, **values})


_DESCRIBE = update(source).where(source.c.id == bindparam("wanted"))
_K = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")
_THEIRS = entry.c.source_id == bindparam("source")
_SOURCE = select(source).where(source.c.id == bindparam("wanted"))
_OF_SOURCE = Hot(
    select(source.c.listed_at, source.c.detected_language, source.c.language).where(source.c.id == bindparam("wanted")),
    "wanted",
)
_KNOWN_SOURCE = Hot(
    select(
        source.c.url,
        source.c.last_ok_at,
        source.c.newest_at,
        source.c.interval_seconds,
        # What was seen after the source was last read was stored by a look that didn't come to its end.
        exists().where(
            entry.c.source_id == source.c.id, entry.c.last_seen_at > source.c.last_ok_at, entry.c.backlog.is_(True)
        ),
    ).where(source.c.id == bindparam("wanted")),
    "wanted",
)
_PRESENT = Hot(
    select(entry.c.identity, entry.c.id, entry.c.published_at, entry.c.content_hash, entry.c.raw_hash).where(
        _THEIRS, entry.c.identity.in_(select(_K.c.value))
    ),
    "source",
    "keys",
)
_AT_ONCE = Hot(
    select(cast(entry.c.first_seen_at, Text), func.count())
    .where(_THEIRS, entry.c.last_seen_at >= bindparam("since", type_=Text), entry.c.backlog.is_(False))
    .group_by(entry.c.first_seen_at),
    "source",
    "since",
)
_TOUCH = update(entry).where(entry.c.id.in_(AMONG_KEYS)).values(last_seen_at=bindparam("now"))
# What a source lists was last seen when its body was last read, or since: see `_leave_the_list`.
_LISTED = (_THEIRS, entry.c.last_seen_at >= bindparam("listed"))
_TOUCH_UNCHANGED = update(entry).where(*_LISTED, entry.c.raw_hash.in_(AMONG_KEYS)).values(last_seen_at=bindparam("now"))
_FORMS = Hot(select(entry.c.raw_hash).where(*_LISTED, entry.c.raw_hash.is_not(None)), "source", "listed")
_LEAVE = (
    update(entry).where(_THEIRS, entry.c.last_seen_at == bindparam("listed")).values(last_seen_at=bindparam("left"))
)
_NEW_FORM = Hot(
    update(entry).where(entry.c.id == bindparam("entry")).values(raw_hash=bindparam("form")), "form", "entry"
)
