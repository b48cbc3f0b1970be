"""Which messages are posts of ours, and how one becomes known by what the platform tells."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, bindparam, func, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.events import ButtonPressed, PostMirrored
from bot.model import Span, parse_vote_button
from bot.storage.early import MessageKey, VoteEvent, chats_of, message_key
from bot.storage.hot import Hot, element, stored
from bot.storage.keys import as_json
from bot.storage.tables import UtcDateTime, chat, delivery, post, story
from bot.text import sendable


class KnownPost(NamedTuple):
    """What a message is, as far as votes are concerned."""

    delivery: int
    ledger: int
    """The account of votes of its story."""
    chat: int
    shared: bool
    """Whether the chat's votes count toward everywhere."""
    open: bool
    """Whether it can be voted on."""
    mirror: bool


_KEYS = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")
_FIND = Hot(
    select(
        post.c.platform,
        post.c.native_chat,
        post.c.message_id,
        delivery.c.id,
        story.c.ledger_id,
        delivery.c.chat_id,
        chat.c.shares_votes,
        (delivery.c.state != literal_column("'closed'"))
        & func.coalesce(delivery.c.posted_at > bindparam("open_after"), literal_column("1")),
        post.c.mirror,
    )
    .select_from(_KEYS)
    .join(
        post,
        (post.c.platform == element(_KEYS.c.value, 0))
        & (post.c.native_chat == element(_KEYS.c.value, 1))
        & (post.c.message_id == element(_KEYS.c.value, 2)),
    )
    .join(delivery, delivery.c.id == post.c.delivery_id)
    .join(story, story.c.id == delivery.c.story_id)
    .join(chat, chat.c.id == delivery.c.chat_id),
    "open_after",
    "keys",
)
# Attempts of which we don't know whether they arrived, by the delivery that a pressed button names.
_UNSETTLED = (
    select(delivery.c.id, chat.c.platform, chat.c.native_id)
    .select_from(_KEYS)
    .join(delivery, delivery.c.id == _KEYS.c.value)
    .join(chat, chat.c.id == delivery.c.chat_id)
    .where(delivery.c.state.in_(("sending", "unconfirmed")))
)
_UNSETTLED_IN = (
    select(delivery.c.id, story.c.title, story.c.url)
    .join(chat, chat.c.id == delivery.c.chat_id)
    .join(story, story.c.id == delivery.c.story_id)
    .where(
        chat.c.platform == bindparam("platform"),
        chat.c.native_id == bindparam("native_chat"),
        # One that is being sent may not have left yet, and a stranger's post can begin with the same words.
        delivery.c.state == "unconfirmed",
    )
)
_CONFIRM = (
    update(delivery)
    .where(delivery.c.id == bindparam("delivery"), delivery.c.state.in_(("sending", "unconfirmed")))
    .values(
        state="posted",
        problem=None,
        posted_at=func.coalesce(delivery.c.posted_at, delivery.c.attempted_at, bindparam("now", type_=UtcDateTime)),
    )
)


def find(connection: Connection, messages: Iterable[MessageKey], open_after: datetime) -> dict[MessageKey, KnownPost]:
    """Those of the messages that are posts, or the platform's copies of posts; open are those posted later."""
    rows = _FIND.all(connection, stored(open_after), as_json(messages))
    return {row[:3]: KnownPost(*row[3:]) for row in rows}


def of_delivery(connection: Connection, delivery_id: int) -> tuple[int | None, list[MessageKey]]:
    """The ledger of a delivery (None: there is none) and the messages that are it."""
    statement = select(story.c.ledger_id).join(delivery, delivery.c.story_id == story.c.id)
    ledger_id = connection.execute(statement.where(delivery.c.id == delivery_id)).scalar()
    rows = connection.execute(
        select(post.c.platform, post.c.native_chat, post.c.message_id).where(post.c.delivery_id == delivery_id)
    )
    return ledger_id, [(row[0], row[1], row[2]) for row in rows]


def learn(
    connection: Connection,
    batch: Sequence[VoteEvent],
    known: dict[MessageKey, KnownPost],
    now: datetime,
    open_after: datetime,
) -> list[KnownPost]:
    """Learn from presses and copies that an attempt did arrive, and which message copies which; adds to ``known``.

    Returns what is new.
    """
    learned = _pressed(connection, batch, known) | _copied(connection, batch, known)
    if learned:
        connection.execute(_CONFIRM, [{"delivery": delivery_id, "now": now} for delivery_id in learned.values()])
    rows = [_post_row(message, delivery_id, mirror=False) for message, delivery_id in learned.items()]
    known.update(_insert(connection, rows, open_after))
    mirrors = {
        message_key(event.mirror): original.delivery
        for event in batch
        if isinstance(event, PostMirrored)
        and (original := known.get(message_key(event.original))) is not None
        and message_key(event.mirror) not in known
    }
    rows = [_post_row(message, delivery_id, mirror=True) for message, delivery_id in mirrors.items()]
    known.update(_insert(connection, rows, open_after))
    return [known[message] for message in (*learned, *mirrors)]


def _pressed(connection: Connection, batch: Sequence[VoteEvent], known: Container[MessageKey]) -> dict[MessageKey, int]:
    """Presses on messages that we don't know, of buttons that only one unsettled delivery in that chat has.

    The message must have the button: a client can send any button's id with any message of ours.
    """
    pressed: dict[int, ButtonPressed] = {}
    for event in batch:
        if isinstance(event, ButtonPressed) and event.carried and message_key(event.message) not in known:
            vote = parse_vote_button(event.button)
            if vote is not None:
                pressed.setdefault(vote[0], event)
    if not pressed:
        return {}
    unsettled = connection.execute(_UNSETTLED, {"keys": as_json(pressed)}).all()
    return {
        message_key(pressed[row.id].message): row.id
        for row in unsettled
        if (row.platform, row.native_id) in chats_of(pressed[row.id])
    }


def _copied(connection: Connection, batch: Sequence[VoteEvent], known: Container[MessageKey]) -> dict[MessageKey, int]:
    """Copies of messages that we don't know, with title and address of only one unconfirmed delivery in that chat."""
    found: dict[MessageKey, int] = {}
    for event in batch:
        if not isinstance(event, PostMirrored) or event.headline is None or message_key(event.original) in known:
            continue
        where = event.original.chat
        rows = connection.execute(_UNSETTLED_IN, {"platform": where.platform, "native_chat": where.id})
        fits = [row.id for row in rows if row.url and _heads(event.headline, row.title, row.url)]
        if len(fits) == 1 and fits[0] not in found.values():
            found[message_key(event.original)] = fits[0]
    return found


def _heads(headline: Span, title: str, url: str) -> bool:
    same_words = headline.text.strip() == sendable(title, one_line=True).strip()
    return same_words and _address(headline.url or "") == _address(url)


def _address(url: str) -> tuple[str, str]:
    """Without what a platform may tidy in it: the scheme, the host's case, the slash of an empty path."""
    _, _, rest = url.strip().partition("://")
    host, _, path = rest.partition("/")
    return host.lower(), path


def _post_row(message: MessageKey, delivery_id: int, *, mirror: bool) -> dict[str, Any]:
    platform, native_chat, message_id = message
    return {
        "platform": platform,
        "native_chat": native_chat,
        "message_id": message_id,
        "delivery_id": delivery_id,
        "mirror": mirror,
    }


def _insert(connection: Connection, rows: list[dict[str, Any]], open_after: datetime) -> dict[MessageKey, KnownPost]:
    if not rows:
        return {}
    connection.execute(upsert(post).on_conflict_do_nothing(), rows)
    return find(connection, [(row["platform"], row["native_chat"], row["message_id"]) for row in rows], open_after)
