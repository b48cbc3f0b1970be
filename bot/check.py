"""`newstally check`: tells in words what is right and wrong with database, platforms, sources and translators."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Collection
from enum import StrEnum
from pathlib import Path

from adapters import ADAPTERS
from bot.app import build_adapters, installed_version, lend, utc_now
from bot.config import Settings
from bot.errors import StorageError, TranslationError
from bot.i18n import Catalogues
from bot.ports import Diagnoses, Translators
from bot.site.server import PORTS, site_of
from bot.storage import chats, deliveries, ledger, sources, transfer, translations
from bot.storage.chats import Chat
from bot.storage.database import Database, open_database
from bot.translate.build import providers_of
from bot.translate.settings import TranslateSettings
from bot.translate.wire import Wire

NAMED = 3
"""Of more sources with one problem than this, so many are named in one line."""

SECONDS = 30.0
"""For one platform to answer."""


async def check(
    settings: Settings, say: Callable[[str], None], catalogues: Catalogues | None = None, *, log: bool = False
) -> int:
    """Say a line for each thing looked at, what one comes for first; returns the number of faults.

    ``catalogues``: None for those bundled. ``log``: tell who changed which setting, too.
    """
    told = _Told(say)
    told.line(Verdict.OK, "The configuration is sound.")
    catalogues = catalogues or Catalogues()
    for language, reason in catalogues.faults.items():
        told.line(Verdict.FAULT, f"The language {language} is left out: {reason}.")
    path = settings.storage.path
    with tempfile.TemporaryDirectory() as folder:
        is_there = await asyncio.to_thread(path.exists)
        if not is_there:
            told.line(Verdict.OK, f"There is no database yet; {path.absolute()} is made at the first start.")
            path = Path(folder) / "none.db"
        try:
            async with open_database(path) as db:
                await _check_platforms(settings, db, catalogues, told)
                await _check_translators(settings.translate, db, catalogues, told)
                if is_there:
                    await _check_database(db, told)
                    await _check_chats(db, told, log=log)
                    await _check_sources(db, told)
        except StorageError as error:
            told.line(Verdict.FAULT, str(error))
    return told.faults


class Verdict(StrEnum):
    """How something stands."""

    OK = "ok"
    HINT = "hint"
    """Nobody's fault, but somebody may want to look."""
    FAULT = "FAULT"


class _Told:
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.faults = 0

    def line(self, verdict: Verdict, text: str) -> None:
        self.faults += verdict is Verdict.FAULT
        self._say(f"{verdict.value:<5}  {text}")


async def _check_platforms(settings: Settings, db: Database, translators: Translators, told: _Told) -> None:
    # Nothing listens here: the port only stands in for the one that the product takes.
    site = site_of(settings.site, settings.site.port or PORTS[0])
    adapters = build_adapters(settings, lambda name: lend(name, db, site, translators))
    known = await db.read(chats.every)
    for name in ADAPTERS:
        adapter = adapters.get(name)
        if adapter is None:
            told.line(Verdict.OK, f"{name} is off.")
        elif isinstance(adapter, Diagnoses):
            here = [chat.ref for chat in known if chat.ref.platform == name and chat.paused is None]
            try:
                async with asyncio.timeout(SECONDS):
                    findings = await adapter.diagnose(here)
            except TimeoutError:
                told.line(Verdict.FAULT, f"{name}: no answer within {SECONDS:.0f} seconds.")
                continue
            for finding in findings:
                told.line(
                    Verdict.OK if finding.ok else Verdict.FAULT, f"{name}: {translators('en').phrase(finding.text)}"
                )


async def _check_database(db: Database, told: _Told) -> None:
    broken = await db.read(transfer.integrity)
    for line in broken:
        told.line(Verdict.FAULT, f"Database: {line}")
    miscounts = await db.read(ledger.recount)
    for miscount in miscounts:
        told.line(Verdict.FAULT, f"Tally: {miscount}")
    if not broken and not miscounts:
        told.line(Verdict.OK, "The database is whole, and every tally equals a recount of its votes.")
    for one in await db.read(deliveries.unconfirmed):
        # Not a fault of anyone's: it is shown so that the operator can look whether it is there.
        place = f"{one.platform} chat {one.native_id}"
        told.line(Verdict.HINT, f"Unconfirmed post in {place}: {one.title!r}, tried {one.attempted_at}")


async def _check_chats(db: Database, told: _Told, *, log: bool) -> None:
    known = await db.read(chats.every)
    told.line(Verdict.OK, f"{len(known)} chats, {sum(chat.language is not None for chat in known)} with a language.")
    for chat in known:
        if chat.paused is not None:
            told.line(Verdict.FAULT, f"{_name(chat)} is paused: {StorageError(chat.paused)}")
        for change in await db.read(chats.setting_changes, chat.id) if log else ():
            became = f"{change.setting} {change.old or 'none'} → {change.new or 'none'}"
            told.line(Verdict.OK, f"{_name(chat)}: {became}, by {change.actor}, {change.at:%Y-%m-%d %H:%M} UTC")


def _name(chat: Chat) -> str:
    topic = f", topic {chat.ref.topic}" if chat.ref.topic else ""
    return f"{chat.ref.platform} chat {chat.ref.id}{topic} ({chat.title or 'no title'})"


async def _check_sources(db: Database, told: _Told) -> None:
    """A line a problem: without a network all sources have the same."""
    failing: dict[str, list[str]] = {}
    followed = [one for one in await db.read(sources.health) if one.followed]
    for source in followed:
        if source.problem is not None:
            failing.setdefault(str(StorageError(source.problem)), []).append(source.url)
    for problem, urls in failing.items():
        if len(urls) <= NAMED:
            for url in urls:
                told.line(Verdict.FAULT, f"Source {url}: {problem}")
        else:
            named = ", ".join(urls[:NAMED])
            everything = " Is there a network?" if len(urls) == len(followed) else ""
            told.line(Verdict.FAULT, f"{len(urls)} sources: {problem}{everything} They are {named} …")
    if not failing:
        told.line(Verdict.OK, "No source that is followed has a problem.")


async def _check_translators(settings: TranslateSettings, db: Database, translators: Translators, told: _Told) -> None:
    """Ask each what it offers and to translate a word: only then is it known whether its key works."""
    for one in await db.read(translations.untranslated, utc_now()):
        # Not a fault of itself: the lines below tell what doesn't work now.
        problem = StorageError(one.problem)
        told.line(Verdict.HINT, f"Not translated into {one.language} of late: {one.stories}. {problem}")
    languages = tuple(translators.names)
    english = translators("en").language_name
    async with Wire(settings.timeout, installed_version()) as wire:
        for provider, _ in providers_of(settings, wire, languages, english):
            try:
                offer = await provider.offer()
                able = {into: pair for into in languages for source in languages if (pair := offer.pair(source, into))}
                for pair in list(able.values())[:1]:
                    await provider.translate(["Newstally"], pair, marked=False)
            except TranslationError as error:
                told.line(Verdict.FAULT, f"{provider.name}: {error}")
            else:
                told.line(Verdict.OK if able else Verdict.FAULT, f"{provider.name}: {_able(able, languages)}")


def _able(into: Collection[str], languages: Collection[str]) -> str:
    """Into which languages a translator translates, and into which it doesn't."""
    others = [language for language in languages if language not in into]
    if not into:
        return "it translates into none of our languages."
    return f"it translates, into {' '.join(into)}{'; not into ' if others else ''}{' '.join(others)}."
