"""When a source is looked at next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.gather.habits import SLOTS, Pace
from bot.gather.rhythm import AFTER_QUIET, LAST_RETRY, Wishes, after_failure, after_success
from bot.gather.settings import GatherSettings

URL = "https://a.example/feed"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
SETTINGS = GatherSettings(interval=600)
EVEN = Pace(0.0, 1.0, (1.0,) * 7, (1.0,) * 24, (1.0,) * SLOTS)
MINUTE = timedelta(minutes=1)


def wait(**wishes: object) -> timedelta:
    """After a look without news at a source without habits."""
    return after_success(URL, EVEN, False, SETTINGS, lambda: 0.5, NOW, **wishes).wait


paces = st.floats(0, 1e6)


@given(
    st.builds(
        lambda days, hours, slots: Pace(0.0, 1.0, tuple(days), tuple(hours), tuple(slots)),
        st.lists(paces, min_size=7, max_size=7),
        st.lists(paces, min_size=24, max_size=24),
        st.lists(paces, min_size=SLOTS, max_size=SLOTS),
    ),
    st.booleans(),
    st.booleans(),
    st.integers(1, 86_400),
    st.floats(0, 1, exclude_max=True),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given a zone
    st.none() | st.floats(0, 1e9),
)
def test_what_is_learned_or_asked_stays_within_a_tenth_and_six_times(
    pace: Pace, news: bool, leased: bool, interval: int, chance: float, now: datetime, fresh: float | None
) -> None:
    settings = GatherSettings(interval=interval)
    rhythm = after_success(
        URL, pace, news, settings, lambda: chance, now, fresh_for=fresh, wishes=Wishes(ttl=fresh), leased=leased
    )
    least = max(interval / 10, 1)
    assert timedelta(seconds=least) <= rhythm.wait <= timedelta(seconds=interval * 6)
    assert rhythm.interval_seconds == round(rhythm.wait.total_seconds())


def test_sources_that_come_due_together_drift_apart() -> None:
    chances = iter((0.0, 0.5, 0.99))
    waits = [after_success(URL, EVEN, False, SETTINGS, lambda: next(chances), NOW).wait for _ in range(3)]
    assert timedelta(seconds=565) < waits[0] < waits[1] < waits[2] < timedelta(seconds=635)


def test_after_news_the_next_look_comes_sooner() -> None:
    assert after_success(URL, EVEN, True, SETTINGS, lambda: 0.5, NOW).wait < wait()


def test_a_fixed_interval_is_kept_exactly() -> None:
    settings = GatherSettings(interval=300, adaptive=False)
    rhythm = after_success(URL, EVEN, True, settings, lambda: 0.9, NOW, fresh_for=900, wishes=Wishes(ttl=900))
    assert (rhythm.interval_seconds, rhythm.wait) == (300, timedelta(seconds=300))


def test_the_sample_wire_is_looked_at_every_five_seconds() -> None:
    assert after_success("sample:hy", None, False, SETTINGS, lambda: 0.9, NOW).wait == timedelta(seconds=5)


def test_a_feed_that_asks_for_time_is_given_it() -> None:
    assert wait(wishes=Wishes(ttl=1800)) == 30 * MINUTE
    assert wait(wishes=Wishes(ttl=60)) == wait()
    assert wait(wishes=Wishes(ttl=86_400)) == 60 * MINUTE
    assert wait(fresh_for=1200) == 20 * MINUTE
    assert wait(fresh_for=31_536_000) == 60 * MINUTE


def test_hours_and_days_that_a_feed_skips_are_skipped() -> None:
    def at(random: float = 0.0, **wishes: tuple[int, ...]) -> datetime:
        look = after_success(URL, None, False, SETTINGS, lambda: random, NOW, wishes=Wishes(**wishes))
        return NOW + look.wait

    assert at(skip_hours=(12, 13)) == NOW.replace(hour=14)
    assert NOW + wait(wishes=Wishes(skip_hours=(13,))) == NOW + wait()
    assert at(skip_days=(0,)) == datetime(2026, 11, 24, tzinfo=UTC)
    assert at(skip_hours=(0, 1), skip_days=(0,)) == datetime(2026, 11, 24, 2, tzinfo=UTC)
    # All that are quiet at night would come at the same second.
    assert at(0.5, skip_hours=(12, 13)) == NOW.replace(hour=14) + AFTER_QUIET / 2


def test_nobody_is_kept_away_for_more_than_a_day_nor_by_what_makes_no_sense() -> None:
    assert wait(wishes=Wishes(skip_days=(0, 1, 2))) == timedelta(days=1)
    assert wait(wishes=Wishes(skip_hours=tuple(range(24)))) == wait()
    assert wait(wishes=Wishes(skip_days=tuple(range(7)))) == wait()


def test_while_a_hub_tells_we_look_less() -> None:
    assert wait() * 2 < wait(leased=True) <= 60 * MINUTE


# --- failures --------------------------------------------------------------------------------------------------------


def test_failures_put_the_next_look_off_twice_as_long_each_time_up_to_six_hours() -> None:
    waits = [after_failure(URL, failures, None, SETTINGS, lambda: 0.5) for failures in (1, 2, 3, 4, 20, 1000)]
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 360, 360)]
    assert after_failure(URL, 1000, None, SETTINGS, lambda: 0.99) == LAST_RETRY


def test_a_server_that_asks_us_to_wait_longer_is_given_it() -> None:
    assert after_failure(URL, 1, 7200, SETTINGS, lambda: 0.5) == timedelta(hours=2)
    assert after_failure(URL, 4, 30, SETTINGS, lambda: 0.5) == timedelta(minutes=8)
