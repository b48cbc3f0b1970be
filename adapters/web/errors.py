"""What can go wrong with a room, as the core's delivery errors. No platform is behind it, so the table is short."""

from __future__ import annotations

from collections.abc import Collection

from bot.errors import ChatGone
from bot.model import ChatRef, Phrase


def known_room(chat: ChatRef, languages: Collection[str]) -> str:
    """The id of the chat's room. Raises ChatGone when there is no such room: only the languages have one."""
    if chat.id not in languages or chat.topic:
        raise ChatGone(Phrase("There is no room {room} on this site.", {"room": chat.id}))
    return chat.id
