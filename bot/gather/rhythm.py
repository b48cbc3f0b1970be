"""When a source is looked at next: the interval that learns its rhythm, and the back-off while it fails (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.gather.habits import Pace, looks_until
from bot.gather.settings import GatherSettings

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

MOST_ASKED = 86_400.0
"""Seconds: whoever asks us to stay away for longer is looked at again after a day."""

JITTER = 0.1
"""Sources that were added together drift apart, instead of coming due together for ever."""

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
        wait = _past_quiet_hours(wait, wishes, now)
    return Rhythm(round(wait), timedelta(seconds=wait))


def _past_quiet_hours(wait: float, wishes: Wishes, now: datetime) -> float:
    """Until the first hour that the feed doesn't ask to skip; a feed that skips all of them means none."""
    if len(set(wishes.skip_hours)) >= 24 or len(set(wishes.skip_days)) >= 7:
        return wait
    at = now.astimezone(UTC) + timedelta(seconds=wait)
    latest = now + timedelta(seconds=max(wait, MOST_ASKED))
    while at < latest and (at.hour in wishes.skip_hours or at.weekday() in wishes.skip_days):
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
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


# --- headers ---------------------------------------------------------------------------------------------------------


def fresh_for(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds for which an answer stays good, by its Cache-Control (less its Age) or Expires; None: unsaid.

    What must not be kept or must be asked for again (no-store, no-cache) says nothing about when something is new.
    """
    directives = _directives(headers.get("Cache-Control", ""))
    if "no-store" in directives or "no-cache" in directives:
        return None
    if "max-age" in directives:
        seconds = _seconds(directives["max-age"])
        left = None if seconds is None else seconds - (_seconds(headers.get("Age", "")) or 0.0)
        return left if left is not None and left > 0 else None
    expires = _moment(headers["Expires"]) if "Expires" in headers else None
    if expires is None:
        return None
    # By the server's own clock, which may not be ours.
    left = (expires - (_moment(headers.get("Date", "")) or now)).total_seconds()
    return left if left > 0 else None


def retry_after(header: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or as a date; None when it asks for nothing."""
    seconds = _seconds(header)
    if seconds is None:
        at = _moment(header)
        seconds = (at - now).total_seconds() if at is not None else 0.0
    return min(seconds, MOST_ASKED) if seconds > 0 else None


def _directives(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in header.lower().split(",")[:20]:
        name, _, value = part.partition("=")
        found.setdefault(name.strip(), value.strip().strip('"'))
    return found


def _seconds(text: str) -> float | None:
    text = text.strip()
    return float(text[:12]) if text.isascii() and text.isdigit() else None


def _moment(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _interval(settings: GatherSettings) -> timedelta:
    return timedelta(seconds=settings.interval)
