"""Which entries a new one is to be compared with: those that it may be itself, under another guid, and recent ones that
share clues with it, the rarest clues first."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Subquery,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.storage.hot import Hot, read_back
from bot.storage.keys import AMONG_KEYS, as_json
from bot.storage.tables import clue, entry, story
from bot.storage.telling import FoundEntry, Known, Newcomer, Telling

COMMON = 100
"""A clue that more entries share than this recognises none of them, and is not looked at."""

FOLLOWED = 12
"""So many clues of an entry, its rarest, are followed to others: the common ones add work and hardly any weight."""

NEAREST = 30
"""So many entries, of all languages, are looked at for each new one: those that share the most with it."""

MOST_CLUES = 64
"""Kept of an entry, the first ones: a page of nothing but names and numbers must not fill the table."""

TELLINGS = 8
"""Of so many entries of a story clues are kept: those tell it in words enough, and a hundred would make its own clues
common ones."""

UNDER_ONE_TITLE = 8
AT_ONE_ADDRESS = 3
"""So many of the newest are compared: some feeds give all their items the same title or address."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A source whose new entries are to be compared."""

    source_id: int
    sample: bool
    now: datetime
    window: timedelta
    """How old a story may be to be met."""
    listed: Collection[int]
    """Ids of the entries that it lists beside the new ones."""


_K = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")


def _ids(newest: Subquery) -> Hot:
    """For each key, the ids of entries as JSON."""
    listed = select(func.json_group_array(newest.c[0])).scalar_subquery()
    return Hot(select(_K.c.value, listed).select_from(_K), *(["source"] if newest.name == "titled" else []), "keys")


def _at_most(count: int) -> Any:
    # Written out: Hot binds nothing but what it is called with.
    return literal_column(f"{count:d}")


_frequent = select(clue.c.entry_id).where(clue.c.key == _K.c.value).limit(_at_most(COMMON + 1)).offset(_at_most(0))
_FREQUENCIES = Hot(
    select(
        _K.c.value, select(func.count()).select_from(_frequent.correlate(_K).subquery("frequent")).scalar_subquery()
    ).select_from(_K),
    "keys",
)
_SHARED_BY = _ids(
    select(clue.c.entry_id)
    .where(clue.c.key == _K.c.value)
    .order_by(clue.c.entry_id.desc())
    .limit(_at_most(COMMON + 1))
    .offset(_at_most(0))
    .correlate(_K)
    .subquery("newest")
)
_TITLED = _ids(
    select(entry.c.id)
    .where(entry.c.source_id == bindparam("source"), entry.c.title_key == _K.c.value)
    .order_by(entry.c.published_at.desc(), entry.c.id.desc())
    .limit(_at_most(UNDER_ONE_TITLE))
    .offset(_at_most(0))
    .correlate(_K)
    .subquery("titled")
)
_THERE = _ids(
    select(entry.c.id)
    .where(entry.c.address_key == _K.c.value)
    .order_by(entry.c.id.desc())
    .limit(_at_most(AT_ONE_ADDRESS))
    .offset(_at_most(0))
    .correlate(_K)
    .subquery("there")
)
_others = entry.alias("others")
_told_here = and_(_others.c.story_id == entry.c.story_id, _others.c.source_id == bindparam("here"))
_KNOWN = Hot(
    select(
        entry.c.id,
        entry.c.story_id,
        entry.c.source_id == bindparam("own"),
        exists(select(_others.c.id).where(_told_here)),
        entry.c.language,
        entry.c.title,
        entry.c.lede,
        entry.c.url,
        entry.c.title_key,
        entry.c.address_key,
        entry.c.published_at,
        entry.c.first_seen_at,
        entry.c.last_seen_at,
        story.c.sorted_at,
        story.c.sample,
        select(func.json_group_array(clue.c.key)).where(clue.c.entry_id == entry.c.id).scalar_subquery(),
    )
    .select_from(_K)
    .join(entry, entry.c.id == cast(_K.c.value, Integer))
    .join(story, story.c.id == entry.c.story_id),
    "own",
    "here",
    "keys",
)  # fmt: skip


def newcomers(
    connection: Connection, asking: Asking, lot: Sequence[FoundEntry], backlog: Collection[str] = ()
) -> list[Newcomer]:
    """New entries with what they are to be compared with. A few reads, however many there are.

    ``backlog``: identities of those that nobody is owed.
    """
    at = [min(found.published_at or asking.now, asking.now) for found in lot]
    since = asking.now - asking.window
    clues = [found.clues[:MOST_CLUES] if when >= since else () for found, when in zip(lot, at, strict=True)]
    near = _near(connection, clues)
    titled = _by_key(connection, _TITLED, {found.title_key for found in lot}, asking.source_id)
    there = _by_key(connection, _THERE, {found.address_key for found in lot if found.address_key})
    again = [
        tuple(dict.fromkeys((*titled.get(found.title_key, ()), *there.get(found.address_key or "", ()))))
        for found in lot
    ]
    known = _known(connection, asking, {one for ids in (*near, *again) for one in ids})
    return [
        Newcomer(
            found,
            when,
            found.identity in backlog,
            when >= since,
            [known[one][0] for one in itself if one in known],
            [known[one][0] for one in others if one in known and known[one][1] >= since],
        )
        for found, when, itself, others in zip(lot, at, again, near, strict=True)
    ]


def _near(connection: Connection, asked: Sequence[Sequence[str]]) -> list[list[int]]:
    keys = {key for clues in asked for key in clues}
    if not keys:
        return [[] for _ in asked]
    rare = {key: count for key, count in _FREQUENCIES.all(connection, as_json(sorted(keys))) if 0 < count <= COMMON}
    followed = [_rarest(clues, rare) for clues in asked]
    shared = _by_key(connection, _SHARED_BY, {key for clues in followed for key in clues})
    return [_nearest(clues, shared) for clues in followed]


def _rarest(clues: Sequence[str], rare: Mapping[str, int]) -> list[str]:
    return sorted((key for key in clues if key in rare), key=rare.__getitem__)[:FOLLOWED]


def _nearest(clues: Sequence[str], shared: Mapping[str, Sequence[int]]) -> list[int]:
    """A clue weighs the more, the fewer entries have it; of equals, the newer one comes first."""
    weights: dict[int, float] = {}
    for key in clues:
        ids = shared.get(key, ())
        weight = 1 / len(ids) if ids else 0.0
        for entry_id in ids:
            weights[entry_id] = weights.get(entry_id, 0.0) + weight
    return [entry_id for _, entry_id in nlargest(NEAREST, zip(weights.values(), weights, strict=True))]


def _by_key(connection: Connection, statement: Hot, keys: set[str], *values: object) -> dict[str, list[int]]:
    if not keys:
        return {}
    rows = statement.all(connection, *values, as_json(sorted(keys)))
    return {key: found for key, ids in rows if (found := json.loads(ids))}


def _known(connection: Connection, asking: Asking, ids: set[int]) -> dict[int, tuple[Known, datetime]]:
    """Entries, each with when its story is from."""
    if not ids:
        return {}
    rows = _KNOWN.all(connection, asking.source_id, asking.source_id, as_json(sorted(ids)))
    return {row[0]: _from_row(row, asking) for row in rows if bool(row[14]) == asking.sample}


def _from_row(row: tuple[Any, ...], asking: Asking) -> tuple[Known, datetime]:
    (entry_id, story_id, own, told_here, language, title, lede, url, title_key, address_key, published, first_seen,
     last_seen, sorted_at, _, clues) = row  # fmt: skip
    published_at, first_seen_at, seen_at, from_when = map(read_back, (published, first_seen, last_seen, sorted_at))
    at = min(published_at or first_seen_at or asking.now, asking.now)
    telling = Telling(language, title, lede, at, tuple(json.loads(clues)), url)
    known = Known(
        story_id=story_id,
        own=bool(own),
        told_here=bool(told_here),
        telling=telling,
        title_key=title_key,
        address_key=address_key,
        published_at=published_at,
        seen_at=seen_at or asking.now,
        listed=entry_id in asking.listed,
    )
    return known, from_when or asking.now


def keep(connection: Connection, of_entries: Mapping[int, Sequence[str]]) -> None:
    """Store clues of entries, so that others can meet them; an entry may have some of them already."""
    _KEEP.many(
        connection,
        [(key, entry_id) for entry_id, clues in of_entries.items() for key in dict.fromkeys(clues[:MOST_CLUES])],
    )


def renew(connection: Connection, of_entries: Mapping[int, Sequence[str]]) -> None:
    """These entries say something else now: their clues go, and these come in their place."""
    if of_entries:
        connection.execute(_DROP, {"keys": as_json(of_entries)})
        keep(connection, of_entries)


def forget(connection: Connection, before: datetime) -> None:
    """Drop the clues of entries whose stories are too old to be met."""
    # No clue stands below the oldest: that keeps this from reading every entry that there ever was.
    oldest = select(func.min(clue.c.entry_id)).scalar_subquery()
    old = (
        select(entry.c.id)
        .join(story, story.c.id == entry.c.story_id)
        .where(entry.c.id >= oldest, story.c.sorted_at < before)
    )
    connection.execute(delete(clue).where(clue.c.entry_id.in_(old)))


_KEEP = Hot(
    upsert(clue).values(key=bindparam("key"), entry_id=bindparam("entry")).on_conflict_do_nothing(), "key", "entry"
)
_DROP = delete(clue).where(clue.c.entry_id.in_(AMONG_KEYS))
