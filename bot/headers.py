"""What the headers of an HTTP answer say of time: how long it stays good, and when to ask again (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_ASKED = 86_400.0
"""Seconds: whoever asks us to stay away for longer is looked at again after a day."""


def fresh_for(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds for which an answer stays good, by its Cache-Control (less its Age) or Expires; None: unsaid.

    What must not be kept or must be asked for again (no-store, no-cache) says nothing about when something is new.
    """
    directives = _directives(headers.get("Cache-Control", ""))
    if "no-store" in directives or "no-cache" in directives:
        return None
    if "max-age" in directives:
        seconds = _seconds(directives["max-age"])
        left = None if seconds is None else seconds - (_seconds(headers.get("Age", "")) or 0.0)
        return left if left is not None and left > 0 else None
    expires = _moment(headers["Expires"]) if "Expires" in headers else None
    if expires is None:
        return None
    # By the server's own clock, which may not be ours.
    left = (expires - (_moment(headers.get("Date", "")) or now)).total_seconds()
    return left if left > 0 else None


def retry_after(header: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or as a date; None when it asks for nothing."""
    seconds = _seconds(header)
    if seconds is None:
        at = _moment(header)
        seconds = (at - now).total_seconds() if at is not None else 0.0
    return min(seconds, MOST_ASKED) if seconds > 0 else None


def _directives(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in header.lower().split(",")[:20]:
        name, _, value = part.partition("=")
        found.setdefault(name.strip(), value.strip().strip('"'))
    return found


def _seconds(text: str) -> float | None:
    text = text.strip()
    return float(text[:12]) if text.isascii() and text.isdigit() else None


def _moment(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
