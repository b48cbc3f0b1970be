"""Packs: which sources a chat gets for one choice, in its language. The rows stand in packs.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

PACKS = ("crypto", "tech", "markets", "world")
"""Names of the packs, in the order in which they are offered."""

READS = 3
"""How many sources a chat reads of a pack."""

FALLBACK = "en"
"""A pack without sources in a language gives those in this one."""


@dataclass(frozen=True, slots=True)
class PackSource:
    """One source of a pack."""

    url: str
    title: str
    """Until the feed has told its own."""
    language: str


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a source that bears on whether a pack reads it."""

    failures: int
    """In a row."""
    ever_ok: bool
    ended: bool

    @property
    def ill(self) -> bool:
        """Whether another source should take its place: it failed twice in a row, or at the very first look."""
        return self.ended or self.failures >= 2 or (self.failures == 1 and not self.ever_ok)


@cache
def load_packs() -> Mapping[tuple[str, str], tuple[PackSource, ...]]:
    """The bundled packs by name and language, read when first asked for."""
    return parse_packs(files("bot.gather").joinpath("packs.toml").read_text("utf-8"))


def parse_packs(text: str) -> Mapping[tuple[str, str], tuple[PackSource, ...]]:
    """Packs from a file such as packs.toml: tables [pack.language] with `sources`, rows of address and title."""
    return {
        (pack, language): tuple(PackSource(row[0], row[1], language) for row in table["sources"])
        for pack, languages in tomllib.loads(text).items()
        for language, table in languages.items()
    }


def sources_of(
    packs: Mapping[tuple[str, str], tuple[PackSource, ...]], pack: str, language: str
) -> tuple[PackSource, ...]:
    """A pack's sources for a language, best first; where there is none in it, those in English."""
    return packs.get((pack, language)) or packs.get((pack, FALLBACK), ())


def followed(addresses: Sequence[str], health: Mapping[str, Health]) -> tuple[str, ...]:
    """Of a pack's sources, best first, those that are to be polled: the first three that are well or untried.

    Those before them that are ill are looked at too, at their back-off, and return when they are well.
    """
    chosen: list[str] = []
    well = 0
    for address in addresses:
        known = health.get(address)
        if known is not None and known.ended:
            continue
        chosen.append(address)
        well += known is None or not known.ill
        if well == READS:
            break
    return tuple(chosen)
