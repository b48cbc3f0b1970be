"""Raw gateway payloads → events. Pure; a payload that isn't what the API promises raises, and costs only itself.

Payloads are read as JSON and not as the library's objects: one field that the library can't parse would cost a vote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from adapters.discord.render import EPHEMERAL, has_button
from bot.events import (
    Added,
    ButtonPressed,
    ChoicesWanted,
    Cleared,
    CommandInvoked,
    Elsewhere,
    Event,
    ReactionsChanged,
    Removed,
)
from bot.model import Actor, ChatKind, ChatRef, MessageRef

PLATFORM = "discord"

ELSEWHERE = "channel"
"""The option of our commands in which people choose another channel."""

_CHANNEL_OPTION = 7
_ADMINISTRATOR = 1 << 3
_MANAGE_GUILD = 1 << 5
_VIEW_CHANNEL = 1 << 10
# Variation selectors and skin tones: the same reaction comes with and without.
_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
_SHADES = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_KINDS = {1: ChatKind.PRIVATE, 3: ChatKind.PRIVATE, 10: ChatKind.THREAD, 11: ChatKind.THREAD, 12: ChatKind.THREAD}
_KINDS |= {15: ChatKind.FORUM, 16: ChatKind.FORUM}

Json: TypeAlias = Mapping[str, Any]


class Ask(Enum):
    """How an interaction must be answered."""

    COMMAND = auto()
    PRESS = auto()
    CHOICES = auto()


_ASKS = {2: Ask.COMMAND, 3: Ask.PRESS, 4: Ask.CHOICES}


@dataclass(frozen=True, slots=True)
class Interaction:
    """What is needed to answer one."""

    ask: Ask
    id: str
    application: str
    token: str
    locale: str | None
    alone: bool = False
    """Of a press: who pressed is the only one who sees the message."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event and how to answer it."""

    event: Event
    interaction: Interaction | None = None
    shade: Shade | None = None
    """Set for a reaction of one person: the form in which it came."""


@dataclass(frozen=True, slots=True)
class Shade:
    """One of the forms in which somebody can have the same emoji on the same message several times."""

    raw: str
    """As Discord names it."""
    burst: bool
    """A super reaction, which stands beside the ordinary one."""

    @property
    def base(self) -> str:
        """The same emoji without skin tone."""
        return _TONES.sub("", self.raw)

    @property
    def plain(self) -> bool:
        """The form that nearly everyone uses."""
        return not self.burst and self.base == self.raw


@dataclass(frozen=True, slots=True)
class Parent:
    """The channel or forum to which a thread belongs."""

    id: str
    kind: ChatKind = ChatKind.GROUP
    name: str = ""


def normal(emoji: str) -> str:
    """The form in which an emoji is stored and compared."""
    return _SHADES.sub("", emoji)


def hear(payload: Json, me: str, guild_name: str = "", parent: Parent | None = None) -> Heard | None:
    """What a payload tells; None when it is nothing to us, as our own reactions are.

    ``parent``: that of the thread in which it happened; no payload of a reaction tells it, and none its kind.

    Raises KeyError, TypeError or ValueError for one that can't be understood.
    """
    kind, data = payload["t"], payload["d"]
    if kind == "INTERACTION_CREATE":
        return _interaction(data, guild_name, parent)
    within = ChatRef(PLATFORM, _id(parent.id)) if parent is not None else None
    message = MessageRef(ChatRef(PLATFORM, _id(data["channel_id"])), _id(data["message_id"]))
    if kind == "MESSAGE_REACTION_REMOVE_ALL":
        return Heard(ReactionsChanged(message, None, Cleared(), within=within))
    if kind == "MESSAGE_REACTION_REMOVE_EMOJI":
        return Heard(ReactionsChanged(message, None, Cleared(emoji_name(data["emoji"])), within=within))
    if kind in ("MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE"):
        return _reaction(data, message, me, within, added=kind == "MESSAGE_REACTION_ADD")
    return None


# --- reactions -------------------------------------------------------------------------------------------------------


def _reaction(data: Json, message: MessageRef, me: str, within: ChatRef | None, *, added: bool) -> Heard | None:
    voter = _id(data["user_id"])
    # A removal doesn't say whether it was a bot's; of a reaction that was never taken down it changes nothing.
    if voter == me or _user_of(data.get("member") or {}).get("bot"):
        return None
    emoji = emoji_name(data["emoji"])
    if not emoji:
        return None
    change = Added(emoji) if added else Removed(emoji)
    # Older servers say only burst, newer ones also type 1.
    shade = Shade(str(data["emoji"].get("name") or ""), bool(data.get("burst")) or data.get("type") == 1)
    return Heard(ReactionsChanged(message, Actor(PLATFORM, voter), change, within=within), shade=shade)


def emoji_name(emoji: Json) -> str:
    """An emoji of Discord's in the form in which we store and compare it."""
    return f"custom:{_id(emoji['id'])}" if emoji.get("id") else normal(emoji.get("name") or "")


# --- interactions ----------------------------------------------------------------------------------------------------


def _interaction(data: Json, guild_name: str, parent: Parent | None) -> Heard | None:
    ask = _ASKS.get(data["type"])
    if ask is None:
        return None
    actor = _actor(data)
    interaction = Interaction(
        ask,
        _id(data["id"]),
        _id(data["application_id"]),
        str(data["token"]),
        data.get("locale") or None,
        alone=not _in_guild(data) or bool(int((data.get("message") or {}).get("flags") or 0) & EPHEMERAL),
    )
    event = _pressed(data, actor) if ask is Ask.PRESS else _command(data, actor, ask, guild_name, parent)
    return Heard(event, interaction) if event is not None else None


def _pressed(data: Json, actor: Actor) -> Event | None:
    told = data["message"]
    message = MessageRef(_chat(data), _id(told["id"]))
    button = str(data["data"]["custom_id"])
    carried = has_button(told["components"], button) if "components" in told else None
    return ButtonPressed(message, actor, button, _id(data["id"]), _admin(data), within=_parent(data), carried=carried)


def _command(data: Json, actor: Actor, ask: Ask, guild_name: str, parent: Parent | None) -> Event | None:
    command = data["data"]
    name, options = str(command["name"]), command.get("options") or []
    subcommand = ""
    if options and options[0]["type"] == 1:
        subcommand, options = str(options[0]["name"]), options[0].get("options") or []
    about = _about(command, options, guild_name)
    if ask is Ask.COMMAND:
        return CommandInvoked(
            _chat(data),
            actor,
            name,
            subcommand=subcommand,
            arguments={str(one["name"]): str(one["value"]) for one in options if one["type"] != _CHANNEL_OPTION},
            event_id=_id(data["id"]),
            admin=_admin(data),
            kind=chat_kind((data.get("channel") or {}).get("type")) if _in_guild(data) else ChatKind.PRIVATE,
            title=title(guild_name, (data.get("channel") or {}).get("name")),
            about=about,
            forum=_forum(data, guild_name, parent),
        )
    focused = _focused(options)
    if focused is None:
        return None
    typed = str(focused.get("value") or "")
    return ChoicesWanted(_chat(data), actor, name, subcommand, str(focused["name"]), typed, _admin(data), about)


def _about(command: Json, options: Sequence[Json], guild_name: str) -> Elsewhere | None:
    """The channel that was chosen, as Discord itself resolved it."""
    chosen = next((option for option in options if option["type"] == _CHANNEL_OPTION), None)
    if chosen is None:
        return None
    number = _id(chosen["value"])
    channel = ((command.get("resolved") or {}).get("channels") or {}).get(number) or {}
    rights = int(channel.get("permissions") or 0)
    # Rights that aren't said, as while someone is still typing, are asked for.
    admin = True if is_admin(rights) and rights & (_ADMINISTRATOR | _VIEW_CHANNEL) else None
    name = title(guild_name, channel.get("name"))
    return Elsewhere(ChatRef(PLATFORM, number), chat_kind(channel.get("type")), name if channel else "", admin)


def _forum(data: Json, guild_name: str, parent: Parent | None) -> Elsewhere | None:
    if parent is None or parent.kind is not ChatKind.FORUM:
        return None
    # In a thread its parent's permissions hold.
    chat = ChatRef(PLATFORM, _id(parent.id))
    return Elsewhere(chat, parent.kind, title(guild_name, parent.name), _admin(data))


def _focused(options: Sequence[Json]) -> Json | None:
    return next((option for option in options if option.get("focused")), None)


def _admin(data: Json) -> bool:
    """Whether the platform itself says that the person administers the server; in private everyone is at home."""
    if not _in_guild(data):
        return True
    return is_admin(int(data["member"].get("permissions") or 0))


def is_admin(permissions: int) -> bool:
    """Whether these permissions make someone an admin of the chats in a server."""
    return bool(permissions & (_ADMINISTRATOR | _MANAGE_GUILD))


# --- who and where ---------------------------------------------------------------------------------------------------


def _in_guild(data: Json) -> bool:
    return data.get("guild_id") is not None


def _chat(data: Json) -> ChatRef:
    channel = data.get("channel_id") or data["channel"]["id"]
    return ChatRef(PLATFORM, _id(channel))


def _parent(data: Json) -> ChatRef | None:
    """The channel or forum of the thread in which it happened."""
    channel = data.get("channel") or {}
    in_thread = chat_kind(channel.get("type")) is ChatKind.THREAD
    return ChatRef(PLATFORM, _id(channel["parent_id"])) if in_thread and channel.get("parent_id") else None


def _actor(data: Json) -> Actor:
    user = _user_of(data["member"]) if data.get("member") else data["user"]
    name = user.get("global_name") or user.get("username") or ""
    return Actor(PLATFORM, _id(user["id"]), data.get("locale") or None, str(name))


def _user_of(member: Json) -> Json:
    return member.get("user") or {}


def chat_kind(channel_type: int | None) -> ChatKind:
    """What sort of place a channel of this type is; announcement and voice channels are used like text channels."""
    return _KINDS.get(channel_type, ChatKind.GROUP) if channel_type is not None else ChatKind.GROUP


def title(guild_name: str, channel_name: str | None) -> str:
    """How a chat is called where it must be told from others."""
    return " ".join(part for part in (guild_name, f"#{channel_name}" if channel_name else "") if part)


def _id(value: Any) -> str:
    return str(int(value))
