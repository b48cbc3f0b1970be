"""Raw updates → events. Pure; an update that isn't what the Bot API promises raises, and costs only itself.

Updates are read as JSON and not as the library's objects: one field that the library can't parse would cost a vote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.events import (
    ButtonPressed,
    ChatChanged,
    ChatDescribed,
    ChatJoined,
    ChatMigrated,
    CommandInvoked,
    Event,
    PostMirrored,
    ReactionsChanged,
    ReactionsCounted,
    WholeSet,
)
from bot.model import Actor, ChatKind, ChatRef, MessageRef, Span

PLATFORM = "telegram"
KINDS = ("message", "callback_query", "message_reaction", "message_reaction_count", "my_chat_member")
"""The updates that are asked for. Reactions come only when they are named; polls are not, some can't be parsed."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?:\s+(.*))?", re.DOTALL)
# Variation selectors and skin tones: the same reaction comes with and without.
_SHADES = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_PRESENT = ("creator", "administrator", "member")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ears:
    """What must be known of ourselves to understand what is said."""

    username: str
    commands: frozenset[str] = frozenset()
    """The names declared; in a group others are meant for other bots. Empty: take all."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event and how to answer it."""

    event: Event
    callback: str | None = None
    """The id of the button press, which must be answered."""
    message: int | None = None
    """The message that gave the command, to reply to."""
    answered: bool = False
    """It has come before and was answered; it comes again for the sake of others, which could not be stored."""
    late: bool = False
    """It was asked before a restart, so long ago that its chat has moved on."""
    update: Json = field(default_factory=dict, compare=False, repr=False)
    """What told of it."""


def normal(emoji: str) -> str:
    """The form in which an emoji is stored and compared."""
    return _SHADES.sub("", emoji)


def hear(update: Json, ears: Ears) -> list[Heard]:
    """What an update tells. Raises KeyError, TypeError or ValueError for one that can't be understood."""
    event_id = f"u{int(update['update_id'])}"
    if "message_reaction" in update:
        return _reaction(update["message_reaction"], event_id)
    if "message_reaction_count" in update:
        return _totals(update["message_reaction_count"], event_id)
    if "callback_query" in update:
        return _press(update["callback_query"])
    if "my_chat_member" in update:
        return _membership(update["my_chat_member"])
    if "message" in update:
        return _message(update["message"], event_id, ears)
    return []


# --- votes -----------------------------------------------------------------------------------------------------------


def _reaction(reaction: Json, event_id: str) -> list[Heard]:
    voter = _speaker(reaction.get("user"), reaction.get("actor_chat"))
    if voter is None:
        return []
    emoji = tuple(name for kind in reaction["new_reaction"] if (name := reaction_name(kind)))
    message = MessageRef(_chat_ref(reaction["chat"]), str(int(reaction["message_id"])))
    return [Heard(ReactionsChanged(message, voter, WholeSet(tuple(dict.fromkeys(emoji))), event_id))]


def _totals(counted: Json, event_id: str) -> list[Heard]:
    totals: dict[str, int] = {}
    for reaction in counted["reactions"]:
        if name := reaction_name(reaction["type"]):
            totals[name] = totals.get(name, 0) + int(reaction["total_count"])
    message = MessageRef(_chat_ref(counted["chat"]), str(int(counted["message_id"])))
    return [Heard(ReactionsCounted(message, totals, event_id))]


def reaction_name(kind: Json) -> str | None:
    """The normal form of a reaction; None for a paid one and for kinds that don't exist yet."""
    if kind["type"] == "emoji":
        return normal(kind["emoji"])
    if kind["type"] == "custom_emoji":
        return f"custom:{kind['custom_emoji_id']}"
    return None


def _press(query: Json) -> list[Heard]:
    callback = str(query["id"])
    actor = _person(query["from"])
    message, data = query.get("message"), query.get("data")
    if message is None or data is None:
        return []  # of an inline message or a game: none of ours
    ref = MessageRef(_chat_ref(message["chat"], message), str(int(message["message_id"])))
    pressed = ButtonPressed(ref, actor, str(data), callback, carried=_carries(message, str(data)))
    return [Heard(pressed, callback=callback)]


def _carries(message: Json, button: str) -> bool | None:
    """Of a message that we can't see any more (InaccessibleMessage) Telegram tells no buttons."""
    if not message.get("date"):
        return None
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return any(one.get("callback_data") == button for row in rows for one in row)


# --- where we are ----------------------------------------------------------------------------------------------------


def _membership(change: Json) -> list[Heard]:
    chat = change["chat"]
    ref, kind, title = _chat_ref(chat), _chat_kind(chat), _title(chat)
    here = is_present(change["new_chat_member"])
    # A private chat only tells of blocking here; who comes (back) sends /start, and is greeted for that.
    if here and not is_present(change["old_chat_member"]) and kind is not ChatKind.PRIVATE:
        actor = _person(change["from"])
        return [Heard(ChatJoined(ref, kind, title, actor, actor.locale))]
    return [Heard(ChatChanged(ref, here, kind, title))]


def described(declared: ChatRef, full: Json) -> ChatDescribed:
    """What getChat says of a chat that the config file declares. Raises as `hear` does."""
    return ChatDescribed(declared, _chat_ref(full), _chat_kind(full), _title(full))


def is_present(member: Json) -> bool:
    """Whether a ChatMember is in its chat."""
    return member["status"] in _PRESENT or (member["status"] == "restricted" and bool(member.get("is_member")))


def _message(message: Json, event_id: str, ears: Ears) -> list[Heard]:
    chat = message["chat"]
    if to := message.get("migrate_to_chat_id"):
        return [Heard(ChatMigrated(_chat_ref(chat), ChatRef(PLATFORM, str(int(to)))))]
    if old := message.get("migrate_from_chat_id"):
        return [Heard(ChatMigrated(ChatRef(PLATFORM, str(int(old))), _chat_ref(chat)))]
    if message.get("is_automatic_forward"):
        return _mirror(message)
    if "forum_topic_reopened" in message or "general_forum_topic_reopened" in message:
        ref = _chat_ref(chat, message)
        kind = ChatKind.TOPIC if ref.topic else _chat_kind(chat)
        return [Heard(ChatChanged(ref, True, kind, _title(chat)))]
    return _command(message, event_id, ears)


def _mirror(message: Json) -> list[Heard]:
    origin = message.get("forward_origin") or {}
    if origin.get("type") != "channel":
        return []
    original = MessageRef(_chat_ref(origin["chat"]), str(int(origin["message_id"])))
    mirror = MessageRef(_chat_ref(message["chat"], message), str(int(message["message_id"])))
    return [Heard(PostMirrored(original, mirror, _headline(message)))]


def _headline(message: Json) -> Span | None:
    """Buttons that call us don't travel with a forward (telegramdesktop/tdesktop#7084); formats do."""
    text = str(message.get("text") or "").encode("utf-16-le", "surrogatepass")
    for entity in message.get("entities") or ():
        if entity["type"] == "text_link" and entity["offset"] == 0:
            words = text[: 2 * int(entity["length"])].decode("utf-16-le", "replace")
            return Span(words, url=str(entity["url"]))
    return None


# --- commands --------------------------------------------------------------------------------------------------------


def _command(message: Json, event_id: str, ears: Ears) -> list[Heard]:
    match = _COMMAND.fullmatch(message.get("text") or "")
    # A command that was forwarded was given to somebody else.
    if match is None or "forward_origin" in message:
        return []
    chat, sender_chat = message["chat"], message.get("sender_chat")
    actor = _speaker(message.get("from"), sender_chat)
    name, addressee, text = match[1].lower(), (match[2] or "").lower(), (match[3] or "").strip()
    private = chat["type"] == "private"
    if actor is None or (addressee and addressee != ears.username.lower()):
        return []
    if ears.commands and name not in (*ears.commands, "start") and not (private or addressee):
        return []
    ref = _chat_ref(chat, message)
    kind = ChatKind.TOPIC if ref.topic and not private else _chat_kind(chat)
    if name == "start" and private:
        return [Heard(ChatJoined(ref, kind, _title(chat), actor, actor.locale))]
    if name == "start":
        if text or not addressee:
            return []  # the link that added us sends one with a payload, and my_chat_member has told of that
        name = "help"
    # An anonymous administrator speaks as the group itself: the platform lets no one else do so.
    admin = True if sender_chat is not None and sender_chat["id"] == chat["id"] else None
    event = CommandInvoked(ref, actor, name, text, event_id=event_id, admin=admin, kind=kind, title=_title(chat))
    return [Heard(event, message=int(message["message_id"]))]


# --- who and where ---------------------------------------------------------------------------------------------------


def _speaker(user: Json | None, chat: Json | None) -> Actor | None:
    """Who did it: a chat (anonymous admin, channel) where one is named, else a person; None for a bot."""
    if chat is not None:
        return Actor(PLATFORM, f"c{int(chat['id'])}", name=_title(chat))
    if user is None or user.get("is_bot"):
        return None
    return _person(user)


def _person(user: Json) -> Actor:
    name = f"{user.get('first_name') or ''} {user.get('last_name') or ''}".strip()
    return Actor(PLATFORM, f"u{int(user['id'])}", user.get("language_code") or None, name)


def _chat_ref(chat: Json, message: Json | None = None) -> ChatRef:
    # Replies in ordinary groups have a thread id too; General has none and must be written to without one.
    topic = ""
    if message is not None and message.get("is_topic_message") and message.get("message_thread_id"):
        topic = str(int(message["message_thread_id"]))
    return ChatRef(PLATFORM, str(int(chat["id"])), topic)


def _chat_kind(chat: Json) -> ChatKind:
    return {"private": ChatKind.PRIVATE, "channel": ChatKind.CHANNEL}.get(chat["type"], ChatKind.GROUP)


def _title(chat: Json) -> str:
    title = chat.get("title") or f"{chat.get('first_name') or ''} {chat.get('last_name') or ''}".strip()
    return str(title or chat.get("username") or "")


def last_id(updates: Sequence[Any]) -> int | None:
    """The newest id of a batch. Not the highest ever: after a quiet week ids start anew anywhere."""
    ids = [update["update_id"] for update in updates if isinstance(update, dict) and _is_id(update.get("update_id"))]
    return max(ids, default=None)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
