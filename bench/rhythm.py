"""How long news wait until they are found, over a week of real rhythms, beside a fixed interval of ten minutes.

The rhythms were written down before the learning was: what newsrooms, aggregators and people do, each from a seed.
"""

from __future__ import annotations

import heapq
import random
import statistics
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.figure import Figure
from bot.gather.habits import USUAL_LEVEL, Habits, Pace, learned, level_for, pace
from bot.gather.rhythm import LEVEL_SECONDS, after_success
from bot.gather.settings import GatherSettings

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HISTORY_DAYS = 120
"""Published before we begin: what the first look finds in the feed is the end of it."""
LISTED = 30
WEEK = 7 * 86_400.0
INTERVAL = 600
OF_EACH = 6
SEED = 20261122
ADDRESS = "https://a.example/feed"

Dates = list[float]
"""Seconds since the Monday on which gathering begins; earlier ones are negative."""


# --- rhythms ---------------------------------------------------------------------------------------------------------


def newsroom(chance: random.Random, weeks: int) -> Dates:
    """Works from seven to ten in the evening, less at weekends; now and then something breaks."""
    zone = chance.choice((-5, 0, 1, 9)) * 3600
    dates: Dates = []
    for day in _days(weeks):
        busy = 1.0 if _weekday(day) < 5 else 0.35
        for hour in range(24):
            rate = (0.15 if not 7 <= hour < 22 else 2.5 if 8 <= hour < 18 else 1.2) * busy
            dates += [day + hour * 3600 - zone + chance.uniform(0, 3600) for _ in range(_poisson(chance, rate))]
        for _ in range(_poisson(chance, 1.2 * busy)):
            at = day + chance.uniform(8, 21) * 3600 - zone
            dates += [at := at + chance.expovariate(1 / 420) for _ in range(chance.randint(3, 8))]
    return dates


def aggregator(chance: random.Random, weeks: int) -> Dates:
    """A machine that runs each hour, at its minute, and finds a few things."""
    minute = chance.uniform(0, 59) * 60
    dates: Dates = []
    for day in _days(weeks):
        for hour in range(24):
            at = day + hour * 3600 + minute + chance.uniform(0, 150)
            dates += [at + n for n in range(chance.choice((0, 1, 1, 2, 3, 5)))]
    return dates


def blog(chance: random.Random, weeks: int) -> Dates:
    """One post a working day, at about the same hour."""
    hour = chance.uniform(5, 20)
    return [
        day + (hour + chance.gauss(0, 0.6)) * 3600
        for day in _days(weeks)
        if _weekday(day) < 5 and chance.random() < 0.85
    ]


def local_paper(chance: random.Random, weeks: int) -> Dates:
    """A dozen a day, none at night."""
    zone = chance.choice((-8, 1, 3, 8)) * 3600
    return [
        day + hour * 3600 - zone + chance.uniform(0, 3600)
        for day in _days(weeks)
        for hour in range(7, 20)
        for _ in range(_poisson(chance, 0.9 if _weekday(day) < 6 else 0.4))
    ]


def weekly(chance: random.Random, weeks: int) -> Dates:
    """A letter each week, on its day, within some hours."""
    weekday, hour = chance.randrange(5), chance.uniform(6, 18)
    return [
        day + (hour + chance.gauss(0, 1.5)) * 3600
        for day in _days(weeks)
        if _weekday(day) == weekday and chance.random() < 0.95
    ]


def wire(chance: random.Random, weeks: int) -> Dates:
    """Something at any hour, more by day."""
    return [
        day + hour * 3600 + chance.uniform(0, 3600)
        for day in _days(weeks)
        for hour in range(24)
        for _ in range(_poisson(chance, 4.5 if 6 <= hour < 21 else 1.5))
    ]


def hobby(chance: random.Random, weeks: int) -> Dates:
    """Whenever there is something to say, which is twice a week."""
    return [day + chance.uniform(7, 24) * 3600 for day in _days(weeks) if chance.random() < 0.28]


RHYTHMS: tuple[Callable[[random.Random, int], Dates], ...] = (
    newsroom, aggregator, blog, local_paper, weekly, wire, hobby,
)  # fmt: skip


def _days(weeks: int) -> list[float]:
    return [day * 86_400.0 for day in range(-HISTORY_DAYS // 7 * 7, weeks * 7)]


def _weekday(day: float) -> int:
    return int(day // 86_400) % 7


def _poisson(chance: random.Random, rate: float) -> int:
    count, at = 0, chance.expovariate(1)
    while at < rate:
        count, at = count + 1, at + chance.expovariate(1)
    return count


# --- the week --------------------------------------------------------------------------------------------------------


@dataclass
class _Source:
    """One that is followed, as the simulated world has it."""

    kind: str
    dates: Dates
    looked_at: float | None = None
    habits: Habits | None = None
    pace: Pace | None = None
    waits: list[float] = field(default_factory=list)
    looks: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a way of asking achieves."""

    waits: dict[str, list[float]]
    """Seconds from publication to discovery, of each entry, by kind of source."""
    looks: dict[str, int]

    @property
    def all_waits(self) -> list[float]:
        return [wait for waits in self.waits.values() for wait in waits]

    @property
    def all_looks(self) -> int:
        return sum(self.looks.values())


def simulate(*, adaptive: bool, first_week: int, seed: int = SEED) -> Outcome:
    """Ask all sources from the start on, and measure the week that begins after ``first_week`` weeks."""
    chance = random.Random(seed)
    weeks = first_week + 1
    sources = [
        _Source(rhythm.__name__, sorted(date for date in rhythm(chance, weeks)))
        for rhythm in RHYTHMS
        for _ in range(OF_EACH)
    ]
    settings = GatherSettings(interval=INTERVAL, adaptive=adaptive)
    level = USUAL_LEVEL
    begin, end = first_week * WEEK, weeks * WEEK
    leveled = -1e9
    due = [(chance.uniform(0, INTERVAL), n) for n in range(len(sources))]
    heapq.heapify(due)
    while due[0][0] < end:
        now, n = heapq.heappop(due)
        if now - leveled >= LEVEL_SECONDS:
            level, leveled = level_for([source.pace.want for source in sources if source.pace is not None]), now
        source = sources[n]
        found = _new(source, now)
        if begin <= now:
            source.looks += 1
            source.waits += [now - date for date in found if begin <= date]
        heapq.heappush(due, (now + _next(source, found, now, level, settings, chance.random), n))
    kinds = [rhythm.__name__ for rhythm in RHYTHMS]
    return Outcome(
        {kind: [wait for source in sources if source.kind == kind for wait in source.waits] for kind in kinds},
        {kind: sum(source.looks for source in sources if source.kind == kind) for kind in kinds},
    )


def _new(source: _Source, now: float) -> Dates:
    listed = bisect_right(source.dates, now)
    if source.looked_at is None:
        return source.dates[max(0, listed - LISTED) : listed]
    return source.dates[bisect_right(source.dates, source.looked_at) : listed]


def _next(
    source: _Source, found: Dates, now: float, level: float, settings: GatherSettings, chance: Callable[[], float]
) -> float:
    before = None if source.looked_at is None else _moment(source.looked_at)
    source.looked_at = now
    if not settings.adaptive:
        return float(INTERVAL)
    at = _moment(now)
    if found or source.habits is None:
        source.habits = learned(source.habits, [_moment(date) for date in found], before, at)
    if source.pace is None or source.pace.is_old(at, source.habits.at):
        source.pace = pace(source.habits, level, at)
    return after_success(ADDRESS, source.pace, bool(found), settings, chance, at).wait.total_seconds()


def _moment(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


async def measure() -> list[Figure]:
    """The first week, in which all that is known is what the feeds listed at the start; and the fourth."""
    return [figure for first_week in (0, 3) for figure in _figures(first_week)]


def _figures(first_week: int) -> list[Figure]:
    ours = simulate(adaptive=True, first_week=first_week)
    theirs = simulate(adaptive=False, first_week=first_week)
    when = f"week {first_week + 1} of {len(RHYTHMS) * OF_EACH} sources"
    asked = ours.all_looks / theirs.all_looks
    return [
        _beside(f"publication to discovery, mean, {when}", statistics.mean, ours, theirs, 0.7),
        _beside(f"publication to discovery, median, {when}", statistics.median, ours, theirs, 0.5),
        Figure(
            f"looks taken for it, {when}",
            ours.all_looks,
            "looks",
            theirs.all_looks,
            round(asked, 3),
            "<= 1 x a fixed 10 minutes",
            asked <= 1,
        ),
    ]


def _beside(name: str, average: Callable[[list[float]], float], ours: Outcome, theirs: Outcome, most: float) -> Figure:
    value, baseline = average(ours.all_waits), average(theirs.all_waits)
    ratio = value / baseline
    return Figure(
        name, round(value), "s", round(baseline), round(ratio, 3), f"<= {most:g} x a fixed 10 minutes", ratio <= most
    )


def by_kind(first_week: int, seed: int) -> Iterator[str]:
    """Lines that tell what each kind of source gains and pays."""
    ours = simulate(adaptive=True, first_week=first_week, seed=seed)
    theirs = simulate(adaptive=False, first_week=first_week, seed=seed)
    for kind, waits in [*ours.waits.items(), ("all", ours.all_waits)]:
        fixed = theirs.waits.get(kind, theirs.all_waits)
        looks = ours.looks.get(kind, ours.all_looks) / theirs.looks.get(kind, theirs.all_looks)
        mean = statistics.mean(waits) / statistics.mean(fixed)
        median = statistics.median(waits) / statistics.median(fixed)
        yield f"{kind:<12} {len(waits):>5} entries  mean {mean:.2f}  median {median:.2f}  looks {looks:.2f}"


if __name__ == "__main__":
    for seed in range(SEED, SEED + 3):
        for week in (0, 3):
            print(f"seed {seed}, week {week + 1}")
            print(*by_kind(week, seed), sep="\n")
