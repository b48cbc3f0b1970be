"""Brings events to the core in the order in which they came, also where they can't be stored at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from adapters.discord.inbound import PLATFORM
from adapters.discord.patience import Sleep, backoff
from bot.errors import StorageError
from bot.events import ChatJoined, Event, ReactionsChanged, ReactionsMissed
from bot.ports import Answer, Dispatch

log = structlog.get_logger()

LAST_RETRY = 30.0
"""Seconds, at most, between two tries to store what can't be stored."""

MOST_WAITING = 50_000
"""Events kept while nothing can be stored. Discord can be asked for the reactions later."""


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
        self._waiting: list[Event] = []
        self._moving = False

    def join(self, event: Event) -> None:
        """Stand at the end."""
        if len(self._waiting) >= MOST_WAITING:
            log.warning("too many events wait to be stored, reactions will be read again", waiting=MOST_WAITING)
            kept = [one for one in self._waiting if not isinstance(one, ReactionsChanged | ReactionsMissed)]
            self._waiting = [*kept, ReactionsMissed(PLATFORM)]
        self._waiting.append(event)
        if not self._moving:
            self._moving = True
            self._tasks.create_task(self._move(), name="events from Discord")

    async def _move(self) -> None:
        """Until nobody waits."""
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                await self._hand_over(group)
        finally:
            self._moving = False

    async def _hand_over(self, group: Sequence[Event]) -> None:
        """Until all of it is stored: Discord tells each thing once."""
        answers: dict[int, Answer] = {}
        stored = failures = 0
        while stored < len(group):
            # After a failure one goes ahead.
            end = stored + 1 if failures else _end_of_company(group, stored)
            through = await self._try(group, stored, end, answers)
            stored, failures = through, 0 if through == end else failures + 1
            if failures:
                log.warning("events could not be stored, trying again", waiting=len(group) - stored)
                await self._sleep(min(LAST_RETRY, backoff(failures)))
        for place, event in enumerate(group):
            self._on_stored(event, answers.get(place))

    async def _try(self, group: Sequence[Event], start: int, end: int, answers: dict[int, Answer]) -> int:
        """The place of the first that was not stored. What comes after it is told again even if it was stored: told
        twice, it changes nothing, but stored before what came first it may have."""
        events = group[start:end]
        results = await asyncio.gather(*(self._dispatch(event) for event in events), return_exceptions=True)
        for place, event, result in zip(range(start, end), events, results, strict=True):
            if isinstance(result, StorageError):
                return place
            if isinstance(result, Answer):
                answers[place] = result
            elif isinstance(result, BaseException):
                log.error("an event failed", event_kind=type(event).__name__, exc_info=result)
        return end


def _end_of_company(group: Sequence[Event], start: int) -> int:
    """Where what goes together from there on ends. Coming into a chat is told alone: the core looks at how the chat
    was before that, and what else is told of it changes it."""
    if isinstance(group[start], ChatJoined):
        return start + 1
    return next((place for place in range(start, len(group)) if isinstance(group[place], ChatJoined)), len(group))
