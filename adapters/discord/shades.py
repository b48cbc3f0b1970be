"""Keeps a vote standing when somebody takes down one of several reactions that are the same emoji to us.

On Discord a person can have 👍, 👍🏽 and a super 👍 on one message, and takes each down alone. A fact is the emoji in
normal form, so only the last of them may withdraw it. Which ones stand is remembered for the rare forms (after a
restart a plain one that is taken down counts as the last); whether the plain one stands is asked of Discord. While
nothing is known the vote stands: a re-read can still withdraw it, but not bring back its place among the others.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from adapters.discord.inbound import Heard, Shade
from adapters.discord.patience import Sleep, backoff
from bot.errors import DeliveryError, PlatformDown, Throttled
from bot.events import Added, Cleared, ReactionsChanged, Removed
from bot.model import MessageRef

log = structlog.get_logger()

MOST = 4096
"""Messages whose rare reactions are remembered."""

TRIES = 8
"""Over some two minutes, until a question that finds no answer is given up."""

StandsYet: TypeAlias = Callable[[MessageRef, str, str], Awaitable[bool]]
"""Whether this user has the ordinary reaction with this emoji on the message. Raises DeliveryError."""

_Vote: TypeAlias = tuple[MessageRef, str, str]
"""The message, the voter's id and the emoji in normal form."""


class Shades:
    """Which rare forms of reactions stand, as far as we saw them set."""

    def __init__(self, stands_yet: StandsYet, sleep: Sleep) -> None:
        self._stands_yet = stands_yet
        self._sleep = sleep
        self._standing: OrderedDict[MessageRef, set[tuple[str, str, Shade]]] = OrderedDict()
        self._doubted: dict[_Vote, list[Heard]] = {}
        """What was taken down and hasn't been set again since, while it isn't known whether the vote stands."""

    def note(self, heard: Heard) -> None:
        """Remember what was heard; in the order of the events."""
        change = heard.event
        if not isinstance(change, ReactionsChanged):
            return
        match change.change:
            case Cleared(emoji=None):
                self._standing.pop(change.message, None)
            case Cleared(emoji=emoji):
                here = self._standing.get(change.message, set())
                here -= {one for one in here if one[1] == emoji}
            case Added(emoji=emoji):
                self._doubted.pop((change.message, _voter(change), emoji), None)
                self._remember(heard, change, emoji)
            case Removed(emoji=emoji) if heard.shade is not None:
                self._standing.get(change.message, set()).discard((_voter(change), emoji, heard.shade))
                if not heard.shade.plain:
                    self._doubted.setdefault((change.message, _voter(change), emoji), []).append(heard)

    def _remember(self, heard: Heard, change: ReactionsChanged, emoji: str) -> None:
        if heard.shade is None or heard.shade.plain:
            return
        self._standing.setdefault(change.message, set()).add((_voter(change), emoji, heard.shade))
        self._standing.move_to_end(change.message)
        if len(self._standing) > MOST:
            self._standing.popitem(last=False)

    async def withdraws(self, heard: Heard) -> bool:
        """Whether the reaction taken down was the last of its emoji; True for everything else. After `note`."""
        change = heard.event
        if not isinstance(change, ReactionsChanged) or not isinstance(change.change, Removed) or heard.shade is None:
            return True
        vote = (change.message, _voter(change), change.change.emoji)
        try:
            if any((change.message, *one[:2]) == vote for one in self._standing.get(change.message, ())):
                return False
            if heard.shade.plain:
                return True
            plain = vote[2] if vote[2].startswith("custom:") else heard.shade.base
            return not await self._stands(heard, vote, plain)
        finally:
            self._settle(heard, vote)

    async def _stands(self, heard: Heard, vote: _Vote, plain: str) -> bool:
        """Asked of Discord, whose answer is worth nothing once the emoji was set again."""
        message, voter, _ = vote
        for failures in range(1, TRIES + 1):
            try:
                stands = await self._stands_yet(message, plain, voter)
            except (PlatformDown, Throttled) as error:
                await self._sleep(error.retry_after if isinstance(error, Throttled) else backoff(failures))
            except DeliveryError as error:
                log.info("could not ask for a reaction", reason=str(error))
                return True
            else:
                return stands or not self._doubts(heard, vote)
            if not self._doubts(heard, vote):
                break
        return True

    def _doubts(self, heard: Heard, vote: _Vote) -> bool:
        return any(one is heard for one in self._doubted.get(vote, ()))

    def _settle(self, heard: Heard, vote: _Vote) -> None:
        rest = [one for one in self._doubted.pop(vote, ()) if one is not heard]
        if rest:
            self._doubted[vote] = rest


def _voter(change: ReactionsChanged) -> str:
    return change.voter.id if change.voter is not None else ""
