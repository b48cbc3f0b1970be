"""Asking Discord who reacted: only where the numbers differ, all the forms of an emoji, and nobody but people."""

from __future__ import annotations

import asyncio
import json

import pytest

from adapters.discord.reacted import PAGE, Form, differing, forms_of
from bot.errors import CardRejected, ChatGone, PlatformDown, Throttled
from bot.events import ButtonPressed, ReactionsChanged, ReactionsMissed
from bot.model import ChatRef
from bot.ports import Traffic
from tests.around import FREE

MESSAGE = "/channels/{channel_id}/messages/{message_id}"
NOBODY = {"🐂": 0, "👍": 0, "🐻": 0, "👎": 0}


@pytest.fixture
async def posted(world, place, core, story):
    """The adapter, a post of ours with its seeds, and its message."""
    async with world.running(core) as adapter:
        ref = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        await adapter.seed(ref, adapter.ballot)
        yield adapter, ref, world.server.message(ref.id)


def asked(world) -> int:
    """How often Discord was asked for people."""
    return len(
        [request for request in world.server.requests if request.method == "GET" and "/reactions/" in request.path]
    )


async def test_a_new_session_says_that_reactions_were_missed_and_a_resumed_one_does_not(world, place, core, posted):
    _, _, message = posted
    world.server.gateway.drop()
    await world.server.react(place.ann, message, "🐂")
    await core.heard(1, ReactionsChanged)
    assert await core.heard(1, ReactionsMissed) == [ReactionsMissed("discord")]

    world.server.gateway.invalidate()
    assert len(await core.heard(2, ReactionsMissed)) == 2


async def test_all_forms_of_an_emoji_count_and_bots_and_ourselves_do_not(world, place, core, posted):
    adapter, ref, message = posted
    robot = await world.server.add_user("robot", guild=place.guild, bot=True)
    await world.server.react(place.ann, message, "👍")
    await world.server.react(place.ann, message, "👍🏽")
    await world.server.react(place.bob, message, "👍", burst=True)
    await world.server.react(robot, message, "👎")
    await world.server.react(place.ann, message, "🤡")

    voters = await adapter.reread(ref, NOBODY, Traffic.EDIT)

    assert voters == {"👍": {place.ann.id, place.bob.id}, "👎": set()}


async def test_where_the_numbers_are_right_nobody_is_asked_for(world, place, core, posted):
    adapter, ref, message = posted
    await world.server.react(place.ann, message, "🐂")
    await world.server.react(place.bob, message, "🐻", burst=True)
    world.pace.turns.clear()

    assert await adapter.reread(ref, {"🐂": 1, "🐻": 1}, Traffic.EDIT) == {}

    assert asked(world) == 0
    assert world.pace.turns == [(Traffic.EDIT, ("discord", f"discord:{place.news.id}/read"))]


async def test_voters_may_be_asked_for_though_the_numbers_are_right_and_in_the_background(world, place, core, posted):
    adapter, ref, message = posted
    await world.server.react(place.ann, message, "🐂")
    world.pace.turns.clear()

    assert await adapter.reread(ref, {"🐂": None, "🐻": None}, Traffic.LOOK) == {
        "🐂": {place.ann.id},
        "🐻": frozenset(),
    }

    assert asked(world) == 1
    assert world.pace.turns == [(Traffic.LOOK, ("discord", f"discord:{place.news.id}/read"))] * 2


async def test_who_took_a_reaction_back_is_missing(world, place, core, posted):
    adapter, ref, _ = posted

    assert await adapter.reread(ref, {"🐂": 2, "👍": 1, "🐻": 0}, Traffic.EDIT) == {
        "🐂": frozenset(),
        "👍": frozenset(),
    }


async def test_more_people_than_fit_on_a_page_are_all_found(world, place, core, posted):
    adapter, ref, message = posted
    crowd = [await world.server.add_user(f"reader {n}", guild=place.guild) for n in range(PAGE + 1)]
    for one in crowd:
        await world.server.react(one, message, "🐂")

    voters = await adapter.reread(ref, {"🐂": 3}, Traffic.EDIT)

    assert voters == {"🐂": {one.id for one in crowd}}
    assert asked(world) == 2


async def test_an_emoji_that_is_gone_by_then_has_nobody(world, place, core, posted):
    adapter, ref, message = posted
    await world.server.react(place.ann, message, "🐂")
    held = world.server.hold("GET", "/channels/{}/messages/{}/reactions/{}")
    reading = asyncio.create_task(adapter.reread(ref, {"🐂": 0}, Traffic.EDIT))
    await held.arrived.wait()
    await world.server.clear_reactions(message)
    held.release()

    assert await reading == {"🐂": frozenset()}


async def test_custom_emoji_can_be_asked_for(world, place, core, posted):
    adapter, ref, message = posted
    moon = await world.server.add_emoji(place.guild, "moon")
    await world.server.react(place.ann, message, f"moon:{moon.id}")

    voters = await adapter.reread(ref, {f"custom:{moon.id}": 0}, Traffic.EDIT)

    assert voters == {f"custom:{moon.id}": {place.ann.id}}


async def test_what_cant_be_read_says_why(world, place, core, posted):
    adapter, ref, message = posted
    world.server.fail("GET", MESSAGE, 429, retry_after=3.0)
    with pytest.raises(Throttled):
        await adapter.reread(ref, NOBODY, Traffic.EDIT)
    assert world.pace.penalties == [(f"discord:{place.news.id}/read", 3.0)]
    world.server.fail("GET", MESSAGE, 503)
    with pytest.raises(PlatformDown):
        await adapter.reread(ref, NOBODY, Traffic.EDIT)
    await world.server.overwrite(place.news, "bot", deny=["READ_MESSAGE_HISTORY"])
    await world.server.overwrite(place.news, "everyone", deny=["READ_MESSAGE_HISTORY"])
    with pytest.raises((ChatGone, CardRejected)):
        await adapter.reread(ref, NOBODY, Traffic.EDIT)
    await world.server.overwrite(place.news, "bot", allow=["READ_MESSAGE_HISTORY"])
    await world.server.delete_message(message)
    with pytest.raises(CardRejected):
        await adapter.reread(ref, NOBODY, Traffic.EDIT)
    await world.server.delete_channel(place.news)
    with pytest.raises(ChatGone):
        await adapter.reread(ref, NOBODY, Traffic.EDIT)


async def test_a_thread_that_fell_asleep_can_be_read(world, place, core, story):
    forum = await world.server.create_forum(place.guild, "stories")
    async with world.running(core) as adapter:
        ref = await adapter.send(ChatRef("discord", forum.id), story(), key="n7", departure=FREE)
        await world.server.react(place.ann, world.server.message(ref.id), "🐂")
        await world.server.archive(world.server.channel(ref.chat.id))

        assert await adapter.reread(ref, {"🐂": 0}, Traffic.EDIT) == {"🐂": {place.ann.id}}


async def test_what_happens_in_a_forums_thread_names_the_forum(world, place, core, story):
    forum = await world.server.create_forum(place.guild, "stories")
    chat = ChatRef("discord", forum.id)
    async with world.running(core) as adapter:
        ref = await adapter.send(chat, story(), key="n7", departure=FREE)
        message = world.server.message(ref.id)
        await world.server.react(place.ann, message, "🐂")
        await world.server.unreact(place.ann, message, "🐂")
        await world.server.clear_reactions(message)
        await world.server.press(place.bob, message, "v:7:b")
        told = await core.heard(4, ReactionsChanged, ButtonPressed)

    assert [(event.message, event.within) for event in told] == [(ref, chat)] * 4


# --- pure ---


def test_forms_of_a_message_leave_ours_out():
    message = {
        "id": "5",
        "reactions": [
            {"emoji": {"id": None, "name": "🐂"}, "count": 3, "count_details": {"normal": 2, "burst": 1}, "me": True},
            {"emoji": {"id": None, "name": "🐻"}, "count": 1, "me": True},
            {"emoji": {"id": "12", "name": None}, "count": 2},
        ],
    }
    assert forms_of(message, "5") == [
        Form("🐂", "🐂", False, 1),
        Form("🐂", "🐂", True, 1),
        Form("custom:12", "e:12", False, 2),
    ]
    assert forms_of({"id": "5"}, "5") == []


@pytest.mark.parametrize("page", [{}, {"id": "6"}, "<html>", []])
def test_what_is_not_the_message_says_nothing_of_its_votes(page):
    with pytest.raises((LookupError, TypeError, ValueError)):
        forms_of(page, "5")


@pytest.mark.parametrize(
    ("counts", "known", "found"),
    [
        ([("👍", 2)], {"👍": 2, "👎": 0}, []),
        ([("👍", 2)], {"👍": 1}, ["👍"]),
        ([], {"👍": 1}, ["👍"]),
        ([("🤡", 2)], {"👍": 0}, []),
        ([("👍", 1), ("👍", 1)], {"👍": 2}, ["👍"]),  # one person may have both
        ([("👍", 2)], {"👍": None, "👎": None}, ["👍", "👎"]),
    ],
)
def test_emoji_are_asked_about_where_the_numbers_differ(counts, known, found):
    assert differing([Form(emoji, emoji, False, count) for emoji, count in counts], known) == found


async def test_pages_that_never_end_are_no_answer(world, place, core, story):
    page = [{"id": str(number), "username": "x"} for number in range(1, 101)]
    async with world.running(core) as adapter:
        ref = await world.send(adapter, place.chat, story())
        await world.server.react(place.ann, world.server.message(ref.id), "🐂")
        world.server.garble("GET", "/channels/{}/messages/{}/reactions/{}", times=3, body=json.dumps(page).encode())
        with pytest.raises(ValueError, match="again"):
            await adapter.reread(ref, {"🐂": None}, Traffic.EDIT)
