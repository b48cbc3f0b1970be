"""What is owed arrives, once: over a real database and a platform in memory."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, update

from bot.errors import CardRejected, ChatGone, ChatMoved, PlatformDown, Throttled, Unconfirmed
from bot.i18n import Catalogues
from bot.model import Actor, ChatRef, MessageRef, Phrase
from bot.publish.outbox import Outbox, retry_delay
from bot.storage import chats, corrections, deliveries, owed
from bot.storage.database import Database, open_database
from bot.storage.tables import chat, delivery, entry, source, story, subscription, subscription_cursor
from tests.around import FREE
from tests.memory import FindingAdapter, MemoryAdapter

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROOM = ChatRef("memory", "room")
NO = Phrase("no")


class World:
    """A database with a source, and the clock."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now = NOW
        self.posted: list[int] = []
        self._entries: Iterator[int] = iter(range(1, 10_000))

    def clock(self) -> datetime:
        return self.now

    async def on_posted(self, delivery_id: int) -> None:
        self.posted.append(delivery_id)

    def outbox(self, adapter: MemoryAdapter) -> Outbox:
        return Outbox(self.db, {"memory": adapter}, Catalogues(), self.clock, self.on_posted)

    async def tell(self, *titles: str, source_id: int = 1, story_id: int | None = None) -> None:
        """The source publishes entries, each a story of its own unless one is named."""

        def store(connection: Connection) -> None:
            for title in titles:
                number = next(self._entries)
                at = NOW + timedelta(minutes=number)
                tale = story_id
                if tale is None:
                    tale = connection.execute(
                        insert(story)
                        .values(
                            language="en", title=title, url="https://a.example/" + title, first_seen_at=at, sorted_at=at
                        )
                        .returning(story.c.id)
                    ).scalar_one()
                    connection.execute(update(story).where(story.c.id == tale).values(ledger_id=tale))
                connection.execute(
                    insert(entry).values(
                        source_id=source_id,
                        identity=str(number),
                        story_id=tale,
                        title=title,
                        language="en",
                        first_seen_at=at,
                        last_seen_at=at,
                        content_hash="",
                    )
                )

        await self.db.write(store)

    async def follow(self, *sources: int, native: str = "room", language: str | None = "en", topic: str = "") -> int:
        """A chat follows sources (all of one pack when there are several)."""

        def store(connection: Connection) -> int:
            chat_id = connection.execute(
                insert(chat)
                .values(
                    platform="memory", native_id=native, topic=topic, kind="group", language=language, joined_at=NOW
                )
                .returning(chat.c.id)
            ).scalar_one()
            followed = connection.execute(
                insert(subscription)
                .values(
                    chat_id=chat_id, pack="crypto" if len(sources) > 1 else None, source_id=sources[0], added_at=NOW
                )
                .returning(subscription.c.id)
            ).scalar_one()
            for source_id in sources:
                connection.execute(
                    insert(subscription_cursor).values(subscription_id=followed, source_id=source_id, entry_id=0)
                )
            return chat_id

        return await self.db.write(store)

    async def leave(self, chat_id: int) -> deliveries.Outgoing:
        """The chat's next delivery is on its way."""
        out = await self.db.read(deliveries.next_due, chat_id, NOW)
        assert out is not None
        assert await self.db.write(deliveries.leave, out, self.clock, NOW)
        return out

    async def states(self) -> dict[str, int]:
        def count(connection: Connection) -> dict[str, int]:
            rows = connection.execute(select(delivery.c.state, func.count()).group_by(delivery.c.state))
            return dict(row for row in rows)

        return await self.db.read(count)


async def peopled(db: Database) -> World:
    def sources(connection: Connection) -> None:
        for number in (1, 2, 3):
            connection.execute(
                insert(source).values(
                    id=number,
                    url=f"https://{number}.example/feed",
                    exempt=False,
                    title=f"Source {number}",
                    interval_seconds=600,
                    next_poll_at=NOW,
                    last_polled_at=NOW if number < 3 else None,
                    last_ok_at=NOW if number < 3 else None,
                )
            )

    await db.write(sources)
    return World(db)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_database(tmp_path / "a.db") as db:
        yield await peopled(db)


@asynccontextmanager
async def swept(outbox: Outbox) -> AsyncIterator[None]:
    """Sweep once and wait until every sender has ended."""
    async with asyncio.TaskGroup() as senders:
        await outbox.sweep(senders)
    yield


async def sweep(outbox: Outbox) -> None:
    async with swept(outbox):
        pass


def titles(adapter: MemoryAdapter, chat_ref: ChatRef = ROOM) -> list[str]:
    return [message.card.lines[0].spans[0].text for message in adapter.in_chat(chat_ref)]


async def test_at_first_contact_a_chat_gets_the_three_newest_oldest_first_and_later_all_that_is_new(
    world: World,
) -> None:
    await world.tell("a", "b", "c", "d", "e")
    await world.follow(1)
    adapter = MemoryAdapter()
    outbox = world.outbox(adapter)
    await sweep(outbox)
    assert titles(adapter) == ["c", "d", "e"]
    await world.tell("f", "g", "h", "i")
    await sweep(outbox)
    assert titles(adapter) == ["c", "d", "e", "f", "g", "h", "i"]
    assert len(world.posted) == 7


async def test_a_pack_gives_three_stories_in_all_once_every_source_of_it_was_tried(world: World) -> None:
    await world.tell("a", "b")
    await world.tell("c", "d", source_id=2)
    await world.follow(1, 2, 3)
    adapter = MemoryAdapter()
    outbox = world.outbox(adapter)
    await sweep(outbox)
    assert titles(adapter) == []
    await world.db.write(lambda c: c.execute(update(source).where(source.c.id == 3).values(last_polled_at=NOW)))
    await sweep(outbox)
    assert titles(adapter) == ["b", "c", "d"]


async def test_a_story_told_again_by_the_source_or_by_another_is_not_posted_again(world: World) -> None:
    await world.tell("old", "a", "b", "c")
    await world.follow(1, 2)
    adapter = MemoryAdapter()
    outbox = world.outbox(adapter)
    await sweep(outbox)
    await world.tell("old again", story_id=1)
    await world.tell("a elsewhere", source_id=2, story_id=2)
    await sweep(outbox)
    assert titles(adapter) == ["a", "b", "c"]


async def test_nothing_is_posted_before_a_language_is_chosen(world: World) -> None:
    await world.tell("a")
    await world.follow(1, language=None)
    adapter = MemoryAdapter()
    await sweep(world.outbox(adapter))
    assert adapter.messages == []


async def test_an_adapter_that_is_not_ready_is_left_alone(world: World) -> None:
    from bot.ports import State

    await world.tell("a")
    await world.follow(1)
    adapter = MemoryAdapter()
    adapter.state = State.CONNECTING
    outbox = world.outbox(adapter)
    await sweep(outbox)
    assert adapter.messages == []
    adapter.state = State.READY
    await sweep(outbox)
    assert titles(adapter) == ["a"]


async def test_a_platform_that_is_down_is_tried_again_later(world: World) -> None:
    await world.tell("a")
    await world.follow(1)
    adapter = MemoryAdapter()
    adapter.fail.append(PlatformDown(NO))
    outbox = world.outbox(adapter)
    await sweep(outbox)
    assert await world.states() == {"waiting": 1}
    await sweep(outbox)
    assert adapter.messages == []
    world.now += retry_delay(1)
    await sweep(outbox)
    assert titles(adapter) == ["a"]


async def test_what_waits_is_posted_in_the_language_that_was_chosen_meanwhile(world: World) -> None:
    await world.tell("a", "b")
    chat_id = await world.follow(1)
    adapter = MemoryAdapter()
    adapter.fail += [Throttled(NO, retry_after=90), Throttled(NO, retry_after=90)]
    outbox = world.outbox(adapter)
    await sweep(outbox)
    assert await world.states() == {"waiting": 2}
    await world.db.write(chats.choose_language, chat_id, "de", Actor("memory", "anna"), world.now)
    world.now += timedelta(seconds=91)
    await sweep(outbox)
    assert titles(adapter) == ["a", "b"]
    assert [message.card.language for message in adapter.in_chat(ROOM)] == ["de", "de"]


async def test_a_throttled_chat_waits_as_long_as_it_is_told_and_others_go_on(world: World) -> None:
    await world.tell("a")
    await world.follow(1, native="flooded")
    await world.follow(1, native="room")
    adapter = MemoryAdapter()
    adapter.fail.append(Throttled(NO, retry_after=90))
    outbox = world.outbox(adapter)
    await sweep(outbox)
    assert len(adapter.messages) == 1
    world.now += timedelta(seconds=91)
    await sweep(outbox)
    assert len(adapter.messages) == 2


async def test_a_chat_that_is_gone_is_paused_and_keeps_what_it_is_owed(world: World) -> None:
    await world.tell("a", "b")
    await world.follow(1)
    adapter = MemoryAdapter()
    adapter.fail.append(ChatGone(NO))
    outbox = world.outbox(adapter)
    await sweep(outbox)
    await sweep(outbox)
    assert adapter.messages == []
    assert await world.states() == {"waiting": 2}


async def test_a_chat_that_moved_gets_its_story_at_its_new_place(world: World) -> None:
    await world.tell("a")
    await world.follow(1)
    adapter = MemoryAdapter()
    adapter.fail.append(ChatMoved(NO, ChatRef("memory", "new room")))
    await sweep(world.outbox(adapter))
    assert titles(adapter, ChatRef("memory", "new room")) == ["a"]


async def test_a_refused_story_does_not_block_the_next_one(world: World) -> None:
    await world.tell("bad", "good")
    await world.follow(1)
    adapter = MemoryAdapter()
    adapter.fail.append(CardRejected(NO))
    await sweep(world.outbox(adapter))
    assert titles(adapter) == ["good"]
    assert await world.states() == {"failed": 1, "posted": 1}


@pytest.mark.parametrize("error", [Unconfirmed(NO), RuntimeError("bug")])
async def test_a_post_that_may_have_arrived_is_never_sent_again_where_it_cannot_be_found(world: World, error) -> None:
    await world.tell("a", "b")
    await world.follow(1)
    adapter = MemoryAdapter()
    adapter.lose_answer.append(error)
    outbox = world.outbox(adapter)
    await sweep(outbox)
    world.now += timedelta(days=1)
    await sweep(outbox)
    assert titles(adapter) == ["a", "b"]
    assert await world.states() == {"unconfirmed": 1, "posted": 1}


async def test_a_post_that_may_have_arrived_is_looked_for_where_it_can_be(world: World) -> None:
    await world.tell("a", "b")
    await world.follow(1)
    adapter = FindingAdapter()
    adapter.lose_answer.append(Unconfirmed(NO))
    adapter.fail.extend([])
    await sweep(world.outbox(adapter))
    assert titles(adapter) == ["a", "b"]
    assert await world.states() == {"posted": 2}


async def test_an_attempt_cut_off_by_a_crash_is_found_or_sent_again(world: World) -> None:
    await world.tell("arrived", "lost")
    chat_id = await world.follow(1)
    adapter = FindingAdapter()
    await world.db.write(owed.select_new, NOW)
    # The process dies after the platform acted on the first and before it saw the second.
    first = await world.leave(chat_id)
    outbox = world.outbox(adapter)
    from bot.card.story import Standing, story_card

    await adapter.send(
        ROOM, story_card(first.story, first.id, Standing(), adapter.ballot, Catalogues()("en")), key="", departure=FREE
    )
    await world.leave(chat_id)
    await sweep(outbox)
    world.now += retry_delay(1)
    await sweep(outbox)
    assert titles(adapter) == ["arrived", "lost"]
    assert await world.states() == {"posted": 2}


class Gated:
    """A database of which one read answers late, with what it found before."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.write, self.insist, self.outlasting = db.write, db.insist, db.outlasting
        self.read_it = asyncio.Event()
        self.answer = asyncio.Event()
        self.answer.set()

    async def read(self, function, *arguments):
        found = await self._db.read(function, *arguments)
        if function is deliveries.cut_off:
            self.read_it.set()
            await self.answer.wait()
        return found


class Slow(FindingAdapter):
    """Sends when it is let go, and counts how often it looks for its posts."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        self.looked = 0

    async def send(self, chat, card, *, key, departure):
        await departure.leaving()
        self.asked.set()
        await self.go.wait()
        return await super().send(chat, card, key=key, departure=FREE)

    async def find(self, chat, button, since=None):
        self.looked += 1
        return await super().find(chat, button, since)


async def test_an_attempt_that_ends_while_the_cut_off_ones_are_read_is_not_looked_for(world: World) -> None:
    adapter, gated = Slow(), Gated(world.db)
    outbox = Outbox(gated, {"memory": adapter}, Catalogues(), world.clock, world.on_posted)  # type: ignore[arg-type]
    await world.follow(1)
    await world.tell("a")
    async with asyncio.timeout(20), asyncio.TaskGroup() as senders:
        await outbox.sweep(senders)
        await adapter.asked.wait()
        gated.read_it.clear()
        gated.answer.clear()
        second = asyncio.create_task(outbox.sweep(senders))
        await gated.read_it.wait()
        adapter.go.set()
        while await world.states() != {"posted": 1} or not world.posted:
            await world.db.read(lambda connection: None)
        gated.answer.set()
        await second
    assert adapter.looked == 0
    assert len(world.posted) == 1


# --- leaving, and being stopped --------------------------------------------------------------------------------------


class Life:
    """An outbox that runs until it is stopped."""

    def __init__(self, outbox: Outbox) -> None:
        self._wake = asyncio.Event()
        self._wake.set()
        self._task = asyncio.create_task(outbox.run(self._wake))

    async def stop(self) -> float:
        """As Ctrl-C does; returns how many seconds it took."""
        began = time.monotonic()
        self._task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self._task
        return time.monotonic() - began


async def test_what_waits_for_its_turn_is_not_on_its_way_and_goes_after_a_restart(world: World) -> None:
    await world.tell("a")
    for number in range(50):
        await world.follow(1, native=f"room {number}")
    adapter = MemoryAdapter()
    adapter.turn.clear()
    life = Life(world.outbox(adapter))
    await adapter.until(lambda: adapter.waiting == 50)
    assert await world.states() == {"waiting": 50}
    assert await life.stop() < 1
    adapter.turn.set()
    await sweep(world.outbox(adapter))
    assert await world.states() == {"posted": 50}
    assert len(adapter.messages) == 50


async def test_what_is_on_its_way_when_we_stop_may_arrive_and_nothing_follows_it(world: World) -> None:
    await world.tell("a", "b")
    await world.follow(1)
    await world.follow(1, native="other")
    adapter = Slow()
    life = Life(world.outbox(adapter))
    await adapter.asked.wait()
    stopping = asyncio.create_task(life.stop())
    await asyncio.sleep(0)
    adapter.go.set()
    await stopping
    assert {message.card.lines[0].spans[0].text for message in adapter.messages} == {"a"}
    states = await world.states()
    assert states.pop("posted") == len(adapter.messages)
    assert set(states) == {"waiting"}


async def test_what_does_not_arrive_in_the_last_second_is_found_out_about_later(world: World) -> None:
    await world.tell("a")
    await world.follow(1)
    adapter = Slow()
    life = Life(world.outbox(adapter))
    await adapter.asked.wait()
    assert await life.stop() < 1.8
    assert await world.states() == {"sending": 1}


async def test_what_became_unwanted_while_it_waited_is_not_sent_as_it_was(world: World) -> None:
    await world.tell("a")
    chat_id = await world.follow(1)

    async def changed(**values: object) -> list[str]:
        """What is posted when this happens to the chat meanwhile, and where."""
        adapter = MemoryAdapter()
        adapter.turn.clear()
        async with asyncio.TaskGroup() as senders:
            await world.outbox(adapter).sweep(senders)
            await adapter.until(lambda: adapter.waiting == 1)
            await world.db.write(
                lambda c: c.execute(update(chat).where(chat.c.id == chat_id).values(**values)) and None
            )
            adapter.turn.set()
        return [f"{message.ref.chat.id} {message.card.language}" for message in adapter.messages]

    assert await changed(paused={"msgid": "no", "args": {}}) == []
    assert await world.states() == {"waiting": 1}
    await world.db.write(lambda c: c.execute(update(chat).values(paused=None)) and None)
    assert await changed(native_id="moved", language="fr") == ["moved fr"]
    assert await world.states() == {"posted": 1}


async def test_a_story_that_is_edited_while_it_waits_goes_out_as_it_is_then(world: World) -> None:
    await world.tell("a")
    await world.follow(1)
    adapter = MemoryAdapter()
    adapter.turn.clear()
    async with asyncio.TaskGroup() as senders:
        await world.outbox(adapter).sweep(senders)
        await adapter.until(lambda: adapter.waiting == 1)
        await world.db.write(lambda c: c.execute(update(story).values(title="corrected", revision=2)) and None)
        adapter.turn.set()
    assert titles(adapter) == ["corrected"]
    assert adapter.messages[0].edits == 0


async def test_a_story_that_is_merged_while_it_waits_goes_out_as_the_other_one(world: World) -> None:
    await world.tell("a")
    await world.follow(1)
    await world.tell("whole", source_id=2)
    adapter = MemoryAdapter()
    adapter.turn.clear()
    async with asyncio.TaskGroup() as senders:
        await world.outbox(adapter).sweep(senders)
        await adapter.until(lambda: adapter.waiting == 1)
        await world.db.write(corrections.merge, 2, 1, NOW)
        adapter.turn.set()
    assert titles(adapter) == ["whole"]


async def test_a_turn_that_could_not_be_used_in_time_is_gone(world: World) -> None:
    await world.tell("a")
    chat_id = await world.follow(1)
    await world.db.write(owed.select_new, NOW)
    out = await world.db.read(deliveries.next_due, chat_id, NOW)
    assert out is not None
    late = NOW + timedelta(seconds=2)
    assert not await world.db.write(deliveries.leave, out, lambda: late, NOW + timedelta(seconds=1))
    assert await world.states() == {"waiting": 1}
    assert await world.db.write(deliveries.leave, out, lambda: late, late)
    assert not await world.db.write(deliveries.leave, out, lambda: late, late)


class Fussy(MemoryAdapter):
    """Refuses the first form of every message, and has the next one wait for its turn again."""

    async def send(self, chat, card, *, key, departure):
        await departure.leaving()
        await departure.refused()
        return await super().send(chat, card, key=key, departure=departure)


async def test_between_two_requests_for_one_post_nothing_is_on_its_way(world: World) -> None:
    await world.tell("a")
    await world.follow(1)
    adapter = Fussy()
    adapter.turn.clear()
    life = Life(world.outbox(adapter))
    await adapter.until(lambda: adapter.waiting == 1)
    assert await world.states() == {"waiting": 1}
    assert await life.stop() < 1
    adapter.turn.set()
    await sweep(world.outbox(adapter))
    assert titles(adapter) == ["a"]
    assert await world.states() == {"posted": 1}


class Broken(MemoryAdapter):
    """Has a bug that shows before anything is sent."""

    async def send(self, chat, card, *, key, departure):
        raise RuntimeError("a bug")


async def test_a_bug_that_keeps_a_story_from_leaving_fails_that_one(world: World) -> None:
    await world.tell("a")
    await world.follow(1)
    await sweep(world.outbox(Broken()))
    assert await world.states() == {"failed": 1}


async def test_a_platform_that_can_not_be_asked_before_anything_leaves_is_asked_less_and_less_often(
    world: World,
) -> None:
    await world.tell("a")
    await world.follow(1)
    adapter = Deaf()
    for seconds in (5, 10, 20):
        await sweep(world.outbox(adapter))
        await sweep(world.outbox(adapter))
        world.now += timedelta(seconds=seconds)
    assert adapter.asked == 3


class Deaf(MemoryAdapter):
    """Has no connection."""

    asked = 0

    async def send(self, chat, card, *, key, departure):
        self.asked += 1
        raise PlatformDown(NO)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process writes, and doesn't come to an end."""
    thief = sqlite3.connect(path, isolation_level=None)
    thief.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        thief.execute("ROLLBACK")
        thief.close()


class LocksAfter(MemoryAdapter):
    """While a message is on its way, somebody else takes the database, until the product has rested a few times."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._holding = ExitStack()
        self.rests = 0

    async def send(self, chat, card, *, key, departure):
        sent = await super().send(chat, card, key=key, departure=departure)
        self._holding.enter_context(locked(self._path))
        return sent

    async def rest(self, _seconds: float) -> None:
        self.rests += 1
        if self.rests == 3:
            self._holding.close()


async def test_what_has_become_of_a_post_is_written_however_long_the_database_refuses(tmp_path: Path) -> None:
    adapter = LocksAfter(tmp_path / "b.db")
    async with open_database(tmp_path / "b.db", sleep=adapter.rest) as db:
        await db.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 1") and None)
        world = await peopled(db)
        await world.tell("a")
        await world.follow(1)
        await sweep(world.outbox(adapter))
        assert adapter.rests == 3
        assert await world.states() == {"posted": 1}
        assert world.posted == [1]


async def test_what_can_not_be_marked_leaves_when_it_can_be(tmp_path: Path) -> None:
    async with open_database(tmp_path / "b.db") as db:
        await db.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 1") and None)
        world = await peopled(db)
        await world.tell("a")
        await world.follow(1)
        adapter = MemoryAdapter()
        adapter.turn.clear()
        async with asyncio.TaskGroup() as senders:
            await world.outbox(adapter).sweep(senders)
            await adapter.until(lambda: adapter.waiting == 1)
            with locked(tmp_path / "b.db"):
                adapter.turn.set()
                while db.refusal is None:
                    await db.read(lambda _connection: None)
                assert adapter.messages == []
        assert titles(adapter) == ["a"]
        assert await world.states() == {"posted": 1}


async def test_seeds_come_after_the_posts_and_a_refusal_to_seed_is_final(world: World) -> None:
    await world.tell("a", "b")
    await world.follow(1)
    adapter = FindingAdapter()
    outbox = world.outbox(adapter)
    await sweep(outbox)
    adapter.fail.append(CardRejected(NO))
    await sweep(outbox)
    await sweep(outbox)
    assert [bool(message.seeds) for message in adapter.messages] in ([True, False], [False, True])


def test_retries_are_bounded() -> None:
    assert [retry_delay(n).total_seconds() for n in (1, 2, 3, 50)] == [5, 10, 20, 600]


class SilentAdapter(FindingAdapter):
    """Never answers when it is asked for a post."""

    async def find(self, chat: ChatRef, button: str, since: datetime | None = None) -> MessageRef | None:
        return await asyncio.get_running_loop().create_future()


async def test_an_attempt_that_can_not_be_looked_up_holds_up_no_other_chat(world: World) -> None:
    await world.tell("a")
    cut_off = await world.follow(1)
    await world.follow(1, native="other")
    await world.db.write(owed.select_new, NOW)
    await world.leave(cut_off)
    adapter = SilentAdapter()
    async with asyncio.TaskGroup() as senders:
        await world.outbox(adapter).sweep(senders)
        await adapter.until(lambda: titles(adapter, ChatRef("memory", "other")) == ["a"])
        for task in asyncio.all_tasks():
            if task.get_name() == f"chat {cut_off}":
                task.cancel()
    assert titles(adapter) == []


async def test_a_chat_that_comes_back_gets_the_three_newest_and_nothing_that_waited(world: World) -> None:
    await world.follow(1)
    await world.tell("a", "b", "c")
    adapter = MemoryAdapter()
    outbox = world.outbox(adapter)
    await sweep(outbox)
    await world.tell(*(f"missed {number}" for number in range(10)))
    adapter.fail.append(ChatGone(NO))
    await sweep(outbox)
    world.now += timedelta(hours=2)
    await world.db.write(chats.resume, ROOM, world.now)
    await sweep(outbox)
    assert titles(adapter) == ["a", "b", "c", "missed 7", "missed 8", "missed 9"]


async def test_a_chat_that_is_out_of_reach_for_a_moment_loses_nothing(world: World) -> None:
    await world.follow(1)
    await world.tell("a", "b", "c")
    adapter = MemoryAdapter()
    outbox = world.outbox(adapter)
    await sweep(outbox)
    await world.tell(*(f"new {number}" for number in range(10)))
    adapter.fail.append(ChatGone(NO))
    await sweep(outbox)
    assert await world.db.write(chats.resume, ROOM, NOW + timedelta(seconds=1)) == 1
    assert await world.db.write(chats.resume, ROOM, NOW + timedelta(seconds=1)) == 0
    await sweep(outbox)
    assert titles(adapter) == ["a", "b", "c", *(f"new {number}" for number in range(10))]
