"""Figures in a text, as each language writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.figures import Figure, agree, figures


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("up 3.84 billion euros", "en", [("EUR", 3.84e9)]),
        ("klettert auf 3,84 Milliarden Euro", "de", [("EUR", 3.84e9)]),
        ("受注38.4億ユーロ", "ja", [("EUR", 3.84e9)]),
        ("売上高26億1000万ユーロ", "ja", [("EUR", 2.61e9)]),
        ("1조9000억원 규모", "ko", [("KRW", 1.9e12)]),
        ("на $571 млн", "ru", [("USD", 571e6)]),
        ("por 900 millones de dólares", "es", [("USD", 900e6)]),
        ("1,9 mil milhões de euros", "pt", [("EUR", 1.9e9)]),
        ("1 350 emplois", "fr", [("", 1350)]),
        ("1.350 salariés", "fr", [("", 1350)]),
        ("$1,299", "en", [("USD", 1299)]),
        ("0,125 %", "de", [("%", 0.125)]),
        ("2,94 Billionen Dollar", "de", [("USD", 2.94e12)]),
        ("2.94 billion dollars", "en", [("USD", 2.94e9)]),
        ("yüzde 14 arttı", "tr", [("%", 14)]),
        ("14 տոկոս", "hy", [("%", 14)]),
        ("25 basis points", "en", [("%", 0.25)]),
        ("下调25个基点", "zh", [("%", 0.25)]),
        ("un cuarto de punto", "es", [("%", 0.25)]),
        ("sixty jets", "en", [("", 60)]),
        ("dreihundert Lastwagen", "de", [("", 300)]),
        ("失守六万", "zh", [("", 60_000)]),
        ("手数料4割減", "ja", [("%", 40)]),
        ("배 열두 척", "ko", [("", 12)]),
        ("一時5万9600ドル", "ja", [("USD", 59_600)]),
        ("1万2000人", "ja", [("", 12_000)]),
        ("千円未満", "ja", [("JPY", 1000)]),
        ("quasi mille lavoratori", "it", [("", 1000)]),
        ("60 mille euro", "it", [("EUR", 60_000)]),
        ("один миллион рублей", "ru", [("RUB", 1e6)]),
        ("eine Million Euro", "de", [("EUR", 1e6)]),
        ("in 2026", "en", []),
        ("at 15:40", "en", []),
        ("2026年5月7日", "ja", []),
        ("November 23 Eurostar trains", "en", [("", 23)]),
        ("the B2B", "en", []),
        ("in Zone 9861 662 homes", "en", [("", 9861), ("", 662)]),
        ("12345,678 points", "ja", [("", 12345)]),
        ("1 350.5 tonnes", "en", [("", 1350.5)]),
        ("1.350.000,5 Tonnen", "de", [("", 1_350_000.5)]),
    ],
)
def test_a_figure_is_read_with_its_unit(text: str, language: str, expected: list[tuple[str, float]]) -> None:
    assert [(figure.unit, figure.value) for figure in figures(text, language)] == [
        (unit, pytest.approx(value)) for unit, value in expected
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Figure("USD", 1299, 4), Figure("USD", 1300, 2)),
        (Figure("", 412_000, 3), Figure("", 400_000, 1)),
        (Figure("EUR", 380e6, 2), Figure("", 380e6, 2)),
        (Figure("%", 20, 1, nearly=True), Figure("%", 18, 2)),
        (Figure("", 1000, 1, nearly=True), Figure("", 900, 1)),
    ],
)
def test_a_rounded_figure_agrees_with_the_exact_one(one: Figure, other: Figure) -> None:
    assert agree(one, other)
    assert agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Figure("AMD", 381.4, 4), Figure("AMD", 382.1, 4)),
        (Figure("", 5, 1), Figure("", 5.1, 2)),
        (Figure("USD", 5, 1), Figure("EUR", 5, 1)),
        (Figure("%", 0.5, 1), Figure("%", 0.25, 2)),
    ],
)
def test_figures_that_differ_do_not_agree(one: Figure, other: Figure) -> None:
    assert not agree(one, other)
    assert not agree(other, one)


@given(
    st.text(st.sampled_from("0123456789 .,:'’%$€\u00a0\u202fkmbnил万億천a٣"), max_size=60),
    st.sampled_from(["en", "de", "fr", "ru", "ja", "hy", "xx"]),
)
def test_no_text_is_too_odd(text: str, language: str) -> None:
    for figure in figures(text, language):
        assert figure.value > 0
