"""Names → addresses, on threads that don't hold up the end of the process."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult


class DaemonResolver(AbstractResolver):
    """The system's resolver. asyncio's own threads are joined at exit, and a lookup without a network can hang long."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()

        def settle(found: list[Any] | None, error: Exception | None) -> None:
            if answer.done():
                return
            if error is None:
                answer.set_result(found or [])
            else:
                answer.set_exception(error)

        def look_up() -> None:
            found, failed = None, None
            try:
                found = socket.getaddrinfo(
                    host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG
                )
            except OSError as error:
                failed = error
            except UnicodeError as error:  # a label longer than 63 characters, or empty
                failed = socket.gaierror(socket.EAI_NONAME, str(error))
            try:
                loop.call_soon_threadsafe(settle, found, failed)
            except RuntimeError:
                return  # the loop has ended meanwhile

        threading.Thread(target=look_up, name="resolve", daemon=True).start()
        return [_result(host, *entry) for entry in await answer]

    async def close(self) -> None:
        """Nothing is kept."""


def _result(host: str, family: int, _type: int, proto: int, _name: str, address: tuple[Any, ...]) -> ResolveResult:
    numeric = address[0]
    if family == socket.AF_INET6 and len(address) > 3 and address[3]:
        numeric = f"{numeric}%{address[3]}"
    return ResolveResult(
        hostname=host,
        host=numeric,
        port=address[1],
        family=family,
        proto=proto,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
