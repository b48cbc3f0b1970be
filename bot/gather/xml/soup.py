"""What hardly is XML → a tree, in one pass, by what feeds and HTML mean by their elements (pure).

Here nothing is an error: an end without a beginning is dropped, a beginning without an end ends where something comes
that can't be in it.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

from bot.gather.xml.mend import ILLEGAL, resolved
from bot.gather.xml.node import ITEMS, VOID, Names, Node, attribute_name, is_known

MAX_DEPTH = 100
"""What is deeper is read as if its elements weren't there."""
MAX_TOKENS = 200_000
"""No more tags are read of one feed; a tag costs microseconds."""
MAX_ATTRIBUTES = 50
_MAX_SPACES = 100

# In a value a sign that begins no tag is a mere sign. What begins one never is within a tag, so that each piece of text
# is looked at once however many tags aren't closed; and nothing is tried twice (possessive).
_SIGN = r"<(?![A-Za-z/!?])"
_INSIDE = rf"""(?:[^<>"']++|"(?:[^"<]|{_SIGN})*+"|'(?:[^'<]|{_SIGN})*+'|{_SIGN})*+"""
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|<[!?][^<>]*(?:>|\Z)"
    rf"|<(?P<end>/?)(?P<name>[A-Za-z_][\w.:-]*+)(?P<inside>{_INSIDE})>"
    r"|<(?P<loose_end>/?)(?P<loose>[A-Za-z_][\w.:-]*+)(?P<rough>[^<>]*)>"
    r"|<(?:/?[A-Za-z_!]|!\[)[^<>]*\Z",  # cut off
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([A-Za-z_][\w.:-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")

_CONTAINERS = frozenset({"rss", "rdf:rdf", "rdf", "feed", "channel"})
_HOLDS_NO_TEXT = _CONTAINERS | ITEMS
_LONG = frozenset(
    {"description", "summary", "content", "content:encoded", "dc:description", "itunes:summary", "tagline"}
)
_SHORT = frozenset({
    "title", "link", "guid", "id", "pubdate", "published", "updated", "issued", "modified", "created", "comments",
    "category", "language", "ttl", "generator", "copyright", "rights", "subtitle", "lastbuilddate", "docs",
})  # fmt: skip
_FIELDS = _LONG | _SHORT
# These are HTML's too: where the long texts stand they end one only if they look like a feed's.
_HTML_TOO = frozenset({"title", "link", "summary", "content", "category", "id", "created", "comments"})
_STRUCTURES = frozenset({"author", "contributor", "source", "image", "enclosure", "skiphours", "skipdays", "textinput"})


def read_soup(text: str, max_items: int) -> Node | None:
    """The root element with at most so many items; None where there is no element at all."""
    return _Soup(max_items).read(ILLEGAL.sub("", text))


class _Soup:
    def __init__(self, max_items: int) -> None:
        self._stack: list[Node] = []
        self._open: Counter[str] = Counter()
        self._defaults: list[str | None] = []
        self._spaces: dict[str, str] = {}
        self._names = Names(None)
        self._known: dict[tuple[str, str | None], str] = {}
        self._field: int | None = None
        """Where in the stack the open text field is: title, description …"""
        self._items_left = max_items

    def read(self, text: str) -> Node | None:
        root: Node | None = None
        position = 0
        for match in islice(_TOKEN.finditer(text), MAX_TOKENS):
            self._text(text, position, match.start())
            position = match.end()
            self._token(match)
            root = root or (self._stack[0] if self._stack else None)
            if self._items_left < 0:
                return root
        self._text(text, position, len(text))
        return root

    def _token(self, match: re.Match[str]) -> None:
        if match["cdata"] is not None:
            self._text(match["cdata"], 0, len(match["cdata"]), verbatim=True)
            return
        name = match["name"] or match["loose"]
        if not name:
            return
        if match["end"] or match["loose_end"]:
            self._end(name)
        else:
            self._start(name, match["inside"] or match["rough"] or "")

    def _text(self, text: str, start: int, end: int, *, verbatim: bool = False) -> None:
        # Blank space between elements means nothing, and what else stands there is stray.
        if start < end and self._stack and self._stack[-1].name not in _HOLDS_NO_TEXT:
            piece = text[start:end]
            self._stack[-1].parts.append(piece if verbatim else resolved(piece))

    def _start(self, written: str, inside: str) -> None:
        if len(self._stack) >= MAX_DEPTH and not written.lower().endswith(tuple(ITEMS)):
            return
        attributes, default = self._attributes(inside)
        if not self._stack:
            self._names = Names(self._uri(written, default))
            self._known.clear()
        name = self._named(written, default)
        self._make_room(name, attributes)
        node = Node(name, attributes)
        self._items_left -= name in ITEMS
        if self._items_left < 0:
            return
        if self._stack:
            self._stack[-1].parts.append(node)
        if not inside.rstrip().endswith("/") and name.rpartition(":")[2] not in VOID:
            self._push(node, default)

    def _make_room(self, name: str, attributes: dict[str, str]) -> None:
        """End what the element that comes can't be in."""
        if name in ITEMS or name == "channel":
            keep = [n for n, node in enumerate(self._stack) if node.name in _CONTAINERS - {name}]
            self._truncate(keep[-1] + 1 if keep else min(len(self._stack), 1))
            return
        if self._field is not None and _ends(self._stack[self._field].name, name, attributes):
            self._truncate(self._field)

    def _end(self, written: str) -> None:
        name = self._named(written, self._defaults[-1] if self._defaults else None)
        if not self._open[name]:
            return
        for place in range(len(self._stack) - 1, 0, -1):
            found = self._stack[place].name
            if found == name:
                self._truncate(place)
                return
            if found in ITEMS and name not in _CONTAINERS:
                return

    def _push(self, node: Node, default: str | None) -> None:
        # Only in an item or in the head: a picture has a title too.
        if node.name in _FIELDS and self._stack and self._stack[-1].name in _HOLDS_NO_TEXT:
            self._field = len(self._stack)
        self._stack.append(node)
        self._defaults.append(default)
        self._open[node.name] += 1

    def _truncate(self, length: int) -> None:
        if self._field is not None and length <= self._field:
            self._field = None
        for node in self._stack[length:]:
            self._open[node.name] -= 1
        del self._stack[length:]
        del self._defaults[length:]

    def _attributes(self, inside: str) -> tuple[dict[str, str], str | None]:
        """And the address that names without a prefix are bound to from here on."""
        default = self._defaults[-1] if self._defaults else None
        attributes: dict[str, str] = {}
        for match in islice(_ATTRIBUTE.finditer(inside), MAX_ATTRIBUTES):
            name, value = match[1], resolved(match[2] or match[3] or match[4] or "")
            if name == "xmlns":
                default = value
            elif name.startswith("xmlns:"):
                if len(self._spaces) < _MAX_SPACES:
                    self._spaces[name[6:].lower()] = value
            else:
                attributes.setdefault(attribute_name(name), value)
        return attributes, default

    def _uri(self, written: str, default: str | None) -> str | None:
        prefix, _, _ = written.rpartition(":")
        return self._spaces.get(prefix.lower()) if prefix else default

    def _named(self, written: str, default: str | None) -> str:
        prefix, _, local = written.rpartition(":")
        uri = self._uri(written, default)
        name = self._known.get((written, uri))
        if name is None:
            name = self._known[written, uri] = self._names.of(uri, prefix or None, local)
        return name


def _ends(field: str, name: str, attributes: dict[str, str]) -> bool:
    """Whether a field that is still open ends where such an element comes."""
    prefix = name.rpartition(":")[0]
    if prefix:
        return is_known(prefix) and prefix != "xhtml"
    if field in _LONG and name in _HTML_TOO:
        return name in {"title", "link"} and not attributes
    return name in _FIELDS or name in _STRUCTURES
