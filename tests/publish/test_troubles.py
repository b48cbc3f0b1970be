"""Chats are told of feeds that need an admin: once, after days, in their language."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from bot.errors import ChatGone, PlatformDown, Throttled, Unconfirmed
from bot.i18n import Catalogues
from bot.model import Phrase
from bot.ports import State
from bot.publish.troubles import ASKED, Troubles, needs_admin
from bot.storage.database import Database, open_database
from bot.storage.phrases import phrase_to_json
from bot.storage.sources import NOT_NAMED
from bot.storage.tables import chat, source, subscription
from bot.storage.troubles import Trouble
from tests.memory import MemoryAdapter

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NO = Phrase("no")
GONE = Phrase("There is nothing at this address ({status}).", {"status": 404})
DOWN = Phrase("The server answered {status}.", {"status": 503})
SILENT = Phrase("The server can't be reached.")
OFTEN = Phrase("The server asks me to come less often ({status}).", {"status": 429})


def trouble(problem: Phrase, days: float, **changes: object) -> Trouble:
    since = NOW - timedelta(days=days)
    return replace(Trouble(1, "https://a.example/feed", "A", problem, None, since, NOW, 20, False), **changes)


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (trouble(GONE, 2.9), False),
        (trouble(GONE, 3.1), True),
        (trouble(DOWN, 6.9), False),
        (trouble(DOWN, 7.1), True),
        (trouble(SILENT, 3.1), False),
        (trouble(SILENT, 7.1), True),
        (trouble(OFTEN, 3.1), False),
        (trouble(GONE, 0, ended=True, failures=1), True),
        (trouble(GONE, 30, failures=ASKED - 1), False),
        (trouble(GONE, 30, failing_since=None), False),
        (trouble(GONE, 30, last_polled_at=NOW - timedelta(days=29)), False),
    ],
)
def test_admins_are_told_after_days_and_of_an_end_at_once(one: Trouble, told: bool) -> None:
    assert needs_admin(one) is told


class World:
    """A database with chats and their feeds."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.memory = MemoryAdapter()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def sweep(self) -> list[str]:
        """What the chats are told."""
        before = len(self.memory.messages)
        adapters = {"memory": self.memory}
        await Troubles(self.db, adapters, Catalogues(), lambda: NOW, self.sleep).sweep()
        return [f"{one.ref.chat.id}: {one.card.plain()}" for one in self.memory.messages[before:]]

    async def chat(self, name: str, language: str | None = "en", platform: str = "memory", **more: object) -> int:
        def store(connection: Connection) -> int:
            values = {"platform": platform, "native_id": name, "kind": "group", "language": language}
            row = insert(chat).values(**values, joined_at=NOW, **more)
            return int(connection.execute(row).inserted_primary_key[0])

        return await self.db.write(store)

    async def feed(self, name: str, *followers: int, problem: Phrase = GONE, days: float = 5, **more: object) -> None:
        def store(connection: Connection) -> None:
            values = {
                "url": f"https://{name}.example/feed",
                "title": name,
                "exempt": False,
                "interval_seconds": 600,
                "problem": phrase_to_json(problem),
                "failures": 20,
                "failing_since": NOW - timedelta(days=days),
                "last_polled_at": NOW,
                "last_ok_at": NOW - timedelta(days=days),
            }
            key = connection.execute(insert(source).values({**values, **more})).inserted_primary_key[0]
            for chat_id in followers:
                connection.execute(insert(subscription).values(chat_id=chat_id, source_id=key, added_at=NOW))

        await self.db.write(store)

    async def told(self) -> list[str]:
        def read(connection: Connection) -> list[str]:
            return list(connection.execute(select(source.c.title).where(source.c.told_at.is_not(None))).scalars())

        return await self.db.read(read)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_database(tmp_path / "n.db") as db:
        yield World(db)


async def test_a_chat_is_told_once_of_all_its_feeds(world: World) -> None:
    room = await world.chat("room")
    await world.feed("One", room)
    await world.feed("Two", room, problem=Phrase("It is gone for good ({status}).", {"status": 410}), ended=True)
    await world.feed("Blip", room, days=0.1)
    (words,) = await world.sweep()
    assert words.splitlines() == [
        "room: 2 sources need an admin",
        "One · last read 5 days ago: There is nothing at this address (404).",
        "Two · ended: It is gone for good (410).",
        "Remove it, or add its new address: /sources list",
    ]
    assert await world.sweep() == []


async def test_every_chat_that_named_it_is_told_and_no_other(world: World) -> None:
    one, other = await world.chat("one"), await world.chat("other")
    await world.chat("bystander")
    await world.feed("One", one, other)
    await world.feed("Of a pack")
    assert [words.split(":")[0] for words in await world.sweep()] == ["one", "other"]
    assert await world.told() == ["One"]


async def test_a_chat_is_told_in_its_language(world: World) -> None:
    await world.feed("One", await world.chat("room", "fr"))
    await world.sweep()
    assert world.memory.messages[0].card.language == "fr"


async def test_what_the_operator_no_longer_names_is_no_trouble(world: World) -> None:
    await world.feed("One", await world.chat("room"), problem=NOT_NAMED, ended=True)
    assert await world.sweep() == []


async def test_a_paused_chat_and_one_without_a_language_are_left_alone(world: World) -> None:
    mute = await world.chat("mute", None)
    paused = await world.chat("paused", paused=phrase_to_json(NO))
    await world.feed("One", mute, paused)
    assert await world.sweep() == []


async def test_a_platform_that_is_still_connecting_does_not_miss_it(world: World) -> None:
    await world.feed("One", await world.chat("room"))
    world.memory.state = State.CONNECTING
    assert await world.sweep() == []
    world.memory.state = State.READY
    assert len(await world.sweep()) == 1


async def test_a_platform_that_is_off_holds_up_nobody(world: World) -> None:
    await world.feed("One", await world.chat("room"), await world.chat("away", platform="elsewhere"))
    assert len(await world.sweep()) == 1


@pytest.mark.parametrize("error", [PlatformDown(NO), Throttled(NO, 40.0)])
async def test_what_surely_was_not_sent_is_sent_again(world: World, error: Exception) -> None:
    await world.feed("One", await world.chat("room"))
    world.memory.fail.extend([error, error])
    assert len(await world.sweep()) == 1
    assert len(world.slept) == 2
    assert not isinstance(error, Throttled) or min(world.slept) >= 40


@pytest.mark.parametrize("error", [Unconfirmed(NO), ChatGone(NO), RuntimeError("a bug")])
async def test_what_may_have_been_sent_is_never_sent_again(world: World, error: Exception) -> None:
    await world.feed("One", await world.chat("room"), await world.chat("other"))
    world.memory.lose_answer.append(error)
    assert len(await world.sweep()) == 2
    assert await world.sweep() == []


async def test_a_source_that_was_well_in_between_is_told_of_again(world: World) -> None:
    await world.feed("One", await world.chat("room"))
    assert len(await world.sweep()) == 1
    await world.db.write(lambda connection: connection.execute(update(source).values(told_at=None)) and None)
    assert len(await world.sweep()) == 1


async def test_what_still_waits_for_its_turn_at_a_restart_is_told_after_it(world: World) -> None:
    await world.feed("One", await world.chat("room"))
    world.memory.turn.clear()
    sweeping = asyncio.create_task(world.sweep())
    await world.memory.until(lambda: world.memory.waiting == 1)
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    world.memory.turn.set()
    assert len(await world.sweep()) == 1
    assert await world.sweep() == []


async def test_a_chat_that_is_paused_while_its_note_waits_is_not_told(world: World) -> None:
    await world.feed("One", await world.chat("room"))
    world.memory.turn.clear()
    sweeping = asyncio.create_task(world.sweep())
    await world.memory.until(lambda: world.memory.waiting == 1)
    await world.db.write(lambda connection: connection.execute(update(chat).values(paused={"msgid": "no"})) and None)
    world.memory.turn.set()
    assert await sweeping == []
    assert await world.told() == ["One"]
