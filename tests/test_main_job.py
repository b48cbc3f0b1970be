"""The main job, end to end: feeds are polled, posted on three platforms in three languages, voted on, and tallied."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from tests.emulators.discord import DiscordServer
from tests.emulators.feeds import FeedServer, Item, rss
from tests.emulators.telegram import Limits, TelegramServer
from tests.product import Product, running
from tests.visitor import buttons as buttons_of

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=12)
"""The product goes by the real clock, and what is days old is no news to it."""


def items(*titles: str) -> list[Item]:
    return [
        Item(
            title=title,
            link=f"https://news.example/{n}",
            guid=title,
            published=NOW + timedelta(minutes=n),
            summary="So it is.",
        )
        for n, title in enumerate(titles)
    ]


def chat(platform: str, identity: object, language: str, *feeds: str) -> str:
    return (
        f'[[chats]]\nplatform = "{platform}"\nid = "{identity}"\nlanguage = "{language}"\n'
        f"feeds = [{', '.join(repr(feed) for feed in feeds)}]\n"
    )


def label_counts(labels: list[str]) -> tuple[int, int]:
    bullish, bearish = (int(re.sub(r"\D", "", label)) for label in labels)
    return bullish, bearish


class Web:
    """Members of a web room, each with cookies of their own."""

    def __init__(self, product: Product, room: str) -> None:
        self.product = product
        self.room = room

    async def buttons(self) -> list[tuple[str, str, str]]:
        """Message, button id and label of every vote button, in the order of the page."""
        return buttons_of(await self.product.get(f"/r/{self.room}"))

    async def press(self, message: str, button: str) -> None:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as member:
            async with member.get(f"{self.product.address}/r/{self.room}"):
                pass
            async with member.post(
                f"{self.product.address}/r/{self.room}/press",
                data={"message": message, "button": button},
                headers={"Origin": self.product.address},
            ) as answer:
                assert answer.status < 400, await answer.text()


async def test_one_story_is_posted_on_three_platforms_voted_on_by_fifty_and_every_copy_shows_it(tmp_path: Path) -> None:
    async with (
        FeedServer() as feeds,
        TelegramServer(limits=Limits.off()) as telegram,
        DiscordServer(limits={}) as discord,
    ):
        feeds.put("/a.xml", rss(items("Old", "Older", "Fees & <b>spreads</b>", "Quillnet grows"), language="en"))
        group = telegram.create_supergroup("Groupe")
        telegram.add_bot(group, "admin")
        guild = await discord.create_guild()
        channel = await discord.create_text(guild)
        await discord.invite_bot(guild)
        config = (
            f'[telegram]\ntoken = "{telegram.token}"\nbase_url = "{telegram.base_url}"\n'
            f'[discord]\ntoken = "{discord.token}"\napi_url = "{discord.api_url}"\n'
            f'gateway_url = "{discord.gateway_url}"\n'
            "[gather]\ninterval = 1\nadaptive = false\n"
            + chat("telegram", group.id, "fr", feeds.url("/a.xml"))
            + chat("discord", channel.id, "hy", feeds.url("/a.xml"))
            + chat("web", "ja", "ja", feeds.url("/a.xml"))
        )
        async with running(tmp_path, config) as product:
            await product.until(lambda: len(telegram.messages(group, by_bot=True)) == 3)
            await product.until(lambda: len(discord.messages(channel)) == 3)
            web = Web(product, "ja")
            await product.until(lambda: _has(web, 6))
            listed = await product.stories()
            assert [len(story["entries"]) for story in listed] == [1] * 4

            # A new entry reaches every chat, once.
            feeds.put("/a.xml", rss(items("Old", "Older", "Fees & <b>spreads</b>", "Quillnet grows", "Fresh")))
            await product.until(lambda: len(telegram.messages(group, by_bot=True)) == 4)
            await product.until(lambda: len(discord.messages(channel)) == 4)
            await product.until(lambda: _has(web, 8))
            on_telegram = next(m for m in telegram.messages(group, by_bot=True) if "Fresh" in m.text)
            on_discord = next(m for m in discord.messages(channel) if "Fresh" in str(m.components) + str(m.embeds))

            expected = Counter[tuple[str, str]]()
            for n in range(20):
                user = telegram.add_user(f"T{n}", is_premium=n < 10)
                telegram.join(group, user)
                if n < 10:
                    telegram.react(user, group, on_telegram, ["👍"])
                    telegram.react(user, group, on_telegram, ["👎"] if n < 4 else ["👍", "🎃"])
                    expected["telegram", "bearish" if n < 4 else "bullish"] += 1
                elif n < 13:
                    telegram.react(user, group, on_telegram, ["👎"])
                    telegram.react(user, group, on_telegram, [])
                else:
                    label = [button["text"] for button in telegram.buttons(group, on_telegram)][n % 2]
                    said = await telegram.press(user, group, on_telegram, label)
                    assert said.text
                    expected["telegram", "bearish" if n % 2 else "bullish"] += 1
            for n in range(20):
                member = await discord.add_user(f"d{n}", guild=guild)
                if n < 12:
                    await discord.react(member, on_discord, "🐂" if n % 3 else "🐻")
                    expected["discord", "bullish" if n % 3 else "bearish"] += 1
                else:
                    buttons = discord_buttons(on_discord)
                    pressed = await discord.press(member, on_discord, buttons[n % 2]["custom_id"])
                    await product.until(lambda pressed=pressed: pressed.answered)
                    assert pressed.ephemeral
                    expected["discord", "bearish" if n % 2 else "bullish"] += 1
            message, bullish, _ = next(b for b in (await web.buttons())[-2:] if b[1].endswith(":b"))
            for n in range(10):
                await web.press(message, bullish if n < 7 else bullish[:-1] + "s")
                expected["web", "bullish" if n < 7 else "bearish"] += 1

            everywhere = {
                side: sum(expected[p, side] for p in ("telegram", "discord", "web")) for side in ("bullish", "bearish")
            }

            async def tallied() -> bool:
                story = next(story for story in await product.stories() if story["title"] == "Fresh")
                return story["tally"] == everywhere and {
                    (entry["platform"], side): entry[side]
                    for entry in story["chats"]
                    for side in ("bullish", "bearish")
                } == dict(expected)

            await product.until(tallied)
            await product.until(
                lambda: (
                    label_counts([b["text"] for b in telegram.buttons(group, on_telegram)])
                    == (expected["telegram", "bullish"], expected["telegram", "bearish"])
                )
            )
            await product.until(
                lambda: (
                    label_counts([b["label"] for b in discord_buttons(on_discord)])
                    == (expected["discord", "bullish"], expected["discord", "bearish"])
                )
            )

            async def web_shows() -> bool:
                labels = [label for m, _, label in await web.buttons() if m == message]
                return label_counts(labels) == (expected["web", "bullish"], expected["web", "bearish"])

            await product.until(web_shows)
            # The tally everywhere stands on every copy, in the chat's own language and numerals.
            both = {str(everywhere["bullish"]), str(everywhere["bearish"])}
            await product.until(lambda: both <= set(re.findall(r"\d+", telegram.messages(group, by_bot=True)[-1].text)))
            await product.until(
                lambda: both <= set(re.findall(r"\d+", str(on_discord.components) + str(on_discord.embeds)))
            )
            assert telegram.throttled == []
            assert discord.throttled == []
            assert discord.pings == []
            assert (await product.health())["adapters"]["telegram"]["state"] == "ready"

        # Started again, it posts nothing twice and counts the same.
        async with running(tmp_path, config) as product:
            await product.until(lambda: feeds.count("/a.xml") > 3)
            await product.until(lambda: _ready(product))
            await product.until(tallied_again(product, everywhere))
            assert len(telegram.messages(group, by_bot=True)) == 4
            assert len(discord.messages(channel)) == 4


def discord_buttons(message) -> list[dict]:
    return [
        inner
        for component in message.components
        for inner in (component.get("components") or [])
        if inner.get("type") == 2
    ] or [
        inner
        for container in message.components
        for row in container.get("components") or []
        for inner in row.get("components") or []
        if inner.get("type") == 2
    ]


async def _has(web: Web, count: int) -> bool:
    return len(await web.buttons()) == count


async def _ready(product: Product) -> bool:
    return all(adapter["state"] == "ready" for adapter in (await product.health())["adapters"].values())


def tallied_again(product: Product, everywhere: dict[str, int]):
    async def holds() -> bool:
        return any(story["tally"] == everywhere for story in await product.stories())

    return holds
