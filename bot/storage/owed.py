"""Which stories chats are owed: each becomes a delivery, once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.storage import translations
from bot.storage.articles import RECENT
from bot.storage.deliveries import State
from bot.storage.tables import (
    UtcDateTime,
    chat,
    delivery,
    entry,
    source,
    story,
    subscription,
    subscription_cursor,
)

FIRST_CONTACT = 3
"""How many stories a chat gets at once of something it has just begun to follow."""

MIXED = "coinstats:%"
"""Addresses of sources that publish in many languages."""

WRITTEN_OF_LATE = 500
"""By so many of their newest entries it is told in which."""


def select_new(connection: Connection, now: datetime, offers: str = "") -> int:
    """Create the deliveries that subscriptions are owed and move their cursors; returns how many were created. Those
    in another language than their chat's wait for a translation from now on, where one is offered (as
    `translations.want` has it).

    A new subscription gets its three newest stories, however old, once all its sources have been tried and at least one
    answered; all that is older is only stored. After that every new story is owed, once a chat, as long as it is news:
    what is older than `RECENT` when it could be owed isn't any more, whether a source lists it late, a chat was paused
    or we were away; nor is what a source lists late with much else.
    """
    created = 0
    for subscription_id, chat_id in connection.execute(_ready_for_first_contact()).all():
        created += _owe(connection, chat_id, now, _newest(subscription_id))
        connection.execute(update(subscription).where(subscription.c.id == subscription_id).values(contacted_at=now))
        _read_to_the_end(connection, subscription_id)
    for subscription_id, chat_id in connection.execute(_with_unread_entries()).all():
        created += _owe(connection, chat_id, now, _unread(subscription_id, now - RECENT))
        _read_to_the_end(connection, subscription_id)
    if offers:
        translations.want(connection, offers, now)
    return created


_READS = subscription_cursor.c.subscription_id == subscription.c.id
_OPEN_CHAT = and_(chat.c.id == subscription.c.chat_id, chat.c.language.is_not(None), chat.c.paused.is_(None))


def _ready_for_first_contact() -> Select[int, int]:
    followed = select(literal(1)).where(_READS, source.c.id == subscription_cursor.c.source_id)
    return select(subscription.c.id, subscription.c.chat_id).where(
        subscription.c.contacted_at.is_(None),
        exists().where(_OPEN_CHAT),
        followed.where(source.c.last_ok_at.is_not(None)).exists(),
        ~followed.where(source.c.last_polled_at.is_(None)).exists(),
    )


def _with_unread_entries() -> Select[int, int]:
    # What a source brings at its first answer is no news to those who know the others of its pack: see
    # polls._skip_backlog, which comes when all of it is stored.
    unread = (
        select(literal(1))
        .where(
            _READS,
            entry.c.source_id == subscription_cursor.c.source_id,
            entry.c.id > subscription_cursor.c.entry_id,
            source.c.id == entry.c.source_id,
            source.c.last_ok_at.is_not(None),
        )
        .exists()
    )
    return select(subscription.c.id, subscription.c.chat_id).where(
        subscription.c.contacted_at.is_not(None), exists().where(_OPEN_CHAT), unread
    )


def _newest(subscription_id: int) -> Select[int]:
    return (
        select(story.c.id)
        .where(
            story.c.id.in_(
                select(entry.c.story_id).where(
                    entry.c.source_id == subscription_cursor.c.source_id,
                    subscription_cursor.c.subscription_id == subscription_id,
                    _for_its_readers(subscription_id),
                )
            )
        )
        .order_by(story.c.sorted_at.desc(), story.c.id.desc())
        .limit(FIRST_CONTACT)
    )


def _unread(subscription_id: int, since: datetime) -> Select[int]:
    """Stories with an unread entry and none that was read: a source that tells an old story again owes nothing."""
    theirs = and_(
        subscription_cursor.c.subscription_id == subscription_id,
        entry.c.source_id == subscription_cursor.c.source_id,
    )
    unread = entry.c.id > subscription_cursor.c.entry_id
    is_news = and_(
        entry.c.backlog.is_(False),
        func.coalesce(entry.c.published_at, entry.c.first_seen_at) >= literal(since, UtcDateTime),
        exists().where(source.c.id == entry.c.source_id, source.c.last_ok_at.is_not(None)),
    )
    fresh = select(entry.c.story_id).where(theirs, unread, is_news, _for_its_readers(subscription_id))
    known = select(entry.c.story_id).where(theirs, entry.c.id <= subscription_cursor.c.entry_id)
    return select(story.c.id).where(story.c.id.in_(fresh), story.c.id.not_in(known))


def _for_its_readers(subscription_id: int) -> ColumnElement[bool]:
    """Of a source that publishes in many languages, a chat gets what is in its own; where it has written nothing in
    that of late, what is in English, as packs have it."""
    mixed = select(source.c.id).where(source.c.url.like(MIXED))
    its_language = (
        select(chat.c.language)
        .join(subscription, subscription.c.chat_id == chat.c.id)
        .where(subscription.c.id == subscription_id)
        .scalar_subquery()
    )
    written = entry.alias("written")
    of_late = (
        select(written.c.language)
        .where(written.c.source_id.in_(mixed))
        .order_by(written.c.id.desc())
        .limit(WRITTEN_OF_LATE)
    ).subquery()
    wanted = case((its_language.in_(select(of_late.c.language)), its_language), else_="en")
    return or_(entry.c.source_id.not_in(mixed), entry.c.language == wanted)


def _owe(connection: Connection, chat_id: int, now: datetime, stories: Select[int]) -> int:
    chosen = stories.subquery()
    told, part = story.alias("told"), story.alias("part")
    # What was merged into a story stands for it where it was posted.
    has_part = (
        select(delivery.c.id)
        .join(part, part.c.id == delivery.c.story_id)
        .join(told, told.c.ledger_id == part.c.ledger_id)
        .where(told.c.id == chosen.c.id, part.c.merged_into == chosen.c.id, delivery.c.chat_id == chat_id)
    )
    rows = select(
        chosen.c.id,
        literal(chat_id),
        literal(State.WAITING.value),
        literal(now, UtcDateTime),
        literal(now, UtcDateTime),
    )
    result = connection.execute(
        upsert(delivery)
        .from_select(["story_id", "chat_id", "state", "created_at", "next_try_at"], rows.where(~has_part.exists()))
        .on_conflict_do_nothing(index_elements=["story_id", "chat_id"])
    )
    return result.rowcount


def _read_to_the_end(connection: Connection, subscription_id: int) -> None:
    newest = (
        select(func.coalesce(func.max(entry.c.id), 0))
        .where(entry.c.source_id == subscription_cursor.c.source_id)
        .scalar_subquery()
    )
    connection.execute(
        update(subscription_cursor)
        .where(subscription_cursor.c.subscription_id == subscription_id)
        .values(entry_id=func.max(subscription_cursor.c.entry_id, newest))
    )
