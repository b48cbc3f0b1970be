"""A member erases their votes: what goes, what doesn't come back, and what is left in the file."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.events import Added, Cleared, ReactionsRead, Removed, VotesErased, WholeSet
from bot.model import Actor, MessageRef, Sentiment
from bot.storage import leavers, ledger, tables, transfer, votes
from bot.storage.database import Database, open_database
from bot.storage.early import message_key
from bot.storage.marks import hash_of_message, hash_of_voter
from bot.storage.votes import Outcome
from tests.tally.stage import (
    BEAR,
    BULL,
    HALL,
    NOW,
    ROOM,
    RULES,
    YARD,
    add_delivery,
    add_post,
    add_story,
    facts_of,
    press,
    react,
    set_up,
    tallies_of,
)

ANN = Actor("alpha", "u7012345678")
POST = MessageRef(ROOM, "1")


@pytest.fixture
async def db(tmp_path: Path):
    async with open_database(tmp_path / "votes.db") as database:
        yield database


async def tell(db: Database, *events, at=NOW):
    return (await db.write(votes.record_batch, RULES, events, at)).recorded


def read(order: int, **voters: list[str]) -> ReactionsRead:
    """What a re-read of the post says; who is named stands under the emoji's name."""
    names = {"bull": "👍", "fire": "🔥"}
    return ReactionsRead(POST, {names[one]: frozenset(who) for one, who in voters.items()}, order)


async def test_all_votes_of_a_member_go_and_nobody_elses(db: Database):
    story, (_, hall, _) = await set_up(db, ROOM, HALL, YARD)
    await tell(
        db,
        react(ROOM, "1", ANN.id, "👍"),
        press(HALL, "1", ANN.id, hall, BEAR, "e1"),
        react(ROOM, "1", "u2", "👍"),
        react(YARD, "1", ANN.id, "👎"),  # another platform's person of the same id
    )
    assert await db.read(tallies_of, story) == {"room": (2, 0), "hall": (0, 1), "yard": (0, 1), "everywhere": (1, 2)}
    outcome = await db.write(votes.record_batch, RULES, [VotesErased(ANN)], NOW)
    assert outcome.changed == {story}
    assert await db.read(tallies_of, story) == {"room": (1, 0), "yard": (0, 1), "everywhere": (1, 1)}
    assert await db.read(ledger.recount) == []


async def test_an_erasure_in_one_chat_leaves_the_others(db: Database):
    story, (room, hall) = await set_up(db, ROOM, HALL)
    await tell(db, react(ROOM, "1", ANN.id, "👍"), react(HALL, "1", ANN.id, "👎"))
    found = select(tables.delivery.c.chat_id).where(tables.delivery.c.id == hall)
    chat_id = await db.read(lambda connection: connection.execute(found).scalar_one())
    await tell(db, VotesErased(ANN, frozenset({chat_id})))
    assert await db.read(facts_of, ANN.id) == {(room, "👍", 1)}
    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}


REPEATS = {
    "the whole set again": [react(ROOM, "1", ANN.id, WholeSet(("👍",)))],
    "the whole set with what is no vote": [react(ROOM, "1", ANN.id, WholeSet(("👍", "🤡")))],
    "a re-read": [read(1, bull=[ANN.id])],
    "two re-reads": [read(1, bull=[ANN.id, "u2"]), read(1, bull=[ANN.id, "u2"])],
}


@pytest.mark.parametrize("events", REPEATS.values(), ids=REPEATS)
async def test_what_merely_repeats_it_does_not_bring_it_back(db: Database, events):
    await set_up(db, ROOM)
    await tell(db, react(ROOM, "1", ANN.id, "👍"), VotesErased(ANN), *events)
    assert await db.read(facts_of, ANN.id) == set()


ANEW = {
    "a press": ([press(ROOM, "1", ANN.id, 1, BULL, "e9")], {""}),
    "another emoji beside it": ([react(ROOM, "1", ANN.id, WholeSet(("👍", "🔥")))], {"🔥"}),
    "another emoji in its place": ([react(ROOM, "1", ANN.id, WholeSet(("😢",)))], {"😢"}),
    "taken back and given again": (
        [react(ROOM, "1", ANN.id, WholeSet(())), react(ROOM, "1", ANN.id, WholeSet(("👍",)))],
        {"👍"},
    ),
    "added": ([react(ROOM, "1", ANN.id, Added("👍"))], {"👍"}),
    "removed, and there again when it is read": (
        [react(ROOM, "1", ANN.id, Removed("👍")), read(1, bull=[ANN.id])],
        {"👍"},
    ),
    "gone when it was read, there the next time": ([read(1, bull=[]), read(1, bull=[ANN.id])], {"👍"}),
    "cleared by a moderator, there when it is read": (
        [react(ROOM, "1", ANN.id, Cleared("👍")), read(1, bull=[ANN.id])],
        {"👍"},
    ),
    "another emoji, read": ([read(1, bull=[ANN.id], fire=[ANN.id])], {"🔥"}),
}


@pytest.mark.parametrize(("events", "tokens"), ANEW.values(), ids=ANEW)
async def test_what_is_given_anew_counts(db: Database, events, tokens):
    await set_up(db, ROOM)
    await tell(db, react(ROOM, "1", ANN.id, "👍"), VotesErased(ANN))
    for event in events:  # one batch each
        await tell(db, event)
    assert {token for _, token, _ in await db.read(facts_of, ANN.id)} == tokens
    assert await db.read(ledger.recount) == []


async def test_a_read_that_is_older_than_what_was_heard_changes_no_mark(db: Database):
    await set_up(db, ROOM)
    await tell(db, react(ROOM, "1", ANN.id, "👍"), VotesErased(ANN))
    older = ReactionsRead(POST, {"👍": frozenset()}, 1, frozenset({(ANN.id, None)}))
    await tell(db, older, read(1, bull=[ANN.id]))
    assert await db.read(facts_of, ANN.id) == set()


async def test_it_stays_erased_when_stories_are_joined_and_on_the_posts_copy(db: Database):
    delivery = (await set_up(db, ROOM))[1][0]
    copy = MessageRef(HALL, "77")

    def mirror(connection):
        row = {"platform": "alpha", "native_chat": "hall", "message_id": "77", "delivery_id": delivery, "mirror": True}
        connection.execute(tables.post.insert().values(row))

    await db.write(mirror)
    await tell(db, react(HALL, copy.id, ANN.id, WholeSet(("👍",))), VotesErased(ANN))
    await tell(db, react(HALL, copy.id, ANN.id, WholeSet(("👍",))))
    assert await db.read(facts_of, ANN.id) == set()


async def test_an_erasure_told_twice_erases_nothing_that_came_between(db: Database):
    (delivery,) = (await set_up(db, ROOM))[1]
    wish = VotesErased(ANN, event_id="q1")
    await tell(db, react(ROOM, "1", ANN.id, "👍"))
    first, _, again = await tell(db, wish, press(ROOM, "1", ANN.id, delivery, BULL, "e2"), wish)
    assert (first.outcome, again.outcome) == (Outcome.COUNTED, Outcome.REPLAYED)
    assert await db.read(facts_of, ANN.id) == {(delivery, "", Sentiment.BULLISH)}


async def test_who_has_no_votes_erases_nothing(db: Database):
    (said,) = await tell(db, VotesErased(Actor("alpha", "’; DROP TABLE fact; --")))
    assert said.outcome is Outcome.COUNTED


async def test_reactions_that_wait_for_their_post_are_erased_too(db: Database):
    story = await db.write(add_story)
    delivery = await db.write(add_delivery, story, ROOM, "unconfirmed")
    early = [
        react(ROOM, "1", ANN.id, WholeSet(("👍", "🔥"))),
        react(ROOM, "1", ANN.id, Removed("🔥")),
        react(ROOM, "1", "u2", "👎"),
    ]
    assert {said.outcome for said in await tell(db, *early)} == {Outcome.EARLY}
    await tell(db, VotesErased(ANN))
    await tell(db, press(ROOM, "1", "u3", delivery, BULL, "e1"))  # tells which message it is
    await tell(db, react(ROOM, "1", ANN.id, WholeSet(("👍",))))
    assert await db.read(tallies_of, story) == {"room": (1, 1), "everywhere": (1, 1)}


async def test_marks_are_forgotten_when_no_voting_is_open_any_more(db: Database):
    await set_up(db, ROOM)
    await tell(db, react(ROOM, "1", ANN.id, "👍"), VotesErased(ANN))
    for days, left in ((13, 1), (15, 0)):
        await db.write(votes.sweep, RULES, NOW + timedelta(days=days))
        count = select(func.count()).select_from(tables.erased_reaction)
        assert await db.read(lambda c, count=count: c.execute(count).scalar_one()) == left


async def test_an_erasure_travels_with_an_export(db: Database, tmp_path: Path):
    await set_up(db, ROOM)
    await tell(db, react(ROOM, "1", ANN.id, "👍"), VotesErased(ANN))
    lines: list[str] = []
    await db.read(transfer.write_everything, lines.append)
    async with open_database(tmp_path / "other.db") as other:
        await other.write(transfer.read_everything, lines)
        await tell(other, react(ROOM, "1", ANN.id, WholeSet(("👍",))))
        assert await other.read(facts_of, ANN.id) == set()


async def test_neither_ids_nor_plain_hashes_are_left_in_the_file(tmp_path: Path):
    """Also not in pages that SQLite has freed, nor in its log."""
    path = tmp_path / "votes.db"
    others = [f"u9{number:09}" for number in range(3000)]
    async with open_database(path) as db:
        (delivery,) = (await set_up(db, ROOM))[1]
        story = await db.write(add_story)
        await db.write(add_delivery, story, HALL, "unconfirmed")
        await tell(db, *(react(ROOM, "1", who, "👎") for who in others[:1500]))
        await tell(
            db,
            react(ROOM, "1", ANN.id, "👍"),
            press(ROOM, "1", ANN.id, delivery, BULL, "e1"),
            react(HALL, "5", ANN.id, "👍"),
            react(HALL, "6", ANN.id, WholeSet(("🔥",))),
        )
        await db.write(_note_failure)
        await db.write(leavers.ask, ANN, NOW)
        await tell(db, *(react(ROOM, "1", who, "👎") for who in others[1500:]))
        assert ANN.id.encode() in _bytes(path)
        await tell(db, VotesErased(ANN))
        await db.empty_log()
        left = _bytes(path)
    plain = [
        ANN.id,
        *(
            digest(text.encode()).hexdigest()
            for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5)
            for text in (ANN.id, f"alpha:{ANN.id}", ANN.id[1:])
        ),
    ]
    assert [one for one in plain if one.encode() in left or one.encode()[:32] in left] == []
    assert hash_of_voter(RULES.erasure_key, message_key(POST), ANN.id).encode() in left


def _note_failure(connection) -> None:
    failed = react(ROOM, "1", ANN.id, "👍")
    listed = read(1, bull=[ANN.id])
    rows = [{"at": NOW, "payload": ascii(event), "problem": f"Error: [{ANN.id}]"} for event in (failed, listed)]
    connection.execute(tables.rejected_fact.insert(), rows)


def _bytes(path: Path) -> bytes:
    return b"".join(part.read_bytes() for part in sorted(path.parent.glob(path.name + "*")))


@given(st.lists(st.text(max_size=8), min_size=4, max_size=4), st.lists(st.text(max_size=8), min_size=4, max_size=4))
def test_no_two_voters_and_messages_share_a_hash(one, other):
    same = one == other
    assert (hash_of_voter(b"k", tuple(one[:3]), one[3]) == hash_of_voter(b"k", tuple(other[:3]), other[3])) is same
    assert hash_of_message(b"k", tuple(one[:3])) != hash_of_voter(b"k", tuple(one[:3]), one[3])
    assert hash_of_message(b"k", tuple(one[:3])) != hash_of_message(b"l", tuple(one[:3]))


async def test_a_post_of_another_story_is_another_matter(db: Database):
    await set_up(db, ROOM)
    story = await db.write(add_story, "Another")
    await db.write(add_post, story, ROOM, "2")
    await tell(db, react(ROOM, "1", ANN.id, "👍"), VotesErased(ANN), react(ROOM, "2", ANN.id, WholeSet(("👍",))))
    assert await db.read(tallies_of, story) == {"room": (1, 0), "everywhere": (1, 0)}
