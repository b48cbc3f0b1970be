"""What can be said beside a language in one command: ``/language fr fallback en translate off``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.commands.request import Handler, Request

Wish: TypeAlias = Callable[[Request], Awaitable[Request]]
"""Carries out what was asked for; gives the request about the chat as it is then."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One keyword. Each of its functions gets a request whose words are those that followed it."""

    answer: Handler
    """When nothing else was asked."""
    wish: Callable[[Request], Wish]
    """What the words ask for. Raises CommandError, so that of several clauses none is carried out if one is wrong."""
    told: Callable[[Request], str]
    """In a sentence, what holds now."""


def understood(words: str, keywords: Collection[str]) -> tuple[str, Mapping[str, str]]:
    """The words before the first keyword, and those after each: of ``fr fallback en``, ``fr`` and ``fallback``: ``en``.
    What is said last holds."""
    before: list[str] = []
    clauses: dict[str, list[str]] = {}
    following = before
    for word in words.split():
        keyword = word.casefold()
        if keyword in keywords:
            following = clauses[keyword] = []
        else:
            following.append(word)
    return " ".join(before), {keyword: " ".join(rest) for keyword, rest in clauses.items()}
