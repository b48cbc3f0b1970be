"""What Telegram says of the chats that the config file declares, as the core hears it."""

from __future__ import annotations

import asyncio

from bot.errors import StorageError
from bot.events import ChatDescribed, ChatJoined
from bot.model import ChatKind, ChatRef, Phrase
from bot.ports import State, Traffic
from tests.adapters.telegram.test_posting import place

NAMED = ChatRef("telegram", "@newsreaders")


async def test_chats_declared_by_name_and_by_number_are_told_with_number_kind_and_title(world, core):
    channel = world.server.create_channel("Readers", username="NewsReaders")
    group = world.server.create_supergroup("Talk")
    for chat in (channel, group):
        world.server.add_bot(chat)
    world.expects = [NAMED, place(group), NAMED]
    async with world.running(core):
        await core.first(ChatJoined)
        events = await core.heard(4)
    assert [event for event in events if isinstance(event, ChatDescribed)] == [
        ChatDescribed(NAMED, place(channel), ChatKind.CHANNEL, "Readers"),
        ChatDescribed(place(group), place(group), ChatKind.GROUP, "Talk"),
    ]
    # Before whatever the updates say of it by its number.
    assert isinstance(events[0], ChatDescribed)
    assert {kind for kind, names in world.pace.turns if "telegram/questions" in names} == {Traffic.EDIT}


async def test_a_declared_chat_that_telegram_does_not_know_is_no_blow(world, core):
    group = world.server.create_supergroup("Talk")
    world.server.add_bot(group)
    world.expects = [NAMED, ChatRef("telegram", "-1007"), place(group)]
    async with world.running(core) as adapter:
        assert (await core.first(ChatDescribed)).chat == place(group)
        await world.server.wait_for(lambda: adapter.state is State.READY)
    assert len(world.server.calls("getChat")) == 3


async def test_where_telegram_could_not_be_asked_it_is_asked_again(world, core):
    channel = world.server.create_channel("Readers", username="newsreaders")
    world.server.add_bot(channel)
    world.server.fail("getChat", 502)
    world.server.fail("getChat", 429, retry_after=7)
    world.expects = [NAMED]
    async with world.running(core):
        assert (await core.first(ChatDescribed)).chat == place(channel)
    assert world.slept[0] == 1.0
    assert world.pace.penalties == [("telegram/questions", 7.0)]


async def test_what_is_no_answer_to_the_question_stops_nothing(world, core):
    channel = world.server.create_channel("Readers", username="newsreaders")
    world.server.add_bot(channel)
    refusals = [RuntimeError("a bug")]

    def reply(event):
        if isinstance(event, ChatDescribed) and refusals:
            raise refusals.pop()

    core.replies = reply
    world.expects = [NAMED]
    async with world.running(core):
        await core.first(ChatJoined)
        await asyncio.sleep(0)
    assert refusals == []


async def test_what_could_not_be_stored_is_asked_again(world, core):
    channel = world.server.create_channel("Readers", username="newsreaders")
    world.server.add_bot(channel)
    refusals = [StorageError(Phrase("the disk is full"))]

    def reply(event):
        if isinstance(event, ChatDescribed) and refusals:
            raise refusals.pop()

    core.replies = reply
    world.expects = [NAMED]
    async with world.running(core):
        await world.server.wait_for(lambda: len(world.server.calls("getChat")) == 2)
    assert refusals == []
