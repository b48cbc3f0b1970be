"""What getChat and getChatMember say of us → what a chat allows, and in words what is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.telegram.inbound import is_present, reaction_name
from bot.model import Phrase
from bot.ports import Capabilities

ABSENT = Phrase("I am not in this chat. Add me to it.")
MAY_NOT_WRITE = Phrase("Members may not write here: make me an administrator, then I can post.")
MAY_NOT_POST = Phrase("Make me an administrator who may post messages: then I can post here.")
NO_REACTIONS = Phrase("Make me an administrator: then reactions count as votes too.")
NO_TOTALS = Phrase("Make me an administrator: then the numbers of reactions are shown too.")
REACTIONS_OFF = Phrase("Reactions are turned off in this chat. Allow them in its settings to let them count.")

GROUP_RIGHTS = ("manage_chat",)
"""What the link for groups asks for: any administrator receives reactions, and this is the least that makes one."""
CHANNEL_RIGHTS = ("post_messages",)
"""What the link for channels asks for: who may post may also edit their own posts."""

PRIVATE = Capabilities()


def capabilities_of(chat: Mapping[str, Any], member: Mapping[str, Any]) -> Capabilities:
    """``chat`` is the raw ChatFullInfo, ``member`` our own raw ChatMember in it."""
    if not is_present(member):
        return Capabilities(posts=False, buttons=False, reactions=False, missing=(ABSENT,))
    admin = member["status"] in ("creator", "administrator")
    emoji = _allowed(chat)
    if chat["type"] == "channel":
        return _channel(member, emoji, admin=admin)
    return _group(chat, member, emoji, admin=admin)


def _allowed(chat: Mapping[str, Any]) -> frozenset[str] | None:
    """Absent means every emoji, an empty list that reactions are off."""
    available = chat.get("available_reactions")
    if available is None:
        return None
    return frozenset(name for kind in available if (name := reaction_name(kind)))


def _channel(member: Mapping[str, Any], emoji: frozenset[str] | None, *, admin: bool) -> Capabilities:
    posts = member["status"] == "creator" or (admin and bool(member.get("can_post_messages")))
    missing: tuple[Phrase, ...] = () if posts else (MAY_NOT_POST,)
    if not admin:
        missing += (NO_TOTALS,)
    return Capabilities(
        posts=posts, reactions=False, totals=admin and emoji != frozenset(), emoji=emoji, missing=missing
    )


def _group(
    chat: Mapping[str, Any], member: Mapping[str, Any], emoji: frozenset[str] | None, *, admin: bool
) -> Capabilities:
    posts = admin or _may_write(chat, member)
    missing: tuple[Phrase, ...] = () if posts else (MAY_NOT_WRITE,)
    if not admin:
        missing += (NO_REACTIONS,)
    if emoji == frozenset():
        missing += (REACTIONS_OFF,)
    return Capabilities(posts=posts, reactions=admin and emoji != frozenset(), emoji=emoji, missing=missing)


def _may_write(chat: Mapping[str, Any], member: Mapping[str, Any]) -> bool:
    if member["status"] == "restricted" and not member.get("can_send_messages"):
        return False
    permissions = chat.get("permissions") or {}
    return bool(permissions.get("can_send_messages", True))
