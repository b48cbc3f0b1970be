"""WebSub: hubs that tell us of news, so that they are here before we look (W3C's recommendation of January 2018).

A hub is asked by whom a feed names, and only where the operator has given an address at which it can reach us. What it
tells is believed when it is signed with the secret that we gave it.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import structlog

from bot.errors import SourceError
from bot.gather.client import GuardedClient
from bot.storage import leases
from bot.storage.database import Database
from bot.storage.leases import Announced, Lease, LeaseState

log = structlog.get_logger()

PATH = "/hub"
"""Where callbacks are, on the one HTTP server; a lease's token follows."""

ASKED_LEASE = timedelta(days=10)
SHORTEST_LEASE, LONGEST_LEASE = timedelta(minutes=5), timedelta(days=30)
ANSWER_WITHIN = timedelta(hours=1)
"""A hub that hasn't asked back by then is asked again, later each time."""
LAST_RETRY = timedelta(days=7)
GOODBYES = 3
"""So often a hub is asked to stop; whatever it still sends then is answered with "gone"."""
AT_ONCE = 20
"""Hubs asked in one sweep."""

PUSHES = 5
"""So many pushes of a source are taken at once, and one more each time that `PUSH_EVERY` has passed."""
PUSH_EVERY = timedelta(seconds=12)
LOOK_WITHIN = timedelta(minutes=1)
"""Whatever is in the pushes that aren't taken is found by a look of our own."""

SIGNATURES = ("sha1", "sha256", "sha384", "sha512")

Pushed = Callable[[int, bytes, str], Awaitable[None]]
"""Takes what a hub has sent: the source's id, the body and its content type."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The hub asks whether we meant it, and we do. It is told ``challenge``."""

    challenge: str
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Left:
    """The hub asks whether we want it to stop, and we do."""

    challenge: str


class Denied:
    """The hub says that it won't."""


class Receipt(Enum):
    """What has become of a push."""

    TAKEN = "taken"
    TOO_MANY = "too many"
    UNKNOWN = "unknown"
    """Nobody has been given this callback, or it is one no longer."""


def answer_to(lease: Lease | None, query: Mapping[str, str]) -> Granted | Left | Denied | None:
    """What a hub's question means; None for one about something that we didn't ask for (pure)."""
    if lease is None or query.get("hub.topic") != lease.topic:
        return None
    mode, challenge = query.get("hub.mode"), query.get("hub.challenge", "")
    if mode == "denied":
        return Denied()
    if not challenge:
        return None
    if mode == "subscribe" and lease.state in (LeaseState.ASKED, LeaseState.LEASED):
        return Granted(challenge, lease_of(query.get("hub.lease_seconds", "")))
    if mode == "unsubscribe" and lease.state is LeaseState.LEAVING:
        return Left(challenge)
    return None


def lease_of(seconds: str) -> timedelta:
    """What the hub grants, within reason; what we asked for where it doesn't say (pure)."""
    if not (seconds.isascii() and seconds.isdigit()):
        return ASKED_LEASE
    return min(max(timedelta(seconds=int(seconds[:9])), SHORTEST_LEASE), LONGEST_LEASE)


def is_signed(header: str, secret: str, body: bytes) -> bool:
    """Whether an X-Hub-Signature proves that the body comes from who knows the secret (pure)."""
    method, _, given = header.strip().partition("=")
    if method.lower() not in SIGNATURES:
        return False
    expected = hmac.new(secret.encode(), body, method.lower()).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())


def retry_in(failures: int) -> timedelta:
    """How long a hub has for its answer, after so many times without one (pure)."""
    return min(ANSWER_WITHIN * (1 << min(failures, 20)), LAST_RETRY)


class Hubs:
    """Asks hubs, answers their questions and takes what they send."""

    def __init__(
        self,
        db: Database,
        client: GuardedClient,
        clock: Callable[[], datetime],
        pushed: Pushed,
        public_url: str,
    ) -> None:
        self._db = db
        self._client = client
        self._clock = clock
        self._pushed = pushed
        self._callback = f"{public_url}{PATH}"
        self._taken_until: dict[int, datetime] = {}
        """By when a source's pushes would all have come, had they come one by one."""

    async def sweep(self) -> None:
        """Ask for what is read, renew what ends soon, give back what nobody reads any longer."""
        asked = [announced.source_id for announced in await self._new()]
        for lease in await self._db.read(leases.outlived, AT_ONCE):
            asked += [lease.source_id] if await self._left(lease) else []
        for lease in await self._db.read(leases.due, self._clock(), AT_ONCE):
            asked += [lease.source_id] if await self._again(lease) else []
        # Side by side: a hub that is slow holds up no other.
        async with asyncio.TaskGroup() as tasks:
            for source_id in asked:
                tasks.create_task(self._ask(source_id))

    async def verify(self, token: str, query: Mapping[str, str]) -> str | None:
        """A hub asks whether we meant it: the answer that it waits for, or None for what we didn't ask."""
        lease = await self._db.read(leases.by_token, token)
        answer = answer_to(lease, query)
        if lease is None or answer is None:
            return None
        now = self._clock()
        match answer:
            case Granted(challenge, lasting):
                await self._db.write(leases.granted, lease.source_id, now + lasting, now + lasting * 0.9)
                return challenge
            case Left(challenge):
                await self._db.write(leases.forget, lease.source_id)
                return challenge
            case Denied():
                log.info("hub refuses", source=lease.source_id)
                await self._db.write(leases.refused, lease.source_id, now + LAST_RETRY)
                return ""

    async def receive(self, token: str, signature: str, body: bytes, content_type: str) -> Receipt:
        """A hub sends news.

        What isn't signed as agreed changes nothing, and the sender isn't told: it could guess on.
        """
        lease = await self._db.read(leases.by_token, token)
        if lease is None or lease.state is LeaseState.LEAVING:
            return Receipt.UNKNOWN
        now = self._clock()
        if self._too_many(lease.source_id, now):
            await self._db.write(leases.look_by, lease.source_id, now + LOOK_WITHIN)
            return Receipt.TOO_MANY
        if not is_signed(signature, lease.secret, body):
            log.warning("push without a valid signature", source=lease.source_id)
            return Receipt.TAKEN
        await self._pushed(lease.source_id, body, content_type)
        return Receipt.TAKEN

    def _too_many(self, source_id: int, now: datetime) -> bool:
        self._taken_until = {one: until for one, until in self._taken_until.items() if until > now}
        until = max(self._taken_until.get(source_id, now), now) + PUSH_EVERY
        if until - now > PUSHES * PUSH_EVERY:
            return True
        self._taken_until[source_id] = until
        return False

    async def _new(self) -> list[Announced]:
        found = await self._db.read(leases.unasked, AT_ONCE)
        for announced in found:
            token, secret = secrets.token_urlsafe(32), secrets.token_hex(32)
            await self._db.write(leases.ask, announced, token, secret, self._clock() + retry_in(0))
        return found

    async def _again(self, lease: Lease) -> bool:
        if lease.state is LeaseState.LEAVING:
            return await self._left(lease)
        await self._db.write(leases.ask_again, lease.source_id, self._clock() + retry_in(lease.failures + 1))
        return True

    async def _left(self, lease: Lease) -> bool:
        never_had = lease.leased_until is None and lease.state is not LeaseState.LEAVING
        if never_had or lease.failures >= GOODBYES:
            await self._db.write(leases.forget, lease.source_id)
            return False
        await self._db.write(leases.leave, lease.source_id, self._clock() + ANSWER_WITHIN)
        return True

    async def _ask(self, source_id: int) -> None:
        lease = await self._db.read(leases.of_source, source_id)
        if lease is None:
            return
        mode = "unsubscribe" if lease.state is LeaseState.LEAVING else "subscribe"
        form = {
            "hub.mode": mode,
            "hub.topic": lease.topic,
            "hub.callback": f"{self._callback}/{lease.token}",
        }
        if mode == "subscribe":
            form |= {"hub.lease_seconds": str(round(ASKED_LEASE.total_seconds())), "hub.secret": lease.secret}
        try:
            await self._client.post(lease.hub, form)
        except SourceError as error:
            # It is asked again when its time comes; until then we look, as we would without a hub.
            log.info("hub not asked", source=lease.source_id, hub=lease.hub, reason=str(error))
