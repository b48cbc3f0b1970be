"""Which concepts a text speaks of, by the words of each language that concepts.txt lists (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

UNSPACED = {"ja", "zh", "ko"}

_LONGER = {"en": 3, "de": 10, "nl": 10, "hy": 8, "tr": 7, "ru": 5}
_LONGER_ELSEWHERE = 4
"""Letters that endings, or the rest of a compound, may add to the beginning of a word: more, and it is another word."""
_FIRM = 5
"""A shorter beginning is also that of names and of many other words, and may only get an ending."""
_SHORT = 3

_NO_ACCENTS = str.maketrans(
    "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿāăąćčďđēęěğģīįıķļľłńňőœřśşšţťūůűųźżžșțё",
    "aaaaaaceeeeiiiinoooooouuuuyyaaaccddeeeggiiiklllnnoorsssttuuuuzzzstе",
)


def fold(text: str) -> str:
    """Lower case without accents; Turkish dotless i is i."""
    return text.lower().replace("i̇", "i").replace("ß", "ss").translate(_NO_ACCENTS)


@dataclass(frozen=True, slots=True)
class _Words:
    begins: dict[str, tuple[str, ...]]
    """Of these words it is enough that they begin so."""
    alone: dict[str, tuple[str, ...]]
    longest: int
    longer: int
    first: frozenset[str]
    """How any of them begins: what begins otherwise needs no further look."""
    first_of_phrases: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sense:
    """The concepts of a text, and its words that aren't among theirs."""

    concepts: frozenset[str]
    other: tuple[bool, ...]
    """For each word of the text whether it stands for no concept."""
    rest: tuple[str, ...] = ()
    """Where words aren't parted: what lies between those that stand for concepts, as far as it is in Chinese
    characters."""


@cache
def _table() -> tuple[tuple[str, ...], dict[str, _Words]]:
    lines = files("bot.gather").joinpath("concepts.txt").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line and not line.startswith("#")]
    languages = rows[0][1:]
    words = {language: _words(rows[1:], place, language) for place, language in enumerate(languages, start=1)}
    return tuple(row[0] for row in rows[1:]), words


def _words(rows: list[list[str]], place: int, language: str) -> _Words:
    begins: dict[str, list[str]] = {}
    alone: dict[str, list[str]] = {}
    for row in rows:
        for stem in row[place].split():
            said = fold(stem.rstrip("._").replace("_", " ").replace("-", " "))
            short = language not in UNSPACED and len(said) <= _SHORT and " " not in said
            (alone if short or stem.endswith((".", "_")) else begins).setdefault(said, []).append(row[0])
    longest = max(map(len, (*begins, *alone)))
    return _Words(
        _frozen(begins),
        _frozen(alone),
        longest,
        _LONGER.get(language, _LONGER_ELSEWHERE),
        frozenset(word[:_SHORT] for word in (*begins, *alone)),
        frozenset(word.partition(" ")[0][:_SHORT] for word in (*begins, *alone) if " " in word),
    )


def _frozen(table: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {word: tuple(concepts) for word, concepts in table.items()}


def sense(words: list[str], folded: str, language: str) -> Sense:
    """Of a text: its folded words, and itself folded (for scripts that don't part words)."""
    known = _table()[1].get(language)
    if known is None:
        return Sense(frozenset(), (True,) * len(words))
    if language in UNSPACED:
        return _unspaced(words, folded, known)
    concepts: set[str] = set()
    other = [True] * len(words)
    for at in range(len(words)):
        found = _first(words[at : at + 3], known)
        concepts.update(found)
        other[at] = not found
    return Sense(frozenset(concepts), tuple(other))


def first_sense(words: list[str], language: str) -> frozenset[str]:
    """The concepts that the first of up to three folded words stands for, by itself or with those that follow."""
    known = _table()[1].get(language)
    return frozenset(_first(words, known)) if known is not None else frozenset()


def _first(words: list[str], known: _Words) -> tuple[str, ...]:
    return _phrase(words, known) or known.alone.get(words[0]) or _begun(words[0], known, _SHORT)


def concepts_of(word: str, language: str) -> frozenset[str]:
    """Those that one folded word stands for by itself."""
    known = _table()[1].get(language)
    if known is None:
        return frozenset()
    if language in UNSPACED:
        return frozenset(known.begins.get(word, ()))
    return frozenset(known.alone.get(word) or _begun(word, known, _SHORT))


def _phrase(words: list[str], known: _Words) -> tuple[str, ...]:
    if words[0][:_SHORT] not in known.first_of_phrases:
        return ()
    for length in (3, 2):
        if length <= len(words):
            found = _begun(" ".join(words[:length]), known, len(words[0]) + _SHORT)
            if found:
                return found
    return ()


def _begun(word: str, known: _Words, least: int) -> tuple[str, ...]:
    if word[:_SHORT] not in known.first:
        return ()
    for length in range(min(len(word), known.longest), least - 1, -1):
        found = known.begins.get(word[:length]) or (known.alone.get(word) if length == len(word) else None)
        if found is not None and len(word) - length <= (known.longer if length >= _FIRM else min(known.longer, _FIRM)):
            return found
    return ()


_HAN_RUN = re.compile(r"[一-鿿々]{2,}")
_ASCII_RUN = re.compile(r"[a-z0-9]+")


def _unspaced(words: list[str], folded: str, known: _Words) -> Sense:
    concepts: set[str] = set()
    covered = [False] * len(folded)
    longest = min(known.longest, 8)
    at = 0
    while at < len(folded):
        run = _ASCII_RUN.match(folded, at)
        step = 1
        if run is not None:
            concepts.update(known.begins.get(run[0], ()))
            step = run.end() - at
        else:
            for length in range(min(longest, len(folded) - at), 0, -1):
                found = known.begins.get(folded[at : at + length]) or known.alone.get(folded[at : at + length])
                if found:
                    concepts.update(found)
                    covered[at : at + length] = [True] * length
                    step = length
                    break
        at += step
    whole = {word for word in words if word in known.begins or word in known.alone}
    left = "".join(" " if hidden else sign for sign, hidden in zip(folded, covered, strict=True))
    return Sense(frozenset(concepts), tuple(word not in whole for word in words), tuple(_HAN_RUN.findall(left)))
