"""One story with everything that is known of it, for the operator. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from bot.model import Tally
from bot.storage import pairs
from bot.storage.keys import among
from bot.storage.pairs import APART, LINKED
from bot.storage.plan import EVERYWHERE
from bot.storage.tables import chat, delivery, entry, source, story, story_pair, tally


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry of the story."""

    id: int
    source: str
    title: str
    url: str | None
    published_at: datetime | None
    merged_from: int | None
    """The story that it told before that one was merged."""


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A story that shares the votes, and what that rests on."""

    story_id: int
    language: str
    title: str
    evidence: Sequence[str]
    """Empty: it is linked only through another one."""


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post of the story, or of one that was merged into it, with its chat's votes."""

    platform: str
    native_id: str
    topic: str
    story_id: int
    state: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class ShownStory:
    """A story as the operator sees it."""

    id: int
    language: str
    title: str
    url: str | None
    at: datetime
    ledger_id: int
    merged_into: int | None
    merged: Sequence[int]
    """Stories that are part of it."""
    entries: Sequence[ShownEntry]
    links: Sequence[ShownLink]
    apart: Sequence[int]
    """Stories that it must never be taken for."""
    everywhere: Tally
    posts: Sequence[ShownPost]


def look_at(connection: Connection, story_id: int) -> ShownStory | None:
    """Everything about a story; None when there is none of that id."""
    row = connection.execute(select(story).where(story.c.id == story_id)).first()
    if row is None:
        return None
    stories = pairs.group(connection, [row.ledger_id])
    family = stories.family(story_id)
    said = _said(connection, family)
    everywhere = connection.execute(
        select(tally.c.bullish, tally.c.bearish).where(
            tally.c.ledger_id == row.ledger_id, tally.c.chat_id == EVERYWHERE
        )
    ).first()
    return ShownStory(
        id=row.id,
        language=row.language,
        title=row.title,
        url=row.url,
        at=row.sorted_at,
        ledger_id=row.ledger_id,
        merged_into=row.merged_into,
        merged=sorted(family - {story_id}),
        entries=_entries(connection, story_id),
        links=_links(connection, stories.ledgers.keys() - family - {row.merged_into}, said),
        apart=sorted(other for other, pair in said.items() if pair.relation == APART),
        everywhere=Tally(*everywhere) if everywhere is not None else Tally(),
        posts=_posts(connection, family, row.ledger_id),
    )


def _said(connection: Connection, family: set[int]) -> dict[int, Row[Any]]:
    """What is noted of other stories beside these, by their ids."""
    first, second = story_pair.c.first_id, story_pair.c.second_id
    rows = connection.execute(
        select(story_pair).where(or_(first.in_(among(family)), second.in_(among(family)))).order_by(first, second)
    )
    return {row.second_id if row.first_id in family else row.first_id: row for row in rows}


def _entries(connection: Connection, story_id: int) -> list[ShownEntry]:
    name = func.coalesce(func.nullif(source.c.title, ""), source.c.url)
    rows = connection.execute(
        select(entry.c.id, name, entry.c.title, entry.c.url, entry.c.published_at, entry.c.merged_from)
        .join(source, source.c.id == entry.c.source_id)
        .where(entry.c.story_id == story_id)
        .order_by(entry.c.id)
    )
    return [ShownEntry(*row) for row in rows]


def _links(connection: Connection, others: Iterable[int], said: dict[int, Row[Any]]) -> list[ShownLink]:
    rows = connection.execute(
        select(story.c.id, story.c.language, story.c.title)
        .where(story.c.id.in_(among(others)), story.c.merged_into.is_(None))
        .order_by(story.c.id)
    )
    links = []
    for row in rows:
        pair = said.get(row.id)
        direct = pair if pair is not None and pair.relation == LINKED else None
        links.append(ShownLink(*row, () if direct is None else direct.evidence))
    return links


def _posts(connection: Connection, family: set[int], ledger_id: int) -> list[ShownPost]:
    of_chat = and_(tally.c.ledger_id == ledger_id, tally.c.chat_id == delivery.c.chat_id)
    rows = connection.execute(
        select(
            chat.c.platform,
            chat.c.native_id,
            chat.c.topic,
            delivery.c.story_id,
            delivery.c.state,
            func.coalesce(tally.c.bullish, 0).label("bullish"),
            func.coalesce(tally.c.bearish, 0).label("bearish"),
        )
        .join_from(delivery, chat, chat.c.id == delivery.c.chat_id)
        .outerjoin(tally, of_chat)
        .where(delivery.c.story_id.in_(among(family)))
        .order_by(delivery.c.id)
    )
    return [ShownPost(*row[:5], Tally(row.bullish, row.bearish)) for row in rows]
