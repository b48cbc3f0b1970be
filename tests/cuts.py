"""Three platforms on which stories and votes keep coming while the product is killed again and again, and the recount.

Every voter votes on one story of one platform, so that tallies are known exactly, but for presses that nobody answered.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from adapters.discord.rights import NEEDED
from tests.emulators.discord import Channel, DiscordServer, Guild, Interaction
from tests.emulators.discord import Message as DiscordMessage
from tests.emulators.discord.components_form import walk
from tests.emulators.discord.pages import words
from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Chat, Limits, TelegramServer
from tests.emulators.telegram import Message as TelegramMessage
from tests.product import (
    EVERY_SECOND,
    Product,
    chat_table,
    discord_table,
    items,
    newstally,
    spawned,
    telegram_table,
)
from tests.visitor import Visitor, articles, buttons, plain

SEND = "/channels/{}/messages"
CALLBACK = "/interactions/{}/{}/callback"
PLATFORMS = ("telegram", "discord", "web")

NO_POWER = (aiohttp.ClientError, AssertionError)
"""What a browser has of it: no connection, or no answer of the kind that was expected."""

Cut = Callable[["Town"], Awaitable[None]]
"""Returns when the moment for the power to fail has come."""


@dataclass
class Ledger:
    """What the members know of their votes."""

    sure: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By platform, title and side."""
    unanswered: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Presses after which nothing was shown: they may count or not."""


class Town:
    """The platforms, the feed and the people."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.feeds = FeedServer()
        self.telegram = TelegramServer(limits=Limits.off())
        self.discord = DiscordServer(limits={})
        self.titles: list[str] = []
        self.ledger = Ledger()
        self.group: Chat
        self.guild: Guild
        self.channel: Channel
        self.config = ""
        self._people = 0
        self._cuts = 0
        self._cut = asyncio.Event()
        self._doings: list[asyncio.Task[None]] = []

    @classmethod
    @asynccontextmanager
    async def living(cls, folder: Path, seed: int) -> AsyncIterator[Town]:
        """Until the block ends."""
        town = cls(folder, seed)
        async with town.feeds, town.telegram, town.discord:
            town.group = town.telegram.create_supergroup("Readers")
            town.telegram.add_bot(town.group, "admin")
            town.guild = await town.discord.create_guild()
            town.channel = await town.discord.create_text(town.guild)
            await town.discord.invite_bot(town.guild, NEEDED.value)
            town.publish(1)
            feed = town.feeds.url("/a.xml")
            town.config = (
                telegram_table(town.telegram)
                + discord_table(town.discord)
                + EVERY_SECOND
                + chat_table("telegram", town.group.id, "fr", feed)
                + chat_table("discord", town.channel.id, "hy", feed)
                + chat_table("web", "ja", "ja", feed)
            )
            yield town

    def publish(self, count: int) -> None:
        """More stories."""
        self.titles += [f"Story {len(self.titles) + n}." for n in range(1, count + 1)]
        self.feeds.put("/a.xml", rss(items(*self.titles)))

    # --- what stands in the chats ---

    def on_telegram(self) -> dict[int, TelegramMessage]:
        """Posts by message id."""
        return {m.id: m for m in self.telegram.messages(self.group, by_bot=True) if m.text.startswith("Story ")}

    def on_discord(self) -> dict[str, DiscordMessage]:
        return {message.id: message for message in self.discord.messages(self.channel)}

    def title_of(self, text: str) -> str:
        return next(title for title in self.titles if title in text)

    # --- one round of votes: everyone who votes does so once, and some think better of it ---

    async def vote(self, product: Product) -> None:
        """Some new people vote in each place; the product may be gone at any time."""
        await asyncio.gather(self._on_telegram(), self._on_discord(), self._in_the_room(product))

    def _someone(self) -> str:
        self._people += 1
        return f"p{self._people}"

    async def _on_telegram(self) -> None:
        for message in self._some(list(self.on_telegram().values())):
            title = self.title_of(message.text)
            user = self.telegram.add_user(self._someone())
            self.telegram.join(self.group, user)
            if self.random.random() < 0.6:
                first, last = self.random.choice([("👍", "👎"), ("👎", "🔥"), ("👍", ""), ("", "👎")])
                for emoji in (first, last):
                    self.telegram.react(user, self.group, message, [emoji] if emoji else [])
                if last:
                    self.ledger.sure["telegram", title, "bearish" if last == "👎" else "bullish"] += 1
            else:
                # Nobody waits for the answer: Telegram keeps the press until the product has taken it.
                button = self.random.choice(self.telegram.buttons(self.group, message))
                self.telegram.tap(user, self.group, message, button["callback_data"])
                self.ledger.sure["telegram", title, _side(button["callback_data"])] += 1

    async def _on_discord(self) -> None:
        for message in self._some(list(self.on_discord().values())):
            if self.random.random() < 0.6:
                title = self.title_of(words(message))
                user = await self.discord.add_user(self._someone(), guild=self.guild)
                emoji = self.random.choice("🐂🐻")
                await self.discord.react(user, message, emoji)
                if self.random.random() < 0.3:
                    await self.discord.unreact(user, message, emoji)
                else:
                    self.ledger.sure["discord", title, "bullish" if emoji == "🐂" else "bearish"] += 1
            else:
                await self.press_on_discord(message)

    async def press_on_discord(self, message: DiscordMessage) -> None:
        """Somebody presses, and sees an answer or none."""
        user = await self.discord.add_user(self._someone(), guild=self.guild)
        button = self.random.choice([p["custom_id"] for p in walk(message.components) if p.get("custom_id")])
        pressed = await self.discord.press(user, message, button)
        await self._answered_or_cut(pressed)
        book = self.ledger.sure if pressed.answered else self.ledger.unanswered
        book["discord", self.title_of(words(message)), _side(button)] += 1

    async def _answered_or_cut(self, pressed: Interaction) -> None:
        waiting = {asyncio.ensure_future(pressed.answer(4.0)), asyncio.ensure_future(self._cut.wait())}
        done, late = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        await asyncio.gather(*done, *late, return_exceptions=True)

    async def _in_the_room(self, product: Product) -> None:
        async with Visitor(product) as visitor:
            try:
                page = await visitor.look("ja")
            except NO_POWER:
                return
            shown = [(self.title_of(plain(article)), *buttons(article)) for article in articles(page)]
            for title, *both in self._some(shown):
                message, button, _ = self.random.choice(both)
                async with Visitor(product) as voter:
                    book = self.ledger.unanswered
                    try:
                        await voter.look("ja")
                        await voter.send("ja", "press", message=message, button=button)
                        book = self.ledger.sure
                    except NO_POWER:
                        pass
                    book["web", title, _side(button)] += 1

    def _some(self, posts: list) -> list:
        return self.random.sample(posts, min(len(posts), 2))

    # --- lives ---

    async def live_until(self, cut: Cut, *, stories: int = 2, from_the_start: bool = False) -> None:
        """A life with new stories and votes, which ends at the moment of the cut.

        ``from_the_start``: that may come before the product is up.
        The first life begins with the first contact, which gives a chat only the newest stories.
        """
        self._cut.clear()
        async with spawned(self.folder, self.config, wait=not from_the_start) as life:
            if len(self.titles) == 1:
                await life.product.until(lambda: len(life.product.rows("SELECT 1 FROM post")) == len(PLATFORMS))
            if not from_the_start:
                await life.product.ready(*PLATFORMS)
            self.publish(stories)
            self.begin(self.vote(life.product))
            async with asyncio.timeout(60):
                await cut(self)
            await life.kill()
            self._cuts += 1
            self._cut.set()
            # What was held goes on now: the request had left before the cut.
            self.telegram.faults.clear()
            self.discord.faults.clear()
            await asyncio.gather(*self._doings)
            self._doings.clear()

    def begin(self, doing: Coroutine[Any, Any, None]) -> None:
        """Somebody does it meanwhile; the power cut doesn't stop people."""
        self._doings.append(asyncio.create_task(doing))

    # --- the end ---

    async def settle(self) -> None:
        """A last life in which all that is owed is done, and then the recount. Fails where anything is wrong."""
        async with spawned(self.folder, self.config) as life:
            product = life.product

            def delivered() -> bool:
                states = dict(product.rows("SELECT state, count(*) FROM delivery GROUP BY state"))
                return sum(states.values()) == len(self.titles) * len(PLATFORMS) and states.keys() <= {
                    "posted",
                    "unconfirmed",
                }

            await product.until(delivered, 120)
            await self._confirm(product)
            await product.until(lambda: not self.telegram.bot.queue.entries)
            wrong = ["not looked yet"]

            async def all_counted() -> bool:
                wrong[:] = await self._differences(product)
                return not wrong

            try:
                await product.until(all_counted, 60)
            except TimeoutError:
                raise AssertionError("\n".join(wrong)) from None
            await self._once_each(product)
            assert await life.stop() == 0, life.written
        code, said = await newstally(self.folder, "check")
        assert (code, "every tally equals a recount" in said) == (0, True), said
        assert "Traceback" not in life.written, life.written

    async def _confirm(self, product: Product) -> None:
        """Somebody presses a button of each post on Telegram that the product isn't sure of."""
        known = {int(message) for (message,) in product.rows("SELECT message_id FROM post WHERE platform = 'telegram'")}
        for message in [m for m in self.on_telegram().values() if m.id not in known]:
            user = self.telegram.add_user(self._someone())
            self.telegram.join(self.group, user)
            button = self.telegram.buttons(self.group, message)[0]
            press = await self.telegram.press(user, self.group, message, button["text"], timeout=20)
            assert press.text
            self.ledger.sure["telegram", self.title_of(message.text), "bullish"] += 1

    async def _differences(self, product: Product) -> list[str]:
        found = []
        counted: Counter[tuple[str, str, str]] = Counter()
        for story in await product.stories():
            for side in ("bullish", "bearish"):
                for chat in story["chats"]:
                    counted[chat["platform"], story["title"], side] += chat[side]
                in_all_chats = sum(chat[side] for chat in story["chats"])
                if story["tally"][side] != in_all_chats:
                    found.append(f"{story['title']} {side} everywhere: {story['tally'][side]}, chats: {in_all_chats}")
        sure, unanswered = self.ledger.sure, self.ledger.unanswered
        for key in {*sure, *unanswered, *counted}:
            least, most = sure[key], sure[key] + unanswered[key]
            if not least <= counted[key] <= most:
                found.append(f"{key}: {counted[key]}, but it must be {least} to {most}")
        return found

    async def _once_each(self, product: Product) -> None:
        async with Visitor(product) as visitor:
            page = await visitor.look("ja")
            shown = articles(page)
            while older := page.partition('id="older" href="/r/ja?before=')[2].partition('"')[0]:
                page = await visitor.look(f"ja?before={older}")
                shown += articles(page)
        in_the_room = Counter(self.title_of(plain(article)) for article in shown)
        on_discord = Counter(self.title_of(words(message)) for message in self.on_discord().values())
        on_telegram = Counter(self.title_of(message.text) for message in self.on_telegram().values())
        once = Counter(self.titles)
        assert in_the_room == once
        assert on_discord == once
        assert set(on_telegram.values()) <= {1}, on_telegram
        # What isn't there was cut off before Telegram had it, which nobody can know: it is listed, not sent again.
        missing = {title for title in self.titles if title not in on_telegram}
        assert len(missing) <= self._cuts, "only one can be in mid-air on its way to a chat"
        listed = product.rows(
            "SELECT title FROM delivery JOIN story ON story.id = story_id WHERE state = 'unconfirmed'"
        )
        assert {title for (title,) in listed} == missing
        assert [story["title"] for story in await product.stories()] == self.titles[::-1]


def _side(button: str) -> str:
    return "bullish" if button.endswith(":b") else "bearish"


# --- moments ---------------------------------------------------------------------------------------------------------


def while_sending(*, acted: bool) -> Cut:
    """On Telegram and on Discord a message is on its way; the platforms have it, or not yet."""

    async def cut(town: Town) -> None:
        when = "after" if acted else "before"
        held = town.telegram.hold("sendMessage", when=when), town.discord.hold("POST", SEND, when=when)
        for fault in held:
            await fault.arrived.wait()

    return cut


def while_waiting() -> Cut:
    """The first of several stories has come to Telegram, and the others wait for their turn in its chat."""

    async def cut(town: Town) -> None:
        before = len(town.on_telegram())
        await town.telegram.wait_for(lambda: len(town.on_telegram()) > before, 30)

    return cut


def while_hearing() -> Cut:
    """Updates were handed out on Telegram, and a press on Discord is stored, its answer on the way."""

    async def cut(town: Town) -> None:
        held = town.telegram.hold("getUpdates", when="after"), town.discord.hold("POST", CALLBACK)
        town.begin(town.press_on_discord(next(iter(town.on_discord().values()))))
        await held[1].arrived.wait()
        while not held[0].arrived.is_set():
            # The poll that waits already isn't held: it is the one after it.
            town.telegram.join(town.group, town.telegram.add_user("one who comes"))
            await asyncio.sleep(0.1)

    return cut


def while_editing() -> Cut:
    """A tally on its way to Telegram."""

    async def cut(town: Town) -> None:
        await town.telegram.hold("editMessageText").arrived.wait()

    return cut


def while_reading() -> Cut:
    """The feed's answer is on its way."""

    async def cut(town: Town) -> None:
        page = town.feeds.pages["/a.xml"]
        page.gate, page.asked = asyncio.Event(), asyncio.Event()
        await page.asked.wait()
        page.gate.set()
        page.gate = None

    return cut


def after(seconds: float) -> Cut:
    """At any time."""

    async def cut(town: Town) -> None:
        await asyncio.sleep(seconds)

    return cut
