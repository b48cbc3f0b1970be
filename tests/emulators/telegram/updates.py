"""A bot's queue of updates: which kinds it takes, how long they are kept, how getUpdates acknowledges and waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import conflict
from .model import Clock, Json

KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
)
DEFAULT_KINDS = frozenset(KINDS) - {"chat_member", "message_reaction", "message_reaction_count"}
KEPT_SECONDS = 86_400  # Bot API page, "Getting updates": no longer than 24 hours
FIRST_ID = 310_000_001


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    expires: float
    body: Json


class UpdateQueue:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.entries: deque[Entry] = deque()
        self.next_id = FIRST_ID
        self.allowed = DEFAULT_KINDS
        self.webhook: Json = {}
        self._poll: asyncio.Future[bool] | None = None  # True: something came; False: another poll took over

    def allow(self, kinds: object) -> None:
        """allowed_updates as given: unknown names are ignored, an all-unknown or empty list means the default."""
        known = frozenset(kinds) & frozenset(KINDS) if isinstance(kinds, Iterable) else frozenset()
        self.allowed = known or DEFAULT_KINDS

    def push(self, kind: str, payload: Json, *, ttl: float = KEPT_SECONDS) -> bool:
        if kind not in self.allowed:
            return False
        self.push_raw({kind: payload}, ttl=ttl)
        return True

    def push_raw(self, body: Json, *, ttl: float = KEPT_SECONDS) -> int:
        update_id = int(body.get("update_id", self.next_id))
        self.next_id = max(self.next_id, update_id) + 1
        self.entries.append(Entry(update_id, self._clock() + ttl, {**body, "update_id": update_id}))
        self._wake(True)
        return update_id

    def renumber(self, start: int) -> None:
        """After a week without updates the next id is chosen at random, possibly lower than the last one."""
        if self.entries:
            raise ValueError("ids start anew only when no update is waiting")
        self.next_id = start

    def take(self, offset: int, limit: int) -> list[Json]:
        """What getUpdates answers at once: forgets what `offset` acknowledges, keeps what it hands out."""
        self.drop_expired()
        if offset < 0:
            while len(self.entries) > -offset:
                self.entries.popleft()
        elif 0 < offset <= self.next_id:  # an offset from the future acknowledges nothing (TQueue::get)
            while self.entries and self.entries[0].id < offset:
                self.entries.popleft()
        return [entry.body for entry, _ in zip(self.entries, range(limit), strict=False)]

    def drop_expired(self) -> None:
        now = self._clock()
        if self.entries and any(entry.expires <= now for entry in self.entries):
            self.entries = deque(entry for entry in self.entries if entry.expires > now)

    async def poll(self, offset: int, limit: int, seconds: int) -> list[Json]:
        if self.webhook:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        if (found := self.take(offset, limit)) or not seconds:
            return found
        self.interrupt()
        mine = self._poll = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                came = await mine
        except TimeoutError:
            return []
        finally:
            if self._poll is mine:
                self._poll = None
        if not came:
            raise conflict(
                "terminated by setWebhook request"
                if self.webhook
                else "terminated by other getUpdates request; make sure that only one bot instance is running"
            )
        return self.take(offset, limit)

    @property
    def is_polled(self) -> bool:
        return self._poll is not None

    def interrupt(self) -> None:
        """Ends a waiting poll with 409."""
        self._wake(False)

    def release(self) -> None:
        """Ends a waiting poll with an empty answer, as at shutdown."""
        self._wake(True)

    def _wake(self, came: bool) -> None:
        if self._poll and not self._poll.done():
            self._poll.set_result(came)
