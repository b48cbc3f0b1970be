"""What an operator corrects by hand: merges and splits stories, links and unlinks them. Each is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, insert, select, update

from bot.errors import CommandError
from bot.model import Phrase
from bot.storage import pairs, search
from bot.storage.keys import among
from bot.storage.owed import owe_split_off
from bot.storage.pairs import APART, LINKED, Group
from bot.storage.tables import delivery, entry, story

BY_HAND = ("by the operator",)
"""The evidence of what an operator has said."""


@dataclass(frozen=True, slots=True)
class SplitOff:
    """The story that entries were split off into."""

    story_id: int
    revived: bool
    """It was there before it was merged."""


def merge(connection: Connection, into: int, other: int, now: datetime) -> None:
    """Make one story part of another: its entries move there, its posts stay and show that one's votes.

    Raises CommandError.
    """
    rows = _both(connection, into, other)
    if rows[into].language != rows[other].language:
        raise impossible("They are in different languages ({one}, {two}): link them instead.", **_languages(rows))
    stories = _group(connection, into, other)
    between = stories.between(into, other)
    _must_not_be_apart(stories, into, other)
    connection.execute(
        update(entry)
        .where(entry.c.story_id == other)
        .values(story_id=into, merged_from=func.coalesce(entry.c.merged_from, other))
    )
    connection.execute(update(story).where(story.c.id.in_(stories.family(other))).values(merged_into=into))
    pairs.unsay(connection, between)
    pairs.join(connection, set(stories.ledgers.values()))
    _hand_over(connection, into, other)
    _draw_anew(connection, {into} | stories.family(other))
    search.index(connection, {into, other})


def split(connection: Connection, story_id: int, entry_ids: Collection[int], now: datetime) -> SplitOff:
    """Make entries of a story one of their own, or again the one that they were before it was merged.

    Votes stay with the posts that they were given on. Raises CommandError.
    """
    _standing(connection, story_id)
    rows = connection.execute(select(entry).where(entry.c.story_id == story_id).order_by(entry.c.id)).all()
    chosen = [row for row in rows if row.id in set(entry_ids)]
    unknown = set(entry_ids) - {row.id for row in chosen}
    if unknown or not chosen:
        raise impossible("Story {story} has no entry {entry}.", story=story_id, entry=_list(unknown) or "to split off")
    if len(chosen) == len(rows):
        raise impossible("These are all entries of story {story}: nothing would be left of it.", story=story_id)
    home = _former_home(connection, story_id, rows, chosen)
    becomes = home if home is not None else _new_story(connection, story_id, chosen[0], now)
    moved = entry.c.id.in_([row.id for row in chosen])
    connection.execute(update(entry).where(moved).values(story_id=becomes, merged_from=None))
    if home is not None:
        connection.execute(update(story).where(story.c.id == home).values(merged_into=None))
        (account,) = pairs.ledgers_of(connection, [story_id])
        pairs.part(connection, account)
    pairs.say(connection, story_id, becomes, APART, BY_HAND, now)
    _retell(connection, story_id)
    _draw_anew(connection, {story_id, becomes})
    search.index(connection, {story_id, becomes})
    if home is None:
        owe_split_off(connection, becomes, now)
    return SplitOff(becomes, home is not None)


def link(connection: Connection, one: int, other: int, now: datetime) -> None:
    """Say that two stories tell of one event: they share one account of votes. Raises CommandError."""
    rows = _both(connection, one, other)
    if rows[one].language == rows[other].language:
        raise impossible("Both are in {language}: merge them instead.", language=rows[one].language)
    stories = _group(connection, one, other)
    between = stories.between(one, other)
    if any(pair.relation == LINKED for pair in between):
        raise impossible("They are linked already.")
    _must_not_be_apart(stories, one, other)
    pairs.unsay(connection, between)
    pairs.say(connection, one, other, LINKED, BY_HAND, now)
    pairs.join(connection, set(stories.ledgers.values()))


def unlink(connection: Connection, one: int, other: int, now: datetime) -> list[int]:
    """Say that two linked stories tell of different events, so that they are never linked again by themselves.

    Returns the stories through which they are connected all the same, if they are. Raises CommandError.
    """
    _both(connection, one, other)
    stories = _group(connection, one, other)
    linked = [pair for pair in stories.between(one, other) if pair.relation == LINKED]
    if not linked:
        through = _path(stories, one, other)
        if through:
            raise impossible("They are linked only through {stories}: unlink one of those.", stories=_list(through))
        raise impossible("They are not linked.")
    pairs.unsay(connection, linked)
    pairs.say(connection, one, other, APART, BY_HAND, now)
    for account in set(stories.ledgers.values()):
        pairs.part(connection, account)
    return _path(_group(connection, one, other), one, other)


def impossible(text: str, **args: str | int) -> CommandError:
    """An error for the operator: told in the terminal, so not in the catalogue."""
    return CommandError(Phrase(text, args))


# --- checks ----------------------------------------------------------------------------------------------------------


def _standing(connection: Connection, story_id: int) -> Row[Any]:
    """A story that is there and not part of another."""
    row = connection.execute(select(story).where(story.c.id == story_id)).first()
    if row is None:
        raise impossible("There is no story {story}.", story=story_id)
    if row.merged_into is not None:
        raise impossible("Story {story} is part of story {into}.", story=story_id, into=row.merged_into)
    return row


def _both(connection: Connection, one: int, other: int) -> dict[int, Row[Any]]:
    if one == other:
        raise impossible("That is one and the same story.")
    return {story_id: _standing(connection, story_id) for story_id in (one, other)}


def _group(connection: Connection, one: int, other: int) -> Group:
    return pairs.group(connection, pairs.ledgers_of(connection, (one, other)))


def _must_not_be_apart(stories: Group, one: int, other: int) -> None:
    """What the operator says of these two holds over what was said of them, but not over what was said of others."""
    between = stories.between(one, other)
    others = [pair for pair in stories.pairs if pair not in between]
    pair = replace(stories, pairs=others).across(APART)
    if pair is not None:
        raise impossible(
            "Stories {one} and {two}, which were split or unlinked by hand, would come to share their votes:"
            " link or merge those first.",
            one=pair.first,
            two=pair.second,
        )


def _path(stories: Group, one: int, other: int) -> list[int]:
    """The stories on a shortest way from one to the other, without these two; empty when there is none between."""
    neighbours = stories.neighbours()
    came_from: dict[int, int] = {one: one}
    reached = [one]
    while reached and other not in came_from:
        reached = [
            near
            for here in reached
            for near in sorted(neighbours.get(here, ()))
            if near not in came_from and came_from.setdefault(near, here) == here
        ]
    path = []
    here = came_from.get(other, one)
    while here != one:
        path.append(here)
        here = came_from[here]
    return path[::-1]


def _languages(rows: dict[int, Row[Any]]) -> dict[str, str]:
    one, two = (row.language for row in rows.values())
    return {"one": one, "two": two}


def _list(ids: Collection[int]) -> str:
    return ", ".join(str(one) for one in ids)


# --- entries and deliveries ------------------------------------------------------------------------------------------


def _hand_over(connection: Connection, into: int, other: int) -> None:
    """What is still owed of a merged story is owed of the one that it is part of now, once a chat.

    An attempt that was made may have arrived: what it was about stays as it is.
    """
    for owed, present in ((other, into), (into, other)):
        theirs = delivery.alias("theirs")
        has_it = select(theirs.c.id).where(theirs.c.story_id == present, theirs.c.chat_id == delivery.c.chat_id)
        connection.execute(delete(delivery).where(_owed(owed), exists(has_it)))
    connection.execute(update(delivery).where(_owed(other)).values(story_id=into))


def _owed(story_id: int) -> ColumnElement[bool]:
    return and_(delivery.c.story_id == story_id, delivery.c.state == "waiting", delivery.c.attempts == 0)


def _former_home(
    connection: Connection, story_id: int, rows: Sequence[Row[Any]], chosen: Sequence[Row[Any]]
) -> int | None:
    """The merged story whose entries these are, all of them and no others."""
    homes = {row.merged_from for row in chosen}
    if len(homes) != 1 or None in homes:
        return None
    (home,) = homes
    if [row for row in rows if row.merged_from == home] != list(chosen):
        return None
    merged = select(story.c.id).where(story.c.id == home, story.c.merged_into == story_id)
    return connection.execute(merged).scalar()


def _new_story(connection: Connection, story_id: int, leading: Row[Any], now: datetime) -> int:
    sample = select(story.c.sample).where(story.c.id == story_id).scalar_subquery()
    values = {
        **_looks(leading),
        "language": leading.language,
        "published_at": leading.published_at,
        "first_seen_at": leading.first_seen_at,
        "sorted_at": min(leading.published_at or leading.first_seen_at, now),
        "sample": sample,
    }
    made: int = connection.execute(insert(story).values(**values).returning(story.c.id)).scalar_one()
    connection.execute(update(story).where(story.c.id == made).values(ledger_id=made))
    return made


def _retell(connection: Connection, story_id: int) -> None:
    """A story that lost the entry by which it was told is told by its next one."""
    theirs = entry.c.story_id == story_id
    own = connection.execute(select(entry.c.id).where(theirs, entry.c.merged_from.is_(None)).limit(1)).first()
    if own is None:  # all that is left came from merged stories: it is its own now
        connection.execute(update(entry).where(theirs).values(merged_from=None))
    leading = connection.execute(
        select(entry).where(theirs, entry.c.merged_from.is_(None)).order_by(entry.c.id).limit(1)
    ).one()
    here = connection.execute(select(story).where(story.c.id == story_id)).one()
    if (leading.title, leading.url) != (here.title, here.url):
        values = {**_looks(leading), "published_at": leading.published_at}
        connection.execute(update(story).where(story.c.id == story_id).values(**values))


def _looks(leading: Row[Any]) -> dict[str, Any]:
    return {"title": leading.title, "url": leading.url, "lede": leading.lede, "picture": leading.picture}


def _draw_anew(connection: Connection, story_ids: Collection[int]) -> None:
    """Their posts say something else now; a running product finds them when it next compares."""
    values = {"revision": story.c.revision + 1}
    connection.execute(update(story).where(story.c.id.in_(among(story_ids))).values(**values))
