"""Checking sources without a database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import SourceError
from bot.gather.client import GuardedClient
from bot.gather.health import OLD, Asked, Checkup, Finding, Verdict, asked_of_packs
from bot.gather.packs import load_packs, parse_packs
from bot.gather.workers import Workers
from tests.emulators.feeds import FeedServer, Item, faults, rss
from tests.gather.conftest import Clock

GERMAN = "Die Zentralbank hat die Zinsen am Donnerstag überraschend deutlich gesenkt, sagte ein Sprecher"


@pytest.fixture
def checkup(client: GuardedClient, workers: Workers, clock: Clock) -> Checkup:
    return Checkup(client, workers, clock)


async def test_a_source_that_is_well_tells_how_fresh_it_is_and_its_language(
    server: FeedServer, checkup: Checkup, clock: Clock
) -> None:
    hour_ago = clock.now - timedelta(hours=1)
    items = [Item(GERMAN, f"https://a.example/{n}", published=hour_ago - timedelta(hours=n)) for n in range(3)]
    later = Item(GERMAN, "https://a.example/later", published=clock.now + timedelta(days=3))
    server.put("/feed", rss([later, *items], title="Zeitung", language="de"))
    found = await checkup.look_at(Asked(server.url("/feed"), "", ("de",)))
    assert (found.title, found.entries, found.newest_at) == ("Zeitung", 4, hour_ago)
    assert (found.declared, found.detected) == ("de", "de")
    assert found.verdict(clock.now) is Verdict.WELL


async def test_what_it_declares_and_what_it_is_may_differ(server: FeedServer, checkup: Checkup, clock: Clock) -> None:
    items = [Item(GERMAN, "https://a.example/1", published=clock.now)]
    server.put("/feed", rss(items, language="en-us"))
    found = await checkup.look_at(Asked(server.url("/feed"), "", ("en",)))
    assert (found.declared, found.detected) == ("en", "de")
    assert found.verdict(clock.now) is Verdict.FOREIGN


async def test_a_source_without_news_for_long_is_old(server: FeedServer, checkup: Checkup, clock: Clock) -> None:
    server.put("/feed", rss([Item("One", "https://a.example/1", published=clock.now - OLD - timedelta(days=1))]))
    assert (await checkup.look_at(Asked(server.url("/feed"), ""))).verdict(clock.now) is Verdict.OLD


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.status(404), "nothing at this address"),
        (faults.status(500), "500"),
        (faults.html(), "page|login"),
        (faults.reset(), "broke"),
        (faults.body(rss([])), "no entries"),
        (faults.entity_bomb(), "entities"),
    ],
)
async def test_a_dead_source_says_why(
    server: FeedServer, checkup: Checkup, clock: Clock, fault: faults.Answer, reason: str
) -> None:
    server.put("/feed", fault=fault)
    found = await checkup.look_at(Asked(server.url("/feed"), ""))
    assert found.verdict(clock.now) is Verdict.DEAD
    assert found.problem is not None
    with pytest.raises(SourceError, match=reason):
        raise SourceError(found.problem)


async def test_many_are_asked_in_their_order_and_one_at_a_time_of_each_host(
    server: FeedServer, checkup: Checkup
) -> None:
    asked = [Asked(server.url(f"/{number}"), "") for number in range(8)]
    server.put("/3", rss([Item("One", "https://a.example/1")]))
    told: list[Finding] = []
    found = await checkup.look_at_all(asked, told.append)
    assert [one.asked for one in found] == asked
    assert [one.problem is None for one in found] == [number == 3 for number in range(8)]
    assert len(told) == 8
    assert server.most_at_once == 1


async def test_a_source_in_a_private_network_is_refused(
    server: FeedServer, guarded: GuardedClient, workers: Workers, clock: Clock
) -> None:
    found = await Checkup(guarded, workers, clock).look_at(Asked(server.url("/feed"), ""))
    assert found.verdict(clock.now) is Verdict.DEAD
    assert server.requests == []


async def test_of_a_source_of_everything_it_is_told_how_much_is_about_what_is_wanted(
    server: FeedServer, checkup: Checkup, clock: Clock
) -> None:
    titles = ("Bitcoin climbs", "Rain in the north", "Ether falls", "Inflation cools")
    items = [Item(title, f"https://a.example/{n}", published=clock.now) for n, title in enumerate(titles)]
    server.put("/feed", rss(items))
    found = await checkup.look_at(Asked(server.url("/feed"), "", topics=("BTC", "ETH")))
    assert (found.entries, found.on_topic) == (4, 2)
    assert found.verdict(clock.now) is Verdict.WELL


KINDS = {"BTC": "coin", "ETH": "coin", "TSLA": "company", "tax": "theme"}


def test_a_source_of_several_packs_is_asked_once() -> None:
    packs = parse_packs(
        '[crypto.en]\nsources = [["https://a.example/1", "A", { topics = ["all:coin"] }]]\n'
        '[tech.en]\nsources = [["https://a.example/1", "A", { topics = ["TSLA", "BTC"] }]]\n'
        '[tech.de]\nsources = [["https://a.example/2", "B"], ["news-api:x", "C"]]'
    )
    assert asked_of_packs(packs, KINDS) == [
        Asked("https://a.example/1", "A", ("en",), ("crypto.en", "tech.en"), topics=("BTC", "ETH", "TSLA")),
        Asked("https://a.example/2", "B", ("de",), ("tech.de",)),
    ]
    assert [one.url for one in asked_of_packs(packs, {}, pack="tech", language="de")] == ["https://a.example/2"]
    assert asked_of_packs(packs, {}, pack="sports") == []
    assert len(asked_of_packs(load_packs(), {})) > 80
