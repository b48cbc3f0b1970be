"""Sources → stories as a tale over real sockets: what is published is told once, whatever happens."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from bot.gather.packs import PackSource
from bot.gather.probe import ProbedFeed
from bot.model import Actor
from bot.storage import chats, sources, subscriptions
from bot.storage.tables import source
from tests.emulators.feeds import FeedServer, Item, faults, json_feed, rss
from tests.gather.conftest import Start

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ITEMS = [Item(f"Story number {n} of the day", f"https://a.example/{n}", f"g{n}", AT, f"Words {n}") for n in range(3)]


@dataclass(frozen=True)
class Named:
    """A feed that somebody wants."""

    url: str
    title: str = ""


async def test_what_a_source_lists_becomes_stories(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/feed", rss(ITEMS, title="The feed"))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.poll()
    stories = await house.stories()
    assert await house.titles() == [item.title for item in ITEMS]
    assert len(house.told.new) == 3
    story = next(story for story in stories if story.title == ITEMS[0].title)
    assert (story.url, story.language, story.published_at, story.sample) == ("https://a.example/0", "en", AT, False)
    (entry,) = story.entries
    assert (entry.source_title, entry.source_url) == ("The feed", server.url("/feed"))


async def test_nothing_is_told_again_after_restarts_reordering_new_guids_and_new_dates(
    server: FeedServer, start: Start
) -> None:
    page = server.put("/feed", rss(ITEMS))
    house = await start()
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.poll()
    for _ in range(3):
        house = await start()
        await house.poll()
    page.body = rss(list(reversed(ITEMS)))
    await house.poll()
    page.body = rss([replace(item, guid=f"new-{item.guid}") for item in ITEMS])
    await house.poll()
    page.body = rss([replace(item, guid=None, link=f"{item.link}?utm_source=rss") for item in ITEMS])
    await house.poll()
    page.body = rss([replace(item, published=datetime(2026, 11, 22, 11, tzinfo=UTC)) for item in ITEMS])
    await house.poll()
    house = await start()
    page.body = rss(ITEMS[1:])
    await house.poll()
    page.body = rss(ITEMS)
    await house.poll()
    assert await house.titles() == [item.title for item in ITEMS]
    assert house.told.new == []


async def test_an_edited_entry_edits_its_story(server: FeedServer, start: Start) -> None:
    house = await start()
    page = server.put("/feed", rss(ITEMS))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.poll()
    page.body = rss([replace(ITEMS[0], title="Quite another headline", link="https://a.example/other"), *ITEMS[1:]])
    await house.poll()
    assert await house.titles() == ["Quite another headline", ITEMS[1].title, ITEMS[2].title]
    assert len(house.told.new) == 3
    (changed,) = house.told.changed
    story = next(story for story in await house.stories() if story.id == changed)
    assert story.url == "https://a.example/other"


async def test_a_changed_date_alone_is_kept_and_is_no_edit(server: FeedServer, start: Start) -> None:
    house = await start()
    page = server.put("/feed", rss(ITEMS[:1]))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.poll()
    later = datetime(2026, 11, 22, 10, tzinfo=UTC)
    page.body = rss([replace(ITEMS[0], published=later)])
    await house.poll()
    (story,) = await house.stories()
    assert story.published_at == later
    assert house.told.changed == []


async def test_one_article_under_two_guids_is_one_story_and_two_articles_under_one_title_are_two(
    server: FeedServer, start: Start
) -> None:
    house = await start()
    twice = [ITEMS[0], replace(ITEMS[0], guid="again", link="https://www.a.example/0/?utm_medium=rss")]
    other = replace(ITEMS[1], guid="other", link="https://a.example/other", summary="It says something else")
    apart = [ITEMS[1], other]
    server.put("/feed", rss([*twice, *apart]))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.poll()
    stories = await house.stories()
    assert sorted(len(story.entries) for story in stories) == [1, 1, 2]


async def test_items_that_all_lead_to_one_page_stay_apart(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/feed", rss([Item(f"Topic {word}", "https://a.example/live") for word in ("wheat", "rice", "corn")]))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.poll()
    await house.poll()
    assert await house.titles() == ["Topic corn", "Topic rice", "Topic wheat"]


async def test_the_same_article_in_two_sources_is_one_story(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/a", rss(ITEMS[:1], title="A"))
    server.put("/b", rss([replace(ITEMS[0], guid="b")], title="B"))
    for path in ("/a", "/b"):
        await house.follow(await house.gatherer.declared_source(server.url(path)))
        await house.poll()
    (story,) = await house.stories()
    assert [entry.source_title for entry in story.entries] == ["A", "B"]
    assert len(house.told.new) == 1


async def test_an_unchanged_feed_is_asked_for_conditionally_and_an_unchanged_body_is_not_parsed(
    server: FeedServer, start: Start
) -> None:
    house = await start()
    server.put("/with", rss(ITEMS))
    plain = server.put("/without", rss(ITEMS), validators=False)
    for path in ("/with", "/without"):
        await house.follow(await house.gatherer.declared_source(server.url(path)))
    await house.poll()
    # A body that would be refused if anyone looked into it again.
    await house.poll()
    assert [request.status for request in server.requests if request.path == "/with"] == [200, 304]
    assert [request.status for request in server.requests if request.path == "/without"] == [200, 200]
    plain.body = b"<!doctype html><html></html>"
    await house.poll()
    assert str((await house.health(server.url("/without"))).problem.msgid) == "It is a web page, not a feed."


async def test_a_sample_source_is_asked_where_the_product_listens(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/hy.json", json_feed(ITEMS[:1], language="hy"), content_type="application/feed+json")
    house.gatherer._poller._resolve_wire = lambda language: server.url(f"/{language}.json")
    await house.follow(await house.gatherer.sample_source("hy"))
    await house.poll()
    (story,) = await house.stories()
    assert story.sample
    assert story.language == "hy"
    house.clock.forward(seconds=5)
    await house.gatherer.sweep()
    assert server.count("/hy.json") == 2


async def test_a_slow_source_holds_up_no_sweep_and_no_other_source(server: FeedServer, start: Start) -> None:
    house = await start()
    gate = asyncio.Event()
    slow = server.put("/slow", rss(ITEMS[:1]), gate=gate)
    server.put("/quick", rss(ITEMS[1:2]))
    await house.follow(await house.gatherer.declared_source(server.url("/slow")))
    await house.follow(await house.gatherer.declared_source(server.url("/quick", host="localhost")))
    wake = asyncio.Event()
    told = asyncio.Event()

    async def on_stories(new: tuple[int, ...], changed: tuple[int, ...]) -> None:
        told.set()

    house.gatherer._poller._on_stories = on_stories
    running = asyncio.create_task(house.gatherer.run(wake))
    wake.set()
    async with asyncio.timeout(10):
        await slow.asked.wait()
        await told.wait()
        assert await house.titles() == [ITEMS[1].title]
        told.clear()
        house.clock.forward(hours=7)
        server.put("/quick", rss(ITEMS[2:3]))
        wake.set()
        await told.wait()
    assert await house.titles() == [ITEMS[1].title, ITEMS[2].title]
    assert server.count("/slow") == 0  # one question still waits for its answer, and no second one was asked
    gate.set()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_source_that_is_well_waits_for_no_slow_or_endless_one_of_its_host(
    server: FeedServer, start: Start
) -> None:
    house = await start(timeout=30, concurrency=4)
    gate = asyncio.Event()
    bad = [server.put(f"/slow{n}", rss(ITEMS[:1]), gate=gate) for n in range(2)]
    bad.append(server.put("/endless", fault=faults.endless()))
    server.put("/good", rss(ITEMS[1:2]))
    for path in server.pages:
        await house.follow(await house.gatherer.declared_source(server.url(path)))
    told = asyncio.Event()

    async def on_stories(new: tuple[int, ...], changed: tuple[int, ...]) -> None:
        told.set()

    house.gatherer._poller._on_stories = on_stories
    polling = asyncio.create_task(house.gatherer.sweep())
    async with asyncio.timeout(20):
        for page in bad:
            await page.asked.wait()
        await told.wait()
    assert await house.titles() == [ITEMS[1].title]
    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling


async def test_a_source_that_is_well_waits_for_no_host_full_of_failing_ones(server: FeedServer, start: Start) -> None:
    house = await start(timeout=30, concurrency=4)
    for n in range(12):
        server.put(f"/bad{n}", fault=faults.status(500))
        await house.follow(await house.gatherer.declared_source(server.url(f"/bad{n}")))
    server.put("/good", rss(ITEMS[:1]))
    await house.follow(await house.gatherer.declared_source(server.url("/good")))
    await house.poll()
    for n in range(12):
        server.put(f"/bad{n}", fault=faults.endless())
    server.put("/good", rss(ITEMS[:2]))
    told = asyncio.Event()

    async def on_stories(new: tuple[int, ...], changed: tuple[int, ...]) -> None:
        told.set()

    house.gatherer._poller._on_stories = on_stories
    house.clock.forward(hours=7)
    polling = asyncio.create_task(house.gatherer.sweep())
    async with asyncio.timeout(20):
        await told.wait()
    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling


async def test_a_source_that_nobody_follows_is_not_asked(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/feed", rss(ITEMS))
    source_id = await house.gatherer.add_feed(ProbedFeed(server.url("/feed"), "The feed"))
    await house.poll()
    assert server.count("/feed") == 0
    await house.follow(source_id)
    await house.poll()
    assert server.count("/feed") == 1
    (followed,) = await house.db.read(subscriptions.of_chat, house.chat_id)
    await house.db.write(subscriptions.unfollow, house.chat_id, followed.id, Actor("memory", "1"), house.clock())
    await house.gatherer.sync_subscriptions()
    await house.poll()
    assert server.count("/feed") == 1


async def test_a_member_who_adds_the_host_of_an_exempt_source_is_held_to_the_guard(
    server: FeedServer, start: Start
) -> None:
    house = await start(allow_networks=())
    server.put("/feed", rss(ITEMS))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.follow(await house.gatherer.add_feed(ProbedFeed(server.url("/feed"), "")))
    await house.poll()
    exempt, guarded = sorted(await house.db.read(sources.health), key=lambda health: not health.exempt)
    assert exempt.problem is None
    assert guarded.problem.msgid == "It leads into a private network, and I don't go there."
    assert server.count("/feed") == 1


async def test_a_source_that_moved_is_asked_at_its_new_address_under_its_old_name(
    server: FeedServer, start: Start
) -> None:
    house = await start()
    server.put("/old", fault=faults.redirect("/new", 301))
    server.put("/new", rss(ITEMS))
    await house.follow(await house.gatherer.add_feed(ProbedFeed(server.url("/old"), "")))
    await house.poll()
    await house.poll()
    assert (server.count("/old"), server.count("/new")) == (1, 2)
    assert {entry.source_url for story in await house.stories() for entry in story.entries} == {server.url("/old")}
    server.put("/new", fault=faults.status(404))
    server.put("/old", rss(ITEMS), fault=None)
    await house.poll()
    await house.poll()
    assert (await house.health(server.url("/old"))).problem is None
    assert len(house.told.new) == 3


async def test_an_exempt_source_does_not_take_its_exemption_where_it_moves(server: FeedServer, start: Start) -> None:
    house = await start(allow_networks=())
    server.put("/old", fault=faults.redirect("/new", 301))
    server.put("/new", rss(ITEMS))
    await house.follow(await house.gatherer.declared_source(server.url("/old")))
    await house.poll()
    await house.poll()
    assert server.count("/new") == 0
    assert "private" in (await house.health(server.url("/old"))).problem.msgid


async def test_a_source_that_is_gone_for_good_is_not_asked_again(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/feed", fault=faults.status(410))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.poll()
    await house.gatherer.sync_subscriptions()
    await house.poll()
    assert server.count("/feed") == 1
    assert (await house.health(server.url("/feed"))).ended


async def test_what_is_gone_where_it_moved_to_is_looked_for_where_it_was(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/old", fault=faults.redirect("/new", 301))
    server.put("/new", rss(ITEMS))
    await house.follow(await house.gatherer.declared_source(server.url("/old")))
    await house.poll()
    server.put("/new", fault=faults.status(410))
    server.put("/old", rss(ITEMS), fault=None)
    await house.poll()
    await house.poll()
    health = await house.health(server.url("/old"))
    assert (health.ended, health.problem) == (False, None)


async def test_a_source_that_was_gone_comes_back_when_somebody_finds_it_again(server: FeedServer, start: Start) -> None:
    house = await start()
    page = server.put("/feed", fault=faults.status(410))
    source_id = await house.gatherer.add_feed(Named(server.url("/feed")))
    await house.follow(source_id)
    await house.poll()
    assert (await house.health(server.url("/feed"))).ended
    page.fault = None
    server.put("/feed", rss(ITEMS))
    assert await house.gatherer.add_feed(Named(server.url("/feed"))) == source_id
    await house.gatherer.sync_subscriptions()
    await house.poll()
    assert len(await house.stories()) == 3


async def test_a_failing_source_is_asked_later_and_later_and_recovers(server: FeedServer, start: Start) -> None:
    house = await start(adaptive=False)
    page = server.put("/feed", rss(ITEMS), fault=faults.status(500))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.gatherer.sweep()
    for minutes, asked in ((0.9, 1), (0.2, 2), (1.7, 2), (0.4, 3)):
        house.clock.forward(minutes=minutes)
        await house.gatherer.sweep()
        assert server.count("/feed") == asked
    health = await house.health(server.url("/feed"))
    assert (health.failures, health.last_ok_at) == (3, None)
    page.fault = None
    await house.poll()
    health = await house.health(server.url("/feed"))
    assert (health.failures, health.problem, health.failing_since) == (0, None, None)


async def test_a_failing_source_is_told_once_and_only_new_stories_are_logged(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/ill", fault=faults.status(500))
    server.put("/well")
    for path in ("/ill", "/well"):
        await house.follow(await house.gatherer.declared_source(server.url(path)))
    with capture_logs() as lines:
        for title in ("One", "One, edited"):
            server.put("/well", rss([Item(title, "https://a.example/1", guid="1")]))
            await house.poll()
            await house.gatherer.sweep()
    loud = [(line["event"], line.get("new")) for line in lines if line["log_level"] != "debug"]
    assert loud == [("stories gathered", 1), ("sources could not be read; `newstally check` tells why", 1)]
    assert await house.titles() == ["One, edited"]
    assert len([line for line in lines if line["event"] == "source not read"]) == 2


async def test_a_server_that_asks_us_to_wait_is_given_the_time(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/feed", fault=faults.status(503, {"Retry-After": "7200"}))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.gatherer.sweep()
    house.clock.forward(minutes=119)
    await house.gatherer.sweep()
    assert server.count("/feed") == 1
    house.clock.forward(minutes=2)
    await house.gatherer.sweep()
    assert server.count("/feed") == 2


HOSTILE = {
    "/500": (faults.status(500), "The server answered {status}."),
    "/404": (faults.status(404), "There is nothing at this address ({status})."),
    "/403": (faults.status(403), "The server doesn't let me read it ({status})."),
    "/410": (faults.status(410), "It is gone for good ({status})."),
    "/429": (faults.status(429), "The server asks me to come less often ({status})."),
    "/204": (faults.status(204), "The server answered {status}."),
    "/empty": (faults.body(b""), "It is empty."),
    "/html": (faults.html(), "It asks for a login."),
    "/png": (faults.body(b"\x89PNG\r\n\x1a\n", "image/png"), "It isn't a feed that I can read."),
    "/entities": (faults.entity_bomb(), "It declares entities of its own, and I don't read those."),
    "/50mb": (faults.large(), "It is larger than {limit} bytes."),
    "/gzip": (faults.gzip_bomb(), "It is larger than {limit} bytes."),
    "/broken-gzip": (
        faults.body(b"\x1f\x8b\x08\x00garbage that is not deflate", headers={"Content-Encoding": "gzip"}),
        "Its compression is damaged.",
    ),
    "/br": (
        faults.body(b"x", headers={"Content-Encoding": "br"}),
        "It is compressed in a way I can't read ({encoding}).",
    ),
    "/endless": (faults.endless(), "It took longer than {seconds} seconds."),
    "/reset": (faults.reset(), "The connection broke."),
    "/cut": (faults.cut_off(rss(ITEMS)), "The connection broke."),
    "/loop": (faults.redirect("/loop"), "It redirects more than {limit} times."),
    "/nowhere": (faults.status(302), "It redirects to nowhere."),
    "/metadata": (
        faults.redirect("http://169.254.169.254/latest/meta-data/"),
        "It leads into a private network, and I don't go there.",
    ),
    "/file": (faults.redirect("file:///etc/passwd"), "Only http and https addresses can be read."),
    "/credentials": (
        faults.redirect("http://user:secret@a.example/"),
        "An address with a name or password in it can't be used.",
    ),
}


async def test_hostile_sources_are_refused_each_in_words_and_everything_else_goes_on(
    server: FeedServer, start: Start
) -> None:
    house = await start(timeout=2)
    for path, (fault, _) in HOSTILE.items():
        server.put(path, fault=fault)
        await house.follow(await house.gatherer.declared_source(server.url(path)))
    down = "http://127.0.0.1:9/feed"
    await house.follow(await house.gatherer.declared_source(down))
    server.put("/good", rss(ITEMS))
    await house.follow(await house.gatherer.declared_source(server.url("/good")))
    await house.poll()
    said = {health.url: health.problem for health in await house.db.read(sources.health)}
    assert said.pop(server.url("/good")) is None
    assert said.pop(down).msgid == "The server can't be reached."
    assert {url: problem.msgid for url, problem in said.items()} == {
        server.url(path): words for path, (_, words) in HOSTILE.items()
    }
    assert len(await house.stories()) == 3


async def test_an_unknown_error_is_recorded_and_stops_nobody_else(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/good", rss(ITEMS))

    def broken(language: str) -> str:
        raise RuntimeError("a bug")

    # The address is resolved inside the poll of its own source.
    house.gatherer._poller._resolve_wire = broken
    await house.follow(await house.gatherer.sample_source("en"))
    await house.follow(await house.gatherer.declared_source(server.url("/good")))
    await house.poll()
    assert len(await house.stories()) == 3
    health = await house.health("sample:en")
    assert health.problem.args == {"error": "RuntimeError"}
    assert health.failures == 1


PACK = {("crypto", "en"): ("/1", "/2", "/3", "/4", "/5"), ("crypto", "fr"): ("/fr",)}


def packs_on(server: FeedServer) -> dict[tuple[str, str], tuple[PackSource, ...]]:
    return {
        (pack, language): tuple(PackSource(server.url(path), f"Feed {path}", language) for path in paths)
        for (pack, language), paths in PACK.items()
    }


async def test_a_pack_reads_its_first_three_sources_that_are_well(server: FeedServer, start: Start) -> None:
    house = await start(packs=packs_on(server))
    for n in range(1, 6):
        server.put(f"/{n}", rss([Item(f"Story of feed {n}", f"https://a.example/{n}")]))
    server.pages["/2"].fault = faults.status(500)
    await house.follow_pack("crypto")
    await house.gatherer.sweep()
    await house.gatherer.sweep()
    assert await house.titles() == ["Story of feed 1", "Story of feed 3", "Story of feed 4"]
    server.pages["/2"].fault = None
    await house.poll()
    (followed,) = await house.db.read(subscriptions.of_chat, house.chat_id)
    assert [source.title for source in followed.sources] == ["A feed", "A feed", "A feed"]
    assert {source.url for source in followed.sources} == {server.url(f"/{n}") for n in (1, 2, 3)}
    asked = server.count("/4")
    await house.poll()
    assert (server.count("/4"), server.count("/5")) == (asked, 0)


async def test_a_chat_that_changes_its_language_reads_other_sources(server: FeedServer, start: Start) -> None:
    house = await start(packs=packs_on(server))
    await house.follow_pack("crypto")
    await house.db.write(chats.choose_language, house.chat_id, "fr", None, house.clock())
    await house.gatherer.sync_subscriptions()
    (followed,) = await house.db.read(subscriptions.of_chat, house.chat_id)
    assert [source.url for source in followed.sources] == [server.url("/fr")]
    await house.db.write(chats.choose_language, house.chat_id, "hy", None, house.clock())
    await house.gatherer.sync_subscriptions()
    (followed,) = await house.db.read(subscriptions.of_chat, house.chat_id)
    assert len(followed.sources) == 3  # none in Armenian: the English ones


# --- how it is asked -------------------------------------------------------------------------------------------------


async def test_an_answer_that_stays_good_is_not_asked_for_again_meanwhile(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/feed", rss(ITEMS), headers={"Cache-Control": "max-age=1800"})
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.gatherer.sweep()
    house.clock.forward(minutes=29)
    await house.gatherer.sweep()
    assert server.count("/feed") == 1
    house.clock.forward(minutes=2)
    await house.gatherer.sweep()
    assert server.count("/feed") == 2


async def test_who_asks_us_to_come_later_is_asked_later(server: FeedServer, start: Start) -> None:
    house = await start()
    server.put("/feed", fault=faults.status(429, {"Retry-After": "5400"}))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.gatherer.sweep()
    house.clock.forward(minutes=89)
    await house.gatherer.sweep()
    assert server.count("/feed") == 1
    house.clock.forward(minutes=2)
    await house.gatherer.sweep()
    assert server.count("/feed") == 2


async def test_a_source_is_looked_at_most_when_it_publishes(server: FeedServer, start: Start) -> None:
    house = await start()
    at = house.clock().replace(hour=9)
    daily = [
        Item(f"Of day {day}", f"https://a.example/d{day}", f"d{day}", at - day * timedelta(days=1)) for day in range(28)
    ]
    server.put("/feed", rss(daily))
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.gatherer.sweep()
    looks: dict[int, int] = {}
    for _ in range(24 * 30):
        before = server.count("/feed")
        await house.gatherer.sweep()
        looks[house.clock().hour] = looks.get(house.clock().hour, 0) + server.count("/feed") - before
        house.clock.forward(minutes=2)
    assert looks[9] > 3 * looks[21]
    assert sum(looks.values()) < 24 * 6


async def test_polls_without_news_are_marked_together_and_are_not_due_again(server: FeedServer, start: Start) -> None:
    house = await start()
    for n in range(12):
        server.put(f"/feed{n}", rss(ITEMS[:1]))
        await house.follow(await house.gatherer.declared_source(server.url(f"/feed{n}")))
    await house.poll()
    batches: list[int] = []
    write = house.gatherer._write_marks

    async def counting(marks: list[object]) -> list[None]:
        batches.append(len(marks))
        return list(await write(marks))

    house.gatherer._write_marks = counting
    await house.poll()
    assert sum(batches) == 12
    assert len(batches) < 12
    await house.gatherer.sweep()
    assert sum(1 for request in server.requests if request.status == 304) == 12


async def test_a_source_tells_how_fresh_it_is_and_in_which_language(server: FeedServer, start: Start) -> None:
    house = await start()
    later = house.clock().replace(year=2031)
    server.put("/feed", rss([*ITEMS, replace(ITEMS[0], guid="future", link="https://a.example/f", published=later)]))
    source_id = await house.gatherer.declared_source(server.url("/feed"))
    await house.follow(source_id)
    await house.poll()
    assert await house.db.read(_newest, source_id) == house.clock()


def _newest(connection: Connection, source_id: int) -> datetime | None:
    return connection.execute(select(source.c.newest_at).where(source.c.id == source_id)).scalar()


async def test_a_database_that_refuses_is_no_fault_of_the_source_which_is_fetched_once(start: Start, tmp_path) -> None:
    house = await start()
    async with FeedServer() as feeds:
        feeds.put("/a.xml", rss(ITEMS))
        source_id = await house.gatherer.declared_source(feeds.url("/a.xml"))
        await house.follow(source_id)
        await house.db.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 1") and None)
        thief = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
        thief.execute("BEGIN IMMEDIATE")
        polling = asyncio.create_task(house.gatherer.sweep())
        while house.db.refusal is None:
            await house.db.read(lambda _connection: None)
        thief.execute("ROLLBACK")
        thief.close()
        await polling
        assert len(await house.titles()) == len(ITEMS)
        assert feeds.count("/a.xml") == 1
        health = await house.health(feeds.url("/a.xml"))
        assert (health.failures, health.problem) == (0, None)


async def test_sources_that_take_long_to_read_are_read_apart(
    server: FeedServer, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("bot.gather.workers.QUICK", "bot.gather.shares.QUICK"):
        monkeypatch.setattr(place, 0.0001)
    house = await start()
    for n in range(5):
        server.put(f"/feed/{n}", rss([replace(ITEMS[0], title=f"Story {n}", link=f"https://a.example/apart/{n}")]))
        await house.follow(await house.gatherer.declared_source(server.url(f"/feed/{n}")))
    await house.poll()
    assert await house.titles() == [f"Story {n}" for n in range(5)]
    server.put("/feed/0", rss([Item("A new bridge in Prague", "https://a.example/b", "b", AT)]))
    await house.poll()
    assert "A new bridge in Prague" in await house.titles()


async def test_an_entry_in_which_the_body_breaks_off_is_taken_when_it_is_whole(
    server: FeedServer, start: Start
) -> None:
    house = await start()
    whole = rss(ITEMS)
    cut = whole[: whole.index(b"number 2") + 3]
    server.put("/feed", cut)
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    await house.poll()
    assert await house.titles() == [item.title for item in ITEMS[:2]]
    server.put("/feed", whole)
    await house.poll()
    assert await house.titles() == [item.title for item in ITEMS]


async def test_a_feed_that_stays_cut_off_is_taken_as_it_is(server: FeedServer, start: Start) -> None:
    house = await start()
    whole = rss(ITEMS)
    server.put("/feed", whole[: whole.index(b"Words 2") + 5])
    await house.follow(await house.gatherer.declared_source(server.url("/feed")))
    for _ in range(3):
        await house.poll()
    assert await house.titles() == [item.title for item in ITEMS]
    assert len(await house.stories()) == 3
