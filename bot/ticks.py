"""The one APScheduler: it only ticks. What is due, the sweeps find in the tables, so a missed tick repairs itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.errors import is_storage_error

log = structlog.get_logger()


@contextmanager
def ticking(jobs: Sequence[tuple[float, Callable[[], Awaitable[None]]]]) -> Iterator[None]:
    """Call each coroutine function every so many seconds, from now on until the block ends."""
    scheduler = AsyncIOScheduler(
        timezone=UTC,
        # A tick that comes late (a suspended laptop, a busy loop) is still wanted, once.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    scheduler.add_listener(_report, EVENT_JOB_ERROR)
    for seconds, job in jobs:
        scheduler.add_job(job, IntervalTrigger(seconds=seconds, timezone=UTC))
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _report(event: JobExecutionEvent) -> None:
    if event.exception is not None and is_storage_error(event.exception):
        return  # the database has said so, and the next tick tries again
    log.error("a tick failed", error=repr(event.exception), trace=event.traceback)
