"""Which buttons somebody has pressed: what a room shows its member, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import Actor, vote_button
from bot.storage import votes
from bot.storage.database import open_database
from bot.storage.rooms import Rooms
from tests.tally.stage import BEAR, BULL, HALL, NOW, ROOM, RULES, press, react, set_up

ANN, BOB = Actor("alpha", "ann"), Actor("alpha", "bob")


@pytest.fixture
async def db(tmp_path: Path):
    async with open_database(tmp_path / "presses.db") as database:
        yield database


async def record(db, *events):
    await db.write(votes.record_batch, RULES, events, NOW)


async def test_a_press_is_its_members_alone_until_the_other_button_or_a_second_press(db):
    _, (delivery,) = await set_up(db, ROOM)
    bull, bear = vote_button(delivery, BULL), vote_button(delivery, BEAR)
    rooms = Rooms(db)
    assert await rooms.pressed(ANN, [bull, bear]) == set()

    await record(db, press(ROOM, "1", "ann", delivery, BULL, "e1"))
    assert await rooms.pressed(ANN, [bull, bear]) == {bull}
    assert await rooms.pressed(BOB, [bull, bear]) == set()
    assert await rooms.pressed(Actor("beta", "ann"), [bull, bear]) == set()

    await record(db, press(ROOM, "1", "ann", delivery, BEAR, "e2"))
    assert await rooms.pressed(ANN, [bull, bear]) == {bear}
    assert await rooms.pressed(ANN, [bull]) == set(), "only what was asked"

    await record(db, press(ROOM, "1", "ann", delivery, BEAR, "e3"))
    assert await rooms.pressed(ANN, [bull, bear]) == set()


async def test_a_press_belongs_to_its_post_and_a_reaction_is_none(db):
    _, (here, there) = await set_up(db, ROOM, HALL)
    await record(db, press(ROOM, "1", "ann", here, BULL, "e1"), react(HALL, "1", "ann", "👎"))
    asked = [vote_button(delivery, says) for delivery in (here, there) for says in (BULL, BEAR)]
    assert await Rooms(db).pressed(ANN, asked) == {vote_button(here, BULL)}


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(buttons=st.lists(st.text(max_size=70) | st.from_regex(r"v:[0-9]{1,18}:[bsx]", fullmatch=True), max_size=9))
async def test_whatever_a_button_says_it_is_only_asked_about(db, buttons):
    assert await Rooms(db).pressed(ANN, buttons) == set()
