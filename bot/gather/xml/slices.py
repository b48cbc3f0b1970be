"""The text of a feed → its items as they are written, so that those that were read before aren't read again (pure).

Nothing here understands XML: who reads what remains has to find as many items in it as were left, or the whole is read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.gather.identity import address_key
from bot.gather.links import absolute_address
from bot.gather.text import unescape

_BEGINNING = re.compile(r"<((?:[\w.-]+:)?(?:item|entry))(?=[\s>])", re.IGNORECASE)
_ROOM = frozenset(" \t\r\n>")
_GUID = re.compile(r"<(?:[gG][uU])?[iI][dD]\b[^<>]*>\s*(?:<!\[CDATA\[)?([^<]*)")
_ABOUT = re.compile(r"""<[^<>]*?\babout\s*=\s*["']([^"'<>]*)["']""", re.IGNORECASE)
_LINK = re.compile(r"<link>\s*(?:<!\[CDATA\[)?([^<]*)", re.IGNORECASE)
# What the items have from the feed around them: another base or language gives other entries.
_TAGS = re.compile(r"<(?:[\w.-]+:)?(?:rss|rdf|feed|channel)\b[^<>]*>", re.IGNORECASE)
_LANGUAGE = re.compile(r"<(?:dc:)?language\b[^<>]*>[^<>]*", re.IGNORECASE)

HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Slices:
    """A feed without the items that are known."""

    text: str
    raw_hashes: tuple[str, ...]
    """Of the items that are left, in their order."""
    unchanged: tuple[str, ...]
    """Of those that aren't."""
    above: int
    """So many of those that are left stand above all that aren't."""


def sliced(text: str, known: Collection[str], url: str, salt: str, limit: int) -> Slices | None:
    """None where the items don't follow each other plainly."""
    spans = _spans(text, limit)
    if not spans:
        return None
    around = text[: spans[0][0]][:20_000] + text[spans[-1][1] :][:20_000]
    context = "\n".join((salt, url, *_TAGS.findall(around), *_LANGUAGE.findall(around)))
    written = [text[start:end] for start, end in spans]
    hashes = _hashes(written, url, context)
    kept: list[str] = []
    pieces: list[str] = []
    position, above = 0, None
    for (start, end), raw_hash in zip(spans, hashes, strict=True):
        if raw_hash in known:
            pieces.append(text[position:start])
            position = end
            above = len(kept) if above is None else above
        else:
            kept.append(raw_hash)
    unchanged = tuple(dict.fromkeys(raw_hash for raw_hash in hashes if raw_hash in known))
    return Slices("".join((*pieces, text[position:])), tuple(kept), unchanged, len(kept) if above is None else above)


def raw_hash_of(context: str, *parts: str) -> str:
    """Over the parts, each of which counts by itself."""
    hashed = blake2b(context.encode("utf-8", "replace"), digest_size=HASH_BYTES)
    for part in parts:
        encoded = part.encode("utf-8", "replace")
        hashed.update(b"%d:" % len(encoded))
        hashed.update(encoded)
    return hashed.hexdigest()


def together(keys: Sequence[str | None], hashes: Sequence[str]) -> list[str]:
    """The hashes, in which entries that share a name have one: they are told apart by comparing them, so that they are
    read together or not at all. ``keys``: None where the name can't be told; then all are read together."""
    groups: dict[str | None, list[str]] = defaultdict(list)
    alike = None in keys
    for key, one in zip(keys, hashes, strict=True):
        groups[None if alike else key].append(one)
    shared = {key: group[0] if len(group) == 1 else raw_hash_of("", *group) for key, group in groups.items()}
    return [shared[None if alike else key] for key in keys]


def _hashes(written: Sequence[str], url: str, context: str) -> list[str]:
    return together([_key(item, url) for item in written], [raw_hash_of(context, item) for item in written])


def _spans(text: str, limit: int) -> list[tuple[int, int]]:
    first = _BEGINNING.search(text)
    if first is None:
        return []
    opening, closing = f"<{first[1]}", f"</{first[1]}>"
    spans: list[tuple[int, int]] = []
    start = first.start()
    while start >= 0:
        following = text.find(opening, start + 1)
        if text[start + len(opening) : start + len(opening) + 1] in _ROOM:
            end = text.find(closing, start, following if following >= 0 else len(text))
            if end < 0 or len(spans) == limit:
                return []
            spans.append((start, end + len(closing)))
        start = following
    return spans


def _key(item: str, url: str) -> str | None:
    """What the entry is known by (see `identity.identify`), or at least the same for those that share that."""
    names = _GUID.findall(item)
    if len(names) == 1 and (name := _plain(names[0])):
        return f"guid {name}"
    about = _ABOUT.match(item)
    if not names and about is not None and about[1].strip():
        return f"guid {_plain(about[1])}"
    links = _LINK.findall(item) if not names else ()
    address = absolute_address(_plain(links[0]), url) if len(links) == 1 else None
    return f"url {address_key(address) or address}" if address else None


def _plain(written: str) -> str:
    return unescape(written.strip().removesuffix("]]>")).strip()
