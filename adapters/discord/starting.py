"""What Discord says of how to begin: in how many sessions, how many of them at once, and how often a day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.discord.errors import LONGEST_SECONDS

MOST_SHARDS = 4096


@dataclass(frozen=True, slots=True)
class Start:
    """The answer to ``GET /gateway/bot``. The defaults are what every bot may do."""

    shards: int = 1
    """Sessions that share the servers among them; Discord wants no more than 2500 servers in one."""
    at_once: int = 1
    """As many of them may be begun in the same five seconds."""
    total: int = 1000
    """Sessions that may be begun in a day; who begins more gets a new token, and has to be told it."""
    remaining: int = 1000
    reset_after: float = 0.0
    """Seconds until they are counted anew; 0 where nothing is said of it."""


def start_from(said: Mapping[str, Any]) -> Start:
    """Raises LookupError, TypeError, ValueError or OverflowError for what isn't the answer."""
    limit = said["session_start_limit"]
    return Start(
        shards=_bounded(said["shards"], MOST_SHARDS),
        at_once=_bounded(limit["max_concurrency"], MOST_SHARDS),
        total=_bounded(limit["total"], 10**9),
        remaining=max(0, int(limit["remaining"])),
        reset_after=min(LONGEST_SECONDS, max(0.0, int(limit["reset_after"]) / 1000)),
    )


def _bounded(number: Any, most: int) -> int:
    if not 1 <= int(number) <= most:
        raise ValueError(f"{number} is out of all proportion")
    return int(number)
