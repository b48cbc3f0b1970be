"""Asks who reacted to what, where a platform could not tell us: every open post, newest first, in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.errors import ChatGone, DeliveryError, PlatformDown, StorageError, Throttled, Unconfirmed
from bot.events import ReactionsRead
from bot.model import ChatRef
from bot.pace import retry_delay
from bot.ports import ChatAdapter, RereadsReactions, Traffic
from bot.storage import ledger, rereads
from bot.storage.database import Database
from bot.storage.rereads import OpenPost
from bot.tally.lines import Attempt, Line, Lines, Walk
from bot.tally.recorder import Recorder
from bot.tally.returning import Returning

log = structlog.get_logger()

AT_ONCE = 4
"""Chats asked about side by side."""

LONGEST_REST = 60.0
"""Seconds that pass, at most, until somebody who had no answer asks about another post."""

ODDITIES = 8
"""Answers that aren't the platform's after which a post is given up: a proxy's page passes within minutes, another
form of the answers doesn't."""


@dataclass(slots=True)
class _Platform:
    """What has to be asked on one platform."""

    name: str
    adapter: RereadsReactions
    emoji: tuple[str, ...]
    order: int = 0
    """That of the facts which were missed; 0: nothing was missed yet."""
    lines: Lines = field(default_factory=Lines)
    beginning: asyncio.Lock = field(default_factory=asyncio.Lock)
    """What was missed later begins later."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """There may be something to ask."""


@dataclass(frozen=True, slots=True)
class _Duty:
    """One post that is asked about now."""

    post: OpenPost
    attempt: Attempt
    walk: Walk
    """DONE: all that there is to know."""


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
            name: _Platform(name, adapter, (*adapter.ballot.bullish, *adapter.ballot.bearish))
            for name, adapter in adapters.items()
            if isinstance(adapter, RereadsReactions)
        }
        self._found: asyncio.Queue[int] = asyncio.Queue()
        self._returning = Returning(db, adapters, self.resumed, clock, sleep)

    # --- what has to be asked --------------------------------------------------------------------------------------

    async def missed(self, platform: str) -> None:
        """Reactions that came on the platform until now were not told. Raises StorageError.

        Their place among the facts is taken at once: they are older than all that is told from now on, and among
        themselves they have no order.
        """
        place = self._platforms.get(platform)
        if place is None:
            log.warning("reactions were missed and can't be asked for", platform=platform)
            return
        order = place.order = await self._db.write(ledger.take_order)
        async with place.beginning:
            chats = await self._db.read(rereads.chats_of, platform, self._open_after())
            place.lines.forget()
            self._begin(place, chats, order)
        self._returning.look(platform)

    async def resumed(self, chat: ChatRef) -> None:
        """Reactions that came in this chat (without a topic: in all of its topics) until now may not have been told.
        Raises StorageError."""
        place = self._platforms.get(chat.platform)
        if place is None:
            return
        order = await self._db.write(ledger.take_order)
        async with place.beginning:
            self._begin(place, await self._db.read(rereads.chats_in, chat, self._open_after()), order)

    def _begin(self, place: _Platform, chats: Iterable[str], order: int) -> None:
        for chat in chats:
            place.lines.begin(chat, order)
        place.news.set()

    def found(self, deliveries: Iterable[int]) -> None:
        """These became posts: where that was found out late, what was missed of them is asked for, too."""
        for delivery_id in deliveries:
            self._found.put_nowait(delivery_id)

    # --- asking ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Ask whenever something was missed, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_at_found(), name="posts found late")
            tasks.create_task(self._returning.run(), name="chats that return")
            for name, place in self._platforms.items():
                for _ in range(AT_ONCE):
                    tasks.create_task(self._work(place), name=f"re-reads {name}")

    async def _look_at_found(self) -> None:
        failures = 0
        while True:
            delivery_id = await self._found.get()
            try:
                await self._add(delivery_id)
                failures = 0
            except StorageError:
                failures += 1
                self._found.put_nowait(delivery_id)
                await self._sleep(retry_delay(failures).total_seconds())
            except Exception:
                log.exception("a post that was found late can't be read", delivery=delivery_id)

    async def _add(self, delivery_id: int) -> None:
        post = await self._db.read(rereads.found_late, delivery_id, self._open_after())
        place = None if post is None else self._platforms.get(post.message.chat.platform)
        if post is not None and place is not None and place.order:
            place.lines.add(post.message.chat.id, place.order, delivery_id, self._clock())
            place.news.set()

    async def _work(self, place: _Platform) -> None:
        """One post at a time, the next one of another chat. After a failure it rests: maybe nothing can be had now."""
        failures = 0
        while True:
            line = await self._next_line(place)
            try:
                answered = await self._ask_next(place, line)
            finally:
                if place.lines.give_back(line, self._clock()):
                    log.info("reactions read again", platform=place.name)
                place.news.set()
            failures = 0 if answered else failures + 1
            if failures:
                await self._sleep(min(LONGEST_REST, retry_delay(failures).total_seconds()))

    async def _next_line(self, place: _Platform) -> Line:
        while True:
            now = self._clock()
            line = place.lines.take(now)
            if line is not None:
                return line
            place.news.clear()
            at = place.lines.wakes_at()
            await self._wait(place.news, None if at is None else (at - now).total_seconds())

    async def _wait(self, news: asyncio.Event, seconds: float | None) -> None:
        """Until then, or until there may be something to ask."""
        waits: set[asyncio.Future[object]] = {asyncio.ensure_future(news.wait())}
        if seconds is not None:
            waits.add(asyncio.ensure_future(self._sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _ask_next(self, place: _Platform, line: Line) -> bool:
        """Ask about the next post of a chat. Returns whether the platform could be asked."""
        try:
            duty = await self._next_duty(place, line)
        except StorageError:
            return False
        except Exception as error:
            log.exception("reading reactions again failed", platform=place.name, error=type(error).__name__)
            return False
        if duty is None:
            return True
        attempt = duty.attempt
        try:
            await self._read(place, line, duty)
        except Throttled as error:
            line.shut_until = self._clock() + timedelta(seconds=error.retry_after)
            line.ask_again(attempt, line.shut_until)
        except (PlatformDown, Unconfirmed, StorageError):
            self._ask_later(line, replace(attempt, failures=attempt.failures + 1))
            return False
        except ChatGone as error:
            log.info("a chat's reactions can't be read", platform=place.name, chat=line.chat, reason=str(error))
            line.end()
        except DeliveryError as error:
            log.info("reactions can't be read", delivery=attempt.delivery_id, reason=str(error))
        except Exception:
            odd = replace(attempt, oddities=attempt.oddities + 1)
            given_up = odd.oddities >= ODDITIES
            log.exception("reading reactions failed", delivery=attempt.delivery_id, given_up=given_up)
            if not given_up:
                self._ask_later(line, odd)
            return given_up
        return True

    def _ask_later(self, line: Line, attempt: Attempt) -> None:
        line.ask_again(attempt, self._clock() + retry_delay(attempt.failures + attempt.oddities))

    async def _next_duty(self, place: _Platform, line: Line) -> _Duty | None:
        """None when there is no other post on this walk."""
        now = self._clock()
        attempt = line.due(now)
        if attempt is not None:
            try:
                post = await self._db.read(rereads.still_open, attempt.delivery_id, self._open_after())
            except StorageError:
                line.ask_again(attempt, now)
                raise
            return None if post is None else _Duty(post, attempt, Walk.DONE)
        if not line.page and line.walk is not Walk.DONE:
            voted = line.walk is Walk.VOTERS
            found = await self._db.read(
                rereads.page, place.name, line.chat, line.before, self._open_after(), voted=voted
            )
            if not found:
                line.walked()
                return None
            line.page.extend(found)
            line.before = found[-1].place
        if not line.page:
            return None
        post = line.page.popleft()
        return _Duty(post, Attempt(post.delivery_id), line.walk)

    async def _read(self, place: _Platform, line: Line, duty: _Duty) -> None:
        """A moderator's clear meanwhile makes all of it stale, and so does news of more that was missed."""
        post, now = duty.post, self._clock()
        known: dict[str, int | None] = dict.fromkeys(place.emoji)
        kind = Traffic.LOOK if duty.walk is Walk.VOTERS else Traffic.EDIT
        with self._recorder.watching(post.message) as meanwhile:
            if duty.walk is not Walk.DONE:
                counted = await self._db.read(rereads.counted, post.delivery_id)
                known = _known(place.emoji, counted, duty.walk)
            if not known:
                return
            voters = await place.adapter.reread(post.message, known, kind)
            if not place.lines.holds(line):
                return
            if meanwhile.cleared or (meanwhile.fresh and duty.walk is not Walk.DONE):
                # Numbers that were right by what we counted before say nothing any more: then all is asked for.
                line.ask_again(duty.attempt, now)
            if voters and not meanwhile.cleared:
                # Without a pause since the look at `meanwhile`: what is told after this is recorded after it.
                await self._recorder.record(
                    ReactionsRead(post.message, voters, line.order, fresher=frozenset(meanwhile.fresh))
                )

    def _open_after(self) -> datetime:
        return self._clock() - self._open_for


def _known(emoji: Iterable[str], counted: Mapping[str, int], walk: Walk) -> dict[str, int | None]:
    """What is asked about on this walk: where numbers were right, nobody can have what nobody has by our count."""
    if walk is Walk.VOTERS:
        return {one: None for one in emoji if counted.get(one)}
    return {one: counted.get(one, 0) for one in emoji}
