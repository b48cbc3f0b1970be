"""What posts show of a story's translation, for every query that needs it beside a delivery and its chat."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func

from bot.model import Translation
from bot.storage.tables import chat, delivery, translation

ITS_TRANSLATION = and_(
    translation.c.story_id == delivery.c.story_id,
    translation.c.language == chat.c.language,
    chat.c.translates,
)
"""Joins to a delivery in its chat the translation that stands for the story there, if there is one."""

VERSION: ColumnElement[int] = func.coalesce(translation.c.version, 0)
"""Of what a post has to show of it; 0: nothing."""


def translation_columns() -> tuple[ColumnElement[Any], ...]:
    """Columns, named ``translated_…``, to select from a statement that has an outer join by `ITS_TRANSLATION`."""
    return (
        translation.c.title.label("translated_title"),
        translation.c.lede.label("translated_lede"),
        VERSION.label("translated_version"),
    )


def translation_from(row: Row[Any]) -> Translation | None:
    """What the post has to show, in a row selected with `translation_columns`."""
    if not row.translated_version:
        return None
    return Translation(row.translated_title or "", row.translated_lede or "", row.translated_version)
