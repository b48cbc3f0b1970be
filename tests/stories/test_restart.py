"""The power fails, several times, at the worst moments: no story lost, none posted twice, no vote lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.cuts import Town, while_hearing, while_sending, while_waiting
from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Chat, Limits, TelegramServer
from tests.product import EVERY_SECOND, Product, Spawned, chat_table, items, spawned, telegram_table

CHATS = 65
"""More than Telegram lets a bot write to in two seconds."""
IN_ONE_SECOND = 30
"""So many may be in mid-air: the bot's turns of one second."""


async def test_killed_at_the_worst_moments_it_posts_nothing_twice_and_counts_every_vote(tmp_path: Path) -> None:
    async with Town.living(tmp_path, seed=1) as town:
        await town.live_until(while_sending(acted=True))
        await town.live_until(while_sending(acted=False))
        await town.live_until(while_waiting(), stories=3)
        await town.live_until(while_hearing(), stories=1)
        await town.settle()


class Readers:
    """Many groups on Telegram that follow one feed."""

    def __init__(self, server: TelegramServer, feed: str) -> None:
        self.server = server
        self.groups: list[Chat] = [server.create_supergroup(f"Readers {number}") for number in range(CHATS)]
        for group in self.groups:
            server.add_bot(group, "admin")
        self.config = (
            telegram_table(server)
            + EVERY_SECOND
            + "".join(chat_table("telegram", group.id, "en", feed) for group in self.groups)
        )

    def posts(self) -> Counter[int]:
        """How many each group has."""
        posts = {group.id: len(self.server.messages(group, by_bot=True)) for group in self.groups}
        return Counter(posts)

    async def some_have_it(self) -> None:
        await self.server.wait_for(lambda: self.posts().total() >= CHATS // 3, 60)


@asynccontextmanager
async def readers() -> AsyncIterator[Readers]:
    async with FeedServer() as feeds, TelegramServer(limits=Limits()) as server:
        feeds.put("/a.xml", rss(items("Rates fall")))
        yield Readers(server, feeds.url("/a.xml"))


def _states(product: Product) -> dict[str, int]:
    return dict(product.rows("SELECT state, count(*) FROM delivery GROUP BY state"))


async def _ended(life: Spawned) -> dict[str, int]:
    """The states of all deliveries, once no attempt is owed any more."""
    await life.product.until(lambda: _states(life.product).keys() <= {"posted", "unconfirmed"}, 120)
    return _states(life.product)


async def test_stopped_while_a_story_goes_to_many_chats_it_reaches_each_of_them_once(tmp_path: Path) -> None:
    async with readers() as town:
        async with spawned(tmp_path, town.config) as life:
            await town.some_have_it()
            assert await life.stop() == 0
            assert _states(life.product).keys() == {"posted", "waiting"}
        assert 0 < town.posts().total() < CHATS
        async with spawned(tmp_path, town.config) as life:
            assert await _ended(life) == {"posted": CHATS}
        assert set(town.posts().values()) == {1}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_a_story_goes_to_many_chats_only_what_was_in_mid_air_is_in_doubt(
    tmp_path: Path, when: str
) -> None:
    async with readers() as town:
        async with spawned(tmp_path, town.config) as life:
            await town.some_have_it()
            held = town.server.hold("sendMessage", when=when)  # type: ignore[arg-type]
            await held.arrived.wait()
            await life.kill()
            in_mid_air = _states(life.product).get("sending", 0)
            town.server.faults.clear()
        assert town.posts().total() < CHATS
        assert 0 < in_mid_air <= IN_ONE_SECOND, "what waits for its turn isn't in mid-air"
        async with spawned(tmp_path, town.config) as life:
            assert await _ended(life) == {"posted": CHATS - in_mid_air, "unconfirmed": in_mid_air}
            doubtful = life.product.rows(
                "SELECT native_id FROM delivery JOIN chat ON chat.id = chat_id WHERE state = 'unconfirmed'"
            )
        posts = town.posts()
        assert set(posts.values()) <= {0, 1}
        assert {str(group) for group, count in posts.items() if not count} <= {native for (native,) in doubtful}
