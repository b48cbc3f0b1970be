"""Cards as Discord's components: always valid, and nothing that a feed says is markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.render import has_button, plainer, render, thread_name
from bot.model import Button, ButtonRole, Card, Line, LineKind, Picture, Span, Style
from tests.emulators.discord import message_form

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def text_of(components) -> str:
    found = []
    for component in components:
        if component["type"] == 10:
            found.append(component["content"])
        found.append(text_of(component.get("components", [])))
    return "\n".join(part for part in found if part)


def shown(card: Card) -> str:
    return text_of(render(card).components)


def story(*lines: Line, **more) -> Card:
    return Card(language=more.pop("language", "en"), lines=lines, **more)


def line(text: str, kind: LineKind = LineKind.TEXT, **looks) -> Line:
    return Line(kind, (Span(text, **looks),))


def title(text: str, url: str | None = "https://news.example/1") -> Line:
    return Line(LineKind.TITLE, (Span(text, Style.BOLD, url=url),))


def read(markdown: str) -> str:
    """What a reader sees of escaped words."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", markdown).replace("\u2060", "")


def rows(card: Card):
    return [component["components"] for component in render(card).components if component["type"] == 1]


# --- any card ---

texts = (
    st.text(max_size=60)
    | st.text("*_~`|\\[]()<>#-+.1: @\n/", max_size=30)
    | st.sampled_from(
        [
            "@everyone",
            "<@123>",
            "https://evil.example/x",
            "[click](https://evil.example)",
            "1. one\n2. two",
            "👩‍👩‍👧‍👦" * 3,
            "\ud800",
        ]
    )
)
urls = st.none() | st.sampled_from(
    [
        "https://news.example/a_(b)?c=d|e",
        "javascript:alert(1)",
        "https://u:p@h/",
        "http://x/" + "y" * 3000,
        "https://[bad",
    ]
)
spans = st.builds(
    Span, text=texts, style=st.sampled_from(Style), url=urls, moment=st.none() | st.datetimes(timezones=st.just(UTC))
)
buttons = st.builds(
    Button,
    label=st.text(max_size=120),
    id=st.text("vcs:b0123", max_size=120) | st.sampled_from(["", "v:1:b", "é"]),
    role=st.sampled_from(ButtonRole),
    url=urls,
    pressed=st.booleans(),
)
cards = st.builds(
    Card,
    language=st.sampled_from(("en", "hy", "ja", "pt")),
    lines=st.lists(st.builds(Line, st.sampled_from(LineKind), st.lists(spans, max_size=4).map(tuple)), max_size=8).map(
        tuple
    ),
    buttons=st.lists(st.lists(buttons, max_size=12).map(tuple), max_size=8).map(tuple),
    picture=st.none()
    | st.builds(Picture, url=st.sampled_from(["https://p.example/a.png", "data:x", "http://"]), alt=texts),
)


@settings(max_examples=150, deadline=None)
@given(cards, st.sampled_from((1, 1, 1, 20)))
def test_any_card_becomes_a_message_that_discord_accepts(card, times):
    long = Card(card.language, card.lines * times, card.buttons, card.picture)
    for version in (long, *plainer(long)):
        payload = render(version).payload()
        message_form.read(payload, {})
        assert payload["allowed_mentions"] == {"parse": []}
        assert len(rows(version)) <= 5
        assert thread_name(version)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(LineKind), st.from_regex(r"[\w*_#>.,!@:~|()-]{1,20}", fullmatch=True)),
        min_size=1,
        max_size=6,
    )
)
def test_the_words_of_a_card_can_be_read_in_its_message(words):
    card = story(*(line(text, kind) for kind, text in words))

    reading = read(shown(card))

    for _, text in words:
        assert text in reading


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=200), st.integers(3900, 9000))
def test_a_long_text_is_cut_and_title_and_tally_stay(seed, size):
    card = story(title("Rates stay"), line((seed * size)[:size]), line("In all chats: 3", LineKind.TALLY))

    payload = render(card).payload()

    message_form.read(payload, {})
    assert "Rates stay" in shown(card)
    assert "In all chats: 3" in shown(card)


# --- looks ---


def test_a_story_is_a_framed_text_with_its_title_linked_and_its_moment_relative():
    card = story(
        title("Rates stay"),
        Line(LineKind.META, (Span("The Wire"), Span(" · "), Span("Nov 22, 2026", moment=NOON))),
        line("The bank waits."),
        line("In all chats: bullish 3, bearish 1", LineKind.TALLY),
        picture=Picture("https://p.example/a.png", "A bank"),
    )

    frame = render(card).components[0]

    assert frame["type"] == 17
    assert frame["components"][0]["content"] == (
        "### [Rates stay](https://news.example/1)\n"
        f"-# The Wire · <t:{int(NOON.timestamp())}:R>\n\n"
        "The bank waits.\n\n"
        "In all chats: bullish 3, bearish 1"
    )
    assert frame["components"][1]["items"] == [{"media": {"url": "https://p.example/a.png"}, "description": "A bank"}]


def test_in_armenian_which_discords_clients_lack_the_moment_is_a_date():
    card = story(Line(LineKind.META, (Span("22 նոյեմբերի", moment=NOON),)), language="hy")

    assert shown(card) == "-# 22 նոյեմբերի"


def test_quotations_items_and_notes_have_their_looks():
    card = story(
        line("What I can do", LineKind.HEADING, style=Style.BOLD),
        line("one", LineKind.ITEM),
        line("two", LineKind.ITEM, style=Style.BOLD),
        line("first\nsecond", LineKind.QUOTE),
        line("small", LineKind.NOTE),
    )

    assert shown(card) == "**What I can do**\n- one\n- **two**\n\n> first\n> second\n\n-# small"


@pytest.mark.parametrize(
    ("words", "markdown"),
    [
        ("*bold* and _slanted_", r"\*bold\* and \_slanted\_"),
        ("# no heading\n- no item", "\\# no heading\n\\- no item"),
        ("1. no list", r"1\. no list"),
        ("> no quote", r"\> no quote"),
        ("-# no small print", r"\-# no small print"),
        ("<@42> <t:1:R>", r"\<@42> \<t:1:R>"),
        ("[here](https://evil.example)", r"\[here](https\://evil.example)"),
        ("||secret|| ~~gone~~ a|b ~5", r"\|\|secret\|\| \~\~gone\~\~ a|b ~5"),
        ("@everyone look", "@\u2060everyone look"),
        ("5 - 3 = 2 and C# + 1.5", "5 - 3 = 2 and C# + 1.5"),
    ],
)
def test_nothing_that_a_feed_says_is_markup(words, markdown):
    assert shown(story(line(words))) == markdown


def test_a_titles_brackets_and_breaks_dont_break_its_link():
    card = story(title("[Live] What\nnow] (part *2*)", "https://news.example/a_(b) c"))

    assert shown(card) == r"### [(Live) What now) (part \*2\*)](https://news.example/a_%28b%29%20c)"


def test_an_address_that_isnt_http_is_no_link():
    assert shown(story(title("Free money", "javascript:alert(1)"))) == "### Free money"


def test_a_cut_never_splits_a_character_as_people_see_it():
    family = "👩‍👩‍👧‍👦"
    card = story(line(family * 1000))

    text = shown(card)

    assert text.endswith("…")
    assert set(text.removesuffix("…").split(family)) == {""}


# --- buttons ---


def test_vote_buttons_are_green_and_red_and_carry_their_ids():
    card = story(
        title("Rates stay"),
        buttons=(
            (Button("🐂 Bullish 2", "v:7:b", ButtonRole.BULLISH), Button("🐻 Bearish 0", "v:7:s", ButtonRole.BEARISH)),
        ),
    )

    assert rows(card) == [
        [
            {"type": 2, "style": 3, "label": "🐂 Bullish 2", "custom_id": "v:7:b"},
            {"type": 2, "style": 4, "label": "🐻 Bearish 0", "custom_id": "v:7:s"},
        ]
    ]
    assert has_button(list(render(card).components), "v:7:b")
    assert not has_button(list(render(card).components), "v:8:b")


def test_the_present_choice_is_coloured_and_ticked():
    card = story(line("Choose"), buttons=((Button("Français", "c:language:fr", pressed=True),),))

    assert rows(card)[0][0] == {"type": 2, "style": 1, "label": "✓ Français", "custom_id": "c:language:fr"}


def test_wide_rows_are_wrapped_and_too_many_rows_are_packed():
    wide = tuple(Button(str(n), f"c:x:{n}") for n in range(7))
    many = tuple((Button(f"m{n}", f"c:y:{n}"),) for n in range(8))

    assert [len(row) for row in rows(story(line("x"), buttons=(wide,)))] == [5, 2]
    assert [len(row) for row in rows(story(line("x"), buttons=many))] == [5, 3]


def test_a_button_that_could_do_nothing_or_comes_twice_is_left_out():
    card = story(
        line("x"),
        buttons=(
            (
                Button("a", ""),
                Button("b", "c:1:"),
                Button("c", "c:1:"),
                Button("d", role=ButtonRole.LINK, url="ftp://x"),
            ),
        ),
    )

    assert [button["label"] for button in rows(card)[0]] == ["b"]


def test_plainer_versions_lose_the_picture_first_and_then_links_and_styles():
    card = story(title("Rates stay"), picture=Picture("https://p.example/a.png"))

    first, second = plainer(card)

    assert "[Rates stay](" in shown(first)
    assert first.picture is None
    assert shown(second) == "### Rates stay"


def test_a_forums_thread_is_called_like_the_story():
    assert thread_name(story(title("A\n*very*  " + "long " * 50))).startswith("A *very* long long")
    assert len(thread_name(story(title("x" * 300)))) == 100
    assert thread_name(story()) == "…"
