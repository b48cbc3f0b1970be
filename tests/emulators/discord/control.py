"""The people's actions over HTTP, for tests in other processes: POST /_control/<action> with JSON; ids for objects."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import shapes
from .clock import ManualClock
from .errors import ApiError
from .interactions import Interaction
from .people import Impossible
from .state import Channel, Emoji, Guild, Json, Member, Message, Role, User

if TYPE_CHECKING:
    from .server import DiscordServer

ACTIONS = (
    "add_user", "join", "leave", "create_guild", "add_role", "set_role", "add_emoji", "set_locale", "invite_bot",
    "kick_bot", "set_bot_permissions", "guild_outage", "create_text", "create_announcement", "create_forum",
    "overwrite", "create_thread", "archive", "lock", "delete_channel", "rename_channel", "say", "whisper",
    "edit_message", "delete_message", "publish", "react", "unreact", "clear_reactions", "press", "select", "submit",
    "slash", "autocomplete", "advance",
)  # fmt: skip


def add_routes(app: web.Application, server: DiscordServer) -> None:
    control = Control(server)
    app.router.add_post("/_control/{action}", control.act)
    app.router.add_get("/_control/state", control.state)
    app.router.add_get("/_control/interactions/{id}", control.interaction)


class Control:
    def __init__(self, server: DiscordServer) -> None:
        self.server = server

    async def act(self, request: web.Request) -> web.Response:
        action = request.match_info["action"]
        body = await request.json() if request.can_read_body else {}
        try:
            result = await self._call(action, body)
        except (Impossible, ApiError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": type(error).__name__, "message": str(error)}, status=400)
        return web.json_response(self.show(result))

    async def _call(self, action: str, body: Json) -> Any:
        if action in ACTIONS:
            method: Callable[..., Awaitable[Any]] = getattr(self.server, action)
            variadic = body.pop("permissions", []) if action in ("set_role", "set_bot_permissions") else []
            if "permissions" in body:
                body["permissions_"] = body.pop("permissions")
            given = {key: self.resolve(key, value) for key, value in body.items()}
            if variadic:
                first = [given.pop(name) for name in ("guild", "role") if name in given]
                return await method(*first, *variadic)
            inspect.signature(method).bind(**given)
            return await method(**given)
        trouble: dict[str, Callable[[], Any]] = {
            "fail": lambda: self.server.fail(**body),
            "reset": lambda: self.server.reset(**body),
            "garble": lambda: self.server.garble(**body),
            "clear_faults": self.server.faults.clear,
            "drop": lambda: self.server.gateway.drop(body.get("code")),
            "reconnect": self.server.gateway.reconnect,
            "invalidate": lambda: self.server.gateway.invalidate(resumable=bool(body.get("resumable"))),
            "limit": lambda: self.server.limits.set(body["name"], body["limit"], body["window"]),
            "limits_off": self.server.limits.off,
            "limits_real": self.server.limits.real,
        }
        if action not in trouble:
            raise KeyError(action)
        return trouble[action]()

    def resolve(self, key: str, value: Any) -> Any:
        world = self.server.platform.world
        if not isinstance(value, str):
            return value
        if key in ("user", "owner"):
            return world.users[value]
        if key == "guild":
            return world.guilds[value]
        if key in ("channel", "parent", "thread"):
            return world.channels[value]
        if key in ("message", "reply_to"):
            return self.server.message(value)
        if key == "role":
            return next(g.roles[value] for g in world.guilds.values() if value in g.roles)
        if key == "opened":
            return next(i for i in self.server.platform.interactions.values() if i.id == value)
        return value

    async def state(self, request: web.Request) -> web.Response:
        server = self.server
        world = server.platform.world
        return web.json_response({
            "token": server.token, "application_id": server.application_id, "api_url": server.api_url,
            "gateway_url": server.gateway_url, "connected": server.gateway.connected,
            "manual_clock": isinstance(server.clock, ManualClock),
            "users": [shapes.user(u) for u in world.users.values()],
            "guilds": [{"id": g.id, "name": g.name, "members": list(g.members)} for g in world.guilds.values()],
            "channels": [
                self.show(c) | {"messages": [self.show(m) for m in c.messages.values()]}
                for c in world.channels.values()
            ],
            "commands": server.commands,
            "throttled": [vars(r) for r in server.throttled],
            "pings": [m.id for m in server.pings],
        })  # fmt: skip

    async def interaction(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        for interaction in self.server.platform.interactions.values():
            if interaction.id == wanted:
                return web.json_response(self.show(interaction))
        raise web.HTTPNotFound

    def show(self, result: Any) -> Any:
        world = self.server.platform.world
        if isinstance(result, Message):
            return shapes.message(result, world)
        if isinstance(result, Interaction):
            return {
                "id": result.id, "answered": result.answered, "failed": result.failed, "notice": result.notice,
                "ephemeral": result.ephemeral, "callback": result.callback, "modal": result.modal,
                "choices": result.choices, "messages": [shapes.message(m, world) for m in result.messages],
            }  # fmt: skip
        shapers: tuple[tuple[type, Callable[[Any], Any]], ...] = (
            (User, shapes.user), (Guild, shapes.guild), (Role, shapes.role), (Member, shapes.member),
            (Emoji, shapes.emoji), (Channel, lambda c: shapes.channel(c, world)),
        )  # fmt: skip
        return next((shape(result) for kind, shape in shapers if isinstance(result, kind)), {"done": True})
