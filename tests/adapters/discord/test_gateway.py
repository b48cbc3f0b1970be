"""A gateway that says the unexpected, that begins sessions again and again, and that shares servers among several."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.beginnings import Allowance
from adapters.discord.client import point_library_at
from adapters.discord.errors import LONGEST_SECONDS, UNREADABLE
from adapters.discord.gateway import Gateway
from adapters.discord.listener import HELD_BACK
from adapters.discord.patience import LAST_BACKOFF
from adapters.discord.starting import MOST_SHARDS, Start, start_from
from bot.events import Added, ReactionsChanged
from bot.model import ChatRef
from bot.pace import Pacer
from bot.ports import State

INTERVALS = ("0", "-1", "1e999", "NaN", "null", '"x"', "true")
HELLOS = [
    "hello", "", "null", "7", "[]", "{}", '{"op":10}', '{"op":10,"d":{}}', '{"op":10,"d":[]}', '{"op":{},"d":1}',
    *(f'{{"op":10,"d":{{"heartbeat_interval":{interval}}}}}' for interval in INTERVALS),
    "[" * 5000, '{"op":0,"t":"READY","s":1,"d":{}}', b"\x00", b"", b"no zlib at all \x00\x00\xff\xff",
    zlib.compress(b"[]"), b"\xff\xfe",
]  # fmt: skip
READIES = ["{}", '{"op":0,"t":"READY","s":1,"d":null}', '{"op":0,"t":"READY","s":1,"d":{"session_id":"x"}}', "[]"]
READIES += ['{"op":0,"t":"READY","s":1,"d":{"session_id":"x","resume_gateway_url":"ws://[","guilds":[]}}']
READIES += ['{"op":0,"t":"READY","s":1,"d":{"session_id":"x","resume_gateway_url":"ws://h","guilds":[7],"user":[]}}']


@pytest.fixture
async def vote(world, place, core, story) -> Callable[..., Any]:
    """Whether a vote on a new post is heard."""

    async def voted(adapter, emoji: str = "🐂") -> None:
        ref = await world.send(adapter, place.chat, story(), f"n{len(core.events)}")
        await world.server.react(place.ann, world.server.message(ref.id), emoji)
        async with asyncio.timeout(5):
            while Added(emoji) not in [one.change for one in core.events if isinstance(one, ReactionsChanged)]:
                await core.heard(len(core.events) + 1)

    return voted


# --- what can't be read ---


async def test_whatever_is_said_first_the_adapter_goes_on_until_it_is_discord(world, place, core, vote):
    world.server.gateway.instead["HELLO"] = list(HELLOS)
    async with world.running(core) as adapter:
        await vote(adapter)

    assert world.server.gateway.instead["HELLO"] == []
    assert len(world.server.gateway.identifies) == 1


async def test_a_beginning_that_cant_be_read_is_made_again(world, place, core, vote):
    world.server.gateway.heartbeat_interval = 20  # where nothing follows, the answers to heartbeats do
    world.server.gateway.instead["READY"] = list(READIES)
    async with world.running(core) as adapter:
        await vote(adapter)

    assert world.server.gateway.instead["READY"] == []


async def test_later_what_cant_be_read_costs_only_itself(world, place, core, vote):
    async with world.running(core) as adapter:
        for frame in HELLOS:
            if isinstance(frame, str) and "10" not in frame:
                world.server.gateway.say(frame)
        await vote(adapter)

    assert len(world.server.gateway.identifies) == 1


async def test_what_cant_be_decompressed_costs_the_connection_and_no_event(world, place, core, vote):
    async with world.running(core) as adapter:
        world.server.gateway.say(b"no zlib at all \x00\x00\xff\xff")
        await vote(adapter)

    assert len(world.server.gateway.identifies) == 1, "resumed, not begun anew"


async def test_a_heartbeat_is_timed_from_when_it_is_sent(world, place):
    """And not from the one before it, while the library's thread hasn't noted yet that it has sent another."""
    point_library_at(world.settings())
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(world.server.token)
        socket = await Gateway.from_client(client, initial=True)
        began = time.perf_counter()
        for _ in range(100):
            await socket.send_heartbeat({"op": 1, "d": None})
            await socket.poll_event()
        assert socket.latency < (time.perf_counter() - began) / 2
        await socket.close()


# --- again and again ---


async def test_who_asks_us_to_reconnect_all_the_time_is_left_in_peace_for_longer_and_longer(world, place, core):
    async with world.running(core) as adapter:
        for _ in range(3):
            adapter.ready.clear()
            world.server.gateway.reconnect()
            await adapter.ready.wait()

    assert world.slept == [1.0, 2.0]


async def test_sessions_that_end_as_soon_as_they_are_begun_are_no_storm(world, place, core):
    world.pace = Pacer()
    async with world.running(core) as adapter:
        world.server.gateway.invalidate()
        await world.server.wait_for(lambda: not world.server.gateway.connected)
        with contextlib.suppress(TimeoutError):
            await world.server.wait_for(lambda: len(world.server.gateway.identifies) > 1, 1.0)
        assert adapter.state is State.CONNECTING

    assert len(world.server.gateway.identifies) == 1, "five seconds have not passed"


NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def begun_in(allowance: Allowance, seconds: float) -> list[float]:
    """When those begin that are begun as soon as they may, and five seconds after one another."""
    at, begun = 0.0, []
    while (at := at + allowance.wait(NOON + timedelta(seconds=at))) < seconds:
        allowance.begin(NOON + timedelta(seconds=at))
        begun.append(at)
        at += 5.0
    return begun


@pytest.mark.parametrize(
    "start", [Start(), Start(shards=4), Start(200, 16, 2000, 2000, 86_400.0), Start(reset_after=0.0)]
)
def test_a_score_of_sessions_is_begun_at_once_and_half_of_a_day_is_left(start):
    begun = begun_in(Allowance(start, NOON), 43_200.0)

    assert begun[start.shards + 19] == (start.shards + 19) * 5.0
    assert len(begun) < start.total / 2


@pytest.mark.parametrize("left", [1000, 999, 500, 499, 100, 21, 2, 1, 0])
@pytest.mark.parametrize("reset_after", [600.0, 14_400.0, 86_400.0])
def test_whatever_is_left_lasts_until_it_is_counted_anew(left, reset_after):
    begun = begun_in(Allowance(Start(remaining=left, reset_after=reset_after), NOON), reset_after)

    assert len(begun) <= max(0, left - 1)


def test_what_is_left_is_spread_and_nobody_who_is_started_again_and_again_gets_a_score():
    assert Allowance(Start(remaining=500, reset_after=40_000), NOON).wait(NOON) == 0.0
    assert Allowance(Start(remaining=400, reset_after=40_000), NOON).wait(NOON) == 200.0
    assert Allowance(Start(remaining=0, reset_after=40_000), NOON).wait(NOON) == 40_000.0


def test_the_next_day_is_a_new_one_and_a_clock_that_is_set_back_harms_nobody():
    allowance = Allowance(Start(remaining=0, reset_after=600), NOON)
    assert allowance.wait(NOON + timedelta(seconds=300)) == 300.0
    assert allowance.wait(NOON - timedelta(days=2)) >= 600.0
    assert len(begun_in(allowance, 86_400.0)) > 100


async def test_a_score_of_lost_sessions_are_begun_anew_and_then_it_is_said_that_they_wait(world, place, core):
    held = []

    async def sleep(seconds):
        if seconds > LAST_BACKOFF:
            held.append((len(world.server.gateway.identifies), adapter.state, adapter.detail))
        await asyncio.sleep(0)

    world.sleep = sleep
    async with world.running(core) as adapter:
        for _ in range(22):
            adapter.ready.clear()
            world.server.gateway.invalidate()
            await adapter.ready.wait()
        assert adapter.detail is None

    assert held == [(21, State.CONNECTING, HELD_BACK), (22, State.CONNECTING, HELD_BACK)]


async def test_who_was_started_too_often_today_waits_and_says_so(world, place, core):
    world.server.gateway.identifies += [world.server.clock() - 3600] * 900
    world.server.gateway.identified += [(0, 1)] * 900
    async with world.running(core) as adapter:
        assert adapter.state is State.READY

    [wait] = world.slept
    assert 1600 < wait < 1700
    assert HELD_BACK in adapter.said


async def test_while_one_session_stands_another_that_waits_for_the_day_stops_no_post(world, core, story):
    channels = await servers(world, 2)
    gateway = world.server.gateway
    gateway.recommended = 2
    gateway.identifies += [world.server.clock() - 3600] * 900
    gateway.identified += [(0, 1)] * 900
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        if len(waits) > 1:
            await asyncio.Event().wait()

    world.sleep = sleep
    async with world.running(core) as adapter:
        assert adapter.state is State.READY
        assert dict(adapter.detail.args) == {"n": 1, "of": 2}
        await world.send(adapter, ChatRef("discord", channels[0].id), story())

    assert len(waits) == 2


# --- several sessions ---


async def servers(world, number: int) -> list[Any]:
    """Channels, each in a server of its own, in so many that every session has some."""
    channels, used = [], set()
    while len(used) < number or len(channels) < number:
        guild = await world.server.create_guild()
        used.add((int(guild.id) >> 22) % number)
        channels.append(await world.server.create_text(guild))
        await world.server.invite_bot(guild, 1 << 31 | 8)
        await asyncio.sleep(0.001)  # the session that has a server follows from the millisecond of its birth
    return channels


async def votes_everywhere(world, adapter, core, story, channels) -> None:
    ann = await world.server.add_user("everywhere")
    for number, channel in enumerate(channels):
        await world.server.join(ann, channel.guild)
        ref = await world.send(adapter, ChatRef("discord", channel.id), story(delivery=number), f"e{number}")
        await world.server.react(ann, world.server.message(ref.id), "🐂")
    told = {one.message.chat.id for one in await core.heard(len(channels), ReactionsChanged)}
    assert told == {channel.id for channel in channels}


@pytest.mark.parametrize("at_once", [1, 3])
async def test_servers_are_shared_among_as_many_sessions_as_discord_wants(world, core, story, at_once):
    channels = await servers(world, 3)
    gateway = world.server.gateway
    gateway.recommended = 3
    gateway.max_concurrency = at_once
    async with world.running(core) as adapter:
        await world.server.wait_for(lambda: len(gateway.sessions) == 3)
        await votes_everywhere(world, adapter, core, story, channels)
        await adapter.whole.wait()

    assert sorted(gateway.identified) == [(0, 3), (1, 3), (2, 3)]
    assert (f"discord/sessions/{2 % at_once}",) in [limits for _, limits in world.pace.turns]


async def test_who_outgrows_one_session_has_several_from_then_on(world, core, story):
    channels = await servers(world, 2)
    gateway = world.server.gateway
    async with world.running(core) as adapter:
        gateway.most_servers, gateway.recommended = len(channels) - 1, 2
        gateway.invalidate()
        await world.server.wait_for(lambda: len(gateway.sessions) == 2)
        await adapter.whole.wait()
        await votes_everywhere(world, adapter, core, story, channels)

    assert gateway.identified == [(0, 1), (0, 2), (1, 2)] or gateway.identified == [(0, 1), (1, 2), (0, 2)]


async def test_while_one_session_is_lost_the_others_go_on_and_it_is_said(world, core, story):
    channels = await servers(world, 2)
    gateway = world.server.gateway
    gateway.recommended = 2
    world.pace = Pacer()  # the second one may begin six seconds after the first
    async with world.running(core) as adapter:
        assert adapter.state is State.READY
        assert adapter.detail is not None
        assert dict(adapter.detail.args) == {"n": 1, "of": 2}
        await world.send(adapter, ChatRef("discord", channels[0].id), story())


@pytest.mark.parametrize("fault", ["404", "garbage"])
async def test_who_cant_say_in_how_many_sessions_gets_one(world, place, core, vote, fault):
    if fault == "404":
        world.server.fail("GET", "/gateway/bot", 404)
    else:
        world.server.garble("GET", "/gateway/bot", body=b'{"shards": 1e999, "session_start_limit": []}')
    async with world.running(core) as adapter:
        await vote(adapter)

    assert world.server.gateway.identified == [(0, 1)]


_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3)
_ANSWER = st.fixed_dictionaries(
    {},
    optional={
        "shards": _JSON | st.integers(0, 5000),
        "session_start_limit": _JSON
        | st.fixed_dictionaries(dict.fromkeys(("total", "remaining", "reset_after", "max_concurrency"), _JSON)),
    },
)


@given(_ANSWER | _JSON)
def test_an_impossible_way_to_begin_is_none(said):
    try:
        start = start_from(said)
    except UNREADABLE:
        return
    assert 1 <= start.shards <= MOST_SHARDS
    assert 1 <= start.at_once <= MOST_SHARDS
    assert start.total >= 1
    assert 0 <= Allowance(start, NOON).wait(NOON) <= LONGEST_SECONDS


class Once(logging.Handler):
    """Does something as soon as the library says this."""

    def __init__(self, words: str, does: Callable[[], object]) -> None:
        super().__init__()
        self._words = words
        self._does = does

    def emit(self, record: logging.LogRecord) -> None:
        if self._words in record.getMessage():
            self._does()


async def test_it_ends_although_it_is_cancelled_just_as_the_connection_stands(world, core):
    running = asyncio.create_task(world.adapter(()).run(core.dispatch))
    library = logging.getLogger("discord.gateway")
    level, last = library.level, Once("has sent the IDENTIFY payload", running.cancel)
    library.setLevel(logging.DEBUG)
    library.addHandler(last)
    try:
        await asyncio.wait([running], timeout=10)
    finally:
        library.removeHandler(last)
        library.setLevel(level)
    assert running.cancelled()
