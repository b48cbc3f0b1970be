"""Lets commands and presses of menus wait for their answers, chat by chat, out of the way of the votes.

Their answers ask Telegram things and wait for their turn to be sent. Votes must not wait for that, and no chat for
another one; within a chat the order stays, because the second command may build on the first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

import structlog

from adapters.telegram.inbound import Heard
from bot.events import ButtonPressed, ChatJoined, CommandInvoked, Event
from bot.model import ChatKind, ChatRef

log = structlog.get_logger()

MOST_OF_ONE = 8
"""By one person in a chat. Whoever asks a ninth time has an answer to wait for that is later than they look for it."""
MOST_WAITING = 24
"""In a chat, so that it takes more than one person to leave no place for another."""

_VOTES = "v:"

Question: TypeAlias = CommandInvoked | ButtonPressed | ChatJoined


def question(event: Event) -> Question | None:
    """The event if it only asks something; None if it carries a fact, which must be durable before all else.

    A person's ``/start`` asks too: who gets no answer to it sends it again.
    """
    match event:
        case CommandInvoked() | ChatJoined(kind=ChatKind.PRIVATE):
            return event
        case ButtonPressed(button=button) if not button.startswith(_VOTES):
            return event
    return None


class _Wish(NamedTuple):
    """What is the same for the same wish of the same person at the same place."""

    actor: str
    content: tuple[object, ...]


class _Waiting(NamedTuple):
    heard: Heard
    wish: _Wish


class Questions:
    """A line of waiting events a chat, each with one task for as long as it has any."""

    def __init__(self, answer: Callable[[Heard], Awaitable[None]]) -> None:
        """``answer`` never raises."""
        self._answer = answer
        self._lines: dict[str, deque[_Waiting]] = {}

    def put(self, heard: Heard, asked: Question, tasks: asyncio.TaskGroup) -> bool:
        """False when it won't be answered: it repeats what was asked last, or too much is waiting."""
        chat, wish = _chat(asked), _wish(asked)
        line = self._lines.get(chat.id)
        if line is None:
            line = self._lines[chat.id] = deque()
            tasks.create_task(self._work(chat.id, line))
        # Only the newest: between two that are the same, another one may have undone what the first did.
        if line and line[-1].wish == wish:
            return False
        if len(line) >= MOST_WAITING or sum(waiting.wish.actor == wish.actor for waiting in line) >= MOST_OF_ONE:
            log.warning("too many questions in a chat, one is dropped", chat=chat.id, event_kind=type(asked).__name__)
            return False
        line.append(_Waiting(heard, wish))
        return True

    async def _work(self, chat_id: str, line: deque[_Waiting]) -> None:
        try:
            while line:
                await self._answer(line.popleft().heard)
        finally:
            del self._lines[chat_id]


def _chat(asked: Question) -> ChatRef:
    return asked.message.chat if isinstance(asked, ButtonPressed) else asked.chat


def _wish(asked: Question) -> _Wish:
    match asked:
        case CommandInvoked():
            return _Wish(asked.actor.id, (asked.chat, asked.name, asked.text))
        case ButtonPressed():
            return _Wish(asked.actor.id, (asked.message, asked.button))
        case ChatJoined():
            return _Wish(asked.actor.id if asked.actor else "", (asked.chat,))
