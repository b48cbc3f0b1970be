"""`newstally check`: tells in words what is right and wrong with database, platforms, sources and translators."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

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

CHANGES = 3
"""Of the log of settings, so many of the newest lines a chat."""

SECONDS = 30.0
"""For one platform to answer."""


async def check(settings: Settings, say: Callable[[str], None], catalogues: Catalogues | None = None) -> int:
    """Say a line for each thing looked at; returns the number of faults. ``catalogues``: None for those bundled."""
    told = _Told(say)
    told.line(True, "The configuration is sound.")
    catalogues = catalogues or Catalogues()
    for language, reason in catalogues.faults.items():
        told.line(False, f"The language {language} is left out: {reason}.")
    path = settings.storage.path
    with tempfile.TemporaryDirectory() as folder:
        if not await asyncio.to_thread(path.exists):
            told.line(True, f"There is no database yet; {path.absolute()} is made at the first start.")
            path = Path(folder) / "none.db"
        await _check_everything(settings, path, catalogues, told)
    return told.faults


async def _check_everything(settings: Settings, path: Path, translators: Translators, told: _Told) -> None:
    try:
        async with open_database(path) as db:
            await _check_database(db, told)
            known = await db.read(chats.every)
            await _check_chats(db, known, told)
            await _check_sources(db, told)
            await _check_platforms(settings, db, known, translators, told)
            await _check_translators(settings.translate, db, translators, told)
    except StorageError as error:
        told.line(False, str(error))


class _Told:
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.faults = 0

    def line(self, ok: bool, text: str) -> None:
        self.faults += not ok
        self._say(f"{'ok   ' if ok else 'FAULT'}  {text}")


async def _check_database(db: Database, told: _Told) -> None:
    broken = await db.read(transfer.integrity)
    for line in broken:
        told.line(False, f"Database: {line}")
    miscounts = await db.read(ledger.recount)
    for miscount in miscounts:
        told.line(False, f"Tally: {miscount}")
    if not broken and not miscounts:
        told.line(True, "The database is whole, and every tally equals a recount of its votes.")
    for one in await db.read(deliveries.unconfirmed):
        # Not a fault of anyone's: it is shown so that the operator can look whether it is there.
        told.line(
            True, f"Unconfirmed post in {one.platform} chat {one.native_id}: {one.title!r}, tried {one.attempted_at}"
        )


async def _check_chats(db: Database, known: list[Chat], told: _Told) -> None:
    for chat in known:
        for change in (await db.read(chats.setting_changes, chat.id))[-CHANGES:]:
            became = f"{change.setting} {change.old or 'none'} → {change.new or 'none'}"
            told.line(True, f"{_name(chat)}: {became}, by {change.actor}, {change.at:%Y-%m-%d %H:%M} UTC")
        if chat.paused is not None:
            told.line(False, f"{_name(chat)} is paused: {StorageError(chat.paused)}")
    told.line(True, f"{len(known)} chats, {sum(chat.language is not None for chat in known)} of them with a language.")


def _name(chat: Chat) -> str:
    topic = f", topic {chat.ref.topic}" if chat.ref.topic else ""
    return f"{chat.ref.platform} chat {chat.ref.id}{topic} ({chat.title or 'no title'})"


async def _check_sources(db: Database, told: _Told) -> None:
    failing = [one for one in await db.read(sources.health) if one.followed and one.problem is not None]
    for source in failing:
        assert source.problem is not None
        told.line(False, f"Source {source.url}: {StorageError(source.problem)}")
    if not failing:
        told.line(True, "No source that is followed has a problem.")


async def _check_platforms(
    settings: Settings, db: Database, known: list[Chat], translators: Translators, told: _Told
) -> None:
    # Nothing listens here: the port only stands in for the one that the product takes.
    site = site_of(settings.site, settings.site.port or PORTS[0])
    adapters = build_adapters(settings, lambda name: lend(name, db, site, translators))
    for name, adapter in adapters.items():
        if isinstance(adapter, Diagnoses):
            here = [chat.ref for chat in known if chat.ref.platform == name and chat.paused is None]
            try:
                async with asyncio.timeout(SECONDS):
                    findings = await adapter.diagnose(here)
            except TimeoutError:
                told.line(False, f"{name}: no answer within {SECONDS:.0f} seconds.")
                continue
            for finding in findings:
                told.line(finding.ok, f"{name}: {translators('en').phrase(finding.text)}")


async def _check_translators(settings: TranslateSettings, db: Database, translators: Translators, told: _Told) -> None:
    """Ask each what it offers and to translate a word: only then is it known whether its key works."""
    for one in await db.read(translations.untranslated, utc_now()):
        # Not a fault of itself: the lines below tell what doesn't work now.
        told.line(True, f"Not translated into {one.language} of late: {one.stories}. {StorageError(one.problem)}")
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
                told.line(False, f"{provider.name}: {error}")
            else:
                told.line(bool(able), f"{provider.name}: {_able(able, languages)}")


def _able(into: Collection[str], languages: Collection[str]) -> str:
    """Into which languages a translator translates, and into which it doesn't."""
    others = [language for language in languages if language not in into]
    if not into:
        return "it translates into none of our languages."
    return f"it translates, into {' '.join(into)}{'; not into ' if others else ''}{' '.join(others)}."
