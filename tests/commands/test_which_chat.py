"""Who sets channels up from a private chat is asked which one is meant, and need not say anything twice."""

from __future__ import annotations

import pytest

from bot.model import ChatKind, ChatRef
from tests.commands.stage import ADMIN, CHANNEL, MEMBER, Feed, button, buttons, said

ALONE = ChatRef("village", ADMIN.id)
ADDRESS = "https://news.example/feed.xml"
LONG = f"https://news.example/{'a' * 60}.xml"


@pytest.fixture
async def stage(stage):
    await stage.joins(CHANNEL, ChatKind.CHANNEL)
    await stage.types("/help", chat=ALONE, kind=ChatKind.PRIVATE)
    for address in (ADDRESS, LONG):
        stage.feeds.at[address] = [Feed(address, "The news")]
    return stage


async def writes(stage, text, actor=ADMIN):
    return await stage.types(text, actor, ChatRef("village", actor.id), kind=ChatKind.PRIVATE)


async def presses(stage, one, actor=ADMIN):
    return await stage.presses(one, actor, ChatRef("village", actor.id))


@pytest.mark.parametrize(
    "text",
    [
        "/language fr",
        "/sources follow crypto",
        f"/sources add {ADDRESS}",
        "/sources remove 1",
        "/sources add",
        "/sources",
    ],
)
async def test_before_anything_changes_it_asks_which_chat(stage, text):
    asked = await writes(stage, text)
    assert "Which chat" in said(asked)
    assert [one.label for one in buttons(asked)] == ["This chat", "The tower"]
    words = text.partition(" ")[2]
    assert all(one.id.endswith(words) for one in buttons(asked))
    for chat in (ALONE, CHANNEL):
        assert (await stage.chat(chat)).language is None
        assert await stage.follows(chat) == []


async def test_the_choice_carries_the_words_to_the_channel(stage):
    await presses(stage, buttons(await writes(stage, "/language fr"))[1])
    assert (await stage.chat(CHANNEL)).language == "fr"
    await presses(stage, buttons(await writes(stage, "/sources follow crypto"))[1])
    looking = await presses(stage, buttons(await writes(stage, f"/sources add {ADDRESS}"))[1])
    await looking.follow_up()
    assert [one.pack or one.sources[0].url for one in await stage.follows(CHANNEL)] == ["crypto", ADDRESS]
    listed = await presses(stage, buttons(await writes(stage, "/sources remove"))[1])
    assert "The tower" in said(listed)
    await presses(stage, buttons(await writes(stage, "/sources remove 1"))[1])
    assert [one.pack for one in await stage.follows(CHANNEL)] == [None]
    assert await stage.follows(ALONE) == []


async def test_this_chat_can_be_meant_and_its_menus_ask_no_more(stage):
    menu = await presses(stage, buttons(await writes(stage, "/sources follow crypto"))[0])
    assert [one.pack for one in await stage.follows(ALONE)] == ["crypto"]
    await presses(stage, button(menu, "follow tech"))
    listed = await presses(stage, button(menu, "list"))
    assert [one.pack for one in await stage.follows(ALONE)] == ["crypto", "tech"]
    await presses(stage, buttons(listed)[0])
    assert [one.pack for one in await stage.follows(ALONE)] == ["tech"]


async def test_what_no_button_can_carry_is_sent_again_with_the_chats_number(stage):
    asked = await writes(stage, f"/sources add {LONG}")
    channel = (await stage.chat(CHANNEL)).id
    assert buttons(asked) == []
    assert f"The tower: /sources @{channel} add …" in said(asked)
    looking = await writes(stage, f"/sources @{channel} add {LONG}")
    await looking.follow_up()
    assert [one.sources[0].url for one in await stage.follows(CHANNEL)] == [LONG]


async def test_where_chats_are_chosen_by_a_parameter_it_is_said_in_the_channel_itself(stage):
    stage.adapter.elsewhere_parameter = "place"
    asked = await writes(stage, f"/sources add {LONG}")
    assert said(asked).endswith("Use the command in the channel that you mean.")


WRONG = ["/language klingon", "/sources add nonsense", "/sources follow nothing", "/sources dance"]


@pytest.mark.parametrize("text", WRONG)
async def test_what_can_not_be_meant_is_said_at_once(stage, text):
    assert "Which chat" not in said(await writes(stage, text))


async def test_who_administers_no_channel_is_asked_nothing(stage):
    answer = await writes(stage, "/sources follow crypto", MEMBER)
    assert "Which chat" not in said(answer)
    assert [one.pack for one in await stage.follows(ChatRef("village", MEMBER.id))] == ["crypto"]
