"""An address that a member names → the feeds behind it. Always held to the guard."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.errors import CommandError, SourceError
from bot.gather.client import NOT_AN_ADDRESS, PRIVATE, Fetched, FetchRequest, GuardedClient, checked, spelled
from bot.gather.discover import NOT_A_FEED, Page, read_page, well_known
from bot.gather.platforms import platform_feeds
from bot.gather.poll import read_feed
from bot.gather.workers import TooMuch, WorkerCrashed, Workers, WorkerTimeout
from bot.model import Phrase

PROBE_SECONDS = 30.0
LINK_SECONDS = 5.0

AT_ONCE = 3
"""So many addresses of one site are asked at a time."""

BUDGET = 30
"""So many are asked in all."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE | re.ASCII)

_CLOSED = {401, 402, 403, 429, 503}
"""A site that answers its page so may still show its feed: robots are kept from pages, and feeds are for robots."""


@dataclass(frozen=True, slots=True)
class ProbedFeed:
    """A feed that was found and read."""

    url: str
    title: str
    marks: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    """What it lists; two that list the same are one feed in two forms."""


class Probe:
    """Finds feeds."""

    def __init__(self, client: GuardedClient, workers: Workers) -> None:
        self._client = client
        self._workers = workers

    async def find(self, address: str) -> Sequence[ProbedFeed]:
        """The feeds behind an address, in the page's order; empty when there is none.

        Raises CommandError when it is no web address, SourceError when it can't be read or hides what there may be.
        """
        url = web_address(address)
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                try:
                    return await _Search(self._client, self._workers).find(url)
                except SourceError as error:
                    # Somebody who says no scheme, or "feed:", may mean a site that has but the old one.
                    if says_scheme(address) or error.status is not None or error.phrase == PRIVATE:
                        raise
                    with suppress(SourceError):
                        return await _Search(self._client, self._workers).find(f"http{url.removeprefix('https')}")
                    raise
        except TimeoutError as error:
            seconds = round(PROBE_SECONDS)
            raise SourceError(Phrase("It took longer than {seconds} seconds.", {"seconds": seconds})) from error


class _Search:
    """One look behind one address."""

    def __init__(self, client: GuardedClient, workers: Workers) -> None:
        self._client = client
        self._workers = workers
        self._asked: set[str] = set()

    async def find(self, url: str) -> Sequence[ProbedFeed]:
        if found := await self._all(platform_feeds(url)):
            return found
        self._asked.add(url)
        try:
            fetched = await self._fetch(url)
        except SourceError as error:
            if error.phrase.args.get("status") not in _CLOSED:
                raise
            if found := await self._first(well_known(url)):
                return found
            raise
        return await self._in(url, fetched)

    async def _behind(self, url: str) -> Sequence[ProbedFeed]:
        return await self._in(url, await self._fetch(url))

    async def _in(self, url: str, fetched: Fetched) -> Sequence[ProbedFeed]:
        try:
            return [await self._read(url, fetched)]
        except SourceError as error:
            return await self._on_page(fetched, error)

    async def _on_page(self, fetched: Fetched, no_feed: SourceError) -> Sequence[ProbedFeed]:
        page = await self._page(fetched)
        if page.leads_to is not None and page.leads_to not in self._asked:
            self._asked.add(page.leads_to)
            return await self._behind(page.leads_to)
        found = (
            await self._all((*fetched.feeds, *page.named))
            or await self._all(page.anchors)
            or await self._first(well_known(fetched.url))
            or await self._all(page.comments)
        )
        if found or (page.problem == NOT_A_FEED and _is_page(fetched)):
            return found
        raise SourceError(page.problem) if page.problem != NOT_A_FEED else no_feed

    async def _all(self, addresses: Iterable[str]) -> Sequence[ProbedFeed]:
        """Those that can be read, in their order."""
        wanted = [address for address in dict.fromkeys(addresses) if address not in self._asked]
        turns = asyncio.Semaphore(AT_ONCE)

        async def in_turn(address: str) -> ProbedFeed | None:
            async with turns:
                return await self._try(address)

        found = await asyncio.gather(*(in_turn(address) for address in wanted))
        return _distinct([feed for feed in found if feed is not None])

    async def _first(self, addresses: Sequence[str]) -> Sequence[ProbedFeed]:
        """The first that can be read, a few asked at a time."""
        for start in range(0, len(addresses), AT_ONCE):
            if found := await self._all(addresses[start : start + AT_ONCE]):
                return found[:1]
        return []

    async def _try(self, url: str) -> ProbedFeed | None:
        if len(self._asked) >= BUDGET:
            return None
        self._asked.add(url)
        try:
            return await self._read(url, await self._fetch(url))
        except SourceError:
            return None

    async def _fetch(self, url: str) -> Fetched:
        answer = await self._client.fetch(FetchRequest(url))
        if not isinstance(answer, Fetched):  # we asked without conditions
            raise SourceError(Phrase("The server answered {status}.", {"status": 304}))
        return answer

    async def _read(self, url: str, fetched: Fetched) -> ProbedFeed:
        feed = await read_feed(self._workers, fetched)
        marks = frozenset(entry.address_key or entry.title_key for entry in feed.entries)
        return ProbedFeed(fetched.moved_to or url, feed.title, marks)

    async def _page(self, fetched: Fetched) -> Page:
        try:
            return await self._workers.run_for(
                fetched.url, LINK_SECONDS, read_page, fetched.body, fetched.content_type, fetched.url
            )
        except (WorkerTimeout, WorkerCrashed, TooMuch) as error:
            raise SourceError(Phrase("Reading it takes too long.")) from error


def web_address(words: str) -> str:
    """The http(s) address that someone means. Raises CommandError."""
    address = _without_feed(words.strip())
    if not _SCHEME.match(address):
        address = f"https://{address}"
    try:
        url = checked(address)
    except SourceError as error:
        raise CommandError(error.phrase) from error
    if "." not in (url.host or "") and ":" not in (url.host or "") and url.host != "localhost":
        raise CommandError(NOT_AN_ADDRESS)
    return spelled(url)


def says_scheme(words: str) -> bool:
    """Whether someone has said by which scheme."""
    return re.match(r"https?:", _without_feed(words.strip()), re.IGNORECASE) is not None


def _without_feed(address: str) -> str:
    """What browsers once made of the addresses of feeds: feed://a.example/x and feed:https://a.example/x."""
    return re.sub(r"^feed:(?://)?", "", address, count=1, flags=re.IGNORECASE)


def _is_page(fetched: Fetched) -> bool:
    return "html" in fetched.content_type.lower() or b"<html" in fetched.body[:2000].lower()


def _distinct(feeds: Sequence[ProbedFeed]) -> list[ProbedFeed]:
    """Without those that only say again what one before them says."""
    kept: list[ProbedFeed] = []
    for feed in feeds:
        same = (one for one in kept if one.url == feed.url or (one.marks and one.marks == feed.marks))
        if next(same, None) is None:
            kept.append(feed)
    return kept
