"""What was missed is asked for and counts, without undoing what was told meanwhile or reordering what was known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from bot.errors import CardRejected, ChatGone, PlatformDown, Throttled
from bot.events import Cleared, Removed, WholeSet
from bot.model import ChatRef, MessageRef, Phrase
from bot.ports import Capabilities, RereadsReactions, Traffic
from bot.storage import chats, deliveries, ledger
from bot.storage.database import open_database
from bot.storage.tables import delivery
from bot.tally.recorder import Recorder
from bot.tally.reread import AT_ONCE, ODDITIES, Rereader
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
        self.looked: list[tuple[str, str]] = []
        """In the background."""
        self.known: dict[tuple[str, str], Mapping[str, int | None]] = {}
        """With which it was asked last, but not in the background."""
        self.answered = 0
        self.held: asyncio.Event | None = None
        self.turn: asyncio.Event | None = None
        """Questions wait for it before they are asked."""
        self.waiting = False
        self.poisoned: set[str] = set()
        """Messages about which no question is ever answered."""
        self.writable: set[str] = set()
        self.about_rights: list[tuple[str, Traffic]] = []

    async def capabilities(self, chat: ChatRef, kind: Traffic = Traffic.ANSWER) -> Capabilities:
        self.about_rights.append((chat.id, kind))
        self._change()
        faults = self.faults[f"capabilities of {chat.id}"]
        if faults:
            raise faults.pop(0)
        return Capabilities(posts=chat.id in self.writable)

    def has(self, ref, message_id: str, **voters: str) -> None:
        """Each voter's emoji, as a text."""
        here = self.reactions[ref.id, message_id] = {}
        for voter, emoji in voters.items():
            for one in emoji:
                here.setdefault(one, set()).add(voter)

    async def reread(
        self, message: MessageRef, known: Mapping[str, int | None], kind: Traffic
    ) -> Mapping[str, frozenset[str]]:
        key = (message.chat.id, message.id)
        if self.turn is not None:
            self.waiting = True
            self._change()
            await self.turn.wait()
        if kind is Traffic.LOOK:
            self.looked.append(key)
        else:
            self.asked.append(key)
            self.known[key] = dict(known)
        here = self.reactions.get(key, {})
        found = {
            emoji: frozenset(here.get(emoji, ())) for emoji, count in known.items() if len(here.get(emoji, ())) != count
        }
        self._change()
        if self.held is not None:
            await self.held.wait()
        if message.id in self.poisoned:
            raise PlatformDown(Phrase("down for this one"))
        faults = self.faults[message.id]
        if faults:
            raise faults.pop(0)
        self.answered += kind is Traffic.EDIT
        self._change()
        return found


class House:
    def __init__(self, db) -> None:
        self.db = db
        self.time = Time()
        self.chat = AskedChat()
        self.changed: set[int] = set()
        self.recorder = Recorder(db, RULES, self.time.clock, self._note, self._found)
        adapters = {"alpha": self.chat, "beta": MemoryChat("beta")}
        self.rereader = Rereader(db, adapters, self.recorder, RULES.open_for, self.time.clock, self.time.sleep)

    def _found(self, deliveries) -> None:
        self.rereader.found(deliveries)

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

    async def tally_becomes(self, story: int, bullish: int, bearish: int, ref=ROOM) -> None:
        async def holds() -> bool:
            return (await self.db.read(tallies_of, story)).get(ref.id, (0, 0)) == (bullish, bearish)

        async with asyncio.timeout(20):
            while not await holds():
                await self.moment()

    async def asked_about(self, count: int) -> None:
        """Wait until so many answers have been given and recorded."""
        await self.chat.until(lambda: self.chat.answered >= count)
        await self.moment()

    async def moment(self) -> None:
        """As long as it takes to store something."""
        await self.recorder.record(react(ROOM, "nothing of ours", "nobody", "👍"))

    async def wait(self, seconds: float, holds: Callable[[], bool]) -> None:
        """Until it holds, while time passes in such steps."""
        async with asyncio.timeout(20):
            while not holds():
                await self.moment()
                self.time.pass_by(seconds)

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
        house.chat.has(ROOM, "1", cid="👎", eve="👍")
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
    await house.post("a minute old", timedelta(minutes=1), HALL)
    await house.post("paused", ref=ChatRef("alpha", "yard"))
    await house.db.write(chats.pause, ChatRef("alpha", "yard"), Phrase("x"))
    house.chat.held = asyncio.Event()
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: len(house.chat.asked) == 2)
        first = list(house.chat.asked)
        house.chat.held.set()
        await house.asked_about(7)

    assert set(first) == {("room", "0 days old"), ("hall", "a minute old")}, "a question at a time in each chat"
    assert [name for chat, name in house.chat.asked if chat == "room"] == [
        f"{days} days old" for days in (0, 1, 2, 3, 4, 13)
    ]


async def test_one_that_cant_be_read_costs_itself_alone(house: House):
    error = CardRejected(Phrase("deleted"))
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
    first, second = await house.post("first"), await house.post("second", timedelta(hours=1), HALL)
    house.chat.faults["first"] = [error]
    house.chat.has(ROOM, "first", ann="👍")
    house.chat.has(HALL, "second", ann="👎")
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.asked_about(1)
        await house.tally_becomes(second, 0, 1, HALL)
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
        house.rereader.found([fresh])
        await house.db.write(deliveries.mark_posted, delivery_id, MessageRef(ROOM, "5"), "", 0, NOW)
        house.rereader.found([delivery_id])
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


# --- what was told meanwhile ---


async def test_a_vote_missed_counts_though_its_voter_does_something_else_there_meanwhile(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        await house.tell(react(ROOM, "1", "ann", "👍"))
        house.chat.has(ROOM, "1", ann="👍👎")
        house.chat.held = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.asked)
        await house.tell(react(ROOM, "1", "ann", Removed("👍")))
        house.chat.has(ROOM, "1", ann="👎")
        house.chat.held.set()
        await house.tally_becomes(story, 0, 1)


async def test_a_whole_set_told_meanwhile_holds_for_all_of_its_voter(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        house.chat.has(ROOM, "1", ann="👎", bob="👎")
        house.chat.held = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.asked)
        await house.tell(react(ROOM, "1", "ann", WholeSet(("👍",))))
        house.chat.has(ROOM, "1", ann="👍", bob="👎")
        house.chat.held.set()
        await house.asked_about(1)
        await house.tally_becomes(story, 1, 1)


async def test_a_vote_missed_is_found_though_another_is_taken_back_while_the_question_waits(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        await house.tell(react(ROOM, "1", "ann", "👍"))
        house.chat.has(ROOM, "1", ann="👍", bob="👍")
        house.chat.turn = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.waiting)
        await house.tell(react(ROOM, "1", "ann", Removed("👍")))
        house.chat.has(ROOM, "1", bob="👍")
        house.chat.turn.set()
        await house.tally_becomes(story, 1, 0)

    assert house.chat.known["room", "1"] == dict.fromkeys("👍🔥👎😢")


# --- equal numbers ---


async def test_votes_that_were_swapped_are_noticed(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        await house.tell(react(ROOM, "1", "ann", "👍"), react(ROOM, "1", "bob", "👎"))
        house.chat.has(ROOM, "1", ann="👎", bob="👍")
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.looked)
        while await house.db.read(facts_of, "ann") != {(1, "👎", -1)}:
            await house.moment()
        await house.tell(react(ROOM, "1", "bob", Removed("👍")))

    assert await house.db.read(tallies_of, story) == {"room": (0, 1), "everywhere": (0, 1)}


async def test_voters_are_compared_after_all_numbers_newest_first_and_only_where_somebody_reacted(house: House):
    for hours, name in enumerate(("new", "silent", "old")):
        await house.post(name, timedelta(hours=hours))
    async with house.at_work():
        await house.tell(react(ROOM, "new", "ann", "👍"), react(ROOM, "old", "ann", "👎"))
        house.chat.has(ROOM, "new", ann="👍")
        house.chat.has(ROOM, "old", bob="👎")
        house.chat.held = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.asked)
        assert house.chat.looked == []
        house.chat.held.set()
        await house.chat.until(lambda: len(house.chat.looked) == 2)

    assert [name for _, name in house.chat.asked] == ["new", "silent", "old"]
    assert [name for _, name in house.chat.looked] == ["new", "old"]


# --- no answer ---


async def test_messages_that_never_answer_stop_nothing_else(house: House):
    story = await house.post("good", timedelta(hours=2))
    other = await house.post("another", timedelta(hours=2), HALL)
    for minutes in range(AT_ONCE + 2):
        await house.post(f"bad {minutes}", timedelta(minutes=minutes), ROOM if minutes % 2 else HALL)
        house.chat.poisoned.add(f"bad {minutes}")
    house.chat.has(ROOM, "good", ann="👍")
    house.chat.has(HALL, "another", ann="👍")
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.wait(5, lambda: house.chat.answered >= 2)
        await house.tally_becomes(story, 1, 0)
        await house.tally_becomes(other, 1, 0, HALL)


async def test_a_platform_that_is_down_is_not_hammered_and_all_is_asked_in_the_end(house: House):
    for minutes in range(20):
        await house.post(f"{minutes}", timedelta(minutes=minutes))
        house.chat.poisoned.add(f"{minutes}")
    async with house.at_work():
        await house.rereader.missed("alpha")
        began = house.time.now
        await house.wait(1, lambda: house.time.now > began + timedelta(minutes=1))
        assert 1 < len(house.chat.asked) <= AT_ONCE * 4
        house.chat.poisoned.clear()
        await house.wait(10, lambda: house.chat.answered >= 20)

    assert len(set(house.chat.asked)) == 20


async def test_a_chat_that_is_slowed_down_for_long_holds_up_no_other(house: House):
    for minutes in range(10):
        await house.post(f"slow {minutes}", timedelta(minutes=minutes))
        house.chat.faults[f"slow {minutes}"] = [Throttled(Phrase("slowly"), 600.0)]
    others = [await house.post("1", timedelta(hours=1), ChatRef("alpha", f"chat {n}")) for n in range(5)]
    for n in range(5):
        house.chat.has(ChatRef("alpha", f"chat {n}"), "1", ann="👍")
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.asked_about(5)
        for n, story in enumerate(others):
            await house.tally_becomes(story, 1, 0, ChatRef("alpha", f"chat {n}"))
        assert [name for chat, name in house.chat.asked if chat == "room"] == ["slow 0"], "it was asked not to"
        await house.time.asleep(600)
        house.time.pass_by(600)
        await house.asked_about(6)

    assert house.chat.asked.count(("room", "slow 0")) == 2


async def test_an_answer_that_is_not_the_platforms_is_asked_for_again_but_not_for_ever(house: House):
    odd, good = await house.post("odd", timedelta(hours=1)), await house.post("good", timedelta(hours=2))
    await house.post("never")
    house.chat.has(ROOM, "odd", ann="👍")
    house.chat.has(ROOM, "good", ann="👍")
    house.chat.faults["odd"] = [TypeError("a proxy's page"), ValueError("another message")]
    house.chat.faults["never"] = [ZeroDivisionError("a bug") for _ in range(ODDITIES * 2)]
    async with house.at_work():
        await house.rereader.missed("alpha")
        began = house.time.now
        await house.wait(60, lambda: house.time.now > began + timedelta(hours=1))
        await house.tally_becomes(odd, 1, 0)
        await house.tally_becomes(good, 1, 0)

    assert house.chat.asked.count(("room", "never")) == ODDITIES


async def test_a_chat_that_cant_be_read_is_left_alone(house: House):
    await house.post("first")
    await house.post("second", timedelta(minutes=1))
    story = await house.post("1", timedelta(hours=1), HALL)
    house.chat.faults["first"] = [ChatGone(Phrase("no right"))]
    house.chat.has(HALL, "1", ann="👍")
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.tally_becomes(story, 1, 0, HALL)

    assert [name for chat, name in house.chat.asked if chat == "room"] == ["first"]


# --- chats that were out of reach ---


async def test_what_was_missed_in_a_chat_that_was_out_of_reach_is_asked_for_when_it_is_back(house: House):
    story, _ = await set_up(house.db, ROOM)
    await house.db.write(chats.pause, ROOM, Phrase("no right"))
    async with house.at_work():
        await house.rereader.missed("alpha")
        house.chat.has(ROOM, "1", ann="👍", bob="👎👍")
        house.chat.held = asyncio.Event()
        await house.db.write(chats.resume, ROOM, NOW)
        await house.rereader.resumed(ROOM)
        await house.chat.until(lambda: house.chat.asked)
        await house.tell(react(ROOM, "1", "bob", "👍"))
        house.chat.held.set()
        await house.tally_becomes(story, 2, 0)

    assert set(house.chat.asked) == {("room", "1")}


async def test_a_chat_that_comes_back_while_it_is_asked_about_is_asked_about_anew(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        house.chat.has(ROOM, "1", ann="👍")
        house.chat.held = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.asked)
        house.chat.has(ROOM, "1", ann="👎")
        await house.rereader.resumed(ROOM)
        await house.rereader.resumed(ChatRef("beta", "yard"))
        house.chat.held.set()
        await house.asked_about(2)
        await house.tally_becomes(story, 0, 1)


async def test_what_was_missed_stays_older_than_what_was_told_though_its_chat_comes_back_meanwhile(house: House):
    story, _ = await set_up(house.db, ROOM)
    async with house.at_work():
        house.chat.has(ROOM, "1", ann="👎👍")
        house.chat.held = asyncio.Event()
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: house.chat.asked)
        await house.tell(react(ROOM, "1", "ann", "👍"))
        await house.rereader.resumed(ROOM)
        house.chat.held.set()
        await house.asked_about(2)
        await house.tally_becomes(story, 1, 0)


async def test_paused_chats_that_can_be_written_to_again_are_resumed_when_a_session_begins(house: House):
    story, _ = await set_up(house.db, ROOM, HALL)
    for ref in (ROOM, HALL):
        await house.db.write(chats.pause, ref, Phrase("no right"))
    house.chat.writable = {"room"}
    house.chat.faults["capabilities of room"] = [PlatformDown(Phrase("down")), Throttled(Phrase("slowly"), 1.0)]
    house.chat.faults["capabilities of hall"] = [ChatGone(Phrase("gone"))]
    house.chat.has(ROOM, "1", ann="👍")
    async with house.at_work():
        await house.rereader.missed("alpha")
        for seconds in (5, 10):
            await house.time.asleep(seconds)
            house.time.pass_by(seconds)
        await house.tally_becomes(story, 1, 0)

    assert await house.db.read(chats.paused, "alpha") == [HALL]


async def test_a_paused_chat_costs_a_question_a_day_at_most_and_none_where_we_were_sent_away(house: House):
    await set_up(house.db, ROOM, HALL)
    await house.db.write(chats.pause, ROOM, Phrase("no right"))
    await house.db.write(chats.pause, HALL, chats.LEFT)
    async with house.at_work():
        for hours in (0, 1, 22):
            house.time.pass_by(hours * 3600)
            await house.rereader.missed("alpha")
            await house.chat.until(lambda: house.chat.about_rights)
            for _ in range(20):
                await house.moment()
        assert house.chat.about_rights == [("room", Traffic.LOOK)]
        house.time.pass_by(3601)
        house.chat.writable = {"room"}
        await house.rereader.missed("alpha")
        await house.chat.until(lambda: len(house.chat.about_rights) == 2)
        while await house.db.read(chats.paused, "alpha") != [HALL]:
            await house.moment()


async def test_a_press_that_shows_that_a_post_did_arrive_has_it_asked_about(house: House):
    story = await house.db.write(add_story)
    delivery_id = await house.db.write(add_delivery, story, ROOM)
    house.chat.has(ROOM, "1", ann="👍")
    async with house.at_work():
        await house.rereader.missed("alpha")
        await house.tell(press(ROOM, "1", "bob", delivery_id, BULL, "e"))
        await house.tally_becomes(story, 2, 0)
