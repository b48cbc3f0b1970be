"""When a source publishes, as learned from the dates of what it published: by day, by hour, by minute (pure).

It is small enough to be kept as JSON beside the source, and read at every poll.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

HALF_LIFE = 21 * 86_400.0
"""Seconds after which what was learned counts half: a source that moves its hours is understood in some weeks."""

SLOTS = 12
"""Parts of an hour, of five minutes: what is written by a clock appears at the same minute each time."""
SLOT_SECONDS = 3600 // SLOTS

MOST_AT_ONCE = 60
"""A feed that publishes its archive anew has taught nothing about its hours."""

FLOOR, CEILING = 1 / 6, 10.0
"""How often it is looked at compared with the configured interval: at least, at most."""

TOGETHER = 0.85
"""What all sources together may take of the looks of a fixed interval: what waits for news comes on top."""

USUAL_LEVEL = 9.0
"""Until the shares have been weighed: some ten publications a day make an equal share."""

RENEWED, RENEWED_AT_LEAST = 6 * 3600.0, 24 * 3600.0
"""Seconds for which a pace holds while something new is learned, and while nothing is."""

QUIETEST, BUSIEST = 0.5, 3.0
"""What one source may take of the looks that all of them have together, compared with an equal share."""

FEWEST_PAUSES = 0.25
"""What is left of one after six weeks; less than that tells nothing."""

_DAYS_PRIOR, _HOURS_PRIOR, _SLOTS_PRIOR = 0.6, 0.2, 2.0
"""So many publications are believed to have been seen in each part before the first. The parts of the hour need the
most: only a machine keeps to them."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What a source was seen to do, with old sightings fading."""

    since: float
    """When the sightings begin (seconds since 1970), at most four half-lives ago."""
    at: float
    """When they were weighed last."""
    newest: float
    """The newest date that is counted."""
    days: tuple[float, ...]
    hours: tuple[float, ...]
    slots: tuple[float, ...]

    @property
    def a_week(self) -> float:
        """How many publications a week."""
        seen = sum(self.days)
        watched = max(self.at - self.since, 86_400.0)
        return seen / _lasting(watched) * 7 * 86_400

    @property
    def pauses(self) -> float:
        """How many times it was seen to publish again, old ones fading, until the newest publication. The silence since
        then doesn't count, or it would come to be usual."""
        if self.newest == -math.inf:
            return 0.0
        silent = min((self.at - self.newest) / HALF_LIFE, 1000.0)  # some feeds have the year 1 for a date
        return max(sum(self.days) * math.exp2(silent) - 1, 0.0)

    @property
    def usual_pause(self) -> timedelta | None:
        """The time between two publications, by these; None where none was seen."""
        pauses, watched = self.pauses, self.newest - self.since
        return timedelta(seconds=_lasting(watched) / pauses) if pauses > FEWEST_PAUSES and watched > 0 else None


def _lasting(watched: float) -> float:
    """What a watch of so many seconds weighs, its beginning having faded."""
    return HALF_LIFE / math.log(2) * (1 - math.exp2(-watched / HALF_LIFE))


def learned(habits: Habits | None, dates: Iterable[datetime], looked_at: datetime | None, now: datetime) -> Habits:
    """The habits with what a look has found: the dates of the entries that it brought.

    ``looked_at``: the look before; what was not there then has appeared since, whatever its date says. None at the
    first look, when the dates are all there is to know.
    """
    end = now.timestamp()
    # A clock that once was wrong may have left a look in the future.
    start = min(looked_at.timestamp(), end) if looked_at is not None and habits is not None else None
    known = habits.newest if habits is not None else -math.inf
    found = [min(at.timestamp(), end) for at in dates]
    news = sorted(date for date in set(found) if date > known)
    begun = habits or _nothing(news[0] if news else end, end)
    moments = [_appeared(date, start, end) for date in news[-MOST_AT_ONCE:]]
    return replace(_with(begun, moments, end), newest=max([known, *news]))


def _appeared(date: float, start: float | None, end: float) -> float:
    if start is None:
        return date
    # Midnight to the second is no time at all, only a day.
    return end if date % 86_400 == 0 else max(date, start)


def _nothing(oldest: float, now: float) -> Habits:
    since = max(oldest, now - 4 * HALF_LIFE)
    return Habits(since, now, -math.inf, (0.0,) * 7, (0.0,) * 24, (0.0,) * SLOTS)


def _with(habits: Habits, moments: Sequence[float], now: float) -> Habits:
    fade = math.exp2(-max(now - habits.at, 0.0) / HALF_LIFE)
    days = [weight * fade for weight in habits.days]
    hours = [weight * fade for weight in habits.hours]
    slots = [weight * fade for weight in habits.slots]
    for moment in moments:
        weight = math.exp2((moment - now) / HALF_LIFE)
        if weight < 1 / 16:
            continue
        at = datetime.fromtimestamp(moment, UTC)
        days[at.weekday()] += weight
        # A little into the hours beside it: nobody publishes on the hour each day.
        before = at.minute < 30
        hours[at.hour] += weight * 0.75
        hours[(at.hour - 1 if before else at.hour + 1) % 24] += weight * 0.25
        slots[at.minute * SLOTS // 60] += weight
    return replace(
        habits,
        since=max(habits.since, now - 4 * HALF_LIFE),
        at=now,
        days=tuple(days),
        hours=tuple(hours),
        slots=tuple(slots),
    )


# --- how often to look -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look at a source, on which day, at which hour, in which part of the hour: multiplied, it is so many
    times in a configured interval. Made from the habits now and then, and kept."""

    made: float
    want: float
    """What the source has to offer to whoever looks more often: the looks of all are dealt out by it."""
    days: tuple[float, ...]
    hours: tuple[float, ...]
    slots: tuple[float, ...]

    def is_old(self, now: datetime, learned_at: float) -> bool:
        """Whether it should be made anew: it holds for longer while nothing is learned."""
        age = now.timestamp() - self.made
        return not -RENEWED < age < (RENEWED if learned_at > self.made else RENEWED_AT_LEAST)


def pace(habits: Habits, level: float, now: datetime) -> Pace:
    """Looks go with the square root of what is published, which makes the time until it is found the least; and they
    are scaled so that the source takes its share and no more, however its days and hours differ."""
    days, hours, slots = _pattern(habits)
    evenness = math.prod(sum(weights) / len(weights) for weights in (days, hours, slots))
    want = math.sqrt(habits.a_week) * evenness
    scale = _scale(days, hours, slots, share_of(want, level))
    return Pace(now.timestamp(), want, tuple([scale * day for day in days]), hours, slots)


def looks_until(pace: Pace, now: datetime, looks: float, interval: float) -> float:
    """Seconds from now until so many looks (mostly about one) are due."""
    at, passed = now.astimezone(UTC), 0.0
    weekday, hour, slot = at.weekday(), at.hour, at.minute * SLOTS // 60
    left: float = SLOT_SECONDS - (at.minute * 60 + at.second) % SLOT_SECONDS
    while True:
        often = min(max(pace.days[weekday] * pace.hours[hour] * pace.slots[slot], FLOOR), CEILING) / interval
        if often * left >= looks:
            return passed + looks / often
        looks -= often * left
        passed += left
        left = SLOT_SECONDS
        slot += 1
        if slot == SLOTS:
            slot, hour = 0, hour + 1
            if hour == 24:
                hour, weekday = 0, (weekday + 1) % 7


def level_for(wants: Sequence[float]) -> float:
    """What to divide each want by, so that all sources together take the looks that are to be had."""
    if not wants:
        return USUAL_LEVEL
    low, high = 1e-3, max(*wants, 1.0) / QUIETEST
    for _ in range(20):
        middle = math.sqrt(low * high)
        if sum([share_of(one, middle) for one in wants]) > len(wants) * TOGETHER:
            low = middle
        else:
            high = middle
    return high


def share_of(wanted: float, level: float) -> float:
    """How often to look at a source, compared with the configured interval."""
    return min(max(wanted / level, QUIETEST), BUSIEST)


def _pattern(habits: Habits) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    days, hours = _watched(habits)
    return (
        _evened(habits.days, days, _DAYS_PRIOR),
        _evened(habits.hours, hours, _HOURS_PRIOR),
        _evened(habits.slots, [1.0] * SLOTS, _SLOTS_PRIOR),
    )


def _watched(habits: Habits) -> tuple[list[float], list[float]]:
    """How much of each weekday and hour is known: what wasn't seen yet isn't silent."""
    if habits.at - habits.since >= 14 * 86_400:
        return [1.0] * 7, [1.0] * 24
    first = int(habits.since // 3600)
    whole, rest = divmod(max(int(habits.at // 3600) - first, 1), 24)
    hours, days = [float(whole)] * 24, [0.0] * 7
    for hour in range(first, first + rest):
        hours[hour % 24] += 1
    hour, end = first, first + whole * 24 + rest
    while hour < end:
        midnight = min((hour // 24 + 1) * 24, end)
        days[(hour // 24 + 3) % 7] += (midnight - hour) / 24  # 1970 began on a Thursday
        hour = midnight
    return days, hours


def _evened(weights: Sequence[float], watched: Sequence[float], prior: float) -> tuple[float, ...]:
    """Square roots of how much more than on average each part has, on average 1 before the root."""
    seen = sum(weights)
    if seen <= 0:
        return (1.0,) * len(weights)
    unit = prior * sum(watched) / seen
    rates = [(weight + prior) / (time + unit) for weight, time in zip(weights, watched, strict=True)]
    mean = sum(rates) / len(rates)
    return tuple([math.sqrt(rate / mean) for rate in rates])


def _scale(days: Sequence[float], hours: Sequence[float], slots: Sequence[float], share: float) -> float:
    """What to multiply with so that, between floor and ceiling, the mean of all hours and their parts is the share."""
    cells = sorted([day * hour for day in days for hour in hours])
    sums = [0.0, *accumulate(cells)]
    parts = Counter([round(slot, 1) or 0.1 for slot in slots])
    wanted = share * len(cells) * SLOTS
    low, high = 0.01, 100.0
    for _ in range(12):
        middle = math.sqrt(low * high)
        if sum([count * _looks(cells, sums, middle * part) for part, count in parts.items()]) > wanted:
            high = middle
        else:
            low = middle
    return low


def _looks(cells: Sequence[float], sums: Sequence[float], scale: float) -> float:
    first, last = bisect_left(cells, FLOOR / scale), bisect_right(cells, CEILING / scale)
    return first * FLOOR + scale * (sums[last] - sums[first]) + (len(cells) - last) * CEILING


def renewed(
    stored: Any, dates: Sequence[datetime], looked_at: datetime | None, now: datetime, level: float
) -> tuple[Pace, dict[str, Any] | None, bool]:
    """The pace to go by after a look, what to store where that has changed, and whether there was something new."""
    kept = pace_from_json(stored)
    if kept is not None and not dates and not kept.is_old(now, stored["at"]):
        return kept, None, False
    before = habits_from_json(stored)
    habits = learned(before, dates, looked_at, now) if dates or before is None else before
    if kept is None or kept.is_old(now, habits.at):
        kept = pace(habits, level, now)
    return kept, to_json(habits, kept), before is not None and habits.newest > before.newest


# --- as JSON ---------------------------------------------------------------------------------------------------------


def to_json(habits: Habits, pace: Pace) -> dict[str, Any]:
    """For the source's row; ``want`` is what the shares of all are dealt out by."""
    return {
        "since": round(habits.since),
        "at": round(habits.at),
        "newest": None if habits.newest == -math.inf else habits.newest,
        "days": _rounded(habits.days),
        "hours": _rounded(habits.hours),
        "slots": _rounded(habits.slots),
        "want": round(pace.want, 3),
        "pace": {
            "made": round(pace.made),
            "days": _rounded(pace.days),
            "hours": _rounded(pace.hours),
            "slots": _rounded(pace.slots),
        },
    }


def habits_from_json(stored: Any) -> Habits | None:
    """None for what this version can't read: it is learned anew."""
    try:
        return Habits(
            since=float(stored["since"]),
            at=float(stored["at"]),
            newest=-math.inf if stored["newest"] is None else float(stored["newest"]),
            days=_numbers(stored["days"], 7),
            hours=_numbers(stored["hours"], 24),
            slots=_numbers(stored["slots"], SLOTS),
        )
    except (KeyError, TypeError, ValueError):
        return None


def pace_from_json(stored: Any) -> Pace | None:
    """As `habits_from_json`: all that most looks need."""
    try:
        kept = stored["pace"]
        return Pace(
            float(kept["made"]),
            float(stored["want"]),
            _numbers(kept["days"], 7),
            _numbers(kept["hours"], 24),
            _numbers(kept["slots"], SLOTS),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _numbers(stored: Any, count: int) -> tuple[float, ...]:
    if len(stored) != count:
        raise ValueError(count)
    return tuple(stored)


def _rounded(weights: Sequence[float]) -> list[float]:
    return [round(weight, 2) for weight in weights]
