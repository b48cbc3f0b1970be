"""What a reader should read, and a case that asks it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it should be read."""

    title: str | None
    """None: the feed gives none, and what is shown in its place has to begin as the summary does."""
    url: str | None
    published_at: datetime | None
    language: str
    summary: str | None
    """Plain text; None: not judged."""
    picture: str | None = None
    """None: not judged."""
    url_or: str | None = None
    """Another address that is as good."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A feed as it should be read."""

    title: str | None
    """None: not judged."""
    language: str | None
    """The primary subtag that it declares."""
    entries: tuple[Entry, ...]
    partial: bool = False
    """One more entry may follow: the one that was being sent when the feed was cut off."""


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes as they come, and what they say."""

    id: str
    """format/language/damage[+damage]"""
    damages: tuple[str, ...]
    body: bytes
    content_type: str
    url: str
    truth: Truth
