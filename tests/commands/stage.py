"""A stage for stories about commands: a real database, a platform in memory, feeds that are found or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import ClassVar

from sqlalchemy import Connection, insert, select

from bot.commands.router import Commands
from bot.commands.services import Services
from bot.commands.sources_add import web_address
from bot.errors import NewstallyError
from bot.events import ButtonPressed, ChatJoined, CommandInvoked
from bot.i18n import Catalogues
from bot.model import Actor, Ballot, Button, Card, ChatKind, ChatRef, MessageRef, Phrase
from bot.ports import Answer, Capabilities, ChatAdapter, Dispatch, KnowsAdmins, KnowsMembers, State, Traffic
from bot.storage import chats, subscriptions
from bot.storage.chats import Chat, SettingChange
from bot.storage.database import Database, open_database
from bot.storage.plan import VotingRules
from bot.storage.subscriptions import Subscription
from bot.storage.tables import source
from bot.tally.recorder import Recorder

NOW = datetime(2026, 11, 22, 19, 6, tzinfo=UTC)

GROUP = ChatRef("village", "square")
CHANNEL = ChatRef("village", "tower")

ADMIN = Actor("village", "anna", locale="en")
MEMBER = Actor("village", "boris", locale="fr")


class Village(ChatAdapter, KnowsAdmins):
    """A platform whose chats know their admins."""

    platform: ClassVar[str] = "village"
    ballot: ClassVar[Ballot] = Ballot(bullish=("🐂", "👍"), bearish=("🐻", "👎"))

    def __init__(self) -> None:
        self.admins: set[tuple[ChatRef, str]] = {(GROUP, ADMIN.id), (CHANNEL, ADMIN.id)}
        self.allows: Capabilities | NewstallyError = Capabilities()
        self.broken: NewstallyError | None = None
        self.state = State.READY

    async def capabilities(self, chat: ChatRef, kind: Traffic = Traffic.ANSWER) -> Capabilities:
        if isinstance(self.allows, NewstallyError):
            raise self.allows
        return self.allows

    async def is_admin(self, chat: ChatRef, actor: Actor) -> bool:
        if self.broken is not None:
            raise self.broken
        return (chat, actor.id) in self.admins

    async def administered(self, actor: Actor, chats: Sequence[ChatRef]) -> Sequence[ChatRef]:
        return [chat for chat in chats if (chat, actor.id) in self.admins]

    async def send(self, chat: ChatRef, card: Card, *, key: str) -> MessageRef:
        raise AssertionError("commands never post")

    async def edit(self, message: MessageRef, card: Card, *, posted_at: datetime | None = None) -> None:
        raise AssertionError("commands never edit")

    async def run(self, dispatch: Dispatch) -> None:
        raise AssertionError("commands never connect")


class Town(Village, KnowsMembers):
    """One that knows its members, too."""

    def __init__(self) -> None:
        super().__init__()
        self.members: set[tuple[ChatRef, str]] = set()
        self.asked = asyncio.Event()

    async def is_member(self, chat: ChatRef, actor: Actor) -> bool:
        self.asked.set()
        if self.broken is not None:
            raise self.broken
        return (chat, actor.id) in self.members


@dataclass(frozen=True)
class Feed:
    url: str
    title: str = ""


@dataclass
class Feeds:
    """What is found at which address; sources are rows of the real database."""

    database: Database
    at: dict[str, list[Feed] | NewstallyError] = field(default_factory=dict)
    synced: int = 0

    async def probe(self, address: str) -> Sequence[Feed]:
        found = self.at.get(web_address(address) or "", [])  # asked for as it was typed
        if isinstance(found, NewstallyError):
            raise found
        return found

    async def add_feed(self, feed: Feed) -> int:
        return await self.database.write(_ensure_source, feed.url, feed.title)

    async def sample_source(self, language: str) -> int:
        return await self.database.write(_ensure_source, f"sample:{language}", "Sample wire")

    async def sync_subscriptions(self) -> None:
        self.synced += 1


def _ensure_source(connection: Connection, url: str, title: str) -> int:
    known = connection.execute(select(source.c.id).where(source.c.url == url)).scalar()
    if known is not None:
        return known
    row = insert(source).values(url=url, title=title, exempt=False, interval_seconds=600)
    return connection.execute(row).inserted_primary_key[0]


@dataclass
class Translators:
    """What can be translated: pairs of languages, as somebody would offer them."""

    pairs: frozenset[tuple[str, str]] = frozenset()
    configured: bool = False
    answered: bool = True

    def offers(self, source: str, target: str) -> bool:
        return (source, target) in self.pairs

    def offers_into(self, target: str) -> bool:
        return any(into == target for _, into in self.pairs)


@dataclass
class Stage:
    """Says what people do and shows what they are answered."""

    services: Services
    adapter: Village
    feeds: Feeds
    commands: Commands
    woken: list[bool]
    ids: Callable[[], str]
    recorder: Recorder

    @property
    def db(self) -> Database:
        return self.services.database

    async def types(
        self,
        text: str,
        actor: Actor = ADMIN,
        chat: ChatRef = GROUP,
        *,
        kind: ChatKind = ChatKind.GROUP,
        admin: bool | None = None,
        event_id: str | None = None,
    ) -> Answer:
        name, _, words = text.removeprefix("/").partition(" ")
        event_id = event_id or self.ids()
        return await self.commands.invoke(
            CommandInvoked(chat, actor, name, words, event_id=event_id, admin=admin, kind=kind)
        )

    async def fills_in(self, name: str, subcommand: str = "", actor: Actor = ADMIN, **arguments: str) -> Answer:
        return await self.commands.invoke(
            CommandInvoked(GROUP, actor, name, subcommand=subcommand, arguments=arguments, event_id=self.ids())
        )

    async def presses(
        self, button: Button | str, actor: Actor = ADMIN, chat: ChatRef = GROUP, *, admin: bool | None = None
    ) -> Answer | None:
        pressed = button if isinstance(button, str) else button.id
        return await self.commands.press(ButtonPressed(MessageRef(chat, "1"), actor, pressed, self.ids(), admin=admin))

    async def joins(self, chat: ChatRef = GROUP, kind: ChatKind = ChatKind.GROUP, **more: object) -> Answer | None:
        return await self.commands.joined(ChatJoined(chat, kind, title=f"The {chat.id}", **more))

    async def chat(self, ref: ChatRef = GROUP) -> Chat:
        found = await self.db.read(chats.by_ref, ref)
        assert found is not None
        return found

    async def follows(self, ref: ChatRef = GROUP) -> Sequence[Subscription]:
        return await self.db.read(subscriptions.of_chat, (await self.chat(ref)).id)

    async def log(self, ref: ChatRef = GROUP) -> Sequence[SettingChange]:
        return await self.db.read(chats.setting_changes, (await self.chat(ref)).id)

    async def speaks(self, language: str, ref: ChatRef = GROUP) -> None:
        """The chat has been set up before."""
        chat = await self.db.write(chats.ensure, ref, ChatKind.GROUP, NOW, title="The square")
        await self.db.write(chats.choose_language, chat.id, language, None, NOW)

    def with_services(self, **changes: object) -> Stage:
        services = replace(self.services, **changes)
        return replace(self, services=services, commands=Commands(services))


def said(answer: Answer | None) -> str:
    assert answer is not None
    assert answer.card is not None
    return answer.card.plain()


def buttons(answer: Answer | Card | None) -> list[Button]:
    card = answer if isinstance(answer, Card) else answer.card if answer is not None else None
    assert card is not None
    return [button for row in card.buttons for button in row]


def button(answer: Answer | Card | None, ending: str) -> Button:
    """The button whose id ends so."""
    (found,) = [one for one in buttons(answer) if one.id.endswith(ending)]
    return found


def refusal(answer: Answer | None, phrase: Phrase, language: str = "en") -> bool:
    """Whether the answer is this error, told to the one who asked, in their language."""
    return (
        answer is not None
        and answer.private
        and not answer.replaces
        and said(answer) == Catalogues()(language).phrase(phrase)
    )


@asynccontextmanager
async def raised(folder: Path) -> AsyncIterator[Stage]:
    async with open_database(folder / "stage.db") as database:
        adapter, feeds, woken = Village(), Feeds(database), []
        rules = VotingRules({"village": adapter.ballot}, timedelta(days=14), b"key")
        recorder = Recorder(database, rules, lambda: NOW, lambda ledgers: None)
        times = count()
        services = Services(
            database=database,
            adapters={"village": adapter},
            translators=Catalogues(),
            gatherer=feeds,
            translations=Translators(),
            packs=("crypto", "tech", "markets", "world"),
            clock=lambda: NOW + timedelta(seconds=next(times)),
            on_change=lambda: woken.append(True),
            version="1.2.3",
            open_days=14,
            entries_days=90,
            log_days=365,
            votes=recorder,
            on_leaver=lambda: woken.append(True),
        )
        events = count(1)
        writing = asyncio.create_task(recorder.run())
        try:
            yield Stage(services, adapter, feeds, Commands(services), woken, lambda: f"e{next(events)}", recorder)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
