"""Delivers what the core says to an event: as a toast over the button, in place of the menu, or as a message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from adapters.telegram.calls import Calls
from adapters.telegram.inbound import Heard
from adapters.telegram.limits import is_person
from adapters.telegram.render import render, says_all, toast
from bot.errors import CardRejected, DeliveryError, PlatformDown, Throttled
from bot.events import ButtonPressed, ChatJoined, CommandInvoked
from bot.model import Actor, Card, ChatRef, MessageRef
from bot.ports import Answer, Traffic

log = structlog.get_logger()

_T = TypeVar("_T")

ATTEMPTS = 4
# A toast is gone in a moment; more words than this are shown until they are closed.
ALERT_FROM = 100


class Answers:
    """One `deliver` an event."""

    def __init__(self, calls: Calls, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._calls = calls
        self._sleep = sleep

    async def deliver(self, heard: Heard, answer: Answer | None, tasks: asyncio.TaskGroup) -> ChatRef | None:
        """Returns where it was sent as a new message. Long work (`Answer.follow_up`) ends in a task of its own.

        Never raises: an answer that can't be delivered is logged and lost, as the member can ask again.
        """
        return await self._logged(heard, answer, self._deliver(heard, answer, tasks))

    async def _logged(self, heard: Heard, answer: Answer | None, delivery: Awaitable[_T]) -> _T | None:
        try:
            return await delivery
        except DeliveryError as error:
            log.info("an answer could not be delivered", **_whose(heard, answer), reason=str(error))
        except Exception:  # one bad answer must not stop the updates
            log.exception("an answer failed", event_kind=type(heard.event).__name__)
        return None

    async def _deliver(self, heard: Heard, answer: Answer | None, tasks: asyncio.TaskGroup) -> ChatRef | None:
        whispered = heard.callback is not None and await self._answered_press(heard.callback, answer)
        if answer is None:
            return None
        place = _place(heard, answer)
        pressed = shown = _pressed(heard) if answer.replaces else None
        if answer.card is not None and not whispered:
            shown = await self._show(heard, place, answer.card, in_place_of=pressed)
        if answer.follow_up is not None:
            tasks.create_task(self._logged(heard, answer, self._follow_up(heard, place, answer.follow_up, shown)))
        return place if shown is not None and shown is not pressed else None

    async def _follow_up(
        self, heard: Heard, place: ChatRef | None, work: Callable[[], Awaitable[Card]], shown: MessageRef | None
    ) -> None:
        await self._show(heard, place, await work(), in_place_of=shown)

    async def _answered_press(self, callback: str, answer: Answer | None) -> bool:
        """Stop the button's spinning, with the answer if only its presser may see it. True when that said it all."""
        card = answer.card if answer is not None and answer.private and not answer.replaces else None
        words = toast(card) if card is not None else ""
        await self._calls.toast(callback, words or None, alert=len(words) > ALERT_FROM)
        return card is not None and says_all(card)

    async def _show(
        self, heard: Heard, place: ChatRef | None, card: Card, *, in_place_of: MessageRef | None
    ) -> MessageRef | None:
        message = render(card)
        if in_place_of is not None:
            old = in_place_of
            try:
                await self._patiently(lambda: self._calls.edit(old, message, Traffic.ANSWER))
                return old
            except CardRejected:
                pass  # it was deleted meanwhile: say it anew
        if place is None:
            return None
        reply_to = None if is_person(place) else heard.message  # in a private chat it is clear who is answered
        return await self._patiently(lambda: self._calls.send(place, message, Traffic.ANSWER, reply_to=reply_to))

    async def _patiently(self, action: Callable[[], Awaitable[_T]]) -> _T:
        """Try again what surely had no effect."""
        for attempt in range(1, ATTEMPTS):
            try:
                return await action()
            except Throttled:
                continue  # the Pace holds the next attempt back
            except PlatformDown:
                await self._sleep(float(attempt))
        return await action()


def _pressed(heard: Heard) -> MessageRef | None:
    return heard.event.message if isinstance(heard.event, ButtonPressed) else None


def _whose(heard: Heard, answer: Answer | None) -> dict[str, str]:
    """Whose answer it is and where it goes, by ids alone."""
    actor = getattr(heard.event, "actor", None)
    place = _place(heard, answer) if answer is not None else None
    return {
        "event_kind": type(heard.event).__name__,
        "chat": place.id if place is not None else "",
        "person": actor.id if actor is not None else "",
    }


def _place(heard: Heard, answer: Answer) -> ChatRef | None:
    """Where a message goes: what only the presser of a button, or who brought us into a channel, may see, into their
    chat with us (if they have one)."""
    private = answer.private and not answer.replaces
    match heard.event:
        case ButtonPressed(message=message, actor=actor):
            return ChatRef(message.chat.platform, actor.id[1:]) if private else message.chat
        case ChatJoined(chat=chat, actor=Actor(id=person)) if private:
            return ChatRef(chat.platform, person[1:])
        case CommandInvoked(chat=chat) | ChatJoined(chat=chat):
            return chat
    return None
