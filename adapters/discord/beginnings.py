"""Lets sessions begin: a score at once, and then the more slowly the fewer Discord still allows.

Discord counts them and says how many are left only when it is asked how to begin; from then on they are counted here.
Nothing is known of what another process begins with the same token: half of what is left is kept for that, and for
being started anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.discord.limits import beginning
from adapters.discord.starting import Start
from bot.ports import Surroundings, Traffic

AT_ONCE = 20
"""More than all have to be begun at a start: a bad hour of the network's is no storm."""

SHARE = 0.5
"""Of what is left, so much is spread over the time until it is counted anew."""

DAY = timedelta(days=1)


class Allowance:
    """What may be begun. Knows no clock."""

    def __init__(self, start: Start, now: datetime) -> None:
        self._total = start.total
        self._left = min(start.total, start.remaining)
        # Where none has been begun there is nothing to be counted anew.
        self._renewed = now + (timedelta(seconds=start.reset_after) if start.reset_after else DAY)
        self._most = float(start.shards + AT_ONCE)
        # Something that starts us again and again must not use them up.
        self._free = self._most if self._left >= self._total / 2 else 0.0
        self._seen = now

    def wait(self, now: datetime) -> float:
        """Seconds until the next one should be begun."""
        self._catch_up(now)
        if self._left <= 1:
            return self._renewal(now)
        return max(0.0, (1.0 - self._free) * self._apart(now))

    def begin(self, now: datetime) -> None:
        """One is begun."""
        self._catch_up(now)
        self._free = max(0.0, self._free - 1.0)
        self._left = max(0, self._left - 1)

    def _catch_up(self, now: datetime) -> None:
        if now >= self._renewed:
            self._left, self._renewed = self._total, now + DAY
        else:
            gained = max(0.0, (now - self._seen).total_seconds()) / self._apart(self._seen)
            self._free = min(self._most, self._left * SHARE, self._free + gained)
        self._seen = now

    def _renewal(self, now: datetime) -> float:
        return (self._renewed - now).total_seconds()

    def _apart(self, now: datetime) -> float:
        """Seconds between two."""
        return self._renewal(now) / max(1.0, self._left * SHARE)


class Beginnings:
    """The sessions of one connection. ``on_change`` is called when they are held back, or no longer."""

    def __init__(self, start: Start, surroundings: Surroundings, on_change: Callable[[], None]) -> None:
        self._at_once = start.at_once
        self._pace = surroundings.pace
        self._sleep = surroundings.sleep
        self._clock = surroundings.clock
        self._on_change = on_change
        self._allowance = Allowance(start, self._clock())
        self._one_by_one = asyncio.Lock()
        self.held_back = 0.0
        """Seconds for which the next one waits, because there were so many."""

    async def turn(self, shard: int) -> None:
        """Returns when the session of this number may be begun."""
        async with self._one_by_one:
            seconds = self._allowance.wait(self._clock())
            if seconds:
                await self._hold_back(seconds)
            self._allowance.begin(self._clock())
        await self._pace.turn(Traffic.ANSWER, beginning(shard, self._at_once))

    async def _hold_back(self, seconds: float) -> None:
        self.held_back = seconds
        self._on_change()
        try:
            await self._sleep(seconds)
        finally:
            self.held_back = 0.0
