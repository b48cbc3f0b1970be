"""Sources: which there are, which of them are polled, and how they do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model import Phrase
from bot.storage.phrases import phrase_from_json, phrase_to_json
from bot.storage.tables import chat, entry, source, subscription, subscription_cursor


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source does, for lists and checks."""

    id: int
    url: str
    exempt: bool
    title: str
    language: str | None
    followed: bool
    failures: int
    failing_since: datetime | None
    last_polled_at: datetime | None
    last_ok_at: datetime | None
    last_new_at: datetime | None
    problem: Phrase | None
    ended: bool
    newest_at: datetime | None
    """The newest date of its entries."""
    gave_way_at: datetime | None
    """Since when other sources of its packs stand in for it."""


def ensure_source(
    connection: Connection,
    url: str,
    *,
    exempt: bool,
    interval_seconds: int,
    title: str = "",
    language: str | None = None,
) -> int:
    """The id of the source of this address, made if need be. It isn't polled before somebody follows it."""
    found = connection.execute(select(source.c.id).where(source.c.url == url, source.c.exempt == exempt)).scalar()
    if found is not None:
        return int(found)
    row = upsert(source).values(
        url=url, exempt=exempt, title=title, language=language, interval_seconds=interval_seconds
    )
    return int(connection.execute(row.returning(source.c.id)).scalar_one())


def revive(connection: Connection, source_id: int) -> None:
    """Somebody has just read it well: whatever its server once said, it hasn't gone for good."""
    connection.execute(
        update(source).where(source.c.id == source_id, source.c.ended).values(ended=False, failures=0, problem=None)
    )


def wake_followed(connection: Connection, now: datetime) -> None:
    """What a subscription reads is polled: sources that rested are due at once, and untried again.

    Whoever begins to follow one waits for what it publishes now, not for what we still know of it.
    """
    connection.execute(
        update(source)
        .where(source.c.next_poll_at.is_(None), source.c.ended.is_(False), source.c.id.in_(_READ))
        .values(next_poll_at=now, last_polled_at=None, last_ok_at=None, failures=0, failing_since=None, problem=None)
    )


def give_way(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Other sources of their packs stand in for these from now on."""
    connection.execute(
        update(source).where(source.c.id.in_(ids), source.c.gave_way_at.is_(None)).values(gave_way_at=now)
    )


def return_to_place(connection: Connection, ids: Collection[int]) -> None:
    """These are well again: nobody stands in for them any more."""
    connection.execute(update(source).where(source.c.id.in_(ids)).values(gave_way_at=None))


NOT_NAMED = Phrase("The operator's configuration no longer names this source.")


def keep_exempt(connection: Connection, named: Collection[int], *, samples: bool) -> None:
    """Of the sources that aren't held to the guard, poll only those that the operator's config names now.

    What a chat follows beside them rests, and says why where it is listed, until it is named again. The bundled samples
    are polled only while ``samples`` are shown, and rest without a word.
    """
    sample = update(source).where(source.c.url.like("sample:%"))
    connection.execute(sample.values(ended=not samples, problem=None))
    if not samples:
        connection.execute(sample.values(next_poll_at=None))
    theirs = select(subscription.c.source_id).where(subscription.c.source_id.is_not(None))
    rows = connection.execute(
        select(source.c.id, source.c.problem).where(
            source.c.exempt, source.c.url.not_like("sample:%"), source.c.id.in_(theirs)
        )
    ).all()
    unnamed = [row.id for row in rows if row.id not in named]
    connection.execute(
        update(source)
        .where(source.c.id.in_(unnamed))
        .values(ended=True, next_poll_at=None, problem=phrase_to_json(NOT_NAMED))
    )
    again = [row.id for row in rows if row.id in named and row.problem == phrase_to_json(NOT_NAMED)]
    connection.execute(update(source).where(source.c.id.in_(again)).values(ended=False, problem=None))


def rest_unfollowed(connection: Connection) -> None:
    """What no subscription reads isn't polled, and nobody stands in for what no pack reads."""
    connection.execute(
        update(source).where(source.c.next_poll_at.is_not(None), source.c.id.not_in(_READ)).values(next_poll_at=None)
    )
    of_packs = _READ.where(subscription.c.pack.is_not(None))
    connection.execute(
        update(source)
        .where(source.c.gave_way_at.is_not(None), source.c.ended.is_(False), source.c.id.not_in(of_packs))
        .values(gave_way_at=None)
    )


_READ = (
    select(subscription_cursor.c.source_id)
    .join(subscription, subscription.c.id == subscription_cursor.c.subscription_id)
    .join(chat, chat.c.id == subscription.c.chat_id)
    .where(chat.c.paused.is_(None))
)
"""Sources that a chat posts from: paused ones read nothing."""


def health(connection: Connection, urls: Sequence[str] | None = None) -> list[SourceHealth]:
    """How the sources do; of these addresses, or all."""
    wanted = select(source, source.c.id.in_(_READ).label("followed")).order_by(source.c.id)
    if urls is not None:
        wanted = wanted.where(source.c.url.in_(urls))
    return [_health(row) for row in connection.execute(wanted)]


def prune(connection: Connection, before: datetime) -> int:
    """Forget sources that nobody has followed since then and that no story comes from; returns how many."""
    result = connection.execute(
        delete(source).where(
            source.c.next_poll_at.is_(None),
            or_(source.c.last_polled_at.is_(None), source.c.last_polled_at < before),
            source.c.id.not_in(select(entry.c.source_id)),
            source.c.id.not_in(select(subscription.c.source_id).where(subscription.c.source_id.is_not(None))),
            source.c.id.not_in(_READ),
        )
    )
    return result.rowcount


def _health(row: Row[Any]) -> SourceHealth:
    return SourceHealth(
        id=row.id,
        url=row.url,
        exempt=row.exempt,
        title=row.title,
        language=row.language,
        followed=row.followed,
        failures=row.failures,
        failing_since=row.failing_since,
        last_polled_at=row.last_polled_at,
        last_ok_at=row.last_ok_at,
        last_new_at=row.last_new_at,
        problem=None if row.problem is None else phrase_from_json(row.problem),
        ended=row.ended,
        newest_at=row.newest_at,
        gave_way_at=row.gave_way_at,
    )
