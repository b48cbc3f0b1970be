"""Titles made after one pattern: what stands in one of them where something else stands in the other (pure).

"Startup A raises 40 million" and "Startup B raises 40 million" share nearly all their words, and tell of two things;
"shares fall" and "shares slide" share fewer, and tell of one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from bot.gather.concepts import UNSPACED, concepts_of
from bot.gather.gist import Gist, beginning, is_stop, signs, written_words
from bot.gather.groups import PLACES
from bot.gather.months import months

MOST = 40
"""Words of a title that are laid side by side."""

_ENOUGH = 0.25
"""Titles that share fewer of their words weren't made after one pattern."""

_SPECIFIC_SIGNS = re.compile(r"\d|[a-z]{2}|[ァ-ヺー]{3}|[가-힣]{3}|[一-鿿々]")


@dataclass(frozen=True, slots=True)
class Swapped:
    """What stands in place of what, where neither text has the other's anywhere."""

    specific: float
    """Names, figures, places and months, so many times, by how much of the titles is the same."""
    other: float
    """Other words that don't mean the same, likewise."""


NOTHING = Swapped(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    concepts: frozenset[str]
    specific: bool
    stop: bool


def swapped(one: tuple[str, Gist], other: tuple[str, Gist], language: str) -> Swapped:
    """Of two titles with what is known of their texts; they are in one language."""
    here, there = _title(one[0], language), _title(other[0], language)
    words, others = [word.text for word in here], [word.text for word in there]
    if 2 * len(set(words) & set(others)) < _ENOUGH * (len(words) + len(others)):
        return NOTHING
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    specific = general = 0
    for kind, start, end, from_, to in matcher.get_opcodes():
        if kind != "replace":
            continue
        mine = _only_here(here[start:end], other[1])
        theirs = _only_here(there[from_:to], one[1])
        if not mine or not theirs:
            continue
        if any(word.specific for word in mine) and any(word.specific for word in theirs):
            specific += 1
        elif not _meaning(mine) & _meaning(theirs):
            general += 1
    alike = matcher.ratio()
    return Swapped(min(specific, 3) * alike, min(general, 3) * alike)


def _only_here(words: tuple[_Word, ...], elsewhere: Gist) -> list[_Word]:
    return [word for word in words if not word.stop and beginning(word.text) not in elsewhere.beginnings]


def _meaning(words: list[_Word]) -> set[str]:
    return {concept for word in words for concept in word.concepts}


@lru_cache(maxsize=4096)
def _title(title: str, language: str) -> tuple[_Word, ...]:
    if language in UNSPACED:
        return tuple(
            _Word(sign, concepts_of(sign, language), _is_sign_specific(sign, language), False)
            for sign in signs(title)[:MOST]
        )
    return tuple(
        _Word(
            folded,
            found := concepts_of(folded, language),
            _is_specific(written, folded, found, language),
            is_stop(folded),
        )
        for written, folded in written_words(title, language)[:MOST]
    )


def _is_sign_specific(sign: str, language: str) -> bool:
    if language == "ko" and concepts_of(sign, language):
        return False
    return _SPECIFIC_SIGNS.match(sign) is not None


def _is_specific(written: str, folded: str, found: frozenset[str], language: str) -> bool:
    if any(sign.isdigit() for sign in folded) or found & PLACES or months("", [(written, folded)], language):
        return True
    return not found and len(folded) >= 3 and written[:1] != written[:1].lower() and not is_stop(folded)
