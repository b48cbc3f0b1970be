"""State → the JSON objects of the API reference. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from . import permissions
from .clock import time_of
from .state import (
    DM,
    EPHEMERAL,
    GUILD_FORUM,
    PRIVATE_THREAD,
    Channel,
    Emoji,
    Guild,
    Json,
    Member,
    Message,
    Reaction,
    Role,
    User,
    World,
)  # fmt: skip


def iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def user(who: User) -> Json:
    return {
        "id": who.id, "username": who.name, "global_name": who.global_name, "discriminator": "0000" if who.bot else "0",
        "avatar": None, "bot": who.bot, "public_flags": 0, "flags": 0, "banner": None, "accent_color": None,
        "avatar_decoration_data": None, "collectibles": None, "primary_guild": None,
    }  # fmt: skip


def own_user(who: User) -> Json:
    return user(who) | {"mfa_enabled": True, "verified": True, "email": None, "locale": who.locale, "bio": ""}


def member(who: Member, *, with_user: bool = True) -> Json:
    shape: Json = {
        "nick": who.nick, "avatar": None, "banner": None, "roles": list(who.roles), "joined_at": iso(who.joined_at),
        "premium_since": None, "deaf": False, "mute": False, "flags": 0, "pending": False,
        "communication_disabled_until": None,
    }  # fmt: skip
    if with_user:
        shape["user"] = user(who.user)
    return shape


def role(what: Role) -> Json:
    shape: Json = {
        "id": what.id, "name": what.name, "color": 0, "hoist": False, "icon": None, "unicode_emoji": None,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "position": what.position, "permissions": str(what.permissions), "managed": what.managed_by is not None,
        "mentionable": what.mentionable, "flags": 0,
    }  # fmt: skip
    if what.managed_by is not None:
        shape["tags"] = {"bot_id": what.managed_by}
    return shape


def emoji(what: Emoji) -> Json:
    return {
        "id": what.id, "name": what.name, "animated": what.animated, "roles": [], "require_colons": True,
        "managed": False, "available": True,
    }  # fmt: skip


def channel(what: Channel, world: World) -> Json:
    if what.type == DM:
        others = [user(world.users[r]) for r in what.recipients if r != world.bot.id]
        return {"id": what.id, "type": DM, "last_message_id": what.last_message_id, "flags": 0, "recipients": others}
    shape: Json = {
        "id": what.id, "type": what.type, "guild_id": what.guild_id, "name": what.name, "flags": what.flags,
        "parent_id": what.parent.id if what.parent else None, "last_message_id": what.last_message_id,
        "rate_limit_per_user": what.rate_limit_per_user,
    }  # fmt: skip
    if what.is_thread:
        return shape | _thread_fields(what, world)
    shape |= {
        "position": what.position, "topic": what.topic, "nsfw": False, "last_pin_timestamp": None,
        "default_auto_archive_duration": what.auto_archive_minutes,
        "permission_overwrites": [
            {"id": key, "type": what.overwrite_types.get(key, 0), "allow": str(allow), "deny": str(deny)}
            for key, (allow, deny) in what.overwrites.items()
        ],
    }  # fmt: skip
    if what.type == GUILD_FORUM:
        shape |= {
            "available_tags": [
                {"id": t.id, "name": t.name, "moderated": t.moderated, "emoji_id": t.emoji_id,
                 "emoji_name": t.emoji_name}
                for t in what.tags
            ],
            "default_reaction_emoji": None, "default_sort_order": None, "default_forum_layout": 0, "template": "",
        }  # fmt: skip
    return shape


def _thread_fields(what: Channel, world: World) -> Json:
    shape: Json = {
        "owner_id": what.owner_id, "message_count": len(what.messages), "total_message_sent": what.total_sent,
        "member_count": len(what.thread_members),
        "thread_metadata": {
            "archived": what.archived, "auto_archive_duration": what.auto_archive_minutes,
            "archive_timestamp": iso(what.archive_timestamp), "locked": what.locked,
            "create_timestamp": iso(what.created),
        },
    }  # fmt: skip
    if what.type == PRIVATE_THREAD:
        shape["thread_metadata"]["invitable"] = True
    if what.parent is not None and what.parent.type == GUILD_FORUM:
        shape["applied_tags"] = list(what.applied_tags)
    if world.bot.id in what.thread_members:
        shape["member"] = thread_member(what, world.bot.id)
    return shape


def thread_member(thread: Channel, user_id: str) -> Json:
    joined = iso(thread.thread_members[user_id])
    return {"id": thread.id, "user_id": user_id, "join_timestamp": joined, "flags": 1, "muted": False}


def guild(what: Guild) -> Json:
    return {
        "id": what.id, "name": what.name, "icon": None, "icon_hash": None, "splash": None, "discovery_splash": None,
        "owner_id": what.owner_id, "region": "deprecated", "afk_channel_id": None, "afk_timeout": 300,
        "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0,
        "roles": [role(r) for r in what.roles.values()], "emojis": [emoji(e) for e in what.emojis.values()],
        "features": ["COMMUNITY", "NEWS"], "mfa_level": 0, "application_id": None, "system_channel_id": None,
        "system_channel_flags": 0, "rules_channel_id": None, "max_presences": None, "max_members": 500000,
        "vanity_url_code": None, "description": None, "banner": None, "premium_tier": 0,
        "premium_subscription_count": 0, "preferred_locale": what.preferred_locale, "public_updates_channel_id": None,
        "nsfw_level": 0, "nsfw": False, "stickers": [], "premium_progress_bar_enabled": False,
        "safety_alerts_channel_id": None, "incidents_data": None, "widget_enabled": False, "widget_channel_id": None,
    }  # fmt: skip


def guild_create(what: Guild, world: World, *, with_members: bool, newly_joined: bool = False) -> Json:
    """Without the privileged intent the list of members holds the bot alone (Gateway Events: Guild Create).

    `unavailable` is missing where the bot has just joined: by that a client tells a join from a return.
    """
    members = what.members.values() if with_members else [what.members[world.bot.id]]
    threads = [
        channel(t, world) for t in what.threads() if not t.archived and permissions.may(t, world.bot.id, "VIEW_CHANNEL")
    ]
    became = {} if newly_joined else {"unavailable": False}
    return guild(what) | became | {
        "joined_at": iso(what.members[world.bot.id].joined_at), "large": len(what.members) > 250,
        "member_count": len(what.members), "voice_states": [], "members": [member(m) for m in members],
        "channels": [channel(c, world) for c in what.channels.values() if not c.is_thread], "threads": threads,
        "presences": [], "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
    }  # fmt: skip


def reaction(what: Reaction, viewer: str) -> Json:
    return {
        "emoji": what.emoji, "count": len(what.normal) + len(what.burst),
        "count_details": {"normal": len(what.normal), "burst": len(what.burst)},
        "burst_colors": [], "me": viewer in what.normal, "me_burst": viewer in what.burst,
        "burst_me": viewer in what.burst, "burst_count": len(what.burst),
    }  # fmt: skip


def message(what: Message, world: World, *, with_content: bool = True, deep: bool = True) -> Json:
    """As the bot gets it; `with_content` is False where the message content intent would be needed and is lacking."""
    guild_of = what.channel.guild
    shape: Json = {
        "id": what.id, "channel_id": what.channel.id, "author": user(what.author), "type": what.type,
        "content": what.content if with_content else "", "timestamp": iso(what.timestamp),
        "edited_timestamp": iso(what.edited), "tts": what.tts, "mention_everyone": what.mention_everyone,
        "mentions": [_mentioned(world.users[u], guild_of) for u in what.mentions],
        "mention_roles": list(what.mention_roles), "mention_channels": [],
        "attachments": what.attachments if with_content else [], "embeds": _embeds(what) if with_content else [],
        "components": what.components if with_content else [], "pinned": False, "flags": what.flags,
    }  # fmt: skip
    if what.reactions:
        shape["reactions"] = [reaction(r, world.bot.id) for r in what.reactions.values()]
    if what.nonce is not None:
        shape["nonce"] = what.nonce
    if what.poll is not None and with_content:
        shape["poll"] = what.poll
    if what.author is world.bot:
        shape["application_id"] = world.application_id
    if what.webhook_id:
        shape["webhook_id"] = what.webhook_id
    if what.interaction:
        shape["interaction_metadata"] = what.interaction
    if what.reference:
        shape["message_reference"] = what.reference
        if deep and what.type == 19:
            shape["referenced_message"] = (
                message(what.replied, world, with_content=with_content, deep=False) if what.replied else None
            )
    if what.thread is not None:
        shape["thread"] = channel(what.thread, world)
    return shape


def _embeds(what: Message) -> list[Json]:
    return [] if what.flags & 4 else what.embeds


def _mentioned(who: User, guild_of: Guild | None) -> Json:
    shape = user(who)
    if guild_of is not None and who.id in guild_of.members:
        shape["member"] = member(guild_of.members[who.id], with_user=False)
    return shape


def message_event(what: Message, world: World, *, with_content: bool) -> Json:
    """Message Create and Update add where it happened and, for people, their membership."""
    shape = message(what, world, with_content=with_content)
    guild_of = what.channel.guild
    if guild_of is not None and not what.flags & EPHEMERAL:
        shape["guild_id"] = guild_of.id
        if what.author.id in guild_of.members and what.webhook_id is None:
            shape["member"] = member(guild_of.members[what.author.id], with_user=False)
    shape["channel_type"] = what.channel.type
    return shape


def content_is_ours(what: Message, world: World) -> bool:
    """The exceptions to the message content intent (Gateway: Message Content Intent)."""
    return what.author is world.bot or what.channel.guild is None or world.bot.id in what.mentions


def application(world: World, *, flags: int) -> Json:
    return {
        "id": world.application_id, "name": world.bot.name, "icon": None, "description": "", "summary": "",
        "bot_public": True, "bot_require_code_grant": False, "verify_key": "0" * 64, "flags": flags,
        "owner": user(world.bot) | {"bot": False}, "team": None, "hook": True, "bot": user(world.bot),
        "redirect_uris": [], "interactions_endpoint_url": None, "role_connections_verification_url": None, "tags": [],
        "approximate_guild_count": len(world.guilds), "approximate_user_install_count": 0,
        "integration_types_config": {"0": {"oauth2_install_params": None}},
    }  # fmt: skip


def created(snowflake: str) -> float:
    return time_of(snowflake)


def only(shape: Json, *keys: str) -> dict[str, Any]:
    return {key: shape[key] for key in keys if key in shape}
