"""The server: pages by path, each with validators, a gate, redirects and faults; counts who asks for what."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from aiohttp import web

from tests.emulators.feeds.faults import Answer

TYPES = {
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".xml": "application/xml",
    ".json": "application/feed+json",
}


@dataclass
class Page:
    """What stands at a path. Change it while the server runs."""

    body: bytes = b""
    content_type: str = "application/rss+xml"
    validators: bool = True
    """Whether it has an ETag and a Last-Modified, and answers 304 to them."""
    fault: Answer | None = None
    """Answers in the page's place."""
    headers: dict[str, str] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    """Answers wait until it is set."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the first request."""

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


@dataclass(frozen=True)
class Request:
    """A request that came in."""

    path: str
    headers: dict[str, str]
    status: int


class FeedServer:
    """Use as an async context manager; `url` tells where its pages are."""

    def __init__(self, *, port: int = 0, folder: Path | None = None) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[Request] = []
        self._port = port
        self._folder = folder
        self._runner: web.AppRunner | None = None
        self.at_once: Counter[str] = Counter()
        self.most_at_once = 0

    async def __aenter__(self) -> FeedServer:
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        for page in self.pages.values():
            if page.gate is not None:
                page.gate.set()
        await self._runner.cleanup()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self._port}{path}"

    def put(self, path: str, body: bytes = b"", **changes: object) -> Page:
        """Make or change a page."""
        page = self.pages.setdefault(path, Page())
        page.body = body or page.body
        for name, value in changes.items():
            setattr(page, name, value)
        return page

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(1 for request in self.requests if request.path == path)

    def last(self, path: str) -> Request:
        return next(request for request in reversed(self.requests) if request.path == path)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.at_once["all"] += 1
        self.most_at_once = max(self.most_at_once, self.at_once["all"])
        try:
            response = await self._page_answer(request)
        finally:
            self.at_once["all"] -= 1
        return response

    async def _page_answer(self, request: web.Request) -> web.StreamResponse:
        page = self.pages.get(request.path_qs) or self.pages.get(request.path) or self._file(request.path)
        if page is None:
            return self._note(request, web.Response(status=404, text="There is no such page."))
        page.asked.set()
        if page.gate is not None:
            await page.gate.wait()
        if page.fault is not None:
            self._note(request, web.Response(status=200))
            return await page.fault(request)
        headers = {"Content-Type": page.content_type, **page.headers}
        if page.validators:
            headers |= {"ETag": page.etag, "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}
            if request.headers.get("If-None-Match") == page.etag:
                return self._note(request, web.Response(status=304, headers={"ETag": page.etag}))
        return self._note(request, web.Response(body=page.body, headers=headers))

    def _note(self, request: web.Request, response: web.Response) -> web.Response:
        self.requests.append(Request(request.path, dict(request.headers), response.status))
        return response

    def _file(self, path: str) -> Page | None:
        """A file of the folder, as it is."""
        if self._folder is None:
            return None
        file = (self._folder / path.lstrip("/")).resolve()
        if not file.is_relative_to(self._folder.resolve()) or not file.is_file():
            return None
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return Page(file.read_bytes(), content_type=kind)
