"""The providers in the operator's order: what each offers, as it says itself, and which of them has to rest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.errors import ProviderBusy, ProviderRefuses, ProviderUsedUp, TranslationError
from bot.model import Phrase
from bot.pace import retry_delay
from bot.storage.translations import ANY, INTO
from bot.translate.providers import Offer, Pair, Provider

log = structlog.get_logger()

ASKED_EVERY = timedelta(hours=6)
"""How often a provider is asked what it offers: languages are added now and then."""

REFUSED_FOR = timedelta(hours=1)
"""A key that isn't accepted may be put right; asking for each story would look like an attack."""


@dataclass(slots=True)
class _Known:
    """What is known of a provider while we run."""

    provider: Provider
    budget: int
    offer: Offer | None = None
    rests_until: datetime | None = None
    why: Phrase | None = None
    """Why it rests."""
    failures: int = 0
    """Texts in a row for which it had no time."""


class Roster:
    """Built once. `run` keeps the offers up to date."""

    def __init__(
        self,
        providers: Sequence[tuple[Provider, int]],
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """``providers``: in order, each with its budget of characters a month, 0 for none."""
        self._known = [_Known(provider, budget) for provider, budget in providers]
        self._clock = clock
        self._sleep = sleep
        self._pairs = ""

    @property
    def configured(self) -> bool:
        """Whether there are any providers."""
        return bool(self._known)

    @property
    def answered(self) -> bool:
        """Whether any provider has said what it offers."""
        return any(known.offer is not None for known in self._known)

    @property
    def in_order(self) -> Sequence[str]:
        """The names of the providers."""
        return [known.provider.name for known in self._known]

    @property
    def pairs(self) -> str:
        """The pairs of languages that are offered, as `storage.translations.want` takes them; empty: none are."""
        return self._pairs

    @property
    def standing(self) -> Mapping[str, bool]:
        """Of each provider by its name, whether it has said what it offers and can be asked now."""
        now = self._clock()
        return {known.provider.name: known.offer is not None and not _rests(known, now) for known in self._known}

    def offers(self, source: str, target: str) -> bool:
        """Whether any provider translates from one language into the other, be it that it rests now."""
        return any(known.offer is not None and known.offer.pair(source, target) for known in self._known)

    def offers_into(self, target: str) -> bool:
        """The same from any language at all."""
        return any(
            target in known.offer.from_any or any(into == target for _, into in known.offer.pairs)
            for known in self._known
            if known.offer is not None
        )

    def able(self, source: str, target: str) -> list[tuple[Provider, Pair, int]]:
        """Those who can be asked now, in order, with how to ask and their budgets."""
        now = self._clock()
        return [
            (known.provider, pair, known.budget)
            for known in self._known
            if known.offer is not None and not _rests(known, now)
            if (pair := known.offer.pair(source, target)) is not None
        ]

    def resting(self, source: str, target: str) -> TranslationError | None:
        """Why one of those who translate from one into the other can't be asked now; None: they all can."""
        resting = self._resting(source, target)
        return ProviderBusy(resting[0][1]) if resting else None

    def able_again(self, source: str, target: str) -> datetime:
        """When the first of those who rest now can be asked again."""
        return min((until for until, _ in self._resting(source, target)), default=self._clock() + REFUSED_FOR)

    def _resting(self, source: str, target: str) -> list[tuple[datetime, Phrase]]:
        now = self._clock()
        return [
            (known.rests_until, known.why)
            for known in self._known
            if known.offer is not None and known.offer.pair(source, target) is not None
            if known.rests_until is not None and known.rests_until > now and known.why is not None
        ]

    def heard(self, name: str, error: TranslationError | None) -> None:
        """A provider has answered a text, or not: what keeps it from answering the next one lets it rest."""
        known, now = self._named(name), self._clock()
        match error:
            case ProviderRefuses():
                _rest(known, now + REFUSED_FOR, error.phrase)
            case ProviderUsedUp():
                # Days and months of providers begin when theirs do: it is asked once a day whether there is more.
                _rest(known, error.until or now + timedelta(days=1), error.phrase)
            case ProviderBusy(retry_after=seconds):
                if not _rests(known, now):  # of several texts that it had at once, one tells
                    known.failures += 1
                pause = max(retry_delay(known.failures), timedelta(seconds=seconds or 0))
                _rest(known, now + pause, error.phrase)
            case _:
                known.failures = 0
                known.rests_until = known.why = None

    def _named(self, name: str) -> _Known:
        return next(known for known in self._known if known.provider.name == name)

    async def run(self) -> None:
        """Ask each provider what it offers, at once and again now and then, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for known in self._known:
                tasks.create_task(self._keep_asking(known), name=f"offer of {known.provider.name}")

    async def _keep_asking(self, known: _Known) -> None:
        failures = 0
        while True:
            error = await self._ask(known)
            failures = failures + 1 if isinstance(error, ProviderBusy) else 0
            match error:
                case None:
                    wait = ASKED_EVERY
                case ProviderBusy(retry_after=seconds):
                    wait = max(retry_delay(failures), timedelta(seconds=seconds or 0))
                case _:
                    wait = REFUSED_FOR
            await self._sleep(wait.total_seconds())

    async def _ask(self, known: _Known) -> Exception | None:
        """An offer once made stands while it can't be asked."""
        name = known.provider.name
        try:
            offer = await known.provider.offer()
        except TranslationError as error:
            log.warning("a translator doesn't say what it offers", provider=name, reason=str(error))
            return error
        except Exception as error:
            log.exception("asking a translator what it offers failed", provider=name)
            return error
        if offer != known.offer:
            known.offer = offer
            self._pairs = self._written()
            log.info("a translator offers its service", provider=name)
        return None

    def _written(self) -> str:
        pairs: dict[str, None] = {}
        for known in self._known:
            if known.offer is not None:
                pairs |= {f"{source}{INTO}{target}": None for source, target in known.offer.pairs}
                pairs |= {f"{ANY}{INTO}{target}": None for target in sorted(known.offer.from_any)}
        return json.dumps(list(pairs)) if pairs else ""


def _rest(known: _Known, until: datetime, why: Phrase) -> None:
    known.rests_until, known.why = until, why
    name, reason = known.provider.name, str(TranslationError(why))
    log.warning("a translator rests", provider=name, until=until.isoformat(), reason=reason)


def _rests(known: _Known, now: datetime) -> bool:
    return known.rests_until is not None and known.rests_until > now
