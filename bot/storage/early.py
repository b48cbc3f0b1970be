"""Events about messages that we don't know yet: kept for a day, taken out once their message is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Text, bindparam, delete, func, insert, or_, select

from bot.events import (
    Added,
    ButtonPressed,
    Change,
    Cleared,
    PostMirrored,
    ReactionsChanged,
    ReactionsCounted,
    ReactionsRead,
    Removed,
    WholeSet,
)
from bot.model import Actor, ChatRef, MessageRef, Span
from bot.storage.hot import Hot, element
from bot.storage.keys import among, as_json
from bot.storage.tables import chat, delivery, early_event, post

EarlyEvent: TypeAlias = ReactionsChanged | ReactionsCounted | ButtonPressed | PostMirrored
"""What can be heard of a message before it is known."""
VoteEvent: TypeAlias = EarlyEvent | ReactionsRead
"""What the tally listens to. A ButtonPressed must be of a vote button."""

MessageKey: TypeAlias = tuple[str, str, str]
"""Platform, the chat's native id, message id: a topic takes no part in a message's identity."""

KEPT_FOR = timedelta(days=1)


def message_key(message: MessageRef) -> MessageKey:
    """What identifies a message."""
    return (message.chat.platform, message.chat.id, message.id)


def about(event: VoteEvent) -> MessageRef:
    """The message that must be known before the event can count."""
    return event.original if isinstance(event, PostMirrored) else event.message


def chats_of(event: ReactionsChanged | ButtonPressed) -> set[tuple[str, str]]:
    """The chats (platform, native id) in which the platform says that it happened: a thread, and the forum around."""
    return {(ref.platform, ref.id) for ref in (event.message.chat, event.within) if ref is not None}


_K = func.json_each(bindparam("keys", type_=Text)).table_valued("key", "value", name="k")
_PLATFORM, _CHAT, _MESSAGE, _WITHIN = (element(_K.c.value, place) for place in range(4))

_ANY = Hot(select(select(early_event.c.id).exists()))
_OF_MESSAGES = Hot(
    select(early_event.c.id, early_event.c.payload)
    .join_from(
        _K,
        early_event,
        (early_event.c.platform == _PLATFORM)
        & (early_event.c.native_chat == _CHAT)
        & (early_event.c.message_id == _MESSAGE),
    )
    .order_by(early_event.c.id),
    "keys",
)

_DROP = Hot(delete(early_event).where(early_event.c.id == bindparam("row")), "row")

_COPIES = (
    select(early_event.c.payload)
    .where(
        early_event.c.mirror_chat > "",
        select(delivery.c.id)
        .join(chat, chat.c.id == delivery.c.chat_id)
        .where(
            chat.c.platform == early_event.c.platform,
            chat.c.native_id == early_event.c.native_chat,
            delivery.c.state == "unconfirmed",
        )
        .exists(),
    )
    .order_by(early_event.c.id)
)

# Only what may become a post of ours is worth keeping: in a chat where an attempt's end isn't known yet, and on a copy
# of such a message. All else that members react to is none of our business.
_MAY_BECOME_KNOWN = (
    select(_K.c.key)
    .select_from(_K)
    .where(
        or_(
            select(delivery.c.id)
            .join(chat, chat.c.id == delivery.c.chat_id)
            .where(
                chat.c.platform == _PLATFORM,
                chat.c.native_id.in_((_CHAT, _WITHIN)),
                delivery.c.state.in_(("waiting", "sending", "unconfirmed")),
                delivery.c.attempts > 0,
            )
            .exists(),
            select(early_event.c.id)
            .where(early_event.c.mirror_chat == _CHAT, early_event.c.mirror_id == _MESSAGE)
            .exists(),
        )
    )
)


def keep(connection: Connection, events: Sequence[EarlyEvent], now: datetime) -> list[bool]:
    """Keep those events whose message may yet turn out to be ours; tells of each whether it was kept."""
    keys = [message_key(about(event)) for event in events]
    asked = [(*key, _within(event)) for key, event in zip(keys, events, strict=True)]
    promising = set(connection.execute(_MAY_BECOME_KNOWN, {"keys": as_json(asked)}).scalars())
    mirrors: set[MessageKey] = set()
    kept = []
    for index, (key, event) in enumerate(zip(keys, events, strict=True)):
        kept.append(index in promising or key in mirrors)
        if kept[-1] and isinstance(event, PostMirrored):
            mirrors.add(message_key(event.mirror))
    rows = [_row(key, event, now) for key, event, keeps in zip(keys, events, kept, strict=True) if keeps]
    if rows:
        connection.execute(insert(early_event), rows)
    return kept


def _within(event: EarlyEvent) -> str | None:
    within = event.within if isinstance(event, ReactionsChanged | ButtonPressed) else None
    return None if within is None else within.id


def take(connection: Connection, messages: Iterable[MessageKey]) -> list[EarlyEvent]:
    """Remove and return what was kept for these messages, in the order in which it was heard."""
    if _ANY.all(connection) == [(0,)]:  # nearly always
        return []
    rows = _OF_MESSAGES.all(connection, as_json(messages))
    _DROP.many(connection, [(row_id,) for row_id, _ in rows])
    return [_event(json.loads(payload)) for _, payload in rows]


def copies(connection: Connection) -> list[EarlyEvent]:
    """What was kept of copies in chats where it isn't known of an attempt whether it arrived. It stays kept."""
    if _ANY.all(connection) == [(0,)]:
        return []
    return [_event(payload) for payload in connection.execute(_COPIES).scalars()]


def known_since(connection: Connection, limit: int) -> list[MessageKey]:
    """Messages for which something is still kept although they are known by now."""
    rows = connection.execute(
        select(post.c.platform, post.c.native_chat, post.c.message_id)
        .join_from(
            early_event,
            post,
            (post.c.platform == early_event.c.platform)
            & (post.c.native_chat == early_event.c.native_chat)
            & (post.c.message_id == early_event.c.message_id),
        )
        .distinct()
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def forget(connection: Connection, now: datetime) -> None:
    """Drop what was kept for too long."""
    connection.execute(delete(early_event).where(early_event.c.heard_at < now - KEPT_FOR))


def of_voter(connection: Connection, actor: Actor) -> list[dict[str, Any]]:
    """What is kept of a voter, in the order in which it was heard."""
    return [row.payload for row in _of_voter(connection, actor)]


def _of_voter(connection: Connection, actor: Actor) -> Sequence[Row[Any, Any]]:
    whose = early_event.c.payload["voter"]
    found = select(early_event.c.id, early_event.c.payload).order_by(early_event.c.id)
    found = found.where(whose[0].as_string() == actor.platform, whose[1].as_string() == actor.id)
    return connection.execute(found).all()


def forget_voter(connection: Connection, actor: Actor) -> list[tuple[MessageKey, str]]:
    """Drop what was kept of a voter; returns the reactions that it would have left."""
    rows = _of_voter(connection, actor)
    connection.execute(delete(early_event).where(early_event.c.id.in_(among([row.id for row in rows]))))
    reactions: dict[MessageKey, set[str]] = {}
    for row in rows:
        event = _event(row.payload)
        if isinstance(event, ReactionsChanged):
            on = reactions.setdefault(message_key(event.message), set())
            match event.change:
                case WholeSet(emoji=emoji):
                    on.clear()
                    on.update(emoji)
                case Added(emoji=one):
                    on.add(one)
                case Removed(emoji=one):
                    on.discard(one)
    return [(message, one) for message, emoji in reactions.items() for one in sorted(emoji)]


def _row(key: MessageKey, event: EarlyEvent, now: datetime) -> dict[str, Any]:
    mirror = message_key(event.mirror) if isinstance(event, PostMirrored) else (None, None, None)
    return {
        "platform": key[0],
        "native_chat": key[1],
        "message_id": key[2],
        "mirror_chat": mirror[1],
        "mirror_id": mirror[2],
        "payload": _payload(event),
        "heard_at": now,
    }


# --- events as JSON --------------------------------------------------------------------------------------------------

_SINGLE: dict[str, type[Added] | type[Removed]] = {"added": Added, "removed": Removed}


def _payload(event: EarlyEvent) -> dict[str, Any]:
    match event:
        case ReactionsChanged(message=message, voter=voter, change=change):
            return {"message": _message(message), "voter": _actor(voter), **_change(change)}
        case ReactionsCounted(message=message, totals=totals):
            return {"message": _message(message), "totals": dict(totals)}
        case ButtonPressed(message=message, actor=actor, button=button, event_id=event_id, carried=carried):
            pressed = {"button": button, "event": event_id, "carried": carried}
            return {"message": _message(message), "voter": _actor(actor), **pressed}
        case PostMirrored(original=original, mirror=mirror, headline=headline):
            told = headline and [headline.text, headline.url]
            return {"message": _message(original), "mirror": _message(mirror), "headline": told}


def _event(payload: dict[str, Any]) -> EarlyEvent:
    message = _message_from(payload["message"])
    if "mirror" in payload:
        told = payload.get("headline")
        headline = told and Span(told[0], url=told[1])
        return PostMirrored(message, _message_from(payload["mirror"]), headline)
    if "totals" in payload:
        return ReactionsCounted(message, payload["totals"])
    voter = payload["voter"] and Actor(*payload["voter"])
    if "button" in payload:
        return ButtonPressed(message, voter, payload["button"], payload["event"], carried=payload.get("carried"))
    return ReactionsChanged(message, voter, _change_from(payload))


def _change(change: Change) -> dict[str, Any]:
    match change:
        case WholeSet(emoji=emoji):
            return {"change": "set", "emoji": list(emoji)}
        case Added(emoji=one):
            return {"change": "added", "emoji": one}
        case Removed(emoji=one):
            return {"change": "removed", "emoji": one}
        case Cleared(emoji=which):
            return {"change": "cleared", "emoji": which}


def _change_from(payload: dict[str, Any]) -> Change:
    kind, emoji = payload["change"], payload["emoji"]
    if kind == "set":
        return WholeSet(tuple(emoji))
    if kind == "cleared":
        return Cleared(emoji)
    return _SINGLE[kind](emoji)


def _message(message: MessageRef) -> list[str]:
    return [message.chat.platform, message.chat.id, message.chat.topic, message.id]


def _message_from(parts: list[str]) -> MessageRef:
    return MessageRef(ChatRef(parts[0], parts[1], parts[2]), parts[3])


def _actor(actor: Actor | None) -> list[str] | None:
    return None if actor is None else [actor.platform, actor.id]
