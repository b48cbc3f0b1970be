"""Small facts under a name: when the file was made, and what adapters must find again after a restart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from bot.ports import KeyStore
from bot.storage.database import Database
from bot.storage.tables import meta

_CREATED_AT = "created_at"
_ERASURE_KEY = "erasure_key"


def get(connection: Connection, key: str) -> str | None:
    """The value under a name, or None."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()


def put(connection: Connection, key: str, value: str) -> None:
    """Set the value under a name."""
    row = insert(meta).values(key=key, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": value}))


def under(connection: Connection, prefix: str) -> dict[str, str]:
    """All values whose names begin so."""
    # A range, which the primary key serves: no name has a sign behind the last one of Unicode.
    rows = connection.execute(
        select(meta.c.key, meta.c.value).where(meta.c.key.between(prefix, prefix + chr(0x10FFFF)))
    )
    return {row.key: row.value for row in rows}


def change(connection: Connection, values: Mapping[str, str], dropped: Collection[str]) -> None:
    """Set values under names, then forget others."""
    for key, value in values.items():
        put(connection, key, value)
    connection.execute(delete(meta).where(meta.c.key.in_(dropped)))


def created_at(connection: Connection, now: datetime) -> datetime:
    """When the file was made: ``now`` the first time that this is asked, the same ever after."""
    known = get(connection, _CREATED_AT)
    if known is not None:
        return datetime.fromisoformat(known)
    put(connection, _CREATED_AT, now.astimezone(UTC).isoformat())
    return now


def erasure_key(connection: Connection, fresh: bytes) -> bytes:
    """What the marks of erased reactions are made with: ``fresh`` the first time that this is asked, the same ever
    after, also in what is exported: with another one the marks would mean nothing."""
    known = get(connection, _ERASURE_KEY)
    if known is not None:
        return bytes.fromhex(known)
    put(connection, _ERASURE_KEY, fresh.hex())
    return fresh


class Keys(KeyStore):
    """The KeyStore that app.py lends to one adapter; names are kept apart by ``owner``."""

    def __init__(self, db: Database, owner: str) -> None:
        self._db = db
        self._owner = owner

    async def get(self, key: str) -> str | None:
        """The value under a name, or None."""
        return await self._db.read(get, self._name(key))

    async def put(self, key: str, value: str) -> None:
        """Set the value under a name."""
        await self._db.write(put, self._name(key), value)

    async def under(self, prefix: str) -> Mapping[str, str]:
        """See `ports.KeyStore`."""
        rows = await self._db.read(under, self._name(prefix))
        return {name.removeprefix(self._name("")): value for name, value in rows.items()}

    async def change(self, put: Mapping[str, str], drop: Collection[str]) -> None:
        """See `ports.KeyStore`."""
        values = {self._name(key): value for key, value in put.items()}
        await self._db.write(change, values, [self._name(key) for key in drop])

    def _name(self, key: str) -> str:
        return f"{self._owner}:{key}"
