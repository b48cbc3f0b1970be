"""The table from discord.py's and aiohttp's exceptions, and the codes in them, to our delivery errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
NO_ACCESS = Phrase("I can't see this channel. Give me the permission “View Channel” here.")
NO_RIGHT = Phrase("I may not write here. Give me the permissions “Send Messages” and “Send Messages in Threads” here.")
NO_DIRECT = Phrase("This person takes no direct messages from me.")
ARCHIVED = Phrase("This thread is archived.")
NO_SUCH_POST = Phrase("The message was deleted.")

UNTOLD_SECONDS = 5.0
"""How long to wait when a 429 doesn't say it."""

LONGEST_SECONDS = 86_400.0
"""How long we wait at most, whatever somebody says: Cloudflare's bans end within an hour or a day."""

# topics/opcodes-and-status-codes.mdx, JSON error codes.
UNKNOWN_CHANNEL = 10003
UNKNOWN_MEMBER = 10007
UNKNOWN_MESSAGE = 10008
UNKNOWN_EMOJI = 10014
UNKNOWN_INTERACTION = 10062
PUBLISHED_EDITS = 20022
TOO_MANY_REACTIONS = 30010
OLD_EDITS = 30046
MISSING_ACCESS = 50001
MISSING_PERMISSION = 50013
THREAD_ARCHIVED = 50083
REACTION_BLOCKED = 90001
TOO_MANY_THREADS = 160006
TOO_MANY_ANNOUNCEMENT_THREADS = 160007

_PATIENCE: Mapping[int, float] = {
    PUBLISHED_EDITS: 600.0,
    OLD_EDITS: 20.0,
    TOO_MANY_THREADS: 900.0,
    TOO_MANY_ANNOUNCEMENT_THREADS: 900.0,
}
"""How long to wait where a limit has a code and doesn't say how long: threads fall asleep within an hour at the
soonest, edits of published messages are counted by the hour, those of old ones by some twenty seconds."""


class Slowed(discord.RateLimited):
    """A 429, told at once instead of slept through inside the library."""

    def __init__(self, retry_after: float, *, everywhere: bool, code: int = 0) -> None:
        super().__init__(retry_after)
        self.everywhere = everywhere
        """The limit of the whole bot, or of its address, not that of one route."""
        self.code = code
        """The JSON error code, or 0."""


def slowed(headers: Mapping[str, str], body: bytes) -> Slowed:
    """What a 429 says."""
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    said = said if isinstance(said, dict) else {}
    # Without the header that Discord's own servers add, it is Cloudflare who has had enough of us: of all that we send.
    banned = "Via" not in headers and said.get("global") is not False
    everywhere = banned or "X-RateLimit-Global" in headers or headers.get("X-RateLimit-Scope") == "global"
    code = _whole(said.get("code"))
    return Slowed(seconds_of(headers, _patience(code)), everywhere=everywhere, code=code)


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


def _unreadable(_error: Exception, attempt: Attempt) -> DeliveryError:
    return PlatformDown(NOT_DISCORD) if attempt.repeatable else Unconfirmed(UNCERTAIN)


def _by_status(error: Exception, attempt: Attempt) -> DeliveryError:
    assert isinstance(error, discord.HTTPException)
    if error.status == 429:
        return _slowed(error, attempt)
    if error.status >= 500:
        return _server_fault(error, attempt)
    return _rejected(error, attempt)


def _without_reason(error: discord.HTTPException) -> DeliveryError:
    # The token is judged where the adapter connects; nothing was sent, and what waits may go when it is right.
    return PlatformDown(TOKEN_INVALID if error.status == 401 else NO_ANSWER)


CODES: Mapping[int, _Make] = {
    UNKNOWN_CHANNEL: _gone(GONE),
    10004: _gone(GONE),  # unknown guild
    10007: _gone(GONE),  # unknown member
    10013: _gone(NO_DIRECT),  # unknown user
    UNKNOWN_MESSAGE: _refused(NO_SUCH_POST),
    PUBLISHED_EDITS: _slowed,  # of announcements, a few an hour
    20028: _slowed,  # writes in this channel
    20029: _slowed,  # writes in this server
    OLD_EDITS: _slowed,  # of messages older than an hour
    40333: _down,  # Cloudflare's doubts about the user agent
    MISSING_ACCESS: _gone(NO_ACCESS),
    50007: _gone(NO_DIRECT),
    50008: _gone(NO_RIGHT),  # a channel that holds no messages
    MISSING_PERMISSION: _gone(NO_RIGHT),
    THREAD_ARCHIVED: _refused(ARCHIVED),
    160005: _refused(ARCHIVED),  # the thread is locked
    TOO_MANY_THREADS: _slowed,  # active ones in this server
    TOO_MANY_ANNOUNCEMENT_THREADS: _slowed,
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
    (LookupError, _unreadable),
    (TypeError, _unreadable),
    (ValueError, _unreadable),
    (AttributeError, _unreadable),
    (RecursionError, _unreadable),
    (OverflowError, _unreadable),
)

FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError)
"""What a request can raise."""

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, RecursionError, OverflowError)
"""What reading an answer raises that isn't Discord's, in the library or with us: half a JSON, a proxy's page."""


def delivery_error(error: Exception, attempt: Attempt) -> DeliveryError:
    """What the caller of a failed request should do."""
    if isinstance(error, discord.HTTPException):
        code = code_of(error)
        if code in CODES:
            return CODES[code](error, attempt)
        if error.status == 401 or (not code and error.status < 500 and error.status != 429):
            # Discord gives its reason with every refusal. Without one it is the word of a proxy before it, such as
            # Cloudflare's: it says nothing of chats or posts, and let nothing pass.
            return _without_reason(error)
    for kind, make in TABLE:
        if isinstance(error, kind):
            return make(error, attempt)
    raise AssertionError("only what a request can raise is asked about") from error


def retry_after(error: Exception) -> float:
    """How long a 429 asks to wait, or another refusal that means the same."""
    if isinstance(error, discord.RateLimited):
        return error.retry_after
    if isinstance(error, discord.HTTPException):
        patience = _patience(code_of(error))
        # Of other answers the headers tell something else.
        return seconds_of(error.response.headers, patience) if error.status == 429 else patience
    return UNTOLD_SECONDS


def seconds_of(headers: Mapping[str, str], untold: float) -> float:
    """How long the headers of a 429 ask to wait."""
    for name in ("Retry-After", "X-RateLimit-Reset-After"):
        try:
            return min(LONGEST_SECONDS, max(0.05, float(headers[name])))
        except (KeyError, ValueError):
            continue
    return untold


def _patience(code: int) -> float:
    return _PATIENCE.get(code, UNTOLD_SECONDS)


def code_of(error: Exception) -> int:
    """The JSON error code, or 0."""
    return _whole(error.code) if isinstance(error, discord.HTTPException | Slowed) else 0


def _whole(code: Any) -> int:
    return code if isinstance(code, int) else 0
