"""Everything in the file as JSON lines, out and in again: a header, then a line a row, tables in order of
dependence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StorageError
from bot.model import Phrase
from bot.storage import search
from bot.storage.migrate import HEAD
from bot.storage.tables import UtcDateTime, metadata

FORMAT = "newstally-export"

MAX_LINE = 4_000_000
"""Characters. A row longer than this is none of ours (a feed is at most a few megabytes, an entry far less)."""

_BATCH = 500


def write_everything(connection: Connection, write: Callable[[str], object]) -> int:
    """Hand every line of the export to ``write``, from one snapshot; returns how many rows there were."""
    write(json.dumps({"format": FORMAT, "schema": HEAD}) + "\n")
    rows = 0
    for table in metadata.sorted_tables:
        for row in connection.execute(select(table)).yield_per(_BATCH):
            line = {"table": table.name, "row": {key: _out(value) for key, value in row._mapping.items()}}
            write(json.dumps(line, ensure_ascii=False) + "\n")
            rows += 1
    write(json.dumps({"end": True, "rows": rows}) + "\n")
    return rows


def read_everything(connection: Connection, lines: Iterable[str]) -> int:
    """Fill an empty database from an export, wholly or not at all. Raises StorageError, naming the line."""
    for table in metadata.sorted_tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise StorageError(Phrase("The database is not empty; import into a new one."))
    numbered = enumerate(_bounded(lines), start=1)
    _check_header(next(numbered, (1, ""))[1])
    rows = 0
    # Rows of one table stand together, so that they go in by hundreds.
    pending: list[dict[str, Any]] = []
    current: Table | None = None
    ended = False
    for number, line in numbered:
        if ended:
            raise _bad(number, "something stands after the end")
        if _is_end(line, rows):
            ended = True
            continue
        table, row = _parse(number, line)
        if table is not current or len(pending) >= _BATCH:
            _insert(connection, current, pending, number)
            current, pending = table, []
        pending.append(row)
        rows += 1
    _insert(connection, current, pending, rows + 1)
    if not ended:
        raise StorageError(Phrase("The export is not whole: its last line is missing."))
    search.rebuild(connection)
    return rows


def _is_end(line: str, rows: int) -> bool:
    """Whether it is the last line, which tells how many rows there were: a file that was cut off lacks it."""
    return line.startswith('{"end"') and line.strip() == json.dumps({"end": True, "rows": rows})


def _insert(connection: Connection, table: Table | None, rows: list[dict[str, Any]], number: int) -> None:
    if table is None or not rows:
        return
    try:
        connection.execute(insert(table), rows)
    except (SQLAlchemyError, ValueError, TypeError) as error:
        reason = str(getattr(error, "orig", None) or error)
        raise StorageError(
            Phrase("The rows before line {line} can't be stored: {reason}", {"line": number, "reason": reason})
        ) from error


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE:
            raise _bad(number, "too long")
        if line.strip():
            yield line


def _check_header(line: str) -> None:
    header = _json(1, line)
    if header.get("format") != FORMAT:
        raise StorageError(Phrase("This is not an export of Newstally."))
    if header.get("schema") != HEAD:
        raise StorageError(
            Phrase(
                "The export was made by another version of Newstally (schema {theirs}, here {ours}).",
                {"theirs": str(header.get("schema")), "ours": HEAD},
            )
        )


def _parse(number: int, line: str) -> tuple[Table, dict[str, Any]]:
    data = _json(number, line)
    table = metadata.tables.get(str(data.get("table")))
    row = data.get("row")
    if table is None or not isinstance(row, dict):
        raise _bad(number, "no table of that name")
    if set(row) != set(table.columns.keys()):
        raise _bad(number, "other columns than the table has")
    return table, {key: _in(number, table, key, value) for key, value in row.items()}


def _json(number: int, line: str) -> Mapping[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise _bad(number, "not JSON") from None
    if not isinstance(data, dict):
        raise _bad(number, "not a JSON object")
    return data


def _out(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _in(number: int, table: Table, key: str, value: Any) -> Any:
    if not isinstance(table.columns[key].type, UtcDateTime) or value is None:
        return value
    try:
        return datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise _bad(number, f"{key} is not a time") from None


def _bad(number: int, reason: str) -> StorageError:
    return StorageError(Phrase("Line {line}: {reason}.", {"line": number, "reason": reason}))


def integrity(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong with the file and its references; empty when all is well."""
    broken = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)") if row[0] != "ok"]
    dangling = islice(connection.exec_driver_sql("PRAGMA foreign_key_check"), 20)
    return broken + [f"{row[0]}: row {row[1]} refers to a missing {row[2]}" for row in dangling]
