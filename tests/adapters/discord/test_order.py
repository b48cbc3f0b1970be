"""Votes count in the order in which Discord tells them, also where they can't be stored at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.discord import line as line_module
from adapters.discord.rights import NEEDED
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
from bot.model import Button, Phrase
from bot.ports import Answer
from tests.emulators.discord import DiscordServer
from tests.emulators.discord.components_form import BUTTON, walk
from tests.emulators.feeds import FeedServer, rss
from tests.product import EVERY_SECOND, chat_table, discord_table, items, running

MENU = "c:status"
FULL = StorageError(Phrase("The disk is full."))


@pytest.fixture
def stored(core) -> list[object]:
    """The changes of reactions and the vote buttons pressed, in the order in which they became durable."""
    durable: list[object] = []

    def store(event):
        vote = event.change if isinstance(event, ReactionsChanged) else getattr(event, "button", MENU)
        if vote == MENU:
            return
        if core.full(vote):
            raise FULL
        durable.append(vote)

    core.full = lambda _change: False
    core.replies = store
    return durable


@pytest.fixture
async def message(world, place, core, story, note):
    """A story of ours; above it stands a menu."""
    async with world.running(core) as adapter:
        await world.send(adapter, place.chat, note("Choose", (Button("Status", MENU),)), "n6")
        ref = await world.send(adapter, place.chat, story())
        await core.heard(1, ReactionsMissed)
        yield world.server.message(ref.id)


async def durable(stored, number: int, core) -> list[object]:
    async with asyncio.timeout(5):
        while len(stored) < number:
            await core.heard(len(core.events) + 1)
    return stored


async def all_is_told(world, place, core) -> None:
    """What came before a question has come when the question has, which waits for nobody."""
    await world.server.press(place.bob, world.server.messages(place.news)[0], MENU)
    async with asyncio.timeout(20):
        while not any(isinstance(event, ButtonPressed) and event.button == MENU for event in core.events):
            await core.heard(len(core.events) + 1)


# --- reactions and presses ---


@pytest.mark.parametrize("gap", [False, True])
async def test_a_press_never_overtakes_what_the_member_did_before_it(world, place, core, stored, message, gap):
    core.gate = asyncio.Event()
    await world.server.react(place.bob, message, "🐻")
    await core.heard(1, ReactionsChanged)
    await world.server.react(place.ann, message, "🐂")
    if gap:
        await all_is_told(world, place, core)
    await world.server.press(place.ann, message, "v:7:s")
    await world.server.press(place.ann, message, "v:7:b")
    await world.server.react(place.ann, message, "🚀")
    await all_is_told(world, place, core)
    core.gate.set()

    assert await durable(stored, 5, core) == [Added("🐻"), Added("🐂"), "v:7:s", "v:7:b", Added("🚀")]


async def test_a_press_that_waits_in_line_is_acknowledged_in_time_and_answered_when_it_counts(
    world, place, core, stored, message, note
):
    world.patient, core.gate, store = False, asyncio.Event(), core.replies
    core.replies = lambda event: store(event) or Answer(card=note("It counts."), private=True)
    await world.server.react(place.bob, message, "🐻")
    await core.heard(1, ReactionsChanged)
    pressed = await world.server.press(place.ann, message, "v:7:b")
    await pressed.answer()
    assert pressed.callback == 6
    assert pressed.follow_ups == []
    core.gate.set()

    await pressed.follow_up()
    assert stored[:2] == [Added("🐻"), "v:7:b"]


async def test_a_press_that_cant_be_stored_is_not_lost_and_keeps_its_place(world, place, core, stored, message, note):
    store, refused = core.replies, iter([True, True])
    core.full = lambda vote: vote == "v:7:b" and next(refused, False)
    core.replies = lambda event: store(event) or Answer(card=note("It counts."), private=True)
    pressed = await world.server.press(place.ann, message, "v:7:b")
    await world.server.react(place.ann, message, "🐻")

    await pressed.shown()
    assert await durable(stored, 2, core) == ["v:7:b", Added("🐻")]


async def test_a_press_that_fails_says_so_and_costs_only_itself(world, place, core, message):
    core.replies = lambda event: 1 / 0 if isinstance(event, ButtonPressed) else None
    pressed = await world.server.press(place.ann, message, "v:7:b")
    await world.server.react(place.ann, message, "🐻")

    await core.heard(1, ReactionsChanged)
    await pressed.shown()
    assert pressed.ephemeral


async def test_where_too_much_waits_who_pressed_is_told_so(world, place, core, stored, message, monkeypatch):
    monkeypatch.setattr(line_module, "MOST_WAITING", 3)
    core.gate = asyncio.Event()
    await world.server.react(place.bob, message, "🐻")
    await core.heard(1, ReactionsChanged)
    pressed = await world.server.press(place.ann, message, "v:7:b")
    for emoji in ("🐂", "👍", "🚀"):
        await world.server.react(place.ann, message, emoji)
    await pressed.shown()
    assert pressed.ephemeral
    core.gate.set()

    assert await durable(stored, 2, core) == [Added("🐻"), Added("🚀")]


def buttons(post) -> list[dict]:
    return [part for part in walk(post.components) if part["type"] == BUTTON]


def labels(post) -> list[str]:
    return [button["label"] for button in buttons(post) if "custom_id" in button]


async def test_all_who_react_and_then_press_count_as_they_pressed(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as server:
        feeds.put("/a.xml", rss(items("One")))
        guild = await server.create_guild()
        channel = await server.create_text(guild)
        await server.invite_bot(guild, NEEDED.value)
        voters = [await server.add_user(f"voter {number}", guild=guild) for number in range(40)]
        config = discord_table(server) + EVERY_SECOND + chat_table("discord", channel.id, "en", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            post = await server.wait_message(channel, "One", timeout=20)
            _, bearish = buttons(post)
            await product.until(lambda: product.rows("SELECT 1 FROM delivery WHERE state = 'posted'"))
            for voter in voters:
                await server.react(voter, post, "🐂")
                await server.press(voter, post, bearish["custom_id"])
            await product.until(lambda: labels(post) == ["🐂 Bullish 0", "🐻 Bearish 40"])


# --- when nothing can be stored ---


async def test_what_waits_to_be_stored_is_not_overtaken(world, place, core, stored, message):
    core.full = lambda change: isinstance(change, Added)
    await world.server.react(place.ann, message, "🐂")
    await core.heard(1, ReactionsChanged)
    await world.server.unreact(place.ann, message, "🐂")
    await all_is_told(world, place, core)
    core.full = lambda change: False

    assert await durable(stored, 2, core) == [Added("🐂"), Removed("🐂")]


async def test_nothing_is_stored_before_what_the_same_voter_did_first(world, place, core, stored, message):
    core.gate = asyncio.Event()
    await world.server.react(place.bob, message, "🐻")
    await core.heard(1, ReactionsChanged)
    await world.server.react(place.ann, message, "🐂")
    await world.server.press(place.ann, message, "v:7:s")
    await world.server.react(place.bob, message, "🚀")
    await world.server.unreact(place.ann, message, "🐂")
    await world.server.clear_reactions(message)
    await world.server.react(place.bob, message, "👍")
    await all_is_told(world, place, core)
    refused = iter([True])
    core.full = lambda change: change == Added("🐂") and next(refused, False)
    core.gate.set()

    told = await durable(stored, 8, core)
    assert told[:3] == [Added("🐻"), Added("🚀"), Added("🐂")]
    assert told[-4:] == ["v:7:s", Removed("🐂"), Cleared(), Added("👍")]


async def test_what_is_told_of_chats_keeps_its_order_too(world, place, core, message):
    durable, refused = [], iter([True])

    def store(event):
        if isinstance(event, ChatChanged):
            if event.chat.id != place.news.id and next(refused, False):
                raise FULL
            durable.append(event.present)

    core.replies, core.gate = store, asyncio.Event()
    await world.server.react(place.bob, message, "🐻")
    await core.heard(1, ReactionsChanged)
    other = await world.server.create_text(place.guild, "other")
    await world.server.overwrite(other, "everyone", deny=["ADD_REACTIONS"])
    await world.server.delete_channel(other)
    await all_is_told(world, place, core)
    core.gate.set()
    await core.heard(4, ChatChanged)
    await all_is_told(world, place, core)

    assert durable[-2:] == [True, False]


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
    await all_is_told(world, place, core)
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
    await all_is_told(world, place, core)
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
