"""The names that topics.toml knows topics by, as an index a language (pure)."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

MAX_CHARACTERS = 1000
"""Of a text only so much is read: a title and a lede."""

KINDS = ("coin", "company", "theme")

_FIELDS = {"kind", "codes", "any", "with", "unless"}
_LANGUAGE = re.compile(r"[a-z]{2,3}")
"""Any other column is that of a language, by its primary subtag."""

# One script a word: Korean and Japanese write "BTC가" and "BTC価格" without a space between.
WORD = re.compile(
    r"[0-9A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ\u0300-\u036f]+|[\u0400-\u052f]+|[\u0531-\u0588]+|[\uac00-\ud7a3]+"
    r"|[\u3005\u3041-\u30fa\u30fc-\u30ff\u3400-\u9fff]+"
)
UNSPACED = re.compile(r"[\u3005\u3041-\u30ff\u3400-\u9fff]")
HANGUL = re.compile(r"[\uac00-\ud7a3]")
# Marks of emphasis and question stand inside Armenian words, soft hyphens inside any.
_INSIDE = re.compile("[\u055a-\u055f\u00ad\u200b-\u200d]")

_NO_ACCENTS = {
    code: base
    for code in range(0xC0, 0x250)
    if (base := unicodedata.normalize("NFKD", chr(code))[0]).isascii() and base.isalpha()
} | {0x131: "i", 0x307: None, 0xF8: "o", 0x142: "l"}


class TableFault(ValueError):
    """A topic table can't be used; says where and why."""


@dataclass(frozen=True, slots=True)
class Name:
    """One way to write something."""

    label: str
    """A topic, or what bears one out ("+" and "@") or speaks against it ("-"); empty: a trap."""
    words: tuple[str, ...]
    shapes: tuple[str, ...]
    """As the table writes them: a capital must be one, and a word all in capitals be just so."""
    open: tuple[bool, ...]
    """Which words may go on: endings differ."""
    weak: bool
    code: bool

    size: tuple[int, int]
    """Words, then letters: the longest name wins."""


@dataclass(slots=True)
class Index:
    """Everything that may be found in texts of one language."""

    whole: dict[str, list[Name]] = field(default_factory=lambda: defaultdict(list))
    begun: dict[str, list[Name]] = field(default_factory=lambda: defaultdict(list))
    """By their first three letters, two in Hangul."""
    unspaced: dict[str, list[Name]] = field(default_factory=lambda: defaultdict(list))
    """By their first two signs."""
    codes: set[str] = field(default_factory=set)


class Table:
    """The topics that there are. Raises TableFault for rows that can't be meant."""

    def __init__(self, rows: Mapping[str, Any]) -> None:
        self._context: Mapping[str, Mapping[str, Sequence[str]]] = rows.get("context", {})
        self._traps: Mapping[str, Sequence[str]] = rows.get("traps", {})
        self._topics = {name: row for name, row in rows.items() if name not in {"context", "traps"}}
        for name, row in self._topics.items():
            _check(name, row)
        self.kinds: Mapping[str, str] = {name: row["kind"] for name, row in self._topics.items()}
        columns = (key for row in (*self._topics.values(), *self._context.values(), self._traps) for key in row)
        self._languages = {key for key in columns if key not in _FIELDS}
        self._indices: dict[str, Index] = {}

    def index(self, language: str) -> Index:
        """Made when first asked for. A text in another language than ours may still hold names and codes."""
        known = language if language in self._languages else "en"
        if known not in self._indices:
            self._indices[known] = _indexed(self._names(known))
        return self._indices[known]

    def _names(self, language: str) -> Iterator[Name]:
        for name, row in self._topics.items():
            for written in (*row.get("any", ()), *row.get(language, ())):
                yield _name(name, written)
            for written in row.get("codes", ()):
                yield _name(name, written, code=True)
            yield from (_name(f"+{name}", written) for written in row.get("with", ()))
            yield from (_name(f"-{name}", written) for written in row.get("unless", ()))
        for kind, words in self._context.items():
            yield from (_name(f"@{kind}", written) for written in (*words.get("any", ()), *words.get(language, ())))
        yield from (_name("", written) for written in (*self._traps.get("any", ()), *self._traps.get(language, ())))


@cache
def load_table(own: str | None = None) -> Table:
    """The bundled table, with the rows of an operator's own in place of those of the same name. Raises TableFault."""
    rows = tomllib.loads(files("bot.gather").joinpath("topics.toml").read_text("utf-8"))
    if own is not None:
        try:
            rows |= tomllib.loads(Path(own).read_text("utf-8"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise TableFault(f"{Path(own).name[:60]!r} can't be read: {reason}"[:300].replace("\n", " ")) from error
    return Table(rows)


def _check(name: str, row: Any) -> None:
    if not isinstance(row, dict) or row.get("kind") not in KINDS:
        raise TableFault(f"[{name}]: kind is none of {', '.join(KINDS)}")
    if unknown := sorted(key for key in set(row) - _FIELDS if not _LANGUAGE.fullmatch(key)):
        raise TableFault(f"[{name}]: unknown key {unknown[0]}")
    for key, words in row.items():
        if key != "kind" and not _are_names(words):
            raise TableFault(f"[{name}] {key}: not a list of names")
    if len(name) > 64:
        raise TableFault(f"[{name}]: longer than 64 characters")


def _are_names(words: Any) -> bool:
    return isinstance(words, list) and all(isinstance(word, str) and WORD.search(plain(word)) for word in words)


def _name(label: str, written: str, *, code: bool = False) -> Name:
    bare = plain(written.removesuffix("?"))
    words = list(WORD.finditer(bare))
    return Name(
        label,
        tuple(fold(word[0]) for word in words),
        tuple(word[0] for word in words),
        open=tuple(bare.startswith("*", word.end()) for word in words),
        weak=written.endswith("?"),
        code=code,
        size=(len(words), sum(len(word[0]) for word in words)),
    )


def _indexed(names: Iterable[Name]) -> Index:
    index = Index()
    for name in names:
        first = name.words[0]
        if name.code:
            index.codes.add(name.shapes[0])
        if UNSPACED.match(first):
            index.unspaced[first[:2]].append(name)
        elif HANGUL.match(first) or name.open[0]:
            index.begun[_begin(first)].append(name)
        else:
            index.whole[first].append(name)
    for shelf in (index.whole, index.begun, index.unspaced):
        for several in shelf.values():
            several.sort(key=lambda name: name.size, reverse=True)
        shelf.default_factory = None  # type: ignore[attr-defined]  # looked up, it must not grow any more
    return index


def _begin(word: str) -> str:
    return word[: 2 if HANGUL.match(word) else 3]


# --- words -----------------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    text = text[:MAX_CHARACTERS]
    return text if text.isascii() else _INSIDE.sub("", unicodedata.normalize("NFKC", text))[:MAX_CHARACTERS]


def fold(word: str) -> str:
    """Without case, accents on Latin letters and the dots that Turkish puts on an I or leaves off."""
    return word.casefold().translate(_NO_ACCENTS) or word  # it may be an accent alone
