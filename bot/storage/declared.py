"""Chats that the operator declares in the config file: each table is applied once, until it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.model import ChatKind, ChatRef
from bot.storage import chats, subscriptions


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one ``[[chats]]`` table says; its feeds are sources already."""

    chat: ChatRef
    language: str
    packs: tuple[str, ...]
    source_ids: tuple[int, ...]
    hash: str
    """Of the table as it stands in the file."""


def apply(connection: Connection, declaration: Declaration, now: datetime) -> bool:
    """Make the chat what its table says, unless this very table was applied before; returns whether it was applied."""
    chat = chats.by_ref(connection, declaration.chat)
    if chat is None:
        chat = chats.ensure(connection, declaration.chat, ChatKind.GROUP, now)
    if chat.declared_hash == declaration.hash:
        return False
    chats.choose_language(connection, chat.id, declaration.language, None, now)
    for followed in subscriptions.of_chat(connection, chat.id):
        single = followed.sources[0].id if followed.pack is None else None
        if followed.pack not in declaration.packs and single not in declaration.source_ids:
            subscriptions.unfollow(connection, chat.id, followed.id, None, now)
    for pack in declaration.packs:
        subscriptions.follow_pack(connection, chat.id, pack, None, now)
    for source_id in declaration.source_ids:
        subscriptions.follow_source(connection, chat.id, source_id, None, now)
    chats.mark_declared(connection, chat.id, declaration.hash)
    return True
