"""Which stories new entries join, and which stories of other languages they are linked to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select, update

from bot.gather import merge
from bot.model import ChatKind, ChatRef
from bot.storage import candidates, chats, corrections, owed, pairs, retention, subscriptions
from bot.storage.candidates import COMMON
from bot.storage.migrate import migrate
from bot.storage.pairs import APART
from bot.storage.story_rows import story_columns, story_from
from bot.storage.tables import chat, clue, story, subscription, subscription_cursor
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
    # Another source's two entries: each joins one of them.
    poll(connection, "b", found("four", "btc", "90000"), found("three", "btc", "90000"))
    assert told_by(connection) == {"one": 1, "two": 2, "three": 1, "four": 2}
    assert poll(connection, "b", found("five", "btc", "90000")).new_story_ids == (3,)


def test_the_best_match_is_joined_not_the_nearest(connection: Connection) -> None:
    poll(connection, "a", found("one", "rare", "btc"))
    poll(connection, "b", found("two", "btc", "90000", "etf"))
    for number in range(5):
        poll(connection, "c", found(f"x{number}", "btc"), found(f"y{number}", "90000"), found(f"z{number}", "etf"))
    # "rare" weighs most, so that the first is the nearest; but with the second it shares more.
    assert poll(connection, "d", found("three", "rare", "btc", "90000", "etf")).new_story_ids == ()
    assert told_by(connection)["three"] == 2


def test_of_two_entries_of_one_source_the_better_match_joins(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000", "etf"))
    poll(connection, "b", found("better", "btc", "90000", "etf"), found("older", "btc", "90000"))
    assert told_by(connection) == {"one": 1, "better": 1, "older": 2}


def test_what_is_like_an_entry_that_joined_a_story_joins_it_too(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    poll(connection, "b", found("two", "btc", "90000", "etf", "sec"))
    assert poll(connection, "c", found("three", "etf", "sec")).new_story_ids == ()
    assert set(told_by(connection).values()) == {1}


def test_only_so_many_entries_of_a_story_are_known_by_their_clues(connection: Connection) -> None:
    for number in range(candidates.TELLINGS + 5):
        poll(connection, f"s{number}", found(f"e{number}", "btc", "90000", f"{number}"))
    assert set(told_by(connection).values()) == {1}
    kept = connection.execute(select(clue.c.entry_id).distinct()).scalars().all()
    assert len(kept) == candidates.TELLINGS


def test_an_edited_entry_is_met_by_what_it_says_now(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    poll(connection, "a", found("one", "eth", "4000", content_hash="new"), now=NOW + HOUR)
    assert poll(connection, "b", found("two", "btc", "90000")).new_story_ids == (2,)
    assert poll(connection, "c", found("three", "eth", "4000")).new_story_ids == ()
    assert told_by(connection) == {"one": 1, "two": 2, "three": 1}


def test_an_entry_that_joined_another_sources_story_is_known_under_another_guid(connection: Connection) -> None:
    poll(connection, "a", found("one", "btc", "90000"))
    poll(connection, "b", found("two", "btc", "90000"))
    moved = found(
        "new guid", "btc", "90000", title="two", title_key="two", url="https://new.example/2", address_key="n"
    )
    assert poll(connection, "b", moved, now=NOW + HOUR).new_story_ids == ()
    assert told_by(connection)["two"] == 1


EVENTS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(1, 5), st.booleans()), unique_by=lambda one: one[:2], max_size=14
)


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_what_is_grouped_does_not_depend_on_who_comes_first(
    events: list[tuple[str, int, bool]], rng: Random, at_once: int
) -> None:
    """Each source tells each event at most once, in English or German."""

    def grouped(order: list[tuple[str, int, bool]]) -> tuple[set[frozenset[str]], set[frozenset[str]]]:
        engine = create_engine("sqlite://")
        migrate(engine)
        with engine.begin() as connection:
            waiting = list(order)
            while waiting:
                source = waiting[0][0]
                now = [one for one in waiting if one[0] == source][:at_once]
                waiting = [one for one in waiting if one not in now]
                entries = [
                    found(f"{source}{event}", f"e{event}", f"f{event}", "btc", language="de" if german else "en")
                    for _, event, german in now
                ]
                judge = replace(JUDGE, sameness=_of_one_event, kinship=_of_one_event)
                poll(connection, source, *entries, judge=judge)
            stories, accounts = told_by(connection), ledgers(connection)
        engine.dispose()
        return _groups(stories), _groups({name: accounts[story_id] for name, story_id in stories.items()})

    shuffled = list(events)
    rng.shuffle(shuffled)
    stories, accounts = grouped(events)
    assert grouped(shuffled) == (stories, accounts)
    assert len(accounts) == len({event for _, event, _ in events})


def _of_one_event(one, other) -> float:
    return 1.0 if one.title[1:] == other.title[1:] else -1.0


def _groups(of: dict[str, int]) -> set[frozenset[str]]:
    return {frozenset(name for name in of if of[name] == group) for group in of.values()}


def test_samples_and_news_never_meet(connection: Connection) -> None:
    poll(connection, "sample:en", found("one", "btc", "90000"))
    assert poll(connection, "b", found("two", "btc", "90000")).new_story_ids == (2,)


def test_a_clue_that_many_share_recognises_nothing(connection: Connection) -> None:
    poll(connection, "a", *(found(f"x{n}", "btc", f"only {n}") for n in range(COMMON + 1)))
    asked = []

    def ask(one, other):
        asked.append((one.title, other.title))
        return 0

    judge = replace(JUDGE, sameness=ask)
    poll(connection, "b", found("two", "btc"), judge=judge)
    assert asked == []
    poll(connection, "b", found("three", "btc", "only 7"), judge=judge)
    assert asked == [("three", "x7")]


def test_the_nearest_are_judged_first_and_only_so_many(connection: Connection) -> None:
    poll(connection, "a", *(found(f"x{n}", "btc", *(["rare"] if n == 3 else [])) for n in range(50)))
    asked = []

    def ask(one, other):
        asked.append(other.title)
        return 0

    poll(connection, "b", found("two", "btc", "rare"), judge=replace(JUDGE, sameness=ask))
    assert asked[0] == "x3"
    assert len(asked) == merge.JUDGED


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
    judge = replace(JUDGE, kinship=lambda one, other: 1)
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
