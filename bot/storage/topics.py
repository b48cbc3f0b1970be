"""What stories are about: the topics of their entries together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.storage import owed
from bot.storage.keys import AMONG_KEYS, as_json
from bot.storage.tables import article, entry, story_topic
from bot.storage.telling import FoundEntry

_others = entry.alias("others")
_alone = select(func.count() == 1).select_from(_others).where(_others.c.story_id == entry.c.story_id)
# What its article says stays true when its feed words it anew.
_read = exists().where(article.c.entry_id == entry.c.id, article.c.state == "read")
_TOLD_BY = select(entry.c.identity, entry.c.story_id, and_(_alone.scalar_subquery(), ~_read).label("alone")).where(
    entry.c.source_id == bindparam("source"), entry.c.identity.in_(AMONG_KEYS)
)
_FORGET = delete(story_topic).where(story_topic.c.story_id.in_(AMONG_KEYS))
_KEEP = upsert(story_topic).on_conflict_do_nothing()


def store(connection: Connection, source_id: int, entries: Sequence[FoundEntry], now: datetime) -> None:
    """These entries, which are stored already, are new or edited. A story that one entry tells is about what that one
    says now; one that several tell, or whose article was read, about all that they have said."""
    if not entries:
        return
    topics = {found.identity: found.topics for found in entries}
    rows = connection.execute(_TOLD_BY, {"source": source_id, "keys": as_json(topics)}).all()
    connection.execute(_FORGET, {"keys": as_json(row.story_id for row in rows if row.alone)})
    _keep(connection, [(row.story_id, topic) for row in rows for topic in topics[row.identity]], now)


def add(connection: Connection, story_id: int, topics: Sequence[str], now: datetime) -> None:
    """A story turns out to be about these, too."""
    _keep(connection, [(story_id, topic) for topic in topics], now)


def _keep(connection: Connection, pairs: Sequence[tuple[int, str]], now: datetime) -> None:
    if not pairs:
        return
    connection.execute(_KEEP, [{"story_id": story_id, "topic": topic} for story_id, topic in pairs])
    owed.owe_late(connection, {story_id for story_id, _ in pairs}, now)


def of_stories(connection: Connection, ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """The topics of each story that has some, by name."""
    rows = connection.execute(
        select(story_topic).where(story_topic.c.story_id.in_(ids)).order_by(story_topic.c.story_id, story_topic.c.topic)
    )
    by_story: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        by_story[row.story_id].append(row.topic)
    return by_story
