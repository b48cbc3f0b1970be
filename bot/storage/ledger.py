"""The rows of the ledger: reads the facts that stand, writes what the plan says, recounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.events import Cleared, ReactionsCounted, ReactionsRead
from bot.model import Tally
from bot.storage.hot import Hot, element, stored
from bot.storage.keys import as_json
from bot.storage.known_posts import KnownPost
from bot.storage.plan import Fact, Facts, Heard, Plan, Slot, VoterKey, VotingRules, votes
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

    ledger_id: int
    chat_id: int
    """0 is everywhere."""
    stored: Tally
    counted: Tally


_K = func.json_each(bindparam("keys", type_=Text)).table_valued("key", "value", name="k")
_FIRST, _SECOND, _THIRD = (element(_K.c.value, place) for place in range(3))

_STANDING = Hot(
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
    .outerjoin(fact, and_(fact.c.ledger_id == _FIRST, fact.c.voter_id == voter.c.id))
    .outerjoin(chat, chat.c.id == fact.c.chat_id),
    "keys",
)
_ON_DELIVERIES = Hot(
    select(fact.c.ledger_id, voter.c.platform, voter.c.actor)
    .select_from(_K)
    .join(fact, fact.c.delivery_id == _K.c.value)
    .join(voter, voter.c.id == fact.c.voter_id)
    .distinct(),
    "keys",
)
_SEEN = Hot(
    select(seen_event.c.platform, seen_event.c.event_id)
    .select_from(_K)
    .join(seen_event, and_(seen_event.c.platform == _FIRST, seen_event.c.event_id == _SECOND)),
    "keys",
)
_NEXT_SEQ = Hot(select(cast(meta.c.value, Integer)).where(meta.c.key == bindparam("key")), "key")
_LAST_VOTER = Hot(select(func.coalesce(func.max(voter.c.id), literal_column("0"))))

_NOTE_SEEN = Hot(insert(seen_event), "platform", "event_id", "seen_at")
_ADD_VOTER = Hot(insert(voter), "id", "platform", "actor")
_FACT = ("ledger_id", "voter_id", "delivery_id", "token", "chat_id", "sentiment", "seq")
_ADD_FACT = upsert(fact)
_SET_FACT = Hot(
    _ADD_FACT.on_conflict_do_update(
        index_elements=list(fact.primary_key),
        set_={name: _ADD_FACT.excluded[name] for name in ("chat_id", "sentiment", "seq")},
    ),
    *_FACT,
)
_DROP_FACT = Hot(
    delete(fact).where(
        fact.c.ledger_id == bindparam("ledger"),
        fact.c.voter_id == bindparam("voter"),
        fact.c.delivery_id == bindparam("delivery"),
        fact.c.token == bindparam("slot"),
    ),
    "ledger",
    "voter",
    "delivery",
    "slot",
)
_TALLY = ("ledger_id", "chat_id", "bullish", "bearish")
_ADD_TALLY = upsert(tally)
_MOVE_TALLY = Hot(
    _ADD_TALLY.on_conflict_do_update(
        index_elements=list(tally.primary_key),
        set_={
            "bullish": tally.c.bullish + _ADD_TALLY.excluded.bullish,
            "bearish": tally.c.bearish + _ADD_TALLY.excluded.bearish,
        },
    ),
    *_TALLY,
)
_ADD_TALLIES = Hot(insert(tally), *_TALLY)
_CHOSEN = select(cast(_K.c.value, Integer)).select_from(_K)
_ADD_SEQ = upsert(meta)
_SET_SEQ = Hot(
    _ADD_SEQ.on_conflict_do_update(index_elements=["key"], set_={"value": _ADD_SEQ.excluded.value}), "key", "value"
)


def seen(connection: Connection, events: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the events (platform, id) that were noted before."""
    return {(row[0], row[1]) for row in _SEEN.all(connection, as_json(events))}


def note_seen(connection: Connection, events: Iterable[tuple[str, str]], now: datetime) -> None:
    """Note events, so that they count only once. Raises IntegrityError when one of them is noted already."""
    at = stored(now)
    _NOTE_SEEN.many(connection, [(platform, event_id, at) for platform, event_id in events])


def read(connection: Connection, heard: Sequence[Heard]) -> Standing:
    """The facts of all voters whom the events concern, in one read."""
    keys = dict.fromkeys(event.voter for event in heard if event.voter is not None)
    of_everyone = {event.delivery for event in heard if isinstance(event.change, Cleared | ReactionsRead)}
    if of_everyone:
        keys.update(dict.fromkeys(_named(heard)))
        rows = _ON_DELIVERIES.all(connection, as_json(of_everyone))
        keys.update(dict.fromkeys(VoterKey(*row) for row in rows))
    ordered = list(keys)
    seq = _NEXT_SEQ.all(connection, _SEQ)
    result = Standing({key: {} for key in ordered}, {}, seq[0][0] if seq else 1)
    for index, voter_id, delivery_id, token, *rest in _STANDING.all(connection, as_json(ordered)):
        key = ordered[index]
        result.voters[key.platform, key.actor] = voter_id
        if delivery_id is not None:
            result.facts[key][Slot(delivery_id, token)] = Fact(*rest)
    return result


def _named(heard: Sequence[Heard]) -> Iterator[VoterKey]:
    """Voters whom the platform named when it was asked about a message."""
    for event in heard:
        if isinstance(event.change, ReactionsRead):
            platform = event.change.message.chat.platform
            for actor in frozenset[str]().union(*event.change.voters.values()):
                yield VoterKey(event.ledger, platform, actor)


def take_order(connection: Connection) -> int:
    """The order for facts that come to be known later, but were given before all that is heard from now on."""
    seq = _NEXT_SEQ.all(connection, _SEQ)
    order: int = seq[0][0] if seq else 1
    _SET_SEQ.many(connection, [(_SEQ, str(order + 1))])
    return order


def write(connection: Connection, plan: Plan, stood: Standing) -> None:
    """Write what the plan says."""
    if plan.next_seq != stood.next_seq:
        _SET_SEQ.many(connection, [(_SEQ, str(plan.next_seq))])
    _add_voters(connection, plan, stood)
    ids = stood.voters
    _DROP_FACT.many(
        connection,
        [
            (account, ids[platform, actor], delivery_id, token)
            for (account, platform, actor), (delivery_id, token) in plan.withdrawn
        ],
    )
    _SET_FACT.many(
        connection,
        [
            (account, ids[platform, actor], delivery_id, token, chat_id, sentiment, seq)
            for (account, platform, actor), (delivery_id, token), (chat_id, _, sentiment, seq) in plan.written
        ],
    )
    _MOVE_TALLY.many(connection, [(*where, *moved) for where, moved in plan.differences.items()])


def _add_voters(connection: Connection, plan: Plan, stood: Standing) -> None:
    """Only who leaves a fact is stored. There is one writer, so it can give the ids itself."""
    new = dict.fromkeys((key.platform, key.actor) for key, _, _ in plan.written)
    new = {who: None for who in new if who not in stood.voters}
    if new:
        ((last,),) = _LAST_VOTER.all(connection)
        added = [(row_id, *who) for row_id, who in enumerate(new, start=last + 1)]
        _ADD_VOTER.many(connection, added)
        stood.voters.update(((platform, actor), row_id) for row_id, platform, actor in added)


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
    stored = {
        (row.ledger_id, row.chat_id): Tally(row.bullish, row.bearish) for row in connection.execute(select(tally))
    }
    counted = _derive(connection, None)
    return [
        Miscount(account, chat_id, stored.get((account, chat_id), Tally()), counted.get((account, chat_id), Tally()))
        for account, chat_id in sorted(stored.keys() | counted.keys())
        if stored.get((account, chat_id), Tally()) != counted.get((account, chat_id), Tally())
    ]


def share_votes(connection: Connection, chat_id: int, shares: bool) -> set[int]:
    """Settle whether the chat's votes count toward everywhere, on all its stories; returns the ledgers touched."""
    before = connection.execute(select(chat.c.shares_votes).where(chat.c.id == chat_id)).scalar_one()
    if before == shares:
        return set()
    connection.execute(update(chat).where(chat.c.id == chat_id).values(shares_votes=shares))
    accounts = set(connection.execute(select(tally.c.ledger_id).where(tally.c.chat_id == chat_id)).scalars())
    derive_anew(connection, accounts)
    return accounts


def derive_anew(connection: Connection, accounts: Iterable[int]) -> None:
    """Facts have come to these ledgers or left them: put what the facts say in place of their tallies."""
    keys = as_json(accounts)
    connection.execute(delete(tally).where(tally.c.ledger_id.in_(_CHOSEN)), {"keys": keys})
    counted = _derive(connection, keys)
    _ADD_TALLIES.many(connection, [(*where, now.bullish, now.bearish) for where, now in counted.items()])


def _derive(connection: Connection, keys: str | None) -> dict[tuple[int, int], Tally]:
    """The tallies of these ledgers (None: of all) from the facts alone; without those of nobody."""
    facts = (
        select(fact.c.ledger_id, fact.c.voter_id, fact.c.chat_id, chat.c.shares_votes, fact.c.sentiment, fact.c.seq)
        .join(chat, chat.c.id == fact.c.chat_id)
        .order_by(fact.c.ledger_id, fact.c.voter_id)
    )
    if keys is not None:
        facts = facts.where(fact.c.ledger_id.in_(_CHOSEN)).params(keys=keys)
    counts: dict[tuple[int, int], list[int]] = {}
    for account, said in _by_voter(connection.execute(facts.execution_options(yield_per=1000))):
        for chat_id, sentiment in said.items():
            counts.setdefault((account, chat_id), [0, 0])[sentiment < 0] += 1
    return {key: Tally(bullish, bearish) for key, (bullish, bearish) in counts.items()}


def _by_voter(rows: Iterable[Any]) -> Iterator[tuple[int, dict[int, int]]]:
    for (account, _), theirs in groupby(rows, key=lambda row: (row[0], row[1])):
        yield account, votes([Fact(row[2], bool(row[3]), row[4], row[5]) for row in theirs])
