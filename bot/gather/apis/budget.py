"""How often a provider may be asked so that a month's budget lasts to its end (pure)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SHORTEST = timedelta(minutes=2)
"""However much is left: news of a provider aren't quicker than that."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent of a calendar month's budget."""

    month: str
    amount: int

    def written(self) -> str:
        return f"{self.month} {self.amount}"


def spent_so_far(written: str | None, now: datetime) -> Spent:
    """What stands written, or nothing in a month that has just begun."""
    month = now.astimezone(UTC).strftime("%Y-%m")
    known, _, amount = (written or "").partition(" ")
    return Spent(month, int(amount) if known == month and amount.isascii() and amount.isdigit() else 0)


def month_end(now: datetime) -> datetime:
    """When the next month begins."""
    at = now.astimezone(UTC)
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def wait_for_turn(left: int, cost: int, askers: int, now: datetime) -> timedelta | None:
    """How long each of so many sources waits until it asks again; None when nothing is left to ask with.

    Days of providers' months differ: whatever is left is spread to the end of this one, and again at each look.
    """
    looks = left // cost
    if looks < 1:
        return None
    # One more than there are, so that the last isn't due when the month is over.
    seconds = (month_end(now) - now).total_seconds() / (looks + 1) * max(askers, 1)
    return max(timedelta(seconds=math.ceil(seconds)), SHORTEST)
