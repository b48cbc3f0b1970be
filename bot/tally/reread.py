"""Asks who reacted to what, where a platform could not tell us: every open post, newest first, in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.errors import DeliveryError, PlatformDown, StorageError, Throttled, Unconfirmed
from bot.events import ReactionsRead
from bot.model import Ballot
from bot.pace import retry_delay
from bot.ports import ChatAdapter, RereadsReactions
from bot.storage import ledger, posts
from bot.storage.database import Database
from bot.storage.posts import OpenPost
from bot.tally.recorder import Recorder

log = structlog.get_logger()

AT_ONCE = 4
"""Messages asked about side by side, so that one that has to wait holds up no other."""


@dataclass(slots=True)
class _Platform:
    """What has to be asked on one platform."""

    adapter: RereadsReactions
    ballot: Ballot
    order: int = 0
    """That of the facts which were missed."""
    due: asyncio.Event = field(default_factory=asyncio.Event)
    """All open posts have to be asked about (again)."""
    late: asyncio.Queue[OpenPost] = field(default_factory=asyncio.Queue)
    """Posts of which nobody knew when all were asked about."""


class Rereader:
    """Brings the ledger up to date after a time in which reactions were missed."""

    def __init__(
        self,
        db: Database,
        adapters: Mapping[str, ChatAdapter],
        recorder: Recorder,
        open_for: timedelta,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._db = db
        self._recorder = recorder
        self._open_for = open_for
        self._clock = clock
        self._sleep = sleep
        self._platforms = {
            name: _Platform(adapter, adapter.ballot)
            for name, adapter in adapters.items()
            if isinstance(adapter, RereadsReactions)
        }

    async def missed(self, platform: str) -> None:
        """Reactions that came on the platform until now were not told. Raises StorageError.

        Their place among the facts is taken at once: they are older than all that is told from now on, and among
        themselves they have no order.
        """
        place = self._platforms.get(platform)
        if place is None:
            log.warning("reactions were missed and can't be asked for", platform=platform)
            return
        place.order = await self._db.write(ledger.take_order)
        place.due.set()

    async def found(self, delivery_id: int) -> None:
        """A delivery became a post: where that was found out late, what was missed of it is asked for, too."""
        post = await self._db.read(posts.found_late, delivery_id)
        place = None if post is None else self._platforms.get(post.message.chat.platform)
        if post is not None and place is not None and place.order:
            place.late.put_nowait(post)

    async def run(self) -> None:
        """Ask whenever something was missed, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, place in self._platforms.items():
                tasks.create_task(self._keep(name, place), name=f"re-reads {name}")
                tasks.create_task(self._keep_late(place), name=f"late re-reads {name}")

    async def _keep(self, platform: str, place: _Platform) -> None:
        while True:
            await place.due.wait()
            place.due.clear()
            try:
                await self._ask_about_all(platform, place)
            except Exception as error:
                log.exception("reading reactions again failed", platform=platform, error=type(error).__name__)
                await self._sleep(retry_delay(1).total_seconds())
                place.due.set()

    async def _keep_late(self, place: _Platform) -> None:
        while True:
            await self._ask(place, await place.late.get(), place.order)

    async def _ask_about_all(self, platform: str, place: _Platform) -> None:
        """Ends early when more was missed meanwhile: then all begins anew, with the newest."""
        order, before, asked = place.order, None, 0
        while not place.due.is_set():
            page = await self._db.read(posts.open_page, platform, before, self._clock() - self._open_for)
            if not page:
                log.info("reactions read again", platform=platform, posts=asked)
                return
            waiting = iter(page)
            async with asyncio.TaskGroup() as workers:
                for _ in range(AT_ONCE):
                    workers.create_task(self._ask_about(place, waiting, order))
            asked += len(page)
            before = page[-1].place

    async def _ask_about(self, place: _Platform, waiting: Iterator[OpenPost], order: int) -> None:
        for post in waiting:
            if place.due.is_set():
                return
            await self._ask(place, post, order)

    async def _ask(self, place: _Platform, post: OpenPost, order: int) -> None:
        """Ask about one post until there is an answer, or there can't be one."""
        failures = 0
        while not place.due.is_set():  # else all open posts are asked about anew, this one too
            try:
                if await self._read(place, post, order):
                    return
            except Throttled as error:
                await self._wait(place, error.retry_after)
            except (PlatformDown, Unconfirmed, StorageError):
                failures += 1
                await self._wait(place, retry_delay(failures).total_seconds())
            except DeliveryError as error:
                log.info("reactions can't be read", delivery=post.delivery_id, reason=str(error))
                return
            except Exception:
                log.exception("reading reactions failed", delivery=post.delivery_id)
                return

    async def _wait(self, place: _Platform, seconds: float) -> None:
        """Until then, or until all begins anew."""
        waits = {asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(place.due.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _read(self, place: _Platform, post: OpenPost, order: int) -> bool:
        """Whether what was read could be used: a moderator's clear meanwhile makes all of it stale."""
        with self._recorder.watching(post.message) as meanwhile:
            counted = await self._db.read(posts.reactions_counted, post.delivery_id)
            voters = await place.adapter.reread(post.message, _known(place.ballot, counted))
            if meanwhile.cleared:
                return False
            if voters:
                # Without a pause since the look at `meanwhile`: what is told after this is recorded after it.
                await self._recorder.record(
                    ReactionsRead(post.message, voters, order, fresher=frozenset(meanwhile.voters))
                )
        return True


def _known(ballot: Ballot, counted: Mapping[str, int]) -> dict[str, int]:
    return {emoji: counted.get(emoji, 0) for emoji in (*ballot.bullish, *ballot.bearish)}
