"""Times in which a platform could not reach us for longer than it keeps what it has to tell: what came then is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot.storage import meta


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing of what a platform had to tell between these moments can be had any more."""

    since: datetime
    until: datetime


def in_touch(connection: Connection, platform: str, keeps_for: timedelta, now: datetime) -> None:
    """The platform reaches us at this moment. What it could not tell for longer than it keeps it is noted as lost."""
    known = meta.get(connection, _in_touch(platform))
    meta.put(connection, _in_touch(platform), _text(now))
    if known is not None and (since := datetime.fromisoformat(known)) < now - keeps_for:
        meta.put(connection, _lost(platform), f"{_text(since)} {_text(now - keeps_for)}")


def lost(connection: Connection, platform: str) -> Lost | None:
    """The last time of which nothing was told; None when there was none."""
    known = meta.get(connection, _lost(platform))
    return None if known is None else Lost(*map(datetime.fromisoformat, known.split()))


def _in_touch(platform: str) -> str:
    return f"in touch with {platform}"


def _lost(platform: str) -> str:
    return f"lost of {platform}"


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
