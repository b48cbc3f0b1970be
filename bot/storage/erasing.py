"""A voter's votes and whatever else is kept of them, taken out of the file; what is left are marks without ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Text, bindparam, delete, func, literal_column, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.events import VotesErased
from bot.model import Actor
from bot.storage import early, leavers, ledger
from bot.storage.hot import Hot
from bot.storage.keys import among, as_json
from bot.storage.marks import Mark, Marks, Message, hash_of_message, hash_of_voter
from bot.storage.plan import PRESS, Erasure, Heard, Slot, VoterKey, VotingRules, plan
from bot.storage.tables import erased_reaction, fact, post, rejected_fact, voter

_NOWHERE = ("", "", "")

_ANY = Hot(select(select(erased_reaction.c.voter).exists()))
_K = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")
_ON_MESSAGES = Hot(
    select(erased_reaction.c.message, erased_reaction.c.voter, erased_reaction.c.token)
    .select_from(_K)
    .join(erased_reaction, erased_reaction.c.message == _K.c.value),
    "keys",
)
_DROP = Hot(
    delete(erased_reaction).where(
        erased_reaction.c.message == bindparam("on"),
        erased_reaction.c.voter == bindparam("whose"),
        erased_reaction.c.token == bindparam("which"),
    ),
    "on",
    "whose",
    "which",
)


def marks(connection: Connection, key: bytes, messages: Iterable[Message]) -> Marks:
    """What was erased on these messages."""
    if _ANY.all(connection) == [(0,)]:  # nearly always, and then nothing is hashed
        return Marks(key)
    on = {hash_of_message(key, message) for message in messages}
    return Marks(key, (Mark(*row) for row in _ON_MESSAGES.all(connection, as_json(on))))


def drop(connection: Connection, dropped: Sequence[Mark]) -> None:
    """Forget marks that the plan has dropped."""
    _DROP.many(connection, dropped)


def forget(connection: Connection, before: datetime) -> None:
    """Forget marks made until then: voting has ended on all that they could be about."""
    connection.execute(delete(erased_reaction).where(erased_reaction.c.erased_at < before))


def erase(connection: Connection, rules: VotingRules, wish: VotesErased, now: datetime) -> set[int]:
    """Withdraw what stands and leave marks of it; when it is everything, forget the voter too. Returns the ledgers
    touched."""
    actor = wish.voter
    keys = [VoterKey(account, actor.platform, actor.id) for account in _ledgers(connection, actor)]
    heard = [Heard(key.ledger, 0, 0, False, key, Erasure(wish.chats), _NOWHERE) for key in keys]
    stood = ledger.read(connection, heard)
    planned = plan(stood.facts, heard, rules, stood.next_seq, Marks(rules.erasure_key))
    ledger.write(connection, planned, stood)
    reactions = _on_messages(connection, [slot for _, slot in planned.withdrawn if slot.token != PRESS])
    if wish.chats is None:
        reactions += early.forget_voter(connection, actor)
        _forget_notes(connection, actor)
        leavers.forget(connection, actor)
    _leave_marks(connection, rules, actor.id, reactions, now)
    connection.execute(
        delete(voter).where(
            voter.c.platform == actor.platform,
            voter.c.actor == actor.id,
            ~select(fact.c.voter_id).where(fact.c.voter_id == voter.c.id).exists(),
        )
    )
    return {account for account, _ in planned.differences}


def _ledgers(connection: Connection, actor: Actor) -> list[int]:
    found = select(fact.c.ledger_id).join(voter, voter.c.id == fact.c.voter_id).distinct()
    return list(
        connection.execute(found.where(voter.c.platform == actor.platform, voter.c.actor == actor.id)).scalars()
    )


def _on_messages(connection: Connection, slots: Sequence[Slot]) -> list[tuple[Message, str]]:
    """Where these reactions can be told again: a post and the platform's copies of it are several messages."""
    found = select(post.c.delivery_id, post.c.platform, post.c.native_chat, post.c.message_id)
    messages: dict[int, list[Message]] = {}
    for row in connection.execute(found.where(post.c.delivery_id.in_(among({slot.delivery for slot in slots})))):
        messages.setdefault(row[0], []).append((row[1], row[2], row[3]))
    return [(message, slot.token) for slot in slots for message in messages.get(slot.delivery, ())]


def _leave_marks(
    connection: Connection, rules: VotingRules, actor: str, reactions: Iterable[tuple[Message, str]], now: datetime
) -> None:
    key = rules.erasure_key
    rows = [
        {
            "message": hash_of_message(key, message),
            "voter": hash_of_voter(key, message, actor),
            "token": emoji,
            "erased_at": now,
        }
        for message, emoji in dict.fromkeys(reactions)
        if rules.ballots[message[0]].sentiment(emoji) is not None
    ]
    if rows:
        made = upsert(erased_reaction)
        connection.execute(
            made.on_conflict_do_update(
                index_elements=list(erased_reaction.primary_key), set_={"erased_at": made.excluded.erased_at}
            ),
            rows,
        )


def _forget_notes(connection: Connection, actor: Actor) -> None:
    """Notes of events that could not be stored name voters as the events do, or as one of those who had an emoji."""
    named = f"Actor(platform={actor.platform!a}, id={actor.id!a}, "
    payload = rejected_fact.c.payload
    listed = payload.startswith("ReactionsRead(") & (func.instr(payload, ascii(actor.id)) > literal_column("0"))
    connection.execute(delete(rejected_fact).where((func.instr(payload, named) > literal_column("0")) | listed))
