"""Several reactions of one person that are the same emoji to us."""

from __future__ import annotations

import pytest

from adapters.discord.inbound import Heard, Shade
from adapters.discord.shades import Shades
from bot.events import Added, Cleared, ReactionsChanged, Removed
from bot.model import Actor, ChatRef, MessageRef

MESSAGE = MessageRef(ChatRef("discord", "20"), "30")
ANN = Actor("discord", "40")
PLAIN, TONED, SUPER = Shade("👍", burst=False), Shade("👍🏽", burst=False), Shade("👍", burst=True)


class Discord:
    """Knows whether the plain reaction stands."""

    def __init__(self, *, stands: bool = False) -> None:
        self.stands = stands
        self.asked: list[tuple[str, str]] = []

    async def stands_yet(self, _message: MessageRef, emoji: str, user: str) -> bool:
        self.asked.append((emoji, user))
        return self.stands


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

    assert await hear(Shades(discord.stands_yet), set_(PLAIN), taken(PLAIN))
    assert discord.asked == []


@pytest.mark.parametrize("other", [TONED, SUPER])
async def test_the_vote_stands_while_another_form_does(other):
    shades = Shades(Discord().stands_yet)

    assert not await hear(shades, set_(PLAIN), set_(other), taken(PLAIN))
    assert await hear(shades, taken(other))


@pytest.mark.parametrize("other", [TONED, SUPER])
async def test_whether_the_plain_one_stands_is_asked(other):
    discord = Discord(stands=True)

    assert not await hear(Shades(discord.stands_yet), set_(other), taken(other))
    assert discord.asked == [("👍", "40")]


async def test_of_two_rare_forms_the_last_withdraws():
    shades = Shades(Discord().stands_yet)

    assert not await hear(shades, set_(SUPER), set_(TONED), taken(SUPER))
    assert await hear(shades, taken(TONED))


@pytest.mark.parametrize("cleared", [Cleared(), Cleared("👍")])
async def test_what_a_moderator_cleared_is_forgotten(cleared):
    shades = Shades(Discord().stands_yet)
    clearing = Heard(ReactionsChanged(MESSAGE, None, cleared))

    assert await hear(shades, set_(SUPER), clearing)
    assert await hear(shades, set_(PLAIN), taken(PLAIN))
