"""Small facts under a name: when the file was made, and what adapters must find again after a restart."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from bot.ports import KeyStore
from bot.storage.database import Database
from bot.storage.tables import meta

_CREATED_AT = "created_at"


def get(connection: Connection, key: str) -> str | None:
    """The value under a name, or None."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()


def put(connection: Connection, key: str, value: str) -> None:
    """Set the value under a name."""
    row = insert(meta).values(key=key, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": value}))


def created_at(connection: Connection, now: datetime) -> datetime:
    """When the file was made: ``now`` the first time that this is asked, the same ever after."""
    known = get(connection, _CREATED_AT)
    if known is not None:
        return datetime.fromisoformat(known)
    put(connection, _CREATED_AT, now.astimezone(UTC).isoformat())
    return now


class Keys(KeyStore):
    """The KeyStore that app.py lends to one adapter; names are kept apart by ``owner``."""

    def __init__(self, db: Database, owner: str) -> None:
        self._db = db
        self._owner = owner

    async def get(self, key: str) -> str | None:
        """The value under a name, or None."""
        return await self._db.read(get, f"{self._owner}:{key}")

    async def put(self, key: str, value: str) -> None:
        """Set the value under a name."""
        await self._db.write(put, f"{self._owner}:{key}", value)
