"""The bot itself: gateway address, own user, application, direct message channels (User; Application; Gateway)."""

from __future__ import annotations

from typing import Any

from tests.emulators.discord import permissions, shapes
from tests.emulators.discord.call import Call, Table
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.forms import Form
from tests.emulators.discord.state import Json

routes = Table()


@routes("GET", "/gateway", token=False)
def gateway(call: Call) -> Json:
    return {"url": call.platform.gateway.url}


@routes("GET", "/gateway/bot")
def gateway_bot(call: Call) -> Json:
    gate = call.platform.gateway
    return {"url": gate.url, "shards": gate.shards, "session_start_limit": gate.start_limit}


@routes("GET", "/users/@me")
def me(call: Call) -> Json:
    return shapes.own_user(call.bot)


@routes("GET", "/users/@me/guilds")
def my_guilds(call: Call) -> list[Json]:
    return [
        shapes.only(shapes.guild(g), "id", "name", "icon", "banner", "features")
        | {"owner": g.owner_id == call.bot.id, "permissions": str(permissions.of_guild(g, call.bot.id))}
        for g in call.world.guilds.values()
        if call.bot.id in g.members
    ]


@routes("DELETE", "/users/@me/guilds/{guild_id}")
def leave_guild(call: Call) -> None:
    guild = call.guild()
    call.platform.tell_guild("GUILD_DELETE", {"id": guild.id}, guild)
    del guild.members[call.bot.id]


@routes("POST", "/users/@me/channels")
def open_direct(call: Call) -> Json:
    form = Form()
    user_id = form.snowflake(("recipient_id",), call.json.get("recipient_id"))
    form.check()
    user = call.world.users.get(user_id)
    if user is None:
        raise ApiError(50033)
    if user.bot:
        raise ApiError(50007)
    known = any(user.id in c.recipients for c in call.world.channels.values())
    channel = call.world.direct(user)
    if not known:
        call.platform.gateway.dispatch("CHANNEL_CREATE", shapes.channel(channel, call.world), intent=0, guild=None)
    return shapes.channel(channel, call.world)


@routes("GET", "/users/{user_id}")
def user(call: Call) -> Json:
    found = call.world.users.get(call.id("user_id"))
    if found is None:
        raise ApiError(10013)
    return shapes.user(found)


def _application(call: Call) -> Json:
    return shapes.application(call.world, flags=call.platform.gateway.application_flags)


@routes("GET", "/oauth2/applications/@me")
def oauth_application(call: Call) -> Any:
    return _application(call)


@routes("GET", "/applications/@me")
def application(call: Call) -> Any:
    return _application(call)
