"""Who follows what: from subscriptions to the sources that each reads (its cursors) and the ones that are polled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, literal, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.storage import sources
from bot.storage.tables import chat, entry, source, subscription, subscription_cursor


@dataclass(frozen=True, slots=True)
class Follower:
    """A subscription of a chat."""

    subscription_id: int
    pack: str | None
    source_id: int | None
    """Exactly one of the two is set."""
    language: str | None
    """The chat's; None until an admin has chosen."""


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source as far as it matters to whether a pack reads it."""

    id: int
    failures: int
    ever_ok: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class WantedSource:
    """A source of a pack, to be made if it isn't there."""

    url: str
    title: str
    language: str


def followers(connection: Connection) -> list[Follower]:
    """All subscriptions, also of chats that are paused: those come back."""
    rows = connection.execute(
        select(subscription.c.id, subscription.c.pack, subscription.c.source_id, chat.c.language)
        .join(chat, chat.c.id == subscription.c.chat_id)
        .order_by(subscription.c.id)
    )
    return [Follower(row.id, row.pack, row.source_id, row.language) for row in rows]


def known(connection: Connection, urls: Sequence[str]) -> dict[str, KnownSource]:
    """Those of these addresses that are sources held to the guard already."""
    rows = connection.execute(
        select(source.c.id, source.c.url, source.c.failures, source.c.last_ok_at, source.c.ended).where(
            source.c.url.in_(urls), source.c.exempt.is_(False)
        )
    )
    return {row.url: KnownSource(row.id, row.failures, row.last_ok_at is not None, row.ended) for row in rows}


def apply(
    connection: Connection,
    of_packs: Mapping[int, Sequence[WantedSource]],
    single: Mapping[int, int],
    interval_seconds: int,
    now: datetime,
) -> None:
    """Give each subscription the cursors of what it reads, of packs and of single sources (both by subscription id);
    wake what is read, rest what isn't."""
    ids = {
        wanted.url: sources.ensure_source(
            connection,
            wanted.url,
            exempt=False,
            interval_seconds=interval_seconds,
            title=wanted.title,
            language=wanted.language,
        )
        for wanted in {wanted.url: wanted for several in of_packs.values() for wanted in several}.values()
    }
    wanted_pairs = {(key, ids[wanted.url]) for key, several in of_packs.items() for wanted in several}
    wanted_pairs |= set(single.items())
    present = {(row.subscription_id, row.source_id) for row in connection.execute(select(subscription_cursor))}
    for subscription_id, source_id in sorted(present - wanted_pairs):
        connection.execute(
            delete(subscription_cursor).where(
                subscription_cursor.c.subscription_id == subscription_id, subscription_cursor.c.source_id == source_id
            )
        )
    for subscription_id, source_id in sorted(wanted_pairs - present):
        _begin_reading(connection, subscription_id, source_id)
    sources.wake_followed(connection, now)
    sources.rest_unfollowed(connection)


def _begin_reading(connection: Connection, subscription_id: int, source_id: int) -> None:
    """From now on: what a source has published so far is news only at first contact, which doesn't look at cursors."""
    newest = select(func.coalesce(func.max(entry.c.id), 0)).where(entry.c.source_id == source_id).scalar_subquery()
    # The subscription may have been removed since it was read.
    row = select(subscription.c.id, literal(source_id), newest).where(subscription.c.id == subscription_id)
    connection.execute(
        upsert(subscription_cursor)
        .from_select(["subscription_id", "source_id", "entry_id"], row)
        .on_conflict_do_nothing()
    )
