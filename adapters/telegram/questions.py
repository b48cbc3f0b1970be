"""Lets commands and presses of menus wait for their answers, chat by chat, out of the way of the votes.

Their answers ask Telegram things and wait for their turn to be sent. Votes must not wait for that, and no chat for
another one; within a chat the order stays, because the second command may build on the first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from adapters.telegram.inbound import Heard
from bot.events import ButtonPressed, ChoicesWanted, CommandInvoked, Event
from bot.model import ChatRef

log = structlog.get_logger()

MOST_WAITING = 8
"""In a chat. Whoever asks as the ninth has an answer to wait for that is later than they look for it."""

_VOTES = "v:"

Question: TypeAlias = CommandInvoked | ChoicesWanted | ButtonPressed


def question(event: Event) -> Question | None:
    """The event if it only asks something; None if it carries a fact, which must be durable before all else."""
    if isinstance(event, ButtonPressed):
        return None if event.button.startswith(_VOTES) else event
    return event if isinstance(event, CommandInvoked | ChoicesWanted) else None


class Questions:
    """A line of waiting events a chat, each with one task for as long as it has any."""

    def __init__(self, answer: Callable[[Heard], Awaitable[None]]) -> None:
        """``answer`` never raises."""
        self._answer = answer
        self._lines: dict[str, deque[Heard]] = {}

    def put(self, heard: Heard, asked: Question, tasks: asyncio.TaskGroup) -> bool:
        """False when it won't be answered: the same is waiting already, or too much is."""
        chat = _chat(asked)
        line = self._lines.get(chat.id)
        if line is None:
            line = self._lines[chat.id] = deque()
            tasks.create_task(self._work(chat.id, line))
        if any(_gist(waiting.event) == _gist(asked) for waiting in line):
            return False
        if len(line) >= MOST_WAITING:
            log.warning("too many questions in a chat, one is dropped", chat=chat.id, event_kind=type(asked).__name__)
            return False
        line.append(heard)
        return True

    async def _work(self, chat_id: str, line: deque[Heard]) -> None:
        try:
            while line:
                await self._answer(line.popleft())
        finally:
            del self._lines[chat_id]


def _chat(asked: Question) -> ChatRef:
    return asked.message.chat if isinstance(asked, ButtonPressed) else asked.chat


def _gist(event: Event) -> tuple[object, ...]:
    """The same for the same wish of the same actor at the same place."""
    match event:
        case CommandInvoked():
            return (event.chat, event.actor.id, event.name, event.text)
        case ButtonPressed():
            return (event.message, event.actor.id, event.button)
        case ChoicesWanted():
            return (event.chat, event.actor.id, event.parameter, event.typed)
    return (event,)
