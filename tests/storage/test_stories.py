"""What a poll stores, changes and forgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from bot.gather.storing import Changes, Listing
from bot.model import ChatKind, ChatRef
from bot.storage import chats, polls, search, sources, stories
from bot.storage.polls import Answered, Body
from bot.storage.stories import FoundFeed
from bot.storage.tables import delivery, entry, source, story
from bot.storage.telling import FoundEntry
from bot.words import terms
from tests.storage import told

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FOUND = FoundEntry(
    identity="one",
    title="A title",
    url="https://a.example/1",
    lede="Words",
    picture=None,
    language="en",
    published_at=NOW - timedelta(hours=1),
    content_hash="h1",
    address_key="a.example/1",
    title_key="a title",
)


@pytest.fixture
def source_id(connection: Connection) -> int:
    return sources.ensure_source(connection, "https://a.example/feed", exempt=False, interval_seconds=600)


def save(
    connection: Connection,
    source_id: int,
    found: Sequence[FoundEntry],
    now: datetime = NOW,
    feed: FoundFeed | None = None,
) -> Changes:
    return told.save(
        connection,
        Listing(
            source_id,
            feed or FoundFeed("The feed", "en", "https://a.example/"),
            found,
            Answered(now, now + DAY, 600),
            Body("etag", None, f"hash of {len(found)}", None),
        ),
    )


def only_story(connection: Connection):
    return connection.execute(select(story)).one()


def test_an_entry_becomes_a_story(connection: Connection, source_id: int) -> None:
    result = save(connection, source_id, [FOUND])
    assert result == Changes(new_story_ids=(1,), changed_ledgers=(), new_entries=1)
    told = only_story(connection)
    assert (told.title, told.url, told.lede, told.language) == ("A title", "https://a.example/1", "Words", "en")
    assert (told.sorted_at, told.revision, told.sample) == (FOUND.published_at, 1, False)
    row = connection.execute(select(source)).one()
    assert (row.title, row.site_url, row.etag, row.body_hash) == ("The feed", "https://a.example/", "etag", "hash of 1")


def test_the_same_again_changes_nothing(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [FOUND])
    assert save(connection, source_id, [FOUND], NOW + DAY) == Changes((), (), 0)
    row = connection.execute(select(entry)).one()
    assert (row.first_seen_at, row.last_seen_at) == (NOW, NOW + DAY)


def test_an_edit_raises_the_revision_and_a_date_does_not(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [FOUND])
    dated = replace(FOUND, published_at=NOW)
    assert save(connection, source_id, [dated]).changed_ledgers == ()
    assert (only_story(connection).revision, only_story(connection).published_at) == (1, NOW)
    edited = replace(dated, title="New", title_key="new", content_hash="h2")
    assert save(connection, source_id, [edited]).changed_ledgers == (1,)
    assert (only_story(connection).revision, only_story(connection).title) == (2, "New")


def test_an_entry_without_a_date_is_sorted_where_it_was_first_seen(connection: Connection, source_id: int) -> None:
    undated = replace(FOUND, published_at=None)
    save(connection, source_id, [undated])
    save(connection, source_id, [undated], NOW + DAY)
    assert (only_story(connection).published_at, only_story(connection).sorted_at) == (None, NOW)


def test_an_entry_from_the_future_does_not_stand_above_the_news(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [replace(FOUND, published_at=NOW + 300 * DAY)])
    assert (only_story(connection).published_at, only_story(connection).sorted_at) == (NOW + 300 * DAY, NOW)


def test_a_new_guid_at_the_same_address_and_title_joins_the_story(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [FOUND])
    assert save(connection, source_id, [replace(FOUND, identity="two")]) == Changes((), (), 1)
    assert connection.execute(select(entry.c.story_id)).scalars().all() == [1, 1]


@pytest.mark.parametrize(
    "other",
    [
        {"language": "fr"},
        {"title": "Other news", "title_key": "other news", "lede": "Said of something else"},
        {"title_key": "another", "address_key": None, "url": None},
        {"address_key": "a.example/2", "lede": "Said of something else", "published_at": NOW},
    ],
)
def test_what_differs_in_language_title_or_text_is_another_story(
    other: dict[str, str | None], connection: Connection, source_id: int
) -> None:
    save(connection, source_id, [FOUND])
    assert len(save(connection, source_id, [replace(FOUND, identity="two", **other)]).new_story_ids) == 1


def test_entries_without_address_are_the_same_only_within_their_source(connection: Connection, source_id: int) -> None:
    bare = replace(FOUND, url=None, address_key=None)
    other = sources.ensure_source(connection, "https://b.example/feed", exempt=False, interval_seconds=600)
    save(connection, source_id, [bare])
    assert save(connection, source_id, [replace(bare, identity="two")]).new_story_ids == ()
    assert save(connection, source_id, [replace(bare, identity="three", lede="Other")]).new_story_ids == (2,)
    assert save(connection, other, [bare]).new_story_ids == (3,)


def test_a_story_is_told_by_its_first_entry(connection: Connection, source_id: int) -> None:
    second = replace(FOUND, identity="two")
    save(connection, source_id, [second, FOUND])
    edit = {"title": "New", "title_key": "new", "content_hash": "h2"}
    assert save(connection, source_id, [replace(second, **edit), FOUND]).changed_ledgers == ()
    assert save(connection, source_id, [second, replace(FOUND, **edit)]).changed_ledgers == (1,)


def test_a_story_without_words_takes_them_from_who_tells_it_next(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [replace(FOUND, lede="")])
    result = save(connection, source_id, [replace(FOUND, identity="two", picture="https://a.example/p.jpg")])
    assert result.changed_ledgers == (1,)
    told = only_story(connection)
    assert (told.lede, told.picture, told.revision) == ("Words", "https://a.example/p.jpg", 2)


def test_entries_are_stored_from_the_oldest_on(connection: Connection, source_id: int) -> None:
    newest_first = [
        replace(FOUND, identity=name, title_key=name, address_key=name, title=name) for name in ("new", "old", "older")
    ]
    save(connection, source_id, newest_first)
    titles = connection.execute(select(entry.c.title).order_by(entry.c.id)).scalars().all()
    assert titles == ["older", "old", "new"]


def test_a_feed_of_thousands_of_items_is_stored(connection: Connection, source_id: int) -> None:
    many = [replace(FOUND, identity=f"{n}", address_key=f"a/{n}") for n in range(2000)]
    assert save(connection, source_id, many).new_entries == 2000
    assert save(connection, source_id, many) == Changes((), (), 0)


def test_a_poll_of_a_source_that_was_removed_stores_nothing(connection: Connection) -> None:
    assert save(connection, 99, [FOUND]) == Changes((), (), 0)


# --- forgetting ------------------------------------------------------------------------------------------------------


def unchanged(connection: Connection, source_id: int, now: datetime) -> None:
    polls.mark_answered(connection, source_id, Answered(now, now + DAY, 600))


def test_what_a_source_still_lists_is_never_forgotten(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [FOUND])
    assert stories.prune(connection, NOW + 1000 * DAY) == 0
    unchanged(connection, source_id, NOW + 900 * DAY)
    assert stories.prune(connection, NOW + 1000 * DAY) == 0


def test_age_counts_from_when_an_entry_was_last_listed(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [FOUND])
    unchanged(connection, source_id, NOW + 50 * DAY)  # listed till here, without a word of it in any body
    save(connection, source_id, [replace(FOUND, identity="two", title_key="b", address_key="b")], NOW + 51 * DAY)
    assert stories.prune(connection, NOW + 49 * DAY) == 0
    assert stories.prune(connection, NOW + 51 * DAY) == 1
    assert [row.identity for row in connection.execute(select(entry))] == ["two"]


@pytest.mark.parametrize(
    ("state", "forgotten"),
    [("waiting", 0), ("sending", 0), ("posted", 0), ("unconfirmed", 0), ("closed", 1), ("failed", 1)],
)
def test_a_story_that_is_still_owed_or_voted_on_is_kept(
    state: str, forgotten: int, connection: Connection, source_id: int
) -> None:
    save(connection, source_id, [FOUND])
    save(connection, source_id, [], NOW + DAY)
    chat = chats.ensure(connection, ChatRef("memory", "1"), ChatKind.GROUP, NOW)
    connection.execute(
        insert(delivery).values(story_id=1, chat_id=chat.id, state=state, created_at=NOW, next_try_at=NOW)
    )
    assert stories.prune(connection, NOW + 100 * DAY) == forgotten


def test_a_story_stays_while_one_of_its_sources_lists_it(connection: Connection, source_id: int) -> None:
    other = sources.ensure_source(connection, "https://b.example/feed", exempt=False, interval_seconds=600)
    save(connection, source_id, [FOUND])
    save(connection, other, [FOUND])
    save(connection, source_id, [], NOW + DAY)
    assert stories.prune(connection, NOW + 100 * DAY) == 0
    connection.execute(update(source).where(source.c.id == other).values(listed_at=NOW + DAY))
    assert stories.prune(connection, NOW + 100 * DAY) == 1


# --- searching -------------------------------------------------------------------------------------------------------


def found(connection: Connection, query: str) -> list[str]:
    page = search.find(connection, terms(query), language="en", limit=10)
    return [one.story.title for one in page.stories]


def test_what_polls_bring_and_edit_is_found_and_what_is_forgotten_is_not(
    connection: Connection, source_id: int
) -> None:
    save(connection, source_id, [FOUND])
    assert found(connection, "title") == ["A title"]
    save(connection, source_id, [replace(FOUND, title="Another name", content_hash="h2")], NOW + DAY)
    assert found(connection, "title") == []
    assert found(connection, "another words") == ["Another name"]
    save(connection, source_id, [], NOW + 2 * DAY)
    assert stories.prune(connection, NOW + 90 * DAY) == 1
    assert found(connection, "another") == []
    assert connection.exec_driver_sql("SELECT count(*) FROM story_words").scalar() == 0
