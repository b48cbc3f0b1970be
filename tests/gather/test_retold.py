"""An article under another guid, address, date or headline is the one that we have; the next of a series isn't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.identity import address_key, title_key
from bot.gather.retold import COMPARED, edits, is_again, is_retitled, same_title
from bot.storage.telling import FoundEntry, Known, Newcomer, Telling

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TITLE = "Bank closes 40 branches"
LEDE = "The bank said on Sunday that it will close 40 branches and move their clerks to others by the spring."
URL = "https://s.example/article.php?id=7"


def new(
    title: str = TITLE,
    lede: str = LEDE,
    url: str | None = URL,
    date: datetime | None = NOW - HOUR,
    language: str = "en",
) -> Newcomer:
    found = FoundEntry("new", title, url, lede, None, language, date, "hash", address_key(url), title_key(title))
    return Newcomer(found, min(date or NOW, NOW))


def known(
    title: str = TITLE,
    lede: str = LEDE,
    url: str | None = URL,
    date: datetime | None = NOW - HOUR,
    seen: timedelta = HOUR,
    *,
    own: bool = True,
    listed: bool = False,
    language: str = "en",
) -> Known:
    telling = Telling(language, title, lede, date or NOW - seen, (), url)
    return Known(1, own, own, telling, title_key(title), address_key(url), date, NOW - seen, listed)


ELSEWHERE = "https://s.example/2026/11/22/bank-closes-branches"
OTHER_HOST = "https://new.example/article.php?id=7"
SHORT = "Stocks fell 3 percent as chips slid."
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (new(), known()),
        (new(url=ELSEWHERE), known()),
        (new(url=OTHER_HOST), known()),
        (new(url=f"{URL}&sid=a1b2"), known(url=f"{URL}&sid=c3d4")),
        (new(title="BANK CLOSES 40 BRANCHES!", url=ELSEWHERE), known()),
        (new(url=None), known()),
        (new(url=ELSEWHERE, date=NOW), known(date=NOW - 30 * HOUR)),
        (new(url=ELSEWHERE, date=None), known()),
        (new(url=ELSEWHERE, date=None), known(date=None, seen=WEEK)),
        (new(url=ELSEWHERE, date=NOW), known(date=NOW - WEEK)),  # it was listed an hour ago
        (new(url=None, lede="It closes 40 branches. 3 comments"), known(url=None, lede="It closes 40 branches.")),
        (new(url=None, lede=f"{LEDE} 12 comments", date=None), known(url=None, lede=f"{LEDE} 9 comments", date=None)),
        (new(url=ELSEWHERE, lede=""), known()),
        (
            new(url="https://s.example/a?x=1", lede="", date=None),
            known(url="https://s.example/a?x=2", lede="", date=None),
        ),
        (new(url=ELSEWHERE, date=None), known(date=None, seen=21 * HOUR, listed=True)),
        (new(lede="Other words about it"), known(own=False)),
        (new(title=f"{TITLE} by May, unions protest"), known(title=f"{TITLE} by May", own=False)),
        (new(), known(date=None, seen=19 * HOUR, own=False)),
        (new(date=NOW - 900 * HOUR, url=OTHER_HOST), known(date=NOW - 900 * HOUR, seen=800 * HOUR)),
    ],
)
def test_it_is_the_same_article(one: Newcomer, other: Known) -> None:
    assert is_again(one, other, NOW)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (new(language="de"), known()),
        (new(title="Bank closes 41 branches"), known()),
        (new(title="Bank opens 40 branches", url=ELSEWHERE), known()),
        (new(url=ELSEWHERE), known(own=False)),
        # The next of a series under one title, at one address or at one each.
        (new(lede=SHORT, date=NOW), known(date=NOW - WEEK, seen=WEEK)),
        (new(lede=SHORT, date=NOW), known(date=NOW - 24 * HOUR, seen=HOUR)),
        (new(lede=SHORT, date=NOW), known(date=NOW - 24 * HOUR, seen=HOUR, own=False)),
        (new(lede=SHORT, url=ELSEWHERE, date=NOW), known(date=NOW - 2 * HOUR)),
        (new(lede=LEDE, url=ELSEWHERE, date=NOW), known(date=NOW - 24 * HOUR, listed=True)),
        (new(lede="", url=ELSEWHERE, date=NOW), known(lede="", date=NOW - 24 * HOUR)),
        (new(date=NOW), known(date=NOW - WEEK, seen=WEEK, own=False)),
        # Two items that stand in one list under one title.
        (new(lede=SHORT, url=ELSEWHERE), known(listed=True)),
        (new(lede=f"{LEDE} Or not.", url=ELSEWHERE), known(listed=True)),
        (new(url=None, lede=f"{LEDE} Or not.", date=None), known(url=None, date=None, listed=True)),
        (new(url="https://s.example/b", lede="", date=None), known(url="https://s.example/a", lede="", date=None)),
    ],
)
def test_it_is_another_one(one: Newcomer, other: Known) -> None:
    assert not is_again(one, other, NOW)


def test_a_retitled_article_under_another_guid_keeps_its_date_and_words() -> None:
    retitled = new(title="Branches of the bank: 40 to go", url=ELSEWHERE)
    assert is_retitled(retitled, known(), NOW)
    assert not is_retitled(retitled, known(own=False), NOW)
    assert not is_retitled(retitled, known(language="de"), NOW)
    assert not is_retitled(retitled, known(date=NOW), NOW)
    assert not is_retitled(retitled, known(lede=SHORT), NOW)
    assert not is_retitled(new(title="A", lede="More to come.", url=ELSEWHERE), known(lede="More to come."), NOW)


def test_an_article_that_is_rewritten_at_its_address_replaces_what_stood_there() -> None:
    page = "https://s.example/2026/11/22/bank-closes-branches"
    rewritten = new(title="40 branches of the bank are to go", lede=LEDE, url=page, date=NOW)
    assert is_retitled(rewritten, known(url=page), NOW)
    assert not is_retitled(rewritten, known(url=page, listed=True), NOW)
    assert not is_retitled(rewritten, known(url=page, own=False), NOW)
    assert not is_retitled(rewritten, known(url=page, date=NOW - 21 * HOUR), NOW)
    assert not is_retitled(rewritten, known(url=page, title="Storm over the coast", lede=SHORT), NOW)
    front = "https://s.example/"
    assert not is_retitled(new(title="40 branches to go", url=front, date=NOW), known(url=front), NOW)


@given(st.text("ab1 ", max_size=160), st.text("ab1 ", max_size=160))
def test_it_does_not_matter_which_headline_comes_first(one: str, other: str) -> None:
    assert same_title(one, other) == same_title(other, one)
    assert same_title(one, one)


def _plainly(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for place, sign in enumerate(one, start=1):
        below = [place]
        for column, there in enumerate(other, start=1):
            below.append(min(row[column - 1] + (sign != there), row[column] + 1, below[-1] + 1))
        row = below
    return row[-1]


@given(st.text("abcд日", min_size=1, max_size=40), st.text("abcд日", min_size=1, max_size=40))
def test_edits_are_counted_as_the_usual_table_counts_them(one: str, other: str) -> None:
    assert edits(one, other) == _plainly(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fed keeps rates where they are", "fed keeps rates were they are"),
        ("власти назвали причину пожара на складе", "власти назвали причины пожара на складе"),
        ("a" * 2000, "a" * 1990 + "b" * 10),
    ],
)
def test_a_retouched_headline_is_the_same(one: str, other: str) -> None:
    assert same_title(one, other)
    assert not same_title(one[: COMPARED // 2], "something else that was said at this address")


def test_a_headline_of_a_few_letters_has_to_be_the_same() -> None:
    assert not same_title("rates", "rate")
    assert not same_title("", "a")
