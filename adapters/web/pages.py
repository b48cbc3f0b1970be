"""The rooms' pages over HTTP: what is only looked at. Everything works without the script, which makes it live."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
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
from adapters.web.render import Renderer, Shown
from adapters.web.visits import Visit, Visits
from bot.model import LANGUAGE_NAMES, Phrase
from bot.ports import Audience, Command, Parameter, RoomMessage, Subcommand, Surroundings, Translator

log = structlog.get_logger()

PAGE = 50
"""Messages on a page; older ones are a link away."""

SUGGESTIONS = Allowance(burst=40, rate=5.0)
"""Of one member, who types."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A form of the menu: a command, or one of its subcommands."""

    command: Command
    subcommand: str
    description: Phrase
    parameters: Sequence[Parameter]


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
            Mount("/static", StaticFiles(packages=[("adapters.web", "static")])),
        ]

    async def front(self, request: Request) -> Response:
        """To the room of the visitor's language."""
        language = inbound.best_language(request.headers.get("accept-language", ""))
        return RedirectResponse(f"/r/{language}", 303, headers={"vary": "accept-language"})

    async def enter(self, request: Request) -> Response:
        """The admin link."""
        member, _ = self._visits.member(request)
        if not self._visits.is_admin_token(request.query_params.get("token", "")):
            # Not counted: it is too long to be guessed, and a stranger's tries must not lock the operator out.
            raise HTTPException(403)
        response = RedirectResponse("/", 303)
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
        response = HTMLResponse(self._page(visit, messages, before, place))
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

    async def refuse(self, request: Request, error: Exception) -> Response:
        """A page that says why not."""
        assert isinstance(error, HTTPException)
        t = self._translator(request)
        texts = {
            401: t("This room tells members apart by a cookie. Please allow it, go back to the room and try again."),
            403: t("This link is not valid. Please use the newest one from the terminal in which Newstally runs."),
            404: t("There is nothing here."),
            429: t("That was fast. Please wait a moment."),
            503: t("Too many people are here now. Please try again soon."),
        }
        text = texts.get(error.status_code, t("This does not work here."))
        return self._message(t, text, error.status_code, headers=error.headers)

    async def not_stored(self, request: Request, error: Exception) -> Response:
        """The core could not make durable what a member did, so it did not happen."""
        log.error("an action was not stored", reason=str(error))
        t = self._translator(request)
        return self._message(t, t("Something went wrong here. Please try again."), 503)

    async def not_yet(self, request: Request, error: Exception) -> Response:
        """The adapter doesn't run: a page that asks again by itself."""
        t = self._translator(request)
        return self._message(t, t("Starting…"), 503, headers={"retry-after": "1"}, again=True)

    def _translator(self, request: Request) -> Translator:
        return self._surroundings.translators(inbound.best_language(request.headers.get("accept-language", "")))

    def _message(
        self, t: Translator, text: str, status: int, *, headers: Mapping[str, str] | None = None, again: bool = False
    ) -> Response:
        html = self._renderer.page("message.html", t=t, text=text, names=LANGUAGE_NAMES, again=again)
        return HTMLResponse(html, status, headers=headers)

    def _page(self, visit: Visit, messages: Sequence[RoomMessage], before: int | None, place: str) -> str:
        t = self._surroundings.translators(visit.room)
        shown, older = messages[-PAGE:], len(messages) > PAGE
        cards = [(message.posted_at, self.message_html(message)) for message in shown]
        if before is None:
            answers = self._desk.answers.of(visit.member.id, visit.room, self._surroundings.clock())
            cards += [(answer.at, self._desk.html(answer)) for answer in answers]
            cards.sort(key=lambda card: card[0])
        return self._renderer.page(
            "room.html",
            t=t,
            room=visit.room,
            names=LANGUAGE_NAMES,
            cards=[html for _, html in cards],
            older=shown[0].id if older else None,
            is_past=before is not None,
            place=place,
            admin=visit.member.admin,
            watches=visit.member.admin or self._surroundings.site.loopback,
            offers=self._offers(admin=visit.member.admin),
            commands=[command for command in self.commands if _is_for(command, admin=visit.member.admin)],
        )

    def message_html(self, message: RoomMessage) -> str:
        """A post as it stands in the page."""
        shown = Shown(f"m{message.id}", message.room, message.card)
        return self._renderer.card(shown, self._surroundings.translators(message.room))

    def _offers(self, *, admin: bool) -> list[Offer]:
        offers = []
        for command in self.commands:
            if not _is_for(command, admin=admin):
                continue
            if not command.subcommands:
                offers.append(Offer(command, "", command.description, command.parameters))
            offers += [
                Offer(command, verb.name, verb.description, verb.parameters)
                for verb in command.subcommands
                if _is_for(verb, admin=admin)
            ]
        return offers

    async def _frames(self, room: str, stream: Stream) -> AsyncIterator[bytes]:
        try:
            async for frame in stream.frames():
                yield frame
        finally:
            self._hub.leave(room, stream)

    def _seconds(self) -> float:
        return self._surroundings.clock().timestamp()


def _is_for(command: Command | Subcommand, *, admin: bool) -> bool:
    return admin or command.audience is Audience.MEMBER


def _message_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
