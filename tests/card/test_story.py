"""How a story is laid out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.card.answer import in_rows
from bot.card.story import Standing, story_card
from bot.i18n import Catalogues
from bot.model import (
    Ballot,
    Button,
    LineKind,
    OutsideTally,
    Sentiment,
    Story,
    Tally,
    Translation,
    parse_vote_button,
    vote_button,
)
from tests.languages import LANGUAGES

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BALLOT = Ballot(bullish=("🐂", "👍"), bearish=("🐻", "👎"))
WORDS = Catalogues()


def story(**fields: object) -> Story:
    told = {
        "id": 1,
        "language": "en",
        "title": "Fees & spreads",
        "url": "https://a.example/1",
        "lede": "It is cheaper.",
        "picture": None,
        "source": "A",
        "published_at": AT,
        "first_seen_at": AT,
        "sample": False,
        "revision": 1,
    }
    return Story(**(told | fields))  # type: ignore[arg-type]


def texts(card) -> dict[LineKind, str]:
    return {line.kind: "".join(span.text for span in line.spans) for line in card.lines}


def test_a_story_shows_its_linked_title_its_source_its_time_and_its_lede() -> None:
    card = story_card(story(), 7, Standing(), BALLOT, WORDS("en"))
    assert card.lines[0].spans[0].url == "https://a.example/1"
    assert card.lines[1].spans[-1].moment == AT
    assert texts(card)[LineKind.META].startswith("A · ")
    assert texts(card)[LineKind.TEXT] == "It is cheaper."


def test_the_two_buttons_carry_the_chats_counts_and_the_delivery() -> None:
    ((bullish, bearish),) = story_card(story(), 7, Standing(Tally(1234, 5)), BALLOT, WORDS("de")).buttons
    assert bullish.label.startswith("🐂 ")
    assert bullish.label.endswith(" 1.234")
    assert parse_vote_button(bullish.id) == (7, Sentiment.BULLISH)
    assert parse_vote_button(bearish.id) == (7, Sentiment.BEARISH)


def test_when_voting_has_ended_the_tally_is_text_and_the_buttons_are_gone() -> None:
    card = story_card(story(), 7, Standing(Tally(3, 1), closed=True), BALLOT, WORDS("en"))
    assert card.buttons == ()
    assert "3" in texts(card)[LineKind.TALLY]


def test_anonymous_reactions_stand_apart_from_the_votes() -> None:
    standing = Standing(Tally(1, 0), Tally(4, 2), {"🐂": 8, "👍": 1, "🐻": 2, "🎃": 99})
    card = story_card(story(), 7, standing, BALLOT, WORDS("en"))
    everywhere, totals = [line.spans[0].text for line in card.lines if line.kind is LineKind.TALLY]
    assert ("4" in everywhere, "2" in everywhere) == (True, True)
    assert ("9" in totals, "99" in totals) == (True, False)


def test_a_sample_says_so_and_a_date_that_is_missing_is_when_we_saw_it() -> None:
    card = story_card(story(sample=True, published_at=None), 7, Standing(), BALLOT, WORDS("en"))
    assert "Sample" in texts(card)[LineKind.META]
    assert any(span.moment == AT for span in card.lines[1].spans)


@pytest.mark.parametrize(
    ("sources", "words"),
    [(1, None), (2, "also in 1 source"), (5, "also in 4 sources"), (1235, "also in 1,234 sources")],
)
def test_a_story_says_in_how_many_other_sources_it_is(sources: int, words: str | None) -> None:
    meta = texts(story_card(story(sources=sources), 7, Standing(), BALLOT, WORDS("en")))[LineKind.META]
    assert meta.endswith(f" · {words}") if words else "also" not in meta


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_around_a_story_are_the_chats_and_the_story_keeps_its_own(language: str) -> None:
    card = story_card(story(language="nl"), 7, Standing(), BALLOT, WORDS(language))
    assert card.language == language
    assert card.content_language == (None if language == "nl" else "nl")


@given(st.integers(min_value=0, max_value=10**17), st.sampled_from(Sentiment))
def test_a_vote_button_says_what_was_put_into_it(delivery_id: int, sentiment: Sentiment) -> None:
    assert parse_vote_button(vote_button(delivery_id, sentiment)) == (delivery_id, sentiment)


@given(st.text(max_size=80))
def test_forged_buttons_are_no_votes(text: str) -> None:
    parsed = parse_vote_button(text)
    assert parsed is None or vote_button(*parsed).removeprefix("v:").lstrip("0") == text.removeprefix("v:").lstrip("0")


def test_buttons_come_in_rows() -> None:
    assert [len(row) for row in in_rows([Button(str(n)) for n in range(7)], 3)] == [3, 3, 1]


def test_what_readers_elsewhere_say_is_a_line_of_its_own_and_no_vote() -> None:
    told = story(outside=(OutsideTally("coinstats", Tally(13, 18)),))
    card = story_card(told, 7, Standing(everywhere=Tally(1, 2)), BALLOT, WORDS("en"))
    tallies = ["".join(span.text for span in line.spans) for line in card.lines if line.kind is LineKind.TALLY]
    assert tallies == ["In all chats: bullish 1, bearish 2", "on CoinStats: 13 bullish, 18 bearish"]
    assert [button.label for button in card.buttons[0]] == ["🐂 Bullish 0", "🐻 Bearish 0"]


@pytest.mark.parametrize(("excerpt", "shown"), [(320, 320), (40, 40), (0, 0)])
def test_no_more_of_the_text_is_shown_than_the_operator_says(excerpt: int, shown: int) -> None:
    told = story(lede="Many words of a long text. " * 20)
    lines = texts(story_card(told, 7, Standing(), BALLOT, WORDS("en"), excerpt=excerpt))
    assert len(lines.get(LineKind.TEXT, "")) <= shown
    assert (LineKind.TEXT in lines) is bool(shown)


GERMAN = Translation("Gebühren & Spannen", "Es ist billiger.", 1)


def test_a_translated_story_says_so_and_links_the_original_twice() -> None:
    told = story(picture="https://a.example/p.png", sources=3)
    card = story_card(told, 7, Standing(Tally(3, 1)), BALLOT, WORDS("de"), translation=GERMAN)
    assert texts(card)[LineKind.TITLE] == "Gebühren & Spannen"
    assert texts(card)[LineKind.TEXT] == "Es ist billiger."
    assert texts(card)[LineKind.META].endswith(" · auch in 2 Quellen · übersetzt, Original: Englisch")
    assert [card.lines[0].spans[0].url, card.lines[1].spans[-1].url] == ["https://a.example/1"] * 2
    assert card.picture is not None
    assert card.picture.alt == "Gebühren & Spannen"
    assert card.content_language is None
    # It is the same story: the same buttons, the same votes.
    assert card.buttons == story_card(told, 7, Standing(Tally(3, 1)), BALLOT, WORDS("de")).buttons


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_a_translation_comes_from_is_said_in_every_language(language: str) -> None:
    words = WORDS(language)
    card = story_card(story(language="nl"), 7, Standing(), BALLOT, words, translation=GERMAN)
    assert words.language_name("nl") in texts(card)[LineKind.META]


def test_a_story_that_could_not_be_translated_stays_as_it_is_and_says_so() -> None:
    card = story_card(story(), 7, Standing(), BALLOT, WORDS("de"), translation=Translation(version=1))
    plain = story_card(story(), 7, Standing(), BALLOT, WORDS("de"))
    assert texts(card)[LineKind.NOTE] == "Dies konnte nicht übersetzt werden."
    assert [line for line in card.lines if line.kind is not LineKind.NOTE] == list(plain.lines)
    assert card.content_language == "en"


def test_a_translation_without_a_text_takes_none_from_the_original() -> None:
    card = story_card(story(), 7, Standing(), BALLOT, WORDS("de"), translation=Translation("Gebühren", "", 1))
    assert LineKind.TEXT not in texts(card)


def test_a_translation_is_shown_no_longer_than_the_original_would_be() -> None:
    long = Translation("Gebühren", "Viele Wörter. " * 50, 1)
    card = story_card(story(), 7, Standing(), BALLOT, WORDS("de"), translation=long, excerpt=40)
    assert len(texts(card)[LineKind.TEXT]) <= 40
