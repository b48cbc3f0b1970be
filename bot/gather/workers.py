"""Worker processes with a deadline a job: a worker that misses it is killed and replaced.

One does what is quick, and another, which lives only while there is something to do, what proved slow: so that no
source holds up its neighbours for longer than a quick job takes, and slow ones take turns among each other.

A thread can't be killed and holds the interpreter's lock; asyncio's own subprocesses and pipes need neither threads nor
`multiprocessing`, which would import our main module in every worker.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar, cast

from bot.gather.shares import QUICK, Shares
from bot.gather.worker import LENGTH

P = ParamSpec("P")
T = TypeVar("T")

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from bot.gather.worker import serve; serve()"

CLOSE_SECONDS = 1.0
PREPARE_SECONDS = 60.0


class WorkerTimeout(Exception):  # as TimeoutError, whose place it takes
    """The job took longer than its deadline; its worker is gone."""


class WorkerCrashed(Exception):
    """The worker ended in the middle of the job: killed, or out of memory."""


class JobFailed(Exception):
    """The job raised; the message is its traceback."""


class TooMuch(Exception):  # as WorkerTimeout: whoever asks comes back later
    """The source has had its share of the last minute."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait
        """Seconds until it may have a worker again."""


class Workers:
    """Use as an async context manager; workers start with the first jobs."""

    def __init__(
        self, prepare: Callable[[], object] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``prepare``: a module's function, run first in each worker: what it loads is in no job's time."""
        self._prepare = prepare
        self._clock = clock
        self._shares = Shares(clock)
        self._quick = _Lane()
        self._slow = _Lane()
        self._all: set[Process] = set()
        self._closed = False

    async def __aenter__(self) -> Workers:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for process in tuple(self._all):
            await self._end(process)

    async def run(self, deadline: float, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work``, a module's function with picklable arguments, in a worker, before what waits for sources.

        Raises WorkerTimeout, WorkerCrashed or JobFailed. The deadline counts from when a worker is free.
        """
        job = _job(work, args, kwargs)
        async with self._turn(self._quick, ""):
            return cast("T", await self._do(await self._worker(self._quick), deadline, job))

    async def run_for(self, name: str, deadline: float, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `run`, for the source of this name, in its turn; it may run twice, when it proves slow.

        Raises TooMuch, too.
        """
        job = _job(work, args, kwargs)
        if not self._shares.is_slow(name):
            try:
                return cast("T", await self._share(self._quick, name, min(QUICK, deadline), job))
            except WorkerTimeout:
                if deadline <= QUICK:
                    raise
        try:
            return cast("T", await self._share(self._slow, name, deadline, job))
        finally:
            await self._rest()

    def is_slow(self, name: str) -> bool:
        """Whether the last job for this source took long."""
        return self._shares.is_slow(name)

    async def _share(self, lane: _Lane, name: str, deadline: float, job: bytes) -> object:
        async with self._turn(lane, name):
            if (wait := self._shares.wait(name)) > 0:
                raise TooMuch(wait)
            process = await self._worker(lane)
            began, least = self._clock(), 0.0
            try:
                return await self._do(process, deadline, job)
            except WorkerTimeout:
                least = deadline
                raise
            finally:
                self._shares.add(name, max(self._clock() - began, least))

    @asynccontextmanager
    async def _turn(self, lane: _Lane, name: str) -> AsyncIterator[None]:
        if lane.busy:
            waiting = _Waiting(name)
            lane.waiting.append(waiting)
            try:
                await waiting.called.wait()
            except BaseException:
                if waiting in lane.waiting:
                    lane.waiting.remove(waiting)
                else:  # called and cancelled at once
                    self._call_next(lane)
                raise
        lane.busy = True
        try:
            yield
        finally:
            self._call_next(lane)

    def _call_next(self, lane: _Lane) -> None:
        if lane.waiting:
            lane.waiting.pop(self._shares.next([one.name for one in lane.waiting])).called.set()
        else:
            lane.busy = False

    async def _do(self, process: Process, deadline: float, job: bytes) -> object:
        try:
            async with asyncio.timeout(deadline):
                succeeded, result = await _exchange(process, job)
        except TimeoutError:
            await self._end(process)
            raise WorkerTimeout from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._end(process)
            raise WorkerCrashed from None
        except BaseException:  # cancelled: what the worker is doing has no taker any more
            await self._end(process)
            raise
        if not succeeded:
            raise JobFailed(result)
        return result

    async def _worker(self, lane: _Lane) -> Process:
        if lane.process is not None and lane.process in self._all and lane.process.returncode is None:
            return lane.process
        if lane.process is not None:
            self._all.discard(lane.process)
        if self._closed:
            raise WorkerCrashed
        lane.process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _START, str(_ROOT), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=1 << 20
        )
        self._all.add(lane.process)
        if self._prepare is not None:
            await self._do(lane.process, PREPARE_SECONDS, _job(self._prepare, (), {}))
        return lane.process

    async def _rest(self) -> None:
        """Slow jobs are rare: their worker needn't wait for the next one."""
        if not self._slow.busy and self._slow.process in self._all:
            await self._end(self._slow.process)

    async def _end(self, process: Process) -> None:
        self._all.discard(process)
        if process.returncode is None:
            process.kill()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                # communicate() drains and closes the pipes, without which the loop warns of them at its end.
                await process.communicate()
        except TimeoutError:
            return


@dataclass(slots=True)
class _Lane:
    """A worker and those who wait for it."""

    process: Process | None = None
    busy: bool = False
    waiting: list[_Waiting] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Waiting:
    name: str
    called: asyncio.Event = field(default_factory=asyncio.Event)


def _job(work: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> bytes:
    if kwargs:
        raise TypeError("a job takes its arguments by position")
    return pickle.dumps((work, args), pickle.HIGHEST_PROTOCOL)


async def _exchange(process: Process, job: bytes) -> tuple[bool, object]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(LENGTH.pack(len(job)) + job)
    await process.stdin.drain()
    (size,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    succeeded, result = pickle.loads(await process.stdout.readexactly(size))  # noqa: S301  # from our own worker
    return bool(succeeded), result
