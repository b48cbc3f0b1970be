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

from bot.ports import Limit, Pace, Traffic, Turn

MARGIN = 1.03
"""Windows are stretched by this, because requests that left evenly can arrive bunched."""

FEW_WINDOWS = 1024

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

    def moved(self, was: float, now: float) -> None:
        """A request that was let go then goes now."""
        if was in self.went:
            self.went.remove(was)
        self.went.append(now)


@dataclass(slots=True)
class Waiter:
    """A request that waits for its turn."""

    arrived: int
    limits: tuple[Limit, ...]
    granted: Callable[[], object]
    gone: bool = False
    went: float = 0.0
    """When it was let go, or went."""


@dataclass(slots=True)
class _Line:
    """Requests of one class under the same limits, which are one chat's, in the order of their arrival."""

    kind: Traffic
    limits: tuple[Limit, ...]
    waiting: deque[Waiter]


class _Lane:
    """The lines under one widest limit. Those that a limit of their own holds back are not looked at before it opens:
    a crowd that waits in one chat, or in many, costs the others nothing."""

    def __init__(self) -> None:
        self._lines: dict[tuple[Traffic, tuple[Limit, ...]], _Line] = {}
        # Each line is in one of the two. The number is the arrival of its first, so that no two entries are equal.
        self._next: list[tuple[Traffic, int, _Line]] = []
        self._held: list[tuple[float, int, _Line]] = []

    def __bool__(self) -> bool:
        return bool(self._lines)

    def join(self, kind: Traffic, waiter: Waiter) -> None:
        line = self._lines.get((kind, waiter.limits))
        if line is not None:
            line.waiting.append(waiter)
            return
        line = self._lines[kind, waiter.limits] = _Line(kind, waiter.limits, deque([waiter]))
        self._place(line)

    def release(self, now: float) -> None:
        """Look again at the lines whose limits have said that they open until now."""
        while self._held and self._held[0][0] <= now:
            self._place(heapq.heappop(self._held)[-1])

    def first(self) -> _Line | None:
        """The line whose turn it is. Who has left is forgotten."""
        while self._next:
            _, arrived, line = self._next[0]
            while line.waiting and line.waiting[0].gone:
                line.waiting.popleft()
            if line.waiting and line.waiting[0].arrived == arrived:
                return line
            heapq.heappop(self._next)
            self._place(line)
        return None

    def hold_first(self, until: float) -> None:
        """Pass the first line over. It may turn out to be held longer, but a limit never opens earlier than it said."""
        _, arrived, line = heapq.heappop(self._next)
        heapq.heappush(self._held, (until, arrived, line))

    def take_first(self) -> Waiter:
        """The first of the first line, who leaves it."""
        line = heapq.heappop(self._next)[-1]
        waiter = line.waiting.popleft()
        self._place(line)
        return waiter

    def wake(self) -> float | None:
        """When the next line that is held back must be looked at."""
        return self._held[0][0] if self._held else None

    def _place(self, line: _Line) -> None:
        if line.waiting:
            heapq.heappush(self._next, (line.kind, line.waiting[0].arrived, line))
        else:
            del self._lines[line.kind, line.limits]


class Queue:
    """Decides who goes when; knows no clock and no loop, so that simulated time can drive it.

    Waiters stand in lanes by the name of their first limit, which by convention is the widest (the token's): a lane
    whose widest limit is used up is passed over as a whole.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._windows: dict[str, _Window] = {}
        self._most_windows = FEW_WINDOWS
        self._arrivals = count()

    def join(self, kind: Traffic, limits: Sequence[Limit], granted: Callable[[], object]) -> Waiter:
        """Stand in the queue; ``granted`` is called from `grant`. Set ``gone`` on the result to leave."""
        waiter = Waiter(next(self._arrivals), tuple(limits), granted)
        lane = self._lanes.setdefault(limits[0].name if limits else "", _Lane())
        lane.join(kind, waiter)
        return waiter

    def used(self, waiter: Waiter, now: float) -> None:
        """Who was let go goes only now."""
        for limit in waiter.limits:
            self._window(limit).moved(waiter.went, now)
        waiter.went = now

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

    def _grant_lane(self, lane: _Lane, now: float) -> float | None:
        lane.release(now)
        while (line := lane.first()) is not None:
            windows = [self._window(limit) for limit in line.limits]
            opens = [window.opens_at(now) for window in windows]
            if opens and opens[0] > now:
                return opens[0]  # the widest limit is used up: nobody in this lane can go
            if max(opens, default=now) > now:
                lane.hold_first(max(opens))
                continue
            for window in windows:
                window.went.append(now)
            waiter = lane.take_first()
            waiter.went = now
            waiter.granted()
        return lane.wake()

    def _window(self, limit: Limit) -> _Window:
        window = self._windows.get(limit.name)
        if window is None:
            window = self._windows[limit.name] = _Window(limit.seconds * MARGIN, limit.count)
        window.seconds, window.room = limit.seconds * MARGIN, limit.count
        return window

    def _forget(self, now: float) -> None:
        """Drop windows that hold nothing, or every chat ever written to would stay in memory. Not before there are
        twice as many as were needed last time, or each grant would look at all."""
        if len(self._windows) < self._most_windows:
            return
        self._windows = {
            name: window
            for name, window in self._windows.items()
            if window.shut_until > now or (window.went and window.went[-1] > now - window.seconds)
        }
        self._most_windows = max(FEW_WINDOWS, 2 * len(self._windows))


def _give(turn: asyncio.Future[None]) -> None:
    if not turn.done():  # it may have been cancelled since
        turn.set_result(None)


@dataclass(frozen=True, slots=True)
class _Turn:
    queue: Queue
    waiter: Waiter

    def used(self) -> None:
        self.queue.used(self.waiter, asyncio.get_running_loop().time())


class Pacer(Pace):
    """The Pace of the running product: a Queue on the event loop's clock."""

    def __init__(self) -> None:
        self._queue = Queue()
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, kind: Traffic, limits: Sequence[Limit]) -> Turn:
        """See `bot.ports.Pace`."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = self._queue.join(kind, limits, lambda: _give(turn))
        self._pump()
        try:
            await turn
        finally:
            waiter.gone = True
        return _Turn(self._queue, waiter)

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
