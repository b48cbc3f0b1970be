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


@dataclass(frozen=True, slots=True)
class DraftFeed:
    """A feed as a format's reader found it."""

    title: str
    language: str | None
    site_url: str | None
    drafts: tuple[Draft, ...]


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


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed that could be read."""

    title: str
    language: str | None
    """As declared; None when the feed doesn't say."""
    site_url: str | None
    entries: tuple[ParsedEntry, ...]
