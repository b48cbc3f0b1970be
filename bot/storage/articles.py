"""The articles behind entries: which are to be read, what was read, and what a story gains by it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, insert, literal, select, update

from bot.model import Line
from bot.storage import candidates, pairs, search, topics
from bot.storage.keys import AMONG_KEYS, among, as_json
from bot.storage.tables import UtcDateTime, article, entry, source, story
from bot.storage.telling import RECENT

MOST_AT_ONCE = 20
"""So many articles, of the newest entries, are asked for after one look at a source."""

TELLS_SOMETHING = 60
"""A lede of fewer characters gives way to that of the article."""


class ArticleState(StrEnum):
    """Where an article stands."""

    WAITING = "waiting"
    READ = "read"
    REFUSED = "refused"
    """It may not be read, or isn't one."""
    FAILED = "failed"
    """Tried often enough."""


# Made once: a poll that brings news runs it.
_WANT = insert(article).from_select(
    ["entry_id", "state", "next_try_at"],
    select(entry.c.id, literal(ArticleState.WAITING.value), bindparam("now", type_=UtcDateTime))
    .join(story, story.c.id == entry.c.story_id)
    .where(
        entry.c.source_id == bindparam("source"),
        entry.c.identity.in_(AMONG_KEYS),
        entry.c.url.is_not(None),
        entry.c.backlog.is_(False),
        func.coalesce(entry.c.published_at, entry.c.first_seen_at) >= bindparam("since", type_=UtcDateTime),
        func.length(story.c.lede) <= func.length(entry.c.lede),
        story.c.sample.is_(False),
        # Nobody follows one that isn't polled.
        exists().where(source.c.id == bindparam("source"), source.c.next_poll_at.is_not(None)),
    )
    .order_by(entry.c.id.desc())
    .limit(MOST_AT_ONCE),
)


@dataclass(frozen=True, slots=True)
class WaitingArticle:
    """An article to be read."""

    entry_id: int
    source_id: int
    url: str
    title: str
    """Of its entry."""
    language: str
    """Of its entry, as far as is known."""
    attempts: int
    """So far."""


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """What was read."""

    url: str
    title: str
    lede: str
    lines: Sequence[Line]
    picture: str | None
    author: str
    published_at: datetime | None
    clues: Sequence[str]
    topics: Sequence[str] = ()


def want(connection: Connection, source_id: int, identities: Collection[str], now: datetime) -> None:
    """Have the articles of these new entries read: the recent ones of a source that chats follow, for stories that say
    no more than they do."""
    if not identities:
        return
    marks = {"source": source_id, "keys": as_json(identities), "now": now, "since": now - RECENT}
    connection.execute(_WANT, marks)


def due(connection: Connection, now: datetime, limit: int) -> list[WaitingArticle]:
    """The newest article that is due of each source, those first that have been tried least."""
    newest = (
        select(func.max(article.c.entry_id).label("entry_id"))
        .join(entry, entry.c.id == article.c.entry_id)
        .where(article.c.state == ArticleState.WAITING, article.c.next_try_at <= now)
        .group_by(entry.c.source_id)
        .subquery()
    )
    rows = connection.execute(
        select(entry.c.id, entry.c.source_id, entry.c.url, entry.c.title, entry.c.language, article.c.attempts)
        .join(newest, newest.c.entry_id == entry.c.id)
        .join(article, article.c.entry_id == entry.c.id)
        .order_by(article.c.attempts, entry.c.id.desc())
        .limit(limit)
    )
    return [WaitingArticle(*row) for row in rows]


def begin(connection: Connection, entry_id: int, again_at: datetime) -> None:
    """An attempt begins; should it not end, the next one is made then."""
    connection.execute(
        update(article)
        .where(article.c.entry_id == entry_id)
        .values(attempts=article.c.attempts + 1, next_try_at=again_at)
    )


def try_again(connection: Connection, entry_id: int, at: datetime, problem: str) -> None:
    """It can't be read now."""
    connection.execute(update(article).where(article.c.entry_id == entry_id).values(next_try_at=at, problem=problem))


def give_up(connection: Connection, entry_id: int, state: ArticleState, problem: str) -> None:
    """REFUSED or FAILED: it isn't tried again."""
    connection.execute(update(article).where(article.c.entry_id == entry_id).values(state=state.value, problem=problem))


def forget_old(connection: Connection, now: datetime) -> None:
    """Those that still wait though nobody gets their stories any more."""
    connection.execute(
        update(article)
        .where(article.c.state == ArticleState.WAITING, article.c.next_try_at < now - RECENT)
        .values(state=ArticleState.FAILED.value)
    )


def save(connection: Connection, entry_id: int, read: ReadArticle, now: datetime) -> set[int]:
    """Keep what was read: to be searched, to tell what the story is about, and shown where the feed gave nothing.
    Returns the ledgers of the stories that look different now."""
    told = connection.execute(
        select(entry.c.story_id, entry.c.merged_from)
        .join(article, article.c.entry_id == entry.c.id)
        .where(entry.c.id == entry_id)
    ).first()
    if told is None:  # forgotten meanwhile
        return set()
    connection.execute(
        update(article)
        .where(article.c.entry_id == entry_id)
        .values(
            state=ArticleState.READ.value,
            read_at=now,
            url=read.url,
            title=read.title,
            lede=read.lede,
            author=read.author or None,
            published_at=read.published_at,
            picture=read.picture,
            lines=[_line_to_json(line) for line in read.lines],
            problem=None,
        )
    )
    candidates.keep(connection, {entry_id: read.clues})
    topics.add(connection, told.story_id, read.topics, now)
    changed = complete(connection, {one for one in told if one is not None})
    search.index(connection, {told.story_id})
    return pairs.ledgers_of(connection, changed) if changed else set()


def complete(connection: Connection, story_ids: Collection[int]) -> set[int]:
    """Stories whose feeds give no lede or picture show those of the article, as far as it was read; returns them.

    To be called again when a feed has said anew how its story looks.
    """
    rows = connection.execute(
        select(story.c.id, story.c.title, story.c.lede, story.c.picture, article.c.lede, article.c.picture)
        .join(entry, entry.c.story_id == func.coalesce(story.c.merged_into, story.c.id))
        .join(article, article.c.entry_id == entry.c.id)
        .where(story.c.id.in_(among(story_ids)), article.c.state == ArticleState.READ)
        .order_by(story.c.id, entry.c.id)
    ).all()
    changed: set[int] = set()
    for row in rows:
        story_id, title, lede, picture, read_lede, read_picture = row
        missing = {}
        if read_lede and says_nothing(title, lede, read_lede):
            missing["lede"] = read_lede
        if read_picture and not picture:
            missing["picture"] = read_picture
        if missing and story_id not in changed:
            values: dict[str, Any] = missing | {"revision": story.c.revision + 1}
            connection.execute(update(story).where(story.c.id == story_id).values(**values))
            changed.add(story_id)
    return changed


def says_nothing(title: str, lede: str, read: str) -> bool:
    """Whether a feed's lede is worth less than the article's: it is missing, says the title again, is a word or two
    ("Comments"), or breaks off in the middle of what the article goes on to say (pure)."""
    if len(read) <= len(lede):
        return False
    short = len(lede.encode()) < TELLS_SOMETHING  # bytes: a sign of Chinese says more than a letter
    begun = lede.rstrip("…. ")
    return short or begun.casefold() in title.casefold() or (begun != lede and read.startswith(begun))


def _line_to_json(line: Line) -> dict[str, Any]:
    return {"kind": line.kind.value, "spans": [{"text": span.text} for span in line.spans]}
