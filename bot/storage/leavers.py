"""Who wants their votes in a chat erased when they leave it, and in which chats they have been seen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.model import Actor, ChatRef
from bot.storage.keys import among
from bot.storage.tables import chat, fact, leaver, leaver_chat, voter


@dataclass(frozen=True, slots=True)
class VotedIn:
    """A chat in which a leaver's votes stand."""

    id: int
    ref: ChatRef
    seen_there: bool
    """They were a member when we last looked: only then can they have left it."""


def has_asked(connection: Connection, actor: Actor) -> bool:
    """Whether the voter has asked for it."""
    return connection.execute(select(leaver.c.actor).where(*_is(actor))).first() is not None


def ask(connection: Connection, actor: Actor, now: datetime) -> None:
    """The voter asks for it: they are due to be looked at."""
    row = insert(leaver).values(platform=actor.platform, actor=actor.id, voted_at=now)
    connection.execute(row.on_conflict_do_nothing())


def forget(connection: Connection, actor: Actor) -> None:
    """The voter doesn't ask for it any more."""
    connection.execute(
        delete(leaver_chat).where(leaver_chat.c.platform == actor.platform, leaver_chat.c.actor == actor.id)
    )
    connection.execute(delete(leaver).where(*_is(actor)))


def prune(connection: Connection, before: datetime) -> None:
    """Forget those who have had no vote since then."""
    for row in connection.execute(select(leaver.c.platform, leaver.c.actor).where(leaver.c.voted_at < before)).all():
        forget(connection, Actor(row.platform, row.actor))


def due(connection: Connection, platforms: Collection[str], before: datetime, limit: int) -> list[Actor]:
    """Those who were looked at longest ago: not since then."""
    rows = connection.execute(
        select(leaver.c.platform, leaver.c.actor)
        .where(leaver.c.platform.in_(platforms), leaver.c.looked_at.is_(None) | (leaver.c.looked_at <= before))
        .order_by(leaver.c.looked_at)
        .limit(limit)
    )
    return [Actor(row.platform, row.actor) for row in rows]


def voted_in(connection: Connection, actor: Actor) -> list[VotedIn]:
    """The chats in which the voter's votes stand."""
    chats = (
        select(fact.c.chat_id)
        .join(voter, voter.c.id == fact.c.voter_id)
        .where(voter.c.platform == actor.platform, voter.c.actor == actor.id)
    )
    seen = select(leaver_chat.c.chat_id).where(
        leaver_chat.c.platform == actor.platform, leaver_chat.c.actor == actor.id
    )
    rows = connection.execute(
        select(chat.c.id, chat.c.platform, chat.c.native_id, chat.c.topic, chat.c.id.in_(seen).label("seen"))
        .where(chat.c.id.in_(chats))
        .order_by(chat.c.id)
    )
    return [VotedIn(row.id, ChatRef(row.platform, row.native_id, row.topic), bool(row.seen)) for row in rows]


def looked(
    connection: Connection, actor: Actor, present: Collection[int], gone: Collection[int], now: datetime
) -> None:
    """The chats have been asked: in some the voter is a member, in others no more."""
    values = {"looked_at": now} | ({"voted_at": now} if present or gone else {})
    asks = connection.execute(update(leaver).where(*_is(actor)).values(values)).rowcount
    connection.execute(
        delete(leaver_chat).where(
            leaver_chat.c.platform == actor.platform,
            leaver_chat.c.actor == actor.id,
            leaver_chat.c.chat_id.in_(among(gone)),
        )
    )
    if asks and present:  # they may have changed their mind while we asked
        rows = [{"platform": actor.platform, "actor": actor.id, "chat_id": one} for one in sorted(present)]
        connection.execute(insert(leaver_chat).on_conflict_do_nothing(), rows)


def _is(actor: Actor) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return leaver.c.platform == actor.platform, leaver.c.actor == actor.id
