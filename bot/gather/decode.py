"""Bytes → text: the encoding is found by what the bytes are before what anyone says of them (pure)."""

from __future__ import annotations

import codecs
import re

from bot.gather.guess import guessed
from bot.gather.language import declared_language

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE | re.ASCII)
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""", re.IGNORECASE)
_META = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)

# What these names are used for is the larger Windows code page; the standard ones leave holes in it.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
          "euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs"}  # fmt: skip
_NOT_TEXT = {"base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "idna", "punycode", "undefined",
             "unicode_escape", "raw_unicode_escape", "utf-7", "mbcs", "oem"}  # fmt: skip
_LANGUAGE = re.compile(
    rb"""(?:<(?:dc:)?language[^<>]*>|xml:lang\s*=\s*["']|"language"\s*:\s*")\s*([\w-]+)""", re.IGNORECASE
)


def decode(body: bytes, content_type: str) -> str:
    """The text of an XML, JSON or HTML document; whatever can't be decoded becomes U+FFFD."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    wide = _wide(body)
    if wide is not None:
        return body.decode(wide, "replace")
    named = _named(body, content_type)
    # Valid UTF-8 beyond ASCII is nearly never anything else, whatever the header says. Bytes that are all ASCII may be
    # an encoding with escapes (ISO-2022-JP).
    if b"\x1b$" in body and "iso2022_jp" not in named:
        named.append("iso2022_jp")
    if b"\x1b" not in body or not named:
        text = _utf8(body)
        if text is not None:
            return text
    for encoding in named:
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, ValueError):
            continue
    return body.decode(_likeliest(body, named), "replace")


def _likeliest(body: bytes, named: list[str]) -> str:
    if _mostly_utf8(body):
        return "utf-8"
    if named:
        return named[0]
    said = _LANGUAGE.search(body[:20_000])
    return guessed(body, declared_language(said[1].decode("ascii", "replace")) if said else None) or "cp1252"


def _utf8(body: bytes) -> str | None:
    """The text if it is UTF-8, a character cut off at the end aside."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return None
    whole = body.isascii() or not text.isascii()
    return text if whole else None


def _wide(body: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: the first character of a document is ASCII."""
    head = body[:4]
    if len(head) == 4 and head[0] and head[1:] == b"\0\0\0":
        return "utf-32-le"
    if len(head) == 4 and head[:3] == b"\0\0\0":
        return "utf-32-be"
    if len(head) >= 2 and head[0] and not head[1]:
        return "utf-16-le"
    if len(head) >= 2 and not head[0] and head[1]:
        return "utf-16-be"
    return None


def _named(body: bytes, content_type: str) -> list[str]:
    header = _CHARSET.search(content_type)
    inside = _DECLARED.search(body[:1024]) or _META.search(body[:4096])
    names = [header[1]] if header else []
    names += [inside[1].decode("ascii", "replace")] if inside else []
    return [encoding for name in names if (encoding := _usable(name))]


def _usable(name: str) -> str | None:
    try:
        encoding = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    # A document that could be read thus far isn't in a wide encoding, whatever it declares.
    if encoding in _NOT_TEXT or encoding.startswith(("utf-16", "utf-32", "utf-8")):
        return None
    return _MEANT.get(encoding, encoding)


def _mostly_utf8(body: bytes) -> bool:
    """Whether a few broken bytes (a cut-off end, one bad field) are all that keeps it from being UTF-8."""
    decoded = body.decode("utf-8", "replace")
    broken = decoded.count("\ufffd")
    beyond_ascii = sum(1 for _ in re.finditer(r"[^\x00-\x7f\ufffd]", decoded))
    return beyond_ascii > broken
