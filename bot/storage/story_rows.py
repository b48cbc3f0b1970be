"""How a row becomes a Story, for every query that needs one beside other columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, case, select
from sqlalchemy.sql.elements import KeyedColumnElement

from bot.model import Story
from bot.storage.tables import entry, source, story

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
    published_first = (
        select(title)
        .join(entry, entry.c.source_id == source.c.id)
        .where(entry.c.story_id == story.c.id)
        .order_by(entry.c.id)
        .limit(1)
        .scalar_subquery()
    )
    columns: tuple[KeyedColumnElement[Any], ...] = tuple(story.c[name] for name in _FIELDS)
    return (*(column.label(f"story_{column.key}") for column in columns), published_first.label("story_source"))


def story_from(row: Row[Any]) -> Story:
    """The Story in a row selected with `story_columns`."""
    fields = {name: row._mapping[f"story_{name}"] for name in _FIELDS}
    return Story(**fields, source=row._mapping["story_source"] or "")
