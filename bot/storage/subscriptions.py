"""Subscriptions: which packs and sources a chat follows, and how those sources do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, literal, or_, select

from bot.model import MOST_FOLLOWED, Actor, Phrase
from bot.storage.chats import log_change
from bot.storage.phrases import phrase_from_json
from bot.storage.tables import UtcDateTime, chat, entry, source, subscription, subscription_cursor

LIMIT = MOST_FOLLOWED


class Outcome(Enum):
    """What became of the wish to follow something."""

    FOLLOWED = "followed"
    ALREADY = "already"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class FollowedSource:
    """A source that a subscription reads, and how it does."""

    id: int
    url: str
    title: str
    site_url: str | None
    last_ok_at: datetime | None
    last_polled_at: datetime | None
    problem: Phrase | None
    failing_since: datetime | None
    ended: bool
    language: str | None
    """As recognised in its newest entries, or as the feed or its pack says."""
    newest_at: datetime | None
    """The newest date of its entries."""
    gave_way_at: datetime | None
    """Since when other sources of its packs stand in for it."""


@dataclass(frozen=True, slots=True)
class Output:
    """How much a source has published lately."""

    stories: int
    """Within the days that are looked at."""
    days: float
    """How long ago the oldest of them was, and never less than one."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A pack or a source that a chat follows."""

    id: int
    pack: str | None
    """None: a single source."""
    sources: tuple[FollowedSource, ...]
    """Of a pack, those that it reads now."""


def follow_pack(connection: Connection, chat_id: int, pack: str, by: Actor | None, now: datetime) -> Outcome:
    """Follow a pack; ``by`` None is the config file. Which sources it reads, gather decides."""
    return _follow(connection, chat_id, {"pack": pack}, by, now, name=pack)


def follow_source(connection: Connection, chat_id: int, source_id: int, by: Actor | None, now: datetime) -> Outcome:
    """Follow a single source; ``by`` None is the config file."""
    url = connection.execute(select(source.c.url).where(source.c.id == source_id)).scalar_one()
    return _follow(connection, chat_id, {"source_id": source_id}, by, now, name=url)


def unfollow(connection: Connection, chat_id: int, subscription_id: int, by: Actor | None, now: datetime) -> bool:
    """Stop following; False when there was nothing to stop."""
    row = connection.execute(
        select(subscription.c.pack, source.c.url)
        .join(source, source.c.id == subscription.c.source_id, isouter=True)
        .where(subscription.c.id == subscription_id, subscription.c.chat_id == chat_id)
    ).first()
    if row is None:
        return False
    connection.execute(delete(subscription).where(subscription.c.id == subscription_id))
    setting, name = ("source", row.url) if row.pack is None else ("pack", row.pack)
    log_change(connection, chat_id, by, now, setting=setting, old=name, new=None)
    return True


def of_chat(connection: Connection, chat_id: int) -> Sequence[Subscription]:
    """What the chat follows, in the order in which it began."""
    rows = connection.execute(
        select(subscription.c.id.label("subscription_id"), subscription.c.pack, *_source_columns())
        .join(subscription_cursor, subscription_cursor.c.subscription_id == subscription.c.id, isouter=True)
        .join(
            source,
            # A single source is known before gather has given the subscription its cursor.
            or_(
                and_(subscription.c.pack.is_not(None), source.c.id == subscription_cursor.c.source_id),
                and_(subscription.c.pack.is_(None), source.c.id == subscription.c.source_id),
            ),
            isouter=True,
        )
        .where(subscription.c.chat_id == chat_id)
        .order_by(subscription.c.id, source.c.id)
    ).all()
    packs = {row.subscription_id: row.pack for row in rows}
    return [
        Subscription(
            key, pack, tuple(_source(row) for row in rows if row.subscription_id == key and row.id is not None)
        )
        for key, pack in packs.items()
    ]


def output(connection: Connection, source_ids: Collection[int], since: datetime, now: datetime) -> dict[int, Output]:
    """What these sources have published since then; one that has published nothing is left out."""
    at = func.min(
        func.coalesce(entry.c.published_at, entry.c.first_seen_at), literal(now, UtcDateTime), type_=UtcDateTime
    )
    rows = connection.execute(
        select(entry.c.source_id, func.count(), func.min(at, type_=UtcDateTime))
        # Whatever was published since then was listed since then.
        .where(entry.c.source_id.in_(source_ids), entry.c.last_seen_at >= since, at >= since)
        .group_by(entry.c.source_id)
    )
    return {row[0]: Output(row[1], max((now - row[2]) / timedelta(days=1), 1.0)) for row in rows}


def has_room(connection: Connection, chat_id: int) -> bool:
    """Whether the chat may follow one more."""
    return _count(connection, chat_id) < LIMIT


def _follow(
    connection: Connection,
    chat_id: int,
    what: dict[str, str | int],
    by: Actor | None,
    now: datetime,
    *,
    name: str,
) -> Outcome:
    if connection.execute(select(chat.c.id).where(chat.c.id == chat_id)).first() is None:
        return Outcome.ALREADY  # the chat went away while a feed was being looked for
    follows = select(subscription.c.id).filter_by(chat_id=chat_id, **what)
    if connection.execute(follows).first() is not None:
        return Outcome.ALREADY
    if _count(connection, chat_id) >= LIMIT:
        return Outcome.FULL
    connection.execute(insert(subscription).values(chat_id=chat_id, added_at=now, **what))
    log_change(connection, chat_id, by, now, setting="pack" if "pack" in what else "source", old=None, new=name)
    return Outcome.FOLLOWED


def _count(connection: Connection, chat_id: int) -> int:
    statement = select(func.count()).select_from(subscription).where(subscription.c.chat_id == chat_id)
    return connection.execute(statement).scalar_one()


def _source_columns() -> tuple[Any, ...]:
    c = source.c
    return (
        c.id, c.url, c.title, c.site_url, c.last_ok_at, c.last_polled_at, c.problem, c.failing_since, c.ended,
        func.coalesce(c.detected_language, c.language).label("language"), c.newest_at, c.gave_way_at,
    )  # fmt: skip


def _source(row: Row[Any]) -> FollowedSource:
    return FollowedSource(
        id=row.id,
        url=row.url,
        title=row.title,
        site_url=row.site_url,
        last_ok_at=row.last_ok_at,
        last_polled_at=row.last_polled_at,
        problem=None if row.problem is None else phrase_from_json(row.problem),
        failing_since=row.failing_since,
        ended=row.ended,
        language=row.language,
        newest_at=row.newest_at,
        gave_way_at=row.gave_way_at,
    )
