"""Tells the operator's log what keeps us from Telegram: once, and again only when it is something else."""

from __future__ import annotations

import structlog
from telegram.error import Conflict, RetryAfter, TelegramError

from adapters.telegram.request import Unconnected

log = structlog.get_logger()


class Outage:
    """One connection's."""

    def __init__(self) -> None:
        self._told = ""

    def goes_on(self, error: TelegramError) -> None:
        """Telegram was asked in vain and will be asked again."""
        words = _words(error)
        if words != self._told:
            log.warning(words, reason=error.message)
        self._told = words

    def is_over(self) -> None:
        """The next one is told anew."""
        self._told = ""


def _words(error: TelegramError) -> str:
    match error:
        case Unconnected():
            return "no network: Telegram could not be reached; trying again"
        case Conflict():
            return "another program is using this bot's token; trying again"
        case RetryAfter():
            return "Telegram asks us to wait; trying again"
    return "Telegram could not be reached; trying again"
