"""Brings events to the core in the order in which they came, also where they can't be stored at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from adapters.discord.answers import FAILED
from adapters.discord.inbound import PLATFORM
from adapters.discord.patience import Sleep, backoff
from bot.errors import StorageError
from bot.events import ChatJoined, Event, ReactionsChanged, ReactionsMissed
from bot.ports import Answer, Dispatch

log = structlog.get_logger()

LAST_RETRY = 30.0
"""Seconds, at most, between two tries to store what can't be stored."""

MOST_WAITING = 50_000
"""Events kept while nothing can be stored. Discord can be asked for the reactions later, and who pressed a button is
told that it didn't count."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: Event
    told: asyncio.Future[Answer | None] | None
    """For who waits for what the core says."""


class Line:
    """Whatever waits goes together, and what comes meanwhile waits for its end: a group is stored at once, so that this
    costs nothing. ``on_stored`` is told of each event once, with what the core says to it."""

    def __init__(
        self,
        dispatch: Dispatch,
        sleep: Sleep,
        tasks: asyncio.TaskGroup,
        on_stored: Callable[[Event, Answer | None], None],
    ) -> None:
        self._dispatch = dispatch
        self._sleep = sleep
        self._tasks = tasks
        self._on_stored = on_stored
        self._waiting: list[_Waiting] = []
        self._moving = False

    def join(self, event: Event) -> None:
        """Stand at the end."""
        self._append(_Waiting(event, None))

    def ask(self, event: Event) -> asyncio.Future[Answer | None]:
        """Stand at the end, at once; what the core says comes once the event is stored. What the core raises, this
        does, but that it couldn't be stored it says only where too much waits."""
        told: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._append(_Waiting(event, told))
        return told

    def _append(self, newcomer: _Waiting) -> None:
        if len(self._waiting) >= MOST_WAITING:
            log.warning("too many events wait to be stored, reactions will be read again", waiting=MOST_WAITING)
            self._shorten()
        self._waiting.append(newcomer)
        if not self._moving:
            self._moving = True
            self._tasks.create_task(self._move(), name="events from Discord")

    def _shorten(self) -> None:
        kept = []
        for one in self._waiting:
            if one.told is not None:
                _tell(one, StorageError(FAILED))
            elif not isinstance(one.event, ReactionsChanged | ReactionsMissed):
                kept.append(one)
        self._waiting = [*kept, _Waiting(ReactionsMissed(PLATFORM), None)]

    async def _move(self) -> None:
        """Until nobody waits."""
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                await self._hand_over(group)
        finally:
            self._moving = False

    async def _hand_over(self, group: Sequence[_Waiting]) -> None:
        """Until all of it is stored: Discord tells each thing once."""
        answers: dict[int, Answer | BaseException | None] = {}
        stored = failures = 0
        while stored < len(group):
            # After a failure one goes ahead.
            end = stored + 1 if failures else _end_of_company(group, stored)
            through = await self._try(group, stored, end, answers)
            stored, failures = through, 0 if through == end else failures + 1
            if failures:
                log.warning("events could not be stored, trying again", waiting=len(group) - stored)
                await self._sleep(min(LAST_RETRY, backoff(failures)))
        for place, one in enumerate(group):
            answer = answers[place]
            _tell(one, answer)
            self._on_stored(one.event, answer if isinstance(answer, Answer) else None)

    async def _try(
        self, group: Sequence[_Waiting], start: int, end: int, answers: dict[int, Answer | BaseException | None]
    ) -> int:
        """The place of the first that was not stored. What comes after it is told again even if it was stored: told
        twice, it changes nothing, but stored before what came first it may have."""
        events = group[start:end]
        results = await asyncio.gather(*(self._dispatch(one.event) for one in events), return_exceptions=True)
        for place, one, result in zip(range(start, end), events, results, strict=True):
            if isinstance(result, StorageError):
                return place
            answers[place] = result
            if isinstance(result, BaseException) and one.told is None:
                log.error("an event failed", event_kind=type(one.event).__name__, exc_info=result)
        return end


def _tell(one: _Waiting, answer: Answer | BaseException | None) -> None:
    if one.told is None or one.told.done():  # who asked may have been cancelled
        return
    if isinstance(answer, BaseException):
        one.told.set_exception(answer)
    else:
        one.told.set_result(answer)


def _end_of_company(group: Sequence[_Waiting], start: int) -> int:
    """Where what goes together from there on ends. Coming into a chat is told alone: the core looks at how the chat
    was before that, and what else is told of it changes it."""
    if isinstance(group[start].event, ChatJoined):
        return start + 1
    places = range(start, len(group))
    return next((place for place in places if isinstance(group[place].event, ChatJoined)), len(group))
