"""What Discord tells: votes, people's coming and going, and a connection that breaks."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.errors import ChatGone, StorageError, TokenRefused, Unconfirmed
from bot.events import Added, ChatChanged, ChatJoined, Cleared, ReactionsChanged, Removed
from bot.model import Actor, ChatKind, ChatRef, Phrase
from bot.ports import Answer, Command, State, Traffic
from tests.around import FREE


def changes(events) -> list:
    return [event.change for event in events]


@pytest.fixture
async def posted(world, place, core, story):
    """The adapter, a post of ours and its message."""
    async with world.running(core) as adapter:
        ref = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        yield adapter, ref, world.server.message(ref.id)


# --- reactions ---


async def test_reactions_are_told_one_by_one_with_their_voter(world, place, core, posted):
    _, ref, message = posted
    await world.server.react(place.ann, message, "🐂")
    await world.server.react(place.bob, message, "👍🏽")
    await world.server.unreact(place.ann, message, "🐂")

    assert await core.heard(3, ReactionsChanged) == [
        ReactionsChanged(ref, Actor("discord", place.ann.id), Added("🐂")),
        ReactionsChanged(ref, Actor("discord", place.bob.id), Added("👍")),
        ReactionsChanged(ref, Actor("discord", place.ann.id), Removed("🐂")),
    ]


async def test_our_own_seeds_are_not_told(world, place, core, posted):
    adapter, ref, message = posted
    await adapter.seed(ref, adapter.ballot)
    await world.server.react(place.ann, message, "🐻")

    [event] = await core.heard(1, ReactionsChanged)
    assert event.voter == Actor("discord", place.ann.id)


async def test_what_a_moderator_clears_is_told(world, place, core, posted):
    _, ref, message = posted
    await world.server.react(place.ann, message, "🐂")
    await world.server.clear_reactions(message, "🐂")
    await world.server.clear_reactions(message)

    events = await core.heard(3, ReactionsChanged)
    assert changes(events) == [Added("🐂"), Cleared("🐂"), Cleared()]
    assert events[2] == ReactionsChanged(ref, None, Cleared())


async def test_a_vote_stands_while_a_super_reaction_of_the_same_emoji_does(world, place, core, posted):
    _, _, message = posted
    for burst in (False, True):
        await world.server.react(place.ann, message, "🐂", burst=burst)
    await world.server.unreact(place.ann, message, "🐂", burst=True)
    await world.server.react(place.bob, message, "🐂", burst=True)
    await world.server.unreact(place.ann, message, "🐂")

    events = await core.heard(4, ReactionsChanged)
    told = [(event.voter.id, event.change) for event in events]
    assert told.count((place.ann.id, Removed("🐂"))) == 1
    assert told[-1] == (place.ann.id, Removed("🐂"))


async def test_reactions_in_private_are_told_too(world, place, core, story):
    whisper = await world.server.whisper(place.ann, "hello")
    chat = ChatRef("discord", whisper.channel.id)
    async with world.running(core) as adapter:
        ref = await adapter.send(chat, story(), key="n7", departure=FREE)
        await world.server.react(place.ann, world.server.message(ref.id), "🐂")
        [event] = await core.heard(1, ReactionsChanged)

    assert event.message == ref


async def test_a_vote_that_cant_be_stored_is_kept_until_it_can(world, place, core, posted):
    _, _, message = posted
    tries = []

    def replies(event):
        tries.append(event)
        if len(tries) < 3:
            raise StorageError(Phrase("The disk is full."))
        return

    core.replies = replies
    await world.server.react(place.ann, message, "🐂")

    assert len(set(await core.heard(3, ReactionsChanged))) == 1
    assert world.slept[-2:] == [1.0, 2.0]


async def test_an_event_that_fails_costs_only_itself(world, place, core, posted):
    _, _, message = posted
    core.replies = lambda event: 1 / 0
    await world.server.react(place.ann, message, "🐂")
    await world.server.react(place.bob, message, "🐻")

    assert changes(await core.heard(2, ReactionsChanged)) == [Added("🐂"), Added("🐻")]


# --- servers and channels ---


async def test_added_to_a_server_we_introduce_ourselves_where_we_may_write(world, place, core, note):
    core.replies = lambda event: Answer(card=note("Hello!")) if isinstance(event, ChatJoined) else None
    guild = await world.server.create_guild("New", preferred_locale="pt-BR")
    silent = await world.server.create_text(guild, "rules", overwrites={"everyone": {"deny": ["SEND_MESSAGES"]}})
    chatty = await world.server.create_text(guild, "chat")
    async with world.running(core):
        await world.server.invite_bot(guild, ["VIEW_CHANNEL"])
        [joined] = await core.heard(1, ChatJoined)
        await world.server.wait_message(chatty, "Hello!")

    beside = (ChatRef("discord", silent.id),)
    chat = ChatRef("discord", chatty.id)
    assert joined == ChatJoined(chat, ChatKind.GROUP, "New #chat", locale="pt-BR", beside=beside)
    assert world.server.messages(silent) == []
    assert any(kind is Traffic.ANSWER and limits[1:] for kind, limits in world.pace.turns)


async def test_a_server_that_has_chosen_no_language_tells_none(world, core):
    # Discord writes American English wherever nobody has chosen, and only communities can.
    guild = await world.server.create_guild("New")
    await world.server.create_text(guild, "chat")
    async with world.running(core):
        await world.server.invite_bot(guild, ["VIEW_CHANNEL"])
        [joined] = await core.heard(1, ChatJoined)

    assert joined.locale is None


async def test_servers_that_we_are_in_already_are_not_joined_again(world, place, core):
    async with world.running(core):
        world.server.gateway.invalidate()
        await world.server.wait_for(lambda: len(world.server.gateway.identifies) == 2)
        await world.server.kick_bot(place.guild)
        events = await core.heard(1, ChatChanged)

    assert [type(event) for event in events] == [ChatChanged]
    assert not [event for event in core.events if isinstance(event, ChatJoined)]


async def test_removed_from_a_server_all_its_chats_are_left(world, place, core):
    thread = await world.server.create_thread(place.ann, place.news, "talk")
    async with world.running(core):
        await world.server.kick_bot(place.guild)
        events = await core.heard(2, ChatChanged)

    assert {(event.chat.id, event.present) for event in events} == {(place.news.id, False), (thread.id, False)}


async def test_an_outage_is_no_farewell(world, place, core):
    async with world.running(core):
        await world.server.guild_outage(place.guild)
        await world.server.guild_outage(place.guild, over=True)
        await world.server.overwrite(place.news, "bot", deny=["SEND_MESSAGES"])
        events = await core.heard(1, ChatChanged)

    assert core.events[1:] == events == [ChatChanged(place.chat, True, ChatKind.GROUP, "Investors #news")]


async def test_a_deleted_channel_is_left(world, place, core):
    async with world.running(core):
        await world.server.delete_channel(place.news)
        [event] = await core.heard(1, ChatChanged)

    assert event == ChatChanged(place.chat, False, ChatKind.GROUP, "Investors #news")


async def test_changed_rights_are_told_and_seen(world, place, core):
    async with world.running(core) as adapter:
        await world.server.set_bot_permissions(place.guild, "VIEW_CHANNEL")
        await core.heard(1, ChatChanged)
        assert (await adapter.capabilities(place.chat)).posts, "everyone may write"
        await world.server.overwrite(place.news, "everyone", deny=["SEND_MESSAGES"])
        await core.heard(2, ChatChanged)
        assert not (await adapter.capabilities(place.chat)).posts


async def test_it_is_told_where_a_change_lets_us_hear_what_we_did_not_hear_before(world, place, core):
    hidden = {"deny": ["VIEW_CHANNEL"]}
    async with world.running(core):
        await world.server.overwrite(place.news, "bot", **hidden)
        await world.server.overwrite(place.news, "bot", allow=["VIEW_CHANNEL"])
        await world.server.overwrite(place.news, "everyone", deny=["ADD_REACTIONS"])
        await world.server.set_bot_permissions(place.guild, "VIEW_CHANNEL")
        await world.server.set_bot_permissions(place.guild, "VIEW_CHANNEL", "READ_MESSAGE_HISTORY")
        events = await core.heard(5, ChatChanged)

    assert [event.heard_anew for event in events] == [False, True, False, False, True]


# --- the connection ---


async def test_after_a_drop_the_session_is_resumed_and_no_vote_is_lost(world, place, core, posted):
    adapter, _, message = posted
    world.server.gateway.drop()
    await world.server.react(place.ann, message, "🐂")

    assert changes(await core.heard(1, ReactionsChanged)) == [Added("🐂")]
    assert len(world.server.gateway.identifies) == 1
    assert adapter.state is State.READY


async def test_when_discord_asks_for_it_we_reconnect(world, place, core, posted):
    _, _, message = posted
    world.server.gateway.reconnect()
    await world.server.react(place.ann, message, "🐂")

    assert changes(await core.heard(1, ReactionsChanged)) == [Added("🐂")]
    assert len(world.server.gateway.identifies) == 1


async def test_a_session_that_is_gone_is_begun_anew(world, place, core, posted):
    _, _, message = posted
    world.server.gateway.invalidate()
    await world.server.wait_for(lambda: len(world.server.gateway.identifies) == 2)
    await world.server.wait_connected()
    await world.server.react(place.ann, message, "🐂")

    assert changes(await core.heard(1, ReactionsChanged)) == [Added("🐂")]


async def test_a_session_that_is_hung_up_on_again_and_again_is_begun_anew(world, place, core, posted):
    _, _, message = posted
    for session in world.server.gateway.sessions.values():
        session.seq = 0  # what we resume from is then beyond what the server knows (4007)
    world.server.gateway.drop(4007)
    await world.server.wait_for(lambda: len(world.server.gateway.identifies) == 2)
    await world.server.wait_connected()
    await world.server.react(place.ann, message, "🐂")

    assert changes(await core.heard(1, ReactionsChanged)) == [Added("🐂")]


async def test_a_dead_resume_address_is_given_up_for_the_known_one(world, place, core, story):
    world.server.gateway.url = "ws://127.0.0.1:1/"
    async with world.running(core) as adapter:
        ref = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        world.server.gateway.drop()
        await world.server.react(place.ann, world.server.message(ref.id), "🐂")
        await core.heard(1, ReactionsChanged)

    assert len(world.server.gateway.identifies) == 1, "resumed, not begun anew"


async def test_without_a_network_it_tries_on_and_says_so(world, place, core):
    world.api_url = "http://127.0.0.1:1/api/v10"
    adapter = world.adapter()
    running = asyncio.create_task(adapter.run(core.dispatch))
    async with asyncio.timeout(20):
        while len(world.slept) < 8:
            world.asleep.clear()
            await world.asleep.wait()
    assert adapter.state is State.CONNECTING
    assert adapter.detail is not None
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert world.slept[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_server_fault_at_login_is_tried_again(world, place, core):
    world.server.fail("GET", "/users/@me", 500)
    async with world.running(core) as adapter:
        assert adapter.state is State.READY


@pytest.mark.parametrize("json_type", ["application/json; charset=utf-8", "application/json;charset=UTF-8"])
async def test_a_server_that_names_the_charset_of_its_json_is_understood(world, place, core, story, note, json_type):
    world.server.json_type = json_type
    core.replies = lambda _event: Answer(card=note("hello"))
    async with world.running(core, [Command("help", Phrase("What I can do"))]) as adapter:
        ref = await adapter.send(place.chat, story(), key="n7", departure=FREE)
        assert (await adapter.capabilities(place.chat)).posts
        await world.server.react(place.ann, world.server.message(ref.id), "🐂")
        await core.heard(1, ReactionsChanged)
        await world.server.wait_for(lambda: world.server.commands)
        await (await world.server.slash(place.bob, place.news, "help")).shown()
        with pytest.raises(ChatGone):
            await adapter.send(ChatRef("discord", "999999999999999999"), story(), key="n8", departure=FREE)


@pytest.mark.parametrize("fault", ["a page", "another address"])
async def test_what_is_no_discord_at_all_is_told_apart_from_none(world, core, fault):
    if fault == "a page":
        world.server.json_type = "text/html"
    else:
        world.api_url = world.server.api_url + "/more"
    adapter = world.adapter()
    running = asyncio.create_task(adapter.run(core.dispatch))
    await world.asleep.wait()

    assert adapter.state is State.CONNECTING
    assert "discord.api_url" in adapter.detail.msgid
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    [finding] = await adapter.diagnose([])
    assert "discord.api_url" in finding.text.msgid


async def test_a_wrong_token_stops_the_adapter(world, core):
    world.token = "not-the-token"
    adapter = world.adapter()

    with pytest.raises(TokenRefused):
        await adapter.run(core.dispatch)

    assert adapter.state is State.REFUSED
    assert adapter.detail is not None


@pytest.mark.parametrize("code", [4004, 4014, 4013])
async def test_a_gateway_that_refuses_us_for_good_stops_the_adapter(world, core, code):
    world.server.gateway.refuses = code
    adapter = world.adapter()

    with pytest.raises(TokenRefused):
        await adapter.run(core.dispatch)

    assert adapter.state is State.REFUSED


async def test_an_event_that_the_library_cant_read_costs_only_itself(world, place, core, posted):
    _, _, message = posted
    world.server.gateway.dispatch("CHANNEL_UPDATE", {"nonsense": True}, intent=0, guild=None)
    await world.server.react(place.ann, message, "🐂")

    assert changes(await core.heard(1, ReactionsChanged)) == [Added("🐂")]
    assert len(world.server.gateway.identifies) == 1


async def test_it_stops_within_a_second(world, place, core):
    async with world.running(core):
        began = asyncio.get_running_loop().time()

    assert asyncio.get_running_loop().time() - began < 1.5
    await world.server.wait_for(lambda: not world.server.gateway.connected)


async def test_no_log_line_tells_the_token(world, place, core, story, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    world.token = world.server.token
    world.server.fail("POST", "/channels/{}/messages", 500)
    async with world.running(core) as adapter:
        with pytest.raises(Unconfirmed) as failed:
            await adapter.send(place.chat, story(), key="n7", departure=FREE)
        world.server.gateway.drop()
        await world.server.wait_connected()
    world.server.token = "another"
    with pytest.raises(TokenRefused) as refused:
        await world.adapter().run(core.dispatch)

    said = caplog.text + "".join(capsys.readouterr()) + repr(failed.value) + repr(refused.value)
    assert "discord.http" in said
    assert world.token not in said


# --- check ---


async def test_check_tells_the_rights_and_the_invitation(world, place):
    quiet = await world.server.create_text(place.guild, "quiet", overwrites={"everyone": {"deny": ["ADD_REACTIONS"]}})
    await world.server.overwrite(quiet, "bot", deny=["ADD_REACTIONS"])
    chats = [place.chat, ChatRef("discord", quiet.id), ChatRef("discord", "404")]

    findings = await world.adapter().diagnose(chats)

    told = "\n".join(f"{finding.ok} {finding.text.msgid} {dict(finding.text.args)}" for finding in findings)
    assert f"client_id={world.server.application_id}&scope=bot+applications.commands&permissions=274877975616" in told
    assert "'n': 1" in told
    assert [finding.ok for finding in findings] == [True, True, True, True, False, False]
    assert "Add Reactions" in told


async def test_check_of_a_wrong_token_or_no_network(world):
    world.token = "not-the-token"
    [refused] = await world.adapter().diagnose([])
    world.api_url = "http://127.0.0.1:1/api/v10"
    [down] = await world.adapter().diagnose([])

    assert not refused.ok
    assert not down.ok
    assert refused.text != down.text
