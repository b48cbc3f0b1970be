"""Times in text that stays are told in the chat's time zone: that of its language, unless it has one of its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.emulators.feeds import FeedServer, rss
from tests.product import EVERY_SECOND, chat_table, items, running
from tests.visitor import Visitor, articles, buttons, plain


async def test_a_room_tells_the_time_of_its_language_until_it_has_a_zone_of_its_own(tmp_path: Path) -> None:
    async with FeedServer() as feeds:
        feeds.put("/a.xml", rss(items("Un"), title="Alpha", language="hy"))
        config = EVERY_SECOND + chat_table("web", "hy", "hy", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product, Visitor(product) as member:

            async def says(time: str) -> bool:
                return any(time in plain(card) for card in articles(await member.look("hy")))

            await product.until(lambda: says("22 նոյ, 2026 թ., 16:00 GMT+4"))
            with closing(sqlite3.connect(tmp_path / "newstally.db", timeout=20)) as connection, connection:
                connection.execute("UPDATE chat SET timezone = 'America/New_York'")
            # The next time that the post is drawn.
            message, button, _ = buttons(await member.look("hy"))[0]
            await member.send("hy", "press", message=message, button=button)
            await product.until(lambda: says("22 նոյ, 2026 թ., 07:00 GMT-5"))
            feeds.put("/a.xml", rss(items("Un", "Deux"), title="Alpha", language="hy"))
            await product.until(lambda: says("22 նոյ, 2026 թ., 07:01 GMT-5"))
            await member.say("hy", "/search Deux")
            assert await says("22 նոյ, 2026 թ., 07:01 GMT-5")
