"""Lets commands and presses of menus be carried out chat by chat, out of the way of the votes.

Carrying out may ask Telegram things. Votes must not wait for that, and no chat for another one; within a chat the order
stays, because the second command may build on the first. Answers are delivered elsewhere: no command waits for them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple, TypeAlias

import structlog

from adapters.telegram.inbound import Heard
from bot.events import ButtonPressed, ChatJoined, CommandInvoked, Event
from bot.model import ChatKind, ChatRef

log = structlog.get_logger()

MOST_OF_ONE = 60
"""By one person in a chat within a minute: nobody who sets a chat up by hand needs as many."""
MINUTE = timedelta(minutes=1)
MOST_WAITING = 240
"""In a chat, where something keeps the first from being carried out; so that it takes more than one person to leave no
place for another."""
MANY_PEOPLE = 1000

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


class Wish(NamedTuple):
    """What is the same for the same wish of the same person at the same place."""

    actor: str
    content: tuple[object, ...]


def wish_of(asked: Question) -> Wish:
    match asked:
        case CommandInvoked():
            return Wish(asked.actor.id, (asked.chat, asked.name, asked.text))
        case ButtonPressed():
            return Wish(asked.actor.id, (asked.message, asked.button))
        case ChatJoined():
            return Wish(asked.actor.id if asked.actor else "", (asked.chat,))


@dataclass(slots=True, eq=False)
class Waiting:
    """A question in its chat's line. It is carried out when it was `kept`, or left out when it could not be."""

    heard: Heard
    wish: Wish
    _decided: asyncio.Event = field(default_factory=asyncio.Event)
    _wanted: bool = False

    def kept(self) -> None:
        """It is durable: carry it out."""
        self._wanted = True
        self._decided.set()

    def withdrawn(self) -> None:
        """It will come again."""
        self._decided.set()

    async def is_wanted(self) -> bool:
        """Once it is known."""
        await self._decided.wait()
        return self._wanted


class Refusal(Enum):
    """Why a question is not carried out."""

    REPEATED = "repeated"
    """It repeats the one before it, which still waits."""
    TOO_MUCH = "too much"
    """Its person begins to ask too much, or too many wait."""
    STILL_TOO_MUCH = "still too much"


@dataclass(slots=True)
class _Person:
    """How much somebody has asked in a chat."""

    times: deque[datetime] = field(default_factory=deque)
    """Within the last minute."""
    shut: bool = False
    """It was too much, and it is not yet over."""


class Questions:
    """A line of waiting events a chat, each with one task for as long as it has any."""

    def __init__(self, carry_out: Callable[[Heard], Awaitable[None]], clock: Callable[[], datetime]) -> None:
        """``carry_out`` never raises."""
        self._carry_out = carry_out
        self._clock = clock
        self._lines: dict[str, deque[Waiting]] = {}
        self._people: dict[tuple[str, str], _Person] = {}

    def put(self, heard: Heard, asked: Question, tasks: asyncio.TaskGroup) -> Waiting | Refusal:
        """Stand in the chat's line; say then whether it is `Waiting.kept`."""
        chat, wish = chat_of(asked), wish_of(asked)
        line = self._lines.get(chat.id, deque())
        # Only the newest: between two that are the same, another one may have undone what the first did.
        if line and line[-1].wish == wish:
            return Refusal.REPEATED
        person = self._person(chat.id, wish.actor)
        if len(line) >= MOST_WAITING or not self._may_ask(person):
            if person.shut:
                return Refusal.STILL_TOO_MUCH
            log.warning("too many questions, some are left out", chat=chat.id, person=wish.actor, waiting=len(line))
            person.shut = True
            return Refusal.TOO_MUCH
        person.times.append(self._clock())
        return self._join(chat.id, Waiting(heard, wish), tasks)

    def take_up(self, heard: Heard, asked: Question, tasks: asyncio.TaskGroup) -> None:
        """One that was put in before a restart."""
        self._join(chat_of(asked).id, Waiting(heard, wish_of(asked)), tasks).kept()

    def _join(self, chat_id: str, waiting: Waiting, tasks: asyncio.TaskGroup) -> Waiting:
        line = self._lines.get(chat_id)
        if line is None:
            line = self._lines[chat_id] = deque()
            tasks.create_task(self._work(chat_id, line))
        line.append(waiting)
        return waiting

    def _may_ask(self, person: _Person) -> bool:
        """Whoever has asked too much is heard again when half of it is a minute ago: told at every question that there
        is room for one more, they would be told at every second one that there is none."""
        now = self._clock()
        while person.times and now - person.times[0] >= MINUTE:
            person.times.popleft()
        if len(person.times) <= MOST_OF_ONE // 2:
            person.shut = False
        return not person.shut and len(person.times) < MOST_OF_ONE

    def _person(self, chat_id: str, actor: str) -> _Person:
        if len(self._people) >= MANY_PEOPLE:
            now = self._clock()
            self._people = {
                key: person for key, person in self._people.items() if person.times and now - person.times[-1] < MINUTE
            }
        return self._people.setdefault((chat_id, actor), _Person())

    async def _work(self, chat_id: str, line: deque[Waiting]) -> None:
        try:
            while line:
                # It stays in its place until it is known whether it is wanted: what repeats it is the same wish.
                if await line[0].is_wanted():
                    await self._carry_out(line.popleft().heard)
                else:
                    line.popleft()
        finally:
            del self._lines[chat_id]


def chat_of(asked: Question) -> ChatRef:
    return asked.message.chat if isinstance(asked, ButtonPressed) else asked.chat
