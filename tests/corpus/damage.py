"""What a damage is: a name, what it does at which stage, and where it makes sense."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.corpus.drafts import Draft, Format

Shape = Callable[[Draft], None]
"""Changes the markup of parts, and what they should still say."""
Text = Callable[[Draft, str], str]
"""Changes the written feed."""
Bytes = Callable[[Draft, str], bytes]
"""Turns the text into bytes."""

XML = frozenset({"rss", "rdf", "atom"})
RSS = frozenset({"rss", "rdf"})
ANY = XML | {"json"}


class Unfit(Exception):
    """This damage can't be done to this feed."""


@dataclass(frozen=True)
class Damage:
    """One way in which feeds are broken, or only unusual."""

    name: str
    kind: str
    """Two of one kind are never done to the same feed."""
    shape: Shape | None = None
    text: Text | None = None
    encode: Bytes | None = None
    families: frozenset[str] = XML
    formats: frozenset[str] = frozenset()
    """Empty: all of the families."""
    languages: frozenset[str] = frozenset()
    """Empty: all."""
    unsure: str = ""
    """Why one could expect something else."""

    def fits(self, form: Format, language: str) -> bool:
        return (
            form.family in self.families
            and (not self.formats or form.name in self.formats)
            and (not self.languages or language in self.languages)
        )


def needs(condition: object) -> None:
    if not condition:
        raise Unfit


def names(*words: str) -> frozenset[str]:
    return frozenset(words)
