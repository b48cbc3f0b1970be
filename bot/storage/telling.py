"""What new entries and known stories tell, and what gather passes in to say whether that is the same (values only)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

RECENT = timedelta(days=2)
"""Nobody gets a story that is older, and its article isn't asked for."""

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
    below: bool = False
    """Its source lists it below one that we have."""


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


@dataclass(frozen=True, slots=True)
class Known:
    """An entry that we have, as far as it matters to one that may tell the same."""

    story_id: int
    """The story that it is part of now."""
    own: bool
    """It is of the source that asks."""
    told_here: bool
    """That source tells its story already, by this entry or another."""
    telling: Telling
    title_key: str
    address_key: str | None
    published_at: datetime | None
    """As its source says."""
    seen_at: datetime
    """When its source last listed it."""
    listed: bool
    """The source that asks lists it beside the new one."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An entry that we don't know, and what it is to be compared with."""

    found: FoundEntry
    at: datetime
    """When it was published, or seen first; never in the future."""
    backlog: bool = False
    """Its source lists it late, with much else: nobody is owed it."""
    meets: bool = True
    """It is young enough to be met by other tellings."""
    again: Sequence[Known] = ()
    """Entries that it may be itself, under another guid: those of its source with its title, those at its address."""
    near: Sequence[Known] = ()
    """Those that share clues with it, the nearest first."""

    @property
    def telling(self) -> Telling:
        found = self.found
        return Telling(found.language, found.title, found.lede, self.at, found.clues, found.url)


StoryRef = int
"""The id of a story; or, below zero, the story that the lot's entry at the place ``-ref - 1`` makes or joins."""


@dataclass(frozen=True, slots=True)
class Link:
    """A story in another language that tells of the same event, and what shows that, in words for the operator."""

    story: StoryRef
    language: str
    evidence: Sequence[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided of a newcomer."""

    joins: StoryRef | None = None
    """None: it makes a story of its own."""
    links: Sequence[Link] = ()
    """The surest first; one a language is wanted."""


def looks(found: FoundEntry) -> dict[str, Any]:
    """What an entry makes its story look like."""
    return {"title": found.title, "url": found.url, "lede": found.lede, "picture": found.picture}
