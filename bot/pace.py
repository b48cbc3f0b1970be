"""The one limiter for all traffic: who may go now, by class and by the limits that adapters state as data; and how
long to wait after a failure."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from bot.ports import Limit, Pace, Traffic

MARGIN = 1.03
"""Windows are stretched by this, because requests that left evenly can arrive bunched."""

FIRST_RETRY = timedelta(seconds=5)
LAST_RETRY = timedelta(minutes=10)


def retry_delay(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: 5 s, doubling, at most 10 minutes."""
    doublings: int = 2 ** min(max(failures - 1, 0), 10)
    return min(FIRST_RETRY * doublings, LAST_RETRY)


@dataclass(slots=True)
class _Window:
    """When the requests under one limit went."""

    seconds: float
    room: int
    went: deque[float] = field(default_factory=deque)
    shut_until: float = 0.0

    def opens_at(self, now: float) -> float:
        """The earliest time at which one more may go; not after ``now`` when it may go at once."""
        while self.went and self.went[0] <= now - self.seconds:
            self.went.popleft()
        full = self.went[len(self.went) - self.room] + self.seconds if len(self.went) >= self.room else 0.0
        return max(full, self.shut_until)


@dataclass(order=True, slots=True)
class Waiter:
    """A request that waits for its turn."""

    kind: Traffic
    arrived: int
    limits: tuple[Limit, ...] = field(compare=False)
    granted: Callable[[], object] = field(compare=False)
    gone: bool = field(default=False, compare=False)


class Queue:
    """Decides who goes when; knows no clock and no loop, so that simulated time can drive it.

    Waiters stand in lanes by the name of their first limit, which by convention is the widest (the token's): a lane
    whose widest limit is used up is passed over as a whole.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, list[Waiter]] = {}
        self._windows: dict[str, _Window] = {}
        self._arrivals = count()

    def join(self, kind: Traffic, limits: Sequence[Limit], granted: Callable[[], object]) -> Waiter:
        """Stand in the queue; ``granted`` is called from `grant`. Set ``gone`` on the result to leave."""
        waiter = Waiter(kind, next(self._arrivals), tuple(limits), granted)
        heapq.heappush(self._lanes.setdefault(limits[0].name if limits else "", []), waiter)
        return waiter

    def shut(self, name: str, until: float) -> None:
        """Nothing goes under the limit of this name before ``until``."""
        window = self._windows.setdefault(name, _Window(1.0, 1))
        window.shut_until = max(window.shut_until, until)

    def grant(self, now: float) -> float | None:
        """Let everyone go who may go now. Returns when to ask again, or None while nobody waits."""
        wakes = [wake for lane in self._lanes.values() if (wake := self._grant_lane(lane, now)) is not None]
        self._lanes = {name: lane for name, lane in self._lanes.items() if lane}
        self._forget(now)
        return min(wakes, default=None)

    def _grant_lane(self, lane: list[Waiter], now: float) -> float | None:
        blocked: dict[str, float] = {}
        skipped: list[Waiter] = []
        wake: float | None = None
        while lane:
            waiter = heapq.heappop(lane)
            if waiter.gone:
                continue
            opens = self._opens_at(waiter, now, blocked)
            if opens <= now:
                for limit in waiter.limits:
                    self._window(limit).went.append(now)
                waiter.granted()
                continue
            skipped.append(waiter)
            wake = opens if wake is None else min(wake, opens)
            if waiter.limits[0].name in blocked:
                break  # the widest limit is used up: nobody in this lane can go
        for waiter in skipped:
            heapq.heappush(lane, waiter)
        return wake

    def _opens_at(self, waiter: Waiter, now: float, blocked: dict[str, float]) -> float:
        opens = now
        for limit in waiter.limits:
            at = blocked.get(limit.name)
            if at is None:
                at = self._window(limit).opens_at(now)
                if at > now:
                    blocked[limit.name] = at
            opens = max(opens, at)
        return opens

    def _window(self, limit: Limit) -> _Window:
        window = self._windows.get(limit.name)
        if window is None:
            window = self._windows[limit.name] = _Window(limit.seconds * MARGIN, limit.count)
        window.seconds, window.room = limit.seconds * MARGIN, limit.count
        return window

    def _forget(self, now: float) -> None:
        """Drop windows that hold nothing, or every chat ever written to would stay in memory."""
        if len(self._windows) < 1024:
            return
        self._windows = {
            name: window
            for name, window in self._windows.items()
            if window.shut_until > now or (window.went and window.went[-1] > now - window.seconds)
        }


def _give(turn: asyncio.Future[None]) -> None:
    if not turn.done():  # it may have been cancelled since
        turn.set_result(None)


class Pacer(Pace):
    """The Pace of the running product: a Queue on the event loop's clock."""

    def __init__(self) -> None:
        self._queue = Queue()
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, kind: Traffic, limits: Sequence[Limit]) -> None:
        """See `bot.ports.Pace`."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = self._queue.join(kind, limits, lambda: _give(turn))
        self._pump()
        try:
            await turn
        finally:
            waiter.gone = True

    def penalise(self, name: str, seconds: float) -> None:
        """See `bot.ports.Pace`."""
        self._queue.shut(name, asyncio.get_running_loop().time() + seconds)

    def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
        wake = self._queue.grant(loop.time())
        # A millisecond late rather than early: a timer that fires just before its time would find nobody free and spin.
        self._timer = None if wake is None else loop.call_at(wake + 0.001, self._pump)
