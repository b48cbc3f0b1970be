"""When a source is looked at next."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.gather.rhythm import LAST_RETRY, after_failure, after_success
from bot.gather.settings import GatherSettings

URL = "https://a.example/feed"


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 86_400), st.floats(0, 1, exclude_max=True))
def test_what_is_learned_stays_within_a_tenth_and_six_times(looks: list[bool], interval: int, chance: float) -> None:
    settings = GatherSettings(interval=interval)
    learned = interval
    for news in looks:
        rhythm = after_success(URL, learned, news, settings, lambda: chance)
        learned = rhythm.interval_seconds
        least = max(interval / 10, 1)
        assert least - 0.5 <= learned <= interval * 6
        assert timedelta(seconds=least) <= rhythm.wait <= timedelta(seconds=interval * 6)


def test_news_bring_the_next_look_nearer_and_silence_puts_it_off() -> None:
    settings = GatherSettings(interval=600)
    assert after_success(URL, 600, True, settings, lambda: 0.5).interval_seconds < 600
    assert after_success(URL, 600, False, settings, lambda: 0.5).interval_seconds > 600


def test_a_fixed_interval_is_kept_exactly() -> None:
    settings = GatherSettings(interval=300, adaptive=False)
    rhythm = after_success(URL, 77, True, settings, lambda: 0.9)
    assert (rhythm.interval_seconds, rhythm.wait) == (300, timedelta(seconds=300))


def test_the_sample_wire_is_looked_at_every_five_seconds() -> None:
    settings = GatherSettings(interval=600)
    assert after_success("sample:hy", 600, False, settings, lambda: 0.9).wait == timedelta(seconds=5)


def test_failures_put_the_next_look_off_twice_as_long_each_time_up_to_six_hours() -> None:
    settings = GatherSettings(interval=600)
    waits = [after_failure(URL, failures, None, settings, lambda: 0.5) for failures in (1, 2, 3, 4, 20, 1000)]
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 360, 360)]
    assert after_failure(URL, 1000, None, settings, lambda: 0.99) == LAST_RETRY


def test_a_server_that_asks_us_to_wait_longer_is_given_it() -> None:
    settings = GatherSettings(interval=600)
    assert after_failure(URL, 1, 7200, settings, lambda: 0.5) == timedelta(hours=2)
    assert after_failure(URL, 4, 30, settings, lambda: 0.5) == timedelta(minutes=8)
