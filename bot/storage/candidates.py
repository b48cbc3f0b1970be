"""Which recent stories may tell the same as others: those that share clues with them, the rarest clues first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Row,
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

from bot.storage.hot import Hot
from bot.storage.keys import as_json
from bot.storage.tables import UtcDateTime, clue, entry, story
from bot.storage.telling import Telling

COMMON = 200
"""A clue that more stories share than this recognises none of them, and is not looked at."""

NEAREST = 30
"""So many stories, of all languages, are looked at for each entry: those that share the most with it."""

MOST_CLUES = 64
"""Kept of a story, the first ones: a page of nothing but names and numbers must not fill the table."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recent story that shares clues with what was asked about."""

    story_id: int
    """The one that it is part of now."""
    sample: bool
    told_here: bool
    """Whether the source that asks has told it already."""
    telling: Telling


_K = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")
_newest = (
    select(clue.c.story_id)
    .where(clue.c.key == _K.c.value)
    .order_by(clue.c.story_id.desc())
    # Written out: Hot binds nothing but what it is called with.
    .limit(literal_column(f"{COMMON + 1:d}"))
    .offset(literal_column("0"))
    .correlate(_K)
    .subquery("newest")
)
_SHARED_BY = Hot(
    select(_K.c.value, select(func.json_group_array(_newest.c.story_id)).scalar_subquery()).select_from(_K), "keys"
)
_now_in = func.coalesce(story.c.merged_into, story.c.id)
_TELLINGS = (
    select(
        story.c.id,
        _now_in.label("story_id"),
        story.c.language,
        story.c.title,
        story.c.lede,
        story.c.url,
        story.c.sorted_at,
        story.c.sample,
        exists(select(entry.c.id).where(entry.c.story_id == _now_in, entry.c.source_id == bindparam("source"))).label(
            "told_here"
        ),
        select(func.json_group_array(clue.c.key)).where(clue.c.story_id == story.c.id).scalar_subquery().label("clues"),
    )
    .select_from(_K)
    .join(story, and_(story.c.id == cast(_K.c.value, Integer)))
    .where(story.c.sorted_at >= bindparam("since", type_=UtcDateTime))
)


def find(
    connection: Connection, asked: Sequence[Sequence[str]], source_id: int, since: datetime
) -> list[list[Candidate]]:
    """For each list of clues, stories newer than ``since`` that share some, those that share the most first.

    Two reads, however many lists there are.
    """
    keys = {key for clues in asked for key in clues[:MOST_CLUES]}
    if not keys:
        return [[] for _ in asked]
    sharing = {key: json.loads(ids) for key, ids in _SHARED_BY.all(connection, as_json(sorted(keys)))}
    rare = {key: ids for key, ids in sharing.items() if 0 < len(ids) <= COMMON}
    nearest = [_nearest(clues, rare) for clues in asked]
    wanted = {story_id for ids in nearest for story_id in ids}
    if not wanted:
        return [[] for _ in asked]
    rows = connection.execute(_TELLINGS, {"keys": as_json(sorted(wanted)), "source": source_id, "since": since})
    found = {row.id: _candidate(row) for row in rows}
    return [[found[story_id] for story_id in ids if story_id in found] for ids in nearest]


def _nearest(clues: Sequence[str], rare: Mapping[str, Sequence[int]]) -> list[int]:
    """A clue weighs the more, the fewer stories have it; of equals, the newer story comes first."""
    weights: defaultdict[int, float] = defaultdict(float)
    for key in clues[:MOST_CLUES]:
        for story_id in rare.get(key, ()):
            weights[story_id] += 1 / len(rare[key])
    return sorted(weights, key=lambda story_id: (-weights[story_id], -story_id))[:NEAREST]


def _candidate(row: Row[Any]) -> Candidate:
    clues = tuple(json.loads(row.clues))
    telling = Telling(row.language, row.title, row.lede, row.sorted_at, clues, row.url)
    return Candidate(row.story_id, row.sample, row.told_here, telling)


def keep(connection: Connection, of_stories: Mapping[int, Sequence[str]]) -> None:
    """Store clues of stories, so that others can meet them; a story may have some of them already."""
    rows = [
        {"key": key, "story_id": story_id} for story_id, clues in of_stories.items() for key in set(clues[:MOST_CLUES])
    ]
    if rows:
        connection.execute(upsert(clue).on_conflict_do_nothing(), rows)


def forget(connection: Connection, before: datetime) -> None:
    """Drop the clues of stories that are too old to be met."""
    # No clue stands below the oldest: that keeps this from reading every story that there ever was.
    oldest = select(func.min(clue.c.story_id)).scalar_subquery()
    old = select(story.c.id).where(story.c.id >= oldest, story.c.sorted_at < before)
    connection.execute(delete(clue).where(clue.c.story_id.in_(old)))
