"""What concepts.txt knows, and how names sound."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from bot.gather.concepts import fold, sense
from bot.gather.groups import AFTERMATH, AT_HOME, FAMILIES, KINDS, NATIONAL, ONE_OF, PLACES, SAME, SEAT, STAGES
from bot.gather.skeleton import alike, skeleton
from tests.languages import THIRTEEN

ROWS = [
    [cell.strip() for cell in line.split("|")]
    for line in files("bot.gather").joinpath("concepts.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_every_concept_has_words_in_every_language() -> None:
    assert {*ROWS[0][1:]} == {*THIRTEEN}
    for row in ROWS[1:]:
        assert len(row) == len(ROWS[0]), row[0]
    names = [row[0] for row in ROWS[1:]]
    assert len(set(names)) == len(names)


def test_concepts_that_are_treated_apart_exist() -> None:
    named = PLACES | KINDS | AFTERMATH | STAGES | NATIONAL | {*FAMILIES, *AT_HOME.values(), *SAME, *SEAT}
    assert {*row_names()} >= named.union(*ONE_OF)


def row_names() -> list[str]:
    return [row[0] for row in ROWS[1:]]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Bank of England cuts rates", "en", {"boe", "-down", "rate"}),
        ("EZB senkt Leitzins", "de", {"ecb", "-down", "rate"}),
        ("日銀、政策金利を据え置き", "ja", {"boj", "rate", "=hold"}),
        ("韩国央行下调基准利率", "zh", {"korea", "centralbank", "-down", "rate"}),
        ("비트코인 급락", "ko", {"bitcoin", "-down"}),
        ("Հրդեհ Երևանում", "hy", {"fire", "armenia"}),
        ("nothing of it", "xx", set()),
    ],
)
def test_a_text_speaks_of_its_concepts(text: str, language: str, expected: set[str]) -> None:
    folded = fold(text)
    assert sense(re.findall(r"\w+", folded), folded, language).concepts >= expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("velmora", "ヴェルモラ"), ("brantex", "브란텍스"), ("fonterix", "фонтерикс"), ("fonterix", "ֆոնտերիքս")],
)
def test_a_name_sounds_alike_in_every_script(one: str, other: str) -> None:
    assert alike(skeleton(one), skeleton(other))


@pytest.mark.parametrize(("one", "other"), [("velmora", "brantex"), ("london", "berlin"), ("abc", "ボ")])
def test_different_names_sound_different(one: str, other: str) -> None:
    assert not alike(skeleton(one), skeleton(other))
