"""What the operator's log says of sources that can't be read: one line when it changes, not one a source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from structlog.testing import capture_logs

from bot.gather.outages import LONGEST_SILENCE, SHORTEST_SILENCE, Look, Outages
from bot.storage.polls import SourceForPoll

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTES = count()
WELL, FAILED, UNREACHED = Look.WELL, Look.FAILED, Look.UNREACHED


def source(key: int, url: str = "") -> SourceForPoll:
    return SourceForPoll(key, url or f"https://{key}.example/", False, None, None, None, None, None, 600, 0, None)


def told(outages: Outages, looks: dict[int, Look], *, at_rest: bool = True) -> list[tuple[str, str]]:
    """The lines after these looks."""
    now = NOW + next(MINUTES) * 2 * SHORTEST_SILENCE
    with capture_logs() as lines:
        for key, look in looks.items():
            outages.saw(source(key), look, now)
        outages.tell(now, at_rest=at_rest)
    return [(line["log_level"], line["event"]) for line in lines]


NO_NETWORK = ("warning", "no network: no source could be reached; everything else goes on")
SOME = ("warning", "sources could not be read; `newstally check` tells why")
BACK = ("info", "the network is back")
WELL_AGAIN = ("info", "no source has a problem any more")


def test_without_a_network_one_line_is_told_until_it_is_back() -> None:
    outages = Outages()
    assert told(outages, dict.fromkeys(range(12), UNREACHED)) == [NO_NETWORK]
    assert told(outages, dict.fromkeys(range(12), UNREACHED)) == []
    assert told(outages, dict.fromkeys(range(12, 20), UNREACHED)) == []
    assert told(outages, {3: WELL}) == [BACK]
    assert told(outages, dict.fromkeys(range(10), WELL)) == []
    assert told(outages, dict.fromkeys(range(20), WELL)) == [WELL_AGAIN]
    assert told(outages, dict.fromkeys(range(20), UNREACHED)) == [NO_NETWORK]


def test_the_line_counts_the_sources_and_says_that_the_samples_go_on() -> None:
    outages = Outages()
    outages.saw(source(99, "sample:en"), WELL, NOW)
    outages.saw(source(1), UNREACHED, NOW)
    outages.saw(source(2), UNREACHED, NOW)
    with capture_logs() as lines:
        outages.tell(NOW, at_rest=True)
    [line] = lines
    assert line["event"] == "no network: no source could be reached; the sample stories go on"
    assert line["sources"] == 2


def test_sources_that_fail_are_told_together_and_again_only_when_others_do() -> None:
    outages = Outages()
    assert told(outages, {1: WELL, 2: FAILED, 3: UNREACHED}) == [SOME]
    assert told(outages, {2: FAILED, 3: UNREACHED}) == []
    assert told(outages, {1: FAILED}) == [SOME]
    assert told(outages, {1: WELL, 3: WELL}) == []
    assert told(outages, {2: WELL}) == [WELL_AGAIN]
    assert told(outages, {1: WELL}) == []


def test_what_fails_one_by_one_is_told_together() -> None:
    outages = Outages()
    with capture_logs() as lines:
        for second in range(59):
            outages.saw(source(second), FAILED, NOW)
            outages.tell(NOW + timedelta(seconds=second), at_rest=True)
        assert len(lines) == 1
        outages.tell(NOW + SHORTEST_SILENCE, at_rest=True)
    assert [line["new"] for line in lines] == [1, 58]


def test_a_source_that_needs_no_network_does_not_bring_it_back() -> None:
    outages = Outages()
    assert told(outages, {1: UNREACHED, 2: UNREACHED}) == [NO_NETWORK]
    assert told(outages, {3: WELL}) == []
    assert told(outages, {1: FAILED}) == [BACK]


def test_one_source_alone_says_nothing_of_the_network() -> None:
    assert told(Outages(), {1: UNREACHED}) == [SOME]


def test_nothing_is_told_in_the_midst_of_looks_unless_they_never_pause() -> None:
    outages = Outages()
    outages.saw(source(1), UNREACHED, NOW)
    outages.saw(source(2), UNREACHED, NOW)
    with capture_logs() as lines:
        outages.tell(NOW, at_rest=False)
        outages.tell(NOW + LONGEST_SILENCE - timedelta(seconds=1), at_rest=False)
        assert lines == []
        outages.tell(NOW + LONGEST_SILENCE, at_rest=False)
    assert len(lines) == 1


def test_what_is_read_no_more_is_forgotten() -> None:
    outages = Outages()
    assert told(outages, {1: FAILED, 2: FAILED, 3: WELL}) == [SOME]
    outages.keep({3}, {"https://2.example/"})
    assert told(outages, {2: WELL}) == [WELL_AGAIN]


def test_what_cannot_be_reached_is_in_doubt_while_nothing_else_is_reached() -> None:
    outages = Outages()
    assert outages.in_doubt(1)  # nobody has looked yet
    told(outages, {1: WELL, 2: UNREACHED})
    assert (outages.in_doubt(1), outages.in_doubt(2)) == (False, False)
    told(outages, {1: UNREACHED, 3: UNREACHED})  # the one looked at before could not be reached either
    assert (outages.in_doubt(1), outages.in_doubt(3)) == (True, True)
    told(outages, {1: UNREACHED})
    assert outages.in_doubt(1)
    told(outages, {4: FAILED, 1: UNREACHED})  # a server that answers, whatever it says, is reached
    assert not outages.in_doubt(1)
    told(outages, {3: UNREACHED, 1: UNREACHED, 2: WELL})
    assert (outages.in_doubt(1), outages.in_doubt(2)) == (True, False)


def test_the_one_source_that_there_is_vouches_for_nothing() -> None:
    outages = Outages()
    told(outages, {1: WELL})
    told(outages, {1: UNREACHED})
    assert outages.in_doubt(1)
    outages.keep(set(), set())
    told(outages, {2: UNREACHED})
    assert outages.in_doubt(2)
    told(outages, {2: FAILED})
    assert not outages.in_doubt(2)
