"""Which stories new entries tell: ones that are there, or ones to be made."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from bot.storage.tables import entry, story

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


def looks(found: FoundEntry) -> dict[str, Any]:
    """What an entry makes its story look like, and what tells the same one."""
    return {
        "title": found.title,
        "url": found.url,
        "lede": found.lede,
        "picture": found.picture,
        "address_key": found.address_key,
        "title_key": found.title_key,
    }


@dataclass(slots=True)
class _Told:
    """A story that new entries tell: one that is there (with its id), or one to be made."""

    id: int | None
    title_key: str
    values: dict[str, Any]


class News:
    """Entries that we don't know yet: first it is decided which stories they tell, then all is written at once."""

    def __init__(self, connection: Connection, source_id: int, now: datetime, same_title: SameTitle) -> None:
        self._connection = connection
        self._source_id = source_id
        self._now = now
        self._same_title = same_title
        self._by_place: dict[tuple[str, ...], list[_Told]] = {}
        self.completed: set[int] = set()
        """Stories that were there and got a lede or picture that they lacked."""

    def save(self, unknown: Sequence[FoundEntry], *, sample: bool) -> set[int]:
        """Returns the new stories."""
        self._look_up(unknown)
        told = [(found, self._tell(found, sample=sample)) for found in unknown]
        new = self._insert_stories([one for _, one in told])
        if told:
            self._connection.execute(insert(entry), [self._row(found, one) for found, one in told])
        return new

    def _look_up(self, unknown: Sequence[FoundEntry]) -> None:
        """The stories at the addresses of these entries, newest first."""
        keys = json.dumps(sorted({found.address_key for found in unknown if found.address_key is not None}))
        wanted = func.json_each(keys).table_valued("value")
        rows = self._connection.execute(
            select(story.c.id, story.c.language, story.c.address_key, story.c.title_key)
            .where(story.c.address_key.in_(select(wanted.c.value)))
            .order_by(story.c.id.desc())
        )
        for row in rows:
            place = self._by_place.setdefault((row.language, row.address_key), [])
            if len(place) < SAME_ADDRESS:
                place.append(_Told(row.id, row.title_key, {}))

    def _tell(self, found: FoundEntry, *, sample: bool) -> _Told:
        place = (
            (found.language, found.address_key)
            if found.address_key
            else ("", found.language, found.title_key, found.lede)
        )
        told = self._by_place.setdefault(place, [])
        if not told and found.address_key is None:
            told += self._without_address(found)
        for one in told[:SAME_ADDRESS]:
            if self._same_title(one.title_key, found.title_key):
                self._complete(one, found)
                return one
        one = _Told(None, found.title_key, self._values(found, sample=sample))
        told.insert(0, one)
        return one

    def _without_address(self, found: FoundEntry) -> list[_Told]:
        """Without an address, only the source itself can tell the same again, in the same words."""
        theirs = select(entry.c.id).where(entry.c.story_id == story.c.id, entry.c.source_id == self._source_id)
        rows = self._connection.execute(
            select(story.c.id, story.c.title_key).where(
                story.c.language == found.language,
                story.c.address_key.is_(None),
                story.c.title_key == found.title_key,
                story.c.lede == found.lede,
                exists(theirs),
            )
        )
        return [_Told(row.id, row.title_key, {}) for row in rows]

    def _complete(self, told: _Told, found: FoundEntry) -> None:
        """A story that came without a lede or picture takes them from whoever tells it next."""
        if told.id is None:
            told.values["lede"] = told.values["lede"] or found.lede
            told.values["picture"] = told.values["picture"] or found.picture
            return
        row = self._connection.execute(select(story.c.lede, story.c.picture).where(story.c.id == told.id)).one()
        missing: dict[str, Any] = {}
        if not row.lede and found.lede:
            missing["lede"] = found.lede
        if not row.picture and found.picture:
            missing["picture"] = found.picture
        if missing:
            values = missing | {"revision": story.c.revision + 1}
            self._connection.execute(update(story).where(story.c.id == told.id).values(**values))
            self.completed.add(told.id)

    def _insert_stories(self, told: Sequence[_Told]) -> set[int]:
        made = list({id(one): one for one in told if one.id is None}.values())
        if not made:
            return set()
        ids = self._connection.execute(
            insert(story).returning(story.c.id, sort_by_parameter_order=True), [one.values for one in made]
        ).scalars()
        for one, story_id in zip(made, ids, strict=True):
            one.id = story_id
        return {one.id for one in made if one.id is not None}

    def _values(self, found: FoundEntry, *, sample: bool) -> dict[str, Any]:
        return looks(found) | {
            "language": found.language,
            "published_at": found.published_at,
            "first_seen_at": self._now,
            # An item from the future must not stand above the news until then.
            "sorted_at": min(found.published_at or self._now, self._now),
            "sample": sample,
        }

    def _row(self, found: FoundEntry, told: _Told) -> dict[str, Any]:
        return {
            "source_id": self._source_id,
            "identity": found.identity,
            "story_id": told.id,
            "url": found.url,
            "title": found.title,
            "lede": found.lede,
            "picture": found.picture,
            "language": found.language,
            "published_at": found.published_at,
            "first_seen_at": self._now,
            "last_seen_at": self._now,
            "content_hash": found.content_hash,
        }
