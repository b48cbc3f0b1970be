"""Who goes when, in simulated time."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import MARGIN, Pacer, Queue, Waiter
from bot.ports import Limit, Traffic

TOKEN = Limit("token", 30, 1.0)


def chat(name: str) -> Limit:
    return Limit(f"chat:{name}", 1, 1.0)


def group(name: str) -> Limit:
    return Limit(f"group:{name}", 20, 60.0)


class Simulation:
    """Runs a Queue on a clock of its own and notes who went when."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.now = 100.0
        self.went: list[tuple[float, str]] = []

    def ask(self, name: str, kind: Traffic, *limits: Limit) -> None:
        self.queue.join(kind, limits, lambda: self.went.append((self.now, name)))

    def run(self) -> None:
        while (wake := self.queue.grant(self.now)) is not None:
            assert wake > self.now, "the queue would spin"
            self.now = wake

    def order(self) -> list[str]:
        return [name for _, name in self.went]


def test_the_most_urgent_class_goes_first_when_all_share_a_limit() -> None:
    simulation = Simulation()
    one_chat = Limit("chat", 1, 1.0)
    for kind in (Traffic.EDIT, Traffic.SEED, Traffic.POST, Traffic.ANSWER):
        simulation.ask(kind.name, kind, one_chat)
    simulation.run()
    assert simulation.order() == ["ANSWER", "POST", "SEED", "EDIT"]


def test_a_chat_with_many_stories_does_not_delay_one_with_a_single_story() -> None:
    simulation = Simulation()
    for n in range(200):
        simulation.ask(f"busy {n}", Traffic.POST, TOKEN, chat("busy"))
    simulation.ask("quiet", Traffic.POST, TOKEN, chat("quiet"))
    simulation.run()
    assert simulation.went[:2] == [(100.0, "busy 0"), (100.0, "quiet")]


def test_a_penalty_stops_its_own_chat_alone() -> None:
    simulation = Simulation()
    simulation.queue.shut("chat:flooded", 130.0)
    simulation.ask("flooded", Traffic.POST, TOKEN, chat("flooded"))
    simulation.ask("other", Traffic.POST, TOKEN, chat("other"))
    simulation.run()
    assert simulation.went == [(100.0, "other"), (130.0, "flooded")]


def test_a_penalty_on_the_token_stops_everything_under_it() -> None:
    simulation = Simulation()
    simulation.queue.shut("token", 105.0)
    simulation.ask("one", Traffic.ANSWER, TOKEN, chat("one"))
    simulation.ask("elsewhere", Traffic.POST, Limit("another token", 50, 1.0))
    simulation.run()
    assert simulation.went == [(100.0, "elsewhere"), (105.0, "one")]


def test_one_who_left_takes_no_turn() -> None:
    simulation = Simulation()
    waiter = simulation.queue.join(Traffic.POST, (chat("a"),), lambda: simulation.went.append((0.0, "gone")))
    waiter.gone = True
    simulation.ask("next", Traffic.POST, chat("a"))
    simulation.run()
    assert simulation.order() == ["next"]


def test_the_most_urgent_of_a_chat_goes_first_though_it_came_while_all_were_held_back() -> None:
    simulation = Simulation()
    simulation.ask("first", Traffic.POST, TOKEN, chat("a"))
    for kind in (Traffic.EDIT, Traffic.POST):
        simulation.ask(kind.name, kind, TOKEN, chat("a"))
    simulation.queue.grant(simulation.now)
    simulation.ask("ANSWER", Traffic.ANSWER, TOKEN, chat("a"))
    simulation.run()
    assert simulation.order() == ["first", "ANSWER", "POST", "EDIT"]


def test_behind_a_full_token_nobody_waits_for_the_penalty_of_another_chat() -> None:
    simulation = Simulation()
    for n in range(30):
        simulation.ask("crowd", Traffic.POST, TOKEN, chat(str(n)))
    simulation.queue.grant(simulation.now)
    simulation.queue.shut("chat:flooded", 130.0)
    simulation.ask("flooded", Traffic.ANSWER, TOKEN, chat("flooded"))
    simulation.ask("other", Traffic.POST, TOKEN, chat("other"))
    simulation.run()
    assert simulation.went[30:] == [(100.0 + MARGIN, "other"), (130.0, "flooded")]


def test_those_who_left_cost_the_one_behind_them_nothing() -> None:
    simulation = Simulation()
    simulation.ask("first", Traffic.POST, TOKEN, chat("a"))
    simulation.queue.grant(simulation.now)
    for _ in range(5):
        simulation.queue.join(Traffic.POST, (TOKEN, chat("a")), lambda: None).gone = True
    simulation.ask("last", Traffic.POST, TOKEN, chat("a"))
    simulation.run()
    assert simulation.went == [(100.0, "first"), (100.0 + MARGIN, "last")]


def steps_of_a_grant(waiting: list[str]) -> int:
    """How many calls, of C too, one more request of another chat takes while requests wait in these chats."""
    simulation = Simulation()
    for name in sorted(set(waiting)):
        simulation.queue.shut(f"chat:{name}", 200.0)
    for n, name in enumerate(waiting):
        simulation.ask(str(n), Traffic.ANSWER, TOKEN, chat(name))
    simulation.queue.grant(simulation.now)
    steps = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        simulation.ask("quiet", Traffic.POST, TOKEN, chat("quiet"))
        simulation.queue.grant(simulation.now)
    finally:
        sys.setprofile(None)
    assert simulation.order() == ["quiet"]
    return steps


@pytest.mark.parametrize("crowd", [["one"] * 5000, [str(n) for n in range(1000)]], ids=["one chat", "many chats"])
def test_a_grant_costs_no_more_for_a_crowd_that_is_held_back(crowd: list[str]) -> None:
    assert steps_of_a_grant(crowd) <= steps_of_a_grant(crowd[:2]) + 5


@given(st.lists(st.tuples(st.sampled_from(Traffic), st.sampled_from("abc")), max_size=120))
def test_no_limit_is_ever_exceeded_and_everyone_goes(asked: list[tuple[Traffic, str]]) -> None:
    simulation = Simulation()
    for n, (kind, name) in enumerate(asked):
        simulation.ask(f"{name}{n}", kind, TOKEN, chat(name), group(name))
    simulation.run()
    assert len(simulation.went) == len(asked)
    for limit, names in [(TOKEN, "abc"), *((chat(c), c) for c in "abc"), *((group(c), c) for c in "abc")]:
        times = [at for at, who in simulation.went if who[0] in names]
        for first, beyond in zip(times, times[limit.count :], strict=False):
            assert beyond - first >= limit.seconds


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.99)), max_size=120))
def test_what_goes_some_time_after_it_was_let_go_counts_when_it_goes(asked: list[tuple[str, float]]) -> None:
    queue, now, went = Queue(), 100.0, []
    leaving: list[tuple[float, int]] = []
    waiters: list[Waiter] = []

    def let_go(n: int, delay: float) -> None:
        leaving.append((now + delay, n))

    for n, (name, delay) in enumerate(asked):
        waiters.append(queue.join(Traffic.POST, (TOKEN, chat(name)), partial(let_go, n, delay)))
    while (wake := queue.grant(now)) is not None or leaving:
        leaving.sort()
        now = min([at for at, _ in leaving[:1]] + ([wake] if wake is not None else []))
        while leaving and leaving[0][0] <= now:
            at, n = leaving.pop(0)
            queue.used(waiters[n], at)
            went.append((at, asked[n][0]))
    assert len(went) == len(asked)
    for limit, names in [(TOKEN, "abc"), *((chat(c), c) for c in "abc")]:
        times = [at for at, who in went if who in names]
        for first, beyond in zip(times, times[limit.count :], strict=False):
            assert beyond - first >= limit.seconds


def test_full_speed_is_close_to_what_the_platform_allows() -> None:
    simulation = Simulation()
    for n in range(1000):
        simulation.ask(str(n), Traffic.POST, TOKEN, chat(str(n)))
    simulation.run()
    assert (simulation.now - 100.0) <= 1000 / 30 / 0.95
    assert MARGIN > 1


async def test_turns_are_given_on_the_loop_and_a_cancelled_wait_costs_nothing() -> None:
    pacer = Pacer()
    slow = Limit("slow", 1, 3600.0)
    await pacer.turn(Traffic.POST, (slow,))
    second = asyncio.create_task(pacer.turn(Traffic.POST, (slow,)))
    await asyncio.sleep(0)
    assert not second.done()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await pacer.turn(Traffic.POST, (Limit("free", 1, 1.0),))
