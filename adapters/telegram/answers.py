"""Delivers what the core says to an event: as a toast over the button, in place of the menu, or as a message.

What goes into a chat waits in a line there, for the Pace lets only so much through; what was asked is carried out long
before. Of a line that grows too long, what has become pointless is left out.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import structlog

from adapters.telegram.calls import Calls
from adapters.telegram.inbound import Heard
from adapters.telegram.limits import is_person
from adapters.telegram.questions import Wish, question, wish_of
from adapters.telegram.render import render, says_all, toast
from bot.errors import CardRejected, ChatGone, DeliveryError, PlatformDown, Throttled
from bot.events import ButtonPressed, ChatJoined, CommandInvoked
from bot.model import Actor, Card, ChatRef, MessageRef
from bot.ports import Answer, Document, Traffic

log = structlog.get_logger()

_T = TypeVar("_T")

ATTEMPTS = 4
# A toast is gone in a moment; more words than this are shown until they are closed.
ALERT_FROM = 100
MOST_WAITING = 24
"""Answers in a chat: what a group lets through in two minutes. Longer than that nobody looks for one."""


@dataclass(slots=True, eq=False)
class _Saying:
    """A card on its way into a chat."""

    heard: Heard
    place: ChatRef | None
    """Where it becomes a message; None: only ``in_place_of`` another."""
    card: Card
    in_place_of: MessageRef | None
    kind: Traffic = Traffic.ANSWER
    document: Document | None = None
    unwelcome: bool = False
    """There is no chat in which it could be said."""
    shown: asyncio.Future[MessageRef | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """The message that shows it; None when none does."""

    @property
    def chat_id(self) -> str:
        place = self.place or (self.in_place_of and self.in_place_of.chat)
        return place.id if place else ""

    @property
    def wish(self) -> Wish | None:
        """What was wished for, if anything was."""
        asked = question(self.heard.event)
        return wish_of(asked) if asked is not None else None

    @property
    def person(self) -> str:
        actor = getattr(self.heard.event, "actor", None)
        return actor.id if actor is not None else ""

    def outdates(self, earlier: _Saying) -> bool:
        """Whether nobody needs the earlier one any more: the same menu is drawn anew, or the same wish answered."""
        if self.in_place_of is not None or earlier.in_place_of is not None:
            return self.in_place_of == earlier.in_place_of
        return self.wish is not None and self.wish == earlier.wish

    def end(self, shown: MessageRef | None) -> None:
        if not self.shown.done():
            self.shown.set_result(shown)


class Answers:
    """One `deliver` an event."""

    def __init__(self, calls: Calls, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._calls = calls
        self._sleep = sleep
        self._lines: dict[str, deque[_Saying]] = {}

    async def deliver(self, heard: Heard, answer: Answer | None, tasks: asyncio.TaskGroup) -> ChatRef | None:
        """Returns where it was sent as a new message, when all is said. Long work (`Answer.follow_up`) begins at once.

        Never raises: an answer that can't be delivered is logged and lost, as the member can ask again.
        """
        try:
            return await self._deliver(heard, _for_one_alone(heard, answer), tasks)
        except Exception:  # one bad answer must not stop the updates
            log.exception("an answer failed", event_kind=type(heard.event).__name__)
            return None

    async def warn(self, heard: Heard, card: Card) -> None:
        """Say at once, past the line, that it is too much: at its end nobody would know any more what that is about.
        It comes out of the news' share of a group's minute, as the answers' is used up. Never raises."""
        answer = Answer(card, private=True)
        if heard.callback is not None:
            await self._stop_spinning(heard.callback, answer)
        else:
            await self._said(_Saying(heard, _place(heard, answer), card, None, Traffic.POST))

    async def _deliver(self, heard: Heard, answer: Answer | None, tasks: asyncio.TaskGroup) -> ChatRef | None:
        first = None
        if answer is not None and answer.card is not None and not (heard.callback and _is_whispered(answer)):
            pressed = _pressed(heard) if answer.replaces else None
            saying = _Saying(heard, _place(heard, answer), answer.card, pressed, document=answer.document)
            first = self._put(saying, tasks)
        if heard.callback is None:
            return await self._finish(heard, answer, first, tasks)
        place, _ = await asyncio.gather(
            self._finish(heard, answer, first, tasks), self._stop_spinning(heard.callback, answer)
        )
        return place

    async def _finish(
        self, heard: Heard, answer: Answer | None, saying: _Saying | None, tasks: asyncio.TaskGroup
    ) -> ChatRef | None:
        if answer is not None and answer.follow_up is not None:
            saying = await self._follow_up(heard, answer, answer.follow_up, saying, tasks)
        shown = await saying.shown if saying is not None else None
        if saying is not None and saying.unwelcome and answer is not None and answer.instead is not None:
            saying = self._put(_Saying(heard, _whence(heard), answer.instead, None), tasks)
            shown = await saying.shown
        return saying.place if saying is not None and shown is not None and shown != saying.in_place_of else None

    async def _follow_up(
        self,
        heard: Heard,
        answer: Answer,
        work: Callable[[], Awaitable[Card]],
        first: _Saying | None,
        tasks: asyncio.TaskGroup,
    ) -> _Saying:
        card = await work()
        if first is not None and first in self._lines.get(first.chat_id, ()):
            first.card = card  # the first words have not been said yet, and now needn't be
            return first
        shown = await first.shown if first is not None else None
        place = _pressed(heard) if answer.replaces else None
        return self._put(_Saying(heard, _place(heard, answer), card, shown or place), tasks)

    async def _stop_spinning(self, callback: str, answer: Answer | None) -> None:
        """With the answer, if only its presser may see it."""
        card = answer.card if answer is not None and _is_private(answer) else None
        words = toast(card) if card is not None else ""
        await self._calls.toast(callback, words or None, alert=len(words) > ALERT_FROM)

    # --- a chat's line -------------------------------------------------------------------------------------------

    def _put(self, saying: _Saying, tasks: asyncio.TaskGroup) -> _Saying:
        line = self._lines.get(saying.chat_id)
        if line is None:
            line = self._lines[saying.chat_id] = deque()
            tasks.create_task(self._work(saying.chat_id, line))
        pointless = [earlier for earlier in line if saying.outdates(earlier)]
        line.append(saying)
        if len(line) - len(pointless) > MOST_WAITING:
            pointless.append(_least_missed(line))
            log.debug("too many answers in a chat, the oldest of a person is left out", chat=saying.chat_id)
        for earlier in pointless:
            line.remove(earlier)
            earlier.end(None)
        return saying

    async def _work(self, chat_id: str, line: deque[_Saying]) -> None:
        try:
            while line:
                saying = line.popleft()
                saying.end(await self._said(saying))
        finally:
            del self._lines[chat_id]

    async def _said(self, saying: _Saying) -> MessageRef | None:
        try:
            return await self._show(saying)
        except DeliveryError as error:
            saying.unwelcome = isinstance(error, ChatGone | CardRejected)
            log.info(
                "an answer could not be delivered",
                event_kind=type(saying.heard.event).__name__,
                chat=saying.chat_id,
                person=saying.person,
                reason=str(error),
            )
        except Exception:  # one bad answer must not stop the others
            log.exception("an answer failed", event_kind=type(saying.heard.event).__name__)
        return None

    async def _show(self, saying: _Saying) -> MessageRef | None:
        message = render(saying.card)
        if saying.in_place_of is not None:
            old = saying.in_place_of
            try:
                await self._patiently(lambda: self._calls.edit(old, message, saying.kind))
                return old
            except CardRejected:
                pass  # it was deleted meanwhile: say it anew
        if saying.place is None:
            saying.unwelcome = True
            return None
        place = saying.place
        if (document := saying.document) is not None:
            return await self._patiently(lambda: self._calls.send_document(place, document, message, saying.kind))
        # In private it is clear who is answered, and a command given elsewhere is no message of that chat.
        reply_to = None if is_person(place) else saying.heard.message
        return await self._patiently(lambda: self._calls.send(place, message, saying.kind, reply_to=reply_to))

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


def _least_missed(line: deque[_Saying]) -> _Saying:
    """The oldest answer of whoever waits for the most."""
    waiting = Counter(saying.person for saying in line)
    most = max(waiting.values())
    return next(saying for saying in line if waiting[saying.person] == most)


def _is_private(answer: Answer) -> bool:
    return answer.private and not answer.replaces


def _is_whispered(answer: Answer) -> bool:
    """Whether a toast says all of it, to its presser alone."""
    return _is_private(answer) and answer.document is None and answer.card is not None and says_all(answer.card)


def _for_one_alone(heard: Heard, answer: Answer | None) -> Answer | None:
    """What only who asked may see takes no message's place that others see, too: a press may be forged."""
    pressed = _pressed(heard)
    if answer is None or answer.instead is None or pressed is None or is_person(pressed.chat):
        return answer
    return replace(answer, private=True, replaces=False)


def _pressed(heard: Heard) -> MessageRef | None:
    return heard.event.message if isinstance(heard.event, ButtonPressed) else None


def _whence(heard: Heard) -> ChatRef | None:
    """The chat of a command."""
    return heard.event.chat if isinstance(heard.event, CommandInvoked) else None


def _place(heard: Heard, answer: Answer) -> ChatRef | None:
    """Where a message goes: what only the presser of a button, or who brought us into a channel, may see, into their
    chat with us (if they have one)."""
    private = _is_private(answer)
    match heard.event:
        case CommandInvoked(chat=chat, actor=actor) if answer.instead is not None and not is_person(chat):
            # An anonymous admin or a channel is nobody's private chat.
            return ChatRef(chat.platform, actor.id[1:]) if actor.id.startswith("u") else None
        case ButtonPressed(message=message, actor=actor):
            return ChatRef(message.chat.platform, actor.id[1:]) if private else message.chat
        case ChatJoined(chat=chat, actor=Actor(id=person)) if private:
            return ChatRef(chat.platform, person[1:])
        case CommandInvoked(chat=chat) | ChatJoined(chat=chat):
            return chat
    return None
