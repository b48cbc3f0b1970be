"""Whether a translation says what its source says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.topics import names_in
from bot.translate.faithful import clean, fault, numbers_agree
from bot.translate.marks import Answered, Part


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Bitcoin rises 5% to $95,300.50", "Bitcoin steigt um 5 % auf 95.300,50 $"),
        ("up 3.5 percent", "3,5 % plus"),
        ("$1.5 billion", "15億ドル"),
        ("150 million", "1億5000万"),
        ("105 million shares", "1億500万株"),
        ("25,300 dollars", "2万5300ドル"),
        ("$1.5 billion", "1.500 millones de dólares"),
        ("1.25 million", "125万"),
        ("20,000 jobs", "2万の雇用"),
        ("$2.3B", "2,3 Mrd. Dollar"),
        ("300k users", "300.000 Nutzer"),
        ("1억 5000만 달러", "150 million dollars"),
        ("1 350 рублей", "1,350 rubles"),
        ("1'350 Franken", "1 350 francs"),
        ("On November 22", "11月22日"),
        ("11月22日", "November 22"),
        ("第1四半期の5社", "five firms in the first quarter"),
        ("three banks", "3家银行"),
        ("5 банков", "5 banks"),
        ("１０％", "10%"),
        ("two for 2026 and 2026", "2026 y 2026"),
        ("no number", "keine Zahl"),
    ],
)
def test_numbers_agree_however_languages_write_them(before: str, after: str) -> None:
    assert numbers_agree(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("up 5%", "gestiegen"),
        ("up 5%", "um 50% gestiegen"),
        ("10%", "100%"),
        ("12 banks", "21 Banken"),
        ("in 2026", "im Jahr 2025"),
        ("5 banks", "Banken"),
        ("banks", "42 Banken"),
        ("up 5%", "5%, 7%"),
        ("$20,000", "2.000 $"),
        ("1.5 million", "1,5 Milliarden und 30"),
        ("2026 and 2026", "2026"),
    ],
)
def test_what_is_lost_changed_or_made_up_shows(before: str, after: str) -> None:
    assert not numbers_agree(before, after)


def said(before: str, after: str, source: str = "en", target: str = "de") -> str | None:
    return fault((Part(before),), Answered(after, after), source, target, names_in)


@pytest.mark.parametrize(
    ("before", "after", "target"),
    [
        ("Bitcoin falls below a mark", "Биткоин падает ниже отметки", "ru"),
        ("Bitcoin falls below a mark", "ビットコインが節目を割る", "ja"),
        ("Bitcoin falls below a mark", "Bitcoin-ը նվազում է", "hy"),
        ("Apple shares fall", "Apple-Aktien fallen", "de"),
        ("Ethereum rises", "이더리움 상승", "ko"),
        ("Rates fall", "Zinsen fallen", "de"),
    ],
)
def test_a_good_translation_has_no_fault(before: str, after: str, target: str) -> None:
    assert said(before, after, target=target) is None


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("Rates fall", "", "nothing can be seen of it"),
        ("Rates fall", "\u200b \u2060", "nothing can be seen of it"),
        ("Rates fall", "Zinsen fallen " * 50, "it is too long"),
        ("The bank lowers its rate again", "The bank lowers its rate again", "it is the source itself"),
        ("Rates fall by 5%", "Zinsen fallen", "its numbers differ"),
        ("Bitcoin falls below a mark", "Die Münze fällt", "a name is lost (BTC)"),
    ],
)
def test_a_bad_one_is_found_out(before: str, after: str, why: str) -> None:
    assert said(before, after) == why


def test_an_answer_without_what_must_stay_is_a_fault() -> None:
    assert fault((Part("BTC", kept=True),), None, "en", "de", names_in) == "a part that must stay is lost"


def test_what_was_kept_is_not_counted_among_the_numbers() -> None:
    parts = (Part("See "), Part("https://a.example/2026/11", kept=True))
    assert fault(parts, Answered("Siehe https://a.example/2026/11", "Siehe  "), "en", "de", names_in) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" Zinsen\n fallen\t", "Zinsen fallen"),
        ("a\u202eb\u2066c\x00d\ufeff", "abcd"),
        ("<b>@everyone</b> [x](https://e.example)", "<b>@everyone</b> [x](https://e.example)"),
    ],
)
def test_a_translation_is_one_line_of_plain_words(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_is_too_strange(before: str, after: str) -> None:
    assert numbers_agree(before, before)
    said(before, clean(after))


@pytest.mark.parametrize("text", ["1 " * 450, "1," * 450, "1億" * 450, "9" * 900, "1 000 " * 150])
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    numbers_agree(text, text * 8)
    assert time.process_time() - began < 3
