"""A chat platform in memory that keeps its messages, and a clock that goes only when told."""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from bot.model import Ballot, Button, Card, ChatRef, Line, LineKind, MessageRef, Span
from bot.ports import Capabilities, ChatAdapter, State, Traffic
from bot.storage.posts import PostView
from tests.tally.stage import BALLOT, NOW


class Awaited:
    """Lets a test wait until something has become true, without guessing how long that takes."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def _change(self) -> None:
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await self._changed.wait()
                self._changed.clear()


class MemoryChat(ChatAdapter, Awaited):
    """Shows cards. ``faults`` are raised by the next edits in a chat, oldest first."""

    platform = "alpha"
    ballot: Ballot = BALLOT

    def __init__(self, platform: str = "alpha") -> None:
        super().__init__()
        self.platform = platform
        self.state = State.READY
        self.shown: dict[MessageRef, Card] = {}
        self.edits: list[tuple[str, str]] = []
        self.told_posted: dict[MessageRef, datetime] = {}
        self.faults: dict[str, list[Exception]] = defaultdict(list)
        self.slow: asyncio.Event | None = None
        """Edits wait for it, where there is one."""

    def text(self, ref: ChatRef, message_id: str = "1") -> str:
        card = self.shown.get(MessageRef(ref, message_id))
        return "" if card is None else card.plain()

    async def shows(self, ref: ChatRef, text: str, message_id: str = "1") -> None:
        await self.until(lambda: self.text(ref, message_id) == text)

    async def capabilities(self, chat, kind=Traffic.ANSWER):
        return Capabilities()

    async def send(self, chat, card, *, key):
        message = MessageRef(chat, key)
        self.shown[message] = card
        return message

    async def edit(self, message, card, *, posted_at):
        self.edits.append((message.chat.id, message.id))
        self.told_posted[message] = posted_at
        self._change()
        if self.slow is not None:
            await self.slow.wait()
        faults = self.faults[message.chat.id]
        if faults:
            raise faults.pop(0)
        self.shown[message] = card
        self._change()

    async def run(self, dispatch):
        await asyncio.get_running_loop().create_future()


def card_for(view: PostView) -> Card:
    """What stands, in few characters."""
    parts = [f"{view.chat_tally.bullish}:{view.chat_tally.bearish}"]
    if view.everywhere is not None:
        parts.append(f"all {view.everywhere.bullish}:{view.everywhere.bearish}")
    parts += [f"{emoji} {n}" for emoji, n in view.totals.items()]
    parts += ["closed"] if view.closed else []
    if view.story.revision > 1:
        parts.append(view.story.title)
    buttons = () if view.closed else ((Button("vote", id="x"),),)
    return Card(view.language, (Line(LineKind.TALLY, (Span(", ".join(parts)),)),), buttons)


class Time(Awaited):
    """Simulated time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._passed = 0.0

    def clock(self):
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + seconds, next(self._numbers), woken))
        self._change()
        await woken

    async def asleep(self, seconds: float, at_most: float | None = None) -> None:
        """Wait until someone sleeps for that long, or a while up to ``at_most`` where it isn't settled what comes
        first."""
        longest = seconds if at_most is None else at_most
        await self.until(
            lambda: any(
                seconds - 0.001 < at - self._passed < longest + 0.001 and not woken.done()
                for at, _, woken in self._sleepers
            )
        )

    def pass_by(self, seconds: float) -> None:
        self._passed += seconds
        self.now += timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= self._passed:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
