"""What the core answers, as the one who asked sees it."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import ChatGone, DeliveryError, StorageError
from bot.events import ButtonPressed, ChatChanged, ChatJoined, CommandInvoked
from bot.model import Actor, Button, Card, ChatKind, ChatRef, Line, LineKind, Phrase, Span
from bot.ports import Answer, Document
from tests.adapters.telegram.test_posting import place, story
from tests.around import FREE


def says(text: str, *buttons: Button) -> Card:
    return Card("en", (Line(LineKind.TEXT, (Span(text),)),), buttons=(buttons,) if buttons else ())


async def posted(world, core, group, adapter):
    ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
    return group.messages[int(ref.id)]


def group_with(world, *names):
    people = [world.server.add_user(name) for name in names]
    group = world.server.create_supergroup("Readers", members=people)
    world.server.add_bot(group)
    return group, *people


async def test_a_press_is_answered_by_a_toast_that_only_its_presser_sees(world, core):
    group, ann = group_with(world, "Ann")
    core.replies = lambda event: Answer(says("Your vote: bullish"), private=True) if is_press(event) else None
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        press = await world.server.press(ann, group, message, "v:7:b")
    assert (press.text, press.show_alert) == ("Your vote: bullish", False)
    assert world.server.messages(group, by_bot=True) == [message]


def is_press(event) -> bool:
    return isinstance(event, ButtonPressed)


async def test_a_press_without_an_answer_stops_spinning(world, core):
    group, ann = group_with(world, "Ann")
    async with world.running(core) as adapter:
        press = await world.server.press(ann, group, await posted(world, core, group, adapter), "v:7:b")
    assert press.answered.is_set()
    assert press.text == ""


async def test_a_press_that_the_core_fails_on_stops_spinning(world, core):
    group, ann = group_with(world, "Ann")

    def reply(event):
        if is_press(event):
            raise RuntimeError("a bug")

    core.replies = reply
    async with world.running(core) as adapter:
        press = await world.server.press(ann, group, await posted(world, core, group, adapter), "v:7:b")
    assert press.answered.is_set()


async def test_a_press_that_could_not_be_stored_is_answered_when_it_is(world, core):
    group, ann = group_with(world, "Ann")
    refusals = [StorageError(Phrase("busy"))]

    def reply(event):
        if is_press(event):
            if refusals:
                raise refusals.pop()
            return Answer(says("Counted"), private=True)
        return None

    core.replies = reply
    async with world.running(core) as adapter:
        press = await world.server.press(ann, group, await posted(world, core, group, adapter), "v:7:b")
    assert press.text == "Counted"


async def test_a_longer_toast_stays_until_it_is_closed_and_a_still_longer_one_goes_into_their_own_chat(world, core):
    group, ann = group_with(world, "Ann")
    private = world.server.create_private(ann)
    words = ["x" * 150, "y" * 300]
    core.replies = lambda event: Answer(says(words.pop(0)), private=True) if is_press(event) else None
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        first = await world.server.press(ann, group, message, "v:7:b")
        second = await world.server.press(ann, group, message, "v:7:b")
        await world.server.wait_for(lambda: [m.text for m in world.server.messages(private)] == ["y" * 300])
    assert (first.text, first.show_alert) == ("x" * 150, True)
    assert (second.text, second.show_alert) == ("y" * 199 + "…", True)
    assert world.server.messages(group) == [message]


async def test_what_is_private_is_never_said_in_the_group(world, core):
    group, ann = group_with(world, "Ann")  # who has no chat with the bot
    core.replies = lambda event: Answer(says("y" * 300), private=True) if is_press(event) else None
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        await world.server.press(ann, group, message, "v:7:b")
        await world.server.wait_for(lambda: len(world.server.calls("sendMessage")) == 2)
    assert world.server.messages(group) == [message]


async def test_a_menu_is_redrawn_in_its_place(world, core):
    group, ann = group_with(world, "Ann")
    core.replies = lambda event: Answer(says("Now in French"), replaces=True) if is_press(event) else None
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        await world.server.press(ann, group, message, "v:7:b")
        await world.server.wait_for(lambda: message.text == "Now in French")
    assert world.server.messages(group, by_bot=True) == [message]


async def test_a_menu_that_was_deleted_meanwhile_is_shown_anew(world, core):
    group, ann = group_with(world, "Ann")

    def reply(event):
        if is_press(event):
            world.server.delete(group.messages[int(event.message.id)])
            return Answer(says("Now in French"), replaces=True)
        return None

    core.replies = reply
    async with world.running(core) as adapter:
        await world.server.press(ann, group, await posted(world, core, group, adapter), "v:7:b")
        await world.server.wait_for(lambda: [m.text for m in world.server.messages(group)] == ["Now in French"])


async def test_a_command_is_answered_by_a_reply_in_its_topic(world, core):
    ann = world.server.add_user("Ann")
    forum = world.server.create_forum("Forum", members=[ann])
    topic = world.server.create_topic(forum, "Markets")
    world.server.add_bot(forum)
    core.replies = lambda event: Answer(says("Help: /language")) if isinstance(event, CommandInvoked) else None
    async with world.running(core):
        asked = world.server.say(ann, forum, "/help@newstally_bot", thread=topic)
        answer = await world.server.wait_for(lambda: world.server.messages(forum, by_bot=True)[0:])
    assert answer[0].reply_to == asked.id
    assert answer[0].thread_id == topic.id
    assert "bot_command" in [entity["type"] for entity in answer[0].entities]


async def test_long_work_shows_first_words_and_then_its_result_in_their_place(world, core):
    ann = world.server.add_user("Ann")
    private = world.server.create_private(ann)
    done = asyncio.Event()

    async def look() -> Card:
        await done.wait()
        return says("Found")

    core.replies = lambda event: Answer(says("Looking…"), follow_up=look) if isinstance(event, CommandInvoked) else None
    async with world.running(core):
        world.server.say(ann, private, "/sources add example.com")
        await world.server.wait_for(lambda: world.server.last_message(private).text == "Looking…")
        # The loop goes on meanwhile.
        world.server.say(ann, private, "/start")
        await core.first(ChatJoined)
        done.set()
        await world.server.wait_for(lambda: "Found" in [m.text for m in world.server.messages(private)])
    assert "Looking…" not in [m.text for m in world.server.messages(private)]


async def test_an_introduction_is_sent_where_we_were_added(world, core):
    group = world.server.create_supergroup("Readers")
    core.replies = lambda event: Answer(says("Hello", Button("Français", id="c:language:fr")))
    async with world.running(core):
        world.server.add_bot(group)
        await world.server.wait_for(lambda: world.server.messages(group, by_bot=True))
    message = world.server.last_message(group)
    assert message.text == "Hello"
    assert world.server.buttons(group, message)[0]["callback_data"] == "c:language:fr"


async def test_an_answer_outlasts_a_429_and_a_connection_that_fails(world, core):
    ann = world.server.add_user("Ann")
    private = world.server.create_private(ann)
    world.server.fail("sendMessage", 429, retry_after=3)
    core.replies = lambda event: Answer(says("Here"))
    async with world.running(core):
        world.server.say(ann, private, "/help")
        await world.server.wait_for(lambda: world.server.last_message(private).text == "Here")
    assert world.pace.penalties == [(f"telegram:{ann.id}", 3.0)]


async def test_an_answer_that_may_have_arrived_is_not_said_twice(world, core):
    ann = world.server.add_user("Ann")
    private = world.server.create_private(ann)
    world.server.reset("sendMessage", when="after")
    core.replies = lambda event: Answer(says("Here")) if isinstance(event, CommandInvoked) else None
    async with world.running(core):
        world.server.say(ann, private, "/help")
        await world.server.wait_for(lambda: world.server.calls("sendMessage"))
        world.server.say(ann, private, "/start")
        await core.first(ChatJoined)
    assert [m.text for m in world.server.messages(private)] == ["/help", "Here", "/start"]


async def test_a_slow_answer_delays_no_vote(world, core):
    group, ann = group_with(world, "Ann")
    core.replies = lambda event: Answer(says("Slow")) if isinstance(event, CommandInvoked) else None
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        held = world.server.hold("sendMessage")
        world.server.say(ann, group, "/help@newstally_bot")
        await held.arrived.wait()
        press = await world.server.press(ann, group, message, "v:7:b")
        held.release()
    assert press.answered.is_set()


async def test_an_answer_to_nowhere_is_no_error(world, core):
    core.replies = lambda event: Answer(says("Hello"))
    group = world.server.create_supergroup("Readers")
    async with world.running(core) as adapter:
        world.server.add_bot(group)
        world.server.remove(group)
        await core.heard(2)
        assert await adapter.capabilities(ChatRef("telegram", "5"))


async def test_an_answer_that_went_into_a_chat_tells_once_that_it_can_be_written_to_again(world, core):
    group, ann = group_with(world, "Ann")
    group.permissions["can_send_messages"] = False
    core.replies = lambda event: Answer(says("Here")) if isinstance(event, CommandInvoked) else None
    async with world.running(core) as adapter:
        for attempt in range(2):
            group.permissions["can_send_messages"] = False
            with pytest.raises(ChatGone, match="may not write"):
                await adapter.send(place(group), story(), key="k1", departure=FREE)
            group.permissions["can_send_messages"] = True
            for _ in range(2):
                world.server.say(ann, group, "/help@newstally_bot")
                await world.server.wait_for(lambda: not world.server.bot.queue.entries)
            await world.server.wait_for(lambda n=2 * attempt + 2: len(world.server.messages(group, by_bot=True)) == n)
    assert [event for event in core.events if isinstance(event, ChatChanged)] == [
        ChatChanged(place(group), True, ChatKind.GROUP, "Readers")
    ] * 2


async def test_an_answer_that_the_chat_refuses_tells_nothing(world, core):
    group, ann = group_with(world, "Ann")
    private = world.server.create_private(ann)
    group.permissions["can_send_messages"] = False
    core.replies = lambda event: Answer(says("Here")) if isinstance(event, CommandInvoked) else None
    async with world.running(core):
        world.server.say(ann, group, "/help@newstally_bot")
        await world.server.wait_for(lambda: world.server.calls("sendMessage"))
        world.server.say(ann, private, "/help")
        changed = await core.first(ChatChanged)
    assert changed == ChatChanged(place(private), True, ChatKind.PRIVATE, "Ann")


SECRET = Answer(says("Your votes: 7"), private=True, instead=says("Write to me in private"))
FILE = Answer(says("Here it is"), private=True, instead=says("Write to me"), document=Document("votes.json", "{}"))


def secret(answer):
    return lambda event: answer if isinstance(event, ButtonPressed | CommandInvoked) else None


async def test_what_nobody_else_may_see_goes_from_a_group_into_the_members_own_chat(world, core):
    group, ann, bob = group_with(world, "Ann", "Bob")
    private = world.server.create_private(ann)  # Bob has none
    core.replies = secret(SECRET)
    async with world.running(core):
        for who in (ann, bob):
            world.server.say(who, group, "/me@newstally_bot")
        [answer] = await world.server.wait_for(lambda: world.server.messages(group, by_bot=True))
        await world.server.wait_for(lambda: world.server.messages(private))
    assert [m.text for m in world.server.messages(private)] == ["Your votes: 7"]
    assert answer.text == "Write to me in private"
    assert world.server.messages(group, by_bot=True) == [answer]


async def test_an_anonymous_admin_is_nobody_who_could_be_told_anything_alone(world, core):
    group, _ = group_with(world, "Ann")
    owner = world.server.owner(group)
    world.server.set_anonymous(group, owner)
    core.replies = secret(SECRET)
    async with world.running(core):
        world.server.say(owner, group, "/me@newstally_bot")
        await world.server.wait_for(lambda: world.server.messages(group, by_bot=True))
    assert [m.text for m in world.server.messages(group, by_bot=True)] == ["Write to me in private"]


async def test_a_forged_press_draws_no_secret_over_a_post(world, core):
    group, ann = group_with(world, "Ann")
    core.replies = secret(Answer(says("Your votes: 7", Button("x", id="c:x:")), replaces=True, instead=says("No")))
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        before = message.text
        press = world.server.tap(ann, group, message, "c:me:", forged=True)
        await press.answered.wait()
        await world.server.wait_for(lambda: len(world.server.calls("sendMessage")) == 2)
    assert (message.text, world.server.messages(group, by_bot=True)) == (before, [message])


async def test_a_file_goes_with_the_answer_or_not_at_all(world, core):
    group, ann, bob = group_with(world, "Ann", "Bob")
    private = world.server.create_private(ann)
    core.replies = secret(FILE)
    async with world.running(core):
        world.server.say(ann, private, "/me")
        await world.server.wait_for(lambda: world.server.messages(private, by_bot=True))
        world.server.say(bob, group, "/me@newstally_bot")
        await world.server.wait_for(lambda: world.server.messages(group, by_bot=True))
    [message] = world.server.messages(private, by_bot=True)
    assert (message.text, message.document.name, message.document.data) == ("Here it is", "votes.json", b"{}")
    assert [m.text for m in world.server.messages(group, by_bot=True)] == ["Write to me"]


@pytest.mark.parametrize("status", [429, 502])
async def test_a_file_outlasts_what_had_no_effect_and_is_not_sent_twice(world, core, status):
    private = world.server.create_private(ann := world.server.add_user("Ann"))
    world.server.fail("sendDocument", status)
    core.replies = secret(FILE)
    async with world.running(core):
        world.server.say(ann, private, "/me")
        await world.server.wait_for(lambda: world.server.calls("sendDocument"))
        if status == 429:
            await world.server.wait_for(lambda: world.server.messages(private, by_bot=True))
    assert len(world.server.messages(private, by_bot=True)) == (1 if status == 429 else 0)


MEMBERS = {
    "a member": (lambda server, group, who: None, True),
    "one who left": (lambda server, group, who: server.remove(group, who, banned=False), False),
    "one who was banned": (lambda server, group, who: server.remove(group, who), False),
}


@pytest.mark.parametrize(("happens", "is_there"), MEMBERS.values(), ids=MEMBERS)
async def test_telegram_is_asked_who_is_a_member(world, core, happens, is_there):
    group, ann = group_with(world, "Ann")
    world.server.promote(group)
    happens(world.server, group, ann)
    async with world.running(core) as adapter:
        assert await adapter.is_member(place(group), Actor("telegram", f"u{ann.id}")) is is_there
        assert await adapter.is_member(place(group), Actor("telegram", f"c{group.id}"))
        world.server.garble("getChatMember", body=b'{"ok":true,"result":{"user":{}}}')
        with pytest.raises(DeliveryError):
            await adapter.is_member(place(group), Actor("telegram", f"u{ann.id}"))
