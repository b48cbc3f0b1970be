"""What a provider of translations must be, and what it says that it can do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.translate.marks import Marks


@dataclass(frozen=True, slots=True)
class Pair:
    """From which language into which, in the provider's own codes."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider translates. Languages are primary subtags, as everywhere in the product."""

    pairs: Mapping[tuple[str, str], Pair] = field(default_factory=dict)
    """By source and target."""
    from_any: frozenset[str] = frozenset()
    """Languages into which it translates from every other one, known by the tags that they have here."""

    def pair(self, source: str, target: str) -> Pair | None:
        """How to ask for a translation from one into the other; None: it isn't offered."""
        if source == target:
            return None
        return self.pairs.get((source, target)) or (Pair(source, target) if target in self.from_any else None)


class Provider(Protocol):
    """Someone who translates. Constructed without touching the network; raises TranslationError."""

    @property
    def name(self) -> str:
        """As the settings have it."""
        ...

    @property
    def marks(self) -> Marks:
        """How it is told which parts of a text must stay."""
        ...

    async def offer(self) -> Offer:
        """Ask what it translates; whether the key is accepted shows here at some, at others with the first text."""
        ...

    async def translate(self, texts: Sequence[str], pair: Pair, *, marked: bool) -> Sequence[str]:
        """The texts in the other language, in the same order. ``marked``: they are written with `marks`."""
        ...


_PREFERRED: Mapping[str, tuple[str, ...]] = {
    "en": ("en-us", "en", "en-gb"),
    "pt": ("pt-br", "pb", "pt", "pt-pt"),
    "zh": ("zh-hans", "zh", "zh-cn"),
}
"""Of a language's regions and scripts those first that our own words are in."""


def code_of(language: str, codes: Collection[str]) -> str | None:
    """The provider's code that means one of our languages, in its own spelling; None: it has none."""
    known = {code.lower().replace("_", "-"): code for code in codes}
    return next((known[code] for code in _PREFERRED.get(language, (language,)) if code in known), None)


def language_of(code: str) -> str:
    """The primary subtag of a provider's code."""
    return code.lower().replace("_", "-").split("-", 1)[0]
