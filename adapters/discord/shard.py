"""Keeps one session with Discord's gateway, from one connection to the next. Events go to the client, not through here.

A bot in many servers has several sessions side by side, each with its share of them (shards).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import ReconnectWebSocket

from adapters.discord.beginnings import Beginnings
from adapters.discord.errors import UNREADABLE
from adapters.discord.gateway import Gateway
from adapters.discord.patience import backoff
from bot.ports import Surroundings

log = structlog.get_logger()

CONNECT_SECONDS = 60.0
RESUMES = 3
"""Hang-ups in a row after which a session is begun anew."""
STEADY = timedelta(seconds=30)
"""A connection that stood for less gave no reason to believe that the next one stands."""

_BROKEN = (OSError, aiohttp.ClientError, discord.HTTPException, discord.RateLimited, *UNREADABLE)
"""The latter where the resume address that Discord gave is none."""


class Shard:
    """One session. ``on_change`` is called when it stands, or is lost."""

    def __init__(
        self,
        client: discord.Client,
        number: int,
        beginnings: Beginnings,
        surroundings: Surroundings,
        on_change: Callable[[], None],
    ) -> None:
        self._client = client
        self._number = number
        self._beginnings = beginnings
        self._sleep = surroundings.sleep
        self._clock = surroundings.clock
        self._on_change = on_change
        self._ws: Gateway | None = None
        self._failures = 0
        """Hang-ups since it stood last."""
        self._hasty = 0
        """Connections in a row that didn't stand for long."""
        self._stood_at: datetime | None = None
        self._may_begin = False
        self.stands = False

    async def run(self) -> None:
        """Until cancelled. Raises ConnectionClosed where trying again can't help."""
        session: dict[str, Any] = {}
        while True:
            try:
                await self._open(session)
                while True:
                    assert self._ws is not None, "opened"
                    await self._ws.poll_event()
            except ReconnectWebSocket as again:
                session = await self._after_hang_up(again)
            except _BROKEN as error:
                await self._wait(error, self._failures)
                # The resume address that Discord gave may be the one that is dead: go on at the known one.
                session = self._session(None)
            self._failures += 1

    async def _open(self, session: dict[str, Any]) -> None:
        if not session.get("resume") and not self._may_begin:
            if self.stands:
                self._lost()
            await self._beginnings.turn(self._number)
            self._may_begin = True
        self._stood_at = None
        opening = Gateway.from_client(self._client, shard_id=self._number, **session)
        # Not wait_for(): until Python 3.12 it loses a cancellation that comes as the connection stands, and we with it.
        async with asyncio.timeout(CONNECT_SECONDS):
            self._ws = await opening
        self._ws.stands = bool(session.get("resume"))

    async def _after_hang_up(self, again: ReconnectWebSocket) -> dict[str, Any]:
        """How to go on."""
        steady = self._stood_at is not None and self._clock() - self._stood_at >= STEADY
        self._hasty = 0 if steady else self._hasty + 1
        if self._failures or self._hasty > 1:
            await self._wait(again, max(self._failures, self._hasty - 1))
        # A session that can't be resumed (4007, 4009) is hung up on again and again.
        resumes = again.resume and self._failures < RESUMES and self._ws is not None
        return self._session(self._ws.gateway if self._ws is not None else None) if resumes else {}

    def _session(self, gateway: yarl.URL | None) -> dict[str, Any]:
        if self._ws is None or self._ws.session_id is None:
            return {}
        return {"gateway": gateway, "resume": True, "session": self._ws.session_id, "sequence": self._ws.sequence}

    async def _wait(self, error: Exception, failures: int) -> None:
        seconds = backoff(max(1, failures))
        if isinstance(error, discord.RateLimited):
            seconds = max(seconds, error.retry_after)
        log.info("Discord's gateway could not be reached", error=type(error).__name__, again_in=seconds)
        self._lost()
        await self._sleep(seconds)

    def begins(self) -> None:
        """The session is about to be begun: of those there are only so many a day."""
        self._may_begin = False

    def begun(self) -> None:
        """A new session was begun, or this one is resumed."""
        self._failures = 0
        self._stood_at = self._clock()
        if self._ws is not None:
            self._ws.stands = True

    def complete(self) -> None:
        """All that it has to tell of its servers is told."""
        self.stands = True
        self._on_change()

    def _lost(self) -> None:
        self.stands = False
        self._on_change()

    async def close(self) -> None:
        """Say goodbye: the session ends."""
        if self._ws is not None and self._ws.open:
            await self._ws.close(code=1000)
