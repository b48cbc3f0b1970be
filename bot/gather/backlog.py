"""Which of the entries that a source lists for the first time are no news (pure).

A publisher may lengthen its list, move to other software or merge a second feed into its own: then much stands there
that we haven't seen, and that its readers have. Age alone tells old entries apart (bot/storage/owed.py); here it is
about those that have no date, or a recent one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.storage.owed import FIRST_CONTACT
from bot.storage.stories import KnownSource
from bot.storage.telling import RECENT, FoundEntry

MANY = 10
"""Fewer new entries than that are no crowd, however rarely their source has any."""


def backlog(listed: Sequence[FoundEntry], source: KnownSource, usual: int, now: datetime) -> frozenset[str]:
    """The identities of those that nobody is owed.

    ``listed``: all that was read, as the source lists it, from the top. ``usual``: so many new ones a look at this
    source brings when it brings many.
    """
    if source.last_ok_at is None:  # what a first look brings is for the first contact
        return frozenset()
    crowd = max(MANY, usual)
    late, undated = _sorted_out(listed, source)
    result = set(late) if len(late) > crowd or source.begun else set()
    away = now - source.last_ok_at
    if away > RECENT or len(undated) > crowd * max(1.0, away.total_seconds() / source.interval_seconds):
        # Nothing tells how old these are: as at first contact, the first few stand for all.
        result |= set(undated[FIRST_CONTACT:])
    return frozenset(result)


def _sorted_out(listed: Sequence[FoundEntry], source: KnownSource) -> tuple[list[str], list[str]]:
    """Of the new ones those that come late, older than or listed below what we have; and those without a date that
    don't."""
    late: list[str] = []
    undated: list[str] = []
    below = False
    for found in listed:
        below = below or found.below
        if found.identity in source.present:
            below = True
        elif found.published_at is None:
            (late if below else undated).append(found.identity)
        elif source.newest_at is not None and found.published_at < source.newest_at:
            late.append(found.identity)
    return late, undated
