"""Where a platform lets people choose a channel with a command, it is set up from any other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import PlatformDown
from bot.events import ChoicesWanted, CommandInvoked, Elsewhere
from bot.model import ChatKind, ChatRef, Phrase
from bot.storage import chats
from tests.commands.stage import ADMIN, GROUP, MEMBER, NOW, button, buttons, refusal, said

FORUM, THREAD = ChatRef("village", "market"), ChatRef("village", "stall")
THERE = Elsewhere(FORUM, ChatKind.FORUM, "The market", admin=True)
NOT_YOURS = Phrase("You are not an admin of that channel, or I am not in it.")


@pytest.fixture
async def stage(stage):
    stage.adapter.elsewhere_parameter = "place"
    stage.adapter.admins.add((FORUM, ADMIN.id))
    await stage.speaks("de")
    return stage


async def gives(stage, name, actor=ADMIN, about=THERE, chat=GROUP, **more):
    return await stage.commands.invoke(
        CommandInvoked(chat, actor, name, event_id=stage.ids(), admin=False, about=about, **more)
    )


async def test_the_whole_way_of_a_forum_from_another_channel(stage):
    chosen = await gives(stage, "language", arguments={"language": "fr"})
    assert chosen.private
    assert "The market" in said(chosen)
    assert "place" in said(chosen), "the example names the forum too"
    assert (await stage.chat(FORUM)).language == "fr"
    assert (await stage.chat(GROUP)).language == "de"
    followed = await stage.presses(button(chosen, "follow crypto"), admin=False)
    assert followed.replaces
    listed = await stage.presses(button(followed, "list"), admin=False)
    assert "The market" in said(listed)
    assert [one.pack for one in await stage.follows(FORUM)] == ["crypto"]
    assert await stage.follows(GROUP) == []
    assert {change.actor for change in await stage.log(FORUM)} == {"village:anna"}
    assert all(len(one.id) <= 64 for one in buttons(listed))


@pytest.mark.parametrize("name", ["language", "status"])
async def test_menus_of_another_channel_are_private_and_name_it(stage, name):
    answer = await gives(stage, name)
    assert answer.private
    assert "The market" in said(answer)


async def test_what_is_done_at_once_elsewhere_is_private_too(stage):
    answer = await gives(stage, "sources", subcommand="follow", arguments={"pack": "tech"})
    assert answer.private
    assert "The market" in said(answer)


async def test_who_is_no_admin_there_is_refused_and_leaves_no_trace(stage):
    for about in (replace(THERE, admin=False), replace(THERE, admin=None)):
        for name in ("language", "sources", "status"):
            assert refusal(await gives(stage, name, MEMBER, about), NOT_YOURS, "fr")
    assert await stage.db.read(chats.by_ref, FORUM) is None


async def test_what_the_event_does_not_say_is_asked_of_the_platform(stage):
    await gives(stage, "language", about=replace(THERE, admin=None), arguments={"language": "fr"})
    assert (await stage.chat(FORUM)).language == "fr"


async def test_the_right_is_asked_again_when_a_button_is_pressed(stage):
    menu = await gives(stage, "language")
    assert refusal(await stage.presses(button(menu, " fr"), MEMBER, admin=True), NOT_YOURS, "fr")
    stage.adapter.admins.discard((FORUM, ADMIN.id))
    assert refusal(await stage.presses(button(menu, " fr"), admin=True), NOT_YOURS)
    assert (await stage.chat(FORUM)).language is None


async def test_a_private_chat_is_nobody_elses(stage):
    alone = ChatRef("village", "boris")
    stage.adapter.admins.add((alone, ADMIN.id))
    chat = await stage.db.write(chats.ensure, alone, ChatKind.PRIVATE, NOW)
    assert refusal(await stage.types(f"/language @{chat.id} fr"), NOT_YOURS)


async def test_a_private_chat_that_is_named_by_parameter_is_nobody_elses(stage):
    alone = Elsewhere(ChatRef("village", "boris"), ChatKind.PRIVATE, admin=True)
    stage.adapter.admins.add((alone.chat, ADMIN.id))
    for about in (alone, replace(alone, admin=None)):
        assert refusal(await gives(stage, "language", about=about, arguments={"language": "fr"}), NOT_YOURS)
    assert await stage.db.read(chats.by_ref, alone.chat) is None


async def test_choosing_the_channel_where_one_is_is_choosing_nothing(stage):
    here = Elsewhere(GROUP, ChatKind.GROUP, "The square", admin=True)
    answer = await stage.commands.invoke(
        CommandInvoked(GROUP, ADMIN, "language", arguments={"language": "fr"}, admin=True, about=here)
    )
    assert not answer.private
    assert (await stage.chat(GROUP)).language == "fr"


async def test_suggestions_are_those_of_the_channel_that_was_chosen(stage):
    await gives(stage, "sources", subcommand="follow", arguments={"pack": "tech"})
    wanted = ChoicesWanted(GROUP, ADMIN, "sources", "remove", "address", "", about=replace(THERE, admin=None))
    assert [choice.label for choice in (await stage.commands.choices(wanted)).choices] == ["Tech"]
    assert (await stage.commands.choices(replace(wanted, actor=MEMBER))).choices == ()
    stage.adapter.broken = PlatformDown(Phrase("The village sleeps."))
    assert (await stage.commands.choices(wanted)).choices == ()


async def test_the_introduction_says_how_another_channel_is_chosen(stage):
    field = ChatRef("village", "field")
    assert "/language" in said(await stage.joins(field))
    assert "place" in said(await stage.joins(field))


# --- posts in a forum that nobody has set up ---


async def in_the_post(stage, words="", *, admin=True):
    arguments = {"language": words} if words else {}
    forum = replace(THERE, admin=admin)
    return await stage.commands.invoke(
        CommandInvoked(THREAD, ADMIN, "language", arguments=arguments, admin=admin, kind=ChatKind.THREAD, forum=forum)
    )


async def test_language_in_a_post_offers_the_whole_forum(stage):
    chosen = await in_the_post(stage, "fr")
    assert (await stage.chat(THREAD)).language == "fr"
    forum = await stage.chat(FORUM)
    assert forum.language is None
    done = await stage.presses(button(chosen, f"@{forum.id} fr"), chat=THREAD, admin=True)
    assert "The market" in said(done)
    assert (await stage.chat(FORUM)).language == "fr"
    assert not any("@" in one.id for one in buttons(await in_the_post(stage, "fr"))), "it is set up now"


async def test_the_menu_in_a_post_offers_the_whole_forum(stage):
    menu = await in_the_post(stage)
    forum = await stage.chat(FORUM)
    there = await stage.presses(button(menu, f"@{forum.id}"), chat=THREAD, admin=True)
    assert "The market" in said(there)
    assert button(there, f"@{forum.id} fr")


async def test_no_forum_is_offered_to_who_may_not_set_it_up(stage):
    assert refusal(await in_the_post(stage, admin=False), Phrase("Only the admins of this chat can change that."))
    assert await stage.db.read(chats.by_ref, FORUM) is None
