"""Only one product runs on a database: two would post and poll everything twice."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import StorageError
from bot.model import Phrase


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the database at ``path`` for this process; the system lets go of it however the process ends.

    Raises StorageError when another one holds it. `check` and `backup` don't ask: they may run beside it.
    """
    beside = path.with_name(path.name + ".lock")
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as error:
        raise StorageError(
            Phrase("Another Newstally is running on the database {path}; stop it first.", {"path": str(path)})
        ) from error
