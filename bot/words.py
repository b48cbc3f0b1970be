"""The words of a text as searching knows them: folded, and Chinese, Japanese and Korean in pairs of signs. Pure.

Storage files stories under these words and commands ask with them, so both go through here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_INDEXED = 20_000
"""Characters of one field that are filed; an article says what it is about long before."""

MAX_QUERY = 200
MAX_TERMS = 12

MAX_SIGNS = 20
"""Of a run of signs, so many are asked for: a sentence pasted whole would find nothing but itself anyway."""

INFLECTED = 4
"""From so many letters on, a word also finds the longer ones that begin with it: most of our languages inflect."""

# Letters whose mark isn't a combining one, or which people type without it.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ё": "е", "ѐ": "е"}
)

# Signs of which a single one can be a word: ideographs with their repetition mark, kana with the long-vowel mark,
# Hangul. Half-width forms are folded before.
_SIGN = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3\u3131-\u318e"
    "\U00020000-\U0003ffff"
)
# \w: the ranges have gaps, and signs that this Python doesn't know yet.
_RUN = re.compile(rf"(?:(?=\w)[{_SIGN}])+|[^\W_{_SIGN}]+")
_ASCII_RUN = re.compile(r"[a-z0-9]+")

# 65,000 and 65.000 and 65 000 and 65'000 are one number. A plain space isn't among the separators: it may part two.
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:([.,'’\u00a0\u2009\u202f])\d{3})(?:\1\d{3})*(?!\d|\1\d)")

_NUMBER_BLANKS = "\u00a0\u2009\u202f"

# Plain letters, or a character with the marks upon it; half-width kana have theirs beside them.
_PIECE = re.compile(
    # Most of a text in Latin letters needs no looking at each: a quotation mark or an ellipsis is all that isn't ASCII.
    "(?s)[\\x00-\\x7f]+(?=[\\x00-\\x7f]|\\Z)|.[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u3099\u309a\uff9e\uff9f]*"
)

_PARTICLES = (
    "에서는", "으로는", "에게서", "까지", "부터", "에서", "으로", "에게", "보다", "처럼", "이나", "라고",
    "은", "는", "이", "가", "을", "를", "의", "에", "도", "와", "과", "로", "만",
)  # fmt: skip
"""What Korean hangs on a noun: whoever types 비트코인은 wants 비트코인이, too."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, and where it stands in the text."""

    text: str
    start: int
    end: int


def indexed(text: str) -> str:
    """What is filed of a text: its words, a space between each two."""
    return " ".join(word.text for word in words(unicodedata.normalize("NFC", text[:MAX_INDEXED])))


def words(text: str) -> Iterator[Word]:
    """Every word in its order; those of a run of signs overlap, and its last sign stands alone at the end."""
    folded, starts, ends = _folded(text)
    for match in (_ASCII_RUN if folded.isascii() else _RUN).finditer(folded):
        start, end = match.span()
        if not _is_sign(match[0][0]):
            yield Word(match[0], starts[start], ends[end - 1])
            continue
        for place in range(start, end):
            last = min(place + 2, end)
            yield Word(folded[place:last], starts[place], ends[last - 1])


@dataclass(frozen=True, slots=True)
class Term:
    """What somebody looks for, as alternatives: each is words that stand one after the other."""

    phrases: tuple[tuple[str, ...], ...]
    begins: bool
    """Whether longer words that begin with the last one of a phrase are meant too."""


def terms(query: str) -> tuple[Term, ...]:
    """What a query asks for: all of these. Nothing in it is syntax."""
    found: dict[Term, None] = {}
    # At blanks as people see them; a number's own blanks stay within it.
    for chunk in re.split(r"[ \t\n\r\v\f\u3000]+", unicodedata.normalize("NFC", query[:MAX_QUERY])):
        for term in _terms_of(chunk):
            found[term] = None
    return tuple(found)[:MAX_TERMS]


def _terms_of(chunk: str) -> Iterator[Term]:
    """Latin and signs that stand together ("BTC价格") are terms of their own; "AT&T" and "3.5" are one."""
    folded, _, _ = _folded(chunk)
    together: list[str] = []
    for run in _RUN.findall(folded):
        if _is_sign(run[0]):
            if together:
                yield _plain_term(together, chunk)
                together = []
            yield _sign_term(run[:MAX_SIGNS])
        else:
            together.append(run)
    if together:
        yield _plain_term(together, chunk)


def _plain_term(parts: Sequence[str], typed: str) -> Term:
    phrases = [tuple(parts)]
    if len(parts) == 1:
        phrases += [(other,) for other in (*_plural(parts[0]), *_other_umlauts(parts[0], typed))]
    last = parts[-1]
    return Term(tuple(phrases), begins=len(last) >= INFLECTED and last.isalpha())


def _plural(word: str) -> list[str]:
    """ETF finds ETFs, though it is too short to find all that begins with it."""
    return [word + "s"] if len(word) < INFLECTED and word.isascii() and word.isalpha() else []


_DIGRAPHS = {"ä": "ae", "ö": "oe", "ü": "ue"}


def _other_umlauts(word: str, typed: str) -> list[str]:
    """Who has no ü writes ue: München (filed as munchen) and Muenchen find each other."""
    composed = unicodedata.normalize("NFKC", typed).casefold()
    if any(letter in composed for letter in _DIGRAPHS):
        written = "".join(_DIGRAPHS.get(letter, letter) for letter in composed)
        return [found[0] for found in [_RUN.findall(_folded(written)[0])] if len(found) == 1]
    other = re.sub(r"(?<![aeiouq])([aou])e", r"\1", word)
    return [other] if word.isascii() and other != word and len(other) >= INFLECTED else []


def _sign_term(run: str) -> Term:
    if len(run) == 1:
        return Term(((run,),), begins=True)  # each sign begins the pair that it is filed under
    phrases = [_pairs(run)]
    particle = next((one for one in _PARTICLES if run.endswith(one) and len(run) - len(one) >= 2), "")
    if particle:
        phrases.append(_pairs(run[: -len(particle)]))
    return Term(tuple(phrases), begins=False)


def _pairs(run: str) -> tuple[str, ...]:
    return tuple(run[place : place + 2] for place in range(len(run) - 1))


def marked(text: str, wanted: Sequence[Term]) -> list[tuple[int, int]]:
    """Where a text says what is looked for, as places from and to, in their order and apart from each other."""
    here = list(words(text[:MAX_INDEXED]))
    found: list[tuple[int, int]] = []
    by_first: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
    for term in wanted:
        for phrase in term.phrases:
            by_first.setdefault(phrase[0][:1], []).append((phrase, term.begins))
    for place, word in enumerate(here):
        for phrase, begins in by_first.get(word.text[:1], ()):
            if _says(here, place, phrase, begins=begins):
                sign = len(phrase) == 1 == len(phrase[0]) and _is_sign(phrase[0])
                last = here[place + len(phrase) - 1]
                found.append((word.start, word.start + 1 if sign else last.end))
    return _merged(found)


def _says(here: Sequence[Word], place: int, phrase: Sequence[str], *, begins: bool) -> bool:
    if place + len(phrase) > len(here):
        return False
    *first, last = (word.text for word in here[place : place + len(phrase)])
    return first == list(phrase[:-1]) and (last == phrase[-1] or (begins and last.startswith(phrase[-1])))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _is_sign(character: str) -> bool:
    return character >= "\u3005" and re.match(f"[{_SIGN}]", character) is not None


def _folded(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The text in its folded spelling and, for each character of that, from where to where it stood in the text."""
    if text.isascii():
        return _ungrouped(text.lower(), range(len(text)), range(1, len(text) + 1))
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece.isascii():
            parts.append(piece.lower())
            starts += range(match.start(), match.end())
            ends += range(match.start() + 1, match.end() + 1)
            continue
        part = _fold_cluster(piece)
        parts.append(part)
        starts += [match.start()] * len(part)
        ends += [match.end()] * len(part)
    return _ungrouped("".join(parts), starts, ends)


def _ungrouped(folded: str, starts: Sequence[int], ends: Sequence[int]) -> tuple[str, Sequence[int], Sequence[int]]:
    """Numbers without what parts their thousands."""
    out = {
        place for match in _GROUPED.finditer(folded) for place in range(*match.span()) if not folded[place].isdigit()
    }
    if not out:
        return folded, starts, ends
    kept = [place for place in range(len(folded)) if place not in out]
    return (
        "".join(folded[place] for place in kept),
        [starts[place] for place in kept],
        [ends[place] for place in kept],
    )


@lru_cache(maxsize=8192)
def _fold_cluster(cluster: str) -> str:
    if cluster in _NUMBER_BLANKS:
        return cluster
    composed = unicodedata.normalize("NFKC", cluster).casefold().translate(_PLAIN)
    letters = []
    for letter in composed:
        base = unicodedata.normalize("NFD", letter)
        # Marks come off where the bare letter is how many write it. Russian й, Japanese が and Hangul are letters of
        # their own.
        bare = base[0] if base[0] < "\u0370" or "\u0370" <= base[0] < "\u0400" else letter
        letters.append(bare.translate(_PLAIN) if len(base) > 1 else letter)
    # A mark that nothing composes with is dropped: SQLite's tokeniser and ours must not part at different places.
    return "".join(letter for letter in letters if not unicodedata.category(letter).startswith("M"))
