"""Which parts of a text must stay as they are in its translation: links, tickers, handles, names of products (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from bot.translate.marks import Part

Names: TypeAlias = Callable[[str, str, bool], Sequence[tuple[str, str]]]
"""The coins and companies that a text in a language names: as they are written there, and under which name they are
known. True: only those that it surely means. gather, which has the table of them, passes it in."""

LATIN = frozenset({"en", "de", "es", "fr", "it", "nl", "pt", "tr"})
"""In these, names in Latin letters stay as they are. Into other languages a translator may write them as people there
know them, and it is looked afterwards whether they are still told."""

MOST = 100
"""Parts of one text; beyond them it is taken for something else than news."""

# What a word is made of, as far as names in Latin letters go: between Chinese characters they stand without blanks.
_LETTER = "[0-9A-Za-zÀ-ɏ_]"
_START, _END = f"(?<!{_LETTER})", f"(?!{_LETTER})"
_TOP = "com|org|net|io|ai|app|dev|xyz|gov|edu|info|finance|eth|sol"
_EXCHANGES = "NASDAQ|NYSE|AMEX|LSE|TSX|ASX|HKEX|HKG|KRX|KOSDAQ|TSE|TYO|XETRA|FRA|EPA|AMS|BME|BIT|BVMF|B3|MOEX|BIST"

_KEPT = (
    # Addresses, without the signs of the sentence around them.
    r"https?://[^\s<>]*[^\s<>.,;:!?)\]\"'»”’。、）」]",
    rf"{_START}www\.[^\s<>]*[^\s<>.,;:!?)\]\"'»”’。、）」]",
    rf"{_START}[\w.+-]{{1,64}}@(?:[\w-]{{1,63}}\.){{1,4}}[A-Za-z]{{2,24}}{_END}",
    rf"{_START}(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,4}}(?:{_TOP}){_END}(?:/[^\s<>.,;:!?)\]\"'»”’]+)?",
    rf"{_START}@[A-Za-z0-9_]{{1,40}}{_END}",
    r"(?<![\w&/])#(?=\w*[^\W\d_])\w{1,60}",
    rf"(?<![\w$])\$[A-Za-z][A-Za-z0-9]{{0,9}}{_END}",
    rf"{_START}[A-Z0-9]{{2,10}}/[A-Z]{{3,5}}{_END}",
    rf"{_START}(?:{_EXCHANGES}):\s?[A-Z0-9.]{{0,5}}[A-Z0-9]{_END}",
    # Products: a capital within the word (iPhone, OpenAI), or a number at a name (H100, GPT-5); quarters are neither.
    rf"{_START}(?!Ma?c[A-Z])[A-Za-z0-9]{{0,20}}[a-z][A-Z][A-Za-z0-9]{{0,20}}{_END}",
    rf"{_START}(?!(?:Q[1-4]|H[12]|FY[0-9]+){_END})(?:[A-Z]{{1,6}}-|[A-Z][A-Za-z]{{0,20}})[0-9]{{1,6}}[A-Za-z]{{0,3}}{_END}",
)
_NUMBER = rf"{_START}(?:[$€£¥₩₽₺₹]\s?)?[0-9]+(?:[.,'’\u00a0\u202f][0-9]+)*(?:\s?[%‰])?"
_IS_LATIN = re.compile(r"[\sA-Za-zÀ-ɏ0-9.,&'’-]+")
_ALWAYS = re.compile("|".join(_KEPT))


def parts_of(text: str, source: str, target: str, names: Names, *, strictly: bool) -> tuple[Part, ...]:
    """The text in parts. ``strictly``: numbers stay too, and names even in another script, where a translator that was
    free to write them as its language does has lost some."""
    written = _written(text, source, target, names, strictly=strictly)
    pattern = _with(written, strictly=strictly) if written or strictly else _ALWAYS
    return tuple(_cut(text, pattern))


def latin_names(text: str, source: str, names: Names) -> Sequence[tuple[str, str]]:
    """The names in Latin letters that the text surely tells of: as written, and under which name they are known."""
    return [(written, topic) for written, topic in names(text, source, True) if _IS_LATIN.fullmatch(written)]


def _written(text: str, source: str, target: str, names: Names, *, strictly: bool) -> list[str]:
    told = [written for written, _ in latin_names(text, source, names) if strictly or target in LATIN]
    # A ticker is one in every script, and in doubt too; where everything is in capitals, they say nothing.
    codes = [] if text == text.upper() else [written for written, _ in names(text, source, False) if _is_code(written)]
    return [*told, *codes]


def _is_code(written: str) -> bool:
    return len(written) > 1 and written.isascii() and written.isupper()


def _with(written: Sequence[str], *, strictly: bool) -> re.Pattern[str]:
    longest_first = sorted(set(written), key=len, reverse=True)
    names = [f"{_START}{re.escape(name)}{_END}" for name in longest_first]
    return re.compile("|".join([*_KEPT, *names, *([_NUMBER] if strictly else [])]))


def _cut(text: str, pattern: re.Pattern[str]) -> Iterator[Part]:
    end = 0
    for number, found in enumerate(pattern.finditer(text)):
        if number >= MOST:
            break
        if found.start() > end:
            yield Part(text[end : found.start()])
        yield Part(found[0], kept=True)
        end = found.end()
    if end < len(text):
        yield Part(text[end:])
