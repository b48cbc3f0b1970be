"""One command as it reaches its handler: who asks, where, which chat it concerns, in which words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from bot.card.answer import answer_card
from bot.commands.services import Services
from bot.errors import CommandError
from bot.model import Actor, Button, ButtonRole, ChatKind, Line, Phrase
from bot.ports import Answer, ChatAdapter, KnowsAdmins, Translator
from bot.storage.chats import Chat
from bot.storage.once import once

P = ParamSpec("P")
T = TypeVar("T")

MAX_BUTTON_BYTES = 64


@dataclass(frozen=True, slots=True)
class Request:
    """What a handler gets."""

    services: Services
    command: str
    here: Chat
    """Where it was asked."""
    chat: Chat
    """Which chat it concerns: ``here``, or another one that the asker chose and administers."""
    actor: Actor
    t: Translator
    """The words of the answer."""
    words: str
    """What followed the command's name, without the chat's address."""
    chosen: bool
    """Whether the chat was named in so many words."""
    said_admin: bool | None
    """Whether the asker administers ``chat``, as the platform said with this event; None: ask it."""
    pressed: bool
    event_id: str | None
    forum: Chat | None = None
    """The forum to which ``here`` belongs, when nobody has set it up yet and the asker may."""

    @property
    def adapter(self) -> ChatAdapter:
        return self.services.adapters[self.here.ref.platform]

    @property
    def now(self) -> datetime:
        return self.services.clock()

    @property
    def verb(self) -> str:
        """The first word, in lower case; empty when there is none."""
        return self.words.split(maxsplit=1)[0].lower() if self.words else ""

    @property
    def rest(self) -> str:
        """What follows the first word."""
        return "".join(self.words.split(maxsplit=1)[1:]).strip()

    def button(self, label: str, words: str, *, role: ButtonRole = ButtonRole.CHOICE, pressed: bool = False) -> Button:
        """A button that gives this command with these words, for the same chat."""
        return command_button(label, self.command, f"{self.address} {words}".strip(), role=role, pressed=pressed)

    def fits_button(self, words: str) -> bool:
        """Whether a button can carry these words."""
        return fits_button(self.command, f"{self.address} {words}".strip())

    @property
    def address(self) -> str:
        """How this chat is named in a button; empty for the chat where it was asked."""
        return address_of(self.chat) if self.chat.id != self.here.id else ""

    def addressed(self, example: str) -> str:
        """A command as it must be typed where the chat that it is about is another one."""
        if not self.address:
            return example
        if parameter := self.adapter.elsewhere_parameter:
            return f"{example} {parameter}: …"
        name, _, words = example.partition(" ")
        return f"{name} {self.address} {words}"

    def answer(self, *lines: Line, buttons: Iterable[Sequence[Button]] = (), private: bool = False) -> Answer:
        """The answer; when a button was pressed, in place of the menu that had it."""
        card = answer_card(self.t.language, *lines, buttons=buttons)
        # How another chat is set up is nobody's business here.
        private = private or bool(self.address)
        return Answer(card=card, private=private and not self.pressed, replaces=self.pressed)

    async def once(
        self, change: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[bool, T | None]:
        """Make a change in storage by the event that asks for it. False when the same event has made it before: after a
        crash it may be told again, and other changes may have followed."""
        write = self.services.database.write
        return await write(once, self.actor.platform, self.event_id, self.now, change, *args, **kwargs)

    async def changed(self) -> None:
        """What the chat follows, or its language, is another now: let gather and the sweep act on it."""
        await self.services.gatherer.sync_subscriptions()
        self.services.on_change()

    async def require_admin(self) -> None:
        """Raises CommandError unless the person who asks may configure the chat."""
        if not await self.is_admin():
            raise CommandError(Phrase("Only the admins of this chat can change that."))

    async def is_admin(self) -> bool:
        """Whether the person who asks administers the chat; the platform is asked each time."""
        if self.chat.kind is ChatKind.PRIVATE:
            return True
        if self.said_admin is not None:
            return self.said_admin
        return isinstance(self.adapter, KnowsAdmins) and await self.adapter.is_admin(self.chat.ref, self.actor)


Handler: TypeAlias = Callable[[Request], Awaitable[Answer]]


def address_of(chat: Chat) -> str:
    """How a chat is named in buttons, and may be typed."""
    return f"@{chat.id}"


def command_button(
    label: str, command: str, words: str, *, role: ButtonRole = ButtonRole.CHOICE, pressed: bool = False
) -> Button:
    """A button that does what typing the command with these words would do."""
    return Button(label=label, id=f"c:{command}:{words}", role=role, pressed=pressed)


def fits_button(command: str, words: str) -> bool:
    """Whether the id of such a button would be short and plain enough for every platform."""
    button = f"c:{command}:{words}"
    return button.isascii() and button.isprintable() and len(button) <= MAX_BUTTON_BYTES


def parse_command_button(button: str) -> tuple[str, str] | None:
    """Command and words of what `command_button` made; None for any other id."""
    kind, _, rest = button.partition(":")
    command, colon, words = rest.partition(":")
    return (command, words) if kind == "c" and colon else None
