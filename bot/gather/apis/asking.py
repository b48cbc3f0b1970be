"""Asks the news APIs that have a key, within their budgets. What an address or header holds of a key stays in here."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from pydantic import SecretStr

from bot.errors import SourceError
from bot.gather.apis import coinstats, cryptopanic
from bot.gather.apis.budget import wait_for_turn
from bot.gather.apis.names import NAMES
from bot.gather.apis.offers import offered
from bot.gather.apis.settings import COINSTATS_URL, CRYPTOPANIC_URL
from bot.gather.client import FetchRequest, GuardedClient, NotModified
from bot.gather.parsed import ParsedFeed
from bot.gather.settings import GatherSettings
from bot.gather.workers import TooMuch, WorkerCrashed, Workers, WorkerTimeout
from bot.model import Phrase
from bot.spending import Spent, month_end, spent_so_far
from bot.storage import meta
from bot.storage.database import Database

log = structlog.get_logger()

REFUSED_SECONDS = 1800.0
"""Providers count refused requests too."""

USAGE_EVERY = timedelta(days=1)
"""Others may spend the same key's credits."""

REFUSED = frozenset({401, 402, 403})
TOO_MANY = 429

PARSE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Told:
    """What an API answered, and when to ask it again."""

    feed: ParsedFeed | None
    """None: the very same as last time."""
    body_hash: str
    wait: timedelta


@dataclass(slots=True)
class _Account:
    """What is known of a provider's budget while we run. One at a time asks it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    left: int | None = None
    """As the provider said, less what we have spent since."""
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of a provider, and what that costs."""

    provider: str
    address: str
    headers: Mapping[str, str]
    own: bool
    """The operator's config names where the provider is."""
    cost: int
    budget: int
    askers: int
    """Sources that share the budget."""
    read: Callable[..., ParsedFeed | Phrase]
    more: tuple[object, ...]
    usage: str = ""
    """Where it tells what is left."""


class Apis:
    """Asks for the sources whose address begins with a provider's name. Raises SourceError as feeds do."""

    def __init__(
        self,
        db: Database,
        client: GuardedClient,
        workers: Workers,
        settings: GatherSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._client = client
        self._workers = workers
        self._settings = settings
        self._clock = clock
        self._accounts = {name: _Account() for name in NAMES}

    def answers_for(self, url: str) -> bool:
        """Whether a source is one of an API's."""
        return url.partition(":")[0] in NAMES

    async def ask(self, url: str, known_hash: str | None) -> Told:
        """Ask for a source's newest items."""
        provider, _, part = url.partition(":")
        question = self._question(provider, part)
        async with self._accounts[provider].lock:
            await self._look_at_usage(question)
            await self._spend(question)
            body = await self._fetch(question, question.address)
            body_hash = hashlib.sha256(body).hexdigest()
            feed = None if body_hash == known_hash else await self._read(question, body)
            return Told(feed, body_hash, await self._wait(question))

    def _question(self, provider: str, part: str) -> _Question:
        if provider not in offered(self._settings):
            raise SourceError(Phrase("The operator's configuration has no key for {provider}.", _named(provider)))
        own_topics = None if self._settings.topics is None else str(self._settings.topics)
        if provider == coinstats.PROVIDER:
            ours = self._settings.coinstats
            return _Question(
                provider,
                coinstats.address(ours.base_url, part),
                coinstats.headers(_secret(ours.key)),
                own=ours.base_url != COINSTATS_URL,
                cost=coinstats.COST,
                budget=ours.credits_per_month,
                askers=len(ours.types),
                read=coinstats.read,
                more=(own_topics,),
                usage=coinstats.usage_address(ours.base_url),
            )
        theirs = self._settings.cryptopanic
        return _Question(
            provider,
            cryptopanic.address(theirs.base_url, theirs.plan, part, _secret(theirs.key)),
            {},
            own=theirs.base_url != CRYPTOPANIC_URL,
            cost=1,
            budget=theirs.requests_per_month,
            askers=len(theirs.regions),
            read=cryptopanic.read,
            more=(part, own_topics),
        )

    async def _fetch(self, question: _Question, address: str) -> bytes:
        try:
            answer = await self._client.fetch(FetchRequest(address, exempt=question.own, headers=question.headers))
        except SourceError as error:
            raise _in_words(question.provider, error) from error
        if isinstance(answer, NotModified):  # we asked for no such thing
            raise SourceError(_not_understood(question.provider))
        return answer.body

    async def _read(self, question: _Question, body: bytes) -> ParsedFeed:
        try:
            feed = await self._workers.run_for(question.provider, PARSE_SECONDS, question.read, body, *question.more)
        except (WorkerTimeout, WorkerCrashed, TooMuch) as error:
            raise SourceError(_not_understood(question.provider)) from error
        if isinstance(feed, Phrase):
            refused = feed in (cryptopanic.USED_UP, cryptopanic.TOKEN_REFUSED)  # Phrases have no hash
            raise SourceError(feed, retry_after=REFUSED_SECONDS if refused else None)
        return feed

    # --- the budget ---

    async def _look_at_usage(self, question: _Question) -> None:
        """What the provider itself says is left, now and then. A provider that doesn't say leaves us our own count."""
        account, now = self._accounts[question.provider], self._clock()
        if not question.usage or (account.looked_at is not None and now - account.looked_at < USAGE_EVERY):
            return
        try:
            account.left = coinstats.credits_left(await self._fetch(question, question.usage))
        except SourceError as error:
            if error.status in REFUSED:
                raise
            log.info("a news API doesn't tell what is left of its budget", provider=question.provider)
        account.looked_at = now

    async def _spend(self, question: _Question) -> None:
        """Counted before it is asked for, so that a crash spends too much rather than too little."""
        now = self._clock()
        if await self._left(question) < question.cost:
            phrase = Phrase("This month's budget for {provider} is used up.", _named(question.provider))
            account = self._accounts[question.provider]
            account.looked_at = None  # it may have been filled up when we ask next
            wait = month_end(now) - now
            again = min(wait, USAGE_EVERY) if account.left is not None else wait
            raise SourceError(phrase, retry_after=again.total_seconds())
        spent = spent_so_far(await self._db.read(meta.get, _key(question.provider)), now)
        after = Spent(spent.month, spent.amount + question.cost)
        await self._db.write(meta.put, _key(question.provider), after.written())
        account = self._accounts[question.provider]
        if account.left is not None:
            account.left -= question.cost

    async def _left(self, question: _Question) -> int:
        spent = spent_so_far(await self._db.read(meta.get, _key(question.provider)), self._clock())
        ours = question.budget - spent.amount
        theirs = self._accounts[question.provider].left
        return ours if theirs is None else min(ours, theirs)

    async def _wait(self, question: _Question) -> timedelta:
        now = self._clock()
        wait = wait_for_turn(await self._left(question), question.cost, question.askers, now)
        return month_end(now) - now if wait is None else wait


def _key(provider: str) -> str:
    return f"{provider}:spent"


def _secret(key: SecretStr | None) -> str:
    assert key is not None  # it is offered only with one
    return key.get_secret_value()


def _named(provider: str) -> dict[str, str]:
    return {"provider": NAMES[provider]}


def _not_understood(provider: str) -> Phrase:
    return Phrase("{provider} answered with something that I don't understand.", _named(provider))


def _in_words(provider: str, error: SourceError) -> SourceError:
    """A refusal as it concerns whoever has the key."""
    wait = max(REFUSED_SECONDS, error.retry_after or 0)
    if error.status in REFUSED:
        phrase = Phrase("{provider} doesn't accept the key.", _named(provider))
        return SourceError(phrase, retry_after=wait, status=error.status)
    if error.status == TOO_MANY:
        phrase = Phrase("The requests that {provider} grants are used up.", _named(provider))
        return SourceError(phrase, retry_after=wait, status=error.status)
    # Whatever it says, the operator asked for it: no answer of a provider ends its source for good.
    return SourceError(error.phrase, retry_after=error.retry_after, status=error.status)
