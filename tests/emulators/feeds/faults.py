"""What goes wrong on real servers, each as an answer to a request."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

MEGABYTE = 1_000_000
CHUNK = b"<item><title>more and more</title></item>" * 1000


def status(code: int, headers: Mapping[str, str] | None = None) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, headers=headers)

    return answer


def redirect(to: str, code: int = 302) -> Answer:
    return status(code, {"Location": to})


def body(data: bytes, content_type: str = "application/rss+xml", headers: Mapping[str, str] | None = None) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=data, headers={"Content-Type": content_type, **(headers or {})})

    return answer


def html() -> Answer:
    return body(
        b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>", "text/html"
    )


def entity_bomb() -> Answer:
    lols = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10))
    declarations = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY lol0 "lol">{lols}]>'
    return body(f"{declarations}<rss><channel><title>&lol9;</title></channel></rss>".encode())


def gzip_bomb(megabytes: int = 200) -> Answer:
    packed = gzip.compress(b"<rss>" + b" " * (megabytes * MEGABYTE))
    return body(packed, headers={"Content-Encoding": "gzip"})


def large(megabytes: int = 50, content_type: str = "application/rss+xml") -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        await response.write(b"<rss><channel>")
        for _ in range(megabytes * MEGABYTE // len(CHUNK)):
            await response.write(CHUNK)
        return response

    return answer


def endless(content_type: str = "application/rss+xml") -> Answer:
    """A byte now and then, for ever."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    return answer


def reset() -> Answer:
    """The connection is cut before any answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        await asyncio.Event().wait()
        raise AssertionError

    return answer


def cut_off(data: bytes) -> Answer:
    """Fewer bytes than announced."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(data) * 2)})
        await response.prepare(request)
        await response.write(data)
        assert request.transport is not None
        request.transport.close()
        return response

    return answer
