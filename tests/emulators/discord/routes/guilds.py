"""Servers, their members, roles and emoji, as far as a bot reads them (Guild; Emoji)."""

from __future__ import annotations

from tests.emulators.discord import permissions, shapes
from tests.emulators.discord.call import Call, Table
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.state import Json

routes = Table()


@routes("GET", "/guilds/{guild_id}")
def guild(call: Call) -> Json:
    found = call.guild()
    shape = shapes.guild(found)
    if call.flag("with_counts"):
        shape |= {"approximate_member_count": len(found.members), "approximate_presence_count": len(found.members)}
    return shape


@routes("GET", "/guilds/{guild_id}/channels")
def channels(call: Call) -> list[Json]:
    return [shapes.channel(c, call.world) for c in call.guild().channels.values() if not c.is_thread]


@routes("GET", "/guilds/{guild_id}/threads/active")
def active_threads(call: Call) -> Json:
    threads = [t for t in call.guild().threads() if not t.archived and permissions.may(t, call.bot.id, "VIEW_CHANNEL")]
    threads.sort(key=lambda t: int(t.id), reverse=True)
    joined = [t for t in threads if call.bot.id in t.thread_members]
    return {
        "threads": [shapes.channel(t, call.world) for t in threads],
        "members": [shapes.thread_member(t, call.bot.id) for t in joined],
    }


@routes("GET", "/guilds/{guild_id}/members/{user_id}")
def member(call: Call) -> Json:
    found = call.guild()
    who = found.members.get(call.id("user_id"))
    if who is None:
        raise ApiError(10007 if call.id("user_id") in call.world.users else 10013)
    return shapes.member(who)


@routes("GET", "/guilds/{guild_id}/roles")
def roles(call: Call) -> list[Json]:
    return [shapes.role(r) for r in call.guild().roles.values()]


@routes("GET", "/guilds/{guild_id}/emojis")
def emojis(call: Call) -> list[Json]:
    return [shapes.emoji(e) for e in call.guild().emojis.values()]


@routes("GET", "/guilds/{guild_id}/emojis/{emoji_id}")
def emoji(call: Call) -> Json:
    found = call.guild().emojis.get(call.id("emoji_id"))
    if found is None:
        raise ApiError(10014)
    return shapes.emoji(found)
