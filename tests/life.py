"""People who live with the bot: on Telegram, on Discord and in the web rooms of one running product."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord import Channel, DiscordServer, Interaction
from tests.emulators.discord.pages import words
from tests.emulators.feeds import FeedServer
from tests.emulators.telegram import Chat, Message, TelegramServer, User
from tests.product import Product


@dataclass
class Life:
    """Where it is lived, and how."""

    product: Product
    telegram: TelegramServer
    discord: DiscordServer
    feeds: FeedServer
    channel: Chat
    """On Telegram; the config declares it."""
    looking: str
    """Part of what is said while an answer is being looked for."""
    pages: list[str] = field(default_factory=list)
    """All that web rooms showed, as markup."""

    async def until(self, holds: Callable[[], Any]) -> Any:
        return await self.product.until(holds, 30)

    def number_of(self, native_id: object) -> int:
        """Of the chat, as commands name it."""
        [(number,)] = self.product.rows("SELECT id FROM chat WHERE native_id = ?", str(native_id))
        return int(number)

    # --- Telegram ---

    async def tells(self, user: User, chat: Chat, *texts: str) -> None:
        """Somebody types, and each time the bot answers."""
        for text in texts:
            before = len(self._sent(chat))
            self.telegram.say(user, chat, text)
            await self.until(lambda before=before: len(self._sent(chat)) > before)

    async def presses(self, user: User, chat: Chat, button: str, message: Message | None = None) -> None:
        """Somebody presses the button with these words in its data, of the last menu where no message is named."""

        def offered() -> list[str]:
            there = [message] if message else self.menus(chat)[-1:]
            held = [held for menu in there for held in self.telegram.buttons(chat, menu)]
            return [one["callback_data"] for one in held if _has(one, button)]

        await self.until(offered)
        await self.telegram.press(user, chat, message or self.menus(chat)[-1], offered()[0], timeout=20)

    def menus(self, chat: Chat) -> list[Message]:
        """The bot's messages in the chat that have buttons and are no stories."""
        mine = self.telegram.messages(chat, by_bot=True)
        return [one for one in mine if self.telegram.buttons(chat, one) and one not in self.posts(chat)]

    def posts(self, chat: Chat) -> list[Message]:
        """The stories in the chat that can be voted on."""
        mine = self.telegram.messages(chat, by_bot=True)
        return [one for one in mine if any(_has(button, "v:") for button in self.telegram.buttons(chat, one))]

    def _sent(self, chat: Chat) -> list[Any]:
        methods = ("sendMessage", "editMessageText")
        return [call for call in self.telegram.calls() if call.method in methods and call.chat_id == str(chat.id)]

    # --- Discord ---

    async def gives(self, user: Any, where: Channel, command: str, /, **options: Any) -> Interaction:
        """Somebody gives a command, and the bot answers, after a look around where that takes time."""
        given = await self.discord.slash(user, where, command, options)
        await self.until(lambda: given.messages and self.looking not in words(given.messages[-1]))
        return given

    def discord_posts(self, channel: Channel) -> list[Any]:
        return [one for one in self.discord.messages(channel) if "v:" in str(one.components)]


def _has(button: Mapping[str, str], some: str) -> bool:
    return some in button.get("callback_data", "")


def pass_two_days(product: Product, chat: int) -> None:
    """Since the chat's posts were made and redrawn."""
    with closing(sqlite3.connect(product.folder / "newstally.db", timeout=20)) as connection, connection:
        for column in ("posted_at", "edited_at"):
            earlier = f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-2 days')"
            connection.execute(f"UPDATE delivery SET {column} = {earlier} WHERE chat_id = ?", [chat])
