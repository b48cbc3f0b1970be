"""Whether two headlines after one pattern name different things, whatever else they share (pure).

"Fire in Paris kills three" and "Fire in Lyon kills three" have nearly every word in common, and no sum of likenesses
may make one story of them: what a headline names must stand in the other telling too, title or lede, in some form.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.gather.concepts import UNSPACED, concepts_of, first_sense, fold, sense
from bot.gather.figures import Figure, agree, figures, is_magnitude
from bot.gather.gist import COMMON_PAIRS, MAX_LEDE, MAX_TITLE, bare, gist, is_common_noun, is_stop
from bot.gather.groups import BROAD, CITIES, OF_A_KIND, ONE_OF, PLACES, SEAT
from bot.gather.months import months
from bot.gather.numerals import in_digits
from bot.gather.retold import edits
from bot.gather.series import CURRENCY, is_of_a_series
from bot.gather.skeleton import skeleton
from bot.storage.telling import Telling

MOST = 120
"""Words of a telling that are looked at."""

_ALIKE = 0.5
"""Titles that share a smaller part of what they say weren't made after one pattern."""

_ALIKE_IN_SIGNS = 0.55
"""Where signs are counted instead of words, chance has a larger part in it."""

_ONE_TEXT = 200
"""Bytes of a lede that is printed in the same words: one article, under whatever headline."""

_EVIDENCE, _EVIDENT = 2, 0.4
"""Words that two ledes have in common, besides those of the titles, and as a part of all that they have."""

_PINNED = 3
"""Who is named with so many others, or figures, is told of whatever the verb is."""

_ENDS_OTHERWISE = {"ru": 4, "hy": 4, "tr": 6}
_ENDS_OTHERWISE_ELSEWHERE = 3
"""Letters that two forms of a word may end in differently."""

_ROUND = 2
"""Significant digits of a number that may be another one, rounded."""

_BY_SIGNS = frozenset(("ja", "zh"))
_MAGNITUDES = (1.0, 1e3, 1e4, 1e6, 1e8, 1e9, 1e12)
_SEATS = frozenset((*SEAT, "imf", "opec"))
_EXCLUSIVE = PLACES | _SEATS | OF_A_KIND

_LATIN = "A-Za-zÀ-ɏḀ-ỿ"
_LETTERS = f"{_LATIN}Ѐ-ӿԱ-և"
_NUMBER = r"\d+(?:[.,'’]\d+)*(?:[ \u00a0\u202f]\d{3}(?!\d))*"
_WORD = re.compile(rf"{_NUMBER}|[{_LETTERS}]+\d[{_LETTERS}\d]*|[{_LETTERS}]+|[가-힣]+|[ァ-ヺー]+|[々一-鿿]+")
_ELIDED = re.compile(r"(?<!\w)(?:l|d|qu|dell|all|dall|nell|sull|un|s|n|j|c)['’](?=\w)", re.IGNORECASE)
_GENITIVE = re.compile(r"(?<=\w)['’]s(?!\w)")
_SIGNS = re.compile(rf"{_NUMBER}|[{_LATIN}]+|[ァ-ヺー]+|[々一-鿿]")
_HAN = re.compile(r"[々一-鿿]+")
_IN_SERIES = re.compile(r"(?:周|星期|礼拜)[一二三四五六日天]|[月火水木金土日]曜|第[一二三四五六七八九十]")
_FILLING = frozenset(
    "将拟已称约超逾达于在为的了至到与和及对被把再又也就都还从由以后前中内外上下大小新本该各名人个家年月日氏社者致一辆起场座所栋艘架"
)
"""Signs that headlines put in or leave out."""
_LONGEST = 6
"""Characters of a word in Chinese characters that stands for a concept."""
_KOREAN_VERB = re.compile(r"(?:다|해|한|된|할|며|고|서|나|될)$")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    """Folded, without what its language hangs on names."""
    concepts: frozenset[str]
    names: bool = False
    """It is written as a name and stands for no concept, or excludes others of its kind: a country, a coin, a day."""
    sure: bool = False
    """It does so in small letters too."""
    number: bool = False


@dataclass(frozen=True, slots=True)
class _Text:
    title: tuple[_Word, ...]
    words: tuple[_Word, ...]
    known: frozenset[str]
    small: frozenset[str]
    """Words that it writes in small letters."""
    initials: str
    figures: tuple[Figure, ...]
    plain: str
    """All of it, folded, without spaces."""


def apart(one: Telling, other: Telling) -> bool:
    """They are in one language. Which comes first makes no difference."""
    if one.lede == other.lede and len(one.lede.encode()) >= _ONE_TEXT:
        return False
    here, there = _text(one.title, one.lede, one.language), _text(other.title, other.lede, other.language)
    if _share(here, there, one.language) < (_ALIKE_IN_SIGNS if one.language in _BY_SIGNS else _ALIKE):
        return False
    mine, theirs = _only_here(here, there, one.language), _only_here(there, here, one.language)
    return (
        _counts_otherwise(here.title, there.title)
        or (_name(mine, here, there) and _name(theirs, there, here))
        or (any(word.number for word in mine) and any(word.number for word in theirs))
        or (_in_place(mine, theirs, here.title, there.title) and _says_another(mine[0], theirs[0], one, other))
    )


def _share(here: _Text, there: _Text, language: str) -> float:
    """How much of what two titles say is the same, as a part of all."""
    if language in _BY_SIGNS:
        one, other = (Counter(_SIGNS.findall("".join(word.text for word in text.title))) for text in (here, there))
    else:
        one, other = (Counter(map(_key, text.title)) for text in (here, there))
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def _key(word: _Word) -> str:
    if word.concepts and not word.names:
        return min(word.concepts)
    return word.text if word.number else word.text[:6]


def _counts_otherwise(one: Sequence[_Word], other: Sequence[_Word]) -> bool:
    """Only numbers differ, and stand in the same places: section 2 of meeting 4 isn't section 4 of meeting 2."""
    if len(one) != len(other) or any(_key(a) != _key(b) for a, b in zip(one, other, strict=True) if not a.number):
        return False
    numbers = [(a, b) for a, b in zip(one, other, strict=True) if a.number and a.text != b.text]
    return bool(numbers) and not all(b.number and _may_be(a, _values(b)) for a, b in numbers)


def _in_place(mine: Sequence[_Word], theirs: Sequence[_Word], one: Sequence[_Word], other: Sequence[_Word]) -> bool:
    """Whether one word stands where another does, among words in one order."""
    if len(mine) != 1 or len(theirs) != 1:
        return False
    mentioned, others = [_key(word) for word in one], [_key(word) for word in other]
    if [key for key in mentioned if key in others] != [key for key in others if key in mentioned]:
        return False
    here, there = one.index(mine[0]), other.index(theirs[0])
    return here == there or len(one) - here == len(other) - there


def _name(words: Iterable[_Word], here: _Text, there: _Text) -> bool:
    return any(word.names and (word.sure or word.text not in here.small | there.small) for word in words)


def _says_another(mine: _Word, theirs: _Word, one: Telling, other: Telling) -> bool:
    """Whether one word that stands where another does isn't just another word for it."""
    if any(mine.concepts & group and theirs.concepts & group for group in ONE_OF):
        return True
    here, there = _text(one.title, one.lede, one.language), _text(other.title, other.lede, other.language)
    meant = bool(mine.concepts and theirs.concepts)
    return not _evident(one, other) and (meant or _pinned(here, there) < _PINNED)


def _pinned(here: _Text, there: _Text) -> int:
    """So many names and numbers two titles have in common."""
    one, other = ({word.text for word in text.title if word.names or word.number} for text in (here, there))
    return len(one & other)


def _only_here(here: _Text, there: _Text, language: str) -> list[_Word]:
    return [word for word in here.title if not _stands_in(word, there, language)]


def _stands_in(word: _Word, there: _Text, language: str) -> bool:
    if word.number:
        return word.text in there.known or _may_be(word, there.figures)
    if word.text in there.known or _means(word, there.words):
        return True
    if language in UNSPACED:
        return word.text in there.plain or (
            _HAN.match(word.text) is not None
            and _IN_SERIES.match(word.text) is None
            and not _missing(word.text, there.plain)
        )
    if len(word.text) >= 3 and word.text.isascii() and word.text in there.initials:
        return True
    return any(_one_word(word, other, language) for other in there.words)


def _missing(run: str, there: str) -> list[str]:
    """Of Chinese characters those that the other text has in no such order."""
    kept = [False] * len(run)
    for at in range(len(run) - 1):
        if run[at : at + 2] in there or run[at : at + 2] in COMMON_PAIRS:
            kept[at : at + 2] = [True, True]
    left = "".join(" " if known or sign in _FILLING else sign for sign, known in zip(run, kept, strict=True))
    return left.split()


def _means(word: _Word, others: Iterable[_Word]) -> bool:
    """What has other names is met under one of them; a city under its country's, and no other city's."""
    meant = word.concepts - BROAD
    city = bool(word.concepts & PLACES) and _is_city(word.text)
    return any(
        meant & other.concepts
        and not (city and other.concepts & PLACES and _is_city(other.text) and not _sounds(word.text, other.text))
        for other in others
    )


def _is_city(text: str) -> bool:
    return text.startswith(CITIES)


def _one_word(word: _Word, other: _Word, language: str) -> bool:
    """Two forms, or two spellings, of one."""
    if other.number or bool(word.concepts) != bool(other.concepts) or (word.names and word.concepts):
        return False
    a, b = sorted((word.text, other.text), key=len)
    alike = next((at for at, sign in enumerate(a) if sign != b[at]), len(a))
    most = _ENDS_OTHERWISE.get(language, _ENDS_OTHERWISE_ELSEWHERE)
    if alike >= max(4, len(a) - 2) and len(b) - alike <= most:
        return True
    return _sounds(a, b)


def _sounds(a: str, b: str) -> bool:
    return (
        min(len(a), len(b)) >= 4 and abs(len(b) - len(a)) <= 2 and skeleton(a) == skeleton(b) != "" and edits(a, b) <= 2
    )


def _may_be(word: _Word, others: Iterable[Figure]) -> bool:
    """Whether a number is among figures, in whatever magnitude and rounding."""
    return any(_agree(one, other) for one in _values(word) for other in others)


def _values(word: _Word) -> tuple[Figure, ...]:
    return figures(word.text, "en")


def _agree(one: Figure, other: Figure) -> bool:
    return any(_agree_at(one, other, times) for times in _MAGNITUDES)


def _agree_at(one: Figure, other: Figure, times: float) -> bool:
    a, b = Figure("%", one.value, one.digits), Figure("%", other.value / times, other.digits, other.nearly)
    return agree(a, b) and (abs(a.value - b.value) < 1e-6 * a.value or min(a.digits, b.digits) <= _ROUND)


def _evident(one: Telling, other: Telling) -> bool:
    """Whether the ledes go on in the same words."""
    a, b = gist(one.title, one.lede, one.language), gist(other.title, other.lede, other.language)
    titles = a.title | b.title
    here, there = a.text - titles, b.text - titles
    return len(here & there) >= max(_EVIDENCE, _EVIDENT * min(len(here), len(there)))


# --- what a text says ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _text(title: str, lede: str, language: str) -> _Text:
    title = _clean(title[:MAX_TITLE], language)
    lede = _clean(lede[:MAX_LEDE], language)
    words = tuple(_words(title, language))[:MOST]
    everything = (*words, *_words(lede, language))[:MOST]
    written = [match[0] for match in _WORD.finditer(f"{title} | {lede}")]
    return _Text(
        title=words,
        words=everything,
        known=frozenset(word.text for word in everything),
        small=frozenset(bare(fold(word), language) for word in written if word == word.lower() != word.upper()),
        initials="".join(fold(word[0]) for word in written if not is_stop(fold(word))),
        figures=figures(f"{title} | {lede}", language),
        plain=re.sub(r"\s", "", fold(f"{title}|{lede}")),
    )


def _clean(text: str, language: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    if language in _BY_SIGNS:
        return in_digits(text.lower(), language)
    return _ELIDED.sub("", _GENITIVE.sub("", text))


def _words(text: str, language: str) -> Iterator[_Word]:
    found = [match[0] for match in _WORD.finditer(text)]
    folded = [bare(fold(word), language) for word in found]
    for at, (written, word) in enumerate(zip(found, folded, strict=True)):
        digits = in_digits(written.lower(), language)
        if digits[0].isdigit() and not any(sign.isalpha() for sign in digits):
            yield _Word(re.sub(r"\s", "", digits), frozenset(), number=True)
        elif any(sign.isdigit() for sign in word) or _is_one_of_many(
            written, word, folded[at - 1] if at else "", language
        ):
            yield _Word(word, frozenset(), names=True, sure=True)
        elif language in UNSPACED:
            yield from _unspaced(word, language)
        elif not is_stop(word) and not is_magnitude(written) and (len(word) >= 3 or written.isupper()):
            concepts = first_sense(folded[at : at + 3], language)
            noun = language == "de" and is_common_noun(word, folded[at - 1] if at else "")
            yield _Word(word, concepts, _names(written, concepts) and not noun, sure=bool(concepts))


def _is_one_of_many(written: str, word: str, before: str, language: str) -> bool:
    if CURRENCY.fullmatch(word) and not (before[:1].isdigit() or is_magnitude(before)):
        return True
    return is_of_a_series(word, language) or bool(months("", [(written, word)], language))


def _names(written: str, concepts: frozenset[str]) -> bool:
    if concepts:
        return bool(concepts & _EXCLUSIVE)
    return written != written.lower()  # "easyJet" too


def _unspaced(word: str, language: str) -> Iterator[_Word]:
    """What has a meaning, and what lies between that."""
    if language == "ko":
        concepts = sense([word], word, language).concepts
        named = not concepts and word not in COMMON_PAIRS and not _KOREAN_VERB.search(word)
        yield _Word(word, concepts, named or _names("", concepts))
    elif _HAN.fullmatch(word) is None:
        concepts = sense([word], word, language).concepts
        yield _Word(word, concepts, not concepts or _names("", concepts))
    else:
        yield from _han(word, language)


def _han(run: str, language: str) -> Iterator[_Word]:
    at = start = 0
    while at < len(run):
        day = _IN_SERIES.match(run, at)
        step = (
            len(day[0])
            if day
            else next(
                (size for size in range(min(_LONGEST, len(run) - at), 0, -1) if _meant(run, at, size, language)), 0
            )
        )
        if step:
            if start < at:
                yield _Word(run[start:at], frozenset(), names=True)
            concepts = frozenset() if day else _meant(run, at, step, language)
            yield _Word(run[at : at + step], concepts, day is not None or _names("", concepts))
            start = at + step
        at += step or 1
    if start < at:
        yield _Word(run[start:at], frozenset(), names=True)


def _meant(run: str, at: int, size: int, language: str) -> frozenset[str]:
    return concepts_of(run[at : at + size], language)
