"""When a post may be edited: pure, so that simulated time can ask."""

from __future__ import annotations

from datetime import datetime, timedelta

YOUNG_FOR = timedelta(hours=1)
"""Discord caps edits of messages older than this (its error 30046), by numbers that it doesn't publish."""
BETWEEN_EDITS = timedelta(seconds=1)
BETWEEN_OLD_EDITS = timedelta(minutes=1)
LATELY = timedelta(minutes=1)


def is_old(posted_at: datetime, now: datetime) -> bool:
    """Whether platforms grudge edits of a post made then."""
    return now - posted_at >= YOUNG_FOR


def edit_due(posted_at: datetime, last_edit_at: datetime | None, now: datetime) -> datetime:
    """When a post that shows something else than it should may be edited: once a second, an old one once a minute."""
    if last_edit_at is None:
        return now
    gap = BETWEEN_OLD_EDITS if is_old(posted_at, now) else BETWEEN_EDITS
    return max(now, last_edit_at + gap)


def edit_turn(posted_at: datetime, last_edit_at: datetime | None, now: datetime) -> tuple[float, float]:
    """What of several posts that are due comes first: the least. The newest does, but whatever was edited within the
    last minute comes after all others, the one edited longest ago before the rest: a post that all vote on is due
    again at once, and would leave no turn to any other."""
    edited = 0.0 if last_edit_at is None or now - last_edit_at >= LATELY else last_edit_at.timestamp()
    return edited, -posted_at.timestamp()
