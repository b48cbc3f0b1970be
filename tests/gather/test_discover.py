"""A site's page → its feeds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.discover import LOGIN, NOT_A_FEED, ROBOTS, Page, read_page, well_known, why_a_page
from bot.gather.platforms import platform_feeds

URL = "https://a.example/blog/"


def page(head: str, body: str = "x", url: str = URL) -> Page:
    markup = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return read_page(markup.encode(), "text/html", url)


def test_the_feeds_that_a_page_names_come_in_its_order() -> None:
    assert page(
        '<link rel="alternate" type="application/rss+xml" href="/feed" title="News &amp; more">'
        '<LINK REL="Alternate" TYPE="application/atom+xml; charset=utf-8" HREF="atom.xml">'
        '<link rel="feed" href="https://b.example/x">'
        '<link rel="alternate" type="application/feed+json" href="feed.json">'
        '<link rel="alternate" type="application/rdf+xml" href="//a.example/index.rdf">'
    ).named == (
        "https://a.example/feed",
        "https://a.example/blog/atom.xml",
        "https://b.example/x",
        "https://a.example/blog/feed.json",
        "https://a.example/index.rdf",
    )


def test_other_links_are_no_feeds() -> None:
    found = page(
        '<link rel="stylesheet" href="/x.css"><link rel="alternate" hreflang="fr" href="/fr/">'
        '<link rel="alternate stylesheet" type="text/xml" href="/x.xsl">'
        '<link rel="alternate" type="application/json+oembed" href="/wp-json/oembed/1.0/embed">'
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">'
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">'
        '<link rel="alternate" type="application/rss+xml" href="data:text/xml,<rss/>">'
        '<link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">'
        '<link rel="alternate" type="application/rss+xml">',
        '<a href="/about">About</a><a href="javascript:rss()">RSS</a><a href="/feeds.html">Feed</a><a>RSS</a>'
        '<a href="https://feedly.com/i/subscription/feed/https://a.example/feed">RSS</a>',
    )
    assert (found.named, found.anchors, found.comments) == ((), (), ())


def test_feeds_of_comments_stand_apart() -> None:
    found = page(
        '<link rel="alternate" type="application/rss+xml" href="/comments/feed/">'
        '<link rel="alternate" type="application/rss+xml" href="/feed/">'
    )
    assert (found.named, found.comments) == (("https://a.example/feed/",), ("https://a.example/comments/feed/",))


def test_links_that_look_like_feeds_come_likeliest_first() -> None:
    assert page(
        "",
        '<a href="https://b.example/news.rss">Elsewhere</a><a href="/x"><b>RSS</b> feed</a><a href="/about">About</a>'
        '<a href="/feed/">Follow</a><a href="/all?format=atom&x=1">All</a><a href="/news.rss#top">News</a>',
    ).anchors == (
        "https://a.example/all?format=atom&x=1",
        "https://a.example/news.rss",
        "https://a.example/feed/",
        "https://a.example/x",
        "https://b.example/news.rss",
    )


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ('<base href="https://c.example/">', "https://c.example/feed"),
        ('<base href="/deep/down/">', "https://a.example/deep/down/feed"),
        ('<base href="javascript:alert(1)//">', "https://a.example/blog/feed"),
        ('<base target="_blank"><base href="/one/"><base href="/two/">', "https://a.example/one/feed"),
        ('<base href="http://[::1">', "https://a.example/blog/feed"),
    ],
)
def test_the_first_base_element_that_leads_somewhere_counts(base: str, address: str) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="feed">'
    assert page(base + link).named == (address,)
    assert page(link + base).named == (address,)


def test_a_page_with_very_many_links_is_read_in_bounds() -> None:
    many = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(1000))
    anchors = "".join(f'<a href="/{n}.rss">RSS</a>' for n in range(10_000))
    began = time.perf_counter()
    found = page(many, anchors)
    assert (len(found.named), len(found.anchors)) == (10, 8)
    page("", "<a href=x>" * 50_000)
    page("<" * 100_000)
    page("", "<p>" + "word " * 500_000)
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        ("<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x></script>", ROBOTS),
        ("<h1>Are you a robot?</h1>", ROBOTS),
        ("<title>Log in – A paper</title><form>…</form>", LOGIN),
        ("<form><input name=p type='password'></form>", LOGIN),
        ("<title>Вход</title>", LOGIN),
        ("<h1>Hello</h1>", NOT_A_FEED),
        ("<form><input type=password></form>" + "<p>words</p>" * 100, NOT_A_FEED),
    ],
)
def test_what_a_page_in_place_of_a_feed_is(markup: str, problem: object) -> None:
    assert why_a_page(f"<!doctype html><html>{markup}</html>") == problem


def test_the_usual_places_are_below_the_page_and_at_the_root() -> None:
    assert well_known("https://a.example/blog/")[:3] == [
        "https://a.example/blog/feed",
        "https://a.example/blog/rss.xml",
        "https://a.example/feed",
    ]
    assert all(place.startswith("https://a.example/") for place in well_known("https://a.example"))


CHANNEL = "UC" + "x" * 22


@pytest.mark.parametrize(
    ("address", "feed"),
    [
        (
            f"https://www.youtube.com/channel/{CHANNEL}/videos",
            f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}",
        ),
        (
            "https://youtube.com/playlist?list=PL0123456789abc",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PL0123456789abc",
        ),
        ("https://www.youtube.com/user/someone", "https://www.youtube.com/feeds/videos.xml?user=someone"),
        ("https://old.reddit.com/r/Bitcoin/", "https://www.reddit.com/r/Bitcoin/.rss"),
        ("https://github.com/bitcoin/bitcoin", "https://github.com/bitcoin/bitcoin/releases.atom"),
        (
            "https://github.com/bitcoin/bitcoin/commits/master",
            "https://github.com/bitcoin/bitcoin/commits/master.atom",
        ),
        ("https://github.com/bitcoin", "https://github.com/bitcoin.atom"),
        ("https://gitlab.com/a/b/c/-/tree/main", "https://gitlab.com/a/b/c/-/releases.atom"),
        ("https://mastodon.example/@someone", "https://mastodon.example/@someone.rss"),
        ("https://bsky.app/profile/someone.example", "https://bsky.app/profile/someone.example/rss"),
        ("https://medium.com/@someone/a-story-1", "https://medium.com/feed/@someone"),
        ("https://someone.medium.com/", "https://someone.medium.com/feed"),
        ("https://someone.substack.com", "https://someone.substack.com/feed"),
        ("https://someone.wordpress.com/", "https://someone.wordpress.com/feed/"),
        ("https://someone.blogspot.com/", "https://someone.blogspot.com/feeds/posts/default"),
        ("https://someone.tumblr.com/", "https://someone.tumblr.com/rss"),
        ("https://www.tumblr.com/someone", "https://someone.tumblr.com/rss"),
        ("https://news.google.com/search?q=x&hl=de", "https://news.google.com/rss/search?q=x&hl=de"),
        ("https://news.ycombinator.com/", "https://news.ycombinator.com/rss"),
    ],
)
def test_large_sites_have_their_feeds_where_we_know(address: str, feed: str) -> None:
    assert platform_feeds(address)[0] == feed


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/features",
        "https://notgithub.com/a/b",
        "https://github.com.evil.example/a/b",
        "https://www.youtube.com/@someone",
        "https://www.youtube.com/watch?v=x&list=../../x",
        "https://www.reddit.com/r/Bitcoin/.rss",
        "https://a.example/",
        "https://a.example/@../x",
    ],
)
def test_elsewhere_nothing_is_known(address: str) -> None:
    assert platform_feeds(address) == []


def test_a_handles_page_tells_the_channel() -> None:
    found = page("", f'<script>{{"externalId":"{CHANNEL}"}}</script>', "https://www.youtube.com/@someone")
    assert found.named == (f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}",)
    assert page("", f'"externalId":"{CHANNEL}"').named == ()


@given(st.binary(max_size=300) | st.text(alphabet="<>link rel=alternate/!-[]\"'&;", max_size=200).map(str.encode))
def test_no_page_is_too_odd(body: bytes) -> None:
    read_page(body, "text/html", URL)


@given(st.text(max_size=60), st.sampled_from(["github.com", "youtube.com", "medium.com", "a.tumblr.com", "x.example"]))
def test_no_address_is_too_odd(path: str, host: str) -> None:
    for feed in platform_feeds(f"https://{host}/{path}"):
        assert feed.startswith("https://")
