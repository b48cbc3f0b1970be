"""When a story is on its way: marked after all waiting, right before the platform is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.ports import Departure
from bot.storage import deliveries
from bot.storage.database import Database

TURN_LASTS = timedelta(seconds=1)
"""A turn that could not be used for so long (the database was busy) is gone: what waited would leave all at once, and
the platform's limits are not what it left by."""


class Stayed(Exception):
    """Nothing was sent: it isn't wanted any more as it was found, or has missed its turn. The tables tell what is to be
    sent now."""


class StoryDeparture(Departure):
    """That of one attempt at one delivery."""

    def __init__(self, db: Database, out: deliveries.Outgoing, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._out = out
        self._clock = clock
        self._called_off = False
        self.has_left = False
        """It may be on its way, and its end isn't known."""

    async def leaving(self) -> None:
        """See `Departure`. Raises Stayed or StorageError."""
        if self._called_off:
            raise Stayed
        # From here on: a mark that is being written is written even if nobody waits for it any more.
        self.has_left = True
        try:
            marked = await self._db.write(deliveries.leave, self._out, self._clock, self._clock() + TURN_LASTS)
        except Exception:
            self.has_left = False
            raise
        if not marked:
            self.has_left = False
            raise Stayed

    async def refused(self) -> None:
        """See `Departure`."""
        self.has_left = False
        await self._db.write(deliveries.come_back, self._out)

    def call_off(self) -> None:
        """It stays here if it has not left."""
        self._called_off = True
