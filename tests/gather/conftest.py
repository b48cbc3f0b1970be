"""What the tests of gather share: a feed server, clients, and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from bot.gather.client import GuardedClient
from bot.gather.settings import GatherSettings
from bot.gather.workers import Workers
from tests.emulators.feeds import FeedServer

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Clock:
    """Says the time that it is set to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as server:
        yield server


@pytest.fixture
def settings() -> GatherSettings:
    return GatherSettings(interval=600, allow_networks=LOOPBACK, timeout=5)


@pytest.fixture
async def client(settings: GatherSettings) -> AsyncIterator[GuardedClient]:
    async with GuardedClient(settings) as client:
        yield client


@pytest.fixture
async def guarded() -> AsyncIterator[GuardedClient]:
    """As members' feeds are fetched: loopback is refused."""
    async with GuardedClient(GatherSettings(timeout=5)) as client:
        yield client


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers() as workers:
        yield workers
