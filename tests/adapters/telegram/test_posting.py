"""Posts and edits, as the members of an emulated Telegram see them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from adapters.telegram.adapter import DIVERTED
from adapters.telegram.request import CONNECTIONS
from bot.errors import CardRejected, ChatGone, ChatMoved, PlatformDown, Throttled, Unconfirmed
from bot.events import ChatChanged, ReactionsChanged
from bot.model import Actor, Button, ButtonRole, Card, ChatRef, Line, LineKind, MessageRef, Picture, Span, Style
from bot.pace import Pacer
from bot.ports import Traffic
from tests.around import FREE, Noted
from tests.emulators.telegram import Limits
from tests.emulators.telegram.access import SERVER_REFUSALS

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def story(title: str = "Rates fall", *, votes: str = "0", picture: str | None = None) -> Card:
    """A story's card, as the core makes them."""
    return Card(
        language="en",
        lines=(
            Line(LineKind.TITLE, (Span(title, Style.BOLD, url="https://news.example.com/a?b=1"),)),
            Line(LineKind.META, (Span("Example"), Span(" · "), Span("22 Nov 2026, 09:30", moment=AT))),
            Line(LineKind.TEXT, (Span("The bank lowered its rate."),)),
            Line(LineKind.TALLY, (Span("In all chats: bullish 3, bearish 1"),)),
        ),
        buttons=(
            (
                Button(f"👍 Bullish {votes}", id="v:7:b", role=ButtonRole.BULLISH),
                Button("👎 Bearish 0", id="v:7:s", role=ButtonRole.BEARISH),
            ),
        ),
        picture=Picture(picture) if picture else None,
    )


def place(chat, topic="") -> ChatRef:
    return ChatRef("telegram", str(chat.id), str(topic))


async def test_a_story_is_posted_with_its_link_its_time_and_its_buttons(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
    message = world.server.last_message(group)
    assert ref == MessageRef(place(group), str(message.id))
    assert message.text == (
        "Rates fall\nExample · 22 Nov 2026, 09:30\n\nThe bank lowered its rate.\n\nIn all chats: bullish 3, bearish 1"
    )
    by_type = {entity["type"]: entity for entity in message.entities}
    assert by_type["text_link"]["url"] == "https://news.example.com/a?b=1"
    assert (by_type["bold"]["offset"], by_type["bold"]["length"]) == (0, 10)
    assert by_type["date_time"]["unix_time"] == int(AT.timestamp())
    assert by_type["date_time"]["date_time_format"] == "r"
    assert message.link_preview_options == {"is_disabled": True}
    assert [(b["text"], b["callback_data"], b["style"]) for b in world.server.buttons(group, message)] == [
        ("👍 Bullish 0", "v:7:b", "success"),
        ("👎 Bearish 0", "v:7:s", "danger"),
    ]


async def test_a_picture_stands_above_the_text(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        await adapter.send(place(group), story(picture="https://news.example.com/a.jpg"), key="k1", departure=FREE)
    assert world.server.last_message(group).link_preview_options == {
        "url": "https://news.example.com/a.jpg",
        "prefer_large_media": True,
        "show_above_text": True,
    }


async def test_an_edit_changes_text_and_buttons_and_an_unchanged_one_is_success(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        await adapter.edit(ref, story(votes="1"))
        await adapter.edit(ref, story(votes="1"))
    message = world.server.last_message(group)
    assert world.server.buttons(group, message)[0]["text"] == "👍 Bullish 1"
    assert "not modified" in world.server.calls("editMessageText")[-1].description


async def test_the_last_edit_takes_the_buttons_off(world, core):
    channel = world.server.create_channel("News")
    world.server.add_bot(channel, "can_post_messages")
    async with world.running(core) as adapter:
        ref = await adapter.send(place(channel), story(), key="k1", departure=FREE)
        await adapter.edit(ref, Card("en", story().lines))
    assert world.server.buttons(channel, int(ref.id)) == []


async def test_a_post_goes_into_its_topic_and_general_gets_none(world, core):
    forum = world.server.create_forum("Forum")
    world.server.add_bot(forum)
    topic = world.server.create_topic(forum, "Markets")
    async with world.running(core) as adapter:
        await adapter.send(place(forum, topic.id), story("In the topic"), key="k1", departure=FREE)
        await adapter.send(place(forum), story("In General"), key="k2", departure=FREE)
        await adapter.send(place(forum, "1"), story("In General, by its id"), key="k3", departure=FREE)
    threads = [message.thread_id for message in world.server.messages(forum, by_bot=True)]
    assert threads == [topic.id, None, None]


async def test_what_was_for_a_closed_or_deleted_topic_goes_to_general(world, core, capsys):
    forum = world.server.create_forum("Forum")
    world.server.add_bot(forum)
    closed, deleted = (world.server.create_topic(forum, name) for name in ("Closed", "Deleted"))
    world.server.close_topic(forum, closed)
    world.server.delete_topic(forum, deleted)
    async with world.running(core) as adapter:
        first = await adapter.send(place(forum, closed.id), story("One"), key="k1", departure=FREE)
        second = await adapter.send(place(forum, deleted.id), story("Two"), key="k2", departure=FREE)
        assert [(m.id, m.thread_id) for m in world.server.messages(forum, by_bot=True)] == [
            (int(first.id), None),
            (int(second.id), None),
        ]
        assert DIVERTED in (await adapter.capabilities(place(forum, closed.id))).missing
        assert DIVERTED not in (await adapter.capabilities(place(forum))).missing
        world.server.reopen_topic(forum, closed)
        await adapter.send(place(forum, closed.id), story("Three"), key="k3", departure=FREE)
        assert DIVERTED not in (await adapter.capabilities(place(forum, closed.id))).missing
    assert "writing to General" in capsys.readouterr().out


async def test_a_message_that_goes_elsewhere_leaves_anew_and_is_not_on_its_way_while_it_waits(world, core):
    forum = world.server.create_forum("Forum")
    world.server.add_bot(forum)
    closed = world.server.create_topic(forum, "Closed")
    world.server.close_topic(forum, closed)
    noted = Noted(world.pace)
    async with world.running(core) as adapter:
        await adapter.send(place(forum, closed.id), story(), key="k1", departure=noted)
    assert noted.told == [("leaving", 1), ("refused", 1), ("leaving", 2)]


async def test_a_message_that_is_sent_without_its_picture_leaves_anew(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    noted = Noted(world.pace)
    async with world.running(core) as adapter:
        card = story(picture="https://news.example.com/a.jpg")
        world.server.fail("sendMessage", 400)
        await adapter.send(place(group), card, key="k1", departure=noted)
    assert noted.told == [("leaving", 1), ("refused", 1), ("leaving", 2)]


async def test_a_message_that_waits_for_a_connection_has_not_left(world, core):
    groups = [world.server.create_supergroup(f"Group {n}") for n in range(CONNECTIONS + 1)]
    for group in groups:
        world.server.add_bot(group)
    held = world.server.hold("sendMessage", times=CONNECTIONS)
    crowd, last = Noted(world.pace), Noted(world.pace)
    async with world.running(core) as adapter, asyncio.TaskGroup() as tasks:
        for group in groups[1:]:
            tasks.create_task(adapter.send(place(group), story(), key="k1", departure=crowd))
        await crowd.times(CONNECTIONS)
        tasks.create_task(adapter.send(place(groups[0]), story(), key="k1", departure=last))
        for _until_it_has_had_its_turn in range(5):
            await asyncio.sleep(0)
        assert (len(world.pace.turns), last.told) == (len(groups), [])
        await held.arrived.wait()
        held.release()
    assert last.told == [("leaving", len(groups))]


async def test_where_general_is_closed_too_the_chat_is_gone_until_it_is_reopened(world, core):
    forum = world.server.create_forum("Forum")
    world.server.add_bot(forum)
    topic = world.server.create_topic(forum, "Closed")
    world.server.close_topic(forum, topic)
    world.server.close_topic(forum)
    async with world.running(core) as adapter:
        with pytest.raises(ChatGone, match="topic is closed or deleted"):
            await adapter.send(place(forum, topic.id), story(), key="k1", departure=FREE)
        world.server.reopen_topic(forum, topic)
        heard = await core.first(ChatChanged)
        assert (heard.chat, heard.present) == (place(forum, topic.id), True)
        await adapter.send(heard.chat, story(), key="k1", departure=FREE)
    assert world.server.last_message(forum).thread_id == topic.id


async def test_a_chat_declared_by_its_name_has_its_posts_and_votes_under_its_number(world, core):
    ann = world.server.add_user("Ann")
    group = world.server.create_supergroup("Readers", members=[ann], username="newsreaders")
    world.server.add_bot(group, "admin")
    named = ChatRef("telegram", "@newsreaders")
    async with world.running(core) as adapter:
        ref = await adapter.send(named, story(), key="k1", departure=FREE)
        assert ref.chat == place(group)
        world.server.react(ann, group, int(ref.id), ["👍"])
        assert (await core.first(ReactionsChanged)).message == ref
        await adapter.edit(ref, story(votes="1"))
        await adapter.send(named, story("Another"), key="k2", departure=FREE)
        assert (await adapter.capabilities(named)).reactions
        assert not await adapter.is_admin(named, Actor("telegram", f"u{ann.id}"))
    assert {name for _, names in world.pace.turns[1:] for name in names if name.endswith("/minute")} == {
        f"telegram:{group.id}/minute"
    }


async def test_an_edit_never_says_that_the_chat_is_gone(world, core):
    group = world.server.create_group("Readers")
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        world.server.remove(group, banned=True)
        with pytest.raises(CardRejected):
            await adapter.edit(ref, story(votes="2"))
        with pytest.raises(CardRejected):
            await adapter.edit(MessageRef(ChatRef("telegram", "-4999"), "5"), story(votes="2"))
        with pytest.raises(ChatGone):
            await adapter.send(place(group), story(), key="k2", departure=FREE)


async def test_a_429_stops_its_chat_alone_and_is_told(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    world.server.fail("sendMessage", 429, retry_after=7)
    async with world.running(core) as adapter:
        with pytest.raises(Throttled) as caught:
            await adapter.send(place(group), story(), key="k1", departure=FREE)
        await adapter.send(place(group), story(), key="k1", departure=FREE)
    assert caught.value.retry_after == 7
    assert world.pace.penalties == [(f"telegram:{group.id}", 7.0), (f"telegram:{group.id}/minute", 7.0)]
    assert len(world.server.messages(group, by_bot=True)) == 1


async def test_where_several_chats_are_refused_at_once_it_is_the_bot_that_must_wait(world, core):
    groups = [world.server.create_supergroup(name) for name in ("One", "Two")]
    for group in groups:
        world.server.add_bot(group)
    world.server.fail("sendMessage", 429, times=2, retry_after=7)
    async with world.running(core) as adapter:
        for group in groups:
            with pytest.raises(Throttled):
                await adapter.send(place(group), story(), key="k1", departure=FREE)
    assert world.pace.penalties[-1] == ("telegram", 7.0)


async def test_every_request_about_a_chat_waits_for_its_turn(world, core):
    group = world.server.create_supergroup("Readers")
    reader = world.server.add_user("Ann")
    world.server.create_private(reader)
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        await adapter.edit(ref, story(votes="1"))
        await adapter.send(ChatRef("telegram", str(reader.id)), story(), key="k2", departure=FREE)
        await adapter.capabilities(place(group))
    chat, minute = f"telegram:{group.id}", f"telegram:{group.id}/minute"
    assert world.pace.turns == [
        (Traffic.POST, ("telegram", chat, minute)),
        (Traffic.EDIT, ("telegram", chat, minute)),
        (Traffic.POST, ("telegram", f"telegram:{reader.id}")),
        (Traffic.ANSWER, ("telegram", "telegram/questions")),
        (Traffic.ANSWER, ("telegram", "telegram/questions")),
    ]


async def test_with_the_real_limiter_strict_limits_provoke_no_429(world, core):
    world.server.limits = Limits()
    groups = [world.server.create_supergroup(f"Group {n}") for n in range(12)]
    for group in groups:
        world.server.add_bot(group)
    async with world.running(core, pace=Pacer()) as adapter:
        for group in groups:
            await adapter.send(place(group), story(), key="k", departure=FREE)
            await adapter.capabilities(place(group))
    assert world.server.throttled == []


async def test_a_connection_that_breaks_after_sending_leaves_it_unconfirmed(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    world.server.reset("sendMessage", when="after")
    async with world.running(core) as adapter:
        with pytest.raises(Unconfirmed):
            await adapter.send(place(group), story(), key="k1", departure=FREE)
    assert len(world.server.messages(group, by_bot=True)) == 1


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_5xx_leaves_a_post_unconfirmed_and_an_edit_to_be_tried_again(world, core, status):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        world.server.fail("sendMessage", status)
        world.server.fail("editMessageText", status)
        with pytest.raises(Unconfirmed):
            await adapter.send(place(group), story(), key="k2", departure=FREE)
        with pytest.raises(PlatformDown):
            await adapter.edit(ref, story(votes="9"))


async def test_an_answer_that_is_no_json_leaves_a_post_unconfirmed(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    world.server.garble("sendMessage", when="after")
    async with world.running(core) as adapter:
        with pytest.raises(Unconfirmed):
            await adapter.send(place(group), story(), key="k1", departure=FREE)


async def test_before_it_is_connected_nothing_is_sent(world):
    with pytest.raises(PlatformDown):
        await world.adapter().send(ChatRef("telegram", "-1001"), story(), key="k1", departure=FREE)


async def test_a_server_that_is_not_there_means_that_nothing_was_sent(world):
    world.base_url = "http://127.0.0.1:9/bot"
    adapter = world.adapter()
    await adapter._wire.open()
    try:
        with pytest.raises(PlatformDown):
            await adapter.send(ChatRef("telegram", "-1001"), story(), key="k1", departure=FREE)
    finally:
        await adapter._wire.close_connections()


async def test_a_group_that_became_a_supergroup_is_told_and_its_old_posts_can_be_edited(world, core):
    group = world.server.create_group("Readers")
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        new = world.server.migrate(group)
        with pytest.raises(ChatMoved) as caught:
            await adapter.send(place(group), story(), key="k2", departure=FREE)
        assert caught.value.to == place(new)
        await adapter.send(caught.value.to, story(), key="k2", departure=FREE)
        await adapter.edit(ref, story(votes="2"))
    assert world.server.buttons(group, int(ref.id))[0]["text"] == "👍 Bullish 2"
    assert len(world.server.messages(new, by_bot=True)) == 1


async def test_a_chat_that_has_thrown_us_out_is_gone(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    reader = world.server.add_user("Ann")
    world.server.create_private(reader)
    world.server.remove(group)
    world.server.block(reader)
    channel = world.server.create_channel("News")
    world.server.add_bot(channel, "can_edit_messages")
    async with world.running(core) as adapter:
        for chat in (group, channel):
            with pytest.raises(ChatGone):
                await adapter.send(place(chat), story(), key="k1", departure=FREE)
        with pytest.raises(ChatGone, match="blocked"):
            await adapter.send(ChatRef("telegram", str(reader.id)), story(), key="k1", departure=FREE)
        with pytest.raises(ChatGone):
            await adapter.send(ChatRef("telegram", "-100123"), story(), key="k1", departure=FREE)


@pytest.mark.parametrize("error", sorted(SERVER_REFUSALS))
async def test_a_chat_of_which_the_servers_refuse_everything_is_gone_and_is_tried_in_no_plainer_form(
    world, core, error
):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    world.server.shut_out(group, error)
    async with world.running(core) as adapter:
        with pytest.raises(ChatGone):
            await adapter.send(place(group), story(picture="https://news.example.com/a.jpg"), key="k1", departure=FREE)
        assert len(world.server.calls("sendMessage")) == 1
        world.server.shut_out(group)
        await adapter.send(place(group), story(), key="k1", departure=FREE)


async def test_who_never_wrote_to_us_is_not_said_to_have_blocked_us(world, core):
    ann, gone = world.server.add_user("Ann"), world.server.add_user("Gone")
    world.server.add_bot(world.server.create_supergroup("Readers", members=[ann]))
    world.server.create_private(gone)
    world.server.deactivate(gone)
    async with world.running(core) as adapter:
        with pytest.raises(ChatGone, match="not written to me yet"):
            await adapter.send(ChatRef("telegram", str(ann.id)), story(), key="k1", departure=FREE)
        with pytest.raises(ChatGone, match="account is deleted"):
            await adapter.send(ChatRef("telegram", str(gone.id)), story(), key="k1", departure=FREE)


async def test_editing_a_deleted_post_is_given_up(world, core):
    group = world.server.create_supergroup("Readers")
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        world.server.delete(group.messages[int(ref.id)])
        with pytest.raises(CardRejected):
            await adapter.edit(ref, story(votes="1"))
    assert len(world.server.calls("editMessageText")) == 1
