"""Posts as they should look now: which of them show something else, and what was drawn last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    tuple_,
    update,
)

from bot.model import ChatRef, MessageRef, Story, Tally, Translation
from bot.storage.keys import as_json
from bot.storage.standing import OPEN, OUTDATED, SHOWN, SPREAD, STANDS, with_what_stands
from bot.storage.story_rows import story_columns, story_from
from bot.storage.tables import UtcDateTime, chat, delivery, post, story, total
from bot.storage.translated import translation_columns, translation_from

PAGE = 1000
"""How many open posts one step of a sweep compares."""


@dataclass(frozen=True, slots=True)
class PostView:
    """All that a post has to show now."""

    delivery_id: int
    ledger_id: int
    story: Story
    language: str
    timezone: str | None
    """The chat's own; None: that of its language."""
    message: MessageRef
    chat_tally: Tally
    everywhere: Tally | None
    """None while the story is in this chat alone."""
    totals: Mapping[str, int]
    """Anonymous reactions, by the emoji of the ballot. A post and the platform's copy of it: the larger of the two."""
    closed: bool
    """Voting has ended: this is how the post stays."""
    posted_at: datetime
    edited_at: datetime | None
    total_tally: Tally
    """The sums of ``totals``."""
    translation: Translation | None = None
    """None: the story's own words."""


@dataclass(frozen=True, slots=True)
class OutdatedPost:
    """A post that shows something else than it should."""

    delivery_id: int
    chat_id: int
    chat: ChatRef
    posted_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """One step of going through all open posts, newest first."""

    outdated: Sequence[OutdatedPost]
    next: tuple[datetime, int] | None
    """Where the following step begins; None: this was the last."""


def outdated_view(connection: Connection, delivery_id: int, open_after: datetime) -> PostView | None:
    """What the post of a delivery has to show; None when it shows that already or isn't to be edited (any more).

    Voting has ended on posts made until ``open_after``.
    """
    row = connection.execute(_OUTDATED_VIEW, {"delivery": delivery_id, "open_after": open_after}).first()
    return None if row is None else _view(connection, row, closed=row.posted_at <= open_after)


def outdated(
    connection: Connection, ledgers: Iterable[int], platforms: Iterable[str], open_after: datetime
) -> list[OutdatedPost]:
    """The posts of these ledgers, on these platforms, that need an edit, newest first."""
    found = connection.execute(
        _OUTDATED_OF_LEDGERS,
        {"keys": as_json(ledgers), "platforms": as_json(platforms), "open_after": open_after},
    )
    return [_outdated(row) for row in found]


def outdated_page(
    connection: Connection, before: tuple[datetime, int] | None, platforms: Iterable[str], open_after: datetime
) -> Page:
    """Those among the next `PAGE` open posts that need an edit."""
    rows = connection.execute(_OPEN_PAGE if before is None else _OPEN_PAGE.where(_comes_after(before))).all()
    found = connection.execute(
        _OUTDATED_OF_DELIVERIES,
        {"keys": as_json(row.id for row in rows), "platforms": as_json(platforms), "open_after": open_after},
    )
    last = rows[-1] if len(rows) == PAGE else None
    return Page([_outdated(row) for row in found], last and (last.next_try_at, last.id))


def mark_shown(connection: Connection, shown: Sequence[tuple[PostView, datetime]]) -> None:
    """The posts show these views since these moments; one whose view is closed is finished."""
    connection.execute(_MARK, [_marked(view, at) for view, at in shown])


# --- statements ------------------------------------------------------------------------------------------------------

_OUTDATED_VIEW = with_what_stands(
    select(
        delivery.c.id,
        delivery.c.posted_at,
        delivery.c.edited_at,
        chat.c.language,
        chat.c.timezone,
        chat.c.topic,
        post.c.platform,
        post.c.native_chat,
        post.c.message_id,
        story.c.ledger_id,
        *story_columns(),
        *translation_columns(),
        *STANDS,
        SPREAD.label("spread"),
    )
    .select_from(delivery)
    .join(post, and_(post.c.delivery_id == delivery.c.id, post.c.mirror.is_(False)))
).where(delivery.c.id == bindparam("delivery"), OUTDATED)

_KEYS = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")
_PLATFORMS = func.json_each(bindparam("platforms", type_=Text)).table_valued("value", name="p")
_HEAD = (
    delivery.c.id,
    delivery.c.chat_id,
    chat.c.platform,
    chat.c.native_id,
    chat.c.topic,
    delivery.c.posted_at,
    delivery.c.edited_at,
)


def _outdated_among(key: ColumnElement[int]) -> Select[Any]:
    return (
        with_what_stands(select(*_HEAD).select_from(delivery))
        .where(OUTDATED, key.in_(select(_KEYS.c.value)), chat.c.platform.in_(select(_PLATFORMS.c.value)))
        .order_by(delivery.c.posted_at.desc(), delivery.c.id.desc())
    )


_OUTDATED_OF_LEDGERS = _outdated_among(story.c.ledger_id)
_OUTDATED_OF_DELIVERIES = _outdated_among(delivery.c.id)
# In the order of an index that serves the outbox too; next_try_at is the moment at which it was sent, or nearly.
_OPEN_PAGE = (
    select(delivery.c.id, delivery.c.next_try_at)
    .where(OPEN)
    .order_by(delivery.c.next_try_at.desc(), delivery.c.id.desc())
    .limit(PAGE)
)
_MARK = (
    update(delivery)
    .where(delivery.c.id == bindparam("delivery"))
    .values(
        {
            delivery.c.shown_revision: bindparam("revision"),
            delivery.c.shown_language: bindparam("language"),
            delivery.c.shown_timezone: bindparam("timezone"),
            delivery.c.shown_translation: bindparam("translation"),
            delivery.c.edited_at: bindparam("at"),
            delivery.c.state: case((bindparam("finished") == 1, "closed"), else_=delivery.c.state),
            **{column: bindparam(column.name.removeprefix("shown_")) for column in SHOWN},
        }
    )
)


# --- rows ------------------------------------------------------------------------------------------------------------


def _comes_after(place: tuple[datetime, int]) -> ColumnElement[bool]:
    at, delivery_id = place
    return tuple_(delivery.c.next_try_at, delivery.c.id) < tuple_(literal(at, UtcDateTime), literal(delivery_id))


def _outdated(row: Row[Any]) -> OutdatedPost:
    where = ChatRef(row.platform, row.native_id, row.topic)
    return OutdatedPost(row.id, row.chat_id, where, row.posted_at, row.edited_at)


def _view(connection: Connection, row: Row[Any], *, closed: bool) -> PostView:
    return PostView(
        delivery_id=row.id,
        ledger_id=row.ledger_id,
        story=story_from(row),
        language=row.language,
        timezone=row.timezone,
        message=MessageRef(ChatRef(row.platform, row.native_chat, row.topic), row.message_id),
        chat_tally=Tally(row.chat_bullish, row.chat_bearish),
        everywhere=Tally(row.all_bullish, row.all_bearish) if row.spread else None,
        totals=_totals(connection, row.id) if row.total_bullish or row.total_bearish else {},
        closed=closed,
        posted_at=row.posted_at,
        edited_at=row.edited_at,
        total_tally=Tally(row.total_bullish, row.total_bearish),
        translation=translation_from(row),
    )


def _totals(connection: Connection, delivery_id: int) -> dict[str, int]:
    rows = connection.execute(
        select(total.c.emoji, func.max(total.c.count))
        .where(total.c.delivery_id == delivery_id)
        .group_by(total.c.emoji)
        .order_by(total.c.emoji)
    )
    return {row[0]: row[1] for row in rows}


def _marked(view: PostView, at: datetime) -> dict[str, Any]:
    everywhere = view.everywhere or Tally()
    return {
        "delivery": view.delivery_id,
        "revision": view.story.revision,
        "language": view.language,
        "timezone": view.timezone,
        "translation": 0 if view.translation is None else view.translation.version,
        "at": at,
        "finished": int(view.closed),
        "chat_bullish": view.chat_tally.bullish,
        "chat_bearish": view.chat_tally.bearish,
        "all_bullish": everywhere.bullish,
        "all_bearish": everywhere.bearish,
        "total_bullish": view.total_tally.bullish,
        "total_bearish": view.total_tally.bearish,
    }
