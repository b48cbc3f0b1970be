"""Who has taken how much of the workers lately: so that who has taken least is next, and nobody takes it all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

QUICK = 2.0
"""Seconds within which an ordinary feed is read many times over. Whoever takes longer is read apart from then on."""

A_MINUTE = 20.0
"""Seconds of a worker that one source may take in a minute."""

MOST = 10_000
"""So many names are remembered; the one that is forgotten first is the one that came first."""


class Shares:
    """Seconds per name, of which a minute forgets `A_MINUTE`; and the names that took long at their last job."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._spent: dict[str, tuple[float, float]] = {}
        self._slow: dict[str, None] = {}

    def spent(self, name: str) -> float:
        """What still counts of the seconds that it has taken."""
        seconds, at = self._spent.get(name, (0.0, 0.0))
        return max(0.0, seconds - (self._clock() - at) * A_MINUTE / 60)

    def wait(self, name: str) -> float:
        """Seconds until it may have a worker again; 0: now."""
        return max(0.0, (self.spent(name) - A_MINUTE) * 60 / A_MINUTE)

    def add(self, name: str, seconds: float) -> None:
        """It has had a worker for so long."""
        self._spent[name] = self.spent(name) + seconds, self._clock()
        self._slow.pop(name, None)
        if seconds >= QUICK:
            self._slow[name] = None
        self._forget()

    def is_slow(self, name: str) -> bool:
        """Whether its last job took long."""
        return name in self._slow

    def next(self, names: Sequence[str]) -> int:
        """The place of the one that has taken least; of equals, the one that has waited longest. Our own come first:
        others wait for them."""
        return min(range(len(names)), key=lambda place: (names[place] != "", self.spent(names[place]), place))

    def _forget(self) -> None:
        if len(self._spent) > MOST:
            self._spent = {name: spent for name, spent in self._spent.items() if self.spent(name) > 0}
        for known in (self._spent, self._slow):
            while len(known) > MOST:
                del known[next(iter(known))]
