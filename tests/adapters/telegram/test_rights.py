"""What a chat allows, who administers it, the menu of commands, and what `newstally check` says."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.telegram import rights
from bot.errors import ChatGone, DeliveryError, PlatformDown
from bot.events import ChatChanged
from bot.model import Actor, ChatRef, Phrase
from bot.ports import Audience, Capabilities, Command
from tests.adapters.telegram.test_posting import place

COMMANDS = (
    Command("language", Phrase("Choose the language"), audience=Audience.ADMIN),
    Command("help", Phrase("What I can do")),
)


def actor(user) -> Actor:
    return Actor("telegram", f"u{user.id}")


async def test_a_member_bot_has_buttons_and_is_told_how_to_get_reactions(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        allowed = await adapter.capabilities(place(group))
        assert allowed == Capabilities(reactions=False, missing=(rights.NO_REACTIONS,))
        world.server.promote(group)
        await core.first(ChatChanged)
        assert await adapter.capabilities(place(group)) == Capabilities()


async def test_absent_reactions_mean_all_and_an_empty_list_means_none(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group, "admin")
    async with world.running(core) as adapter:
        assert (await adapter.capabilities(place(group))).emoji is None
        world.server.set_available_reactions(group, ["❤", "❤️‍🔥", {"type": "custom_emoji", "custom_emoji_id": "5"}])
        assert (await adapter.capabilities(place(group))).emoji is None  # remembered
        world.passed += timedelta(hours=2)
        assert (await adapter.capabilities(place(group))).emoji == {"❤", "❤\u200d🔥", "custom:5"}
        world.server.set_available_reactions(group, [])
        world.passed += timedelta(hours=2)
        assert await adapter.capabilities(place(group)) == Capabilities(
            reactions=False, emoji=frozenset(), missing=(rights.REACTIONS_OFF,)
        )


async def test_a_channel_gives_totals_and_needs_the_right_to_post(world, core):
    channel = world.server.create_channel("News")
    world.server.add_bot(channel, "can_edit_messages")
    async with world.running(core) as adapter:
        lacking = await adapter.capabilities(place(channel))
        world.server.promote(channel, "can_post_messages")
        await core.first(ChatChanged)
        able = await adapter.capabilities(place(channel))
    assert lacking == Capabilities(posts=False, reactions=False, totals=True, missing=(rights.MAY_NOT_POST,))
    assert able == Capabilities(reactions=False, totals=True)


async def test_a_muted_group_says_so(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    group.permissions["can_send_messages"] = False
    async with world.running(core) as adapter:
        allowed = await adapter.capabilities(place(group))
    assert not allowed.posts
    assert allowed.missing == (rights.MAY_NOT_WRITE, rights.NO_REACTIONS)


async def test_private_chats_have_everything_and_are_not_asked(world, core):
    async with world.running(core) as adapter:
        assert await adapter.capabilities(ChatRef("telegram", "1001")) == Capabilities()
    assert world.server.calls("getChat") == []


async def test_a_chat_that_we_left_raises(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    world.server.remove(group)
    async with world.running(core) as adapter:
        with pytest.raises(ChatGone):
            await adapter.capabilities(place(group))


async def test_admins_are_asked_of_the_platform_and_believed_for_a_minute(world, core):
    owner, ann, stranger = (world.server.add_user(name) for name in ("Olga", "Ann", "Stan"))
    group = world.server.create_supergroup("Readers", owner=owner, members=[ann])
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        chat = place(group)
        assert await adapter.is_admin(chat, actor(owner))
        assert not await adapter.is_admin(chat, actor(ann))
        assert not await adapter.is_admin(chat, actor(stranger))
        assert not await adapter.is_admin(chat, Actor("telegram", "u99999999"))
        asked = len(world.server.calls("getChatMember"))
        assert await adapter.is_admin(chat, actor(owner))
        assert len(world.server.calls("getChatMember")) == asked
        world.server.promote(group, who=ann)
        world.passed += timedelta(seconds=59)
        assert not await adapter.is_admin(chat, actor(ann))
        world.passed += timedelta(seconds=2)
        assert await adapter.is_admin(chat, actor(ann))
        world.server.demote(group, ann)
        world.passed += timedelta(seconds=61)
        assert not await adapter.is_admin(chat, actor(ann))


async def test_what_many_ask_at_once_is_asked_once(world, core):
    ann = world.server.add_user("Ann")
    group = world.server.create_supergroup("Readers", members=[ann])
    world.server.add_bot(group, "admin")
    async with world.running(core) as adapter:
        answers = await asyncio.gather(*(adapter.is_admin(place(group), actor(ann)) for _ in range(20)))
        allowed = await asyncio.gather(*(adapter.capabilities(place(group)) for _ in range(20)))
    assert set(answers) == {False}
    assert allowed == [Capabilities()] * 20
    assert len(world.server.calls("getChat")) == 1
    assert len(world.server.calls("getChatMember")) == 2


async def test_what_could_not_be_asked_fails_for_all_who_wait_and_is_asked_again_later(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group, "admin")
    world.server.fail("getChat", 502)
    async with world.running(core) as adapter:
        outcomes = await asyncio.gather(*(adapter.capabilities(place(group)) for _ in range(5)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [PlatformDown] * 5
        assert await adapter.capabilities(place(group)) == Capabilities()


async def test_whoever_waits_asks_anew_when_the_one_who_asked_gave_up(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group, "admin")
    held = world.server.hold("getChat")
    async with world.running(core) as adapter:
        first = asyncio.create_task(adapter.capabilities(place(group)))
        await held.arrived.wait()
        second = asyncio.create_task(adapter.capabilities(place(group)))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == Capabilities()
        held.release()


async def test_where_members_are_hidden_the_list_of_admins_is_asked(world, core):
    owner, stranger = (world.server.add_user(name) for name in ("Olga", "Stan"))
    channel = world.server.create_channel("News", owner=owner)
    world.server.add_bot(channel)
    async with world.running(core) as adapter:
        assert not await adapter.is_admin(place(channel), actor(stranger))
    assert len(world.server.calls("getChatAdministrators")) == 1


async def test_a_private_chat_is_administered_by_its_person(world, core):
    async with world.running(core) as adapter:
        assert await adapter.is_admin(ChatRef("telegram", "1001"), Actor("telegram", "u1001"))
        assert not await adapter.is_admin(ChatRef("telegram", "1001"), Actor("telegram", "u1002"))


async def test_the_chats_that_someone_administers_are_found_among_all(world, core):
    olga = world.server.add_user("Olga")
    mine, gone = (world.server.create_channel(name, owner=olga) for name in ("Mine", "Gone"))
    other = world.server.create_channel("Other")
    for channel in (mine, gone, other):
        world.server.add_bot(channel)
    world.server.remove(gone)
    async with world.running(core) as adapter:
        chats = [place(mine), place(gone), place(other)]
        assert await adapter.administered(actor(olga), chats) == [place(mine)]


async def test_the_menu_is_published_once_in_every_language_and_hides_what_members_may_not_use(world, core):
    olga = world.server.add_user("Olga", language_code="hy")
    ann = world.server.add_user("Ann", language_code="uk")
    group = world.server.create_supergroup("Readers", owner=olga, members=[ann])
    private = world.server.create_private(ann)
    async with world.running(core, COMMANDS):
        await asyncio.wait_for(world.keys.written.wait(), 5)
    assert world.server.commands_shown(olga, group) == [
        {"command": "language", "description": "Choose the language (hy)"},
        {"command": "help", "description": "What I can do (hy)"},
    ]
    assert world.server.commands_shown(ann, group) == [{"command": "help", "description": "What I can do (en)"}]
    assert len(world.server.commands_shown(ann, private)) == 2
    count = len(world.server.calls("setMyCommands"))
    assert count == 39
    async with world.running(core, COMMANDS):
        pass
    assert len(world.server.calls("setMyCommands")) == count
    async with world.running(core, COMMANDS[1:]):
        await world.server.wait_for(lambda: len(world.server.calls("setMyCommands")) == count + 13)


async def test_a_menu_outlasts_trouble(world, core):
    world.server.fail("setMyCommands", 429, retry_after=4)
    world.server.fail("setMyCommands", 502)
    async with world.running(core, COMMANDS[1:]):
        await asyncio.wait_for(world.keys.written.wait(), 5)
    assert 4.0 in world.slept


async def test_check_names_the_bot_its_links_and_what_each_chat_lacks(world):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    findings = await world.adapter().diagnose([place(group), ChatRef("telegram", "-100999")])
    texts = [str(DeliveryError(finding.text)) for finding in findings]
    assert [finding.ok for finding in findings] == [True, True, True, False, False]
    assert "@newstally_bot" in texts[0]
    assert texts[1].endswith("https://t.me/newstally_bot?startgroup=newstally&admin=manage_chat")
    assert texts[2].endswith("https://t.me/newstally_bot?startchannel&admin=post_messages")
    assert findings[3].text.args == {"id": str(group.id), "text": rights.NO_REACTIONS}
    assert findings[4].text.args["id"] == "-100999"


async def test_check_says_when_the_token_is_refused_or_nobody_answers(world):
    world.token = "99:wrong"
    refused = await world.adapter().diagnose([])
    assert [finding.ok for finding in refused] == [False]
    assert "token" in refused[0].text.msgid
    world.base_url = "http://127.0.0.1:9/bot"
    silent = await world.adapter().diagnose([])
    assert [finding.ok for finding in silent] == [False]
    assert "reached" in silent[0].text.msgid
