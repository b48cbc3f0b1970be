"""Stories and their entries: what a poll brings, what it changes, and what is old enough to forget."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, or_, select, update

from bot.storage import sources
from bot.storage.deliveries import State
from bot.storage.sources import Answered, Body
from bot.storage.tables import delivery, entry, source, story

SAME_ADDRESS = 100
"""So many of the newest stories at one address are compared: some feeds give all their items the same."""

SameTitle = Callable[[str, str], bool]
"""Whether two folded titles of entries at one address are the same headline; gather says."""


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry as it stands in its source now."""

    identity: str
    title: str
    url: str | None
    lede: str
    picture: str | None
    language: str
    published_at: datetime | None
    content_hash: str
    address_key: str | None
    title_key: str


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
    """Store what a source lists now: new entries become stories or join them, edited ones edit theirs, none is told
    twice.

    ``entries`` in the feed's order, newest first as feeds have it; they are stored from the oldest on.
    """
    now = answered.polled_at
    row = connection.execute(select(source).where(source.c.id == source_id)).first()
    if row is None:
        return PollResult((), (), 0)
    _leave_the_list(connection, row)
    known = _known(connection, source_id, entries)
    saving = _Saving(connection, source_id, now, row.url.startswith("sample:"), same_title)
    for found in reversed(entries):
        present = known.get(found.identity)
        if present is None:
            saving.add(found)
        else:
            saving.compare(present, found)
    _touch(connection, source_id, [present.id for present in known.values()], now)
    _describe(connection, row, feed, listed_at=now, news=bool(saving.new_entries))
    sources.mark_answered(connection, source_id, answered, body)
    changed = saving.changed - saving.new
    return PollResult(tuple(sorted(saving.new)), tuple(sorted(changed)), saving.new_entries)


def prune(connection: Connection, before: datetime) -> int:
    """Forget stories none of whose entries has been in its source since then, with their entries, posts and votes;
    returns
    how many. Identities that a source still lists stay, and so do stories that are still to be posted or voted on."""
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
    """What the source listed till now was last seen when it last answered; what it still lists is stamped anew
    after."""
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


def _touch(connection: Connection, source_id: int, ids: Sequence[int], now: datetime) -> None:
    seen = func.json_each(json.dumps(list(ids))).table_valued("value")
    connection.execute(
        update(entry)
        .where(entry.c.source_id == source_id, entry.c.id.in_(select(seen.c.value)))
        .values(last_seen_at=now)
    )


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


class _Saving:
    """The entries of one poll on their way into the tables."""

    def __init__(
        self, connection: Connection, source_id: int, now: datetime, sample: bool, same_title: SameTitle
    ) -> None:
        self._connection = connection
        self._source_id = source_id
        self._now = now
        self._sample = sample
        self._same_title = same_title
        self.new: set[int] = set()
        self.changed: set[int] = set()
        self.new_entries = 0

    def add(self, found: FoundEntry) -> None:
        """An entry that we don't know yet."""
        story_id = self._story_of(found)
        if story_id is None:
            story_id = self._tell(found)
        else:
            self._complete(story_id, found)
        self._connection.execute(
            insert(entry).values(
                source_id=self._source_id,
                identity=found.identity,
                story_id=story_id,
                url=found.url,
                title=found.title,
                lede=found.lede,
                picture=found.picture,
                language=found.language,
                published_at=found.published_at,
                first_seen_at=self._now,
                last_seen_at=self._now,
                content_hash=found.content_hash,
            )
        )
        self.new_entries += 1

    def compare(self, present: Row[Any], found: FoundEntry) -> None:
        """An entry that we know: edited, dated anew, or as it was."""
        edited = present.content_hash != found.content_hash
        if not edited and present.published_at == found.published_at:
            return
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
        if present.id == self._leading(present.story_id):
            self._retell(present.story_id, found, edited=edited)

    def _story_of(self, found: FoundEntry) -> int | None:
        """The story that the entry tells, if it is there: same language, same address, same headline."""
        told = (
            select(story.c.id, story.c.title_key)
            .where(story.c.language == found.language)
            .order_by(story.c.id.desc())
            .limit(SAME_ADDRESS)
        )
        if found.address_key is not None:
            told = told.where(story.c.address_key == found.address_key)
        else:  # without an address, only the source itself can tell the same again
            told = told.where(
                story.c.address_key.is_(None),
                story.c.title_key == found.title_key,
                story.c.lede == found.lede,
                story.c.id.in_(select(entry.c.story_id).where(entry.c.source_id == self._source_id)),
            )
        for row in self._connection.execute(told):
            if self._same_title(row.title_key, found.title_key):
                return int(row.id)
        return None

    def _tell(self, found: FoundEntry) -> int:
        values = self._looks(found) | {"sorted_at": self._now} | self._dates(found)
        result = self._connection.execute(
            insert(story)
            .values(**values, language=found.language, first_seen_at=self._now, sample=self._sample)
            .returning(story.c.id)
        )
        story_id = int(result.scalar_one())
        self.new.add(story_id)
        return story_id

    def _retell(self, story_id: int, found: FoundEntry, *, edited: bool) -> None:
        values = self._dates(found)
        if edited:
            values |= self._looks(found) | {"revision": story.c.revision + 1}
            self.changed.add(story_id)
        self._connection.execute(update(story).where(story.c.id == story_id).values(**values))

    def _complete(self, story_id: int, found: FoundEntry) -> None:
        """A story that came without a lede or picture takes them from whoever tells it next."""
        row = self._connection.execute(select(story.c.lede, story.c.picture).where(story.c.id == story_id)).one()
        missing: dict[str, Any] = {}
        if not row.lede and found.lede:
            missing["lede"] = found.lede
        if not row.picture and found.picture:
            missing["picture"] = found.picture
        if missing:
            values = missing | {"revision": story.c.revision + 1}
            self._connection.execute(update(story).where(story.c.id == story_id).values(**values))
            self.changed.add(story_id)

    def _leading(self, story_id: int) -> int | None:
        """The entry that a story is told by: its first."""
        return self._connection.execute(select(func.min(entry.c.id)).where(entry.c.story_id == story_id)).scalar()

    def _looks(self, found: FoundEntry) -> dict[str, Any]:
        return {
            "title": found.title,
            "url": found.url,
            "lede": found.lede,
            "picture": found.picture,
            "address_key": found.address_key,
            "title_key": found.title_key,
        }

    def _dates(self, found: FoundEntry) -> dict[str, Any]:
        # An item from the future must not stand above the news until then.
        published = found.published_at
        values: dict[str, Any] = {"published_at": published}
        if published is not None:
            values["sorted_at"] = min(published, self._now)
        return values
