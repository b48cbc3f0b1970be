"""When a source is looked at next: the interval that learns its rhythm, and the back-off while it fails (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.gather.habits import Pace, looks_until
from bot.gather.settings import GatherSettings
from bot.headers import MOST_ASKED

SAMPLE_SECONDS = 5
"""The sample wire is our own, and a visitor waits for it."""

SAMPLE = "sample:"
"""What the address of a source of the sample wire begins with; its language follows."""

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=6)

LEVEL_SECONDS = 3600.0
"""How often the shares of all sources are weighed against each other."""

FOLLOW_UP_LOOKS = 0.5
"""News seldom come alone: the look after some comes after half of the wait."""

LEASED_LOOKS = 3.0
"""A hub that has promised to tell of news may be silent all the same: we look a third as often, and never stop."""

JITTER = 0.1
"""Sources that were added together drift apart, instead of coming due together for ever."""

AFTER_QUIET = timedelta(minutes=15)
"""Within so long after its quiet hours a feed is asked: all that are quiet at night would be at the same second."""

Random = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a feed says of itself about when to ask for it (`parsed.Manners`, as it is kept)."""

    ttl: float | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The interval of a source from now on, and when it is due."""

    interval_seconds: int
    wait: timedelta


def after_success(
    url: str,
    pace: Pace | None,
    news: bool,
    settings: GatherSettings,
    random: Random,
    now: datetime,
    *,
    wishes: Wishes | None = None,
    fresh_for: float | None = None,
    leased: bool = False,
) -> Rhythm:
    """After a look that went well and found ``news`` or none, at a source of this pace.

    ``fresh_for``: the seconds for which the answer stays good, by its headers. ``leased``: a hub tells what is new, so
    that looking only makes sure.
    """
    if url.startswith(SAMPLE):
        return Rhythm(SAMPLE_SECONDS, timedelta(seconds=SAMPLE_SECONDS))
    if not settings.adaptive:
        return Rhythm(settings.interval, timedelta(seconds=settings.interval))
    looks = 1 - JITTER / 2 + JITTER * random()
    if news:
        looks *= FOLLOW_UP_LOOKS
    learned = looks * settings.interval if pace is None else looks_until(pace, now, looks, settings.interval)
    if leased:
        learned *= LEASED_LOOKS
    asked = wishes.ttl if wishes is not None and wishes.ttl is not None else 0
    wait = within(max(learned, asked, fresh_for or 0), settings)
    if wishes is not None:
        wait = _past_quiet_hours(wait, wishes, now, random)
    return Rhythm(round(wait), timedelta(seconds=wait))


def _past_quiet_hours(wait: float, wishes: Wishes, now: datetime, random: Random) -> float:
    """Until the first hour that the feed doesn't ask to skip; a feed that skips all of them means none."""
    if len(set(wishes.skip_hours)) >= 24 or len(set(wishes.skip_days)) >= 7:
        return wait
    at = due = now.astimezone(UTC) + timedelta(seconds=wait)
    latest = now + timedelta(seconds=max(wait, MOST_ASKED))
    while at < latest and (at.hour in wishes.skip_hours or at.weekday() in wishes.skip_days):
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if at != due:
        at += AFTER_QUIET * random()
    return (min(at, latest) - now).total_seconds()


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
