"""Lists of feeds: what chats follow, to be written down, and lists that a chat is to follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from bot.model import Actor, ChatRef
from bot.storage import chats, sources, subscriptions
from bot.storage.subscriptions import LIMIT, Outcome
from bot.storage.tables import source, subscription, subscription_cursor

OPERATOR = Actor("operator", "command line")
"""Who changed it, for the log of settings."""


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed that is followed."""

    url: str
    title: str
    language: str | None
    pack: str | None
    """The pack for which it is read; None: somebody named it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a list."""

    followed: tuple[str, ...]
    already: tuple[str, ...]
    no_room: tuple[str, ...]
    limit: int = LIMIT


def followed(connection: Connection, ref: ChatRef | None) -> list[ListedFeed]:
    """The feeds that a chat reads, or all chats; each once, what somebody named before what packs read."""
    rows = connection.execute(
        select(source.c.url, source.c.title, source.c.language, subscription.c.pack)
        .select_from(subscription)
        .join(subscription_cursor, subscription_cursor.c.subscription_id == subscription.c.id)
        .join(source, source.c.id == subscription_cursor.c.source_id)
        .where(*_of_chat(connection, ref))
        .order_by(subscription.c.pack.is_not(None), subscription.c.id, source.c.id)
    )
    feeds: dict[str, ListedFeed] = {}
    for row in rows:
        if row.url.startswith(("http://", "https://")):  # the bundled samples have no address of their own
            feeds.setdefault(row.url, ListedFeed(row.url, row.title, row.language, row.pack))
    return list(feeds.values())


def follow_all(
    connection: Connection, ref: ChatRef, feeds: Sequence[tuple[str, str]], interval_seconds: int, now: datetime
) -> Taken | None:
    """Let a chat follow these feeds (address and title), as far as it has room; None when there is no such chat."""
    chat = chats.by_ref(connection, ref)
    if chat is None:
        return None
    became: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
    for url, title in feeds:
        if not subscriptions.has_room(connection, chat.id):
            became[Outcome.FULL].append(url)
            continue
        source_id = sources.ensure_source(connection, url, exempt=False, interval_seconds=interval_seconds, title=title)
        became[subscriptions.follow_source(connection, chat.id, source_id, OPERATOR, now)].append(url)
    return Taken(tuple(became[Outcome.FOLLOWED]), tuple(became[Outcome.ALREADY]), tuple(became[Outcome.FULL]))


def _of_chat(connection: Connection, ref: ChatRef | None) -> list[ColumnElement[bool]]:
    if ref is None:
        return []
    chat = chats.by_ref(connection, ref)
    return [subscription.c.chat_id == (-1 if chat is None else chat.id)]
