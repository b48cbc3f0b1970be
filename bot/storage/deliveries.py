"""Deliveries and posts: which stories a chat is owed, what became of each attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model import ChatRef, MessageRef, Phrase, Story
from bot.storage.phrases import phrase_to_json
from bot.storage.plan import PRESS
from bot.storage.story_rows import story_columns, story_from
from bot.storage.tables import chat, delivery, entry, fact, post, source, story, subscription, subscription_cursor

FIRST_CONTACT = 3
"""How many stories a chat gets at once of something it has just begun to follow."""

MIXED = "coinstats:%"
"""Addresses of sources that publish in many languages."""

WRITTEN_OF_LATE = 500
"""By so many of their newest entries it is told in which."""


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENDING = "sending"
    """Marked before the attempt; found after a restart, it tells that the attempt was cut off."""
    POSTED = "posted"
    UNCONFIRMED = "unconfirmed"
    """It may or may not have arrived, and there is no way to find out but a member's press."""
    FAILED = "failed"
    """The platform refuses it for what it is."""
    CLOSED = "closed"
    """Posted, and voting has ended."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery to be attempted now."""

    id: int
    chat_id: int
    chat: ChatRef
    language: str
    story: Story
    attempts: int
    """Including this one."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """A delivery whose attempt did not end in an answer."""

    id: int
    chat_id: int
    chat: ChatRef
    attempts: int


@dataclass(frozen=True, slots=True)
class Posted:
    """A post whose reactions are not seeded yet."""

    id: int
    message: MessageRef


def select_new(connection: Connection, now: datetime) -> int:
    """Create the deliveries that subscriptions are owed and move their cursors; returns how many were created.

    A new subscription gets its three newest stories once all its sources have been tried and at least one answered; all
    that is older is only stored. After that every new story is owed, once a chat.
    """
    created = 0
    for subscription_id, chat_id in connection.execute(_ready_for_first_contact()).all():
        created += _owe(connection, chat_id, now, _newest(subscription_id))
        connection.execute(update(subscription).where(subscription.c.id == subscription_id).values(contacted_at=now))
        _read_to_the_end(connection, subscription_id)
    for subscription_id, chat_id in connection.execute(_with_unread_entries()).all():
        created += _owe(connection, chat_id, now, _unread(subscription_id))
        _read_to_the_end(connection, subscription_id)
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
    unread = (
        select(literal(1))
        .where(
            _READS, entry.c.source_id == subscription_cursor.c.source_id, entry.c.id > subscription_cursor.c.entry_id
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


def _unread(subscription_id: int) -> Select[int]:
    """Stories with an unread entry and none that was read: a source that tells an old story again owes nothing."""
    theirs = and_(
        subscription_cursor.c.subscription_id == subscription_id,
        entry.c.source_id == subscription_cursor.c.source_id,
    )
    unread = entry.c.id > subscription_cursor.c.entry_id
    fresh = select(entry.c.story_id).where(theirs, unread, _for_its_readers(subscription_id))
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
    rows = select(chosen.c.id, literal(chat_id), literal(State.WAITING.value), _bound(now), _bound(now))
    result = connection.execute(
        upsert(delivery)
        .from_select(["story_id", "chat_id", "state", "created_at", "next_try_at"], rows.where(~has_part.exists()))
        .on_conflict_do_nothing(index_elements=["story_id", "chat_id"])
    )
    return result.rowcount


def _bound(at: datetime):  # type: ignore[no-untyped-def]  # SQLAlchemy's own type for this is private
    return literal(at, type_=delivery.c.created_at.type)


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


# --- attempts --------------------------------------------------------------------------------------------------------


def chats_waiting(connection: Connection, platforms: Sequence[str], now: datetime) -> list[int]:
    """Chats on these platforms with a delivery due."""
    rows = connection.execute(
        select(delivery.c.chat_id)
        .join(chat, chat.c.id == delivery.c.chat_id)
        .where(
            delivery.c.state == State.WAITING,
            delivery.c.next_try_at <= now,
            chat.c.paused.is_(None),
            chat.c.platform.in_(platforms),
        )
        .distinct()
    )
    return [chat_id for (chat_id,) in rows]


def begin_next(connection: Connection, chat_id: int, now: datetime) -> Outgoing | None:
    """Mark the chat's next due delivery as being sent and return it; None when there is none. Oldest story first."""
    row = connection.execute(
        select(
            delivery.c.id,
            delivery.c.attempts,
            chat.c.platform,
            chat.c.native_id,
            chat.c.topic,
            chat.c.language,
            *story_columns(),
        )
        .join(chat, chat.c.id == delivery.c.chat_id)
        .join(story, story.c.id == delivery.c.story_id)
        .where(
            delivery.c.chat_id == chat_id,
            delivery.c.state == State.WAITING,
            delivery.c.next_try_at <= now,
            chat.c.paused.is_(None),
            chat.c.language.is_not(None),
        )
        .order_by(story.c.sorted_at, story.c.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    attempts = row[1] + 1
    connection.execute(
        update(delivery)
        .where(delivery.c.id == row[0])
        .values(state=State.SENDING, attempts=attempts, attempted_at=now, problem=None)
    )
    return Outgoing(
        id=row[0],
        chat_id=chat_id,
        chat=ChatRef(row.platform, row.native_id, row.topic),
        language=row.language,
        story=story_from(row),
        attempts=attempts,
    )


def mark_posted(
    connection: Connection, delivery_id: int, message: MessageRef, language: str, revision: int, now: datetime
) -> None:
    """The platform confirmed it. ``language`` and ``revision`` tell what the post shows."""
    _drop_guess(connection, delivery_id, message)
    connection.execute(
        upsert(post)
        .values(
            platform=message.chat.platform,
            native_chat=message.chat.id,
            message_id=message.id,
            delivery_id=delivery_id,
            mirror=False,
        )
        .on_conflict_do_nothing()
    )
    connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state != State.CLOSED)
        .values(
            state=State.POSTED,
            posted_at=func.coalesce(delivery.c.posted_at, _bound(now)),
            shown_revision=revision,
            shown_language=language,
            problem=None,
        )
    )


def _drop_guess(connection: Connection, delivery_id: int, message: MessageRef) -> None:
    """Forget another message that a copy made us take for this post. A press would have proven it."""
    known = select(post.c.native_chat, post.c.message_id).where(
        post.c.delivery_id == delivery_id, post.c.mirror.is_(False)
    )
    others = [row for row in connection.execute(known).all() if tuple(row) != (message.chat.id, message.id)]
    pressed = select(fact.c.seq).where(fact.c.delivery_id == delivery_id, fact.c.token == PRESS)
    if others and connection.execute(pressed.limit(1)).first() is None:
        connection.execute(delete(post).where(post.c.delivery_id == delivery_id))


def put_back(connection: Connection, delivery_id: int, next_try_at: datetime, problem: Phrase | None) -> None:
    """The attempt surely had no effect: it waits again."""
    connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state == State.SENDING)
        .values(state=State.WAITING, next_try_at=next_try_at, problem=problem and phrase_to_json(problem))
    )


def give_up(connection: Connection, delivery_id: int, state: State, problem: Phrase) -> None:
    """FAILED or UNCONFIRMED: it is never sent again by itself."""
    connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state == State.SENDING)
        .values(state=state, problem=phrase_to_json(problem))
    )


def cut_off(connection: Connection, platforms: Sequence[str], now: datetime) -> list[CutOff]:
    """Deliveries marked as being sent and due to be looked for; the caller knows in which chats something really is."""
    rows = connection.execute(
        select(delivery.c.id, delivery.c.chat_id, delivery.c.attempts, chat.c.platform, chat.c.native_id, chat.c.topic)
        .join(chat, chat.c.id == delivery.c.chat_id)
        .where(delivery.c.state == State.SENDING, delivery.c.next_try_at <= now, chat.c.platform.in_(platforms))
        .order_by(delivery.c.id)
    )
    return [CutOff(row.id, row.chat_id, ChatRef(row.platform, row.native_id, row.topic), row.attempts) for row in rows]


def is_cut_off(connection: Connection, cut: CutOff) -> bool:
    """Whether that attempt still has no end: its sender may have come to one since it was read."""
    found = select(literal(1)).where(
        delivery.c.id == cut.id, delivery.c.state == State.SENDING, delivery.c.attempts == cut.attempts
    )
    return connection.execute(found).first() is not None


def look_later(connection: Connection, delivery_id: int, at: datetime) -> None:
    """It can't be found out now whether the attempt arrived."""
    connection.execute(
        update(delivery).where(delivery.c.id == delivery_id, delivery.c.state == State.SENDING).values(next_try_at=at)
    )


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A post that may or may not be there, for the operator to look."""

    platform: str
    native_id: str
    title: str
    attempted_at: datetime


def unconfirmed(connection: Connection) -> list[Unconfirmed]:
    """All posts whose arrival nothing has confirmed."""
    rows = connection.execute(
        select(chat.c.platform, chat.c.native_id, story.c.title, delivery.c.attempted_at)
        .join(chat, chat.c.id == delivery.c.chat_id)
        .join(story, story.c.id == delivery.c.story_id)
        .where(delivery.c.state == State.UNCONFIRMED)
        .order_by(delivery.c.id)
    )
    return [Unconfirmed(*row) for row in rows]


# --- seeds -----------------------------------------------------------------------------------------------------------


def unseeded(connection: Connection, platforms: Sequence[str], since: datetime, limit: int) -> list[Posted]:
    """Posts made since then whose ballot emoji we have not put under them yet, newest first."""
    rows = connection.execute(
        select(delivery.c.id, post.c.platform, post.c.native_chat, chat.c.topic, post.c.message_id)
        .join(post, and_(post.c.delivery_id == delivery.c.id, post.c.mirror.is_(False)))
        .join(chat, chat.c.id == delivery.c.chat_id)
        .where(
            delivery.c.state == State.POSTED,
            delivery.c.seeded.is_(False),
            delivery.c.posted_at >= since,
            chat.c.platform.in_(platforms),
            chat.c.paused.is_(None),
        )
        .order_by(delivery.c.posted_at.desc())
        .limit(limit)
    )
    return [Posted(row[0], MessageRef(ChatRef(row[1], row[2], row[3]), row[4])) for row in rows]


def mark_seeded(connection: Connection, delivery_id: int) -> None:
    """The ballot emoji stand under the post, or can't be put there."""
    connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(seeded=True))
