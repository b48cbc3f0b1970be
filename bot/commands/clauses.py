"""What can be said beside a language in one command: ``/language fr fallback en translate off``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from bot.commands.request import Handler, Request
from bot.storage import chats
from bot.storage.chats import Chat

Change: TypeAlias = Callable[[Any], object]
"""What is done in storage, with its connection."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for."""

    chat: Chat
    """As it is when that is done."""
    change: Change | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One keyword. Each of its functions gets a request whose words are those that followed it."""

    answer: Handler
    """When nothing else was asked."""
    wish: Callable[[Request], Wish]
    """What the words ask for. Raises CommandError, so that of several none is carried out if one is wrong."""
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


async def settle(request: Request, chat: Chat, changes: Sequence[Change]) -> Request:
    """Carries out all changes, once an event; gives the request about the chat as it is then. ``chat``: as they make
    it."""
    first, _ = await request.once(_carry_out, changes)
    if first:
        return replace(request, chat=chat)
    present = await request.services.database.read(chats.by_id, request.chat.id)
    return replace(request, chat=present or request.chat)


def _carry_out(connection: Any, changes: Sequence[Change]) -> None:
    for change in changes:
        change(connection)
