"""Remembers from one run to the next in which servers we introduced ourselves: we may be added while we are off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection

import structlog

from adapters.discord.patience import Sleep, backoff
from bot.errors import StorageError
from bot.ports import KeyStore

log = structlog.get_logger()


class Servers:
    """Asked and told while the adapter runs; what it is told it writes down when it can."""

    def __init__(self, keys: KeyStore, sleep: Sleep, tasks: asyncio.TaskGroup) -> None:
        self._keys = keys
        self._sleep = sleep
        self._tasks = tasks
        self._known: set[int] = set()
        self._written: set[int] = set()
        self._writing = False
        self._key = ""

    async def recall(self, application: int | None) -> None:
        """Before the first session of this application. Waits until it can be read."""
        self._key = f"discord/servers/{application}"
        failures = 0
        while True:
            try:
                self._known = _servers(await self._keys.get(self._key))
                self._written = set(self._known)
                return
            except StorageError as error:
                failures += 1
                log.warning("the servers on Discord can't be recalled yet", reason=str(error))
                await self._sleep(backoff(failures))

    def knows(self, server: int) -> bool:
        """Whether we have introduced ourselves there since we came."""
        return server in self._known

    def greeted(self, server: int) -> None:
        """We introduced ourselves, or nobody there needs it."""
        self._known.add(server)
        self._write()

    def left(self, server: int) -> None:
        """If we come back, that is new."""
        self._known.discard(server)
        self._write()

    def here(self, servers: Collection[int], shard: int, of: int) -> None:
        """All that are told in this session: we may have been removed from others."""
        self._known = {server for server in self._known if server in servers or (server >> 22) % of != shard}
        self._write()

    def _write(self) -> None:
        if not self._writing and self._known != self._written:
            self._writing = True
            self._tasks.create_task(self._write_down(), name="servers on Discord")

    async def _write_down(self) -> None:
        failures = 0
        while self._known != self._written:
            known = set(self._known)
            try:
                await self._keys.put(self._key, json.dumps(sorted(known)))
                self._written, failures = known, 0
            except StorageError as error:
                failures += 1
                log.warning("the servers on Discord can't be remembered yet", reason=str(error))
                await self._sleep(backoff(failures))
        self._writing = False


def _servers(kept: str | None) -> set[int]:
    try:
        return {int(server) for server in json.loads(kept or "[]")}
    except (TypeError, ValueError, OverflowError):
        return set()
