"""Which stories share one account of votes, and how accounts are joined and parted.

Linked stories and merged ones form groups: what is connected by pairs "linked", or by one having been merged into the
other, shares the ledger named after its oldest story. A pair "apart" keeps groups apart for good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.storage import ledger
from bot.storage.keys import among
from bot.storage.tables import delivery, fact, story, story_pair
from bot.storage.telling import Link

LINKED = "linked"
APART = "apart"


class Pair(NamedTuple):
    """What is known of two stories; the smaller id comes first."""

    first: int
    second: int
    relation: str


@dataclass(frozen=True, slots=True)
class Group:
    """The stories of some ledgers, and what is known between them."""

    ledgers: Mapping[int, int]
    """The ledger of each story."""
    languages: Mapping[int, str]
    merged: Mapping[int, int]
    """Those that were merged into another one, and into which."""
    pairs: Sequence[Pair]

    def across(self, relation: str) -> Pair | None:
        """A pair of this relation between stories that don't share a ledger."""
        for pair in self.pairs:
            if pair.relation == relation and self.ledgers[pair.first] != self.ledgers[pair.second]:
                return pair
        return None

    def repeats_a_language(self) -> bool:
        """Whether, in these ledgers together, stories of different ledgers would tell one event in one language: what
        tells the same there is one story, so these tell of different things."""
        told_in = {
            (account, self.languages[story_id])
            for story_id, account in self.ledgers.items()
            if story_id not in self.merged
        }
        return len({language for _, language in told_in}) < len(told_in)

    def family(self, story_id: int) -> set[int]:
        """A story, and all that was merged into it."""
        return {story_id} | {other for other, into in self.merged.items() if into == story_id}

    def between(self, one: int, other: int) -> list[Pair]:
        """What is known between two stories with all that was merged into them."""
        ones, others = self.family(one), self.family(other)
        return [
            pair
            for pair in self.pairs
            if (pair.first in ones and pair.second in others) or (pair.first in others and pair.second in ones)
        ]

    def neighbours(self) -> Mapping[int, set[int]]:
        """The stories that each is connected to."""
        result: defaultdict[int, set[int]] = defaultdict(set)
        edges = [pair[:2] for pair in self.pairs if pair.relation == LINKED]
        for one, other in [*edges, *self.merged.items()]:
            result[one].add(other)
            result[other].add(one)
        return result

    def parts(self) -> Iterator[set[int]]:
        """The stories, by what is connected."""
        neighbours, left = self.neighbours(), set(self.ledgers)
        while left:
            part: set[int] = set()
            reached = {min(left)}
            while reached:
                part |= reached
                reached = {near for one in reached for near in neighbours.get(one, ())} - part
            left -= part
            yield part


def group(connection: Connection, ledgers: Iterable[int]) -> Group:
    """All stories of these ledgers, with all pairs among them."""
    rows = connection.execute(
        select(story.c.id, story.c.ledger_id, story.c.language, story.c.merged_into).where(
            story.c.ledger_id.in_(among(ledgers))
        )
    ).all()
    ids = among(row.id for row in rows)
    pairs = connection.execute(
        select(story_pair.c.first_id, story_pair.c.second_id, story_pair.c.relation).where(
            story_pair.c.first_id.in_(ids), story_pair.c.second_id.in_(ids)
        )
    )
    return Group(
        {row.id: row.ledger_id for row in rows},
        {row.id: row.language for row in rows},
        {row.id: row.merged_into for row in rows if row.merged_into is not None},
        [Pair(*row) for row in pairs],
    )


def ledgers_of(connection: Connection, story_ids: Iterable[int]) -> set[int]:
    """The ledgers of these stories."""
    rows = connection.execute(select(story.c.ledger_id).where(story.c.id.in_(among(story_ids))).distinct())
    return set(rows.scalars())


def say(connection: Connection, one: int, other: int, relation: str, evidence: Sequence[str], now: datetime) -> None:
    """Note how two stories stand to each other, in place of what was noted before."""
    first, second = sorted((one, other))
    row = upsert(story_pair).values(
        first_id=first, second_id=second, relation=relation, evidence=list(evidence), at=now
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=list(story_pair.primary_key),
            set_={name: row.excluded[name] for name in ("relation", "evidence", "at")},
        )
    )


def unsay(connection: Connection, pairs: Iterable[Pair]) -> None:
    """Forget these pairs."""
    for pair in pairs:
        connection.execute(
            delete(story_pair).where(story_pair.c.first_id == pair.first, story_pair.c.second_id == pair.second)
        )


def join(connection: Connection, ledgers: Collection[int]) -> int:
    """Make these ledgers one; returns it."""
    stays = min(ledgers)
    moved = 0
    for one in sorted(set(ledgers) - {stays}):
        connection.execute(update(story).where(story.c.ledger_id == one).values(ledger_id=stays))
        moved += connection.execute(update(fact).where(fact.c.ledger_id == one).values(ledger_id=stays)).rowcount
    if moved:  # a story that nobody has voted on adds nothing to the count
        ledger.derive_anew(connection, ledgers)
    return stays


def part(connection: Connection, account: int) -> set[int]:
    """Part a ledger into those of the stories that are still connected; each fact goes where its post's story goes.

    Returns all that came of it.
    """
    stories = group(connection, [account])
    result = set()
    for stories_of_one in stories.parts():
        becomes = min(stories_of_one)
        result.add(becomes)
        if becomes != account:
            theirs = among(stories_of_one)
            posts = select(delivery.c.id).where(delivery.c.story_id.in_(theirs))
            connection.execute(update(story).where(story.c.id.in_(theirs)).values(ledger_id=becomes))
            connection.execute(update(fact).where(fact.c.delivery_id.in_(posts)).values(ledger_id=becomes))
    if result != {account}:
        ledger.derive_anew(connection, result | {account})
    return result


def meet(connection: Connection, story_id: int, links: Sequence[tuple[int, Link]], now: datetime) -> set[int]:
    """Link a new story to those in other languages that were found to tell of the same event, the surest first.

    To one of each language: more would only chain what need not hang together. Returns the ledgers that it has come
    to.
    """
    result: set[int] = set()
    met: set[str] = set()
    for other, link in links:
        if other and link.language not in met and (account := _link(connection, story_id, other, link.evidence, now)):
            met.add(link.language)
            result.add(account)
    return result


def _link(connection: Connection, one: int, other: int, evidence: Sequence[str], now: datetime) -> int | None:
    """Link two stories unless something speaks against it; returns their ledger."""
    stories = group(connection, ledgers_of(connection, (one, other)))
    if other not in stories.ledgers:  # forgotten meanwhile
        return None
    if stories.repeats_a_language() or stories.across(APART) is not None or stories.between(one, other):
        return None
    say(connection, one, other, LINKED, evidence, now)
    return join(connection, set(stories.ledgers.values()))
