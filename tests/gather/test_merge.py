"""What new entries are decided to tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.gather.merge import Judge, decide, decide_plainly
from bot.storage.telling import FoundEntry, Known, Newcomer, Telling

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def new(name: str, near: tuple[Known, ...] = (), again: tuple[Known, ...] = (), language: str = "en") -> Newcomer:
    found = FoundEntry(name, name, f"https://{name}.example/1", "Words", None, language, NOW, name, f"{name}/1", name)
    return Newcomer(found, NOW, again=again, near=near)


def known(story: int, name: str, language: str = "en", *, told_here: bool = False, own: bool = False) -> Known:
    telling = Telling(language, name, f"Words of {name}", NOW, (), f"https://{name}.example/2")
    return Known(story, own, told_here, telling, name, f"{name}/2", NOW, NOW, listed=False)


def judge(scores: dict[tuple[str, str], float]) -> Judge:
    def score(one: Telling, other: Telling) -> float:
        return scores.get((one.title, other.title), -1.0)

    return Judge(score, score, lambda one, other: (f"{one.title} = {other.title}",))


def test_the_surest_of_several_is_joined_and_the_older_of_equals() -> None:
    near = (known(5, "a"), known(3, "b"), known(4, "c"))
    assert decide([new("x", near)], NOW, judge({("x", "a"): 1, ("x", "b"): 2}))[0].joins == 3
    assert decide([new("x", near)], NOW, judge({("x", "a"): 1, ("x", "c"): 1}))[0].joins == 4


def test_of_two_new_entries_the_surer_one_joins_a_story_and_the_other_makes_one() -> None:
    near = (known(1, "a"),)
    verdicts = decide([new("x", near), new("y", near)], NOW, judge({("x", "a"): 1, ("y", "a"): 2}))
    assert [one.joins for one in verdicts] == [None, 1]


def test_what_a_source_tells_already_is_not_joined_for_likeness() -> None:
    near = (known(1, "a", told_here=True),)
    assert decide([new("x", near)], NOW, judge({("x", "a"): 9}))[0].joins is None


def test_an_entry_that_speaks_against_it_counts_a_little() -> None:
    near = (known(1, "a"), known(1, "b"))
    assert decide([new("x", near)], NOW, judge({("x", "a"): 1, ("x", "b"): -2}))[0].joins == 1
    assert decide([new("x", near)], NOW, judge({("x", "a"): 1, ("x", "b"): -8}))[0].joins is None
    assert decide([new("x", near)], NOW, judge({("x", "a"): float("inf"), ("x", "b"): float("-inf")}))[0].joins == 1


def test_links_come_with_the_surest_first_and_only_for_what_makes_a_story() -> None:
    near = (known(1, "eins", "de"), known(2, "zwei", "de"), known(3, "un", "fr"), known(4, "a"))
    scores = {("x", "eins"): 1.0, ("x", "zwei"): 2.0, ("x", "un"): 1.5}
    (verdict,) = decide([new("x", near)], NOW, judge(scores))
    assert [(one.story, one.language, one.evidence) for one in verdict.links] == [
        (2, "de", ("x = zwei",)),
        (3, "fr", ("x = un",)),
        (1, "de", ("x = eins",)),
    ]
    (verdict,) = decide([new("x", near)], NOW, judge(scores | {("x", "a"): 1.0}))
    assert (verdict.joins, verdict.links) == (4, ())


def test_an_article_told_twice_in_one_lot_is_one_story() -> None:
    twice = new("x")
    again = replace(twice, found=replace(twice.found, identity="other guid", url="https://x.example/moved"))
    assert [one.joins for one in decide([twice, new("y"), again], NOW, judge({}))] == [None, None, -1]


def test_decided_plainly_an_article_under_another_guid_is_known_and_nothing_else_is() -> None:
    own = replace(known(7, "x", own=True), telling=Telling("en", "x", "Words", NOW, (), None))
    verdicts = decide_plainly([new("x", (known(1, "a"),), (own,)), new("y", (known(1, "a"),))], NOW)
    assert [(one.joins, one.links) for one in verdicts] == [(7, ()), (None, ())]
