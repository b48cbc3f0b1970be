"""Titles after one pattern: what is swapped tells two things apart, a word put otherwise doesn't."""

from __future__ import annotations

import pytest

from bot.gather.gist import gist, written_words
from bot.gather.months import months
from bot.gather.templates import Swapped, swapped


def compared(one: str, other: str, language: str = "en", lede: str = "") -> Swapped:
    there = swapped((other, gist(other, lede, language)), (one, gist(one, "", language)), language)
    here = swapped((one, gist(one, "", language)), (other, gist(other, lede, language)), language)
    assert there == here
    return here


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Startup Quillbase raises 180 million dollars", "Startup Velmora raises 180 million dollars", "en"),
        ("Strecke Hamburg–Berlin drei Wochen gesperrt", "Strecke Köln–Bonn drei Wochen gesperrt", "de"),
        ("Цены на нефть выросли в марте", "Цены на нефть выросли в апреле", "ru"),
        ("Chile baja los tipos de interés", "Perú baja los tipos de interés", "es"),
        ("Announcing v201605 of the Velmora API", "Announcing v201603 of the Velmora API", "en"),
        ("1분기 영업이익 하늘별전자", "2분기 영업이익 하늘별전자", "ko"),
    ],
)
def test_names_places_figures_and_months_are_specific(one: str, other: str, language: str) -> None:
    assert compared(one, other, language).specific > 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Shares of Velmora fall after warning", "Shares of Velmora slide after warning"),
        ("Storm leaves 300,000 without power", "Bank raises its rates again"),
        ("Velmora to close its last furnace", "Velmora to close its last furnace"),
    ],
)
def test_what_means_the_same_or_shares_no_pattern_is_nothing(one: str, other: str) -> None:
    assert compared(one, other) == Swapped(0.0, 0.0)


def test_what_the_other_text_has_elsewhere_is_not_swapped() -> None:
    one, other = "Velmora buys Brantex for 1 billion", "Velmora buys rival for 1 billion"
    assert compared(one, other).specific + compared(one, other).other > 0
    assert compared(one, other, lede="The rival is Brantex of Utrecht.").specific == 0


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("From May to July it may march on", "en", {5, 7}),
        ("ab Juli gesperrt", "de", {7}),
        ("в марте и мае", "ru", {3, 5}),
        ("3月から12月", "ja", {3, 12}),
        ("13月", "zh", set()),
        ("maart", "xx", set()),
    ],
)
def test_months_are_read_as_each_language_writes_them(text: str, language: str, expected: set[int]) -> None:
    assert months(text, written_words(text, language), language) == expected
