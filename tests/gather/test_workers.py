"""The pool of worker processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import pytest

from bot.gather.workers import JobFailed, WorkerCrashed, Workers, WorkerTimeout


async def test_a_job_runs_in_another_process_that_is_kept(workers: Workers) -> None:
    first = await workers.run(10, os.getpid)
    assert first != os.getpid()
    assert await workers.run(10, os.getpid) == first


async def test_a_worker_that_misses_the_deadline_is_killed_and_replaced(workers: Workers) -> None:
    first = await workers.run(10, os.getpid)
    started = time.monotonic()
    with pytest.raises(WorkerTimeout):
        await workers.run(0.2, time.sleep, 600)
    assert time.monotonic() - started < 5
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert await workers.run(10, os.getpid) != first


async def test_a_worker_that_dies_fails_its_own_job_only(workers: Workers) -> None:
    with pytest.raises(WorkerCrashed):
        await workers.run(10, os._exit, 3)
    assert await workers.run(10, abs, -1) == 1


async def test_what_a_job_raises_comes_back_with_its_trace(workers: Workers) -> None:
    with pytest.raises(JobFailed, match="ZeroDivisionError"):
        await workers.run(10, divmod, 1, 0)


async def test_a_library_that_prints_does_not_get_between_the_results(workers: Workers) -> None:
    assert await workers.run(10, print, "noise") is None
    assert await workers.run(10, abs, -2) == 2


async def test_large_results_come_through(workers: Workers) -> None:
    assert len(await workers.run(20, bytes, 5_000_000)) == 5_000_000


async def test_a_cancelled_job_frees_its_slot(workers: Workers) -> None:
    job = asyncio.create_task(workers.run(600, time.sleep, 600))
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await workers.run(10, abs, -3) == 3


async def test_jobs_wait_for_a_free_worker() -> None:
    async with Workers(2) as workers:
        pids = await asyncio.gather(*(workers.run(10, os.getpid) for _ in range(8)))
    assert 1 <= len(set(pids)) <= 2


async def test_closing_ends_the_workers_within_a_second() -> None:
    async with Workers() as workers:
        pid = await workers.run(10, os.getpid)
        started = time.monotonic()
    assert time.monotonic() - started < 1
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_worker_does_not_load_the_whole_product() -> None:
    code = (
        "import sys; import bot.gather.parse, bot.gather.discover, bot.gather.worker; "
        "heavy = {'sqlalchemy', 'aiohttp', 'pydantic', 'lingua', 'babel', 'fastapi', 'structlog'} & set(sys.modules); "
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
