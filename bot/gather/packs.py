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


@cache
def load_packs() -> Packs:
    """The bundled packs, read when first asked for."""
    return parse_packs(files("bot.gather").joinpath("packs.toml").read_text("utf-8"))


def parse_packs(text: str) -> Packs:
    """Packs from a file such as packs.toml: tables [pack.language] with `sources`, rows of address, title and, where
    the source writes of everything, ``{ topics = […] }``."""
    return {
        (pack, language): tuple(_row(language, *row) for row in table["sources"])
        for pack, languages in tomllib.loads(text).items()
        for language, table in languages.items()
    }


def _row(language: str, url: str, title: str, options: Mapping[str, Any] | None = None) -> PackSource:
    return PackSource(url, title, language, **{name: tuple(value) for name, value in (options or {}).items()})


def sources_of(packs: Packs, pack: str, languages: Sequence[str]) -> list[tuple[PackSource, ...]]:
    """A pack's sources in each of a chat's languages that has some, best first; its own language comes first."""
    return [rows for language in languages if (rows := packs.get((pack, language), ()))]


def read_of(in_languages: Sequence[Sequence[str]], standing: Mapping[str, Standing]) -> tuple[str, ...]:
    """Of a pack's sources in each language, best first, those that are to be looked at.

    In a language these are the first three that are well or untried, and those before them that aren't: they return to
    their places when they are well. The next language is read where all of one are lost.
    """
    chosen: dict[str, None] = {}
    for addresses in in_languages:
        well = 0
        for address in addresses:
            its = standing.get(address, Standing.WELL)
            if its is Standing.ENDED:
                continue
            chosen[address] = None
            well += its is Standing.WELL
            if well == READS:
                break
        if any(standing.get(address, Standing.WELL) in {Standing.WELL, Standing.AWAY} for address in addresses):
            break
    return tuple(chosen)


def topics_of(row: PackSource, kinds: Mapping[str, str]) -> tuple[str, ...]:
    """The topics that a row wants, each by its name; empty: all. ``kinds``: of all topics."""
    topics: dict[str, None] = {}
    for topic in row.topics:
        kind = topic.removeprefix(ALL_OF)
        topics |= dict.fromkeys([topic] if kind == topic else [name for name, its in kinds.items() if its == kind])
    return tuple(topics)
