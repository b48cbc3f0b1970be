"""Addresses in feeds: made absolute, and found in pieces of HTML (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from bot.gather.text import fold, unescape

MAX_URL = 4096
MAX_OUTBOUND = 20
"""Of the addresses that a text links to, so many are kept: lists of hundreds of links tell nothing."""

# No "<" within a tag: text of unclosed tags alone would be read to its end again for each of them.
_IMG = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\b[^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


def absolute_address(address: Any, base: str) -> str | None:
    """An http or https address, relative to ``base`` where it is relative; None for anything else."""
    address = "".join(str(address or "").split("\n")).strip()
    if not address or len(address) > MAX_URL:
        return None
    try:
        whole = urljoin(base, address) if "://" not in address[:10] else address
        parts = urlsplit(whole)
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
            return None
    except ValueError:
        return None
    return fold(whole).replace(" ", "%20")


_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def spelled_path(path: str) -> str:
    """One spelling of a path: what needs no escape has none, what needs one has it in capitals."""

    def plain(match: re.Match[str]) -> str:
        sign = chr(int(match[1], 16))
        return sign if _UNRESERVED.fullmatch(sign) else match[0].upper()

    return quote(_ESCAPE.sub(plain, path), safe="/%?=&;:@!$'()*+,-._~[]|")


def images_in(markup: str) -> Iterator[str]:
    """Addresses of the pictures in a piece of HTML, without those that only count readers."""
    for tag in islice(_IMG.finditer(markup), 5):
        attributes = _attributes(tag[0])
        tiny = any(attributes.get(side, "") in {"0", "1", "1px", "0px"} for side in ("width", "height"))
        if not tiny and attributes.get("src"):
            yield attributes["src"]


def links_in(markup: str) -> Iterator[str]:
    """Addresses that a piece of HTML links to, as they are written."""
    for tag in islice(_ANCHOR.finditer(markup), MAX_OUTBOUND * 5):
        target = _attributes(tag[0]).get("href", "").strip()
        if target and not target.startswith("#"):
            yield target


def outbound_links(bodies: list[str], base: str, own: str | None) -> tuple[str, ...]:
    """Where an entry's texts link to, absolute, each once and in their order; not to itself."""
    found: dict[str, None] = {}
    for target in (target for markup in bodies for target in links_in(markup)):
        address = absolute_address(target, base)
        if address is not None and address != own:
            found.setdefault(address)
        if len(found) == MAX_OUTBOUND:
            break
    return tuple(found)


def _attributes(tag: str) -> dict[str, str]:
    found = islice(_ATTRIBUTE.finditer(tag[: MAX_URL * 2]), 50)
    return {match[1].lower(): unescape(match[2] or match[3] or match[4] or "") for match in found}
