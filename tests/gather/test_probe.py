"""`/sources add ADDRESS`: an address that a member names → the feeds behind it."""

from __future__ import annotations

import pytest

from bot.errors import CommandError, SourceError
from bot.gather.client import GuardedClient
from bot.gather.probe import Probe, ProbedFeed, web_address
from bot.gather.workers import Workers
from tests.emulators.feeds import FeedServer, Item, faults, rss

FEED = rss([Item("One", "https://a.example/1")], title="The feed")
HEAD = '<link rel="alternate" type="application/rss+xml" href="{}">'


@pytest.fixture
def probe(client: GuardedClient, workers: Workers) -> Probe:
    return Probe(client, workers)


def page(*hrefs: str) -> bytes:
    return f"<!doctype html><html><head>{''.join(HEAD.format(href) for href in hrefs)}</head></html>".encode()


async def test_a_feeds_own_address_is_the_feed(server: FeedServer, probe: Probe) -> None:
    server.put("/feed.xml", FEED)
    assert await probe.find(server.url("/feed.xml")) == [ProbedFeed(server.url("/feed.xml"), "The feed")]


async def test_a_feed_that_has_moved_for_good_is_known_by_its_new_address(server: FeedServer, probe: Probe) -> None:
    server.put("/new.xml", FEED)
    server.put("/old.xml", fault=faults.redirect("/new.xml", 301))
    server.put("/now.xml", fault=faults.redirect("/new.xml", 302))
    assert [feed.url for feed in await probe.find(server.url("/old.xml"))] == [server.url("/new.xml")]
    assert [feed.url for feed in await probe.find(server.url("/now.xml"))] == [server.url("/now.xml")]


async def test_a_site_gives_the_feeds_that_it_names_and_that_can_be_read(server: FeedServer, probe: Probe) -> None:
    server.put("/", page("/a.xml", "/gone.xml", "/b.xml"), content_type="text/html")
    server.put("/a.xml", rss([], title="A"))
    server.put("/b.xml", rss([], title="B"))
    found = await probe.find(server.url("/"))
    assert [(feed.url, feed.title) for feed in found] == [(server.url("/a.xml"), "A"), (server.url("/b.xml"), "B")]


async def test_a_site_that_names_none_is_asked_at_the_usual_places(server: FeedServer, probe: Probe) -> None:
    server.put("/blog/", page(), content_type="text/html")
    server.put("/rss.xml", FEED)
    assert [feed.url for feed in await probe.find(server.url("/blog/"))] == [server.url("/rss.xml")]


async def test_a_site_without_a_feed_gives_nothing(server: FeedServer, probe: Probe) -> None:
    server.put("/", page(), content_type="text/html")
    assert await probe.find(server.url("/")) == []
    assert len(server.requests) < 15


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.status(500), "answered 500"),
        (faults.status(404), "nothing at this address"),
        (faults.redirect("http://169.254.169.254/latest/"), "private network"),
        (faults.large(), "larger than"),
        (faults.gzip_bomb(30), "larger than"),
        (faults.reset(), "connection broke"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_words(
    fault: faults.Answer, reason: str, server: FeedServer, probe: Probe
) -> None:
    server.put("/x", fault=fault)
    with pytest.raises(SourceError, match=reason):
        await probe.find(server.url("/x"))


async def test_a_member_cannot_reach_inside_not_even_through_a_page(
    server: FeedServer, guarded: GuardedClient, workers: Workers
) -> None:
    server.put("/feed.xml", FEED)
    with pytest.raises(SourceError, match="private network"):
        await Probe(guarded, workers).find(server.url("/feed.xml"))
    assert server.requests == []


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("example.org", "https://example.org/"),
        ("example.org/feed", "https://example.org/feed"),
        ("  http://example.org/feed#x ", "http://example.org/feed"),
        ("example.org:8080/feed", "https://example.org:8080/feed"),
        ("HTTPS://Example.org/Feed", "https://example.org/Feed"),
        ("münchen.example", "https://xn--mnchen-3ya.example/"),
    ],
)
def test_an_address_may_be_typed_as_people_type_it(words: str, address: str) -> None:
    assert web_address(words) == address


@pytest.mark.parametrize(
    "words",
    [
        "",
        "hello",
        "hello world",
        "ftp://example.org",
        "file:///etc/passwd",
        "http://a:b@example.org/",
        "http://",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_web_address_is_refused(words: str) -> None:
    with pytest.raises(CommandError):
        web_address(words)
