"""What is learned of when a source publishes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.habits import (
    BUSIEST,
    QUIETEST,
    SLOTS,
    TOGETHER,
    USUAL_LEVEL,
    Habits,
    Pace,
    habits_from_json,
    learned,
    level_for,
    looks_until,
    pace,
    pace_from_json,
    renewed,
    share_of,
    to_json,
)

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
INTERVAL = 600.0


def every_day_at(hour: int, days: int = 28) -> list[datetime]:
    return [MONDAY - day * DAY + hour * HOUR for day in range(1, days)]


def looks_between(pace: Pace, begin: datetime, end: datetime) -> int:
    at, looks = begin, 0
    while at < end:
        at += timedelta(seconds=looks_until(pace, at, 1.0, INTERVAL))
        looks += 1
    return looks


def habits_of(dates: list[datetime]) -> Habits:
    return learned(None, dates, None, MONDAY)


def test_looks_gather_where_news_are_expected() -> None:
    daily = pace(habits_of(every_day_at(9)), USUAL_LEVEL, MONDAY)
    morning = looks_between(daily, MONDAY + 8 * HOUR, MONDAY + 10 * HOUR)
    night = looks_between(daily, MONDAY, MONDAY + 2 * HOUR)
    assert morning > 4 * night
    weekly = pace(habits_of([MONDAY - 7 * week * DAY + 9 * HOUR for week in range(1, 12)]), USUAL_LEVEL, MONDAY)
    monday = looks_between(weekly, MONDAY + 9 * HOUR, MONDAY + 10 * HOUR)
    assert monday > looks_between(weekly, MONDAY + DAY + 9 * HOUR, MONDAY + DAY + 10 * HOUR)


def test_a_machine_that_publishes_by_the_clock_is_looked_at_by_the_clock() -> None:
    hourly = pace(habits_of([MONDAY - n * HOUR + timedelta(minutes=17) for n in range(1, 30)]), USUAL_LEVEL, MONDAY)
    assert hourly.slots.index(max(hourly.slots)) == 17 * SLOTS // 60
    assert max(hourly.slots) > 2 * min(hourly.slots)


def test_days_that_were_not_seen_yet_are_not_silent() -> None:
    sunday = pace(habits_of([MONDAY - n * HOUR / 2 for n in range(1, 30)]), USUAL_LEVEL, MONDAY)
    assert max(sunday.days) < 1.5 * min(sunday.days)


@pytest.mark.parametrize("share", [0.5, 1.0, 2.0])
def test_a_source_takes_its_share_of_looks_however_its_hours_differ(share: float) -> None:
    dates = [at + n * timedelta(minutes=20) for at in every_day_at(9) for n in range(12)]
    habits = habits_of(dates)
    wanted = pace(habits, USUAL_LEVEL, MONDAY).want
    kept = pace(habits, wanted / share, MONDAY)
    looks = looks_between(kept, MONDAY, MONDAY + 7 * DAY)
    assert looks == pytest.approx(share * 7 * 86_400 / INTERVAL, rel=0.1)


@given(st.lists(st.floats(0, 200), min_size=1, max_size=60))
def test_together_all_sources_take_no_more_than_a_fixed_interval_would(wants: list[float]) -> None:
    level = level_for(wants)
    shares = [share_of(want, level) for want in wants]
    assert sum(shares) <= len(shares) * TOGETHER * 1.01
    assert all(QUIETEST <= share <= BUSIEST for share in shares)


def test_what_has_appeared_since_the_last_look_was_not_there_before_whatever_its_date() -> None:
    before = habits_of(every_day_at(9))
    now = MONDAY + 15 * HOUR
    late = learned(before, [MONDAY + 10 * HOUR], now - timedelta(minutes=10), now)
    assert late.hours[14] > before.hours[14]
    assert late.hours[10] < before.hours[10] + 0.01
    only_a_day = learned(before, [MONDAY], now - timedelta(minutes=10), now)
    assert only_a_day.hours[0] <= before.hours[0]


def test_a_look_that_a_wrong_clock_left_in_the_future_does_no_harm() -> None:
    known = learned(None, [MONDAY], None, MONDAY + HOUR)
    later = learned(known, [MONDAY + 2 * HOUR], MONDAY + timedelta(days=40_000), MONDAY + 3 * HOUR)
    assert later.newest == (MONDAY + 2 * HOUR).timestamp()


def test_dates_that_are_known_or_in_the_future_teach_nothing_new() -> None:
    before = habits_of(every_day_at(9))
    again = learned(before, every_day_at(9), MONDAY - HOUR, MONDAY)
    assert (again.days, again.hours, again.newest) == (before.days, before.hours, before.newest)
    future = learned(before, [MONDAY + 900 * DAY], MONDAY - HOUR, MONDAY)
    assert future.newest == MONDAY.timestamp()


def test_new_habits_replace_old_ones_in_some_weeks() -> None:
    habits, now = habits_of(every_day_at(9, 60)), MONDAY
    for _ in range(60):
        now += DAY
        habits = learned(habits, [now - 3 * HOUR], now - 4 * HOUR, now)
    assert habits.hours[21] > 3 * habits.hours[9]


def test_a_feed_without_dates_is_learned_from_looks() -> None:
    stored, at = None, MONDAY
    for n in range(100):
        before, at = at, at + timedelta(minutes=10)
        _, found, news = renewed(stored, [at] if n % 6 == 5 else [], before if n else None, at, USUAL_LEVEL)
        stored = found or stored
        assert news == (n % 6 == 5)
    habits = habits_from_json(stored)
    assert habits is not None
    assert 13 < sum(habits.days) < 17


def test_what_is_stored_is_read_back_and_small() -> None:
    habits = habits_of([at + n * timedelta(minutes=7) for at in every_day_at(9) for n in range(100)])
    kept = pace(habits, USUAL_LEVEL, MONDAY)
    text = json.dumps(to_json(habits, kept))
    assert len(text) < 1000
    again = pace_from_json(json.loads(text))
    assert again is not None
    assert again.hours == pytest.approx(kept.hours, abs=0.01)
    assert habits_from_json(json.loads(text)) is not None


@pytest.mark.parametrize("stored", [None, {}, [], {"pace": {}}, {"since": "x"}, {"pace": {"made": 0, "days": [1]}}])
def test_what_another_version_stored_is_learned_anew(stored: object) -> None:
    assert habits_from_json(stored) is None
    assert pace_from_json(stored) is None
    kept, found, news = renewed(stored, [], None, MONDAY, USUAL_LEVEL)
    assert (found is not None, news) == (True, False)
    assert looks_until(kept, MONDAY, 1.0, INTERVAL) > 0


def test_a_pace_is_kept_for_some_hours_and_made_anew_then() -> None:
    _, stored, _ = renewed(None, every_day_at(9), None, MONDAY, USUAL_LEVEL)
    assert renewed(stored, [], MONDAY, MONDAY + HOUR, USUAL_LEVEL)[1] is None
    assert renewed(stored, [], MONDAY, MONDAY + 23 * HOUR, USUAL_LEVEL)[1] is None
    assert renewed(stored, [], MONDAY, MONDAY + 25 * HOUR, USUAL_LEVEL)[1] is not None
    _, stored, _ = renewed(stored, [MONDAY + HOUR], MONDAY, MONDAY + HOUR, USUAL_LEVEL)
    assert renewed(stored, [], MONDAY, MONDAY + 5 * HOUR, USUAL_LEVEL)[1] is None
    assert renewed(stored, [], MONDAY, MONDAY + 7 * HOUR, USUAL_LEVEL)[1] is not None
