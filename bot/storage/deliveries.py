"""Deliveries and posts: what became of each attempt to bring a story to a chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, delete, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model import ChatRef, MessageRef, Phrase, Story, Translation
from bot.storage.phrases import phrase_to_json
from bot.storage.plan import PRESS
from bot.storage.story_rows import story_columns, story_from
from bot.storage.tables import UtcDateTime, chat, delivery, fact, post, story, translation
from bot.storage.translated import ITS_TRANSLATION, translation_columns, translation_from


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENDING = "sending"
    """Marked when it leaves, after all waiting; found after a restart, it tells that the attempt was cut off."""
    POSTED = "posted"
    UNCONFIRMED = "unconfirmed"
    """It may or may not have arrived, and there is no way to find out but a member's press."""
    FAILED = "failed"
    """Given up: the platform refuses it for what it is, or nothing has told in time whether it arrived."""
    CLOSED = "closed"
    """Posted, and voting has ended."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery to be attempted, as it was found."""

    id: int
    chat_id: int
    chat: ChatRef
    language: str
    timezone: str | None
    """The chat's own; None: that of its language."""
    story: Story
    attempts: int
    """Including the one to come."""
    translation: Translation | None = None
    """None: the story's own words."""


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


HOLD = timedelta(seconds=60)
"""A post waits for its translation no longer than this, unless the operator says otherwise."""


# --- attempts --------------------------------------------------------------------------------------------------------


def chats_waiting(connection: Connection, platforms: Sequence[str], now: datetime, hold: timedelta = HOLD) -> list[int]:
    """Chats on these platforms with a delivery due."""
    rows = connection.execute(
        select(delivery.c.chat_id)
        .join(chat, chat.c.id == delivery.c.chat_id)
        .outerjoin(translation, ITS_TRANSLATION)
        .where(
            delivery.c.state == State.WAITING,
            delivery.c.next_try_at <= now,
            chat.c.paused.is_(None),
            chat.c.platform.in_(platforms),
            _not_held(now - hold),
        )
        .distinct()
    )
    return [chat_id for (chat_id,) in rows]


def _not_held(asked_before: datetime) -> ColumnElement[bool]:
    """It doesn't wait for its translation (any more)."""
    return or_(
        translation.c.state.is_(None),
        translation.c.state != "waiting",
        translation.c.title.is_not(None),
        translation.c.asked_at <= asked_before,
    )


def next_due(connection: Connection, chat_id: int, now: datetime, hold: timedelta = HOLD) -> Outgoing | None:
    """The chat's delivery that is to be sent next; None when there is none. Oldest story first, but one that waits for
    its translation holds no other up."""
    row = connection.execute(
        select(
            delivery.c.id,
            delivery.c.attempts,
            chat.c.platform,
            chat.c.native_id,
            chat.c.topic,
            chat.c.language,
            chat.c.timezone,
            *story_columns(),
            *translation_columns(),
        )
        .join(chat, chat.c.id == delivery.c.chat_id)
        .join(story, story.c.id == delivery.c.story_id)
        .outerjoin(translation, ITS_TRANSLATION)
        .where(
            delivery.c.chat_id == chat_id,
            delivery.c.state == State.WAITING,
            delivery.c.next_try_at <= now,
            chat.c.paused.is_(None),
            chat.c.language.is_not(None),
            _not_held(now - hold),
        )
        .order_by(story.c.sorted_at, story.c.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    return Outgoing(
        id=row[0],
        chat_id=chat_id,
        chat=ChatRef(row.platform, row.native_id, row.topic),
        language=row.language,
        timezone=row.timezone,
        story=story_from(row),
        attempts=row[1] + 1,
        translation=translation_from(row),
    )


def leave(connection: Connection, out: Outgoing, clock: Callable[[], datetime], latest: datetime) -> bool:
    """Mark a delivery as being sent. False, and nothing is marked, when it isn't wanted any more as it was found, or
    when the time is past ``latest``: a transaction may have to wait for others before it can begin."""
    now = clock()
    if now > latest:
        return False
    as_found = (
        select(literal(1))
        .where(
            chat.c.id == delivery.c.chat_id,
            chat.c.paused.is_(None),
            chat.c.platform == out.chat.platform,
            chat.c.native_id == out.chat.id,
            chat.c.topic == out.chat.topic,
            chat.c.language == out.language,
            delivery.c.story_id == out.story.id,  # a merge may have given it to another one
            story.c.id == delivery.c.story_id,
            story.c.revision == out.story.revision,
        )
        .exists()
    )
    result = connection.execute(
        update(delivery)
        .where(delivery.c.id == out.id, delivery.c.state == State.WAITING, as_found)
        .values(state=State.SENDING, attempts=out.attempts, attempted_at=now, problem=None)
    )
    return result.rowcount == 1


def come_back(connection: Connection, out: Outgoing) -> None:
    """The platform refused one request for it, and another one will be tried."""
    connection.execute(
        update(delivery).where(delivery.c.id == out.id, delivery.c.state == State.SENDING).values(state=State.WAITING)
    )


def mark_posted(
    connection: Connection,
    delivery_id: int,
    message: MessageRef,
    language: str,
    revision: int,
    now: datetime,
    *,
    timezone: str | None = None,
    translated: int = 0,
) -> None:
    """The platform confirmed it. ``language``, ``revision``, ``timezone`` (the chat's own) and ``translated`` (the
    translation's version) tell what the post shows."""
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
            posted_at=func.coalesce(delivery.c.posted_at, literal(now, UtcDateTime)),
            shown_revision=revision,
            shown_language=language,
            shown_timezone=timezone,
            shown_translation=translated,
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


_UNENDED = delivery.c.state.in_((State.WAITING, State.SENDING))
"""An attempt can come to its end before it has left."""


def put_back(
    connection: Connection, delivery_id: int, attempts: int, next_try_at: datetime, problem: Phrase | None
) -> None:
    """The last of so many attempts surely had no effect: it waits again."""
    connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, _UNENDED)
        .values(
            state=State.WAITING,
            attempts=attempts,
            next_try_at=next_try_at,
            problem=problem and phrase_to_json(problem),
        )
    )


def give_up(connection: Connection, delivery_id: int, state: State, problem: Phrase) -> None:
    """FAILED or UNCONFIRMED: it is never sent again by itself."""
    connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, _UNENDED)
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


def attempted_at(connection: Connection, delivery_id: int) -> datetime | None:
    """When its last attempt was made."""
    return connection.execute(select(delivery.c.attempted_at).where(delivery.c.id == delivery_id)).scalar()


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


# --- the end of voting where no edit can tell of it -------------------------------------------------------------------

PATIENCE = timedelta(days=7)
"""How long the closing edit of a post may wait for a platform that is out of reach, or for anything else."""


def close_silently(connection: Connection, open_after: datetime, reachable: Sequence[str]) -> None:
    """End what is too old to be voted on where nobody can be told: in chats that we have left or that are paused, on
    platforms other than these, and wherever an edit has been owed for too long. There, what still waits to be posted
    is no news any more. What nothing has confirmed in all this time counts as not posted."""
    gone = select(chat.c.id).where(or_(chat.c.paused.is_not(None), chat.c.platform.not_in(reachable)))
    out_of_reach = delivery.c.chat_id.in_(gone)

    def too_old(since: ColumnElement[datetime]) -> ColumnElement[bool]:
        return or_(and_(since <= open_after, out_of_reach), since <= open_after - PATIENCE)

    connection.execute(
        update(delivery)
        # Nothing is sent before its time: that narrows it to an end of the index.
        .where(delivery.c.state == State.POSTED, delivery.c.next_try_at <= open_after, too_old(delivery.c.posted_at))
        .values(state=State.CLOSED)
    )
    connection.execute(
        delete(delivery).where(delivery.c.state == State.WAITING, delivery.c.created_at <= open_after, out_of_reach)
    )
    connection.execute(
        update(delivery)
        .where(delivery.c.state.in_((State.SENDING, State.UNCONFIRMED)), delivery.c.attempted_at <= open_after)
        .values(state=State.FAILED)
    )


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
