"""The corpus through the parser, as the gather room calls it: titles, links, dates and languages equal the expected."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest

from tests.corpus import Case, all_cases
from tests.corpus.cases import DAMAGES
from tests.corpus.judging import by_us, differences

SHOWN = 12
"""So many failing cases are told in full; the others by name."""


@cache
def _cases() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = defaultdict(list)
    for case in all_cases():
        for name in case.damages or ("whole",):
            found[name].append(case)
    return found


@cache
def _wrong(case: Case) -> tuple[str, ...]:
    return tuple(differences(case, by_us(case)))


def _told(cases: list[Case]) -> str:
    wrong = [(case.id, _wrong(case)) for case in cases if _wrong(case)]
    shown = ["\n    ".join((name, *found[:4])) for name, found in wrong[:SHOWN]]
    return "\n".join(
        [f"{len(wrong)} of {len(cases)} cases are read wrong", *shown, *(name for name, _ in wrong[SHOWN:])]
    )


@pytest.mark.parametrize("damage", ["whole", *(damage.name for damage in DAMAGES)])
def test_a_feed_damaged_so_says_what_it_meant(damage: str) -> None:
    cases = _cases()[damage]
    assert cases
    if any(_wrong(case) for case in cases):
        pytest.fail(_told(cases), pytrace=False)


def test_there_are_thousands_of_cases_and_none_twice() -> None:
    cases = all_cases()
    assert len(cases) >= 2000
    assert len({case.id for case in cases}) == len(cases)
    assert {case.id.split("/")[1] for case in cases} >= {
        "en",
        "de",
        "ko",
        "ja",
        "zh",
        "es",
        "fr",
        "hy",
        "nl",
        "ru",
        "it",
        "pt",
        "tr",
    }
