"""Leases at WebSub hubs: what a hub has promised to tell, and what has to be asked of it next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.storage.tables import hub_lease, source


class LeaseState(StrEnum):
    """How far we are with a hub."""

    ASKED = "asked"
    """It was asked, and has to ask back; while a lease is renewed, the old one goes on."""
    LEASED = "leased"
    REFUSED = "refused"
    LEAVING = "leaving"
    """It was asked to stop."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A source's lease at its hub."""

    source_id: int
    token: str
    secret: str
    hub: str
    topic: str
    state: LeaseState
    leased_until: datetime | None
    failures: int


@dataclass(frozen=True, slots=True)
class Announced:
    """A followed source that names a hub, as its feed does now."""

    source_id: int
    hub: str
    topic: str


_TOPIC = func.coalesce(source.c.hub_topic, source.c.url)


def unasked(connection: Connection, limit: int) -> list[Announced]:
    """Sources that are read and name a hub at which nobody has asked for them."""
    rows = connection.execute(
        select(source.c.id, source.c.hub, _TOPIC.label("topic"))
        .outerjoin(hub_lease, hub_lease.c.source_id == source.c.id)
        .where(source.c.hub.is_not(None), source.c.next_poll_at.is_not(None), hub_lease.c.source_id.is_(None))
        .order_by(source.c.id)
        .limit(limit)
    )
    return [Announced(row.id, row.hub, row.topic) for row in rows]


def due(connection: Connection, now: datetime, limit: int) -> list[Lease]:
    """Leases to be asked for again: they end soon, or nothing was heard of the hub."""
    rows = connection.execute(
        select(hub_lease).where(hub_lease.c.next_try_at <= now).order_by(hub_lease.c.next_try_at).limit(limit)
    )
    return [_lease(row) for row in rows]


def outlived(connection: Connection, limit: int) -> list[Lease]:
    """Leases of sources that nobody reads any longer, or that name another hub now."""
    rows = connection.execute(
        select(hub_lease)
        .join(source, source.c.id == hub_lease.c.source_id)
        .where(
            hub_lease.c.state != LeaseState.LEAVING,
            or_(
                source.c.next_poll_at.is_(None),
                source.c.hub.is_distinct_from(hub_lease.c.hub),
                _TOPIC.is_distinct_from(hub_lease.c.topic),
            ),
        )
        .limit(limit)
    )
    return [_lease(row) for row in rows]


def ask(connection: Connection, announced: Announced, token: str, secret: str, next_try_at: datetime) -> None:
    """A hub is about to be asked: it may ask back before it has answered."""
    connection.execute(
        upsert(hub_lease)
        .values(
            source_id=announced.source_id, token=token, secret=secret, hub=announced.hub, topic=announced.topic,
            state=LeaseState.ASKED, next_try_at=next_try_at,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


def ask_again(connection: Connection, source_id: int, next_try_at: datetime) -> None:
    """As `ask`, for a lease that is to go on: under the same token and secret."""
    _change(connection, source_id, state=LeaseState.ASKED, next_try_at=next_try_at, failures=hub_lease.c.failures + 1)


def refused(connection: Connection, source_id: int, next_try_at: datetime) -> None:
    """The hub doesn't want to."""
    _change(connection, source_id, state=LeaseState.REFUSED, leased_until=None, next_try_at=next_try_at)


def leave(connection: Connection, source_id: int, next_try_at: datetime) -> None:
    """The hub is about to be asked to stop."""
    _change(
        connection, source_id, state=LeaseState.LEAVING, leased_until=None, failures=hub_lease.c.failures + 1,
        next_try_at=next_try_at,
    )  # fmt: skip


def granted(connection: Connection, source_id: int, leased_until: datetime, renew_at: datetime) -> None:
    """The hub will tell until then."""
    _change(connection, source_id, state=LeaseState.LEASED, leased_until=leased_until, next_try_at=renew_at, failures=0)


def forget(connection: Connection, source_id: int) -> None:
    """It is over."""
    connection.execute(delete(hub_lease).where(hub_lease.c.source_id == source_id))


def by_token(connection: Connection, token: str) -> Lease | None:
    """The lease whose callback this is."""
    row = connection.execute(select(hub_lease).where(hub_lease.c.token == token)).first()
    return None if row is None else _lease(row)


def of_source(connection: Connection, source_id: int) -> Lease | None:
    """The source's lease."""
    row = connection.execute(select(hub_lease).where(hub_lease.c.source_id == source_id)).first()
    return None if row is None else _lease(row)


def look_by(connection: Connection, source_id: int, at: datetime) -> None:
    """The source has something new: it is looked at no later than then."""
    connection.execute(
        update(source).where(source.c.id == source_id, source.c.next_poll_at > at).values(next_poll_at=at)
    )


def _change(connection: Connection, source_id: int, **values: object) -> None:
    connection.execute(update(hub_lease).where(hub_lease.c.source_id == source_id).values(**values))


def _lease(row: Row[Any]) -> Lease:
    values = row._mapping
    return Lease(
        source_id=values["source_id"],
        token=values["token"],
        secret=values["secret"],
        hub=values["hub"],
        topic=values["topic"],
        state=LeaseState(values["state"]),
        leased_until=values["leased_until"],
        failures=values["failures"],
    )
