"""An item of a feed → a draft: which of the many elements that mean nearly the same is taken (pure)."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bot.gather.dates import read_date
from bot.gather.language import declared_language
from bot.gather.links import absolute_address, images_in, outbound_links
from bot.gather.parsed import Draft
from bot.gather.text import MAX_MARKUP, cut, lede_text, plain_text, title_text
from bot.gather.xml.node import Node

MAX_CHILDREN = 2000
"""Of one item."""
MAX_LINKS = 200
MAX_ALTERNATES = 40
MAX_GUID = 2000

_TITLES = ("title", "atom:title", "dc:title")
_BODIES = (
    "description", "summary", "atom:summary", "dc:description", "itunes:summary", "content:encoded", "content",
    "atom:content", "xhtml:body", "xhtml:div", "body", "fullitem", "dcterms:abstract",
)  # fmt: skip
"""The shortest kind first."""
_CAPTIONS = ("media:description",)
_DATES = (
    "pubdate", "published", "issued", "atom:published", "atom:issued", "dcterms:issued", "dcterms:available",
    "dc:date", "date", "updated", "atom:updated", "created", "dcterms:created", "modified", "atom:modified",
    "dcterms:modified",
)  # fmt: skip
"""When it was published comes before when it was changed."""
_PLAIN = {"", "text", "text/plain", "plain"}
_XHTML = {"xhtml", "application/xhtml+xml"}
_IMAGE_NAME = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Context:
    """What an item has from the feed that it is in."""

    base: str
    language: str | None
    is_atom: bool
    """Atom says whether a text is HTML; in RSS it always may be."""


def draft_of(item: Node, context: Context) -> Draft:
    return _Item(item, context).draft()


def title_of(node: Node, *, is_atom: bool) -> str:
    """A title as readers see it."""
    if node.has_children:
        return title_text(node.markup(), is_html=True)
    plain = is_atom and node.attributes.get("type", "").strip().lower() in _PLAIN
    return title_text(node.text, is_html=not plain)


def language_of(node: Node) -> str | None:
    """What an element says of itself, in an attribute or in an element."""
    for child in node.children:
        if child.name in {"language", "dc:language"} and (said := declared_language(child.text)):
            return said
    return declared_language(node.attributes.get("xml:lang"))


def links_of(node: Node) -> list[Node]:
    """The first of them: no page has hundreds."""
    return list(islice((child for child in node.children if child.name in {"link", "atom:link"}), MAX_LINKS))


def relation(link: Node) -> str:
    """What a link is to the feed or the entry: ``alternate`` where it doesn't say, ``self``, ``hub`` …"""
    return link.attributes.get("rel", "alternate").strip().lower().rpartition("/")[2]


def page_of(node: Node, base: str, *, is_atom: bool) -> str | None:
    """The page that a feed or an entry is about."""
    links = links_of(node)
    # A type other than HTML is the article in another form (a PDF, a feed of its comments).
    alternates = sorted(
        (link for link in links if link.attributes.get("href") and relation(link) == "alternate"),
        key=lambda link: "html" not in link.attributes.get("type", "html"),
    )
    hrefs = [(link.attributes["href"], link) for link in alternates]
    texts = [(link.text, link) for link in links if link.name == "link"]
    for address, link in (*hrefs, *texts) if is_atom else (*texts, *hrefs):
        found = absolute_address(address, based(link, base))
        if found is not None:
            return found
    return None


def based(node: Node, base: str) -> str:
    """What addresses in an element are relative to."""
    own = node.attributes.get("xml:base")
    return (absolute_address(own, base) or base) if own else base


class _Item:
    def __init__(self, item: Node, context: Context) -> None:
        self._node = item
        self._atom = context.is_atom
        self._base = based(item, context.base)
        self._language = context.language
        self._fields: dict[str, list[Node]] = defaultdict(list)
        for child, _ in zip(item.children, range(MAX_CHILDREN), strict=False):
            self._fields[child.name].append(child)
        self._media = [child for group in self._fields.get("media:group", ()) for child in group.children]
        self._media += [child for name in ("media:content", "media:thumbnail") for child in self._fields.get(name, ())]

    def draft(self) -> Draft:
        link = self._link()
        bodies = [body for name in _BODIES for node in self._fields.get(name, ()) if (body := self._body(node))]
        lede = next((words for body in bodies if (words := lede_text(plain_text(body)))), "")
        if not lede:
            captions = [child for child in self._media if child.name in _CAPTIONS]
            lede = next((lede_text(plain_text(node.text[:MAX_MARKUP])) for node in captions), "")
        return Draft(
            guid=self._guid(),
            title=self._title() or cut(lede, 120) or (link or ""),
            url=link,
            lede=lede,
            picture=self._picture(bodies),
            language=self._own_language() or self._language,
            published_at=self._date(),
            outbound=outbound_links(bodies, self._base, link),
            alternates=self._alternates(),
        )

    def _first(self, *names: str) -> Iterator[Node]:
        return (node for name in names for node in self._fields.get(name, ()))

    def _title(self) -> str:
        return next((title for node in self._first(*_TITLES) if (title := title_of(node, is_atom=self._atom))), "")

    def _body(self, node: Node) -> str:
        """An entry's text as HTML."""
        kind = node.attributes.get("type", "").strip().lower()
        if node.has_children or kind in _XHTML:
            return node.markup()[:MAX_MARKUP]
        if node.attributes.get("src") or kind.startswith(("video/", "audio/", "image/")):
            return ""
        text = node.text[:MAX_MARKUP]
        return html.escape(text) if self._atom and kind in _PLAIN else text

    def _date(self) -> datetime | None:
        return next((at for node in self._first(*_DATES) if (at := read_date(node.text))), None)

    def _own_language(self) -> str | None:
        titles = (declared_language(node.attributes.get("xml:lang")) for node in self._first("title"))
        return language_of(self._node) or next((said for said in titles if said), None)

    # --- addresses ---

    def _guid(self) -> str:
        said = next((text for node in self._first("guid", "id", "atom:id") if (text := node.text.strip())), "")
        return (said or self._node.attributes.get("about", "").strip())[:MAX_GUID]

    def _link(self) -> str | None:
        page = page_of(self._node, self._base, is_atom=self._atom)
        if page is not None or self._atom:  # an id of Atom is a name, whatever it looks like
            return page
        names = [
            node.text.strip()
            for node in self._first("guid")
            if node.attributes.get("ispermalink", "true").strip().lower() != "false"
        ]
        for name in (*names, self._node.attributes.get("about", "").strip()):
            if name.lower().startswith(("http://", "https://")):
                return absolute_address(name, self._base)
        return None

    def _alternates(self) -> tuple[tuple[str, str], ...]:
        """What the publisher names as the same in another language."""
        found: dict[str, str] = {}
        for link in (*links_of(self._node), *self._first("xhtml:link")):
            language = declared_language(link.attributes.get("hreflang"))
            address = absolute_address(link.attributes.get("href"), based(link, self._base))
            if relation(link) == "alternate" and language and address and len(found) < MAX_ALTERNATES:
                found.setdefault(language, address)
        return tuple(found.items())

    # --- pictures ---

    def _picture(self, bodies: list[str]) -> str | None:
        for address in (*self._pictured(), *(source for markup in bodies for source in images_in(markup))):
            picture = absolute_address(address, self._base)
            if picture:
                return picture
        return None

    def _pictured(self) -> Iterator[str]:
        media = [node.attributes for node in self._media if node.name == "media:content" and _is_image(node.attributes)]
        yield from (one["url"] for one in sorted(media, key=lambda one: -_size(one.get("width"))))
        inner = [child for node in self._first("media:content") for child in node.children]
        for thumbnail in (node for node in (*self._media, *inner) if node.name == "media:thumbnail"):
            yield thumbnail.attributes.get("url", "")
        for enclosure in (*self._first("enclosure"), *links_of(self._node)):
            is_file = enclosure.name == "enclosure" or relation(enclosure) == "enclosure"
            if is_file and enclosure.attributes.get("type", "").startswith("image/"):
                yield enclosure.attributes.get("url") or enclosure.attributes.get("href", "")
        for image in self._first("itunes:image", "image"):
            urls = (child.text for child in image.children if child.name == "url")
            yield image.attributes.get("href") or next(urls, "") or image.text.strip()


def _is_image(media: dict[str, str]) -> bool:
    address = media.get("url", "")
    if not address:
        return False
    kind, medium = media.get("type", ""), media.get("medium", "")
    undeclared = not medium and not kind
    return (
        medium == "image"
        or kind.startswith("image/")
        or (undeclared and bool(_IMAGE_NAME.search(address.partition("?")[0])))
    )


def _size(number: str | None) -> int:
    digits = (number or "0").strip()[:6]
    return int(digits) if digits.isdecimal() and digits.isascii() else 0
