"""Any card becomes HTML that says exactly its words, and in which nothing of the words is markup."""

from __future__ import annotations

from datetime import UTC
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.render import Renderer, Shown, link, picture_link, speakable
from bot.i18n import Catalogues
from bot.model import Button, ButtonRole, Card, Line, LineKind, Picture, Span, Style

RENDERER = Renderer()
EN = Catalogues()("en")

TAGS = {
    "article": {"class", "id", "lang", "tabindex"},
    "header": {"class"},
    "span": set[str](),
    "img": {"class", "src", "alt", "loading", "decoding", "referrerpolicy"},
    "h2": {"class", "dir", "lang"},
    "h3": {"class", "dir"},
    "blockquote": {"class", "dir", "lang"},
    "ul": {"class"},
    "li": {"dir"},
    "p": {"class", "dir", "lang"},
    "strong": set[str](),
    "em": set[str](),
    "code": set[str](),
    "a": {"class", "href", "target", "rel"},
    "time": {"datetime", "title"},
    "form": {"class", "method", "action", "data-live"},
    "input": {"type", "name", "value"},
    "div": {"class"},
    "button": {"class", "name", "value", "aria-pressed"},
}
"""All that a card may consist of."""

BLOCKS = {"h2", "h3", "blockquote", "li", "p"}


class Read(HTMLParser):
    """Reads a fragment as a browser would, as far as our own few tags go."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
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
        if tag in BLOCKS:
            self.lines.append("")
        if tag == "button" or (tag == "a" and ("class", "button") in attrs):
            self.labels.append("")
        if tag not in ("img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if BLOCKS & set(self.open):
            self.lines[-1] += data
        elif {"button", "a"} & set(self.open):
            self.labels[-1] += data
        elif "header" not in self.open:
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
)
cards = st.builds(
    Card,
    texts,
    st.lists(lines, max_size=6).map(tuple),
    st.lists(st.lists(buttons, min_size=1, max_size=3).map(tuple), max_size=3).map(tuple),
    st.none() | st.builds(Picture, texts, texts),
    st.none() | texts,
)


@given(card=cards, asked=st.none() | texts)
def test_a_card_says_its_words_and_nothing_of_them_is_markup(card: Card, asked: str | None) -> None:
    html = RENDERER.card(Shown("m1", "en", card, asked), EN)
    html.encode()
    read = Read(html)
    assert read.lines == [speakable("".join(span.text for span in line.spans)) for line in card.lines]
    labels = [
        speakable(button.label)
        for row in card.buttons
        for button in row
        if button.role is not ButtonRole.LINK or link(button.url)
    ]
    assert read.labels == labels
    for tag, name, value in read.attributes:
        if name in ("href", "src"):
            assert value is not None
            assert value.lower().startswith("https://" if tag == "img" else ("https://", "http://"))
        if (tag, name) == ("form", "action"):
            assert value == "/r/en/press"


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
