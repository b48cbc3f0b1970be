"""A provider's items → entries: what both providers' answers have in common. Runs in a worker (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from bot.gather.identity import identify
from bot.gather.language import UNDETERMINED
from bot.gather.parse import entry_of
from bot.gather.parsed import Draft, ParsedEntry, ParsedFeed
from bot.gather.text import lede_text, plain_text, title_text
from bot.gather.topic_table import load_table
from bot.gather.topics import recognise

MAX_ITEMS = 500
"""Providers send a hundred at most."""

MAX_COUNT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an answer, as an entry's words and what comes beside them."""

    draft: Draft
    codes: tuple[str, ...]
    """Coins that the provider says it is about."""
    bullish: int
    bearish: int


def loaded(body: bytes) -> Any:
    """The JSON of an answer; None for what is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # also for bytes that aren't UTF-8, and numbers of thousands of digits
        return None


def rows(value: Any) -> list[dict[str, Any]]:
    """Those of a list's members that are objects; an empty list for anything else."""
    return [row for row in value[:MAX_ITEMS] if isinstance(row, dict)] if isinstance(value, list) else []


def feed_of(provider: str, name: str, site: str, items: Iterable[Item], own_topics: str | None) -> ParsedFeed:
    """The items that have a title, as a feed."""
    told = [item for item in items if item.draft.title]
    by_draft = {id(item.draft): item for item in told}
    entries = identify([item.draft for item in told])
    return ParsedFeed(
        title=name,
        language=None,
        site_url=site,
        entries=tuple(
            _entry(provider, identity, by_draft[id(draft)], own_topics)
            for identity, draft in entries
            if id(draft) in by_draft
        ),
    )


def _entry(provider: str, identity: str, item: Item, own_topics: str | None) -> ParsedEntry:
    language = item.draft.language or UNDETERMINED
    entry = entry_of(identity, item.draft, language, _topics(item, language, own_topics))
    return replace(entry, outside=(provider, item.bullish, item.bearish))


def _topics(item: Item, language: str, own_topics: str | None) -> tuple[str, ...]:
    kinds = load_table(own_topics).kinds
    told = recognise(f"{item.draft.title}. {item.draft.lede}", language, own_topics)
    named = (code for code in item.codes if kinds.get(code) == "coin")
    return tuple(dict.fromkeys((*told, *named)))


# --- fields, any of which may be missing, null or of another type ----------------------------------------------------


def text(value: Any) -> str:
    """A string, or nothing. Halves of signs, which JSON can carry and nothing can store, are left out."""
    return value.encode("utf-8", "ignore").decode() if isinstance(value, str) else ""


def name(value: Any) -> str:
    """An id: providers write them as strings or as numbers."""
    return text(str(value))[:200] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def title(value: Any) -> str:
    return title_text(text(value), is_html=True)


def lede(value: Any) -> str:
    """The beginning of a description; one that only names a site ("coingape.com.") says nothing."""
    words = plain_text(text(value))
    return "" if len(words.split()) < 2 and "." in words else lede_text(words)


def address(value: Any) -> str | None:
    """A web address without what says by whom it was passed on."""
    try:
        parts = urlsplit(text(value).strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or len(text(value)) > 2048:
        return None
    if "utm_" not in parts.query:
        return urlunsplit(parts)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not pair[0].startswith("utm_")]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def moment(value: Any) -> datetime | None:
    """Milliseconds since 1970, or an ISO date."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        at = datetime.fromisoformat(text(value).strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def count(counts: Any, key: str) -> int:
    """A count that may not be there."""
    value = counts.get(key) if isinstance(counts, dict) else None
    return min(value, MAX_COUNT) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def codes(listed: Any, key: str) -> tuple[str, ...]:
    """Codes of coins, under a key of each of a list's objects."""
    found: Sequence[str] = [text(row.get(key)).strip().upper() for row in rows(listed)]
    return tuple(dict.fromkeys(code for code in found if 0 < len(code) <= 20))
