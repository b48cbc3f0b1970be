"""The table from discord.py's and aiohttp's exceptions, and the codes in them, to our delivery errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
import discord

from bot.errors import CardRejected, ChatGone, DeliveryError, PlatformDown, Throttled, Unconfirmed
from bot.model import Phrase

NO_ANSWER = Phrase("Discord could not be reached.")
NOT_DISCORD = Phrase("What answers at discord.api_url does not answer as Discord does. Is the address right?")
UNCERTAIN = Phrase("Discord did not say whether the message arrived.")
NOT_CONNECTED = Phrase("Discord is not connected yet.")
TOKEN_INVALID = Phrase("Discord does not accept my token.")
BUSY = Phrase("Discord asks me to wait.")
GONE = Phrase("This channel is gone, or I am not in its server any more. Add me again to go on.")
NO_ACCESS = Phrase("I can't see this channel. Give me the right “View Channel” here.")
NO_RIGHT = Phrase("I may not write here. Give me the rights “Send Messages” and “Send Messages in Threads” here.")
NO_DIRECT = Phrase("This person takes no direct messages from me.")
ARCHIVED = Phrase("This thread is archived.")
NO_SUCH_POST = Phrase("The message was deleted.")

UNTOLD_SECONDS = 5.0
"""How long to wait when a 429 doesn't say it."""

# topics/opcodes-and-status-codes.mdx, JSON error codes.
UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
UNKNOWN_EMOJI = 10014
UNKNOWN_INTERACTION = 10062
TOO_MANY_REACTIONS = 30010
MISSING_ACCESS = 50001
MISSING_PERMISSION = 50013
THREAD_ARCHIVED = 50083
REACTION_BLOCKED = 90001


class Slowed(discord.RateLimited):
    """A 429, told at once instead of slept through inside the library."""

    def __init__(self, retry_after: float, *, everywhere: bool) -> None:
        super().__init__(retry_after)
        self.everywhere = everywhere
        """The limit of the whole bot, not that of one route."""


def unreachable(error: Exception) -> Phrase:
    """Why we could not log in."""
    # Every Discord knows the two addresses that a login asks.
    elsewhere = isinstance(error, discord.NotFound) or not isinstance(error, FAILURES)
    return NOT_DISCORD if elsewhere else NO_ANSWER


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried, as far as its failure depends on it."""

    repeatable: bool
    """Doing it twice is the same as once (an edit, a question): then no answer is no doubt."""


_Make = Callable[[Exception, Attempt], DeliveryError]


def _gone(phrase: Phrase) -> _Make:
    return lambda _error, _attempt: ChatGone(phrase)


def _refused(phrase: Phrase) -> _Make:
    return lambda _error, _attempt: CardRejected(phrase)


def _rejected(error: Exception, _attempt: Attempt) -> DeliveryError:
    words = error.text if isinstance(error, discord.HTTPException) else type(error).__name__
    return CardRejected(Phrase("Discord refuses this message: {reason}", {"reason": words[:300]}))


def _slowed(error: Exception, _attempt: Attempt) -> DeliveryError:
    return Throttled(BUSY, retry_after(error))


def _down(_error: Exception, _attempt: Attempt) -> DeliveryError:
    return PlatformDown(NO_ANSWER)


def _uncertain(_error: Exception, attempt: Attempt) -> DeliveryError:
    return PlatformDown(NO_ANSWER) if attempt.repeatable else Unconfirmed(UNCERTAIN)


def _server_fault(error: Exception, attempt: Attempt) -> DeliveryError:
    # 503: not processed, by its definition (RFC 9110, 15.6.4). Any other may come from a gateway that lost the answer.
    if isinstance(error, discord.HTTPException) and error.status == 503:
        return PlatformDown(NO_ANSWER)
    return _uncertain(error, attempt)


def _by_status(error: Exception, attempt: Attempt) -> DeliveryError:
    assert isinstance(error, discord.HTTPException)
    if error.status == 429:
        return _slowed(error, attempt)
    if error.status == 401:
        # The token is judged where the adapter connects; nothing was sent, and what waits may go when it is right.
        return PlatformDown(TOKEN_INVALID)
    if error.status >= 500:
        return _server_fault(error, attempt)
    return _rejected(error, attempt)


CODES: Mapping[int, _Make] = {
    UNKNOWN_CHANNEL: _gone(GONE),
    10004: _gone(GONE),  # unknown guild
    10007: _gone(GONE),  # unknown member
    10013: _gone(NO_DIRECT),  # unknown user
    UNKNOWN_MESSAGE: _refused(NO_SUCH_POST),
    20022: _slowed,  # edits of published announcements, a few an hour
    20028: _slowed,  # writes in this channel
    20029: _slowed,  # writes in this server
    30046: _slowed,  # edits of messages older than an hour
    40333: _down,  # Cloudflare's doubts about the user agent
    MISSING_ACCESS: _gone(NO_ACCESS),
    50007: _gone(NO_DIRECT),
    50008: _gone(NO_RIGHT),  # a channel that holds no messages
    MISSING_PERMISSION: _gone(NO_RIGHT),
    THREAD_ARCHIVED: _refused(ARCHIVED),
    160005: _refused(ARCHIVED),  # the thread is locked
    160006: _slowed,  # too many active threads in this server
}
"""What a JSON error code means, whatever the status beside it."""

# The first row that fits holds, so that what is more special stands first.
TABLE: tuple[tuple[type[Exception], _Make], ...] = (
    (discord.RateLimited, _slowed),
    (discord.Forbidden, _gone(NO_RIGHT)),
    (discord.NotFound, _rejected),  # of the things in a request; a channel that isn't there has a code above
    (discord.DiscordServerError, _server_fault),
    (discord.HTTPException, _by_status),
    (discord.GatewayNotFound, _down),
    (discord.LoginFailure, lambda _error, _attempt: PlatformDown(TOKEN_INVALID)),
    (discord.PrivilegedIntentsRequired, _down),
    (discord.ConnectionClosed, _down),
    (discord.InvalidData, _gone(GONE)),  # a kind of channel that the library doesn't know
    (discord.InteractionResponded, _rejected),
    (discord.MissingApplicationID, _down),
    (discord.ClientException, _rejected),
    (discord.DiscordException, _uncertain),
    # A connection that never stood can't have carried the request.
    (aiohttp.ClientConnectorError, _down),
    (aiohttp.ConnectionTimeoutError, _down),
    (aiohttp.InvalidURL, _down),
    (aiohttp.ClientError, _uncertain),
    (TimeoutError, _uncertain),
    (OSError, _uncertain),
)

FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError)
"""What a request can raise."""


def delivery_error(error: Exception, attempt: Attempt) -> DeliveryError:
    """What the caller of a failed request should do."""
    if isinstance(error, discord.HTTPException) and error.code in CODES:
        return CODES[error.code](error, attempt)
    for kind, make in TABLE:
        if isinstance(error, kind):
            return make(error, attempt)
    raise AssertionError("only what a request can raise is asked about") from error


def retry_after(error: Exception) -> float:
    """How long a 429 asks to wait."""
    if isinstance(error, discord.RateLimited):
        return error.retry_after
    if isinstance(error, discord.HTTPException):
        return seconds_of(error.response.headers)
    return UNTOLD_SECONDS


def seconds_of(headers: Mapping[str, str]) -> float:
    """How long the headers of a 429 ask to wait."""
    for name in ("Retry-After", "X-RateLimit-Reset-After"):
        try:
            return max(0.05, float(headers[name]))
        except (KeyError, ValueError):
            continue
    return UNTOLD_SECONDS


def code_of(error: Exception) -> int:
    """The JSON error code, or 0."""
    return error.code if isinstance(error, discord.HTTPException) else 0
