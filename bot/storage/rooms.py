"""The messages of web rooms, which have no platform to keep them; and what else a platform would know."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select, update

from bot.model import Actor, Card
from bot.ports import RoomMessage, RoomStore
from bot.storage import presses
from bot.storage.database import Database
from bot.storage.tables import room_message

KEPT = 500
"""Messages kept in each room. A chat scrolls; the stories themselves stay in their own table."""

_CARD: TypeAdapter[Card] = TypeAdapter(Card)
_COLUMNS = (room_message.c.id, room_message.c.room, room_message.c.card, room_message.c.posted_at)


def append_message(connection: Connection, room: str, card: Card, *, key: str, at: datetime) -> RoomMessage:
    """Store a message and drop the oldest beyond `KEPT`; one with the same room and key is returned as it is."""
    same = select(*_COLUMNS).where(room_message.c.room == room, room_message.c.key == key)
    present = connection.execute(same).one_or_none()
    if present is not None:
        return _message(present)
    row = insert(room_message).values(room=room, key=key, card=_dump(card), posted_at=at)
    message_id = connection.execute(row.returning(room_message.c.id)).scalar_one()
    _prune(connection, room)
    return RoomMessage(message_id, room, card, at)


def replace_message(connection: Connection, room: str, message_id: int, card: Card) -> RoomMessage | None:
    """Change a message; None when there is none."""
    changed = update(room_message).where(room_message.c.room == room, room_message.c.id == message_id)
    row = connection.execute(changed.values(card=_dump(card)).returning(*_COLUMNS)).one_or_none()
    return None if row is None else _message(row)


def find(connection: Connection, room: str, message_id: int) -> RoomMessage | None:
    """A message as it is now; None when there is none."""
    wanted = select(*_COLUMNS).where(room_message.c.room == room, room_message.c.id == message_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _message(row)


def page(connection: Connection, room: str, *, before: int | None = None, limit: int = 50) -> Sequence[RoomMessage]:
    """The newest messages (older than ``before``), oldest first."""
    newest = select(*_COLUMNS).where(room_message.c.room == room).order_by(room_message.c.id.desc()).limit(limit)
    if before is not None:
        newest = newest.where(room_message.c.id < before)
    return tuple(_message(row) for row in reversed(connection.execute(newest).all()))


class Rooms(RoomStore):
    """The RoomStore that app.py lends to adapters."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def append(self, room: str, card: Card, *, key: str, at: datetime) -> RoomMessage:
        """See `RoomStore`."""
        return await self._db.write(append_message, room, card, key=key, at=at)

    async def replace(self, room: str, message_id: int, card: Card) -> RoomMessage | None:
        """See `RoomStore`."""
        return await self._db.write(replace_message, room, message_id, card)

    async def find(self, room: str, message_id: int) -> RoomMessage | None:
        """See `RoomStore`."""
        return await self._db.read(find, room, message_id)

    async def page(self, room: str, *, before: int | None = None, limit: int = 50) -> Sequence[RoomMessage]:
        """See `RoomStore`."""
        return await self._db.read(page, room, before=before, limit=limit)

    async def pressed(self, actor: Actor, buttons: Collection[str]) -> Collection[str]:
        """See `RoomStore`."""
        return await self._db.read(presses.pressed, actor, buttons)


def _prune(connection: Connection, room: str) -> None:
    last_kept = (
        select(room_message.c.id)
        .where(room_message.c.room == room)
        .order_by(room_message.c.id.desc())
        .limit(1)
        .offset(KEPT - 1)
        .scalar_subquery()
    )
    connection.execute(delete(room_message).where(room_message.c.room == room, room_message.c.id < last_kept))


def _dump(card: Card) -> Any:
    return _CARD.dump_python(card, mode="json")


def _message(row: Any) -> RoomMessage:
    return RoomMessage(row.id, row.room, _CARD.validate_python(row.card), row.posted_at)
