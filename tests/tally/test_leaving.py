"""Whoever asked for it has their votes erased in the chats that they leave, and nobody else has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import ChatGone, DeliveryError, PlatformDown
from bot.model import Actor, ChatRef, Phrase
from bot.ports import State
from bot.storage import leavers, retention
from bot.storage.database import Database, open_database
from bot.storage.plan import VotingRules
from bot.tally.leaving import LOOKS_EVERY, Leaving
from bot.tally.recorder import Recorder
from tests.commands.stage import Town
from tests.tally.stage import BULL, NOW, add_post, add_story, facts_of, press

SQUARE, HALL = ChatRef("village", "square"), ChatRef("village", "hall")
ANN, BOB = Actor("village", "ann"), Actor("village", "bob")


@dataclass
class Stage:
    """A town whose members have voted on one story in two chats."""

    db: Database
    town: Town
    recorder: Recorder
    now: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def leaving(self) -> Leaving:
        return Leaving(self.db, {"village": self.town}, self.recorder, lambda: self.now[0])

    async def chats_with_votes(self, who: Actor) -> int:
        return len(await self.db.read(facts_of, who.id))

    def a_day_passes(self) -> None:
        self.now[0] += LOOKS_EVERY


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with _raised(tmp_path) as one:
        yield one


@asynccontextmanager
async def _raised(folder: Path) -> AsyncIterator[Stage]:
    async with open_database(folder / "votes.db") as db:
        town = Town()
        recorder = Recorder(db, VotingRules({"village": town.ballot}, timedelta(days=14), b"key"), lambda: NOW, len)
        writing = asyncio.create_task(recorder.run())
        story = await db.write(add_story)
        for ref in (SQUARE, HALL):
            delivery = await db.write(add_post, story, ref, "1")
            for who in (ANN, BOB):
                town.members.add((ref, who.id))
                await recorder.record(press(ref, "1", who.id, delivery, BULL, f"{ref.id}{who.id}"))
        yield Stage(db, town, recorder)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def test_votes_go_from_the_chat_that_is_left_and_from_no_other(stage: Stage) -> None:
    await stage.db.write(leavers.ask, ANN, NOW)
    await stage.leaving.look()
    assert await stage.chats_with_votes(ANN) == 2
    for who in (ANN, BOB):
        stage.town.members.discard((SQUARE, who.id))
    await stage.leaving.look()  # it has been looked already
    assert await stage.chats_with_votes(ANN) == 2
    stage.a_day_passes()
    await stage.leaving.look()
    assert await stage.chats_with_votes(ANN) == 1
    assert await stage.chats_with_votes(BOB) == 2  # has not asked


async def test_who_has_never_been_seen_in_a_chat_has_not_left_it(stage: Stage) -> None:
    """A channel's stories can be voted on by who only looks in."""
    stage.town.members.clear()
    await stage.db.write(leavers.ask, ANN, NOW)
    for _ in range(3):
        await stage.leaving.look()
        stage.a_day_passes()
    assert await stage.chats_with_votes(ANN) == 2


@pytest.mark.parametrize("error", [ChatGone(Phrase("gone")), PlatformDown(Phrase("down"))], ids=str)
async def test_nothing_is_erased_where_the_platform_does_not_say(stage: Stage, error: DeliveryError) -> None:
    await stage.db.write(leavers.ask, ANN, NOW)
    await stage.leaving.look()
    stage.town.members.clear()
    stage.town.broken = error
    stage.a_day_passes()
    await stage.leaving.look()
    assert await stage.chats_with_votes(ANN) == 2
    stage.town.broken = None
    stage.a_day_passes()
    await stage.leaving.look()
    assert await stage.chats_with_votes(ANN) == 0


async def test_who_has_changed_their_mind_keeps_their_votes(stage: Stage) -> None:
    await stage.db.write(leavers.ask, ANN, NOW)
    await stage.leaving.look()
    await stage.db.write(leavers.forget, ANN)
    stage.town.members.clear()
    stage.a_day_passes()
    await stage.leaving.look()
    assert await stage.chats_with_votes(ANN) == 2


async def test_a_platform_that_is_not_there_is_asked_later(stage: Stage) -> None:
    await stage.db.write(leavers.ask, ANN, NOW)
    stage.town.state = State.CONNECTING
    await stage.leaving.look()
    assert await stage.db.read(leavers.due, ["village"], NOW, 5) == [ANN]


async def test_a_wish_is_forgotten_when_there_have_long_been_no_votes(stage: Stage) -> None:
    nobody = Actor("village", "nobody")
    for who in (ANN, nobody):
        await stage.db.write(leavers.ask, who, NOW)
    stage.now[0] += timedelta(days=80)
    await stage.leaving.look()
    year = timedelta(days=365)
    await stage.db.write(retention.prune, NOW + timedelta(days=91), timedelta(days=90), year)
    assert await stage.db.read(leavers.has_asked, ANN)
    assert not await stage.db.read(leavers.has_asked, nobody)


async def test_it_looks_when_it_is_woken(stage: Stage) -> None:
    leaving = stage.leaving
    await stage.db.write(leavers.ask, ANN, NOW)
    task = asyncio.create_task(leaving.run())
    leaving.wake()
    async with asyncio.timeout(10):
        await stage.town.asked.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
