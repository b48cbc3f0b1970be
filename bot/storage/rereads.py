"""Posts whose reactions have to be asked for again: in which chats they are, and what we count on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, literal, select, tuple_

from bot.model import ChatRef, MessageRef, Phrase
from bot.storage import chats
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


def chats_of(connection: Connection, platform: str, open_after: datetime) -> list[str]:
    """Native ids of the chats with posts made later than that, the one with the newest first."""
    concerned = _CHATS.where(chat.c.platform == platform)
    return list(connection.execute(concerned, {"open_after": open_after}).scalars())


def chats_in(connection: Connection, ref: ChatRef, open_after: datetime) -> list[str]:
    """The same of those (threads, for example) that belong to one chat; without a topic, to all of its topics."""
    own = select(chat.c.id).where(chat.c.platform == ref.platform, chat.c.native_id == ref.id)
    own = own.where(chat.c.topic == ref.topic) if ref.topic else own
    concerned = _CHATS.where(delivery.c.chat_id.in_(own))
    return list(connection.execute(concerned, {"open_after": open_after}).scalars())


def paused_otherwise(connection: Connection, platform: str, reason: Phrase) -> list[ChatRef]:
    """The chats of a platform that are paused for another reason than this one."""
    known = [chats.by_ref(connection, ref) for ref in chats.paused(connection, platform)]
    return [one.ref for one in known if one is not None and one.paused != reason]


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
    here = _PAGE if before is None else _PAGE.where(_comes_after(before))
    if voted:
        here = here.where(_voted())
    values = {"platform": platform, "native_chat": native_chat, "open_after": open_after}
    return [_open_post(row) for row in connection.execute(here, values)]


def still_open(connection: Connection, delivery_id: int, open_after: datetime) -> OpenPost | None:
    """The post of a delivery; None when it can't be voted on, or its chat is paused."""
    row = connection.execute(_OF_DELIVERY, {"delivery": delivery_id, "open_after": open_after}).first()
    return None if row is None else _open_post(row)


def found_late(connection: Connection, delivery_id: int, open_after: datetime) -> OpenPost | None:
    """The post of a delivery; None when we knew it from the moment at which it was sent."""
    late = _OF_DELIVERY.where(delivery.c.shown_revision == 0)
    row = connection.execute(late, {"delivery": delivery_id, "open_after": open_after}).first()
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
    delivery.c.posted_at > bindparam("open_after", type_=UtcDateTime),
    chat.c.paused.is_(None),
    ~select(_copy.c.delivery_id).where(_copy.c.delivery_id == delivery.c.id, _copy.c.mirror).exists(),
)
_CHATS = (
    select(post.c.native_chat)
    .join(delivery, delivery.c.id == post.c.delivery_id)
    .join(chat, chat.c.id == delivery.c.chat_id)
    .where(OPEN, *_ASKABLE)
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
_OF_DELIVERY = _OPEN_POSTS.where(delivery.c.id == bindparam("delivery"), OPEN)
# The state is compared without its index, which would lead through the open posts of all chats.
_PAGE = _OPEN_POSTS.where(
    post.c.platform == bindparam("platform"),
    post.c.native_chat == bindparam("native_chat"),
    delivery.c.state + "" == "posted",
).limit(PAGE)


def _voted() -> ColumnElement[bool]:
    return select(fact.c.delivery_id).where(fact.c.delivery_id == delivery.c.id, fact.c.token != PRESS).exists()


def _comes_after(place: tuple[datetime, int]) -> ColumnElement[bool]:
    at, delivery_id = place
    return tuple_(delivery.c.next_try_at, delivery.c.id) < tuple_(literal(at, UtcDateTime), literal(delivery_id))


def _open_post(row: Any) -> OpenPost:
    message = MessageRef(ChatRef(row.platform, row.native_chat, row.topic), row.message_id)
    return OpenPost(row.id, message, (row.next_try_at, row.id))
