"""A group's twenty messages a minute, shared by news, answers and tallies: minutes of simulated time, in which the
emulator keeps the account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count, pairwise
from random import Random

import pytest

from adapters.telegram.limits import writing
from adapters.telegram.redrawn import Redrawn
from bot.model import ChatRef, MessageRef
from bot.pace import Queue
from bot.ports import Traffic
from tests.adapters.telegram.test_answers import group_with, posted
from tests.adapters.telegram.test_posting import place, story
from tests.emulators.telegram.limits import LimitBook, Limits
from tests.emulators.telegram.model import Chat

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
GROUP = ChatRef("telegram", "-1001")


@dataclass
class Hour:
    """What is sent to one group, when."""

    now: float = 0.0
    went: list[tuple[float, Traffic, str]] = field(default_factory=list)
    _coming: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._queue = Queue()
        self._book = LimitBook(lambda: self.now, Limits())
        self._chat = Chat(-1001, "supergroup", "Readers")
        self._redrawn = Redrawn(lambda: START + timedelta(seconds=self.now))
        self._numbers = count()

    def at(self, when: float, what: Callable[[], None]) -> None:
        heappush(self._coming, (when, next(self._numbers), what))

    def sends(self, kind: Traffic, name: str = "") -> None:
        self._queue.join(kind, writing(GROUP, kind), lambda: self._goes(kind, name))

    def redraws(self, *names: str) -> None:
        """The posts one after another, as the core does it."""
        if not names:
            return
        message = MessageRef(GROUP, names[0])

        def goes() -> None:
            self._redrawn.note(message)
            self._goes(Traffic.EDIT, names[0])
            self.at(self.now, lambda: self.redraws(*names[1:]))

        limits = writing(GROUP, Traffic.EDIT, again=message in self._redrawn)
        self._queue.join(Traffic.EDIT, limits, goes)

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            while self._coming and self._coming[0][0] <= self.now:
                heappop(self._coming)[-1]()
            wake = self._queue.grant(self.now)
            if self._coming and self._coming[0][0] <= self.now:
                continue
            times = [when for when in (wake, self._coming[0][0] if self._coming else None) if when is not None]
            if not times or min(times) > end:
                break
            self.now = max(self.now, min(times))
        self.now = end

    def _goes(self, kind: Traffic, name: str) -> None:
        self._book.spend("sendMessage", self._chat, 1)  # raises where Telegram would say 429
        self.went.append((self.now, kind, name))

    def times(self, kind: Traffic) -> list[float]:
        return [at for at, which, _ in self.went if which is kind]


def posts(number: int) -> list[str]:
    return [f"{n}" for n in range(number)]


def test_fifteen_posts_voted_on_at_once_in_a_quiet_group_are_right_within_seconds():
    hour = Hour()
    hour.redraws(*posts(15))
    hour.passes(16)
    assert len(hour.went) == 15


def test_posts_just_sent_leave_the_tallies_what_is_left_and_they_need_no_longer_than_telegram_makes_them():
    hour = Hour()
    for name in posts(15):
        hour.sends(Traffic.POST, name)
    hour.passes(16)
    hour.redraws(*posts(15), "14", "13")
    hour.passes(64)
    # Seventeen a minute were taken at 0 to 16 s, and are free again from 62 s on.
    assert len(hour.times(Traffic.EDIT)) == 17
    assert hour.times(Traffic.EDIT)[-1] < 79


def test_one_post_that_all_vote_on_is_redrawn_every_three_seconds():
    hour = Hour()
    hour.redraws(*["1"] * 16)
    hour.passes(50)
    _first, *later = hour.times(Traffic.EDIT)
    gaps = [after - before for before, after in pairwise(later)]
    assert len(gaps) == 14
    assert 3 <= min(gaps) <= max(gaps) < 3.5


@pytest.mark.parametrize("kind", [Traffic.POST, Traffic.ANSWER])
@pytest.mark.parametrize("names", [["1"] * 200, posts(200)], ids=["one post", "many posts"])
@pytest.mark.parametrize("when", [1, 20, 65, 130, 300])
def test_news_and_answers_go_at_once_however_many_tallies_wait(kind, names, when):
    hour = Hour()
    hour.redraws(*names)
    for _ in range(3):
        hour.at(when, lambda: hour.sends(kind))
    hour.passes(when + 20)
    waited = [at - when for at in hour.times(kind)]
    # A second from one message to the next, and the first may follow an edit that has just gone.
    assert [wait <= limit for wait, limit in zip(waited, (1.1, 2.2, 3.3), strict=True)] == [True] * 3


@pytest.mark.parametrize("seed", range(5))
def test_whatever_comes_together_telegram_never_says_that_it_is_too_much(seed):
    draw = Random(seed)
    hour = Hour()
    hour.redraws(*(str(draw.randrange(6)) for _ in range(400)))
    for _ in range(60):
        kind = draw.choice((Traffic.POST, Traffic.ANSWER))
        hour.at(draw.uniform(0, 900), lambda kind=kind: hour.sends(kind))
    hour.passes(1200)
    sent = Counter(kind for _, kind, _ in hour.went)
    assert sent[Traffic.POST] + sent[Traffic.ANSWER] == 60
    assert sent[Traffic.EDIT] > 250, "what nobody else wants is used"


def test_what_was_redrawn_is_remembered_for_a_minute():
    hour = Hour()
    redrawn = Redrawn(lambda: START + timedelta(seconds=hour.now))
    first, second = MessageRef(GROUP, "1"), MessageRef(GROUP, "2")
    redrawn.note(first)
    hour.now = 40.0
    redrawn.note(second)
    assert first in redrawn
    redrawn.note(first)
    hour.now = 99.0
    assert first in redrawn
    hour.now = 101.0
    assert first not in redrawn
    redrawn.note(first)
    assert len(redrawn) == 1, "what is over is forgotten"


async def test_a_post_is_redrawn_at_once_and_again_only_as_often_as_its_group_can_bear(world, core):
    group, _ann = group_with(world, "Ann")
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        ref = MessageRef(place(group), str(message.id))
        for votes in ("1", "2"):
            await adapter.edit(ref, story(votes=votes))
        world.passed += timedelta(minutes=1)
        await adapter.edit(ref, story(votes="3"))
    spaced = [f"telegram:{group.id}/edits" in names for kind, names in world.pace.turns if kind is Traffic.EDIT]
    assert spaced == [False, True, False]
