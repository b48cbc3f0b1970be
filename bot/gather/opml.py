"""Lists of feeds as OPML, in and out (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from bot.errors import SourceError
from bot.gather.client import checked, spelled
from bot.gather.decode import decode
from bot.gather.text import fold
from bot.model import Phrase

MAX_BYTES = 2_000_000
MAX_FEEDS = 2_000
MAX_DEPTH = 30
"""Of folders; what is deeper was made to exhaust somebody."""

MAX_TITLE = 200

NOT_OPML = Phrase("It isn't a list of feeds (OPML) that I can read.")
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list."""

    url: str
    title: str = ""
    folder: str = ""
    """Where it stands in the list: the outermost folder's name, or the first category; empty: in none."""
    language: str = ""


@dataclass(frozen=True, slots=True)
class FeedList:
    """What a list names, in its order."""

    feeds: tuple[Outline, ...]
    """Each once."""
    skipped: tuple[str, ...] = ()
    """Rows that stand for a feed and have no web address, by title and what is there in its place."""


def read_opml(body: bytes, content_type: str = "") -> FeedList:
    """The feeds in a list. Raises SourceError."""
    if len(body) > MAX_BYTES:
        raise SourceError(Phrase("It is larger than {limit} MB.", {"limit": MAX_BYTES // 1_000_000}))
    text = _ILLEGAL.sub("", decode(body, content_type))
    if _DOCTYPE.search(text):
        raise SourceError(Phrase("It declares entities of its own, and I don't read those."))
    start = text.lower().find("<opml")
    if start < 0:
        raise SourceError(NOT_OPML)
    try:
        # Addresses often stand in it as browsers show them, with bare ampersands.
        root = ElementTree.fromstring(_BARE_AMPERSAND.sub("&amp;", text[start:]))  # noqa: S314  # no DTD gets here
    except (ElementTree.ParseError, ValueError) as error:
        raise SourceError(NOT_OPML) from error
    found: dict[str, Outline] = {}
    skipped: list[str] = []
    for outline in _outlines(root):
        if isinstance(outline, str):
            skipped.append(outline)
            continue
        found.setdefault(outline.url, outline)
        if len(found) > MAX_FEEDS:
            raise SourceError(Phrase("It names more than {limit} feeds.", {"limit": MAX_FEEDS}))
    return FeedList(tuple(found.values()), tuple(skipped[:MAX_FEEDS]))


def _outlines(root: Element) -> Iterator[Outline | str]:
    """In document order, without recursion: a list may nest deeper than Python's stack."""
    waiting: list[tuple[Element, str, int]] = [(root, "", 0)]
    while waiting:
        element, folder, depth = waiting.pop()
        values = {name.lower(): fold(value) for name, value in element.attrib.items()}
        title = (values.get("title") or values.get("text") or "")[:MAX_TITLE]
        said = values.get("xmlurl") or (values.get("url", "") if values.get("type") == "rss" else "")
        address = _address(said)
        if address:
            category = values.get("category", "").split(",")[0].strip("/ ").split("/")[0]
            yield Outline(address, title, folder or category[:MAX_TITLE], values.get("language", "")[:16])
        elif said or (values.get("type", "").lower() == "rss" and not len(element)):
            yield " ".join(part for part in (title, f"({said[:MAX_TITLE]})" if said else "") if part)
        if depth < MAX_DEPTH:
            inside = folder or ("" if address or element.tag.lower() != "outline" else title)
            waiting += [(child, inside, depth + 1) for child in reversed(element)]


def _address(words: str) -> str | None:
    try:
        scheme = r"^feed:(?://)?(?=https?:)|^feed(?=://)"
        return spelled(checked(re.sub(scheme, _scheme, words, count=1, flags=re.IGNORECASE))) if words else None
    except SourceError:
        return None


def _scheme(match: re.Match[str]) -> str:
    return "https" if match[0].lower() == "feed" else ""


def write_opml(title: str, outlines: Iterable[Outline]) -> bytes:
    """A list that other readers take, folder by folder in the order in which they first come."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = _clean(title)
    body = SubElement(root, "body")
    folders: dict[str, Element] = {"": body}
    for outline in outlines:
        name = _clean(outline.folder)
        if name not in folders:
            folders[name] = SubElement(body, "outline", text=name, title=name)
        words = _clean(outline.title) or outline.url
        values = {"type": "rss", "text": words, "title": words, "xmlUrl": _clean(outline.url)}
        SubElement(folders[name], "outline", values | ({"language": outline.language} if outline.language else {}))
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", text)
