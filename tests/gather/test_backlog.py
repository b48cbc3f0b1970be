"""What a source lists late is stored, and owed to nobody; what happens now is news, whoever was away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, create_engine, func, select

from bot.gather.backlog import MANY
from bot.model import ChatKind, ChatRef
from bot.storage import chats, following, owed, sources, subscriptions
from bot.storage.migrate import migrate
from bot.storage.tables import delivery, entry, story, subscription
from bot.storage.telling import RECENT, FoundEntry
from tests.storage.told import HOUR, NOW, found, poll

DAY = timedelta(days=1)


class House:
    """A chat that follows one source, and gets what it is owed after each look."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = NOW
        room = chats.ensure(connection, ChatRef("memory", "1"), ChatKind.GROUP, NOW)
        chats.choose_language(connection, room.id, "en", None, NOW)
        self.chat_id = room.id
        self.follow("a")

    def follow(self, name: str) -> None:
        url = f"https://{name}.example/feed"
        source_id = sources.ensure_source(self.connection, url, exempt=False, interval_seconds=600)
        subscriptions.follow_source(self.connection, self.chat_id, source_id, None, NOW)
        singles = self.connection.execute(
            select(subscription.c.id, subscription.c.source_id).where(subscription.c.source_id.is_not(None))
        )
        following.apply(self.connection, {}, {row.id: row.source_id for row in singles}, 600, self.now)

    def look(self, *listed: FoundEntry, after: timedelta = HOUR, name: str = "a") -> set[str]:
        """Returns the titles of what the chat is owed by it."""
        self.now += after
        poll(self.connection, name, *listed, now=self.now)
        before = self.connection.execute(select(func.coalesce(func.max(delivery.c.id), 0))).scalar_one()
        owed.select_new(self.connection, self.now)
        told = select(story.c.title).join(delivery, delivery.c.story_id == story.c.id).where(delivery.c.id > before)
        return set(self.connection.execute(told).scalars())

    def stored(self) -> int:
        count: int = self.connection.execute(select(func.count()).select_from(entry)).scalar_one()
        return count


@pytest.fixture
def house() -> Iterator[House]:
    engine = create_engine("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        yield House(connection)
    engine.dispose()


def some(name: str, count: int, at: datetime | None, apart: timedelta = timedelta(0)) -> list[FoundEntry]:
    """Newest first."""
    return [replace(found(f"{name}{n}"), published_at=None if at is None else at - n * apart) for n in range(count)]


def names(name: str, count: int) -> set[str]:
    return {f"{name}{n}" for n in range(count)}


OLD = datetime.fromisoformat("2020-01-02T10:00:00+00:00")


def test_at_first_contact_the_three_newest_come_however_old(house: House) -> None:
    assert house.look(*some("o", 10, OLD, DAY)) == names("o", 3)


@pytest.mark.parametrize("count", [1, 5, 40])
@pytest.mark.parametrize("at", [OLD, OLD - 10 * DAY, NOW - RECENT - HOUR])
def test_a_list_that_is_lengthened_brings_no_news(house: House, count: int, at: datetime) -> None:
    first = some("o", 10, OLD)
    house.look(*first)
    assert house.look(*first, *some("x", count, at)) == set()
    assert house.stored() == 10 + count


def test_what_is_two_days_old_is_news_and_what_is_older_is_not(house: House) -> None:
    first = some("o", 5, NOW - 9 * DAY)
    house.look(*first)
    then = house.now + HOUR
    young, old = found("young", published_at=then - RECENT), found("old", published_at=then - RECENT - HOUR)
    assert house.look(young, old, *first) == {"young"}


def test_a_few_that_come_late_are_news_and_a_crowd_is_not(house: House) -> None:
    first = some("o", 10, NOW)
    house.look(*first)
    few = some("few", MANY, NOW - 5 * HOUR)
    assert house.look(*first, *few) == names("few", MANY)
    crowd = some("crowd", MANY + 1, NOW - 6 * HOUR)
    fresh = found("fresh", published_at=NOW + HOUR)
    assert house.look(fresh, *first, *few, *crowd) == {"fresh"}


def test_a_source_that_always_brings_many_may_bring_many_late(house: House) -> None:
    house.look(*some("o", 5, NOW))
    for hour in range(3):
        house.look(*some(f"h{hour}x", 40, NOW + (hour + 1) * HOUR))
    assert house.look(*some("late", 40, NOW)) == names("late", 40)


def test_all_that_is_newer_is_news_however_much_it_is(house: House) -> None:
    house.look(*some("o", 5, NOW))
    assert house.look(*some("x", 60, NOW + HOUR)) == names("x", 60)


def test_without_dates_what_stands_on_top_is_news_and_what_was_added_below_is_not(house: House) -> None:
    first = some("o", 10, None)
    house.look(*first)
    top, bottom = some("top", 2, None), some("bottom", 40, None)
    assert house.look(*top, *first, *bottom) == names("top", 2)
    assert house.look(*top, *first, *bottom) == set()


def test_without_dates_and_known_ones_unread_what_stands_below_one_of_them_was_added(house: House) -> None:
    house.look(*some("o", 10, None))
    bottom = [replace(one, below=True) for one in some("bottom", 40, None)]
    assert house.look(found("top", published_at=None), *bottom) == {"top"}


def test_a_list_that_is_all_new_at_once_and_has_no_dates_is_as_at_first_contact(house: House) -> None:
    house.look(*some("o", 30, None))
    assert house.look(*some("x", 30, None), after=timedelta(minutes=10)) == names("x", 3)


def test_a_site_that_moves_to_another_domain_brings_no_news(house: House) -> None:
    for at in (OLD, NOW, None):
        lede = f"Words of {at} that say what happened, and where, and to whom it happened."
        here = [replace(one, lede=lede) for one in some(f"{at}", 30, at)]
        house.look(*here)
        there = [
            replace(one, identity=f"new {one.identity}", url=f"https://new.example/{one.identity}",
                    address_key=f"new.example/{one.identity}")
            for one in here
        ]  # fmt: skip
        before = house.connection.execute(select(func.count()).select_from(story)).scalar()
        assert house.look(*there) == set()
        assert house.connection.execute(select(func.count()).select_from(story)).scalar() == before


# --- when we were away -----------------------------------------------------------------------------------------------


def test_after_three_days_away_the_news_of_two_days_come_and_no_more(house: House) -> None:
    first = some("o", 5, NOW)
    house.look(*first)
    back = house.now + 3 * DAY
    missed = some("m", 36, back, 2 * HOUR)
    came = house.look(*missed, *first, after=3 * DAY)
    assert came == {f"m{n}" for n in range(25)}
    assert house.stored() == 41
    assert house.look(*missed, *first) == set()


def test_after_three_days_away_of_a_source_without_dates_the_first_few_come(house: House) -> None:
    first = some("o", 5, None)
    house.look(*first)
    assert house.look(*some("m", 8, None), *first, after=3 * DAY) == names("m", 3)


def test_after_some_hours_away_all_that_is_new_comes(house: House) -> None:
    house.look(*some("o", 5, None))
    assert house.look(*some("m", 30, None), after=12 * HOUR) == names("m", 30)


def test_what_was_stored_before_we_went_and_not_owed_yet_is_owed_while_it_is_news(house: House) -> None:
    first = some("o", 5, NOW)
    house.look(*first)
    poll(house.connection, "a", found("x", published_at=house.now), *first, now=house.now)
    assert house.look(found("x", published_at=house.now), *first, after=DAY) == {"x"}
    poll(house.connection, "a", found("y", published_at=house.now), *first, now=house.now)
    assert house.look(found("y", published_at=house.now), *first, after=3 * DAY) == set()


def test_what_a_new_source_brings_bit_by_bit_is_no_news_to_who_knows_the_rest_of_its_pack(house: House) -> None:
    """As when a source of a pack gives way to another one."""
    house.look(*some("o", 5, NOW))
    (own,) = house.connection.execute(select(subscription.c.id)).scalars()
    source_id = sources.ensure_source(house.connection, "https://b.example/feed", exempt=False, interval_seconds=600)
    following.apply(house.connection, {}, {own: source_id}, 600, house.now)
    house.connection.execute(
        entry.insert().values(
            source_id=source_id, identity="x", story_id=1, title="x", language="en", first_seen_at=house.now,
            last_seen_at=house.now, content_hash="x",
        )
    )  # fmt: skip
    assert owed.select_new(house.connection, house.now) == 0
    assert house.look(*some("n", 40, house.now), name="b") == set()
    assert house.look(found("fresh", published_at=house.now), name="b") == {"fresh"}
