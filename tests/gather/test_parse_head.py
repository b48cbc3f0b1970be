"""What a feed says of itself and of its entries beside their words: manners, hubs, links, other languages."""

from __future__ import annotations

import json

import pytest

from bot.gather.parse import parse_feed
from bot.gather.parsed import Manners, ParsedFeed

URL = "https://a.example/feeds/main.xml"
SPACES = (
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)


def rss(head: str = "", item: str = "") -> ParsedFeed:
    channel = f"<title>F</title>{head}<item><title>T</title>{item}</item>"
    return parse_feed(f'<rss version="2.0" {SPACES}><channel>{channel}</channel></rss>'.encode(), "", URL)


@pytest.mark.parametrize(
    ("head", "manners"),
    [
        ("", Manners()),
        ("<ttl>90</ttl>", Manners(ttl=5400)),
        ("<ttl> 90 </ttl><sy:updatePeriod>daily</sy:updatePeriod>", Manners(ttl=5400)),
        ("<ttl>0</ttl>", Manners()),
        ("<ttl>soon</ttl>", Manners()),
        ("<ttl>-5</ttl>", Manners()),
        ("<ttl>99999999999</ttl>", Manners()),
        ("<ttl>999999</ttl>", Manners(ttl=30 * 86_400)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", Manners(ttl=3600)),
        (
            "<sy:updatePeriod> Daily </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            Manners(ttl=6 * 3600),
        ),
        ("<sy:updatePeriod>never</sy:updatePeriod>", Manners()),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", Manners(ttl=86_400)),
        (
            "<skipHours><hour>23</hour><hour>0</hour><hour>24</hour><hour>x</hour></skipHours>",
            Manners(skip_hours=(0, 23)),
        ),
        ("<skipDays><day>Sunday</day><day> monday</day><day>Holiday</day></skipDays>", Manners(skip_days=(0, 6))),
    ],
)
def test_how_a_feed_wants_to_be_asked(head: str, manners: Manners) -> None:
    assert rss(head).manners == manners


def test_a_hub_is_known_with_the_address_that_the_feed_has_there() -> None:
    links = '<atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" href="main.xml"/>'
    feed = rss(links)
    assert (feed.hub, feed.hub_topic) == ("https://hub.example/", URL)
    plain = links.replace("atom:", "")
    feed = parse_feed(f'<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>{plain}</feed>'.encode(), "", URL)
    assert (feed.hub, feed.hub_topic) == ("https://hub.example/", URL)
    assert rss('<atom:link rel="self" href="main.xml"/>').hub_topic is None


def test_a_hub_of_json_feed() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "F",
        "feed_url": "https://a.example/own.json",
        "hubs": [7, {"type": "WebSub", "url": "https://hub.example/"}],
        "items": [],
    }
    read = parse_feed(json.dumps(feed).encode(), "", URL)
    assert (read.hub, read.hub_topic) == ("https://hub.example/", "https://a.example/own.json")


def test_the_addresses_that_a_text_links_to() -> None:
    markup = (
        "<a href='/b'>b</a> <a href='https://c.example/?x=1&amp;y=2'>c</a> <a href='#top'>top</a> "
        "<a href='mailto:x@a.example'>m</a> <a href=/b>again</a> <a href='https://a.example/own'>own</a> <a>none</a>"
    )
    (entry,) = rss(item=f"<link>/own</link><description><![CDATA[{markup}]]></description>").entries
    assert entry.outbound == ("https://a.example/b", "https://c.example/?x=1&y=2")


def test_a_text_of_nothing_but_links_keeps_a_few() -> None:
    markup = "".join(f"<a href='/{n}'>x</a>" for n in range(500))
    (entry,) = rss(item=f"<description><![CDATA[{markup}]]></description>").entries
    assert len(entry.outbound) == 20


def test_the_same_in_other_languages() -> None:
    (entry,) = rss(
        item='<xhtml:link rel="alternate" hreflang="de-DE" href="/de"/>'
        '<atom:link rel="alternate" hreflang="fr" href="/fr"/><atom:link rel="self" hreflang="es" href="/es"/>'
        '<xhtml:link rel="alternate" hreflang="x-default" href="/"/>'
    ).entries
    assert set(entry.alternates) == {("de", "https://a.example/de"), ("fr", "https://a.example/fr")}


def test_clues_and_topics_come_with_an_entry() -> None:
    (entry,) = rss("<language>en</language>", "<link>/btc</link><description>Bitcoin rose.</description>").entries
    assert "BTC" in entry.topics
    assert entry.clues


@pytest.mark.parametrize(
    ("declared", "title", "language"),
    [
        ("en-us", "중앙은행이 기준금리를 동결하기로 결정했다", "ko"),
        ("en", "Центральный банк решил оставить процентную ставку без изменений", "ru"),
        ("en", "NVIDIA, 새로운 칩을 발표", "ko"),
        ("ja", "Bitcoin ETF", "ja"),
        ("de", "Die Bank πάντα", "de"),
        ("en", "2026", "en"),
    ],
)
def test_a_declared_language_holds_unless_the_letters_are_others(declared: str, title: str, language: str) -> None:
    channel = f"<title>F</title><language>{declared}</language><item><title>{title}</title></item>"
    (entry,) = parse_feed(f"<rss><channel>{channel}</channel></rss>".encode(), "", URL).entries
    assert entry.language == language


def test_a_list_of_feeds_is_no_web_page() -> None:
    opml = b"<opml version='2.0'><head><title>Mine</title></head><body><outline text='A'/></body></opml>"
    with pytest.raises(Exception, match="isn't a feed that I can read"):
        parse_feed(opml, "", URL)


def test_items_that_stand_where_no_format_has_them_are_found() -> None:
    text = (
        "<rss><channel><title>F</title><box><list><part><group><row>"
        "<item><title>One</title><link>https://a.example/1</link><guid>1</guid><description>Words.</description>"
        "<pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate></item>"
        "</row></group></part></list></box></channel></rss>"
    )
    (entry,) = parse_feed(text.encode(), "", URL).entries
    assert (entry.title, entry.url, entry.lede) == ("One", "https://a.example/1", "Words.")
    assert entry.published_at is not None
