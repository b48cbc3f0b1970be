"""What has been kept long enough is forgotten, wherever it was posted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, insert, select, update

from bot.model import ChatKind, ChatRef
from bot.storage import chats, deliveries, posts, retention
from bot.storage.database import open_database
from bot.storage.deliveries import State
from bot.storage.migrate import migrate
from bot.storage.tables import delivery, entry, fact, rejected_fact, source, story, voter
from tests.product import running

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OPEN_FOR, ENTRIES_FOR, LOG_FOR = 14 * DAY, 90 * DAY, 365 * DAY


class Town:
    """A database with a chat, a story and a vote for each delivery."""

    def __init__(self, connection: Connection, now: datetime = NOW) -> None:
        self.connection = connection
        self._now = now
        self._number = 0

    def delivered(self, state: State, age: timedelta, *, platform: str = "telegram", paused: bool = False) -> int:
        """A delivery of that age in that state; its story was in its source for the last time then."""
        self._number += 1
        number, then = self._number, self._now - age
        chat = chats.ensure(self.connection, ChatRef(platform, str(-number)), ChatKind.GROUP, then)
        chats.choose_language(self.connection, chat.id, "en", None, then)
        if paused:
            chats.pause(self.connection, chat.ref, chats.LEFT)
        for table, values in (
            (source, {"id": number, "url": f"https://a.example/{number}", "exempt": False, "interval_seconds": 600}),
            (
                story,
                {"id": number, "language": "en", "title": "t", "first_seen_at": then, "sorted_at": then}
                | {"ledger_id": number},
            ),
            (
                entry,
                {"source_id": number, "identity": "a", "story_id": number, "title": "t", "language": "en"}
                | {"first_seen_at": then, "last_seen_at": then, "content_hash": "x"},
            ),
            (
                delivery,
                {"id": number, "story_id": number, "chat_id": chat.id, "state": state, "created_at": then}
                | {"next_try_at": then, "attempted_at": then if state is not State.WAITING else None}
                | {"posted_at": then if state in (State.POSTED, State.CLOSED) else None},
            ),
            (voter, {"id": number, "platform": platform, "actor": f"u{number}"}),
            (
                fact,
                {"ledger_id": number, "voter_id": number, "delivery_id": number, "token": "", "chat_id": chat.id}
                | {"sentiment": 1, "seq": number},
            ),
        ):
            self.connection.execute(insert(table).values(**values))
        return number

    def chores(self, reachable: tuple[str, ...] = ("telegram",)) -> None:
        retention.close(self.connection, NOW, OPEN_FOR, reachable)
        retention.prune(self.connection, NOW, ENTRIES_FOR, LOG_FOR)
        retention.forget_voters(self.connection, retention.voteless(self.connection, 0))

    def states(self) -> dict[int, str]:
        return dict(self.connection.execute(select(delivery.c.id, delivery.c.state)).all())  # type: ignore[arg-type]

    def kept(self) -> tuple[list[int], list[int], list[int]]:
        """The stories, the facts (by ledger) and the voters that are there."""
        columns = story.c.id, fact.c.ledger_id, voter.c.id
        one, two, three = (list(self.connection.execute(select(column)).scalars()) for column in columns)
        return one, two, three


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        yield Town(connection)
    engine.dispose()


@pytest.mark.parametrize("where", [{"paused": True}, {"platform": "elsewhere"}], ids=["a chat left", "a platform off"])
def test_where_nobody_can_be_told_voting_ends_without_an_edit(town: Town, where: dict[str, object]) -> None:
    young = town.delivered(State.POSTED, 13 * DAY, **where)  # type: ignore[arg-type]
    old = town.delivered(State.POSTED, 15 * DAY, **where)  # type: ignore[arg-type]
    town.chores()
    assert town.states() == {young: "posted", old: "closed"}


def test_a_post_that_can_be_edited_is_closed_by_its_edit_but_not_waited_for_for_ever(town: Town) -> None:
    edited_soon = town.delivered(State.POSTED, 15 * DAY)
    never_edited = town.delivered(State.POSTED, 22 * DAY)
    town.chores()
    assert town.states() == {edited_soon: "posted", never_edited: "closed"}


def test_what_nothing_has_confirmed_while_it_could_be_voted_on_is_given_up(town: Town) -> None:
    young, old = (town.delivered(State.UNCONFIRMED, age * DAY) for age in (13, 15))
    cut_off = town.delivered(State.SENDING, 15 * DAY, platform="elsewhere")
    town.chores()
    assert town.states() == {young: "unconfirmed", old: "failed", cut_off: "failed"}
    assert len(deliveries.unconfirmed(town.connection)) == 1


def test_what_waits_for_a_chat_out_of_reach_is_no_news_any_more_some_day(town: Town) -> None:
    here, young = town.delivered(State.WAITING, 15 * DAY), town.delivered(State.WAITING, 13 * DAY, paused=True)
    town.delivered(State.WAITING, 15 * DAY, paused=True)
    town.chores()
    assert town.states() == {here: "waiting", young: "waiting"}


@pytest.mark.parametrize("state", [State.POSTED, State.UNCONFIRMED, State.SENDING, State.WAITING])
def test_after_the_stated_time_stories_votes_and_voters_are_gone_also_from_chats_that_we_left(
    town: Town, state: State
) -> None:
    town.delivered(state, 100 * DAY, paused=True)
    town.delivered(State.CLOSED, 100 * DAY)
    recent = town.delivered(State.CLOSED, 20 * DAY)
    town.chores()
    assert town.kept() == ([recent], [recent], [recent])


def test_the_sweep_of_open_posts_has_an_end(town: Town) -> None:
    for number in range(5):
        town.delivered(State.POSTED, (20 + number) * DAY, paused=True)
    town.chores()
    page = posts.outdated_page(town.connection, None, ["telegram"], NOW - OPEN_FOR)
    assert (page.outdated, page.next) == ([], None)
    assert town.connection.execute(select(delivery.c.id).where(delivery.c.state == State.POSTED)).all() == []


def test_who_still_has_a_vote_somewhere_is_remembered(town: Town) -> None:
    town.delivered(State.CLOSED, 100 * DAY)
    recent = town.delivered(State.CLOSED, 20 * DAY)
    town.connection.execute(update(fact).where(fact.c.ledger_id == recent).values(voter_id=1))
    town.chores()
    assert town.kept() == ([recent], [recent], [1])
    # Who votes between being found and being forgotten stays.
    retention.forget_voters(town.connection, [1])
    assert town.kept()[2] == [1]


def test_what_could_not_be_stored_is_kept_as_long_as_the_log(town: Town) -> None:
    for age in (364, 366):
        town.connection.execute(insert(rejected_fact).values(at=NOW - age * DAY, payload=str(age), problem="p"))
    town.chores()
    assert list(town.connection.execute(select(rejected_fact.c.payload)).scalars()) == ["364"]


async def test_the_product_ends_and_forgets_at_its_start_what_is_over_on_a_platform_that_is_off(tmp_path: Path) -> None:
    today = datetime.now(UTC)

    def posts(connection: Connection) -> None:
        town = Town(connection, today)
        for age in (15, 100):
            town.delivered(State.POSTED, age * DAY)

    async with open_database(tmp_path / "newstally.db") as db:
        await db.write(posts)
    async with running(tmp_path, "[gather]\nsample_wire = false\n") as product:
        await product.until(lambda: product.rows("SELECT state FROM delivery") == [("closed",)])
        await product.until(lambda: product.rows("SELECT actor FROM voter") == [("u1",)])
