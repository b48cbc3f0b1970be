"""The index of all stories' words: files them, forgets them, finds them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    bindparam,
    case,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
)
from sqlalchemy.exc import OperationalError

from bot.model import Story, Tally
from bot.storage.api import EVERYWHERE
from bot.storage.hot import driver
from bot.storage.keys import AMONG_KEYS, as_json
from bot.storage.story_rows import story_columns, story_from
from bot.storage.tables import article, entry, story, tally
from bot.words import Term, indexed

BATCH = 500

MOST = 1_000
"""Nobody turns more pages than that."""

WORK = 10_000
"""So many thousand steps of SQLite's machine a search may take (about a second); after that only the newest stories
are looked through."""

NEWEST = 20_000

MAX_BODY = 20_000
"""Characters of other tellings and the article that are filed."""

_WEIGHTS = (8.0, 3.0, 1.0)
"""Of title, lede and body."""

_index = table("story_words", column("rowid", Integer), column("title"), column("lede"), column("body"))
# Of FTS5's own: the ids that are filed. Asking the index itself would read all of it.
_filed = table("story_words_docsize", column("id", Integer))

_TOLD = select(story.c.id, story.c.title, story.c.lede).where(story.c.id.in_(AMONG_KEYS), story.c.merged_into.is_(None))
_BODIES = (
    select(entry.c.story_id, entry.c.title, entry.c.lede, article.c.lines)
    .outerjoin(article, article.c.entry_id == entry.c.id)
    .where(entry.c.story_id.in_(AMONG_KEYS))
    .order_by(entry.c.id)
)
_FILE = insert(_index)
_TAKE_OUT = delete(_index).where(_index.c.rowid.in_(AMONG_KEYS))


@dataclass(frozen=True, slots=True)
class FoundStory:
    """A story that says what was looked for."""

    story: Story
    tally: Tally
    """Of all chats together."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found."""

    stories: tuple[FoundStory, ...]
    more: bool


def index(connection: Connection, story_ids: Collection[int]) -> None:
    """File these stories as they stand in the tables now; those that are gone or merged are taken out."""
    if not story_ids:
        return
    remove(connection, story_ids)
    rows = connection.execute(_TOLD, {"keys": as_json(story_ids)}).all()
    bodies = _bodies(connection, {row.id: (row.title, row.lede) for row in rows})
    filed = [
        {
            "rowid": row.id,
            "title": indexed(row.title),
            "lede": indexed(row.lede),
            "body": indexed(bodies.get(row.id, "")),
        }
        for row in rows
    ]
    if filed:
        connection.execute(_FILE, filed)


def remove(connection: Connection, story_ids: Collection[int]) -> None:
    """Take these stories out."""
    connection.execute(_TAKE_OUT, {"keys": as_json(story_ids)})


def remove_gone(connection: Connection) -> None:
    """Take out what isn't a story any more."""
    gone = connection.execute(select(_filed.c.id).where(_filed.c.id.not_in(select(story.c.id)))).scalars().all()
    remove(connection, gone)


def missing(connection: Connection, below: int | None = None) -> list[int]:
    """The newest stories that aren't filed, of those with an id below that one: at most a batch."""
    wanted = select(story.c.id).where(
        story.c.merged_into.is_(None), ~select(_filed.c.id).where(_filed.c.id == story.c.id).exists()
    )
    if below is not None:
        wanted = wanted.where(story.c.id < below)
    return list(connection.execute(wanted.order_by(story.c.id.desc()).limit(BATCH)).scalars())


def rebuild(connection: Connection) -> None:
    """File every story that isn't."""
    below: int | None = None
    while ids := missing(connection, below):
        index(connection, ids)
        below = ids[-1]


def find(connection: Connection, wanted: Sequence[Term], *, language: str | None, limit: int, offset: int = 0) -> Found:
    """The stories that say all of it: those in the language first, then the best ones, the newest first among equals.

    Takes a bounded time.
    """
    if not wanted or not 0 <= offset < MOST:
        return Found((), more=False)
    looked = _matching(wanted, language).limit(limit + 1).offset(offset)
    try:
        with _bounded(connection):
            ids = list(connection.execute(looked).scalars())
    except OperationalError as error:
        if "interrupted" not in str(error.orig):
            raise
        newest = select(func.coalesce(func.max(story.c.id), 0)).scalar_subquery()
        ids = list(connection.execute(looked.where(_index.c.rowid > newest - NEWEST)).scalars())
    return Found(_stories(connection, ids[:limit]), more=len(ids) > limit)


def _matching(wanted: Sequence[Term], language: str | None) -> Select[tuple[Any, ...]]:
    whole: ColumnElement[str] = literal_column("story_words")
    elsewhere = case((story.c.language == language, 0), else_=1)
    rank: ColumnElement[float] = func.round(func.bm25(whole, *_WEIGHTS), 1)
    return (
        select(story.c.id)
        .join_from(_index, story, story.c.id == _index.c.rowid)
        .where(whole.op("MATCH")(bindparam("query", _query(wanted), String)), story.c.merged_into.is_(None))
        .order_by(elsewhere, rank, story.c.sorted_at.desc(), story.c.id.desc())
    )


def _query(wanted: Sequence[Term]) -> str:
    """In FTS5's language. Words are letters and digits alone (`bot.words`), so nothing in them is syntax."""
    return " AND ".join(f"({' OR '.join(_phrases(term))})" for term in wanted)


def _phrases(term: Term) -> Iterator[str]:
    for phrase in term.phrases:
        yield f'"{" ".join(phrase)}"'
        if term.begins:
            yield f'"{" ".join(phrase)}"*'  # beside the whole word, which so counts for more


@contextmanager
def _bounded(connection: Connection) -> Iterator[None]:
    """Interrupts what takes too many steps: a measure that needs no clock."""
    raw = driver(connection)
    left = WORK

    def step() -> int:
        nonlocal left
        left -= 1
        return left < 0

    raw.set_progress_handler(step, 1000)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


def _stories(connection: Connection, ids: Sequence[int]) -> tuple[FoundStory, ...]:
    everywhere = (tally.c.ledger_id == story.c.ledger_id) & (tally.c.chat_id == EVERYWHERE)
    counts = (func.coalesce(count, 0).label(count.name) for count in (tally.c.bullish, tally.c.bearish))
    columns: tuple[ColumnElement[Any], ...] = (*story_columns(), *counts)
    rows = connection.execute(
        select(*columns).select_from(story).outerjoin(tally, everywhere).where(story.c.id.in_(ids))
    )
    by_id = {row.story_id: FoundStory(story_from(row), Tally(row.bullish, row.bearish)) for row in rows}
    return tuple(by_id[story_id] for story_id in ids)


def _bodies(connection: Connection, told: dict[int, tuple[str, str]]) -> dict[int, str]:
    """What else is said of each story: by its other sources, and in the article."""
    rows = connection.execute(_BODIES, {"keys": as_json(told)})
    bodies: dict[int, str] = {}
    for row in rows:
        others = [text for text in (row.title, row.lede) if text not in told[row.story_id]]
        said = "\n".join([bodies.get(row.story_id, ""), *others, *_article(row.lines)])
        bodies[row.story_id] = said[:MAX_BODY]
    return bodies


def _article(lines: object) -> Iterator[str]:
    """The words of an article, however its lines nest them: the texts under the name that spans have for theirs."""
    if isinstance(lines, dict):
        for name, value in lines.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _article(value)
    elif isinstance(lines, list):
        for value in lines:
            yield from _article(value)
