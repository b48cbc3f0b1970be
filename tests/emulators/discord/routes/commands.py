"""Application commands, global and of one server (Application Commands)."""

from __future__ import annotations

from tests.emulators.discord import commands_form
from tests.emulators.discord.call import Call, Reply, Table
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.forms import Form
from tests.emulators.discord.state import Json

routes = Table()
GLOBAL = "/applications/{application_id}/commands"
LOCAL = "/applications/{application_id}/guilds/{guild_id}/commands"
DAILY_CREATES = 200


def _scope(call: Call) -> tuple[str | None, dict[str, Json]]:
    if call.id("application_id") != call.world.application_id:
        raise ApiError(20012 if call.id("application_id") in call.world.users else 10002)
    guild_id = call.guild().id if "guild_id" in call.params else None
    return guild_id, call.world.commands.setdefault(guild_id, {})


def _shown(call: Call, command: Json) -> Json:
    if call.flag("with_localizations"):
        return command
    return {k: v for k, v in command.items() if not k.endswith("_localizations")}


def _find(call: Call, commands: dict[str, Json]) -> Json:
    command = commands.get(call.id("command_id"))
    if command is None:
        raise ApiError(10063)
    return command


def _count_create(call: Call, guild_id: str | None) -> None:
    now = call.platform.clock()
    creates = [t for t in call.world.command_creates.get(guild_id, []) if t > now - 86_400]
    if len(creates) >= DAILY_CREATES:
        raise ApiError(30034, retry_after=round(creates[0] + 86_400 - now, 3))
    call.world.command_creates[guild_id] = [*creates, now]


def _store(call: Call, guild_id: str | None, command: Json, old: Json | None) -> Json:
    if old is None:
        _count_create(call, guild_id)
    return commands_form.stored(
        command, command_id=old["id"] if old else call.world.new_id(), application_id=call.world.application_id,
        guild_id=guild_id, version=call.world.new_id(),
    )  # fmt: skip


def _named(commands: dict[str, Json], command: Json) -> Json | None:
    key = (command.get("type", 1), command.get("name"))
    return next((c for c in commands.values() if (c["type"], c["name"]) == key), None)


def listed(call: Call) -> list[Json]:
    _, commands = _scope(call)
    return [_shown(call, c) for c in commands.values()]


def replace_all(call: Call) -> list[Json]:
    guild_id, commands = _scope(call)
    if not isinstance(call.body, list):
        raise ApiError(50109) if call.body is None else _not_a_list()
    form = Form()
    wanted = commands_form.validate_many(form, call.body)
    form.check()
    if sum(c.get("type", 1) == 1 for c in wanted) > commands_form.MAX_COMMANDS:
        raise ApiError(30032)
    new = [_store(call, guild_id, c, _named(commands, c)) for c in wanted]
    commands.clear()
    commands.update({c["id"]: c for c in new})
    call.platform.changed()
    return new


def _not_a_list() -> ApiError:
    form = Form()
    form.listed((), {})
    try:
        form.check()
    except ApiError as error:
        return error
    raise AssertionError


def create(call: Call) -> Reply:
    """Creating one whose name exists overwrites it: 200 instead of 201."""
    guild_id, commands = _scope(call)
    form = Form()
    command = commands_form.validate_one(form, call.json)
    if not call.json:
        form.required(("name",))
    form.check()
    old = _named(commands, command)
    if old is None and len(commands) >= commands_form.MAX_COMMANDS:
        raise ApiError(30032)
    new = _store(call, guild_id, command, old)
    commands[new["id"]] = new
    call.platform.changed()
    return Reply(200 if old else 201, new)


def one(call: Call) -> Json:
    _, commands = _scope(call)
    return _find(call, commands)


def change(call: Call) -> Json:
    guild_id, commands = _scope(call)
    old = _find(call, commands)
    form = Form()
    commands_form.validate_one(form, call.json, partial=True)
    form.check()
    new = _store(call, guild_id, old | call.json, old)
    commands[old["id"]] = new
    call.platform.changed()
    return new


def delete(call: Call) -> None:
    _, commands = _scope(call)
    del commands[_find(call, commands)["id"]]
    call.platform.changed()


for _base in (GLOBAL, LOCAL):
    routes("GET", _base)(listed)
    routes("PUT", _base)(replace_all)
    routes("POST", _base)(create)
    routes("GET", _base + "/{command_id}")(one)
    routes("PATCH", _base + "/{command_id}")(change)
    routes("DELETE", _base + "/{command_id}")(delete)
