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
    page = Environment(
        loader=PackageLoader("bot.site"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template("sample.html")
    style = files("bot.site").joinpath("static", "sample.css").read_text("utf-8")

    def known(language: str) -> SampleWire:
        if language not in translators.names:
            raise HTTPException(404, "There is no such language.")
        return sample_wire(language)

    @router.get("/style.css")
    async def stylesheet() -> Response:
        return Response(style, media_type="text/css")

    @router.get("/{language}.json")
    async def feed(language: str) -> Response:
        wire = known(language)
        return JSONResponse(wire_feed(wire, site, epoch, clock()), media_type="application/feed+json")

    @router.get("/{language}/{story_id}")
    async def story(language: str, story_id: str) -> Response:
        wire = known(language)
        position, told = _find(wire, story_id)
        at = publication_times(len(wire.stories), epoch)[position]
        return HTMLResponse(page.render(story=told, wire=wire, at=at, t=translators(language)))

    return router


def _find(wire: SampleWire, story_id: str) -> tuple[int, SampleStory]:
    for position, story in enumerate(wire.stories):
        if story.id == story_id:
            return position, story
    raise HTTPException(404, "There is no such sample story.")
