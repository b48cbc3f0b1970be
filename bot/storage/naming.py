"""Chats that the config file calls by a name: which chat that is, once the platform has said it, and one row for it."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import Connection, and_, delete, exists, func, or_, select, update

from bot.model import ChatRef
from bot.storage import chats, ledger, meta
from bot.storage.chats import Chat
from bot.storage.deliveries import State
from bot.storage.phrases import phrase_to_json
from bot.storage.tables import chat, delivery, fact, post, setting_log, subscription, subscription_cursor, tally, total

# Of two deliveries of a story to one chat, the one of which most is known stays.
_STANDING = (State.CLOSED, State.POSTED, State.UNCONFIRMED, State.WAITING, State.FAILED)


class Outcome(Enum):
    """What became of a name."""

    SETTLED = "settled"
    JOINED = "joined"
    """Two rows became one: what it follows may have to be read anew."""
    LATER = "later"
    """Nothing yet, because something is just being sent for one of the two rows."""


def known_as(connection: Connection, named: ChatRef) -> ChatRef:
    """The chat by its own id, as far as the platform has said it; else as it is named."""
    own_id = meta.get(connection, _key(named))
    return named if own_id is None else ChatRef(named.platform, own_id, named.topic)


def identify(connection: Connection, named: ChatRef, own: ChatRef) -> Outcome:
    """The chat named so, with all its topics, has this id of its own. Rows of both become one."""
    if named.id == own.id:
        return Outcome.SETTLED
    rows = connection.execute(
        select(chat.c.id).where(chat.c.platform == named.platform, chat.c.native_id == named.id)
    ).scalars()
    found = [row for key in rows.all() if (row := chats.by_id(connection, key)) is not None]
    pairs = [(row, chats.by_ref(connection, ChatRef(own.platform, own.id, row.ref.topic))) for row in found]
    if any(_in_the_air(connection, row.id, other.id) for row, other in pairs if other is not None):
        return Outcome.LATER
    for row, other in pairs:
        kept = row.id if other is None else _join(connection, row, other)
        connection.execute(update(chat).where(chat.c.id == kept).values(native_id=own.id))
    if meta.get(connection, _key(named)) != own.id:
        meta.put(connection, _key(named), own.id)
    return Outcome.JOINED if any(other is not None for _, other in pairs) else Outcome.SETTLED


def _key(named: ChatRef) -> str:
    return f"named:{named.platform}:{named.id}"


# --- two rows of one chat --------------------------------------------------------------------------------------------


def _join(connection: Connection, named: Chat, numbered: Chat) -> int:
    """The row that was set up last keeps its settings and takes over all that the other one has; returns its id."""
    keeps, goes = sorted((named, numbered), key=lambda row: _last_set_up(connection, row), reverse=True)
    if named.paused is not None and numbered.paused is None:
        # As when a chat is resumed: what it missed is no news any more.
        theirs = subscription.c.chat_id == named.id
        connection.execute(update(subscription).where(theirs).values(contacted_at=None))
    _move_subscriptions(connection, goes, keeps)
    _move_deliveries(connection, goes.id, keeps.id)
    _move_votes(connection, goes.id, keeps.id)
    connection.execute(update(setting_log).where(setting_log.c.chat_id == goes.id).values(chat_id=keeps.id))
    connection.execute(delete(chat).where(chat.c.id == goes.id))
    connection.execute(
        update(chat)
        .where(chat.c.id == keeps.id)
        .values(
            declared_hash=named.declared_hash,
            locale=keeps.locale or goes.locale,
            # Updates tell of a chat by its number: whether we are in it, only that row knows.
            paused=numbered.paused and phrase_to_json(numbered.paused),
        )
    )
    return keeps.id


def _last_set_up(connection: Connection, row: Chat) -> tuple[bool, int]:
    choices = and_(setting_log.c.chat_id == row.id, setting_log.c.setting == "language")
    last = connection.execute(select(func.max(setting_log.c.id)).where(choices)).scalar()
    return row.language is not None, last or 0


def _move_subscriptions(connection: Connection, goes: Chat, keeps: Chat) -> None:
    there = subscription.alias("there")
    same = or_(there.c.pack == subscription.c.pack, there.c.source_id == subscription.c.source_id)
    twice = exists().where(there.c.chat_id == keeps.id, same)
    connection.execute(delete(subscription).where(subscription.c.chat_id == goes.id, twice))
    if goes.language != keeps.language:
        # A pack has other sources in another language, so that it begins anew (as in `chats.choose_language`).
        packs = and_(subscription.c.chat_id == goes.id, subscription.c.pack.is_not(None))
        cursors = subscription_cursor.c.subscription_id.in_(select(subscription.c.id).where(packs))
        connection.execute(delete(subscription_cursor).where(cursors))
        connection.execute(update(subscription).where(packs).values(contacted_at=None))
    connection.execute(update(subscription).where(subscription.c.chat_id == goes.id).values(chat_id=keeps.id))


def _owed_twice(connection: Connection, one: int, other: int) -> list[tuple[tuple[int, str], tuple[int, str]]]:
    """The deliveries (id, state) of each story that is owed to both chats."""
    second = delivery.alias("second")
    rows = connection.execute(
        select(delivery.c.id, delivery.c.state, second.c.id, second.c.state)
        .join(second, second.c.story_id == delivery.c.story_id)
        .where(delivery.c.chat_id == one, second.c.chat_id == other)
    )
    return [((row[0], row[1]), (row[2], row[3])) for row in rows]


def _in_the_air(connection: Connection, one: int, other: int) -> bool:
    """Whether a sender is at work for either: it knows its delivery by the row's present id and name."""
    under_way = exists().where(delivery.c.chat_id.in_((one, other)), delivery.c.state == State.SENDING)
    return bool(connection.execute(select(under_way)).scalar())


def _move_deliveries(connection: Connection, goes: int, keeps: int) -> None:
    for pair in _owed_twice(connection, keeps, goes):
        (stays, _), (leaves, _) = sorted(pair, key=lambda one: _STANDING.index(State(one[1])))
        _merge(connection, leaves, stays)
    connection.execute(update(delivery).where(delivery.c.chat_id == goes).values(chat_id=keeps))


def _merge(connection: Connection, leaves: int, stays: int) -> None:
    """A story that was posted twice in one chat: the second message counts as a copy of the first."""
    connection.execute(update(post).where(post.c.delivery_id == leaves).values(delivery_id=stays, mirror=True))
    newer = fact.alias("newer")
    outlived = exists().where(
        newer.c.ledger_id == fact.c.ledger_id,
        newer.c.voter_id == fact.c.voter_id,
        newer.c.delivery_id == leaves,
        newer.c.token == fact.c.token,
        newer.c.seq > fact.c.seq,
    )
    connection.execute(delete(fact).where(fact.c.delivery_id == stays, outlived))
    # What the first has too goes with the delivery.
    facts = update(fact).prefix_with("OR IGNORE").where(fact.c.delivery_id == leaves)
    connection.execute(facts.values(delivery_id=stays))
    totals = update(total).prefix_with("OR IGNORE").where(total.c.delivery_id == leaves)
    connection.execute(totals.values(delivery_id=stays, mirror=True))
    connection.execute(delete(delivery).where(delivery.c.id == leaves))


def _move_votes(connection: Connection, goes: int, keeps: int) -> None:
    accounts = set(connection.execute(select(tally.c.ledger_id).where(tally.c.chat_id == goes)).scalars())
    connection.execute(update(fact).where(fact.c.chat_id == goes).values(chat_id=keeps))
    ledger.derive_anew(connection, accounts)
