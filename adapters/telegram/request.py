"""The wire to the Bot API: python-telegram-bot's requests over aiohttp. The only place that knows the token.

The library gets a placeholder instead of the token, because it would write the address it calls into debug logs,
``repr`` and error texts; the real address is made here, as the last step, and never leaves.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

PLACEHOLDER = "0:placeholder"
READ_TIMEOUT = 20.0
CONNECT_TIMEOUT = 10.0
CONNECTIONS = 32
# A hundred updates are at most some hundred kilobytes; more is no Bot API.
MAX_RESPONSE = 16 * 1024 * 1024
# Shorter than servers' own (uvicorn 5 s, nginx 60 s or more): a request written into a connection that the server is
# just closing could not be told from one that was carried out.
KEEP_ALIVE = 4.0
# When a server says 429 without saying how long.
DEFAULT_RETRY_AFTER = 5
# Whatever a server says: Telegram's own last hours.
LONGEST_RETRY_AFTER = 86_400

Leaving: TypeAlias = Callable[[], Awaitable[None]]


class NotSent(NetworkError):
    """No byte of the request left: it surely had no effect."""


class Unconnected(NotSent):
    """No connection came about: there is no network, or nobody at the address."""


class Unanswered(TimedOut):
    """The request went out and no answer that can be understood came back."""


class ServerFault(NetworkError):
    """The server, or a gateway before it, answered with 5xx."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The server answered with status {status}")
        self.status = status

    def __reduce__(self) -> tuple[type, tuple[int]]:  # type: ignore[override]  # the library says tuple[str]
        return type(self), (self.status,)


class Flooded(RetryAfter):
    """429. Made here because the library warns, at each one, that its attribute will change its type."""

    def __init__(self, wait: int) -> None:
        TelegramError.__init__(self, f"Too many requests: wait {wait} seconds")
        self._retry_after = timedelta(seconds=wait)

    @property
    def wait(self) -> float:
        """Seconds."""
        return self._retry_after.total_seconds()


class Connection(BaseRequest):
    """One pool of connections to a Bot API server."""

    __slots__ = ("_address", "_limit", "_read_timeout", "_resolver", "_session")

    def __init__(
        self,
        base_url: str,
        token: str,
        resolver: Callable[[], AbstractResolver],
        *,
        limit: int,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._resolver = resolver
        self._address = base_url.replace("{token}", token) if "{token}" in base_url else base_url + token
        self._limit = limit
        self._read_timeout = read_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """See `BaseRequest`."""
        return self._read_timeout

    async def initialize(self) -> None:
        """See `BaseRequest`."""
        if self._session is not None:
            return
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_note_departure)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._limit, keepalive_timeout=KEEP_ALIVE, resolver=self._resolver()),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[trace],
            trust_env=False,
        )

    async def shutdown(self) -> None:
        """See `BaseRequest`."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """See `BaseRequest`. The one time limit that callers vary is for reading."""
        if self._session is None:
            raise NotSent("Not connected")
        read = self._read_timeout if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        # `connect` also bounds the wait for a free connection; `total` is for a body that comes a byte at a time.
        limits = aiohttp.ClientTimeout(
            total=read + 2 * CONNECT_TIMEOUT, connect=CONNECT_TIMEOUT, sock_connect=CONNECT_TIMEOUT, sock_read=read
        )
        departed: list[bool] = []
        try:
            async with self._session.request(
                method,
                f"{self._address}/{url.rpartition('/')[2]}",
                data=_body(request_data),
                timeout=limits,
                allow_redirects=False,
                trace_request_ctx=departed,
            ) as response:
                body = await _bounded(response)
                return understood(response.status, body, response.headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failure = f"{type(error).__name__}: {_reason(error)}"
            unsent = Unconnected if _is_unconnected(error) else NotSent
        # Raised outside of the handler: the caught error may hold the address, and with it the token.
        raise Unanswered(failure) if departed else unsent(failure)


class Wire(Bot):
    """The Bot API, asked by endpoint and answered as it was sent.

    Answers stay raw because the library's own objects lose facts (getChat: which reactions are allowed) and because an
    answer that they can't parse would make a message that was sent look as if it weren't.
    """

    __slots__ = ("_free",)

    def __init__(
        self, base_url: str, token: str, resolver: Callable[[], AbstractResolver], *, poll_timeout: float
    ) -> None:
        self._free = asyncio.Semaphore(CONNECTIONS)
        super().__init__(
            PLACEHOLDER,
            request=Connection(base_url, token, resolver, limit=CONNECTIONS),
            # Its own pool, so that a poll which waits never stands in the way of a call.
            get_updates_request=Connection(
                base_url, token, resolver, limit=1, read_timeout=poll_timeout + READ_TIMEOUT
            ),
        )

    async def ask(self, endpoint: str, leaving: Leaving | None = None, **parameters: Any) -> Any:
        """The ``result`` of one call. Parameters that are None are left out. ``leaving`` is awaited when there is a
        connection to go by. Raises TelegramError, and what that raises."""
        async with self._free:
            if leaving is not None:
                await leaving()
            return await self._post(endpoint, parameters)

    async def poll(self, **parameters: Any) -> Any:
        """The ``result`` of getUpdates, as `ask` gives it."""
        return await self._post("getUpdates", parameters)

    async def open(self) -> None:
        """Get ready to call; touches no network."""
        for connection in self._request:
            await connection.initialize()

    async def close_connections(self) -> None:
        """Close every connection."""
        for connection in self._request:
            await connection.shutdown()


def _body(data: RequestData | None) -> aiohttp.FormData | dict[str, str] | None:
    if data is None or not data.contains_files:
        return data.json_parameters if data else None
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in (data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form


async def _note_departure(_session: Any, context: Any, _parameters: Any) -> None:
    context.trace_request_ctx.append(True)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        body += chunk
        if len(body) > MAX_RESPONSE:
            raise ValueError("the answer is too long")
    return bytes(body)


def _is_unconnected(error: BaseException) -> bool:
    if isinstance(error, aiohttp.ClientSSLError):
        return False  # somebody was there
    return isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)


def _reason(error: BaseException) -> str:
    """What may be told of an error: what the operating system says, never an address."""
    cause = getattr(error, "os_error", error)
    return getattr(cause, "strerror", None) or "no details"


def understood(status: int, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """An answer in the one form that the library reads without stumbling. Raises what the library has no words for."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        answer = {}
    if 200 <= status <= 299:
        if "result" in answer and answer.get("ok", True):
            return status, body
        # Some servers tell of errors with status 200.
        status = answer["error_code"] if isinstance(answer.get("error_code"), int) else 0
    if status >= 500:
        raise ServerFault(status)
    if status == 429:
        raise Flooded(_whole(_parameters(answer).get("retry_after"), headers.get("Retry-After")))
    if status < 400:
        raise Unanswered(f"no Bot API answer (status {status})")
    if "description" not in answer:
        # A proxy's or a wrong server's word, not Telegram's: it says nothing of the token or the chat.
        raise NotSent(f"no Bot API answer (status {status})")
    return status, json.dumps(_refusal(status, answer)).encode()


def _parameters(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = answer.get("parameters")
    return parameters if isinstance(parameters, dict) else {}


def _refusal(status: int, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Only what the library knows: it stumbles over a missing description and over parameters of other shapes."""
    refusal: dict[str, Any] = {"ok": False, "description": str(answer["description"] or f"Error {status}")}
    to = _parameters(answer).get("migrate_to_chat_id")
    if isinstance(to, int):
        refusal["parameters"] = {"migrate_to_chat_id": to}
    return refusal


def _whole(*candidates: Any) -> int:
    for candidate in candidates:
        try:
            return min(LONGEST_RETRY_AFTER, max(1, int(candidate)))
        except (OverflowError, TypeError, ValueError):
            continue
    return DEFAULT_RETRY_AFTER
