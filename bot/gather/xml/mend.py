"""Text of XML with the commonest damage → what a strict parser takes; and what references mean (pure)."""

from __future__ import annotations

import html.entities
import re
from functools import lru_cache

# Not allowed in XML at all; one of them makes a strict parser give up.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_FLAGS = re.DOTALL | re.IGNORECASE
_NAME = r"#\d{1,40}|#x[0-9a-f]{1,40}|\w{2,31}"
# A pair of surrogates is one character, told by publishers who count in UTF-16.
_REFERENCE = re.compile(
    rf"&\#(?:5[56]\d{{3}}|xd[89ab][0-9a-f]{{2}});&\#(?:5[67]\d{{3}}|xd[c-f][0-9a-f]{{2}});|&(?:{_NAME});", _FLAGS
)
_BARE = re.compile(rf"&(?!(?:{_NAME});)", _FLAGS)
# What has its own rules ends with the text where its end is missing.
_VERBATIM = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))", re.DOTALL)
_XML_NAMES = {"amp", "lt", "gt", "quot", "apos"}


def mend(text: str) -> str:
    """Without forbidden characters; bare ampersands and HTML's names of characters become what XML knows."""
    text = ILLEGAL.sub("", text)
    if "&" not in text:
        return text
    pieces = _VERBATIM.split(text)
    pieces[::2] = [_REFERENCE.sub(_mended, _BARE.sub("&amp;", piece)) for piece in pieces[::2]]
    return "".join(pieces)


_SECTION, _SECTION_END = "<![CDATA[", "]]>"
# The end of an item where the next or the end of the list follows: in an article's own text hardly so.
_ITEM_END = re.compile(
    r"</((?:[\w.-]+:)?(?:item|entry))\s*>(?=\s*(?:<\1[\s>]|</(?:channel|feed|rss|(?:\w+:)?rdf)\b|\Z))", re.IGNORECASE
)
_OPENED = re.compile(r"<([A-Za-z_][\w.:-]*)[^<>]*>\s*\Z")


def with_sections_closed(text: str) -> str:
    """A CDATA section without an end ends with its element: else all up to the end of the next one would be in it."""
    if text.count(_SECTION) == text.count(_SECTION_END):
        return text
    pieces: list[str] = []
    done = position = item_end = end = 0
    while (start := text.find(_SECTION, position)) >= 0:
        if 0 <= item_end < start:
            ends = _ITEM_END.search(text, start)
            item_end = ends.start() if ends else -1
        if item_end < 0:
            break
        if 0 <= end < start:
            end = text.find(_SECTION_END, start)
        opened = _OPENED.search(text, max(0, start - 200), start)
        following = text.find(_SECTION, start + 1, max(end, start))
        in_another = following >= 0 and _OPENED.search(text, max(start, following - 200), following) is not None
        limit = min(following, item_end) if in_another else item_end
        closing = text.find(f"</{opened[1]}", start, limit) if opened else -1
        if 0 <= end < item_end and (not in_another or closing < 0):
            position = end
            continue
        position = closing if closing >= 0 else item_end
        pieces += text[done:position], _SECTION_END
        done = position
    return "".join((*pieces, text[done:]))


def resolved(text: str) -> str:
    """The text with its references replaced by what they stand for; those that mean nothing stay as they are."""
    return _REFERENCE.sub(_resolved, text) if "&" in text else text


def _mended(match: re.Match[str]) -> str:
    return _in_xml(match[0])


def _resolved(match: re.Match[str]) -> str:
    return _meant(match[0])


@lru_cache(4096)
def _in_xml(reference: str) -> str:
    if reference[1:-1] in _XML_NAMES:
        return reference
    meant = _meant(reference)
    if meant == reference:
        return f"&amp;{reference[1:]}"
    return "".join(f"&#{ord(character)};" for character in meant)


@lru_cache(4096)
def _meant(reference: str) -> str:
    """Nothing for a character that can't be; itself for what is no reference."""
    name = reference[1:-1]
    if "&" in name:
        high, low = (_number(digits) for digits in name.replace(";&", "").split("#")[1:])
        return _pair(high, low)
    if name.startswith("#"):
        return _character(_number(name[1:]))
    return html.entities.html5.get(f"{name};", reference)


def _pair(high: int, low: int) -> str:
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
    return _character(high) + _character(low)


def _number(digits: str) -> int:
    """0 for a number so long that there can be no such character."""
    base = 16 if digits[0] in "xX" else 10
    digits = digits.lstrip("xX").lstrip("0")
    return int(digits, base) if 0 < len(digits) <= 8 else 0


def _character(code: int) -> str:
    if not 0 < code <= 0x10FFFF:
        return ""
    return ILLEGAL.sub("", chr(code))
