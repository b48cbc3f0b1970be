"""Methods by which a bot receives: getUpdates, webhooks (their state only), answers to presses, files."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.model import Json
from tests.emulators.telegram.updates import DEFAULT_KINDS

from .registry import Call, method

LONGEST_POLL = 50  # Client.h LONG_POLL_MAX_TIMEOUT
MAX_ANSWER = 200


def _allow(call: Call) -> None:
    """Client.cpp update_allowed_update_types: not given, or not JSON → the previous setting stays."""
    raw = call.params.text("allowed_updates")
    if not raw:
        return
    try:
        given: Any = json.loads(raw)
    except ValueError:
        return
    if isinstance(given, list):
        call.bot.queue.allow([name for name in given if isinstance(name, str)])


@method("getUpdates")
async def get_updates(call: Call) -> list[Json]:
    queue = call.bot.queue
    if not queue.webhook:
        _allow(call)
    call.world.tell_counts()
    offset = call.params.number("offset")
    limit = call.params.number("limit", 100, 1, 100)
    timeout = call.params.number("timeout", 0, 0, LONGEST_POLL)
    poll = queue.poll(offset, limit, timeout)
    call.world.touch()
    return await poll


@method("setWebhook")
async def set_webhook(call: Call) -> bool:
    params, queue = call.params, call.bot.queue
    url = params.text("url")
    if not url:
        queue.webhook = {}
        return True
    if urlsplit(url).scheme not in ("https", "") or "." not in url:
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    secret = params.text("secret_token")
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not re.fullmatch("[A-Za-z0-9_-]*", secret):
        raise bad("secret token contains unallowed characters")
    if params.flag("drop_pending_updates"):
        queue.entries.clear()
    _allow(call)
    queue.webhook = {"url": url, "max_connections": params.number("max_connections", 40, 1, 100)}
    queue.interrupt()
    return True


@method("deleteWebhook")
async def delete_webhook(call: Call) -> bool:
    call.bot.queue.webhook = {}
    if call.params.flag("drop_pending_updates"):
        call.bot.queue.entries.clear()
    return True


@method("getWebhookInfo")
async def get_webhook_info(call: Call) -> Json:
    queue = call.bot.queue
    queue.drop_expired()
    info: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": len(queue.entries)}
    if queue.allowed != DEFAULT_KINDS:
        info["allowed_updates"] = sorted(queue.allowed)
    return info | queue.webhook


@method("answerCallbackQuery")
async def answer_callback_query(call: Call) -> bool:
    """Costs nothing and works once; the text goes to the one who pressed."""
    params, world = call.params, call.world
    text = params.text("text")
    press = world.presses.get(params.text("callback_query_id"))
    age = world.clock() - press.at if press else 0.0
    if press is None or press.bot_id != call.bot.id or press.answered.is_set() or age > world.callback_seconds:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if len(text) > MAX_ANSWER:
        raise bad("MESSAGE_TOO_LONG")
    url = params.text("url")
    if url and not re.match(rf"https?://t\.me/{re.escape(call.bot.user.username)}\?start=", url):
        raise bad("URL_INVALID")
    press.text, press.show_alert, press.url = text, params.flag("show_alert"), url
    press.answered.set()
    world.touch()
    return True


@method("getFile")
async def get_file(call: Call) -> Json:
    file_id = call.params.text("file_id")
    if not file_id:
        raise bad("file_id not specified")
    if (picture := call.world.files.by_id(file_id)) is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    return {
        "file_id": picture.file_id,
        "file_unique_id": picture.unique_id,
        "file_size": len(picture.data),
        "file_path": f"photos/{picture.unique_id}",
    }
