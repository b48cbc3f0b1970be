"""Articles behind entries as a tale over real sockets: read politely, shown where the feed said nothing, never waited
for."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Row, select

from bot.gather.article import MAX_BYTES, read_article
from bot.gather.client import GuardedClient
from bot.gather.gatherer import Gatherer
from bot.gather.packs import Packs, PackSource
from bot.gather.reading import AT_ONCE, Reader
from bot.gather.robots import Robots
from bot.gather.settings import GatherSettings
from bot.gather.workers import JobFailed, Workers
from bot.model import ChatKind, ChatRef
from bot.storage import articles, chats, owed, search, subscriptions
from bot.storage.database import Database, open_database
from bot.storage.tables import article, delivery, entry, story
from bot.words import terms
from tests.emulators.feeds import FeedServer, Item, faults, rss
from tests.emulators.feeds.articles import ArticlePage
from tests.gather.conftest import LOOPBACK, Clock
from tests.gather.told_articles import ENGLISH, EVERY, FRENCH, GERMAN


@dataclass
class Told:
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)

    async def __call__(self, new: tuple[int, ...], changed: tuple[int, ...]) -> None:
        self.new += new
        self.changed += changed


@dataclass
class House:
    """A gatherer and a reader, as app.py builds them, with one chat."""

    db: Database
    gatherer: Gatherer
    reader: Reader
    clock: Clock
    told: Told
    chat_id: int

    async def follow(self, url: str) -> None:
        source_id = await self.gatherer.declared_source(url)
        await self.db.write(subscriptions.follow_source, self.chat_id, source_id, None, self.clock())
        await self.gatherer.sync_subscriptions()

    async def poll(self) -> None:
        self.clock.forward(hours=7)
        await self.gatherer.sweep()

    async def read(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.forward(minutes=1)
            await self.reader.sweep()

    async def states(self) -> dict[str, str]:
        return {row.title: row.state for row in await self.db.read(_articles)}

    async def story(self, title: str) -> Row:
        return next(row for row in await self.db.read(_stories) if row.title == title)

    async def problem(self, title: str) -> str:
        return next(row.problem for row in await self.db.read(_articles) if row.title == title)


def _articles(connection: Connection) -> Sequence[Row]:
    query = select(
        entry.c.title, article.c.state, article.c.problem, article.c.attempts, article.c.lines, article.c.author
    )
    return connection.execute(query.join(entry, entry.c.id == article.c.entry_id)).all()


def _stories(connection: Connection) -> Sequence[Row]:
    return connection.execute(select(story)).all()


Start = Callable[..., Awaitable[House]]


@pytest.fixture
async def start(tmp_path: Path, clock: Clock, workers: Workers) -> AsyncIterator[Start]:
    """Starts a house; called again, it stops the one before: a restart."""
    stack: list[AsyncIterator[House]] = []

    @asynccontextmanager
    async def house(settings: GatherSettings, workers: Workers, packs: Packs | None) -> AsyncIterator[House]:
        async with open_database(tmp_path / "test.db") as db, GuardedClient(settings) as client:
            told = Told()
            gatherer = Gatherer(
                db,
                client,
                workers,
                settings,
                clock,
                resolve_wire=lambda language: f"http://127.0.0.1:1/{language}.json",
                on_stories=told,
                packs=packs,
                random=lambda: 0.5,
            )
            robots = Robots(client, workers, clock)
            reader = Reader(db, client, workers, robots, gatherer.turns, clock, told)
            chat = await db.write(chats.ensure, ChatRef("memory", "1"), ChatKind.GROUP, clock())
            await db.write(chats.choose_language, chat.id, "en", None, clock())
            yield House(db, gatherer, reader, clock, told, chat.id)

    async def begin(workers: Workers = workers, packs: Packs | None = None, **changes: object) -> House:
        await end()
        settings = GatherSettings(**({"interval": 600, "timeout": 2, "allow_networks": LOOPBACK} | changes))
        stack.append(house(settings, workers, packs))
        return await stack[-1].__aenter__()

    async def end() -> None:
        while stack:
            await stack.pop().__aexit__(None, None, None)

    yield begin
    await end()


def publish(
    server: FeedServer,
    clock: Clock,
    *told: tuple[str, str, ArticlePage | None],
    lede: str = "",
    host: str = "127.0.0.1",
) -> None:
    """A feed of titles and paths, and their pages."""
    at = clock() + timedelta(hours=6)
    items = [Item(title, server.url(path, host), path, at, lede or None) for path, title, _ in told]
    server.put("/feed", rss(items, title="The feed"))
    for path, _, page in told:
        if page is not None:
            server.put(path, page.html(), content_type="text/html; charset=utf-8")


@pytest.mark.parametrize(
    "path",
    [
        "/a",
        "/2026/11/22/harbour-bank-raises-its-reserve",
        "/news/harbour-bank-raises-its-reserve-of-bitcoin-20261122.html",
        "/artikel/4711/",
    ],
)
async def test_a_story_is_told_at_once_and_gains_the_articles_lede_and_picture_later(
    server: FeedServer, start: Start, clock: Clock, path: str
) -> None:
    house = await start()
    publish(server, clock, (path, ENGLISH.title, ENGLISH))
    await house.follow(server.url("/feed"))
    await house.poll()
    before = await house.story(ENGLISH.title)
    assert (before.lede, before.picture, before.revision) == ("", None, 1)
    assert house.told.new == [before.id]
    assert server.count(path) == 0
    await house.read()
    after = await house.story(ENGLISH.title)
    assert after.lede.startswith(ENGLISH.paragraphs[0][:80])
    assert after.picture == server.url("/pictures/bank.jpg")
    assert after.revision == 2
    assert house.told.changed == [after.ledger_id]
    (row,) = await house.db.read(_articles)
    assert (row.state, row.author, row.attempts) == ("read", "Ada Example", 1)
    assert {"kind": "quote", "spans": [{"text": ENGLISH.quotation}]} in row.lines
    assert [server.count("/robots.txt"), server.count(path)] == [1, 1]
    assert "text/html" in server.last(path).headers["Accept"]
    await house.read(3)
    assert server.count(path) == 1


async def test_a_source_of_everything_gives_what_its_articles_tell_to_be_about_the_pack(
    server: FeedServer, start: Start, clock: Clock
) -> None:
    """Its headlines alone don't say it; nothing else of it is posted, and over a restart nothing twice."""
    packs = {("crypto", "en"): (PackSource(server.url("/feed"), "General", "en", ("crypto", "all:coin")),)}
    told = "Bitcoin and other cryptocurrencies rose a little this morning, traders said, after a quiet weekend. " * 3
    coins = ArticlePage(title="A quiet morning at the exchange", paragraphs=(told,))
    said = "It was a mild November in the north, as the weather service says. " * 5
    weather = ArticlePage(title="A mild November in the north", paragraphs=(said,))
    publish(server, clock, ("/weather", weather.title, weather), ("/coins", coins.title, coins))
    house = await start(packs=packs)
    await house.db.write(subscriptions.follow_pack, house.chat_id, "crypto", None, clock())
    await house.gatherer.sync_subscriptions()
    await house.poll()

    async def is_owed() -> list[str]:
        await house.db.write(owed.select_new, clock())
        titles = select(story.c.title).join(delivery, delivery.c.story_id == story.c.id)
        return list(await house.db.read(lambda connection: connection.execute(titles).scalars().all()))

    assert await is_owed() == []
    await house.read(3)
    assert await is_owed() == [coins.title]
    house = await start(packs=packs)
    await house.poll()
    await house.read(3)
    assert await is_owed() == [coins.title]


async def test_what_the_article_says_is_found_by_searching(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start()
    publish(server, clock, *((f"/{page.language}", page.title, page) for page in EVERY))
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read(len(EVERY))
    assert set((await house.states()).values()) == {"read"}
    for words, page in (
        ("bond shareholders", ENGLISH),
        ("Gutachten", GERMAN),
        ("株主", EVERY[3]),
        ("облигаций", EVERY[6]),
    ):
        found = await house.db.read(search.find, terms(words), language="en", limit=10)
        assert [one.story.title for one in found.stories] == [page.title]


async def test_a_feed_that_tells_enough_has_its_word_and_its_site_is_left_alone(
    server: FeedServer, start: Start, clock: Clock
) -> None:
    house = await start()
    lede = "The feed tells all there is to know of this story by itself, in so many words. " * 3
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH), lede=lede)
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read(2)
    assert await house.states() == {}
    assert server.count("/robots.txt") == 0


async def test_a_short_lede_of_the_feed_stays_and_the_article_serves_searching(
    server: FeedServer, start: Start, clock: Clock
) -> None:
    house = await start()
    lede = "The bank from the harbour has bought six hundred coins more, and it means to keep them all."
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH), lede=lede)
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read()
    told = await house.story(ENGLISH.title)
    assert told.lede == lede
    assert told.picture is not None
    found = await house.db.read(search.find, terms("shareholders"), language="en", limit=10)
    assert [one.story.id for one in found.stories] == [told.id]


async def test_an_edit_of_the_feed_does_not_take_the_articles_lede_away(
    server: FeedServer, start: Start, clock: Clock
) -> None:
    house = await start()
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH))
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read()
    title = f"{ENGLISH.title}, more than any other"
    server.put("/feed", rss([Item(title, server.url("/a"), "/a", clock())], title="The feed"))
    await house.poll()
    told = await house.story(title)
    assert told.lede.startswith(ENGLISH.paragraphs[0][:80])
    assert told.picture is not None


async def test_robots_txt_is_heeded(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start()
    server.put("/robots.txt", b"User-agent: *\nDisallow: /a\n", content_type="text/plain")
    server.put("/moved", fault=faults.redirect("/a/there"))
    server.put("/a/there", FRENCH.html(), content_type="text/html")
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH), ("/b", GERMAN.title, GERMAN), ("/moved", FRENCH.title, None))
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read(4)
    assert await house.states() == {ENGLISH.title: "refused", GERMAN.title: "read", FRENCH.title: "refused"}
    assert (server.count("/a"), server.count("/a/there")) == (0, 0)
    assert "robots.txt" in await house.problem(FRENCH.title)


async def test_what_a_server_says_to_robots_beside_its_page_is_heeded(
    server: FeedServer, start: Start, clock: Clock
) -> None:
    house = await start()
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH), ("/b", GERMAN.title, GERMAN))
    server.put("/a", headers={"X-Robots-Tag": "noindex, nofollow"})
    server.put("/b", headers={"X-Robots-Tag": "otherbot: noindex"})
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read(3)
    assert await house.states() == {ENGLISH.title: "refused", GERMAN.title: "read"}


async def test_while_robots_txt_cannot_be_had_nothing_is_read_and_it_is_tried_again(
    server: FeedServer, start: Start, clock: Clock
) -> None:
    house = await start()
    server.put("/robots.txt", fault=faults.status(500))
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH))
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read(3)
    assert await house.states() == {ENGLISH.title: "waiting"}
    assert [server.count("/robots.txt"), server.count("/a")] == [1, 0]
    server.put("/robots.txt", b"", fault=None, content_type="text/plain")
    clock.forward(hours=1)
    await house.read()
    assert await house.states() == {ENGLISH.title: "read"}


async def test_what_fails_is_tried_three_times_ever_later(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start()
    server.put("/a", fault=faults.status(503))
    publish(server, clock, ("/a", ENGLISH.title, None))
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read(5)
    assert server.count("/a") == 1
    clock.forward(minutes=10)
    await house.read(5)
    assert server.count("/a") == 2
    clock.forward(hours=1)
    await house.read()
    assert await house.states() == {ENGLISH.title: "failed"}
    clock.forward(hours=12)
    await house.read()
    assert server.count("/a") == 3


class Stumbling(Workers):
    """Workers in which reading a page fails in a way that nobody has thought of."""

    async def run_for(  # type: ignore[override]
        self, name: str, deadline: float, work: Callable[..., object], *args: object
    ) -> object:
        if work is read_article:
            raise JobFailed("ZeroDivisionError")
        return await super().run_for(name, deadline, work, *args)


async def test_what_fails_unexpectedly_is_not_tried_for_ever_either(
    server: FeedServer, start: Start, clock: Clock
) -> None:
    async with Stumbling() as workers:
        house = await start(workers=workers)
        publish(server, clock, ("/2026/11/22/a-title", ENGLISH.title, ENGLISH), ("/b", GERMAN.title, None))
        await house.follow(server.url("/feed"))
        await house.poll()
        for _ in range(12):
            clock.forward(hours=6, minutes=10)
            await house.read(2)
        assert (await house.states())[ENGLISH.title] == "failed"
        assert "JobFailed" in await house.problem(ENGLISH.title)
        assert server.count("/2026/11/22/a-title") == 3


async def test_what_brings_us_down_each_time_is_given_up(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start(timeout=30)
    page = server.put("/a", gate=asyncio.Event())
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH))
    await house.follow(server.url("/feed"))
    await house.poll()
    for _ in range(3):
        page.asked.clear()
        reading = asyncio.create_task(house.reader.sweep())
        await page.asked.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        clock.forward(hours=7)
    page.gate = None
    house = await start()
    await house.read()
    assert await house.states() == {ENGLISH.title: "failed"}
    assert server.count("/a") == 0


async def test_a_server_that_asks_for_time_gets_it(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start()
    server.put("/a", fault=faults.status(429, {"Retry-After": "7200"}))
    publish(server, clock, ("/a", ENGLISH.title, None))
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read()
    clock.forward(minutes=100)
    await house.read()
    assert server.count("/a") == 1
    clock.forward(minutes=30)
    await house.read()
    assert server.count("/a") == 2


BAD = {
    "/404": faults.status(404),
    "/403": faults.status(403),
    "/410": faults.status(410),
    "/50mb": faults.large(content_type="text/html"),
    "/large": faults.body(b"<html>" + b"x" * (MAX_BYTES + 1), "text/html"),
    "/gzip-bomb": faults.body(gzip.compress(b" " * 20_000_000), "text/html", {"Content-Encoding": "gzip"}),
    "/binary": faults.body(bytes(range(256)) * 100, "application/pdf"),
    "/binary-as-html": faults.body(bytes(range(256)) * 100, "text/html"),
    "/metadata": faults.redirect("http://169.254.169.254/latest/meta-data/"),
    "/private": faults.redirect("http://10.0.0.1/"),
    "/loop": faults.redirect("/loop"),
    "/login": faults.body(b"<html><title>Log in</title><form><input type=password></form>", "text/html"),
    "/deep": faults.body(b"<html><body>" + b"<div>" * 30_000 + b"deep", "text/html"),
    "/many": faults.body(b"<html><body>" + b"<p>a</p>" * 100_000, "text/html"),
    "/home": faults.redirect("/"),
}
SLOW = {"/endless": faults.endless("text/html"), "/reset": faults.reset(), "/500": faults.status(500)}


async def test_no_bad_page_keeps_others_from_being_read(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start()
    for path, fault in (BAD | SLOW).items():
        server.put(path, fault=fault)
    front = replace(GERMAN, title="All the news of the day").html()
    server.put("/", front, content_type="text/html")
    bad = [(path, f"Something happened at {path.strip('/')} today", None) for path in BAD | SLOW]
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH), *bad, ("/b", FRENCH.title, FRENCH))
    await house.follow(server.url("/feed"))
    await house.poll()
    assert len(house.told.new) == len(bad) + 2
    await house.read(len(bad) + 4)
    states = await house.states()
    assert (states.pop(ENGLISH.title), states.pop(FRENCH.title)) == ("read", "read")
    for path, title, _ in bad:
        assert states[title] == ("refused" if path in BAD else "waiting"), (path, await house.problem(title))


async def test_a_page_that_hangs_holds_up_no_other_host(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start(timeout=30)
    gate = asyncio.Event()
    slow = server.put("/slow", gate=gate)
    at = clock() + timedelta(hours=6)
    items = [
        Item("A slow story about nothing", server.url("/slow"), "s", at),
        Item(ENGLISH.title, server.url("/a", "localhost"), "a", at),
        Item(FRENCH.title, server.url("/b", "localhost"), "b", at),
    ]
    server.put("/feed", rss(items[:1]))
    server.put("/other", rss(items[1:]))
    for path, page in (("/a", ENGLISH), ("/b", FRENCH)):
        server.put(path, page.html(), content_type="text/html")
    await house.follow(server.url("/feed"))
    await house.follow(server.url("/other"))
    await house.poll()
    wake = asyncio.Event()
    running = asyncio.create_task(house.reader.run(wake))
    wake.set()
    await slow.asked.wait()
    for _ in range(200):
        clock.forward(seconds=10)
        wake.set()
        await asyncio.sleep(0.02)
        if list((await house.states()).values()).count("read") == 2:
            break
    states = await house.states()
    assert [states[ENGLISH.title], states[FRENCH.title], states["A slow story about nothing"]] == [
        "read",
        "read",
        "waiting",
    ]
    assert server.count("/slow") == 0  # it is still to be answered, and isn't asked for twice
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_host_is_asked_for_one_article_at_a_time_with_pauses(
    server: FeedServer, start: Start, clock: Clock
) -> None:
    house = await start()
    server.put("/robots.txt", b"User-agent: *\nCrawl-delay: 120\n", content_type="text/plain")
    publish(server, clock, *((f"/{page.language}", page.title, page) for page in EVERY))
    await house.follow(server.url("/feed"))
    await house.poll()
    for _ in range(3):
        await house.reader.sweep()
    assert sorted((await house.states()).values()).count("read") == 1
    clock.forward(seconds=100)
    await house.reader.sweep()
    assert sorted((await house.states()).values()).count("read") == 1
    clock.forward(seconds=30)
    await house.reader.sweep()
    assert sorted((await house.states()).values()).count("read") == 2
    assert server.most_at_once <= AT_ONCE


async def test_a_restart_in_the_middle_loses_no_article(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start(timeout=30)
    page = server.put("/a", gate=asyncio.Event())
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH))
    await house.follow(server.url("/feed"))
    await house.poll()
    reading = asyncio.create_task(house.reader.sweep())
    await page.asked.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    page.gate = None
    house = await start()
    assert await house.states() == {ENGLISH.title: "waiting"}
    clock.forward(minutes=10)
    await house.read()
    assert await house.states() == {ENGLISH.title: "read"}
    assert (await house.story(ENGLISH.title)).revision == 2


async def test_nothing_is_read_that_nobody_may_get(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start()
    old = clock() - timedelta(days=3)
    server.put("/feed", rss([Item(ENGLISH.title, server.url("/a"), "a", old), Item("No address", None, "b", clock())]))
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.read()
    assert await house.states() == {}
    off = await start(read_articles=False)
    publish(server, clock, ("/c", GERMAN.title, GERMAN))
    await off.poll()
    assert GERMAN.title in {row.title for row in await off.db.read(_stories)}
    assert await off.states() == {}


async def test_what_waits_too_long_is_given_up(server: FeedServer, start: Start, clock: Clock) -> None:
    house = await start()
    publish(server, clock, ("/a", ENGLISH.title, ENGLISH))
    await house.follow(server.url("/feed"))
    await house.poll()
    await house.db.write(articles.forget_old, clock() + timedelta(days=1))
    assert await house.states() == {ENGLISH.title: "waiting"}
    await house.db.write(articles.forget_old, clock() + timedelta(days=3))
    assert await house.states() == {ENGLISH.title: "failed"}


@pytest.mark.parametrize(
    ("lede", "gives_way"),
    [
        ("", True),
        ("Comments", True),
        ("Harbour bank raises its reserve of bitcoin", True),
        ("The bank has bought more coins than anyone, and it means to keep …", True),
        ("The bank from the harbour has bought six hundred coins more, it said.", False),
    ],
)
def test_a_lede_that_says_nothing_gives_way(lede: str, gives_way: bool) -> None:
    read = "The bank has bought more coins than anyone, and it means to keep them for five years, it said on Friday."
    assert articles.says_nothing("Harbour bank raises its reserve of bitcoin to 4,000", lede, read) is gives_way
