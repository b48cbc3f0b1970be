"""Whether a source gives way to others: dead, stale, or only out of our reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.client import UNREACHABLE
from bot.gather.giving_way import (
    DOUBT,
    LOST_AFTER,
    SILENT_AT_LEAST,
    SILENT_AT_MOST,
    SILENT_UNKNOWN,
    Reason,
    patience,
    reason,
    standing,
)
from bot.gather.habits import learned, pace, to_json
from bot.gather.packs import Standing
from bot.model import Phrase
from bot.storage.following import KnownSource

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
REFUSED = Phrase("The server answered {status}.", {"status": 503})

WELL = KnownSource(
    id=1,
    failures=0,
    ended=False,
    problem=None,
    failing_since=None,
    polled_at=NOW,
    ok_at=NOW,
    fresh_at=NOW - HOUR,
    rhythm=None,
    gave_way_at=None,
)
FAILING = replace(WELL, failures=2, problem=REFUSED, failing_since=NOW - 2 * MINUTE, ok_at=NOW - HOUR)
UNREACHED = replace(FAILING, problem=UNREACHABLE)
NEVER_READ = replace(WELL, polled_at=None, ok_at=None, fresh_at=None)


def sure(_source: int) -> bool:
    return False


def in_doubt(_source: int) -> bool:
    return True


def rhythm_of(dates: Sequence[datetime], now: datetime = NOW) -> dict[str, object]:
    habits = learned(None, dates, None, now)
    return to_json(habits, pace(habits, 9.0, now))


def every(gap: timedelta, count: int, newest: datetime = NOW) -> list[datetime]:
    return [newest - number * gap for number in range(count)]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (WELL, None),
        (NEVER_READ, None),
        (replace(FAILING, failures=1), None),  # a blip
        (FAILING, Reason.FAILING),
        (replace(FAILING, failures=1, ok_at=None), Reason.FAILING),  # at the very first look
        (replace(WELL, ended=True), Reason.ENDED),
        (replace(WELL, fresh_at=NOW - 31 * DAY), Reason.STALE),
        (replace(WELL, fresh_at=NOW - 29 * DAY), None),
        (replace(WELL, fresh_at=None), None),  # its dates tell nothing
        # While it can't be read, nothing tells that it is well again.
        (replace(FAILING, failures=1, gave_way_at=NOW - DAY), Reason.FAILING),
        (replace(WELL, gave_way_at=NOW - DAY), None),
    ],
)
def test_a_source_gives_way_when_it_is_dead_or_stale(source: KnownSource, why: Reason | None) -> None:
    assert reason(source, sure) is why


def test_a_source_that_was_not_looked_at_for_long_is_not_stale_before_it_is() -> None:
    """After a long absence of ours, or of its readers, its newest entry is old because nobody has looked."""
    slept = replace(WELL, ok_at=NOW - 60 * DAY, polled_at=NOW - 60 * DAY, fresh_at=NOW - 61 * DAY)
    assert reason(slept, sure) is None


def test_where_nothing_can_be_reached_no_source_is_blamed_for_half_a_day() -> None:
    assert reason(UNREACHED, sure) is Reason.FAILING
    assert reason(UNREACHED, in_doubt) is None
    assert reason(FAILING, in_doubt) is Reason.FAILING  # a server that answers is reached
    long = replace(UNREACHED, failures=9, failing_since=NOW - DOUBT + MINUTE)
    assert reason(long, in_doubt) is None
    # Only looks count: a machine that slept has learned nothing.
    assert reason(replace(long, failing_since=NOW - 9 * DAY, polled_at=NOW - 9 * DAY + HOUR), in_doubt) is None
    assert reason(replace(long, failing_since=NOW - DOUBT), in_doubt) is Reason.FAILING
    # After a restart what was known goes on.
    assert reason(replace(UNREACHED, gave_way_at=NOW - DAY), in_doubt) is Reason.FAILING


@pytest.mark.parametrize(
    ("dates", "patient"),
    [
        ([], SILENT_UNKNOWN),
        ([NOW - 3 * DAY], SILENT_UNKNOWN),
        ([NOW - 3 * DAY, NOW - 2 * DAY], SILENT_UNKNOWN),
        (every(20 * DAY, 6), SILENT_AT_MOST),
        (every(MINUTE, 40), SILENT_AT_LEAST),
        (every(HOUR, 50), SILENT_AT_LEAST),
        (every(DAY, 30), SILENT_AT_LEAST),
        (every(7 * DAY, 8), 35 * DAY),
        (every(10 * DAY, 8), 50 * DAY),
        (every(40 * DAY, 4), SILENT_AT_MOST),
    ],
)
def test_how_long_a_source_may_keep_silent_goes_by_its_own_rhythm(dates: list[datetime], patient: timedelta) -> None:
    found = patience(replace(WELL, rhythm=rhythm_of(dates) if dates else None))
    assert abs(found - patient) <= patient / 4


def test_a_silence_does_not_come_to_be_usual() -> None:
    """However long a daily source is silent, and however often it is looked at meanwhile."""
    dates = every(DAY, 30, NOW - 40 * DAY)
    later = learned(learned(None, dates, None, NOW - 40 * DAY), dates[:1], NOW - 20 * DAY, NOW)
    assert patience(replace(WELL, rhythm=to_json(later, pace(later, 9.0, NOW)))) < 8 * DAY
    assert reason(replace(WELL, fresh_at=dates[0], rhythm=rhythm_of(dates)), sure) is Reason.STALE


def test_another_language_waits_for_a_source_that_may_soon_be_back() -> None:
    def stands(source: KnownSource, after: timedelta = timedelta()) -> Standing:
        return standing(replace(source, gave_way_at=NOW), reason(source, sure), NOW + after)

    assert stands(WELL) is Standing.WELL
    assert stands(FAILING) is Standing.AWAY
    assert stands(FAILING, LOST_AFTER) is Standing.LOST
    assert stands(replace(FAILING, ok_at=None)) is Standing.LOST  # it has never been well
    assert stands(replace(WELL, fresh_at=NOW - 40 * DAY)) is Standing.LOST
    assert stands(replace(WELL, ended=True)) is Standing.ENDED


PAST = st.timedeltas(-2025 * 365 * DAY, timedelta()).map(lambda ago: NOW + ago)  # to the year 1, which some feeds have
MOMENTS = st.none() | st.timedeltas(-40_000 * DAY, 4000 * DAY).map(lambda ago: NOW + ago)
JSON = st.recursive(st.none() | st.floats(), lambda some: st.lists(some, max_size=13), max_leaves=20)
RHYTHMS = st.none() | JSON | st.lists(PAST, max_size=70).map(rhythm_of)


@given(
    st.builds(
        KnownSource,
        id=st.just(1),
        failures=st.integers(0, 3),
        ended=st.booleans(),
        problem=st.sampled_from([None, UNREACHABLE, REFUSED]),
        failing_since=MOMENTS,
        polled_at=MOMENTS,
        ok_at=MOMENTS,
        fresh_at=MOMENTS,
        rhythm=RHYTHMS,
        gave_way_at=MOMENTS,
    ),
    st.booleans(),
)
def test_whatever_is_known_of_a_source_it_stands_somewhere(source: KnownSource, doubt: bool) -> None:
    why = reason(source, lambda _: doubt)
    assert SILENT_AT_LEAST <= patience(source) <= SILENT_AT_MOST
    how = standing(source, why, NOW)
    assert (how is Standing.WELL) == (why is None)
    if source.fresh_at is None:
        assert why is not Reason.STALE
