"""Whether a translation says what its source says, as far as that shows without knowing either language (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.text import sendable, visible
from bot.translate.kept import Names, latin_names
from bot.translate.marks import Answered, Part, whole

LONGEST = 8
"""A translation may have so many times the characters of its source (English of Chinese has four times), and"""
MORE = 120
"""so many beside: short texts differ most."""

_WORDS_TO_TELL = 4
"""So many words can't all be the same in two languages."""

_SMALL = 12
"""Numbers up to this are said in words as well as in digits: counts, months, quarters."""

_MYRIADS = "千万萬億亿兆천만억조"
# "1,500.50", "1 350", "1'350", and in parts, each with its magnitude: "26億1000万".
_PLAIN = r"[0-9]{1,3}(?:[ '’\u00a0\u202f][0-9]{3})+(?![0-9])(?:[.,][0-9]+)?|[0-9]+(?:[.,][0-9]+)*"
_PART = r"[0-9]+(?:[.,][0-9]+)*"
_NUMBER = re.compile(rf"(?:{_PLAIN})(?:[{_MYRIADS}](?:\s?{_PART}(?=[{_MYRIADS}])|{_PART}))*")
_MAGNITUDE = re.compile(
    rf"[{_MYRIADS}]|[\s\u00a0\u202f-]?(?:[kmbt](?![a-z])|thousand|tausend|tsd|mil|mln|mio|mn|mrd|mld|md|bil|bln|bn|tril|trn"
    r"|tn|duiz|bin(?![a-z])|тыс|млн|милл|млрд|трлн|трилл|հազ|մլն|մլրդ|միլ|տրիլ)",
    re.IGNORECASE,
)
_MEASURED = re.compile(r"\s?[%％‰]")
_OF_CJK = re.compile(r"\s?[\u3041-\u9fff가-힣]")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class _Number:
    digits: str
    magnitude: bool
    """A word or sign follows that multiplies it."""
    small: bool
    """It may as well be said in words."""
    of_cjk: bool
    """A word of Chinese, Japanese or Korean follows: the months and quarters of others are words."""


def clean(text: str) -> str:
    """A provider's words as they may stand in a card: one line, nothing invisible, nothing that turns text around."""
    return sendable(unicodedata.normalize("NFC", text), one_line=True).strip()


def fault(parts: Sequence[Part], answered: Answered | None, source: str, target: str, names: Names) -> str | None:
    """What is wrong with a translation of this text, for the log; None: nothing that can be seen."""
    if answered is None:
        return "a part that must stay is lost"
    before = whole(parts)
    if not visible(answered.text):
        return "nothing can be seen of it"
    if len(answered.text) > LONGEST * len(before) + MORE:
        return "it is too long"
    if _comes_back(before, answered.text):
        return "it is the source itself"
    if not numbers_agree("".join(" " if part.kept else part.text for part in parts), answered.rest):
        return "its numbers differ"
    lost = _lost_name(before, answered.text, source, target, names)
    return f"a name is lost ({lost})" if lost else None


def _comes_back(before: str, after: str) -> bool:
    return len(set(_WORD.findall(before))) >= _WORDS_TO_TELL and before.casefold() == after.casefold()


def _lost_name(before: str, after: str, source: str, target: str, names: Names) -> str | None:
    """A name that stands in the translation neither as it was nor as its language is known to write it."""
    told = [(written, topic) for written, topic in latin_names(before, source, names)]
    if not told:
        return None
    folded = after.casefold()
    known = {topic for _, topic in names(after, target, False)}
    return next((topic for written, topic in told if written.casefold() not in folded and topic not in known), None)


def numbers_agree(before: str, after: str) -> bool:
    """Whether every number of the source stands in the translation, however it is grouped or magnified, and none that
    is new: small counts apart, which some languages write in words and others in digits."""
    left, found = _numbers(before), _numbers(after)
    for alike in (_is_equal, _is_magnified):
        for number in list(left):
            match = next((other for other in found if alike(number, other)), None)
            if match is not None:
                left.remove(number)
                found.remove(match)
    return all(number.small and number.of_cjk for number in left) and all(number.small for number in found)


def _is_equal(one: _Number, other: _Number) -> bool:
    return one.digits == other.digits


def _is_magnified(one: _Number, other: _Number) -> bool:
    return (one.magnitude or other.magnitude) and one.digits.rstrip("0") == other.digits.rstrip("0")


def _numbers(text: str) -> list[_Number]:
    text = unicodedata.normalize("NFKC", text)
    found = []
    for match in _NUMBER.finditer(text):
        digits = _digits(match[0])
        plain = match[0].isdigit() and not _MEASURED.match(text, match.end()) and len(match[0]) < 3
        found.append(
            _Number(
                digits,
                magnitude=_MAGNITUDE.match(text, match.end()) is not None or not set(match[0]).isdisjoint(_MYRIADS),
                small=plain and int(match[0]) <= _SMALL,
                of_cjk=_OF_CJK.match(text, match.end()) is not None,
            )
        )
    return found


def _digits(written: str) -> str:
    """Of a number in parts, those after the first have four digits: "1億500万" is 1 0500 0000."""
    first, *others = re.split(f"[{_MYRIADS}]", written)
    parts = [_only_digits(first), *(_only_digits(part).rjust(4, "0") for part in others)]
    return "".join(parts).lstrip("0") or "0"


def _only_digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
