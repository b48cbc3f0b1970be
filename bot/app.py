"""The composition root: builds everything once, passes it by argument, runs it in one TaskGroup."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import socket
import tomllib
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from adapters import ADAPTERS
from bot.card.story import Standing, story_card
from bot.commands.router import Commands
from bot.commands.services import Services
from bot.config import DeclaredChat, Settings
from bot.dispatch import Dispatcher
from bot.errors import TokenRefused
from bot.gather import article, parse
from bot.gather.apis.offers import offered, packs_of
from bot.gather.client import GuardedClient
from bot.gather.gatherer import Gatherer
from bot.gather.hub import Hubs
from bot.gather.packs import PACKS, Packs, load_packs
from bot.gather.reading import Reader
from bot.gather.resolver import DaemonResolver
from bot.gather.robots import Robots
from bot.gather.topics import names_in
from bot.gather.workers import Workers
from bot.i18n import Catalogues
from bot.model import Card, ChatRef
from bot.pace import Pacer
from bot.ports import (
    ChatAdapter,
    DescribesChats,
    Pace,
    PublishesCommands,
    ServesPages,
    Site,
    State,
    Surroundings,
    Translators,
)
from bot.publish.outbox import Outbox
from bot.publish.troubles import Troubles
from bot.site.server import address_of, bind, loopback_address_of, serve, site_of
from bot.storage import chats, declared, ledger, meta, retention, search, silence, sources, translations
from bot.storage.database import Database, open_database
from bot.storage.lock import only_one
from bot.storage.meta import Keys
from bot.storage.plan import VotingRules
from bot.storage.posts import PostView
from bot.storage.rooms import Rooms
from bot.tally.leaving import Leaving
from bot.tally.recorder import Recorder
from bot.tally.refresh import Refresher
from bot.tally.reread import Rereader
from bot.ticks import ticking
from bot.translate.build import providers_of
from bot.translate.roster import Roster
from bot.translate.translating import Translating
from bot.translate.wire import Wire

if TYPE_CHECKING:
    from bot.site.health import Health, TranslationsDone

log = structlog.get_logger()

SWEEP_SECONDS = 1.0
"""How often the tables are asked what is due: cheap, and the longest that anything waits for nothing."""

REFRESH_SECONDS = 30.0
"""How often all open posts are compared with what they should show. Live changes don't wait for it."""

READING_SECONDS = 5.0
"""How often it is looked whether an article may be read: each time, one at most from each host."""

HUBS_SECONDS = 60.0
"""How often it is looked whether a hub is to be asked."""

LEAVERS_SECONDS = 10.0
"""How often it is looked whether anybody's chats are to be asked about them: once a day for each who wants it."""

CHORES_SECONDS = 3600.0

TOUCH_SECONDS = 60.0
"""How exactly is known when a platform reached us last."""


def utc_now() -> datetime:
    """The clock of the running product."""
    return datetime.now(UTC)


def installed_version() -> str:
    """The installed package's, or that of the source tree."""
    try:
        return version("newstally")
    except PackageNotFoundError:
        with (Path(__file__).parent.parent / "pyproject.toml").open("rb") as project:
            return str(tomllib.load(project)["project"]["version"])


def build_adapters(settings: Settings, surroundings: Callable[[str], Surroundings]) -> dict[str, ChatAdapter]:
    """The adapters that the settings switch on; only their libraries are imported."""
    return {
        name: row.build()(settings.platform(name), surroundings(name))
        for name, row in ADAPTERS.items()
        if is_configured(settings, name)
    }


def is_configured(settings: Settings, platform: str) -> bool:
    """Whether the platform's table, if it is there, switches it on: by `enabled`, or a token."""
    table = settings.platform(platform)
    return table is not None and getattr(table, "enabled", True) and getattr(table, "token", True) is not None


def lend(name: str, db: Database, site: Site, translators: Translators, pace: Pace | None = None) -> Surroundings:
    """What the adapter of this name is given."""
    return Surroundings(
        pace=pace or Pacer(),
        translators=translators,
        keys=Keys(db, name),
        rooms=Rooms(db),
        site=site,
        clock=utc_now,
        sleep=asyncio.sleep,
        resolver=DaemonResolver,
    )


@dataclass(slots=True)
class _Signals:
    """Wake the rooms; set by ticks and by each other."""

    gather: asyncio.Event = field(default_factory=asyncio.Event)
    read: asyncio.Event = field(default_factory=asyncio.Event)
    publish: asyncio.Event = field(default_factory=asyncio.Event)
    translate: asyncio.Event = field(default_factory=asyncio.Event)

    def everything(self) -> None:
        self.gather.set()
        self.publish.set()
        self.translate.set()


@dataclass(slots=True)
class _House:
    """The rooms of the running product."""

    settings: Settings
    site: Site
    db: Database
    gatherer: Gatherer
    hubs: Hubs | None
    reader: Reader | None
    recorder: Recorder
    refresher: Refresher
    rereader: Rereader
    leaving: Leaving
    outbox: Outbox
    roster: Roster
    translating: Translating
    troubles: Troubles
    dispatcher: Dispatcher
    translators: Translators
    adapters: Mapping[str, ChatAdapter]
    signals: _Signals
    sample_wire: bool
    standing: bool = False
    """HTTP answers and the database is open."""

    async def tick(self) -> None:
        self.signals.everything()

    async def read(self) -> None:
        self.signals.read.set()

    async def compare_posts(self) -> None:
        await self.refresher.sweep()

    async def look_for_leavers(self) -> None:
        self.leaving.wake()

    async def note_touch(self) -> None:
        """Remember until when platforms reached us."""
        for name, adapter in self.adapters.items():
            if adapter.keeps_for is not None and adapter.state is State.READY:
                await self.db.write(silence.in_touch, name, adapter.keeps_for, utc_now())

    async def chores(self) -> None:
        """Forget what has been kept long enough, however long it takes until the database lets us."""
        await self.db.outlasting(self._chores)

    async def _chores(self) -> None:
        await self.recorder.sweep()
        now = utc_now()
        kept = self.settings.retention
        open_for = timedelta(days=self.settings.votes.open_days)
        on = [name for name, adapter in self.adapters.items() if adapter.state is not State.REFUSED]
        await self.db.write(retention.close, now, open_for, on)
        await self.db.write(retention.prune, now, timedelta(days=kept.entries_days), timedelta(days=kept.log_days))
        await self._forget_voters()
        await self.db.empty_log()
        # What the operator's command line has changed meanwhile.
        await self.gatherer.sync_subscriptions()
        await self._file_missing()

    async def _forget_voters(self) -> None:
        """Whose last vote went with its story."""
        for after in range(0, await self.db.read(retention.last_voter), retention.VOTERS):
            if ids := await self.db.read(retention.voteless, after):
                await self.db.write(retention.forget_voters, ids)

    async def _file_missing(self) -> None:
        """Stories that searching doesn't know: those of before it was there. In batches, so that no vote waits."""
        below: int | None = None
        while ids := await self.db.read(search.missing, below):
            await self.db.write(search.index, ids)
            below = ids[-1]

    def health(self) -> dict[str, Health]:
        """How each platform stands, also those that are off."""
        from bot.site.health import Health

        off = Health(State.OFF)
        return {
            name: Health(self.adapters[name].state, self.adapters[name].detail) if name in self.adapters else off
            for name in ADAPTERS
        }

    def translators_at_work(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What has to run for stories to be translated: nothing where nobody is configured to do it."""
        if self.roster.configured:
            yield self.roster.run()
            yield self.translating.run(self.signals.translate)

    async def translations_done(self) -> TranslationsDone:
        """What the translators have done, for metrics."""
        from bot.site.health import TranslationsDone

        names = self.roster.in_order
        return TranslationsDone(
            done=await self.db.read(translations.census),
            characters=await self.db.read(translations.spent, names, utc_now()),
            failures={name: self.translating.failures[name] for name in names},
            answers=self.roster.standing,
        )

    async def keep(self, adapter: ChatAdapter) -> None:
        """Run an adapter; a token that its platform refuses stops this one alone."""
        try:
            await self.db.outlasting(lambda: adapter.run(self.dispatcher.dispatch))
        except TokenRefused as error:
            adapter.state, adapter.detail = State.REFUSED, error.phrase
            log.error("token refused", platform=adapter.platform, reason=str(error))


async def run(
    settings: Settings,
    *,
    sample_wire: bool,
    say: Callable[[str], None],
    stop: asyncio.Event,
    real_sources: bool = True,
    packs: Packs | None = None,
    catalogues: Catalogues | None = None,
) -> None:
    """Run the product until ``stop`` is set. Raises ConfigError or StorageError before anything is served.

    ``sample_wire``: rooms follow the bundled samples too. ``real_sources``: packs are offered. ``packs``: what they
    hold; None: the bundled rows. ``catalogues``: the languages; None: those bundled.
    """
    catalogues = catalogues or Catalogues()
    for name, reason in catalogues.faults.items():
        log.warning("a language is left out", language=name, reason=reason)
    async with AsyncExitStack() as stack:
        stack.enter_context(only_one(settings.storage.path))
        sock = stack.enter_context(bind(settings.site))
        db = await stack.enter_async_context(open_database(settings.storage.path))
        client = await stack.enter_async_context(GuardedClient(settings.gather, installed_version()))
        workers = await stack.enter_async_context(Workers(parse.prepare))
        # Of their own, so that no page that takes its time holds up a feed; they start with the first article.
        page_workers = await stack.enter_async_context(Workers(article.prepare))
        wire = await stack.enter_async_context(Wire(settings.translate.timeout, installed_version()))
        house = _build(
            settings,
            site_of(settings.site, sock.getsockname()[1]),
            db,
            client,
            workers,
            page_workers,
            wire,
            sample_wire,
            real_sources,
            packs,
            catalogues,
            await db.write(meta.erasure_key, secrets.token_bytes(32)),
        )
        await _declare(house, settings.chats)
        await _settle_sharing(house)
        epoch = await db.write(meta.created_at, utc_now()) if sample_wire else None
        await _live(house, sock, epoch, say, stop)


async def _live(
    house: _House, sock: socket.socket, epoch: datetime | None, say: Callable[[str], None], stop: asyncio.Event
) -> None:
    jobs = [
        (SWEEP_SECONDS, house.tick),
        (REFRESH_SECONDS, house.compare_posts),
        (CHORES_SECONDS, house.chores),
        (LEAVERS_SECONDS, house.look_for_leavers),
        *([(HUBS_SECONDS, house.hubs.sweep)] if house.hubs is not None else []),
        (TOUCH_SECONDS, house.note_touch),
        *([(READING_SECONDS, house.read)] if house.reader is not None else []),
    ]
    async with asyncio.TaskGroup() as tasks:
        outbox = tasks.create_task(house.outbox.run(house.signals.publish), name="outbox")
        rooms = [
            outbox,
            tasks.create_task(house.refresher.run(), name="refresher"),
            tasks.create_task(house.rereader.run(), name="rereader"),
            tasks.create_task(house.leaving.run(), name="leaving"),
            tasks.create_task(house.troubles.run(), name="troubles"),
            tasks.create_task(house.gatherer.run(house.signals.gather), name="gather"),
            *([tasks.create_task(house.reader.run(house.signals.read), name="reader")] if house.reader else []),
            *(tasks.create_task(work, name="translations") for work in house.translators_at_work()),
            tasks.create_task(_serve(house, sock, epoch, say), name="site"),
            tasks.create_task(house.chores(), name="chores at the start"),
        ]
        # What carries posts out and votes in stays until the outbox has seen its last posts arrive.
        carriers = [
            tasks.create_task(house.recorder.run(), name="recorder"),
            *(tasks.create_task(house.keep(adapter), name=name) for name, adapter in house.adapters.items()),
        ]
        with ticking(jobs):
            house.signals.everything()
            await stop.wait()
        house.db.hurry()
        for task in rooms:
            task.cancel()
        await asyncio.wait({outbox})
        for task in carriers:
            task.cancel()


async def _serve(house: _House, sock: socket.socket, epoch: datetime | None, say: Callable[[str], None]) -> None:
    # FastAPI takes most of a second to import; by now the socket is open and the database too.
    from prometheus_client import CollectorRegistry

    from bot.site.app import create_site

    pages = [adapter.pages() for adapter in house.adapters.values() if isinstance(adapter, ServesPages)]
    app = create_site(
        house.db,
        site=house.site,
        adapters=house.health,
        standing=lambda: house.standing,
        registry=CollectorRegistry(),
        translators=house.translators,
        clock=utc_now,
        sample_epoch=epoch,
        pages=pages[0] if pages else None,
        callbacks=house.hubs,
        translations=house.translations_done,
    )

    def started() -> None:
        house.standing = True
        _announce(house, say)

    # Connections wait in the socket's backlog meanwhile, instead of being told that the rooms aren't open yet.
    for adapter in house.adapters.values():
        if isinstance(adapter, ServesPages):
            await adapter.opened()
    await serve(app, sock, house.site, house.translators, started=started)


def _build(
    settings: Settings,
    site: Site,
    db: Database,
    client: GuardedClient,
    workers: Workers,
    page_workers: Workers,
    wire: Wire,
    sample_wire: bool,
    real_sources: bool,
    packs: Packs | None,
    translators: Translators,
    erasure_key: bytes,
) -> _House:
    signals = _Signals()
    open_for = timedelta(days=settings.votes.open_days)

    excerpt = settings.gather.excerpt

    def card_for(view: PostView) -> Card:
        standing = Standing(view.chat_tally, view.everywhere, view.totals, view.closed)
        ballot = adapters[view.message.chat.platform].ballot
        t = translators(view.language, view.timezone)
        return story_card(
            view.story, view.delivery_id, standing, ballot, t, translation=view.translation, excerpt=excerpt
        )

    async def on_stories(_new: Iterable[int], changed: Iterable[int]) -> None:
        refresher.mark(changed)
        signals.publish.set()

    def on_found(deliveries: Iterable[int]) -> None:
        rereader.found(deliveries)

    def on_translated(ledgers: Iterable[int]) -> None:
        refresher.mark(ledgers)
        signals.publish.set()

    async def on_posted(delivery_id: int) -> None:
        on_found([delivery_id])
        await recorder.adopt(delivery_id)

    pacer = Pacer()
    adapters = build_adapters(settings, lambda name: lend(name, db, site, translators, pacer))
    refresher = Refresher(db, adapters, card_for, open_for, utc_now, asyncio.sleep)
    rules = VotingRules({name: adapter.ballot for name, adapter in adapters.items()}, open_for, erasure_key)
    recorder = Recorder(db, rules, utc_now, refresher.mark, on_found)
    rereader = Rereader(db, adapters, recorder, open_for, utc_now, asyncio.sleep)
    leaving = Leaving(db, adapters, recorder, utc_now)
    gatherer = Gatherer(
        db,
        client,
        workers,
        settings.gather,
        utc_now,
        resolve_wire=lambda language: f"{loopback_address_of(site)}/wire/{language}.json",
        on_stories=on_stories,
        packs={**(load_packs() if packs is None else packs), **packs_of(settings.gather, translators.names)},
    )
    reader = Reader(
        db,
        client,
        page_workers,
        Robots(client, page_workers, utc_now),
        gatherer.turns,
        utc_now,
        on_stories,
        settings.gather.topics,
    )
    hold = timedelta(seconds=settings.translate.hold)
    in_english = translators("en").language_name
    providers = providers_of(settings.translate, wire, tuple(translators.names), in_english)
    roster = Roster(providers, utc_now, asyncio.sleep)
    commands = Commands(
        Services(
            database=db,
            adapters=adapters,
            translators=translators,
            gatherer=gatherer,
            packs=(*PACKS, *offered(settings.gather)) if real_sources else (),
            clock=utc_now,
            on_change=signals.everything,
            version=installed_version(),
            open_days=settings.votes.open_days,
            entries_days=settings.retention.entries_days,
            log_days=settings.retention.log_days,
            sample_wire=sample_wire,
            unshared=_unshared(settings, site),
            translations=roster,
            votes=recorder,
            on_leaver=leaving.wake,
        )
    )
    for adapter in adapters.values():
        if isinstance(adapter, PublishesCommands):
            adapter.declare(commands.declared())
        if isinstance(adapter, DescribesChats):
            named = [ChatRef(table.platform, table.id) for table in settings.chats]
            adapter.expect([chat for chat in named if chat.platform == adapter.platform])
    return _House(
        settings=settings,
        site=site,
        db=db,
        gatherer=gatherer,
        hubs=Hubs(db, client, utc_now, gatherer.pushed, site.public_url) if site.public_url else None,
        reader=reader if settings.gather.read_articles else None,
        recorder=recorder,
        refresher=refresher,
        rereader=rereader,
        leaving=leaving,
        outbox=Outbox(
            db, adapters, translators, utc_now, on_posted, excerpt=excerpt, offers=lambda: roster.pairs, hold=hold
        ),
        roster=roster,
        translating=Translating(
            db,
            roster,
            partial(names_in, own_table=None if settings.gather.topics is None else str(settings.gather.topics)),
            utc_now,
            on_translated,
            excerpt=excerpt,
            hold=hold,
            concurrency=settings.translate.concurrency,
        ),
        troubles=Troubles(db, adapters, translators, utc_now, asyncio.sleep),
        dispatcher=Dispatcher(db, recorder, rereader, commands, translators, utc_now),
        translators=translators,
        adapters=adapters,
        signals=signals,
        sample_wire=sample_wire,
    )


def _unshared(settings: Settings, site: Site) -> frozenset[str]:
    """Platforms whose chats keep their votes to themselves: rooms where strangers could vote as often as they like."""
    return frozenset(
        name
        for name in ADAPTERS
        if site.reached_by_others and getattr(settings.platform(name), "share_votes", True) is False
    )


async def _settle_sharing(house: _House) -> None:
    """A room made under another setting counts as today's says."""
    unshared = _unshared(house.settings, house.site)
    for chat in await house.db.read(chats.every):
        shares = chat.ref.platform not in unshared
        if chat.shares_votes is not shares and hasattr(house.settings.platform(chat.ref.platform), "share_votes"):
            house.refresher.mark(await house.db.write(ledger.share_votes, chat.id, shares))


async def _declare(house: _House, tables: Iterable[DeclaredChat]) -> None:
    """Apply the config's chats: each table once, and again only when it has changed."""
    named: set[int] = set()
    for table in tables:
        feeds = [await house.gatherer.declared_source(address) for address in table.feeds]
        named.update(feeds)
        declaration = declared.Declaration(
            chat=ChatRef(table.platform, table.id, table.topic),
            language=table.language,
            packs=table.packs,
            source_ids=tuple(feeds),
            # What a table doesn't say counts for nothing, or a setting that is new would have each applied again.
            hash=hashlib.sha256(table.model_dump_json(exclude_none=True).encode()).hexdigest(),
            fallbacks=table.fallback,
            timezone=table.timezone,
            translates=table.translate,
        )
        await house.db.write(declared.apply, declaration, utc_now())
    await house.db.write(sources.keep_exempt, named, samples=house.sample_wire)
    await house.gatherer.sync_subscriptions()


def _announce(house: _House, say: Callable[[str], None]) -> None:
    address = address_of(house.site)
    say(f"Health, metrics and the API: {address}/healthz, /metrics, /api/v1/stories")
    for name, row in house.health().items():
        if name not in house.adapters:
            say(f"{name.capitalize()} is off.")
        elif not isinstance(house.adapters[name], ServesPages):
            say(f"{name.capitalize()} is on: {row.state.value}.")
    for adapter in house.adapters.values():
        if isinstance(adapter, ServesPages):
            say(f"The {adapter.platform} room is open: {address}")
            if house.settings.site.admin_token is None:
                say(f"This link makes you its admin, until the next start: {adapter.admin_link(address)}")
            else:
                say(f"Become its admin at {address}/enter?token=… with your site.admin_token.")
    say("Stop with Ctrl-C.")
