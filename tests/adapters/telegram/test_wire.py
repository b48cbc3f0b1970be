"""The wire: what it makes of broken servers, and that the token stays on it."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from pydantic import ValidationError
from telegram.error import BadRequest, ChatMigrated, InvalidToken, TelegramError

from adapters.telegram.request import MAX_RESPONSE, Flooded, NotSent, ServerFault, Unanswered, Wire, understood
from adapters.telegram.settings import TelegramSettings
from bot.errors import ChatGone
from bot.gather.resolver import DaemonResolver
from bot.model import ChatRef
from tests.adapters.telegram.test_posting import story
from tests.around import FREE

TOKEN = "4242:very_SECRET_token"


@asynccontextmanager
async def server(handler) -> AsyncIterator[str]:
    """A server of our own that misbehaves as told."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def wire(base_url: str) -> AsyncIterator[Wire]:
    it = Wire(base_url, TOKEN, DaemonResolver, poll_timeout=1)
    await it.open()
    try:
        yield it
    finally:
        await it.close_connections()


async def test_the_token_follows_the_base_url_or_stands_in_its_place():
    paths = []

    async def handler(request: web.Request) -> web.Response:
        paths.append((request.path, (await request.post())["a"]))
        return web.json_response({"ok": True, "result": [1]})

    async with server(handler) as url:
        for base_url in (f"{url}/bot", f"{url}/x/{{token}}/y"):
            async with wire(base_url) as it:
                assert await it.ask("getThing", a="b", c=None) == [1]
    assert paths == [(f"/bot{TOKEN}/getThing", "b"), (f"/x/{TOKEN}/y/getThing", "b")]


@pytest.mark.parametrize(
    ("status", "body", "headers", "raised"),
    [
        (200, b"<html>", {}, Unanswered),
        (200, b"[]", {}, Unanswered),
        (200, b'{"ok": true}', {}, Unanswered),
        (302, b"", {}, Unanswered),
        (404, b"<html>not found</html>", {}, NotSent),
        (403, b"blocked by the proxy", {}, NotSent),
        (502, b"<html>bad gateway</html>", {}, ServerFault),
        (500, b'{"ok": false, "error_code": 500, "description": "Internal Server Error"}', {}, ServerFault),
        (200, b'{"ok": false, "error_code": 502, "description": "Bad Gateway"}', {}, ServerFault),
    ],
)
def test_what_is_no_bot_api_answer_is_told_apart(status, body, headers, raised):
    with pytest.raises(raised):
        understood(status, body, headers)


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        (b'{"ok": false, "description": "x", "parameters": {"retry_after": 12}}', {}, 12),
        (b'{"ok": false, "description": "x", "parameters": {"retry_after": 0}}', {}, 1),
        (b'{"ok": false, "description": "x"}', {"Retry-After": "8"}, 8),
        (b"slow down", {}, 5),
    ],
)
def test_every_429_says_how_long(body, headers, wait):
    with pytest.raises(Flooded) as caught:
        understood(429, body, headers)
    assert caught.value.wait == wait


@pytest.mark.parametrize(
    ("status", "body", "raised"),
    [
        (400, {"ok": False, "description": None}, BadRequest),
        (400, {"ok": False, "description": "x", "parameters": "odd"}, BadRequest),
        (400, {"ok": False, "description": "moved", "parameters": {"migrate_to_chat_id": -100}}, ChatMigrated),
        (401, {"ok": False, "description": "Unauthorized"}, InvalidToken),
        (404, {"ok": False, "description": "Not Found"}, InvalidToken),
    ],
)
async def test_refusals_reach_the_library_in_a_form_it_understands(status, body, raised):
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    async with server(handler) as url, wire(f"{url}/bot") as it:
        with pytest.raises(raised):
            await it.ask("getMe")


async def test_an_endless_answer_is_given_up():
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(MAX_RESPONSE // 1_000_000 + 2):
            await response.write(b"x" * 1_000_000)
        return response

    async with server(handler) as url, wire(f"{url}/bot") as it:
        with pytest.raises(Unanswered):
            await it.ask("getMe")


async def test_a_refused_connection_was_surely_not_sent():
    async with wire("http://127.0.0.1:9/bot") as it:
        with pytest.raises(NotSent):
            await it.ask("sendMessage")


async def test_the_token_is_in_no_log_and_no_error(world, core, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    world.server.fail("getMe", 502)
    world.server.reset("getUpdates")
    world.server.garble("getUpdates")
    world.server.fail("sendMessage", 429)
    errors: list[BaseException] = []
    async with world.running(core) as adapter:
        world.server.poison({"message": None})
        for chat in ("-1001", "-1002", "nonsense"):
            try:
                await adapter.send(ChatRef("telegram", chat), story(), key="k", departure=FREE)
            except Exception as error:
                errors.append(error)
        errors += [RuntimeError(repr(adapter._wire)), RuntimeError(repr(adapter._wire.token))]
    for base_url in ("http://127.0.0.1:9/bot", "http://no-such-host.invalid/bot", "http://127.0.0.1:1:2/bot"):
        async with wire(base_url) as it:
            with pytest.raises(TelegramError) as caught:
                await it.ask("getMe")
            errors.append(caught.value)
    told = caplog.text + capsys.readouterr().out
    for error in errors:
        told += "".join(_chain(error))
    assert len(errors) == 8
    assert any(isinstance(error, ChatGone) for error in errors)
    for secret in (TOKEN, world.server.token):
        assert secret.partition(":")[2] not in told


def _chain(error: BaseException | None):
    while error is not None:
        yield f"{error!r} {error}\n"
        error = error.__cause__ or error.__context__


async def test_html_that_repeats_the_address_is_not_repeated(caplog, capsys, world, core):
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=404, text=f"The requested URL {request.path} was not found on this server.")

    caplog.set_level(logging.DEBUG)
    async with server(handler) as url, wire(f"{url}/bot") as it:
        with pytest.raises(NotSent) as caught:
            await it.ask("getMe")
    assert "SECRET" not in caplog.text + repr(caught.value)


@pytest.mark.parametrize(("refused", "attempts"), [("show_above_text", 2), ("date_time", 3), ("text_link", 4)])
async def test_a_story_is_not_lost_for_its_looks(world, refused, attempts):
    taken = []

    async def handler(request: web.Request) -> web.Response:
        asked = dict(await request.post())
        taken.append(asked)
        if any(refused in str(value) for value in (asked["link_preview_options"], asked.get("entities"))):
            return web.json_response({"ok": False, "error_code": 400, "description": "Bad Request: odd"}, status=400)
        return web.json_response({"ok": True, "result": {"message_id": 8, "chat": {"id": -1}}})

    async with server(handler) as url:
        world.base_url = f"{url}/bot"
        adapter = world.adapter()
        await adapter._wire.open()
        try:
            card = story(picture="https://news.example.com/a.jpg")
            assert (await adapter.send(ChatRef("telegram", "-1"), card, key="k", departure=FREE)).id == "8"
        finally:
            await adapter._wire.close_connections()
    assert len(taken) == attempts
    assert len({asked["text"] for asked in taken}) == 1
    assert all("v:7:b" in str(asked["reply_markup"]) for asked in taken)
    assert len(world.pace.turns) == attempts


# --- settings --------------------------------------------------------------------------------------------------------


def test_settings_stand_by_themselves():
    settings = TelegramSettings()
    assert settings.token is None
    assert settings.base_url == "https://api.telegram.org/bot"
    assert TelegramSettings.model_validate({"token": ""}).token is None


@pytest.mark.parametrize("token", ["98765", "abc:def", "1:a b", "1:", "1:a/b", "1:very?secret"])
def test_a_malformed_token_is_named_but_not_shown(token):
    with pytest.raises(ValidationError) as caught:
        TelegramSettings.model_validate({"token": token})
    assert "@BotFather" in str(caught.value)
    assert token not in str(caught.value)


@pytest.mark.parametrize("base_url", ["", "api.telegram.org", "ftp://x.org/bot", "http://", "http://a:99999/bot"])
def test_a_base_url_must_be_an_address(base_url):
    with pytest.raises(ValidationError, match="http or https"):
        TelegramSettings.model_validate({"base_url": base_url})


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValidationError):
        TelegramSettings.model_validate({"tokn": "1:x"})


def test_reading_the_settings_loads_no_telegram_library():
    code = "import sys, adapters.telegram, adapters.telegram.settings; sys.exit('telegram' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_settings_never_show_the_token():
    assert "SECRET" not in repr(TelegramSettings.model_validate({"token": TOKEN}))
