"""Puts the site together. Imported late: FastAPI takes most of a second."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from bot.errors import StorageError
from bot.ports import Site, Translators
from bot.site.feed_lists import feed_lists_router
from bot.site.health import Health, TranslationsDone, health_router
from bot.site.hub import Callbacks, hub_router
from bot.site.samples import samples_router
from bot.site.server import address_of
from bot.site.stories import stories_router
from bot.storage.database import Database

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def create_site(
    db: Database,
    *,
    site: Site,
    adapters: Callable[[], Mapping[str, Health]],
    standing: Callable[[], bool],
    registry: CollectorRegistry,
    translators: Translators,
    clock: Callable[[], datetime],
    sample_epoch: datetime | None = None,
    pages: ASGIApp | None = None,
    callbacks: Callbacks | None = None,
    translations: Callable[[], Awaitable[TranslationsDone]] | None = None,
) -> FastAPI:
    """The whole HTTP application, to be given to `server.serve`.

    ``sample_epoch``: when the database was made, or None for no sample wire. ``pages``: an adapter's, at the root.
    ``callbacks``: where hubs tell of news; None where none can reach us. ``translations``: what translators have done.
    """
    # The documentation pages would load their scripts from elsewhere; the description itself stays at /openapi.json.
    app = FastAPI(title="Newstally", docs_url=None, redoc_url=None)
    app.add_exception_handler(StorageError, _refused)
    app.include_router(health_router(db, registry, adapters, standing, clock, translations))
    app.include_router(stories_router(db, site.admin_token))
    app.include_router(feed_lists_router(db, site.admin_token))
    if sample_epoch is not None:
        app.include_router(samples_router(address_of(site), sample_epoch, translators, clock))
    if callbacks is not None:
        app.include_router(hub_router(callbacks))

    @app.api_route("/api/{rest:path}", methods=[*_METHODS], include_in_schema=False)
    async def nothing(rest: str) -> None:
        """A program asked: it wants no page, which is what people get for an address that isn't there."""
        raise HTTPException(404)

    if pages is not None:
        app.mount("/", pages)
    return app


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    """Whoever asks may ask again: nothing was changed."""
    return JSONResponse({"error": str(error)}, 503)
