"""The SQLite file: its connections, pragmas, transactions, backup. Knows no table.

aiosqlite gives each connection a thread; SQLAlchemy's synchronous Core runs *on that thread*, one awaited hop a
transaction
(docs/adr/0001-storage.md tells why and what was measured).
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import aiosqlite
import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from bot.errors import StorageError, is_storage_error
from bot.model import Phrase
from bot.storage.migrate import migrate
from bot.storage.tables import APPLICATION_ID

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

READERS = 2
"""Reading threads. The product's reads are short; two keep a slow page of the API from holding up a sweep."""

BUSY_SECONDS = 5.0
"""How long to wait for another process (a backup, `newstally check`) to let go of the file."""

HASTY_SECONDS = 0.5
"""How long to wait for that when Newstally stops."""

BUSY_STEP = 0.1
"""After so long it is looked whether there is still time."""

FIRST_REST, LAST_REST = 1.0, 30.0
"""Seconds between two tries to do what the database refuses: the first, doubling, and the longest."""


def refuses(error: BaseException) -> bool:
    """Whether the database can't be used now (a full disk, a locked file, a broken one): nothing of ours is wrong."""
    return isinstance(error, (OperationalError, InternalError, sqlite3.OperationalError, sqlite3.InternalError)) or (
        # What it says of a damaged file; its subclasses are about what we asked for.
        type(error) in (DatabaseError, sqlite3.DatabaseError)
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """The database can't be written, or read."""

    since: datetime
    reason: str
    """As SQLite says it."""


class Database:
    """Runs storage functions, each in one transaction: ``await db.write(chats.choose_language, ref, "fr", now)``.

    A storage function is synchronous, takes a Core Connection first and touches nothing but the database.
    """

    def __init__(self, writer: _Lane, readers: tuple[_Lane, ...], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._writer = writer
        self._readers = readers
        self._sleep = sleep
        self._next_reader = 0

    async def insist(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, however long the database refuses."""
        return await self.outlasting(lambda: self.write(fn, *args, **kwargs))

    @property
    def refusal(self) -> Refusal | None:
        """Why it can't be used now, as far as anybody has tried; None: all is well."""
        return next((lane.refusal for lane in (self._writer, *self._readers) if lane.refusal is not None), None)

    async def outlasting(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it, and while the database refuses (which is logged once) do it again, less and less often: for what must
        be done, and goes on as if nothing had been when the disk has room again or the file is let go."""
        failures = 0
        while True:
            try:
                return await work()
            except Exception as error:
                if not is_storage_error(error):
                    raise
                await self._sleep(min(LAST_REST, FIRST_REST * 2 ** min(failures, 10)))
                failures += 1

    async def write(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``fn`` in a write transaction (BEGIN IMMEDIATE … COMMIT); when this returns, its changes are durable."""
        return await self._writer.run(fn, *args, **kwargs)

    async def read(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``fn`` in a snapshot of its own, on a connection that can't write."""
        self._next_reader = (self._next_reader + 1) % len(self._readers)
        return await self._readers[self._next_reader].run(fn, *args, **kwargs)

    def hurry(self) -> None:
        """Newstally stops: whoever holds the file is not waited for as long as usual, and once only."""
        for lane in (self._writer, *self._readers):
            lane.haste.now = True

    async def empty_log(self) -> None:
        """Move what the write-ahead log holds into the file, so that what was deleted isn't left there either. Does
        nothing while somebody reads; never raises for what the database refuses."""
        await self._writer.empty_log()

    async def backup(self, target: Path) -> None:
        """Copy a consistent snapshot into ``target`` while everything goes on. Raises StorageError if that file
        exists."""
        if await asyncio.to_thread(target.exists):
            raise StorageError(Phrase("{path} exists already.", {"path": str(target)}))
        try:
            await asyncio.to_thread(_make, target)
            async with aiosqlite.connect(target) as copy:
                await self._readers[0].copy_to(copy)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                Phrase("{path} can't be written: {reason}", {"path": str(target), "reason": str(error)})
            ) from error


@dataclass(slots=True)
class _Haste:
    """Whether there is little time left: what is still in line is written if it can be, but doesn't hold up the end."""

    now: bool = False


class _Lane:
    """One aiosqlite connection and, over the same sqlite3 connection, a Core engine that lives on its thread."""

    def __init__(
        self, connection: aiosqlite.Connection, engine: Engine, clock: Callable[[], datetime], haste: _Haste
    ) -> None:
        self._connection = connection
        self._engine = engine
        self._clock = clock
        self.refusal: Refusal | None = None
        self.haste = haste

    async def run(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        def transaction() -> T:
            if self.haste.now and self.refusal is not None:
                raise _refused(self.refusal.reason)
            try:
                with self._engine.begin() as connection:
                    result = fn(connection, *args, **kwargs)
            # Bare where bot/storage/hot.py ran it.
            except (SQLAlchemyError, sqlite3.Error) as error:
                if not refuses(error):
                    raise
                reason = str(getattr(error, "orig", error))
                self._note(reason)
                raise _refused(reason) from error
            self._note(None)
            return result

        # Shielded: a cancelled caller must not leave the thread's result without a taker while the transaction goes on.
        work = asyncio.ensure_future(_on_thread(self._connection, transaction))
        work.add_done_callback(_taken)
        return await asyncio.shield(work)

    def _note(self, reason: str | None) -> None:
        """Why it could not be used just now, or that it could; it is logged when that changes."""
        before = self.refusal
        if reason is None:
            self.refusal = None
            if before is not None:
                log.warning("the database can be used again", refused_since=before.since.isoformat())
            return
        self.refusal = Refusal(self._clock() if before is None else before.since, reason)
        if before is None or before.reason != reason:
            log.error("the database refuses; what can't be stored waits", reason=reason)

    async def empty_log(self) -> None:
        def checkpoint() -> None:
            raw = self._connection._conn
            try:
                raw.execute("PRAGMA busy_timeout = 0")  # no vote waits for a reader to end
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                log.info("the write-ahead log stays as it is", reason=str(error))
            finally:
                _wait_in_steps(raw)

        await _on_thread(self._connection, checkpoint)

    async def copy_to(self, target: aiosqlite.Connection) -> None:
        await self._connection.backup(target, pages=1000, sleep=0.01)


def _taken(work: asyncio.Future[T]) -> None:
    """What a transaction raises is its caller's business, also where that has been cancelled meanwhile."""
    if not work.cancelled():
        work.exception()


def _refused(reason: str) -> StorageError:
    return StorageError(Phrase("The database refuses: {reason}", {"reason": reason}))


@asynccontextmanager
async def open_database(
    path: Path,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Database]:
    """Open (or make) the file, bring its tables up to date, and close everything at the end. Raises StorageError."""
    async with AsyncExitStack() as stack:
        try:
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
            await asyncio.to_thread(_make, path)
            # The writer first: it makes the file and brings its tables up to date.
            writer = await stack.enter_async_context(_lane(path, clock, writes=True))
            readers = [await stack.enter_async_context(_lane(path, clock, writes=False)) for _ in range(READERS)]
        except (sqlite3.Error, SQLAlchemyError, OSError) as error:
            reason = str(getattr(error, "orig", None) or error)
            raise StorageError(
                Phrase("The database {path} can't be used: {reason}", {"path": str(path), "reason": reason})
            ) from error
        db = Database(writer, tuple(readers), sleep)
        try:
            yield db
        finally:
            db.hurry()


@asynccontextmanager
async def _lane(path: Path, clock: Callable[[], datetime], *, writes: bool) -> AsyncIterator[_Lane]:
    # isolation_level None: the driver starts no transactions of its own, BEGIN is ours (see _engine).
    async with aiosqlite.connect(path, isolation_level=None, timeout=BUSY_SECONDS) as connection:
        raw = connection._conn
        haste = _Haste()
        engine = _engine(raw, "BEGIN IMMEDIATE" if writes else "BEGIN", haste)

        def prepare() -> None:
            if writes:
                _refuse_strangers(raw, path)
                # FULL: a vote confirmed to its member survives a power cut, not only a crash.
                raw.execute("PRAGMA journal_mode = WAL")
                raw.execute("PRAGMA synchronous = FULL")
                raw.execute("PRAGMA foreign_keys = OFF")  # batch migrations rebuild tables
                migrate(engine)
                raw.execute("PRAGMA foreign_keys = ON")
                # What is deleted is overwritten: what a member erases must not be left in the file's free pages.
                raw.execute("PRAGMA secure_delete = ON")
                raw.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
                _wait_in_steps(raw)
            else:
                raw.execute("PRAGMA query_only = ON")
            raw.execute("PRAGMA temp_store = MEMORY")

        await _on_thread(connection, prepare)
        try:
            yield _Lane(connection, engine, clock, haste)
        finally:
            await _on_thread(connection, lambda: engine.dispose(close=False))


async def _on_thread(connection: aiosqlite.Connection, fn: Callable[[], T]) -> T:
    # aiosqlite offers no public way to run a function on its thread; every method of its own goes through this one,
    # which is what makes a whole transaction cost one hop. A test pins that it exists.
    result: T = await connection._execute(fn)  # type: ignore[no-untyped-call]
    return result


def _engine(raw: sqlite3.Connection, begin: str, haste: _Haste) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        began = time.monotonic()
        while True:
            try:
                connection.exec_driver_sql(begin)
                return
            except OperationalError as error:
                if not _is_busy(error) or time.monotonic() - began > (HASTY_SECONDS if haste.now else BUSY_SECONDS):
                    raise

    return engine


def _is_busy(error: OperationalError) -> bool:
    """Whether another process holds the file."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _wait_in_steps(raw: sqlite3.Connection) -> None:
    """Whoever holds the file is waited for by us (see `_engine`): SQLite's own wait can't be cut short."""
    raw.execute(f"PRAGMA busy_timeout = {round(BUSY_STEP * 1000):d}")


def _make(path: Path) -> None:
    # Votes and the web room's signing key are in it: nobody else's business on a shared machine.
    path.touch(mode=0o600)


def _refuse_strangers(raw: sqlite3.Connection, path: Path) -> None:
    (application_id,) = raw.execute("PRAGMA application_id").fetchone()
    (objects,) = raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if objects and application_id != APPLICATION_ID:
        raise StorageError(Phrase("{path} is a database, but not one of Newstally's.", {"path": str(path)}))
