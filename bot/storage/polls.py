"""Polls: which sources are due, and what a look at one leaves for the next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Text,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
    update,
)

from bot.model import Phrase
from bot.storage import cursors
from bot.storage.hot import Hot, read_back, stored
from bot.storage.keys import as_json
from bot.storage.phrases import phrase_to_json
from bot.storage.tables import UtcDateTime, hub_lease, source


@dataclass(frozen=True, slots=True)
class SourceForPoll:
    """A source that is due, with what its last answer left us."""

    id: int
    url: str
    exempt: bool
    language: str | None
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    moved_to: str | None
    interval_seconds: int
    failures: int
    last_ok_at: datetime | None
    rhythm: Mapping[str, Any] | None = None
    manners: Mapping[str, Any] | None = None
    leased: bool = False
    """A hub has promised to tell when there is something new."""
    gave_way: bool = False
    """Other sources of its packs stand in for it."""

    @property
    def ever_ok(self) -> bool:
        """Since somebody follows it."""
        return self.last_ok_at is not None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a poll that went well tells of the source itself."""

    polled_at: datetime
    next_poll_at: datetime
    interval_seconds: int
    rhythm: Mapping[str, Any] | None = None
    """What is known of its rhythm from now on; None: what was known."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a poll that brought a body leaves for the next one."""

    etag: str | None
    last_modified: str | None
    body_hash: str
    moved_to: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A poll that found nothing new. ``body``: what it leaves for the next one, where it brought one."""

    source_id: int
    answered: Answered
    body: Body | None = None


_FOR_POLL = select(
    source.c.id, source.c.url, source.c.exempt, source.c.language, source.c.etag, source.c.last_modified,
    source.c.body_hash, source.c.moved_to, source.c.interval_seconds, source.c.failures, source.c.last_ok_at,
    cast(source.c.rhythm, Text), cast(source.c.manners, Text),
    exists().where(hub_lease.c.source_id == source.c.id, hub_lease.c.leased_until > bindparam("now")),
    source.c.gave_way_at.is_not(None),
)  # fmt: skip
_DUE = Hot(
    _FOR_POLL.where(source.c.next_poll_at <= bindparam("due"), source.c.ended.is_(False))
    .order_by(source.c.next_poll_at)
    .limit(bindparam("most"))
    .offset(bindparam("none")),  # SQLite's dialect writes one in any case
    "now", "due", "most", "none",
)  # fmt: skip
_ONE = Hot(_FOR_POLL.where(source.c.id == bindparam("wanted"), source.c.next_poll_at.is_not(None)), "now", "wanted")


def for_poll(connection: Connection, source_id: int, now: datetime) -> SourceForPoll | None:
    """A source as a poll sees it, if it is polled."""
    rows = _ONE.all(connection, stored(now), source_id)
    return _for_poll(*rows[0]) if rows else None


def due(connection: Connection, now: datetime, limit: int) -> list[SourceForPoll]:
    """Sources whose time has come, the longest overdue first."""
    return [_for_poll(*row) for row in _DUE.all(connection, stored(now), stored(now), limit, 0)]


def _for_poll(
    source_id: int, url: str, exempt: int, language: str | None, etag: str | None, last_modified: str | None,
    body_hash: str | None, moved_to: str | None, interval_seconds: int, failures: int, last_ok_at: str | None,
    rhythm: str | None, manners: str | None, leased: int, gave_way: int,
) -> SourceForPoll:  # fmt: skip
    return SourceForPoll(
        source_id, url, bool(exempt), language, etag, last_modified, body_hash, moved_to, interval_seconds, failures,
        read_back(last_ok_at), _loaded(rhythm), _loaded(manners), bool(leased), bool(gave_way),
    )  # fmt: skip


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def wants(connection: Connection) -> list[float]:
    """What the sources that are polled have to offer to whoever looks more often, as far as that is known."""
    wanted = func.json_extract(source.c.rhythm, "$.want")
    rows = connection.execute(select(wanted).where(source.c.next_poll_at.is_not(None), source.c.rhythm.is_not(None)))
    return [float(row[0]) for row in rows if row[0] is not None]


def mark_answered(connection: Connection, source_id: int, answered: Answered, body: Body | None = None) -> None:
    """A poll went well; without ``body`` everything is as it was. `stories.save` does this with its entries."""
    mark(connection, [Mark(source_id, answered, body)])


def mark(connection: Connection, marks: Sequence[Mark]) -> None:
    """Polls that went well, in one go: a commit costs more than everything else about one that found nothing new."""
    ids = as_json(one.source_id for one in marks)
    first_time = [row[0] for row in _FIRST_TIME.all(connection, ids)]
    _MARK.many(connection, [(*_answered(one.answered), one.source_id) for one in marks if one.body is None])
    _MARK_BODY.many(
        connection,
        [
            (one.body.etag, one.body.last_modified, one.body.body_hash, one.body.moved_to, *_answered(one.answered),
             one.source_id)
            for one in marks
            if one.body is not None
        ],
    )  # fmt: skip
    for source_id in first_time:
        cursors.skip_backlog(connection, source_id)


def _answered(answered: Answered) -> tuple[object, ...]:
    polled = stored(answered.polled_at)
    rhythm = None if answered.rhythm is None else json.dumps(answered.rhythm)
    return answered.interval_seconds, stored(answered.next_poll_at), polled, polled, rhythm


def _marking(*more: str) -> Hot:
    values: dict[str, Any] = {
        "interval_seconds": bindparam("interval_seconds"),
        # It may have lost its last follower while it was being polled.
        "next_poll_at": case((source.c.next_poll_at.is_(None), null()), else_=bindparam("due")),
        "failures": literal_column("0"),
        "failing_since": null(),
        "problem": null(),
        "told_at": null(),
        "last_polled_at": bindparam("polled"),
        "last_ok_at": bindparam("ok"),
        "rhythm": func.coalesce(bindparam("rhythm_text", type_=Text), source.c.rhythm),
    }
    places = (*more, "interval_seconds", "due", "polled", "ok", "rhythm_text", "wanted")
    statement = (
        update(source)
        .where(source.c.id == bindparam("wanted"))
        .values(**values, **{name: bindparam(name) for name in more})
    )
    return Hot(statement, *places)


_MARK = _marking()
_MARK_BODY = _marking("etag", "last_modified", "body_hash", "moved_to")
_FIRST_TIME = Hot(
    select(source.c.id).where(
        source.c.id.in_(select(func.json_each(bindparam("ids")).table_valued("value").c.value)),
        source.c.last_ok_at.is_(None),
    ),
    "ids",
)


def mark_failed(connection: Connection, source_id: int, problem: Phrase, now: datetime, next_poll_at: datetime) -> None:
    """A poll failed. The next one asks at the address that people know: the one it moved to may be what is wrong."""
    connection.execute(
        update(source)
        .where(source.c.id == source_id)
        .values(
            problem=phrase_to_json(problem),
            failures=source.c.failures + 1,
            failing_since=func.coalesce(source.c.failing_since, literal(now, UtcDateTime)),
            last_polled_at=now,
            next_poll_at=_unless_resting(next_poll_at),
            moved_to=None,
        )
    )


def mark_ended(connection: Connection, source_id: int, problem: Phrase, now: datetime) -> None:
    """The server says that it is gone for good: it is never polled again."""
    mark_failed(connection, source_id, problem, now, now)
    connection.execute(update(source).where(source.c.id == source_id).values(ended=True, next_poll_at=None))


def _unless_resting(at: datetime) -> Any:
    # It may have lost its last follower while it was being polled.
    return case((source.c.next_poll_at.is_(None), None), else_=literal(at, UtcDateTime))
