"""Bytes → a feed, whatever its format. Runs in a worker process: it and what it imports stay small (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.errors import SourceError
from bot.gather.clues import clues
from bot.gather.decode import decode
from bot.gather.discover import why_a_page
from bot.gather.identity import address_key, content_hash, identify, title_key
from bot.gather.jsonfeed import read_json
from bot.gather.language import UNDETERMINED, detect_each, is_contradicted
from bot.gather.parsed import NOTHING_KNOWN, Draft, DraftFeed, Known, ParsedEntry, ParsedFeed
from bot.gather.topics import recognise
from bot.gather.xmlfeed import read_xml
from bot.model import Phrase

VERSION = "4"
"""Grows when the same bytes would give other entries, so that bodies and items read before are read again."""

_DOCUMENT = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_FIRST_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<(!doctype\s+html|[a-z][\w:-]*)", re.IGNORECASE | re.DOTALL)
_PAGE = {"html", "head", "body", "title", "meta", "script", "div", "p"}
_BLANK = "\ufeff\x00 \t\r\n"


def prepare() -> None:
    """What a worker does before its first feed: to find this, it has loaded the module; and the bundled topics."""
    recognise("", UNDETERMINED, None)


def parse_feed(
    body: bytes, content_type: str, url: str, own_topics: str | None = None, known: Known = NOTHING_KNOWN
) -> ParsedFeed:
    """The feed in these bytes. Raises SourceError, in words, when there is none. ``own_topics``: see `recognise`."""
    text = decode(body, content_type).strip(_BLANK)
    if not text:
        raise SourceError(Phrase("It is empty."))
    draft = _draft(text, url, known)
    if draft is None and _is_page(text):
        raise SourceError(why_a_page(text))
    if draft is None:
        raise SourceError(Phrase("It isn't a feed that I can read."))
    return _finished(draft, own_topics, known)


def _draft(text: str, url: str, known: Known) -> DraftFeed | None:
    if text[:1] == "{":
        return read_json(text, url, known, VERSION)
    draft = read_xml(text, url, known, VERSION)
    if draft is None and not _DOCUMENT.search(text[:5000]):  # a publisher's PHP may warn in front of JSON too
        return read_json(text, url, known, VERSION)
    return draft


def _is_page(text: str) -> bool:
    if _DOCUMENT.search(text[:5000]):
        return True
    first = next((match[1] for match in _FIRST_TAG.finditer(text[:5000]) if match[1]), "")
    return first.lower() in _PAGE


def _finished(draft: DraftFeed, own_topics: str | None, known: Known) -> ParsedFeed:
    entries = identify(draft.drafts)
    languages = _languages([entry for _, entry in entries], known.language)
    return ParsedFeed(
        title=draft.title,
        language=draft.language,
        site_url=draft.site_url,
        entries=tuple(
            entry_of(identity, entry, language, recognise(f"{entry.title}. {entry.lede}", language, own_topics))
            for (identity, entry), language in zip(entries, languages, strict=True)
        ),
        unchanged=draft.unchanged,
        manners=draft.manners,
        hub=draft.hub,
        hub_topic=draft.hub_topic,
        is_cut_off=draft.is_cut_off,
    )


def entry_of(identity: str, draft: Draft, language: str, topics: tuple[str, ...]) -> ParsedEntry:
    """What is known of an item, and what follows from it, ready to be stored."""
    return ParsedEntry(
        identity=identity,
        title=draft.title,
        url=draft.url,
        lede=draft.lede,
        picture=draft.picture,
        language=language,
        published_at=draft.published_at,
        content_hash=content_hash(draft),
        address_key=address_key(draft.url),
        title_key=title_key(draft.title),
        raw_hash=draft.raw_hash,
        outbound=draft.outbound,
        alternates=draft.alternates,
        clues=clues(draft.title, draft.lede, draft.url, draft.outbound, draft.alternates, language, topics),
        topics=topics,
        below=draft.below,
    )


def _languages(drafts: Sequence[Draft], usual: str | None) -> list[str]:
    texts = [f"{draft.title}. {draft.lede}" for draft in drafts]
    declared = [
        draft.language if draft.language and not is_contradicted(draft.language, text) else None
        for draft, text in zip(drafts, texts, strict=True)
    ]
    undeclared = [text for text, language in zip(texts, declared, strict=True) if language is None]
    detected = iter(detect_each(undeclared, usual))
    return [language or next(detected, UNDETERMINED) for language in declared]


def try_feed(
    body: bytes, content_type: str, url: str, own_topics: str | None = None, known: Known = NOTHING_KNOWN
) -> ParsedFeed | Phrase:
    """As `parse_feed`, with the error as a value: what crosses from a worker is data."""
    try:
        return parse_feed(body, content_type, url, own_topics, known)
    except SourceError as error:
        return error.phrase
