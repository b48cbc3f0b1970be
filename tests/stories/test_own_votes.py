"""Members see, export and erase their votes on each platform, and the posts follow."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

from adapters.discord.rights import NEEDED
from bot.i18n import Catalogues
from tests.emulators.discord import DiscordServer
from tests.emulators.discord.components_form import walk
from tests.emulators.discord.pages import words
from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Limits, TelegramServer
from tests.product import (
    EVERY_SECOND,
    LOOPBACK_ALLOWED,
    Product,
    chat_table,
    checked,
    discord_table,
    items,
    running,
    telegram_table,
)
from tests.stories.test_onboarding import labels, posts
from tests.stories.test_onboarding_discord import posts as discord_posts
from tests.visitor import Visitor, answers, buttons, pressed

FRENCH = Catalogues()("fr")
FILE = "newstally-votes.json"


def everywhere(product: Product) -> list[tuple[int, int]]:
    """The tallies, without those of nobody."""
    counted = product.rows("SELECT bullish, bearish FROM tally WHERE chat_id = 0 ORDER BY ledger_id")
    return [(bullish, bearish) for bullish, bearish in counted if bullish or bearish]


async def test_on_telegram_it_is_said_in_private_only_and_what_is_erased_stays_erased(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Alpha 1")))
        ann = telegram.add_user("Ann", language_code="en", is_premium=True)  # may have several reactions
        bob, stranger = telegram.add_user("Bob", language_code="fr"), telegram.add_user("Stranger")
        group = telegram.create_supergroup("Readers", members=[ann, bob, stranger])
        other = telegram.create_supergroup("Others", members=[ann, bob])
        for one in (group, other):
            telegram.add_bot(one, "admin")
        private, bobs = telegram.create_private(ann), telegram.create_private(bob)
        config = telegram_table(telegram) + EVERY_SECOND
        for one, language in ((group, "de"), (other, "en")):
            config += chat_table("telegram", one.id, language, feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            [post] = await product.until(lambda: posts(telegram, group))
            [copy] = await product.until(lambda: posts(telegram, other))
            telegram.react(ann, group, post, ["👍"])
            telegram.react(bob, other, copy, ["👎"])
            await product.until(lambda: everywhere(product) == [(1, 1)])
            await product.until(lambda: "👎 Bearish 1" in labels(telegram, other, copy))
            assert (await telegram.press(ann, other, copy, "👎 Bearish 1")).text == "Your vote counts: bearish."
            await product.until(lambda: everywhere(product) == [(0, 2)])

            # Asked in the group, it is told in private, in the member's own words; who has never written to the bot is
            # told to, and the group learns nothing of anybody's votes.
            for who in (ann, bob, stranger):
                telegram.say(who, group, "/me")
            [mine] = await product.until(lambda: telegram.messages(private, by_bot=True))
            [his] = await product.until(lambda: telegram.messages(bobs, by_bot=True))
            assert mine.text.startswith("Your votes\n• You have voted on 1 story.")
            assert "👎 Alpha 1" in mine.text
            assert FRENCH("Your votes") in his.text
            said = await product.until(lambda: [m for m in telegram.messages(group, by_bot=True) if m.id != post.id])
            assert [one.text for one in said] == [
                Catalogues()("de")("That is for you alone. Write to me in private: {command}", command="/me")
            ]

            await telegram.press(ann, private, mine, "Export")
            [file] = await product.until(lambda: [m for m in telegram.messages(private, by_bot=True) if m.document])
            assert file.document.name == FILE
            assert file.text == "This file has all that is stored of your votes."
            stored = json.loads(file.document.data)
            assert [one["says"] for one in stored["reactions_and_presses"]] == ["bearish", "bullish"]
            assert [one["chat"]["title"] for one in stored["reactions_and_presses"]] == ["Others", "Readers"]

            await telegram.press(ann, private, mine, "Erase…")
            await product.until(lambda: "Erase all your votes?" in mine.text)
            assert labels(telegram, private, mine) == ["Erase them", "Back"]
            await telegram.press(ann, private, mine, "Erase them")
            await product.until(lambda: mine.text.startswith("Your votes are erased."))
            assert everywhere(product) == [(0, 1)]
            await product.until(lambda: labels(telegram, other, copy)[:2] == ["👍 Bullish 0", "👎 Bearish 1"])
            assert product.rows("SELECT count(*) FROM voter") == [(1,)]
            assert product.rows("SELECT count(*) FROM erased_reaction") == [(1,)]

            # The whole set with what is no vote repeats what was erased; another emoji is a new vote.
            telegram.react(ann, group, post, ["👍", "🤔"])
            telegram.say(bob, bobs, "/help")
            await telegram.wait_for(lambda: not telegram.bot.queue.entries)
            await product.until(lambda: len(telegram.messages(bobs, by_bot=True)) == 2)
            assert everywhere(product) == [(0, 1)]
            telegram.react(ann, group, post, ["👍", "🔥"])
            await product.until(lambda: everywhere(product) == [(1, 1)])
        assert any("every tally equals a recount" in line for line in await checked(tmp_path))


async def test_a_forged_button_in_a_group_shows_nobodys_votes_there(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Alpha 1")))
        ann = telegram.add_user("Ann", language_code="en")
        group = telegram.create_supergroup("Readers", members=[ann])
        telegram.add_bot(group, "admin")
        private = telegram.create_private(ann)
        config = telegram_table(telegram) + EVERY_SECOND + chat_table("telegram", group.id, "en", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            [post] = await product.until(lambda: posts(telegram, group))
            before = post.text
            telegram.tap(ann, group, post, "c:me:", forged=True)
            await product.until(lambda: telegram.messages(private, by_bot=True))
            assert (post.text, len(telegram.messages(group, by_bot=True))) == (before, 1)


async def test_on_telegram_votes_go_where_a_member_leaves_who_asked_for_it(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Alpha 1")))
        ann, bob = telegram.add_user("Ann", language_code="en"), telegram.add_user("Bob")
        group = telegram.create_supergroup("Readers", members=[ann, bob])
        telegram.add_bot(group, "admin")
        private = telegram.create_private(ann)
        config = telegram_table(telegram) + EVERY_SECOND + chat_table("telegram", group.id, "en", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            [post] = await product.until(lambda: posts(telegram, group))
            telegram.react(ann, group, post, ["👍"])
            telegram.react(bob, group, post, ["👍"])
            await product.until(lambda: everywhere(product) == [(2, 0)])
            telegram.say(ann, private, "/me")
            [mine] = await product.until(lambda: telegram.messages(private, by_bot=True))
            await telegram.press(ann, private, mine, "Erase when I leave")
            await product.until(lambda: "erased within a day" in mine.text)
            await product.until(lambda: product.rows("SELECT count(*) FROM leaver_chat") == [(1,)])
        telegram.remove(group, ann, banned=False)
        telegram.remove(group, bob, banned=False)
        _a_day_ago(tmp_path)
        async with running(tmp_path, config) as product:
            await product.until(lambda: everywhere(product) == [(1, 0)])


def _a_day_ago(folder: Path) -> None:
    with sqlite3.connect(folder / "newstally.db") as connection:
        connection.execute("UPDATE leaver SET looked_at = '2020-01-01 00:00:00.000000'")


async def test_on_discord_it_is_for_the_member_alone_and_a_re_read_brings_nothing_back(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("Alpha 1")))
        guild = await discord.create_guild("Readers")
        channel = await discord.create_text(guild, "news")
        ann = await discord.add_user("ann", guild=guild, locale="fr")
        bob = await discord.add_user("bob", guild=guild)
        await discord.invite_bot(guild, NEEDED.value)
        config = discord_table(discord) + EVERY_SECOND + chat_table("discord", channel.id, "en", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            await product.ready("discord")
            [post] = await product.until(lambda: discord_posts(discord, channel))
            await product.until(lambda: len(discord.commands) > 0)
            await discord.react(ann, post, "🐂")
            await discord.react(bob, post, "🐂")
            await product.until(lambda: everywhere(product) == [(2, 0)])
            shown = await discord.slash(ann, channel, "me")
            mine = await shown.shown(timeout=20)
            assert shown.ephemeral
            assert FRENCH.plural("You have voted on {n} story.", "You have voted on {n} stories.", 1) in words(mine)
            exported = await discord.press(ann, mine, FRENCH("Export"))
            file = await exported.shown(timeout=20)
            assert exported.ephemeral
            [attached] = file.attachments
            assert attached["filename"] == FILE
            assert any(part.get("type") == 13 for part in walk(file.components))
            asked = await discord.press(ann, mine, FRENCH("Erase…"))
            await asked.shown(timeout=20)
            erased = await discord.press(ann, mine, FRENCH("Erase them"))
            await erased.shown(timeout=20)
            await product.until(lambda: FRENCH("Your votes are erased.") in words(mine))
            assert everywhere(product) == [(1, 0)]
            assert discord_posts(discord, channel) == [post]
        # While the bot is off, one more votes: the post is read again, with ann's reaction still on it.
        cid = await discord.add_user("cid", guild=guild)
        await discord.react(cid, post, "🐂")
        async with running(tmp_path, config) as product:
            await product.until(lambda: everywhere(product) == [(2, 0)])
            assert product.rows("SELECT count(*) FROM erased_reaction") == [(1,)]
            await discord.unreact(ann, post, "🐂")
            await discord.react(ann, post, "🐂")
            await product.until(lambda: everywhere(product) == [(3, 0)])
            assert product.rows("SELECT count(*) FROM erased_reaction") == [(0,)]


async def test_in_a_web_room_the_file_is_for_who_asked_and_the_marks_go_from_the_page(tmp_path: Path) -> None:
    async with FeedServer() as feeds:
        feeds.put("/crypto.xml", rss(items("Coin 1"), title="Pièces", language="fr"))
        packs = {("crypto", "fr"): [feeds.url("/crypto.xml")]}
        async with (
            running(tmp_path, EVERY_SECOND + LOOPBACK_ALLOWED, packs=packs) as product,
            Visitor(product) as ann,
            Visitor(product) as bob,
        ):
            await ann.look("fr")
            await product.until(lambda: product.rows("SELECT 1 FROM room_message"))
            await bob.look("fr")

            async def press(ending: str) -> str:
                """The newest button of such an id."""
                found = [one for one in buttons(await ann.look("fr")) if one[1].endswith(ending)]
                message, button, _ = found[-1]
                return await ann.send("fr", "press", message=message, button=button)

            assert pressed(await press(":b"))
            assert "Coin 1" in await ann.say("fr", "/me")
            page = await press(":export")
            (address,) = re.findall(rf'href="([^"]+)" download="{FILE}"', page)
            (fact,) = json.loads(await _got(ann, address))["reactions_and_presses"]
            assert (fact["by"], fact["says"]) == ("button", "bullish")
            assert "bullish" not in await _got(bob, address)
            assert "bullish" not in await product.get(address)
            assert "bullish" not in await _got(ann, f"{address}x")
            await ann.say("fr", "/me")
            await press(":erase")
            assert FRENCH("Your votes are erased.") in answers(await press(":erase now"))[-1]
            assert not pressed(await ann.look("fr"))
            assert everywhere(product) == []
            assert "Coin 1" not in await bob.say("fr", "/me")


async def _got(visitor: Visitor, address: str) -> str:
    async with visitor.client.get(address) as answer:
        return await answer.text()
