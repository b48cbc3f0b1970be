"""Clues: keys under which the stories that may tell the same as an entry can be found (pure).

"a:" is an address of the entry itself, in whichever language; "o:" one that it links to, or its own; "n:" how a name
sounds; "#:" a figure; "t:" a topic; "c:" two concepts that its title speaks of; "w:" a word of its language. The surest
come first: whoever keeps only so many keeps those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations, islice
from urllib.parse import urlsplit

from bot.gather.figures import Figure
from bot.gather.gist import Gist, gist
from bot.gather.identity import address_key, digest
from bot.gather.skeleton import firm, skeleton

MOST = 40
MAX_KEY = 128

_ADDRESSES, _NAMES, _FIGURES, _WORDS, _PAIRS, _TOPICS = 6, 12, 6, 12, 8, 3

_BROAD = frozenset({"crypto"})
"""Topics of which a whole press writes: they recognise nothing."""

# Pages that everybody links to, whatever the news is.
_GENERIC = re.compile(
    r"/(?:tags?|topics?|category|categories|authors?|coins?|currenc(?:y|ies)|tokens?|prices?|quotes?|symbols?|markets?"
    r"|charts?|search|contact|status|subscribe|newsletters?|podcasts?|profile|stocks?|users?)(?:/|$)",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"(?:^|\.)(?:t\.me|telegram\.me|facebook\.com|instagram\.com|linkedin\.com|tiktok\.com|whatsapp\.com)$"
)
_LONG_SLUG = 16


def clues(
    title: str,
    lede: str,
    url: str | None,
    outbound: Sequence[str],
    alternates: Iterable[tuple[str, str]],
    language: str,
    topics: Sequence[str] = (),
) -> tuple[str, ...]:
    """At most ``MOST`` keys, none twice."""
    read = gist(title, lede, language)
    own = address_key(url)
    keys = [*_addresses(own, outbound, alternates)]
    keys += [f"t:{topic}" for topic in topics if topic not in _BROAD][:_TOPICS]
    keys += islice(_names(read), _NAMES)
    keys += islice(_figures(read.figures), _FIGURES)
    keys += islice(_concepts(read), _PAIRS)
    keys += [f"w:{language}:{stem}" for stem in _rarest(read, language)[:_WORDS]]
    return tuple(dict.fromkeys(map(_short, keys)))[:MOST]


def specific(url: str) -> bool:
    """Whether an address is of one page about one thing: no home page, no page of prices, no topic's page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    segments = [segment for segment in parts.path.split("/") if segment]
    if not segments or _GENERIC.search(parts.path) or _SOCIAL.search(parts.hostname or ""):
        return False
    last = segments[-1]
    telling = any(sign.isdigit() for sign in last + parts.query) or len(last) >= _LONG_SLUG or len(segments) > 2
    return telling or (len(segments) > 1 and "-" in parts.path)


def _addresses(own: str | None, outbound: Sequence[str], alternates: Iterable[tuple[str, str]]) -> list[str]:
    keys = [f"a:{own}", f"o:{own}"] if own else []
    site = own.split("/")[0] if own else None
    for _, address in islice(alternates, 20):
        key = address_key(address)
        if key and key != own and specific(address) and len(keys) < _ADDRESSES:
            keys.append(f"a:{key}")
    for address in outbound[:20]:
        key = address_key(address)
        if key and key.split("/")[0] != site and specific(address) and len(keys) < 2 * _ADDRESSES:
            keys.append(f"o:{key}")
    return keys


def _names(read: Gist) -> Iterable[str]:
    for name in read.names:
        sound = skeleton(name)
        if len(sound) >= 3:
            yield f"n:{firm(sound) if len(firm(sound)) >= 3 else sound}"


def _figures(figures: Sequence[Figure]) -> Iterable[str]:
    for figure in figures:
        if figure.digits > 1 or figure.unit == "%" or figure.value >= 1000:
            yield f"#:{'%' if figure.unit == '%' else ''}{figure.value:.2g}"


def _concepts(read: Gist) -> Iterable[str]:
    about = sorted(concept.lstrip("+-=") for concept in read.title_concepts if not concept.startswith("!"))
    for one, other in combinations(about, 2):
        yield f"c:{one}+{other}"


def _rarest(read: Gist, language: str) -> list[str]:
    """Long words are rarer than short ones; what stands in the title tells more."""
    return sorted(read.text, key=lambda stem: (stem not in read.title, -len(stem), stem))


def _short(key: str) -> str:
    if len(key) <= MAX_KEY and len(key.encode("utf-8", "replace")) <= 2 * MAX_KEY:
        return key
    return f"{key[:2]}{digest(key)}"
