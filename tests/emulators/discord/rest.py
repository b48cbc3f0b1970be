"""The front door of the REST API: who calls, how fast, what goes wrong on the way, then the route itself."""

from __future__ import annotations

import json
import math
import re
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from .call import Call, Reply, Route
from .errors import TABLE, ApiError, HttpError
from .faults import Fault, Faults
from .forms import SNOWFLAKE, Form, refuse
from .limits import Limits, Refused, Verdict
from .message_form import Upload
from .platform import Platform
from .routes import ROUTES
from .state import Json

BASE = re.compile(r"/api(?:/v(\d+))?(/.*)")
_UPLOAD = re.compile(r"files\[(\d+)\]")
_WORDS = {500: "500: Internal Server Error", 502: "502: Bad Gateway", 503: "503: Service Unavailable"}
# With a refusal the API gives its reason (Opcodes and Status Codes: JSON Error Codes).
_REASONS = {400: 50035, 403: 50013, 404: 10003}
_PAGE = "<html><title>Access denied</title><body>error code: 1020</body></html>"


@dataclass(frozen=True)
class Request:
    """What the bot asked and was told, for tests to look at."""

    time: float
    method: str
    path: str
    template: str
    status: int
    code: int | None
    body: Any


class Rest:
    def __init__(self, platform: Platform, limits: Limits, faults: Faults, *, token: Any) -> None:
        self.platform = platform
        self.limits = limits
        self.faults = faults
        self.token = token
        self.requests: list[Request] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        found = BASE.fullmatch(request.raw_path.partition("?")[0])
        version, path = (found[1] or "10", found[2]) if found else ("10", "/")
        if self.limits.banned:
            # The ban is the work of the proxy in front: no JSON and no Via header.
            return _page(429, "error code: 1015", 600)
        self.platform.tick()
        fault = self.faults.next(request.method, path)
        if fault is not None and (troubled := await self._before(fault, request)) is not None:
            return self._log(request, path, "", troubled, None, None)
        call_body: Any = None
        route: Route | None = None
        verdict = Verdict()
        try:
            route, params = self._route(request.method, path, version)
            self._authorize(request, route)
            verdict = self._pace(request.method, path, route, params)
            call = await self._read(request, route, params)
            call_body = call.body
            result = route.handler(call)
            reply = result if isinstance(result, Reply) else Reply(204 if result is None else 200, result)
            response = _json(reply.status, reply.body, verdict.headers)
            code = None
        except _TooFast as slow:
            response, code = self._refuse(request.method, path, slow), None
        except ApiError as error:
            response, code = self._api_error(request.method, path, error, verdict), error.code
        except HttpError as error:
            response, code = _json(error.status, error.body(), {}), 0
        self.platform.changed()
        if fault is not None and fault.when == "after":
            response = await self._after(fault, request, response)
        return self._log(request, path, route.template if route else "", response, code, call_body)

    # --- the steps ----------------------------------------------------------------------------------------------------

    def _route(self, method: str, path: str, version: str) -> tuple[Route, dict[str, str]]:
        if version not in ("9", "10"):
            raise refuse((), "API_VERSION", "Invalid API version") if version.isdigit() else HttpError(404, "Not Found")
        segments = [unquote(part) for part in path.strip("/").split("/")]
        other_method = False
        for route in ROUTES:
            params = route.match(segments)
            if params is not None:
                if route.method == method:
                    return route, params
                other_method = True
        raise HttpError(405, "Method Not Allowed") if other_method else HttpError(404, "Not Found")

    def _authorize(self, request: web.Request, route: Route) -> None:
        if route.token and request.headers.get("Authorization") != f"Bot {self.token()}":
            raise HttpError(401, "Unauthorized")

    def _pace(self, method: str, path: str, route: Route, params: Mapping[str, str]) -> Verdict:
        if route.token:  # interactions are exempt from the global limit (Rate Limits: Global Rate Limit)
            overall = self.limits.take("global")
            if overall.retry_after is not None:
                raise _TooFast("global", overall.retry_after, {}, "global")
        if route.bucket is None:
            return Verdict()
        verdict = self.limits.take(route.bucket, params.get("channel_id", params.get("guild_id", "")))
        if verdict.retry_after is not None:
            raise _TooFast("user", verdict.retry_after, verdict.headers, route.bucket)
        return verdict

    async def _read(self, request: web.Request, route: Route, params: dict[str, str]) -> Call:
        query = dict(request.query)
        for key in ("before", "after", "around"):
            if key in query and "archived" not in route.template and not SNOWFLAKE.fullmatch(query[key]):
                raise refuse((key,), "NUMBER_TYPE_COERCE", f'Value "{query[key]}" is not snowflake.')
        body: Any = None
        uploads: dict[str, Upload] = {}
        if request.method in ("POST", "PUT", "PATCH"):
            if request.content_type == "multipart/form-data":
                body, uploads = await _multipart(request)
            else:
                body = _parse(await request.read())
        return Call(self.platform, params, query, body, uploads)

    # --- refusals -----------------------------------------------------------------------------------------------------

    def _refuse(self, method: str, path: str, slow: _TooFast) -> web.Response:
        return self.too_many(method, path, slow.scope, slow.retry_after, slow.headers, slow.bucket)

    def too_many(
        self, method: str, path: str, scope: str, retry_after: float, headers: Mapping[str, str], bucket: str,
        *, extra: Json | None = None,
    ) -> web.Response:  # fmt: skip
        now = self.platform.clock()
        self.limits.record(Refused(now, method, path, scope, bucket, retry_after))
        if scope != "shared":
            self.limits.count_invalid()
        shared = scope == "shared"
        body = {
            "message": "The resource is being rate limited." if shared else "You are being rate limited.",
            "retry_after": retry_after, "global": scope == "global",
        } | (extra or {})  # fmt: skip
        all_headers = dict(headers) | {"Retry-After": str(math.ceil(retry_after)), "X-RateLimit-Scope": scope}
        if scope == "global":
            all_headers["X-RateLimit-Global"] = "true"
        return _json(429, body, all_headers)

    def _api_error(self, method: str, path: str, error: ApiError, verdict: Verdict) -> web.Response:
        if error.retry_after is not None:
            extra = {"message": error.message, "code": error.code}
            bucket = f"code {error.code}"
            return self.too_many(method, path, "user", error.retry_after, verdict.headers, bucket, extra=extra)
        if error.status in (401, 403):
            self.limits.count_invalid()
        return _json(error.status, error.body(), verdict.headers)

    # --- injected trouble ---------------------------------------------------------------------------------------------

    async def _before(self, fault: Fault, request: web.Request) -> web.Response | None:
        if fault.when == "after":
            return None
        if fault.kind == "hold":
            await fault.released.wait()
            return None
        return self._trouble(fault, request)

    async def _after(self, fault: Fault, request: web.Request, response: web.Response) -> web.Response:
        if fault.kind == "hold":
            await fault.released.wait()
            return response
        return self._trouble(fault, request)

    def _trouble(self, fault: Fault, request: web.Request) -> web.Response:
        if fault.kind == "reset":
            _reset(request)
            return web.Response(status=500)
        if fault.kind == "garbage":
            return _raw(200, fault.body, {})
        if not fault.via:
            return _page(fault.status, _PAGE, fault.retry_after)
        if fault.status == 429:
            return self.too_many(request.method, request.path, fault.scope, fault.retry_after, {}, "injected")
        code = _REASONS.get(fault.status, 0)
        words = TABLE[code][1] if code else _WORDS.get(fault.status, f"{fault.status}: Error")
        return _json(fault.status, {"message": words, "code": code}, {})

    def _log(
        self, request: web.Request, path: str, template: str, response: web.Response, code: int | None, body: Any
    ) -> web.Response:
        if response.status == 401 and code in (None, 0):
            self.limits.count_invalid()
        now = self.platform.clock()
        self.requests.append(Request(now, request.method, path, template, response.status, code, body))
        self.platform.changed()
        return response


class _TooFast(Exception):
    def __init__(self, scope: str, retry_after: float, headers: dict[str, str], bucket: str) -> None:
        self.scope, self.retry_after, self.headers, self.bucket = scope, retry_after, headers, bucket
        super().__init__(scope)


def _json(status: int, body: Any, headers: Mapping[str, str]) -> web.Response:
    if status == 204:
        return web.Response(status=204, headers={**headers, "Via": "1.1 google"})
    return _raw(status, json.dumps(body, ensure_ascii=False).encode(), headers)


def _raw(status: int, body: bytes, headers: Mapping[str, str]) -> web.Response:
    # Exactly this content type, without a charset; and the proxy's Via header is on everything the API itself says.
    return web.Response(
        status=status, body=body, headers={**headers, "Content-Type": "application/json", "Via": "1.1 google"}
    )


def _page(status: int, text: str, retry_after: float) -> web.Response:
    """What the proxy in front says by itself: no JSON and no Via header."""
    headers = {"Retry-After": str(math.ceil(retry_after))} if status == 429 else {}
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)


def _reset(request: web.Request) -> None:
    """The peer sees a reset connection (RST), not an orderly end."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _parse(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ApiError(50109) from error


async def _multipart(request: web.Request) -> tuple[Any, dict[str, Upload]]:
    body: Any = {}
    uploads: dict[str, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):  # a nested multipart: nothing that a client of this API sends
            raise ApiError(50109)
        name = part.name or ""
        data = bytes(await part.read())
        if name == "payload_json":
            body = _parse(data)
        elif found := _UPLOAD.fullmatch(name):
            kind = part.headers.get("Content-Type", "application/octet-stream")
            uploads[found[1]] = Upload(part.filename or "file", data, kind)
        else:
            form = Form()
            form.required(("payload_json",))
            form.check()
    return body, uploads
