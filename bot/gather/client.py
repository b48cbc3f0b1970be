"""The one HTTP client of the sources: guarded at every hop, bounded in bytes, time and redirects."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from yarl import URL

from bot.errors import SourceError
from bot.gather.body import ENCODINGS, read_body
from bot.gather.discover import FEED_TYPES
from bot.gather.guard import AddressRefused, is_refused
from bot.gather.resolver import DaemonResolver
from bot.gather.settings import GatherSettings
from bot.headers import fresh_for, retry_after
from bot.model import Phrase

T = TypeVar("T")

MAX_REDIRECTS = 5
MAX_ADDRESS = 2048
CONNECT_SECONDS = 10.0

_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"

NOT_AN_ADDRESS = Phrase("That is not a web address.")


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to fetch, and what we have of it."""

    url: str
    exempt: bool = False
    """Not held to the guard; its redirects are."""
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Told to this address alone and to none that it redirects to: there may be a key in it."""
    accept: str = ""
    """What is wanted, where it isn't a feed."""
    kinds: tuple[str, ...] = ()
    """Anything else is refused before its body is read; empty: anything is taken."""
    max_bytes: int | None = None
    """A limit of its own, below that of the settings."""
    may_ask: Callable[[str], Awaitable[object]] | None = None
    """Asked before each address to which it is redirected; raises what keeps us from going there."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with a body."""

    url: str
    """Where it came from in the end: what relative links are relative to."""
    body: bytes
    content_type: str
    etag: str | None
    last_modified: str | None
    moved_to: str | None
    """The address to ask from now on, when the server says that this one has moved for good."""
    fresh_for: float | None = None
    """Seconds for which it stays good, where the server says so."""
    hub: str | None = None
    """Where its news are announced, and under which address, by its Link headers."""
    hub_topic: str | None = None
    feeds: tuple[str, ...] = ()
    """Feeds that its Link headers name."""
    robots: str = ""
    """What it says to robots, by its X-Robots-Tag headers, one a line."""


@dataclass(frozen=True, slots=True)
class NotModified:
    """What we have is still what there is."""

    fresh_for: float | None = None
    moved_to: str | None = None
    """As in `Fetched`."""


class GuardedClient:
    """Use as an async context manager. Two sessions, because a pooled connection passes the guard by."""

    def __init__(self, settings: GatherSettings, version: str = "") -> None:
        self._settings = settings
        name = f"Newstally/{version}" if version else "Newstally"
        self._user_agent = f"{name} (+{settings.contact})" if settings.contact else name
        self._guarded: aiohttp.ClientSession | None = None
        self._exempt: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> GuardedClient:
        self._guarded = self._session(self._guarded_socket)
        self._exempt = self._session(_plain_socket)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in (self._guarded, self._exempt):
            if session is not None:
                await session.close()

    async def fetch(self, request: FetchRequest) -> Fetched | NotModified:
        """Ask for it, following redirects. Raises SourceError that says in words why it can't be had."""
        return await self._in_words(self._follow(request))

    async def post(self, url: str, form: Mapping[str, str]) -> None:
        """Send a form, always held to the guard. Raises SourceError unless it was taken (2xx); its body isn't read."""
        await self._in_words(self._submit(checked(url), form))

    async def _in_words(self, asking: Coroutine[Any, Any, T]) -> T:
        seconds = self._settings.timeout
        try:
            async with asyncio.timeout(seconds):
                return await asking
        except TimeoutError as error:
            raise SourceError(Phrase("It took longer than {seconds} seconds.", {"seconds": round(seconds)})) from error
        except aiohttp.ClientError as error:
            raise SourceError(_problem(error)) from error
        except (ssl.SSLError, OSError) as error:
            raise SourceError(Phrase("The connection broke.")) from error
        except UnicodeError as error:  # a host name that can't be written in DNS
            raise SourceError(NOT_AN_ADDRESS) from error

    async def _follow(self, request: FetchRequest) -> Fetched | NotModified:
        assert self._guarded is not None
        assert self._exempt is not None
        url = checked(request.url)
        session = self._exempt if request.exempt else self._guarded
        moved = True  # as long as every step so far was a permanent one
        moved_to: str | None = None
        told = request.headers
        for _ in range(MAX_REDIRECTS + 1):
            async with session.get(url, headers=_headers(request, told), allow_redirects=False) as response:
                told = {}
                if response.status not in {301, 302, 303, 307, 308}:
                    return await self._read(response, url, moved_to, request, whole_way=moved)
                moved = moved and response.status in {301, 308}
                url = _target(url, response)
            if request.may_ask is not None:
                await request.may_ask(str(url))
            moved_to = str(url) if moved else moved_to
            session = self._guarded
        raise SourceError(Phrase("It redirects more than {limit} times.", {"limit": MAX_REDIRECTS}))

    async def _submit(self, url: URL, form: Mapping[str, str]) -> None:
        assert self._guarded is not None
        for _ in range(MAX_REDIRECTS + 1):
            async with self._guarded.post(url, data=form, allow_redirects=False) as response:
                if response.status not in {307, 308}:
                    if response.status // 100 != 2:
                        raise _refusal(response)
                    return
                url = _target(url, response)
        raise SourceError(Phrase("It redirects more than {limit} times.", {"limit": MAX_REDIRECTS}))

    async def _read(
        self,
        response: aiohttp.ClientResponse,
        url: URL,
        moved_to: str | None,
        request: FetchRequest,
        *,
        whole_way: bool,
    ) -> Fetched | NotModified:
        """``whole_way``: it is the address that was asked for, or the one to which that has moved for good."""
        if response.status == 304:
            return NotModified(fresh_for(response.headers, datetime.now(UTC)), moved_to)
        if response.status != 200:
            raise _refusal(response, final=whole_way)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if request.kinds and kind not in request.kinds:
            shown = kind[:40].encode("ascii", "replace").decode()
            raise SourceError(Phrase("It is not the expected kind of content ({kind}).", {"kind": shown}))
        most = min(self._settings.max_bytes, request.max_bytes or self._settings.max_bytes)
        body = await read_body(response.content.iter_any(), response.headers.get("Content-Encoding", ""), most)
        return Fetched(
            url=str(url),
            body=body,
            content_type=response.headers.get("Content-Type", "")[:200],
            etag=_kept(response.headers.get("ETag")),
            last_modified=_kept(response.headers.get("Last-Modified")),
            moved_to=moved_to,
            fresh_for=fresh_for(response.headers, datetime.now(UTC)),
            hub=_linked(response, "hub"),
            hub_topic=_linked(response, "self"),
            feeds=tuple(dict.fromkeys(_linked_feeds(response))),
            robots="\n".join(response.headers.getall("X-Robots-Tag", ()))[:2000],
        )

    def _session(self, socket_factory: Any) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=DaemonResolver(),
            socket_factory=socket_factory,
            limit=0,  # how much is asked at once, `gather.turns` decides: here a quick one would wait for slow ones
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT_SECONDS, self._settings.timeout)),
            headers={"User-Agent": self._user_agent, "Accept": _ACCEPT, "Accept-Encoding": ENCODINGS},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,  # neither proxies nor .netrc
        )

    def _guarded_socket(self, address: Any) -> socket.socket:
        family, host = address[0], address[4][0]
        if family not in {socket.AF_INET, socket.AF_INET6} or is_refused(host, self._settings.allow_networks):
            raise AddressRefused
        return _plain_socket(address)


@lru_cache(maxsize=4096)
def checked(address: str) -> URL:
    """The address as a URL that may be asked for. Raises SourceError for any that isn't plain http or https."""
    if len(address) > MAX_ADDRESS or not address.isprintable():
        raise SourceError(NOT_AN_ADDRESS)
    try:
        # An address that is encoded already is sent as it is: servers do tell %2C from a comma.
        url = URL(address, encoded=address.isascii() and " " not in address)
        host, user, port = url.host, url.user, url.port
    except ValueError as error:
        raise SourceError(NOT_AN_ADDRESS) from error
    if host and ":" not in host and f"[{host}".lower() in address.lower():  # an IPvFuture, which no one has
        raise SourceError(NOT_AN_ADDRESS)
    if url.scheme not in {"http", "https"} or not host or not port:
        raise SourceError(Phrase("Only http and https addresses can be read."))
    if user is not None or url.password is not None:
        raise SourceError(Phrase("An address with a name or password in it can't be used."))
    return url.with_fragment(None)


def spelled(url: URL) -> str:
    """One spelling for what people type in several: sources are known by their addresses."""
    parts = urlsplit(str(url))
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query, ""))


def _target(url: URL, response: aiohttp.ClientResponse) -> URL:
    location = response.headers.get("Location", "").strip()
    if not location:
        raise SourceError(Phrase("It redirects to nowhere."))
    try:
        # Servers send UTF-8 in this header, which arrives as surrogates.
        location = location.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        # Written out within the try: only then is a port read that can't be one.
        target = str(url.join(URL(location, encoded=location.isascii() and " " not in location)))
    except ValueError as error:
        raise SourceError(Phrase("It redirects to nowhere.")) from error
    return checked(target)


def _headers(request: FetchRequest, told: Mapping[str, str]) -> dict[str, str]:
    conditions = {
        "Accept": request.accept,
        "If-None-Match": request.etag,
        "If-Modified-Since": request.last_modified,
    }
    return {name: value for name, value in conditions.items() if value} | dict(told)


def _linked(response: aiohttp.ClientResponse, relation: str) -> str | None:
    """The address that a Link header names for this relation."""
    if "Link" not in response.headers:
        return None
    try:
        address = str(response.links[relation]["url"])
        return str(checked(address))
    except (KeyError, ValueError, SourceError):
        return None


MAX_LINKS = 20
# Several may have one relation, which aiohttp's own reading of them doesn't tell.
_LINK = re.compile(r"""<([^<>]{1,2048})>((?:\s*;\s*[\w!#$&+.^`|~*-]+\s*(?:=\s*(?:"[^"]*"|[^\s",;]*))?)*)""")
_PARAMETER = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s",;]+))""")


def _linked_feeds(response: aiohttp.ClientResponse) -> Iterator[str]:
    """The addresses of the feeds that its Link headers name."""
    written = ", ".join(response.headers.getall("Link", ()))[:8000]
    for link in islice(_LINK.finditer(written), MAX_LINKS):
        said = {one[1].lower(): (one[2] or one[3] or "").lower() for one in _PARAMETER.finditer(link[2])}
        if "alternate" in said.get("rel", "").split() and said.get("type", "").partition(";")[0].strip() in FEED_TYPES:
            with suppress(ValueError, SourceError):
                yield str(checked(str(response.url.join(URL(link[1])))))


def _kept(header: str | None) -> str | None:
    """A validator that can be sent back as it is."""
    return header if header and len(header) <= 500 and header.isprintable() and header.isascii() else None


def _plain_socket(address: Any) -> socket.socket:
    family, kind, proto = address[:3]
    return socket.socket(family, kind, proto)


_WORDS_FOR_STATUS = {
    404: Phrase("There is nothing at this address ({status}).", {"status": 404}),
    410: Phrase("It is gone for good ({status}).", {"status": 410}),
    429: Phrase("The server asks me to come less often ({status}).", {"status": 429}),
}


def _refusal(response: aiohttp.ClientResponse, *, final: bool = True) -> SourceError:
    """``final``: what is gone here is gone. A page to which people are sent for a while says nothing of that."""
    status = response.status
    if status in {401, 402, 403}:
        words = Phrase("The server doesn't let me read it ({status}).", {"status": status})
    else:
        words = _WORDS_FOR_STATUS.get(status, Phrase("The server answered {status}.", {"status": status}))
    wait = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
    return SourceError(words, retry_after=wait, permanent=status == 410 and final, status=status)


UNKNOWN_NAME = Phrase("The name of the server isn't known.")
UNREACHABLE = Phrase("The server can't be reached.")
TOO_SLOW = Phrase("The server takes too long.")

UNREACHED = (UNKNOWN_NAME, UNREACHABLE, TOO_SLOW)
"""What a missing network looks like: there is not even a connection."""

# Most specific first. A test walks all of aiohttp's exceptions and finds each of them here.
_PROBLEMS: tuple[tuple[type[aiohttp.ClientError], Phrase], ...] = (
    (aiohttp.ClientConnectorDNSError, UNKNOWN_NAME),
    (aiohttp.ClientSSLError, Phrase("The server's certificate isn't valid.")),
    (aiohttp.ClientConnectorError, UNREACHABLE),
    (aiohttp.ServerTimeoutError, TOO_SLOW),
    (aiohttp.InvalidURL, NOT_AN_ADDRESS),
    (aiohttp.ClientPayloadError, Phrase("The connection broke.")),
    (aiohttp.ClientConnectionError, Phrase("The connection broke.")),
    (aiohttp.ClientResponseError, Phrase("What the server answers isn't HTTP.")),
    (aiohttp.ClientError, UNREACHABLE),
)

PRIVATE = Phrase("It leads into a private network, and I don't go there.")


def _problem(error: aiohttp.ClientError) -> Phrase:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, AddressRefused):
        return PRIVATE
    return next(phrase for kind, phrase in _PROBLEMS if isinstance(error, kind))


def may_pass(error: SourceError) -> bool:
    """Whether it may be otherwise at another time: the server or the network was in trouble, not what was asked."""
    if error.status is not None:
        return error.status in {408, 425, 429} or error.status >= 500
    return error.phrase is not PRIVATE and isinstance(error.__cause__, (TimeoutError, aiohttp.ClientError, OSError))
