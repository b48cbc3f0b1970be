"""A crowd that asks for help: it costs no vote, no other chat and no news."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from adapters.telegram import questions
from adapters.telegram.questions import MOST_OF_ONE
from bot.errors import StorageError
from bot.events import ButtonPressed, ChatChanged, ChatJoined, CommandInvoked, ReactionsChanged
from bot.model import Phrase
from bot.pace import Pacer
from bot.ports import Answer
from tests.adapters.telegram.test_answers import posted, says
from tests.adapters.telegram.test_posting import place, story
from tests.around import FREE, Core
from tests.emulators.telegram import Limits


class AskingCore(Core):
    """Answers commands and presses of menus only after having asked Telegram, as the product does."""

    def __init__(self, ask) -> None:
        super().__init__()
        self.ask = ask

    async def dispatch(self, event):
        await super().dispatch(event)
        if isinstance(event, CommandInvoked) or (isinstance(event, ButtonPressed) and event.button[:2] != "v:"):
            await self.ask(event)
        return self.replies(event)


def crowd(world, count, title="Readers"):
    people = [world.server.add_user(f"Reader {n}") for n in range(count)]
    group = world.server.create_supergroup(title, members=people)
    world.server.add_bot(group, "admin")
    return group, people


async def test_votes_of_every_chat_are_durable_while_a_command_waits_for_its_answer(world):
    group, people = crowd(world, 3)
    other, readers = crowd(world, 1, "Others")
    never = asyncio.Event()
    core = AskingCore(lambda _event: never.wait())
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        there = await adapter.send(place(other), story(), key="k2", departure=FREE)
        for person in people:
            world.server.say(person, group, "/help@newstally_bot")
        world.server.react(people[0], group, int(ref.id), ["👍"])
        press = await world.server.press(people[1], group, int(ref.id), "v:7:s")
        world.server.react(readers[0], other, int(there.id), ["👎"])
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
    assert press.answered.is_set()
    assert {e.message for e in core.events if isinstance(e, ReactionsChanged)} == {ref, there}
    assert len([e for e in core.events if isinstance(e, CommandInvoked)]) == 1


async def test_a_vote_that_could_not_be_stored_comes_again_whatever_else_is_asked(world):
    group, people = crowd(world, 2)
    refusals = [StorageError(Phrase("disk full"))]
    never = asyncio.Event()
    core = AskingCore(lambda _event: never.wait())

    def reply(event):
        if isinstance(event, ButtonPressed) and refusals:
            raise refusals.pop()

    core.replies = reply
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        world.server.say(people[0], group, "/help@newstally_bot")
        press = await world.server.press(people[1], group, int(ref.id), "v:7:s")
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
    assert press.answered.is_set()
    assert len([e for e in core.events if isinstance(e, ButtonPressed)]) == 2


async def test_a_chats_questions_are_answered_in_their_order_and_another_chats_meanwhile(world):
    group, people = crowd(world, 4)
    other, readers = crowd(world, 1, "Others")
    gate = asyncio.Event()

    async def ask(event):
        if event.chat == place(group):
            await gate.wait()

    core = AskingCore(ask)
    core.replies = lambda e: Answer(says(f"To {e.actor.name}")) if isinstance(e, CommandInvoked) else None
    async with world.running(core):
        for person in people:
            world.server.say(person, group, "/help@newstally_bot")
        world.server.say(readers[0], other, "/help@newstally_bot")
        await world.server.wait_for(lambda: world.server.messages(other, by_bot=True))
        assert world.server.messages(group, by_bot=True) == []
        gate.set()
        await world.server.wait_for(lambda: len(world.server.messages(group, by_bot=True)) == 4)
    texts = [message.text for message in world.server.messages(group, by_bot=True)]
    assert texts == [f"To Reader {n}" for n in range(4)]


async def test_what_one_asks_again_while_it_waits_is_asked_once(world):
    group, people = crowd(world, 2)
    gate = asyncio.Event()
    core = AskingCore(lambda _event: gate.wait())
    core.replies = lambda e: Answer(says("Here")) if isinstance(e, CommandInvoked) else None
    async with world.running(core):
        world.server.say(people[0], group, "/status@newstally_bot")
        await core.first(CommandInvoked)
        for _ in range(5):
            world.server.say(people[1], group, "/help@newstally_bot")
        world.server.say(people[1], group, "/language@newstally_bot")
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        gate.set()
        await world.server.wait_for(lambda: len(world.server.messages(group, by_bot=True)) == 3)
    commands = [e.name for e in core.events if isinstance(e, CommandInvoked)]
    assert commands == ["status", "help", "language"]


async def asked(world, chat, *said):
    """Who commands what, as the core hears it, if all is said before the first has its answer."""
    gate = asyncio.Event()
    core = AskingCore(lambda _event: gate.wait())
    async with world.running(core):
        (first, text), *later = said
        world.server.say(first, chat, text)
        await core.first(CommandInvoked)
        for who, text in later:
            world.server.say(who, chat, text)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        gate.set()
        world.server.say(first, chat, "/end")
        while (commands := [e for e in core.events if isinstance(e, CommandInvoked)])[-1].name != "end":
            await core.heard(len(core.events) + 1)
    return [(e.actor.name, f"{e.name} {e.text}".strip()) for e in commands[:-1]]


async def test_a_wish_that_returns_after_another_one_is_no_repetition(world):
    group, (ann,) = crowd(world, 1)
    said = ["help", "language fr", "language fr", "language de", "language fr", "language fr"]
    heard = await asked(world, group, *((ann, f"/{text}") for text in said))
    assert [text for _, text in heard] == ["help", "language fr", "language de", "language fr"]


async def test_a_wish_that_returns_after_somebody_elses_is_none_either(world):
    group, (ann, bob) = crowd(world, 2)
    said = [(ann, "/help"), (ann, "/language fr"), (bob, "/language de"), (ann, "/language fr")]
    heard = await asked(world, group, *said)
    assert [text for _, text in heard] == ["help", "language fr", "language de", "language fr"]


async def test_presses_that_undo_each_other_are_all_carried_out(world, core):
    group, (ann,) = crowd(world, 1)
    gate = asyncio.Event()
    core = AskingCore(lambda _event: gate.wait())
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        world.server.say(ann, group, "/help@newstally_bot")
        await core.first(CommandInvoked)
        buttons = ["c:sources:follow", "c:sources:unfollow", "c:sources:follow"]
        for button in buttons:
            world.server.tap(ann, group, int(ref.id), button, forged=True)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        gate.set()
        presses = await core.heard(3, ButtonPressed)
    assert [press.button for press in presses] == buttons


async def test_one_who_asks_without_end_is_told_once_and_leaves_places_for_others(world):
    group, (bob, olga) = crowd(world, 2)
    bob.language_code = "de"
    gate = asyncio.Event()
    core = AskingCore(lambda _event: gate.wait())
    async with world.running(core):
        for n in range(MOST_OF_ONE + 30):
            world.server.say(bob, group, f"/help@newstally_bot {n}")
        world.server.say(olga, group, "/status@newstally_bot")
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        gate.set()
        heard = await core.heard(MOST_OF_ONE + 1, CommandInvoked)
        (told,) = await world.server.wait_for(lambda: world.server.messages(group, by_bot=True))
        # Half a minute later it is still the same flood, a minute later it is over.
        for seconds in (30, 31):
            world.passed += timedelta(seconds=seconds)
            world.server.say(bob, group, f"/language@newstally_bot {seconds}")
        await core.heard(MOST_OF_ONE + 2, CommandInvoked)
    assert [event.text for event in heard] == [*(str(n) for n in range(MOST_OF_ONE)), ""]
    assert told.text == "That is more than I can do at once. Try again in a minute. (de)"
    assert told.reply_to is not None
    assert [event.text for event in core.events if isinstance(event, CommandInvoked)][-1] == "31"
    assert world.server.messages(group, by_bot=True) == [told]


async def test_a_button_pressed_without_end_stops_spinning_and_says_it_once(world):
    group, (bob,) = crowd(world, 1)
    core = Core()
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        presses = [
            world.server.tap(bob, group, message, f"c:sources:follow {n}", forged=True) for n in range(MOST_OF_ONE + 5)
        ]
        for press in presses:
            await asyncio.wait_for(press.answered.wait(), 5)
    assert [n for n, press in enumerate(presses) if press.text] == [MOST_OF_ONE]


async def test_start_repeated_in_private_waits_in_line_like_any_command(world):
    ann = world.server.add_user("Ann")
    private = world.server.create_private(ann)
    gate = asyncio.Event()
    core = AskingCore(lambda _event: gate.wait())
    core.replies = lambda event: Answer(says("Hello" if isinstance(event, ChatJoined) else "Help"))
    async with world.running(core):
        world.server.say(ann, private, "/help")
        await core.first(CommandInvoked)
        for _ in range(50):
            world.server.say(ann, private, "/start")
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        gate.set()
        await world.server.wait_for(lambda: len(world.server.messages(private, by_bot=True)) == 2)
        world.server.say(ann, private, "/help")
        await world.server.wait_for(lambda: world.server.last_message(private).text == "Help")
    assert [message.text for message in world.server.messages(private, by_bot=True)] == ["Help", "Hello", "Help"]


async def test_only_so_many_wait_in_a_chat_and_a_button_that_does_not_stops_spinning(world, monkeypatch, capsys):
    monkeypatch.setattr(questions, "MOST_WAITING", 24)
    group, people = crowd(world, 40)
    gate = asyncio.Event()
    core = AskingCore(lambda _event: gate.wait())
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        world.server.say(people[0], group, "/help@newstally_bot")
        await core.first(CommandInvoked)
        for person in people[1:]:
            world.server.say(person, group, "/help@newstally_bot")
        press = world.server.tap(people[39], group, message, "c:language:fr", forged=True)
        await asyncio.wait_for(press.answered.wait(), 5)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        gate.set()
        await core.heard(25, CommandInvoked)
    assert len([e for e in core.events if isinstance(e, CommandInvoked)]) == 25
    assert "too many questions" in capsys.readouterr().out


async def test_a_question_that_the_core_fails_on_costs_only_itself(world, core):
    group, people = crowd(world, 2)

    def reply(event):
        if isinstance(event, CommandInvoked):
            if event.actor.name == "Reader 0":
                raise RuntimeError("a bug")
            return Answer(says("Help"))
        if isinstance(event, ButtonPressed):
            raise RuntimeError("another")
        return None

    core.replies = reply
    async with world.running(core) as adapter:
        ref = await adapter.send(place(group), story(), key="k1", departure=FREE)
        for person in people:
            world.server.say(person, group, "/help@newstally_bot")
        press = await world.server.press(people[0], group, int(ref.id), "c:help:", forged=True)
        await world.server.wait_for(lambda: world.server.last_message(group).text == "Help")
    assert press.answered.is_set()


async def test_help_for_a_crowd_leaves_the_news_its_share_of_a_groups_budget(world, core):
    world.server.limits = Limits()
    group, people = crowd(world, 25)
    core.replies = lambda e: Answer(says("Help")) if isinstance(e, CommandInvoked) else None
    async with world.running(core, pace=Pacer()) as adapter:
        for person in people:
            world.server.say(person, group, "/help@newstally_bot")
        await world.server.wait_for(lambda: world.server.messages(group, by_bot=True))
        async with asyncio.timeout(16):
            # Twelve answers may be in front, a second each; without their share it would be twenty, and then a minute.
            await adapter.send(place(group), story(), key="k1", departure=FREE)
    assert world.server.throttled == []


async def test_what_has_its_answer_is_not_answered_again_when_a_batch_comes_again(world):
    """One update of the batch can't be stored, until the answer to another one has arrived and for a while after."""
    group, (ann,) = crowd(world, 1)
    other = world.server.create_supergroup("Others")
    core = Core()
    refusals = [StorageError(Phrase("disk full"))] * 3

    def reply(event):
        if isinstance(event, CommandInvoked):
            return Answer(says("Help"))
        if isinstance(event, ChatJoined):
            if not world.server.messages(group, by_bot=True):
                raise refusals[0]
            if refusals:
                raise refusals.pop()
        return None

    core.replies = reply
    async with world.running(core):
        world.server.say(ann, group, "/help@newstally_bot")
        world.server.add_bot(other)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        assert [e for e in core.events if isinstance(e, CommandInvoked)] == [await core.first(CommandInvoked)]
        # The same ids, after they have been acknowledged, are new updates.
        world.server.renumber_updates(world.server.bot.queue.next_id - 2)
        world.server.say(ann, group, "/help@newstally_bot")
        await world.server.wait_for(lambda: len(world.server.messages(group, by_bot=True)) == 2)


async def test_a_group_is_greeted_once_when_a_batch_comes_again(world):
    group, other = world.server.create_supergroup("Readers"), world.server.create_supergroup("Others")
    world.server.add_bot(other)
    refusals = [StorageError(Phrase("disk full"))] * 3
    core = Core()

    def reply(event):
        if isinstance(event, ChatJoined):
            return Answer(says("Hello"))
        if isinstance(event, ChatChanged) and refusals:
            raise refusals.pop()
        return None

    core.replies = reply
    async with world.running(core):
        world.server.add_bot(group)
        world.server.promote(other)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries and not refusals)
        await world.server.wait_for(lambda: world.server.messages(group, by_bot=True))
    assert [message.text for message in world.server.messages(group, by_bot=True)] == ["Hello"]
