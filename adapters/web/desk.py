"""Carries what members do to the core, and the core's answers back to the one who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from adapters.web import inbound
from adapters.web.answers import Answers, RoomAnswer
from adapters.web.hub import Hub, Kind
from adapters.web.members import Member
from adapters.web.render import Renderer, Shown, vote_ids
from bot.events import ButtonPressed, ChatJoined, ChoicesWanted, CommandInvoked
from bot.model import Actor, Card, Line, LineKind, Span, parse_vote_button
from bot.ports import Answer, Choice, Dispatch, Document, Surroundings

log = structlog.get_logger()

MOST_DIGITS = 18
"""A number with more may be too large for the store to look for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a member gets for something done: a card of their own, or a passing notice, or nothing."""

    answer: RoomAnswer | None = None
    notice: str = ""
    pressed: bool | None = None
    """Of the press on a post's button: whether it stands now."""


class Desk:
    """Open while the adapter runs."""

    def __init__(self, surroundings: Surroundings, hub: Hub, renderer: Renderer) -> None:
        self.answers = Answers()
        self._surroundings = surroundings
        self._hub = hub
        self._renderer = renderer
        self._dispatch: Dispatch | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._opened: set[str] = set()
        self._opening = asyncio.Lock()

    def open(self, dispatch: Dispatch, tasks: asyncio.TaskGroup) -> None:
        """From now on things can be carried to the core; follow-ups run in ``tasks``."""
        self._dispatch, self._tasks = dispatch, tasks

    def close(self) -> None:
        """The adapter stops."""
        self._dispatch = self._tasks = None

    @property
    def is_open(self) -> bool:
        """Whether events can be handed in."""
        return self._dispatch is not None

    async def open_room(self, room: str) -> None:
        """Tell the core of a room that is visited for the first time."""
        if room in self._opened:
            return
        async with self._opening:  # two first visitors at once open it once
            keys, key = self._surroundings.keys, f"opened:{room}"
            if await keys.get(key) is None:
                await self._core(inbound.room_opened(room, self._surroundings.translators.names[room]))
                await keys.put(key, "yes")
            self._opened.add(room)

    async def carries(self, pressed: ButtonPressed, room: str) -> bool | None:
        """Whether the message in the room has the button; None for what is no message of the room's."""
        number = pressed.message.id
        if not (number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS):
            return None
        message = await self._surroundings.rooms.find(room, int(number))
        return message is not None and any(
            button.id == pressed.button for row in message.card.buttons for button in row
        )

    async def press(self, pressed: ButtonPressed, room: str, member: Member, *, wait: bool) -> Reply:
        """Hand in a press. ``wait``: the reply is the last card, not a first one that a follow-up will replace."""
        if parse_vote_button(pressed.button) is None:
            before = await self._own_presses(pressed.actor, room)
            answer = await self._core(pressed)
            for button in before - await self._own_presses(pressed.actor, room):  # votes were erased
                self._hub.tell_press(room, button, False, only=member.id)
            return await self._told(answer, pressed.message.id, room, member, wait=wait)
        answer = await self._core(pressed)
        reply = await self._told(answer, pressed.message.id, room, member, wait=wait)
        return replace(reply, pressed=await self._standing(pressed, room, member))

    async def _own_presses(self, actor: Actor, room: str) -> set[str]:
        """Those that pages show as pressed."""
        messages = await self._surroundings.rooms.page(room)
        shown = vote_ids(message.card for message in messages)
        return set(await self._surroundings.rooms.pressed(actor, shown))

    async def _standing(self, pressed: ButtonPressed, room: str, member: Member) -> bool:
        stands = pressed.button in await self._surroundings.rooms.pressed(pressed.actor, (pressed.button,))
        self._hub.tell_press(room, pressed.button, stands, only=member.id)
        return stands

    async def _told(self, answer: Answer | None, message: str, room: str, member: Member, *, wait: bool) -> Reply:
        """``message``: whose button was pressed, a post or an answer of before."""
        if answer is None or answer.card is None:
            return Reply()
        menu = self.answers.find(member.id, message)
        if menu is not None and answer.replaces:
            placed = self.answers.replace(member.id, menu.id, answer.card)
        elif answer.card.buttons or answer.follow_up is not None or answer.document is not None or menu is not None:
            asked = menu.asked if menu is not None else ""
            placed = self._place(member, room, asked, answer.card, answer.document)
        else:
            return Reply(notice=answer.card.plain())
        return await self._follow_up(placed, answer, room, member, wait=wait)

    async def command(self, command: CommandInvoked, room: str, member: Member, *, wait: bool) -> Reply:
        """Hand in a command. ``wait``: as for `press`."""
        answer = await self._core(command)
        if answer is None or answer.card is None:
            return Reply()
        placed = self._place(member, room, inbound.as_typed(command), answer.card, answer.document)
        return await self._follow_up(placed, answer, room, member, wait=wait)

    def say(self, text: str, room: str, member: Member, asked: str) -> Reply:
        """An answer of the room itself."""
        return Reply(self._place(member, room, asked, _words(room, text)))

    async def choices(self, wanted: ChoicesWanted) -> tuple[Choice, ...]:
        """The core's suggestions."""
        answer = await self._core(wanted)
        return () if answer is None else answer.choices

    def html(self, answer: RoomAnswer) -> str:
        """An answer as it stands in the page."""
        shown = Shown(answer.id, answer.room, answer.card, asked=answer.asked, file=answer.file)
        return self._renderer.card(shown, self._surroundings.translators(answer.room))

    async def _core(self, event: ButtonPressed | CommandInvoked | ChoicesWanted | ChatJoined) -> Answer | None:
        if self._dispatch is None:
            raise Closed
        return await self._dispatch(event)

    def _place(self, member: Member, room: str, asked: str, card: Card, document: Document | None = None) -> RoomAnswer:
        return self.answers.add(member.id, room, asked, card, self._surroundings.clock(), document)

    async def _follow_up(
        self, placed: RoomAnswer | None, answer: Answer, room: str, member: Member, *, wait: bool
    ) -> Reply:
        if placed is None or answer.follow_up is None:
            return Reply(placed)
        if wait:
            return Reply(await self._finish(placed, answer.follow_up, room, member))
        if self._tasks is not None:
            self._tasks.create_task(self._finish(placed, answer.follow_up, room, member))
        return Reply(placed)

    async def _finish(
        self, placed: RoomAnswer, follow_up: Callable[[], Awaitable[Card]], room: str, member: Member
    ) -> RoomAnswer:
        try:
            card = await follow_up()
        except Exception:
            # One answer that fails must not end the others: it is told, with its trace, and the member hears of it.
            log.exception("a follow-up failed", room=room)
            t = self._surroundings.translators(room)
            card = _words(room, t("Something went wrong here. Please try again."))
        final = self.answers.replace(member.id, placed.id, card)
        if final is None:  # forgotten since
            return placed
        self._hub.tell(room, Kind.ANSWER, final.id, self.html(final), only=member.id)
        return final


class Closed(Exception):
    """The adapter isn't running (yet)."""


def _words(room: str, text: str) -> Card:
    return Card(language=room, lines=(Line(LineKind.TEXT, (Span(text),)),))
