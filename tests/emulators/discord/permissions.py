"""Who may do what where: permission bits and the algorithm of overwrites (Permissions: Permission Hierarchy)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import ApiError

if TYPE_CHECKING:
    from .state import Channel, Guild

BITS: dict[str, int] = {
    "CREATE_INSTANT_INVITE": 0,
    "KICK_MEMBERS": 1,
    "BAN_MEMBERS": 2,
    "ADMINISTRATOR": 3,
    "MANAGE_CHANNELS": 4,
    "MANAGE_GUILD": 5,
    "ADD_REACTIONS": 6,
    "VIEW_AUDIT_LOG": 7,
    "VIEW_CHANNEL": 10,
    "SEND_MESSAGES": 11,
    "SEND_TTS_MESSAGES": 12,
    "MANAGE_MESSAGES": 13,
    "EMBED_LINKS": 14,
    "ATTACH_FILES": 15,
    "READ_MESSAGE_HISTORY": 16,
    "MENTION_EVERYONE": 17,
    "USE_EXTERNAL_EMOJIS": 18,
    "CHANGE_NICKNAME": 26,
    "MANAGE_NICKNAMES": 27,
    "MANAGE_ROLES": 28,
    "MANAGE_WEBHOOKS": 29,
    "USE_APPLICATION_COMMANDS": 31,
    "MANAGE_THREADS": 34,
    "CREATE_PUBLIC_THREADS": 35,
    "CREATE_PRIVATE_THREADS": 36,
    "SEND_MESSAGES_IN_THREADS": 38,
    "SEND_POLLS": 49,
    "USE_EXTERNAL_APPS": 50,
    "PIN_MESSAGES": 51,
    "BYPASS_SLOWMODE": 52,
}
FLAG = {name: 1 << bit for name, bit in BITS.items()}
ALL = sum(FLAG.values())


def bits(*names: str) -> int:
    """Permission names (upper or lower case) as a number."""
    return sum(FLAG[name.upper()] for name in set(names))


EVERYONE_DEFAULT = bits(
    "CREATE_INSTANT_INVITE", "ADD_REACTIONS", "VIEW_CHANNEL", "SEND_MESSAGES", "EMBED_LINKS", "ATTACH_FILES",
    "READ_MESSAGE_HISTORY", "USE_EXTERNAL_EMOJIS", "CHANGE_NICKNAME", "USE_APPLICATION_COMMANDS",
    "CREATE_PUBLIC_THREADS", "CREATE_PRIVATE_THREADS", "SEND_MESSAGES_IN_THREADS", "SEND_POLLS",
)  # fmt: skip
BOT_DEFAULT = bits(
    "ADD_REACTIONS", "VIEW_CHANNEL", "SEND_MESSAGES", "EMBED_LINKS", "ATTACH_FILES", "READ_MESSAGE_HISTORY",
    "MANAGE_MESSAGES", "USE_APPLICATION_COMMANDS", "MANAGE_THREADS", "CREATE_PUBLIC_THREADS",
    "SEND_MESSAGES_IN_THREADS",
)  # fmt: skip
# Permissions that mean nothing to one who may not send (Permissions: Implicit Permissions).
NEEDS_SENDING = bits("MENTION_EVERYONE", "SEND_TTS_MESSAGES", "ATTACH_FILES", "EMBED_LINKS")
DM = bits("ADD_REACTIONS", "VIEW_CHANNEL", "SEND_MESSAGES", "EMBED_LINKS", "ATTACH_FILES", "READ_MESSAGE_HISTORY",
          "SEND_MESSAGES_IN_THREADS", "USE_APPLICATION_COMMANDS", "USE_EXTERNAL_EMOJIS")  # fmt: skip


def of_guild(guild: Guild, user_id: str) -> int:
    member = guild.members.get(user_id)
    if member is None:
        return 0
    if guild.owner_id == user_id:
        return ALL
    granted = guild.roles[guild.id].permissions
    for role_id in member.roles:
        granted |= guild.roles[role_id].permissions
    return ALL if granted & FLAG["ADMINISTRATOR"] else granted


def of_channel(channel: Channel, user_id: str) -> int:
    """A thread has its parent's permissions; a direct message gives its two people the same fixed ones."""
    if channel.guild is None:
        return DM if user_id in channel.recipients else 0
    owner = channel.parent if channel.is_thread and channel.parent is not None else channel
    guild = channel.guild
    granted = of_guild(guild, user_id)
    if not granted & FLAG["ADMINISTRATOR"] and user_id in guild.members:
        granted = _overwritten(owner, guild, user_id, granted)
    return _without_what_is_implied(channel, granted)


def _overwritten(channel: Channel, guild: Guild, user_id: str, granted: int) -> int:
    def apply(allow: int, deny: int) -> None:
        nonlocal granted
        granted = granted & ~deny | allow

    if guild.id in channel.overwrites:
        apply(*channel.overwrites[guild.id])
    of_roles = [channel.overwrites[r] for r in guild.members[user_id].roles if r in channel.overwrites]
    allow = deny = 0
    for one_allow, one_deny in of_roles:
        allow |= one_allow
        deny |= one_deny
    apply(allow, deny)
    if user_id in channel.overwrites:
        apply(*channel.overwrites[user_id])
    return granted


def _without_what_is_implied(channel: Channel, granted: int) -> int:
    if not granted & FLAG["VIEW_CHANNEL"]:
        return 0
    may_send = FLAG["SEND_MESSAGES_IN_THREADS"] if channel.is_thread else FLAG["SEND_MESSAGES"]
    return granted if granted & may_send else granted & ~NEEDS_SENDING


def may(channel: Channel, user_id: str, *names: str) -> bool:
    needed = bits(*names)
    return of_channel(channel, user_id) & needed == needed


def require(channel: Channel, user_id: str, *names: str) -> None:
    """One who can't see the channel lacks access; one who can see it lacks permissions."""
    if not may(channel, user_id, "VIEW_CHANNEL"):
        raise ApiError(50001)
    if not may(channel, user_id, *names):
        raise ApiError(50013)
