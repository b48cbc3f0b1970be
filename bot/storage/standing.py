"""What a post has to show by the tables, beside what it shows: the comparison that finds outdated posts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, case, func, or_, select

from bot.model import Sentiment
from bot.storage.plan import EVERYWHERE
from bot.storage.tables import UtcDateTime, chat, delivery, story, tally, total, translation
from bot.storage.translated import ITS_TRANSLATION, VERSION

_of_chat = tally.alias("of_chat")
_of_all = tally.alias("of_all")
_other = delivery.alias("other")
_told = story.alias("told")


def _count(column: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(column, 0)


def _total(sentiment: Sentiment) -> ScalarSelect[int]:
    best = (
        select(func.max(total.c.count).label("best"))
        .where(total.c.delivery_id == delivery.c.id, total.c.sentiment == int(sentiment))
        .group_by(total.c.emoji)
        .correlate(delivery)
        .subquery()
    )
    return select(func.coalesce(func.sum(best.c.best), 0)).scalar_subquery()


SPREAD = or_(
    select(_other.c.id)
    .join(_told, _told.c.id == _other.c.story_id)
    .where(
        _told.c.ledger_id == story.c.ledger_id,
        _other.c.chat_id != delivery.c.chat_id,
        _other.c.state.in_(("posted", "closed")),
    )
    .exists(),
    _count(_of_all.c.bullish) != _count(_of_chat.c.bullish),
    _count(_of_all.c.bearish) != _count(_of_chat.c.bearish),
)
"""In more than one chat; or in a chat that keeps its votes to itself, after it was in others."""
STANDS = (
    _count(_of_chat.c.bullish).label("chat_bullish"),
    _count(_of_chat.c.bearish).label("chat_bearish"),
    case((SPREAD, _count(_of_all.c.bullish)), else_=0).label("all_bullish"),
    case((SPREAD, _count(_of_all.c.bearish)), else_=0).label("all_bearish"),
    _total(Sentiment.BULLISH).label("total_bullish"),
    _total(Sentiment.BEARISH).label("total_bearish"),
)
SHOWN = (
    delivery.c.shown_chat_bullish,
    delivery.c.shown_chat_bearish,
    delivery.c.shown_all_bullish,
    delivery.c.shown_all_bearish,
    delivery.c.shown_total_bullish,
    delivery.c.shown_total_bearish,
)
OPEN = delivery.c.state == "posted"
OUTDATED = and_(
    OPEN,
    chat.c.paused.is_(None),
    or_(
        delivery.c.posted_at <= bindparam("open_after", type_=UtcDateTime),
        delivery.c.shown_revision != story.c.revision,
        delivery.c.shown_language.is_distinct_from(chat.c.language),
        delivery.c.shown_timezone.is_distinct_from(chat.c.timezone),
        delivery.c.shown_translation != VERSION,
        *(shown != column.element for shown, column in zip(SHOWN, STANDS, strict=True)),
    ),
)


def with_what_stands(statement: Select[Any]) -> Select[Any]:
    """Join to a statement over ``delivery`` all that `STANDS` and `OUTDATED` speak of."""
    return (
        statement.join(story, story.c.id == delivery.c.story_id)
        .join(chat, chat.c.id == delivery.c.chat_id)
        .outerjoin(translation, ITS_TRANSLATION)
        .outerjoin(_of_chat, and_(_of_chat.c.ledger_id == story.c.ledger_id, _of_chat.c.chat_id == chat.c.id))
        .outerjoin(_of_all, and_(_of_all.c.ledger_id == story.c.ledger_id, _of_all.c.chat_id == EVERYWHERE))
    )
