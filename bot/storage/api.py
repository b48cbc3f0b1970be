"""What the JSON API and the metrics read. Only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, case, func, literal, select, tuple_

from bot.model import OutsideTally, Sentiment, Tally
from bot.storage import outside, topics
from bot.storage.tables import UtcDateTime, chat, delivery, entry, source, story, story_topic, tally

EVERYWHERE = 0
"""The chat id under which table tally keeps the votes of all chats together."""


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One entry of a story, with the feed that published it."""

    source_title: str
    source_url: str
    title: str
    url: str | None
    published_at: datetime | None
    language: str


@dataclass(frozen=True, slots=True)
class ListedChat:
    """A chat that a story was posted in, and what its members say."""

    platform: str
    id: str
    topic: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class ListedStory:
    """A story as the API tells it."""

    id: int
    title: str
    url: str | None
    language: str
    published_at: datetime | None
    sorted_at: datetime
    sample: bool
    tally: Tally
    topics: tuple[str, ...]
    outside: tuple[OutsideTally, ...]
    entries: tuple[ListedEntry, ...]
    chats: tuple[ListedChat, ...]


def newest_stories(
    connection: Connection, *, limit: int, before: tuple[datetime, int] | None, with_chats: bool, topic: str = ""
) -> Sequence[ListedStory]:
    """The newest stories, or those that come after the place ``before`` (a story's sorted_at and id), newest first.

    ``topic``: those about it alone.
    """
    rows = connection.execute(_stories(limit, before, topic)).all()
    ids = [row.id for row in rows]
    entries = _entries(connection, ids)
    about, outsiders = topics.of_stories(connection, ids), outside.of_stories(connection, ids)
    chats = _chats(connection, ids) if with_chats else {}
    return tuple(
        ListedStory(
            id=row.id,
            title=row.title,
            url=row.url,
            language=row.language,
            published_at=row.published_at,
            sorted_at=row.sorted_at,
            sample=row.sample,
            tally=Tally(row.bullish, row.bearish),
            topics=tuple(about.get(row.id, ())),
            outside=outsiders.get(row.id, ()),
            entries=tuple(entries.get(row.id, ())),
            chats=tuple(chats.get(row.id, ())),
        )
        for row in rows
    )


def _stories(limit: int, before: tuple[datetime, int] | None, topic: str) -> Select[tuple[object, ...]]:
    everywhere = (tally.c.ledger_id == story.c.ledger_id) & (tally.c.chat_id == EVERYWHERE)
    newest = (
        select(
            story.c.id,
            story.c.title,
            story.c.url,
            story.c.language,
            story.c.published_at,
            story.c.sorted_at,
            story.c.sample,
            func.coalesce(tally.c.bullish, 0).label("bullish"),
            func.coalesce(tally.c.bearish, 0).label("bearish"),
        )
        .outerjoin_from(story, tally, everywhere)
        .where(story.c.merged_into.is_(None))
        .order_by(story.c.sorted_at.desc(), story.c.id.desc())
        .limit(limit)
    )
    if topic:
        # Coins and companies are told in capitals, themes in small letters.
        about = select(story_topic.c.story_id).where(story_topic.c.topic.in_({topic, topic.upper(), topic.lower()}))
        newest = newest.where(story.c.id.in_(about))
    if before is not None:
        sorted_at, story_id = before
        place = tuple_(literal(sorted_at, UtcDateTime), literal(story_id))
        newest = newest.where(tuple_(story.c.sorted_at, story.c.id) < place)
    return newest


def _entries(connection: Connection, ids: Sequence[int]) -> Mapping[int, Sequence[ListedEntry]]:
    rows = connection.execute(
        select(
            entry.c.story_id,
            source.c.title.label("source_title"),
            source.c.url.label("source_url"),
            entry.c.title,
            entry.c.url,
            entry.c.published_at,
            entry.c.language,
        )
        .join_from(entry, source)
        .where(entry.c.story_id.in_(ids))
        .order_by(entry.c.id)
    )
    by_story: dict[int, list[ListedEntry]] = defaultdict(list)
    for row in rows:
        by_story[row.story_id].append(
            ListedEntry(row.source_title, row.source_url, row.title, row.url, row.published_at, row.language)
        )
    return by_story


def _chats(connection: Connection, ids: Sequence[int]) -> Mapping[int, Sequence[ListedChat]]:
    of_chat = (tally.c.ledger_id == story.c.ledger_id) & (tally.c.chat_id == delivery.c.chat_id)
    # Posts of what was merged into a story are its posts.
    part = story.alias("part")
    is_part = (part.c.ledger_id == story.c.ledger_id) & (func.coalesce(part.c.merged_into, part.c.id) == story.c.id)
    rows = connection.execute(
        select(
            story.c.id.label("story_id"),
            chat.c.platform,
            chat.c.native_id,
            chat.c.topic,
            func.coalesce(tally.c.bullish, 0).label("bullish"),
            func.coalesce(tally.c.bearish, 0).label("bearish"),
        )
        .select_from(story)
        .join(part, is_part)
        .join(delivery, delivery.c.story_id == part.c.id)
        .join(chat, chat.c.id == delivery.c.chat_id)
        .outerjoin(tally, of_chat)
        .where(story.c.id.in_(ids), delivery.c.state.in_(("posted", "closed")))
        .distinct()
        .order_by(chat.c.platform, chat.c.native_id, chat.c.topic)
    )
    by_story: dict[int, list[ListedChat]] = defaultdict(list)
    for row in rows:
        chat_tally = Tally(row.bullish, row.bearish)
        by_story[row.story_id].append(ListedChat(row.platform, row.native_id, row.topic, chat_tally))
    return by_story


@dataclass(frozen=True, slots=True)
class Census:
    """How much there is of what, for the metrics."""

    sources: Mapping[tuple[str, str], int]
    """By kind (feed, api, sample) and health: ok, failing, idle (nobody follows it), ended."""
    told: int
    """Sources of which admins were told that they need them."""
    earliest_due: datetime | None
    """When the source that has waited longest, or waits next, is due."""
    deliveries: Mapping[str, int]
    """By state."""
    stories: int
    votes: Mapping[Sentiment, int]


def census(connection: Connection) -> Census:
    """Count sources by health, deliveries by state, stories, and the votes that stand."""
    health = case(
        (source.c.ended, "ended"),
        (source.c.next_poll_at.is_(None), "idle"),
        (source.c.failures > 0, "failing"),
        (source.c.last_ok_at.is_(None), "new"),
        else_="ok",
    )
    kind = case((source.c.url.like("sample:%"), "sample"), (source.c.url.like("http%"), "feed"), else_="api")
    sources = connection.execute(select(kind, health, func.count()).select_from(source).group_by(kind, health))
    due = connection.execute(select(func.count(source.c.told_at), func.min(source.c.next_poll_at))).one()
    deliveries = connection.execute(select(delivery.c.state, func.count()).group_by(delivery.c.state))
    standing = select(func.coalesce(func.sum(tally.c.bullish), 0), func.coalesce(func.sum(tally.c.bearish), 0))
    bullish, bearish = connection.execute(standing.where(tally.c.chat_id == EVERYWHERE)).one()
    return Census(
        sources={(row[0], row[1]): row[2] for row in sources},
        told=due[0],
        earliest_due=due[1],
        deliveries={row[0]: row[1] for row in deliveries},
        stories=connection.execute(
            select(func.count()).select_from(story).where(story.c.merged_into.is_(None))
        ).scalar_one(),
        votes={Sentiment.BULLISH: bullish, Sentiment.BEARISH: bearish},
    )
