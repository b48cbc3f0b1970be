"""Who follows what: from subscriptions to the sources that each reads (its cursors) and the ones that are polled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, select, update

from bot.model import Phrase, fallback_languages
from bot.storage import cursors, sources
from bot.storage.phrases import phrase_from_json
from bot.storage.tables import chat, entry, source, subscription, subscription_cursor


@dataclass(frozen=True, slots=True)
class Follower:
    """A subscription of a chat."""

    subscription_id: int
    pack: str | None
    source_id: int | None
    """Exactly one of the two is set."""
    languages: tuple[str, ...]
    """The chat's, then those in which it takes stories where there are none in its own; none until an admin has
    chosen."""


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source as far as it matters to whether a pack reads it."""

    id: int
    failures: int
    """In a row, since it was last woken."""
    ended: bool
    problem: Phrase | None
    failing_since: datetime | None
    polled_at: datetime | None
    """None: it has not been looked at since somebody follows it."""
    ok_at: datetime | None
    """When it last answered, since somebody follows it."""
    fresh_at: datetime | None
    """When it had something new, as far as its dates tell; None: they tell nothing."""
    rhythm: Mapping[str, Any] | None
    gave_way_at: datetime | None


@dataclass(frozen=True, slots=True)
class WantedSource:
    """A source of a pack, to be made if it isn't there."""

    url: str
    title: str
    language: str
    topics: tuple[str, ...] = ()
    """Only stories about one of these are taken from it; none: all are."""


def followers(connection: Connection) -> list[Follower]:
    """All subscriptions, also of chats that are paused: those come back."""
    rows = connection.execute(
        select(subscription.c.id, subscription.c.pack, subscription.c.source_id, chat.c.language, chat.c.fallbacks)
        .join(chat, chat.c.id == subscription.c.chat_id)
        .order_by(subscription.c.id)
    )
    return [Follower(row.id, row.pack, row.source_id, _languages(row.language, row.fallbacks)) for row in rows]


def _languages(language: str | None, fallbacks: Sequence[str] | None) -> tuple[str, ...]:
    return () if language is None else (language, *fallback_languages(language, fallbacks))


def known(connection: Connection, urls: Sequence[str]) -> dict[str, KnownSource]:
    """Those of these addresses that are sources held to the guard already. Of one that rests nothing is known but that
    it has ended: whoever needs it again looks at it anew."""
    rests = and_(source.c.next_poll_at.is_(None), source.c.ended.is_(False))
    rows = connection.execute(
        select(source, _FRESH_AT.label("fresh_at")).where(source.c.url.in_(urls), source.c.exempt.is_(False), ~rests)
    )
    return {
        row.url: KnownSource(
            id=row.id,
            failures=row.failures,
            ended=row.ended,
            problem=None if row.problem is None else phrase_from_json(row.problem),
            failing_since=row.failing_since,
            polled_at=row.last_polled_at,
            ok_at=row.last_ok_at,
            fresh_at=row.fresh_at,
            rhythm=row.rhythm,
            gave_way_at=row.gave_way_at,
        )
        for row in rows
    }


# What it lists tells how fresh it is, by its dates. Where new entries come with dates of long ago, the dates are wrong;
# those that came with the first look were there before.
_came_later = exists().where(entry.c.source_id == source.c.id, entry.c.first_seen_at < source.c.last_new_at)
_FRESH_AT = case(
    (and_(source.c.newest_at < source.c.last_new_at, _came_later), source.c.last_new_at), else_=source.c.newest_at
)


def apply(
    connection: Connection,
    of_packs: Mapping[int, Sequence[WantedSource]],
    single: Mapping[int, int],
    interval_seconds: int,
    now: datetime,
    *,
    give_way: Collection[int] = (),
    return_to_place: Collection[int] = (),
) -> None:
    """Give each subscription the cursors of what it reads, of packs and of single sources (both by subscription id);
    wake what is read, rest what isn't.

    ``give_way``: the ids of sources for which others stand in from now on; ``return_to_place``: those that are well
    again.
    """
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
    wanted_topics: dict[tuple[int, int], list[str] | None] = {
        (key, ids[wanted.url]): list(wanted.topics) or None for key, several in of_packs.items() for wanted in several
    }
    wanted_topics |= dict.fromkeys(single.items())
    rows = connection.execute(select(subscription_cursor)).all()
    present = {(row.subscription_id, row.source_id): row.topics for row in rows}
    for pair in sorted(present.keys() - wanted_topics.keys()):
        connection.execute(delete(subscription_cursor).where(_is(pair)))
    for pair in sorted(wanted_topics.keys() - present.keys()):
        cursors.begin(connection, *pair, wanted_topics[pair])
    for pair in sorted(present.keys() & wanted_topics.keys()):
        if present[pair] != wanted_topics[pair]:
            connection.execute(update(subscription_cursor).where(_is(pair)).values(topics=wanted_topics[pair]))
    sources.give_way(connection, give_way, now)
    sources.return_to_place(connection, return_to_place)
    sources.wake_followed(connection, now)
    sources.rest_unfollowed(connection)


def _is(pair: tuple[int, int]) -> ColumnElement[bool]:
    return and_(subscription_cursor.c.subscription_id == pair[0], subscription_cursor.c.source_id == pair[1])
