"""Entries that a source lists in a form that we have: they aren't read again, and stay listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from bot.gather.storing import Listing
from bot.storage import polls, sources, stories
from bot.storage.polls import Answered, Body
from bot.storage.stories import FoundFeed
from bot.storage.tables import entry, source
from bot.storage.telling import FoundEntry
from tests.storage import told

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ONE = FoundEntry(
    identity="one",
    title="One",
    url="https://a.example/1",
    lede="Words",
    picture=None,
    language="fr",
    published_at=NOW,
    content_hash="h1",
    address_key="a.example/1",
    title_key="one",
    raw_hash="form 1",
)
TWO = replace(ONE, identity="two", title="Two", address_key="a.example/2", title_key="two", raw_hash="form 2")


@pytest.fixture
def source_id(connection: Connection) -> int:
    return sources.ensure_source(connection, "https://a.example/feed", exempt=False, interval_seconds=600)


def save(
    connection: Connection, source_id: int, found: Sequence[FoundEntry], now: datetime, unchanged: Sequence[str] = ()
) -> None:
    told.save(
        connection,
        Listing(
            source_id,
            FoundFeed("The feed", None, None),
            found,
            Answered(now, now + DAY, 600),
            Body(None, None, str(now), None),
            unchanged,
        ),
    )


def forms(connection: Connection, source_id: int) -> set[str]:
    return set(stories.known_forms(connection, source_id).raw_hashes)


def test_nothing_is_known_of_a_source_that_was_never_read(connection: Connection, source_id: int) -> None:
    assert forms(connection, source_id) == set()
    assert forms(connection, 99) == set()


def test_what_is_known_is_what_the_source_lists(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [ONE, TWO], NOW)
    assert forms(connection, source_id) == {"form 1", "form 2"}
    save(connection, source_id, [], NOW + DAY, ["form 2"])
    assert forms(connection, source_id) == {"form 2"}
    save(connection, source_id, [ONE], NOW + 2 * DAY, ["form 2"])
    assert forms(connection, source_id) == {"form 1", "form 2"}


def test_an_unchanged_entry_stays_listed_and_its_story_is_kept(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [ONE, TWO], NOW)
    for day in range(1, 5):
        save(connection, source_id, [], NOW + day * DAY, ["form 1"])
    assert stories.prune(connection, NOW + 3 * DAY) == 1
    assert connection.execute(select(entry.c.identity)).scalars().all() == ["one"]


def test_it_stays_listed_while_the_body_stays_the_same(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [ONE], NOW)
    polls.mark_answered(connection, source_id, Answered(NOW + DAY, NOW + 2 * DAY, 600))
    assert forms(connection, source_id) == {"form 1"}
    save(connection, source_id, [], NOW + 2 * DAY, ["form 1"])
    assert connection.execute(select(entry.c.last_seen_at)).scalar_one() == NOW + 2 * DAY


def test_a_new_form_of_an_entry_replaces_the_old_one(connection: Connection, source_id: int) -> None:
    save(connection, source_id, [ONE], NOW)
    save(connection, source_id, [replace(ONE, raw_hash="form 1b")], NOW + DAY)
    assert forms(connection, source_id) == {"form 1b"}
    save(connection, source_id, [replace(ONE, title="Edited", content_hash="h2", raw_hash=None)], NOW + 2 * DAY)
    assert forms(connection, source_id) == set()


def test_another_source_does_not_lend_its_entries(connection: Connection, source_id: int) -> None:
    other = sources.ensure_source(connection, "https://b.example/feed", exempt=False, interval_seconds=600)
    save(connection, source_id, [ONE], NOW)
    save(connection, other, [TWO], NOW)
    save(connection, other, [], NOW + DAY, ["form 1"])
    assert forms(connection, source_id) == {"form 1"}
    assert forms(connection, other) == set()


def test_one_new_entry_beside_known_ones_does_not_change_what_the_source_speaks(
    connection: Connection, source_id: int
) -> None:
    save(connection, source_id, [ONE, TWO], NOW)
    save(connection, source_id, [replace(ONE, identity="3", language="en", raw_hash="form 3")], NOW + DAY, ["form 1"])
    assert connection.execute(select(source.c.detected_language)).scalar_one() == "fr"
    assert stories.known_forms(connection, source_id).language == "fr"
