"""robots.txt as RFC 9309 has it, asked once a day, and never a reason to read what can't be asked about."""

from __future__ import annotations

import time

import pytest

from bot.errors import SourceError
from bot.gather.client import GuardedClient
from bot.gather.robots import EVERYTHING, MAX_HOSTS, Robots, parse
from bot.gather.workers import Workers
from tests.emulators.feeds import FeedServer, faults
from tests.gather.conftest import Clock


def permits(text: str, path: str) -> bool:
    return parse(text.encode()).permit(f"https://a.example{path}")


@pytest.mark.parametrize(
    ("text", "path", "permitted"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /private", "/private/a", False),
        ("User-agent: *\nDisallow: /private", "/Private/a", True),
        ("User-agent: *\nDisallow: /private/\nAllow: /private/news", "/private/news/1", True),
        ("User-agent: *\nAllow: /private/news\nDisallow: /private/", "/private/other", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),  # of equals, the one that allows
        ("User-agent: *\nDisallow: /*.pdf$", "/x/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/a.pdf?x=1", True),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /*?print=", "/a?print=1", False),
        ("User-agent: *\nDisallow: /a*b*c", "/aXXbYYcZZ", False),
        ("User-agent: *\nDisallow: /a*b*c", "/aXXcYYb", True),
        ("User-agent: *\nDisallow: /*a$", "/a", False),
        ("User-agent: *\nDisallow: /aa*aa$", "/aaa", True),
        ("User-agent: *\nDisallow: /", "/robots.txt", False),
        ("User-agent: Newstally\nDisallow: /\n\nUser-agent: *\nDisallow:", "/a", False),
        ("User-agent: newstally/2.0\nDisallow: /b\n\nUser-agent: *\nDisallow: /", "/a", True),
        ("User-agent: Googlebot\nDisallow: /", "/a", True),
        ("User-agent: Googlebot\nUser-agent: NewsTally\nDisallow: /", "/a", False),
        ("User-agent: newstallyish\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/b", False),  # groups of one name are one
        ("\ufeffUser-agent: *\r\nDisallow: /a # not this\r\n", "/a", False),
        ("user-AGENT :*\n  disallow :/a", "/a", False),
        ("Disallow: /a", "/a", True),  # for nobody
        ("User-agent: *\nSitemap: https://a.example/s.xml\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /%7Ejoe/é", "/~joe/%C3%A9", False),
        ("User-agent: *\nDisallow: /%e3%81%82", "/あ", False),
        ("<html><body>There is no such page</body></html>", "/a", True),
    ],
)
def test_the_rule_that_says_most_decides(text: str, path: str, permitted: bool) -> None:
    assert permits(text, path) is permitted


def test_the_pause_that_a_site_asks_for_is_known_within_reason() -> None:
    assert parse(b"User-agent: *\nCrawl-delay: 10").delay == 10
    assert parse(b"User-agent: *\nCrawl-delay: 0.5").delay == 0.5
    assert parse(b"User-agent: *\nCrawl-delay: 99999").delay == 300
    assert parse(b"User-agent: *\nCrawl-delay: soon").delay == 0


def test_hostile_rules_take_little_time() -> None:
    began = time.process_time()
    path = "/" + "a" * 2000
    wild = parse(b"User-agent: *\n" + b"Disallow: /*a*a*a*a*a*a*a*a*a*b\n" * 4_000)
    assert wild.permit(f"https://a.example{path}")
    many = parse(b"User-agent: *\n" + b"".join(b"Disallow: /%d\n" % n for n in range(30_000)))
    assert not many.permit("https://a.example/any")  # more rules than anyone reads: we stay away
    assert parse(b"User-agent: a\n" * 100_000).permit("https://a.example/")
    assert parse(bytes(range(256)) * 2_000).permit("https://a.example/")
    assert time.process_time() - began < 5


async def test_a_host_is_asked_once_a_day(
    server: FeedServer, client: GuardedClient, workers: Workers, clock: Clock
) -> None:
    server.put("/robots.txt", b"User-agent: *\nDisallow: /a", content_type="text/plain")
    robots = Robots(client, workers, clock)
    assert not (await robots.rules(server.url("/a"))).permit(server.url("/a"))
    assert (await robots.rules(server.url("/b"))).permit(server.url("/b"))
    assert server.count("/robots.txt") == 1
    assert "Newstally" in server.last("/robots.txt").headers["User-Agent"]
    clock.forward(hours=25)
    await robots.rules(server.url("/a"))
    assert server.count("/robots.txt") == 2


async def test_no_robots_txt_is_a_permission_and_an_error_is_none(
    server: FeedServer, client: GuardedClient, workers: Workers, clock: Clock
) -> None:
    robots = Robots(client, workers, clock)
    assert await robots.rules(server.url("/a")) == EVERYTHING
    clock.forward(hours=25)
    server.put("/robots.txt", fault=faults.status(403))
    assert await robots.rules(server.url("/a")) == EVERYTHING
    for fault in (faults.status(500), faults.status(429), faults.endless()):
        clock.forward(hours=25)
        server.put("/robots.txt", fault=fault)
        asked = server.count("/robots.txt")
        for _ in range(3):  # and isn't asked for again at once
            with pytest.raises(SourceError):
                await robots.rules(server.url("/a"))
        assert server.count("/robots.txt") <= asked + 1
        clock.forward(hours=1)
        with pytest.raises(SourceError):
            await robots.rules(server.url("/a"))


async def test_a_robots_txt_in_a_private_network_is_not_asked_for(
    server: FeedServer, guarded: GuardedClient, workers: Workers, clock: Clock
) -> None:
    with pytest.raises(SourceError, match="private network"):
        await Robots(guarded, workers, clock).rules(server.url("/a"))
    assert not server.requests


async def test_what_is_remembered_is_bounded(client: GuardedClient, workers: Workers, clock: Clock) -> None:
    robots = Robots(client, workers, clock)
    for n in range(MAX_HOSTS + 5):
        robots._remember(f"http://{n}.example", clock(), EVERYTHING)
    assert len(robots._known) == MAX_HOSTS
