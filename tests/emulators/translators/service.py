"""What all the services have in common: a socket, faults that a test orders, and a memory of what was asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    json: Any


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer in place of the right one."""

    status: int
    headers: Mapping[str, str]
    body: Any
    """None: what the service says with this status."""


@dataclass
class Service:
    """Use as an async context manager."""

    requests: list[Asked] = field(default_factory=list)
    translations: int = 0
    """How many requests it has translated something for."""
    _faults: deque[Fault] = field(default_factory=deque)
    _garbles: bool = False
    _hanging: asyncio.Event | None = None
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._taken_down], client_max_size=1_000_000)
        self.routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._hanging is not None:
            self._hanging.set()
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Its base address, without a slash at the end."""
        assert self._runner is not None
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def fail(self, status: int, times: int = 1, headers: Mapping[str, str] | None = None, body: Any = None) -> None:
        """Answer the next requests for a translation with this status. A ``body`` that is text is sent as it is."""
        self._faults.extend([Fault(status, headers or {}, body)] * times)

    def hang(self) -> None:
        """Answer no request for a translation any more, until `answer_again` or the end."""
        self._hanging = asyncio.Event()

    def answer_again(self) -> None:
        """Answer what hangs, and all that comes."""
        if self._hanging is not None:
            self._hanging.set()
        self._hanging = None

    def garble(self, garbles: bool = True) -> None:
        """Lose what a request protects."""
        self._garbles = garbles

    def routes(self, app: web.Application) -> None:
        """What it answers."""
        raise NotImplementedError

    def refusal(self, status: int, words: str) -> web.Response:
        """How it says no."""
        raise NotImplementedError

    async def ordered(self) -> web.Response | None:
        """The fault that a test has ordered for this request, if any."""
        if self._hanging is not None:
            await self._hanging.wait()
        if not self._faults:
            return None
        fault = self._faults.popleft()
        if fault.body is None:
            answer = self.refusal(fault.status, "as ordered")
        elif isinstance(fault.body, str):
            answer = web.Response(status=fault.status, text=fault.body, content_type="application/json")
        else:
            answer = web.json_response(fault.body, status=fault.status)
        answer.headers.update(fault.headers)
        return answer

    @web.middleware
    async def _taken_down(self, request: web.Request, handler: Any) -> web.StreamResponse:
        said = None
        if request.can_read_body:
            try:
                said = await request.json()
            except ValueError:
                said = await request.text()
        self.requests.append(Asked(request.method, request.path, dict(request.headers), said))
        answer: web.StreamResponse = await handler(request)
        return answer


def is_json(request: web.Request) -> bool:
    """Whether it says that its body is JSON."""
    return request.content_type == "application/json"
