"""A web page → the article on it, as neutral lines; or why there is none to be read (pure, for a worker).

trafilatura finds the article among all else; it is imported here when the first page is read, and so by workers alone.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.gather.clues import specific
from bot.gather.decode import decode
from bot.gather.discover import LOGIN, ROBOTS, why_a_page
from bot.gather.identity import address_key, title_key
from bot.gather.pagehead import PageHead, page_head
from bot.gather.text import cut, fold, lede_text
from bot.gather.topics import recognise
from bot.model import Line, LineKind, Span
from bot.words import indexed

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_BYTES = 2_000_000
MAX_TAGS = 30_000
"""A page of more is no article, and finding one in it would take its time."""

MAX_DEPTH = 200

MAX_ATTRIBUTES = 5_000
"""The parser compares each attribute of a tag with all before it: fifty thousand take two minutes."""

_LONG_TAG = re.compile(r"<[^<>]{10000,}")

MAX_LINES = 200
MAX_TEXT = 20_000
_MAX_LINE = 4_000

LITTLE = 200
"""A feed that says less of an entry than so many characters says little; signs of Chinese, Japanese and Korean, each
of which says more, count twice."""

ENOUGH = 200
"""Less text than this is a teaser or a notice, no article."""

_BYLINE = 40
"""A first paragraph shorter than this says who wrote it, or when."""

_ABOUT = 0.34
"""So much of a title's words, the page must say too: else it is another page."""


class NoArticle(StrEnum):
    """Why a page isn't one that we could read."""

    FORBIDDEN = "it asks not to be quoted"
    PAID = "it is not free to read"
    LOGIN = "it asks for a login"
    ROBOTS = "it keeps robots out"
    TOO_LARGE = "it is too large or too deep"
    NOTHING = "there is no article"
    ANOTHER = "it is another page"


@dataclass(frozen=True, slots=True)
class Article:
    """An article as its page has it, bounded."""

    url: str
    """Its own address, as the page says, or where it was read."""
    title: str
    lede: str
    lines: tuple[Line, ...]
    picture: str | None
    author: str
    published_at: datetime | None
    clues: tuple[str, ...]
    """Of its addresses (`clues.py`): they recognise other tellings."""
    topics: tuple[str, ...] = ()
    """What its beginning is about (`topics.py`)."""


def prepare() -> None:
    """Load what takes its time: a worker does it before its first page."""
    import trafilatura  # noqa: F401, PLC0415  # as in `_extracted`


def says_little(lede: str) -> bool:
    """Whether a feed tells so little of an entry that its article is worth reading."""
    return weight(lede) < LITTLE


def weight(text: str) -> int:
    """A text's length, signs that stand for half a word or more counted twice."""
    return len(text) + sum(1 for sign in text if "\u3040" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7a3")


def read_article(
    body: bytes,
    content_type: str,
    url: str,
    title: str,
    language: str,
    own_topics: str | None = None,
    robots: str = "",
) -> Article | NoArticle:
    """The article on a page. ``title``: what its feed calls it; ``language``: the one that it is in, as far as is
    known; ``own_topics``: see `recognise`; ``robots``: what its server says to them."""
    if len(body) > MAX_BYTES or body.count(b"<") > 2 * MAX_TAGS:
        return NoArticle.TOO_LARGE
    text = decode(body, content_type)
    if any(len(tag[0].split()) > MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(text)):
        return NoArticle.TOO_LARGE
    tree = _tree(text)
    if tree is None:
        return NoArticle.NOTHING
    if _is_too_much(tree):
        return NoArticle.TOO_LARGE
    head = page_head(tree, url, robots)
    found = _refused(head, text) or _found(tree, head, url, title)
    if isinstance(found, NoArticle):
        return found
    return replace(found, topics=recognise(f"{found.title}. {found.lede}", language, own_topics))


def _found(tree: HtmlElement, head: PageHead, url: str, title: str) -> Article | NoArticle:
    lines = _lines(_extracted(tree, url), head.title)
    said = "\n".join(span.text for line in lines for span in line.spans)
    if weight(said) < ENOUGH:
        return NoArticle.NOTHING
    if not is_about(title, f"{head.title}\n{said}"):
        return NoArticle.ANOTHER
    return Article(
        url=_own_address(head, url),
        title=head.title,
        lede=_lede(lines) if head.snippet is None else cut(_lede(lines), head.snippet),
        lines=lines if head.snippet is None else _first_characters(lines, head.snippet),
        picture=head.picture,
        author=head.author,
        published_at=head.published_at,
        clues=_clues(head, url),
    )


def is_about(title: str, text: str) -> bool:
    """Whether a page says enough of the words of a title; login, consent and start pages, in any language, don't."""
    wanted = set(indexed(title).split())
    if not wanted:
        return True
    return len(wanted & set(indexed(text).split())) >= _ABOUT * len(wanted)


def _tree(text: str) -> HtmlElement | None:
    from lxml import etree, html  # noqa: PLC0415  # workers alone need it

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return None


def _is_too_much(tree: HtmlElement) -> bool:
    """Counted without recursion. What is deep takes the finder of articles to the end of its stack, and longer than
    that."""
    level: list[Any] = [tree]
    count = depth = 0
    while level:
        count += len(level)
        depth += 1
        if count > MAX_TAGS or depth > MAX_DEPTH:
            return True
        level = [child for element in level for child in element]
    return False


def _refused(head: PageHead, text: str) -> NoArticle | None:
    if head.forbidden:
        return NoArticle.FORBIDDEN
    if head.paid:
        return NoArticle.PAID
    problem = why_a_page(text)
    if problem is LOGIN:
        return NoArticle.LOGIN
    return NoArticle.ROBOTS if problem is ROBOTS else None


def _extracted(tree: HtmlElement, url: str) -> Any:
    """The body of the article, as trafilatura's own few elements; None when it finds none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("trafilatura").disabled = True
        from trafilatura import bare_extraction  # noqa: PLC0415  # slow to import, and workers alone need it

        document: Any = bare_extraction(
            tree, url=url, include_comments=False, include_tables=False, with_metadata=False, favor_precision=True
        )
    return None if document is None else document.body


_KINDS = {"head": LineKind.HEADING, "p": LineKind.TEXT, "quote": LineKind.QUOTE, "code": LineKind.TEXT}


def _lines(body: Any, title: str) -> tuple[Line, ...]:
    """At most so many lines and characters; the title isn't said again."""
    if body is None:
        return ()
    lines: list[Line] = []
    left = MAX_TEXT
    known = {title_key(title)}
    for kind, text in _blocks(body):
        words = cut(fold(text), min(_MAX_LINE, left))
        if not words or (kind is LineKind.HEADING and title_key(words) in known):
            continue
        lines.append(Line(kind, (Span(words),)))
        left -= len(words)
        if len(lines) == MAX_LINES or left <= 1:
            break
    while lines and lines[-1].kind is LineKind.HEADING:  # of what was left out
        lines.pop()
    return tuple(lines)


def _blocks(body: Any) -> Iterator[tuple[LineKind, str]]:
    for element in body:
        if element.tag == "list":
            for one in element.iter("item"):
                yield LineKind.ITEM, "".join(one.itertext())
        elif element.tag == "quote" and len(element):
            yield LineKind.QUOTE, element.text or ""
            for part in element:
                yield LineKind.QUOTE, " ".join((*part.itertext(), part.tail or ""))
        elif element.tag in _KINDS:
            yield _KINDS[element.tag], "".join(element.itertext())


def _lede(lines: Sequence[Line]) -> str:
    texts = [line.spans[0].text for line in lines if line.kind is LineKind.TEXT]
    while len(texts) > 1 and weight(texts[0]) < _BYLINE:
        texts.pop(0)
    return lede_text(" ".join(texts[:4]))


def _first_characters(lines: Sequence[Line], left: int) -> tuple[Line, ...]:
    """As many lines as have so many characters together, the last one cut."""
    kept: list[Line] = []
    for line in lines:
        if left <= 1:
            break
        text = cut(line.spans[0].text, left)
        kept.append(Line(line.kind, (Span(text),)))
        left -= len(text)
    return tuple(kept)


def _own_address(head: PageHead, url: str) -> str:
    """A page may say that it is at a better address of its host; not that it is the whole site."""
    canonical = head.canonical
    if canonical and specific(canonical) and urlsplit(canonical).netloc.lower() == urlsplit(url).netloc.lower():
        return canonical
    return url


def _clues(head: PageHead, url: str) -> tuple[str, ...]:
    own = [address_key(one) for one in (head.canonical, url) if one and specific(one)]
    others = [address_key(one) for one in head.alternates if specific(one)]
    keys = [f"{mark}:{key}" for key in own if key for mark in "ao"] + [f"a:{key}" for key in others if key]
    return tuple(dict.fromkeys(key for key in keys if len(key) <= 128))[:12]
