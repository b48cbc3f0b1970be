"""Any card becomes HTML that says exactly its words, and in which nothing of the words is markup."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.render import Renderer, Shown, bits, link, picture_link, share, speakable, vote_ids
from bot.i18n import Catalogues
from bot.model import Button, ButtonRole, Card, Line, LineKind, Picture, Span, Style, Tally

RENDERER = Renderer()
EN = Catalogues()("en")

TAGS = {
    "article": {"class", "id", "lang", "tabindex", "data-at"},
    "header": {"class"},
    "span": {"class"},
    "svg": {"class", "aria-hidden"},
    "use": {"href"},
    "rect": {"width", "height"},
    "output": {"class"},
    "img": {"class", "src", "alt", "loading", "decoding", "referrerpolicy"},
    "h2": {"class", "dir", "lang"},
    "h3": {"class", "dir"},
    "blockquote": {"class", "dir", "lang"},
    "ul": {"class"},
    "li": {"dir"},
    "p": {"class", "dir", "lang"},
    "strong": set[str](),
    "em": set[str](),
    "code": {"dir"},
    "a": {"class", "href", "target", "rel", "aria-current"},
    "time": {"datetime", "title"},
    "form": {"class", "method", "action", "data-live", "data-dismisses"},
    "input": {"type", "name", "value"},
    "div": {"class", "role", "aria-label"},
    "button": {"class", "name", "value", "aria-pressed", "aria-label"},
}
"""All that a card may consist of."""

BLOCKS = {"h2", "h3", "blockquote", "li", "p"}


class Read(HTMLParser):
    """Reads a fragment as a browser would, as far as our own few tags go."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.own = False
        """Within what the page itself says around a card."""
        self.lines: list[str] = []
        self.labels: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert {name for name, _ in attrs} <= TAGS[tag]
        assert len({name for name, _ in attrs}) == len(attrs)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.own = self.own or tag == "header" or ("class", "here") in attrs
        if tag in BLOCKS and not self.own:
            self.lines.append("")
        if (tag == "button" and ("class", "icon") not in attrs) or (tag == "a" and ("class", "button") in attrs):
            self.labels.append("")
        if tag not in ("img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "header" or (tag == "p" and "header" not in self.open):
            self.own = False

    def handle_data(self, data: str) -> None:
        if self.own:
            return
        if BLOCKS & set(self.open):
            self.lines[-1] += data
        elif {"button", "a"} & set(self.open):
            self.labels[-1] += data
        else:
            assert not data.strip()

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")


hostile = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "</article></div>",
        "<!--",
        "]]>",
        '" onmouseover="x',
        "' onmouseover='x",
        "&lt;b&gt;",
        "&amp",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "javascript:alert(1)",
        "data:text/html,x",
        'https://example.org/?a=1&b="2"',
        "//example.org",
        "\u202eevil",
        "\ud83d",
        "\x00\x1b\r\n",
    ]
)
texts = st.text() | hostile | st.builds("".join, st.lists(hostile | st.text(max_size=5), max_size=4))
moments = st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1 < at.year < 9999)
spans = st.builds(Span, texts, st.sampled_from(Style), st.none() | texts, st.none() | moments)
lines = st.builds(Line, st.sampled_from(LineKind), st.lists(spans, max_size=4).map(tuple))
buttons = st.builds(
    Button,
    texts,
    st.text(st.characters(max_codepoint=126), max_size=64),
    st.sampled_from(ButtonRole),
    st.none() | texts,
    st.booleans(),
    st.none() | st.integers(0, 10**9),
)
cards = st.builds(
    Card,
    texts,
    st.lists(lines, max_size=6).map(tuple),
    st.lists(st.lists(buttons, min_size=1, max_size=3).map(tuple), max_size=3).map(tuple),
    st.none() | st.builds(Picture, texts, texts),
    st.none() | texts,
)


NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORDS = {ButtonRole.BULLISH: "Bullish", ButtonRole.BEARISH: "Bearish"}


def label(button: Button) -> str:
    counted = button.role in WORDS and button.count is not None
    return f"{WORDS[button.role]} {EN.number(button.count or 0)}" if counted else button.label


@given(card=cards, asked=st.none() | texts)
def test_a_card_says_its_words_and_nothing_of_them_is_markup(card: Card, asked: str | None) -> None:
    pressed = [button.id for row in card.buttons for button in row][::2]
    html = RENDERER.card(Shown("m1", "en", card, asked, NOW, pressed), EN)
    html.encode()
    read = Read(html)
    buttons = [button for row in card.buttons for button in row]
    votes = [button for button in buttons if button.role in WORDS]
    # Tallies stand with the votes that they count.
    lines = sorted(card.lines, key=lambda line: bool(votes) and line.kind is LineKind.TALLY)
    assert read.lines == [speakable("".join(span.text for span in line.spans)) for line in lines]
    others = [one for one in buttons if one not in votes and (one.role is not ButtonRole.LINK or link(one.url))]
    assert read.labels == [speakable(label(button)) for button in (*votes, *others)]
    for tag, name, value in read.attributes:
        if name in ("href", "src") and tag != "use":
            assert value is not None
            assert value.lower().startswith("https://" if tag == "img" else ("https://", "http://"))
        if (tag, name) == ("form", "action"):
            assert value in {"/r/en/press", "/r/en/dismiss"}
        if (tag, name) == ("use", "href"):
            assert value is not None
            assert re.fullmatch("#[a-z]+", value)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "\x01https://example.org",
        "https://example.org/ onclick=x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.org",
        "/r/en",
        "https:",
        "https://",
        "https://[",
        "http://[::1",
    ],
)
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    assert link(url) is None
    assert picture_link(url) is None


def test_pictures_come_over_https_only_as_the_policy_says() -> None:
    assert picture_link("https://example.org/a.png") == "https://example.org/a.png"
    assert picture_link("http://example.org/a.png") is None


def test_the_language_of_a_story_is_marked_where_it_differs() -> None:
    card = Card(
        "hy", (Line(LineKind.TITLE, (Span("Title"),)), Line(LineKind.NOTE, (Span("note"),))), content_language="fr"
    )
    html = RENDERER.card(Shown("m1", "hy", card), EN)
    assert 'lang="hy" tabindex' in html
    assert '<h2 class="title" dir="auto" lang="fr">Title</h2>' in html
    assert '<p class="note" dir="auto">note</p>' in html


def test_a_title_links_to_its_article_without_telling_where_from() -> None:
    card = Card("en", (Line(LineKind.TITLE, (Span("Title", Style.BOLD, url="https://example.org/?a=1&b=2"),)),))
    html = RENDERER.card(Shown("m1", "en", card), EN)
    assert 'href="https://example.org/?a=1&amp;b=2" target="_blank" rel="noopener nofollow ugc"><strong>' in html


BULL = Button("🐂 Bullish 3", "v:1:b", ButtonRole.BULLISH, count=3)
BEAR = Button("🐻 Bearish 1", "v:1:s", ButtonRole.BEARISH, count=1)


def test_only_the_readers_own_press_is_marked() -> None:
    card = Card("en", (), ((BULL, BEAR),))
    html = RENDERER.card(Shown("m1", "en", card, pressed={"v:1:s", "v:2:b"}), EN)
    assert re.findall('value="([^"]+)" aria-pressed="(true|false)"', html) == [("v:1:b", "false"), ("v:1:s", "true")]
    assert 'width="75%"' in html
    assert "4 votes in this room" in html
    assert vote_ids([card, Card("en", (), ((Button("Help", "c:help:"),),))]) == ["v:1:b", "v:1:s"]


def test_buttons_of_before_that_carry_no_numbers_say_their_label() -> None:
    html = RENDERER.card(Shown("m1", "en", Card("en", (), ((replace(BULL, count=None), BEAR),))), EN)
    assert "🐂 Bullish 3" in html
    assert "in this room" not in html


@pytest.mark.parametrize(("bullish", "bearish", "percent"), [(0, 0, 50), (0, 3, 0), (5, 0, 100), (1, 2, 33)])
def test_the_share_is_of_a_hundred(bullish: int, bearish: int, percent: int) -> None:
    assert share(Tally(bullish, bearish)) == percent


def test_a_button_leads_to_our_own_rooms_and_nowhere_else_here() -> None:
    doors = tuple(
        Button(url or "nowhere", role=ButtonRole.LINK, url=url)
        for url in ("/r/fr", "/r/zh-Hant", "/r/../enter", "//evil.example", "/r/fr/press", "/enter", None)
    )
    html = RENDERER.card(Shown("a1", "en", Card("en", (), (doors,)), asked=""), EN)
    assert re.findall('href="(/[^"]*)"', html) == ["/r/fr", "/r/zh-Hant"]


def test_the_parts_of_a_row_are_apart_from_the_dots_between_them() -> None:
    line = Line(
        LineKind.META, (Span("A · B"), Span(" · "), Span("now", moment=NOW), Span(" · "), Span("x", Style.BOLD))
    )
    assert [(dot is not None, "".join(span.text for span in part)) for dot, part in bits(line)] == [
        (False, "A · B"),
        (True, "now"),
        (True, "x"),
    ]
    assert [part for _, part in bits(Line(LineKind.META, ()))] == [[]]


def test_a_paragraph_that_is_a_list_has_its_rows() -> None:
    spans = (Span("1. "), Span("Alpha"), Span("\n"), Span("– Beta\nGamma"))
    html = RENDERER.card(Shown("a1", "en", Card("en", (Line(LineKind.TEXT, spans),)), asked="/sources list"), EN)
    assert '<span class="row">1. Alpha\n</span><span class="row">– Beta\nGamma</span>' in html
