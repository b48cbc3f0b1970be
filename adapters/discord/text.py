"""Words in which Discord finds no markup, and addresses as it links them."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from bot.text import UNSENDABLE, WORD_JOINER, units

# Anywhere: emphasis, code, spoilers, masked links, and "<", which begins mentions, emoji, times and addresses.
_MARKUP = re.compile(r"[\\*_`\[<]|~(?=~)|(?<=~)~|\|(?=\|)|(?<=\|)\|")
# At the start of a line: headings, small print, quotations, lists.
_LINE_START = re.compile(r"^([ \t]*)(#{1,3}|-#|>{1,3}|[-+•])(?=\s)", re.MULTILINE)
_NUMBERED = re.compile(r"^([ \t]*\d+)([.)])(?=\s)", re.MULTILINE)
_ADDRESS = re.compile(r"(?<=[A-Za-z])://")
_EVERYONE = re.compile("@(?=everyone|here)")
# All that could end a masked link's address early or begin something else in it.
_UNSAFE_IN_URL = re.compile(r"[\s()<>\"\\`|{}^]")


def escaped(text: str, *, line_start: bool) -> str:
    """Markdown that shows exactly these words: nothing in it is markup, a mention or a link.

    ``line_start``: whether it stands at the start of a line, where more means something.
    """
    text = _MARKUP.sub(r"\\\g<0>", text)
    text = _ADDRESS.sub(r"\\://", text)
    text = _EVERYONE.sub("@" + WORD_JOINER, text)
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


def linkable(url: str | None, most: int) -> str | None:
    """The http(s) address, percent-encoded as far as markup needs it, or None when it can't be linked."""
    if not url:
        return None
    address = _UNSAFE_IN_URL.sub(lambda unsafe: quote(unsafe[0]), UNSENDABLE.sub("", url.strip()))
    try:
        parts = urlsplit(address)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    # No user name: it can pass for the host.
    return address if fine and "@" not in parts.netloc and units(address) <= most else None
