"""Delivers what the core says to an interaction: within three seconds, by the interaction's own token, in its own task.

Answers to interactions cost nothing of a bot's budget (topics/rate-limits), so that they don't wait at the Pace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import structlog
from discord.http import Route

from adapters.discord.errors import FAILURES, UNKNOWN_INTERACTION, code_of
from adapters.discord.inbound import Ask, Heard, Interaction
from adapters.discord.patience import Sleep
from adapters.discord.render import EPHEMERAL, render
from bot.errors import StorageError
from bot.model import Card, Line, LineKind, Phrase, Span
from bot.ports import Answer, Dispatch, Document, Translators

log = structlog.get_logger()

DEFER_AFTER = 1.9
"""Discord forgets an interaction that nobody has answered after three seconds."""

MAX_CHOICES = 25
MAX_CHOICE = 100

FAILED = Phrase("Something went wrong. Please try again.")

# interactions/receiving-and-responding.mdx, interaction callback type
_MESSAGE, _DEFERRED_MESSAGE, _DEFERRED_UPDATE, _UPDATE, _CHOICES = 4, 5, 6, 7, 8

Request: TypeAlias = Callable[[Route, Any, Document | None], Awaitable[Any]]
"""Sends a body to a route, with the file that belongs to it."""


class Answers:
    """One `attend` an interaction."""

    def __init__(self, request: Request, sleep: Sleep, translators: Translators) -> None:
        self._request = request
        self._sleep = sleep
        self._translators = translators

    async def attend(self, heard: Heard, dispatch: Dispatch) -> None:
        """Never raises: an answer that can't be delivered is logged and lost, as the member can ask again."""
        interaction = heard.interaction
        assert interaction is not None, "only interactions are answered"
        try:
            await self._attend(heard, interaction, dispatch)
        except FAILURES as error:
            late = code_of(error) == UNKNOWN_INTERACTION
            log.info("an answer could not be delivered", late=late, code=code_of(error), error=type(error).__name__)
        except Exception:  # one bad answer must not stop the others
            log.exception("an answer failed", event_kind=type(heard.event).__name__)

    async def _attend(self, heard: Heard, interaction: Interaction, dispatch: Dispatch) -> None:
        thinking = asyncio.ensure_future(self._think(heard, interaction, dispatch))
        patience = asyncio.ensure_future(self._sleep(DEFER_AFTER))
        try:
            await asyncio.wait({thinking, patience}, return_when=asyncio.FIRST_COMPLETED)
            deferred = not thinking.done() and interaction.ask is not Ask.CHOICES
            if deferred:
                await self._defer(interaction)
            answer = await thinking
        finally:
            patience.cancel()
            thinking.cancel()
        if interaction.ask is Ask.CHOICES:
            await self._suggest(interaction, answer)
            return
        if not deferred and answer.card is None and answer.follow_up is not None:
            await self._defer(interaction)
            deferred = True
        shown = await (self._show_late if deferred else self._show)(interaction, answer)
        if answer.follow_up is not None:
            card = await answer.follow_up()
            if shown is None:
                await self._show_late(interaction, Answer(card=card, private=answer.private, replaces=answer.replaces))
            else:
                await self._redraw(interaction, shown, card)

    async def _think(self, heard: Heard, interaction: Interaction, dispatch: Dispatch) -> Answer:
        """The core's answer; where there must be one and it has none, a word that something went wrong."""
        try:
            answer = await dispatch(heard.event)
        except StorageError as error:
            log.warning("an interaction could not be stored", reason=str(error))
            return self._sorry(interaction)
        except Exception:
            log.exception("an interaction failed", event_kind=type(heard.event).__name__)
            return self._sorry(interaction)
        if answer is not None:
            return answer
        return self._sorry(interaction) if interaction.ask is Ask.COMMAND else Answer()

    def _sorry(self, interaction: Interaction) -> Answer:
        t = self._translators(self._translators.supported(interaction.locale) or "en")
        return Answer(card=Card(t.language, (Line(LineKind.TEXT, (Span(t.phrase(FAILED)),)),)), private=True)

    # --- in time ---

    async def _show(self, interaction: Interaction, answer: Answer) -> str | None:
        """Returns the id under which the card shown can be redrawn."""
        if answer.card is None:
            await self._callback(interaction, _DEFERRED_UPDATE)
            return None
        replaces = answer.replaces and interaction.ask is Ask.PRESS and _may_replace(interaction, answer)
        secret = answer.private or answer.instead is not None
        body = _body(answer, ephemeral=secret and not replaces)
        await self._callback(interaction, _UPDATE if replaces else _MESSAGE, body, answer.document)
        return "@original"

    async def _suggest(self, interaction: Interaction, answer: Answer) -> None:
        choices = [
            {"name": str(choice.label)[:MAX_CHOICE] or choice.value, "value": choice.value}
            for choice in answer.choices
            if 1 <= len(choice.value) <= MAX_CHOICE
        ]
        await self._callback(interaction, _CHOICES, {"choices": choices[:MAX_CHOICES]})

    # --- later ---

    async def _defer(self, interaction: Interaction) -> None:
        """A late answer to a command is seen by who asked alone: whether it is private must be said now."""
        if interaction.ask is Ask.PRESS:
            await self._callback(interaction, _DEFERRED_UPDATE)
        else:
            await self._callback(interaction, _DEFERRED_MESSAGE, {"flags": EPHEMERAL})

    async def _show_late(self, interaction: Interaction, answer: Answer) -> str | None:
        if answer.card is None:
            return None
        if interaction.ask is Ask.COMMAND or (answer.replaces and _may_replace(interaction, answer)):
            await self._redraw(interaction, "@original", answer.card, answer.document)
            return "@original"
        route = Route(
            "POST",
            "/webhooks/{webhook_id}/{webhook_token}",
            webhook_id=interaction.application,
            webhook_token=interaction.token,
        )
        shown = await self._request(route, _body(answer, ephemeral=True), answer.document)
        return str(int(shown["id"]))

    async def _redraw(
        self, interaction: Interaction, message: str, card: Card, document: Document | None = None
    ) -> None:
        route = Route(
            "PATCH",
            # In the path itself, because the library would quote the @ of @original.
            "/webhooks/{webhook_id}/{webhook_token}/messages/" + message,
            webhook_id=interaction.application,
            webhook_token=interaction.token,
        )
        await self._request(route, _body(Answer(card, document=document)), document)

    async def _callback(
        self, interaction: Interaction, kind: int, data: Any = None, document: Document | None = None
    ) -> None:
        route = Route(
            "POST",
            "/interactions/{webhook_id}/{webhook_token}/callback",
            webhook_id=interaction.id,
            webhook_token=interaction.token,
        )
        await self._request(route, {"type": kind} if data is None else {"type": kind, "data": data}, document)


def _body(answer: Answer, *, ephemeral: bool = False) -> dict[str, Any]:
    assert answer.card is not None
    file = None if answer.document is None else answer.document.name
    return render(answer.card).payload(ephemeral=ephemeral, file=file)


def _may_replace(interaction: Interaction, answer: Answer) -> bool:
    """What only who asked may see takes no message's place that others see, too."""
    return answer.instead is None or interaction.alone
