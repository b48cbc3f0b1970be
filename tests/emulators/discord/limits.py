"""Rate limits: buckets by route, the global one, sub-limits with codes of their own, and the ban for bad requests.

The documentation publishes only the global limit and the count of invalid requests (Rate Limits); the other numbers are
what public libraries and their users have measured: 5 messages in 5 s and one reaction in 0.25 s per channel,
about three edits in 20 s of messages older than an hour, three edits an hour of a published message, ten crossposts an
hour. All of them can be changed while the server runs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from .clock import Clock


@dataclass(frozen=True)
class Rule:
    limit: int
    window: float


REAL: dict[str, Rule] = {
    "global": Rule(50, 1.0),
    "send": Rule(5, 5.0),
    "edit": Rule(5, 5.0),
    "reaction": Rule(1, 0.25),
    "crosspost": Rule(10, 3600.0),
    "old_edit": Rule(3, 20.0),
    "published_edit": Rule(3, 3600.0),
}


@dataclass
class _Window:
    start: float
    used: int = 0


@dataclass(frozen=True)
class Refused:
    """One 429 that the bot provoked."""

    time: float
    method: str
    path: str
    scope: str
    bucket: str
    retry_after: float


@dataclass
class Verdict:
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None  # set: refuse
    scope: str = "user"


class Limits:
    def __init__(self, clock: Clock, rules: dict[str, Rule] | None) -> None:
        self._clock = clock
        self.rules: dict[str, Rule] = dict(rules or {})
        self._windows: dict[tuple[str, str], _Window] = {}
        self.refused: list[Refused] = []
        self.invalid_limit = 10_000
        self.invalid_window = 600.0
        self._invalid: list[float] = []
        self.banned_until = 0.0

    # --- what a test may change ---------------------------------------------------------------------------------------

    def set(self, name: str, limit: int, window: float) -> None:
        self.rules[name] = Rule(limit, window)
        self.forget(name)

    def remove(self, name: str) -> None:
        self.rules.pop(name, None)
        self.forget(name)

    def off(self) -> None:
        self.rules.clear()
        self._windows.clear()

    def real(self) -> None:
        self.rules = dict(REAL)
        self._windows.clear()

    def forget(self, name: str) -> None:
        self._windows = {key: value for key, value in self._windows.items() if key[0] != name}

    # --- what the server asks -----------------------------------------------------------------------------------------

    def take(self, name: str, major: str = "") -> Verdict:
        """Counts one request against a bucket; the verdict carries the headers, and a wait if it came too early."""
        rule = self.rules.get(name)
        if rule is None:
            return Verdict()
        now = self._clock()
        window = self._windows.get((name, major))
        if window is None or now - window.start >= rule.window:
            window = self._windows[name, major] = _Window(now)
        left = window.start + rule.window - now
        refused = window.used >= rule.limit
        if not refused:
            window.used += 1
        verdict = Verdict(_headers(name, rule, window, now, left))
        if refused:
            verdict.retry_after = max(round(left, 3), 0.001)
        return verdict

    def record(self, refused: Refused) -> None:
        self.refused.append(refused)

    def count_invalid(self) -> None:
        now = self._clock()
        self._invalid = [t for t in self._invalid if t > now - self.invalid_window]
        self._invalid.append(now)
        if len(self._invalid) > self.invalid_limit:
            self.banned_until = now + self.invalid_window

    @property
    def banned(self) -> bool:
        return self._clock() < self.banned_until

    @property
    def invalid_requests(self) -> int:
        return sum(1 for t in self._invalid if t > self._clock() - self.invalid_window)


def bucket_hash(name: str) -> str:
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def _headers(name: str, rule: Rule, window: _Window, now: float, left: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(rule.limit),
        "X-RateLimit-Remaining": str(rule.limit - window.used),
        "X-RateLimit-Reset": f"{now + left:.3f}",
        "X-RateLimit-Reset-After": f"{left:.3f}",
        "X-RateLimit-Bucket": bucket_hash(name),
    }
