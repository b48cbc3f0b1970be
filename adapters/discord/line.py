"""Brings events to the core in the order in which they came, also where they can't be stored at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby

import structlog

from adapters.discord.answers import FAILED
from adapters.discord.inbound import PLATFORM
from adapters.discord.patience import Sleep, backoff
from bot.errors import StorageError
from bot.events import ButtonPressed, ChatJoined, Event, ReactionsChanged, ReactionsMissed
from bot.model import Actor
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
    """Whatever waits goes together, and what comes meanwhile waits for its end: what goes together is stored at once,
    so that this costs next to nothing. ``on_stored`` is told of each event once, with what the core says to it."""

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
                for company in _companies(group):
                    await self._hand_over(company)
        finally:
            self._moving = False

    async def _hand_over(self, company: Sequence[_Waiting]) -> None:
        """Until all of it is stored: Discord tells each thing once."""
        answers: dict[int, Answer | BaseException | None] = {}
        stored = failures = 0
        while stored < len(company):
            # After a failure one goes ahead.
            end = stored + 1 if failures else len(company)
            through = await self._try(company, stored, end, answers)
            stored, failures = through, 0 if through == end else failures + 1
            if failures:
                log.warning("events could not be stored, trying again", waiting=len(company) - stored)
                await self._sleep(min(LAST_RETRY, backoff(failures)))
        for place, one in enumerate(company):
            answer = answers[place]
            _tell(one, answer)
            self._on_stored(one.event, answer if isinstance(answer, Answer) else None)

    async def _try(
        self, company: Sequence[_Waiting], start: int, end: int, answers: dict[int, Answer | BaseException | None]
    ) -> int:
        """The place of the first that was not stored. What comes after it is told again even if it was stored: told
        twice, it changes nothing, but stored before what came first it may have."""
        events = company[start:end]
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


def _companies(group: Iterable[_Waiting]) -> Iterator[list[_Waiting]]:
    """Those that may be told together, one company after another."""
    for sort, stretch in groupby(group, lambda one: _sort(one.event)):
        match sort:
            case _Sort.JOINED:
                yield from ([one] for one in stretch)
            case _Sort.VOTE:
                yield from _rounds(stretch)
            case _Sort.OTHER:
                yield list(stretch)


class _Sort(Enum):
    JOINED = auto()
    """Told alone: the core looks at how the chat was before that, and what else is told of it changes it."""
    VOTE = auto()
    """Of one voter."""
    OTHER = auto()


def _sort(event: Event) -> _Sort:
    if isinstance(event, ChatJoined):
        return _Sort.JOINED
    return _Sort.OTHER if _voter(event) is None else _Sort.VOTE


def _voter(event: Event) -> str | None:
    match event:
        case ReactionsChanged(voter=Actor(id=voter)) | ButtonPressed(actor=Actor(id=voter)):
            return voter
    return None


def _rounds(votes: Iterable[_Waiting]) -> list[list[_Waiting]]:
    """Everybody's first, then everybody's second, and so on. Were two of the same voter told together, the second could
    be stored and the first refused, which would count as the newer one for good when it is told again."""
    rounds: list[list[_Waiting]] = []
    before: Counter[str | None] = Counter()
    for one in votes:
        voter = _voter(one.event)
        if before[voter] == len(rounds):
            rounds.append([])
        rounds[before[voter]].append(one)
        before[voter] += 1
    return rounds
