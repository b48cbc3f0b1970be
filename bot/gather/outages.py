"""Which sources can't be read now, told to the operator in a line when that changes; `/sources` tells of each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import Enum

import structlog

from bot.gather import rhythm
from bot.storage.polls import SourceForPoll

log = structlog.get_logger()

LONGEST_SILENCE = timedelta(seconds=30)
"""Where looks never pause, they are told of in the midst of others."""


SHORTEST_SILENCE = timedelta(minutes=1)
"""Sources come to their turn one by one: what fails within a minute is told together."""


class Look(Enum):
    """How a look at a source went."""

    WELL = "well"
    FAILED = "failed"
    """Something is wrong with it, as far as we can tell."""
    UNREACHED = "unreached"
    """Not even a connection; where that is so of all, it is our network that is wrong."""


class Outages:
    """Remembers how the last looks went. Told of each look, it speaks when they have come to rest."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[str, Look]] = {}
        self._told: set[int] = set()
        """Of those that can't be read, the ones that the operator has heard of."""
        self._in_doubt: set[int] = set()
        """Those that couldn't be reached at their last look, when nothing else could be either."""
        self._unreached: set[int] = set()
        """The sources that could not be reached when the network was told to be gone; empty while it is there."""
        self._spoke_at: datetime | None = None
        self._samples = False
        self._news_since: datetime | None = None

    def saw(self, source: SourceForPoll, look: Look, now: datetime) -> None:
        """A look has ended."""
        if source.url.startswith(rhythm.SAMPLE):
            self._samples = self._samples or look is Look.WELL
            return
        self._last.pop(source.id, None)
        before = next(reversed(self._last.values()), None)
        if look is Look.UNREACHED and (before is None or before[1] is Look.UNREACHED):
            self._in_doubt.add(source.id)
        else:
            self._in_doubt.discard(source.id)
        self._last[source.id] = (source.url, look)  # the newest stands last
        self._news_since = self._news_since or now

    def in_doubt(self, source_id: int) -> bool:
        """Whether it may be our own network, and not the source, that is gone; also where it hasn't been looked at
        since we run."""
        return source_id in self._in_doubt or source_id not in self._last

    def keep(self, source_ids: Collection[int], urls: Collection[str]) -> None:
        """Nothing but these is read from now on."""
        self._last = {key: last for key, last in self._last.items() if key in source_ids or last[0] in urls}
        self._unreached &= self._last.keys()
        self._in_doubt &= self._last.keys()

    def tell(self, now: datetime, *, at_rest: bool) -> None:
        """Log what has changed, if anything has. ``at_rest``: nothing is being looked at, and nothing is due."""
        if self._news_since is None or not (at_rest or now - self._news_since >= LONGEST_SILENCE):
            return
        if self._spoke_at is not None and now - self._spoke_at < SHORTEST_SILENCE:
            return
        self._news_since, self._spoke_at = None, now
        unreached = {key for key, (_, look) in self._last.items() if look is Look.UNREACHED}
        failing = {key for key, (_, look) in self._last.items() if look is not Look.WELL}
        # A source on this machine answers without a network, too.
        if self._unreached and self._unreached <= unreached:
            pass
        elif len(unreached) > 1 and len(unreached) == len(self._last):
            self._tell_no_network(unreached)
        else:
            self._tell_failing(failing)
        self._told = failing

    def _tell_no_network(self, unreached: set[int]) -> None:
        goes_on = "the sample stories go on" if self._samples else "everything else goes on"
        log.warning(f"no network: no source could be reached; {goes_on}", sources=len(unreached))
        self._unreached = unreached

    def _tell_failing(self, failing: set[int]) -> None:
        if self._unreached:
            # The others come back one by one, as their turn comes.
            log.info("the network is back", not_yet_read=len(failing))
        elif failing - self._told:
            log.warning(
                "sources could not be read; `newstally check` tells why",
                new=len(failing - self._told),
                all=len(failing),
            )
        elif self._told and not failing:
            log.info("no source has a problem any more")
        self._unreached = set()
