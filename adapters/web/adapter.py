"""The web rooms as a chat platform."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from adapters.web.actions import Actions
from adapters.web.desk import Closed, Desk
from adapters.web.errors import known_room
from adapters.web.hub import Hub, Kind
from adapters.web.inbound import PLATFORM
from adapters.web.pages import Pages
from adapters.web.render import Renderer, room_address
from adapters.web.settings import WebSettings
from adapters.web.visits import Visits
from bot.errors import StorageError
from bot.model import Actor, Ballot, Card, ChatRef, MessageRef
from bot.ports import (
    Capabilities,
    ChatAdapter,
    Command,
    Departure,
    Dispatch,
    KnowsAdmins,
    LanguageByChat,
    PublishesCommands,
    ServesPages,
    State,
    Surroundings,
    Traffic,
)


class WebAdapter(ChatAdapter, KnowsAdmins, LanguageByChat, PublishesCommands, ServesPages):
    """Rooms in a browser, one a language. The Pace isn't asked: nothing here costs a platform's budget."""

    platform: ClassVar[str] = PLATFORM
    ballot: ClassVar[Ballot] = Ballot(bullish=("🐂",), bearish=("🐻",))
    recognises_keys: ClassVar[bool] = True

    def __init__(self, settings: WebSettings, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._opened = asyncio.Event()
        self._hub = Hub()
        self._visits = Visits(surroundings.site, surroundings.translators.names)
        renderer = Renderer()
        self._desk = Desk(surroundings, self._hub, renderer)
        self._pages = Pages(surroundings, self._desk, self._hub, renderer, self._visits)
        self._actions = Actions(surroundings, self._desk, self._visits)

    async def capabilities(self, chat: ChatRef, kind: Traffic = Traffic.ANSWER) -> Capabilities:
        """Buttons; there is nothing to react with."""
        self._room(chat)
        return Capabilities(posts=True, buttons=True, reactions=False, emoji=frozenset())

    async def send(self, chat: ChatRef, card: Card, *, key: str, departure: Departure) -> MessageRef:
        """Store a message and tell the open pages."""
        room = self._room(chat)
        await departure.leaving()
        message = await self._surroundings.rooms.append(room, card, key=key, at=self._surroundings.clock())
        self._hub.tell(room, Kind.APPEND, f"m{message.id}", self._pages.message_html(message))
        return MessageRef(chat, str(message.id))

    async def edit(self, message: MessageRef, card: Card, *, posted_at: datetime | None = None) -> None:
        """Change a message and tell the open pages; one that the room has let go needs no redrawing."""
        room = self._room(message.chat)
        changed = await self._surroundings.rooms.replace(room, int(message.id), card)
        if changed is not None:
            self._hub.tell(room, Kind.REPLACE, f"m{changed.id}", self._pages.message_html(changed))

    def _room(self, chat: ChatRef) -> str:
        return known_room(chat, self._surroundings.translators.names)

    def admin_link(self, address: str) -> str:
        """See `ServesPages`."""
        return f"{address}/enter?token={quote(self._surroundings.site.admin_token, safe='')}"

    async def run(self, dispatch: Dispatch) -> None:
        """Serve the rooms until cancelled; then the pages' streams end at once, so that the server can stop."""
        await self._visits.load(self._surroundings.keys)
        try:
            async with asyncio.TaskGroup() as follow_ups:
                self._desk.open(dispatch, follow_ups)
                self.state = State.READY
                self._opened.set()
                await asyncio.get_running_loop().create_future()
        finally:
            self.state = State.OFF
            self._desk.close()
            self._hub.close()

    async def opened(self) -> None:
        """See `ServesPages`."""
        await self._opened.wait()

    async def is_admin(self, chat: ChatRef, actor: Actor) -> bool:
        """Whoever came with an admin's cookie since the start administers every room."""
        return actor.platform == PLATFORM and self._visits.has_been_admin(actor.id)

    async def administered(self, actor: Actor, chats: Sequence[ChatRef]) -> Sequence[ChatRef]:
        """All rooms or none."""
        admin = actor.platform == PLATFORM and self._visits.has_been_admin(actor.id)
        return [chat for chat in chats if admin and chat.platform == PLATFORM]

    def address_in(self, language: str) -> str:
        """See `LanguageByChat`."""
        return room_address(language)

    def declare(self, commands: Sequence[Command]) -> None:
        """The pages build their menu from these."""
        self._pages.commands = self._actions.commands = tuple(commands)

    def pages(self) -> ASGIApp:
        """The rooms' pages."""
        return Starlette(
            routes=[*self._pages.routes(), *self._actions.routes()],
            exception_handlers={
                HTTPException: self._pages.refuse,
                Closed: self._pages.not_yet,
                StorageError: self._pages.not_stored,
                Exception: self._pages.failed,
            },
        )
