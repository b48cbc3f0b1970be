"""Who may ask a host now: few at a time, out of politeness; but whoever takes long lets the next one ask beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.storage.polls import SourceForPoll

PATIENCE = 2.0
"""Seconds after which nobody has to wait for a source any longer. One that is well answers in less."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How much a host is asked at once."""

    at_once: int
    aside: int
    """How many more that are slow may go on beside those."""


STRANGER = Manners(at_once=1, aside=4)
OWN = Manners(at_once=8, aside=1000)


def host_of(source: SourceForPoll) -> str:
    """The name under which it takes its turn."""
    # Addresses were checked when they became sources; one of the sample wire has no host, and is its own.
    address = source.moved_to or source.url
    parts = urlsplit(address)
    return parts.netloc.lower().removesuffix(":80").removesuffix(":443") or address


def manners_at(address: str) -> Manners:
    """For an address that no operator has named."""
    return OWN if _is_here(urlsplit(address).hostname or "") else STRANGER


def manners_for(source: SourceForPoll) -> Manners:
    """What is the operator's own (named in the config, or on this machine) needs no politeness."""
    exempt = source.exempt and source.moved_to is None
    return OWN if exempt else manners_at(source.moved_to or source.url)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Turns:
    """Gives ``at_once`` turns, few of them for each host. Slow ones give theirs up and go on beside it, ``at_once`` of
    them at most: what is open at the same time stays bounded."""

    def __init__(self, at_once: int, patience: float = PATIENCE) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._most_aside = at_once
        self._patience = patience
        self._aside = 0
        self._hosts: dict[tuple[str, Manners], _Host] = {}

    @asynccontextmanager
    async def turn(self, name: str, manners: Manners) -> AsyncIterator[Callable[[], None]]:
        """Wait for a turn at the host of this name; it lasts as long as the block, or until it is said, by a call of
        what is given, that the host has answered: then the next one may ask it, and only the place is kept."""
        host = self._hosts.setdefault((name, manners), _Host(manners))
        host.users += 1
        try:
            with ExitStack() as held, ExitStack() as asking:
                # The host first: whoever waits for a slow one takes nobody's place.
                for lane, stack in ((host.lane, asking), (self._places, held)):
                    await lane.acquire()
                    stack.callback(lane.release)
                turn = _Turn(host, held, asking)
                self._be_patient(turn)
                try:
                    yield asking.close
                finally:
                    turn.timer.cancel()
        finally:
            host.users -= 1
            if not host.users:
                del self._hosts[name, manners]

    def _be_patient(self, turn: _Turn) -> None:
        turn.timer = asyncio.get_running_loop().call_later(self._patience, self._step_aside, turn)

    def _step_aside(self, turn: _Turn) -> None:
        """Let the next one ask; unless too many are aside already, which is looked at again."""
        if self._aside >= self._most_aside or turn.host.aside >= turn.host.manners.aside:
            self._be_patient(turn)
            return
        turn.asking.close()
        turn.held.close()
        self._count_aside(turn.host, 1)
        turn.held.callback(self._count_aside, turn.host, -1)

    def _count_aside(self, host: _Host, by: int) -> None:
        self._aside += by
        host.aside += by


@dataclass(slots=True)
class _Host:
    manners: Manners
    users: int = 0
    """Those that have its turn, are aside or wait."""
    aside: int = 0
    lane: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.lane = asyncio.Semaphore(self.manners.at_once)


@dataclass(slots=True)
class _Turn:
    host: _Host
    held: ExitStack
    """What it gives back."""
    asking: ExitStack
    """What it gives back as soon as the host has answered."""
    timer: asyncio.TimerHandle = field(init=False)
