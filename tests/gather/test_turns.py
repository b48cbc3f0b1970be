"""Who may ask a host now: few at a time out of politeness, but nobody waits for one that is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.gather.turns import OWN, STRANGER, Manners, Turns, host_of, manners_for
from bot.storage.polls import SourceForPoll

NEVER = 1000.0
SOURCE = SourceForPoll(1, "https://a.example/feed", False, None, None, None, None, None, 600, 0, None)


class Visits:
    """Sources that ask until they are let go."""

    def __init__(self, tasks: asyncio.TaskGroup, turns: Turns) -> None:
        self._tasks = tasks
        self._turns = turns
        self._ends: dict[str, asyncio.Event] = {}
        self.asking: list[str] = []

    def begin(self, name: str, host: str = "a.example", manners: Manners = STRANGER) -> None:
        self._ends[name] = asyncio.Event()
        self._tasks.create_task(self._ask(name, host, manners))

    def end(self, *names: str) -> None:
        for name in names or tuple(self._ends):
            self._ends[name].set()

    async def _ask(self, name: str, host: str, manners: Manners) -> None:
        async with self._turns.turn(host, manners):
            self.asking.append(name)
            await self._ends[name].wait()
            self.asking.remove(name)


Story = Callable[[Visits], Awaitable[None]]


async def tell(turns: Turns, story: Story) -> None:
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        visits = Visits(tasks, turns)
        await story(visits)
        visits.end()


async def settle() -> None:
    """Let everything happen that needs no time."""
    for _ in range(30):
        await asyncio.sleep(0)


async def test_a_strangers_host_is_asked_one_thing_at_a_time() -> None:
    async def story(visits: Visits) -> None:
        for name in "abc":
            visits.begin(name)
        visits.begin("elsewhere", "b.example")
        await settle()
        assert visits.asking == ["a", "elsewhere"]
        visits.end("a")
        await settle()
        assert visits.asking == ["elsewhere", "b"]

    await tell(Turns(20, patience=NEVER), story)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://A.example:443/feed", "a.example"),
        ("http://a.example/feed", "a.example"),
        ("http://a.example:8080/feed", "a.example:8080"),
        ("sample:fr", "sample:fr"),
    ],
)
def test_a_host_is_one_however_it_is_written(address: str, host: str) -> None:
    assert host_of(replace(SOURCE, url=address)) == host


async def test_the_operators_own_host_is_asked_several_things_at_once() -> None:
    async def story(visits: Visits) -> None:
        for name in "abcdefghij":
            visits.begin(name, manners=OWN)
        await settle()
        assert visits.asking == list("abcdefgh")

    await tell(Turns(20, patience=NEVER), story)


async def test_whoever_takes_too_long_steps_aside_for_the_next_until_too_many_have() -> None:
    async def story(visits: Visits) -> None:
        for name in "abcdefg":
            visits.begin(name)
        await settle()
        assert visits.asking == list("abcde")  # four aside, and one whose turn it is
        visits.end("b")
        await settle()
        assert visits.asking == list("acdef")

    await tell(Turns(20, patience=0), story)


async def test_a_host_that_has_answered_is_asked_the_next_thing_while_the_answer_is_read() -> None:
    turns, order = Turns(2, patience=NEVER), list[str]()

    async def ask(name: str, read: asyncio.Event) -> None:
        async with turns.turn("a.example", STRANGER) as answered:
            order.append(name)
            answered()
            await read.wait()

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        read = asyncio.Event()
        for name in "abc":
            tasks.create_task(ask(name, read))
        await settle()
        assert order == ["a", "b"]  # what is read holds a place: what is in memory stays bounded
        read.set()
    assert order == ["a", "b", "c"]


async def test_places_are_kept_for_others_when_sources_of_all_hosts_are_slow() -> None:
    async def story(visits: Visits) -> None:
        for name in "abcde":
            visits.begin(name, f"{name}.example")
        await settle()
        assert visits.asking == list("abcd")  # two places, and as many beside them
        visits.end("a")
        await settle()
        assert visits.asking == list("bcde")

    await tell(Turns(2, patience=0), story)


async def test_one_that_is_cancelled_gives_its_turn_back() -> None:
    turns = Turns(1, patience=NEVER)

    async def ask() -> None:
        async with turns.turn("a.example", STRANGER):
            await asyncio.Event().wait()

    asking, waiting = asyncio.create_task(ask()), asyncio.create_task(ask())
    await settle()
    for task in (waiting, asking):
        task.cancel()
    await asyncio.wait([asking, waiting])
    async with asyncio.timeout(20), turns.turn("a.example", STRANGER):
        pass


@pytest.mark.parametrize(
    ("source", "host", "manners"),
    [
        (SOURCE, "a.example", STRANGER),
        (replace(SOURCE, url="https://A.example:8443/feed"), "a.example:8443", STRANGER),
        (replace(SOURCE, exempt=True), "a.example", OWN),
        (replace(SOURCE, exempt=True, moved_to="https://b.example/feed"), "b.example", STRANGER),
        (replace(SOURCE, url="http://127.0.0.1:8090/feed"), "127.0.0.1:8090", OWN),
        (replace(SOURCE, url="http://[::1]:8090/feed"), "[::1]:8090", OWN),
        (replace(SOURCE, url="http://localhost/feed"), "localhost", OWN),
        (replace(SOURCE, url="http://10.0.0.1/feed"), "10.0.0.1", STRANGER),
        (replace(SOURCE, url="sample:en", exempt=True), "sample:en", OWN),
    ],
)
def test_the_operators_own_are_exempt_sources_and_this_machine(
    source: SourceForPoll, host: str, manners: Manners
) -> None:
    assert (host_of(source), manners_for(source)) == (host, manners)
