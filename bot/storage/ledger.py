"""The rows of the ledger: reads the facts that stand, writes what the plan says, recounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Integer, Text, and_, bindparam, cast, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.events import Cleared, ReactionsCounted
from bot.model import Tally
from bot.storage.early import json_keys
from bot.storage.known_posts import KnownPost
from bot.storage.plan import EVERYWHERE, Fact, Facts, Heard, Plan, Slot, VoterKey, VotingRules, votes
from bot.storage.tables import chat, fact, meta, seen_event, tally, total, voter

_SEQ = "fact_seq"
"""The name in table meta of the order that the next fact gets."""


@dataclass(slots=True)
class Standing:
    """What stood before a batch."""

    facts: dict[VoterKey, Facts]
    voters: dict[tuple[str, str], int]
    """Row ids of those voters who have one, by platform and actor."""
    next_seq: int


@dataclass(frozen=True, slots=True)
class Miscount:
    """A tally that isn't what the facts say."""

    story_id: int
    chat_id: int
    """0 is everywhere."""
    stored: Tally
    counted: Tally


_K = func.json_each(bindparam("keys", type_=Text)).table_valued("key", "value", name="k")
_FIRST, _SECOND, _THIRD = (func.json_extract(_K.c.value, f"$[{place}]") for place in range(3))

_STANDING = (
    select(
        _K.c.key,
        voter.c.id,
        fact.c.delivery_id,
        fact.c.token,
        fact.c.chat_id,
        chat.c.shares_votes,
        fact.c.sentiment,
        fact.c.seq,
    )
    .select_from(_K)
    .join(voter, and_(voter.c.platform == _SECOND, voter.c.actor == _THIRD))
    .outerjoin(fact, and_(fact.c.story_id == _FIRST, fact.c.voter_id == voter.c.id))
    .outerjoin(chat, chat.c.id == fact.c.chat_id)
)
_ON_DELIVERIES = (
    select(fact.c.story_id, voter.c.platform, voter.c.actor)
    .select_from(_K)
    .join(fact, fact.c.delivery_id == _K.c.value)
    .join(voter, voter.c.id == fact.c.voter_id)
    .distinct()
)
_VOTERS = (
    select(voter.c.platform, voter.c.actor, voter.c.id)
    .select_from(_K)
    .join(voter, and_(voter.c.platform == _FIRST, voter.c.actor == _SECOND))
)
_SEEN = (
    select(seen_event.c.platform, seen_event.c.event_id)
    .select_from(_K)
    .join(seen_event, and_(seen_event.c.platform == _FIRST, seen_event.c.event_id == _SECOND))
)
_NEXT_SEQ = select(cast(meta.c.value, Integer)).where(meta.c.key == _SEQ)

_NOTE_SEEN = upsert(seen_event).on_conflict_do_nothing()
_ADD_VOTER = upsert(voter).on_conflict_do_nothing()
_ADD_FACT = upsert(fact)
_SET_FACT = _ADD_FACT.on_conflict_do_update(
    index_elements=list(fact.primary_key),
    set_={name: _ADD_FACT.excluded[name] for name in ("chat_id", "sentiment", "seq")},
)
_DROP_FACT = delete(fact).where(
    fact.c.story_id == bindparam("story"),
    fact.c.voter_id == bindparam("voter"),
    fact.c.delivery_id == bindparam("delivery"),
    fact.c.token == bindparam("slot"),
)
_ADD_TALLY = upsert(tally)
_MOVE_TALLY = _ADD_TALLY.on_conflict_do_update(
    index_elements=list(tally.primary_key),
    set_={
        "bullish": tally.c.bullish + _ADD_TALLY.excluded.bullish,
        "bearish": tally.c.bearish + _ADD_TALLY.excluded.bearish,
    },
)
_SET_TALLY = _ADD_TALLY.on_conflict_do_update(
    index_elements=list(tally.primary_key),
    set_={"bullish": _ADD_TALLY.excluded.bullish, "bearish": _ADD_TALLY.excluded.bearish},
)
_ADD_SEQ = upsert(meta)
_SET_SEQ = _ADD_SEQ.on_conflict_do_update(index_elements=["key"], set_={"value": _ADD_SEQ.excluded.value})


def seen(connection: Connection, events: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the events (platform, id) that were noted before."""
    if not events:
        return set()
    return {(row[0], row[1]) for row in connection.execute(_SEEN, {"keys": json_keys(events)})}


def note_seen(connection: Connection, events: Sequence[tuple[str, str]], now: datetime) -> None:
    """Note events, so that they count only once."""
    if events:
        connection.execute(
            _NOTE_SEEN, [{"platform": platform, "event_id": event_id, "seen_at": now} for platform, event_id in events]
        )


def read(connection: Connection, heard: Sequence[Heard]) -> Standing:
    """The facts of all voters whom the events concern, in one read."""
    keys = dict.fromkeys(VoterKey(event.story, *event.actor) for event in heard if event.actor is not None)
    cleared = {event.delivery for event in heard if isinstance(event.change, Cleared)}
    if cleared:
        rows = connection.execute(_ON_DELIVERIES, {"keys": json_keys(cleared)})
        keys.update(dict.fromkeys(VoterKey(*row) for row in rows))
    ordered = list(keys)
    result = Standing({key: {} for key in ordered}, {}, connection.execute(_NEXT_SEQ).scalar() or 1)
    for index, voter_id, delivery_id, token, chat_id, shared, sentiment, seq in connection.execute(
        _STANDING, {"keys": json_keys(ordered)}
    ):
        key = ordered[index]
        result.voters[key.platform, key.actor] = voter_id
        if delivery_id is not None:
            result.facts[key][Slot(delivery_id, token)] = Fact(chat_id, bool(shared), sentiment, seq)
    return result


def write(connection: Connection, plan: Plan, stood: Standing) -> None:
    """Write what the plan says."""
    if plan.next_seq != stood.next_seq:
        connection.execute(_SET_SEQ, {"key": _SEQ, "value": str(plan.next_seq)})
    _add_voters(connection, plan, stood)
    if plan.withdrawn:
        connection.execute(
            _DROP_FACT,
            [
                {
                    "story": key.story,
                    "voter": stood.voters[key.platform, key.actor],
                    "delivery": slot.delivery,
                    "slot": slot.token,
                }
                for key, slot in plan.withdrawn
            ],
        )
    if plan.written:
        connection.execute(_SET_FACT, [_fact_row(stood, key, slot, new) for key, slot, new in plan.written])
    if plan.differences:
        connection.execute(
            _MOVE_TALLY,
            [
                {"story_id": story, "chat_id": chat_id, "bullish": bullish, "bearish": bearish}
                for (story, chat_id), (bullish, bearish) in plan.differences.items()
            ],
        )


def _add_voters(connection: Connection, plan: Plan, stood: Standing) -> None:
    """Only who leaves a fact is stored."""
    new = {(key.platform, key.actor) for key, _, _ in plan.written} - stood.voters.keys()
    if new:
        connection.execute(_ADD_VOTER, [{"platform": platform, "actor": actor} for platform, actor in new])
        for platform, actor, voter_id in connection.execute(_VOTERS, {"keys": json_keys(new)}):
            stood.voters[platform, actor] = voter_id


def _fact_row(stood: Standing, key: VoterKey, slot: Slot, new: Fact) -> dict[str, Any]:
    return {
        "story_id": key.story,
        "voter_id": stood.voters[key.platform, key.actor],
        "delivery_id": slot.delivery,
        "token": slot.token,
        "chat_id": new.chat,
        "sentiment": new.sentiment,
        "seq": new.seq,
    }


def write_totals(
    connection: Connection, rules: VotingRules, counted: Sequence[tuple[KnownPost, ReactionsCounted]]
) -> None:
    """Put the newest totals of each message in place of those before."""
    newest = {(place.delivery, place.mirror): event for place, event in counted}
    connection.execute(
        delete(total).where(total.c.delivery_id == bindparam("of"), total.c.mirror == bindparam("copy")),
        [{"of": delivery_id, "copy": mirror} for delivery_id, mirror in newest],
    )
    rows = [
        {"delivery_id": delivery_id, "mirror": mirror, "emoji": emoji, "sentiment": int(sentiment), "count": count}
        for (delivery_id, mirror), event in newest.items()
        for emoji, count in event.totals.items()
        if (sentiment := rules.ballots[event.message.chat.platform].sentiment(emoji)) is not None and count > 0
    ]
    if rows:
        connection.execute(upsert(total), rows)


# --- recounting ------------------------------------------------------------------------------------------------------


def recount(connection: Connection) -> list[Miscount]:
    """Derive all tallies anew and compare: what `newstally check` shows. Empty when all is well."""
    stored = {(row.story_id, row.chat_id): Tally(row.bullish, row.bearish) for row in connection.execute(select(tally))}
    counted = _derive(connection, None)
    return [
        Miscount(story, chat_id, stored.get((story, chat_id), Tally()), counted.get((story, chat_id), Tally()))
        for story, chat_id in sorted(stored.keys() | counted.keys())
        if stored.get((story, chat_id), Tally()) != counted.get((story, chat_id), Tally())
    ]


def share_votes(connection: Connection, chat_id: int, shares: bool) -> set[int]:
    """Settle whether the chat's votes count toward everywhere, on all its stories; returns those that it touches."""
    before = connection.execute(select(chat.c.shares_votes).where(chat.c.id == chat_id)).scalar_one()
    if before == shares:
        return set()
    connection.execute(update(chat).where(chat.c.id == chat_id).values(shares_votes=shares))
    stories = set(connection.execute(select(tally.c.story_id).where(tally.c.chat_id == chat_id)).scalars())
    counted = _derive(connection, stories)
    rows = [
        {"story_id": story, "chat_id": EVERYWHERE, "bullish": said.bullish, "bearish": said.bearish}
        for story in stories
        for said in (counted.get((story, EVERYWHERE), Tally()),)
    ]
    if rows:
        connection.execute(_SET_TALLY, rows)
    return stories


def _derive(connection: Connection, stories: Iterable[int] | None) -> dict[tuple[int, int], Tally]:
    """The tallies of these stories (None: of all) from the facts alone; without those of nobody."""
    facts = (
        select(fact.c.story_id, fact.c.voter_id, fact.c.chat_id, chat.c.shares_votes, fact.c.sentiment, fact.c.seq)
        .join(chat, chat.c.id == fact.c.chat_id)
        .order_by(fact.c.story_id, fact.c.voter_id)
    )
    if stories is not None:
        chosen = select(cast(_K.c.value, Integer)).select_from(_K)
        facts = facts.where(fact.c.story_id.in_(chosen)).params(keys=json_keys(stories))
    counts: dict[tuple[int, int], list[int]] = {}
    for story, said in _by_voter(connection.execute(facts.execution_options(yield_per=1000))):
        for chat_id, sentiment in said.items():
            counts.setdefault((story, chat_id), [0, 0])[sentiment < 0] += 1
    return {key: Tally(bullish, bearish) for key, (bullish, bearish) in counts.items()}


def _by_voter(rows: Iterable[Any]) -> Iterator[tuple[int, dict[int, int]]]:
    for (story, _), theirs in groupby(rows, key=lambda row: (row[0], row[1])):
        yield story, votes(Fact(row[2], bool(row[3]), row[4], row[5]) for row in theirs)
