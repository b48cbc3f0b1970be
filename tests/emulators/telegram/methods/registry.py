"""The table of methods, and what a method gets to work with: a Call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.emulators.telegram.access import Need, chat_for, message_for
from tests.emulators.telegram.model import Chat, Message
from tests.emulators.telegram.params import Params
from tests.emulators.telegram.world import BotAccount, World


@dataclass(slots=True)
class Call:
    """One request by one bot."""

    world: World
    bot: BotAccount
    method: str  # as documented, e.g. sendMessage
    params: Params

    def chat(self, need: Need = Need.READ) -> Chat:
        return chat_for(self.world, self.bot, self.params.text("chat_id"), need)

    def message(self, need: Need, what: str) -> tuple[Chat, Message]:
        params = self.params
        return message_for(self.world, self.bot, params.text("chat_id"), params.text("message_id"), need, what)

    def spend(self, chat: Chat | None, messages: int = 0) -> None:
        self.bot.book.spend(self.method, chat, messages)


Method = Callable[[Call], Awaitable[Any]]
table: dict[str, tuple[str, Method]] = {}  # lower-case name → documented name and function


def method(*names: str) -> Callable[[Method], Method]:
    """Registers a function under these documented names; the server compares them without regard to case."""

    def register(function: Method) -> Method:
        for name in names:
            table[name.lower()] = (name, function)
        return function

    return register
