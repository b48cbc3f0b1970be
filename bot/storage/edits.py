"""Entries that we know, as their source tells them now: they change, and the stories that they lead look like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Integer, Text, bindparam, case, cast, func, select, update

from bot.storage import candidates
from bot.storage.hot import Hot, stored
from bot.storage.keys import as_json
from bot.storage.tables import entry, story
from bot.storage.telling import FoundEntry


@dataclass(frozen=True, slots=True)
class Present:
    """An entry that we have and that its source lists."""

    id: int
    published_at: datetime | None
    content_hash: str
    raw_hash: str | None


class Edit(NamedTuple):
    """An entry that its source tells in another way than it did."""

    present: Present
    found: FoundEntry
    drawn: bool
    """Whether posts are drawn anew for it."""

    @property
    def said(self) -> bool:
        """Whether it is about what readers see, not its date alone."""
        return self.present.content_hash != self.found.content_hash


@dataclass(slots=True)
class Edited:
    """What came of edits."""

    changed: set[int] = field(default_factory=set)
    """Stories that say something else now."""
    drawn: set[int] = field(default_factory=set)
    """Those whose posts have to be drawn anew."""


def save(connection: Connection, edits: Sequence[Edit], now: datetime, meets_since: datetime) -> Edited:
    """``meets_since``: the clues of entries younger than that are still of use."""
    result = Edited()
    if not edits:
        return result
    led = {row[0]: (row[1], bool(row[2])) for row in _LED.all(connection, as_json(one.present.id for one in edits))}
    edits = [one for one in edits if one.present.id in led]  # others were forgotten meanwhile
    _CHANGE.many(connection, [_entry_values(one.found, one.present.id) for one in edits])
    leading = [(led[one.present.id][0], one) for one in edits if led[one.present.id][1]]
    for story_id, one in leading:
        if one.said:
            result.changed.add(story_id)
            if one.drawn:
                result.drawn.add(story_id)
    _DATE.many(connection, [_dates(one.found, story_id, now) for story_id, one in leading])
    _SAY.many(connection, [_looks(one, story_id) for story_id, one in leading if one.said])
    anew = {
        one.present.id: one.found.clues
        for one in edits
        if one.said and min(one.found.published_at or now, now) >= meets_since
    }
    candidates.renew(connection, anew)
    return result


def _entry_values(found: FoundEntry, entry_id: int) -> tuple[object, ...]:
    return (
        found.url, found.title, found.title_key, found.address_key, found.lede, found.picture,
        stored(found.published_at), found.content_hash, entry_id,
    )  # fmt: skip


def _dates(found: FoundEntry, story_id: int, now: datetime) -> tuple[object, ...]:
    sorted_at = None if found.published_at is None else stored(min(found.published_at, now))
    return stored(found.published_at), sorted_at, story_id


def _looks(edit: Edit, story_id: int) -> tuple[object, ...]:
    found = edit.found
    return found.title, found.url, found.lede, found.picture, int(edit.drawn), story_id


_K = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")
_first = entry.alias("first")
# The story that looks as an entry says: one that was merged into another still has posts, and is led by its own first
# entry.
_LED = Hot(
    select(
        entry.c.id,
        case((entry.c.merged_from.is_(None), entry.c.story_id), else_=entry.c.merged_from),
        entry.c.id
        == select(func.min(_first.c.id))
        .where(_first.c.story_id == entry.c.story_id, _first.c.merged_from.is_not_distinct_from(entry.c.merged_from))
        .scalar_subquery(),
    )
    .select_from(_K)
    .join(entry, entry.c.id == cast(_K.c.value, Integer)),
    "keys",
)
_CHANGE = Hot(
    update(entry)
    .where(entry.c.id == bindparam("wanted"))
    .values(
        url=bindparam("url"),
        title=bindparam("title"),
        title_key=bindparam("title_key"),
        address_key=bindparam("address_key"),
        lede=bindparam("lede"),
        picture=bindparam("picture"),
        published_at=bindparam("published_at"),
        content_hash=bindparam("content_hash"),
    ),
    "url", "title", "title_key", "address_key", "lede", "picture", "published_at", "content_hash", "wanted",
)  # fmt: skip
_DATE = Hot(
    update(story)
    .where(story.c.id == bindparam("wanted"))
    .values(
        published_at=bindparam("published"),
        sorted_at=func.coalesce(bindparam("sorted", type_=Text), story.c.sorted_at),
    ),
    "published", "sorted", "wanted",
)  # fmt: skip
_SAY = Hot(
    update(story)
    .where(story.c.id == bindparam("wanted"))
    .values(
        title=bindparam("title"),
        url=bindparam("url"),
        lede=bindparam("lede"),
        picture=bindparam("picture"),
        revision=story.c.revision + bindparam("drawn"),
    ),
    "title", "url", "lede", "picture", "drawn", "wanted",
)  # fmt: skip
