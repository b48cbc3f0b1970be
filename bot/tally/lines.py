"""Who is asked about next: chats take turns, so that one that has to wait holds up no other. Pure.

Knows no clock, no database and no loop: it is told what time it is.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from itertools import count

from bot.storage.rereads import OpenPost

LOOKS_AT_ONCE = 1
"""Chats whose voters are compared side by side, so that it never keeps what is known to be wrong from being asked."""


class Walk(Enum):
    """How far a chat's open posts were gone through."""

    NUMBERS = 1
    """Where another number of reactions stands than we count, we missed some."""
    VOTERS = 2
    """As many may have come as went: whose they are is asked, too, but in the background."""
    DONE = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """A post that has to be asked about (again) by itself."""

    delivery_id: int
    failures: int = 0
    """Without an answer from the platform."""
    oddities: int = 0
    """With one that can't be its."""


@dataclass(slots=True, eq=False)
class Line:
    """The posts of one chat, newest first."""

    chat: str
    order: int
    """Of the facts that were missed there."""
    walk: Walk = Walk.NUMBERS
    page: deque[OpenPost] = field(default_factory=deque)
    before: tuple[datetime, int] | None = None
    """Where the next page begins."""
    shut_until: datetime | None = None
    """The platform wants nothing asked about this chat before."""
    looks: bool = False
    """Taken in the background."""
    _again: list[tuple[datetime, int, Attempt]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def ask_again(self, attempt: Attempt, at: datetime) -> None:
        """Put a post behind all others, and not before that time."""
        heapq.heappush(self._again, (at, next(self._numbers), attempt))

    def due(self, now: datetime) -> Attempt | None:
        """Take the post whose time has come, if there is one."""
        return heapq.heappop(self._again)[2] if self._again and self._again[0][0] <= now else None

    def walked(self) -> None:
        """No post is left on this walk."""
        self.walk = Walk.VOTERS if self.walk is Walk.NUMBERS else Walk.DONE
        self.before = None

    def end(self) -> None:
        """Nothing can be asked about this chat."""
        self.walk = Walk.DONE
        self.page.clear()
        self._again.clear()

    def next_at(self, now: datetime) -> datetime | None:
        """When there is something to ask; None: there is nothing any more."""
        at = now if self.walk is not Walk.DONE else self._again[0][0] if self._again else None
        return at if at is None or self.shut_until is None else max(at, self.shut_until)

    def urgent(self, now: datetime) -> bool:
        """Whether what is asked next can be wrong."""
        return self.walk is Walk.NUMBERS or bool(self._again and self._again[0][0] <= now)


class Lines:
    """The lines of one platform. One that is taken is nobody else's until it is given back."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._first: deque[Line] = deque()
        self._later: deque[Line] = deque()
        self._asleep: list[tuple[datetime, int, Line]] = []
        self._looking = 0
        self._numbers = count()

    def forget(self) -> None:
        """Nothing that was being asked counts any more."""
        self._lines.clear()
        self._first.clear()
        self._later.clear()
        self._asleep.clear()

    def begin(self, chat: str, order: int) -> None:
        """Ask about all open posts of a chat, from the newest on; what was being asked about it is void.

        What was not gone through yet was missed before ``order``, and must not count as newer than what was told since.
        """
        unfinished = self._lines.get(chat)
        if unfinished is not None and unfinished.walk is not Walk.DONE:
            order = unfinished.order
        line = self._lines[chat] = Line(chat, order)
        self._first.append(line)

    def add(self, chat: str, order: int, delivery_id: int, now: datetime) -> None:
        """Ask about one post that wasn't known before."""
        line = self._lines.get(chat)
        if line is None:
            line = self._lines[chat] = Line(chat, order, Walk.DONE)
            self._first.append(line)
        line.ask_again(Attempt(delivery_id), now)
        self._hurry(line, now)

    def take(self, now: datetime) -> Line | None:
        """Whose turn it is; None while there is nothing to ask."""
        while self._asleep and self._asleep[0][0] <= now:
            self._queue(heapq.heappop(self._asleep)[2], now)
        line = self._pop(self._first)
        if line is None and self._looking < LOOKS_AT_ONCE:
            line = self._pop(self._later)
            if line is not None:
                line.looks = True
                self._looking += 1
        return line

    def give_back(self, line: Line, now: datetime) -> bool:
        """Returns whether nothing at all is left to be asked."""
        if line.looks:
            line.looks = False
            self._looking -= 1
        if self.holds(line):
            at = line.next_at(now)
            if at is None:
                del self._lines[line.chat]
            elif at > now:
                heapq.heappush(self._asleep, (at, next(self._numbers), line))
            else:
                self._queue(line, now)
        return not self._lines

    def holds(self, line: Line) -> bool:
        """Whether what is asked for this line still counts."""
        return self._lines.get(line.chat) is line

    def wakes_at(self) -> datetime | None:
        """When one that sleeps has to be asked about."""
        return self._asleep[0][0] if self._asleep else None

    def _hurry(self, line: Line, now: datetime) -> None:
        if line in self._later:
            self._later.remove(line)
            self._first.append(line)
        elif line.shut_until is None or line.shut_until <= now:
            awake = [one for one in self._asleep if one[2] is not line]
            if len(awake) < len(self._asleep):
                heapq.heapify(awake)
                self._asleep = awake
                self._first.append(line)

    def _queue(self, line: Line, now: datetime) -> None:
        (self._first if line.urgent(now) else self._later).append(line)

    def _pop(self, lines: deque[Line]) -> Line | None:
        while lines:
            line = lines.popleft()
            if self.holds(line):  # else it has begun anew since
                return line
        return None
