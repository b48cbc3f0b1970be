"""Who a browser is: a random id in a signed cookie, and whether that member opened the admin link."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

MEMBER_COOKIE = "newstally_member"
ADMIN_COOKIE = "newstally_admin"
COOKIE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Member:
    """Who sent a request."""

    id: str
    admin: bool


class Signer:
    """Makes and checks the cookies. A changed key makes everyone a new member; a changed token ends every admin."""

    def __init__(self, key: bytes, admin_token: str) -> None:
        self._key = key
        self._admin_token = admin_token

    def new_member(self) -> str:
        """An id that nobody has."""
        return secrets.token_urlsafe(16)

    def member_cookie(self, member: str) -> str:
        """The value of the member's cookie."""
        return f"{member}.{self._sign('member', member)}"

    def admin_cookie(self, member: str) -> str:
        """The value of the cookie that, beside this member's, makes an admin."""
        return self._sign("admin", f"{member}:{self._admin_token}")

    def read(self, member_cookie: str, admin_cookie: str) -> Member | None:
        """Whom the cookies name; None without a member's cookie of ours."""
        member, _, _ = member_cookie.partition(".")
        if not member or not _same(member_cookie, self.member_cookie(member)):
            return None
        return Member(member, admin=_same(admin_cookie, self.admin_cookie(member)))

    def _sign(self, purpose: str, text: str) -> str:
        digest = hmac.digest(self._key, f"{purpose}:{text}".encode("utf-8", "replace"), sha256)
        return urlsafe_b64encode(digest).decode().rstrip("=")


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often one member may do something: ``burst`` at once, then ``rate`` a second."""

    burst: int
    rate: float


class Buckets:
    """Token buckets by name, for the ``kept`` names seen last."""

    def __init__(self, allowance: Allowance, kept: int = 10_000) -> None:
        self._allowance = allowance
        self._kept = kept
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, now: float) -> bool:
        """Whether one more is allowed at ``now`` (seconds); if so it is counted."""
        tokens, since = self._buckets.pop(name, (float(self._allowance.burst), now))
        tokens = min(self._allowance.burst, tokens + max(0.0, now - since) * self._allowance.rate)
        allowed = tokens >= 1
        self._buckets[name] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > self._kept:
            self._buckets.popitem(last=False)
        return allowed
