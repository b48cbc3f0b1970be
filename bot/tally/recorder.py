"""Takes what the platforms tell about votes and answers only when it is durable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from bot.events import Added, Cleared, ReactionsChanged, Removed
from bot.model import MessageRef
from bot.storage import votes
from bot.storage.database import Database
from bot.storage.early import MessageKey, message_key
from bot.storage.group import GroupCommit
from bot.storage.plan import VotingRules
from bot.storage.votes import BatchOutcome, LedgerEvent, Recorded

BATCH = 256
"""Enough to make a commit's cost vanish among its votes, few enough to keep the wait for it short."""


@dataclass(slots=True)
class Meanwhile:
    """What was told of a message's reactions while somebody watched."""

    fresh: set[tuple[str, str | None]] = field(default_factory=set)
    """Voters and emoji, as in `ReactionsRead.fresher`."""
    cleared: bool = False


class Recorder:
    """Records events in the order of the calls. Nothing else writes votes."""

    def __init__(
        self,
        db: Database,
        rules: VotingRules,
        clock: Callable[[], datetime],
        on_changed: Callable[[Set[int]], object],
        on_found: Callable[[Set[int]], object] = lambda _found: None,
    ) -> None:
        """``on_changed`` is told the stories whose posts may have to be drawn anew, ``on_found`` the deliveries that
        turned out to be posts; neither must block."""
        self._db = db
        self._rules = rules
        self._clock = clock
        self._on_changed = on_changed
        self._on_found = on_found
        self._watched: dict[MessageKey, list[Meanwhile]] = {}
        self._group: GroupCommit[LedgerEvent, Recorded] = GroupCommit(self._write, BATCH)

    async def record(self, event: LedgerEvent) -> Recorded:
        """Returns when what the event says is durable. Raises StorageError when it could not be made so."""
        if self._watched and isinstance(event, ReactionsChanged):
            self._note(event)
        return await self._group.add(event)

    @contextmanager
    def watching(self, message: MessageRef) -> Iterator[Meanwhile]:
        """Collects who is heard of on this message, in the order of the calls to `record`."""
        key, meanwhile = message_key(message), Meanwhile()
        self._watched.setdefault(key, []).append(meanwhile)
        try:
            yield meanwhile
        finally:
            # By identity: two that have heard the same are equal.
            rest = [other for other in self._watched.pop(key) if other is not meanwhile]
            if rest:
                self._watched[key] = rest

    def _note(self, event: ReactionsChanged) -> None:
        for meanwhile in self._watched.get(message_key(event.message), ()):
            if isinstance(event.change, Cleared):
                meanwhile.cleared = True
            elif event.voter is not None:
                single = event.change.emoji if isinstance(event.change, Added | Removed) else None
                meanwhile.fresh.add((event.voter.id, single))

    async def adopt(self, delivery_id: int) -> None:
        """A delivery has become a post: what was heard of its message before counts now."""
        self._tell(await self._db.write(votes.adopt, self._rules, delivery_id, self._clock()))

    async def sweep(self) -> None:
        """At start and every now and then: repair what a crash cut off, forget what is too old."""
        self._tell(await self._db.write(votes.sweep, self._rules, self._clock()))

    async def run(self) -> None:
        """Write until cancelled, and then what still waits."""
        await self._group.run()

    async def _write(self, batch: Sequence[LedgerEvent]) -> Sequence[Recorded]:
        outcome = await self._db.write(votes.record_batch, self._rules, batch, self._clock())
        self._tell(outcome)
        return outcome.recorded

    def _tell(self, outcome: BatchOutcome) -> None:
        if outcome.changed:
            self._on_changed(outcome.changed)
        if outcome.found:
            self._on_found(outcome.found)
