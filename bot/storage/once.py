"""What somebody changes by an event is changed once, however often the event is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from bot.storage.tables import seen_event

P = ParamSpec("P")
T = TypeVar("T")


def once(
    connection: Connection,
    platform: str,
    event_id: str | None,
    now: datetime,
    change: Callable[Concatenate[Connection, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> tuple[bool, T | None]:
    """Make the change, and say whether this is the first time that the event is told: if not, nothing is done.

    A typed "remove 2" that is told again after a crash must not remove what then stands in the second place, nor must
    a language be set again that somebody else has changed since.
    """
    if event_id is not None and not _is_new(connection, platform, event_id, now):
        return False, None
    return True, change(connection, *args, **kwargs)


def _is_new(connection: Connection, platform: str, event_id: str, now: datetime) -> bool:
    # Marked apart from the presses and reactions that tally keeps under the bare id.
    row = insert(seen_event).values(platform=platform, event_id=f"c:{event_id}", seen_at=now)
    return connection.execute(row.on_conflict_do_nothing()).rowcount == 1
