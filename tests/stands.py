"""Each adapter on its platform, for the contract that all must keep: one row a platform, a chat as a page of HTML."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import httpx

from adapters import ADAPTERS
from adapters.discord.rights import NEEDED
from bot.events import ButtonPressed, Event
from bot.gather.resolver import DaemonResolver
from bot.i18n import Catalogues
from bot.model import (
    Actor,
    Button,
    ButtonRole,
    Card,
    ChatRef,
    Line,
    LineKind,
    MessageRef,
    Span,
    Style,
)
from bot.ports import (
    Answer,
    ChatAdapter,
    Limit,
    ServesPages,
    Site,
    State,
    Surroundings,
    Traffic,
)
from bot.storage.database import open_database
from bot.storage.meta import Keys
from bot.storage.rooms import Rooms
from tests.around import OpenTurn
from tests.emulators.discord import DiscordServer
from tests.emulators.telegram import Limits, TelegramServer

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LINK = "https://news.example/a?b=1&c=2"


# --- cards -----------------------------------------------------------------------------------------------------------


def a_card(
    title: str = "Rates fall", lede: str = "The bank lowered its rate.", *, votes: int = 0, number: int = 7
) -> Card:
    """A story as the core lays it out."""
    return Card(
        language="en",
        lines=(
            Line(LineKind.TITLE, (Span(title, Style.BOLD, url=LINK),)),
            Line(LineKind.META, (Span("Example News"), Span(" · "), Span("22 Nov 2026, 09:30 UTC", moment=AT))),
            Line(LineKind.TEXT, (Span(lede),)),
            Line(LineKind.TALLY, (Span("In all chats: bullish 3, bearish 1"),)),
        ),
        buttons=(
            (
                Button(f"🐂 Bullish {votes}", id=f"v:{number}:b", role=ButtonRole.BULLISH),
                Button("🐻 Bearish 0", id=f"v:{number}:s", role=ButtonRole.BEARISH),
            ),
        ),
    )


class Seen(HTMLParser):
    """What a member sees of one message: its words, links and buttons, and which markup they are in."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.words = ""
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.buttons: list[str] = []
        self.emphasised: list[str] = []
        self._open: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags |= {tag, *(f"{tag}.{name}" for name in (given.get("class") or "").split())}
        self.tags |= {f"[{name}]" for name in given if name.startswith("on")}
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag == "button":
            self.buttons.append("")
        if tag not in {"img", "input", "br", "meta", "link", "hr"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "button" in self._open:
            self.buttons[-1] += data
        elif not {"option", "summary", "time"} & set(self._open):
            self.words += data
            if {"b", "strong", "i", "em", "u", "s", "mark", "code", "pre"} & set(self._open):
                self.emphasised.append(data)


# --- rows ------------------------------------------------------------------------------------------------------------


@dataclass
class Everyone:
    """A core that remembers what it was told; ``answer`` is what it says to it."""

    events: list[Event] = field(default_factory=list)
    answer: Answer | None = None

    async def dispatch(self, event: Event) -> Answer | None:
        self.events.append(event)
        return self.answer

    @property
    def presses(self) -> list[ButtonPressed]:
        return [event for event in self.events if isinstance(event, ButtonPressed)]


class NoHurry:
    """A Pace that lets everyone go while its gate is open."""

    def __init__(self) -> None:
        self.turns = 0
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def turn(self, kind: Traffic, limits: Sequence[Limit]) -> OpenTurn:
        self.asked.set()
        await self.gate.wait()
        self.turns += 1
        return OpenTurn()

    def penalise(self, name: str, seconds: float) -> None: ...


@dataclass
class Stand:
    """An adapter on its platform, with a chat in which it has every right."""

    adapter: ChatAdapter
    pace: NoHurry
    chat: ChatRef
    nowhere: ChatRef
    """A chat that isn't there."""
    admin: Callable[[], Awaitable[Actor]]
    """Somebody who administers the chat; to be asked for while the adapter runs."""
    member: Actor
    page: Callable[[], Awaitable[str]]
    """The chat as a member sees it."""
    press: Callable[[MessageRef, str], Awaitable[str]]
    """The member presses the button of this id; returns what the member, and nobody else, is shown for it."""
    pinged: Callable[[], bool]
    """Whether anybody was notified by name."""

    async def look(self, message: MessageRef) -> Seen:
        page = await self.page()
        [article] = re.findall(rf'<article[^>]* id="m{message.id}".*?</article>', page, re.DOTALL)
        return Seen(article)

    async def ready(self, running: asyncio.Task[None]) -> None:
        """A state is looked at, it isn't announced."""
        async with asyncio.timeout(20):
            while self.adapter.state is not State.READY:
                assert not running.done(), running
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def running(self, core: Everyone | None = None) -> AsyncIterator[None]:
        """Connected, until the block ends."""
        task = asyncio.create_task(self.adapter.run((core or Everyone()).dispatch))
        try:
            await self.ready(task)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _adapter(platform: str, folder: Path, pace: NoHurry, **settings: str) -> AsyncIterator[ChatAdapter]:
    async with open_database(folder / "newstally.db") as db:
        surroundings = Surroundings(
            pace=pace,
            translators=Catalogues(),
            keys=Keys(db, platform),
            rooms=Rooms(db),
            site=Site("127.0.0.1", 8080, "", "a-token-for-the-operator-alone", loopback=True),
            clock=lambda: datetime.now(UTC),
            sleep=asyncio.sleep,
            resolver=DaemonResolver,
        )
        row = ADAPTERS[platform]
        yield row.build()(row.settings_model().model_validate(settings), surroundings)


@asynccontextmanager
async def _web(folder: Path) -> AsyncIterator[Stand]:
    pace = NoHurry()
    async with _adapter("web", folder, pace) as adapter:
        assert isinstance(adapter, ServesPages)
        transport = httpx.ASGITransport(app=adapter.pages())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as visitor:

            async def page() -> str:
                return (await visitor.get("/r/en")).text

            async def press(message: MessageRef, button: str) -> str:
                await visitor.get("/r/en")
                form = {"message": f"m{message.id}", "button": button}
                answer = await visitor.post("/r/en/press", data=form, headers={"Accept": "application/json"})
                assert answer.status_code == 200, answer.text
                return str(answer.json()["notice"])

            async def admin() -> Actor:
                async with httpx.AsyncClient(transport=transport, base_url=visitor.base_url) as other:
                    await other.get(adapter.admin_link(""))
                    await other.get("/r/en")
                    return Actor("web", other.cookies["newstally_member"].partition(".")[0])

            chat, nowhere = ChatRef("web", "en"), ChatRef("web", "xx")
            yield Stand(adapter, pace, chat, nowhere, admin, Actor("web", "somebody"), page, press, lambda: False)


def _always(actor: Actor) -> Callable[[], Awaitable[Actor]]:
    async def asked() -> Actor:
        return actor

    return asked


async def _got(url: str) -> str:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return await answer.text()


@asynccontextmanager
async def _telegram(folder: Path) -> AsyncIterator[Stand]:
    async with TelegramServer(limits=Limits.off()) as server:
        settings = {"token": server.token, "base_url": server.base_url}
        pace = NoHurry()
        async with _adapter("telegram", folder, pace, **settings) as adapter:
            ann, bob = server.add_user("Ann"), server.add_user("Bob", username="bobby")
            group = server.create_supergroup("Readers", owner=ann, members=[bob])
            server.add_bot(group, "admin")

            async def press(message: MessageRef, button: str) -> str:
                return (await server.press(bob, group, int(message.id), button)).text

            yield Stand(
                adapter,
                pace,
                ChatRef("telegram", str(group.id)),
                ChatRef("telegram", "-1009999999999"),
                _always(Actor("telegram", f"u{ann.id}")),
                Actor("telegram", f"u{bob.id}"),
                lambda: _got(f"{server.url}/_chat/{group.id}"),
                press,
                lambda: any(
                    entity["type"] in ("mention", "text_mention")
                    for message in server.messages(group, by_bot=True)
                    for entity in message.entities
                ),
            )


@asynccontextmanager
async def _discord(folder: Path) -> AsyncIterator[Stand]:
    async with DiscordServer(limits={}) as server:
        settings = {"token": server.token, "api_url": server.api_url, "gateway_url": server.gateway_url}
        pace = NoHurry()
        async with _adapter("discord", folder, pace, **settings) as adapter:
            ann = await server.add_user("ann")
            guild = await server.create_guild("Investors", owner=ann)
            bob = await server.add_user("bob", guild=guild)
            await server.invite_bot(guild, NEEDED.value)
            channel = await server.create_text(guild)
            # Even where it may, it pings nobody.
            await server.overwrite(channel, "bot", allow=["MENTION_EVERYONE"])

            async def press(message: MessageRef, button: str) -> str:
                pressed = await server.press(bob, server.message(message.id), button)
                shown = await pressed.shown()
                assert pressed.ephemeral
                return Seen(await _got(f"{server.page_url}_chat/{channel.id}?as={bob.id}")).words if shown else ""

            yield Stand(
                adapter,
                pace,
                ChatRef("discord", channel.id),
                ChatRef("discord", "99999999999999999"),
                _always(Actor("discord", ann.id)),
                Actor("discord", bob.id),
                lambda: _got(f"{server.page_url}_chat/{channel.id}?as={bob.id}"),
                press,
                lambda: bool(server.pings),
            )


ROWS: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Stand]]] = {
    "web": _web,
    "telegram": _telegram,
    "discord": _discord,
}
