"""Every copy of a story comes to show what stands, whatever its platform does in between."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.errors import CardRejected, ChatGone, ChatMoved, DeliveryError, PlatformDown, Throttled
from bot.events import ReactionsCounted, Removed
from bot.model import ChatRef, MessageRef, Phrase
from bot.ports import State
from bot.storage import chats, deliveries
from bot.storage.database import open_database
from bot.storage.tables import chat, story
from bot.storage.votes import Outcome
from bot.tally.due import edit_due, edit_turn
from bot.tally.recorder import Recorder
from bot.tally.refresh import SCAN_EVERY, Refresher
from tests.tally.chatting import MemoryChat, Time, card_for
from tests.tally.stage import (
    HALL,
    NOW,
    ROOM,
    RULES,
    YARD,
    add_chat,
    add_delivery,
    add_post,
    add_story,
    delivery_row,
    react,
    set_up,
)

OLD = NOW - timedelta(hours=3)


class House:
    """A recorder and a refresher at work over one database and two platforms in memory."""

    def __init__(self, db) -> None:
        self.db = db
        self.time = Time()
        self.alpha, self.beta = MemoryChat("alpha"), MemoryChat("beta")
        self.refresher = Refresher(
            db,
            {"alpha": self.alpha, "beta": self.beta},
            card_for,
            RULES.open_for,
            self.time.clock,
            self.time.sleep,
        )
        self.recorder = Recorder(db, RULES, self.time.clock, self.refresher.mark)

    async def record(self, *events):
        return await asyncio.gather(*(self.recorder.record(event) for event in events))

    async def scan_again(self) -> None:
        """Let the refresher look at what was marked since its last look."""
        await self.time.asleep(SCAN_EVERY)
        self.time.pass_by(SCAN_EVERY)

    @asynccontextmanager
    async def at_work(self):
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self.recorder.run()), tasks.create_task(self.refresher.run())]
            yield self
            for task in running:
                task.cancel()


@pytest.fixture
async def house(tmp_path: Path):
    async with open_database(tmp_path / "house.db") as db:
        yield House(db)


async def test_votes_reach_every_copy(house: House):
    await set_up(house.db, ROOM, HALL, YARD)
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"), react(YARD, "1", "bob", "👎"))

        await house.alpha.shows(ROOM, "1:0, all 1:1")
        await house.alpha.shows(HALL, "0:0, all 1:1")
        await house.beta.shows(YARD, "0:1, all 1:1")


async def test_a_story_in_one_chat_has_no_tally_everywhere(house: House):
    await set_up(house.db, ROOM)
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.shows(ROOM, "1:0")


async def test_many_votes_cost_few_edits_and_the_last_state_arrives(house: House):
    await set_up(house.db, ROOM)
    async with house.at_work():
        await house.record(react(ROOM, "1", "first", "👍"))
        await house.alpha.shows(ROOM, "1:0")
        for number in range(50):
            await house.record(react(ROOM, "1", f"voter {number}", "👎"))
        await house.scan_again()
        await house.time.asleep(0.8, at_most=1)  # a second from one edit of a post to the next
        house.time.pass_by(1)

        await house.alpha.shows(ROOM, "1:50")
    assert len(house.alpha.edits) == 2


async def test_a_vote_taken_back_while_its_edit_is_under_way_is_taken_back_on_the_post_too(house: House):
    await set_up(house.db, ROOM)
    async with house.at_work():
        house.alpha.slow = asyncio.Event()
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.until(lambda: house.alpha.edits)
        await house.record(react(ROOM, "1", "ann", Removed("👍")))
        await house.scan_again()
        house.alpha.slow.set()
        await house.alpha.shows(ROOM, "1:0")
        await house.scan_again()
        # Time may have passed before the edit was over: the next one waits a second from then on.
        await house.time.asleep(0.8, at_most=1)
        house.time.pass_by(1)
        await house.alpha.shows(ROOM, "0:0")


async def test_what_changes_nothing_visible_is_not_edited(house: House):
    await set_up(house.db, ROOM, HALL)
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"), react(ROOM, "1", "ann", "🔥"))
        await house.alpha.shows(ROOM, "1:0, all 1:0")
        await house.alpha.shows(HALL, "0:0, all 1:0")
        house.refresher.mark({1})
        await house.scan_again()
        await house.record(react(ROOM, "1", "bob", "🤡"))
        await house.time.asleep(SCAN_EVERY)
    assert sorted(house.alpha.edits) == [("hall", "1"), ("room", "1")]


async def test_the_platform_is_told_when_a_post_was_made(house: House):
    story_id = await house.db.write(add_story)
    for ref, posted_at in ((ROOM, OLD), (HALL, NOW)):
        await house.db.write(add_chat, ref)
        await house.db.write(add_post, story_id, ref, "1", posted_at=posted_at)
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.shows(ROOM, "1:0, all 1:0")
        await house.alpha.shows(HALL, "0:0, all 1:0")
    assert house.alpha.told_posted == {MessageRef(ROOM, "1"): OLD, MessageRef(HALL, "1"): NOW}


async def test_a_throttled_chat_holds_up_no_other(house: House):
    await set_up(house.db, ROOM, HALL, YARD)
    house.alpha.faults["room"] = [Throttled(Phrase("slow down"), 30.0)]
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.shows(HALL, "0:0, all 1:0")
        await house.beta.shows(YARD, "0:0, all 1:0")
        assert house.alpha.text(ROOM) == ""
        await house.time.asleep(30)
        house.time.pass_by(30)

        await house.alpha.shows(ROOM, "1:0, all 1:0")


async def test_a_platform_that_is_down_is_asked_again_later_and_later(house: House):
    await set_up(house.db, ROOM)
    house.alpha.faults["room"] = [PlatformDown(Phrase("down"))] * 3
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"))
        for seconds in (5, 10, 20):
            await house.time.asleep(seconds)
            house.time.pass_by(seconds)

        await house.alpha.shows(ROOM, "1:0")


async def test_a_chat_that_is_gone_is_paused_and_left_alone(house: House):
    await set_up(house.db, ROOM, HALL)
    house.alpha.faults["room"] = [ChatGone(Phrase("We were removed."))]
    async with house.at_work():
        await house.record(react(HALL, "1", "ann", "👍"))
        await house.alpha.shows(HALL, "1:0, all 1:0")
        await house.alpha.until(lambda: ("room", "1") in house.alpha.edits)
        await house.scan_again()
        await house.record(react(HALL, "1", "bob", "👍"))
        await house.time.asleep(0.8, at_most=1)
        house.time.pass_by(1)
        await house.alpha.shows(HALL, "2:0, all 2:0")
    assert house.alpha.edits.count(("room", "1")) == 1
    assert (await house.db.read(chats.by_ref, ROOM)).paused == Phrase("We were removed.")


@pytest.mark.parametrize("error", [ChatGone(Phrase("deleted")), ChatMoved(Phrase("moved"), ROOM)])
async def test_a_post_whose_thread_is_gone_costs_its_forum_nothing(house: House, error: DeliveryError):
    first, second = ChatRef("alpha", "thread 1"), ChatRef("alpha", "thread 2")

    def in_threads(connection):
        for thread in (first, second):
            delivery_id = add_delivery(connection, add_story(connection), ROOM)
            deliveries.mark_posted(connection, delivery_id, MessageRef(thread, "1"), "en", 1, NOW)

    await house.db.write(in_threads)
    house.alpha.faults[first.id] = [error]
    async with house.at_work():
        await house.record(react(first, "1", "ann", "👍"))
        await house.alpha.until(lambda: house.alpha.edits)
        await house.scan_again()
        await house.record(react(second, "1", "ann", "👍"))
        await house.alpha.shows(second, "1:0")
        await house.refresher.sweep()

    assert (await house.db.read(chats.by_ref, ROOM)).paused is None
    assert [chat_id for chat_id, _ in house.alpha.edits] == ["thread 1", "thread 2"]


async def test_the_tally_everywhere_stays_when_all_votes_are_withdrawn(house: House):
    await set_up(house.db, ROOM, HALL)
    async with house.at_work():
        await house.refresher.sweep()
        assert house.alpha.edits == [], "a post without votes needs no edit"
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.shows(HALL, "0:0, all 1:0")
        await house.alpha.shows(ROOM, "1:0, all 1:0")
        await house.time.asleep(SCAN_EVERY)
        house.time.pass_by(5)
        await house.record(react(ROOM, "1", "ann", Removed("👍")))
        # A scan may have come before the first edits were noted as shown; then the next sweep finds these posts.
        async with asyncio.timeout(20):
            while {house.alpha.text(chat, "1") for chat in (ROOM, HALL)} != {"0:0, all 0:0"}:
                await house.refresher.sweep()


async def test_a_card_that_is_refused_is_not_sent_again_until_it_changes(house: House):
    await set_up(house.db, ROOM)
    house.alpha.faults["room"] = [CardRejected(Phrase("no"))]
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.until(lambda: len(house.alpha.edits) == 1)
        await house.scan_again()
        house.refresher.mark({1})
        await house.scan_again()
        assert len(house.alpha.edits) == 1
        house.time.pass_by(5)
        await house.record(react(ROOM, "1", "bob", "👍"))
        await house.scan_again()

        await house.alpha.shows(ROOM, "2:0")


async def test_an_unknown_error_costs_its_own_post_only(house: House):
    await set_up(house.db, ROOM)
    other = await house.db.write(add_story)
    await house.db.write(add_post, other, ROOM, "2", posted_at=NOW - timedelta(minutes=1))
    house.alpha.faults["room"] = [ZeroDivisionError("a bug")]
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"), react(ROOM, "2", "ann", "👎"))
        await house.alpha.shows(ROOM, "0:1", "2")
        assert house.alpha.edits[0] == ("room", "1")  # the newest post came first
        await house.time.asleep(5)
        house.time.pass_by(5)

        await house.alpha.shows(ROOM, "1:0")


async def test_edits_that_a_crash_prevented_are_made_after_the_next_start(house: House):
    await set_up(house.db, ROOM, HALL)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(house.recorder.run())
        await house.record(react(ROOM, "1", "ann", "👍"))
        running.cancel()

    again = House(house.db)
    async with again.at_work():
        await again.alpha.shows(HALL, "0:0, all 1:0")
        await again.alpha.shows(ROOM, "1:0, all 1:0")


async def test_a_platform_that_is_not_ready_is_edited_by_a_later_sweep(house: House):
    await set_up(house.db, ROOM)
    house.alpha.state = State.CONNECTING
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.time.asleep(SCAN_EVERY)
        assert house.alpha.edits == []
        house.alpha.state = State.READY
        await house.refresher.sweep()

        await house.alpha.shows(ROOM, "1:0")


async def test_an_edited_story_a_new_language_and_anonymous_totals_are_shown(house: House):
    story_id, _ = await set_up(house.db, ROOM)

    def edit(connection):
        connection.execute(update(story).where(story.c.id == story_id).values(title="It falls", revision=2))

    def speak_french(connection):
        connection.execute(update(chat).values(language="fr"))

    async with house.at_work():
        await house.db.write(edit)
        await house.refresher.sweep()
        await house.alpha.shows(ROOM, "0:0, It falls")
        house.time.pass_by(1)
        await house.db.write(speak_french)
        await house.refresher.sweep()
        await house.alpha.until(lambda: house.alpha.shown[MessageRef(ROOM, "1")].language == "fr")
        house.time.pass_by(1)
        await house.record(ReactionsCounted(MessageRef(ROOM, "1"), {"👍": 3}))
        await house.alpha.shows(ROOM, "0:0, 👍 3, It falls")


async def test_voting_ends_with_an_edit_that_takes_the_buttons_off(house: House):
    await set_up(house.db, ROOM)
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.shows(ROOM, "1:0")
        house.time.pass_by(RULES.open_for.total_seconds())
        (late,) = await house.record(react(ROOM, "1", "bob", "👍"))
        await house.refresher.sweep()
        await house.alpha.shows(ROOM, "1:0, closed")

    assert late.outcome is Outcome.CLOSED
    assert house.alpha.shown[MessageRef(ROOM, "1")].buttons == ()
    assert (await house.db.read(delivery_row, 1)).state == "closed"
    again = House(house.db)
    again.time.now = house.time.now
    async with again.at_work():
        again.refresher.mark({1})
        await again.scan_again()
    assert again.alpha.edits == []


async def test_old_posts_are_edited_once_a_minute(house: House):
    story_id = await house.db.write(add_story)
    await house.db.write(add_chat, ROOM)
    await house.db.write(add_post, story_id, ROOM, "1", posted_at=OLD)
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.shows(ROOM, "1:0")
        house.time.pass_by(1)
        await house.record(react(ROOM, "1", "bob", "👍"))
        await house.time.asleep(59)
        house.time.pass_by(59)

        await house.alpha.shows(ROOM, "2:0")
    assert len(house.alpha.edits) == 2


async def test_a_vote_seen_before_the_last_edit_is_written_down_waits_as_long_as_any(house: House):
    await set_up(house.db, ROOM)
    async with house.at_work():
        house.alpha.slow = asyncio.Event()
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.until(lambda: house.alpha.edits)
        await house.record(react(ROOM, "1", "bob", "👍"))
        await house.scan_again()  # takes the post up, and knows of no edit yet
        await house.time.asleep(SCAN_EVERY)
        house.alpha.slow.set()
        await house.alpha.shows(ROOM, "1:0")
        await house.time.asleep(1)
        assert len(house.alpha.edits) == 1
        house.time.pass_by(1)
        await house.alpha.shows(ROOM, "2:0")


async def test_a_new_post_does_not_wait_behind_an_old_one(house: House):
    old = await house.db.write(add_story)
    await house.db.write(add_post, old, ROOM, "old", posted_at=OLD)
    async with house.at_work():
        await house.record(react(ROOM, "old", "ann", "👍"))
        await house.alpha.shows(ROOM, "1:0", "old")
        await house.scan_again()
        await house.record(react(ROOM, "old", "bob", "👍"))
        await house.time.asleep(59.8)
        fresh = await house.db.write(add_story)
        await house.db.write(add_post, fresh, ROOM, "new")
        house.time.pass_by(1)
        await house.record(react(ROOM, "new", "ann", "👎"))

        await house.alpha.shows(ROOM, "0:1", "new")
        assert house.alpha.text(ROOM, "old") == "1:0"


async def test_a_new_post_does_not_wait_for_the_turn_of_an_old_one(house: House):
    old = await house.db.write(add_story)
    await house.db.write(add_post, old, ROOM, "old", posted_at=OLD)
    fresh = await house.db.write(add_story)
    await house.db.write(add_post, fresh, ROOM, "new")
    async with house.at_work():
        turn = house.alpha.slow = asyncio.Event()
        await house.record(react(ROOM, "old", "ann", "👍"))
        await house.alpha.until(lambda: house.alpha.edits)
        house.alpha.slow = None
        await house.scan_again()
        await house.record(react(ROOM, "new", "ann", "👎"))

        await house.alpha.shows(ROOM, "0:1", "new")
        assert house.alpha.text(ROOM, "old") == ""
        turn.set()
        await house.alpha.shows(ROOM, "1:0", "old")


async def test_a_post_that_grows_old_while_its_edit_is_under_way_is_edited_by_one_at_a_time(house: House):
    story_id = await house.db.write(add_story)
    await house.db.write(add_post, story_id, ROOM, "1", posted_at=NOW - timedelta(minutes=59))
    async with house.at_work():
        turn = house.alpha.slow = asyncio.Event()
        await house.record(react(ROOM, "1", "ann", "👍"))
        await house.alpha.until(lambda: house.alpha.edits)
        house.time.pass_by(120)
        await house.record(react(ROOM, "1", "bob", "👍"))
        await house.scan_again()
        assert len(house.alpha.edits) == 1
        turn.set()
        await house.alpha.shows(ROOM, "1:0")
        await house.time.asleep(60)
        house.time.pass_by(60)
        await house.alpha.shows(ROOM, "2:0")


async def test_a_post_that_alone_is_throttled_holds_up_no_other_of_its_chat(house: House):
    first, second = await house.db.write(add_story), await house.db.write(add_story)
    await house.db.write(add_post, first, ROOM, "1")
    await house.db.write(add_post, second, ROOM, "2")
    house.alpha.faults["room"] = [Throttled(Phrase("published, a few an hour"), 600.0)]
    async with house.at_work():
        await house.record(react(ROOM, "1", "ann", "👍"), react(ROOM, "2", "ann", "👍"))
        await house.alpha.shows(ROOM, "1:0", "1")
        assert house.alpha.text(ROOM, "2") == ""
        await house.time.asleep(600)
        house.time.pass_by(600)
        await house.alpha.shows(ROOM, "1:0", "2")
    assert len(house.alpha.edits) == 3


async def test_a_post_that_all_vote_on_holds_up_no_other(house: House):
    await house.db.write(add_chat, ROOM)
    for number in (1, 2, 3):
        one = await house.db.write(add_story)
        await house.db.write(add_post, one, ROOM, str(number), posted_at=NOW - timedelta(minutes=9 - number))
    async with house.at_work():
        first = house.alpha.slow = asyncio.Event()
        await house.record(*(react(ROOM, str(number), "ann", "👍") for number in (1, 2, 3)))
        await house.alpha.until(lambda: len(house.alpha.edits) == 1)
        second = house.alpha.slow = asyncio.Event()
        first.set()
        await house.alpha.until(lambda: len(house.alpha.edits) == 2)
        await house.record(react(ROOM, "3", "bob", "👍"))
        await house.scan_again()
        await house.time.asleep(SCAN_EVERY)  # it has been looked, and the newest is to be edited again in a second
        house.time.pass_by(1)
        house.alpha.slow = None
        second.set()
        await house.alpha.shows(ROOM, "2:0", "3")
    assert [message for _, message in house.alpha.edits] == ["3", "2", "1", "3"]


@pytest.mark.parametrize(
    ("posts", "order"),
    [
        ({"old": (50, None), "new": (5, None)}, ["new", "old"]),
        ({"old": (50, None), "hot": (5, 10)}, ["old", "hot"]),
        ({"old": (50, 40), "hot": (5, 10), "new": (4, 20)}, ["old", "new", "hot"]),
        ({"old": (50, None), "calm": (5, 61)}, ["calm", "old"]),
    ],
)
def test_the_newest_is_edited_first_and_what_was_edited_within_a_minute_last(posts, order):
    def turn(name: str):
        minutes, seconds = posts[name]
        last = None if seconds is None else NOW - timedelta(seconds=seconds)
        return edit_turn(NOW - timedelta(minutes=minutes), last, NOW)

    assert sorted(posts, key=turn) == order


@pytest.mark.parametrize(
    ("age", "since_edit", "wait"),
    [
        (timedelta(minutes=1), None, 0),
        (timedelta(minutes=1), 0.25, 0.75),
        (timedelta(minutes=1), 5, 0),
        (timedelta(hours=2), None, 0),
        (timedelta(hours=2), 5, 55),
        (timedelta(hours=2), 300, 0),
    ],
)
def test_an_edit_is_due_a_second_or_a_minute_after_the_last(age, since_edit, wait):
    last = None if since_edit is None else NOW - timedelta(seconds=since_edit)
    assert edit_due(NOW - age, last, NOW) == NOW + timedelta(seconds=wait)
