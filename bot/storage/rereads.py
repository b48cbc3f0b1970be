"""Posts whose reactions have to be asked for again: in which chats they are, and what we count on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, literal, select, tuple_

from bot.model import ChatRef, MessageRef
from bot.storage import ledger
from bot.storage.plan import PRESS
from bot.storage.standing import OPEN
from bot.storage.tables import UtcDateTime, chat, delivery, fact, post

PAGE = 8
"""Few, because of every chat that has to be asked about one page is in memory."""


@dataclass(frozen=True, slots=True)
class OpenPost:
    """A post that can be voted on."""

    delivery_id: int
    message: MessageRef
    place: tuple[datetime, int]
    """Where the page after it begins."""


@dataclass(frozen=True, slots=True)
class Missed:
    """What was not told of some chats until now."""

    order: int
    """That of the facts, among all others."""
    chats: tuple[str, ...]
    """Native ids of those with open posts, the one with the newest first."""


def begin(connection: Connection, platform: str, within: ChatRef | None, open_after: datetime) -> Missed:
    """Note that until now nothing was told of a platform, or ``within`` one chat (without a topic: in all of them).

    In one transaction, so that what is heard from now on is newer. Open are posts made later than ``open_after``.
    """
    concerned = _CHATS.where(chat.c.platform == platform)
    if within is not None:
        concerned = concerned.where(chat.c.native_id == within.id)
        concerned = concerned.where(chat.c.topic == within.topic) if within.topic else concerned
    found = connection.execute(concerned, {"open_after": open_after}).scalars()
    return Missed(ledger.take_order(connection), tuple(found))


def page(
    connection: Connection,
    platform: str,
    native_chat: str,
    before: tuple[datetime, int] | None,
    open_after: datetime,
    *,
    voted: bool,
) -> list[OpenPost]:
    """The next open posts in a chat, newest first; ``voted``: those of them on which reactions of members stand."""
    here = _OPEN_POSTS.where(post.c.platform == platform, post.c.native_chat == native_chat)
    if before is not None:
        here = here.where(_comes_after(before))
    if voted:
        here = here.where(_voted())
    return [_open_post(row) for row in connection.execute(here.limit(PAGE), {"open_after": open_after})]


def still_open(connection: Connection, delivery_id: int, open_after: datetime) -> OpenPost | None:
    """The post of a delivery; None when it can't be voted on, or its chat is paused."""
    row = connection.execute(_OPEN_POSTS.where(delivery.c.id == delivery_id), {"open_after": open_after}).first()
    return None if row is None else _open_post(row)


def found_late(connection: Connection, delivery_id: int, open_after: datetime) -> OpenPost | None:
    """The post of a delivery; None when we knew it from the moment at which it was sent."""
    of_delivery = _OPEN_POSTS.where(delivery.c.id == delivery_id, delivery.c.shown_revision == 0)
    row = connection.execute(of_delivery, {"open_after": open_after}).first()
    return None if row is None else _open_post(row)


def counted(connection: Connection, delivery_id: int) -> dict[str, int]:
    """How many voters have each emoji standing on a post."""
    rows = connection.execute(
        select(fact.c.token, func.count())
        .where(fact.c.delivery_id == delivery_id, fact.c.token != PRESS)
        .group_by(fact.c.token)
    )
    return {row[0]: row[1] for row in rows}


# --- statements ------------------------------------------------------------------------------------------------------

_copy = post.alias("copy")
# A fact says on which delivery it stands, not on which message: of a post with a copy none could be told missing.
_ASKABLE = (
    OPEN,
    delivery.c.posted_at > bindparam("open_after", type_=UtcDateTime),
    chat.c.paused.is_(None),
    ~select(_copy.c.delivery_id).where(_copy.c.delivery_id == delivery.c.id, _copy.c.mirror).exists(),
)
_CHATS = (
    select(post.c.native_chat)
    .join(delivery, delivery.c.id == post.c.delivery_id)
    .join(chat, chat.c.id == delivery.c.chat_id)
    .where(*_ASKABLE)
    .group_by(post.c.native_chat)
    .order_by(func.max(delivery.c.next_try_at).desc())
)
_OPEN_POSTS = (
    select(delivery.c.id, delivery.c.next_try_at, post.c.platform, post.c.native_chat, chat.c.topic, post.c.message_id)
    .join(post, post.c.delivery_id == delivery.c.id)
    .join(chat, chat.c.id == delivery.c.chat_id)
    .where(*_ASKABLE)
    .order_by(delivery.c.next_try_at.desc(), delivery.c.id.desc())
)


def _voted() -> ColumnElement[bool]:
    return select(fact.c.delivery_id).where(fact.c.delivery_id == delivery.c.id, fact.c.token != PRESS).exists()


def _comes_after(place: tuple[datetime, int]) -> ColumnElement[bool]:
    at, delivery_id = place
    return tuple_(delivery.c.next_try_at, delivery.c.id) < tuple_(literal(at, UtcDateTime), literal(delivery_id))


def _open_post(row: Any) -> OpenPost:
    message = MessageRef(ChatRef(row.platform, row.native_chat, row.topic), row.message_id)
    return OpenPost(row.id, message, (row.next_try_at, row.id))
