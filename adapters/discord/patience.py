"""How long to wait for Discord after a failure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

LAST_BACKOFF = 60.0

Sleep: TypeAlias = Callable[[float], Awaitable[None]]


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 1, doubling, at most a minute."""
    return min(LAST_BACKOFF, float(2 ** min(failures - 1, 10)))
