"""How people vote in a chat, in sentences; `/status` and `/help` say it alike."""

from __future__ import annotations

from collections.abc import Iterator

from bot.card.answer import item
from bot.commands.request import Request
from bot.model import Line
from bot.ports import Capabilities


def ways_to_vote(request: Request, capabilities: Capabilities) -> Iterator[Line]:
    """What counts as a vote here, and for how long."""
    t = request.t
    if capabilities.buttons:
        yield item(t("Press a button under a story: each person has one vote, the same button takes it back."))
    if capabilities.reactions:
        bullish, bearish = (
            " ".join(emoji for emoji in side if capabilities.emoji is None or emoji in capabilities.emoji)
            for side in (request.adapter.ballot.bullish, request.adapter.ballot.bearish)
        )
        if bullish or bearish:
            yield item(
                t(
                    "Or react to a story. Bullish: {bullish}. Bearish: {bearish}.",
                    bullish=bullish or "–",
                    bearish=bearish or "–",
                )
            )
    elif capabilities.totals:
        yield item(t("Reactions here are anonymous: they are shown, but they are no votes."))
    days = request.services.open_days
    yield item(t.plural("Each story can be voted on for {n} day.", "Each story can be voted on for {n} days.", days))
