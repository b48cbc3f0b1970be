"""Which messages were redrawn of late: the first edit of a post may hurry, those that follow share what is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.model import MessageRef

LATELY = timedelta(minutes=1)
"""As long as Telegram counts what goes to a group."""


class Redrawn:
    """Remembers a message for a minute from its last edit on."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._at: dict[MessageRef, datetime] = {}
        """In the order of the edits."""

    def __contains__(self, message: MessageRef) -> bool:
        at = self._at.get(message)
        return at is not None and self._clock() - at < LATELY

    def __len__(self) -> int:
        return len(self._at)

    def note(self, message: MessageRef) -> None:
        """It is being redrawn now."""
        now = self._clock()
        self._at.pop(message, None)
        self._at[message] = now
        while now - self._at[oldest := next(iter(self._at))] >= LATELY:
            del self._at[oldest]
