"""Headlines after one pattern: what they name tells two stories apart, and other words for it don't."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gather.apart import apart
from bot.gather.merge import decide
from bot.gather.same import sameness
from bot.storage.telling import FoundEntry, Known, Newcomer, Telling

FIRST = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)


def _lines(label: str) -> list[tuple[str, ...]]:
    lines = (Path(__file__).parent / "pairs" / "alike.txt").read_text("utf-8").splitlines()
    rows = [tuple(cell.strip() for cell in line.split("|")) for line in lines if line and not line.startswith("#")]
    return [(row[0], *row[2:]) for row in rows if row[1] == label]


def told(title: str, lede: str, language: str, url: str | None = None) -> Telling:
    return Telling(language, title, lede, FIRST, (), url)


@pytest.mark.parametrize(("language", "title", "lede", "other_title", "other_lede"), _lines("different"))
def test_what_is_named_otherwise_is_another_story(
    language: str, title: str, lede: str, other_title: str, other_lede: str
) -> None:
    one, other = told(title, lede, language), told(other_title, other_lede, language)
    assert sameness(one, other) < 0
    assert sameness(other, one) < 0


@pytest.mark.parametrize(("language", "title", "lede", "other_title", "other_lede"), _lines("same"))
def test_what_is_put_otherwise_is_the_same_story(
    language: str, title: str, lede: str, other_title: str, other_lede: str
) -> None:
    one, other = told(title, lede, language), told(other_title, other_lede, language)
    assert sameness(one, other) > 0
    assert sameness(other, one) > 0


PARIS, LYON = "Fire in Paris kills three at night", "Fire in Lyon kills three at night"


def test_one_page_may_be_headlined_otherwise() -> None:
    page = "https://a.example/2026/11/30/fire-kills-three-at-night"
    lede = "Three people died in the fire."
    assert sameness(told(PARIS, lede, "en", page), told(LYON, lede, "en", f"{page}?utm_source=x")) > 0
    assert sameness(told(PARIS, lede, "en", page), told(LYON, lede, "en", "https://b.example/2026/fire-in-lyon")) < 0


def test_an_article_printed_word_by_word_may_be_headlined_otherwise() -> None:
    lede = (
        "Three people died and twelve were injured when a fire tore through a six-storey building early on Monday, "
        "firefighters said; the cause is not known, and the families who lived there have been put up in a school."
    )
    assert sameness(told(PARIS, lede, "en"), told("Fire in Belleville kills three at night", lede, "en")) > 0


def test_what_another_entry_of_a_story_names_otherwise_keeps_out_what_is_like_the_rest() -> None:
    lede = "Three people died in a fire in a block of flats on Monday night."
    stories = (
        known(told(PARIS, lede, "en"), 1),
        known(told("Fire kills three at night", lede, "en"), 1),
    )
    found = FoundEntry("g", LYON, None, lede, None, "en", FIRST, "g", None, "fire in lyon kills three at night")
    assert sameness(told(LYON, lede, "en"), stories[1].telling) > 0
    (verdict,) = decide([Newcomer(found, FIRST, again=(), near=stories)], FIRST)
    assert verdict.joins is None


def known(telling: Telling, story: int) -> Known:
    return Known(story, False, False, telling, telling.title.lower(), None, FIRST, FIRST, listed=False)


WORDS = st.text(max_size=300) | st.sampled_from(
    ["Fire in Paris kills 3", "周二开奖 第1621期", "1.000.000,5 Q3 2-1", "L'Oréal's"]
)
LANGUAGES = st.sampled_from(["en", "de", "fr", "es", "pt", "it", "nl", "ru", "tr", "hy", "ja", "ko", "zh", "und", "xx"])


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS, WORDS, WORDS, LANGUAGES)
def test_any_two_texts_are_told_apart_alike_from_either_side(
    title: str, lede: str, other_title: str, other_lede: str, language: str
) -> None:
    one, other = told(title, lede, language), told(other_title, other_lede, language)
    assert apart(one, other) == apart(other, one)
    assert not apart(one, one)


@pytest.mark.parametrize("language", ["en", "ru", "hy", "ja", "ko", "zh", "und"])
def test_hostile_texts_cost_little(language: str) -> None:
    text, turned = "Aa Bb1 1,2 " * 5000 + "一二" * 5000, "Ba Ab1 1,3 " * 5000 + "一三" * 5000
    began = process_time()
    apart(told(text, text, language), told(turned, turned, language))
    assert process_time() - began < 3
