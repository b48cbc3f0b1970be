"""What was missed is asked for and counts, without undoing what was told meanwhile or reordering what was known."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from bot.errors import CardRejected, ChatGone, PlatformDown, Throttled
from bot.events import Cleared, Removed
from bot.model import MessageRef, Phrase
from bot.ports import RereadsReactions
from bot.storage import deliveries, ledger
from bot.storage.database import open_database
from bot.storage.tables import chat, delivery
from bot.tally.recorder import Recorder
from bot.tally.reread import AT_ONCE, Rereader
from tests.tally.chatting import MemoryChat, Time
from tests.tally.stage import (
    BULL,
    HALL,
    NOW,
    ROOM,
    RULES,
    add_delivery,
    add_post,
    add_story,
    facts_of,
    press,
    react,
    set_up,
    tallies_of,
)


class AskedChat(MemoryChat, RereadsReactions):
    """Remembers who has which emoji on which message; ``held`` keeps an answer back once it has been found."""

    def __init__(self) -> None:
        super().__init__("alpha")
        self.reactions: dict[tuple[str, str], dict[str, set[str]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.known: dict[tuple[str, str], Mapping[str, int]] = {}
        self.answered = 0
        self.held: asyncio.Event | None = None

    def has(self, ref, message_id: str, **voters: str) -> None:
        """Each voter's emoji, as a text."""
        here = self.reactions[ref.id, message_id] = {}
        for voter, emoji in voters.items():
            for one in emoji:
                here.setdefault(one, set()).add(voter)

    async def reread(self, message: MessageRef, known: Mapping[str, int]) -> Mapping[str, frozenset[str]]:
        key = (message.chat.id, message.id)
        self.asked.append(key)
        self.known[key] = dict(known)
        here = self.reactions.get(key, {})
        found = {
            emoji: frozenset(here.get(emoji, ())) for emoji, count in known.items() if len(here.get(emoji, ())) != count
        }
        self._change()
        if self.held is not None:
            await self.held.wait()
        faults = self.faults[message.id]
        if faults:
            raise faults.pop(0)
        self.answered += 1
        self._change()
        return found


class House:
    def __init__(self, db) -> None:
        self.db = db
        self.time = Time()
        self.chat = AskedChat()
        self.changed: set[int] = set()
        self.recorder = Recorder(db, RULES, self.time.clock, self._note)
        adapters = {"alpha": self.chat, "beta": MemoryChat("beta")}
        self.rereader = Rereader(db, adapters, self.recorder, RULES.open_for, self.time.clock, self.time.sleep)

    def _note(self, stories) -> None:
        self.changed |= stories
        self.chat._change()

    async def tell(self, *events):
        return [await self.recorder.record(event) for event in events]

    async def post(self, message_id: str, age: timedelta = timedelta(), ref=ROOM) -> int:
        def rows(connection):
            story_id = add_story(connection)
            delivery_id = add_post(connection, story_id, ref, message_id, posted_at=NOW - age)
            at = {"next_try_at": NOW - age}
            connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(at))
            return story_id

        return await self.db.write(rows)

    async def asked_about(self, count: int) -> None:
        """Wait until so many answers have been given and recorded."""
        await self.chat.until(lambda: self.chat.answered >= count)
        await self.recorder.record(react(ROOM, "nothing of ours", "nobody", "👍"))

    @asynccontextmanager
    async def at_work(self):
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self.recorder.run()), tasks.create_task(self.rereader.run())]
            yield self
            for task in running:
                task.cancel()


@pytest.fixture
async def house(tmp_path: Path):
    async with open_database(tmp_path / "house.db") as db:
        yield House(db)
        assert await db.read(ledger.recount) == []


async def test_what_was_given_and_taken_back_unheard_counts_and_presses_stay(house: House):
    story, (delivery_id,) = await set_up(house.db, ROOM)
    async with house.at_work():
        await house.tell(
            react(ROOM, "1", "ann", "👍"),
            react(ROOM, "1", "bob", "👎"),
            press(ROOM, "1", "dan", delivery_id, BULL, "p"),
        )
        house.chat.has(ROOM, "1", bob="👎", cid="🔥", eve="👎")
        await house.rereader.missed("alpha")
        await house.asked_about(1)

    assert house.chat.known["room", "1"] == {"👍": 1, "🔥": 0, "👎": 1, "😢": 0}
    assert await house.db.read(tallies_of, story) == {"room": (2, 2), "everywhere": (2, 2)}
    assert await house.db.read(facts_of, "ann") == set()
    assert house.changed == {story}


async def test_a_reread_keeps_the_order_already_known(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        await house.tell(react(ROOM, "1", "ann", "👎"), react(ROOM, "1", "ann", "👍"), react(ROOM, "1", "bob", "👎"))
        house.chat.has(ROOM, "1", ann="👎👍", bob="👎", cid="👎👍")
        await house.rereader.missed("alpha")
        await house.asked_about(1)

    assert await house.db.read(tallies_of, story) == {"room": (1, 1), "everywhere": (1, 1)}, "cid is neither"


async def test_opposite_votes_missed_in_two_chats_have_no_order_everywhere(house: House):
    story, _ = await set_up(house.db, ROOM, HALL)
    async with house.at_work():
        house.chat.has(ROOM, "1", ann="👍")
        house.chat.has(HALL, "1", ann="👎")
        await house.rereader.missed("alpha")
        await house.asked_about(2)

    assert await house.db.read(tallies_of, story) == {"room": (1, 0), "hall": (0, 1)}


async def test_what_is_told_from_then_on_is_newer_than_what_was_missed(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        house.chat.has(ROOM, "1", ann="👎👍")
        await house.rereader.missed("alpha")
        await house.tell(react(ROOM, "1", "ann", "👍"))
        await house.asked_about(1)

    assert await house.db.read(facts_of, "ann") == {(1, "👍", 1), (1, "👎", -1)}
    assert await house.db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}


async def test_votes_told_during_a_reread_are_not_undone_by_its_stale_answer(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        await house.tell(react(ROOM, "1", "ann", "👍"))
        house.chat.has(ROOM, "1", ann="👍", bob="👍", eve="👍")
        house.chat.held = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.asked)
        await house.tell(
            react(ROOM, "1", "ann", Removed("👍")),
            react(ROOM, "1", "bob", Removed("👍")),  # given and taken back, both unheard or not yet heard
            react(ROOM, "1", "cid", "👎"),
        )
        house.chat.held.set()
        await house.asked_about(1)

    assert await house.db.read(tallies_of, story) == {"room": (1, 1), "everywhere": (1, 1)}


async def test_an_answer_that_a_moderators_clear_made_stale_is_asked_for_again(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        house.chat.has(ROOM, "1", ann="👍")
        house.chat.held = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.asked)
        await house.tell(react(ROOM, "1", "", Cleared()))
        house.chat.has(ROOM, "1", bob="👎")
        house.chat.held.set()
        await house.asked_about(2)

    assert await house.db.read(tallies_of, story) == {"room": (0, 1), "everywhere": (0, 1)}


async def test_the_newest_are_asked_about_first_and_closed_or_paused_ones_never(house: House):
    for days in (13, 3, 0, 14, 1, 2, 4):
        await house.post(f"{days} days old", timedelta(days=days))
    await house.post("paused", ref=HALL)
    await house.db.write(
        lambda c: c.execute(update(chat).where(chat.c.native_id == "hall").values(paused="x")) and None
    )
    house.chat.held = asyncio.Event()
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: len(house.chat.asked) == AT_ONCE)
        first = {message_id for _, message_id in house.chat.asked}
        house.chat.held.set()
        await house.asked_about(6)

    assert first == {f"{days} days old" for days in range(AT_ONCE)}
    assert {message_id for _, message_id in house.chat.asked[AT_ONCE:]} == {"4 days old", "13 days old"}


@pytest.mark.parametrize(
    "error", [ChatGone(Phrase("gone")), CardRejected(Phrase("deleted")), ZeroDivisionError("a bug")]
)
async def test_one_that_cant_be_read_costs_itself_alone(house: House, error: Exception):
    await house.post("bad")
    story = await house.post("good", timedelta(hours=1))
    house.chat.faults["bad"] = [error]
    house.chat.has(ROOM, "good", ann="👍")
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.asked_about(1)

    assert (await house.db.read(tallies_of, story))["room"] == (1, 0)
    assert house.chat.asked.count(("room", "bad")) == 1


@pytest.mark.parametrize(
    ("error", "seconds"), [(Throttled(Phrase("slowly"), 30.0), 30), (PlatformDown(Phrase("down")), 5)]
)
async def test_one_that_has_to_wait_holds_up_no_other_and_is_asked_again(
    house: House, error: Exception, seconds: float
):
    first, second = await house.post("first"), await house.post("second", timedelta(hours=1))
    house.chat.faults["first"] = [error]
    house.chat.has(ROOM, "first", ann="👍")
    house.chat.has(ROOM, "second", ann="👎")
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.asked_about(1)
        assert (await house.db.read(tallies_of, second))["room"] == (0, 1)
        await house.time.asleep(seconds)
        house.time.pass_by(seconds)
        await house.asked_about(2)

    assert (await house.db.read(tallies_of, first))["room"] == (1, 0)


async def test_when_more_is_missed_meanwhile_all_begins_anew(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        house.chat.held = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.asked)
        house.chat.has(ROOM, "1", ann="👍")
        await house.rereader.missed("alpha")
        house.chat.held.set()
        await house.asked_about(2)

    assert await house.db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}


async def test_a_new_session_does_not_wait_for_one_that_was_told_to_wait(house: House):
    story = await house.post("1")
    house.chat.faults["1"] = [Throttled(Phrase("slowly"), 600.0)]
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.time.asleep(600)
        house.chat.has(ROOM, "1", ann="👍")
        await house.rereader.missed("alpha")
        await house.asked_about(1)

    assert (await house.db.read(tallies_of, story))["room"] == (1, 0)


async def test_a_post_found_after_a_crash_is_asked_about_when_it_is_found(house: House):
    story = await house.db.write(add_story)
    delivery_id = await house.db.write(add_delivery, story, ROOM)
    fresh = await house.db.write(add_delivery, await house.db.write(add_story), ROOM)
    house.chat.has(ROOM, "5", ann="👍")
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.db.write(deliveries.mark_posted, fresh, MessageRef(ROOM, "6"), "en", 1, NOW)
        await house.rereader.found(fresh)
        await house.db.write(deliveries.mark_posted, delivery_id, MessageRef(ROOM, "5"), "", 0, NOW)
        await house.rereader.found(delivery_id)
        await house.asked_about(1)
        await house.chat.until(lambda: story in house.changed)

    assert ("room", "5") in house.chat.asked
    assert await house.db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}


async def test_a_story_deleted_while_it_was_asked_about_is_nothing(house: House):
    await set_up(house.db, ROOM)
    async with house.at_work():
        house.chat.has(ROOM, "1", ann="👍")
        house.chat.held = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.asked)
        await house.db.write(lambda c: c.execute(delete(delivery)) and None)
        house.chat.held.set()
        await house.asked_about(1)

    assert await house.db.read(facts_of, "ann") == set()


async def test_a_platform_that_cant_be_asked_is_left_alone(house: House):
    async with house.at_work():
        await house.rereader.missed("beta")
        await house.rereader.missed("nowhere")
