"""Stores entries that weren't known, as was decided: they join stories that are there, or make new ones, which may get
linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    Text,
    bindparam,
    cast,
    distinct,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from bot.storage import articles, candidates, pairs
from bot.storage.hot import Hot, stored
from bot.storage.keys import AMONG_KEYS, as_json
from bot.storage.tables import PUBLISHER, entry, source, story
from bot.storage.telling import FoundEntry, Newcomer, StoryRef, Verdict, looks

TOLD_AGAIN_AT = (2, 3, 5, 10)
"""A story's posts are drawn anew when so many sources tell it. In between, and beyond, they come to say the number when
they are edited for something else: what a hundred sources tell must not cost a hundred edits of each post."""


class Decided(NamedTuple):
    """A new entry, its place in its lot, and what was decided of it."""

    place: int
    newcomer: Newcomer
    verdict: Verdict


@dataclass(slots=True)
class Stored:
    """What came of new entries."""

    new: set[int] = field(default_factory=set)
    """Stories that weren't there."""
    changed: set[int] = field(default_factory=set)
    """Stories that were there and look different now."""
    relinked: set[int] = field(default_factory=set)
    """Ledgers that stories were linked to."""


@dataclass(slots=True)
class _Joined:
    """A story that was there, and that new entries may tell too."""

    id: int
    lede: str
    picture: str | None
    tellings: int
    told_here: bool


class News:
    """Stores a lot of one source's entries, whole or in parts, each a transaction: what its later entries say of
    earlier ones holds over them."""

    def __init__(self, source_id: int, now: datetime, *, sample: bool) -> None:
        self._source_id = source_id
        self._now = now
        self._sample = sample
        self._told: dict[int, int] = {}
        """By the place of an entry, the story that it makes or joins."""

    def save(self, connection: Connection, decided: Sequence[Decided]) -> Stored:
        """Store a part, in the lot's order. A story that is gone by now isn't joined."""
        result = Stored()
        if not decided:
            return result
        told = dict(self._told)
        there = _there(connection, self._source_id, [_story(one.verdict.joins, told) for one in decided])
        made: dict[int, dict[str, Any]] = {}
        fresh = _newest(connection, _NEWEST_STORY) + 1
        for one in decided:
            wanted = _story(one.verdict.joins, told)
            story_id = there[wanted].id if wanted in there else wanted if wanted in made else fresh + len(made)
            told[one.place] = story_id
            if story_id >= fresh:
                _complete(made.setdefault(story_id, self._values(one.newcomer, story_id)), one.newcomer.found)
        result.new = set(made)
        _MAKE.many(connection, [tuple(values[name] for name in _STORY) for values in made.values()])
        joined = {one.id: one for one in there.values()}
        self._insert(connection, decided, told, joined)
        result.changed = _told_by_more(connection, decided, told, joined)
        wants = [one.newcomer.found.identity for one in decided if one.newcomer.found.wants_article]
        articles.want(connection, self._source_id, wants, self._now)
        for one in decided:
            if one.verdict.links and told[one.place] in made:
                links = [(_story(link.story, told), link) for link in one.verdict.links]
                result.relinked |= pairs.meet(connection, told[one.place], links, self._now)
        self._told = told
        return result

    def _values(self, new: Newcomer, story_id: int) -> dict[str, Any]:
        return looks(new.found) | {
            "id": story_id,
            "language": new.found.language,
            "published_at": stored(new.found.published_at),
            "first_seen_at": stored(self._now),
            "sorted_at": stored(new.at),
            "sample": self._sample,
            "ledger_id": story_id,
        }

    def _insert(
        self, connection: Connection, decided: Sequence[Decided], told: dict[int, int], joined: dict[int, _Joined]
    ) -> None:
        now = stored(self._now)
        tellings = {story_id: one.tellings for story_id, one in joined.items()}
        rows, clues = [], {}
        for entry_id, one in enumerate(decided, start=_newest(connection, _NEWEST_ENTRY) + 1):
            new, story_id = one.newcomer, told[one.place]
            found = new.found
            rows.append(
                (entry_id, self._source_id, found.identity, story_id, found.url, found.title, found.title_key,
                 found.address_key, found.lede, found.picture, found.language, stored(found.published_at), now, now,
                 found.content_hash, found.raw_hash, new.backlog)
            )  # fmt: skip
            tellings[story_id] = tellings.get(story_id, 0) + 1
            if new.meets and tellings[story_id] <= candidates.TELLINGS:
                clues[entry_id] = found.clues
        _TELL.many(connection, rows)
        candidates.keep(connection, clues)


def _story(ref: StoryRef | None, told: dict[int, int]) -> int:
    """0: one that isn't there."""
    if ref is None:
        return 0
    return ref if ref >= 0 else told.get(-ref - 1, 0)


def _newest(connection: Connection, statement: Hot) -> int:
    ((newest,),) = statement.all(connection)
    return int(newest)


def _there(connection: Connection, source_id: int, wanted: Sequence[int]) -> dict[int, _Joined]:
    """Those of these stories that are there, or what they were merged into since it was decided."""
    if not any(wanted):  # as a rule
        return {}
    rows = _JOINED.all(connection, source_id, as_json(sorted(set(wanted))))
    return {
        asked: _Joined(one, lede, picture, tellings, bool(here)) for asked, one, lede, picture, tellings, here in rows
    }


def _complete(values: dict[str, Any], found: FoundEntry) -> None:
    """A story that came without a lede or picture takes them from whoever tells it next."""
    values["lede"] = values["lede"] or found.lede
    values["picture"] = values["picture"] or found.picture


def _told_by_more(
    connection: Connection, decided: Sequence[Decided], told: dict[int, int], joined: dict[int, _Joined]
) -> set[int]:
    """Stories that were there get what they lacked, and say at a few steps by how many they are told; returns those
    that look different now."""
    changed = set()
    for place, new, _ in decided:
        one = joined.get(told[place])
        if one is None:
            continue
        values: dict[str, Any] = {"lede": one.lede, "picture": one.picture}
        _complete(values, new.found)
        if values != {"lede": one.lede, "picture": one.picture}:
            one.lede, one.picture = values["lede"], values["picture"]
            connection.execute(update(story).where(story.c.id == one.id).values(**values))
            changed.add(one.id)
    others = [one.id for one in joined.values() if not one.told_here]
    if others:
        changed |= {
            story_id for story_id, sources in _TOLD_BY.all(connection, as_json(others)) if sources in TOLD_AGAIN_AT
        }
    if changed:
        connection.execute(_DRAW_ANEW, {"keys": as_json(changed)})
    return changed


_NEWEST_STORY = Hot(select(func.coalesce(func.max(story.c.id), literal_column("0"))))
_NEWEST_ENTRY = Hot(select(func.coalesce(func.max(entry.c.id), literal_column("0"))))
_STORY = (
    "id", "language", "title", "url", "lede", "picture", "published_at", "first_seen_at", "sorted_at", "sample",
    "ledger_id",
)  # fmt: skip
_MAKE = Hot(insert(story), *_STORY)
_TELL = Hot(
    insert(entry),
    "id", "source_id", "identity", "story_id", "url", "title", "title_key", "address_key", "lede", "picture",
    "language", "published_at", "first_seen_at", "last_seen_at", "content_hash", "raw_hash", "backlog",
)  # fmt: skip
_K = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")
_asked = story.alias("asked")
_theirs = entry.c.story_id == story.c.id
_JOINED = Hot(
    select(
        _K.c.value,
        story.c.id,
        story.c.lede,
        story.c.picture,
        select(func.count()).select_from(entry).where(_theirs).scalar_subquery(),
        exists(select(entry.c.id).where(_theirs, entry.c.source_id == bindparam("source"))),
    )
    .select_from(_K)
    .join(_asked, _asked.c.id == cast(_K.c.value, Integer))
    .join(story, story.c.id == func.coalesce(_asked.c.merged_into, _asked.c.id)),
    "source", "keys",
)  # fmt: skip
_TOLD_BY = Hot(
    select(entry.c.story_id, func.count(distinct(PUBLISHER)))
    .join(source, source.c.id == entry.c.source_id)
    .where(entry.c.story_id.in_(select(_K.c.value)))
    .group_by(entry.c.story_id),
    "keys",
)
_DRAW_ANEW = update(story).where(story.c.id.in_(AMONG_KEYS)).values(revision=story.c.revision + 1)
