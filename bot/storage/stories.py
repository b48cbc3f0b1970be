"""Stories and their entries: what a poll brings, what it changes, and what is old enough to forget."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, or_, select, update

from bot.storage import sources
from bot.storage.deliveries import State
from bot.storage.sources import Answered, Body
from bot.storage.tables import delivery, entry, source, story
from bot.storage.telling import FoundEntry, News, SameTitle, looks


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """What a source tells of itself."""

    title: str
    language: str | None
    site_url: str | None


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a poll changed."""

    new_story_ids: tuple[int, ...]
    changed_story_ids: tuple[int, ...]
    """Those whose looks changed: their revision has grown."""
    new_entries: int


def save_poll(
    connection: Connection,
    source_id: int,
    feed: FoundFeed,
    entries: Sequence[FoundEntry],
    answered: Answered,
    body: Body,
    same_title: SameTitle,
) -> PollResult:
    """Store what a source lists now: new entries become stories or join them, edited ones edit theirs.

    ``entries`` in the feed's order, newest first as feeds have it; they are stored from the oldest on.
    """
    now = answered.polled_at
    row = connection.execute(select(source).where(source.c.id == source_id)).first()
    if row is None:
        return PollResult((), (), 0)
    _leave_the_list(connection, row)
    known = _known(connection, source_id, entries)
    changed = _Edits(connection, now).save([(known[f.identity], f) for f in reversed(entries) if f.identity in known])
    news = News(connection, source_id, now, same_title)
    unknown = [found for found in reversed(entries) if found.identity not in known]
    new = news.save(unknown, sample=row.url.startswith("sample:"))
    _touch(connection, [present.id for present in known.values()], now)
    _describe(connection, row, feed, listed_at=now, news=bool(unknown))
    sources.mark_answered(connection, source_id, answered, body)
    return PollResult(tuple(sorted(new)), tuple(sorted(changed | news.completed)), len(unknown))


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
    result = connection.execute(delete(story).where(story.c.first_seen_at < before, ~exists(kept), ~exists(owed)))
    return result.rowcount


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
    # One bound JSON array instead of a parameter an entry: feeds of thousands of items exist.
    identities = func.json_each(json.dumps([found.identity for found in entries])).table_valued("value")
    rows = connection.execute(
        select(entry).where(entry.c.source_id == source_id, entry.c.identity.in_(select(identities.c.value)))
    )
    return {row.identity: row for row in rows}


def _touch(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    seen = func.json_each(json.dumps(list(ids))).table_valued("value")
    connection.execute(update(entry).where(entry.c.id.in_(select(seen.c.value))).values(last_seen_at=now))


def _describe(connection: Connection, row: Row[Any], feed: FoundFeed, *, listed_at: datetime, news: bool) -> None:
    values: dict[str, Any] = {"listed_at": listed_at}
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

    def save(self, pairs: Sequence[tuple[Row[Any], FoundEntry]]) -> set[int]:
        """Returns the stories whose looks changed."""
        return {present.story_id for present, found in pairs if self._compare(present, found)}

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
        if present.id != self._leading(present.story_id):
            return False
        values: dict[str, Any] = {"published_at": found.published_at}
        if found.published_at is not None:
            values["sorted_at"] = min(found.published_at, self._now)
        if edited:
            values |= looks(found) | {"revision": story.c.revision + 1}
        self._connection.execute(update(story).where(story.c.id == present.story_id).values(**values))
        return edited

    def _leading(self, story_id: int) -> int | None:
        """The entry that a story is told by: its first."""
        return self._connection.execute(select(func.min(entry.c.id)).where(entry.c.story_id == story_id)).scalar()
