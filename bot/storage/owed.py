"""Which stories chats are owed: each becomes a delivery, once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model import fallback_languages
from bot.storage import cursors, translations
from bot.storage.cursors import on_topic
from bot.storage.deliveries import State
from bot.storage.keys import AMONG_KEYS, as_json
from bot.storage.tables import (
    MIXED,
    UtcDateTime,
    chat,
    delivery,
    entry,
    source,
    story,
    subscription,
    subscription_cursor,
)
from bot.storage.telling import RECENT

FIRST_CONTACT = 3
"""How many stories a chat gets at once of something it has just begun to follow."""

OLD = timedelta(days=30)
"""A pack gives nothing older than this at first contact: it offers news, not a site that somebody likes."""

SETTLES = timedelta(minutes=1)
"""Within this a source of a pack that failed at its first look has given way to another, whose stories belong to the
first contact; or it does not for now."""

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
    for one in connection.execute(_ready_for_first_contact(now)).all():
        created += _first_contact(connection, one, now)
    for one in connection.execute(_with_unread_entries()).all():
        unread = _unread(one.id, now - RECENT, _in_its_language(connection, one))
        created += _owe(connection, one.chat_id, now, unread)
        cursors.read_to_the_end(connection, one.id, done=False)
    if offers:
        translations.want(connection, offers, now)
    return created


def owe_late(connection: Connection, story_ids: Collection[int], now: datetime) -> int:
    """These stories have turned out to be about something more, be it by an edit, another source or the article.

    Chats that want only stories about that have looked at some of them already, when nothing told so: they are owed
    them now, as long as they are news. What was there before they began to read stays none. Returns how many deliveries
    were created.
    """
    values = {"keys": as_json(story_ids), "since": now - RECENT}
    rows = connection.execute(_LATE_FOR, values).all()
    return sum(_owe(connection, row.chat_id, now, select(story.c.id).where(story.c.id == row.story_id)) for row in rows)


def owe_split_off(connection: Connection, story_id: int, now: datetime) -> int:
    """A story has come of another one's entries, which chats have read already: those that would have got it are owed
    it now, as long as it is news. Returns how many deliveries were created."""
    rows = connection.execute(_SPLIT_OFF_FOR, {"keys": as_json([story_id]), "since": now - RECENT}).all()
    return sum(_owe(connection, row.chat_id, now, select(story.c.id).where(story.c.id == story_id)) for row in rows)


_cursor = subscription_cursor.c
_READS = _cursor.subscription_id == subscription.c.id
_OPEN_CHAT = and_(chat.c.id == subscription.c.chat_id, chat.c.language.is_not(None), chat.c.paused.is_(None))
_MIXED_SOURCES = select(source.c.id).where(source.c.url.like(MIXED))
_WAITING = (
    select(
        subscription.c.id,
        subscription.c.chat_id,
        subscription.c.pack,
        chat.c.language,
        chat.c.fallbacks,
        exists().where(_READS, _cursor.source_id.in_(_MIXED_SOURCES)).label("reads_mixed"),
        exists().where(_READS, _cursor.topics.is_not(None)).label("choosy"),
    )
    .join(chat, chat.c.id == subscription.c.chat_id)
    .where(_OPEN_CHAT)
)

_published = func.coalesce(entry.c.published_at, entry.c.first_seen_at)
# What a source for which others stand in brings is told when all of it is stored: see cursors.return_with_few.
_is_told = exists().where(
    source.c.id == entry.c.source_id,
    source.c.last_ok_at.is_not(None),
    or_(source.c.gave_way_at.is_(None), entry.c.first_seen_at <= source.c.last_ok_at),
)

_earlier, _seen = entry.alias("earlier"), subscription_cursor.alias("seen")
# Told before the subscription began to read that source, or while others stood in for it: no news at all.
_was_no_news = exists().where(
    _seen.c.subscription_id == _cursor.subscription_id,
    _earlier.c.source_id == _seen.c.source_id,
    _earlier.c.story_id == entry.c.story_id,
    _earlier.c.id <= _seen.c.since_entry_id,
)
_READ_ALREADY = (
    select(subscription.c.chat_id, entry.c.story_id)
    .join(subscription_cursor, _READS)
    .join(entry, entry.c.source_id == _cursor.source_id)
    .join(chat, chat.c.id == subscription.c.chat_id)
    .where(
        entry.c.story_id.in_(AMONG_KEYS),
        entry.c.backlog.is_(False),
        _published >= bindparam("since", type_=UtcDateTime),
        entry.c.id <= _cursor.entry_id,
        on_topic(entry.c.story_id),
        ~_was_no_news,
        subscription.c.contacted_at.is_not(None),
        _OPEN_CHAT,
    )
    .distinct()
)
_LATE_FOR = _READ_ALREADY.where(_cursor.topics.is_not(None))
_SPLIT_OFF_FOR = _READ_ALREADY.where(or_(entry.c.source_id.not_in(_MIXED_SOURCES), entry.c.language == chat.c.language))


def _ready_for_first_contact(now: datetime) -> Select[Any]:
    followed = select(literal(1)).where(_READS, source.c.id == _cursor.source_id)
    unsettled = and_(
        subscription.c.pack.is_not(None),
        source.c.last_ok_at.is_(None),
        source.c.gave_way_at.is_(None),
        source.c.failing_since > now - SETTLES,
    )
    return _WAITING.where(
        subscription.c.contacted_at.is_(None),
        followed.where(source.c.last_ok_at.is_not(None)).exists(),
        ~followed.where(or_(source.c.last_polled_at.is_(None), unsettled)).exists(),
    )


def _with_unread_entries() -> Select[Any]:
    # What a source brings at its first answer is no news to those who know the others of its pack: see
    # cursors.skip_backlog, which comes when all of it is stored.
    unread = select(literal(1)).where(
        _READS, entry.c.source_id == _cursor.source_id, entry.c.id > _cursor.entry_id, _is_told
    )
    return _WAITING.where(subscription.c.contacted_at.is_not(None), unread.exists())


def _first_contact(connection: Connection, one: Row[Any], now: datetime) -> int:
    newest = _newest(one.id, _in_its_language(connection, one))
    if one.pack is not None:
        newest = newest.where(story.c.sorted_at >= now - OLD)
    given = len(connection.execute(newest).all())
    if one.pack is not None and not given and not one.choosy:
        return 0  # all that its sources have is old: others will stand in for them
    created = _owe(connection, one.chat_id, now, newest)
    connection.execute(update(subscription).where(subscription.c.id == one.id).values(contacted_at=now))
    # What only turns out to be about what is wanted when its article was read still belongs to the first contact.
    cursors.read_to_the_end(connection, one.id, done=given == FIRST_CONTACT or not one.choosy)
    return created


def _newest(subscription_id: int, in_its_language: ColumnElement[bool]) -> Select[int]:
    theirs = select(entry.c.story_id).where(
        entry.c.source_id == _cursor.source_id,
        _cursor.subscription_id == subscription_id,
        on_topic(entry.c.story_id),
        in_its_language,
    )
    return (
        select(story.c.id)
        .where(story.c.id.in_(theirs))
        .order_by(story.c.sorted_at.desc(), story.c.id.desc())
        .limit(FIRST_CONTACT)
    )


def _unread(subscription_id: int, since: datetime, in_its_language: ColumnElement[bool]) -> Select[int]:
    """Stories with an unread entry and none that was read: a source that tells an old story again owes nothing.

    A story that wasn't about what is wanted of one source was not read there: another one may bring it.
    """
    theirs = and_(
        _cursor.subscription_id == subscription_id,
        entry.c.source_id == _cursor.source_id,
        on_topic(entry.c.story_id),
    )
    unread = entry.c.id > _cursor.entry_id
    is_recent = _published >= literal(since, UtcDateTime)
    is_news = and_(entry.c.backlog.is_(False), is_recent, _is_told)
    fresh = select(entry.c.story_id).where(theirs, unread, is_news, in_its_language)
    known = select(entry.c.story_id).where(theirs, entry.c.id <= _cursor.entry_id)
    return select(story.c.id).where(story.c.id.in_(fresh), story.c.id.not_in(known))


def _in_its_language(connection: Connection, one: Row[Any]) -> ColumnElement[bool]:
    """Of a source that publishes in many languages, a chat gets what is in its own; where it has written nothing in
    that of late, what is in the first of the chat's other languages in which it has, as packs have it."""
    if not one.reads_mixed:
        return true()
    written = (
        select(entry.c.language)
        .where(entry.c.source_id.in_(_MIXED_SOURCES))
        .order_by(entry.c.id.desc())
        .limit(WRITTEN_OF_LATE)
    )
    of_late = set(connection.execute(written).scalars())
    languages = (one.language, *fallback_languages(one.language, one.fallbacks))
    wanted = next((language for language in languages if language in of_late), None)
    return or_(entry.c.source_id.not_in(_MIXED_SOURCES), entry.c.language == wanted)


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
