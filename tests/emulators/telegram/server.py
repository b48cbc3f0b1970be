"""The HTTP side: routes, tokens, envelopes, faults, the record of requests."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

from . import control, pages
from .errors import ApiError
from .faults import Fault, Faults, Kind, When
from .limits import Limits, Throttled
from .methods import Call, table
from .model import Clock
from .params import Params, read
from .people import People
from .world import World

MAX_REQUEST = 52 * 1024 * 1024  # uploads end at 50 MB (Bot API page, "Sending files")
NEVER_ARRIVES = 599  # the status of an answer whose connection was broken off
TOKEN = "7000000000:AAE-emulated_token_of_newstally_bot"


@dataclass(frozen=True, slots=True)
class Request:
    """One API call as it ended; status 0: the connection was broken off."""

    at: float
    method: str
    params: dict[str, str]
    status: int
    description: str

    @property
    def chat_id(self) -> str:
        return self.params.get("chat_id", "")


class TelegramServer(People):
    """An emulated Telegram with one bot. `async with TelegramServer() as tg: Bot(tg.token, base_url=tg.base_url)`."""

    def __init__(
        self,
        *,
        clock: Clock = time.time,
        limits: Limits | None = None,
        port: int = 0,
        token: str = TOKEN,
        privacy: bool = True,
        count_delay: float = 60.0,
        fetch_anywhere: bool = False,
    ) -> None:
        """`limits` None: the strict defaults. `count_delay`: how long reaction totals are gathered."""
        world = World(clock, limits or Limits(), fetch_anywhere=fetch_anywhere, count_delay=count_delay)
        super().__init__(world)
        self.new_bot(token=token, privacy=privacy)
        world.on_count_due = self._count_later
        self.faults = Faults()
        self.requests: deque[Request] = deque(maxlen=200_000)
        self._port = port
        self._runner: web.AppRunner | None = None
        self._counting: asyncio.TimerHandle | None = None

    # ---------------------------------------------------------------------------------------------------------- running

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=MAX_REQUEST)
        app.router.add_route("*", r"/bot{token:[^/]*}/{method:[^/]*}", self._api)
        app.router.add_get(r"/file/bot{token:[^/]*}/photos/{unique}", self._file)
        control.add_routes(app, self)
        pages.add_routes(app, self)
        app.router.add_route("*", "/{rest:.*}", self._not_found)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.faults.clear()
        if self._counting:
            self._counting.cancel()
        for bot in self.world.bots.values():
            bot.queue.release()
        if self._runner:
            await self._runner.cleanup()
        await self.world.files.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.url}/file/bot"

    @property
    def token(self) -> str:
        return self.bot.token

    # ----------------------------------------------------------------------------------------------------- for the test

    @property
    def throttled(self) -> list[Throttled]:
        """The 429s that were provoked, over all bots."""
        return sorted((t for bot in self.world.bots.values() for t in bot.book.throttled), key=lambda t: t.at)

    def calls(self, method: str = "") -> list[Request]:
        """The requests so far, of one method if named."""
        return [request for request in self.requests if not method or request.method.lower() == method.lower()]

    def fail(
        self, method: str, status: int = 500, *, times: int = 1, retry_after: int = 1, chat_id: int | None = None
    ) -> Fault:
        """The next calls are answered 429, 500, 502 or 504 without taking effect."""
        return self._plan(method, "status", times, "before", chat_id, status, retry_after)

    def garble(
        self, method: str, *, times: int = 1, when: When = "before", chat_id: int | None = None,
        body: bytes = b'{"ok":true,"result":{"message_',
    ) -> Fault:  # fmt: skip
        """The next calls are answered 200 with something that is no JSON, or with what `body` says."""
        fault = self._plan(method, "garbage", times, when, chat_id)
        fault.body = body
        return fault

    def reset(self, method: str, *, times: int = 1, when: When = "before", chat_id: int | None = None) -> Fault:
        """The next calls end in a broken connection, before or after they took effect."""
        return self._plan(method, "reset", times, when, chat_id)

    def hold(self, method: str, *, times: int = 1, when: When = "before", chat_id: int | None = None) -> Fault:
        """The next calls wait for `fault.release()`; `fault.arrived` tells that one has come."""
        return self._plan(method, "hold", times, when, chat_id)

    def _plan(
        self,
        method: str,
        kind: Kind,
        times: int,
        when: When,
        chat_id: int | None,
        status: int = 500,
        retry_after: int = 1,
    ) -> Fault:
        return self.faults.plan(Fault(method, kind, times, when, status, retry_after, chat_id))

    # -------------------------------------------------------------------------------------------------------------- API

    async def _not_found(self, _: web.Request) -> web.Response:
        return _answer(ApiError(404, "Not Found"))

    async def _file(self, request: web.Request) -> web.Response:
        picture = self.world.files.by_unique(request.match_info["unique"])
        if request.match_info["token"] not in self.world.bots or picture is None:
            return _answer(ApiError(404, "Not Found"))
        return web.Response(body=picture.data, content_type=picture.mime)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        token, name = request.match_info["token"], request.match_info["method"].lower()
        documented = table[name][0] if name in table else name
        params, reason = Params(), ""
        fault: Fault | None = None
        answer: web.StreamResponse | None = None
        try:
            self._authorize(token, request.method)
            params = await read(request)
            fault = self.faults.next(name, params.text("chat_id"))
            if fault and fault.when == "before":
                answer = await self._trouble(fault, request)
            if answer is None:
                answer = _json({"ok": True, "result": await self._run(token, name, params)})
        except ApiError as error:
            answer, reason = _answer(error), error.description
        except web.HTTPRequestEntityTooLarge:
            answer = _answer(ApiError(413, "Request Entity Too Large"))
        if fault and fault.when == "after":
            answer = await self._trouble(fault, request) or answer
        status = 0 if answer.status == NEVER_ARRIVES else answer.status
        self.requests.append(Request(self.world.clock(), documented, params.values, status, reason))
        self.world.touch()
        return answer

    def _authorize(self, token: str, http_method: str) -> None:
        if http_method not in ("GET", "POST"):
            raise ApiError(405, "Method Not Allowed")
        # in front of the real server, a malformed token does not even reach a bot
        if not re.fullmatch(r"[1-9]\d*:[A-Za-z0-9_-]+", token):
            raise ApiError(404, "Not Found")
        if token not in self.world.bots:
            raise ApiError(401, "Unauthorized")

    async def _run(self, token: str, name: str, params: Params) -> Any:
        if name not in table:
            raise ApiError(404, "Not Found: method not found")
        documented, method = table[name]
        return await method(Call(self.world, self.world.bots[token], documented, params))

    async def _trouble(self, fault: Fault, request: web.Request) -> web.StreamResponse | None:
        match fault.kind:
            case "status":
                return _json(fault.answer, fault.status)
            case "garbage":
                return web.Response(body=fault.body, content_type="application/json")
            case "hold":
                await fault.released.wait()
                return None
        _break(request)
        return web.Response(status=NEVER_ARRIVES)

    def _count_later(self) -> None:
        """With a clock that runs by itself, waiting reaction totals are sent without anybody asking."""
        due = self.world.next_count_at
        if due is None or self._counting is not None:
            return

        def send() -> None:
            self._counting = None
            self.world.tell_counts()
            self._count_later()

        delay = max(0.05, due - self.world.clock())
        self._counting = asyncio.get_running_loop().call_later(delay, send)


def _json(body: Any, status: int = 200) -> web.Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(body=text.encode("utf-8", "replace"), status=status, content_type="application/json")


def _answer(error: ApiError) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    answer = _json(body, error.code)
    if retry_after := error.parameters.get("retry_after"):
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def _break(request: web.Request) -> None:
    """Cuts the connection the hard way, so that the client sees a reset and not an orderly end."""
    transport = request.transport
    if transport is None:
        return
    if (sock := transport.get_extra_info("socket")) is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
