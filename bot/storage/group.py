"""Group commit: whatever waits is written as one batch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Generic, TypeVar

from bot.errors import StorageError
from bot.model import Phrase

T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[T, R]):
    """Writes items in the order in which they were added; each caller gets the result of its own, once it is durable.

    While one batch is being written the next one gathers: alone, an item waits for nothing; in a crowd, one commit
    carries many.
    """

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[Sequence[R]]], most: int, linger: float = 0.0) -> None:
        """``linger``: seconds for which a batch waits for more, where nobody is in a hurry."""
        self._write = write
        self._most = most
        self._linger = linger
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._ready = asyncio.Event()
        self._ended = False

    async def add(self, item: T) -> R:
        """Returns when the item is durable. What ``write`` raises, every caller of that batch gets.

        A StorageError those behind it get, too: what is refused comes again, and must not have been overtaken then.

        A cancelled caller's item is written all the same.
        """
        if self._ended:
            raise StorageError(Phrase("Newstally is stopping."))
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        self._ready.set()
        return await done

    async def run(self) -> None:
        """Write until cancelled; then write what still waits, and end."""
        try:
            while True:
                await self._ready.wait()
                if self._linger:
                    await asyncio.sleep(self._linger)
                await self._finish(asyncio.ensure_future(self._write_all()))
        finally:
            self._ended = True
            await self._write_all()

    async def _finish(self, writing: asyncio.Task[None]) -> None:
        """A batch under way is carried to its end even when we are cancelled: its callers must learn its fate."""
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            raise

    async def _write_all(self) -> None:
        self._ready.clear()
        while self._waiting:
            batch = list(islice(self._waiting, self._most))
            for _ in batch:
                self._waiting.popleft()
            await self._write_batch(batch)

    async def _write_batch(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._write([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001  # it is the callers' to handle
            behind = list(self._waiting) if isinstance(error, StorageError) else []
            if behind:
                self._waiting.clear()
            for _, done in (*batch, *behind):
                if not done.done():
                    done.set_exception(error)
        else:
            for (_, done), result in zip(batch, results, strict=True):
                if not done.done():
                    done.set_result(result)
