"""Any card becomes a message that Telegram accepts, with the card's words in it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.telegram.render import MAX_TEXT, Rendered, render, says_all, toast
from adapters.telegram.text import inert, linkable
from bot.model import Button, ButtonRole, Card, Line, LineKind, Picture, Span, Style
from bot.text import sendable, shortened, units
from tests.adapters.telegram.test_posting import story
from tests.emulators.telegram import keyboards
from tests.emulators.telegram.text import TEXT_LIMIT, Formatted, finish, read

HOSTILE = st.sampled_from(
    [
        "<b>bold</b> & <script>",
        "*_[x](http://evil.example.com)`",
        "@everyone /start http://evil.example.com #tag",
        "👨‍👩‍👧‍👦🇩🇪🇫🇷👍🏽❤️‍🔥",
        "e\u0301\u0301 가나다 \u1112\u1161\u11ab",
        "\u202eright\u202c to left\u2066 x\u2069",
        "\x00\x1b[31m\r\n\t\ufeff",
        "\ud800 lone",
        "\u3164\u2800",
        "字" * 5000,
        "👍" * 3000,
        "word " * 1500,
        "",
        "   ",
    ]
)
TEXT = st.one_of(HOSTILE, st.text(max_size=200), st.text(alphabet=st.characters(codec=None), max_size=40))
URL = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "https://news.example.com/a?b=c&d=%20#e",
            "http://127.0.0.1:8080/x",
            "http://[::1]/",
            "http://localhost/x",
            "javascript:alert(1)",
            "https://user:pass@example.com/",
            "https://example.com:99999/",
            "https://",
            "//example.com",
            "https://example.com/" + "a" * 5000,
            "https://пример.рф/путь",
            "https://exa mple.com/",
            "tg://user?id=1",
            "https://example.com/a b\nc",
        ]
    ),
    TEXT,
)
MOMENT = st.one_of(st.none(), st.datetimes(timezones=st.just(UTC)))
SPANS = st.lists(st.builds(Span, TEXT, st.sampled_from(Style), URL, MOMENT), max_size=4).map(tuple)
LINES = st.lists(st.builds(Line, st.sampled_from(LineKind), SPANS), max_size=12).map(tuple)
BUTTONS = st.lists(
    st.lists(
        st.builds(Button, TEXT, st.text(max_size=70), st.sampled_from(ButtonRole), URL, st.booleans()), max_size=10
    ).map(tuple),
    max_size=15,
).map(tuple)
CARDS = st.builds(
    Card, st.just("en"), LINES, BUTTONS, st.one_of(st.none(), st.builds(Picture, TEXT | URL.filter(bool)))
)


def accepted(message: Rendered) -> Formatted:
    """The message as the server shows it; raises what the server would refuse."""
    entities = [entity.to_dict() for entity in message.entities]
    shown = finish(read(message.text, "", json.loads(json.dumps(entities))), limit=TEXT_LIMIT, detect=False)
    if message.keyboard is not None:
        assert keyboards.finish(keyboards.read(json.dumps(message.keyboard.to_dict()))) is not None
    json.dumps(message.preview.to_dict())
    return shown


@settings(max_examples=300, deadline=None)
@given(CARDS)
@example(Card("en", ()))
@example(Card("en", (Line(LineKind.TITLE, (Span("\u3164"),)),)))
@example(Card("en", tuple(Line(LineKind.QUOTE, (Span("x" * 400, Style.BOLD),)) for _ in range(120))))
@example(Card("en", (Line(LineKind.TITLE, (Span("字" * 5000),)), Line(LineKind.TALLY, (Span("bullish 3"),)))))
def test_any_card_is_accepted_as_it_is(card):
    message = render(card)
    assert units(message.text) <= MAX_TEXT
    assert len(message.entities) <= 100
    shown = accepted(message)
    # Nothing is stripped or moved by the server: what we counted is what members see.
    assert shown.text == message.text
    starts = {(entity.offset, entity.length) for entity in message.entities if entity.type == "text_link"}
    assert starts <= {(entity["offset"], entity["length"]) for entity in shown.entities}
    for plainer in message.fallbacks():
        accepted(plainer)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LineKind), st.text(max_size=60)), max_size=8))
def test_a_card_that_fits_keeps_every_word(lines):
    card = Card("en", tuple(Line(kind, (Span(text),)) for kind, text in lines))
    shown = re.sub("[\u2060\\s]", "", render(card).text)
    for _kind, text in lines:
        words = re.sub(r"[\u2060\s]", "", sendable(text, one_line=True))
        assert words in shown or shown == "…"


@given(TEXT, st.integers(min_value=0, max_value=300))
def test_a_cut_is_never_longer_than_allowed(text, most):
    assert units(shortened(text, most)) <= most


@pytest.mark.parametrize(
    "whole",
    ["👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️‍🔥", "e\u0301\u0323", "\u1112\u1161\u11ab", "1️⃣", "🏴\U000e0067\U000e0062\U000e007f"],
)
def test_a_cut_never_goes_through_what_people_see_as_one_character(whole):
    text = whole * 40
    for most in range(1, units(text)):
        kept = shortened(text, most).removesuffix("…")
        assert kept == whole * (len(kept) // len(whole))


def test_a_long_story_keeps_title_time_and_tally_and_shortens_its_text():
    card = Card(
        "en",
        (
            *story("A title").lines[:2],
            Line(LineKind.TEXT, (Span("All the words of a very long text. " * 300),)),
            Line(LineKind.TALLY, (Span("In all chats: bullish 3, bearish 1"),)),
        ),
    )
    text = render(card).text
    assert text.startswith("A title\nExample · 22 Nov 2026, 09:30\n\nAll the words")
    assert text.endswith("…\n\nIn all chats: bullish 3, bearish 1")
    assert MAX_TEXT - 40 < units(text) <= MAX_TEXT


def test_an_endless_title_leaves_room_for_the_tally():
    card = Card("en", (Line(LineKind.TITLE, (Span("t" * 9000),)), Line(LineKind.TALLY, (Span("bullish 3"),))))
    assert render(card).text.endswith("…\n\nbullish 3")


def test_words_from_feeds_become_no_links_of_their_own():
    words = "Ask @admin or /pay at evil.example.com, https://evil.example.com/x or me@example.com. U.S. 3.5%"
    card = Card("en", (Line(LineKind.TITLE, (Span("Title"),)), Line(LineKind.TEXT, (Span(words),))))
    message = render(card)
    shown = finish(read(message.text, "", [entity.to_dict() for entity in message.entities]), limit=TEXT_LIMIT)
    assert [entity["type"] for entity in shown.entities] == ["bold"]
    assert message.text.replace("\u2060", "") == f"Title\n\n{words}"
    assert inert("U.S. grew 3.5% and/or fell", commands=True) == "U.S. grew 3.5% and/or fell"


def test_commands_in_our_own_answers_can_be_tapped():
    message = render(Card("en", (Line(LineKind.ITEM, (Span("/language"), Span(" – choose"))),)))
    assert message.text == "• /language – choose"


def test_quotations_are_quoted_and_long_ones_folded():
    card = Card("en", tuple(Line(LineKind.QUOTE, (Span(text),)) for text in ("short", "long " * 100)))
    assert [str(entity.type) for entity in render(card).entities] == ["blockquote", "expandable_blockquote"]


def test_buttons_say_what_they_are_for():
    card = Card(
        "en",
        (Line(LineKind.TEXT, (Span("Choose"),)),),
        buttons=(
            (Button("Deutsch", "c:language:de", pressed=True), Button("Français", "c:language:fr")),
            (Button("Site", role=ButtonRole.LINK, url="https://example.com/"), Button("No", "n", ButtonRole.DANGER)),
            (Button("Nowhere", role=ButtonRole.LINK, url="javascript:x"), Button("Too long", "x" * 65)),
            tuple(Button(str(n), f"p:{n}") for n in range(10)),
        ),
    )
    keyboard = render(card).keyboard
    assert keyboard is not None
    rows = [[(button.text, button.style) for button in row] for row in keyboard.inline_keyboard]
    assert rows[0] == [("✓ Deutsch", "primary"), ("Français", None)]
    assert rows[1] == [("Site", None), ("No", "danger")]
    assert [len(row) for row in rows[2:]] == [8, 2]


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("https://example.com/a", "https://example.com/a"),
        (" https://example.com/a b ", "https://example.com/a%20b"),
        ("http://127.0.0.1:80/", "http://127.0.0.1:80/"),
        ("http://localhost/", None),
        ("ftp://example.com/", None),
        ("https://example.com@evil.example/", None),
        ("https://example.com:0/", None),
        ("https://[::1", None),
        ("", None),
        (None, None),
    ],
)
def test_only_addresses_that_telegram_takes_become_links(given, taken):
    assert linkable(given) == taken


def test_a_toast_is_what_fits_over_a_button():
    line = Line(LineKind.TEXT, (Span("Your vote: bullish"),))
    long = Card("en", (Line(LineKind.TEXT, (Span("x" * 201),)),))
    assert toast(Card("en", (line,))) == "Your vote: bullish"
    assert says_all(Card("en", (line,)))
    assert not says_all(Card("en", (line,), buttons=((Button("x", "y"),),)))
    assert not says_all(long)
    assert toast(long) == "x" * 199 + "…"


def test_a_time_before_telegram_can_count_is_plain_text():
    early = datetime(1950, 1, 1, tzinfo=UTC)
    message = render(Card("en", (Line(LineKind.META, (Span("1950", moment=early),)),)))
    assert (message.text, message.entities) == ("1950", ())
