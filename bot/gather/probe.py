"""An address that a member names → the feeds behind it. Always held to the guard."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from bot.errors import CommandError, SourceError
from bot.gather.client import NOT_AN_ADDRESS, Fetched, FetchRequest, GuardedClient, checked
from bot.gather.discover import linked_feeds, well_known
from bot.gather.poll import read_feed
from bot.gather.workers import Workers, WorkerTimeout
from bot.model import Phrase

PROBE_SECONDS = 30.0
LINK_SECONDS = 5.0

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ProbedFeed:
    """A feed that was found and read."""

    url: str
    title: str


class Probe:
    """Finds feeds."""

    def __init__(self, client: GuardedClient, workers: Workers) -> None:
        self._client = client
        self._workers = workers

    async def find(self, address: str) -> Sequence[ProbedFeed]:
        """The feeds behind an address, in the page's order; empty when there is none.

        Raises CommandError when it is no web address, SourceError when it can't be read.
        """
        url = web_address(address)
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return await self._find(url)
        except TimeoutError as error:
            seconds = round(PROBE_SECONDS)
            raise SourceError(Phrase("It took longer than {seconds} seconds.", {"seconds": seconds})) from error

    async def _find(self, url: str) -> Sequence[ProbedFeed]:
        fetched = await self._fetch(url)
        try:
            return [await self._read(url, fetched)]
        except SourceError:
            links = await self._links(fetched)
        if links:
            found = await asyncio.gather(*(self._try(link) for link in links))
            return _distinct([feed for feed in found if feed is not None])
        for guess in well_known(fetched.url):
            feed = await self._try(guess)
            if feed is not None:
                return [feed]
        return []

    async def _fetch(self, url: str) -> Fetched:
        answer = await self._client.fetch(FetchRequest(url))
        if not isinstance(answer, Fetched):  # we asked without conditions
            raise SourceError(Phrase("The server answered {status}.", {"status": 304}))
        return answer

    async def _read(self, url: str, fetched: Fetched) -> ProbedFeed:
        feed = await read_feed(self._workers, fetched)
        return ProbedFeed(fetched.moved_to or url, feed.title)

    async def _try(self, url: str) -> ProbedFeed | None:
        try:
            return await self._read(url, await self._fetch(url))
        except SourceError:
            return None

    async def _links(self, fetched: Fetched) -> list[str]:
        try:
            links = await self._workers.run(LINK_SECONDS, linked_feeds, fetched.body, fetched.content_type, fetched.url)
        except WorkerTimeout as error:
            raise SourceError(Phrase("Reading it takes too long.")) from error
        return [address for address, _ in links]


def web_address(words: str) -> str:
    """The http(s) address that someone means. Raises CommandError."""
    address = words.strip()
    if not _SCHEME.match(address):
        address = f"https://{address}"
    try:
        url = checked(address)
    except SourceError as error:
        raise CommandError(error.phrase) from error
    if "." not in (url.host or "") and ":" not in (url.host or "") and url.host != "localhost":
        raise CommandError(NOT_AN_ADDRESS)
    # One spelling for what people type in several: sources are known by their addresses.
    parts = urlsplit(str(url))
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query, ""))


def _distinct(feeds: Sequence[ProbedFeed]) -> list[ProbedFeed]:
    return list({feed.url: feed for feed in feeds}.values())
