"""Requests to Telegram: each waits for its turn, and each failure becomes one of our errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from telegram import InputFile
from telegram.error import RetryAfter, TelegramError

from adapters.telegram.errors import (
    UNCERTAIN,
    Attempt,
    delivery_error,
    may_be_the_looks,
    no_topic,
    seconds,
    unchanged,
)
from adapters.telegram.limits import TOKEN, asking, shut, writing
from adapters.telegram.redrawn import Redrawn
from adapters.telegram.render import Rendered
from adapters.telegram.request import Leaving, Wire
from bot.errors import CardRejected, ChatGone, Unconfirmed
from bot.model import ChatRef, MessageRef
from bot.ports import Departure, Document, Limit, Pace, Traffic
from bot.text import shortened

log = structlog.get_logger()

# A forum's General topic has this id and must be written to without one (Client.cpp, check_message_topic).
_GENERAL = "1"

MAX_CAPTION = 1024
"""In UTF-16 units."""

AT_THE_SAME_TIME = 1.0
"""Seconds. The Pace keeps each chat within its limits, so that two are hardly ever refused for their own sake so soon
after each other."""


class Calls:
    """What is said to chats and asked of them. Every method raises DeliveryError.

    A public chat may be named ``@name``. Updates call it by its number alone, so that its posts, and the limits that
    they meet, go by the number as soon as Telegram has said it; what is asked for is still the name.
    """

    def __init__(self, wire: Wire, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._wire = wire
        self._pace = pace
        self._redrawn = Redrawn(clock)
        self._numbers: dict[str, str] = {}
        self._diverted: set[ChatRef] = set()
        self._refused: dict[str, float] = {}
        """Chats about which a request was answered with 429 of late, and when."""

    async def send(
        self,
        chat: ChatRef,
        message: Rendered,
        kind: Traffic,
        *,
        reply_to: int | None = None,
        departure: Departure | None = None,
    ) -> MessageRef:
        """Send it, if need be without what Telegram refuses of its looks, or to General where its topic is closed or
        deleted: a story must not be lost for its picture or its place."""
        reply = {"message_id": reply_to, "allow_sending_without_reply": True} if reply_to else None
        thread = int(chat.topic) if chat.topic and chat.topic != _GENERAL else None
        place = {"message_thread_id": thread, "reply_parameters": reply}
        sent = await self._with_fallbacks(
            "sendMessage", chat, message, kind, place, repeatable=False, departure=departure
        )
        try:
            if thread is not None and sent.get("message_thread_id") == thread:
                self._diverted.discard(chat)
            number = str(int(sent["chat"]["id"]))
            if number != chat.id:
                self._numbers[chat.id] = number
            return MessageRef(ChatRef(chat.platform, number, chat.topic), str(int(sent["message_id"])))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Unconfirmed(UNCERTAIN) from error

    async def send_document(self, chat: ChatRef, document: Document, message: Rendered, kind: Traffic) -> MessageRef:
        """Send a file with the message's words, as far as there is room for them below it."""
        content = {
            "document": InputFile(document.content.encode(), filename=document.name),
            "caption": shortened(message.text, MAX_CAPTION) or None,
        }
        try:
            sent = await self._call("sendDocument", chat, kind, writing(chat, kind), content)
        except TelegramError as error:
            raise delivery_error(error, Attempt(chat, repeatable=False)) from error
        try:
            return MessageRef(chat, str(int(sent["message_id"])))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Unconfirmed(UNCERTAIN) from error

    def is_diverted(self, chat: ChatRef) -> bool:
        """Whether the last message for this topic had to go to General."""
        return chat in self._diverted

    async def edit(self, ref: MessageRef, message: Rendered, kind: Traffic) -> None:
        """Redraw it; one that looks so already is success.

        That it can't be reached any more says nothing of the chat: the message may be from before its move, under an
        id that is gone. Whether we are still in the chat, my_chat_member and the next message tell.
        """
        again = ref in self._redrawn
        try:
            await self._with_fallbacks(
                "editMessageText", ref.chat, message, kind, {"message_id": int(ref.id)}, repeatable=True, again=again
            )
        except ChatGone as error:
            raise CardRejected(error.phrase) from error
        self._redrawn.note(ref)

    async def ask(self, endpoint: str, chat: ChatRef, kind: Traffic = Traffic.ANSWER, **parameters: Any) -> Any:
        """A question about a chat, answered as raw JSON."""
        try:
            return await self._call(endpoint, chat, kind, asking(), parameters)
        except TelegramError as error:
            raise delivery_error(error, Attempt(chat, repeatable=True)) from error

    async def toast(self, callback: str, text: str | None, *, alert: bool) -> None:
        """Answer a button press: the button stops spinning, and the text is shown to who pressed. Costs no budget."""
        try:
            await self._wire.ask("answerCallbackQuery", callback_query_id=callback, text=text, show_alert=alert or None)
        except TelegramError as error:
            # Too late, mostly: after some 15 seconds Telegram has forgotten the press.
            log.info("a button press could not be answered", reason=error.message)

    async def account(self, endpoint: str, **parameters: Any) -> Any:
        """A request about ourselves. Raises TelegramError."""
        await self._pace.turn(Traffic.EDIT, (TOKEN,))
        return await self._wire.ask(endpoint, **parameters)

    async def _with_fallbacks(
        self,
        endpoint: str,
        chat: ChatRef,
        message: Rendered,
        kind: Traffic,
        place: dict[str, Any],
        *,
        repeatable: bool,
        again: bool = False,
        departure: Departure | None = None,
    ) -> Any:
        leaving = None if departure is None else departure.leaving
        versions = [message, *message.fallbacks()]
        while True:
            version = versions[0]
            try:
                limits = writing(self._numbered(chat), kind, again=again)
                return await self._call(endpoint, chat, kind, limits, {**place, **_content(version)}, leaving)
            except TelegramError as error:
                if repeatable and unchanged(error):
                    return None
                if place.get("message_thread_id") and no_topic(error):
                    place["message_thread_id"] = None
                    self._diverted.add(chat)
                    log.warning("a topic is closed or deleted, writing to General", chat=chat.id, topic=chat.topic)
                else:
                    failure = delivery_error(error, Attempt(chat, repeatable))
                    if not (versions[1:] and isinstance(failure, CardRejected) and may_be_the_looks(error)):
                        raise failure from error
                    log.warning("Telegram refuses a message, trying a plainer one", chat=chat.id, reason=error.message)
                    del versions[0]
            if departure is not None:
                await departure.refused()

    def _numbered(self, chat: ChatRef) -> ChatRef:
        return ChatRef(chat.platform, self._numbers.get(chat.id, chat.id), chat.topic)

    async def _call(
        self,
        endpoint: str,
        chat: ChatRef,
        kind: Traffic,
        limits: tuple[Limit, ...],
        parameters: dict[str, Any],
        leaving: Leaving | None = None,
    ) -> Any:
        turn = await self._pace.turn(kind, limits)

        async def left() -> None:
            if leaving is not None:
                await leaving()
            turn.used()

        try:
            return await self._wire.ask(endpoint, left, chat_id=_chat_id(chat), **parameters)
        except RetryAfter as error:
            for name in shut(self._numbered(chat), limits, others=self._others_are_refused(chat)):
                self._pace.penalise(name, seconds(error))
            raise

    def _others_are_refused(self, chat: ChatRef) -> bool:
        now = asyncio.get_running_loop().time()
        self._refused = {other: at for other, at in self._refused.items() if now - at < AT_THE_SAME_TIME}
        self._refused[self._numbered(chat).id] = now
        return len(self._refused) > 1


def _content(message: Rendered) -> dict[str, Any]:
    return {
        "text": message.text,
        "entities": message.entities or None,
        "link_preview_options": message.preview,
        "reply_markup": message.keyboard,
    }


def _chat_id(chat: ChatRef) -> int | str:
    """A number, or the @name of a public chat that the operator's file may give."""
    try:
        return int(chat.id)
    except ValueError:
        return chat.id
