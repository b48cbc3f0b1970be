"""Packs: which sources a chat gets for one choice, in its languages. The rows stand in packs.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

PACKS = ("crypto", "tech", "markets", "world")
"""Names of the packs, in the order in which they are offered."""

READS = 3
"""How many sources a chat reads of a pack."""

ALL_OF = "all:"
"""In the topics of a row: every topic of a kind, such as ``all:coin``."""


@dataclass(frozen=True, slots=True)
class PackSource:
    """One source of a pack."""

    url: str
    title: str
    """Until the feed has told its own."""
    language: str
    topics: tuple[str, ...] = ()
    """It writes of everything: only stories about one of these are taken; none: all are. Names in the topic table, or
    its kinds (`ALL_OF`)."""


Packs: TypeAlias = Mapping[tuple[str, str], tuple[PackSource, ...]]
"""By the name of the pack and the language."""


class Standing(Enum):
    """How a source does, as far as it matters to who reads it."""

    WELL = "well"
    """Or not looked at yet."""
    AWAY = "away"
    """Others of its language stand in for it."""
    LOST = "lost"
    """It is away for good, as far as can be told: where all are, those of another language stand in."""
    ENDED = "ended"
    """It is never looked at again."""


_THERE = frozenset({Standing.WELL, Standing.AWAY})


@cache
def load_packs() -> Packs:
    """The bundled packs, read when first asked for."""
    return parse_packs(files("bot.gather").joinpath("packs.toml").read_text("utf-8"))


def parse_packs(text: str) -> Packs:
    """Packs from a file such as packs.toml, which tells how it is written."""
    return {
        (pack, language): _rows(language, **table)
        for pack, languages in tomllib.loads(text).items()
        for language, table in languages.items()
    }


def _rows(language: str, sources: Sequence[Sequence[Any]], topics: Sequence[str] = ()) -> tuple[PackSource, ...]:
    return tuple(_row(language, topics, *row) for row in sources)


def _row(
    language: str, usual: Sequence[str], url: str, title: str, options: Mapping[str, Any] | None = None
) -> PackSource:
    values = {"topics": usual, **(options or {})}
    return PackSource(url, title, language, **{name: tuple(value) for name, value in values.items()})


def sources_of(packs: Packs, pack: str, languages: Sequence[str]) -> list[tuple[PackSource, ...]]:
    """A pack's sources in each of a chat's languages that has some, best first; its own language comes first."""
    return [rows for language in languages if (rows := packs.get((pack, language), ()))]


def read_of(in_languages: Sequence[Sequence[PackSource]], standing: Mapping[str, Standing]) -> tuple[PackSource, ...]:
    """Of a pack's sources in each language, best first, those that are to be looked at. ``standing``: by address.

    In a language these are the first three that are well or untried, and those before them that aren't: they return to
    their places when they are well. The next language is read where all of one are lost. Sources of everything give
    what there is, but are no press of its own: they count for nothing.
    """
    chosen: dict[str, PackSource] = {}
    for rows in in_languages:
        well = 0
        for row in rows:
            its = standing.get(row.url, Standing.WELL)
            if its is Standing.ENDED:
                continue
            chosen.setdefault(row.url, row)
            well += its is Standing.WELL and not row.topics
            if well == READS:
                break
        if any(standing.get(row.url, Standing.WELL) in _THERE for row in rows if not row.topics):
            break
    return tuple(chosen.values())


def topics_of(row: PackSource, kinds: Mapping[str, str]) -> tuple[str, ...]:
    """The topics that a row wants, each by its name; empty: all. ``kinds``: of all topics."""
    topics: dict[str, None] = {}
    for topic in row.topics:
        kind = topic.removeprefix(ALL_OF)
        topics |= dict.fromkeys([topic] if kind == topic else [name for name, its in kinds.items() if its == kind])
    return tuple(topics)
