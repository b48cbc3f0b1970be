"""The listening socket and uvicorn on it, inside our own event loop. Signals and shutdown stay ours: cancel to stop."""

from __future__ import annotations

import asyncio
import errno
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.errors import ConfigError
from bot.ports import Site, Translators
from bot.site.guard import Guard
from bot.site.settings import SiteSettings, is_loopback

PORTS = range(8080, 8100)
"""Tried in this order where no port is configured."""

CONNECTIONS = 500
"""Open at once; below the usual limit of 1,024 files a process, which the database, feeds and platforms share."""

HEADER_BYTES = 16 * 1024
HEADER_SECONDS = 10.0
"""For a whole request head. uvicorn itself waits for ever, so that a few slow clients could take all connections."""

KEEP_ALIVE_SECONDS = 15
LAST_SECONDS = 1
"""For answers under way when we stop; event streams end by themselves."""


def bind(settings: SiteSettings) -> socket.socket:
    """Claim the configured port, or the first free one of `PORTS`. Raises ConfigError."""
    for port in PORTS if settings.port is None else (settings.port,):
        try:
            return _listen(settings.host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or isinstance(error, socket.gaierror):
                fault = f"site: can't listen on {settings.host}, port {port}: {error.strerror or error}"
                raise ConfigError((fault,)) from error
    if settings.port is None:
        raise ConfigError((f"site.port: all ports from {PORTS[0]} to {PORTS[-1]} are in use by other programs",))
    raise ConfigError((f"site.port: {settings.port} on {settings.host} is in use by another program",))


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart needn't wait for old connections to fade
        sock.bind(address)
        sock.listen(128)  # claims the port: two sockets may be bound to it, only one may listen
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def site_of(settings: SiteSettings, port: int) -> Site:
    """What adapters are told about the server: its port, and a token for this run where none is configured."""
    token = settings.admin_token
    return Site(
        host=settings.host,
        port=port,
        public_url=settings.public_url,
        admin_token=secrets.token_urlsafe(24) if token is None else token.get_secret_value(),
        loopback=is_loopback(settings.host),
    )


def address_of(site: Site) -> str:
    """Where the site can be opened from this machine, without a slash at the end."""
    if site.public_url:
        return site.public_url
    return loopback_address_of(site) if site.loopback or site.host in ("0.0.0.0", "::") else _url(site.host, site.port)  # noqa: S104


def loopback_address_of(site: Site) -> str:
    """Where our own gather polls the sample wire, without a slash at the end."""
    if site.loopback and site.host.lower() != "localhost":
        return _url(site.host, site.port)
    return _url("::1" if site.host == "::" else "127.0.0.1", site.port)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    app: ASGIApp,
    sock: socket.socket,
    site: Site,
    translators: Translators,
    *,
    started: Callable[[], object],
    head_seconds: float = HEADER_SECONDS,
) -> None:
    """Serve until cancelled, then end within about a second. ``started`` is called once connections are answered."""
    config = uvicorn.Config(
        Guard(app, site, translators),
        # uvicorn builds these itself and hands nothing through.
        http=type("_Protocol", (_ImpatientProtocol,), {"head_seconds": head_seconds}),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=LAST_SECONDS,
    )
    server = _Server(config, started)
    await server.serve(sockets=[sock])
    if server.cancelled:
        raise asyncio.CancelledError


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_started: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_started = on_started
        self.cancelled = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are app.py's."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_started()

    async def main_loop(self) -> None:
        # The cancellation ends only this wait, so that uvicorn goes on to close its connections in the same task.
        with suppress(asyncio.CancelledError):
            await super().main_loop()
            self.cancelled = False


class _ImpatientProtocol(H11Protocol):
    """Hangs up on a client that doesn't finish a request head in time."""

    head_seconds: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the base
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._forget_head()
        elif self._head_deadline is None:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._head_deadline = self.loop.call_later(self.head_seconds, self.transport.close)

    def _forget_head(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None
