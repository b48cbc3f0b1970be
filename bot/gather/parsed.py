"""What the parsers hand back, as frozen values: small, and picklable on their way out of a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """One item as a format's reader found it."""

    guid: str
    title: str
    url: str | None
    lede: str
    picture: str | None
    language: str | None
    """As declared; None when the feed doesn't say."""
    published_at: datetime | None
    raw_hash: str | None = None
    outbound: tuple[str, ...] = ()
    alternates: tuple[tuple[str, str], ...] = ()
    below: bool = False
    """It stands below one that was known in its very form."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a feed wants to be asked."""

    ttl: int | None = None
    """Seconds for which an answer is good."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day, UTC, at which nobody need ask."""
    skip_days: tuple[int, ...] = ()
    """Days of the week, Monday is 0."""


@dataclass(frozen=True, slots=True)
class DraftFeed:
    """A feed as a format's reader found it."""

    title: str
    language: str | None
    site_url: str | None
    drafts: tuple[Draft, ...]
    unchanged: tuple[str, ...] = ()
    manners: Manners = Manners()
    hub: str | None = None
    hub_topic: str | None = None
    is_cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What we have of a source already."""

    raw_hashes: frozenset[str] = frozenset()
    """Of the entries that it lists: those aren't read again."""
    language: str | None = None
    """The one that most of its entries are in, so far as we know: for a new one that tells too little by itself."""
    leave_stump: bool = False
    """An entry in which the body breaks off is left for another time: it may be whole then."""


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One entry, ready to be stored."""

    identity: str
    """What makes it the same entry at the next poll (a hash): guid, else address, else its words."""
    title: str
    url: str | None
    """As published, made absolute."""
    lede: str
    picture: str | None
    language: str
    """Primary subtag; ``und`` when neither declared nor recognised."""
    published_at: datetime | None
    content_hash: str
    """Over what readers see: title, lede, link, picture; not the date."""
    address_key: str | None
    title_key: str
    raw_hash: str | None = None
    """Over the item's own bytes: one that was read in this very form isn't read again."""
    outbound: tuple[str, ...] = ()
    """Addresses that its text links to, absolute."""
    alternates: tuple[tuple[str, str], ...] = ()
    """Language and address of what the publisher names as the same in another language."""
    clues: tuple[str, ...] = ()
    """What recognises other tellings of the same thing (`clues.py`)."""
    topics: tuple[str, ...] = ()
    """Names in the topic table (`topics.py`)."""
    outside: tuple[str, int, int] | None = None
    """A news API's name, and how many of its own readers are bullish and bearish."""
    below: bool = False
    """It stands below one that was known in its very form."""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed that could be read."""

    title: str
    language: str | None
    """As declared; None when the feed doesn't say."""
    site_url: str | None
    entries: tuple[ParsedEntry, ...]
    """Those that were not known in this very form."""
    unchanged: tuple[str, ...] = ()
    """The raw hashes of those that were."""
    manners: Manners = Manners()
    """What it asks of its readers."""
    hub: str | None = None
    """Where it announces news by WebSub."""
    hub_topic: str | None = None
    """The address that it has there."""
    is_cut_off: bool = False
    """An entry was left for another time."""
