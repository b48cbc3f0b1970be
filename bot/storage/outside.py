"""What readers elsewhere say of stories, as news APIs tell it: kept apart from votes, shown as theirs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model import OutsideTally, Tally
from bot.storage.keys import among
from bot.storage.tables import entry, outside_tally, story
from bot.storage.telling import FoundEntry


def store(connection: Connection, source_id: int, entries: Sequence[FoundEntry], now: datetime) -> set[int]:
    """Keep the counts of these entries, which are stored already; returns the stories whose posts are worth an edit.

    Any edit shows the counts as they are then. For their sake alone a post is drawn anew only when one of them has
    doubled: what thousands press on somewhere else must not cost edits of ours.
    """
    counted = {found.identity: found.outside for found in entries if found.outside is not None}
    if not counted:
        return set()
    rows = connection.execute(
        select(entry.c.id, entry.c.identity, entry.c.story_id, outside_tally.c.bullish, outside_tally.c.bearish)
        .outerjoin_from(entry, outside_tally, outside_tally.c.entry_id == entry.c.id)
        .where(entry.c.source_id == source_id, entry.c.identity.in_(among(counted)))
    ).all()
    values, grown = [], set()
    for row in rows:
        found = counted[row.identity]
        before, after = (row.bullish or 0, row.bearish or 0), (found.bullish, found.bearish)
        if before == after:
            continue
        values.append(
            {"entry_id": row.id, "provider": found.provider, "bullish": after[0], "bearish": after[1], "at": now}
        )
        if list(map(int.bit_length, before)) != list(map(int.bit_length, after)):
            grown.add(row.story_id)
    _write(connection, values, grown)
    return grown


def _write(connection: Connection, values: Sequence[dict[str, Any]], grown: set[int]) -> None:
    if values:
        row = upsert(outside_tally)
        news = {name: row.excluded[name] for name in ("provider", "bullish", "bearish", "at")}
        connection.execute(row.on_conflict_do_update(index_elements=["entry_id"], set_=news), values)
    if grown:
        connection.execute(update(story).where(story.c.id.in_(among(grown))).values(revision=story.c.revision + 1))


def outside_column(theirs: ColumnElement[bool]) -> ColumnElement[Any]:
    """The counts of the entries that fit, as JSON that `outside_from` reads."""
    counts = func.json_group_array(
        func.json_array(outside_tally.c.provider, outside_tally.c.bullish, outside_tally.c.bearish)
    )
    return (
        select(counts)
        .select_from(entry)
        .join(outside_tally, outside_tally.c.entry_id == entry.c.id)
        .where(theirs)
        .correlate(story)
        .scalar_subquery()
    )


def outside_from(counts: str) -> tuple[OutsideTally, ...]:
    """One a provider. Two of its items that are one story have readers in common: the more read one speaks for both."""
    best: dict[str, Tally] = {}
    for provider, bullish, bearish in json.loads(counts):
        known = best.get(provider, Tally())
        if bullish + bearish > known.bullish + known.bearish:
            best[provider] = Tally(bullish, bearish)
    return tuple(OutsideTally(provider, best[provider]) for provider in sorted(best))


def of_stories(connection: Connection, ids: Sequence[int]) -> Mapping[int, tuple[OutsideTally, ...]]:
    """The counts of each story that has some."""
    rows = connection.execute(
        select(story.c.id, outside_column(entry.c.story_id == story.c.id).label("counts")).where(story.c.id.in_(ids))
    )
    by_story: dict[int, tuple[OutsideTally, ...]] = defaultdict(tuple)
    return by_story | {row.id: outside_from(row.counts) for row in rows}
