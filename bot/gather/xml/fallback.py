"""Feeds whose items stand where no format has them, read by feedparser (pure)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from bot.gather.dates import read_date
from bot.gather.language import declared_language
from bot.gather.links import absolute_address
from bot.gather.parsed import Draft, DraftFeed
from bot.gather.text import MAX_MARKUP, cut, lede_text, plain_text, title_text

MAX_LENGTH = 100_000
"""It takes its time with what is large or broken."""


def read_otherwise(text: str, url: str, max_items: int) -> DraftFeed | None:
    """None where it finds no entries either."""
    if len(text) > MAX_LENGTH:
        return None
    import feedparser  # noqa: PLC0415  # half of a worker's memory, and next to no feed needs it

    try:
        # A file object, never a string: feedparser opens strings as addresses and files.
        parsed = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception:  # noqa: BLE001  # its own fall-back parser trips over some damage with whatever comes up
        return None
    language = declared_language(_raw(parsed.feed, "language"))
    drafts = tuple(_drafts(parsed.entries[:max_items], url, language))
    if not drafts:
        return None
    title = title_text(str(_raw(parsed.feed, "title") or ""), is_html=True)
    return DraftFeed(title, language, absolute_address(_raw(parsed.feed, "link"), url), drafts)


def _drafts(entries: list[Mapping[str, Any]], url: str, language: str | None) -> Iterator[Draft]:
    for entry in entries:
        link = absolute_address(_raw(entry, "link"), url)
        lede = lede_text(plain_text(str(_raw(entry, "summary") or "")[:MAX_MARKUP]))
        title = title_text(str(_raw(entry, "title") or ""), is_html=True) or cut(lede, 120) or (link or "")
        dates = (read_date(_raw(entry, key)) for key in ("published", "updated", "created"))
        if title:
            yield Draft(
                guid=str(_raw(entry, "id") or "").strip(),
                title=title,
                url=link,
                lede=lede,
                picture=None,
                language=declared_language(_raw(entry, "language")) or language,
                published_at=next((at for at in dates if at is not None), None),
            )


def _raw(values: Mapping[str, Any], key: str) -> Any:
    # Not FeedParserDict's own lookup: it warns, and answers one key with another's value.
    return dict.get(values, key) if isinstance(values, dict) else None
