"""Edits of messages older than an hour, of which Discord takes few (its error 30046), and of published ones."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.discord.limits import editing, is_old
from adapters.discord.rights import NEEDED
from bot.errors import Throttled
from bot.model import ChatRef
from bot.pace import Queue
from bot.ports import Traffic
from tests.emulators.discord import DiscordServer

HOUR = 3600.0


class Shifted:
    """The time of day, moved."""

    def __init__(self) -> None:
        self.seconds = -2 * HOUR

    def __call__(self) -> float:
        return time.time() + self.seconds


@pytest.fixture
def clock() -> Shifted:
    return Shifted()


@pytest.fixture
async def world(world, clock) -> AsyncIterator[object]:
    async with DiscordServer(clock=clock, limits={}) as server:
        world.server = server
        yield world


async def grown_old(world, adapter, place, story, clock) -> object:
    ref = await world.send(adapter, place.chat, story())
    clock.seconds = 0.0
    return ref


def hours_ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


async def test_an_old_post_is_edited_in_the_turns_of_old_ones(world, place, core, story, clock):
    async with world.running(core) as adapter:
        old = await grown_old(world, adapter, place, story, clock)
        young = await world.send(adapter, place.chat, story(delivery=8), "n8")
        for ref, posted_at in ((old, hours_ago(2)), (young, hours_ago(0))):
            await adapter.edit(ref, story(tally=(1, 0)), posted_at=posted_at)

    channel = place.news.id
    edits = [limits for kind, limits in world.pace.turns if kind is Traffic.EDIT]
    shared = ("discord", f"discord:{channel}/edit")
    assert edits == [(*shared, f"discord:{channel}/edit-old"), shared]


@pytest.mark.parametrize("code", [0, 20022, 30046])
async def test_a_429_shuts_what_it_is_about(world, place, core, story, clock, code):
    async with world.running(core) as adapter:
        old = await grown_old(world, adapter, place, story, clock)
        if code == 30046:
            world.server.limits.set("old_edit", 1, 20.0)
        elif code == 20022:
            world.server.limits.set("published_edit", 1, HOUR)
            world.server.message(old.id).flags |= 1
        await adapter.edit(old, story(tally=(1, 0)), posted_at=hours_ago(2))
        if code == 0:
            world.server.fail("PATCH", "/channels/{}/messages/{}", 429, retry_after=4)
        with pytest.raises(Throttled) as slowed:
            await adapter.edit(old, story(tally=(2, 0)), posted_at=hours_ago(2))

    shut = {0: ["discord:{}/edit"], 20022: [], 30046: ["discord:{}/edit-old"]}[code]
    assert [name for name, _ in world.pace.penalties] == [name.format(place.news.id) for name in shut]
    assert slowed.value.retry_after > {0: 3, 20022: 3000, 30046: 15}[code]


async def test_a_question_that_comes_too_often_shuts_nobody_up(world, place, core, story):
    async with world.running(core) as adapter:
        world.server.fail("GET", "/channels/{}", 429, retry_after=30)
        with pytest.raises(Throttled):
            await adapter.capabilities(ChatRef("discord", "404"))

    assert world.pace.penalties == []


def test_of_twenty_old_posts_in_a_channel_three_are_edited_at_once_and_young_ones_dont_wait():
    queue, went = Queue(), []
    for number in range(20):
        queue.join(Traffic.EDIT, editing("5", old=True), lambda number=number: went.append(("old", number)))
    queue.grant(0.0)
    queue.join(Traffic.EDIT, editing("5", old=False), lambda: went.append(("young", 0)))
    at = 0.0
    while at < 20.0:
        at = (queue.grant(at) or 20.0) + 0.001

    assert went == [("old", 0), ("old", 1), ("old", 2), ("young", 0)]


def test_a_post_is_old_a_little_before_an_hour_has_passed():
    posted_at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    assert not is_old(posted_at, posted_at + timedelta(minutes=58))
    assert is_old(posted_at, posted_at + timedelta(minutes=60))
    assert not is_old(None, posted_at)


async def test_where_ids_tell_no_time_a_new_post_is_no_old_one(world, core, story):
    numbers = itertools.count(1)
    async with DiscordServer(limits={}, new_id=lambda: str(next(numbers))) as world.server:
        guild = await world.server.create_guild()
        channel = await world.server.create_text(guild)
        await world.server.invite_bot(guild, NEEDED.value)
        async with world.running(core) as adapter:
            ref = await world.send(adapter, ChatRef("discord", channel.id), story())
            await adapter.edit(ref, story(tally=(1, 0)), posted_at=hours_ago(0))

    edits = [limits for kind, limits in world.pace.turns if kind is Traffic.EDIT]
    assert edits == [("discord", f"discord:{channel.id}/edit")]
