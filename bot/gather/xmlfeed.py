"""RSS, Atom and RDF → drafts: strictly, else mended, else as tag soup, else by feedparser (pure)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from bot.errors import SourceError
from bot.gather.parsed import NOTHING_KNOWN, DraftFeed, Known
from bot.gather.xml.fallback import read_otherwise
from bot.gather.xml.fields import draft_of
from bot.gather.xml.head import head_of, is_feed, items_of
from bot.gather.xml.mend import mend, with_sections_closed
from bot.gather.xml.node import Node
from bot.gather.xml.slices import sliced
from bot.gather.xml.soup import read_soup
from bot.gather.xml.strict import read_strict
from bot.model import Phrase

MAX_ENTRIES = 2000

# The first that isn't in a comment; a comment that isn't closed ends with the text.
_ROOT = re.compile(r"<!--.*?(?:-->|\Z)|<((?:[\w.-]+:)?(?:rss|rdf|feed|channel))(?=[\s/>])", re.IGNORECASE | re.DOTALL)
_ITEM = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s/>]", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def read_xml(text: str, url: str, known: Known = NOTHING_KNOWN, salt: str = "") -> DraftFeed | None:
    """The feed in an XML document; None when it is none. Raises SourceError for one that declares entities.

    ``salt`` goes into the raw hashes: they are good for as long as it stays the same.
    """
    root = next((match for match in _ROOT.finditer(text) if match[1]), None)
    # Only before the root element is it a declaration: an article about entity bombs may quote one.
    if "<!ENTITY" in _COMMENT.sub("", text[: root.start()] if root else text).upper():
        raise SourceError(Phrase("It declares entities of its own, and I don't read those."))
    if root is None:
        return None
    element, is_whole = _element(text, root.start(), root[1])
    element = with_sections_closed(element)
    stump = None if is_whole or not known.leave_stump else _stump(element)
    feed = _read(element[:stump], url, known, salt)
    return replace(feed, is_cut_off=True) if feed is not None and stump is not None else feed


def _read(text: str, url: str, known: Known, salt: str) -> DraftFeed | None:
    slices = sliced(text, known.raw_hashes, url, salt, MAX_ENTRIES)
    if slices is not None and slices.unchanged:
        news = _feed(_root(slices.text), slices.raw_hashes, url, slices.above)
        if news is not None:
            return replace(news, unchanged=slices.unchanged)
        slices = None
    root = _root(text)
    feed = (_feed(root, slices.raw_hashes, url) if slices is not None else None) or _feed(root, None, url)
    if feed is not None and (feed.drafts or not _ITEM.search(text)):
        return feed
    return read_otherwise(text, url, MAX_ENTRIES) or feed


def _element(text: str, start: int, name: str) -> tuple[str, bool]:
    """From the root element on, and to its end: a publisher's PHP may warn before and behind it. And whether it has
    one."""
    closing = text.rfind(f"</{name}")
    end = text.find(">", closing) + 1 if closing > start else 0
    return (text[start:end], True) if end else (text[start:], False)


def _stump(text: str) -> int | None:
    """Where the item begins in which a feed without an end breaks off; None where it does so between items."""
    items = deque(_ITEM.finditer(text), maxlen=1)
    last = items[0] if items else None
    return None if last is None or text.find(f"</{last[0][1:-1]}", last.end()) >= 0 else last.start()


def _root(text: str) -> Node | None:
    """None where this is no feed."""
    root = read_strict(text, MAX_ENTRIES) or read_strict(mend(text), MAX_ENTRIES) or read_soup(text, MAX_ENTRIES)
    return root if root is not None and is_feed(root) else None


def _feed(root: Node | None, raw_hashes: Sequence[str] | None, url: str, above: int = MAX_ENTRIES) -> DraftFeed | None:
    """None where there is none, or where there aren't as many items in it as ``raw_hashes``. ``above``: so many of them
    stand above all that are known."""
    items = items_of(root) if root is not None else []
    if root is None or (raw_hashes is not None and len(items) != len(raw_hashes)):
        return None
    head, context = head_of(root, url)
    hashes: Sequence[str | None] = [None] * len(items) if raw_hashes is None else raw_hashes
    drafts = [
        replace(draft_of(item, context), raw_hash=one, below=place >= above)
        for place, (item, one) in enumerate(zip(items, hashes, strict=True))
    ]
    return DraftFeed(
        title=head.title,
        language=head.language,
        site_url=head.site_url,
        drafts=tuple(draft for draft in drafts if draft.title),
        manners=head.manners,
        hub=head.hub,
        hub_topic=head.hub_topic,
    )
