"""Which stories new entries join, and which stories of other languages they are linked to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from bot.model import ChatKind, ChatRef
from bot.storage import candidates, chats, corrections, news, owed, pairs, retention, subscriptions
from bot.storage.candidates import COMMON
from bot.storage.pairs import APART
from bot.storage.story_rows import story_columns, story_from
from bot.storage.tables import chat, clue, story, subscription, subscription_cursor
from bot.storage.telling import Judge
from tests.storage.told import HOUR, JUDGE, NOW, found, ledgers, pairs_said, poll, told_by

DAY = timedelta(days=1)


def read(connection: Connection, story_id: int):
    return story_from(connection.execute(select(*story_columns()).where(story.c.id == story_id)).one())


# --- one story once --------------------------------------------------------------------------------------------------


def test_what_another_source_tells_too_is_the_same_story(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    result = poll(connection, "b", found("two", "90000", "btc", "etf"))
    assert (result.new_story_ids, told_by(connection)) == ((), {"one": 1, "two": 1})
    assert (read(connection, 1).title, read(connection, 1).source, read(connection, 1).sources) == ("one", "a", 2)


@pytest.mark.parametrize(
    "other",
    [
        found("two", "btc"),
        found("two", "btc", "90000", language="de"),
        found("two"),
        found("two", "btc", "90000", published_at=NOW - 4 * DAY),
    ],
    ids=["too little is shared", "another language", "no clues", "too long ago"],
)
def test_what_the_judge_does_not_take_for_the_same_is_a_story_of_its_own(connection: Connection, other) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    assert poll(connection, "b", other).new_story_ids == (2,)


def test_a_story_that_is_too_old_is_not_met_again(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    later = NOW + 73 * HOUR
    assert poll(connection, "b", found("two", "btc", "90000", published_at=later), now=later).new_story_ids == (2,)


def test_what_a_source_tells_again_is_a_follow_up(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    assert poll(connection, "a", found("two", "btc", "90000")).new_story_ids == (2,)
    # Another source's two entries: the first joins the nearest, the second is news of its own or joins the other.
    poll(connection, "b", found("four", "btc", "90000"), found("three", "btc", "90000"))
    assert told_by(connection) == {"one": 1, "two": 2, "three": 2, "four": 1}
    assert poll(connection, "b", found("five", "btc", "90000")).new_story_ids == (3,)


def test_samples_and_news_never_meet(connection: Connection) -> None:
    poll(connection, "sample:en", found("one", "btc", "90000"))
    assert poll(connection, "b", found("two", "btc", "90000")).new_story_ids == (2,)


def test_a_clue_that_many_share_recognises_nothing(connection: Connection) -> None:
    poll(connection, "a", *(found(f"x{n}", "btc", f"only {n}") for n in range(COMMON + 1)))
    asked = []

    def ask(one, other):
        asked.append((one.title, other.title))
        return False

    judge = Judge(JUDGE.same_title, ask)
    poll(connection, "b", found("two", "btc"), judge=judge)
    assert asked == []
    poll(connection, "b", found("three", "btc", "only 7"), judge=judge)
    assert asked == [("three", "x7")]


def test_the_nearest_are_judged_first_and_only_so_many(connection: Connection) -> None:
    poll(connection, "a", *(found(f"x{n}", "btc", *(["rare"] if n == 3 else [])) for n in range(50)))
    asked = []

    def ask(one, other):
        asked.append(other.title)
        return False

    poll(connection, "b", found("two", "btc", "rare"), judge=Judge(JUDGE.same_title, ask))
    assert asked[0] == "x3"
    assert len(asked) == news.JUDGED


def test_a_second_source_is_shown_but_pings_nobody(connection: Connection) -> None:
    room = chats.ensure(connection, ChatRef("memory", "1"), ChatKind.GROUP, NOW)
    connection.execute(update(chat).values(language="en"))
    poll(connection, "a")
    poll(connection, "b")
    for source_id in (1, 2):
        subscriptions.follow_source(connection, room.id, source_id, None, NOW)
        connection.execute(
            subscription_cursor.insert().values(subscription_id=source_id, source_id=source_id, entry_id=0)
        )
    connection.execute(update(subscription).values(contacted_at=NOW))
    poll(connection, "a", found("one", "btc", "90000"))
    assert owed.select_new(connection, NOW) == 1
    poll(connection, "b", found("two", "btc", "90000"))
    assert owed.select_new(connection, NOW) == 0
    assert read(connection, 1).sources == 2


def test_the_number_of_sources_has_posts_drawn_anew_only_at_a_few_steps(connection: Connection) -> None:
    seen = []
    for number in range(12):
        result = poll(connection, f"s{number}", found(f"e{number}", "btc", "90000"))
        seen.append((read(connection, 1).sources, read(connection, 1).revision, result.changed_ledgers))
    assert [sources for sources, _, _ in seen] == list(range(1, 13))
    assert [sources for sources, _, ledgers in seen if ledgers] == [2, 3, 5, 10]
    assert seen[-1][1] == 5
    poll(connection, "s3", found("e3", "btc", "90000"), found("again", "x", address_key="e3.example", title_key="e3"))
    assert read(connection, 1).revision == 5  # the same source, twice


# --- linked ----------------------------------------------------------------------------------------------------------


def test_stories_in_different_languages_about_one_event_share_a_ledger(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    result = poll(connection, "b", found("eins", "btc", "90000", language="de"))
    assert (result.new_story_ids, result.changed_ledgers) == ((2,), (1,))
    assert ledgers(connection) == {1: 1, 2: 1}
    assert pairs_said(connection) == {(1, 2): ("linked", ["90000", "btc"])}


def test_a_third_one_joins_two_ledgers(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    poll(connection, "b", found("eins", "eth", "4000", language="de"))
    poll(connection, "c", found("un", "btc", "90000", "eth", "4000", language="fr"))
    assert ledgers(connection) == {1: 1, 2: 1, 3: 1}


def test_entries_of_one_poll_are_linked_too_and_only_once_a_language(connection: Connection) -> None:
    poll(
        connection,
        "a",
        found("eins", "btc", "90000", language="de"),
        found("unknown", "btc", "90000", language="und"),
        found("two", "btc", "90000"),
        found("one", "btc", "90000"),
    )
    assert ledgers(connection) == {1: 1, 2: 2, 3: 3, 4: 1}
    assert list(pairs_said(connection)) == [(1, 4)]


def test_what_an_operator_holds_apart_is_not_joined_through_a_third(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    poll(connection, "b", found("eins", "eth", "4000", language="de"))
    pairs.say(connection, 1, 2, APART, [], NOW)
    poll(connection, "c", found("un", "btc", "90000", "eth", "4000", language="fr"))
    assert len(set(ledgers(connection).values())) == 2


def test_a_ledger_holds_one_story_of_each_language(connection: Connection) -> None:
    judge = Judge(JUDGE.same_title, linked=lambda one, other: ["near"])
    for number, language in enumerate(("en", "de", "en", "fr", "de", "en")):
        poll(connection, "a", found(f"e{number}", f"k{number}", f"k{number + 1}", language=language), judge=judge)
    # The third would bring a second English story into the ledger of the first two, the sixth into that of the others.
    assert ledgers(connection) == {1: 1, 2: 1, 3: 3, 4: 3, 5: 3, 6: 6}


def test_two_ledgers_that_both_tell_it_in_one_language_are_not_joined_through_a_third(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    poll(connection, "b", found("eins", "btc", "90000", language="de"))
    poll(connection, "c", found("zwei", "eth", "4000", language="de"))
    poll(connection, "d", found("un", "btc", "90000", "eth", "4000", language="fr"))
    held = ledgers(connection)
    assert (held[1], held[2], held[3]) == (1, 1, 3)
    assert held[4] in {1, 3}


def test_stories_of_one_language_share_a_ledger_where_the_operator_links_them(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    poll(connection, "a", found("two", "eth", "4000"))
    poll(connection, "b", found("eins", "x", language="de"))
    corrections.link(connection, 1, 3, NOW)
    corrections.link(connection, 2, 3, NOW)
    assert set(ledgers(connection).values()) == {1}
    poll(connection, "c", found("un", "btc", "90000", language="fr"))
    assert ledgers(connection)[4] == 1


# --- forgetting ------------------------------------------------------------------------------------------------------


def test_clues_are_forgotten_when_nothing_can_meet_them(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc"))
    poll(connection, "a", found("two", "eth", published_at=NOW + DAY), now=NOW + DAY)
    candidates.forget(connection, NOW)
    assert connection.execute(select(clue.c.key)).scalars().all() == ["btc", "eth"]
    retention.prune(connection, NOW + 73 * HOUR, 90 * DAY, 90 * DAY)
    assert connection.execute(select(clue.c.key)).scalars().all() == ["eth"]
    retention.prune(connection, NOW + 99 * HOUR, 90 * DAY, 90 * DAY)
    assert connection.execute(select(clue.c.key)).scalars().all() == []


def test_linked_stories_are_forgotten_together(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    poll(connection, "b", found("eins", "btc", "90000", language="de"))
    poll(connection, "a", now=NOW + HOUR)  # it lists nothing now; the other one still does
    retention.prune(connection, NOW + 100 * DAY, 90 * DAY, 90 * DAY)
    assert len(ledgers(connection)) == 2
    poll(connection, "b", now=NOW + HOUR)
    retention.prune(connection, NOW + 100 * DAY, 90 * DAY, 90 * DAY)
    assert (ledgers(connection), pairs_said(connection)) == ({}, {})
