"""The rooms' pages over HTTP: what is only looked at. Everything works without the script, which makes it live."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from adapters.web import inbound
from adapters.web.desk import Desk
from adapters.web.hub import Hub, Stream
from adapters.web.members import Allowance, Buckets
from adapters.web.offers import offers
from adapters.web.render import Renderer, Shown, room_address, vote_ids
from adapters.web.visits import Visit, Visits
from bot.ports import Command, RoomMessage, Surroundings, Translator

log = structlog.get_logger()

PAGE = 50
"""Messages on a page; older ones are a link away."""

_ROOM = re.compile(r"/r/([^/]+)")

SUGGESTIONS = Allowance(burst=40, rate=5.0)
"""Of one member, who types."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a page says that shows nothing else."""

    title: str
    text: str


class Pages:
    """Shows rooms."""

    def __init__(self, surroundings: Surroundings, desk: Desk, hub: Hub, renderer: Renderer, visits: Visits) -> None:
        self.commands: Sequence[Command] = ()
        self._surroundings = surroundings
        self._desk = desk
        self._hub = hub
        self._renderer = renderer
        self._visits = visits
        self._suggestions = Buckets(SUGGESTIONS)

    def routes(self) -> list[BaseRoute]:
        """The pages' addresses."""
        return [
            Route("/", self.front),
            Route("/enter", self.enter),
            Route("/r/{room}", self.room),
            Route("/r/{room}/events", self.events),
            Route("/r/{room}/choices", self.choices),
            Route("/r/{room}/files/{answer}", self.file),
            Mount("/static", StaticFiles(packages=[("adapters.web", "static")])),
        ]

    async def front(self, request: Request) -> Response:
        """To the room of the visitor's language."""
        language = self._translator(request).language
        return RedirectResponse(f"/r/{language}", 303, headers={"vary": "accept-language"})

    async def enter(self, request: Request) -> Response:
        """The admin link."""
        member, _ = self._visits.member(request)
        if not self._visits.is_admin_token(request.query_params.get("token", "")):
            # Not counted: it is too long to be guessed, and a stranger's tries must not lock the operator out.
            raise HTTPException(403)
        t = self._translator(request)
        self._desk.say(
            t("You are an admin of these rooms now. What they follow is yours to choose, under “Commands”."),
            t.language,
            member,
            "",
        )
        response = RedirectResponse(f"/r/{t.language}", 303)
        self._visits.remember_member(response, member)
        self._visits.remember_admin(response, member)
        return response

    async def room(self, request: Request) -> Response:
        """A room: its newest messages, or those before one of them."""
        visit = self._visits.visit(request)
        await self._desk.open_room(visit.room)
        before = _message_id(request.query_params.get("before", ""))
        # Taken before the messages are read, so that what comes between reading and listening is told by the stream.
        place = self._hub.place(visit.room)
        messages = await self._surroundings.rooms.page(visit.room, before=before, limit=PAGE + 1)
        actor = inbound.actor_of(visit.member, visit.room)
        pressed = await self._surroundings.rooms.pressed(actor, vote_ids(message.card for message in messages))
        response = HTMLResponse(self._page(visit, messages, before, place, pressed))
        if visit.is_new:
            self._visits.remember_member(response, visit.member)
        return response

    async def events(self, request: Request) -> Response:
        """The room's live events."""
        visit = self._visits.visit(request)
        after = request.headers.get("last-event-id") or request.query_params.get("after", "")
        # Whoever keeps no cookie is a new member each time: all of them share the streams of one.
        stream = self._hub.listen(visit.room, "" if visit.is_new else visit.member.id, after)
        if stream is None:
            raise HTTPException(503, headers={"retry-after": "5"})
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}  # nginx would hold the events back
        return StreamingResponse(self._frames(visit.room, stream), media_type="text/event-stream", headers=headers)

    async def choices(self, request: Request) -> Response:
        """Suggestions for a field of the menu."""
        visit = self._visits.visit(request)
        wanted = inbound.choices_wanted(request.query_params, self.commands, visit.room, visit.member)
        if wanted is None:
            raise HTTPException(404)
        if visit.is_new or not self._suggestions.take(visit.member.id, self._seconds()):
            raise HTTPException(429)
        choices = await self._desk.choices(wanted)
        return JSONResponse([{"value": choice.value, "label": str(choice.label)} for choice in choices])

    async def file(self, request: Request) -> Response:
        """The file that goes with an answer: for the member who asked, and only for a while."""
        visit = self._visits.visit(request)
        answer = request.path_params["answer"]
        document = self._desk.answers.file(visit.member.id, answer, self._surroundings.clock())
        if document is None:
            raise HTTPException(404)
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{document.name}"',
            "x-content-type-options": "nosniff",
        }
        return Response(document.content, media_type="application/json", headers=headers)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """A page that says why not."""
        assert isinstance(error, HTTPException)
        t = self._translator(request)
        return self._message(t, _refusal(error.status_code, t), error.status_code, headers=error.headers)

    async def not_stored(self, request: Request, error: Exception) -> Response:
        """The core could not make durable what a member did, so it did not happen."""
        log.error("an action was not stored", reason=str(error))
        t = self._translator(request)
        return self._message(t, _did_not_work(t, t("Something went wrong here. Please try again.")), 503)

    async def failed(self, request: Request, error: Exception) -> Response:
        """A bug of ours: the server logs its trace, and the visitor hears of it in words."""
        t = self._translator(request)
        return self._message(t, _did_not_work(t, t("Something went wrong here. Please try again.")), 500)

    async def not_yet(self, request: Request, error: Exception) -> Response:
        """The adapter doesn't run: a page that asks again by itself."""
        t = self._translator(request)
        refusal = Refusal(t("Starting…"), t("This page will open by itself in a moment."))
        return self._message(t, refusal, 503, headers={"retry-after": "1"}, again=True)

    def _translator(self, request: Request) -> Translator:
        """In the words of the room that was asked for, else in the visitor's."""
        translators = self._surroundings.translators
        room = _ROOM.match(request.url.path)
        if room is not None and room[1] in translators.names:
            return translators(room[1])
        return translators(translators.preferred(request.headers.get("accept-language", "")))

    def _message(
        self,
        t: Translator,
        refusal: Refusal,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> Response:
        html = self._renderer.page("message.html", t=t, refusal=refusal, room=room_address(t.language), again=again)
        return HTMLResponse(html, status, headers=headers)

    def _page(
        self,
        visit: Visit,
        messages: Sequence[RoomMessage],
        before: int | None,
        place: str,
        pressed: Collection[str],
    ) -> str:
        t = self._surroundings.translators(visit.room)
        shown, older = messages[-PAGE:], len(messages) > PAGE
        answer = self._desk.answers.newest(visit.member.id, visit.room, self._surroundings.clock())
        return self._renderer.page(
            "room.html",
            t=t,
            room=visit.room,
            names=self._surroundings.translators.names,
            cards=[self.message_html(message, pressed) for message in shown],
            answer=None if answer is None else self._desk.html(answer),
            older=shown[0].id if older else None,
            newest=shown[-1].id if shown else None,
            is_past=before is not None,
            place=place,
            admin=visit.member.admin,
            watches=visit.member.admin or self._surroundings.site.loopback,
            offers=offers(self.commands, admin=visit.member.admin),
        )

    def message_html(self, message: RoomMessage, pressed: Collection[str] = ()) -> str:
        """A post as it stands in the page; ``pressed``: the buttons that its reader has pressed."""
        shown = Shown(f"m{message.id}", message.room, message.card, at=message.posted_at, pressed=pressed)
        return self._renderer.card(shown, self._surroundings.translators(message.room))

    async def _frames(self, room: str, stream: Stream) -> AsyncIterator[bytes]:
        try:
            async for frame in stream.frames():
                yield frame
        finally:
            self._hub.leave(room, stream)

    def _seconds(self) -> float:
        return self._surroundings.clock().timestamp()


def _refusal(status: int, t: Translator) -> Refusal:
    match status:
        case 401:
            text = t("This room tells members apart by a cookie. Please allow it, go back to the room and try again.")
            return Refusal(t("A cookie is needed"), text)
        case 403:
            text = t("Please use the newest link from the terminal in which Newstally runs.")
            return Refusal(t("This link is not valid"), text)
        case 404:
            return Refusal(t("Nothing here"), t("There is no page at this address."))
        case 429:
            return _did_not_work(t, t("That was fast. Please wait a moment."))
        case 503:
            return _did_not_work(t, t("Too many people are here now. Please try again soon."))
    return _did_not_work(t, t("This does not work here."))


def _did_not_work(t: Translator, text: str) -> Refusal:
    # TRANSLATORS: title of a page that says why something could not be done
    return Refusal(t("That did not work"), text)


def _message_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
