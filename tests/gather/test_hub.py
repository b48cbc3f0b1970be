"""Hubs that tell of news: asked, answered, believed when they sign, renewed, given back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from bot.gather.client import GuardedClient
from bot.gather.gatherer import Gatherer
from bot.gather.hub import Denied, Granted, Hubs, Left, answer_to, is_signed, lease_of, retry_in
from bot.gather.settings import GatherSettings
from bot.gather.workers import Workers
from bot.model import ChatKind, ChatRef
from bot.ports import Site
from bot.site.hub import hub_router
from bot.site.server import serve
from bot.storage import api, chats, leases, polls, subscriptions
from bot.storage.database import Database, open_database
from bot.storage.leases import Lease, LeaseState
from tests.emulators.feeds import FeedServer, Item, rss
from tests.emulators.feeds.hub import Hub, signature
from tests.gather.conftest import LOOPBACK, Clock
from tests.languages import CATALOGUES

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ITEMS = [Item(f"Story number {n} of the day", f"https://a.example/{n}", f"g{n}", AT, f"Words {n}") for n in range(3)]
LEASE = Lease(1, "token", "secret", "https://hub.example/", "https://a.example/feed", LeaseState.ASKED, None, 0)
QUESTION = {"hub.topic": LEASE.topic, "hub.challenge": "c", "hub.mode": "subscribe", "hub.lease_seconds": "3600"}


# --- what is decided -------------------------------------------------------------------------------------------------


def test_a_hub_is_answered_only_about_what_it_was_asked() -> None:
    assert answer_to(LEASE, QUESTION) == Granted("c", timedelta(hours=1))
    assert answer_to(None, QUESTION) is None
    assert answer_to(LEASE, QUESTION | {"hub.topic": "https://b.example/feed"}) is None
    assert answer_to(LEASE, QUESTION | {"hub.mode": "unsubscribe"}) is None
    assert answer_to(LEASE, QUESTION | {"hub.mode": "publish"}) is None
    assert answer_to(LEASE, QUESTION | {"hub.challenge": ""}) is None
    leaving = replace(LEASE, state=LeaseState.LEAVING)
    assert answer_to(leaving, QUESTION | {"hub.mode": "unsubscribe"}) == Left("c")
    assert answer_to(leaving, QUESTION) is None
    assert answer_to(replace(LEASE, state=LeaseState.REFUSED), QUESTION) is None
    assert isinstance(answer_to(LEASE, {"hub.topic": LEASE.topic, "hub.mode": "denied"}), Denied)


@pytest.mark.parametrize(
    ("seconds", "lease"),
    [
        ("86400", timedelta(days=1)),
        ("", timedelta(days=10)),
        ("soon", timedelta(days=10)),
        ("-5", timedelta(days=10)),
        ("1", timedelta(minutes=5)),
        ("9" * 50, timedelta(days=30)),
    ],
)
def test_leases_are_taken_within_reason(seconds: str, lease: timedelta) -> None:
    assert lease_of(seconds) == lease


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_of_any_of_the_four_methods_is_believed(method: str) -> None:
    assert is_signed(signature("secret", b"body", method), "secret", b"body")
    assert is_signed(signature("secret", b"body", method).upper(), "secret", b"body")
    assert not is_signed(signature("other", b"body", method), "secret", b"body")
    assert not is_signed(signature("secret", b"body", method), "secret", b"another body")


@pytest.mark.parametrize("header", ["", "sha256", "sha256=", "=abc", "md5=" + "0" * 32, "sha256=ö", "blake2b=00"])
def test_what_is_no_signature_is_not_believed(header: str) -> None:
    assert not is_signed(header, "secret", b"body")


def test_a_hub_that_does_not_answer_is_asked_later_each_time() -> None:
    assert [retry_in(failures) for failures in (0, 1, 2, 60)] == [
        timedelta(hours=1),
        timedelta(hours=2),
        timedelta(hours=4),
        timedelta(days=7),
    ]


# --- over sockets ----------------------------------------------------------------------------------------------------


@dataclass
class House:
    """Gather with a chat that follows a feed, and the callbacks on their own server."""

    db: Database
    gatherer: Gatherer
    hubs: Hubs
    clock: Clock
    chat_id: int
    source_id: int
    topic: str

    async def lease(self) -> Lease | None:
        return await self.db.read(leases.of_source, self.source_id)

    async def titles(self) -> list[str]:
        found = await self.db.read(api.newest_stories, limit=200, before=None, with_chats=False)
        return sorted(story.title for story in found)

    async def wait(self) -> timedelta:
        """Until the next look."""
        (found,) = await self.db.read(polls.due, self.clock() + timedelta(days=9), 9)
        return timedelta(seconds=found.interval_seconds)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with Hub() as hub:
        yield hub


@pytest.fixture
async def house(
    tmp_path: Path, clock: Clock, workers: Workers, server: FeedServer, settings: GatherSettings, hub: Hub
) -> AsyncIterator[House]:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    sock.setblocking(False)
    port = sock.getsockname()[1]
    site = Site("127.0.0.1", port, f"http://127.0.0.1:{port}", "x" * 16, True)
    async with open_database(tmp_path / "test.db") as db, GuardedClient(settings) as client:
        gatherer = Gatherer(
            db, client, workers, settings, clock, resolve_wire=str, on_stories=_nobody, packs=(), random=lambda: 0.5
        )
        hubs = Hubs(db, client, clock, gatherer.pushed, site.public_url)
        app = FastAPI()
        app.include_router(hub_router(hubs))
        started = asyncio.Event()
        serving = asyncio.create_task(serve(app, sock, site, CATALOGUES, started=started.set))
        await started.wait()
        topic = server.url("/feed")
        server.put("/feed", rss(ITEMS[:1]), headers=link(hub.url, topic))
        chat = await db.write(chats.ensure, ChatRef("memory", "1"), ChatKind.GROUP, clock())
        await db.write(chats.choose_language, chat.id, "en", None, clock())
        source_id = await gatherer.declared_source(topic)
        await db.write(subscriptions.follow_source, chat.id, source_id, None, clock())
        await gatherer.sync_subscriptions()
        await gatherer.sweep()
        yield House(db, gatherer, hubs, clock, chat.id, source_id, topic)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving


def link(hub: str, topic: str) -> dict[str, str]:
    """The header by which a feed names its hub."""
    return {"Link": f'<{hub}>; rel="hub", <{topic}>; rel="self"'}


async def _nobody(new: tuple[int, ...], changed: tuple[int, ...]) -> None:
    """Nothing is posted here."""


async def test_a_hub_is_asked_and_its_news_are_stories_at_once(house: House, hub: Hub, server: FeedServer) -> None:
    await house.hubs.sweep()
    (subscription,) = hub.subscriptions.values()
    assert (subscription.topic, hub.faults) == (house.topic, [])
    lease = await house.lease()
    assert lease is not None
    assert (lease.state, lease.leased_until) == (LeaseState.LEASED, house.clock() + timedelta(days=10))
    looked = server.count("/feed")
    assert await hub.publish(house.topic, rss(ITEMS[1:2])) == [202]
    assert await house.titles() == [ITEMS[0].title, ITEMS[1].title]
    assert server.count("/feed") == looked
    await house.hubs.sweep()
    assert hub.asked == ["subscribe"]


async def test_what_is_not_signed_as_agreed_changes_nothing(house: House, hub: Hub) -> None:
    await house.hubs.sweep()
    (one,) = hub.subscriptions.values()
    body = rss(ITEMS[1:2])
    for signed in (None, "", "sha256=00", signature("guessed", body), signature(one.secret, b"another body")):
        assert await hub.send(one.callback, body, "application/rss+xml", signed) == 202
    assert await house.titles() == [ITEMS[0].title]


async def test_callbacks_that_nobody_gave_out_are_not_there(house: House, hub: Hub) -> None:
    await house.hubs.sweep()
    (one,) = hub.subscriptions.values()
    stranger = one.callback[:-5] + "xxxxx"
    assert await hub.send(stranger, rss(ITEMS[1:2]), "application/rss+xml", None) == 410
    query = {"hub.mode": "subscribe", "hub.topic": house.topic, "hub.challenge": "c"}
    assert (await hub.question(stranger, query))[0] == 404
    assert (await hub.question(one.callback, query | {"hub.mode": "unsubscribe"}))[0] == 404
    assert (await hub.question(one.callback, query | {"hub.topic": "https://b.example/"}))[0] == 404


async def test_a_push_that_cannot_be_read_has_us_look_at_once(house: House, hub: Hub, server: FeedServer) -> None:
    await house.hubs.sweep()
    server.put("/feed", rss(ITEMS[:2]))
    await hub.publish(house.topic, b"<html>an update!</html>", "text/html")
    assert await house.titles() == [ITEMS[0].title]
    await house.gatherer.sweep()
    assert await house.titles() == [ITEMS[0].title, ITEMS[1].title]


async def test_a_push_that_is_too_large_is_refused_and_the_next_look_finds_it(house: House, hub: Hub) -> None:
    await house.hubs.sweep()
    assert await hub.publish(house.topic, rss(ITEMS[1:2]) + b" " * 1_100_000) == [413]
    assert await hub.publish(house.topic, rss(ITEMS[1:2]) + b" " * 500_000) == [202]


async def test_a_hub_that_pushes_without_end_is_told_to_come_later_and_nothing_is_lost(
    house: House, hub: Hub, server: FeedServer
) -> None:
    """A feed's owner may be its hub's, too."""
    await house.hubs.sweep()
    answers = [(await hub.publish(house.topic, rss(ITEMS[:1])))[0] for _ in range(8)]
    assert answers == [202] * 5 + [429] * 3
    server.put("/feed", rss(ITEMS))
    looked = server.count("/feed")
    await house.gatherer.sweep()
    assert server.count("/feed") == looked
    house.clock.forward(seconds=61)
    await house.gatherer.sweep()
    assert await house.titles() == [item.title for item in ITEMS]
    assert await hub.publish(house.topic, rss(ITEMS)) == [202]


async def test_unsigned_pushes_count_too(house: House, hub: Hub) -> None:
    await house.hubs.sweep()
    (one,) = hub.subscriptions.values()
    for expected in (202, 202, 202, 202, 202, 429):
        assert await hub.send(one.callback, b"x", "application/rss+xml", "sha256=00") == expected
    house.clock.forward(seconds=13)
    assert await hub.publish(house.topic, rss(ITEMS[1:2])) == [202]


async def test_after_a_push_the_whole_feed_is_read_again(house: House, hub: Hub, server: FeedServer) -> None:
    await house.hubs.sweep()
    await hub.publish(house.topic, rss(ITEMS[1:2]))
    server.put("/feed", rss(ITEMS))
    house.clock.forward(hours=2)
    await house.gatherer.sweep()
    assert await house.titles() == [item.title for item in ITEMS]


async def test_a_lease_is_renewed_before_it_ends(house: House, hub: Hub) -> None:
    await house.hubs.sweep()
    house.clock.forward(days=9, minutes=1)
    await house.hubs.sweep()
    lease = await house.lease()
    assert lease is not None
    assert (hub.asked, lease.state) == (["subscribe", "subscribe"], LeaseState.LEASED)
    assert lease.leased_until == house.clock() + timedelta(days=10)


async def test_while_a_hub_tells_looks_are_fewer_and_never_stop(house: House, hub: Hub) -> None:
    async def look() -> timedelta:
        house.clock.forward(hours=1, seconds=1)
        await house.gatherer.sweep()
        return await house.wait()

    alone = await look()
    await house.hubs.sweep()
    leased = await look()
    assert alone < leased <= timedelta(hours=1)
    hub.status = 500
    house.clock.forward(days=11)
    await house.hubs.sweep()
    assert await look() < leased


async def test_a_hub_that_denies_or_fails_is_left_alone_for_a_while(house: House, hub: Hub) -> None:
    hub.denies = True
    await house.hubs.sweep()
    lease = await house.lease()
    assert lease is not None
    assert lease.state is LeaseState.REFUSED
    house.clock.forward(days=6)
    await house.hubs.sweep()
    assert hub.asked == ["subscribe"]
    hub.denies = False
    house.clock.forward(days=2)
    await house.hubs.sweep()
    assert len(hub.subscriptions) == 1


async def test_a_hub_that_is_down_is_asked_again_later(house: House, hub: Hub) -> None:
    hub.status = 503
    await house.hubs.sweep()
    hub.status = None
    house.clock.forward(minutes=59)
    await house.hubs.sweep()
    assert hub.asked == []
    house.clock.forward(minutes=2)
    await house.hubs.sweep()
    assert len(hub.subscriptions) == 1


async def test_what_nobody_reads_is_given_back(house: House, hub: Hub) -> None:
    await house.hubs.sweep()
    (one,) = hub.subscriptions.values()
    (followed,) = await house.db.read(subscriptions.of_chat, house.chat_id)
    await house.db.write(subscriptions.unfollow, house.chat_id, followed.id, None, house.clock())
    await house.gatherer.sync_subscriptions()
    await house.hubs.sweep()
    assert hub.asked == ["subscribe", "unsubscribe"]
    assert (hub.subscriptions, await house.lease(), hub.faults) == ({}, None, [])
    assert await hub.send(one.callback, rss(ITEMS), "application/rss+xml", signature(one.secret, rss(ITEMS))) == 410


async def test_a_feed_that_names_another_hub_leaves_the_first(house: House, hub: Hub, server: FeedServer) -> None:
    await house.hubs.sweep()
    async with Hub() as other:
        server.put("/feed", rss(ITEMS[:2]), headers=link(other.url, house.topic))
        house.clock.forward(hours=2)
        await house.gatherer.sweep()
        await house.hubs.sweep()
        await house.hubs.sweep()
        assert (hub.subscriptions, len(other.subscriptions)) == ({}, 1)


async def test_a_hub_inside_a_private_network_is_not_asked(house: House, hub: Hub) -> None:
    async with GuardedClient(GatherSettings(timeout=5)) as guarded:
        hubs = Hubs(house.db, guarded, house.clock, house.gatherer.pushed, "https://news.example.org")
        await hubs.sweep()
    assert (hub.asked, hub.faults, hub.subscriptions) == ([], [], {})
    assert LOOPBACK
