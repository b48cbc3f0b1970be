"""The web rooms as in the product: the real adapter, site, server and database, and a small core that keeps tallies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from adapters.web import build
from adapters.web.adapter import WebAdapter
from adapters.web.settings import WebSettings
from bot.card.answer import answer_card, heading, item, paragraph
from bot.card.story import Standing, story_card
from bot.events import ButtonPressed, ChatJoined, ChoicesWanted, CommandInvoked, Event
from bot.gather.resolver import DaemonResolver
from bot.i18n import Catalogues
from bot.model import (
    Actor,
    Button,
    ButtonRole,
    Card,
    ChatRef,
    MessageRef,
    Phrase,
    Sentiment,
    Story,
    Tally,
    parse_vote_button,
)
from bot.pace import Pacer
from bot.ports import (
    Answer,
    Audience,
    Choice,
    Command,
    Parameter,
    Site,
    State,
    Subcommand,
    Surroundings,
    Task,
    Translators,
)
from bot.site.app import create_site
from bot.site.health import Health
from bot.site.server import bind, loopback_address_of, serve, site_of
from bot.site.settings import SiteSettings
from bot.storage.database import Database, open_database
from bot.storage.meta import Keys
from bot.storage.rooms import Rooms
from tests.around import FREE
from tests.languages import CATALOGUES, NAMES

TOKEN = "a-token-for-the-operator-alone"

COMMANDS = (
    Command("help", Phrase("What this bot can do"), task=Task(Phrase("Help"))),
    Command("language", Phrase("Choose the language of this chat"), chooses_language=True),
    Command(
        "sources",
        Phrase("What this chat follows"),
        subcommands=(
            Subcommand("list", Phrase("Show what this chat follows"), task=Task(Phrase("Sources"))),
            Subcommand(
                "follow",
                Phrase("Follow a pack"),
                (
                    Parameter(
                        "pack", Phrase("Pack"), (Choice("crypto", "Crypto"), Choice("tech", Phrase("Technology")))
                    ),
                ),
                Audience.ADMIN,
                task=Task(Phrase("Follow a pack"), Phrase("Follow")),
            ),
            Subcommand("add", Phrase("Follow a feed"), (Parameter("address", Phrase("Address")),), Audience.ADMIN),
            Subcommand(
                "remove",
                Phrase("Stop following a feed"),
                (Parameter("address", Phrase("Address"), suggests=True),),
                Audience.ADMIN,
            ),
        ),
    ),
    Command(
        "search",
        Phrase("Find stories"),
        (Parameter("words", Phrase("What the stories say")),),
        task=Task(Phrase("Search"), Phrase("Search")),
        by_words=True,
    ),
    Command("status", Phrase("What works in this chat")),
)


@dataclass(slots=True)
class _Post:
    story: Story
    chat: ChatRef
    message: MessageRef
    votes: dict[str, Sentiment] = field(default_factory=dict)

    def tally(self) -> Tally:
        said = list(self.votes.values())
        return Tally(said.count(Sentiment.BULLISH), said.count(Sentiment.BEARISH))


class HouseRooms(Rooms):
    """The real rooms; who pressed what they ask the small core, which keeps its votes to itself."""

    core: SmallCore

    async def pressed(self, actor: Actor, buttons: Collection[str]) -> Collection[str]:
        votes = {button: parse_vote_button(button) for button in buttons}
        return {
            button
            for button, vote in votes.items()
            if vote is not None
            and (post := self.core.posts.get(vote[0])) is not None
            and post.votes.get(actor.id) is vote[1]
        }


class SmallCore:
    """As much of the core as a room can see: votes move tallies, commands are answered."""

    def __init__(self, adapter: WebAdapter, translators: Translators = CATALOGUES) -> None:
        self.adapter = adapter
        self.translators = translators
        self.heard: list[Event] = []
        self.posts: dict[int, _Post] = {}
        self.slow = asyncio.Event()
        """What /status waits for before it knows more."""
        self.broken: Exception | None = None
        self.said: dict[str, Card] = {}
        """What it says to commands of these names instead of what it would."""

    async def post(self, story: Story, room: str = "en", *, delivery: int = 0) -> MessageRef:
        delivery = delivery or len(self.posts) + 1
        chat = ChatRef("web", room)
        card = self._card(story, delivery, Tally(), room)
        message = await self.adapter.send(chat, card, key=f"d{delivery}", departure=FREE)
        self.posts[delivery] = _Post(story, chat, message)
        return message

    async def dispatch(self, event: Event) -> Answer | None:
        if self.broken is not None:
            raise self.broken
        self.heard.append(event)
        if isinstance(event, ButtonPressed):
            return await self._pressed(event)
        if isinstance(event, CommandInvoked):
            return self._commanded(event)
        if isinstance(event, ChoicesWanted):
            return Answer(choices=(Choice("https://example.org/feed", f"Feed {event.typed}"),))
        assert isinstance(event, ChatJoined)
        return None

    async def _pressed(self, event: ButtonPressed) -> Answer | None:
        if event.button.startswith("c:language:"):
            return Answer(
                self._menu(event.message.chat.id, event.button.rpartition(":")[2]), private=True, replaces=True
            )
        vote = parse_vote_button(event.button)
        post = self.posts.get(vote[0]) if vote is not None else None
        if vote is None or post is None or post.message != event.message:
            return Answer(answer_card("en", paragraph("This button is not ours.")), private=True)
        if post.votes.get(event.actor.id) is vote[1]:
            del post.votes[event.actor.id]
        else:
            post.votes[event.actor.id] = vote[1]
        await self.adapter.edit(post.message, self._card(post.story, vote[0], post.tally(), post.chat.id))
        said = "Your vote counts." if event.actor.id in post.votes else "Your vote is taken back."
        return Answer(answer_card(post.chat.id, paragraph(said)), private=True)

    def _commanded(self, event: CommandInvoked) -> Answer:
        room = event.chat.id
        if event.name in self.said:
            return Answer(self.said[event.name], private=True)
        if event.name not in {command.name for command in COMMANDS}:
            return Answer(answer_card(room, paragraph(f"There is no {event.name}.")), private=True)
        if event.name == "language":
            return Answer(self._menu(room, room), private=True)
        if event.name == "status":
            follow_up = self._later(room)
            return Answer(answer_card(room, paragraph("Looking…")), private=True, follow_up=follow_up)
        who = "an admin" if event.admin else "a member"
        rest = f"{event.subcommand} {event.text}".strip()
        return Answer(
            answer_card(room, heading(f"/{event.name}"), paragraph(f"{who} asked: {rest}"), item("one"), item("two")),
            private=True,
        )

    def _later(self, room: str) -> Callable[[], Awaitable[Card]]:
        async def follow_up() -> Card:
            await self.slow.wait()
            return answer_card(room, paragraph("All is well."), buttons=[[Button("Languages", "c:language:en")]])

        return follow_up

    def _menu(self, room: str, chosen: str) -> Card:
        buttons = [
            Button(name, f"c:language:{language}", ButtonRole.CHOICE, pressed=language == chosen)
            for language, name in NAMES.items()
        ]
        return answer_card(room, paragraph("Which language?"), buttons=[buttons])

    def _card(self, story: Story, delivery: int, tally: Tally, room: str) -> Card:
        return story_card(story, delivery, Standing(tally), self.adapter.ballot, self.translators(room))


def a_story(**fields: object) -> Story:
    """A story in English, with some of its fields different."""
    given: dict[str, object] = {
        "id": 1,
        "language": "en",
        "title": "Bitcoin climbs past a round number",
        "url": "https://example.org/bitcoin",
        "lede": "Traders speak of relief after a quiet week; others of thin volumes.",
        "picture": None,
        "source": "Example News",
        "published_at": datetime(2026, 7, 22, 9, 30, tzinfo=UTC),
        "first_seen_at": datetime(2026, 7, 22, 9, 31, tzinfo=UTC),
        "sample": False,
        "revision": 1,
    }
    return Story(**(given | fields))  # type: ignore[arg-type]


@dataclass(slots=True)
class House:
    """The running product, as far as it is the web room."""

    address: str
    site: Site
    db: Database
    adapter: WebAdapter
    core: SmallCore
    health: dict[str, Health]
    registry: CollectorRegistry
    rooms: asyncio.Task[None]
    """The running adapter; when it ends, its pages stay."""

    @property
    def admin_link(self) -> str:
        return self.adapter.admin_link(self.address)


@asynccontextmanager
async def web_house(
    folder: Path,
    *,
    public_url: str = "",
    port: int | None = None,
    token: str = TOKEN,
    epoch: datetime | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    catalogues: Catalogues = CATALOGUES,
) -> AsyncIterator[House]:
    """Serve the rooms on a free port of loopback until the block ends."""
    sock = bind(SiteSettings(port=port, public_url=public_url, admin_token=token))  # type: ignore[arg-type]
    site = site_of(SiteSettings(public_url=public_url, admin_token=token), sock.getsockname()[1])  # type: ignore[arg-type]
    async with open_database(folder / "newstally.db") as db, asyncio.TaskGroup() as group:
        rooms = HouseRooms(db)
        surroundings = Surroundings(
            pace=Pacer(),
            translators=catalogues,
            keys=Keys(db, "web"),
            rooms=rooms,
            site=site,
            clock=clock,
            sleep=asyncio.sleep,
            resolver=DaemonResolver,
        )
        adapter = build(WebSettings(), surroundings)
        assert isinstance(adapter, WebAdapter)
        adapter.declare(COMMANDS)
        rooms.core = core = SmallCore(adapter, catalogues)
        health: dict[str, Health] = {}
        registry = CollectorRegistry()
        started = asyncio.Event()

        def healths() -> dict[str, Health]:
            return {"web": Health(adapter.state, adapter.detail), **health}

        pages: ASGIApp = adapter.pages()
        app = create_site(
            db,
            site=site,
            adapters=healths,
            standing=started.is_set,
            registry=registry,
            translators=surroundings.translators,
            clock=clock,
            sample_epoch=epoch,
            pages=pages,
        )
        tasks = [
            group.create_task(adapter.run(core.dispatch)),
            group.create_task(serve(app, sock, site, catalogues, started=started.set)),
        ]
        await started.wait()
        while adapter.state is not State.READY:  # noqa: ASYNC110 - a state is looked at, it isn't announced
            await asyncio.sleep(0)
        try:
            yield House(loopback_address_of(site), site, db, adapter, core, health, registry, tasks[0])
        finally:
            for task in tasks:
                task.cancel()
