"""What stories are about: the topics of their entries together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.storage.keys import AMONG_KEYS, as_json
from bot.storage.tables import entry, story_topic
from bot.storage.telling import FoundEntry

_others = entry.alias("others")
_alone = select(func.count() == 1).select_from(_others).where(_others.c.story_id == entry.c.story_id)
_TOLD_BY = select(entry.c.identity, entry.c.story_id, _alone.scalar_subquery().label("alone")).where(
    entry.c.source_id == bindparam("source"), entry.c.identity.in_(AMONG_KEYS)
)
_FORGET = delete(story_topic).where(story_topic.c.story_id.in_(AMONG_KEYS))
_KEEP = upsert(story_topic).on_conflict_do_nothing()


def store(connection: Connection, source_id: int, entries: Sequence[FoundEntry]) -> None:
    """These entries, which are stored already, are new or edited. A story that one entry tells is about what that one
    says now; one that several tell, about all that they have said."""
    if not entries:
        return
    topics = {found.identity: found.topics for found in entries}
    rows = connection.execute(_TOLD_BY, {"source": source_id, "keys": as_json(topics)}).all()
    connection.execute(_FORGET, {"keys": as_json(row.story_id for row in rows if row.alone)})
    pairs = [{"story_id": row.story_id, "topic": topic} for row in rows for topic in topics[row.identity]]
    if pairs:
        connection.execute(_KEEP, pairs)


def of_stories(connection: Connection, ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """The topics of each story that has some, by name."""
    rows = connection.execute(
        select(story_topic).where(story_topic.c.story_id.in_(ids)).order_by(story_topic.c.story_id, story_topic.c.topic)
    )
    by_story: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        by_story[row.story_id].append(row.topic)
    return by_story
