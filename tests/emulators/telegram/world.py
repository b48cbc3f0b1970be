"""The state of the emulated Telegram, and what it tells the bots when something changes.

Holds everything; decides only who gets to see what. It knows neither HTTP nor the Bot API's parameters.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import reactions, shapes
from .files import FileStore
from .limits import LimitBook, Limits
from .model import Actor, Chat, Clock, Json, Member, Message, Press, User
from .updates import KEPT_SECONDS, UpdateQueue

CALLBACK_UPDATE_SECONDS = 150  # Client.cpp add_new_callback_query: an old press is not worth delivering


@dataclass(slots=True, eq=False)
class BotAccount:
    token: str
    user: User
    queue: UpdateQueue
    book: LimitBook
    privacy: bool = True  # BotFather's /setprivacy
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    words: dict[tuple[str, str], str] = field(default_factory=dict)  # (field, language) → name, description, …
    default_rights: dict[bool, Json] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return self.user.id


class World:
    def __init__(self, clock: Clock, limits: Limits, *, fetch_anywhere: bool, count_delay: float) -> None:
        self.clock = clock
        self.limits = limits
        self.files = FileStore(fetch_anywhere=fetch_anywhere)
        self.count_delay = count_delay
        self.callback_seconds = 15.0
        self.users: dict[int, User] = {}
        self.bots: dict[str, BotAccount] = {}
        self.chats: dict[int, Chat] = {}
        self.private: dict[tuple[int, int], Chat] = {}
        self.presses: dict[str, Press] = {}
        self.numbers = itertools.count(1)
        self._small_ids = itertools.count(1)  # private chats and basic groups share one sequence of message ids
        self.on_count_due: Callable[[], None] = lambda: None
        self._counts_due: dict[tuple[int, int], float] = {}
        self._changed = asyncio.Event()

    # ---------------------------------------------------------------------------------------------------------- change

    @property
    def date(self) -> int:
        return int(self.clock())

    def touch(self) -> None:
        """Something changed: whoever waits looks again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def wait_for(self, predicate: Callable[[], Any], seconds: float) -> Any:
        """The predicate's first true value; looks again after each change, never by the clock."""
        async with asyncio.timeout(seconds):
            while not (value := predicate()):
                await self._changed.wait()
        return value

    # ----------------------------------------------------------------------------------------------------------- chats

    def bot_by_id(self, bot_id: int) -> BotAccount | None:
        return next((bot for bot in self.bots.values() if bot.id == bot_id), None)

    def all_chats(self) -> list[Chat]:
        return [*self.chats.values(), *self.private.values()]

    def is_admin(self, bot: BotAccount, chat: Chat) -> bool:
        member = chat.members.get(bot.id)
        return member is not None and member.is_admin

    def is_present(self, bot: BotAccount, chat: Chat) -> bool:
        if chat.type == "private":
            return chat.bot_id == bot.id
        member = chat.members.get(bot.id)
        return member is not None and member.is_present

    def set_member(self, chat: Chat, new: Member, *, by: User) -> None:
        """Changes a membership; the bot concerned gets my_chat_member, bots that are administrators chat_member."""
        old = chat.members.get(new.user.id) or Member(new.user, "left")
        chat.members[new.user.id] = new
        payload = {
            "chat": shapes.chat(chat),
            "from": shapes.user(by),
            "date": self.date,
            "old_chat_member": shapes.member(old, chat),
            "new_chat_member": shapes.member(new, chat),
        }
        for bot in self.bots.values():
            if bot.id == new.user.id:
                bot.queue.push("my_chat_member", payload)
            elif self.is_admin(bot, chat):
                bot.queue.push("chat_member", payload)
        self.touch()

    # -------------------------------------------------------------------------------------------------------- messages

    def next_message_id(self, chat: Chat) -> int:
        if chat.type in ("supergroup", "channel"):
            chat.last_message_id += 1
        else:
            chat.last_message_id = next(self._small_ids)
        return chat.last_message_id

    def post(self, chat: Chat, message: Message) -> Message:
        """Puts a message into its chat, tells the bots, and forwards a channel's post into its discussion group."""
        chat.messages[message.id] = message
        if message.author_bot_id:
            chat.last_bot_to_speak = message.author_bot_id
        self.tell_message(message)
        if chat.is_broadcast and chat.linked and not message.service:
            self._forward(message, chat.linked)
        self.touch()
        return message

    def _forward(self, original: Message, group: Chat) -> None:
        origin = {
            "type": "channel",
            "date": original.date,
            "chat": shapes.chat(original.chat),
            "message_id": original.id,
        }
        copy = Message(
            id=self.next_message_id(group),
            chat=group,
            date=self.date,
            sender_chat=original.chat,
            forward_origin=origin,
            is_automatic_forward=True,
            media_group_id=original.media_group_id,
        )
        original.copies.append(copy)
        self._copy_content(original, copy)
        self.post(group, copy)

    @staticmethod
    def _copy_content(original: Message, copy: Message) -> None:
        copy.text, copy.entities, copy.picture = original.text, original.entities, original.picture
        copy.link_preview_options = original.link_preview_options
        # buttons that call the bot do not travel with a forward; links do
        rows = [[b for b in row if "url" in b] for row in (original.keyboard or {}).get("inline_keyboard", [])]
        copy.keyboard = {"inline_keyboard": [row for row in rows if row]} if any(rows) else None

    def edited(self, message: Message, *, by_bot: bool) -> None:
        message.edit_date = self.date
        for copy in message.copies:
            self._copy_content(message, copy)
        if not by_bot:
            self.tell_message(message, edited=True)
        self.touch()

    def delete(self, message: Message) -> None:
        """Deleting tells nobody: the Bot API has no update for it."""
        message.chat.messages.pop(message.id, None)
        self.touch()

    def tell_message(self, message: Message, *, edited: bool = False) -> None:
        kind = "channel_post" if message.chat.is_broadcast else "message"
        shape: Json | None = None
        for bot in self.bots.values():
            if self.sees(bot, message):
                shape = shape or shapes.message(message)
                ttl = (message.edit_date or message.date) + KEPT_SECONDS - self.clock()
                bot.queue.push(f"edited_{kind}" if edited else kind, shape, ttl=ttl)

    def sees(self, bot: BotAccount, message: Message) -> bool:
        """Privacy mode (bots FAQ, "What messages will my bot get?"); never other bots' messages, nor its own."""
        chat = message.chat
        if not self.is_present(bot, chat) or message.author_bot_id == bot.id:
            return False
        if message.author_bot_id and not message.service:
            return False
        if chat.type in ("private", "channel") or message.service:
            return True
        if not bot.privacy or self.is_admin(bot, chat):
            return True
        replied = chat.messages.get(message.reply_to or 0)
        return bool((replied and replied.author_bot_id == bot.id) or self._commands(bot, message))

    def _commands(self, bot: BotAccount, message: Message) -> bool:
        """Whether a command in the message is meant for this bot."""
        units = message.text.encode("utf-16-le")
        for entity in message.entities:
            if entity["type"] != "bot_command":
                continue
            begin = 2 * entity["offset"]
            word = units[begin : begin + 2 * entity["length"]].decode("utf-16-le")
            _, _, name = word.partition("@")
            if name.lower() == bot.user.username.lower():
                return True
            if not name and message.chat.last_bot_to_speak in (0, bot.id):
                return True
        return False

    # ------------------------------------------------------------------------------------------------------- reactions

    def reaction_target(self, message: Message) -> Message:
        """In an album reactions belong to its first message that is still there."""
        if not message.media_group_id:
            return message
        album = (m for m in message.chat.messages.values() if m.media_group_id == message.media_group_id)
        return min(album, key=lambda m: m.id, default=message)

    def set_reactions(self, message: Message, actor: Actor, kinds: list[Json], *, by_bot: bool) -> None:
        message = self.reaction_target(message)
        old = message.reactions.get(actor, [])
        if kinds == old:
            return
        message.reactions.pop(actor, None)
        if kinds:
            message.reactions[actor] = kinds
        self.touch()
        if by_bot:  # never announced, though the totals contain them
            return
        if message.chat.is_broadcast or message.is_automatic_forward:
            self._counts_due.setdefault((message.chat.id, message.id), self.clock() + self.count_delay)
            self.on_count_due()
            return
        payload: Json = {"chat": shapes.chat(message.chat), "message_id": message.id}
        who, actor_id = actor
        if who == "user":
            payload["user"] = shapes.user(self.users[actor_id])
        else:
            payload["actor_chat"] = shapes.chat(self.chats[actor_id])
        payload |= {"date": self.date, "old_reaction": old, "new_reaction": kinds}
        for bot in self.bots.values():
            private = message.chat.type == "private" and message.chat.bot_id == bot.id
            if private or self.is_admin(bot, message.chat):
                bot.queue.push("message_reaction", payload)

    def tell_counts(self, *, all_now: bool = False) -> int:
        """Sends the grouped totals that are due (or all that wait) to administrators; says how many there were."""
        now = self.clock()
        due = [key for key, at in self._counts_due.items() if all_now or at <= now]
        for key in due:
            del self._counts_due[key]
            chat_id, message_id = key
            chat = self.chats[chat_id]
            if (message := chat.messages.get(message_id)) is None:
                continue
            payload = {
                "chat": shapes.chat(chat),
                "message_id": message_id,
                "date": self.date,
                "reactions": reactions.totals(message),
            }
            for bot in self.bots.values():
                if self.is_admin(bot, chat):
                    bot.queue.push("message_reaction_count", payload)
        if due:
            self.touch()
        return len(due)

    @property
    def next_count_at(self) -> float | None:
        return min(self._counts_due.values(), default=None)

    # --------------------------------------------------------------------------------------------------------- presses

    def pressed(self, user: User, message: Message, data: str) -> Press:
        bot = self.bot_by_id(message.author_bot_id)
        if bot is None:
            raise ValueError("only a bot's button can be pressed")
        press = Press(str(4_400_000_000_000_000 + next(self.numbers)), user, message, data, bot.id, self.clock())
        self.presses[press.id] = press
        accessible = message.id in message.chat.messages
        payload = shapes.callback_query(press, accessible=accessible)
        bot.queue.push("callback_query", payload, ttl=CALLBACK_UPDATE_SECONDS)
        self.touch()
        return press
