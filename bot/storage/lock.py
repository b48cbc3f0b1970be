"""Only one product runs on a database: two would post and poll everything twice."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.errors import StorageError
from bot.model import Phrase


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the database at ``path`` for this process; the system lets go of it however the process ends.

    Raises StorageError when another one holds it. `check` and `backup` don't ask: they may run beside it.
    """
    with _held(path.with_name(path.name + ".lock"), path):
        yield


def _held(beside: Path, path: Path) -> IO[str]:
    file = None
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        file = beside.open("a")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if file is not None:
            file.close()
        raise StorageError(_why_not(path, error)) from error
    return file


def _why_not(path: Path, error: OSError) -> Phrase:
    if isinstance(error, BlockingIOError):
        return Phrase("Another Newstally is running on the database {path}; stop it first.", {"path": str(path)})
    reason = error.strerror or str(error)
    return Phrase("The database {path} can't be used: {reason}", {"path": str(path), "reason": reason})
