"""Discord's limits as data, and which of them a request meets.

Discord publishes only the 50 a second of a bot (topics/rate-limits); the others are what bots have measured. Where its
headers say less, the library holds a request back, and a 429 shuts the limit for as long as it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.discord.errors import OLD_EDITS, PUBLISHED_EDITS
from bot.ports import Limit

YOUNG_FOR = timedelta(minutes=59)
"""Of messages older than an hour Discord lets few be edited; it counts from when it made them, and we hear of that
later."""

_OLD = "-old"

TOKEN = Limit("discord", 50, 1.0)
"""Everything that a bot does, except answers to interactions."""


def is_old(posted_at: datetime | None, now: datetime) -> bool:
    """Whether edits of a message are grudged. Its id would tell how old it is only on Discord's own servers; the core
    knows it of each post, also after a restart, and by the same clock as ``now``."""
    return posted_at is not None and now - posted_at >= YOUNG_FOR


def sending(channel: str) -> tuple[Limit, ...]:
    """What posting a message costs. The widest limit comes first, as the Pace wants it."""
    return (TOKEN, Limit(f"discord:{channel}/send", 5, 5.0))


def editing(channel: str, *, old: bool) -> tuple[Limit, ...]:
    """What redrawing a message costs, one older than an hour also its channel's few edits of such."""
    limits = (TOKEN, Limit(f"discord:{channel}/edit", 5, 5.0))
    return (*limits, Limit(f"discord:{channel}/edit{_OLD}", 3, 20.0)) if old else limits


def reacting(channel: str) -> tuple[Limit, ...]:
    """What adding a reaction costs."""
    return (TOKEN, Limit(f"discord:{channel}/react", 1, 0.25))


def reading(channel: str) -> tuple[Limit, ...]:
    """What looking at a message and its reactions costs; nobody has measured it, so that this is only a guess."""
    return (TOKEN, Limit(f"discord:{channel}/read", 5, 1.0))


def beginning(shard: int, at_once: int) -> tuple[Limit, ...]:
    """What beginning a session costs (events/gateway, Identifying and Max Concurrency): five seconds, and one because
    they are counted from when Discord hears of it. How many a day may be begun `beginnings` knows."""
    return (Limit(f"discord/sessions/{shard % at_once}", 1, 6.0),)


def shut(limits: Sequence[Limit], code: int, *, everywhere: bool) -> str | None:
    """The name of the limit that a 429 with this code shuts for the requests to come; None where it is that of a single
    message, or not known."""
    if everywhere:
        return TOKEN.name
    if len(limits) < 2 or code == PUBLISHED_EDITS:
        return None
    return limits[1].name + (_OLD if code == OLD_EDITS else "")


def asking() -> tuple[Limit, ...]:
    """What a question costs."""
    return (TOKEN,)
