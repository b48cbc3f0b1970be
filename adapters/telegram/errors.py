"""The table from python-telegram-bot's exceptions, and the words in them, to our delivery errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    PassportDecryptionError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from adapters.telegram.request import Flooded, NotSent, ServerFault
from bot.errors import CardRejected, ChatGone, ChatMoved, DeliveryError, PlatformDown, Throttled, Unconfirmed
from bot.model import ChatRef, Phrase

NO_ANSWER = Phrase("Telegram could not be reached.")
UNCERTAIN = Phrase("Telegram did not say whether the message arrived.")
NOT_CONNECTED = Phrase("Telegram is not connected yet.")
OUT = Phrase("I am not in this chat any more. Add me again to go on.")
BLOCKED = Phrase("This person has blocked me. Unblock me and send /start to go on.")
NOT_STARTED = Phrase("This person has not written to me yet. Send me /start to begin.")
DELETED = Phrase("This person's account is deleted.")
NO_RIGHT = Phrase("I may not write in this chat. Make me an administrator who may post messages.")
NO_TOPIC = Phrase("This topic is closed or deleted. Reopen it or use me in another topic.")
BUSY = Phrase("Telegram asks me to wait.")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried, as far as its failure depends on it."""

    chat: ChatRef
    repeatable: bool
    """Doing it twice is the same as once (an edit, a question): then no answer is no doubt."""


_Make = Callable[[TelegramError, Attempt], DeliveryError]


def _gone(phrase: Phrase) -> _Make:
    return lambda _error, _attempt: ChatGone(phrase)


def _rejected(error: TelegramError, _attempt: Attempt) -> DeliveryError:
    return CardRejected(Phrase("Telegram refuses this message: {reason}", {"reason": error.message}))


def _moved(error: TelegramError, attempt: Attempt) -> DeliveryError:
    assert isinstance(error, ChatMigrated)
    to = ChatRef(attempt.chat.platform, str(error.new_chat_id), attempt.chat.topic)
    return ChatMoved(Phrase("This group became a supergroup."), to)


def _throttled(error: TelegramError, _attempt: Attempt) -> DeliveryError:
    assert isinstance(error, RetryAfter)
    return Throttled(BUSY, seconds(error))


def _down(_error: TelegramError, _attempt: Attempt) -> DeliveryError:
    return PlatformDown(NO_ANSWER)


def _uncertain(error: TelegramError, attempt: Attempt) -> DeliveryError:
    # 503 is not processed, by its definition (RFC 9110, 15.6.4); any other 5xx may be a gateway that lost the answer.
    if attempt.repeatable or (isinstance(error, ServerFault) and error.status == 503):
        return PlatformDown(NO_ANSWER)
    return Unconfirmed(UNCERTAIN)


@dataclass(frozen=True, slots=True)
class _Row:
    kind: type[TelegramError]
    make: _Make
    words: re.Pattern[str] = re.compile("")
    """Searched in the message, which the library capitalises: case doesn't count."""


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_NO_TOPIC = _words("message thread not found", "is not a forum topic", "TOPIC_CLOSED", "TOPIC_DELETED")

# The first row that fits holds. The words are those of Client.cpp (telegram-bot-api) and, in capitals, of the servers
# behind it, which come as 400 even where they mean 403.
TABLE: tuple[_Row, ...] = (
    _Row(ChatMigrated, _moved),
    _Row(RetryAfter, _throttled),
    _Row(Forbidden, _gone(BLOCKED), _words("blocked by the user")),
    _Row(Forbidden, _gone(NOT_STARTED), _words("can't initiate")),
    _Row(Forbidden, _gone(DELETED), _words("user is deactivated")),
    _Row(Forbidden, _gone(NO_RIGHT), _words("not enough rights", "have no rights", "administrator rights")),
    _Row(Forbidden, _gone(OUT)),
    _Row(BadRequest, _gone(NO_TOPIC), _NO_TOPIC),
    _Row(
        BadRequest,
        _gone(NO_RIGHT),
        _words(
            "CHAT_WRITE_FORBIDDEN",
            "CHAT_ADMIN_REQUIRED",
            "CHAT_RESTRICTED",
            "CHAT_SEND_PLAIN_FORBIDDEN",
            "CHAT_GUEST_SEND_FORBIDDEN",
            "need administrator rights",
            "not enough rights",
            "have no rights",
        ),
    ),
    _Row(
        BadRequest,
        _gone(OUT),
        _words(
            "chat not found",
            "chat was deactivated",
            "chat was deleted",
            "is deactivated",
            "PEER_ID_INVALID",
            "CHANNEL_PRIVATE",
            "CHANNEL_INVALID",
            "CHAT_ID_INVALID",
            "CHAT_FORBIDDEN",
            "is not a member",
            "was kicked",
        ),
    ),
    _Row(BadRequest, _rejected),
    _Row(PassportDecryptionError, _rejected),
    _Row(EndPointNotFound, _rejected),
    # The token is judged where the adapter connects; nothing was sent, and what waits may go when the token is right.
    _Row(InvalidToken, lambda _error, _attempt: PlatformDown(Phrase("Telegram does not accept my token."))),
    _Row(Conflict, _down),
    _Row(NotSent, _down),
    _Row(ServerFault, _uncertain),
    _Row(TimedOut, _uncertain),
    _Row(NetworkError, _uncertain),
    _Row(TelegramError, _uncertain),
)


def delivery_error(error: TelegramError, attempt: Attempt) -> DeliveryError:
    """What the caller of a failed request should do."""
    for row in TABLE:
        if isinstance(error, row.kind) and row.words.search(error.message):
            return row.make(error, attempt)
    raise AssertionError("the last row fits everything")


def seconds(error: RetryAfter) -> float:
    """How long a 429 asks to wait; the library's own error has whole seconds or, as its setting says, a timedelta."""
    if isinstance(error, Flooded):
        return error.wait
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def unchanged(error: TelegramError) -> bool:
    """Whether an edit failed only because the message already looks so."""
    return isinstance(error, BadRequest) and "message is not modified" in error.message.lower()


def no_topic(error: TelegramError) -> bool:
    """Whether only the topic can't be written to."""
    return isinstance(error, BadRequest) and _NO_TOPIC.search(error.message) is not None


def may_be_the_looks(error: TelegramError) -> bool:
    """Whether a plainer version of the same message may be accepted."""
    return isinstance(error, BadRequest) and not re.search(
        "message to edit not found|message can't be edited|MESSAGE_ID_INVALID", error.message, re.IGNORECASE
    )
