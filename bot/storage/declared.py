"""Chats that begin with settings: declared in the config file, each table applied once until it changes, or rooms."""

from __future__ import annotations

from collections.abc import Sequence
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
    for followed in subscriptions.of_chat(connection, chat.id):
        single = followed.sources[0].id if followed.pack is None else None
        if followed.pack not in declaration.packs and single not in declaration.source_ids:
            subscriptions.unfollow(connection, chat.id, followed.id, None, now)
    begin(connection, chat.id, declaration.language, now, packs=declaration.packs, source_ids=declaration.source_ids)
    chats.mark_declared(connection, chat.id, declaration.hash)
    return True


def begin(
    connection: Connection,
    chat_id: int,
    language: str,
    now: datetime,
    *,
    packs: Sequence[str],
    source_ids: Sequence[int],
) -> None:
    """Give a chat its language and let it follow these, as the config file would."""
    chats.choose_language(connection, chat_id, language, None, now)
    for pack in packs:
        subscriptions.follow_pack(connection, chat_id, pack, None, now)
    for source_id in source_ids:
        subscriptions.follow_source(connection, chat_id, source_id, None, now)
