"""How far subscriptions have read their sources, and what is no news to them although they haven't read it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, case, exists, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.storage.tables import entry, source, story_topic, subscription, subscription_cursor

STAND_IN = timedelta(hours=1)
"""Whoever is away for less has missed little: all of it is news when it comes back."""

AT_A_RETURN = 3
"""How many stories a source brings that comes back to its place in a pack after longer."""

_cursor = subscription_cursor.c


def on_topic(story_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a story is about what is wanted of its source, beside a cursor in the same statement."""
    wanted = func.json_each(_cursor.topics).table_valued("value", name="wanted")
    told = select(literal(1)).where(story_topic.c.story_id == story_id, story_topic.c.topic == wanted.c.value)
    return or_(_cursor.topics.is_(None), told.correlate_except(story_topic, wanted).exists())


def begin(connection: Connection, subscription_id: int, source_id: int, topics: list[str] | None) -> None:
    """Read a source from now on: what it has published so far is news only at first contact, which doesn't look at
    cursors."""
    newest = _newest_of(source_id)
    # The subscription may have been removed since it was read.
    row = select(
        subscription.c.id, literal(source_id), newest, newest, literal(topics, subscription_cursor.c.topics.type)
    ).where(subscription.c.id == subscription_id)
    connection.execute(
        upsert(subscription_cursor)
        .from_select(["subscription_id", "source_id", "entry_id", "since_entry_id", "topics"], row)
        .on_conflict_do_nothing()
    )


def read_to_the_end(connection: Connection, subscription_id: int, *, done: bool) -> None:
    """All that there is has been looked at for the subscription. ``done``: nothing of it becomes news any more by what
    is found out later."""
    all_of_it = select(func.max(entry.c.id)).where(entry.c.source_id == _cursor.source_id)
    # Of a source for which others stand in, a look may be half stored: it is told when it is whole.
    stands_aside = exists().where(source.c.id == _cursor.source_id, source.c.gave_way_at.is_not(None))
    whole = all_of_it.join(source, source.c.id == entry.c.source_id).where(entry.c.first_seen_at <= source.c.last_ok_at)
    newest = func.coalesce(case((stands_aside, whole.scalar_subquery()), else_=all_of_it.scalar_subquery()), 0)
    values = {"entry_id": func.max(_cursor.entry_id, newest)}
    if done:
        values["since_entry_id"] = func.max(_cursor.since_entry_id, newest)
    connection.execute(update(subscription_cursor).where(_cursor.subscription_id == subscription_id).values(**values))


def skip_backlog(connection: Connection, source_id: int) -> None:
    """At a source's first answer, chats that have had their first contact with its pack take its stories as read.

    They came to it because another one failed, or it had failed itself.
    """
    _pass_over(connection, source_id, _newest_of(source_id))


def return_with_few(connection: Connection, source_id: int) -> None:
    """A source for which others stand in has answered: chats of its packs get the newest stories of it, and what else
    they have missed of it is no news. To be called when its stories are stored, with their topics."""
    missed = (
        select(entry.c.id)
        .where(entry.c.source_id == source_id, on_topic(entry.c.story_id))
        .order_by(entry.c.id.desc())
        .limit(1)
        .offset(AT_A_RETURN)
        .correlate(subscription_cursor)
        .scalar_subquery()
    )
    _pass_over(connection, source_id, func.coalesce(missed, 0), subscription.c.pack.is_not(None))


def _pass_over(connection: Connection, source_id: int, up_to: ColumnElement[int], *whose: ColumnElement[bool]) -> None:
    contacted = select(subscription.c.id).where(subscription.c.contacted_at.is_not(None), *whose)
    connection.execute(
        update(subscription_cursor)
        .where(_cursor.source_id == source_id, _cursor.subscription_id.in_(contacted))
        .values(entry_id=func.max(_cursor.entry_id, up_to), since_entry_id=func.max(_cursor.since_entry_id, up_to))
    )


def _newest_of(source_id: int) -> ColumnElement[int]:
    return select(func.coalesce(func.max(entry.c.id), 0)).where(entry.c.source_id == source_id).scalar_subquery()
