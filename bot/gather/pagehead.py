"""What a web page says of itself to machines: title, author, date, picture, its own address, and what it forbids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from bot.gather.dates import read_date
from bot.gather.links import absolute_address
from bot.gather.text import MAX_TITLE, cut, fold

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_AUTHOR = 120
_MAX_TAGS = 300
"""Of a kind, so many are looked at."""
_MAX_SCRIPT = 200_000

_TITLES = ("og:title", "twitter:title", "dc.title")
_AUTHORS = ("author", "article:author", "og:article:author", "parsely-author", "dc.creator", "sailthru.author")
_DATES = ("article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "pubdate",
          "publish-date", "parsely-pub-date", "dcterms.created")  # fmt: skip
_PICTURES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")

_FORBIDS = re.compile(r"\b(?:noindex|nosnippet|none|max-snippet\s*:\s*0)\b", re.IGNORECASE)
_SNIPPET = re.compile(r"\bmax-snippet\s*:\s*(\d{1,9})", re.IGNORECASE | re.ASCII)
# In a header a robot may be named in front; these are no robots.
_NAMED = re.compile(r"\s*(?!max-|unavailable_after)([\w-]+)\s*:(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class PageHead:
    """What a page's head says."""

    title: str = ""
    author: str = ""
    published_at: datetime | None = None
    picture: str | None = None
    canonical: str | None = None
    alternates: tuple[str, ...] = ()
    """Addresses of the same in other languages."""
    forbidden: bool = False
    """It asks not to be indexed, or not to be quoted."""
    snippet: int | None = None
    """So many characters of it may be shown, where it says so."""
    paid: bool = False
    """It isn't free to read."""


def page_head(tree: HtmlElement, url: str, header: str = "") -> PageHead:
    """Read a page's head; anywhere in the page, as that is where publishers put it. ``header``: what its server says
    to robots beside it, one a line."""
    meta = _meta(tree)
    told = _Told()
    for script in islice(tree.iter("script"), _MAX_TAGS):
        if script.get("type", "").strip().lower() == "application/ld+json":
            told.read(script.text or "")
    links = [
        (link.get("rel", "").lower().split(), link.get("hreflang", ""), link.get("href", ""))
        for link in islice(tree.iter("link"), _MAX_TAGS)
    ]
    canonical = next((absolute_address(href, url) for rel, _, href in links if "canonical" in rel and href), None)
    others = (absolute_address(href, url) for rel, language, href in links if "alternate" in rel and language and href)
    told_robots = [words for name in ("robots", PRODUCT) for words in meta.get(name, ())] + _to_us(header)
    return PageHead(
        title=cut(fold(_first(meta, _TITLES) or told.title or _title(tree)), MAX_TITLE),
        author=_author(_first(meta, _AUTHORS), told.author),
        published_at=read_date(told.published or _first(meta, _DATES)),
        picture=absolute_address(_first(meta, _PICTURES), url),
        canonical=canonical,
        alternates=tuple(dict.fromkeys(other for other in others if other))[:20],
        forbidden=any(_FORBIDS.search(words) for words in told_robots),
        snippet=min((int(most[1]) for words in told_robots for most in _SNIPPET.finditer(words)), default=None),
        paid=told.paid,
    )


PRODUCT = "newstally"


def _to_us(header: str) -> list[str]:
    """What an X-Robots-Tag says to every robot or to ours."""
    told = []
    for line in header.splitlines():
        named = _NAMED.fullmatch(line)
        if named is None:
            told.append(line)
        elif named[1].lower() == PRODUCT:
            told.append(named[2])
    return told


def _meta(tree: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in islice(tree.iter("meta"), _MAX_TAGS):
        name = (tag.get("property", "") or tag.get("name", "") or tag.get("itemprop", "")).strip().lower()
        content = tag.get("content", "").strip()
        if name and content:
            found.setdefault(name, []).append(content)
    return found


def _first(meta: dict[str, list[str]], names: tuple[str, ...]) -> str:
    return next((meta[name][0] for name in names if name in meta), "")


def _title(tree: HtmlElement) -> str:
    return next((heading.text_content()[: MAX_TITLE * 4] for tag in ("h1", "title") for heading in tree.iter(tag)), "")


def _author(*names: str) -> str:
    """The first that is a name: some pages give an address."""
    told = (fold(name) for name in names if name and "//" not in name and "@" not in name)
    return cut(next(told, ""), MAX_AUTHOR)


@dataclass(slots=True)
class _Told:
    """What schema.org's words in the page say."""

    title: str = ""
    author: str = ""
    published: str = ""
    paid: bool = False
    _left: int = field(default=50)

    def read(self, text: str) -> None:
        if len(text) > _MAX_SCRIPT:
            return
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return
        for one in self._things(data):
            if "article" in str(one.get("@type", "")).lower() or "posting" in str(one.get("@type", "")).lower():
                self._article(one)

    def _things(self, data: Any) -> Iterator[dict[str, Any]]:
        for one in data if isinstance(data, list) else [data]:
            self._left -= 1
            if self._left < 0 or not isinstance(one, dict):
                continue
            yield one
            graph = one.get("@graph")
            if isinstance(graph, list):
                yield from (node for node in graph[:50] if isinstance(node, dict))

    def _article(self, one: dict[str, Any]) -> None:
        self.title = self.title or _text(one.get("headline"))
        self.published = self.published or _text(one.get("datePublished"))
        self.author = self.author or _names(one.get("author"))
        self.paid = self.paid or str(one.get("isAccessibleForFree", "")).lower().endswith("false")


def _text(value: Any) -> str:
    return value[:1000] if isinstance(value, str) else ""


def _names(value: Any) -> str:
    people = value if isinstance(value, list) else [value]
    names = (_text(one.get("name")) if isinstance(one, dict) else _text(one) for one in people[:5])
    return ", ".join(name for name in names if name)
