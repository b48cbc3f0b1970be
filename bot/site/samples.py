"""The pages of the sample wire: its feeds, and each invented story in full."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.ports import Translators
from bot.site.wire import SampleStory, SampleWire, publication_times, sample_wire, wire_feed


def samples_router(site: str, epoch: datetime, translators: Translators, clock: Callable[[], datetime]) -> APIRouter:
    """The routes under /wire. ``site`` is our own address, ``epoch`` when the database was made."""
    router = APIRouter(prefix="/wire", include_in_schema=False)
    pages = Environment(loader=PackageLoader("bot.site"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page, missing = pages.get_template("sample.html"), pages.get_template("missing.html")
    style = files("bot.site").joinpath("static", "sample.css").read_text("utf-8")

    @router.get("/style.css")
    async def stylesheet() -> Response:
        return Response(style, media_type="text/css")

    @router.get("/{language}.json")
    async def feed(language: str) -> Response:
        if language not in translators.names:
            raise HTTPException(404, "There is no sample wire in that language.")
        wire = sample_wire(language)
        return JSONResponse(wire_feed(wire, site, epoch, clock()), media_type="application/feed+json")

    @router.get("/{language}/{story_id}")
    async def story(language: str, story_id: str) -> Response:
        wire = sample_wire(language) if language in translators.names else None
        found = _find(wire, story_id) if wire is not None else None
        if wire is None or found is None:
            return HTMLResponse(missing.render(t=translators(language)), 404)
        position, told = found
        at = publication_times(len(wire.stories), epoch)[position]
        return HTMLResponse(page.render(story=told, wire=wire, at=at, t=translators(language)))

    return router


def _find(wire: SampleWire, story_id: str) -> tuple[int, SampleStory] | None:
    return next((found for found in enumerate(wire.stories) if found[1].id == story_id), None)
