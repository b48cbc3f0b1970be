"""Whether two tellings tell the same, and whether two in different languages tell of one event (pure).

Both are a sum of a few measures of likeness and difference. The weights were fitted on hand-labelled pairs, beside
pairs of anything within one language, and each is bound to the sign that it must have: what is alike never counts
against, what differs never in favour. The thresholds put precision first, as a wrong merge hides news and a missed one
only repeats it. docs/measurements.md says what that reaches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

from bot.gather.apart import apart
from bot.gather.clues import specific
from bot.gather.gist import Gist, gist
from bot.gather.identity import address_key, title_key
from bot.gather.likeness import Shared, compare
from bot.gather.retold import same_title
from bot.gather.templates import swapped
from bot.storage.telling import Telling

_key = lru_cache(maxsize=4096)(address_key)

WINDOW = timedelta(hours=72)
"""Tellings further apart are never of one happening: by then there is other news, or the next of a series."""

_A_DAY_LATER = 20
"""Hours."""

_NAMED, _FIGURED = 0.7, 0.5
_MOSTLY, _FEW = 0.5, 0.35
_BRIEF, _AT_LENGTH = 8, 18
"""Words of a text, without those that every text has."""

_SAME: Mapping[str, float] = {
    "figures": 2.37,
    "names": 0.47,
    "both": 1.89,
    "share": 2.26,
    "places": 0.63,
    "family": 0.96,
    "units": 0.36,
    "title figures": 1.38,
    "details": 1.97,
    "title names": 0.65,
    "strangers": 0.72,
    "elsewhere": 0.72,
    "opposite": 1.38,
    "aftermath": 0.84,
    "hours": 0.39,
    "swapped": 1.51,
    "reworded": 0.45,
    "other family": 0.71,
    "families": 0.22,
    "months": 0.76,
    "stage": 1.34,
    "opinion": 1.08,
    "reaction": 0.85,
    "decision": 0.74,
    # By hand, for the pairs have hardly any: two headlines over one and the same page; two of the many that share the
    # words of their trade and nothing that is theirs alone; and what comes of a thing, told with all that was known.
    "address": 3.0,
    "unspecific": 3.0,
    "follows": 5.0,
}
SAME_FROM = 1.3
APART = -1000.0
"""Of what tells of another thing, though it is told alike: it isn't told in a story that anything like it is in."""
_LINKED: Mapping[str, float] = {
    "translation": 4.18,
    "source": 1.15,
    "figures": 2.03,
    "names": 0.54,
    "both": 0.62,
    "topics": 0.39,
    "share": 1.15,
    "titles": 1.01,
    "places": 0.13,
    "units": 0.32,
    "title figures": 0.76,
    "details": 1.31,
    "title names": 0.44,
    "strangers": 0.62,
    "kinds": 0.48,
    "elsewhere": 2.21,
    "opposite": 1.68,
    "aftermath": 1.48,
    "hours": 0.15,
    "a day later": 1.53,
}
LINKED_FROM = 3.3


def sameness(one: Telling, other: Telling) -> float:
    """How surely a reader of both would be told the same news twice: above zero, it is so. They are of one language."""
    if one == other:
        return math.inf
    if one.language != other.language or _gap(one, other) > WINDOW:
        return -math.inf
    if _one_article(one, other):
        return math.inf
    measures = measures_of_same(one, other)
    score = _score(measures, _SAME) - SAME_FROM
    if score > 0 and _says_little(measures, one, other):
        return -score
    return APART if score > 0 and _speak_of_two(one, other) else score


def kinship(one: Telling, other: Telling) -> float:
    """How surely two tellings in different languages are of one event: above zero, they are."""
    if one.language == other.language or "und" in {one.language, other.language} or _gap(one, other) > WINDOW:
        return -math.inf
    return _score(measures_of_link(one, other), _LINKED) - LINKED_FROM


def _says_little(measures: Mapping[str, float], one: Telling, other: Telling) -> bool:
    """Of a few words, without a name, a place or a figure in common: "Two killed in crash" may be any two."""
    if measures["names"] > 0 or measures["places"] > 0 or measures["figures"] >= _FIGURED or measures["address"]:
        return False
    return min(len(_gist(one).text), len(_gist(other).text)) < _BRIEF


def _speak_of_two(one: Telling, other: Telling) -> bool:
    """Their headlines name different things, and don't stand over one page."""
    here = _key(one.url)
    if here is not None and here == _key(other.url) and specific(str(one.url)):
        return False
    return apart(one, other)


def _one_article(one: Telling, other: Telling) -> bool:
    here, there = _key(one.url), _key(other.url)
    if here is not None and here == there:
        return same_title(title_key(one.title), title_key(other.title))
    alike = one.title == other.title and one.lede == other.lede and bool(one.lede)
    return alike and _gap(one, other) < timedelta(hours=_A_DAY_LATER)


def measures_of_same(one: Telling, other: Telling) -> dict[str, float]:
    earlier, later, shared, measures = _measures(one, other)
    here, there = _key(earlier.url), _key(later.url)
    swaps = swapped((earlier.title, _gist(earlier)), (later.title, _gist(later)), earlier.language)
    return measures | {
        # One topic that is all that a brief telling has is no proof.
        "share": len(shared.topics) / (shared.fewer_topics + 1),
        "address": float(here is not None and here == there and specific(str(earlier.url))),
        "unspecific": -float(_is_unspecific(measures, earlier, later)),
        "follows": -float(shared.follows),
        "swapped": -swaps.specific,
        "reworded": -swaps.other,
        "family": float(shared.one_family),
        "other family": -float(shared.other_family),
        "families": -min(shared.families_alone, 3),
        "months": -float(shared.other_months),
        "stage": -min(shared.other_stage, 2),
        "opinion": -float(shared.one_opines),
        "reaction": -float(shared.one_reacts),
        "decision": -float(shared.one_decides),
    }


def measures_of_link(one: Telling, other: Telling) -> dict[str, float]:
    earlier, later, shared, measures = _measures(one, other)
    return measures | {
        "topics": min(len(shared.topics), 4),
        "translation": float(_translation(earlier, later)),
        "source": float(bool(_sources(earlier, later))),
    }


def _measures(one: Telling, other: Telling) -> tuple[Telling, Telling, Shared, dict[str, float]]:
    earlier, later = sorted((one, other), key=_order)
    shared = compare(_gist(earlier), _gist(later), (earlier.language, later.language))
    hours = _gap(one, other) / timedelta(hours=1)
    measures = {
        "figures": min(shared.figure_weight, 3.0),
        "names": min(shared.name_weight, 2.5),
        "both": min(shared.figure_weight, 1.0) * min(shared.name_weight, 1.0),
        "share": shared.topic_share,
        "titles": shared.title_topic_share,
        "places": min(len(shared.places), 2),
        "units": -min(shared.other_units, 2),
        "title figures": -min(shared.other_figures, 2),
        "details": -min(shared.other_details, 2),
        "title names": -min(shared.other_names, 2),
        "strangers": -float(shared.strangers),
        "kinds": -min(shared.other_kinds, 3),
        "elsewhere": -float(shared.elsewhere),
        "opposite": -min(shared.opposite, 2),
        "aftermath": -min(shared.aftermath, 2),
        "hours": -math.log1p(hours),
        "a day later": -float(hours > _A_DAY_LATER),
    }
    return earlier, later, shared, measures


def _score(measures: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weight * measures[name] for name, weight in weights.items())


def _gist(telling: Telling) -> Gist:
    return gist(telling.title, telling.lede, telling.language)


def _order(telling: Telling) -> tuple[str, str, str, str, str]:
    at = telling.published_at.isoformat() if telling.published_at is not None else ""
    return at, telling.language, telling.title, telling.lede, telling.url or ""


def _gap(one: Telling, other: Telling) -> timedelta:
    if one.published_at is None or other.published_at is None:
        return timedelta(0)
    return abs(one.published_at - other.published_at)


def _is_unspecific(measures: Mapping[str, float], one: Telling, other: Telling) -> bool:
    """Whether they share neither a name, a figure nor a place, nor most of their words; or no figure, and few words of
    many: two who write at length of one event have more in common than whom it is about."""
    if measures["figures"] >= _FIGURED:
        return False
    here, there = _gist(one).text, _gist(other).text
    fewer = min(len(here), len(there))
    least = _FEW if measures["names"] >= _NAMED or measures["places"] else _MOSTLY
    return len(here & there) < least * fewer and (least == _MOSTLY or fewer >= _AT_LENGTH)


def _translation(one: Telling, other: Telling) -> bool:
    """Either publisher names the other's address as its own in another language."""
    mine, theirs = (f"a:{_key(telling.url)}" for telling in (one, other))
    return mine in other.clues or theirs in one.clues


def _sources(one: Telling, other: Telling) -> list[str]:
    """Pages that both link to, or that one is and the other links to."""
    return sorted(clue[2:] for clue in {*one.clues} & {*other.clues} if clue.startswith("o:"))


def evidence(one: Telling, other: Telling) -> tuple[str, ...]:
    """What shows that two tellings are of one event, in words for the operator."""
    earlier, later, shared, _ = _measures(one, other)
    said = []
    if _translation(earlier, later):
        said.append("one names the other as its translation")
    said += [f"both lead to {page}" for page in _sources(earlier, later)]
    said += [f"name: {a} = {b}" if a != b else f"name: {a}" for a, b in shared.names]
    said += [f"figure: {figure.value:g} {figure.unit}".rstrip() for figure in shared.figures]
    if shared.places:
        said.append(f"places: {', '.join(sorted(shared.places))}")
    if shared.topics:
        said.append(f"topics: {', '.join(sorted(shared.topics))}")
    said.append(f"{_gap(one, other) / timedelta(hours=1):.0f} hours apart")
    said.append(f"score {kinship(one, other) + LINKED_FROM:.1f} of at least {LINKED_FROM:.1f}")
    return tuple(said)
