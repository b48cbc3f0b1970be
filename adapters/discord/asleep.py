"""What posts in sleeping threads should show once somebody wakes these: nobody reads there, and to wake a thread for
each vote would keep it in everyone's list. Forgotten with the process; the last edit shows what stands all the same."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from bot.model import ButtonRole, Card, MessageRef

MOST = 2_000


def is_open(card: Card) -> bool:
    """Whether it can be voted on, so that it isn't the last that the post shows."""
    return any(button.role in (ButtonRole.BULLISH, ButtonRole.BEARISH) for row in card.buttons for button in row)


class Asleep:
    """The newest card of each post."""

    def __init__(self) -> None:
        self._cards: OrderedDict[MessageRef, tuple[Card, datetime | None]] = OrderedDict()

    def keep(self, message: MessageRef, card: Card, posted_at: datetime | None) -> None:
        """It can't be shown now."""
        self._cards[message] = card, posted_at
        self._cards.move_to_end(message)
        if len(self._cards) > MOST:
            self._cards.popitem(last=False)

    def forget(self, message: MessageRef) -> None:
        """Something newer is about to be shown."""
        self._cards.pop(message, None)

    def woken(self, thread: str) -> list[tuple[MessageRef, Card, datetime | None]]:
        """What is to be shown now in this thread, where and when it was posted; it is kept no longer."""
        found = [(message, *kept) for message, kept in self._cards.items() if message.chat.id == thread]
        for message, *_ in found:
            del self._cards[message]
        return found
