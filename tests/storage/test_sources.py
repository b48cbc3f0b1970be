"""What is polled when, and what a subscription reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, create_engine, select, update

from bot.gather.storing import Listing
from bot.model import ChatKind, ChatRef, Phrase
from bot.storage import chats, following, polls, sources, subscriptions
from bot.storage.following import WantedSource
from bot.storage.migrate import migrate
from bot.storage.polls import Answered, Body
from bot.storage.stories import FoundFeed
from bot.storage.tables import chat, entry, subscription, subscription_cursor
from bot.storage.telling import FoundEntry
from tests.storage import told

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROBLEM = Phrase("The server answered {status}.", {"status": 500})


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine: Engine = create_engine("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def make(connection: Connection, url: str = "https://a.example/feed", *, exempt: bool = False) -> int:
    return sources.ensure_source(connection, url, exempt=exempt, interval_seconds=600)


def chat_of(connection: Connection, name: str = "1") -> int:
    chat = chats.ensure(connection, ChatRef("memory", name), ChatKind.GROUP, NOW)
    chats.choose_language(connection, chat.id, "en", None, NOW)
    return chat.id


def follow(connection: Connection, source_id: int, chat_id: int | None = None, now: datetime = NOW) -> int:
    subscriptions.follow_source(connection, chat_id or chat_of(connection), source_id, None, now)
    subscription_id = connection.execute(
        select(subscription.c.id).where(subscription.c.source_id == source_id).order_by(subscription.c.id.desc())
    ).scalar()
    singles = {row.id: row.source_id for row in connection.execute(select(subscription)) if row.source_id}
    following.apply(connection, {}, singles, 600, now)
    return subscription_id


def poll(connection: Connection, source_id: int, names: str, now: datetime) -> None:
    found = [FoundEntry(name, name, None, "", None, "en", now, name, None, name) for name in names]
    answered = Answered(now, now + HOUR, 600)
    told.save(connection, Listing(source_id, FoundFeed("", None, None), found, answered, Body(None, None, names, None)))


def cursor(connection: Connection, subscription_id: int) -> int:
    return connection.execute(
        select(subscription_cursor.c.entry_id).where(subscription_cursor.c.subscription_id == subscription_id)
    ).scalar_one()


def test_a_source_is_the_same_one_by_address_and_exemption(connection: Connection) -> None:
    assert make(connection) == make(connection)
    assert make(connection) != make(connection, exempt=True)


def test_only_a_source_that_somebody_follows_is_due(connection: Connection) -> None:
    source_id = make(connection)
    make(connection, "https://b.example/feed")
    assert polls.due(connection, NOW, 10) == []
    follow(connection, source_id)
    assert [source.id for source in polls.due(connection, NOW, 10)] == [source_id]


def test_the_longest_overdue_comes_first(connection: Connection) -> None:
    ids = [make(connection, f"https://{name}.example/feed") for name in "abc"]
    chat_id = chat_of(connection)
    for source_id in ids:
        follow(connection, source_id, chat_id)
    for source_id, hours in zip(ids, (1, 3, 2), strict=True):
        polls.mark_answered(connection, source_id, Answered(NOW, NOW + hours * HOUR, 600))
    assert [source.id for source in polls.due(connection, NOW + 4 * HOUR, 2)] == [ids[0], ids[2]]


def test_a_failure_is_kept_in_words_until_the_next_success(connection: Connection) -> None:
    source_id = make(connection)
    follow(connection, source_id)
    polls.mark_failed(connection, source_id, PROBLEM, NOW, NOW + HOUR)
    polls.mark_failed(connection, source_id, PROBLEM, NOW + HOUR, NOW + 2 * HOUR)
    (health,) = sources.health(connection)
    assert (health.failures, health.problem, health.failing_since) == (2, PROBLEM, NOW)
    polls.mark_answered(connection, source_id, Answered(NOW + 2 * HOUR, NOW + 3 * HOUR, 600))
    (health,) = sources.health(connection)
    assert (health.failures, health.problem, health.failing_since) == (0, None, None)


def test_a_source_that_rests_while_it_is_polled_keeps_resting(connection: Connection) -> None:
    source_id = make(connection)
    follow(connection, source_id)
    following.apply(connection, {}, {}, 600, NOW)
    polls.mark_answered(connection, source_id, Answered(NOW, NOW + HOUR, 600))
    assert polls.due(connection, NOW + 2 * HOUR, 10) == []
    polls.mark_failed(connection, source_id, PROBLEM, NOW, NOW + HOUR)
    assert polls.due(connection, NOW + 2 * HOUR, 10) == []


def test_whoever_follows_a_source_that_rested_waits_for_its_next_answer(connection: Connection) -> None:
    source_id = make(connection)
    follow(connection, source_id)
    poll(connection, source_id, "ab", NOW)
    following.apply(connection, {}, {}, 600, NOW)
    follow(connection, source_id, chat_of(connection, "2"), NOW + HOUR)
    (health,) = sources.health(connection)
    assert health.last_polled_at is None
    assert [source.id for source in polls.due(connection, NOW + HOUR, 10)] == [source_id]


def test_a_source_that_ended_is_never_due(connection: Connection) -> None:
    source_id = make(connection)
    follow(connection, source_id)
    polls.mark_ended(connection, source_id, PROBLEM, NOW)
    following.apply(connection, {}, {1: source_id}, 600, NOW)
    assert polls.due(connection, NOW + HOUR, 10) == []


def test_a_new_follower_takes_what_was_published_before_as_read(connection: Connection) -> None:
    source_id = make(connection)
    follow(connection, source_id)
    poll(connection, source_id, "abc", NOW)
    newest = connection.execute(select(entry.c.id).order_by(entry.c.id.desc()).limit(1)).scalar()
    late = follow(connection, source_id, chat_of(connection, "2"))
    assert cursor(connection, late) == newest


def test_a_source_that_steps_in_later_brings_no_backlog(connection: Connection) -> None:
    chat_id = chat_of(connection)
    subscriptions.follow_pack(connection, chat_id, "crypto", None, NOW)
    key = connection.execute(select(subscription.c.id)).scalar_one()
    first = WantedSource("https://a.example/", "A", "en")
    second = WantedSource("https://b.example/", "B", "en")
    following.apply(connection, {key: [first]}, {}, 600, NOW)
    connection.execute(update(subscription).values(contacted_at=NOW))
    following.apply(connection, {key: [second]}, {}, 600, NOW)
    (source,) = polls.due(connection, NOW, 10)
    assert (source.url, source.ever_ok) == ("https://b.example/", False)
    poll(connection, source.id, "abc", NOW)
    newest = connection.execute(select(entry.c.id).order_by(entry.c.id.desc()).limit(1)).scalar()
    assert cursor(connection, key) == newest
    poll(connection, source.id, "dabc", NOW + HOUR)
    assert cursor(connection, key) == newest


def test_sources_that_nobody_wants_are_forgotten_after_a_while(connection: Connection) -> None:
    kept, old, told = (make(connection, f"https://{name}.example/feed") for name in "abc")
    follow(connection, kept)
    poll(connection, told, "x", NOW)
    polls.mark_answered(connection, old, Answered(NOW, NOW, 600))
    assert sources.prune(connection, NOW - HOUR) == 0
    assert sources.prune(connection, NOW + HOUR) == 1
    assert {health.id for health in sources.health(connection)} == {kept, told}


def test_of_the_exempt_sources_only_those_that_the_config_names_now_are_polled(connection: Connection) -> None:
    chat_id = chat_of(connection)
    named = make(connection, "http://10.0.0.1/named", exempt=True)
    dropped = make(connection, "http://10.0.0.1/dropped", exempt=True)
    unread = make(connection, "http://10.0.0.1/unread", exempt=True)
    wire = make(connection, "sample:en", exempt=True)
    members = make(connection, "http://10.0.0.1/dropped")
    for source_id in (named, dropped, wire, members):
        follow(connection, source_id, chat_id)
    sources.keep_exempt(connection, [named], samples=True)
    wake(connection)
    assert {source.id for source in polls.due(connection, NOW, 10)} == {named, wire, members}
    said = {health.id: health.problem for health in sources.health(connection)}
    assert said.pop(dropped) == sources.NOT_NAMED
    assert set(said) == {named, unread, wire, members}
    assert set(said.values()) == {None}
    followed = [row.sources[0].id for row in subscriptions.of_chat(connection, chat_id)]
    assert followed == [named, dropped, wire, members]  # it can be seen there, and removed


def test_the_samples_rest_without_a_word_while_they_are_not_shown(connection: Connection) -> None:
    wire = make(connection, "sample:en", exempt=True)
    follow(connection, wire)
    sources.keep_exempt(connection, [], samples=True)
    wake(connection)
    sources.keep_exempt(connection, [], samples=False)
    polls.mark_failed(connection, wire, PROBLEM, NOW, NOW)  # a look that was under way
    assert polls.due(connection, NOW + HOUR, 10) == []
    sources.keep_exempt(connection, [], samples=True)
    wake(connection)
    assert [source.id for source in polls.due(connection, NOW + HOUR, 10)] == [wire]


def test_health_tells_whether_a_chat_that_is_not_paused_reads_the_source(connection: Connection) -> None:
    source_id = make(connection)
    unread = make(connection, "https://b.example/unread")
    chat_id = chat_of(connection)
    follow(connection, source_id, chat_id)
    assert [health.followed for health in sources.health(connection)] == [True, False]
    connection.execute(update(chat).where(chat.c.id == chat_id).values(paused={"msgid": "gone", "args": {}}))
    assert [health.followed for health in sources.health(connection)] == [False, False]
    assert unread


def test_an_exempt_source_that_is_named_again_is_polled_again(connection: Connection) -> None:
    source_id = make(connection, exempt=True)
    gone = make(connection, "https://b.example/gone", exempt=True)
    for one in (source_id, gone):
        follow(connection, one)
    polls.mark_ended(connection, gone, PROBLEM, NOW)
    sources.keep_exempt(connection, [gone], samples=True)
    sources.keep_exempt(connection, [gone], samples=True)
    assert polls.due(connection, NOW, 10) == []
    sources.keep_exempt(connection, [source_id, gone], samples=True)
    wake(connection)
    assert [source.id for source in polls.due(connection, NOW, 10)] == [source_id]
    assert [health.problem for health in sources.health(connection)] == [None, PROBLEM]


def wake(connection: Connection) -> None:
    singles = {row.id: row.source_id for row in connection.execute(select(subscription))}
    following.apply(connection, {}, singles, 600, NOW)
