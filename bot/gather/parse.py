"""Bytes → a feed, whatever its format. Runs in a worker process: it and what it imports stay small (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.errors import SourceError
from bot.gather.decode import decode
from bot.gather.identity import address_key, content_hash, identify, title_key
from bot.gather.jsonfeed import read_json
from bot.gather.language import UNDETERMINED, detect_each
from bot.gather.parsed import Draft, DraftFeed, ParsedEntry, ParsedFeed
from bot.gather.xmlfeed import read_xml
from bot.model import Phrase

VERSION = "1"
"""Grows when the same bytes would give other entries, so that bodies read before are read again."""

_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def parse_feed(body: bytes, content_type: str, url: str) -> ParsedFeed:
    """The feed in these bytes. Raises SourceError, in words, when there is none."""
    text = decode(body, content_type)
    if not text.strip():
        raise SourceError(Phrase("It is empty."))
    draft = read_json(text, url) if text.lstrip()[:1] == "{" else read_xml(text, url)
    if draft is None and _HTML.search(text[:5000]):
        raise SourceError(Phrase("It is a web page, not a feed."))
    if draft is None:
        raise SourceError(Phrase("It isn't a feed that I can read."))
    return _finished(draft)


def _finished(draft: DraftFeed) -> ParsedFeed:
    entries = identify(draft.drafts)
    languages = _languages([entry for _, entry in entries])
    return ParsedFeed(
        title=draft.title,
        language=draft.language,
        site_url=draft.site_url,
        entries=tuple(
            ParsedEntry(
                identity=identity,
                title=entry.title,
                url=entry.url,
                lede=entry.lede,
                picture=entry.picture,
                language=language,
                published_at=entry.published_at,
                content_hash=content_hash(entry),
                address_key=address_key(entry.url),
                title_key=title_key(entry.title),
            )
            for (identity, entry), language in zip(entries, languages, strict=True)
        ),
    )


def _languages(drafts: Sequence[Draft]) -> list[str]:
    undeclared = [f"{draft.title}. {draft.lede}" for draft in drafts if draft.language is None]
    detected = iter(detect_each(undeclared))
    return [draft.language or next(detected, UNDETERMINED) for draft in drafts]


def try_feed(body: bytes, content_type: str, url: str) -> ParsedFeed | Phrase:
    """As `parse_feed`, with the error as a value: what crosses from a worker is data."""
    try:
        return parse_feed(body, content_type, url)
    except SourceError as error:
        return error.phrase
