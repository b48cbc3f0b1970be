"""One text, asked of one provider: what must stay is marked, the answer is checked, and what went wrong tried once more
in another way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.errors import NotTranslated
from bot.model import Phrase
from bot.translate.faithful import clean, fault
from bot.translate.kept import Names, parts_of
from bot.translate.marks import Answered, Marks, Part, as_it_is, marked, unmarked, whole
from bot.translate.providers import Pair, Provider

MAX_ANSWER = 20_000
"""Characters; no more of an answer is looked at. (A text has a thousand.)"""


@dataclass(frozen=True, slots=True)
class Text:
    """What is translated of a story; several stories may say the same."""

    source: str
    target: str
    title: str
    lede: str

    @property
    def hash(self) -> str:
        """What it is known by, whatever it is translated into."""
        return hashlib.sha256(f"{self.source}\0{self.title}\0{self.lede}".encode()).hexdigest()

    @property
    def strings(self) -> tuple[str, ...]:
        """What there is to translate: the title first."""
        return (self.title, self.lede) if self.lede else (self.title,)

    @property
    def characters(self) -> int:
        """What it costs, at those who count them."""
        return len(self.title) + len(self.lede)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A way to ask for a text, or what came of it."""

    parts: Sequence[Sequence[Part]]
    with_marks: bool
    answered: Sequence[Answered | None] = ()
    """What came back of each string; None: without all that must stay."""
    fault: str | None = None
    """What is wrong with that; None: nothing that can be seen."""

    @property
    def strings(self) -> Sequence[str]:
        """The translations, once there is nothing wrong with them."""
        return [one.text for one in self.answered if one is not None]


def first_attempt(text: Text, names: Names) -> Attempt:
    """Marks what must stay and leaves the translator the rest."""
    return Attempt(_parts(text, names, strictly=False), with_marks=True)


def second_attempt(text: Text, names: Names, first: Attempt) -> Attempt:
    """What was lost with marks may stay without; where marks held and something else was lost, that is marked too."""
    if None in first.answered:
        return Attempt(first.parts, with_marks=False)
    return Attempt(_parts(text, names, strictly=True), with_marks=True)


def _parts(text: Text, names: Names, *, strictly: bool) -> list[tuple[Part, ...]]:
    return [parts_of(string, text.source, text.target, names, strictly=strictly) for string in text.strings]


async def ask(provider: Provider, pair: Pair, text: Text, attempt: Attempt, names: Names) -> Attempt:
    """The attempt with what came of it. Raises TranslationError."""
    with_marks = attempt.with_marks and any(part.kept for parts in attempt.parts for part in parts)
    marks = provider.marks if with_marks else None
    sent = [whole(parts) if marks is None else marked(parts, marks) for parts in attempt.parts]
    came = await provider.translate(sent, pair, marked=with_marks)
    if any(len(answer) > MAX_ANSWER for answer in came):
        raise NotTranslated(Phrase("It answered with something that I don't understand."))
    # Off the loop: the first look at the names of a language makes an index of them.
    return await asyncio.to_thread(judged, attempt, came, text, marks, names)


def judged(attempt: Attempt, came: Sequence[str], text: Text, marks: Marks | None, names: Names) -> Attempt:
    """The attempt with these answers, and what is wrong with them (pure)."""
    answered = [_read(answer, parts, marks) for answer, parts in zip(came, attempt.parts, strict=True)]
    faults = (
        fault(parts, one, text.source, text.target, names) for one, parts in zip(answered, attempt.parts, strict=True)
    )
    return replace(attempt, answered=answered, fault=next((one for one in faults if one is not None), None))


def _read(answer: str, parts: Sequence[Part], marks: Marks | None) -> Answered | None:
    found = as_it_is(answer, parts) if marks is None else unmarked(answer, parts, marks)
    return found and replace(found, text=clean(found.text))
