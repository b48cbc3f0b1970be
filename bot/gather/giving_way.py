"""When a source of a pack gives way to others, and when it comes back: it is dead or stale, or well again (pure)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from bot.gather.client import UNREACHED
from bot.gather.habits import habits_from_json
from bot.gather.packs import Standing
from bot.storage.following import KnownSource

SILENT_PAUSES = 5
"""A source that has kept silent for so many of its usual pauses has stopped."""

SILENT_AT_LEAST = timedelta(days=7)
"""However much it used to publish: people go on holidays."""

SILENT_AT_MOST = timedelta(days=90)

SILENT_UNKNOWN = timedelta(days=30)
"""Where its rhythm isn't known, and at least so long where it is hardly known."""

ENOUGH_PAUSES = 3.0

DOUBT = timedelta(hours=12)
"""For so long it may be our own network that is gone, where nothing else can be reached either."""

LOST_AFTER = timedelta(hours=6)
"""A source that has been well before is missed for so long until its chats are given another language."""

InDoubt = Callable[[int], bool]
"""Whether a source that couldn't be reached tells nothing of itself, because nothing else could be, or because we
haven't tried since we run."""


class Reason(StrEnum):
    """Why others stand in for a source."""

    ENDED = "it is gone for good"
    FAILING = "it can't be read"
    STALE = "it has had nothing new for long"


def reason(source: KnownSource, in_doubt: InDoubt) -> Reason | None:
    """Why others should stand in for it now; None where it is well, or nothing speaks against it yet.

    What it was before goes on where nothing new can be told of it.
    """
    if source.ended:
        return Reason.ENDED
    if source.failures:
        gave_way = source.gave_way_at is not None
        return Reason.FAILING if gave_way or (_fails(source) and not _may_be_our_network(source, in_doubt)) else None
    return Reason.STALE if is_stale(source) else None


def is_stale(source: KnownSource) -> bool:
    """Whether it answers, and has had nothing new for much longer than it used to. Never where its dates tell nothing.

    It counts until it was looked at last: of the time since, nothing is known.
    """
    if source.ok_at is None or source.fresh_at is None:
        return False
    return source.ok_at - source.fresh_at > patience(source)


def patience(source: KnownSource) -> timedelta:
    """For how long a source of its rhythm may keep silent."""
    habits = habits_from_json(source.rhythm)
    pause = None if habits is None else habits.usual_pause
    if habits is None or pause is None:
        return SILENT_UNKNOWN
    least = SILENT_AT_LEAST if habits.pauses >= ENOUGH_PAUSES else SILENT_UNKNOWN
    return min(max(SILENT_PAUSES * pause, least), SILENT_AT_MOST)


def standing(source: KnownSource, why: Reason | None, now: datetime) -> Standing:
    """How it does, for who reads it. ``why``: its `reason`."""
    if why is None:
        return Standing.WELL
    if why is Reason.ENDED:
        return Standing.ENDED
    missed = now - (source.gave_way_at or now)
    patient = why is Reason.FAILING and source.ok_at is not None and missed < LOST_AFTER
    return Standing.AWAY if patient else Standing.LOST


def _fails(source: KnownSource) -> bool:
    """Twice in a row, or at the very first look."""
    return source.failures >= 2 or source.ok_at is None


def _may_be_our_network(source: KnownSource, in_doubt: InDoubt) -> bool:
    if source.problem not in UNREACHED or not in_doubt(source.id):
        return False
    looked, failing = source.polled_at, source.failing_since
    return looked is None or failing is None or looked - failing < DOUBT
