"""Chats that begin with settings: declared in the config file, each table applied once until it changes, or rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, update

from bot.model import ChatKind, ChatRef
from bot.storage import chats, naming, subscriptions
from bot.storage.tables import chat


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one ``[[chats]]`` table says; its feeds are sources already."""

    chat: ChatRef
    language: str
    packs: tuple[str, ...]
    source_ids: tuple[int, ...]
    hash: str
    """Of the table as it stands in the file."""
    translates: bool | None = None
    """Whether stories in other languages are translated for it; None: as commands say."""
    fallbacks: tuple[str, ...] | None = None
    """None: as commands say."""
    timezone: str | None = None
    """None: as commands say."""


def apply(connection: Connection, declaration: Declaration, now: datetime) -> bool:
    """Make the chat what its table says, unless this very table was applied before; returns whether it was applied."""
    ref = naming.known_as(connection, declaration.chat)
    known = chats.by_ref(connection, ref)
    if known is None:
        known = chats.ensure(connection, ref, ChatKind.GROUP, now)
    if known.declared_hash == declaration.hash:
        return False
    for followed in subscriptions.of_chat(connection, known.id):
        single = followed.sources[0].id if followed.pack is None else None
        if followed.pack not in declaration.packs and single not in declaration.source_ids:
            subscriptions.unfollow(connection, known.id, followed.id, None, now)
    begin(connection, known.id, declaration.language, now, packs=declaration.packs, source_ids=declaration.source_ids)
    if declaration.translates is not None:
        chats.choose_translation(connection, known.id, declaration.translates, None, now)
    if declaration.fallbacks is not None:
        chats.choose_fallbacks(connection, known.id, declaration.fallbacks, None, now)
    if declaration.timezone is not None:
        chats.choose_timezone(connection, known.id, declaration.timezone, None, now)
    chats.mark_declared(connection, known.id, declaration.hash)
    return True


def describe(connection: Connection, ref: ChatRef, kind: ChatKind, title: str) -> None:
    """What the platform says of a chat, and of its topics unless it names one; a declared one is but a name before.

    One that we don't know stays unknown: it is made when someone speaks to us there.
    """
    said: dict[str, Any] = {"kind": kind.value} | ({"title": title} if title else {})
    here = [chat.c.platform == ref.platform, chat.c.native_id == ref.id]
    if ref.topic:
        here.append(chat.c.topic == ref.topic)
    # Platforms tell it of every chat at every start: what we know already writes no row.
    news = or_(*(chat.c[name] != value for name, value in said.items()))
    connection.execute(update(chat).where(*here, news).values(**said))


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
