"""One person's use of the app: what was sent to the bot, and what that person then saw.

Clocks: an interaction must be answered within three seconds and its token works for fifteen minutes (Receiving and
Responding: Interaction Callback).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .state import EPHEMERAL, LOADING, Channel, Json, Message, User

ANSWER_SECONDS, TOKEN_SECONDS = 3.0, 15 * 60.0
PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 1, 2, 3, 4, 5
MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, OPEN_MODAL = 4, 5, 6, 7, 8, 9

# kind of interaction → callback types it takes
ALLOWED = {
    COMMAND: (MESSAGE, DEFERRED_MESSAGE, OPEN_MODAL),
    COMPONENT: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, OPEN_MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE),
}
Waiter = Callable[..., Awaitable[Any]]


@dataclass(eq=False)
class Interaction:
    id: str
    token: str
    kind: int
    user: User
    channel: Channel
    created: float
    payload: Json
    clock: Clock
    wait: Waiter
    source: Message | None = None  # the message whose button was pressed
    callback: int | None = None  # the type of the answer
    message: Message | None = None  # the original response, if it is a message
    follow_ups: list[Message] = field(default_factory=list)
    choices: list[Json] | None = None
    modal: Json | None = None
    data: Json = field(default_factory=dict)

    # --- what the person sees -----------------------------------------------------------------------------------------

    @property
    def answered(self) -> bool:
        return self.callback is not None

    @property
    def failed(self) -> bool:
        """“The application did not respond”."""
        return not self.answered and self.clock() - self.created > ANSWER_SECONDS

    @property
    def thinking(self) -> bool:
        return self.message is not None and bool(self.message.flags & LOADING)

    @property
    def ephemeral(self) -> bool:
        return self.message is not None and bool(self.message.flags & EPHEMERAL)

    @property
    def messages(self) -> list[Message]:
        return [*([self.message] if self.message else []), *self.follow_ups]

    @property
    def notice(self) -> str | None:
        """The client's own words instead of an answer."""
        if self.failed:
            return "The application did not respond" if self.kind == COMMAND else "This interaction failed"
        return "is thinking…" if self.thinking else None

    # --- waiting without sleeping -------------------------------------------------------------------------------------

    async def answer(self, timeout: float = 5.0) -> Interaction:  # noqa: ASYNC109
        """Waits for the first answer of whatever kind (a failure counts, once the clock says so)."""
        await self.wait(lambda: self.answered or self.failed, timeout)
        return self

    async def shown(self, timeout: float = 5.0) -> Message:  # noqa: ASYNC109
        """Waits for a message that is not just “thinking”."""
        await self.wait(lambda: self.message is not None and not self.thinking, timeout)
        assert self.message is not None
        return self.message

    async def follow_up(self, number: int = 1, timeout: float = 5.0) -> Message:  # noqa: ASYNC109
        """Waits for the n-th message after the first answer."""
        await self.wait(lambda: len(self.follow_ups) >= number, timeout)
        return self.follow_ups[number - 1]

    # --- what the server asks -----------------------------------------------------------------------------------------

    @property
    def too_late(self) -> bool:
        return self.clock() - self.created > ANSWER_SECONDS

    @property
    def token_expired(self) -> bool:
        return self.clock() - self.created > TOKEN_SECONDS
