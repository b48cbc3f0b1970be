"""Text as Discord takes it: lengths, cuts between whole characters, and words in which it finds no markup."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

ELLIPSIS = "…"

# Lone surrogates can't be sent; control characters and turns of direction could change the words around them.
_UNSENDABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_BREAKS = re.compile("[ \t]*[\n\v\f\r\x85]\\s*")
# Not \s: the no-break spaces inside of numbers stay.
_BLANKS = re.compile("[ \t\n\v\f\r\x85]+")

# Letters and symbols that show nothing.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_ZWJ = "\u200d"
_WORD_JOINER = "\u2060"

# Anywhere: emphasis, code, spoilers, masked links, and "<", which begins mentions, emoji, times and addresses.
_MARKUP = re.compile(r"[\\*_`\[<]|~(?=~)|(?<=~)~|\|(?=\|)|(?<=\|)\|")
# At the start of a line: headings, small print, quotations, lists.
_LINE_START = re.compile(r"^([ \t]*)(#{1,3}|-#|>{1,3}|[-+•])(?=\s)", re.MULTILINE)
_NUMBERED = re.compile(r"^([ \t]*\d+)([.)])(?=\s)", re.MULTILINE)
_ADDRESS = re.compile(r"(?<=[A-Za-z])://")
_EVERYONE = re.compile("@(?=everyone|here)")
# All that could end a masked link's address early or begin something else in it.
_UNSAFE_IN_URL = re.compile(r"[\s()<>\"\\`|{}^]")


def units(text: str) -> int:
    """Length in UTF-16 code units: never less than what a server counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def sendable(text: str, *, one_line: bool) -> str:
    """The text without what can't be sent or would break its line."""
    text = _UNSENDABLE.sub("", text if one_line else _BREAKS.sub("\n", text))
    if one_line:
        return _BLANKS.sub(" ", text)
    return "\n".join(_BLANKS.sub(" ", line) for line in text.split("\n"))


def escaped(text: str, *, line_start: bool) -> str:
    """Markdown that shows exactly these words: nothing in it is markup, a mention or a link.

    ``line_start``: whether it stands at the start of a line, where more means something.
    """
    text = _MARKUP.sub(r"\\\g<0>", text)
    text = _ADDRESS.sub(r"\\://", text)
    text = _EVERYONE.sub("@" + _WORD_JOINER, text)
    head, newline, rest = ("", "", text) if line_start else text.partition("\n")
    rest = _LINE_START.sub(r"\1\\\2", rest)
    rest = _NUMBERED.sub(r"\1\\\2", rest)
    return head + newline + rest


def code(text: str) -> str:
    """Inline code; nothing can be escaped in it, so its own mark is exchanged."""
    words = text.replace("`", "'").strip()
    return f"`{words}`" if words else ""


def unbracketed(text: str) -> str:
    """The words with round brackets for square ones, which end the text of a masked link."""
    return text.replace("[", "(").replace("]", ")")


def visible(text: str) -> bool:
    """Whether anything can be seen of it; Discord refuses a text of which nothing can."""
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
    while end > 0 and not _ends(text, end):
        end -= 1
    return end


def _ends(text: str, place: int) -> bool:
    """Whether a character as people see it ends before ``place``: of UAX 29 what emoji, accents and Hangul need."""
    if place >= len(text):
        return True
    before, after = text[place - 1], text[place]
    if _extends(after) or before == _ZWJ:
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        run = place
        while run > 0 and _is_flag_half(text[run - 1]):
            run -= 1
        return (place - run) % 2 == 0
    return not ("\u1100" <= before <= "\u11ff" and "\u1100" <= after <= "\u11ff")


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char in "\u200c\u200d\uff9e\uff9f"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def linkable(url: str | None, most: int) -> str | None:
    """The http(s) address, percent-encoded as far as markup needs it, or None when it can't be linked."""
    if not url:
        return None
    address = _UNSAFE_IN_URL.sub(lambda unsafe: quote(unsafe[0]), _UNSENDABLE.sub("", url.strip()))
    try:
        parts = urlsplit(address)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    # No user name: it can pass for the host.
    return address if fine and "@" not in parts.netloc and units(address) <= most else None
