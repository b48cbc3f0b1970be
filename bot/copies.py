"""Backup, export and import of the database from the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.errors import StorageError
from bot.model import Phrase
from bot.storage import transfer
from bot.storage.database import open_database


async def back_up(path: Path, target: Path) -> None:
    """Copy the database at ``path`` into a new file. Raises StorageError."""
    await must_exist(path)
    async with open_database(path) as db:
        await db.backup(target)


async def export_lines(path: Path, target: Path) -> int:
    """Write everything into ``target`` (``-``: standard output); returns how many rows. Raises StorageError."""
    await must_exist(path)
    with _opened(target, "x") as file:
        async with open_database(path) as db:
            return await db.read(transfer.write_everything, file.write)


async def import_lines(path: Path, origin: Path) -> int:
    """Fill the (empty or new) database from ``origin``; returns how many rows. Raises StorageError."""
    with _opened(origin, "r") as file:
        async with open_database(path) as db:
            try:
                return await db.write(transfer.read_everything, file)
            except UnicodeDecodeError as error:
                raise StorageError(Phrase("The export is damaged: it is not text in UTF-8.")) from error


async def must_exist(path: Path) -> None:
    """Raises StorageError where there is no database: what only looks at one or corrects it must not make it."""
    if not await asyncio.to_thread(path.exists):
        raise StorageError(Phrase("There is no database {path} yet.", {"path": str(path)}))


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[IO[str]]:
    if str(path) == "-":
        yield sys.stdin if mode == "r" else sys.stdout
        return
    try:
        # Votes and the room's signing key are in it: nobody else's business on a shared machine.
        if mode == "x":
            path.touch(mode=0o600, exist_ok=False)
            mode = "w"
        file = path.open(mode, encoding="utf-8", errors="strict")
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(Phrase("{path}: {reason}", {"path": str(path), "reason": reason})) from error
    with file:
        yield file
