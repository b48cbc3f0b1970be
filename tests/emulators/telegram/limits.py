"""How much a bot may send: 30 requests a second in all, about one message a second a chat, twenty a minute a group.

The numbers are those of the bots FAQ ("My bot is hitting limits"); that edits count, that channels count like groups
and that ignoring a 429 prolongs it is what library authors report (grammY's page on flood limits). The real limits are
unpublished, so these are the strict reading.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from .errors import too_many
from .model import Chat, Clock


@dataclass(frozen=True, slots=True)
class Limits:
    overall_per_second: int | None = 30
    chat_per_second: float | None = 1.0
    chat_burst: int = 3
    group_per_minute: int | None = 20
    penalty: float = 5.0  # seconds added each time a 429 is ignored
    longest: int = 3600

    @classmethod
    def off(cls) -> Limits:
        return cls(overall_per_second=None, chat_per_second=None, group_per_minute=None)


@dataclass(frozen=True, slots=True)
class Throttled:
    """A 429 that was provoked (not one injected as a fault)."""

    at: float
    method: str
    chat_id: int | None
    scope: str  # "overall", "chat" or "group"
    retry_after: int


@dataclass(slots=True)
class _Window:
    """So many in any span of so many seconds."""

    size: int
    span: float
    times: deque[float] = field(default_factory=deque)

    def wait(self, now: float, count: int) -> float:
        while self.times and self.times[0] <= now - self.span:
            self.times.popleft()
        over = len(self.times) + count - self.size
        if over <= 0 or not self.times:
            return 0.0
        return self.times[min(over, len(self.times)) - 1] + self.span - now

    def spend(self, now: float, count: int) -> None:
        self.times.extend([now] * count)


@dataclass(slots=True)
class _Bucket:
    """A leaky bucket: `burst` at once, then one each 1/rate seconds."""

    rate: float
    burst: int
    level: float = 0.0
    at: float = 0.0

    def wait(self, now: float, count: int) -> float:
        level = max(0.0, self.level - (now - self.at) * self.rate)
        # an album larger than the burst may go when the bucket is empty
        excess = level + min(count, self.burst) - self.burst
        return excess / self.rate if excess > 1e-9 else 0.0

    def spend(self, now: float, count: int) -> None:
        self.level = max(0.0, self.level - (now - self.at) * self.rate) + count
        self.at = now


class LimitBook:
    """Keeps one bot's account."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self.throttled: list[Throttled] = []
        self.limits = limits

    @property
    def limits(self) -> Limits:
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        """New limits hold from now on and start with a clean account."""
        self._limits = limits
        self._overall = _Window(limits.overall_per_second or 0, 1.0)
        self._chats: dict[int, _Bucket] = defaultdict(
            lambda: _Bucket(limits.chat_per_second or 1.0, limits.chat_burst, at=self._clock())
        )
        self._groups: dict[int, _Window] = defaultdict(lambda: _Window(limits.group_per_minute or 0, 60.0))
        self._blocked: dict[tuple[str, int], tuple[float, float]] = {}  # since when, until when

    def spend(self, method: str, chat: Chat | None, messages: int) -> None:
        """Counts one request that puts so many messages into a chat (0: it only asks), or raises 429."""
        now, limits = self._clock(), self._limits
        accounts: list[tuple[str, int, _Window | _Bucket, int]] = []
        if limits.overall_per_second:
            accounts.append(("overall", 0, self._overall, max(1, messages)))
        if chat is not None and messages:
            if limits.chat_per_second:
                accounts.append(("chat", chat.id, self._chats[chat.id], messages))
            if limits.group_per_minute and chat.type != "private":
                accounts.append(("group", chat.id, self._groups[chat.id], messages))
        for scope, key, account, count in accounts:
            since, until = self._blocked.get((scope, key), (0.0, 0.0))
            # a tenth of a second of mercy: the bot rounds too
            if now + 0.1 < until:
                # what was on its way when the first 429 left is not yet disobedience
                ignored = now - since >= 1.0
                self._refuse(method, chat, scope, key, now, until - now + (limits.penalty if ignored else 0.0))
            if (wait := account.wait(now, count)) > 0:
                self._refuse(method, chat, scope, key, now, wait)
        for _, _, account, count in accounts:
            account.spend(now, count)

    def _refuse(self, method: str, chat: Chat | None, scope: str, key: int, now: float, wait: float) -> None:
        retry_after = min(max(1, math.ceil(wait - 1e-6)), self._limits.longest)
        since, until = self._blocked.get((scope, key), (0.0, 0.0))
        self._blocked[scope, key] = (since if now < until else now, max(until, now + retry_after))
        self.throttled.append(Throttled(now, method, chat.id if chat else None, scope, retry_after))
        raise too_many(retry_after)
