"""A post whose answer was lost is found again, however much was written since, or surely isn't there."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.discord import finding
from adapters.discord.rights import NEEDED
from bot.errors import PlatformDown
from bot.model import ChatRef
from tests.emulators.discord import DiscordServer
from tests.emulators.feeds import FeedServer, rss
from tests.product import EVERY_SECOND, chat_table, discord_table, items, running

HISTORY = "/channels/{}/messages"
BUTTON = "v:7:b"
UNDATED = b'[{"id": "1", "author": {"id": "1"}, "timestamp": "yesterday"}]'


@pytest.fixture(params=["snowflakes", "small numbers"])
async def world(world, request) -> AsyncIterator[object]:
    """Discord, and a server of the same API whose ids tell no time."""
    if request.param == "snowflakes":
        yield world
        return
    numbers = itertools.count(1)
    async with DiscordServer(limits={}, new_id=lambda: str(next(numbers))) as server:
        world.server = server
        yield world


@pytest.fixture
def now(world) -> datetime:
    return datetime.fromtimestamp(world.server.clock(), UTC)


async def chatter(world, place, number: int) -> None:
    for _ in range(number):
        await world.server.say(place.bob, place.news, BUTTON)


@pytest.mark.parametrize("newer", [0, 99, 100, 101, 250])
async def test_it_is_found_below_everything_that_was_written_since(world, place, core, story, now, newer):
    async with world.running(core) as adapter:
        await chatter(world, place, 150)
        ref = await world.send(adapter, place.chat, story())
        await chatter(world, place, newer)
        assert await adapter.find(place.chat, BUTTON, now) == ref
        assert await adapter.find(place.chat, BUTTON) == ref
        assert await adapter.find(place.chat, "v:8:b", now) is None


async def test_what_was_written_long_before_isnt_looked_through(world, place, core, story, now):
    async with world.running(core) as adapter:
        await world.send(adapter, place.chat, story())
        await chatter(world, place, 150)
        asked = len(world.server.asked("GET", "/channels/{channel_id}/messages"))
        assert await adapter.find(place.chat, BUTTON, now + timedelta(hours=1)) is None

    assert len(world.server.asked("GET", "/channels/{channel_id}/messages")) == asked + 1


async def test_where_there_is_too_much_it_goes_on_the_next_time(world, place, core, story, now, monkeypatch):
    monkeypatch.setattr(finding, "MOST_PAGES", 1)
    async with world.running(core) as adapter:
        ref = await world.send(adapter, place.chat, story())
        await chatter(world, place, 250)
        for _ in range(2):
            with pytest.raises(PlatformDown):
                await adapter.find(place.chat, BUTTON, now)
        assert await adapter.find(place.chat, BUTTON, now) == ref


@pytest.mark.parametrize(
    "body", [b"null", b'{"x": 1}', b"[7]", b'[{"id": "1"}]', b"<html>", b'[{"id": 1e999}]', UNDATED]
)
async def test_no_strange_answer_passes_for_not_being_there(world, place, core, story, now, body):
    async with world.running(core) as adapter:
        ref = await world.send(adapter, place.chat, story())
        world.server.garble("GET", HISTORY, body=body)
        with pytest.raises(PlatformDown):
            await adapter.find(place.chat, BUTTON, now)
        assert await adapter.find(place.chat, BUTTON, now) == ref


# --- forums ---


@pytest.fixture
async def forum(world, place):
    return await world.server.create_forum(place.guild, "stories")


@pytest.mark.parametrize("asleep", [False, True])
async def test_a_thread_is_found_among_many_younger_ones(world, place, core, story, now, forum, asleep):
    chat = ChatRef("discord", forum.id)
    async with world.running(core) as adapter:
        ref = await world.send(adapter, chat, story())
        for number in range(30):
            await world.send(adapter, chat, story(delivery=100 + number), f"n{100 + number}")
        for number in range(120):
            await world.server.create_thread(place.ann, forum, f"talk {number}")
        if asleep:
            for thread in place.guild.threads():
                await world.server.archive(thread)
        assert await adapter.find(chat, BUTTON, now) == ref
        assert await adapter.find(chat, "v:8:b", now) is None
        assert await adapter.find(chat, BUTTON, now + timedelta(hours=1)) is None


async def test_in_a_forum_too_it_goes_on_the_next_time(world, place, core, story, now, forum, monkeypatch):
    monkeypatch.setattr(finding, "MOST_THREADS", 2)
    chat = ChatRef("discord", forum.id)
    async with world.running(core) as adapter:
        refs = [await world.send(adapter, chat, story(delivery=number), f"n{number}") for number in (4, 5, 6, 7)]
        with pytest.raises(PlatformDown):
            await adapter.find(chat, BUTTON, now)
        assert await adapter.find(chat, BUTTON, now) == refs[-1]


async def test_a_thread_whose_first_message_was_deleted_is_none(world, place, core, story, now, forum):
    chat = ChatRef("discord", forum.id)
    async with world.running(core) as adapter:
        ref = await world.send(adapter, chat, story())
        await world.server.delete_message(world.server.message(ref.id))
        assert await adapter.find(chat, BUTTON, now) is None
        world.server.garble("GET", "/guilds/{}/threads/active", body=b'{"threads": [null]}')
        with pytest.raises(PlatformDown):
            await adapter.find(chat, BUTTON, now)
        world.server.garble("GET", "/channels/{}/threads/archived/public", body=b'{"threads": [{"id": 7}]}')
        with pytest.raises(PlatformDown):
            await adapter.find(chat, BUTTON, now)


# --- the whole product ---


async def test_a_story_whose_posting_was_cut_off_is_not_posted_again_below_a_hundred_messages(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as server:
        feeds.put("/a.xml", rss(items("One")))
        guild = await server.create_guild()
        channel = await server.create_text(guild)
        await server.invite_bot(guild, NEEDED.value)
        bob = await server.add_user("bob", guild=guild)
        declared = chat_table("discord", channel.id, "en", feeds.url("/a.xml"))
        config = discord_table(server) + EVERY_SECOND + declared
        unanswered = server.hold("POST", "/channels/{}/messages", when="after")
        async with running(tmp_path, config):
            await unanswered.arrived.wait()
        unanswered.release()
        await server.wait_message(channel, "One")
        for _ in range(101):
            await server.say(bob, channel, "noise")
        server.platform.nonces.clear()  # Discord remembers them for some minutes only

        async with running(tmp_path, config) as product:
            await product.until(lambda: product.rows("SELECT 1 FROM delivery WHERE state = 'posted'"))
            feeds.put("/a.xml", rss(items("One", "Two")))
            await server.wait_message(channel, "Two", timeout=20)

    assert sum(message.author is server.bot for message in server.messages(channel)) == 2
