"""Our permissions in a channel → what it allows, and in words what is missing. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.model import ChatKind, Phrase
from bot.ports import Capabilities

NO_VIEW = Phrase("Give my role the permission “View Channel” here.")
NO_SEND = Phrase("Give my role the permission “Send Messages” here: then I can post.")
NO_SEND_THREADS = Phrase("Give my role the permission “Send Messages in Threads” here: then I can post.")
NO_POSTS = Phrase("Give my role the permission “Create Posts” in this forum: then I can post.")
NO_REACT = Phrase("Give my role the permission “Add Reactions” here: then I put the voting reactions under each story.")
NO_HISTORY = Phrase(
    "Give my role the permission “Read Message History” here: then I find my posts again and react to them."
)

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,  # in a forum it is the right to create posts
    send_messages_in_threads=True,
    add_reactions=True,
    read_message_history=True,
)
"""What the invitation asks for. Components need no right to embed links."""

_HEARS = discord.Permissions(view_channel=True, read_message_history=True, administrator=True)

DIRECT = Capabilities()
"""In a direct message everything is allowed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A channel and what we may do there."""

    id: int
    kind: ChatKind
    guild: int | None = None
    permissions: discord.Permissions | None = None
    """None in a direct message."""
    tags: tuple[int, ...] = ()
    """The tags of a forum that requires one."""


def capabilities_of(place: Place) -> Capabilities:
    """What the place allows."""
    rights = place.permissions
    if rights is None:
        return DIRECT
    missing: list[Phrase] = []
    if not rights.view_channel:
        return Capabilities(posts=False, buttons=False, reactions=False, missing=(NO_VIEW,))
    posts = rights.send_messages_in_threads if place.kind is ChatKind.THREAD else rights.send_messages
    if not posts:
        missing.append({ChatKind.THREAD: NO_SEND_THREADS, ChatKind.FORUM: NO_POSTS}.get(place.kind, NO_SEND))
    if not rights.add_reactions:
        missing.append(NO_REACT)
    if not rights.read_message_history:
        missing.append(NO_HISTORY)
    return Capabilities(posts=posts, missing=tuple(missing))


def may_write(rights: discord.Permissions) -> bool:
    """Whether we can introduce ourselves in a text channel."""
    return rights.view_channel and rights.send_messages


def hears_more(before: discord.Permissions, after: discord.Permissions) -> bool:
    """Whether reactions can be heard or read there of which that was not so before."""
    return bool(after.value & ~before.value & _HEARS.value)
