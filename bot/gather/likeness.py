"""How two texts are alike and how they differ, as a few figures each (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.gather.figures import Figure, agree
from bot.gather.gist import Gist
from bot.gather.groups import (
    AFTERMATH,
    AT_HOME,
    CONSEQUENCES,
    FAMILIES,
    KINDS,
    NATIONAL,
    ONE_OF,
    PLACES,
    SAME,
    SEAT,
    STAGES,
)
from bot.gather.skeleton import alike, skeleton

_REACTIONS = frozenset(("!reaction", "!cause"))
_DECIDED = frozenset(("approve", "reject"))
_SURE = (0.4, 0.8, 1.0)
"""What a shared name weighs by in how many of the texts it is sure to be one."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What stands in both of two texts, with how much it tells; and what stands in the way."""

    names: tuple[tuple[str, str], ...]
    name_weight: float
    figures: tuple[Figure, ...]
    figure_weight: float
    strangers: bool
    """Both titles name somebody, and nothing that is surely a name is in both texts."""
    other_names: int
    """Names in either title of which the other text has none: the smaller number."""
    other_figures: int
    """Figures in either title of which the other text has none: the smaller number."""
    other_details: int
    """Figures of which the other text has none, of those with more than one digit: the smaller number."""
    other_units: int
    """Units in which both have figures, and none in common."""
    topics: frozenset[str]
    topic_share: float
    fewer_topics: int
    """So many topics has the text that has fewer."""
    title_topic_share: float
    other_kinds: int
    """What happens in either title and nowhere in the other text."""
    places: frozenset[str]
    elsewhere: bool
    opposite: int
    """Of so many things that exclude each other they speak of different ones."""
    aftermath: int
    """So much of what the later one speaks of follows from things like the earlier one."""
    follows: bool
    """The later title tells what came of something, and the earlier text says nothing of that."""
    one_family: bool
    """Both titles tell of happenings that one and the same may be told as."""
    other_family: bool
    """Both tell of happenings, and neither of any that the other text may mean."""
    families_alone: int
    """Kinds of happenings in either title that the other text doesn't tell of in any way."""
    other_months: bool
    """Both name months, and none in common."""
    other_stage: int
    """What is said of the course of things in either title and nowhere in the other text."""
    one_opines: bool
    one_reacts: bool
    """One of them is an opinion, or tells of reactions, and the other isn't and doesn't."""
    one_decides: bool
    """One tells that something is to be decided, and the other that it was."""


def compare(earlier: Gist, later: Gist, languages: tuple[str, str]) -> Shared:
    names, name_weight, unmatched = _names(earlier, later, across=languages[0] != languages[1])
    figures, figure_weight = _figures(earlier.figures, later.figures)
    one, other = _topics(earlier.concepts), _topics(later.concepts)
    title_one, title_other = _topics(earlier.title_concepts), _topics(later.title_concepts)
    kinds_one, kinds_other = _families(earlier.concepts), _families(later.concepts)
    title_kinds_one, title_kinds_other = _families(earlier.title_concepts), _families(later.title_concepts)
    place_one, place_other = _places(earlier.concepts, languages[0]), _places(later.concepts, languages[1])
    return Shared(
        names=names,
        name_weight=name_weight,
        figures=figures,
        figure_weight=figure_weight,
        strangers=not any(one in earlier.sure or other in later.sure for one, other in names)
        and _names_somebody(earlier)
        and _names_somebody(later),
        other_names=unmatched,
        other_figures=_other_figures(earlier, later),
        other_details=min(_missing(_exact(earlier), later.figures), _missing(_exact(later), earlier.figures)),
        other_units=_other_units(earlier.figures, later.figures),
        topics=one & other,
        topic_share=len(one & other) / max(1, min(len(one), len(other))),
        fewer_topics=min(len(one), len(other)),
        title_topic_share=len(title_one & title_other) / max(1, len(title_one | title_other)),
        other_kinds=len((title_one & KINDS) - other) + len((title_other & KINDS) - one),
        places=place_one & place_other,
        elsewhere=bool(place_one and place_other and not place_one & place_other),
        opposite=sum(_apart(group, earlier, later) for group in ONE_OF),
        aftermath=len((later.concepts - earlier.concepts) & AFTERMATH),
        follows=bool((later.title_concepts & CONSEQUENCES) - earlier.concepts),
        one_family=bool(title_kinds_one & title_kinds_other),
        other_family=bool(
            title_kinds_one
            and title_kinds_other
            and not title_kinds_one & kinds_other
            and not title_kinds_other & kinds_one
        ),
        families_alone=len(title_kinds_one - kinds_other) + len(title_kinds_other - kinds_one),
        other_months=bool(earlier.months and later.months and not earlier.months & later.months),
        other_stage=len((earlier.title_concepts & STAGES) - later.concepts)
        + len((later.title_concepts & STAGES) - earlier.concepts),
        one_opines=("!opinion" in earlier.title_concepts) != ("!opinion" in later.title_concepts),
        one_reacts=bool(_REACTIONS & earlier.concepts) != bool(_REACTIONS & later.concepts),
        one_decides=_is_before(earlier, later) or _is_before(later, earlier),
    )


def _families(concepts: frozenset[str]) -> set[int]:
    return {FAMILIES[concept] for concept in concepts if concept in FAMILIES}


def _is_before(one: Gist, other: Gist) -> bool:
    return "consider" in one.concepts and "consider" not in other.concepts and bool(_DECIDED & other.title_concepts)


def _topics(concepts: frozenset[str]) -> frozenset[str]:
    # What one side sells, the other buys.
    return frozenset(SAME.get(concept, concept) for concept in concepts if concept[0] not in "+-=!") - PLACES


def _places(concepts: frozenset[str], language: str) -> frozenset[str]:
    places = {SEAT[concept] for concept in concepts if concept in SEAT} | (concepts & PLACES)
    if not places and language in AT_HOME and concepts & NATIONAL:
        return frozenset((AT_HOME[language],))
    return frozenset(places)


def _apart(group: frozenset[str], earlier: Gist, later: Gist) -> bool:
    """A title says what it is about; only what it doesn't say is looked for in the lede."""
    one = earlier.title_concepts & group or earlier.concepts & group
    other = later.title_concepts & group or later.concepts & group
    return bool(one and other and not one & other)


def _figures(one: tuple[Figure, ...], other: tuple[Figure, ...]) -> tuple[tuple[Figure, ...], float]:
    left = list(other)
    found: list[Figure] = []
    weight = 0.0
    for figure in one:
        match = next((candidate for candidate in left if agree(figure, candidate)), None)
        if match is not None:
            left.remove(match)
            found.append(figure)
            weight += _telling(figure, match)
    return tuple(found), weight


def _telling(one: Figure, other: Figure) -> float:
    """The more significant digits agree, the less it is chance; a bare small number is worth little."""
    weight = {0: 0.3, 1: 0.5, 2: 1.0}.get(min(one.digits, other.digits), 1.5)
    return weight if one.unit or other.unit else 0.6 * weight


def _other_figures(one: Gist, other: Gist) -> int:
    return min(_missing(one.title_figures, other.figures), _missing(other.title_figures, one.figures))


def _exact(text: Gist) -> tuple[Figure, ...]:
    return tuple(figure for figure in text.figures if figure.digits > 1)


def _missing(figures: tuple[Figure, ...], among: tuple[Figure, ...]) -> int:
    return sum(not any(agree(figure, candidate) for candidate in among) for figure in figures)


def _other_units(one: tuple[Figure, ...], other: tuple[Figure, ...]) -> int:
    units = {figure.unit for figure in one if figure.unit} & {figure.unit for figure in other if figure.unit}
    return sum(not any(agree(a, b) for a in one if a.unit == unit for b in other if b.unit == unit) for unit in units)


def _names_somebody(text: Gist) -> bool:
    return any(name in text.sure for name in text.names[: text.title_names])


def _names(one: Gist, other: Gist, *, across: bool) -> tuple[tuple[tuple[str, str], ...], float, int]:
    left = {name: skeleton(name) for name in other.names}
    found: list[tuple[str, str]] = []
    weight = 0.0
    for name in one.names:
        sounds = skeleton(name)
        best, match = max(
            ((_like(name, sounds, *item, across=across), item[0]) for item in left.items()), default=(0, "")
        )
        if best > 0:
            del left[match]
            found.append((name, match))
            weight += best * _SURE[(name in one.sure) + (match in other.sure)]
    mine = {pair[0] for pair in found}
    alone = sum(name not in mine and name in one.sure for name in one.names[: one.title_names])
    other_alone = sum(name in left and name in other.sure for name in other.names[: other.title_names])
    return tuple(found), weight, min(alone, other_alone)


def _like(one: str, one_sounds: str, other: str, other_sounds: str, *, across: bool) -> float:
    if one == other:
        return 1.0 if len(one) >= 5 or not one.isascii() else 0.7
    if len(one) >= 5 and one[:5] == other[:5]:
        return 0.8
    if not across or (one.isascii() and other.isascii() and one[:1] != other[:1]):
        return 0.0
    shorter = min(len(one_sounds), len(other_sounds))
    if shorter >= 3 and alike(one_sounds, other_sounds):
        return {3: 0.45, 4: 0.8}.get(shorter, 1.0) * (1.0 if one_sounds == other_sounds else 0.7)
    if shorter >= 4 and (one_sounds.startswith(other_sounds) or other_sounds.startswith(one_sounds)):
        return 0.6
    return 0.0
