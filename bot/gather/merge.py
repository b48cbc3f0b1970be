"""What new entries tell: stories that are there, or new ones; and which stories of other languages those belong to
(pure, for a worker)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from bot.gather.retold import is_again, is_retitled
from bot.gather.same import APART, evidence, kinship, sameness
from bot.storage.telling import Known, Link, Newcomer, StoryRef, Telling, Verdict

JUDGED = 8
"""So many stories, the nearest, are judged for each entry; and as many of other languages."""

_AGAINST = 0.2
"""So much of its score counts the entry of a story that is least like the new one, where it speaks against it."""

_CLEAR = 10.0
"""It speaks against it with no more than that."""

BESIDE = 3
"""New entries of one poll at one address, or with one title, are compared with so many before them: some feeds give all
their items the same."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Says what belongs together: above zero it does, and the more, the surer."""

    sameness: Callable[[Telling, Telling], float]
    """Whether two tellings in one language, by different sources, tell the same thing."""
    kinship: Callable[[Telling, Telling], float]
    """Whether two tellings in different languages are of one event."""
    evidence: Callable[[Telling, Telling], Sequence[str]]
    """What shows that they are, in words for the operator."""


JUDGE = Judge(sameness, kinship, evidence)


def decide(lot: Sequence[Newcomer], now: datetime, judge: Judge = JUDGE) -> list[Verdict]:
    """What each new entry of one source tells. It doesn't matter in which order its matches come: the best one counts.

    Likeness decides only between sources: what a source tells again in other words is news of its own.
    """
    again = _again(lot, now)
    joined = again | _joined(lot, again, judge)
    alone = [place for place in range(len(lot)) if place not in joined]
    links = _links(lot, alone, judge)
    return [Verdict(joined.get(place), links.get(place, ())) for place in range(len(lot))]


def decide_plainly(lot: Sequence[Newcomer], now: datetime) -> list[Verdict]:
    """Without judging likeness, for when that has taken too long: what a source has told in these very words."""
    plain = [
        replace(
            new,
            found=replace(new.found, address_key=None),
            again=[known for known in new.again if known.title_key == new.found.title_key],
            near=(),
        )
        for new in lot
    ]
    return [Verdict(story) for story in map(_again(plain, now).get, range(len(lot)))]


# --- the same entry under another guid -------------------------------------------------------------------------------


def _again(lot: Sequence[Newcomer], now: datetime) -> dict[int, StoryRef]:
    """The stories of entries that are ones that we have, or that stand in the lot before them."""
    found: dict[int, StoryRef] = {}
    beside: defaultdict[str, list[Known]] = defaultdict(list)
    for place, new in enumerate(lot):
        keys = _keys(new)
        before = [known for key in keys for known in reversed(beside[key][-BESIDE:])]
        itself = (known for known in (*before, *new.again) if is_again(new, known, now))
        retitled = (known for known in (*before, *new.again, *new.near) if is_retitled(new, known, now))
        story = next((known.story_id for known in chain(itself, retitled)), None)
        if story is not None:
            found[place] = story
        here = _as_known(new, -place - 1 if story is None else story, now)
        for key in keys:
            beside[key].append(here)
    return found


def _keys(new: Newcomer) -> list[str]:
    address = new.found.address_key
    return [f"t:{new.found.title_key}", *([f"a:{address}"] if address else [])]


def _as_known(new: Newcomer, story: StoryRef, now: datetime) -> Known:
    found = new.found
    return Known(
        story_id=story,
        own=True,
        told_here=True,
        telling=new.telling,
        title_key=found.title_key,
        address_key=found.address_key,
        published_at=found.published_at,
        seen_at=now,
        listed=True,
    )


# --- the same told by others -----------------------------------------------------------------------------------------


def _joined(lot: Sequence[Newcomer], again: dict[int, StoryRef], judge: Judge) -> dict[int, StoryRef]:
    """The stories of other sources that entries tell: the surest pairs first, and no story is told twice."""
    pairs = [
        (-score, _age(story), story, place)
        for place, new in enumerate(lot)
        if place not in again
        for story, (score, _) in _best(new, _others_told(new), judge.sameness).items()
    ]
    found: dict[int, StoryRef] = {}
    taken = set(again.values())
    for _, _, story, place in sorted(pairs):
        if place not in found and story not in taken:
            found[place] = story
            taken.add(story)
    return found


def _others_told(new: Newcomer) -> Iterator[Known]:
    for known in new.near:
        if not known.told_here and known.telling.language == new.found.language:
            yield known


def _best(
    new: Newcomer, near: Iterable[Known], judge: Callable[[Telling, Telling], float]
) -> dict[StoryRef, tuple[float, Telling]]:
    """Of the nearest stories those that the judge is for, each with its best entry and that one's score.

    What speaks against it counts a little: one entry that is like the new one doesn't carry along those that aren't, or
    a story would drift from what it began with.
    """
    judged: dict[StoryRef, list[tuple[float, Telling]]] = {}
    for known in near:
        if known.story_id in judged or len(judged) < JUDGED:
            judged.setdefault(known.story_id, []).append((judge(new.telling, known.telling), known.telling))
    best: dict[StoryRef, tuple[float, Telling]] = {}
    for story, entries in judged.items():
        if any(score == APART for score, _ in entries) and all(score < math.inf for score, _ in entries):
            continue
        score, telling = max(entries, key=lambda one: one[0])
        score += _AGAINST * max(-_CLEAR, min(0.0, *(other for other, _ in entries)))
        if score > 0:
            best[story] = score, telling
    return best


# --- the same event in other languages -------------------------------------------------------------------------------


def _links(lot: Sequence[Newcomer], alone: Sequence[int], judge: Judge) -> dict[int, Sequence[Link]]:
    links: dict[int, Sequence[Link]] = {}
    mixed = len({lot[place].found.language for place in alone}) > 1
    sharing: defaultdict[str, list[Known]] = defaultdict(list)
    for place in alone:
        new = lot[place]
        near = [*_beside(new, sharing), *new.near] if mixed else new.near
        links[place] = _of_one_event(new, near, judge)
        if mixed:  # nearly never: a source is in one language
            here = _as_known(new, -place - 1, new.at)
            for clue in new.found.clues:
                sharing[clue].append(here)
    return links


def _beside(new: Newcomer, sharing: dict[str, list[Known]]) -> Iterable[Known]:
    found = {known.story_id: known for clue in new.found.clues for known in sharing.get(clue, ())[-BESIDE:]}
    return found.values()


def _of_one_event(new: Newcomer, near: Sequence[Known], judge: Judge) -> list[Link]:
    foreign = [known for known in near if _foreign(new.found.language, known.telling.language)]
    best = sorted(_best(new, foreign, judge.kinship).items(), key=lambda one: (-one[1][0], _age(one[0])))
    return [Link(story, known.language, judge.evidence(new.telling, known)) for story, (_, known) in best]


def _age(story: StoryRef) -> tuple[bool, int]:
    """Of equals, the older story comes first."""
    return story < 0, abs(story)


def _foreign(one: str, other: str) -> bool:
    # Where a language isn't known, it may be the same one.
    return one != other and "und" not in (one, other)
