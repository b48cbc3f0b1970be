"""The database can't be used for a while: it is said in words, nothing is lost, and everything goes on after it."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Chat, Limits, Message, TelegramServer, User
from tests.product import EVERY_SECOND, Product, Spawned, chat_table, items, running, spawned, telegram_table

ROOM = 64 * 1024
"""Bytes to which a file may grow on the full disk: far less than the database's log has by then."""


@dataclass
class Town:
    """A group on Telegram that reads a feed, and people in it."""

    feeds: FeedServer
    server: TelegramServer
    group: Chat
    people: list[User]

    @property
    def config(self) -> str:
        return (
            telegram_table(self.server)
            + EVERY_SECOND
            + chat_table("telegram", self.group.id, "en", self.feeds.url("/a.xml"))
        )

    def publish(self, *titles: str) -> None:
        self.feeds.put("/a.xml", rss(items(*titles)))

    def post(self, title: str) -> Message | None:
        posts = self.server.messages(self.group, by_bot=True)
        return next((message for message in posts if message.text.startswith(title)), None)

    async def posted(self, title: str) -> Message:
        message: Message = await self.server.wait_for(lambda: self.post(title), 60)
        return message


@asynccontextmanager
async def town() -> AsyncIterator[Town]:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as server:
        people = [server.add_user(f"Person {number}") for number in range(3)]
        group = server.create_supergroup("Readers", members=people)
        server.add_bot(group, "admin")
        one = Town(feeds, server, group, people)
        one.publish("Rates fall")
        yield one


async def _refusal(product: Product) -> dict[str, Any]:
    """What /healthz says of the storage, once it says anything."""

    async def told() -> Any:
        return (await product.health()).get("storage")

    refusal: dict[str, Any] = await product.until(told, 60)
    return refusal


async def _no_refusal(product: Product) -> None:
    async def silent() -> bool:
        return "storage" not in await product.health()

    await product.until(silent, 60)


async def _everything_counts(one: Town, product: Product) -> None:
    """Two bullish votes, one of them by a reaction, and the story that came meanwhile."""
    await one.posted("Rates rise")

    async def counted() -> bool:
        story = await product.story("Rates fall")
        return story is not None and story["tally"] == {"bullish": 2, "bearish": 0}

    await product.until(counted, 60)
    assert len(one.server.messages(one.group, by_bot=True)) == 2
    assert product.rows("SELECT failures, problem FROM source WHERE failures > 0") == []
    assert product.rows("SELECT DISTINCT state FROM delivery") == [("posted",)]


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Another process writes, and doesn't come to an end."""
    with closing(sqlite3.connect(folder / "newstally.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


async def test_while_another_process_holds_the_database_everything_waits_and_then_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with town() as one, running(tmp_path, one.config) as product:
        post = await one.posted("Rates fall")
        ann, bob, _ = one.people
        await product.until(lambda: product.rows("SELECT 1 FROM post"))
        with _held(tmp_path):
            press = one.server.tap(ann, one.group, post, one.server.buttons(one.group, post)[0]["callback_data"])
            one.server.react(bob, one.group, post, ["👍"])
            one.publish("Rates fall", "Rates rise")
            refusal = await _refusal(product)
            assert (refusal["state"], "database is locked" in refusal["detail"]) == ("refusing", True)
            assert not press.answered.is_set(), "a vote that isn't stored isn't confirmed"
            assert one.post("Rates rise") is None
        await _everything_counts(one, product)
        await _no_refusal(product)
        assert (await product.health())["status"] == 200
    written = capsys.readouterr().out
    assert "Traceback" not in written
    assert "the database refuses" in written
    assert "the database can be used again" in written


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux bounds the files of another process")
async def test_on_a_full_disk_it_says_so_and_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    async with town() as one, spawned(tmp_path, one.config) as life:
        post = await one.posted("Rates fall")
        ann, bob, _ = one.people
        await life.product.until(lambda: life.product.rows("SELECT 1 FROM post"))
        with _full(life):
            press = one.server.tap(ann, one.group, post, one.server.buttons(one.group, post)[0]["callback_data"])
            one.server.react(bob, one.group, post, ["👍"])
            one.publish("Rates fall", "Rates rise")
            refusal = await _refusal(life.product)
            assert refusal["detail"].startswith("The database refuses since")
            assert not press.answered.is_set()
            assert one.post("Rates rise") is None
        await _everything_counts(one, life.product)
        assert await life.stop() == 0
        assert "Traceback" not in life.written, life.written


@contextmanager
def _full(life: Spawned) -> Iterator[None]:
    """No file of the process can grow any more."""
    before = resource.prlimit(life.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(life.process.pid, resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.prlimit(life.process.pid, resource.RLIMIT_FSIZE, before)


async def test_it_stops_in_an_orderly_way_while_another_process_holds_the_database(tmp_path: Path) -> None:
    async with town() as one, spawned(tmp_path, one.config) as life:
        await one.posted("Rates fall")
        await life.product.until(lambda: life.product.rows("SELECT 1 FROM post"))
        with _held(tmp_path):
            one.publish("Rates fall", "Rates rise")
            await _refusal(life.product)
            assert await life.stop() == 0
        assert "Traceback" not in life.written, life.written
