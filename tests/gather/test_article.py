"""A page becomes neutral lines in any language; what is no article says so; nothing hostile costs more than time."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.gather import article as module
from bot.gather.article import Article, NoArticle, is_about, read_article, says_little
from bot.model import LineKind
from tests.emulators.feeds.articles import ArticlePage
from tests.gather.told_articles import CHINESE, ENGLISH, EVERY, FRENCH, GERMAN, JAPANESE

URL = "https://news.example/2026/11/a-story-about-something"


def read(page: ArticlePage | bytes, title: str = "", url: str = URL) -> Article | NoArticle:
    body = page.html() if isinstance(page, ArticlePage) else page
    return read_article(body, "text/html; charset=utf-8", url, title or getattr(page, "title", ""), "en")


def article(page: ArticlePage | bytes, title: str = "", url: str = URL) -> Article:
    found = read(page, title, url)
    assert isinstance(found, Article), found
    return found


def said(found: Article, kind: LineKind) -> list[str]:
    return ["".join(span.text for span in line.spans) for line in found.lines if line.kind is kind]


@pytest.mark.parametrize("told", EVERY, ids=lambda told: told.language)
def test_the_article_is_read_in_any_language_and_nothing_around_it(told: ArticlePage) -> None:
    found = article(told)
    texts = said(found, LineKind.TEXT)
    for paragraph in told.paragraphs:
        assert paragraph in texts
    assert found.title == told.title
    assert told.paragraphs[0][:60] in found.lede
    everything = "\n".join(span.text for line in found.lines for span in line.spans)
    for noise in ("Section", "cookies", "teaser", "reserved", "tracking", "not a paragraph"):
        assert noise not in everything
    assert len(found.lede) <= 400


def test_headings_quotations_and_lists_are_lines_of_their_kind() -> None:
    found = article(ENGLISH)
    assert said(found, LineKind.HEADING) == [ENGLISH.heading]
    assert said(found, LineKind.QUOTE) == [ENGLISH.quotation]
    assert said(found, LineKind.ITEM) == list(ENGLISH.points)
    assert said(article(FRENCH), LineKind.QUOTE) == [FRENCH.quotation]


def test_author_date_and_picture_come_from_what_the_page_tells_machines() -> None:
    found = article(ENGLISH)
    assert found.author == "Ada Example"
    assert found.published_at == datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
    assert found.picture == "https://news.example/pictures/bank.jpg"
    assert article(GERMAN).published_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert article(JAPANESE).picture is None
    assert article(replace(ENGLISH, author="https://facebook.example/ada")).author == ""


def test_a_page_may_name_a_better_address_of_its_host_but_not_the_whole_site() -> None:
    better = "https://news.example/2026/11/a-story-about-something-else"
    assert article(replace(ENGLISH, canonical=better), url=f"{URL}?utm_source=feed").url == better
    assert article(replace(ENGLISH, canonical="https://news.example/")).url == URL
    elsewhere = "https://agency.example/2026/11/first-told-here-by-us"
    found = article(
        replace(ENGLISH, canonical=elsewhere, alternates=[("fr", "https://news.example/fr/2026/une-banque")])
    )
    assert found.url == URL
    assert "a:agency.example/2026/11/first-told-here-by-us" in found.clues
    assert "a:news.example/fr/2026/une-banque" in found.clues


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (replace(ENGLISH, free=False), NoArticle.PAID),
        (replace(ENGLISH, robots="noindex, follow"), NoArticle.FORBIDDEN),
        (replace(ENGLISH, robots="nosnippet"), NoArticle.FORBIDDEN),
        (
            replace(ENGLISH, paragraphs=("To read on, subscribe now.",), heading="", quotation="", points=()),
            NoArticle.NOTHING,
        ),
        (b"<html><title>Log in</title><body><form><input type=password></form></body></html>", NoArticle.LOGIN),
        (b"<html><title>Just a moment...</title><body>Checking your browser</body></html>", NoArticle.ROBOTS),
        (b"", NoArticle.NOTHING),
        (b"\x00\x01\x02\x03" * 500, NoArticle.NOTHING),
        (b"<html>", NoArticle.NOTHING),
        (b'{"a": "' + b"word " * 500 + b'"}', NoArticle.NOTHING),
    ],
)
def test_a_page_that_is_no_article_says_why(told: ArticlePage | bytes, why: NoArticle) -> None:
    assert read(told, ENGLISH.title) is why


def test_a_page_about_something_else_is_not_taken_for_the_article() -> None:
    for page in EVERY:
        if page.language not in {"en", "zh", "ja", "ko", "ru", "hy"}:
            assert read(page, ENGLISH.title) is NoArticle.ANOTHER
    consent = ArticlePage(
        "Before you continue",
        [
            "We and our partners use cookies and data to keep up our services, and to measure what you read.",
            "If you choose to accept all of it, we will also use cookies and data to develop and improve new services.",
            "If you choose to reject, we will not use cookies for these additional purposes, and you can still go on.",
        ],
    )
    for page in EVERY:
        assert read(consent, page.title) is NoArticle.ANOTHER
    assert is_about("", "anything")
    assert is_about("!!!", "anything")


def test_a_title_that_the_feed_has_shortened_or_decorated_is_still_about_it() -> None:
    assert isinstance(read(ENGLISH, "Harbour Bank now holds 4,000 bitcoin (Daily Example)"), Article)
    assert isinstance(read(CHINESE, "【快讯】海港银行比特币储备增至四千枚"), Article)


def hostile() -> dict[str, bytes]:
    paragraph = b"<p>" + ENGLISH.paragraphs[0].encode() + b"</p>"
    return {
        "deep divs": b"<html><body>" + b"<div>" * 50_000 + paragraph * 5,
        "deep spans": b"<html><body><p>" + b"<span>" * 20_000 + paragraph * 5,
        "deep lists": b"<html><body>" + b"<ul><li>" * 10_000 + paragraph * 5,
        "deep quotes": b"<html><body>" + b"<blockquote>" * 300 + paragraph * 5,
        "100k tags": b"<html><body><article>" + b"<p>a</p>" * 100_000,
        "100k empty tags": b"<html><body>" + b"<br>" * 100_000,
        "one long word": b"<html><body><article><p>" + b"a" * 1_900_000 + b"</p></article>",
        "one long attribute": b"<html><body><p class='" + b"a " * 900_000 + b"'>" + paragraph * 5,
        "many attributes": b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(50_000)) + b">x</p>" + paragraph,
        "unclosed comment": b"<html><body><!-- " + paragraph * 1000,
        "unclosed script": b"<html><body><script>" + paragraph * 1000,
        "entities": b"<html><body><p>" + b"&amp;&#x1F600;&bogus;" * 50_000 + b"</p>",
        "deep json": b"<html><head><script type=application/ld+json>"
        + b"[" * 90_000
        + b"</script></head>"
        + paragraph * 5,
        "wide json": b"<html><head><script type=application/ld+json>["
        + b"{}," * 60_000
        + b"{}]</script>"
        + paragraph * 5,
        "nulls": b"<html><body>" + b"\x00" * 100_000 + paragraph * 5,
        "processing": b"<?xml version='1.0' encoding='utf-16'?><html><body>" + paragraph * 5,
        "doctype": b"<!DOCTYPE html [<!ENTITY a 'b'>]><html><body>&a;" + paragraph * 5,
        "utf-7": b"<html><meta charset=utf-7><body>+ADw-script+AD4-" + paragraph * 5,
        "overrides": "<html><body><p>\u202ebackwards\u202c</p>".encode() + paragraph * 5,
        "many headings": b"<html><body><article>" + b"<h2>Heading</h2>" * 10_000 + b"</article>",
        "table": b"<html><body>" + b"<table><tr><td>" * 150 + paragraph * 5,
    }


@pytest.mark.parametrize("name", hostile())
def test_hostile_pages_end_in_an_answer_within_bounds(name: str) -> None:
    began = time.process_time()
    found = read(hostile()[name], ENGLISH.title)
    assert time.process_time() - began < 8  # the worker's deadline is ten seconds
    if isinstance(found, Article):
        assert len(pickle.dumps(found)) < 200_000
        assert len(found.lines) <= module.MAX_LINES
        assert sum(len(span.text) for line in found.lines for span in line.spans) <= module.MAX_TEXT + module.MAX_LINES
        assert "\u202e" not in found.lede


def test_an_article_of_a_whole_book_is_cut_to_what_is_kept() -> None:
    book = replace(ENGLISH, paragraphs=[f"{ENGLISH.paragraphs[n % 3]} {n}" for n in range(2_000)])
    found = article(book)
    assert len(found.lines) <= module.MAX_LINES
    assert sum(len(span.text) for line in found.lines for span in line.spans) <= module.MAX_TEXT


@pytest.mark.parametrize(
    ("lede", "little"), [("", True), ("a" * 199, True), ("a" * 200, False), ("字" * 99, True), ("字" * 100, False)]
)
def test_signs_that_say_more_count_twice(lede: str, little: bool) -> None:
    assert says_little(lede) is little


@pytest.mark.parametrize(
    ("robots", "most"),
    [
        ("max-snippet: 90", 90),
        ("all\nnewstally: max-snippet:90, noarchive", 90),
        ("max-snippet:-1", None),
        ("googlebot: max-snippet: 90", None),
        ("max-snippet:" + "9" * 40, None),
    ],
)
def test_no_more_is_kept_of_an_article_than_may_be_shown(robots: str, most: int | None) -> None:
    found = read_article(ENGLISH.html(), "text/html", URL, ENGLISH.title, "en", None, robots)
    assert isinstance(found, Article)
    told = sum(len(span.text) for line in found.lines for span in line.spans)
    if most is None:
        assert told > 500
    else:
        assert 0 < told <= most
        assert 0 < len(found.lede) <= most


@pytest.mark.parametrize("robots", ["noindex", "none", "max-snippet:0", "Newstally: nosnippet", "x: all\nNOINDEX"])
def test_a_server_may_forbid_its_pages(robots: str) -> None:
    found = read_article(ENGLISH.html(), "text/html", URL, ENGLISH.title, "en", None, robots)
    assert found is NoArticle.FORBIDDEN
