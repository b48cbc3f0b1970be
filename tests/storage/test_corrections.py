"""What an operator corrects: stories merged, split, linked and unlinked, with the votes on their posts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from bot.errors import CommandError
from bot.model import Tally
from bot.storage import api, chats, closeup, ledger, owed, posts, retention, subscriptions, votes
from bot.storage.closeup import ShownLink
from bot.storage.corrections import SplitOff, link, merge, split, unlink
from bot.storage.database import open_database
from bot.storage.tables import delivery, entry, story, subscription, subscription_cursor
from tests.storage.told import JUDGE, found, ledgers, pairs_said, poll, told_by
from tests.tally.stage import HALL, NOW, ROOM, RULES, YARD, add_chat, add_delivery, add_post, react, tallies_of

HOUR = timedelta(hours=1)


@pytest.fixture
def told(connection: Connection) -> Connection:
    """Three stories, English, English and German, each in a chat, each with a vote."""
    poll(connection, "a", found("one", "btc", "90000"))
    poll(connection, "b", found("two", "other"))
    poll(connection, "c", found("drei", "anders", language="de"))
    for number, ref in enumerate((ROOM, HALL, YARD), start=1):
        add_post(connection, number, ref, "1")
    vote(connection, react(ROOM, "1", "ann", "👍"), react(HALL, "1", "ann", "👎"), react(YARD, "1", "bob", "👍"))
    return connection


def vote(connection: Connection, *events) -> None:
    votes.record_batch(connection, RULES, events, NOW)


def row(connection: Connection, story_id: int):
    return connection.execute(select(story).where(story.c.id == story_id)).one()


def entry_of(connection: Connection, title: str) -> int:
    return connection.execute(select(entry.c.id).where(entry.c.title == title)).scalar_one()


def outdated(connection: Connection) -> set[int]:
    page = posts.outdated_page(connection, None, ["alpha", "beta"], NOW - RULES.open_for)
    return {post.delivery_id for post in page.outdated}


def show_all(connection: Connection) -> None:
    views = [posts.outdated_view(connection, number, NOW - RULES.open_for) for number in range(1, 4)]
    posts.mark_shown(connection, [(view, NOW) for view in views if view is not None])


# --- merge -----------------------------------------------------------------------------------------------------------


def test_merged_stories_are_one_and_each_voter_counts_once(told: Connection) -> None:
    show_all(told)
    merge(told, 1, 2, NOW)
    assert told_by(told) == {"one": 1, "two": 1, "drei": 3}
    assert tallies_of(told, 1) == {"room": (1, 0), "hall": (0, 1), "everywhere": (0, 1)}
    assert tallies_of(told, 2) == {}
    assert ledger.recount(told) == []
    assert outdated(told) == {1, 2}


def test_posts_of_a_merged_story_live_on_with_the_votes_of_both(told: Connection) -> None:
    merge(told, 1, 2, NOW)
    vote(told, react(HALL, "1", "cid", "👍"))
    view = posts.outdated_view(told, 2, NOW - RULES.open_for)
    assert view is not None
    assert (view.story.title, view.story.source, view.story.sources) == ("two", "b", 2)
    assert (view.chat_tally, view.everywhere) == (Tally(1, 1), Tally(1, 1))
    survivor = posts.outdated_view(told, 1, NOW - RULES.open_for)
    assert survivor is not None
    assert (survivor.story.title, survivor.story.source, survivor.everywhere) == ("one", "a", Tally(1, 1))


def test_the_api_tells_of_the_survivor_alone_with_the_posts_of_both(told: Connection) -> None:
    merge(told, 1, 2, NOW)
    add_delivery(told, 1, HALL, "posted")
    listed = api.newest_stories(told, limit=10, before=None, with_chats=True)
    assert [one.id for one in listed] == [3, 1]
    assert [(chat.id, chat.tally) for chat in listed[1].chats] == [("hall", Tally(0, 1)), ("room", Tally(1, 0))]
    assert [one.title for one in listed[1].entries] == ["one", "two"]
    assert api.census(told).stories == 2


def test_a_chat_that_has_the_merged_story_is_not_posted_the_survivor(told: Connection) -> None:
    hall = chats.by_ref(told, HALL)
    assert hall is not None
    poll(told, "d")
    subscriptions.follow_source(told, hall.id, 4, None, NOW)
    told.execute(subscription_cursor.insert().values(subscription_id=1, source_id=4, entry_id=0))
    told.execute(update(subscription).values(contacted_at=NOW))
    merge(told, 1, 2, NOW)
    poll(told, "d", found("four", "btc", "90000"))
    assert told_by(told)["four"] == 1
    assert owed.select_new(told, NOW) == 0


@pytest.mark.parametrize(
    ("of_one", "of_two", "left"),
    [
        (None, "waiting", [(1, "waiting")]),
        ("waiting", "waiting", [(1, "waiting")]),
        ("waiting", "posted", [(2, "posted")]),
        ("posted", "waiting", [(1, "posted")]),
        ("posted", "posted", [(1, "posted"), (2, "posted")]),
        ("posted", "sending", [(1, "posted"), (2, "sending")]),
    ],
)
def test_what_is_owed_of_both_is_owed_once(told: Connection, of_one, of_two, left) -> None:
    square = replace(YARD, id="square")
    for number, state in ((1, of_one), (2, of_two)):
        if state is not None:
            add_delivery(told, number, square, state)
    told.execute(update(delivery).where(delivery.c.state == "waiting").values(attempts=0))
    merge(told, 1, 2, NOW)
    rows = told.execute(select(delivery).where(delivery.c.id > 3).order_by(delivery.c.story_id))
    assert [(one.story_id, one.state) for one in rows] == left


def test_what_tells_a_merged_story_again_joins_the_survivor(told: Connection) -> None:
    merge(told, 1, 2, NOW)
    poll(told, "b", found("two", "other"), found("new guid", address_key="two.example", title_key="two"))
    poll(told, "d", found("four", "other"), judge=replace(JUDGE, sameness=lambda one, other: one.clues == other.clues))
    assert told_by(told) == {"one": 1, "two": 1, "drei": 3, "new guid": 1, "four": 1}


def test_an_edit_shows_on_the_posts_that_tell_it(told: Connection) -> None:
    merge(told, 1, 2, NOW)
    edited = replace(found("two", "other"), title="Two, edited", content_hash="new")
    assert poll(told, "b", edited).changed_ledgers == (1,)
    assert (row(told, 1).title, row(told, 2).title) == ("one", "Two, edited")
    edited = replace(found("one"), title="One, edited", content_hash="new")
    assert poll(told, "a", edited).changed_ledgers == (1,)
    assert row(told, 1).title == "One, edited"


def test_merged_stories_are_forgotten_with_the_one_that_they_are_part_of(told: Connection) -> None:
    merge(told, 1, 2, NOW)
    told.execute(update(delivery).values(state="closed"))
    for feed in "abc":
        poll(told, feed, now=NOW + HOUR)
    retention.prune(told, NOW + timedelta(days=100), timedelta(days=90), timedelta(days=90))
    assert ledgers(told) == {}
    assert ledger.recount(told) == []


# --- split -----------------------------------------------------------------------------------------------------------


def test_splitting_what_was_merged_brings_the_story_back_with_its_votes(told: Connection) -> None:
    merge(told, 1, 2, NOW)
    vote(told, react(HALL, "1", "cid", "👍"))
    show_all(told)
    assert split(told, 1, [entry_of(told, "two")], NOW) == SplitOff(2, revived=True)
    assert told_by(told) == {"one": 1, "two": 2, "drei": 3}
    assert row(told, 2).merged_into is None
    assert tallies_of(told, 1) == {"room": (1, 0), "everywhere": (1, 0)}
    assert tallies_of(told, 2) == {"hall": (1, 1), "everywhere": (1, 1)}
    assert (ledger.recount(told), outdated(told)) == ([], {1, 2})
    assert pairs_said(told)[1, 2][0] == "apart"


def test_stories_merged_one_after_the_other_can_come_back_one_by_one(told: Connection) -> None:
    poll(told, "d", found("four"))
    merge(told, 2, 4, NOW)
    merge(told, 1, 2, NOW)
    assert ledgers(told) == {1: 1, 2: 1, 4: 1, 3: 3}
    assert split(told, 1, [entry_of(told, "four")], NOW) == SplitOff(4, revived=True)
    assert split(told, 1, [entry_of(told, "two")], NOW) == SplitOff(2, revived=True)
    assert ledgers(told) == {1: 1, 2: 2, 3: 3, 4: 4}


def test_entries_that_never_were_a_story_make_a_new_one_without_votes(told: Connection) -> None:
    poll(told, "d", found("four", "btc", "90000"))
    assert split(told, 1, [entry_of(told, "four")], NOW) == SplitOff(4, revived=False)
    new = row(told, 4)
    assert (new.title, new.ledger_id, new.url, new.language) == ("four", 4, "https://four.example", "en")
    assert tallies_of(told, 1) == {"room": (1, 0), "everywhere": (1, 0)}
    assert tallies_of(told, 4) == {}
    assert owed.select_new(told, NOW) == 0


def test_a_story_that_was_split_off_is_posted_where_its_source_is_read_as_long_as_it_is_news(told: Connection) -> None:
    hall, yard = chats.by_ref(told, HALL), chats.by_ref(told, YARD)
    assert hall is not None
    assert yard is not None
    poll(told, "d")
    for chat, source_id in ((hall, 1), (hall, 4), (yard, 4)):
        subscriptions.follow_source(told, chat.id, source_id, None, NOW)
    for number, source_id in enumerate((1, 4, 4), start=1):
        told.execute(subscription_cursor.insert().values(subscription_id=number, source_id=source_id, entry_id=0))
    told.execute(update(subscription).values(contacted_at=NOW))
    poll(told, "d", found("four", "btc", "90000"))
    assert owed.select_new(told, NOW) == 2
    assert split(told, 1, [entry_of(told, "four")], NOW) == SplitOff(4, revived=False)
    waiting = select(delivery.c.chat_id).where(delivery.c.story_id == 4, delivery.c.state == "waiting")
    assert set(told.execute(waiting).scalars()) == {hall.id, yard.id}
    assert owed.select_new(told, NOW) == 0


def test_what_is_split_off_long_afterwards_is_no_news(told: Connection) -> None:
    hall = chats.by_ref(told, HALL)
    assert hall is not None
    poll(told, "d")
    subscriptions.follow_source(told, hall.id, 4, None, NOW)
    told.execute(subscription_cursor.insert().values(subscription_id=1, source_id=4, entry_id=0))
    told.execute(update(subscription).values(contacted_at=NOW))
    poll(told, "d", found("four", "btc", "90000"))
    owed.select_new(told, NOW)
    split(told, 1, [entry_of(told, "four")], NOW + 100 * HOUR)
    assert told.execute(select(delivery.c.id).where(delivery.c.story_id == 4)).all() == []


def test_a_story_that_loses_its_first_entry_is_told_by_the_next(told: Connection) -> None:
    poll(told, "d", found("four", "btc", "90000"))
    split(told, 1, [entry_of(told, "one")], NOW)
    assert (row(told, 1).title, row(told, 1).url) == ("four", "https://four.example")
    assert row(told, 4).title == "one"


def test_what_is_left_of_a_merged_story_stays_when_the_survivors_own_entries_leave(told: Connection) -> None:
    merge(told, 1, 2, NOW)
    split(told, 1, [entry_of(told, "one")], NOW)
    assert told_by(told) == {"one": 4, "two": 1, "drei": 3}
    assert (row(told, 1).title, row(told, 2).merged_into) == ("two", 1)
    edited = replace(found("two", "other"), title="Two, edited", content_hash="new")
    poll(told, "b", edited)
    assert row(told, 1).title == "Two, edited"


# --- link and unlink -------------------------------------------------------------------------------------------------


def test_linked_stories_share_their_votes_and_part_with_them(told: Connection) -> None:
    link(told, 3, 1, NOW)
    assert tallies_of(told, 1) == {"room": (1, 0), "yard": (1, 0), "everywhere": (2, 0)}
    vote(told, react(YARD, "1", "ann", "👎"))
    show_all(told)
    assert unlink(told, 1, 3, NOW) == []
    assert tallies_of(told, 1) == {"room": (1, 0), "everywhere": (1, 0)}
    assert tallies_of(told, 3) == {"yard": (1, 1), "everywhere": (1, 1)}
    assert (ledger.recount(told), outdated(told)) == ([], {1, 3})


def test_what_was_unlinked_can_be_linked_again_by_hand(told: Connection) -> None:
    link(told, 1, 3, NOW)
    unlink(told, 1, 3, NOW)
    link(told, 1, 3, NOW)
    assert pairs_said(told) == {(1, 3): ("linked", ["by the operator"])}
    assert ledgers(told) == {1: 1, 2: 2, 3: 1}


def test_stories_that_are_linked_through_others_are_told_of(told: Connection) -> None:
    poll(told, "d", found("quatre", language="fr"))
    link(told, 1, 3, NOW)
    link(told, 3, 4, NOW)
    with pytest.raises(CommandError, match="only through 3"):
        unlink(told, 1, 4, NOW)
    link(told, 1, 4, NOW)
    assert unlink(told, 1, 4, NOW) == [3]
    assert unlink(told, 1, 3, NOW) == []
    assert ledgers(told) == {1: 1, 2: 2, 3: 3, 4: 3}


def test_a_links_story_may_be_merged_and_the_link_holds(told: Connection) -> None:
    link(told, 2, 3, NOW)
    merge(told, 1, 2, NOW)
    assert ledgers(told) == {1: 1, 2: 1, 3: 1}
    with pytest.raises(CommandError, match="linked already"):
        link(told, 1, 3, NOW)
    unlink(told, 1, 3, NOW)
    assert ledgers(told) == {1: 1, 2: 1, 3: 3}
    assert ledger.recount(told) == []


def test_what_was_held_apart_is_not_joined_through_another_by_hand_either(told: Connection) -> None:
    link(told, 1, 3, NOW)
    unlink(told, 1, 3, NOW)
    link(told, 2, 3, NOW)
    with pytest.raises(CommandError, match="Stories 1 and 3"):
        merge(told, 1, 2, NOW)


@pytest.mark.parametrize(
    ("correct", "says"),
    [
        (lambda c: merge(c, 1, 9, NOW), "no story 9"),
        (lambda c: merge(c, 1, 1, NOW), "one and the same"),
        (lambda c: merge(c, 1, 3, NOW), r"different languages \(en, de\)"),
        (lambda c: link(c, 1, 2, NOW), "Both are in en"),
        (lambda c: link(c, 3, 3, NOW), "one and the same"),
        (lambda c: unlink(c, 1, 3, NOW), "not linked"),
        (lambda c: unlink(c, 9, 3, NOW), "no story 9"),
        (lambda c: split(c, 1, [1], NOW), "nothing would be left"),
        (lambda c: split(c, 1, [2, 77], NOW), "Story 1 has no entry 2, 77"),
        (lambda c: split(c, 1, [], NOW), "no entry"),
        (lambda c: (merge(c, 1, 2, NOW), merge(c, 3, 2, NOW)), "Story 2 is part of story 1"),
        (lambda c: (merge(c, 1, 2, NOW), split(c, 2, [2], NOW)), "Story 2 is part of story 1"),
    ],
)
def test_what_can_not_be_is_told_in_words(told: Connection, correct, says) -> None:
    with pytest.raises(CommandError, match=says):
        correct(told)


# --- looking at one --------------------------------------------------------------------------------------------------


def test_a_story_is_shown_with_all_that_belongs_to_it(told: Connection) -> None:
    link(told, 1, 3, NOW)
    merge(told, 1, 2, NOW)
    seen = closeup.look_at(told, 1)
    assert seen is not None
    assert [(one.title, one.source, one.merged_from) for one in seen.entries] == [("one", "a", None), ("two", "b", 2)]
    assert seen.links == [ShownLink(3, "de", "drei", ["by the operator"])]
    assert (seen.merged, seen.everywhere, len(seen.posts)) == ([2], Tally(1, 1), 2)
    part = closeup.look_at(told, 2)
    assert part is not None
    assert (part.merged_into, part.entries) == (1, [])
    split(told, 1, [entry_of(told, "two")], NOW)
    seen = closeup.look_at(told, 2)
    assert seen is not None
    assert (seen.apart, seen.links) == ([1], [])
    assert closeup.look_at(told, 9) is None


# --- beside a running product ----------------------------------------------------------------------------------------


async def test_corrections_are_made_while_the_product_writes(tmp_path: Path) -> None:
    def prepare(connection: Connection) -> None:
        poll(connection, "a", found("one"))
        poll(connection, "b", found("eins", language="de"))
        add_chat(connection, ROOM)
        add_post(connection, 1, ROOM, "1")

    async with open_database(tmp_path / "a.db") as product, open_database(tmp_path / "a.db") as other:
        await product.write(prepare)

        async def votes_come() -> None:
            for number in range(50):
                await product.write(votes.record_batch, RULES, [react(ROOM, "1", f"v{number}", "👍")], NOW)

        async def operator() -> None:
            for _ in range(10):
                await other.write(link, 1, 2, NOW)
                await other.write(unlink, 1, 2, NOW)

        await asyncio.gather(votes_come(), operator())
        assert await product.read(tallies_of, 1) == {"room": (50, 0), "everywhere": (50, 0)}
        assert await product.read(ledger.recount) == []
