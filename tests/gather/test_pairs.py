"""Labelled pairs of the dev half, told apart; and all their articles as one stream, as production meets them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gather.clues import MAX_KEY, MOST, clues, specific
from bot.gather.same import evidence, kinship, sameness
from bot.storage.telling import Telling
from tests.pairs import Pair, judge_linked, judge_same, load, score, tellings

NEAREST = 30
JUDGED = 10
COMMON = 200
"""As in storage: so many stories share a common clue, so many that share the rarest are found, so many are judged."""


@pytest.fixture(scope="module")
def one_language() -> list[Pair]:
    return load("same_language")


@pytest.fixture(scope="module")
def two_languages() -> list[Pair]:
    return load("cross_language")


def test_retellings_in_one_language_are_recognised_and_hardly_anything_else_is(one_language: list[Pair]) -> None:
    count = score(one_language, judge_same)
    assert count.precision >= 0.97
    assert count.recall >= 0.61


def test_stories_of_two_languages_about_one_event_are_linked_and_hardly_any_others(two_languages: list[Pair]) -> None:
    count = score(two_languages, judge_linked)
    assert count.precision >= 0.97
    assert count.recall >= 0.63


def test_what_is_linked_says_what_that_rests_on(two_languages: list[Pair]) -> None:
    for pair in two_languages:
        assert not judge_linked(pair) or len(evidence(pair.one, pair.other)) >= 3, pair.id


@dataclass
class Index:
    """Stories by their clues, asked as storage asks."""

    stories: list[Telling]
    by_clue: defaultdict[str, list[int]]

    def near(self, telling: Telling) -> list[int]:
        weights: defaultdict[int, float] = defaultdict(float)
        for clue in telling.clues:
            sharing = self.by_clue.get(clue, [])
            if 0 < len(sharing) <= COMMON:
                for story in sharing:
                    weights[story] += 1 / len(sharing)
        return sorted(weights, key=lambda story: (-weights[story], -story))[:NEAREST]

    def add(self, telling: Telling) -> None:
        for clue in telling.clues:
            self.by_clue[clue].append(len(self.stories))
        self.stories.append(telling)


def _index(stories: Sequence[Telling]) -> Index:
    index = Index([], defaultdict(list))
    for telling in stories:
        index.add(telling)
    return index


@pytest.mark.parametrize("name", ["same_language", "cross_language"])
def test_shared_clues_find_nearly_every_true_match_among_the_nearest(name: str) -> None:
    pairs = load(name)
    index = _index(tellings(pairs))
    positives = [pair for pair in pairs if pair.same]
    found = sum(pair.other in [index.stories[story] for story in index.near(pair.one)] for pair in positives)
    assert found / len(positives) >= 0.94


def _stream(stories: Sequence[Telling], judge: Callable[[Telling, Telling], bool]) -> Iterator[tuple[Telling, Telling]]:
    index = Index([], defaultdict(list))
    for telling in stories:
        for story in index.near(telling)[:JUDGED]:
            if judge(telling, index.stories[story]):
                yield telling, index.stories[story]
                break
        index.add(telling)


@pytest.mark.parametrize("crowded", [False, True])
def test_in_a_stream_of_all_articles_hardly_any_are_merged_wrongly(one_language: list[Pair], crowded: bool) -> None:
    """Crowded: as if all that happened in five months had happened within three days."""
    stories = [_crowd(telling) for telling in tellings(one_language)] if crowded else tellings(one_language)
    wrong = {frozenset((pair.one.url, pair.other.url)) for pair in one_language if not pair.same}
    events = _events(one_language)
    merged = list(_stream(stories, lambda a, b: sameness(a, b) > 0))
    mistakes = [
        (a.title, b.title)
        for a, b in merged
        if frozenset((a.url, b.url)) in wrong or events[str(a.url)] != events[str(b.url)]
    ]
    assert len(merged) >= 100
    assert len(mistakes) / len(merged) <= 0.04, mistakes


def _crowd(telling: Telling) -> Telling:
    assert telling.published_at is not None
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return replace(telling, published_at=start + (telling.published_at - start) % timedelta(days=3))


def _events(pairs: Sequence[Pair]) -> dict[str, str]:
    """Each article's cluster of related events: those that stand in pairs together, directly or through others."""
    parent: dict[str, str] = {}

    def find(url: str) -> str:
        while parent.setdefault(url, url) != url:
            url = parent[url]
        return url

    for pair in pairs:
        parent[find(str(pair.one.url))] = find(str(pair.other.url))
    return {url: find(url) for url in list(parent)}


WORDS = st.text(max_size=300) | st.sampled_from(
    [
        "Bank cuts rates to 3.5%",
        "日銀、政策金利を0.75%で据え置き",
        "Ставку снизили до 14,5%",
        "1.000.000,5 € 26億1000万",
        "٣٫٥ ² ½",
    ]
)
ADDRESSES = st.none() | st.text(max_size=60) | st.just("https://a.example/news/1") | st.just("http://[bad")
LANGUAGES = st.sampled_from(["en", "de", "fr", "es", "pt", "it", "nl", "ru", "tr", "hy", "ja", "ko", "zh", "und", "xx"])
TIMES = st.none() | st.datetimes(timezones=st.just(UTC))


@st.composite
def anything(draw: st.DrawFn) -> Telling:
    title, lede, url, language = draw(WORDS), draw(WORDS), draw(ADDRESSES), draw(LANGUAGES)
    outbound = draw(st.lists(st.text(max_size=40), max_size=3))
    keys = clues(title, lede, url, outbound, [("en", draw(st.text(max_size=40)))], language, ("BTC",))
    return Telling(language, title, lede, draw(TIMES), keys, url)


@settings(max_examples=300, deadline=None)
@given(anything(), anything())
def test_judging_never_fails_and_it_does_not_matter_who_comes_first(one: Telling, other: Telling) -> None:
    assert sameness(one, other) == sameness(other, one)
    assert kinship(one, other) == kinship(other, one)
    assert evidence(one, other) == evidence(other, one)


@settings(max_examples=200, deadline=None)
@given(anything())
def test_a_telling_tells_the_same_as_itself_and_is_not_linked_to_itself(one: Telling) -> None:
    assert sameness(one, one) > 0
    assert not kinship(one, one) > 0


@settings(max_examples=200, deadline=None)
@given(anything())
def test_clues_are_few_and_short_and_none_comes_twice(one: Telling) -> None:
    assert len(one.clues) <= MOST
    assert len(set(one.clues)) == len(one.clues)
    assert all(len(clue) <= MAX_KEY for clue in one.clues)


HOSTILE = [
    "1" * 10_000,
    "1," * 5_000,
    "1 000 " * 1_700,
    "1億" * 5_000,
    "1万" * 5_000,
    "十百" * 5_000,
    "a-" * 5_000,
    "A’" * 5_000,
    "Aa. " * 2_500,
    "ァ" * 10_000,
    "銀行" * 5_000,
    "가" * 10_000,
    "$ " * 5_000,
    "$1 million of million " * 500,
    "us-us us-us " * 900,
    ".!?:" * 2_500,
    "\u0301" * 10_000,
    "ﷺ" * 10_000,
    "bank of england " * 650,
]


@pytest.mark.parametrize("language", ["en", "de", "ja", "ko", "zh", "ru", "hy"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_takes_long(text: str, language: str) -> None:
    began = process_time()
    keys = clues(text, text, f"https://a.example/{text}", [text] * 50, [("en", text)] * 50, language)
    one = Telling(language, text, text, None, keys, None)
    other = Telling(language, text + "x", "y" + text, None, keys, None)
    sameness(one, other)
    kinship(one, replace(other, language="tr"))
    assert process_time() - began < 0.5


@pytest.mark.parametrize(
    ("url", "is_specific"),
    [
        ("https://ir.velmora.example/news/q1-2026-results", True),
        ("https://www.sec.gov/Archives/edgar/data/2011834/gret-8a12b.htm", True),
        ("https://www.sec.gov/", False),
        ("https://www.coingecko.com/en/coins/bitcoin", False),
        ("https://coinmarketcap.com/currencies/bitcoin/", False),
        ("https://a.example/tag/markets", False),
        ("https://t.me/toto-keizai", False),
        ("https://a.example/fr/", False),
        ("http://[bad", False),
    ],
)
def test_only_a_page_about_one_thing_is_a_clue(url: str, is_specific: bool) -> None:
    assert specific(url) == is_specific


def test_publishers_translations_find_each_other() -> None:
    german = clues("Titel", "", "https://a.example/de/1", [], [("en", "https://a.example/en/breaking/2")], "de")
    english = clues("Title", "", "https://www.a.example/en/breaking/2/", [], [], "en")
    assert "a:a.example/en/breaking/2" in {*german} & {*english}


def test_an_article_finds_those_that_link_to_it() -> None:
    there = clues("Title", "", "https://a.example/news/12", [], [], "en")
    here = clues("Titre", "", "https://b.example/1", ["https://a.example/news/12?utm_source=x"], [], "fr")
    assert "o:a.example/news/12" in {*there} & {*here}


def test_two_articles_under_one_address_with_one_headline_retouched_are_one() -> None:
    one = Telling("en", "Power is back in Ireland", "", None, (), "https://a.example/1")
    other = replace(one, title="Power is back in Ireland, says grid operator", url="https://www.a.example/1?utm_id=3")
    assert sameness(one, other) > 0


def test_tellings_four_days_apart_are_never_of_one_thing() -> None:
    one = Telling("en", "Power is back", "All of it.", datetime(2026, 1, 1, tzinfo=UTC), (), None)
    assert sameness(one, replace(one, published_at=datetime(2026, 1, 1, 9, tzinfo=UTC))) > 0
    assert not sameness(one, replace(one, published_at=datetime(2026, 1, 5, tzinfo=UTC))) > 0
