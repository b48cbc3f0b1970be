"""Platforms in trouble: a refused token, no network, requests that fail before or after they acted."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.rights import NEEDED
from tests.emulators.discord import Channel, DiscordServer
from tests.emulators.discord.components_form import walk
from tests.emulators.discord.pages import words
from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Chat, Limits, TelegramServer
from tests.product import (
    EVERY_SECOND,
    chat_table,
    checked,
    discord_table,
    free_port,
    items,
    running,
    telegram_table,
)
from tests.visitor import Visitor

SEND = "/channels/{channel_id}/messages"


def telegram_titles(telegram: TelegramServer, group: Chat) -> list[str]:
    return [message.text.splitlines()[0] for message in telegram.messages(group, by_bot=True)]


def discord_shows(discord: DiscordServer, channel: Channel, title: str) -> int:
    """How often a story stands in the channel."""
    return sum(title in words(message) for message in discord.messages(channel))


async def unconfirmed(folder: Path) -> list[str]:
    """The posts that `newstally check` lists because nobody knows whether they arrived."""
    return [line for line in await checked(folder) if "Unconfirmed post" in line]


@pytest.mark.parametrize("refused", ["telegram", "discord"])
async def test_a_refused_token_stops_that_adapter_alone(tmp_path: Path, refused: str) -> None:
    wrong = {"telegram": "123456789:wrong-but-well-formed-token", "discord": "d3Jvbmc.wrong.token-of-no-bot"}
    other = {"telegram": "discord", "discord": "telegram"}[refused]
    async with (
        FeedServer() as feeds,
        TelegramServer(limits=Limits.off()) as telegram,
        DiscordServer(limits={}) as discord,
    ):
        feeds.put("/a.xml", rss(items("One")))
        group = telegram.create_supergroup("Readers")
        telegram.add_bot(group, "admin")
        guild = await discord.create_guild()
        channel = await discord.create_text(guild)
        await discord.invite_bot(guild, NEEDED.value)
        config = (
            telegram_table(telegram, token=wrong["telegram"] if refused == "telegram" else "")
            + discord_table(discord, token=wrong["discord"] if refused == "discord" else "")
            + EVERY_SECOND
            + chat_table("telegram", group.id, "en", feeds.url("/a.xml"))
            + chat_table("discord", channel.id, "en", feeds.url("/a.xml"))
            + chat_table("web", "en", "en", feeds.url("/a.xml"))
        )
        async with running(tmp_path, config) as product, Visitor(product) as reader:

            async def is_refused() -> bool:
                return await product.state_of(refused) == "refused"

            await product.until(is_refused)
            await product.ready(other, "web")
            health = await product.health()
            assert health["status"] == 200
            assert "token" in health["adapters"][refused]["detail"]
            assert wrong[refused] not in str(health)

            # The others go on posting, and so does the room.
            posted = {
                "telegram": lambda: telegram_titles(telegram, group),
                "discord": lambda: discord_shows(discord, channel, "One"),
            }
            await product.until(posted[other])
            assert not posted[refused]()

            async def in_the_room() -> bool:
                return "One" in await reader.look("en")

            await product.until(in_the_room)
            assert f'newstally_adapter_state{{adapter="{refused}",state="refused"}} 1.0' in await product.get(
                "/metrics"
            )


async def test_without_a_network_at_the_start_it_tries_again_until_there_is_one(tmp_path: Path) -> None:
    ports = free_port(), free_port(), free_port()
    telegram = TelegramServer(limits=Limits.off(), port=ports[0])
    discord = DiscordServer(limits={}, port=ports[1], gateway_port=ports[2])
    group = telegram.create_supergroup("Readers")
    telegram.add_bot(group, "admin")
    guild = await discord.create_guild()
    channel = await discord.create_text(guild)
    await discord.invite_bot(guild, NEEDED.value)
    async with FeedServer() as feeds:
        feeds.put("/a.xml", rss(items("One")))
        config = (
            f'[telegram]\ntoken = "{telegram.token}"\nbase_url = "http://127.0.0.1:{ports[0]}/bot"\n'
            f'[discord]\ntoken = "{discord.token}"\napi_url = "http://127.0.0.1:{ports[1]}/api/v10"\n'
            f'gateway_url = "ws://127.0.0.1:{ports[2]}"\n'
            + EVERY_SECOND
            + chat_table("telegram", group.id, "en", feeds.url("/a.xml"))
            + chat_table("discord", channel.id, "en", feeds.url("/a.xml"))
        )
        async with running(tmp_path, config) as product:

            async def both_in_vain() -> bool:
                adapters = (await product.health())["adapters"]
                return all(
                    (adapters[name]["state"], "could not be reached" in adapters[name]["detail"])
                    == ("connecting", True)
                    for name in ("telegram", "discord")
                )

            await product.until(both_in_vain)
            assert await product.state_of("web") == "ready"
            async with telegram, discord:
                await product.ready("telegram", "discord")
                await product.until(lambda: telegram_titles(telegram, group) == ["One"])
                await product.until(lambda: discord_shows(discord, channel, "One"))


async def test_telegram_is_ready_although_nobody_says_anything(tmp_path: Path) -> None:
    async with TelegramServer(limits=Limits.off()) as telegram, running(tmp_path, telegram_table(telegram)) as product:

        async def is_ready() -> bool:
            return await product.state_of("telegram") == "ready"

        await product.until(is_ready, 20)  # an empty long poll takes fifty


async def test_what_fails_on_telegram_is_neither_doubled_nor_lost_from_sight(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Start")))
        group = telegram.create_supergroup("Readers")
        telegram.add_bot(group, "admin")
        ann = telegram.add_user("Ann")
        telegram.join(group, ann)
        config = telegram_table(telegram) + EVERY_SECOND + chat_table("telegram", group.id, "en", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            await product.until(lambda: telegram_titles(telegram, group) == ["Start"])
            telegram.fail("sendMessage", 429, retry_after=1)
            telegram.fail("sendMessage", 500)
            telegram.reset("sendMessage", when="after")
            titles = ("Start", "One", "Two", "Three", "Four")
            feeds.put("/a.xml", rss(items(*titles)))
            await product.until(lambda: len(telegram_titles(telegram, group)) == 4)
            ends = {call.status: call.params["text"].splitlines()[0] for call in telegram.calls("sendMessage")}
            assert set(ends) == {200, 429, 500, 0}
            # Told to wait, it waited and sent. After a 500 it may be there (it isn't), after a reset too (it is), and
            # Telegram can't be asked.
            lost, broken_off = ends[500], ends[0]
            there = sorted(set(titles) - {lost})
            assert sorted(telegram_titles(telegram, group)) == there

            async def told(*in_doubt: str) -> bool:
                return {line.split("'")[1] for line in await unconfirmed(tmp_path)} == set(in_doubt)

            await product.until(lambda: told(lost, broken_off))

            # Whoever presses a button of the one that did arrive confirms it, and the vote counts.
            [arrived] = [m for m in telegram.messages(group, by_bot=True) if m.text.startswith(broken_off)]
            press = await telegram.press(ann, group, arrived, telegram.buttons(group, arrived)[0]["text"])
            assert press.text == "Your vote counts: bullish."
            await product.until(lambda: telegram.buttons(group, arrived)[0]["text"].endswith("1"))
            assert await told(lost)

        # Nor after a restart.
        async with running(tmp_path, config) as product:
            feeds.put("/a.xml", rss(items(*titles, "Last")))
            await product.until(lambda: "Last" in telegram_titles(telegram, group))
            assert sorted(telegram_titles(telegram, group)) == sorted([*there, "Last"])
            story = await product.story(broken_off)
            assert story is not None
            assert story["tally"] == {"bullish": 1, "bearish": 0}


async def test_what_fails_on_discord_is_found_out_and_posted_once(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("Start")))
        guild = await discord.create_guild()
        channel = await discord.create_text(guild)
        await discord.invite_bot(guild, NEEDED.value)
        ann = await discord.add_user("ann", guild=guild)
        config = discord_table(discord) + EVERY_SECOND + chat_table("discord", channel.id, "en", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            await product.until(lambda: discord_shows(discord, channel, "Start"))
            discord.fail("POST", SEND, 429, retry_after=1)
            discord.fail("POST", SEND, 500)
            discord.fail("POST", SEND, 502, when="after")
            discord.reset("POST", SEND)
            discord.reset("POST", SEND, when="after")
            discord.garble("POST", SEND, when="after")
            titles = ("Start", "Throttled", "Failed", "Gateway", "Broken before", "Broken off", "Garbled")
            feeds.put("/a.xml", rss(items(*titles)))

            def all_known() -> bool:
                return len(product.rows("SELECT 1 FROM delivery WHERE state = 'posted'")) == len(titles)

            await product.until(all_known)
            assert [discord_shows(discord, channel, title) for title in titles] == [1] * len(titles)
            assert await unconfirmed(tmp_path) == []

            # What was found again is seeded like the others, and its buttons vote.
            post = next(message for message in discord.messages(channel) if "Broken off" in words(message))
            await product.until(lambda: {"🐂", "🐻"} <= set(post.reactions))
            [bullish] = [part["custom_id"] for part in walk(post.components) if str(part.get("custom_id"))[-2:] == ":b"]
            await (await discord.press(ann, post, bullish)).shown(timeout=20)
            story = await product.story("Broken off")
            assert story is not None
            assert story["tally"] == {"bullish": 1, "bearish": 0}


async def test_stopped_in_the_moment_of_connecting_it_leaves_nothing_behind(tmp_path: Path) -> None:
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(context))
    async with DiscordServer(limits={}) as discord:
        guild = await discord.create_guild()
        await discord.create_text(guild)
        await discord.invite_bot(guild, NEEDED.value)
        async with running(tmp_path, discord_table(discord)) as product:
            await discord.wait_connected(20)
        # The library waits a moment for more servers before it says that it is ready.
        await product.until(lambda: not any("_delay_ready" in repr(task) for task in asyncio.all_tasks()))
        gc.collect()
        assert errors == []
