"""What members do in a room over HTTP: press, type, choose. The script gets JSON, a plain form the page again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.web import inbound
from adapters.web.desk import Desk, Reply
from adapters.web.members import Allowance, Buckets
from adapters.web.visits import Visit, Visits
from bot.ports import Command, Surroundings

ACTIONS = Allowance(burst=30, rate=2.0)
"""Presses and commands of one member: more than a person does, too few to keep the writer busy."""


class Actions:
    """Takes forms in."""

    def __init__(self, surroundings: Surroundings, desk: Desk, visits: Visits) -> None:
        self.commands: Sequence[Command] = ()
        self._surroundings = surroundings
        self._desk = desk
        self._visits = visits
        self._allowed = Buckets(ACTIONS)

    def routes(self) -> list[BaseRoute]:
        """Where the forms are sent."""
        return [
            Route("/r/{room}/press", self.press, methods=["POST"]),
            Route("/r/{room}/say", self.say, methods=["POST"]),
            Route("/r/{room}/command", self.command, methods=["POST"]),
            Route("/r/{room}/dismiss", self.dismiss, methods=["POST"]),
        ]

    async def press(self, request: Request) -> Response:
        """A button under a card."""
        visit = await self._enter(request)
        pressed = inbound.press(await _form(request), visit.room, visit.member, secrets.token_urlsafe(16))
        if pressed is None:
            raise HTTPException(400)
        pressed = replace(pressed, carried=await self._desk.carries(pressed, visit.room))
        reply = await self._desk.press(pressed, visit.room, visit.member, wait=not _by_script(request))
        post = f"m{pressed.message.id}" if pressed.message.id.isdigit() else ""
        return self._respond(request, visit, reply, pressed=post)

    async def say(self, request: Request) -> Response:
        """What was typed below the room."""
        visit = await self._enter(request)
        text = (await _form(request)).get("text", "").strip()
        if not text:
            return self._respond(request, visit, Reply())
        words_mean = next((known.name for known in self.commands if known.by_words), "")
        event_id = secrets.token_urlsafe(16)
        command = inbound.typed_command(text, words_mean, visit.room, visit.title, visit.member, event_id)
        reply = await self._desk.command(command, visit.room, visit.member, wait=not _by_script(request))
        return self._respond(request, visit, reply)

    async def command(self, request: Request) -> Response:
        """A form of the menu."""
        visit = await self._enter(request)
        form = await _form(request)
        command = inbound.form_command(
            form, self.commands, visit.room, visit.title, visit.member, secrets.token_urlsafe(16)
        )
        if command is None:
            raise HTTPException(400)
        reply = await self._desk.command(command, visit.room, visit.member, wait=not _by_script(request))
        return self._respond(request, visit, reply)

    async def dismiss(self, request: Request) -> Response:
        """An answer was read and is no longer wanted."""
        visit = await self._enter(request)
        self._desk.answers.dismiss(visit.member.id, (await _form(request)).get("answer", ""))
        return self._respond(request, visit, Reply())

    async def _enter(self, request: Request) -> Visit:
        visit = self._visits.visit(request)
        if visit.is_new:
            # Whoever keeps no cookies would be another voter with each press.
            raise HTTPException(401)
        if not self._allowed.take(visit.member.id, self._surroundings.clock().timestamp()):
            raise HTTPException(429, headers={"retry-after": "2"})
        await self._desk.open_room(visit.room)
        return visit

    def _respond(self, request: Request, visit: Visit, reply: Reply, *, pressed: str = "") -> Response:
        if _by_script(request):
            told: dict[str, str | bool] = {"notice": reply.notice}
            if reply.answer is not None:
                told |= {"id": reply.answer.id, "html": self._desk.html(reply.answer)}
            if reply.pressed is not None:
                told |= {"pressed": reply.pressed}
            return JSONResponse(told)
        if reply.notice and not reply.pressed:  # a button that is pressed now says so itself
            self._desk.say(reply.notice, visit.room, visit.member, "")
        return RedirectResponse(f"/r/{visit.room}" + (f"#{pressed}" if pressed else ""), 303)


async def _form(request: Request) -> dict[str, str]:
    return dict(inbound.read_form(await request.body()))


def _by_script(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")
