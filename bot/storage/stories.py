"""Stories and their entries: what a poll brings, what it changes, and what is old enough to forget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, or_, select, update

from bot.storage import articles, cursors, outside, pairs, polls, search, topics
from bot.storage.deliveries import State
from bot.storage.keys import AMONG_KEYS, as_json
from bot.storage.news import News
from bot.storage.polls import Answered, Body
from bot.storage.tables import delivery, entry, source, story, tally
from bot.storage.telling import FoundEntry, Judge, looks

RECOGNISED = 20
"""By so many of its newest entries a source's language is told."""

FEW = 5
"""Fewer new entries beside known ones don't tell it."""

UNDETERMINED = "und"

_KNOWN = select(entry).where(entry.c.source_id == bindparam("source"), entry.c.identity.in_(AMONG_KEYS))
_TOUCH = update(entry).where(entry.c.id.in_(AMONG_KEYS)).values(last_seen_at=bindparam("now"))
# What a source lists was last seen when its body was last read, or since: see `_leave_the_list`.
_LISTED = (entry.c.source_id == bindparam("source"), entry.c.last_seen_at >= bindparam("listed"))
_TOUCH_UNCHANGED = update(entry).where(*_LISTED, entry.c.raw_hash.in_(AMONG_KEYS)).values(last_seen_at=bindparam("now"))
_FORMS = select(entry.c.raw_hash).where(*_LISTED, entry.c.raw_hash.is_not(None))
_OF_SOURCE = select(source.c.listed_at, source.c.detected_language, source.c.language).where(
    source.c.id == bindparam("wanted")
)
_NEW_FORM = update(entry).where(entry.c.id == bindparam("entry")).values(raw_hash=bindparam("form"))


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


def known_forms(connection: Connection, source_id: int) -> KnownForms:
    """In which forms we have the entries that a source lists."""
    row = connection.execute(_OF_SOURCE, {"wanted": source_id}).first()
    if row is None or row.listed_at is None:
        return KnownForms(frozenset(), None)
    forms = connection.execute(_FORMS, {"source": source_id, "listed": row.listed_at})
    return KnownForms(frozenset(forms.scalars()), row.detected_language or row.language)


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a poll changed."""

    new_story_ids: tuple[int, ...]
    changed_ledgers: tuple[int, ...]
    """Those of the stories whose posts may have to be drawn anew: they look different, or share votes with more."""
    new_entries: int


def save_poll(
    connection: Connection,
    source_id: int,
    feed: FoundFeed,
    entries: Sequence[FoundEntry],
    answered: Answered,
    body: Body,
    judge: Judge,
    unchanged: Sequence[str] = (),
) -> PollResult:
    """Store what a source lists now: new entries become stories or join them, edited ones edit theirs.

    ``unchanged``: the raw hashes of the entries that it lists beside these, in a form that we have.

    What other sources tell too is one story, and one in another language is linked, where the judge says so.
    ``entries`` in the feed's order, newest first as feeds have it; they are stored from the oldest on.
    """
    now = answered.polled_at
    row = connection.execute(select(source).where(source.c.id == source_id)).first()
    if row is None:
        return PollResult((), (), 0)
    _leave_the_list(connection, row)
    known = _known(connection, source_id, entries)
    changed = _Edits(connection, now).save([(known[f.identity], f) for f in reversed(entries) if f.identity in known])
    changed |= articles.complete(connection, changed) if changed else set()
    news = News(connection, source_id, now, judge, sample=row.url.startswith("sample:"))
    unknown = [found for found in reversed(entries) if found.identity not in known]
    new = news.save(unknown)
    _touch(connection, [present.id for present in known.values()], now)
    _keep_forms(connection, [(known[found.identity], found) for found in entries if found.identity in known])
    if unchanged:
        values = {"source": source_id, "listed": row.listed_at, "keys": as_json(unchanged), "now": now}
        connection.execute(_TOUCH_UNCHANGED, values)
    _describe(connection, row, feed, entries, listed_at=now, news=bool(unknown), alone=not unchanged)
    polls.mark_answered(connection, source_id, answered, body)
    ledgers = _ledgers(connection, changed | news.changed) | news.relinked
    anew = [found for found in entries if _is_told_anew(found, known.get(found.identity))]
    topics.store(connection, source_id, anew, now)
    if row.gave_way_at is not None and now - row.gave_way_at >= cursors.STAND_IN:
        cursors.return_with_few(connection, source_id)
    ledgers |= _ledgers(connection, outside.store(connection, source_id, entries, now))
    search.index(connection, new | changed | news.changed)
    return PollResult(tuple(sorted(new)), tuple(sorted(ledgers)), len(unknown))


def _is_told_anew(found: FoundEntry, present: Row[Any] | None) -> bool:
    return present is None or bool(present.content_hash != found.content_hash)


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


def _leave_the_list(connection: Connection, row: Row[Any]) -> None:
    """What the source listed till now was last seen when it last answered; what it still lists is stamped anew."""
    if row.listed_at is None or row.last_ok_at is None or row.last_ok_at <= row.listed_at:
        return
    connection.execute(
        update(entry)
        .where(entry.c.source_id == row.id, entry.c.last_seen_at == row.listed_at)
        .values(last_seen_at=row.last_ok_at)
    )


def _known(connection: Connection, source_id: int, entries: Sequence[FoundEntry]) -> dict[str, Row[Any]]:
    names = as_json(found.identity for found in entries)
    rows = connection.execute(_KNOWN, {"source": source_id, "keys": names})
    return {row.identity: row for row in rows}


def _touch(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    connection.execute(_TOUCH, {"keys": as_json(ids), "now": now})


def _keep_forms(connection: Connection, listed: Sequence[tuple[Row[Any], FoundEntry]]) -> None:
    anew = [
        {"entry": present.id, "form": found.raw_hash} for present, found in listed if present.raw_hash != found.raw_hash
    ]
    if anew:
        connection.execute(_NEW_FORM, anew)


def _describe(
    connection: Connection,
    row: Row[Any],
    feed: FoundFeed,
    entries: Sequence[FoundEntry],
    *,
    listed_at: datetime,
    news: bool,
    alone: bool,
) -> None:
    """``alone``: these are all the entries that it lists."""
    values: dict[str, Any] = {"listed_at": listed_at}
    if feed.whole:
        values |= {"manners": feed.manners, "hub": feed.hub, "hub_topic": feed.hub_topic}
    dates = [min(found.published_at, listed_at) for found in entries if found.published_at is not None]
    if dates:
        values["newest_at"] = max([*dates, row.newest_at] if row.newest_at is not None else dates)
    languages = Counter(found.language for found in entries[:RECOGNISED] if found.language != UNDETERMINED)
    if languages and (alone or len(entries) >= FEW):
        (recognised, _), *_rest = languages.most_common(1)
        values["detected_language"] = recognised if recognised != feed.language else None
    if feed.title:
        values["title"] = feed.title
    if feed.language:
        values["language"] = feed.language
    if feed.site_url:
        values["site_url"] = feed.site_url
    if news:
        values["last_new_at"] = listed_at
    connection.execute(update(source).where(source.c.id == row.id).values(**values))


class _Edits:
    """Entries that we know, as their source tells them now."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def save(self, listed: Sequence[tuple[Row[Any], FoundEntry]]) -> set[int]:
        """Returns the stories whose looks changed."""
        return {_told_by(present) for present, found in listed if self._compare(present, found)}

    def _compare(self, present: Row[Any], found: FoundEntry) -> bool:
        edited = bool(present.content_hash != found.content_hash)
        if not edited and present.published_at == found.published_at:
            return False
        self._connection.execute(
            update(entry)
            .where(entry.c.id == present.id)
            .values(
                url=found.url,
                title=found.title,
                lede=found.lede,
                picture=found.picture,
                published_at=found.published_at,
                content_hash=found.content_hash,
            )
        )
        if present.id != self._leading(present):
            return False
        values: dict[str, Any] = {"published_at": found.published_at}
        if found.published_at is not None:
            values["sorted_at"] = min(found.published_at, self._now)
        if edited:
            values |= looks(found) | {"revision": story.c.revision + 1}
        self._connection.execute(update(story).where(story.c.id == _told_by(present)).values(**values))
        return edited

    def _leading(self, present: Row[Any]) -> int | None:
        """The entry that its story is told by: the first."""
        theirs = (entry.c.story_id == present.story_id, entry.c.merged_from.is_not_distinct_from(present.merged_from))
        return self._connection.execute(select(func.min(entry.c.id)).where(*theirs)).scalar()


def _told_by(present: Row[Any]) -> int:
    """The story that looks as an entry says: one that was merged into another still has posts."""
    story_id: int = present.story_id if present.merged_from is None else present.merged_from
    return story_id
