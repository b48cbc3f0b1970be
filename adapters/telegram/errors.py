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
    """Those in capitals are whole names: one name may be part of another."""
    names = (rf"(?<![A-Z_]){one}(?![A-Z_])" if one[0].isupper() else one for one in alternatives)
    return re.compile("|".join(names), re.IGNORECASE)


_QUOTED = re.compile("'.*'|\".*\"", re.DOTALL)


def _said(error: TelegramError) -> str:
    """What Telegram itself says: not what it quotes of the message, which a feed could have worded."""
    return _QUOTED.sub("", error.message)


_NO_TOPIC = _words(
    "message thread not found", "is not a forum topic", "TOPIC_CLOSED", "TOPIC_DELETED", "TOPIC_ID_INVALID"
)

_WAIT = re.compile(r"\b(?:FLOOD|FLOOD_PREMIUM|SLOWMODE)_WAIT_(\d{1,6})\b", re.IGNORECASE)


def _told_to_wait(error: TelegramError, _attempt: Attempt) -> DeliveryError:
    told = _WAIT.search(_said(error))
    assert told is not None
    return Throttled(BUSY, float(told[1]))


def _refusals(make: _Make, words: re.Pattern[str]) -> tuple[_Row, _Row]:
    """Client.cpp tells most names of the servers as 400, even where they mean 403, and some as 403."""
    return _Row(Forbidden, make, words), _Row(BadRequest, make, words)


# The first row that fits holds. The words are those of Client.cpp and td (telegram-bot-api) and, in capitals, of the
# servers behind them, as the page of messages.sendMessage lists them. A name that isn't here is about the message.
TABLE: tuple[_Row, ...] = (
    _Row(ChatMigrated, _moved),
    _Row(RetryAfter, _throttled),
    _Row(TelegramError, _told_to_wait, _WAIT),
    # Of the bot itself, which may be let go again: nothing was sent, and no story is at fault.
    *_refusals(_down, _words("PEER_FLOOD", r"FROZEN_\w+")),
    *_refusals(_gone(BLOCKED), _words("blocked by the user", "USER_IS_BLOCKED", "YOU_BLOCKED_USER")),
    *_refusals(_gone(NOT_STARTED), _words("can't initiate")),
    *_refusals(_gone(DELETED), _words("user is deactivated", "INPUT_USER_DEACTIVATED", "USER_DELETED")),
    *_refusals(_gone(NO_TOPIC), _NO_TOPIC),
    # Some kinds of message may not be sent here; a plain text may.
    *_refusals(_rejected, _words(r"CHAT_SEND_(?!PLAIN)\w+_FORBIDDEN")),
    *_refusals(
        _gone(NO_RIGHT),
        _words(
            "CHAT_WRITE_FORBIDDEN",
            "CHAT_ADMIN_REQUIRED",
            "CHAT_RESTRICTED",
            "CHAT_SEND_PLAIN_FORBIDDEN",
            "CHAT_GUEST_SEND_FORBIDDEN",
            # Restricted here, or as a spammer in all groups: an administrator may write all the same.
            "USER_BANNED_IN_CHANNEL",
            "USER_RESTRICTED",
            # Members pay for each message; administrators don't.
            r"ALLOW_PAYMENT_REQUIRED(_\d+)?",
            "PRIVACY_PREMIUM_REQUIRED",
            "RIGHT_FORBIDDEN",
            "administrator rights",
            "not enough rights",
            "have no rights",
        ),
    ),
    *_refusals(
        _gone(OUT),
        _words(
            "chat not found",
            "chat was deactivated",
            "chat was deleted",
            "is deactivated",
            "no write access",
            "can't access the chat",
            "is not accessible",
            "PEER_ID_INVALID",
            "CHANNEL_PRIVATE",
            "CHANNEL_INVALID",
            "CHANNEL_PUBLIC_GROUP_NA",
            "CHANNEL_MONOFORUM_UNSUPPORTED",
            "CHAT_ID_INVALID",
            "CHAT_INVALID",
            "CHAT_FORBIDDEN",
            "USER_KICKED",
            "USER_NOT_PARTICIPANT",
            "USER_IS_BOT",
            "USER_ID_INVALID",
            "USERNAME_INVALID",
            "USERNAME_NOT_OCCUPIED",
            "is not a member",
            "was kicked",
        ),
    ),
    _Row(Forbidden, _gone(OUT)),
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
        if isinstance(error, row.kind) and row.words.search(_said(error)):
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
    return isinstance(error, BadRequest | Forbidden) and _NO_TOPIC.search(_said(error)) is not None


def may_be_the_looks(error: TelegramError) -> bool:
    """Whether a plainer version of the same message may be accepted."""
    return isinstance(error, BadRequest | Forbidden) and not re.search(
        "message to edit not found|message can't be edited|MESSAGE_ID_INVALID", error.message, re.IGNORECASE
    )
