"""Telegram chats that the config file calls by their names: one chat, whatever it is called, from the first moment."""

from __future__ import annotations

import re
from pathlib import Path

from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Limits, TelegramServer
from tests.product import EVERY_SECOND, LOOPBACK_ALLOWED, chat_table, items, running, telegram_table
from tests.stories.test_onboarding import labels, posts, titles

ROWS = "SELECT native_id, kind, title, language FROM chat ORDER BY id"


async def test_a_named_group_is_one_chat_to_commands_removals_votes_and_the_next_start(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Un", "Deux"), title="Alpha", language="fr"))
        olga = telegram.add_user("Olga")
        group = telegram.create_supergroup("Readers", owner=olga, username="newsreaders")
        telegram.add_bot(group, "admin", by=olga)
        config = telegram_table(telegram) + EVERY_SECOND + LOOPBACK_ALLOWED
        config += chat_table("telegram", "@newsreaders", "fr", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            await product.until(lambda: len(posts(telegram, group)) == 2)
            assert titles(telegram.messages(group, by_bot=True)) == ["Un", "Deux"]
            await telegram.press(
                olga, group, posts(telegram, group)[0], labels(telegram, group, posts(telegram, group)[0])[0]
            )
            telegram.say(olga, group, "/language de")
            await product.until(lambda: product.rows(ROWS) == [(str(group.id), "group", "Readers", "de")])
            telegram.remove(group, by=olga)
            await product.until(lambda: product.rows("SELECT 1 FROM chat WHERE paused IS NOT NULL"))
        async with running(tmp_path, config) as product:
            await product.ready("telegram")
            # The command holds, because the table is the same.
            assert product.rows(ROWS) == [(str(group.id), "group", "Readers", "de")]
            telegram.add_bot(group, "admin", by=olga)
            await product.until(lambda: product.rows("SELECT 1 FROM chat WHERE paused IS NULL"))
            [story] = [one for one in await product.stories() if one["tally"]["bullish"]]
            assert [(one["id"], one["bullish"]) for one in story["chats"]] == [(str(group.id), 1)]
        changed = re.sub('language = "fr"', 'language = "es"', config)
        async with running(tmp_path, changed) as product:
            assert product.rows(ROWS) == [(str(group.id), "group", "Readers", "es")]


async def test_two_rows_that_an_earlier_version_made_are_joined_at_the_start(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Un"), title="Alpha", language="fr"))
        olga = telegram.add_user("Olga")
        group = telegram.create_supergroup("Readers", owner=olga, username="newsreaders")
        telegram.add_bot(group, "admin", by=olga)
        config = telegram_table(telegram) + EVERY_SECOND + LOOPBACK_ALLOWED
        telegram.fail("getChat", 400, times=1)
        async with running(
            tmp_path, config + chat_table("telegram", "@newsreaders", "fr", feeds.url("/a.xml"))
        ) as product:
            await product.until(lambda: len(posts(telegram, group)) == 1)
            telegram.say(olga, group, "/language de")
            await product.until(lambda: product.changes(group.id))
            assert {row[0] for row in product.rows(ROWS)} == {"@newsreaders", str(group.id)}
        async with running(
            tmp_path, config + chat_table("telegram", "@newsreaders", "fr", feeds.url("/a.xml"))
        ) as product:
            await product.until(lambda: product.rows(ROWS) == [(str(group.id), "group", "Readers", "de")])
            assert product.rows("SELECT count(*) FROM subscription") == [(1,)]
            first = posts(telegram, group)[0]
            await telegram.press(olga, group, first, labels(telegram, group, first)[1])
            await product.until(lambda: " 1" in labels(telegram, group, first)[1])
