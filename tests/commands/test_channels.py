"""A channel is set up from a private chat, by its admins only."""

from __future__ import annotations

import pytest

from bot.model import ChatKind, ChatRef, Phrase
from tests.commands.stage import ADMIN, CHANNEL, GROUP, MEMBER, button, buttons, refusal, said

ALONE = ChatRef("village", ADMIN.id)
NOT_YOURS = Phrase("You are not an admin of that channel, or I am not in it.")


async def types(stage, text, actor=ADMIN):
    return await stage.types(text, actor, ALONE, kind=ChatKind.PRIVATE)


@pytest.fixture
async def channel(stage):
    await stage.joins(CHANNEL, ChatKind.CHANNEL)
    return await stage.chat(CHANNEL)


@pytest.mark.parametrize("command", ["language", "sources", "status"])
async def test_an_admin_of_a_channel_is_asked_which_chat_is_meant(stage, channel, command):
    answer = await types(stage, f"/{command}")
    here, there = buttons(answer)
    assert there.id == f"c:{command}:@{channel.id}"
    assert there.label == "The tower"
    menu = await stage.presses(there, chat=ALONE)
    assert "The tower" in said(menu)
    assert menu.replaces
    own = await stage.presses(here, chat=ALONE)
    assert "The tower" not in said(own)


async def test_who_administers_no_channel_goes_straight_to_the_menu(stage, channel):
    answer = await types(stage, "/language", MEMBER)
    assert len(buttons(answer)) == 13
    assert all("@" not in one.id for one in buttons(answer))


async def test_the_whole_way_of_a_channel_through_menus(stage, channel):
    menu = await stage.presses((await types(stage, "/language")).card.buttons[1][0], chat=ALONE)
    chosen = await stage.presses(button(menu, " hy"), chat=ALONE)
    assert chosen.card.language == "en"
    assert "The tower" in said(chosen)
    followed = await stage.presses(button(chosen, "follow crypto"), chat=ALONE)
    listed = await stage.presses(button(followed, "list"), chat=ALONE)
    assert (await stage.chat(CHANNEL)).language == "hy"
    assert [one.pack for one in await stage.follows(CHANNEL)] == ["crypto"]
    (subscription,) = await stage.follows(CHANNEL)
    await stage.presses(button(listed, f"remove #{subscription.id}"), chat=ALONE)
    assert await stage.follows(CHANNEL) == []
    assert await stage.follows(ALONE) == []
    assert {change.actor for change in await stage.log(CHANNEL)} == {"village:anna"}


async def test_a_channel_is_named_in_typed_commands_too(stage, channel):
    await types(stage, f"/language @{channel.id} fr")
    assert (await stage.chat(CHANNEL)).language == "fr"
    assert (await stage.chat(ALONE)).language is None


async def test_the_right_to_a_channel_is_asked_at_every_use(stage, channel):
    menu = await types(stage, f"/language @{channel.id}")
    stage.adapter.admins.clear()
    assert refusal(await stage.presses(button(menu, " fr"), chat=ALONE), NOT_YOURS)
    assert (await stage.chat(CHANNEL)).language is None


async def test_no_other_chat_can_be_named(stage, channel):
    await stage.speaks("de")
    group = await stage.chat()
    for named in (group.id, 999, 0, 999999999999999999):
        assert refusal(await types(stage, f"/language @{named} fr"), NOT_YOURS)
    assert refusal(await stage.types(f"/language @{channel.id} fr"), NOT_YOURS), "a group is no private chat"
    assert (await stage.chat(GROUP)).language == "de"
    assert (await stage.chat(CHANNEL)).language is None
