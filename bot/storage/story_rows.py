"""How a row becomes a Story, for every query that needs one beside other columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, case, distinct, func, select
from sqlalchemy.sql.elements import KeyedColumnElement

from bot.model import Story
from bot.storage.outside import outside_column, outside_from
from bot.storage.tables import PUBLISHER, entry, source, story

_FIELDS = (
    "id",
    "language",
    "title",
    "url",
    "lede",
    "picture",
    "published_at",
    "first_seen_at",
    "sample",
    "revision",
)


def story_columns() -> tuple[ColumnElement[Any], ...]:
    """Columns, named ``story_…``, to select from a statement that joins ``story``."""
    title = case((source.c.title != "", source.c.title), else_=source.c.url)
    theirs = entry.c.story_id == func.coalesce(story.c.merged_into, story.c.id)
    # What was merged into another story still has posts, which name who told it first; its entries are over there.
    told_it = entry.c.merged_from.is_not_distinct_from(case((story.c.merged_into.is_not(None), story.c.id)))
    first = func.coalesce(
        select(func.min(entry.c.id)).where(theirs, told_it).correlate(story).scalar_subquery(),
        select(func.min(entry.c.id)).where(theirs).correlate(story).scalar_subquery(),
    )
    leading = entry.alias("leading")
    published_first = (
        select(title)
        .join(leading, leading.c.source_id == source.c.id)
        .where(leading.c.id == first)
        .correlate(story)
        .scalar_subquery()
    )
    told_by = (
        select(func.count(distinct(PUBLISHER)))
        .select_from(entry.join(source, source.c.id == entry.c.source_id))
        .where(theirs)
        .correlate(story)
        .scalar_subquery()
    )
    columns: tuple[KeyedColumnElement[Any], ...] = tuple(story.c[name] for name in _FIELDS)
    return (
        *(column.label(f"story_{column.key}") for column in columns),
        published_first.label("story_source"),
        told_by.label("story_sources"),
        outside_column(theirs).label("story_outside"),
    )


def story_from(row: Row[Any]) -> Story:
    """The Story in a row selected with `story_columns`."""
    fields = {name: row._mapping[f"story_{name}"] for name in _FIELDS}
    return Story(
        **fields,
        source=row._mapping["story_source"] or "",
        sources=row._mapping["story_sources"],
        outside=outside_from(row._mapping["story_outside"]),
    )
