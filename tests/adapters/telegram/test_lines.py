"""Answers wait their turn in a chat; what was asked does not wait for them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from adapters.telegram.answers import MOST_WAITING
from adapters.telegram.questions import MOST_OF_ONE
from bot.events import ButtonPressed, ChatChanged, CommandInvoked
from bot.model import Button, Card
from bot.pace import Pacer
from bot.ports import Answer, Traffic
from tests.adapters.telegram.test_answers import group_with, is_press, says
from tests.adapters.telegram.test_questions import crowd
from tests.around import Core, OpenPace
from tests.emulators.telegram import Limits


@dataclass
class HeldPace(OpenPace):
    """Holds answers back until its gate opens."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waits: asyncio.Event = field(default_factory=asyncio.Event)

    async def turn(self, kind, limits):
        if kind is Traffic.ANSWER and len(limits) > 1:
            self.waits.set()
            await self.gate.wait()
        return await super().turn(kind, limits)


def named(event):
    return Answer(says(f"To {event.name} {event.text}".strip())) if isinstance(event, CommandInvoked) else None


def texts(world, chat) -> list[str]:
    return [message.text for message in world.server.messages(chat, by_bot=True)]


async def test_an_admins_commands_are_carried_out_at_once_however_long_their_answers_wait(world, core):
    group, ann = group_with(world, "Ann")
    core.replies = named
    pace = HeldPace()
    async with world.running(core, pace=pace):
        for n in range(20):
            world.server.say(ann, group, f"/sources@newstally_bot follow {n}")
        heard = await core.heard(20, CommandInvoked)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        assert texts(world, group) == []
        pace.gate.set()
        await world.server.wait_for(lambda: len(texts(world, group)) == 20)
    assert [event.text for event in heard] == [f"follow {n}" for n in range(20)]
    assert texts(world, group) == [f"To sources follow {n}" for n in range(20)]


async def test_of_too_many_answers_the_oldest_are_left_out_and_no_command(world, core):
    group, (ann, bob) = crowd(world, 2)
    core.replies = named
    pace = HeldPace()
    async with world.running(core, pace=pace):
        world.server.say(bob, group, "/status@newstally_bot")
        world.server.say(bob, group, "/privacy@newstally_bot")
        for n in range(40):
            world.server.say(ann, group, f"/sources@newstally_bot follow {n}")
        await core.heard(42, CommandInvoked)
        pace.gate.set()
        await world.keys.until(lambda: not [key for key in world.keys.kept if key.startswith("asked:")])
    said = texts(world, group)
    assert MOST_WAITING <= len(said) <= MOST_WAITING + 1, "one may have been at the Pace already"
    assert said[:2] == ["To status", "To privacy"], "they are somebody else's"
    assert said[2:] == [f"To sources follow {n}" for n in range(42 - len(said), 40)]


async def test_a_menu_pressed_again_and_again_is_drawn_as_it_is_in_the_end(world, core):
    group, ann = group_with(world, "Ann")
    menu = says("Menu", Button("Follow", id="c:sources:follow"))
    core.replies = lambda event: Answer(menu) if isinstance(event, CommandInvoked) else None
    async with world.running(core):
        world.server.say(ann, group, "/sources@newstally_bot")
        await world.server.wait_for(lambda: texts(world, group) == ["Menu"])
        message = world.server.last_message(group)
    pressed = []

    def redrawn(event):
        pressed.append(event)
        return Answer(says(f"Menu {len(pressed)}", Button("Follow", id="c:sources:follow")), replaces=True)

    core.replies = lambda event: redrawn(event) if is_press(event) else None
    pace = HeldPace()
    async with world.running(core, pace=pace):
        for n in range(8):
            # The ninth button is none of the menu's: what is pressed is no repetition.
            press = world.server.tap(ann, group, message, f"c:sources:follow {n}", forged=True)
            await asyncio.wait_for(press.answered.wait(), 5)
        await core.heard(8, ButtonPressed)
        pace.gate.set()
        await world.server.wait_for(lambda: message.text == "Menu 8")
    assert len(world.server.calls("editMessageText")) == 2


async def test_the_same_wish_is_answered_once_where_the_first_answer_still_waits(world, core):
    group, (ann, bob) = crowd(world, 2)
    core.replies = named
    pace = HeldPace()
    async with world.running(core, pace=pace):
        world.server.say(bob, group, "/privacy@newstally_bot")
        await core.heard(1, CommandInvoked)
        for number in range(2, 6):
            world.server.say(ann, group, "/help@newstally_bot")
            await core.heard(number, CommandInvoked)
        pace.gate.set()
        await world.server.wait_for(lambda: len(texts(world, group)) == 2)
        await world.keys.until(lambda: not [key for key in world.keys.kept if key.startswith("asked:")])
    assert texts(world, group) == ["To privacy", "To help"]


@pytest.mark.parametrize("said_already", [False, True])
async def test_long_work_begins_at_once_and_where_nothing_was_said_yet_its_result_is_all(world, core, said_already):
    group, (ann, bob) = crowd(world, 2)
    begun, done = asyncio.Event(), asyncio.Event()

    async def look() -> Card:
        begun.set()
        await done.wait()
        return says("Found")

    def reply(event):
        if isinstance(event, CommandInvoked):
            return Answer(says("Looking…"), follow_up=look) if event.name == "sources" else named(event)
        return None

    core.replies = reply
    pace = HeldPace()
    async with world.running(core, pace=pace):
        if not said_already:
            world.server.say(bob, group, "/help@newstally_bot")
            await core.heard(1, CommandInvoked)
        world.server.say(ann, group, "/sources@newstally_bot add example.com")
        await asyncio.wait_for(begun.wait(), 5)
        if said_already:
            pace.gate.set()
            await world.server.wait_for(lambda: "Looking…" in texts(world, group))
        done.set()
        pace.gate.set()
        await world.server.wait_for(lambda: "Found" in texts(world, group))
    assert "Looking…" not in texts(world, group)
    assert len(world.server.calls("editMessageText")) == (1 if said_already else 0)


async def test_that_it_is_too_much_is_said_past_the_line(world, core):
    group, (bob,) = crowd(world, 1)
    core.replies = named
    pace = HeldPace()
    async with world.running(core, pace=pace):
        for n in range(MOST_OF_ONE + 5):
            world.server.say(bob, group, f"/help@newstally_bot {n}")
        await world.server.wait_for(lambda: texts(world, group))
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
        assert len(texts(world, group)) == 1
        assert "more than I can do" in texts(world, group)[0]


async def test_one_chat_that_waits_holds_up_no_other(world, core):
    group, ann = group_with(world, "Ann")
    private = world.server.create_private(ann)
    core.replies = named
    held = world.server.hold("sendMessage", chat_id=group.id)
    async with world.running(core):
        world.server.say(ann, group, "/help@newstally_bot")
        await held.arrived.wait()
        world.server.say(ann, private, "/status")
        await world.server.wait_for(lambda: texts(world, private) == ["To status"])
        held.release()


async def test_with_real_limits_a_setting_up_of_many_steps_is_carried_out_in_seconds_and_provokes_no_429(world):
    world.server.limits = Limits()
    group, ann = group_with(world, "Ann")
    core = Core()
    core.replies = named
    async with world.running(core, pace=Pacer()):
        async with asyncio.timeout(5):
            for n in range(30):
                world.server.say(ann, group, f"/sources@newstally_bot follow {n}")
            await core.heard(30, CommandInvoked)
        await world.server.wait_for(lambda: len(texts(world, group)) == 3)
    assert world.server.throttled == []
    assert not [event for event in core.events if isinstance(event, ChatChanged) and not event.present]
