"""Several reactions of one person that are the same emoji to us."""

from __future__ import annotations

import asyncio

import pytest

from adapters.discord.inbound import Heard, Shade
from adapters.discord.shades import TRIES, Shades
from bot.errors import CardRejected, PlatformDown, Throttled
from bot.events import Added, Cleared, ReactionsChanged, Removed
from bot.model import Actor, ChatRef, MessageRef, Phrase

MESSAGE = MessageRef(ChatRef("discord", "20"), "30")
ANN = Actor("discord", "40")
PLAIN, TONED, SUPER = Shade("👍", burst=False), Shade("👍🏽", burst=False), Shade("👍", burst=True)


class Discord:
    """Knows whether the plain reaction stands; ``faults`` are raised first, ``held`` keeps the answer back."""

    def __init__(self, *faults: Exception, stands: bool = False) -> None:
        self.stands = stands
        self.faults = list(faults)
        self.held: asyncio.Event | None = None
        self.being_asked = asyncio.Event()
        self.asked: list[tuple[str, str]] = []
        self.slept: list[float] = []

    async def stands_yet(self, _message: MessageRef, emoji: str, user: str) -> bool:
        self.asked.append((emoji, user))
        self.being_asked.set()
        if self.faults:
            raise self.faults.pop(0)
        if self.held is not None:
            await self.held.wait()
        return self.stands

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def shades(self) -> Shades:
        return Shades(self.stands_yet, self.sleep)


def set_(shade: Shade) -> Heard:
    return Heard(ReactionsChanged(MESSAGE, ANN, Added("👍")), shade=shade)


def taken(shade: Shade, emoji: str = "👍") -> Heard:
    return Heard(ReactionsChanged(MESSAGE, ANN, Removed(emoji)), shade=shade)


async def hear(shades: Shades, *events: Heard) -> bool:
    for one in events:
        shades.note(one)
    return await shades.withdraws(events[-1])


async def test_the_plain_reaction_is_simply_withdrawn():
    discord = Discord()

    assert await hear(discord.shades(), set_(PLAIN), taken(PLAIN))
    assert discord.asked == []


@pytest.mark.parametrize("other", [TONED, SUPER])
async def test_the_vote_stands_while_another_form_does(other):
    shades = Discord().shades()

    assert not await hear(shades, set_(PLAIN), set_(other), taken(PLAIN))
    assert await hear(shades, taken(other))


@pytest.mark.parametrize("other", [TONED, SUPER])
async def test_whether_the_plain_one_stands_is_asked(other):
    discord = Discord(stands=True)

    assert not await hear(discord.shades(), set_(other), taken(other))
    assert discord.asked == [("👍", "40")]


async def test_of_two_rare_forms_the_last_withdraws():
    shades = Discord().shades()

    assert not await hear(shades, set_(SUPER), set_(TONED), taken(SUPER))
    assert await hear(shades, taken(TONED))


@pytest.mark.parametrize("cleared", [Cleared(), Cleared("👍")])
async def test_what_a_moderator_cleared_is_forgotten(cleared):
    shades = Discord().shades()
    clearing = Heard(ReactionsChanged(MESSAGE, None, cleared))

    assert await hear(shades, set_(SUPER), clearing)
    assert await hear(shades, set_(PLAIN), taken(PLAIN))


# --- while Discord is asked ---


async def asked_about(discord: Discord, shades: Shades, *after: Heard) -> bool:
    """Whether a rare form that was taken down withdraws the vote, when this is told before Discord's answer comes."""
    discord.held = asyncio.Event()
    shades.note(set_(TONED))
    gone = taken(TONED)
    shades.note(gone)
    asking = asyncio.ensure_future(shades.withdraws(gone))
    await discord.being_asked.wait()
    for one in after:
        shades.note(one)
    discord.held.set()
    return await asking


@pytest.mark.parametrize("again", [PLAIN, TONED, SUPER])
async def test_an_emoji_that_is_set_again_before_the_answer_comes_stands(again):
    discord = Discord()

    assert not await asked_about(discord, discord.shades(), set_(again))


async def test_one_that_was_set_again_and_taken_down_again_is_withdrawn_by_the_last():
    discord = Discord()
    shades = discord.shades()

    assert not await asked_about(discord, shades, set_(PLAIN), taken(PLAIN))
    assert await shades.withdraws(taken(PLAIN))


async def test_what_others_set_meanwhile_changes_nothing():
    discord = Discord()
    other = Heard(ReactionsChanged(MESSAGE, Actor("discord", "41"), Added("👍")), shade=PLAIN)

    assert await asked_about(discord, discord.shades(), other)


async def test_one_that_is_set_again_before_its_turn_comes_stands():
    shades, gone = Discord().shades(), taken(TONED)
    for one in (set_(TONED), gone, set_(PLAIN)):
        shades.note(one)

    assert not await shades.withdraws(gone)


async def test_discord_is_asked_again_when_it_gave_no_answer():
    down, slow = PlatformDown(Phrase("down")), Throttled(Phrase("slowly"), 7.0)
    discord = Discord(down, slow, down)

    assert await hear(discord.shades(), set_(TONED), taken(TONED))
    assert discord.slept == [1.0, 7.0, 4.0]


@pytest.mark.parametrize("faults", [[CardRejected(Phrase("no"))], [PlatformDown(Phrase("down"))] * TRIES])
async def test_without_an_answer_nothing_is_withdrawn(faults: list[Exception]):
    discord = Discord(*faults)

    assert not await hear(discord.shades(), set_(TONED), taken(TONED))
    assert discord.faults == []
