"""The servers that we come into, also while we are off, and where we introduce ourselves there."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.discord.rights import NEEDED
from bot.errors import StorageError
from bot.events import ChatChanged, ChatJoined
from bot.model import ChatRef, Phrase
from bot.ports import Answer
from tests.around import Keys
from tests.emulators.discord import DiscordServer
from tests.emulators.discord.__main__ import furnish
from tests.emulators.discord.pages import words
from tests.emulators.feeds import FeedServer, rss
from tests.product import EVERY_SECOND, chat_table, discord_table, items, running


@pytest.fixture
def core(core, note):
    core.replies = lambda event: Answer(card=note("Hello!")) if isinstance(event, ChatJoined) else None
    return core


async def new_server(world, name: str = "New"):
    """With a channel, and with us in it."""
    guild = await world.server.create_guild(name)
    chat = await world.server.create_text(guild, "chat")
    await world.server.invite_bot(guild, ["VIEW_CHANNEL"])
    return guild, chat


async def test_added_while_we_are_off_we_introduce_ourselves_once(world, core):
    _, chat = await new_server(world)
    for _ in range(2):
        async with world.running(core):
            await world.server.wait_message(chat, "Hello!")
            await world.server.wait_for(world.keys.written.is_set)
            world.server.gateway.invalidate()
            await core.heard(1)

    assert len(world.server.messages(chat)) == 1
    assert len([event for event in core.events if isinstance(event, ChatJoined)]) == 1


async def test_removed_and_added_while_we_are_off_that_is_new_again(world, core):
    guild, chat = await new_server(world)
    async with world.running(core):
        await world.server.wait_message(chat, "Hello!")
    await world.server.kick_bot(guild)
    async with world.running(core):
        pass
    await world.server.invite_bot(guild, ["VIEW_CHANNEL"])
    async with world.running(core):
        await world.server.wait_message(chat, "Hello!", number=2)


async def test_removed_and_added_while_we_are_there_that_is_new_again(world, core):
    guild, chat = await new_server(world)
    async with world.running(core):
        await world.server.wait_message(chat, "Hello!")
        await world.server.kick_bot(guild)
        await world.server.invite_bot(guild, ["VIEW_CHANNEL"])
        await world.server.wait_message(chat, "Hello!", number=2)


async def test_where_we_may_write_nowhere_we_introduce_ourselves_once_we_may(world, core):
    guild = await world.server.create_guild("Mute")
    chat = await world.server.create_text(guild, "chat", overwrites={"everyone": {"deny": ["SEND_MESSAGES"]}})
    await world.server.invite_bot(guild, ["VIEW_CHANNEL"])
    async with world.running(core):
        await core.heard(1, ChatChanged)
        assert world.server.messages(chat) == []
        await world.server.overwrite(chat, "everyone", allow=["SEND_MESSAGES"])
        await world.server.wait_message(chat, "Hello!")

    assert len(world.server.messages(chat)) == 1


async def test_the_core_is_told_of_all_channels_of_the_server(world, core):
    guild, chat = await new_server(world)
    forum = await world.server.create_forum(guild, "stories")
    ann = await world.server.add_user("ann", guild=guild)
    thread = await world.server.create_thread(ann, chat, "talk")
    async with world.running(core):
        joined = await core.first(ChatJoined)

    assert joined.chat.id == chat.id
    assert set(joined.beside) == {ChatRef("discord", forum.id), ChatRef("discord", thread.id)}


@pytest.mark.parametrize("kept", ["", "null", "{", '["x"]', "[[]]", '"7"', "[1e999]"])
async def test_a_memory_that_cant_be_read_is_none(world, core, kept):
    world.keys.kept[f"discord/servers/{world.server.application_id}"] = kept
    _, chat = await new_server(world)
    async with world.running(core):
        await world.server.wait_message(chat, "Hello!")


async def test_it_is_remembered_as_soon_as_it_can_be(world, core):
    refused = {"get": iter([True, True]), "put": iter([True, True])}

    class Full(Keys):
        async def get(self, key):
            if "servers" in key and next(refused["get"], False):
                raise StorageError(Phrase("The disk is full."))
            return await super().get(key)

        async def put(self, key, value):
            if "servers" in key and next(refused["put"], False):
                raise StorageError(Phrase("The disk is full."))
            await super().put(key, value)

    world.keys = Full()
    world.keys.kept[f"discord/commands/{world.server.application_id}"] = "published"
    guild, chat = await new_server(world)
    key = f"discord/servers/{world.server.application_id}"
    async with world.running(core):
        await world.server.wait_message(chat, "Hello!")
        while world.keys.kept.get(key) != f"[{guild.id}]":
            world.keys.written.clear()
            await world.keys.written.wait()


# --- the whole product ---


async def test_in_the_emulators_that_one_looks_at_by_hand_there_is_a_hello(tmp_path: Path) -> None:
    async with DiscordServer(limits={}) as server:
        await furnish(server)
        news = next(channel for channel in server.platform.world.channels.values() if channel.name == "news")
        async with running(tmp_path, discord_table(server)):
            await server.wait_message(news, "Newstally", timeout=20)


async def test_a_server_in_which_a_chat_is_set_up_needs_no_hello(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as server:
        feeds.put("/a.xml", rss(items("One")))
        guild = await server.create_guild()
        general = await server.create_text(guild, "general")
        news = await server.create_text(guild, "news")
        await server.invite_bot(guild, NEEDED.value)
        config = discord_table(server) + EVERY_SECOND + chat_table("discord", news.id, "en", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            await server.wait_message(news, "One", timeout=20)
            await product.until(lambda: product.rows("SELECT 1 FROM meta WHERE key LIKE '%discord/servers/%'"))

        assert server.messages(general) == []
        assert [words(message).splitlines()[0] for message in server.messages(news)] != []
