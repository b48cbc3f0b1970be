"""Told again in other words, or what came of it: by itself, on sentences that the labelled pairs don't have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.gather.same import WINDOW, sameness
from bot.storage.telling import Telling

FIRST = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BUYS = ("Kraken buys NinjaTrader for $1.5 billion", "Kraken agreed to buy NinjaTrader for 1.5 billion dollars.")


def told(title: str, lede: str, hours: float = 0.0, language: str = "en") -> Telling:
    return Telling(language, title, lede, FIRST + timedelta(hours=hours), (), None)


@pytest.mark.parametrize(
    ("title", "lede"),
    [
        ("Kraken to acquire NinjaTrader in $1.5 billion deal", "The exchange wants to offer futures."),
        ("NinjaTrader to be sold to Kraken", "The price is 1.5 billion dollars."),
    ],
)
def test_the_same_in_other_words_is_the_same(title: str, lede: str) -> None:
    assert sameness(told(*BUYS), told(title, lede, 2)) > 0
    assert sameness(told(title, lede, 2), told(*BUYS)) > 0


@pytest.mark.parametrize(
    ("title", "lede"),
    [
        (
            "Regulator CFTC to review Kraken's $1.5 billion NinjaTrader deal",
            "The CFTC would review the purchase of NinjaTrader by Kraken for 1.5 billion dollars.",
        ),
        (
            "Kraken shares rise after $1.5 billion NinjaTrader deal",
            "Shares of Kraken rose after it agreed to buy NinjaTrader for 1.5 billion dollars.",
        ),
        (
            "Analysts doubt Kraken's $1.5 billion price for NinjaTrader",
            "Analysts say that Kraken pays too much: 1.5 billion dollars for NinjaTrader.",
        ),
        (
            "Kraken's $1.5 billion NinjaTrader purchase: what it means for traders",
            "What Kraken's purchase of NinjaTrader for 1.5 billion dollars means.",
        ),
        (
            "Rivals sue over Kraken's $1.5 billion purchase of NinjaTrader",
            "Two rivals sued over Kraken's agreement to buy NinjaTrader for 1.5 billion dollars.",
        ),
    ],
)
def test_what_came_of_it_is_news_of_its_own_though_it_tells_all_of_it_again(title: str, lede: str) -> None:
    assert sameness(told(*BUYS), told(title, lede, 2)) < 0
    assert sameness(told(title, lede, 2), told(*BUYS)) < 0


def test_what_is_told_days_apart_or_in_another_language_is_never_the_same() -> None:
    title = "Kraken to acquire NinjaTrader in $1.5 billion deal"
    assert sameness(told(*BUYS), told(title, "", WINDOW / timedelta(hours=1) + 1)) < 0
    assert sameness(told(*BUYS), told(title, "", 1, "de")) < 0


def test_two_long_texts_with_few_words_in_common_are_not_the_same_for_whom_they_are_about() -> None:
    lede = "Donald Trump has said little of how he won, and less of what {} on a night of which most speak still today."
    one = lede.format("his party's senators had hoped to hear from the president about health care and roads")
    other = (
        "Partners at his golf course say that Donald Trump never counts a stroke that missed; the president denies it, "
        "and laughs at rivals who write it down carefully after lunch, said three of them in a book out this week."
    )
    assert sameness(told("The kind of evening Trump loves best", one), told("How Trump plays with friends", other)) < 0
