"""Tells chats of feeds that they named and that won't come back by themselves: once, after days, never at a blip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.card.sources import troubles_card
from bot.errors import DeliveryError, PlatformDown, StorageError, Throttled
from bot.pace import retry_delay
from bot.ports import ChatAdapter, Departure, State, Translators
from bot.storage import troubles
from bot.storage.database import Database
from bot.storage.troubles import Concerned, Trouble

log = structlog.get_logger()

REFUSED_FOR = timedelta(days=3)
"""A server that says no (4xx) has made up its mind sooner than one that is broken or can't be reached."""

BROKEN_FOR = timedelta(days=7)

ASKED = 8
"""It must have failed so often, too: after a long sleep of our own machine, days have passed and nothing was asked."""

SWEEP_SECONDS = 600.0
ATTEMPTS = 10


def needs_admin(trouble: Trouble) -> bool:
    """Whether a source must be looked after (pure)."""
    if trouble.ended:
        return True
    if trouble.failing_since is None or trouble.last_polled_at is None or trouble.failures < ASKED:
        return False
    status = trouble.problem.args.get("status")
    # 408 and 429 are no answers to what was asked for.
    refused = isinstance(status, int) and 400 <= status < 500 and status not in {408, 429}
    return trouble.last_polled_at - trouble.failing_since >= (REFUSED_FOR if refused else BROKEN_FOR)


class _Unwanted(Exception):
    """The chat isn't to be told (any more)."""


class _NoteDeparture(Departure):
    """A chat's note of its sources. They count as told when the first note of them leaves: what is cut off after that
    is lost rather than said twice."""

    def __init__(self, db: Database, chat: Concerned, source_ids: Sequence[int], clock: Callable[[], datetime]) -> None:
        self._db = db
        self._chat = chat
        self._source_ids = source_ids
        self._clock = clock

    async def leaving(self) -> None:
        """See `Departure`. Raises _Unwanted or StorageError."""
        if not await self._db.write(troubles.begin_telling, self._chat, self._source_ids, self._clock()):
            raise _Unwanted

    async def refused(self) -> None:
        """See `Departure`. It may be said a little differently, but it is said now."""


class Troubles:
    """Built once; `run` looks now and then, until cancelled."""

    def __init__(
        self,
        db: Database,
        adapters: Mapping[str, ChatAdapter],
        translators: Translators,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._db = db
        self._adapters = adapters
        self._translators = translators
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        """Sweep every ten minutes."""
        while True:
            await self._sleep(SWEEP_SECONDS)
            try:
                await self._db.outlasting(self.sweep)
            except Exception:
                log.exception("telling of sources failed")

    async def sweep(self) -> None:
        """Tell every chat that is to be told now; each chat once, of all its sources together."""
        found = {one.source_id: one for one in await self._db.read(troubles.untold) if needs_admin(one)}
        if not found:
            return
        chats = await self._db.read(troubles.concerned, found)
        # A platform that isn't there yet would miss it: its chats' sources wait for the next sweep.
        waiting = {key for chat in chats if self._is_coming(chat) for key in chat.source_ids}
        async with asyncio.TaskGroup() as senders:
            for chat in chats:
                theirs = [found[key] for key in chat.source_ids if key not in waiting]
                if theirs and self._is_ready(chat):
                    senders.create_task(self._tell(chat, theirs))
        # Those too of which nobody could be told.
        await self._db.insist(troubles.mark_told, [key for key in found if key not in waiting], self._clock())

    def _is_ready(self, chat: Concerned) -> bool:
        adapter = self._adapters.get(chat.chat.platform)
        return adapter is not None and adapter.state is State.READY

    def _is_coming(self, chat: Concerned) -> bool:
        adapter = self._adapters.get(chat.chat.platform)
        return adapter is not None and adapter.state is State.CONNECTING

    async def _tell(self, chat: Concerned, theirs: Sequence[Trouble]) -> None:
        now = self._clock()
        card = troubles_card(theirs, self._translators(chat.language), now)
        key = f"t{chat.chat_id}-{int(now.timestamp())}"
        departure = _NoteDeparture(self._db, chat, [one.source_id for one in theirs], self._clock)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._adapters[chat.chat.platform].send(chat.chat, card, key=key, departure=departure)
                return
            except _Unwanted:
                return
            except (Throttled, PlatformDown, StorageError) as error:  # surely nothing was sent
                asked = error.retry_after if isinstance(error, Throttled) else 0.0
                await self._sleep(max(asked, retry_delay(attempt).total_seconds()))
            except DeliveryError as error:
                log.warning("a chat could not be told of its sources", chat=chat.chat_id, reason=str(error))
                return
            except Exception:
                log.exception("telling a chat of its sources failed", chat=chat.chat_id)
                return
        log.warning("a chat could not be told of its sources", chat=chat.chat_id, reason="its platform is down")
