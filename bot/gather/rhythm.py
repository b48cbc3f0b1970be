"""When a source is looked at next: the interval that learns its rhythm, and the back-off while it fails (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.gather.settings import GatherSettings

SAMPLE_SECONDS = 5
"""The sample wire is our own, and a visitor waits for it."""

SAMPLE = "sample:"
"""What the address of a source of the sample wire begins with; its language follows."""

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=6)

SHORTER = 0.7
LONGER = 1.15
"""After news the next look comes sooner, without them later. Two looks without news about undo one with: a source that
has something every third time keeps its interval."""

JITTER = 0.1
"""Sources that were added together drift apart, instead of coming due together for ever."""

Random = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The interval of a source from now on, and when it is due."""

    interval_seconds: int
    wait: timedelta


def after_success(url: str, interval_seconds: int, news: bool, settings: GatherSettings, random: Random) -> Rhythm:
    """After a look that went well and found ``news`` or none."""
    if url.startswith(SAMPLE):
        return Rhythm(SAMPLE_SECONDS, timedelta(seconds=SAMPLE_SECONDS))
    if not settings.adaptive:
        return Rhythm(settings.interval, timedelta(seconds=settings.interval))
    learned = within(interval_seconds * (SHORTER if news else LONGER), settings)
    spread = within(learned * (1 - JITTER / 2 + JITTER * random()), settings)
    return Rhythm(round(learned), timedelta(seconds=spread))


def within(seconds: float, settings: GatherSettings) -> float:
    """The interval that the settings allow: from a tenth to six times what is configured, and never under a second."""
    return min(max(seconds, settings.interval / 10, 1.0), settings.interval * 6.0)


def after_failure(url: str, failures: int, asked: float | None, settings: GatherSettings, random: Random) -> timedelta:
    """After so many failures in a row (this one counted). ``asked``: the seconds that the server asked us to wait."""
    first = timedelta(seconds=SAMPLE_SECONDS) if url.startswith(SAMPLE) else min(FIRST_RETRY, _interval(settings))
    backoff: timedelta = min(first * (1 << min(failures - 1, 20)), LAST_RETRY)
    spread = backoff * (1 - JITTER / 2 + JITTER * random())
    return max(min(spread, LAST_RETRY), timedelta(seconds=asked or 0))


def _interval(settings: GatherSettings) -> timedelta:
    return timedelta(seconds=settings.interval)
