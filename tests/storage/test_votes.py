"""The ledger: what reactions, presses, clears, replays and early events do to facts and tallies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from bot.events import Cleared, PostMirrored, ReactionsChanged, ReactionsCounted, Removed, WholeSet
from bot.model import ChatRef, MessageRef, Phrase, Span, Tally
from bot.storage import deliveries, ledger, posts, stories, votes
from bot.storage.database import open_database
from bot.storage.tables import early_event, rejected_fact, seen_event, tally, voter
from bot.storage.tables import story as told
from bot.storage.votes import Outcome, Recorded
from tests.tally.stage import (
    BEAR,
    BULL,
    HALL,
    NOW,
    ROOM,
    RULES,
    YARD,
    add_chat,
    add_delivery,
    add_post,
    add_story,
    delivery_row,
    facts_of,
    posts_of,
    press,
    react,
    set_up,
    tallies_of,
)


@pytest.fixture
async def db(tmp_path: Path):
    async with open_database(tmp_path / "votes.db") as database:
        yield database


async def record(db, *events, now=NOW):
    return (await db.write(votes.record_batch, RULES, events, now)).recorded


async def view(db, delivery):
    """What the post has to show, which it doesn't yet."""
    return await db.read(posts.outdated_view, delivery, NOW - RULES.open_for)


async def test_a_voter_counts_once_in_each_chat_and_once_everywhere(db):
    story, _ = await set_up(db, ROOM, HALL, YARD)
    await record(db, react(ROOM, "1", "ann", "👍"), react(ROOM, "1", "ann", "🔥"), react(HALL, "1", "ann", "👍"))
    await record(db, react(YARD, "1", "ann", "👍"), react(HALL, "1", "bob", "👎"))

    tallies = await db.read(tallies_of, story)

    # beta's ann is another voter than alpha's
    assert tallies == {"room": (1, 0), "hall": (1, 1), "yard": (1, 0), "everywhere": (2, 1)}
    assert await db.read(votes.tallies, [story, 99]) == {story: Tally(2, 1), 99: Tally()}


async def test_the_newest_fact_over_all_copies_is_the_vote_everywhere(db):
    story, _ = await set_up(db, ROOM, HALL)
    await record(db, react(ROOM, "1", "ann", "👍"))
    await record(db, react(HALL, "1", "ann", "👎"))

    assert await db.read(tallies_of, story) == {"room": (1, 0), "hall": (0, 1), "everywhere": (0, 1)}


async def test_withdrawing_uncovers_the_next_newest_and_setting_again_is_new(db):
    story, _ = await set_up(db, ROOM, HALL)
    await record(db, react(ROOM, "1", "ann", "👍"), react(HALL, "1", "ann", "👎"))
    await record(db, react(HALL, "1", "ann", Removed("👎")))
    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}

    await record(db, react(HALL, "1", "ann", "👎"))
    assert (await db.read(tallies_of, story))["everywhere"] == (0, 1)

    await record(db, react(ROOM, "1", "ann", Removed("👍")), react(ROOM, "1", "ann", "👍"))
    assert (await db.read(tallies_of, story))["everywhere"] == (1, 0)


async def test_a_fact_told_again_keeps_its_order(db):
    story, _ = await set_up(db, ROOM)
    await record(db, react(ROOM, "1", "ann", "👍"), react(ROOM, "1", "ann", "👎"))
    await record(db, react(ROOM, "1", "ann", "👍"))

    assert await db.read(tallies_of, story) == {"room": (0, 1), "everywhere": (0, 1)}


async def test_opposite_facts_first_seen_together_are_no_vote_until_one_goes(db):
    story, _ = await set_up(db, ROOM)
    await record(db, react(ROOM, "1", "ann", WholeSet(("👍", "👎"))))
    assert await db.read(tallies_of, story) == {}

    await record(db, react(ROOM, "1", "ann", WholeSet(("👎",))))
    assert await db.read(tallies_of, story) == {"room": (0, 1), "everywhere": (0, 1)}


async def test_a_whole_set_that_grows_has_an_order(db):
    story, _ = await set_up(db, ROOM)
    await record(db, react(ROOM, "1", "ann", WholeSet(("👍",))), react(ROOM, "1", "ann", WholeSet(("👎", "👍"))))

    assert await db.read(tallies_of, story) == {"room": (0, 1), "everywhere": (0, 1)}


async def test_emoji_outside_the_ballot_are_no_facts_and_make_no_voter(db):
    story, _ = await set_up(db, ROOM)
    await record(db, react(ROOM, "1", "ann", "🤡"), react(ROOM, "1", "bob", WholeSet(("🤡", "👍"))))

    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}
    assert await db.read(lambda c: c.execute(select(voter.c.actor)).scalars().all()) == ["bob"]


async def test_a_press_stands_is_replaced_by_the_other_button_and_withdrawn_by_the_same(db):
    story, (delivery,) = await set_up(db, ROOM)

    said = []
    for number, button in enumerate((BULL, BEAR, BEAR, BULL)):
        said += await record(db, press(ROOM, "1", "ann", delivery, button, f"e{number}"))

    assert said == [Recorded(Outcome.COUNTED, vote) for vote in (BULL, BEAR, None, BULL)]
    assert await db.read(facts_of, "ann") == {(delivery, "", 1)}
    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}


async def test_withdrawing_a_press_tells_which_reaction_it_uncovers(db):
    _, (delivery,) = await set_up(db, ROOM)
    await record(db, react(ROOM, "1", "ann", "👎"))

    said = await record(db, press(ROOM, "1", "ann", delivery, BULL, "1"), press(ROOM, "1", "ann", delivery, BULL, "2"))

    assert [one.standing for one in said] == [BULL, BEAR]


async def test_an_event_replayed_changes_nothing_in_the_same_batch_or_later(db):
    story, (delivery,) = await set_up(db, ROOM)
    once = press(ROOM, "1", "ann", delivery, BULL, "7")

    first = await record(db, once, once)
    later = await record(db, once, react(ROOM, "1", "bob", "👎", "8"), react(ROOM, "1", "bob", Removed("👎"), "9"))
    last = await record(db, react(ROOM, "1", "bob", "👎", "8"))

    assert [one.outcome for one in first] == [Outcome.COUNTED, Outcome.REPLAYED]
    assert later[0] == Recorded(Outcome.REPLAYED, BULL)
    assert last == [Recorded(Outcome.REPLAYED)]
    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}


async def test_the_same_event_id_on_two_platforms_is_two_events(db):
    story, _ = await set_up(db, ROOM, YARD)
    await record(db, react(ROOM, "1", "ann", "👍", "5"), react(YARD, "1", "ann", "👍", "5"))

    assert (await db.read(tallies_of, story))["everywhere"] == (2, 0)


async def test_a_moderators_clear_takes_reactions_of_everyone_but_not_presses(db):
    story, (room, hall) = await set_up(db, ROOM, HALL)
    await record(
        db,
        react(ROOM, "1", "ann", "👍"),
        react(ROOM, "1", "bob", "👎"),
        react(HALL, "1", "bob", "👎"),
        press(ROOM, "1", "cid", room, BEAR, "1"),
    )
    here = MessageRef(ROOM, "1")
    await record(db, react(ROOM, "1", "dan", "👍"), ReactionsChanged(here, None, Cleared("👍")))
    assert await db.read(tallies_of, story) == {"room": (0, 2), "hall": (0, 1), "everywhere": (0, 2)}

    await record(db, ReactionsChanged(here, None, Cleared()))
    assert await db.read(tallies_of, story) == {"room": (0, 1), "hall": (0, 1), "everywhere": (0, 2)}
    assert await db.read(facts_of, "bob") == {(hall, "👎", -1)}


async def test_a_chat_that_keeps_its_votes_is_left_out_of_everywhere(db):
    await db.write(add_chat, ROOM, shares_votes=False)
    story, _ = await set_up(db, ROOM, HALL)
    await record(db, react(HALL, "1", "ann", "👍"), react(ROOM, "1", "ann", "👎"), react(ROOM, "1", "bob", "👎"))

    assert await db.read(tallies_of, story) == {"room": (0, 2), "hall": (1, 0), "everywhere": (1, 0)}
    assert await db.read(ledger.recount) == []


async def test_whether_a_chat_shares_its_votes_can_change_later(db):
    story, _ = await set_up(db, ROOM, HALL)
    await record(db, react(HALL, "1", "ann", "👍"), react(ROOM, "1", "ann", "👎"), react(ROOM, "1", "bob", "👎"))

    assert await db.write(ledger.share_votes, 1, False) == {story}
    assert (await db.read(tallies_of, story))["everywhere"] == (1, 0)
    assert await db.write(ledger.share_votes, 1, True) == {story}
    assert (await db.read(tallies_of, story))["everywhere"] == (0, 2)
    assert await db.write(ledger.share_votes, 1, True) == set()


async def test_anonymous_totals_are_kept_apart_and_replaced_by_newer_ones(db):
    story, (delivery,) = await set_up(db, ROOM)
    here = MessageRef(ROOM, "1")
    await record(db, ReactionsCounted(here, {"👍": 5, "🤡": 9, "👎": 1}))
    await record(db, ReactionsCounted(here, {"👍": 4}))

    shown = await view(db, delivery)

    assert shown.totals == {"👍": 4}
    assert shown.total_tally == Tally(4, 0)
    assert await db.read(tallies_of, story) == {}


async def test_a_post_and_its_mirror_are_one(db):
    story, (delivery,) = await set_up(db, ROOM)
    mirror = MessageRef(HALL, "77")
    await record(db, PostMirrored(MessageRef(ROOM, "1"), mirror), react(HALL, "77", "ann", "👍"))
    await record(db, ReactionsCounted(MessageRef(ROOM, "1"), {"👍": 5}), ReactionsCounted(mirror, {"👍": 3, "👎": 2}))

    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}
    assert await db.read(posts_of, delivery) == [("1", False), ("77", True)]
    assert (await view(db, delivery)).totals == {"👍": 5, "👎": 2}


async def test_nothing_counts_once_voting_has_ended(db):
    story, (delivery,) = await set_up(db, ROOM)
    await record(db, press(ROOM, "1", "ann", delivery, BULL, "1"))
    late = NOW + RULES.open_for

    said = await record(db, press(ROOM, "1", "ann", delivery, BEAR, "2"), react(ROOM, "1", "bob", "👍"), now=late)

    assert said == [Recorded(Outcome.CLOSED, BULL), Recorded(Outcome.CLOSED)]
    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}
    just_before = await record(db, react(ROOM, "1", "bob", "👍"), now=late - timedelta(seconds=1))
    assert just_before == [Recorded(Outcome.COUNTED)]


@pytest.mark.parametrize("state", ["sending", "unconfirmed"])
async def test_a_press_confirms_a_post_of_which_we_did_not_know_whether_it_arrived(db, state):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM, state)
    await record(db, react(ROOM, "5", "bob", "👎"))

    said = await record(db, press(ROOM, "5", "ann", delivery, BULL, "1"), react(ROOM, "5", "cid", "👎"))

    assert said[0] == Recorded(Outcome.COUNTED, BULL)
    row = await db.read(delivery_row, delivery)
    assert (row.state, row.posted_at) == ("posted", NOW)
    assert await db.read(posts_of, delivery) == [("5", False)]
    assert await db.read(tallies_of, story) == {"room": (1, 2), "everywhere": (1, 2)}


async def test_a_forged_press_counts_nowhere(db):
    story, (room, hall) = await set_up(db, ROOM, HALL)
    other = await db.write(add_delivery, await db.write(add_story), HALL)

    said = await record(
        db,
        press(ROOM, "1", "eve", hall, BULL, "1"),  # the button of another chat's post
        press(ROOM, "9", "eve", room, BULL, "2"),  # a message that isn't the post
        press(ROOM, "9", "eve", other, BULL, "3"),  # a delivery under way in another chat
        press(ROOM, "1", "eve", 10**17, BULL, "4"),  # no delivery at all
        replace(press(ROOM, "1", "eve", room, BULL, "5"), button="v:1:b:x"),
    )

    assert {one.outcome for one in said} == {Outcome.UNKNOWN}
    assert await db.read(tallies_of, story) == {}
    assert (await db.read(delivery_row, other)).state == "sending"


@pytest.mark.parametrize("state", ["sending", "unconfirmed"])
@pytest.mark.parametrize("carried", [False, None])
async def test_a_forged_press_makes_no_other_message_of_ours_the_post(db, state, carried):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM, state)

    # A client sends the button's id with our answer to /help, which has no such button; or with one that we can't see.
    said = await record(db, press(ROOM, "777", "eve", delivery, BEAR, "1", carried=carried))
    assert said[0].outcome is not Outcome.COUNTED
    assert await db.read(posts_of, delivery) == []

    said = await record(
        db,
        press(ROOM, "777", "eve", delivery, BEAR, "2", carried=carried),
        press(ROOM, "500", "ann", delivery, BULL, "3"),
    )
    assert said[1] == Recorded(Outcome.COUNTED, BULL)
    assert await db.read(posts_of, delivery) == [("500", False)]
    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}


async def test_a_press_on_a_message_that_is_not_shown_counts_once_another_one_has_proven_it(db):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM, "unconfirmed")

    said = await record(db, press(ROOM, "5", "ann", delivery, BULL, "1", carried=None))
    assert said == [Recorded(Outcome.EARLY)]
    await record(db, press(ROOM, "5", "bob", delivery, BEAR, "2"))

    assert await db.read(tallies_of, story) == {"room": (1, 1), "everywhere": (1, 1)}


async def test_a_press_in_a_thread_confirms_the_post_in_the_forum_around_it(db):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM)
    thread = ChatRef("alpha", "thread")

    said = await record(
        db,
        replace(react(thread, "5", "bob", "👎"), within=ROOM),
        react(thread, "6", "bob", "👎"),  # the platform doesn't say that it is in the forum
        replace(press(thread, "5", "eve", delivery, BULL, "1"), within=HALL),
    )
    assert [one.outcome for one in said] == [Outcome.EARLY, Outcome.UNKNOWN, Outcome.UNKNOWN]

    said = await record(db, replace(press(thread, "5", "ann", delivery, BULL, "2"), within=ROOM))

    assert said == [Recorded(Outcome.COUNTED, BULL)]
    assert (await db.read(delivery_row, delivery)).state == "posted"
    assert (await view(db, delivery)).message == MessageRef(thread, "5")
    assert await db.read(tallies_of, story) == {"room": (1, 1), "everywhere": (1, 1)}


async def test_reactions_that_come_before_their_post_is_known_count_once_it_is(db):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM)
    said = await record(
        db,
        react(ROOM, "5", "ann", "👍", "1"),
        react(ROOM, "5", "bob", WholeSet(("👎",)), "2"),
        react(ROOM, "5", "ann", Removed("👍"), "3"),
        react(ROOM, "5", "cid", "👍", "4"),
        ReactionsCounted(MessageRef(ROOM, "5"), {"👍": 3}),
    )
    assert {one.outcome for one in said} == {Outcome.EARLY}

    def becomes_known(connection):
        connection.execute(
            insert(posts.post).values(platform="alpha", native_chat="room", message_id="5", delivery_id=delivery)
        )

    await db.write(becomes_known)
    outcome = await db.write(votes.adopt, RULES, delivery, NOW)

    assert outcome.changed == {story}
    assert await db.read(tallies_of, story) == {"room": (1, 1), "everywhere": (1, 1)}
    assert await db.write(votes.adopt, RULES, delivery, NOW) is not None
    assert await db.read(tallies_of, story) == {"room": (1, 1), "everywhere": (1, 1)}


async def test_what_came_early_counts_before_what_comes_later_even_if_nobody_adopts(db):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM)
    await record(db, react(ROOM, "5", "ann", "👍"))
    await db.write(_known_as, delivery, "5")

    await record(db, react(ROOM, "5", "ann", Removed("👍")), react(ROOM, "5", "bob", "👎"))
    await db.write(votes.adopt, RULES, delivery, NOW)

    assert await db.read(tallies_of, story) == {"room": (0, 1), "everywhere": (0, 1)}


def _known_as(connection, delivery, message_id):
    connection.execute(
        insert(posts.post).values(platform="alpha", native_chat="room", message_id=message_id, delivery_id=delivery)
    )


async def test_a_crash_between_posting_and_adopting_is_repaired_by_the_sweep(db):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM)
    await record(db, react(ROOM, "5", "ann", "👍"))
    await db.write(_known_as, delivery, "5")

    outcome = await db.write(votes.sweep, RULES, NOW)

    assert outcome.changed == {story}
    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}


async def test_a_mirror_heard_of_before_its_post_brings_its_reactions_along(db):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM)
    said = await record(db, PostMirrored(MessageRef(ROOM, "5"), MessageRef(YARD, "77")), react(YARD, "77", "ann", "👍"))
    assert {one.outcome for one in said} == {Outcome.EARLY}

    said = await record(db, react(YARD, "77", "bob", "👍"))
    await db.write(_known_as, delivery, "5")
    await db.write(votes.adopt, RULES, delivery, NOW)

    assert said == [Recorded(Outcome.EARLY)]
    assert await db.read(tallies_of, story) == {"room": (2, 0), "everywhere": (2, 0)}


HEADLINE = Span("A coin rises", url="https://News.example/")


async def _address(db, story_id, url):
    await db.write(lambda connection: connection.execute(update(told).where(told.c.id == story_id).values(url=url)))


async def test_a_copy_with_its_title_and_address_confirms_a_post_and_brings_its_reactions_along(db):
    story_id = await db.write(add_story)
    await _address(db, story_id, "https://news.example")
    delivery = await db.write(add_delivery, story_id, ROOM, "unconfirmed")
    await record(db, react(ROOM, "5", "ann", "👍"))

    copied = PostMirrored(MessageRef(ROOM, "5"), MessageRef(YARD, "77"), HEADLINE)
    await record(db, copied, react(YARD, "77", "bob", "👍"))

    assert (await db.read(delivery_row, delivery)).state == "posted"
    assert await db.read(posts_of, delivery) == [("5", False), ("77", True)]
    assert await db.read(tallies_of, story_id) == {"room": (2, 0), "everywhere": (2, 0)}


@pytest.mark.parametrize("settles", ["at once", "at a sweep"])
async def test_a_copy_heard_of_while_its_post_is_being_sent_counts_once_that_remains_unconfirmed(db, settles):
    story_id = await db.write(add_story)
    await _address(db, story_id, "https://news.example")
    delivery = await db.write(add_delivery, story_id, ROOM)
    copied = PostMirrored(MessageRef(ROOM, "5"), MessageRef(YARD, "77"), HEADLINE)
    await record(db, copied, react(YARD, "77", "bob", "👍"))
    assert (await db.read(delivery_row, delivery)).state == "sending"

    await db.write(deliveries.give_up, delivery, deliveries.State.UNCONFIRMED, Phrase("x"))
    if settles == "at once":
        outcome = await db.write(votes.adopt, RULES, delivery, NOW)
    else:
        outcome = await db.write(votes.sweep, RULES, NOW)

    assert (outcome.found, outcome.changed) == ({delivery}, {story_id})
    assert (await db.read(delivery_row, delivery)).state == "posted"
    assert await db.read(posts_of, delivery) == [("5", False), ("77", True)]
    assert await db.read(tallies_of, story_id) == {"room": (1, 0), "everywhere": (1, 0)}
    assert await db.read(_count, early_event) == 0


async def test_what_the_platform_confirms_takes_the_place_of_what_a_copy_seemed_to_tell(db):
    story_id = await db.write(add_story)
    await _address(db, story_id, "https://news.example")
    delivery = await db.write(add_delivery, story_id, ROOM, "unconfirmed")
    await record(db, PostMirrored(MessageRef(ROOM, "5"), MessageRef(YARD, "77"), HEADLINE))
    await db.write(deliveries.mark_posted, delivery, MessageRef(ROOM, "6"), "en", 1, NOW)
    assert await db.read(posts_of, delivery) == [("6", False)]


async def test_what_a_press_has_proven_stays_a_post_beside_another(db):
    delivery = await db.write(add_delivery, await db.write(add_story), ROOM)
    await record(db, press(ROOM, "5", "ann", delivery, BULL, "1"))
    await db.write(deliveries.mark_posted, delivery, MessageRef(ROOM, "6"), "en", 1, NOW)
    assert await db.read(posts_of, delivery) == [("5", False), ("6", False)]


@pytest.mark.parametrize(
    ("headline", "ref", "states"),
    [
        (None, ROOM, ["unconfirmed"]),
        (Span("Another", url="https://news.example/"), ROOM, ["unconfirmed"]),
        (Span("A coin rises", url="https://news.example/2"), ROOM, ["unconfirmed"]),
        (HEADLINE, HALL, ["unconfirmed"]),
        (HEADLINE, ROOM, ["waiting"]),
        (HEADLINE, ROOM, ["sending"]),
        (HEADLINE, ROOM, ["unconfirmed", "unconfirmed"]),
    ],
    ids=["no headline", "another title", "another address", "another chat", "not tried", "not sent", "two that fit"],
)
async def test_a_copy_that_proves_nothing_confirms_nothing(db, headline, ref, states):
    tried = []
    for state in states:
        story_id = await db.write(add_story)
        await _address(db, story_id, "https://news.example")
        tried.append(await db.write(add_delivery, story_id, ROOM, state))

    await record(db, PostMirrored(MessageRef(ref, "5"), MessageRef(YARD, "77"), headline))

    assert [(await db.read(delivery_row, one)).state for one in tried] == states


async def test_reactions_to_messages_that_can_not_be_ours_are_not_kept(db):
    await set_up(db, ROOM)

    said = await record(db, react(ROOM, "999", "ann", "👍"), react(YARD, "5", "ann", "👍"))

    assert {one.outcome for one in said} == {Outcome.UNKNOWN}
    assert await db.read(_count, early_event) == 0


async def test_what_is_too_old_is_forgotten(db):
    story = await db.write(add_story)
    await db.write(add_delivery, story, ROOM)
    await record(db, react(ROOM, "5", "ann", "👍", "1"))

    await db.write(votes.sweep, RULES, NOW + timedelta(days=1))
    assert (await db.read(_count, early_event), await db.read(_count, seen_event)) == (1, 1)
    await db.write(votes.sweep, RULES, NOW + timedelta(days=4))
    assert (await db.read(_count, early_event), await db.read(_count, seen_event)) == (0, 0)


async def test_an_event_that_can_not_be_stored_is_set_aside_and_the_others_count(db):
    story, (delivery,) = await set_up(db, ROOM)
    events = [react(ROOM, "1", f"voter {number}", "👍", str(number)) for number in range(9)]
    events[4] = react(ROOM, "1", "\ud800", "👍", "poison")

    said = await record(db, *events, press(ROOM, "1", "ann", delivery, BEAR, "p"))

    assert [one.outcome is Outcome.REJECTED for one in said].index(True) == 4
    assert said[-1] == Recorded(Outcome.COUNTED, BEAR)
    assert await db.read(tallies_of, story) == {"room": (8, 1), "everywhere": (8, 1)}
    (rejected,) = await db.read(lambda c: c.execute(select(rejected_fact)).all())
    assert "ud800" in rejected.payload
    assert "Unicode" in rejected.problem


async def test_a_recount_finds_what_is_wrong(db):
    story, _ = await set_up(db, ROOM, HALL)
    await record(db, react(ROOM, "1", "ann", "👍"), react(HALL, "1", "bob", "👎"))
    assert await db.read(ledger.recount) == []

    await db.write(lambda c: c.execute(update(tally).where(tally.c.chat_id == 0).values(bullish=7)) and None)

    assert await db.read(ledger.recount) == [ledger.Miscount(story, 0, Tally(7, 1), Tally(1, 1))]


async def test_forgetting_a_story_takes_its_facts_along(db):
    story, _ = await set_up(db, ROOM)
    other = await db.write(add_story)
    await db.write(add_post, other, ROOM, "2")
    await record(db, react(ROOM, "1", "ann", "👍"), react(ROOM, "2", "ann", "👍"))

    await db.write(
        lambda c: c.exec_driver_sql("UPDATE delivery SET state = 'closed' WHERE story_id = ?", (story,)) and None
    )
    assert await db.write(stories.prune, NOW + timedelta(days=100)) == 1

    assert await db.read(facts_of, "ann") == {(2, "👍", 1)}
    assert await db.read(ledger.recount) == []


def _count(connection, table):
    return connection.execute(select(func.count()).select_from(table)).scalar()
