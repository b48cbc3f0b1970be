"""What new entries and known stories tell, and what gather passes in to say whether that is the same (values only)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MEETS_FOR = timedelta(hours=72)
"""How old a story may be to be met by another telling of the same thing; its clues are kept as long."""


@dataclass(frozen=True, slots=True)
class OutsideCounts:
    """What a news API's own readers say of an entry: shown as theirs, never votes."""

    provider: str
    bullish: int
    bearish: int


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry as it stands in its source now."""

    identity: str
    title: str
    url: str | None
    lede: str
    picture: str | None
    language: str
    published_at: datetime | None
    content_hash: str
    address_key: str | None
    title_key: str
    raw_hash: str | None = None
    """Over the item's own bytes: one that was read in this very form isn't read again."""
    clues: tuple[str, ...] = ()
    """What recognises other tellings of the same thing."""
    topics: tuple[str, ...] = ()
    outside: OutsideCounts | None = None
    wants_article: bool = False
    """Its feed says little of it: the article is worth reading."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What an entry or a story says, as far as it matters to whether another one tells the same."""

    language: str
    title: str
    lede: str
    published_at: datetime | None
    """When we first saw it, where its source doesn't say; never in the future."""
    clues: tuple[str, ...]
    url: str | None


def _never(_one: Telling, _other: Telling) -> bool:
    return False


def _nothing(_one: Telling, _other: Telling) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Says what belongs together. Its functions are pure: they run within the transaction of a poll."""

    same_title: Callable[[str, str], bool]
    """Whether two folded titles of entries at one address are the same headline."""
    same: Callable[[Telling, Telling], bool] = _never
    """Whether two tellings in one language, by different sources, tell the same thing."""
    linked: Callable[[Telling, Telling], Sequence[str]] = _nothing
    """What shows, in words for the operator, that two tellings in different languages are of one event; empty: nothing
    does."""
    window: timedelta = MEETS_FOR


def looks(found: FoundEntry) -> dict[str, Any]:
    """What an entry makes its story look like, and what tells the same one."""
    return {
        "title": found.title,
        "url": found.url,
        "lede": found.lede,
        "picture": found.picture,
        "address_key": found.address_key,
        "title_key": found.title_key,
    }
