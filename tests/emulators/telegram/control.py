"""People's actions over HTTP, for tests and hands outside this process: POST /_control/<action> with a JSON object.

Users, chats and bots are named by id. The answer is {"ok": true, "result": …} or 400 with {"ok": false, "error": …}.
`GET /_control/` lists the actions.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import shapes
from .errors import ApiError
from .limits import Limits
from .model import Chat, Json, Message, User
from .people import CannotDo

if TYPE_CHECKING:
    from .server import TelegramServer

Action = Callable[["TelegramServer", Json], Any]
ACTIONS: dict[str, Action] = {}


def action(function: Action) -> Action:
    ACTIONS[function.__name__.strip("_")] = function
    return function


def _user(tg: TelegramServer, body: Json, name: str = "user") -> User:
    try:
        return tg.world.users[int(body[name])]
    except KeyError:
        raise CannotDo(f"{name}: no such user") from None


def _maybe_user(tg: TelegramServer, body: Json, name: str) -> User | None:
    return _user(tg, body, name) if body.get(name) else None


def _who(tg: TelegramServer, body: Json) -> User | Chat:
    """An actor: a user's id, or a chat's (which is negative) for anonymous administrators and channels."""
    return _chat(tg, body, "user") if int(body["user"]) < 0 else _user(tg, body)


def _chat(tg: TelegramServer, body: Json, name: str = "chat") -> Chat:
    chat_id = int(body[name])
    chat = tg.world.chats.get(chat_id) or tg.world.private.get((tg.bot.id, chat_id))
    if chat is None:
        raise CannotDo(f"{name}: no such chat")
    return chat


def _message(tg: TelegramServer, body: Json) -> Message:
    try:
        return _chat(tg, body).messages[int(body["message_id"])]
    except KeyError:
        raise CannotDo("message_id: no such message") from None


@action
def state(tg: TelegramServer, _: Json) -> Json:
    return {
        "users": [shapes.user(user) for user in tg.world.users.values()],
        "chats": [
            shapes.full_chat(chat) | {"topics": [{"id": t.id, "name": t.name} for t in chat.topics.values()]}
            for chat in tg.world.all_chats()
        ],
        "bots": [
            {"token": b.token, "user": shapes.user(b.user), "waiting_updates": len(b.queue.entries)}
            for b in tg.world.bots.values()
        ],
    }


@action
def add_user(tg: TelegramServer, body: Json) -> Json:
    return shapes.user(tg.add_user(**body))


@action
def create_private(tg: TelegramServer, body: Json) -> Json:
    return shapes.chat(tg.create_private(_user(tg, body)))


def _create(tg: TelegramServer, body: Json, make: Callable[..., Chat]) -> Json:
    options = dict(body)
    options["owner"] = _maybe_user(tg, body, "owner")
    if "members" in options:
        options["members"] = [tg.world.users[int(user_id)] for user_id in options["members"]]
    if "discussion" in options:
        options["discussion"] = _chat(tg, body, "discussion")
    return shapes.chat(make(options.pop("title"), **options))


@action
def create_group(tg: TelegramServer, body: Json) -> Json:
    return _create(tg, body, tg.create_group)


@action
def create_supergroup(tg: TelegramServer, body: Json) -> Json:
    return _create(tg, body, tg.create_supergroup)


@action
def create_channel(tg: TelegramServer, body: Json) -> Json:
    return _create(tg, body, tg.create_channel)


@action
def create_topic(tg: TelegramServer, body: Json) -> Json:
    topic = tg.create_topic(_chat(tg, body), body["name"])
    return {"message_thread_id": topic.id, "name": topic.name}


@action
def close_topic(tg: TelegramServer, body: Json) -> None:
    chat = _chat(tg, body)
    tg.close_topic(chat, chat.topics[int(body["topic"])] if body.get("topic") else None)


@action
def reopen_topic(tg: TelegramServer, body: Json) -> None:
    chat = _chat(tg, body)
    tg.reopen_topic(chat, chat.topics[int(body["topic"])] if body.get("topic") else None)


@action
def add_bot(tg: TelegramServer, body: Json) -> None:
    tg.add_bot(_chat(tg, body), body.get("rights"), by=_maybe_user(tg, body, "by"))


@action
def promote(tg: TelegramServer, body: Json) -> None:
    tg.promote(_chat(tg, body), body.get("rights", "admin"), who=_maybe_user(tg, body, "user"))


@action
def demote(tg: TelegramServer, body: Json) -> None:
    tg.demote(_chat(tg, body), _maybe_user(tg, body, "user"))


@action
def restrict(tg: TelegramServer, body: Json) -> None:
    tg.restrict(_chat(tg, body), _maybe_user(tg, body, "user"), **body.get("permissions", {}))


@action
def remove(tg: TelegramServer, body: Json) -> None:
    tg.remove(_chat(tg, body), _maybe_user(tg, body, "user"), banned=body.get("banned", True))


@action
def join(tg: TelegramServer, body: Json) -> None:
    tg.join(_chat(tg, body), _user(tg, body))


@action
def set_anonymous(tg: TelegramServer, body: Json) -> None:
    tg.set_anonymous(_chat(tg, body), _user(tg, body), body.get("anonymous", True))


@action
def block(tg: TelegramServer, body: Json) -> None:
    tg.block(_user(tg, body))


@action
def unblock(tg: TelegramServer, body: Json) -> None:
    tg.unblock(_user(tg, body))


@action
def say(tg: TelegramServer, body: Json) -> Json:
    chat, who = _chat(tg, body), _who(tg, body)
    return shapes.message(tg.say(who, chat, body["text"], thread=body.get("thread"), reply_to=body.get("reply_to")))


@action
def edit(tg: TelegramServer, body: Json) -> None:
    tg.edit(_message(tg, body), body["text"])


@action
def delete(tg: TelegramServer, body: Json) -> None:
    tg.delete(_message(tg, body))


@action
def react(tg: TelegramServer, body: Json) -> None:
    tg.react(_who(tg, body), _chat(tg, body), int(body["message_id"]), body.get("reactions", []))


@action
async def press(tg: TelegramServer, body: Json) -> Json:
    seconds = float(body.get("timeout", 5.0))
    button, forged = body["button"], bool(body.get("forged"))
    pressed = await tg.press(
        _user(tg, body), _chat(tg, body), int(body["message_id"]), button, timeout=seconds, forged=forged
    )
    return {"text": pressed.text, "show_alert": pressed.show_alert, "url": pressed.url}


@action
def messages(tg: TelegramServer, body: Json) -> list[Json]:
    return [shapes.message(message) for message in _chat(tg, body).messages.values()]


@action
def poison(tg: TelegramServer, body: Json) -> int:
    return tg.poison(body["update"])


@action
def set_available_reactions(tg: TelegramServer, body: Json) -> None:
    tg.set_available_reactions(_chat(tg, body), body.get("reactions"), at_most=body.get("at_most"))


@action
def shut_out(tg: TelegramServer, body: Json) -> None:
    tg.shut_out(_chat(tg, body), body.get("error", ""))


@action
def flush_reaction_counts(tg: TelegramServer, _: Json) -> int:
    return tg.flush_reaction_counts()


@action
def migrate(tg: TelegramServer, body: Json) -> Json:
    return shapes.chat(tg.migrate(_chat(tg, body)))


@action
def renumber_updates(tg: TelegramServer, body: Json) -> None:
    tg.renumber_updates(int(body["start"]))


@action
def set_limits(tg: TelegramServer, body: Json) -> None:
    """{"off": true}, or any fields of Limits."""
    tg.limits = Limits.off() if body.get("off") else Limits(**body)


@action
def throttled(tg: TelegramServer, _: Json) -> list[Json]:
    return [
        {"at": t.at, "method": t.method, "chat_id": t.chat_id, "scope": t.scope, "retry_after": t.retry_after}
        for t in tg.throttled
    ]


@action
def requests(tg: TelegramServer, body: Json) -> list[Json]:
    return [
        {"at": r.at, "method": r.method, "params": r.params, "status": r.status, "description": r.description}
        for r in tg.calls(body.get("method", ""))
    ]


@action
def fail(tg: TelegramServer, body: Json) -> None:
    tg.fail(**body)


@action
def garble(tg: TelegramServer, body: Json) -> None:
    tg.garble(**body)


@action
def reset(tg: TelegramServer, body: Json) -> None:
    tg.reset(**body)


@action
def hold(tg: TelegramServer, body: Json) -> None:
    tg.hold(**body)


@action
def release(tg: TelegramServer, _: Json) -> None:
    """Ends all held calls and forgets all planned faults."""
    tg.faults.clear()


def add_routes(app: web.Application, tg: TelegramServer) -> None:
    async def index(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": sorted(ACTIONS)})

    async def act(request: web.Request) -> web.Response:
        function = ACTIONS.get(request.match_info["action"])
        if function is None:
            return web.json_response({"ok": False, "error": "no such action"}, status=404)
        try:
            body = json.loads(await request.read() or b"{}")
            result = function(tg, body)
            if inspect.isawaitable(result):
                result = await _awaited(result)
        except (TimeoutError, ValueError, KeyError, TypeError, ApiError) as error:
            return web.json_response({"ok": False, "error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response({"ok": True, "result": result})

    app.router.add_get("/_control/", index)
    app.router.add_route("*", "/_control/{action}", act)


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result
