"""What is no Discord, or answers as it never should: it costs the request alone, and no chat and no story."""

from __future__ import annotations

import contextlib

import pytest

from adapters.discord.errors import LONGEST_SECONDS
from bot.errors import PlatformDown, StorageError, Throttled, Unconfirmed
from bot.events import Added, CommandInvoked, ReactionsChanged, Removed
from bot.model import ChatRef, Phrase
from bot.ports import Answer, Command, State
from tests.around import Keys

SEND = "/channels/{}/messages"
EDIT = "/channels/{}/messages/{}"
THREADS = "/channels/{}/threads"
PUBLISH = "/applications/{}/commands"
COMMANDS = [Command("help", Phrase("What I can do"))]

# --- a proxy's page ---


@pytest.mark.parametrize("status", [400, 403, 404, 405])
async def test_a_proxys_page_is_not_discords_word_about_a_chat_or_a_post(world, place, core, story, status):
    async with world.running(core) as adapter:
        world.server.fail("POST", SEND, status, via=False)
        with pytest.raises(PlatformDown):
            await world.send(adapter, place.chat, story())
        ref = await world.send(adapter, place.chat, story())
        world.server.fail("PATCH", EDIT, status, via=False)
        with pytest.raises(PlatformDown):
            await adapter.edit(ref, story(tally=(1, 0)))
        world.server.fail("GET", "/channels/{}", status, via=False)
        with pytest.raises(PlatformDown):
            await adapter.capabilities(ChatRef("discord", "404"))

    assert len(world.server.messages(place.news)) == 1


async def test_a_ban_by_the_proxy_shuts_everything(world, place, core, story):
    async with world.running(core) as adapter:
        world.server.fail("POST", SEND, 429, retry_after=600, via=False)
        with pytest.raises(Throttled) as slowed:
            await world.send(adapter, place.chat, story())

    assert slowed.value.retry_after == 600
    assert world.pace.penalties == [("discord", 600)]


async def test_nobody_can_shut_us_up_for_years(world, place, core, story):
    async with world.running(core) as adapter:
        world.server.fail("POST", SEND, 429, retry_after=10**9, via=False)
        with pytest.raises(Throttled) as slowed:
            await world.send(adapter, place.chat, story())

    assert slowed.value.retry_after == LONGEST_SECONDS


async def test_a_ban_that_an_answer_to_a_member_meets_shuts_everything_too(world, place, core, note):
    core.replies = lambda _event: Answer(card=note("Hello!"))
    async with world.running(core, COMMANDS):
        await world.keys.written.wait()
        banned = world.server.fail("POST", "/interactions/{}/{}/callback", 429, retry_after=600, via=False)
        await world.server.slash(place.bob, place.news, "help")
        await banned.arrived.wait()
        await core.heard(1, CommandInvoked)

    assert world.pace.penalties == [("discord", 600)]


# --- a success that isn't one ---

STRANGE = [b"", b"<html>", b'{"id": "12', b"null", b"[]", b'"x"', b"7", b'{"id": {}}', b"[" * 5000, b"\xff\xfe"]


async def test_an_answer_that_cant_be_read_leaves_a_post_in_doubt_and_an_edit_or_a_question_for_later(
    world, place, core, story
):
    forum = await world.server.create_forum(place.guild, "stories")
    async with world.running(core) as adapter:
        ref = await world.send(adapter, place.chat, story())
        for body in STRANGE:
            for chat, route in ((place.chat, SEND), (ChatRef("discord", forum.id), THREADS)):
                world.server.garble("POST", route, body=body)
                with pytest.raises(Unconfirmed):
                    await world.send(adapter, chat, story(), "n8")
            world.server.garble("GET", "/channels/{}", body=body)
            with pytest.raises(PlatformDown):
                await adapter.capabilities(ChatRef("discord", "404"))
            world.server.garble("PATCH", EDIT, body=body)
            with contextlib.suppress(PlatformDown):  # what an edit answers is of no interest, where it is JSON
                await adapter.edit(ref, story(tally=(1, 0)))


# --- waits that Discord doesn't time ---


async def test_too_many_active_threads_are_waited_for_and_not_asked_about_every_five_seconds(world, place, core, story):
    place.guild.max_active_threads = 0
    forum = await world.server.create_forum(place.guild, "stories")
    async with world.running(core) as adapter:
        with pytest.raises(Throttled) as slowed:
            await world.send(adapter, ChatRef("discord", forum.id), story())

    assert slowed.value.retry_after >= 600
    assert world.pace.penalties == [(f"discord:{forum.id}/send", slowed.value.retry_after)]


async def test_a_question_about_a_reaction_that_gets_a_strange_answer_is_asked_again(world, place, core, story):
    async with world.running(core) as adapter:
        ref = await world.send(adapter, place.chat, story())
        message = world.server.message(ref.id)
        await world.server.react(place.ann, message, "👍🏽")
        world.server.garble("GET", "/channels/{}/messages/{}/reactions/{}", body=b"[7]")
        await world.server.unreact(place.ann, message, "👍🏽")
        events = await core.heard(2, ReactionsChanged)

    assert [event.change for event in events] == [Added("👍"), Removed("👍")]
    assert 1.0 in world.slept


async def test_check_says_in_words_that_it_is_no_discord(world, place):
    for body in STRANGE:
        world.server.garble("GET", "/users/@me/guilds", body=body)
        for finding in await world.adapter().diagnose([place.chat]):
            assert finding.text.msgid


# --- commands ---


async def test_commands_whose_answer_cant_be_read_are_published_again_or_taken_for_published(world, place, core):
    for body in STRANGE:
        world.keys = Keys()
        world.server.garble("PUT", PUBLISH, body=body)
        async with world.running(core, COMMANDS) as adapter:
            await world.keys.written.wait()
            assert adapter.state is State.READY


@pytest.mark.parametrize("trouble", ["reading", "writing"])
async def test_commands_are_published_although_it_cant_be_remembered_at_first(world, place, core, trouble):
    refused = iter([True, True])

    class Full(Keys):
        async def get(self, key):
            if trouble == "reading" and "commands" in key and next(refused, False):
                raise StorageError(Phrase("The disk is full."))
            return await super().get(key)

        async def put(self, key, value):
            if trouble == "writing" and "commands" in key and next(refused, False):
                raise StorageError(Phrase("The disk is full."))
            await super().put(key, value)

    world.keys = Full()
    async with world.running(core, COMMANDS):
        await world.server.wait_for(lambda: world.server.commands)
        while not any("commands" in key for key in world.keys.kept):
            world.keys.written.clear()
            await world.keys.written.wait()

    assert [command["name"] for command in world.server.commands] == ["help"]
    assert world.slept == [1.0, 2.0]
