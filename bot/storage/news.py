"""Stores entries that weren't known: they join the stories that they tell, or make new ones, which may get linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, distinct, exists, func, insert, select, update

from bot.storage import articles, candidates, pairs
from bot.storage.candidates import Candidate
from bot.storage.keys import AMONG_KEYS, among, as_json
from bot.storage.pairs import Newcomer
from bot.storage.tables import entry, story
from bot.storage.telling import FoundEntry, Judge, Telling, looks

SAME_ADDRESS = 100
"""So many of the newest stories at one address are compared: some feeds give all their items the same."""

JUDGED = 8
"""So many candidates, the nearest, are judged for each entry."""

TOLD_AGAIN_AT = (2, 3, 5, 10)
"""A story's posts are drawn anew when so many sources tell it. In between, and beyond, they come to say the number when
they are edited for something else: what a hundred sources tell must not cost a hundred edits of each post."""


@dataclass(slots=True)
class _Told:
    """A story that new entries tell: one that is there (with its id), or one to be made."""

    id: int | None
    title_key: str
    values: dict[str, Any]


class News:
    """Entries that we don't know yet: first it is decided which stories they tell, then all is written at once."""

    def __init__(self, connection: Connection, source_id: int, now: datetime, judge: Judge, *, sample: bool) -> None:
        self._connection = connection
        self._source_id = source_id
        self._now = now
        self._judge = judge
        self._sample = sample
        self._by_place: dict[tuple[str, ...], list[_Told]] = {}
        self._joined: set[int] = set()
        """Stories that were there and that this source tells now."""
        self.changed: set[int] = set()
        """Stories that were there and look different now."""
        self.relinked: set[int] = set()
        """Ledgers that stories were linked to."""

    def save(self, unknown: Sequence[FoundEntry]) -> set[int]:
        """Returns the new stories."""
        if not unknown:
            return set()
        self._look_up(unknown)
        since = self._now - self._judge.window
        asked = [found.clues if self._at(found) >= since else () for found in unknown]
        near = candidates.find(self._connection, asked, self._source_id, since)
        told = [self._tell(found, nearest) for found, nearest in zip(unknown, near, strict=True)]
        new = self._insert_stories(told)
        known_here = self._told_by_this_source()
        self._connection.execute(insert(entry), [self._row(f, one) for f, one in zip(unknown, told, strict=True)])
        self._count_sources(self._joined - known_here)
        wanted = [found.identity for found in unknown if found.wants_article]
        articles.want(self._connection, self._source_id, wanted, self._now)
        newcomers: dict[int, Newcomer] = {}
        for found, one, clues, nearest in zip(unknown, told, asked, near, strict=True):
            if one.id is not None and one.id in new and clues and one.id not in newcomers:
                newcomers[one.id] = Newcomer(one.id, self._sample, self._telling(found), nearest)
        candidates.keep(self._connection, {story_id: one.telling.clues for story_id, one in newcomers.items()})
        self.relinked |= pairs.meet(self._connection, list(newcomers.values()), self._judge, self._now)
        return new

    def _at(self, found: FoundEntry) -> datetime:
        # An item from the future must not stand above the news until then.
        return min(found.published_at or self._now, self._now)

    def _telling(self, found: FoundEntry) -> Telling:
        return Telling(found.language, found.title, found.lede, self._at(found), found.clues, found.url)

    def _look_up(self, unknown: Sequence[FoundEntry]) -> None:
        """The stories at the addresses of these entries, newest first."""
        rows = self._connection.execute(_AT_PLACES, {"keys": as_json({found.address_key for found in unknown})})
        for row in rows:
            place = self._by_place.setdefault((row.language, row.address_key), [])
            if len(place) < SAME_ADDRESS:
                place.append(_Told(row.now_in, row.title_key, {}))

    def _tell(self, found: FoundEntry, nearest: Sequence[Candidate]) -> _Told:
        place = (
            (found.language, found.address_key)
            if found.address_key
            else ("", found.language, found.title_key, found.lede)
        )
        told = self._by_place.setdefault(place, [])
        if not told and found.address_key is None:
            told += self._without_address(found)
        for one in told[:SAME_ADDRESS]:
            if self._judge.same_title(one.title_key, found.title_key):
                self._complete(one, found)
                return one
        story_id = self._told_elsewhere(found, nearest)
        one = _Told(story_id, found.title_key, {} if story_id is not None else self._values(found))
        if story_id is not None:
            self._complete(one, found)
        told.insert(0, one)
        return one

    def _told_elsewhere(self, found: FoundEntry, nearest: Sequence[Candidate]) -> int | None:
        """The story of other sources that an entry tells. What its own source has told is news when told again."""
        telling = self._telling(found)
        possible = [
            one
            for one in nearest
            if one.telling.language == found.language and one.sample == self._sample and not one.told_here
        ]
        for one in possible[:JUDGED]:
            if one.story_id not in self._joined and self._judge.same(telling, one.telling):
                return one.story_id
        return None

    def _without_address(self, found: FoundEntry) -> list[_Told]:
        """Without an address, only the source itself can tell the same again, in the same words."""
        theirs = select(entry.c.id).where(entry.c.story_id == _NOW_IN, entry.c.source_id == self._source_id)
        rows = self._connection.execute(
            select(_NOW_IN.label("now_in"), story.c.title_key).where(
                story.c.language == found.language,
                story.c.address_key.is_(None),
                story.c.title_key == found.title_key,
                story.c.lede == found.lede,
                exists(theirs),
            )
        )
        return [_Told(row.now_in, row.title_key, {}) for row in rows]

    def _complete(self, told: _Told, found: FoundEntry) -> None:
        """A story that came without a lede or picture takes them from whoever tells it next."""
        if told.id is None:
            told.values["lede"] = told.values["lede"] or found.lede
            told.values["picture"] = told.values["picture"] or found.picture
            return
        self._joined.add(told.id)
        row = self._connection.execute(select(story.c.lede, story.c.picture).where(story.c.id == told.id)).one()
        missing: dict[str, Any] = {}
        if not row.lede and found.lede:
            missing["lede"] = found.lede
        if not row.picture and found.picture:
            missing["picture"] = found.picture
        if missing:
            values = missing | {"revision": story.c.revision + 1}
            self._connection.execute(update(story).where(story.c.id == told.id).values(**values))
            self.changed.add(told.id)

    def _insert_stories(self, told: Sequence[_Told]) -> set[int]:
        made = list({id(one): one for one in told if one.id is None}.values())
        if not made:
            return set()
        ids = self._connection.execute(
            insert(story).returning(story.c.id, sort_by_parameter_order=True), [one.values for one in made]
        ).scalars()
        for one, story_id in zip(made, ids, strict=True):
            one.id = story_id
        self._connection.execute(_OWN_LEDGER)
        return {one.id for one in made if one.id is not None}

    def _told_by_this_source(self) -> set[int]:
        """Those of the joined stories that it had told before."""
        if not self._joined:  # as a rule
            return set()
        theirs = entry.c.source_id == self._source_id
        rows = self._connection.execute(
            select(entry.c.story_id).where(theirs, entry.c.story_id.in_(among(self._joined)))
        )
        return set(rows.scalars())

    def _count_sources(self, joined: set[int]) -> None:
        """These stories are told by one source more."""
        if not joined:
            return
        told_by = func.count(distinct(entry.c.source_id))
        counted = self._connection.execute(
            select(entry.c.story_id)
            .where(entry.c.story_id.in_(among(joined)))
            .group_by(entry.c.story_id)
            .having(told_by.in_(TOLD_AGAIN_AT))
        )
        again = set(counted.scalars()) - self.changed
        if again:
            values = {"revision": story.c.revision + 1}
            self._connection.execute(update(story).where(story.c.id.in_(among(again))).values(**values))
            self.changed |= again

    def _values(self, found: FoundEntry) -> dict[str, Any]:
        return looks(found) | {
            "language": found.language,
            "published_at": found.published_at,
            "first_seen_at": self._now,
            "sorted_at": self._at(found),
            "sample": self._sample,
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
            "raw_hash": found.raw_hash,
        }


_NOW_IN = func.coalesce(story.c.merged_into, story.c.id)
_AT_PLACES = (
    select(_NOW_IN.label("now_in"), story.c.language, story.c.address_key, story.c.title_key)
    .where(story.c.address_key.in_(AMONG_KEYS))
    .order_by(story.c.id.desc())
)
_OWN_LEDGER = update(story).where(story.c.ledger_id == 0).values(ledger_id=story.c.id)
