"""Forgets what has been kept long enough; called every hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from bot.storage import articles, candidates, deliveries, leavers, sources, stories, translations
from bot.storage.keys import among
from bot.storage.tables import fact, rejected_fact, setting_log, voter
from bot.storage.telling import MEETS_FOR

VOTERS = 5000
"""Looked at in one step, so that no vote waits for it."""


def close(connection: Connection, now: datetime, open_for: timedelta, reachable: Sequence[str]) -> None:
    """End the voting on posts that can't be edited any more. ``reachable``: platforms that are on."""
    deliveries.close_silently(connection, now - open_for, reachable)


def prune(connection: Connection, now: datetime, entries_for: timedelta, log_for: timedelta) -> None:
    """Drop stories that no source lists any more, sources that nobody follows, and old lines of the logs: of settings,
    and of what could not be stored."""
    stories.prune(connection, now - entries_for)
    sources.prune(connection, now - entries_for)
    candidates.forget(connection, now - MEETS_FOR)
    articles.forget_old(connection, now)
    translations.forget_texts(connection, now - entries_for)
    leavers.prune(connection, now - entries_for)
    connection.execute(delete(setting_log).where(setting_log.c.at < now - log_for))
    connection.execute(delete(rejected_fact).where(rejected_fact.c.at < now - log_for))


def last_voter(connection: Connection) -> int:
    """The newest voter's id; 0: there is none."""
    return int(connection.execute(select(func.coalesce(func.max(voter.c.id), 0))).scalar_one())


def voteless(connection: Connection, after: int) -> list[int]:
    """Those of the next `VOTERS` ids who have no vote on anything any more."""
    found = select(voter.c.id).where(voter.c.id > after, voter.c.id <= after + VOTERS, _HAS_NONE)
    return list(connection.execute(found).scalars())


def forget_voters(connection: Connection, ids: Sequence[int]) -> None:
    """Forget these, unless they have voted since they were found."""
    connection.execute(delete(voter).where(voter.c.id.in_(among(ids)), _HAS_NONE))


_HAS_NONE = ~select(fact.c.voter_id).where(fact.c.voter_id == voter.c.id).exists()
