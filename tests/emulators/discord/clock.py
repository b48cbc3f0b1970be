"""Time for the emulator: any callable that gives seconds since 1970 serves; this one stands still until it is moved."""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[], float]

DISCORD_EPOCH = 1_420_070_400.0  # snowflakes count milliseconds from the first second of 2015 (Reference: Snowflakes)


class ManualClock:
    def __init__(self, start: float = 1_780_000_000.0) -> None:
        self.time = start

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds


class Snowflakes:
    """Ids that sort by time; the low 22 bits count up, so that a clock that stands still never gives one twice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> str:
        value = int((self._clock() - DISCORD_EPOCH) * 1000) << 22
        self._last = max(value, self._last + 1)
        return str(self._last)


def time_of(snowflake: str) -> float:
    return (int(snowflake) >> 22) / 1000 + DISCORD_EPOCH
