"""The pool of worker processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import pytest

from bot.gather.shares import QUICK
from bot.gather.workers import JobFailed, TooMuch, WorkerCrashed, Workers, WorkerTimeout


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


async def test_jobs_wait_for_the_worker(workers: Workers) -> None:
    pids = await asyncio.gather(*(workers.run(10, os.getpid) for _ in range(8)))
    assert len(set(pids)) == 1


async def test_what_is_slow_is_done_by_another_worker_and_the_neighbours_go_on(workers: Workers) -> None:
    """One source's feeds take the worker as long as they may."""
    quick = await workers.run(10, os.getpid)
    with pytest.raises(WorkerTimeout):
        await workers.run_for("slow", 0.2, time.sleep, 600)
    slow = asyncio.create_task(workers.run_for("slow too", 600, time.sleep, 600))
    await asyncio.sleep(0)
    # The neighbours wait for no longer than until it is known.
    assert await workers.run_for("neighbour", 600, abs, -1) == 1
    assert workers.is_slow("slow too")
    assert not workers.is_slow("neighbour")
    others = [asyncio.create_task(workers.run_for("slow too", 600, time.sleep, 600)) for _ in range(20)]
    before = time.monotonic()
    for number in range(20):
        assert await workers.run_for(f"neighbour {number}", 600, abs, -number) == number
    assert time.monotonic() - before < QUICK
    assert await workers.run(10, os.getpid) != quick
    for task in (slow, *others):
        task.cancel()
    await asyncio.wait([slow, *others])


async def test_what_was_slow_once_and_is_quick_again_is_read_with_the_others(workers: Workers) -> None:
    await workers.run_for("a", 10, time.sleep, QUICK + 0.1)
    assert workers.is_slow("a")
    await workers.run_for("a", 10, abs, -1)
    assert not workers.is_slow("a")


async def test_a_source_that_has_had_its_share_of_a_minute_comes_back_later() -> None:
    now = 0.0
    async with Workers(clock=lambda: now) as workers:
        with pytest.raises(WorkerTimeout):
            await workers.run_for("greedy", QUICK + 0.01, time.sleep, 600)
        with pytest.raises(WorkerTimeout):
            await workers.run_for("greedy", 0.01, time.sleep, 600)
        for _ in range(9):  # as if each had taken two seconds
            workers._shares.add("greedy", 2.0)
        with pytest.raises(TooMuch) as caught:
            await workers.run_for("greedy", 10, abs, -1)
        assert 0 < caught.value.wait < 60
        assert await workers.run_for("neighbour", 10, abs, -1) == 1
        now += 60
        assert await workers.run_for("greedy", 10, abs, -1) == 1


async def test_whoever_has_taken_least_is_next_and_our_own_come_first(workers: Workers) -> None:
    order: list[str] = []

    async def ask(name: str) -> None:
        if name:
            await workers.run_for(name, 60, abs, -1)
        else:
            await workers.run(60, abs, -1)
        order.append(name)

    holding = asyncio.create_task(workers.run(60, time.sleep, 0.3))
    await asyncio.sleep(0)
    workers._shares.add("a", 1.5)
    asking = [asyncio.create_task(ask(name)) for name in ("a", "a", "b", "c", "")]
    await asyncio.gather(holding, *asking)
    assert order == ["", "b", "c", "a", "a"]


def take_long_to_load() -> None:
    """As libraries do on a small machine."""
    time.sleep(QUICK + 0.2)


async def test_what_a_worker_loads_first_is_in_no_jobs_time() -> None:
    async with Workers(take_long_to_load) as workers:
        assert await workers.run_for("a", 10, abs, -1) == 1
        assert not workers.is_slow("a")


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
