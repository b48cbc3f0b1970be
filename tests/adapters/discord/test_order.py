"""Events that can't be stored at once keep their order."""

from __future__ import annotations

import asyncio

import pytest

from adapters.discord import line as line_module
from bot.errors import StorageError
from bot.events import (
    Added,
    ButtonPressed,
    ChatChanged,
    ChatJoined,
    Cleared,
    ReactionsChanged,
    ReactionsMissed,
    Removed,
)
from bot.model import Phrase
from bot.ports import Answer

FULL = StorageError(Phrase("The disk is full."))


@pytest.fixture
def stored(core) -> list[object]:
    """The changes of reactions, in the order in which they became durable."""
    durable: list[object] = []

    def store(event):
        if isinstance(event, ReactionsChanged):
            if core.full(event.change):
                raise FULL
            durable.append(event.change)

    core.full = lambda _change: False
    core.replies = store
    return durable


@pytest.fixture
async def message(world, place, core, story):
    async with world.running(core) as adapter:
        ref = await world.send(adapter, place.chat, story())
        await core.heard(1, ReactionsMissed)
        yield world.server.message(ref.id)


async def durable(stored, number: int, core) -> list[object]:
    async with asyncio.timeout(5):
        while len(stored) < number:
            await core.heard(len(core.events) + 1)
    return stored


async def all_is_told(world, place, core, message) -> None:
    """What came before a press has come when the press has."""
    await world.server.press(place.bob, message, "v:7:b")
    await core.heard(1, ButtonPressed)


async def test_what_waits_to_be_stored_is_not_overtaken(world, place, core, stored, message):
    core.full = lambda change: isinstance(change, Added)
    await world.server.react(place.ann, message, "🐂")
    await core.heard(1, ReactionsChanged)
    await world.server.unreact(place.ann, message, "🐂")
    await all_is_told(world, place, core, message)
    core.full = lambda change: False

    assert await durable(stored, 2, core) == [Added("🐂"), Removed("🐂")]


async def test_what_was_stored_although_something_before_it_was_not_is_told_again(world, place, core, stored, message):
    core.gate = asyncio.Event()
    await world.server.react(place.bob, message, "🐻")
    await core.heard(1, ReactionsChanged)
    await world.server.react(place.ann, message, "🐂")
    await world.server.unreact(place.ann, message, "🐂")
    await world.server.clear_reactions(message)
    await all_is_told(world, place, core, message)
    refused = iter([True])
    core.full = lambda change: change == Added("🐂") and next(refused, False)
    core.gate.set()

    told = await durable(stored, 6, core)
    assert told[-3:] == [Added("🐂"), Removed("🐂"), Cleared()]


async def test_an_introduction_is_made_once_however_often_its_event_is_told(world, place, core, stored, note, message):
    refused, joined = iter([True, True]), []

    def replies(event):
        if isinstance(event, ChatChanged) and event.chat == place.chat and next(refused, False):
            raise FULL
        if isinstance(event, ChatJoined):
            joined.append(event)
            return Answer(card=note("Hello!"))
        return None

    core.replies, core.gate = replies, asyncio.Event()
    await world.server.react(place.bob, message, "🐻")
    await core.heard(1, ReactionsChanged)
    await world.server.overwrite(place.news, "everyone", deny=["ADD_REACTIONS"])
    guild = await world.server.create_guild("New")
    chat = await world.server.create_text(guild, "chat")
    await world.server.invite_bot(guild, ["VIEW_CHANNEL"])
    await all_is_told(world, place, core, message)
    core.gate.set()
    await world.server.wait_message(chat, "Hello!")

    assert len(joined) == 1
    assert len(world.server.messages(chat)) == 1


async def test_an_introduction_that_meets_a_strange_answer_stops_nothing(world, place, core, stored, note, message):
    store = core.replies
    core.replies = lambda event: Answer(card=note("Hello!")) if isinstance(event, ChatJoined) else store(event)
    guild = await world.server.create_guild("New")
    await world.server.create_text(guild, "chat")
    fault = world.server.garble("POST", "/channels/{}/messages", body=b"[7]")
    await world.server.invite_bot(guild, ["VIEW_CHANNEL"])
    await fault.arrived.wait()
    await world.server.react(place.ann, message, "🐂")

    assert await durable(stored, 1, core) == [Added("🐂")]


async def test_who_waits_too_long_is_asked_about_later(world, place, core, stored, message, monkeypatch):
    monkeypatch.setattr(line_module, "MOST_WAITING", 3)
    core.gate = asyncio.Event()
    await world.server.react(place.bob, message, "🐻")
    await core.heard(1, ReactionsChanged)
    for emoji in ("🐂", "👍", "🚀", "📈"):
        await world.server.react(place.ann, message, emoji)
    await all_is_told(world, place, core, message)
    core.gate.set()

    assert await durable(stored, 2, core) == [Added("🐻"), Added("📈")]
    assert len(await core.heard(2, ReactionsMissed)) == 2


async def test_coming_into_a_chat_is_told_before_what_else_is_told_of_it_begins(world, core):
    told = []
    core.gate = asyncio.Event()
    core.replies = lambda event: told.append((type(event), len(core.events)))
    async with world.running(core):
        guild = await world.server.create_guild("New")
        await world.server.create_text(guild, "chat")
        await world.server.invite_bot(guild, ["VIEW_CHANNEL"])
        await core.heard(1, ReactionsMissed)
        core.gate.set()
        await core.heard(1, ChatChanged)

    assert [kind for kind, _ in told[:2]] == [ReactionsMissed, ChatJoined]
    assert told[1][1] == 2, "nothing else had been begun when it was stored"
