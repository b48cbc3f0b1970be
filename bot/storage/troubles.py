"""Sources that may need an admin, the chats that named them, and that those were told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.model import ChatRef, Phrase
from bot.storage.keys import among
from bot.storage.phrases import phrase_from_json, phrase_to_json
from bot.storage.sources import NOT_NAMED
from bot.storage.tables import chat, source, subscription


@dataclass(frozen=True, slots=True)
class Trouble:
    """A source that doesn't work, of which nobody was told yet."""

    source_id: int
    url: str
    title: str
    problem: Phrase
    last_ok_at: datetime | None
    failing_since: datetime | None
    last_polled_at: datetime | None
    failures: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Concerned:
    """A chat that follows such sources by name."""

    chat_id: int
    chat: ChatRef
    language: str
    source_ids: tuple[int, ...]


def untold(connection: Connection) -> list[Trouble]:
    """Sources that somebody named and that don't work. What the operator has done to one is no trouble."""
    named = select(subscription.c.source_id).where(subscription.c.source_id.is_not(None))
    rows = connection.execute(
        select(source).where(source.c.told_at.is_(None), source.c.problem.is_not(None), source.c.id.in_(named))
    )
    return [
        Trouble(
            row.id,
            row.url,
            row.title,
            phrase_from_json(row.problem),
            row.last_ok_at,
            row.failing_since,
            row.last_polled_at,
            row.failures,
            row.ended,
        )
        for row in rows
        if row.problem != phrase_to_json(NOT_NAMED)
    ]


def concerned(connection: Connection, source_ids: Collection[int]) -> list[Concerned]:
    """The chats that named these sources and are posted to."""
    rows = connection.execute(
        select(chat.c.id, chat.c.platform, chat.c.native_id, chat.c.topic, chat.c.language, subscription.c.source_id)
        .join(subscription, subscription.c.chat_id == chat.c.id)
        .where(subscription.c.source_id.in_(among(source_ids)), chat.c.language.is_not(None), chat.c.paused.is_(None))
        .order_by(chat.c.id, subscription.c.id)
    ).all()
    by_chat: dict[int, list[int]] = {}
    for row in rows:
        by_chat.setdefault(row.id, []).append(row.source_id)
    refs = {row.id: (ChatRef(row.platform, row.native_id, row.topic), row.language) for row in rows}
    return [Concerned(key, *refs[key], tuple(ids)) for key, ids in by_chat.items()]


def begin_telling(connection: Connection, told: Concerned, source_ids: Sequence[int], now: datetime) -> bool:
    """A chat is being told of these sources. False, and nothing is marked, when it isn't posted to any more."""
    where = told.chat
    wanted = select(chat.c.id).where(
        chat.c.id == told.chat_id,
        chat.c.platform == where.platform,
        chat.c.native_id == where.id,
        chat.c.topic == where.topic,
        chat.c.paused.is_(None),
    )
    if connection.execute(wanted).first() is None:
        return False
    mark_told(connection, source_ids, now)
    return True


def mark_told(connection: Connection, source_ids: Sequence[int], now: datetime) -> None:
    """From now on their chats count as told; they may be told again once the source was well in between."""
    connection.execute(
        update(source)
        .where(source.c.id.in_(source_ids), source.c.told_at.is_(None), source.c.problem.is_not(None))
        .values(told_at=now)
    )
