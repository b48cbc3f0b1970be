"""The update loop: acknowledges only what is committed, and no single update can stop it.

The library's own loop acknowledges what is still in memory, and spins for ever on one update that it can't parse.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.errors import NO_ANSWER, seconds
from adapters.telegram.inbound import KINDS, Ears, Heard, hear, last_id
from adapters.telegram.outage import Outage
from adapters.telegram.request import Wire
from bot.errors import StorageError
from bot.model import Phrase
from bot.ports import State

log = structlog.get_logger()

POLL_SECONDS = 50
"""Telegram's longest."""
# What is taken at once is committed at once, so the most that Telegram gives.
BATCH = 100
LONGEST_WAIT = 60.0
# Another process with our token ends our poll whenever it starts one; trying faster only makes both suffer.
RIVAL_WAIT = 30.0
# A server that answers an empty poll at once is asked no more often than this.
LEAST_WAIT = 1.0

RIVAL = Phrase("Another program is using this bot's token.")
STORAGE = Phrase("Votes can't be stored at the moment.")

Handle = Callable[[Heard], Awaitable[None]]
Report = Callable[[State, Phrase | None], None]


def backoff(failures: int) -> float:
    """How long to wait after so many failures in a row."""
    return min(LONGEST_WAIT, 2.0 ** min(failures - 1, 10))


class Updates:
    """Takes updates from Telegram for as long as it is let."""

    def __init__(
        self,
        wire: Wire,
        *,
        sleep: Callable[[float], Awaitable[None]],
        clock: Callable[[], datetime],
        report: Report,
        verify: Callable[[], Awaitable[None]],
        ears: Callable[[], Ears],
        outage: Outage,
        handled: Collection[Any] = (),
    ) -> None:
        """``verify`` asks Telegram who we are: it returns when connected and raises TokenRefused. ``handled``: the ids
        of updates that are taken care of, and may come again all the same."""
        self._wire = wire
        self._sleep = sleep
        self._clock = clock
        self._report = report
        self._verify = verify
        self._ears = ears
        self._outage = outage
        self._heard_of = False
        """Telegram has answered the last poll. Until it has, none waits: an empty one would look like no connection."""
        self._handled = set(handled)
        """The ids of what was handled and is not yet acknowledged, because others of its batch could not be stored."""

    async def run(self, handle: Handle) -> None:
        """Until cancelled. Raises TokenRefused."""
        offset: int | None = None
        failures = 0
        while True:
            batch = await self._next(offset)
            if await self._take(batch, handle):
                failures = 0
                self._handled.clear()
                newest = last_id(batch)
                offset = offset if newest is None else newest + 1
            else:
                # Not acknowledged: Telegram gives the same ones again.
                failures += 1
                self._report(State.CONNECTING, STORAGE)
                await self._sleep(backoff(failures))

    async def _next(self, offset: int | None) -> Sequence[Any]:
        failures = 0
        while True:
            began = self._clock()
            patience = POLL_SECONDS if self._heard_of else 0
            try:
                batch = await self._wire.poll(offset=offset, limit=BATCH, timeout=patience, allowed_updates=list(KINDS))
            except TelegramError as error:
                failures += 1
                self._heard_of = False
                await self._recover(error, failures)
                continue
            failures = 0
            self._heard_of = True
            self._report(State.READY, None)
            if batch and isinstance(batch, list) and last_id(batch) is not None:
                return batch
            if patience and self._clock() - began < timedelta(seconds=LEAST_WAIT):
                await self._sleep(LEAST_WAIT)

    async def _recover(self, error: TelegramError, failures: int) -> None:
        """Do what helps against a failed poll, and wait."""
        if isinstance(error, Conflict) and "webhook" in error.message.lower():
            self._report(State.CONNECTING, None)
            await self._end_webhook()
            await self._sleep(backoff(failures) - 1)
            return
        self._outage.goes_on(error)
        if isinstance(error, RetryAfter):
            await self._sleep(seconds(error))
        elif isinstance(error, Conflict):
            self._report(State.CONNECTING, RIVAL)
            await self._sleep(RIVAL_WAIT)
        else:
            self._report(State.CONNECTING, NO_ANSWER)
            if isinstance(error, InvalidToken):
                await self._verify()
            await self._sleep(backoff(failures))

    async def _end_webhook(self) -> None:
        """Someone has set a webhook, which keeps updates from us."""
        try:
            await self._wire.ask("deleteWebhook", drop_pending_updates=False)
        except TelegramError as error:
            log.warning("the webhook could not be removed", reason=error.message)
        else:
            log.warning("a webhook was set for this bot; it is removed, because updates are fetched")

    async def _take(self, batch: Sequence[Any], handle: Handle) -> bool:
        """Hand over a batch, in order. False when storage failed and the batch must come again."""
        arrived = [(heard, update) for update in batch for heard in self._heard(update)]
        # Tasks begin in the order in which they are made, and that is the order that counts.
        results = await asyncio.gather(*(handle(heard) for heard, _ in arrived), return_exceptions=True)
        stored = True
        for (_, update), result in zip(arrived, results, strict=True):
            if isinstance(result, StorageError):
                log.error("an update could not be stored and will be fetched again", reason=str(result))
                stored = False
                continue
            self._handled.add(update["update_id"])
            if isinstance(result, Exception):
                log.error("an update could not be handled and is skipped", exc_info=result)
            elif isinstance(result, BaseException):
                raise result
        return stored

    def _heard(self, update: Any) -> list[Heard]:
        try:
            answered = update["update_id"] in self._handled
            return [replace(heard, answered=answered, update=update) for heard in hear(update, self._ears())]
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            log.warning("an update can't be understood and is skipped", error=repr(error), **_label(update))
            return []


def _label(update: Any) -> dict[str, Any]:
    """What may be logged of an update: its id and kind, never its content."""
    if not isinstance(update, dict):
        return {"update": type(update).__name__}
    return {"update": update.get("update_id"), "kind": next((key for key in update if key != "update_id"), None)}
