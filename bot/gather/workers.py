"""A small pool of worker processes with a deadline a job: a worker that misses it is killed and replaced.

A thread can't be killed and holds the interpreter's lock; asyncio's own subprocesses and pipes need neither threads nor
`multiprocessing`, which would import our main module in every worker.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar, cast

from bot.gather.worker import LENGTH

P = ParamSpec("P")
T = TypeVar("T")

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from bot.gather.worker import serve; serve()"

CLOSE_SECONDS = 1.0


class WorkerTimeout(Exception):  # as TimeoutError, whose place it takes
    """The job took longer than its deadline; its worker is gone."""


class WorkerCrashed(Exception):
    """The worker ended in the middle of the job: killed, or out of memory."""


class JobFailed(Exception):
    """The job raised; the message is its traceback."""


class Workers:
    """Use as an async context manager; workers start with the first jobs."""

    def __init__(self, size: int = 1) -> None:
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Process] = []
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
        """Run ``work``, a module's function with picklable arguments, in a worker.

        Raises WorkerTimeout, WorkerCrashed or JobFailed. The deadline counts from when a worker is free.
        """
        if kwargs:
            raise TypeError("a job takes its arguments by position")
        job = pickle.dumps((work, args), pickle.HIGHEST_PROTOCOL)
        async with self._slots:
            process = await self._worker()
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
            self._idle.append(process)
        if not succeeded:
            raise JobFailed(result)
        return cast("T", result)

    async def _worker(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
            self._all.discard(process)
        if self._closed:
            raise WorkerCrashed
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _START, str(_ROOT), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=1 << 20
        )
        self._all.add(process)
        return process

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


async def _exchange(process: Process, job: bytes) -> tuple[bool, object]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(LENGTH.pack(len(job)) + job)
    await process.stdin.drain()
    (size,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    succeeded, result = pickle.loads(await process.stdout.readexactly(size))  # noqa: S301  # from our own worker
    return bool(succeeded), result
