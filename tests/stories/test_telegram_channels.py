"""Telegram channels: set up from a private chat, and copied into their discussion groups by Telegram itself."""

from __future__ import annotations

from pathlib import Path

from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Limits, TelegramServer
from tests.product import EVERY_SECOND, chat_table, checked, items, running, telegram_table
from tests.stories.test_onboarding import labels, posts, titles

STATES = "SELECT state, count(*) FROM delivery GROUP BY state"


async def test_a_declared_channel_is_offered_to_its_admin_at_once(tmp_path: Path) -> None:
    async with TelegramServer(limits=Limits.off()) as telegram:
        olga = telegram.add_user("Olga", language_code="en")
        named = telegram.create_channel("By name", owner=olga, username="newsreaders")
        numbered = telegram.create_channel("By number", owner=olga)
        for channel in (named, numbered):
            telegram.add_bot(channel, by=olga)
        config = telegram_table(telegram) + EVERY_SECOND
        async with running(tmp_path, config + chat_table("telegram", "@newsreaders", "fr")) as product:
            await product.ready("telegram")
        private = telegram.create_private(olga)
        # The updates that told of both channels are long gone.
        config += chat_table("telegram", "@newsreaders", "fr") + chat_table("telegram", numbered.id, "fr")
        async with running(tmp_path, config) as product:
            kinds = "SELECT count(*) FROM chat WHERE kind = 'channel'"
            await product.until(lambda: product.rows(kinds) == [(2,)])
            telegram.say(olga, private, "/language")
            [asked] = await product.until(lambda: telegram.messages(private, by_bot=True))
            assert labels(telegram, private, asked) == ["This chat", "By name", "By number"]


async def test_a_channel_post_whose_answer_is_lost_is_confirmed_by_its_copy_in_the_group(
    tmp_path: Path,
) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Start")))
        ann, olga = telegram.add_user("Ann"), telegram.add_user("Olga")
        discussion = telegram.create_supergroup("Talk", members=[ann])
        channel = telegram.create_channel("News", owner=olga, discussion=discussion)
        telegram.add_bot(discussion, "admin")
        telegram.add_bot(channel)
        config = telegram_table(telegram) + EVERY_SECOND + chat_table("telegram", channel.id, "en", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            await product.until(lambda: product.rows(STATES) == [("posted", 1)])
            # Sent, and the answer is lost: whether it arrived, only the copy tells.
            telegram.reset("sendMessage", when="after")
            feeds.put("/a.xml", rss(items("Start", "Two")))
            await product.until(lambda: product.rows(STATES) == [("posted", 2)])
            assert titles(posts(telegram, channel)) == ["Start", "Two"]
            # What stands under the copy is shown under the post.
            telegram.react(ann, discussion, telegram.last_message(discussion), ["👍"])
            telegram.flush_reaction_counts()
            await product.until(lambda: "Anonymous reactions: bullish 1" in posts(telegram, channel)[1].text)
            # What did not arrive stays in doubt, whatever others write meanwhile.
            telegram.fail("sendMessage", 500)
            feeds.put("/a.xml", rss(items("Start", "Two", "Three")))
            await product.until(lambda: ("unconfirmed", 1) in product.rows(STATES))
            telegram.say(olga, channel, "Three")
            await telegram.wait_for(lambda: not telegram.bot.queue.entries)
            assert product.rows(STATES) == [("posted", 2), ("unconfirmed", 1)]
            assert len([line for line in await checked(tmp_path) if "Unconfirmed post" in line]) == 1
            # Copies that came before the answers have caused no edits.
            assert len(telegram.calls("editMessageText")) <= 2
