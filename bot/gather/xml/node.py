"""An element of a feed by the name that it has in any feed: prefixes, namespaces and case make no difference (pure)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_NODES = 200_000
"""No more elements are read of one feed."""

# What these are called here. Compared without scheme, case and the sign at the end, for feeds misspell all three.
_PREFIXES = {
    "purl.org/dc/elements/1.1": "dc",
    "purl.org/dc/elements/1.0": "dc",
    "purl.org/dc/terms": "dcterms",
    "purl.org/rss/1.0/modules/content": "content",
    "purl.org/rss/1.0/modules/syndication": "sy",
    "search.yahoo.com/mrss": "media",
    "www.rssboard.org/media-rss": "media",
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "www.itunes.com/dtd/podcast-1.0.dtd": "itunes",
    "www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "www.w3.org/1999/xhtml": "xhtml",
    "www.w3.org/2005/atom": "atom",
    "purl.org/atom/ns": "atom",
}
_OWN = {"purl.org/rss/1.0", "my.netscape.com/rdf/simple/0.9", "channel.netscape.com/rdf/simple/0.9"}
_KNOWN = frozenset(_PREFIXES.values())

ITEMS = frozenset({"item", "entry"})
VOID = frozenset({"br", "hr", "img", "wbr", "input", "area", "col", "embed", "param", "track"})
"""Elements of HTML that are never closed."""

# What stands between 80 and 9F is Windows' punctuation, by whatever mistake it came there.
_C1 = re.compile("[\x80-\x9f]")


@dataclass(slots=True)
class Node:
    """An element: its name (``title``, ``dc:date``), attributes in small letters, and what is in it in its order."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    parts: list[Node | str] = field(default_factory=list)

    @property
    def children(self) -> Iterator[Node]:
        return (part for part in self.parts if not isinstance(part, str))

    @property
    def has_children(self) -> bool:
        return any(not isinstance(part, str) for part in self.parts)

    @property
    def text(self) -> str:
        """The text directly in it."""
        return windows("".join(part for part in self.parts if isinstance(part, str)))

    def markup(self) -> str:
        """What is in it, as HTML."""
        return "".join(_markup(part) for part in self.parts)


class Names:
    """The names of one feed's elements."""

    def __init__(self, root_uri: str | None) -> None:
        bare = _bare(root_uri or "")
        self._own = {*_OWN, bare} if _PREFIXES.get(bare) != "rdf" else _OWN

    def of(self, uri: str | None, prefix: str | None, local: str) -> str:
        """``prefix`` None: none is written."""
        local = local.lower()
        bare = _bare(uri or "")
        if bare in self._own:
            return local
        known = _PREFIXES.get(bare)
        if known is not None:
            return f"{known}:{local}"
        # A prefix bound to nothing, or to an address that nobody knows, is taken for what it is called.
        return f"{prefix.lower()}:{local}" if prefix else local


def attribute_name(name: str) -> str:
    """``base`` and ``lang`` of XML keep their prefix; of others the local name is enough."""
    prefix, _, local = name.rpartition("}" if name.startswith("{") else ":")
    local = local.lower()
    return f"xml:{local}" if prefix == "xml" or prefix.endswith("/XML/1998/namespace") else local


def windows(text: str) -> str:
    """With Windows' punctuation in place of control characters."""
    if not _C1.search(text):
        return text
    return _C1.sub(lambda match: match[0].encode("latin-1").decode("cp1252", "ignore"), text)


def is_known(prefix: str) -> bool:
    return prefix in _KNOWN


def _bare(uri: str) -> str:
    return re.sub(r"^https?://", "", uri.strip().lower()).rstrip("/#")


def _markup(part: Node | str) -> str:
    if isinstance(part, str):
        return html.escape(windows(part), quote=False)
    name = part.name.rpartition(":")[2]
    attributes = "".join(f' {key}="{html.escape(value)}"' for key, value in part.attributes.items() if ":" not in key)
    end = "" if name in VOID else f"</{name}>"
    return f"<{name}{attributes}>{part.markup()}{end}"
