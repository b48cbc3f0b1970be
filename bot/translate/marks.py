"""Marks around those parts of a text that a translator must leave as they are, and their way back (pure)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text."""

    text: str
    kept: bool = False
    """It must stand in the translation, once and as it is."""


@dataclass(frozen=True, slots=True)
class Marks:
    """How a provider is told what must stay: by an element around it."""

    tag: str
    attributes: str = ""
    """Of the element, beside the number by which it is found again."""
    escaped: bool = True
    """The text is read as XML or HTML, so that its own signs must be written as such."""
    answers_escaped: bool = True
    """Its answer is written so, too."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A translation, with what it says beside the parts that were kept."""

    text: str
    rest: str


def whole(parts: Sequence[Part]) -> str:
    """The text that the parts make."""
    return "".join(part.text for part in parts)


def marked(parts: Sequence[Part], marks: Marks) -> str:
    """The text with its kept parts marked, each by its place among them."""
    return "".join(_marked(parts, marks))


def _marked(parts: Sequence[Part], marks: Marks) -> Iterator[str]:
    number = 0
    for part in parts:
        text = html.escape(part.text, quote=False) if marks.escaped else part.text
        if part.kept:
            number += 1
            yield f'<{marks.tag} id="{number}"{marks.attributes}>{text}</{marks.tag}>'
        else:
            yield text


def unmarked(answer: str, parts: Sequence[Part], marks: Marks) -> Answered | None:
    """The answer with the kept parts, as they were, in place of their marks. None: one is missing or comes twice.

    What stands between the marks in the answer doesn't matter: a translator may have changed it all the same.
    """
    kept = [part.text for part in parts if part.kept]
    text, rest, end = "", "", 0
    seen: list[int] = []
    for mark in _pattern(marks.tag).finditer(answer):
        between = _read(answer[end : mark.start()], marks)
        number = int(mark[1])
        if not 1 <= number <= len(kept):
            return None
        seen.append(number)
        text += between + kept[number - 1]
        rest += between + " "
        end = mark.end()
    last = _read(answer[end:], marks)
    if sorted(seen) != list(range(1, len(kept) + 1)) or f"</{marks.tag}>" in answer[end:]:
        return None
    return Answered(text + last, rest + last)


def _pattern(tag: str) -> re.Pattern[str]:
    return re.compile(rf"""<{tag}\b[^<>]*?\bid=["']([0-9]{{1,3}})["'][^<>]*?(?:/>|>.*?</{tag}>)""", re.DOTALL)


def _read(text: str, marks: Marks) -> str:
    return html.unescape(text) if marks.answers_escaped else text


def as_it_is(answer: str, parts: Sequence[Part]) -> Answered | None:
    """The answer to a text that was sent without marks. None: a part that must stay is missing, or comes more often."""
    rest = answer
    kept = sorted((part.text for part in parts if part.kept), key=len, reverse=True)
    for text in kept:
        # The longest first, each taken out: "BTC" within "WBTC" doesn't count for either.
        before, found, after = rest.partition(text)
        if not found:
            return None
        rest = f"{before} {after}"
    if any(text in rest for text in kept):
        return None
    return Answered(answer, rest)
