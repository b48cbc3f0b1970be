"""What people do in an emulated Telegram, as events that the core hears; and that none is lost."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import StorageError, TokenRefused
from bot.events import (
    ButtonPressed,
    ChatChanged,
    ChatJoined,
    ChatMigrated,
    CommandInvoked,
    PostMirrored,
    ReactionsChanged,
    ReactionsCounted,
    WholeSet,
)
from bot.model import Actor, ChatKind, ChatRef, MessageRef, Phrase, Span
from bot.ports import Command, State
from tests.adapters.telegram.test_posting import place, story
from tests.around import FREE


def person(user) -> Actor:
    return Actor("telegram", f"u{user.id}", user.language_code, user.first_name)


async def test_a_reaction_in_a_group_names_the_voter_and_the_whole_set(world, core):
    ann = world.server.add_user("Ann", language_code="hy", is_premium=True)
    group = world.server.create_supergroup("Readers", members=[ann])
    world.server.add_bot(group, "admin")
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        world.server.react(ann, group, int(ref.id), ["❤️‍🔥", "👎"])
        world.server.react(ann, group, int(ref.id), [])
        await core.heard(2, ReactionsChanged)
    first, second = (event for event in core.events if isinstance(event, ReactionsChanged))
    assert first.message == ref
    assert first.voter == person(ann)
    assert first.change == WholeSet(("❤\u200d🔥", "👎"))
    assert second.change == WholeSet(())
    assert first.event_id != second.event_id


async def test_an_anonymous_admin_votes_as_the_group(world, core):
    owner = world.server.add_user("Olga")
    group = world.server.create_supergroup("Readers", owner=owner)
    world.server.add_bot(group, "admin")
    world.server.set_anonymous(group, owner)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        world.server.react(owner, group, int(ref.id), ["👍"])
        heard = await core.first(ReactionsChanged)
    assert heard.voter.id == f"c{group.id}"


async def test_reactions_in_a_channel_come_as_totals(world, core):
    channel = world.server.create_channel("News")
    world.server.add_bot(channel)
    readers = [world.server.add_user(f"Reader {n}") for n in range(3)]
    for reader in readers:
        world.server.join(channel, reader)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(channel), story(), key="k1", departure=FREE)
        for reader, emoji in zip(readers, ["👍", "👍", "💩"], strict=True):
            world.server.react(reader, channel, int(ref.id), [emoji])
        world.server.flush_reaction_counts()
        heard = await core.first(ReactionsCounted)
    assert heard.message == ref
    assert heard.totals == {"👍": 2, "💩": 1}


async def test_a_press_names_the_button_and_who_pressed_it(world, core):
    ann = world.server.add_user("Ann")
    group = world.server.create_supergroup("Readers", members=[ann])
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        press = await world.server.press(ann, group, int(ref.id), "v:7:b")
        heard = await core.first(ButtonPressed)
    assert heard == ButtonPressed(ref, person(ann), "v:7:b", press.id, carried=True)


async def test_a_forged_press_names_a_button_that_its_message_does_not_have(world, core):
    ann = world.server.add_user("Ann")
    group = world.server.create_supergroup("Readers", members=[ann])
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        world.server.tap(ann, group, int(ref.id), "v:8:b", forged=True)
        heard = await core.first(ButtonPressed)
    assert (heard.button, heard.carried) == ("v:8:b", False)


async def test_a_press_on_a_message_too_old_to_be_shown_counts(world, core):
    ann = world.server.add_user("Ann")
    async with world.running(core):
        world.server.poison(
            {
                "callback_query": {
                    "id": "77",
                    "from": {"id": ann.id, "is_bot": False, "first_name": "Ann"},
                    "message": {"chat": {"id": -1001, "type": "supergroup", "title": "R"}, "message_id": 5, "date": 0},
                    "chat_instance": "1",
                    "data": "v:7:s",
                }
            }
        )
        heard = await core.first(ButtonPressed)
    assert heard.message == MessageRef(ChatRef("telegram", "-1001"), "5")
    assert heard.button == "v:7:s"


async def test_commands_are_heard_in_groups_topics_and_private(world, core):
    ann = world.server.add_user("Ann", language_code="de")
    group = world.server.create_supergroup("Readers", members=[ann])
    forum = world.server.create_forum("Forum", members=[ann])
    topic = world.server.create_topic(forum, "Markets")
    private = world.server.create_private(ann)
    for chat in (group, forum):
        world.server.add_bot(chat)
    async with world.running(core):
        world.server.say(ann, group, "/language@Newstally_Bot fr")
        world.server.say(ann, group, "/language@other_bot fr")
        world.server.say(ann, forum, "/sources follow crypto", thread=topic)
        world.server.say(ann, forum, "/help")
        world.server.say(ann, private, "/help")
        await core.heard(4, CommandInvoked)
    heard = [event for event in core.events if isinstance(event, CommandInvoked)]
    assert [(event.chat, event.kind, event.name, event.text) for event in heard] == [
        (place(group), ChatKind.GROUP, "language", "fr"),
        (place(forum, topic.id), ChatKind.TOPIC, "sources", "follow crypto"),
        (place(forum), ChatKind.GROUP, "help", ""),
        (ChatRef("telegram", str(ann.id)), ChatKind.PRIVATE, "help", ""),
    ]
    assert all(event.actor == person(ann) and event.admin is None for event in heard)


async def test_a_misspelt_command_is_heard_where_it_can_only_be_meant_for_us(world, core):
    ann = world.server.add_user("Ann", language_code="de")
    group = world.server.create_supergroup("Readers", members=[ann])
    world.server.add_bot(group, "admin")
    private = world.server.create_private(ann)
    async with world.running(core, [Command("language", Phrase("Words")), Command("help", Phrase("Help"))]):
        world.server.say(ann, group, "/langauge fr")
        world.server.say(ann, group, "/langauge@other_bot fr")
        world.server.say(ann, group, "/langauge@newstally_bot fr")
        world.server.say(ann, private, "/langauge fr")
        world.server.say(ann, private, "/help")
        await core.heard(3, CommandInvoked)
    heard = [event for event in core.events if isinstance(event, CommandInvoked)]
    assert [(event.chat, event.name) for event in heard] == [
        (place(group), "langauge"),
        (ChatRef("telegram", str(ann.id)), "langauge"),
        (ChatRef("telegram", str(ann.id)), "help"),
    ]


async def test_an_anonymous_admin_commands_as_admin(world, core):
    owner = world.server.add_user("Olga")
    group = world.server.create_supergroup("Readers", owner=owner)
    world.server.add_bot(group)
    world.server.set_anonymous(group, owner)
    async with world.running(core) as adapter:
        world.server.say(owner, group, "/language@newstally_bot fr")
        heard = await core.first(CommandInvoked)
        assert heard.admin is True
        assert await adapter.is_admin(heard.chat, heard.actor)


async def test_a_channel_that_commands_in_a_group_is_no_admin(world, core):
    group = world.server.create_supergroup("Readers")
    other = world.server.create_channel("Stranger")
    world.server.add_bot(group)
    async with world.running(core) as adapter:
        world.server.say(other, group, "/language@newstally_bot fr")
        heard = await core.first(CommandInvoked)
        assert heard.admin is None
        assert not await adapter.is_admin(heard.chat, heard.actor)


async def test_start_in_private_is_an_arrival(world, core):
    ann = world.server.add_user("Ann", language_code="pt-br")
    private = world.server.create_private(ann)
    async with world.running(core):
        world.server.say(ann, private, "/start")
        heard = await core.first(ChatJoined)
    assert heard == ChatJoined(ChatRef("telegram", str(ann.id)), ChatKind.PRIVATE, "Ann", person(ann), "pt-br")


async def test_being_added_promoted_and_removed_is_heard(world, core):
    owner = world.server.add_user("Olga", language_code="ru")
    group = world.server.create_supergroup("Readers", owner=owner)
    async with world.running(core):
        world.server.add_bot(group)
        world.server.promote(group)
        world.server.remove(group)
        events = await core.heard(3)
    assert events == [
        ChatJoined(place(group), ChatKind.GROUP, "Readers", person(owner), "ru"),
        ChatChanged(place(group), True, ChatKind.GROUP, "Readers"),
        ChatChanged(place(group), False, ChatKind.GROUP, "Readers"),
    ]


async def test_a_migration_is_heard(world, core):
    group = world.server.create_group("Readers")
    world.server.add_bot(group)
    async with world.running(core):
        new = world.server.migrate(group)
        heard = await core.first(ChatMigrated)
    assert heard == ChatMigrated(place(group), place(new))


async def test_the_copy_of_a_channel_post_in_the_discussion_group_is_known(world, core):
    discussion = world.server.create_supergroup("Talk")
    channel = world.server.create_channel("News", discussion=discussion)
    world.server.add_bot(discussion)
    world.server.add_bot(channel)
    world.server.promote(discussion)
    async with world.running(core) as adapter:
        ref = await adapter.send(place(channel), story(), key="k1", departure=FREE)
        heard = await core.first(PostMirrored)
    copy = world.server.last_message(discussion)
    (title,) = story().lines[0].spans
    headline = Span(title.text, url=title.url)
    assert heard == PostMirrored(ref, MessageRef(place(discussion), str(copy.id)), headline)


async def test_a_copy_that_does_not_begin_with_a_link_has_no_headline(world, core):
    olga = world.server.add_user("Olga")
    discussion = world.server.create_supergroup("Talk")
    channel = world.server.create_channel("News", owner=olga, discussion=discussion)
    world.server.add_bot(discussion, "admin")
    async with world.running(core):
        world.server.say(olga, channel, "😀 words")
        assert (await core.first(PostMirrored)).headline is None


async def test_a_poison_update_is_skipped_and_the_vote_behind_it_counts(world, core):
    ann = world.server.add_user("Ann")
    group = world.server.create_supergroup("Readers", members=[ann])
    world.server.add_bot(group, "admin")
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        world.server.poison({"message_reaction": {"chat": "nonsense"}})
        world.server.poison({"message": [1, 2]})
        world.server.poison({"message_reaction": None})
        world.server.poison({"poll": {"id": "1", "options": [{}]}})
        world.server.react(ann, group, int(ref.id), ["👍"])
        heard = await core.first(ReactionsChanged)
        assert heard.change == WholeSet(("👍",))
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)


async def test_nothing_is_acknowledged_before_it_is_durable(world, core):
    ann = world.server.add_user("Ann")
    group = world.server.create_supergroup("Readers", members=[ann])
    core.gate = asyncio.Event()  # never opens: the process dies with the vote uncommitted
    async with world.running(core):
        world.server.add_bot(group)
        await core.first(ChatJoined)
    assert len(world.server.bot.queue.entries) > 0
    core.gate = None
    core.events.clear()
    async with world.running(core):
        await core.first(ChatJoined)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)


async def test_what_storage_could_not_take_comes_again(world, core):
    group = world.server.create_supergroup("Readers")
    refusals = [StorageError(Phrase("disk full"))] * 2

    def reply(_event):
        if refusals:
            raise refusals.pop()

    core.replies = reply
    async with world.running(core):
        world.server.add_bot(group)
        await core.heard(3)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
    assert {type(event) for event in core.events} == {ChatJoined}
    assert world.slept[:2] == [1.0, 2.0]


async def test_an_event_that_the_core_fails_on_costs_only_itself(world, core):
    group = world.server.create_supergroup("Readers")

    def reply(event):
        if isinstance(event, ChatJoined):
            raise RuntimeError("a bug")

    core.replies = reply
    async with world.running(core):
        world.server.add_bot(group)
        world.server.promote(group)
        await core.first(ChatChanged)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)


async def test_ids_that_start_anew_lower_lose_nothing(world, core):
    group = world.server.create_supergroup("Readers")
    async with world.running(core):
        world.server.add_bot(group)
        await core.first(ChatJoined)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        world.server.renumber_updates(1000)
        world.server.promote(group)
        await core.first(ChatChanged)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)


async def test_reactions_are_asked_for_by_name(world, core):
    async with world.running(core):
        pass
    assert world.server.bot.queue.allowed == {
        "message",
        "callback_query",
        "message_reaction",
        "message_reaction_count",
        "my_chat_member",
    }


async def test_with_nothing_to_hear_it_is_ready_before_the_first_long_poll_ends(world, core):
    async with world.running(core) as adapter:
        await world.server.wait_for(lambda: adapter.state is State.READY, 20)
        ended = [int(call.params["timeout"]) for call in world.server.calls("getUpdates")]
    assert ended == [0], "no long poll has ended yet"


async def test_trouble_at_the_start_is_outlasted(world, core):
    world.server.fail("getMe", 502, times=2)
    world.server.reset("getUpdates", times=2)
    world.server.garble("getUpdates")
    world.server.fail("getUpdates", 429, retry_after=9)
    async with world.running(core) as adapter:
        await world.server.wait_for(lambda: adapter.state is State.READY or world.server.bot.queue.is_polled)
    assert world.slept == [1.0, 2.0, 1.0, 2.0, 4.0, 9.0]


async def test_a_refused_token_ends_the_adapter_alone_and_is_not_told(world, core, capsys):
    world.token = "123:WRONG_secret"
    adapter = world.adapter()
    with pytest.raises(TokenRefused) as caught:
        await adapter.run(core.dispatch)
    assert adapter.state is State.REFUSED
    assert "WRONG" not in str(caught.value)
    assert "WRONG" not in capsys.readouterr().out


async def test_a_token_revoked_later_ends_the_adapter_too(world, core):
    task = asyncio.create_task((adapter := world.adapter()).run(core.dispatch))
    await world.server.wait_for(lambda: world.server.bot.queue.is_polled)
    account = world.server.world.bots.pop(world.server.token)
    account.queue.release()
    with pytest.raises(TokenRefused):
        await asyncio.wait_for(task, 5)
    assert adapter.state is State.REFUSED
    world.server.world.bots[account.token] = account


async def test_a_webhook_left_behind_is_removed(world, core):
    world.server.bot.queue.webhook = {"url": "https://old.example.com/hook"}
    async with world.running(core):
        pass
    assert world.server.bot.queue.webhook == {}


async def test_another_program_with_the_token_is_named_and_waited_for(world, core):
    async with world.running(core) as adapter:
        seen = world.watch(adapter)
        # The first poll doesn't wait; the next one does.
        await world.server.wait_for(lambda: world.server.calls("getUpdates") and world.server.bot.queue.is_polled)
        world.server.bot.queue.interrupt()
        await world.server.wait_for(lambda: len(world.server.calls("getUpdates")) == 2)
        await world.server.wait_for(lambda: world.server.bot.queue.is_polled)
    seconds, state, detail = seen[0]
    assert (seconds, state) == (30.0, State.CONNECTING)
    assert "Another program" in detail.msgid
