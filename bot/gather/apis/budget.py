"""How often a provider may be asked so that a month's budget lasts to its end (pure)."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from bot.spending import month_end

SHORTEST = timedelta(minutes=2)
"""However much is left: news of a provider aren't quicker than that."""


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
