"""A chat platform in memory, for tests of the core: a whole ChatAdapter that keeps what was posted and can be told to
fail."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from bot.model import Actor, Ballot, Card, ChatRef, MessageRef
from bot.ports import (
    Capabilities,
    ChatAdapter,
    Departure,
    Dispatch,
    FindsOwnPosts,
    KnowsAdmins,
    SeedsReactions,
    State,
    Traffic,
)


@dataclass
class Message:
    """What stands in a chat."""

    ref: MessageRef
    card: Card
    key: str
    edits: int = 0
    seeds: list[str] = field(default_factory=list)


class MemoryAdapter(ChatAdapter, KnowsAdmins):
    """Posts go into `messages`; `fail` queues exceptions that the next requests raise."""

    platform: ClassVar[str] = "memory"
    ballot: ClassVar[Ballot] = Ballot(bullish=("🐂", "👍"), bearish=("🐻", "👎"))
    state = State.READY

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fail: deque[Exception] = deque()
        self.lose_answer: deque[Exception] = deque()
        """Raised after the request had its effect."""
        self.admins: set[str] = set()
        self.allows = Capabilities()
        self.changed = asyncio.Condition()
        self.turn = asyncio.Event()
        """While it isn't set, messages wait for their turn."""
        self.waiting = 0
        self.turn.set()

    async def capabilities(self, chat: ChatRef, kind: Traffic = Traffic.ANSWER) -> Capabilities:
        return self.allows

    async def send(self, chat: ChatRef, card: Card, *, key: str, departure: Departure) -> MessageRef:
        self.waiting += 1
        await self._tell()
        await self.turn.wait()
        self.waiting -= 1
        await departure.leaving()
        self._maybe_fail()
        message = Message(MessageRef(chat, str(len(self.messages) + 1)), card, key)
        self.messages.append(message)
        await self._tell()
        if self.lose_answer:
            raise self.lose_answer.popleft()
        return message.ref

    async def edit(self, message: MessageRef, card: Card, *, posted_at: datetime | None = None) -> None:
        self._maybe_fail()
        shown = self.message(message)
        shown.card = card
        shown.edits += 1
        await self._tell()

    async def run(self, dispatch: Dispatch) -> None:
        await asyncio.Event().wait()

    async def is_admin(self, chat: ChatRef, actor: Actor) -> bool:
        return actor.id in self.admins

    async def administered(self, actor: Actor, chats: Sequence[ChatRef]) -> Sequence[ChatRef]:
        return tuple(chats) if actor.id in self.admins else ()

    def message(self, ref: MessageRef) -> Message:
        return next(message for message in self.messages if message.ref == ref)

    def in_chat(self, chat: ChatRef) -> list[Message]:
        return [message for message in self.messages if message.ref.chat == chat]

    async def until(self, holds) -> None:
        """Wait for a state of the messages; fails after ten seconds."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(holds)

    def _maybe_fail(self) -> None:
        if self.fail:
            raise self.fail.popleft()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()


class FindingAdapter(MemoryAdapter, FindsOwnPosts, SeedsReactions):
    """As Discord is: our own posts can be found again, and both emoji seeded."""

    async def find(self, chat: ChatRef, button: str, since: datetime | None = None) -> MessageRef | None:
        for message in reversed(self.in_chat(chat)):
            if any(one.id == button for row in message.card.buttons for one in row):
                return message.ref
        return None

    async def seed(self, message: MessageRef, ballot: Ballot) -> None:
        self._maybe_fail()
        self.message(message).seeds = [ballot.bullish[0], ballot.bearish[0]]
        await self._tell()
