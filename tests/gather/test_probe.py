"""`/sources add ADDRESS`: an address that a member names → the feeds behind it."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from bot.errors import CommandError, SourceError
from bot.gather.client import GuardedClient
from bot.gather.probe import Probe, ProbedFeed, web_address
from bot.gather.settings import GatherSettings
from bot.gather.workers import Workers
from tests.emulators.feeds import FeedServer, Item, atom, faults, rss

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


async def test_links_in_the_text_are_tried_when_the_head_names_none(server: FeedServer, probe: Probe) -> None:
    server.put("/", page() + b'<a href="/all.rss">RSS</a><a href="/about">About</a>', content_type="text/html")
    server.put("/all.rss", FEED)
    assert [feed.url for feed in await probe.find(server.url("/"))] == [server.url("/all.rss")]
    assert server.count("/about") == 0


async def test_a_feed_of_comments_is_taken_only_where_there_is_no_other(server: FeedServer, probe: Probe) -> None:
    server.put("/", page("/comments/feed/", "/feed/"), content_type="text/html")
    server.put("/comments/feed/", rss([], title="Comments"))
    assert [feed.title for feed in await probe.find(server.url("/"))] == ["Comments"]
    server.put("/feed/", FEED)
    assert [feed.title for feed in await probe.find(server.url("/"))] == ["The feed"]


async def test_one_feed_in_two_forms_is_found_once(server: FeedServer, probe: Probe) -> None:
    server.put("/", page("/feed.xml", "/feed.atom", "/other.xml"), content_type="text/html")
    items = [Item("One", "https://a.example/1", guid="1")]
    server.put("/feed.xml", rss(items, title="RSS"))
    server.put("/feed.atom", atom(items, title="Atom"))
    server.put("/other.xml", rss([Item("Two", "https://a.example/2")], title="Other"))
    assert [feed.title for feed in await probe.find(server.url("/"))] == ["RSS", "Other"]


async def test_a_somebodys_page_has_its_feed_beside_it(server: FeedServer, probe: Probe) -> None:
    server.put("/@someone", page(), content_type="text/html")
    server.put("/@someone.rss", FEED)
    assert [feed.url for feed in await probe.find(server.url("/@someone"))] == [server.url("/@someone.rss")]
    assert server.count("/@someone") == 0


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_a_site_that_keeps_robots_from_its_page_may_still_show_its_feed(
    server: FeedServer, probe: Probe, status: int
) -> None:
    server.put("/", fault=faults.status(status))
    with pytest.raises(SourceError, match=str(status)):
        await probe.find(server.url("/"))
    server.put("/atom.xml", FEED)
    assert [feed.url for feed in await probe.find(server.url("/"))] == [server.url("/atom.xml")]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!doctype html><html><title>Sign in</title><form><input type=password></form></html>", "asks for a login"),
        (b"<!doctype html><html><title>Just a moment...</title></html>", "keep robots out"),
        (b"\x00\x01\x02", "isn't a feed"),
    ],
)
async def test_what_stands_in_place_of_a_feed_is_said(
    server: FeedServer, probe: Probe, body: bytes, reason: str
) -> None:
    server.put("/feed", body, content_type="text/html" if body.startswith(b"<") else "application/octet-stream")
    with pytest.raises(SourceError, match=reason):
        await probe.find(server.url("/feed"))


async def test_a_page_that_names_endless_feeds_is_asked_a_few_at_a_time_and_within_a_budget(
    server: FeedServer, probe: Probe
) -> None:
    links = b"".join(b'<a href="/%d.rss">RSS</a>' % number for number in range(10_000))
    hostile = b'<a href="javascript:feed()">RSS</a><a href="data:text/xml,%3Crss/%3E">RSS</a>'
    names = page(*(f"/{number}.xml" for number in range(1000)))
    server.put("/", names + hostile + links, content_type="text/html")
    assert await probe.find(server.url("/")) == []
    assert len(server.requests) <= 31
    assert server.most_at_once <= 3


async def test_links_into_a_private_network_are_refused_though_the_page_may_be_read(
    server: FeedServer, workers: Workers
) -> None:
    private = ["http://169.254.169.254/feed", "http://10.0.0.1/feed", "http://127.0.0.2:1/feed", "http://[::1]/feed"]
    server.put("/", page(*private), content_type="text/html")
    base = b'<base href="http://169.254.169.254/">'
    server.put("/base", base + page("/feed"), content_type="text/html")
    async with GuardedClient(GatherSettings(allow_networks=(ip_network("127.0.0.1/32"),), timeout=5)) as client:
        assert await Probe(client, workers).find(server.url("/")) == []
        assert await Probe(client, workers).find(server.url("/base")) == []


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
        ("feed://example.org/x", "https://example.org/x"),
        ("feed:http://example.org/x", "http://example.org/x"),
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


async def test_a_feed_that_only_a_link_header_names_is_found(server: FeedServer, probe: Probe) -> None:
    links = '</style.css>; rel="stylesheet", </b.xml>; rel=alternate; title="a, b"; type="application/rss+xml"'
    server.put("/", page(), content_type="text/html", headers={"Link": links})
    server.put("/b.xml", FEED)
    assert [feed.url for feed in await probe.find(server.url("/"))] == [server.url("/b.xml")]
    assert server.count("/feed") == 0


@pytest.mark.parametrize(
    "header", ["<", "<>;" * 2000, "<a>" + "; rel=alternate" * 400, '</x>; type="application/rss+xml']
)
async def test_link_headers_may_be_anything(server: FeedServer, probe: Probe, header: str) -> None:
    server.put("/", page(), content_type="text/html", headers={"Link": header})
    assert await probe.find(server.url("/")) == []


async def test_a_page_that_sends_its_readers_on_is_followed_once(server: FeedServer, probe: Probe) -> None:
    sends = "<html><head><meta http-equiv='Refresh' content=\"0; URL='{}'\"></head></html>"
    server.put("/", sends.format("/news/").encode(), content_type="text/html")
    server.put("/news/", page("/b.xml"), content_type="text/html")
    server.put("/b.xml", FEED)
    assert [feed.url for feed in await probe.find(server.url("/"))] == [server.url("/b.xml")]
    server.put("/straight", sends.format("/b.xml").encode(), content_type="text/html")
    assert [feed.title for feed in await probe.find(server.url("/straight"))] == ["The feed"]
    server.put("/round", sends.format("/round").encode(), content_type="text/html")
    assert await probe.find(server.url("/round")) == []


async def test_an_address_without_a_scheme_may_be_of_the_old_one(server: FeedServer, probe: Probe) -> None:
    server.put("/feed.xml", FEED)
    at = server.url("/feed.xml").removeprefix("http://")
    for scheme in ("feed://", ""):
        (found,) = await probe.find(f"{scheme}{at}")
        assert found.url == server.url("/feed.xml")
    with pytest.raises(SourceError):
        await probe.find(f"https://{at}")
