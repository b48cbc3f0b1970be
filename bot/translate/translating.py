"""Translates the stories that chats wait for: each text once a language, and what is known already not again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.errors import NotTranslated, ProviderBusy, ProviderUsedUp, StorageError, TranslationError
from bot.model import Phrase
from bot.spending import month_end
from bot.storage import translations
from bot.storage.database import Database
from bot.storage.translations import StoryWords, Translated
from bot.text import shortened
from bot.translate.asking import Attempt, Text, ask, first_attempt, second_attempt
from bot.translate.kept import Names
from bot.translate.providers import Pair, Provider
from bot.translate.roster import Roster

log = structlog.get_logger()

MOST_DUE = 100
"""Of what is due, so many stories are taken up at once."""

LOOK_AGAIN_EVERY = timedelta(seconds=15)
"""How often it is looked for edited stories and for posts that lack a translation."""

FIRST_RETRY = timedelta(minutes=5)
LAST_RETRY = timedelta(hours=6)
"""How long after it could not be had a translation is tried again; doubling in between."""

HOPELESS_FOR = timedelta(days=1)
"""A text to which every provider has an answer, and none that can be used, costs again at each attempt."""


class Translating:
    """`sweep` may be called at any time and as often as one likes.

    ``on_translated`` is told the ledgers whose posts may have something else to show.
    """

    def __init__(
        self,
        db: Database,
        roster: Roster,
        names: Names,
        clock: Callable[[], datetime],
        on_translated: Callable[[Iterable[int]], None],
        *,
        excerpt: int,
        hold: timedelta,
        concurrency: int,
    ) -> None:
        """``excerpt``: so much of a lede is shown, and translated. ``hold``: so long posts wait."""
        self._db = db
        self._roster = roster
        self._names = names
        self._clock = clock
        self._on_translated = on_translated
        self._excerpt = excerpt
        self._hold = hold
        self._free = asyncio.Semaphore(concurrency)
        self._under_way: set[Text] = set()
        self._looked_at: datetime | None = None
        self.failures: Counter[str] = Counter()
        """By provider, since the start: how often it gave nothing that can be used."""

    async def run(self, wake: asyncio.Event) -> None:
        """Sweep whenever ``wake`` is set, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await wake.wait()
                wake.clear()
                await self.sweep(tasks)

    async def sweep(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to translate what is due."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= LOOK_AGAIN_EVERY:
            self._looked_at = now
            await self._look_again(now)
        by_text: dict[Text, list[StoryWords]] = {}
        for words in await self._db.read(translations.due, now, MOST_DUE):
            by_text.setdefault(self._text(words), []).append(words)
        for text, stories in by_text.items():
            # Whoever says the same as one that is under way finds its translation among the known ones.
            if text not in self._under_way:
                self._under_way.add(text)
                tasks.create_task(self._translate(text, stories), name=f"translation into {text.target}")

    async def _look_again(self, now: datetime) -> None:
        lacking = await self._db.read(translations.posts_without, self._roster.pairs, now) if self._roster.pairs else ()
        if lacking:
            await self._db.write(translations.want_these, lacking, now)
        edited = await self._db.read(translations.edited, now)
        if edited:
            same = [words for words in edited if self._text(words).hash == words.text_hash]
            others = [words for words in edited if words not in same]
            await self._db.write(translations.look_again, same, others, now)

    def _text(self, words: StoryWords) -> Text:
        return Text(words.source, words.key.language, words.title, shortened(words.lede, self._excerpt))

    # --- one text ---

    async def _translate(self, text: Text, stories: Sequence[StoryWords]) -> None:
        try:
            await self._settle(text, stories)
        except Exception:
            log.exception("a translation could not be settled", stories=[one.key.story_id for one in stories])
        finally:
            self._under_way.discard(text)  # what isn't settled is due still

    async def _settle(self, text: Text, stories: Sequence[StoryWords]) -> None:
        try:
            async with self._free:
                found = await self._found(text)
        except TranslationError as error:
            await self._not_now(text, stories, error)
        except StorageError as error:
            log.warning("a translation has to wait for the database", reason=str(error))
        except Exception as error:
            log.exception("translating a story failed", stories=[one.key.story_id for one in stories])
            phrase = Phrase("An unexpected error: {error}", {"error": type(error).__name__})
            await self._not_now(text, stories, NotTranslated(phrase))
        else:
            self._on_translated(await self._db.write(translations.finish, stories, text.hash, found))

    async def _not_now(self, text: Text, stories: Sequence[StoryWords], error: TranslationError) -> None:
        """It is tried again soon while posts wait for it; then they go without it, and it is tried ever more rarely."""
        now = self._clock()
        again_at = self._roster.able_again(text.source, text.target)
        if isinstance(error, ProviderBusy) and any(again_at < one.asked_at + self._hold for one in stories):
            await self._db.write(translations.later, stories, again_at)
            return
        attempts = min(one.attempts for one in stories)
        backoff = min(FIRST_RETRY * (1 << min(attempts, 10)), LAST_RETRY)
        wait = HOPELESS_FOR if isinstance(error, NotTranslated) else backoff
        log.info("a story could not be translated", into=text.target, reason=str(error))
        self._on_translated(await self._db.write(translations.fail, stories, text.hash, error.phrase, now + wait))

    async def _found(self, text: Text) -> Translated:
        """What is known of the text, or else the first usable answer of the providers, in order."""
        known = await self._db.read(translations.known_text, text.hash, text.target, self._roster.in_order)
        if known is not None:
            return known
        found = await self._asked(text)
        await self._db.write(translations.keep_text, text.hash, text.target, found, self._clock())
        return found

    async def _asked(self, text: Text) -> Translated:
        """Raises, if nobody has a usable answer, what gives most hope that somebody will."""
        hopeless: TranslationError | None = None
        hopeful: TranslationError | None = self._roster.resting(text.source, text.target)
        for provider, pair, budget in self._roster.able(text.source, text.target):
            try:
                return await self._ask(provider, pair, budget, text)
            except NotTranslated as error:
                hopeless = hopeless or error
                self._note(provider, error)
            except TranslationError as error:
                hopeful = hopeful or error
                self._note(provider, error)
        raise hopeful or hopeless or NotTranslated(Phrase("No translator offers it."))

    def _note(self, provider: Provider, error: TranslationError) -> None:
        self.failures[provider.name] += 1
        self._roster.heard(provider.name, error)
        log.info("a translator gave no translation", provider=provider.name, reason=str(error))

    async def _ask(self, provider: Provider, pair: Pair, budget: int, text: Text) -> Translated:
        attempt = await asyncio.to_thread(first_attempt, text, self._names)
        attempt = await self._paid(provider, pair, budget, text, attempt)
        if attempt.fault is not None:
            log.info("a translation is asked for again", provider=provider.name, reason=attempt.fault)
            attempt = await asyncio.to_thread(second_attempt, text, self._names, attempt)
            attempt = await self._paid(provider, pair, budget, text, attempt)
        if attempt.fault is not None:
            log.warning("a translation is refused", provider=provider.name, into=text.target, reason=attempt.fault)
            raise NotTranslated(Phrase("What it answers isn't what the story says."))
        self._roster.heard(provider.name, None)
        title, *lede = attempt.strings
        return Translated(provider.name, title, "".join(lede))

    async def _paid(self, provider: Provider, pair: Pair, budget: int, text: Text, attempt: Attempt) -> Attempt:
        now = self._clock()
        if not await self._db.write(translations.spend, provider.name, text.characters, budget, now):
            raise ProviderUsedUp(Phrase("This month's budget of characters is used up."), month_end(now))
        return await ask(provider, pair, text, attempt, self._names)
