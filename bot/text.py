"""Text within the limits of platforms: lengths in UTF-16 units, cuts between whole characters. Pure."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"

# Lone surrogates can't be sent; control characters and turns of direction could change the words around them, and
# Telegram's server takes them out (td/telegram/misc.cpp, clean_input_string).
UNSENDABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_BREAKS = re.compile("[ \t]*[\n\v\f\r\x85]\\s*")
# Not \s: the no-break spaces inside of numbers stay.
_BLANKS = re.compile("[ \t\n\v\f\r\x85]+")

WORD_JOINER = "\u2060"
"""Has no width and allows no break: put into a name or address, it keeps clients from making a link of it."""

# Letters and symbols that show nothing.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_ZWJ = "\u200d"


def units(text: str) -> int:
    """Length in UTF-16 code units: what Telegram counts entities in, and never less than what any server counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def sendable(text: str, *, one_line: bool) -> str:
    """The text without what can't be sent or would break its line."""
    text = UNSENDABLE.sub("", text if one_line else _BREAKS.sub("\n", text))
    if one_line:
        return _BLANKS.sub(" ", text)
    return "\n".join(_BLANKS.sub(" ", line) for line in text.split("\n"))


def visible(text: str) -> bool:
    """Whether anything can be seen of it; platforms refuse a text of which nothing can."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK_LETTERS for char in text)


def shortened(text: str, most: int) -> str:
    """The text, cut to ``most`` units with an ellipsis; between words where that costs little. May be empty."""
    if units(text) <= most:
        return text
    if most < 1:
        return ""
    end = _fitting(text, most - 1)
    space = text.rfind(" ", max(0, end - 24), end)
    if space > 0 and end < len(text) and text[end] != " ":
        end = space
    return text[:end].rstrip() + ELLIPSIS


def _fitting(text: str, most: int) -> int:
    """The last place at which the text can be cut between characters as people see them, within ``most`` units."""
    end = min(len(text), most)
    while (over := units(text[:end]) - most) > 0:
        end -= (over + 1) // 2  # each character taken off frees one unit or two
    while end > 0 and not _breaks(text, end):
        end -= 1
    return end


def _breaks(text: str, place: int) -> bool:
    """Whether a character as people see it ends before ``place`` (of UAX 29, what emoji, accents and Hangul need)."""
    if place >= len(text):
        return True
    before, after = text[place - 1], text[place]
    if _extends(after) or before == _ZWJ:
        return False
    if _regional(before) and _regional(after):
        return _regional_run(text, place) % 2 == 0
    return not (_hangul_lead(before) and _hangul_part(after)) and not (_hangul_part(before) and _hangul_tail(after))


def _extends(char: str) -> bool:
    return (
        unicodedata.combining(char) != 0
        or unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char in "\u200c\u200d\uff9e\uff9f"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _regional_run(text: str, place: int) -> int:
    start = place
    while start > 0 and _regional(text[start - 1]):
        start -= 1
    return place - start


def _hangul_lead(char: str) -> bool:
    return "\u1100" <= char <= "\u115f"


def _hangul_part(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff"


def _hangul_tail(char: str) -> bool:
    return "\u1160" <= char <= "\u11ff"
