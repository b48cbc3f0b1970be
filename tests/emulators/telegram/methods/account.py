"""Methods about the bot itself: who it is, its commands, its names, its default rights."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.emulators.telegram.access import Need, chat_for
from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.model import ADMIN_RIGHTS, CHANNEL_RIGHTS, GROUP_RIGHTS, Json
from tests.emulators.telegram.shapes import user
from tests.emulators.telegram.text import required

from .registry import Call, method

MAX_COMMANDS = 100
MAX_COMMAND = 32
MAX_DESCRIPTION = 256
_WORD_LIMITS = {"name": 64, "description": 512, "short_description": 120}


@method("getMe")
async def get_me(call: Call) -> Json:
    return user(call.bot.user) | {
        "can_join_groups": True,
        "can_read_all_group_messages": not call.bot.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
    }


@method("logOut", "close")
async def leave_server(call: Call) -> bool:
    call.bot.queue.release()
    return True


def language(call: Call) -> str:
    """td's validate_bot_language_code: nothing or exactly two small letters, so no "pt-br"."""
    code = call.params.text("language_code")
    if code and not re.fullmatch("[a-z]{2}", code):
        raise bad("Invalid language code specified")
    return code


def scope(call: Call) -> str:
    """The BotCommandScope as a canonical key; 400 where Client.cpp get_bot_command_scope refuses."""
    raw = call.params.text("scope")
    if not raw:
        return "default"
    try:
        given: Any = json.loads(raw)
    except ValueError:
        raise bad("Can't parse BotCommandScope JSON object") from None
    try:
        if not isinstance(given, dict):
            raise ValueError("BotCommandScope must be an Object")
        kind = str(required(given, "type", str, "String"))
        if kind in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
            return kind
        if kind not in ("chat", "chat_administrators", "chat_member"):
            raise ValueError("Unsupported type specified")
        chat_id = required(given, "chat_id", str, "String")
        if not chat_id:
            raise ValueError("Empty chat_id specified")
        user_id = required(given, "user_id", int, "Number") if kind == "chat_member" else 0
        if kind == "chat_member" and user_id <= 0:
            raise ValueError("Invalid user_id specified")
    except ValueError as error:
        raise bad(f"Can't parse BotCommandScope: {error}") from None
    chat = chat_for(call.world, call.bot, chat_id, Need.MEMBERS)
    if chat.is_broadcast:
        raise bad("BOT_SCOPE_INVALID")  # the page: "not supported for channel chats"
    return f"{kind}:{chat.id}" + (f":{user_id}" if user_id else "")


@method("setMyCommands")
async def set_my_commands(call: Call) -> bool:
    commands = _commands(call.params.text("commands"))
    key = scope(call), language(call)
    tidy = []
    for command in commands:
        name = command["command"].strip().removeprefix("/")
        description = command["description"].strip()
        if not name:
            raise bad("Command must be non-empty")
        if len(name) > MAX_COMMAND:
            raise bad(f"Command length must not exceed {MAX_COMMAND}")
        if not description:
            raise bad("Command description must be non-empty")
        if len(description) > MAX_DESCRIPTION:
            raise bad(f"Command description length must not exceed {MAX_DESCRIPTION}")
        if not re.fullmatch("[a-z0-9_]+", name):
            raise bad("BOT_COMMAND_INVALID")
        tidy.append({"command": name, "description": description})
    if len(tidy) > MAX_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    call.spend(None)
    call.bot.commands[key] = tidy
    call.world.touch()
    return True


def _commands(raw: str) -> list[Json]:
    if not raw:
        return []
    try:
        given: Any = json.loads(raw)
    except ValueError:
        raise bad("Can't parse commands JSON object") from None
    if not isinstance(given, list):
        raise bad("Expected an Array of BotCommand")
    result = []
    for item in given:
        try:
            if not isinstance(item, dict):
                raise ValueError("expected an Object")
            result.append({name: required(item, name, str, "String") for name in ("command", "description")})
        except ValueError as error:
            raise bad(f"Can't parse BotCommand: {error}") from None
    return result


@method("getMyCommands")
async def get_my_commands(call: Call) -> list[Json]:
    return call.bot.commands.get((scope(call), language(call)), [])


@method("deleteMyCommands")
async def delete_my_commands(call: Call) -> bool:
    call.spend(None)
    call.bot.commands.pop((scope(call), language(call)), None)
    call.world.touch()
    return True


def _field(call: Call) -> str:
    name = call.method.removeprefix("setMy").removeprefix("getMy")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@method("setMyName", "setMyDescription", "setMyShortDescription")
async def set_word(call: Call) -> bool:
    field = _field(call)
    code, value = language(call), call.params.text(field).strip()
    if len(value) > _WORD_LIMITS[field]:
        raise bad("BOT_TITLE_INVALID" if field == "name" else "BOT_INFO_INVALID")  # our reading of the page's limits
    call.spend(None)
    call.bot.words[field, code] = value
    call.world.touch()
    return True


@method("getMyName", "getMyDescription", "getMyShortDescription")
async def get_word(call: Call) -> Json:
    field = _field(call)
    words, code = call.bot.words, language(call)
    value = words.get((field, code)) or words.get((field, ""))
    return {field: value or (call.bot.user.first_name if field == "name" else "")}


@method("setMyDefaultAdministratorRights")
async def set_default_rights(call: Call) -> bool:
    raw = call.params.text("rights")
    try:
        given: Any = json.loads(raw) if raw else {}
    except ValueError:
        raise bad("Can't parse chat administrator rights JSON object") from None
    if not isinstance(given, dict):
        raise bad("Object expected as chat administrator rights")
    call.bot.default_rights[call.params.flag("for_channels")] = given
    return True


@method("getMyDefaultAdministratorRights")
async def get_default_rights(call: Call) -> Json:
    channels = call.params.flag("for_channels")
    given = call.bot.default_rights.get(channels, {})
    names = (*ADMIN_RIGHTS, *(CHANNEL_RIGHTS if channels else GROUP_RIGHTS))
    return {"is_anonymous": bool(given.get("is_anonymous"))} | {name: bool(given.get(name)) for name in names}
