"""Sources of packs that die, fall silent and come back, over weeks and restarts: what a chat gets meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.gather.packs import Packs, PackSource
from bot.storage import chats, subscriptions
from tests.emulators.feeds import FeedServer, Item, faults, rss
from tests.gather.conftest import Clock, House, Start

HOUR = timedelta(hours=1)
LISTED = 20
"""So many of its newest entries a paper lists."""


@dataclass
class Press:
    """Papers, each at its path, that write something new at their own pace."""

    server: FeedServer
    clock: Clock
    start: Start
    packs: Packs
    house: House = field(init=False)
    papers: dict[str, list[Item]] = field(default_factory=dict)
    paces: dict[str, Callable[[datetime], bool]] = field(default_factory=dict)
    posted: list[str] = field(default_factory=list)
    logged: list[tuple[str, str]] = field(default_factory=list)
    """Which source was said to give way or to be back."""

    def writes(self, path: str, *, at: datetime | None = None, dated: bool = True) -> str:
        """One more story of a paper."""
        items = self.papers.setdefault(path, [])
        name = path.strip("/")
        title = f"{name} {len(items) + 1}"
        items.append(
            Item(title, f"https://{name}.example/{len(items)}", title, (at or self.clock()) if dated else None)
        )
        self.server.put(path, rss(list(reversed(items[-LISTED:])), title=name))
        return title

    def keeps(self, path: str, pace: Callable[[datetime], bool]) -> None:
        """From now on it writes a story in each hour of which ``pace`` says so."""
        self.paces[path] = pace

    async def begins(self, language: str, pack: str = "crypto") -> None:
        self.house = await self.start(packs=self.packs, language=language)
        await self.house.follow_pack(pack)
        await self._sweep()

    async def restarts(self, language: str) -> None:
        self.house = await self.start(packs=self.packs, language=language)
        await self._sweep()

    async def pass_by(self, *, days: int = 0, hours: int = 0) -> list[str]:
        """Hour after hour the papers write, sources are looked at, and the chat gets its posts, which are returned.

        Of whole days, only every fourth hour is told.
        """
        before = len(self.posted)
        for step in [4] * 6 * days + [1] * hours:
            self.clock.forward(hours=step)
            for path, pace in self.paces.items():
                if pace(self.clock()):
                    self.writes(path)
            await self._sweep()
        return self.posted[before:]

    async def _sweep(self) -> None:
        with capture_logs() as lines:
            await self.house.gatherer.sync_subscriptions()  # as the hourly chores do
            await self.house.gatherer.sweep()
            await self.house.gatherer.sweep()
            self.posted += await self.house.posts()
        said = {"a source gives way to others of its pack": "gives way", "a source is back in its place": "is back"}
        self.logged += [(self._path(line), said[line["event"]]) for line in lines if line["event"] in said]

    def _path(self, line: Any) -> str:
        return str(line["url"]).removeprefix(self.server.url(""))

    async def reads(self) -> str:
        return " ".join(sorted(url.removeprefix(self.server.url("/")) for url in await self.house.reads()))

    async def gave_way_at(self, path: str) -> datetime | None:
        return (await self.house.health(self.server.url(path))).gave_way_at


def hourly(_now: datetime) -> bool:
    return True


def daily(now: datetime) -> bool:
    return now.hour == 9


def never(_now: datetime) -> bool:
    return False


NATIVE, RUSSIAN, ENGLISH = ("/a", "/b", "/c", "/d", "/e"), ("/ru",), ("/en",)
ONLY_TWO = ("/a", "/b")


@pytest.fixture
def press(server: FeedServer, clock: Clock, start: Start) -> Press:
    return Press(server, clock, start, _packs(server, NATIVE))


@pytest.fixture
def small_press(server: FeedServer, clock: Clock, start: Start) -> Press:
    """The language has two papers alone."""
    return Press(server, clock, start, _packs(server, ONLY_TWO))


def _packs(server: FeedServer, native: tuple[str, ...]) -> Packs:
    languages = {"hy": native, "ru": RUSSIAN, "en": ENGLISH}
    return {
        ("crypto", language): tuple(PackSource(server.url(path), path, language) for path in paths)
        for language, paths in languages.items()
    }


def begin_writing(press: Press, *paths: str) -> None:
    """Each has written a story an hour for a day, and goes on so."""
    for path in paths:
        for ago in range(24, 0, -1):
            press.writes(path, at=press.clock() - ago * HOUR)
        press.keeps(path, hourly)


# --- dead ------------------------------------------------------------------------------------------------------------


async def test_a_dead_source_gives_way_is_told_once_and_comes_back_without_flood_or_repost(press: Press) -> None:
    begin_writing(press, *NATIVE)
    await press.begins("hy")
    assert len(press.posted) == 3
    assert await press.reads() == "a b c"
    assert len(await press.pass_by(hours=5)) == 15

    press.server.put("/b", fault=faults.status(503))
    got = await press.pass_by(hours=12)
    assert await press.reads() == "a b c d"
    assert press.logged == [("/b", "gives way")]
    # The one that steps in brings nothing of before.
    assert {title for title in got if title.startswith("d")} <= {f"d {n}" for n in range(31, 50)}
    since = await press.gave_way_at("/b")

    for _ in range(3):
        await press.restarts("hy")
        await press.pass_by(hours=5)
    assert press.logged == [("/b", "gives way")]
    assert await press.gave_way_at("/b") == since
    assert await press.reads() == "a b c d"
    assert press.server.count("/b") > 12  # it is still looked at

    press.server.put("/b", fault=None)
    got = await press.pass_by(hours=8)
    assert press.logged == [("/b", "gives way"), ("/b", "is back")]
    assert await press.gave_way_at("/b") is None
    assert await press.reads() == "a b c"
    assert 3 <= len([title for title in got if title.startswith("b")]) <= 3 + 8
    await press.restarts("hy")
    got = await press.pass_by(hours=5)
    assert len(got) == 15
    assert len(set(press.posted)) == len(press.posted)


async def test_a_blip_is_no_matter(press: Press) -> None:
    begin_writing(press, *NATIVE)
    await press.begins("hy")
    press.server.put("/b", fault=faults.status(503))
    await press.pass_by(hours=1)
    press.server.put("/b", fault=None)
    await press.pass_by(hours=3)
    assert press.logged == []
    assert await press.reads() == "a b c"
    assert len([title for title in press.posted if title.startswith("b")]) >= 4  # nothing is lost


async def test_a_source_that_is_gone_for_good_has_given_way_for_good(press: Press) -> None:
    begin_writing(press, *NATIVE)
    await press.begins("hy")
    press.server.put("/a", fault=faults.status(410))
    await press.pass_by(hours=3)
    await press.restarts("hy")
    await press.pass_by(hours=3)
    assert press.logged == [("/a", "gives way")]
    assert await press.reads() == "b c d"
    assert await press.gave_way_at("/a") is not None


# --- stale -----------------------------------------------------------------------------------------------------------


async def test_a_source_that_falls_silent_gives_way_and_comes_back_with_its_next_story(press: Press) -> None:
    begin_writing(press, *NATIVE)
    await press.begins("hy")
    await press.pass_by(days=2)
    press.keeps("/a", never)
    await press.pass_by(days=6)
    assert press.logged == []
    got = await press.pass_by(days=2)
    assert press.logged == [("/a", "gives way")]
    assert await press.reads() == "a b c d"
    assert min(int(title[2:]) for title in got if title.startswith("d")) > 24 + 6 * 8  # nothing of before
    await press.restarts("hy")
    await press.pass_by(days=1)
    assert press.logged == [("/a", "gives way")]

    back = press.writes("/a")
    got = await press.pass_by(hours=3)
    assert back in got
    assert press.logged == [("/a", "gives way"), ("/a", "is back")]
    assert await press.reads() == "a b c"
    await press.restarts("hy")
    assert not [title for title in await press.pass_by(hours=3) if title.startswith(("a", "d"))]
    assert len(set(press.posted)) == len(press.posted)


async def test_a_source_that_is_stale_at_the_first_look_gives_way_at_once(press: Press) -> None:
    begin_writing(press, *NATIVE[1:])
    for days in range(400, 380, -1):
        press.writes("/a", at=press.clock() - timedelta(days=days))
    await press.begins("hy")
    await press.pass_by(hours=1)
    assert press.logged == [("/a", "gives way")]
    assert await press.reads() == "a b c d"
    assert not [title for title in press.posted if title.startswith("a")]


async def test_a_source_without_dates_is_never_called_stale(press: Press) -> None:
    begin_writing(press, *NATIVE[1:])
    for _ in range(10):
        press.writes("/a", dated=False)
    await press.begins("hy")
    await press.pass_by(days=12)
    await press.restarts("hy")
    await press.pass_by(days=2)
    assert press.logged == []
    assert await press.reads() == "a b c"


async def test_after_a_long_absence_of_ours_no_source_is_called_stale(press: Press) -> None:
    begin_writing(press, *NATIVE)
    await press.begins("hy")
    await press.pass_by(days=1)
    for path in NATIVE:
        press.keeps(path, daily)
    press.clock.forward(days=40)  # the machine slept
    for path in NATIVE:
        press.writes(path)
    await press.restarts("hy")
    await press.pass_by(hours=5)
    assert press.logged == []


# --- other languages -------------------------------------------------------------------------------------------------


async def test_where_all_of_a_language_are_dead_the_next_one_comes_in_and_leaves(small_press: Press) -> None:
    press = small_press
    begin_writing(press, *ONLY_TWO, "/ru", "/en")
    await press.begins("hy")
    await press.pass_by(hours=3)
    assert await press.reads() == "a b"
    for path in ONLY_TWO:
        press.server.put(path, fault=faults.status(503))
    assert await press.pass_by(hours=5) == []  # they may soon be back
    assert await press.reads() == "a b"
    got = await press.pass_by(hours=6)
    assert await press.reads() == "a b ru"
    assert {title.split()[0] for title in got} == {"ru"}
    first = int(got[0].split()[1])
    assert first > 24 + 8  # nothing of before
    assert sorted(press.logged) == [("/a", "gives way"), ("/b", "gives way")]
    await press.restarts("hy")
    assert len(await press.pass_by(hours=3)) == 3
    assert await press.reads() == "a b ru"

    press.server.put("/b", fault=None)
    await press.pass_by(hours=7)
    assert await press.reads() == "a b"
    got = await press.pass_by(hours=3)
    assert [title.split()[0] for title in got] == ["b"] * 3
    assert press.logged[-1] == ("/b", "is back")
    assert len(set(press.posted)) == len(press.posted)
    assert len(press.posted) < 60  # and no flood of what they have published meanwhile

    # The next time it steps in, it brings nothing of the time between.
    press.server.put("/b", fault=faults.status(503))
    quiet = press.papers["/ru"][-1].title
    got = await press.pass_by(hours=14)
    assert got
    assert {title.split()[0] for title in got} <= {"b", "ru"}
    assert all(int(title.split()[1]) > int(quiet.split()[1]) for title in got if title.startswith("ru"))
    assert len(set(press.posted)) == len(press.posted)


async def test_where_all_of_a_language_are_silent_the_next_one_comes_in_at_once(small_press: Press) -> None:
    press = small_press
    begin_writing(press, *ONLY_TWO, "/ru")
    await press.begins("hy")
    for path in ONLY_TWO:
        press.keeps(path, never)
    await press.pass_by(days=9)
    assert await press.reads() == "a b ru"
    back = press.writes("/a")
    assert back in await press.pass_by(hours=2)
    assert await press.reads() == "a b"


async def test_sources_that_have_never_answered_are_not_waited_for(small_press: Press) -> None:
    press = small_press
    begin_writing(press, *ONLY_TWO, "/ru")
    for path in ONLY_TWO:
        press.server.put(path, fault=faults.status(404))
    await press.begins("hy")
    await press.pass_by(hours=1)
    assert await press.reads() == "a b ru"
    assert len(press.posted) >= 3
    assert {title.split()[0] for title in press.posted} == {"ru"}


async def test_without_a_source_in_its_language_a_chat_reads_the_first_of_its_others(press: Press) -> None:
    begin_writing(press, "/ru", "/en", *NATIVE)
    await press.begins("ko")
    assert await press.reads() == "en"
    assert len(press.posted) == 3
    chat = press.house.chat_id
    await press.house.db.write(chats.choose_fallbacks, chat, ["de", "ru", "en"], None, press.clock())
    await press.pass_by(hours=2)
    assert await press.reads() == "ru"
    got = await press.pass_by(hours=3)
    assert {title.split()[0] for title in got} == {"ru"}
    assert min(int(title.split()[1]) for title in press.posted if title.startswith("ru")) > 24  # only what is new
    await press.house.db.write(chats.choose_fallbacks, chat, [], None, press.clock())
    assert await press.pass_by(hours=2) == []
    assert await press.reads() == ""
    await press.house.db.write(chats.choose_fallbacks, chat, None, None, press.clock())
    await press.pass_by(hours=2)
    assert await press.reads() == "en"
    assert len(set(press.posted)) == len(press.posted)


# --- our own network -------------------------------------------------------------------------------------------------


async def cut_off(server: FeedServer) -> None:
    """As if our network were gone: nobody can be reached."""
    await server.__aexit__(None, None, None)


async def test_while_our_network_is_gone_nobody_gives_way_and_nothing_is_lost(small_press: Press) -> None:
    press = small_press
    begin_writing(press, *ONLY_TWO, "/ru", "/en")
    await press.begins("hy")
    await press.pass_by(hours=2)
    before = {path: len(press.papers[path]) for path in ONLY_TWO}
    await cut_off(press.server)
    await press.pass_by(hours=5)
    await press.restarts("hy")
    assert await press.pass_by(hours=4) == []
    assert await press.reads() == "a b"
    await press.server.__aenter__()
    got = await press.pass_by(hours=8)
    # One of them may have been blamed before it was clear that nothing could be reached.
    assert len({path for path, _ in press.logged}) <= 1
    assert await press.reads() == "a b"
    missed = [f"{path.strip('/')} {n}" for path in ONLY_TWO for n in range(before[path] + 1, before[path] + 10)]
    blamed = {path.strip("/") for path, _ in press.logged}
    assert set(got) >= {title for title in missed if title.split()[0] not in blamed}
    assert {title.split()[0] for title in press.posted} == {"a", "b"}
    assert len(set(press.posted)) == len(press.posted)


async def test_a_start_without_a_network_doesnt_change_the_language(small_press: Press) -> None:
    press = small_press
    begin_writing(press, *ONLY_TWO, "/ru", "/en")
    await cut_off(press.server)
    await press.begins("hy")
    await press.pass_by(hours=3)
    await press.restarts("hy")
    await press.pass_by(hours=3)
    assert await press.reads() == "a b"
    await press.server.__aenter__()
    await press.pass_by(hours=9)
    assert await press.reads() == "a b"
    assert {title.split()[0] for title in press.posted} == {"a", "b"}
    assert press.logged == []


async def test_the_one_source_that_nobody_else_can_vouch_for_is_given_up_after_half_a_day(small_press: Press) -> None:
    press = small_press
    press.packs = {("crypto", "hy"): press.packs["crypto", "hy"][:1], ("crypto", "en"): press.packs["crypto", "en"]}
    begin_writing(press, "/a", "/en")
    await press.begins("hy")
    await press.pass_by(hours=2)
    press.packs = {**press.packs, ("crypto", "hy"): (PackSource("http://127.0.0.1:9/gone", "gone", "hy"),)}
    await press.restarts("hy")
    await press.pass_by(hours=10)
    assert [url.rpartition("/")[2] for url in await press.house.reads()] == ["gone"]
    await press.pass_by(hours=16)
    assert sorted(url.rpartition("/")[2] for url in await press.house.reads()) == ["en", "gone"]


async def test_what_is_read_is_told_with_since_when_others_stand_in(press: Press) -> None:
    begin_writing(press, *NATIVE)
    await press.begins("hy")
    press.server.put("/b", fault=faults.status(503))
    await press.pass_by(hours=3)
    (followed,) = await press.house.db.read(subscriptions.of_chat, press.house.chat_id)
    gave_way = {source.title: source.gave_way_at for source in followed.sources}
    assert [title for title, at in gave_way.items() if at is not None] == ["b"]
