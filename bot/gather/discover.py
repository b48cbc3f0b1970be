"""A site's page → the addresses of its feeds (pure)."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

from bot.gather.decode import decode
from bot.gather.text import fold
from bot.gather.xmlfeed import absolute_address

MAX_PAGE = 1_000_000
MAX_FEEDS = 10

_TYPES = {
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/json",
    "text/xml", "application/xml",
}  # fmt: skip

WELL_KNOWN = ("/feed", "/rss", "/feed.xml", "/atom.xml", "/rss.xml", "/index.xml", "/feed.json", "/feeds/posts/default")
"""Where feeds usually are, most usual first; asked only of a site that names none."""


def linked_feeds(body: bytes, content_type: str, url: str) -> list[tuple[str, str]]:
    """Address and title of each feed that a page names in its head, in its order."""
    finder = _Finder(url)
    finder.feed(decode(body[:MAX_PAGE], content_type))
    return list(finder.found.items())[:MAX_FEEDS]


def well_known(url: str) -> list[str]:
    """Where a site's feed may be if no page says so: below the page's own path, then at the root."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    folder = parts.path.rstrip("/")
    below = [f"{root}{folder}{name}" for name in ("/feed", "/rss.xml")] if folder else []
    return [*below, *(root + name for name in WELL_KNOWN)]


class _Finder(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = url
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"link", "base"}:
            return
        values = {name: value or "" for name, value in attrs}
        if tag == "base":
            self._base = absolute_address(values.get("href"), self._base) or self._base
            return
        relations = values.get("rel", "").lower().split()
        kind = values.get("type", "").partition(";")[0].strip().lower()
        if "feed" not in relations and ("alternate" not in relations or kind not in _TYPES):
            return
        # WordPress names the feed of a page's comments and its JSON API beside the feed.
        address = absolute_address(values.get("href"), self._base)
        if address and "/comments/" not in address and "/wp-json/" not in address and "oembed" not in address:
            self.found.setdefault(address, fold(values.get("title", ""))[:200])
