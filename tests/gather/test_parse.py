"""Bytes → a feed."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import SourceError
from bot.gather.parse import parse_feed
from bot.gather.parsed import ParsedEntry, ParsedFeed
from tests.emulators.feeds import Item, atom, json_feed, rss

URL = "https://a.example/feeds/main.xml"
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ITEMS = [
    Item("First", "https://a.example/1", "g1", AT, "<p>One <b>bold</b> word.</p>"),
    Item("Second &amp; last", "https://a.example/2", "g2", AT, "Two"),
]


def parse(body: bytes | str, content_type: str = "", url: str = URL) -> ParsedFeed:
    return parse_feed(body.encode() if isinstance(body, str) else body, content_type, url)


def item(inside: str, channel: str = "") -> ParsedEntry:
    namespaces = (
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    )
    feed = parse(
        f'<rss version="2.0" {namespaces}><channel><title>F</title>{channel}<item>{inside}</item></channel></rss>'
    )
    (entry,) = feed.entries
    return entry


def entry(inside: str, attributes: str = "") -> ParsedEntry:
    feed = parse(
        f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>F</title><entry>{inside}</entry></feed>'
    )
    (only,) = feed.entries
    return only


@pytest.mark.parametrize("write", [rss, atom, json_feed])
def test_every_format_says_the_same(write) -> None:
    feed = parse(write(ITEMS, title="The feed", language="fr-CA"))
    assert (feed.title, feed.language) == ("The feed", "fr")
    assert [(one.url, one.published_at, one.language, one.lede) for one in feed.entries] == [
        ("https://a.example/1", AT, "fr", "One bold word."),
        ("https://a.example/2", AT, "fr", "Two"),
    ]
    assert feed.entries[0].title == "First"


def test_rdf_is_read() -> None:
    feed = parse(
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="x"><title>Old</title><link>https://a.example/</link><dc:language>de</dc:language></channel>'
        '<item rdf:about="https://a.example/1"><title>Eins</title><link>https://a.example/1</link>'
        "<dc:date>2026-11-22T11:00:00+01:00</dc:date></item></rdf:RDF>"
    )
    assert (feed.title, feed.language, feed.site_url) == ("Old", "de", "https://a.example/")
    (only,) = feed.entries
    assert (only.title, only.url, only.published_at) == ("Eins", "https://a.example/1", AT)


@pytest.mark.parametrize(
    ("inside", "title"),
    [
        ("<title>Tom &amp;amp; Jerry</title>", "Tom & Jerry"),
        ("<title><![CDATA[Tom &amp; Jerry]]></title>", "Tom & Jerry"),
        ("<title><![CDATA[<b>Tom</b> & Jerry]]></title>", "Tom & Jerry"),
        ("<title>  Tom \n &amp; Jerry </title>", "Tom & Jerry"),
        ("<media:title>Not this</media:title><title>This</title>", "This"),
        ("<title>This</title><media:content url='x'><media:title>Not this</media:title></media:content>", "This"),
        ("<description>Only words. And more.</description>", "Only words. And more."),
        ("<title></title><link>https://a.example/1</link>", "https://a.example/1"),
    ],
)
def test_a_title_of_rss(inside: str, title: str) -> None:
    assert item(inside).title == title


@pytest.mark.parametrize(
    ("inside", "title"),
    [
        ("<title>&lt;b&gt; &amp;amp; co</title>", "<b> &amp; co"),
        ('<title type="html">&lt;b&gt;Tom&lt;/b&gt; &amp;amp; co</title>', "Tom & co"),
        ('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><b>Tom</b> &amp; co</div></title>', "Tom & co"),
    ],
)
def test_a_title_of_atom_says_itself_whether_it_is_html(inside: str, title: str) -> None:
    assert entry(inside).title == title


@pytest.mark.parametrize(
    ("inside", "link"),
    [
        ("<link>https://b.example/a?utm_source=rss&amp;x=1#top</link>", "https://b.example/a?utm_source=rss&x=1#top"),
        ("<link>/a/b</link>", "https://a.example/a/b"),
        ("<link> \n https://b.example/a \n </link>", "https://b.example/a"),
        ("<link><![CDATA[https://b.example/a]]></link>", "https://b.example/a"),
        (
            "<link>https://b.example/a</link><feedburner:origLink>https://c.example/</feedburner:origLink>",
            "https://b.example/a",
        ),
        ("<atom:link rel='self' href='https://c.example/'/><link>https://b.example/a</link>", "https://b.example/a"),
        ("<guid>https://b.example/a</guid>", "https://b.example/a"),
        ("<guid isPermaLink='true'>https://b.example/a</guid><link>https://b.example/b</link>", "https://b.example/b"),
        ("<link>https://b.example/b</link><guid isPermaLink='true'>https://b.example/a</guid>", "https://b.example/b"),
        ("<guid>12345</guid>", None),
        ("<guid isPermaLink='false'>https://b.example/a</guid>", None),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>mailto:a@b.example</link>", None),
        ("<link>http://[bad/</link>", None),
        ("<link></link>", None),
        ("<link>https://b.example/größe</link>", "https://b.example/größe"),
        ("<link>https://b.example/?q=a,b%2Cc</link>", "https://b.example/?q=a,b%2Cc"),
    ],
)
def test_a_link_stays_as_it_is_published(inside: str, link: str | None) -> None:
    assert item(f"<title>T</title>{inside}").url == link


@pytest.mark.parametrize(
    ("inside", "link"),
    [
        ('<link href="https://b.example/a"/>', "https://b.example/a"),
        (
            '<link rel="self" href="https://b.example/s"/><link rel="alternate" href="https://b.example/a"/>',
            "https://b.example/a",
        ),
        (
            '<link type="application/pdf" href="https://b.example/p"/><link type="text/html" href="https://b.example/a"/>',
            "https://b.example/a",
        ),
        ('<link href="a"/>', "https://c.example/base/a"),
        ("<id>https://b.example/id</id>", None),
    ],
)
def test_a_link_of_atom_is_the_alternate_one(inside: str, link: str | None) -> None:
    assert entry(f"<title>T</title>{inside}", 'xml:base="https://c.example/base/"').url == link


@pytest.mark.parametrize(
    ("inside", "at"),
    [
        ("<pubDate>Dom, 22 Nov 2026 07:00:00 -0300</pubDate>", AT),
        ("<dc:date>2026-11-22T10:00:00Z</dc:date>", AT),
        ("<pubDate>soon</pubDate><dc:date>2026-11-22T10:00:00Z</dc:date>", AT),
        ("<pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate><atom:updated>2026-11-23T10:00:00Z</atom:updated>", AT),
        ("<pubDate>soon</pubDate>", None),
        ("<pubDate></pubDate>", None),
        ("", None),
    ],
)
def test_a_date_is_the_publication_or_none(inside: str, at: datetime | None) -> None:
    assert item(f"<title>T</title>{inside}").published_at == at


@pytest.mark.parametrize(
    ("inside", "lede"),
    [
        ("<description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</description>", "One. Two."),
        ("<content:encoded><![CDATA[<p>One.</p>]]></content:encoded>", "One."),
        ("<description>Short.</description><content:encoded><![CDATA[<p>Long.</p>]]></content:encoded>", "Short."),
        ("<content:encoded><![CDATA[<p>Long.</p>]]></content:encoded><description>Short.</description>", "Short."),
        ("<description><![CDATA[<img src='x.png'>]]></description><content:encoded>Long.</content:encoded>", "Long."),
        ("<description>One. The post T appeared first on Site.</description>", "One."),
        ("<description><table><tr><td>cell</td></tr></table></description>", "cell"),
        ("", ""),
    ],
)
def test_a_lede_is_the_beginning_of_what_it_says(inside: str, lede: str) -> None:
    assert item(f"<title>T</title>{inside}").lede == lede


@pytest.mark.parametrize(
    ("inside", "picture"),
    [
        ('<media:content url="http://b.test/s.png" width="9"/><media:content url="http://b.test/l.png" width="90"/>',
         "http://b.test/l.png"),
        ('<media:content url="https://b.example/v.mp4" type="video/mp4"/><media:thumbnail url="https://b.example/t.jpg"/>',
         "https://b.example/t.jpg"),
        ('<enclosure url="https://b.example/e.jpg" type="image/jpeg" length="1"/>', "https://b.example/e.jpg"),
        ('<enclosure url="https://b.example/e.mp3" type="audio/mpeg" length="1"/>', None),
        ("<description><![CDATA[<img src='/i.png?a=1&amp;b=2'>]]></description>", "https://a.example/i.png?a=1&b=2"),
        ("<description><![CDATA[<img src='https://b.example/t.gif' width='1' height='1'>]]></description>", None),
        ("<description><![CDATA[<img src='data:image/png;base64,AAAA'>]]></description>", None),
        ("<description><![CDATA[<img src='javascript:alert(1)'>]]></description>", None),
    ],
)  # fmt: skip
def test_a_picture_is_found_where_feeds_put_it(inside: str, picture: str | None) -> None:
    assert item(f"<title>T</title>{inside}").picture == picture


def test_the_language_is_the_entrys_then_the_feeds_then_recognised() -> None:
    assert item("<title>T</title>", "<language>pt-br</language>").language == "pt"
    assert item("<title>T</title><dc:language>de</dc:language>", "<language>en</language>").language == "de"
    assert entry("<title>T</title>", 'xml:lang="tr-TR"').language == "tr"
    assert item("<title>La banque centrale laisse ses taux inchangés pour le moment</title>").language == "fr"
    assert item("<title>La banque centrale a décidé d’attendre</title>", "<language></language>").language == "fr"
    assert item("<title>12345</title>").language == "und"


def test_json_feed_takes_what_is_there() -> None:
    feed = parse(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1",
                "title": "J",
                "home_page_url": "https://a.example/",
                "items": [
                    {"id": 7, "external_url": "/x", "content_text": "No title here.", "image": "pic.png"},
                    {"id": "8", "title": "T", "url": "https://a.example/8", "date_modified": "2026-11-22T10:00:00Z",
                     "language": "ja", "summary": "<not html>"},
                    "not an item",
                    {},
                ],
            }
        )
    )  # fmt: skip
    first, second = feed.entries
    assert (first.title, first.url, first.picture) == (
        "No title here.",
        "https://a.example/x",
        "https://a.example/feeds/pic.png",
    )
    assert (second.published_at, second.language, second.lede) == (AT, "ja", "<not html>")


def test_entries_survive_without_guid_date_or_link() -> None:
    feed = parse(rss([Item("One"), Item("Two", summary="words"), Item(None, summary="Only words"), Item(None)]))
    assert [one.title for one in feed.entries] == ["One", "Two", "Only words"]
    assert len({one.identity for one in feed.entries}) == 3


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
        (b"<html><head><title>x</title></head></html>", "web page"),
        (b"just words", "isn't a feed"),
        (b'{"a": 1}', "isn't a feed"),
        (b'{"version": "https://jsonfeed.org/version/1"', "isn't a feed"),
        (b"[" * 100_000, "isn't a feed"),
        (b'{"version":' + b"[" * 100_000, "isn't a feed"),
        (b"<?xml version='1.0'?><urlset><url/></urlset>", "isn't a feed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "isn't a feed"),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel><title>&a;</title></channel></rss>', "entities"),
        (b'<!DOCTYPE rss [<!ENTITY % a SYSTEM "file:///etc/passwd">]><rss/>', "entities"),
        ('<!DOCTYPE rss [<!ENTITY a "b">]><rss></rss>'.encode("utf-16"), "entities"),
        (b'<?xml version="1.0"?><!-- <a> --><!DOCTYPE rss [<!entity a "b">]><rss></rss>', "entities"),
    ],
)
def test_what_is_no_feed_is_refused_in_words(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parse(body)


def test_a_bare_doctype_and_an_article_about_entities_are_harmless() -> None:
    feed = parse(
        '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://x.example/rss.dtd">'
        '<rss version="0.91"><channel><title>Old</title><item><title>T</title>'
        "<description><![CDATA[Write <!ENTITY a 'b'> like this]]></description></item></channel></rss>"
    )
    assert [one.title for one in feed.entries] == ["T"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("&amp;amp;", "&"),
        lambda text: text.replace("&amp;amp;", "&amp;"),
        lambda text: text.replace("First", "First&nbsp;"),
        lambda text: text.replace("First", "Fi\x0brst"),
        lambda text: text.replace("</channel>", "<copyright>&#x110000; &#xD800; &#0;</copyright></channel>"),
        lambda text: "<br />\n<b>Warning</b>: something in /var/www/feed.php on line 3<br />\n" + text,
        lambda text: "\n\n  " + text,
        lambda text: text.replace("</channel></rss>", ""),
        lambda text: text.replace("</item></channel></rss>", ""),
    ],
)
def test_damage_as_real_feeds_have_it_costs_no_entry(damage) -> None:
    text = rss(
        [Item("First", "https://a.example/1", "g1", AT), Item("Second &amp; last", "https://a.example/2", "g2", AT)]
    )
    feed = parse(damage(text.decode()))
    assert [one.title for one in feed.entries] == ["First", "Second & last"]
    assert [one.published_at for one in feed.entries] == [AT, AT]


def test_a_feed_cut_off_in_the_middle_gives_what_came() -> None:
    text = rss([Item(f"Title {n}", f"https://a.example/{n}", f"g{n}", AT, "words " * 50) for n in range(20)])
    feed = parse(text[: len(text) // 2])
    assert 9 <= len(feed.entries) <= 11
    assert feed.entries[0].title == "Title 0"


@pytest.mark.parametrize("field", ["title", "description"])
def test_a_cdata_section_that_is_not_closed_swallows_no_neighbour(field: str) -> None:
    items = [
        f"<item><title><![CDATA[Title {n}]]></title><link>https://a.example/{n}</link>"
        f"<description><![CDATA[Words {n}]]></description></item>"
        for n in range(4)
    ]
    items[1] = items[1].replace(f"]]></{field}>", f"</{field}>")
    items[3] = items[3].replace(f"]]></{field}>", f"</{field}>")
    body = f"<rss version='2.0'><channel><title>F</title>{''.join(items)}</channel></rss>".encode()
    feed = parse_feed(body, "application/rss+xml", "https://a.example/feed")
    assert [entry.title for entry in feed.entries] == [f"Title {n}" for n in range(4)]
    assert [entry.url for entry in feed.entries] == [f"https://a.example/{n}" for n in range(4)]
    assert [entry.lede for entry in feed.entries] == [f"Words {n}" for n in range(4)]


@pytest.mark.parametrize("piece", [b"<![CDATA[", b"<![CDATA[]]>", b"<t><![CDATA[", b"<item><![CDATA[</item>"])
def test_sections_without_end_take_no_time(piece: bytes) -> None:
    before = time.process_time()
    parse_feed(b"<rss><channel><title>F</title><![CDATA[x" + piece * 30_000, "", "https://a.example/feed")
    assert time.process_time() - before < 5


def test_the_same_bytes_give_the_same_entries() -> None:
    body = rss([Item(f"Title {n}", f"https://a.example/{n}", f"g{n}", AT, "words") for n in range(20)])
    assert parse(body) == parse(body)


SEEDS = [
    rss(ITEMS),
    atom(ITEMS),
    json_feed(ITEMS),
    rss([Item("Größe", "x", None, "soon", "<img src=x>")], language=None),
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    body = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(body) - 1, 0)))
        match draw(st.integers(0, 4)):
            case 0:
                body[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
            case 1:
                del body[at : at + draw(st.integers(1, 60))]
            case 2:
                body[at:at] = body[at : at + draw(st.integers(1, 60))]
            case 3:
                body[at:at] = draw(
                    st.sampled_from(
                        [
                            b"<",
                            b">",
                            b"&",
                            b"<![CDATA[",
                            b"]]>",
                            b"\x00",
                            b"<item>",
                            b"</",
                            b'"',
                            b"&#x110000;",
                            b"&#0;",
                            b"<!--",
                        ]
                    )
                )
            case _:
                del body[at:]
    return bytes(body)


@settings(max_examples=150, deadline=None)
@given(damaged())
def test_no_damage_crashes_and_the_same_bytes_give_the_same(body: bytes) -> None:
    def outcome() -> object:
        try:
            return parse(body)
        except SourceError as error:
            return error.phrase

    first = outcome()
    assert first == outcome()
    if isinstance(first, ParsedFeed):
        for one in first.entries:
            assert one.title
            assert one.url is None or one.url.lower().startswith(("http://", "https://"))
            assert len(one.identity) == 64
            f"{one.title}{one.lede}{one.url}{one.picture}".encode()
