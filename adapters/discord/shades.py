"""Keeps a vote standing when somebody takes down one of several reactions that are the same emoji to us.

On Discord a person can have 👍, 👍🏽 and a super 👍 on one message, and takes each down alone. A fact is the emoji in
normal form, so only the last of them may withdraw it. Which ones stand is remembered for the rare forms (after a
restart a plain one that is taken down counts as the last); whether the plain one stands is asked of Discord.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from adapters.discord.inbound import Heard, Shade
from bot.events import Added, Cleared, ReactionsChanged, Removed
from bot.model import MessageRef

MOST = 4096
"""Messages whose rare reactions are remembered."""

StandsYet: TypeAlias = Callable[[MessageRef, str, str], Awaitable[bool]]
"""Whether this user has the ordinary reaction with this emoji on the message."""


class Shades:
    """Which rare forms of reactions stand, as far as we saw them set."""

    def __init__(self, stands_yet: StandsYet) -> None:
        self._stands_yet = stands_yet
        self._standing: OrderedDict[MessageRef, set[tuple[str, str, Shade]]] = OrderedDict()

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
            case Added(emoji=emoji) if heard.shade is not None and not heard.shade.plain:
                self._standing.setdefault(change.message, set()).add((_voter(change), emoji, heard.shade))
                self._standing.move_to_end(change.message)
                if len(self._standing) > MOST:
                    self._standing.popitem(last=False)
            case Removed(emoji=emoji) if heard.shade is not None:
                self._standing.get(change.message, set()).discard((_voter(change), emoji, heard.shade))

    async def withdraws(self, heard: Heard) -> bool:
        """Whether the reaction taken down was the last of its emoji; True for everything else. After `note`."""
        change = heard.event
        if not isinstance(change, ReactionsChanged) or not isinstance(change.change, Removed) or heard.shade is None:
            return True
        voter, emoji = _voter(change), change.change.emoji
        if any(one[:2] == (voter, emoji) for one in self._standing.get(change.message, ())):
            return False
        if heard.shade.plain:
            return True
        plain = emoji if emoji.startswith("custom:") else heard.shade.base
        return not await self._stands_yet(change.message, plain, voter)


def _voter(change: ReactionsChanged) -> str:
    return change.voter.id if change.voter is not None else ""
