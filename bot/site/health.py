"""GET /healthz and GET /metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.errors import StorageError
from bot.model import Phrase, Sentiment
from bot.ports import State
from bot.storage import api
from bot.storage.database import Database, Refusal

PASSING = timedelta(minutes=1)
"""For so long a database that refuses is no reason to call the product ill: another process may hold it."""


@dataclass(frozen=True, slots=True)
class Health:
    """How an adapter stands."""

    state: State
    detail: Phrase | None = None


@dataclass(frozen=True, slots=True)
class TranslationsDone:
    """What the translators have done. Numbers by provider."""

    done: Mapping[tuple[str, str], int]
    """Translations of stories by provider ("": none yet) and state."""
    characters: Mapping[str, int]
    """Sent this month."""
    failures: Mapping[str, int]
    """Since the start."""
    answers: Mapping[str, bool]
    """Whether it can be asked now."""


def health_router(
    db: Database,
    registry: CollectorRegistry,
    adapters: Callable[[], Mapping[str, Health]],
    standing: Callable[[], bool],
    clock: Callable[[], datetime],
    translations: Callable[[], Awaitable[TranslationsDone]] | None = None,
) -> APIRouter:
    """The routes for those who watch the product. ``standing``: whether HTTP and storage are both up."""
    router = APIRouter()
    gauges = _Gauges(registry)

    @router.head("/healthz", include_in_schema=False)
    @router.get("/healthz")
    async def healthz() -> Response:
        """200 while the product itself works, whatever the platforms say; each adapter's state is told, and the
        storage's where it can't be used."""
        told: dict[str, object] = {"adapters": {name: _told(health) for name, health in adapters().items()}}
        refusal = db.refusal
        if refusal is not None:
            told["storage"] = {"state": "refusing", "detail": _words(refusal)}
        works = standing() and (refusal is None or clock() - refusal.since < PASSING)
        return JSONResponse(told, 200 if works else 503)

    @router.head("/metrics", include_in_schema=False)
    @router.get("/metrics")
    async def metrics() -> Response:
        """Numbers for Prometheus, counted when asked."""
        gauges.set(await db.read(api.census), adapters())
        if translations is not None:
            gauges.set_translations(await translations())
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _words(refusal: Refusal) -> str:
    since = f"{refusal.since:%Y-%m-%d %H:%M:%S} UTC"
    return f"The database refuses since {since}: {refusal.reason}. Votes and stories wait until it can be used again."


def _told(health: Health) -> dict[str, str]:
    # The operator's words: English, as in the terminal.
    detail = "" if health.detail is None else str(StorageError(health.detail))
    return {"state": health.state.value, "detail": detail}


class _Gauges:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._sources = Gauge("newstally_sources", "Sources", ["kind", "health"], registry=registry)
        self._told = Gauge("newstally_sources_need_admin", "Sources whose chats were told", registry=registry)
        self._due = Gauge(
            "newstally_source_earliest_due_timestamp_seconds",
            "When the source that has waited longest, or waits next, is due",
            registry=registry,
        )
        self._deliveries = Gauge("newstally_deliveries", "Deliveries by state", ["state"], registry=registry)
        self._votes = Gauge("newstally_votes", "Votes that stand", ["sentiment"], registry=registry)
        self._stories = Gauge("newstally_stories", "Stories stored", registry=registry)
        self._translations = Gauge(
            "newstally_translations", "Translations of stories", ["provider", "state"], registry=registry
        )
        self._characters = Gauge(
            "newstally_translated_characters", "Sent to translators this month", ["provider"], registry=registry
        )
        self._failures = Gauge(
            "newstally_translation_failures", "Answers that could not be used", ["provider"], registry=registry
        )
        self._answers = Gauge("newstally_translator_up", "1 while it can be asked", ["provider"], registry=registry)
        self._adapters = Gauge("newstally_adapter_state", "1 for the state", ["adapter", "state"], registry=registry)

    def set(self, census: api.Census, adapters: Mapping[str, Health]) -> None:
        for gauge in (self._sources, self._deliveries):
            gauge.clear()  # a state that nothing is in any more would keep its last number
        for (kind, health), count in census.sources.items():
            self._sources.labels(kind=kind, health=health).set(count)
        for state, count in census.deliveries.items():
            self._deliveries.labels(state=state).set(count)
        self._told.set(census.told)
        self._due.set(census.earliest_due.timestamp() if census.earliest_due is not None else 0)
        for sentiment in Sentiment:
            self._votes.labels(sentiment=sentiment.name.lower()).set(census.votes[sentiment])
        self._stories.set(census.stories)
        for name, adapter in adapters.items():
            for one in State:
                self._adapters.labels(adapter=name, state=one.value).set(one is adapter.state)

    def set_translations(self, done: TranslationsDone) -> None:
        self._translations.clear()
        for (provider, state), count in done.done.items():
            self._translations.labels(provider=provider, state=state).set(count)
        for gauge, numbers in (
            (self._characters, done.characters),
            (self._failures, done.failures),
            (self._answers, done.answers),
        ):
            for provider, number in numbers.items():
                gauge.labels(provider=provider).set(number)
