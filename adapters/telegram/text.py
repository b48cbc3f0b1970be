"""Text as Telegram takes it: lengths in UTF-16 units, cuts between whole characters, nothing that links by itself."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

ELLIPSIS = "…"
MAX_URL = 2048

# Lone surrogates can't be sent. The direction marks are taken out by the server (td/telegram/misc.cpp,
# clean_input_string) or could turn the words around them.
_UNSENDABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_BREAKS = re.compile("[ \t]*[\n\v\f\r\x85]\\s*")
# Not \s: the no-break spaces inside of numbers stay.
_BLANKS = re.compile("[ \t\n\v\f\r\x85]+")

# Letters and symbols that show nothing.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_ZWJ = "\u200d"
_WORD_JOINER = "\u2060"

_MENTION = re.compile("@(?=[A-Za-z0-9_])")
_COMMAND = re.compile(r"(?<![\w/<>@])/(?=[A-Za-z0-9_])")
_SCHEME = re.compile(r"(?<=\w):(?=//)")
_DOMAIN = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")


def units(text: str) -> int:
    """Length in UTF-16 code units, in which Telegram counts the places of entities."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def sendable(text: str, *, one_line: bool) -> str:
    """The text without what Telegram strips, so that the places of entities hold."""
    text = _UNSENDABLE.sub("", text if one_line else _BREAKS.sub("\n", text))
    if one_line:
        return _BLANKS.sub(" ", text)
    return "\n".join(_BLANKS.sub(" ", line) for line in text.split("\n"))


def inert(text: str, *, commands: bool) -> str:
    """The same words, in which clients find no mention, address or (``commands``) command to make a link of.

    The bot's server makes links of them in every text, whatever the entities. A word joiner has no width and no break.
    """
    text = _MENTION.sub("@" + _WORD_JOINER, text)
    text = _SCHEME.sub(_WORD_JOINER + ":", text)
    text = _DOMAIN.sub(_WORD_JOINER + ".", text)
    return _COMMAND.sub("/" + _WORD_JOINER, text) if commands else text


def visible(text: str) -> bool:
    """Whether anything can be seen of it; Telegram refuses a text of which nothing can."""
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
    room, end = most, 0
    for place, char in enumerate(text):
        room -= 1 + (char > "\uffff")
        if room < 0:
            break
        if _breaks(text, place + 1):
            end = place + 1
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


def linkable(url: str | None) -> str | None:
    """The address as Telegram accepts it in a link or button, or None (td/telegram/LinkManager.cpp, check_link)."""
    if not url:
        return None
    link = re.sub(r"\s", "%20", url.strip())
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    fine = (
        parts.scheme in ("http", "https")
        and port != 0
        and len(link.encode(errors="replace")) <= MAX_URL
        and not _UNSENDABLE.search(link)
        and _reachable_host(host, parts.netloc)
    )
    return link if fine else None


def _reachable_host(host: str, authority: str) -> bool:
    if "[" in authority or "]" in authority:
        try:
            return bool(ipaddress.IPv6Address(host))
        except ValueError:
            return False
    # No user name: it can pass for the host.
    return "." in host.strip(".") and re.fullmatch(r"[\w.-]+", host) is not None and "@" not in authority
