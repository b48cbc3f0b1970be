"""What chats are owed of sources that write of everything, of sources that come back, and at first contact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, create_engine, select, update

from bot.gather.storing import Listing
from bot.model import ChatKind, ChatRef, Phrase
from bot.storage import articles, chats, cursors, following, owed, polls, sources, subscriptions
from bot.storage.articles import ReadArticle
from bot.storage.following import WantedSource
from bot.storage.migrate import migrate
from bot.storage.polls import Answered, Body
from bot.storage.stories import FoundFeed
from bot.storage.tables import article, delivery, entry, source, story, subscription
from bot.storage.telling import RECENT, FoundEntry
from tests.storage.told import Direct, T, save

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
GENERAL = WantedSource("https://general.example/", "General", "hy", ("crypto", "BTC"))
OTHER = WantedSource("https://other.example/", "Other", "hy")


@dataclass
class World:
    """A chat that follows a pack, and what the pack's sources publish as time goes by."""

    connection: Connection
    chat_id: int
    now: datetime = NOW

    def reads(self, *wanted: WantedSource) -> None:
        key = self.connection.execute(select(subscription.c.id)).scalar_one()
        following.apply(self.connection, {key: wanted}, {}, 600, self.now)

    def publishes(self, of: WantedSource, *told: str, lists: Sequence[str] = ()) -> None:
        """New entries, each "title" or "title: topic topic"; ``lists``: what else the source still lists."""
        self.now += MINUTE
        source_id = self.source_id(of)
        row = self.connection.execute(select(source).where(source.c.id == source_id)).one()
        found = [self.found(one) for one in (*reversed(told), *lists)]
        answered = Answered(self.now, self.now + HOUR, 600)
        body = Body(None, None, f"{row.id} {self.now}", None)
        save(self.stored, Listing(source_id, FoundFeed("", None, None), found, answered, body))

    @property
    def stored(self) -> Direct:
        return Direct(self.connection)

    def found(self, told: str) -> FoundEntry:
        title, _, topics = told.partition(":")
        clues = (f"w:hy:{title}", f"a:{title}")
        return FoundEntry(
            title, title, None, "", None, "hy", self.now, told, None, title, clues=clues, topics=tuple(topics.split())
        )

    def source_id(self, of: WantedSource) -> int:
        return self.connection.execute(select(source.c.id).where(source.c.url == of.url)).scalar_one()

    def article_tells(self, title: str, *topics: str) -> None:
        self.now += MINUTE
        key = self.connection.execute(select(entry.c.id).where(entry.c.title == title)).scalar_one()
        self.connection.execute(article.insert().values(entry_id=key, state="waiting", next_try_at=self.now))
        read = ReadArticle("https://a.example/", title, "", (), None, "", None, (), topics)
        articles.save(self.connection, key, read, self.now)

    def owed(self) -> list[str]:
        """Titles of what has been owed since this was asked last."""
        before = {row[0] for row in self.connection.execute(select(delivery.c.id).where(delivery.c.state == "posted"))}
        owed.select_new(self.connection, self.now)
        rows = self.connection.execute(
            select(delivery.c.id, story.c.title)
            .join(story, story.c.id == delivery.c.story_id)
            .where(delivery.c.id.not_in(before))
            .order_by(story.c.title)
        ).all()
        self.connection.execute(update(delivery).values(state="posted"))
        return [row.title for row in rows]


class Impatient(World):
    """One for which it is asked what is owed whenever a portion of a look has been stored."""

    @property
    def stored(self) -> Direct:
        return _Asking(self.connection, self)


class _Asking(Direct):
    def __init__(self, connection: Connection, world: World) -> None:
        super().__init__(connection)
        self._world = world

    async def write(self, fn: Callable[..., T], /, *args: object) -> T:
        result = await super().write(fn, *args)
        owed.select_new(self.connection, self._world.now)
        return result


@pytest.fixture
def world() -> Iterator[World]:
    engine: Engine = create_engine("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        chat = chats.ensure(connection, ChatRef("memory", "1"), ChatKind.GROUP, NOW)
        chats.choose_language(connection, chat.id, "hy", None, NOW)
        subscriptions.follow_pack(connection, chat.id, "crypto", None, NOW)
        yield World(connection, chat.id)
    engine.dispose()


@pytest.fixture
def reader(world: World) -> World:
    """The chat reads a general source, and has had its first contact."""
    world.reads(GENERAL)
    world.publishes(GENERAL, "Coin one: BTC", "Weather one")
    assert world.owed() == ["Coin one"]
    return world


# --- sources that write of everything --------------------------------------------------------------------------------


def test_of_a_source_that_writes_of_everything_only_what_is_wanted_is_owed(reader: World) -> None:
    reader.publishes(GENERAL, "Coin two: BTC inflation", "Weather two: climate", "Law: crypto", "Football")
    assert reader.owed() == ["Coin two", "Law"]
    titles = reader.connection.execute(select(story.c.title)).scalars().all()
    assert len(titles) == 6  # all are stored
    assert reader.owed() == []


def test_at_first_contact_the_newest_of_what_is_wanted_are_owed(world: World) -> None:
    world.reads(GENERAL)
    world.publishes(GENERAL, "A: BTC", "B: BTC", "x", "C: crypto", "y", "D: BTC", "z")
    assert world.owed() == ["B", "C", "D"]


def test_another_chat_that_wants_all_of_the_source_gets_all(reader: World) -> None:
    other = chats.ensure(reader.connection, ChatRef("memory", "2"), ChatKind.GROUP, NOW)
    chats.choose_language(reader.connection, other.id, "hy", None, NOW)
    subscriptions.follow_pack(reader.connection, other.id, "world", None, NOW)
    one, two = reader.connection.execute(select(subscription.c.id).order_by(subscription.c.id)).scalars()
    following.apply(reader.connection, {one: [GENERAL], two: [replace(GENERAL, topics=())]}, {}, 600, reader.now)
    assert len(reader.owed()) == 2  # its first contact
    reader.publishes(GENERAL, "Coin two: BTC", "Weather two")
    assert reader.owed() == ["Coin two", "Coin two", "Weather two"]


def test_when_the_wish_changes_what_is_new_from_then_on_is_judged_by_it(reader: World) -> None:
    reader.publishes(GENERAL, "Rates one: interest-rates")
    assert reader.owed() == []
    reader.reads(replace(GENERAL, topics=("interest-rates",)))
    reader.publishes(GENERAL, "Rates two: interest-rates", "Coin two: BTC")
    assert reader.owed() == ["Rates two"]
    reader.reads(replace(GENERAL, topics=()))
    reader.publishes(GENERAL, "Weather three")
    assert reader.owed() == ["Weather three"]


# --- what turns out later --------------------------------------------------------------------------------------------


def test_what_the_article_tells_later_is_owed_then_once(reader: World) -> None:
    reader.publishes(GENERAL, "A riddle", "Another riddle")
    assert reader.owed() == []
    reader.article_tells("A riddle", "crypto")
    reader.article_tells("Another riddle", "climate")
    assert reader.owed() == ["A riddle"]
    reader.publishes(GENERAL, "Coin three: BTC")
    assert reader.owed() == ["Coin three"]


def test_what_the_article_tells_before_the_chat_has_looked_is_owed_as_ever(reader: World) -> None:
    reader.publishes(GENERAL, "A riddle")
    reader.article_tells("A riddle", "crypto")
    assert reader.owed() == ["A riddle"]


def test_what_an_edit_tells_is_owed_then(reader: World) -> None:
    reader.publishes(GENERAL, "Breaking")
    assert reader.owed() == []
    reader.publishes(GENERAL, lists=["Breaking: BTC"])
    assert reader.owed() == ["Breaking"]


def test_an_edit_does_not_take_away_what_the_article_told(reader: World) -> None:
    reader.publishes(GENERAL, "A riddle")
    reader.article_tells("A riddle", "crypto")
    reader.publishes(GENERAL, lists=["A riddle: climate"])
    assert reader.owed() == ["A riddle"]


def test_what_another_source_tells_of_the_story_is_owed_then(reader: World) -> None:
    """Be it one that the chat doesn't read."""
    reader.publishes(GENERAL, "A riddle")
    assert reader.owed() == []
    source_id = sources.ensure_source(reader.connection, OTHER.url, exempt=False, interval_seconds=600)
    assert source_id
    reader.publishes(OTHER, "A riddle: BTC")
    assert reader.owed() == ["A riddle"]


def test_a_story_that_was_passed_by_in_one_source_is_brought_by_another(reader: World) -> None:
    reader.reads(GENERAL, OTHER)
    reader.publishes(OTHER)
    reader.publishes(GENERAL, "Of no interest there")
    assert reader.owed() == []
    reader.publishes(OTHER, "Of no interest there")
    assert reader.owed() == ["Of no interest there"]


def test_what_was_there_before_the_chat_came_stays_no_news_whatever_turns_out(world: World) -> None:
    world.reads(GENERAL)
    world.publishes(GENERAL, "Riddle of old", "A: BTC", "B: BTC", "C: BTC")
    assert world.owed() == ["A", "B", "C"]
    world.article_tells("Riddle of old", "BTC")
    assert world.owed() == []


def test_a_first_contact_that_had_little_to_give_is_filled_by_what_turns_out(world: World) -> None:
    world.reads(GENERAL)
    world.publishes(GENERAL, "Riddle", "Weather")
    assert world.owed() == []
    world.article_tells("Riddle", "crypto")
    assert world.owed() == ["Riddle"]
    world.publishes(GENERAL, "Weather two", "Coin: BTC")
    assert world.owed() == ["Coin"]


def test_what_a_stand_in_had_published_before_stays_no_news_whatever_turns_out(reader: World) -> None:
    other = replace(OTHER, topics=GENERAL.topics)
    reader.reads(GENERAL, other)
    reader.publishes(other, "Riddle of the stand-in", "Old coin: BTC")
    assert reader.owed() == []
    reader.article_tells("Riddle of the stand-in", "BTC")
    assert reader.owed() == []
    reader.publishes(other, "New riddle", lists=["Riddle of the stand-in", "Old coin: BTC"])
    assert reader.owed() == []
    reader.article_tells("New riddle", "BTC")
    assert reader.owed() == ["New riddle"]


def test_an_old_story_told_again_stays_no_news_whatever_turns_out(world: World) -> None:
    world.reads(GENERAL, OTHER)
    world.publishes(OTHER, "Known riddle", "Another", "A third")
    world.publishes(GENERAL, "A: BTC", "B: BTC", "C: BTC")
    assert world.owed() == ["A", "B", "C"]
    world.publishes(GENERAL, "Known riddle")
    assert world.owed() == []
    source_id = sources.ensure_source(world.connection, "https://third.example/", exempt=False, interval_seconds=600)
    assert source_id
    world.publishes(replace(OTHER, url="https://third.example/"), "Known riddle: BTC")
    assert world.owed() == []


def test_after_two_days_nothing_turns_out_any_more(reader: World) -> None:
    reader.publishes(GENERAL, "A riddle")
    assert reader.owed() == []
    reader.now += RECENT + HOUR
    reader.article_tells("A riddle", "crypto")
    assert reader.owed() == []


@pytest.mark.parametrize("state", ["paused", "without a language"])
def test_a_chat_to_which_nothing_is_posted_is_owed_nothing_late(reader: World, state: str) -> None:
    reader.publishes(GENERAL, "A riddle")
    assert reader.owed() == []
    values = {"paused": {"msgid": "gone", "args": {}}} if state == "paused" else {"language": None}
    reader.connection.execute(update(chats.chat).values(**values))
    reader.article_tells("A riddle", "crypto")
    assert reader.owed() == []


# --- first contact ---------------------------------------------------------------------------------------------------


def test_a_pack_whose_sources_have_only_old_stories_waits_for_others(world: World) -> None:
    world.reads(OTHER)
    world.publishes(OTHER, "Of old")
    world.connection.execute(update(story).values(sorted_at=NOW - 31 * DAY))
    assert world.owed() == []
    second = replace(OTHER, url="https://second.example/")
    world.reads(OTHER, second)
    world.publishes(second, "New one", "New two", "New three", "New four")
    assert world.owed() == ["New four", "New three", "New two"]


# --- sources that come back ------------------------------------------------------------------------------------------


def gives_way(world: World, of: WantedSource) -> None:
    sources.give_way(world.connection, [world.source_id(of)], world.now)


def test_a_source_that_comes_back_after_long_brings_its_newest_three(reader: World) -> None:
    reader.reads(OTHER)
    reader.publishes(OTHER)
    assert reader.owed() == []
    gives_way(reader, OTHER)
    reader.now += 3 * DAY
    reader.publishes(OTHER, *"abcdefgh")
    assert reader.owed() == ["f", "g", "h"]
    reader.publishes(OTHER, "i", lists="abcdefgh")
    assert reader.owed() == ["i"]


@pytest.mark.parametrize("count", [9, 25, 60])
def test_it_brings_no_more_when_it_is_asked_for_while_they_are_stored(reader: World, count: int) -> None:
    reader.reads(OTHER)
    reader.publishes(OTHER)
    gives_way(reader, OTHER)
    impatient = Impatient(reader.connection, reader.chat_id, reader.now + 3 * DAY)
    told = [f"{number:03}" for number in range(count)]
    impatient.publishes(OTHER, *told)
    assert impatient.owed() == told[-3:]


def test_what_it_brings_is_no_news_when_it_is_old(reader: World) -> None:
    reader.reads(OTHER)
    reader.publishes(OTHER)
    gives_way(reader, OTHER)
    reader.now += 9 * DAY
    reader.publishes(OTHER, *"abcd")
    reader.connection.execute(update(entry).where(entry.c.title < "d").values(published_at=reader.now - RECENT - HOUR))
    assert reader.owed() == ["d"]


def test_of_one_that_writes_of_everything_the_newest_three_of_what_is_wanted(reader: World) -> None:
    gives_way(reader, GENERAL)
    reader.now += 3 * DAY
    reader.publishes(GENERAL, "a: BTC", "b: BTC", "c: BTC", "d", "e: BTC", "f", "g")
    assert reader.owed() == ["b", "c", "e"]


def test_a_source_that_was_away_for_less_than_an_hour_brings_all(reader: World) -> None:
    reader.reads(OTHER)
    reader.publishes(OTHER)
    gives_way(reader, OTHER)
    reader.now += cursors.STAND_IN - 2 * MINUTE
    reader.publishes(OTHER, *"abcdefgh")
    assert reader.owed() == list("abcdefgh")


def test_whoever_named_the_source_itself_gets_all_of_it(reader: World) -> None:
    reader.reads(OTHER)
    subscriptions.follow_source(reader.connection, reader.chat_id, reader.source_id(OTHER), None, reader.now)
    key, single = reader.connection.execute(select(subscription.c.id).order_by(subscription.c.id)).scalars()
    following.apply(reader.connection, {key: [OTHER]}, {single: reader.source_id(OTHER)}, 600, reader.now)
    reader.publishes(OTHER)
    reader.connection.execute(update(subscription).values(contacted_at=reader.now))
    gives_way(reader, OTHER)
    reader.now += 3 * DAY
    reader.publishes(OTHER, *"abcdefgh")
    assert reader.owed() == list("abcdefgh")


def test_who_gave_way_is_known_until_it_returns_or_nobody_reads_it(reader: World) -> None:
    def gave_way() -> datetime | None:
        (health,) = sources.health(reader.connection, [GENERAL.url])
        return health.gave_way_at

    gives_way(reader, GENERAL)
    at = reader.now
    reader.now += DAY
    gives_way(reader, GENERAL)
    assert gave_way() == at  # since when, and not since last told
    reader.reads(GENERAL)
    assert gave_way() == at
    sources.return_to_place(reader.connection, [reader.source_id(GENERAL)])
    assert gave_way() is None
    gives_way(reader, GENERAL)
    reader.reads(OTHER)
    assert gave_way() is None


def test_a_source_that_ended_has_given_way_for_good(reader: World) -> None:
    polls.mark_ended(reader.connection, reader.source_id(GENERAL), Phrase("Gone."), reader.now)
    gives_way(reader, GENERAL)
    reader.reads(OTHER)
    (health,) = sources.health(reader.connection, [GENERAL.url])
    assert health.gave_way_at is not None


# --- what is known of a source ---------------------------------------------------------------------------------------


def test_new_entries_with_old_dates_tell_that_the_dates_are_wrong(reader: World) -> None:
    reader.reads(OTHER)
    reader.connection.execute(update(source).values(newest_at=None, last_new_at=None))

    def fresh() -> datetime | None:
        return following.known(reader.connection, [OTHER.url])[OTHER.url].fresh_at

    reader.publishes(OTHER, "a")
    reader.connection.execute(update(source).values(newest_at=NOW - 900 * DAY))
    assert fresh() == NOW - 900 * DAY  # all of it may have been there for years
    reader.now += DAY
    reader.publishes(OTHER, "b", lists="a")
    reader.connection.execute(update(source).values(newest_at=NOW - 900 * DAY))
    assert fresh() == reader.now
    reader.connection.execute(update(source).values(newest_at=None))
    assert fresh() is None


def test_of_a_source_that_rests_nothing_is_known(reader: World) -> None:
    assert following.known(reader.connection, [GENERAL.url, "https://nowhere.example/"]).keys() == {GENERAL.url}
    reader.reads(OTHER)
    assert following.known(reader.connection, [GENERAL.url]) == {}
    polls.mark_ended(reader.connection, reader.source_id(GENERAL), Phrase("Gone."), reader.now)
    assert following.known(reader.connection, [GENERAL.url])[GENERAL.url].ended


def test_followers_tell_their_languages_in_order(world: World) -> None:
    def languages() -> tuple[str, ...]:
        return following.followers(world.connection)[0].languages

    assert languages() == ("hy", "ru", "en")
    chats.choose_fallbacks(world.connection, world.chat_id, ["fr", "hy", "de"], None, NOW)
    assert languages() == ("hy", "fr", "de")
    chats.choose_fallbacks(world.connection, world.chat_id, [], None, NOW)
    assert languages() == ("hy",)
    world.connection.execute(update(chats.chat).values(language=None))
    assert languages() == ()
