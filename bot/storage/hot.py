"""Core statements on the driver's own connection: the hot path of votes.

Each statement is written in Core and compiled once, at import; what is saved is Core's work for each execution and each
row, which is several times SQLite's own (docs/adr/0001-storage.md has the figures).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement

from bot.storage.tables import UtcDateTime

_DIALECT = sqlite.dialect(paramstyle="qmark")
_to_stored = UtcDateTime().dialect_impl(_DIALECT).bind_processor(_DIALECT)


class Hot:
    """A statement compiled once. Values and rows are tuples, in the order of ``names``; no types are converted."""

    def __init__(self, statement: Executable, *names: str) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=_DIALECT, column_keys=list(names))
        assert compiled.positiontup == list(names), compiled.positiontup  # type: ignore[attr-defined]  # SQLCompiler's
        self._sql = str(compiled)

    def all(self, connection: Connection, *values: object) -> list[tuple[Any, ...]]:
        """Every row that it finds."""
        return driver(connection).execute(self._sql, values).fetchall()

    def many(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Run it for each row."""
        if rows:
            driver(connection).executemany(self._sql, rows)


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """What is done inside is undone when it raises; the transaction goes on."""
    raw = driver(connection)
    raw.execute("SAVEPOINT hot")
    try:
        yield
    except BaseException:
        if raw.in_transaction:  # a full disk may have ended it
            raw.execute("ROLLBACK TO hot")
            raw.execute("RELEASE hot")
        raise
    raw.execute("RELEASE hot")


def driver(connection: Connection) -> sqlite3.Connection:
    """The sqlite3 connection under a Core one."""
    raw: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]  # ours is SQLite
    return raw


def stored(at: datetime | None) -> object:
    """A moment as its column holds it."""
    assert _to_stored is not None
    return None if at is None else _to_stored(at)


def read_back(column: str | None) -> datetime | None:
    """The moment that a column holds."""
    return None if column is None else datetime.fromisoformat(column).replace(tzinfo=UTC)


def element(value: ColumnElement[Any], place: int) -> ColumnElement[Any]:
    """One element of a key that ``json_each`` yields."""
    return func.json_extract(value, literal_column(f"'$[{place:d}]'"))
