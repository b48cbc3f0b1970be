"""Stands in front of every page of the HTTP server: who may ask, how much, and what browsers may do with the answer.

A page on another site can make a member's browser send requests to ours, and with a name of its own that resolves to
127.0.0.1 even read the answers. Hence Host is compared with the names we go by, and Origin with Host.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.model import Phrase
from bot.ports import Site, Translators

BODY_BYTES = 64 * 1024
"""The forms of the room are a thousandth of this."""

PUSH_BYTES = 1024 * 1024
"""What a hub may send. A feed that is larger is found when we look."""

PUSHES = "/hub/"

BODY_SECONDS = 10.0
"""A body of that size arrives in this time on any line that can show the page."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    # Not no-referrer: under that, browsers send "Origin: null" with our own forms. Other sites learn nothing anyway.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-frame-options", b"DENY"),
)

# TRANSLATORS: shown instead of a page; site.public_url is a setting and stays as it is
ANOTHER_NAME = Phrase("This site does not go by that name. See site.public_url in the config.")
# TRANSLATORS: shown instead of a page, to somebody whose browser was made to come here by another site
ANOTHER_SITE = Phrase("Requests from other sites are refused.")
# TRANSLATORS: shown instead of a page, when more was sent than a form can hold
TOO_MUCH = Phrase("That is too much.")
# TRANSLATORS: shown instead of a page, when a form did not arrive in time
TOO_LONG = Phrase("That took too long.")

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


def host_is_ours(host: str, site: Site) -> bool:
    """Whether a Host header names this site."""
    name, port = _name_and_port(f"//{host}")
    if name is None:
        return False
    public = urlsplit(site.public_url)
    if public.hostname == name and (port or _DEFAULT_PORTS.get(public.scheme)) == _port(public.scheme, public.port):
        return True
    if (port or 80) != site.port:
        return False
    return name in _LOOPBACK_NAMES or (not site.loopback and _is_configured(name, site.host.lower()))


def origin_is_ours(origin: str, host: str, site: Site) -> bool:
    """Whether an Origin header names the page that ``host`` (a Host header found to be ours) serves."""
    scheme, _, rest = origin.lower().partition("://")
    if site.public_url and origin.lower() == site.public_url.lower():
        return True
    return scheme in _DEFAULT_PORTS and rest == host.lower() and host_is_ours(host, site)


def _is_configured(name: str, configured: str) -> bool:
    if configured in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        # Every address of this machine is ours; a name could be a stranger's that resolves to one of them.
        return _is_address(name)
    return name == configured.strip("[]")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _name_and_port(url: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None, None
    if parts.path or parts.query or parts.fragment or parts.username is not None or not parts.hostname:
        return None, None
    return parts.hostname.removesuffix("."), port


def _port(scheme: str, port: int | None) -> int | None:
    return port or _DEFAULT_PORTS.get(scheme)


def refusal(
    method: str, headers: Iterable[tuple[bytes, bytes]], site: Site, most: int = BODY_BYTES
) -> tuple[HTTPStatus, Phrase] | None:
    """Why a request is not let in, or None."""
    given = {name: value.decode("latin-1") for name, value in headers}
    host = given.get(b"host", "")
    if not host_is_ours(host, site):
        return HTTPStatus.MISDIRECTED_REQUEST, ANOTHER_NAME
    origin = given.get(b"origin")
    if origin is not None and not origin_is_ours(origin, host, site):
        return HTTPStatus.FORBIDDEN, ANOTHER_SITE
    # Older browsers and programs that aren't browsers send neither header.
    if method not in SAFE_METHODS and given.get(b"sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return HTTPStatus.FORBIDDEN, ANOTHER_SITE
    if not given.get(b"content-length", "0").isdigit() or int(given.get(b"content-length", "0")) > most:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_MUCH
    return None


class Guard:
    """Pure ASGI middleware around the whole server."""

    def __init__(self, app: ASGIApp, site: Site, translators: Translators) -> None:
        self._app = app
        self._site = site
        self._translators = translators

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        most = PUSH_BYTES if scope["path"].startswith(PUSHES) and self._site.public_url else BODY_BYTES
        refused = refusal(scope["method"], scope["headers"], self._site, most)
        if refused is None:
            try:
                receive = await _whole_body(scope, receive, most)
            except _BadBody as bad:
                refused = bad.status, bad.phrase
            except _Gone:
                return
        if refused is not None:
            await self._answer(scope, send, *refused)
            return
        await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, send: Send, status: HTTPStatus, phrase: Phrase) -> None:
        given = {name: value.decode("latin-1") for name, value in scope["headers"]}
        t = self._translators(self._translators.preferred(given.get(b"accept-language", "")))
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-language", t.language.encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": status.value, "headers": headers})
        await send({"type": "http.response.body", "body": f"{t.phrase(phrase)}\n".encode()})


class _BadBody(Exception):
    def __init__(self, status: HTTPStatus, phrase: Phrase) -> None:
        super().__init__(phrase.msgid)
        self.status = status
        self.phrase = phrase


class _Gone(Exception):
    """The client hung up."""


async def _whole_body(scope: Scope, receive: Receive, most: int) -> Receive:
    """Take the body in before the application runs, so that neither its size nor its slowness reaches it."""
    names = {name for name, _ in scope["headers"]}
    if not names & {b"content-length", b"transfer-encoding"}:
        return receive
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _read(receive, most)
    except TimeoutError:
        raise _BadBody(HTTPStatus.REQUEST_TIMEOUT, TOO_LONG) from None
    return _replaying(body, receive)


async def _read(receive: Receive, most: int) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            raise _BadBody(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_MUCH)
    return bytes(body)


def _replaying(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            present = {name.lower() for name, _ in headers}
            headers += [header for header in HEADERS if header[0] not in present]
            if b"cache-control" not in present:
                headers.append((b"cache-control", b"private, no-cache"))
            message = {**message, "headers": headers}
        await send(message)

    return with_headers
