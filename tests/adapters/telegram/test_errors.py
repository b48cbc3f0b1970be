"""The table of errors is complete, and the words in Telegram's refusals lead to the right one."""

from __future__ import annotations

from datetime import timedelta

import pytest
import telegram.error
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from adapters.telegram import request
from adapters.telegram.errors import TABLE, Attempt, delivery_error, may_be_the_looks, seconds, unchanged
from bot.errors import CardRejected, ChatGone, ChatMoved, DeliveryError, PlatformDown, Throttled, Unconfirmed
from bot.model import ChatRef

SENDING = Attempt(ChatRef("telegram", "-5", "7"), repeatable=False)
EDITING = Attempt(ChatRef("telegram", "-5", "7"), repeatable=True)


def subclasses(kind: type) -> set[type]:
    return {kind} | {below for child in kind.__subclasses__() for below in subclasses(child)}


def made(kind: type) -> TelegramError:
    """One of each, as the library or our wire raises it."""
    special = {
        ChatMigrated: lambda: ChatMigrated(-100),
        RetryAfter: lambda: request.Flooded(3),
        request.Flooded: lambda: request.Flooded(3),
        request.ServerFault: lambda: request.ServerFault(502),
    }
    return special.get(kind, lambda: kind("words"))()


def test_every_error_of_the_library_has_a_row_of_its_own_kind():
    rows = {row.kind for row in TABLE}
    exported = {getattr(telegram.error, name) for name in telegram.error.__all__}
    assert {kind for kind in exported if issubclass(kind, TelegramError)} - rows <= {request.Flooded}


@pytest.mark.parametrize("kind", sorted(subclasses(TelegramError), key=lambda kind: kind.__name__))
def test_every_error_becomes_a_delivery_error(kind):
    for attempt in (SENDING, EDITING):
        assert isinstance(delivery_error(made(kind), attempt), DeliveryError)


@pytest.mark.parametrize(
    ("error", "sending", "editing"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), ChatGone, ChatGone),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), ChatGone, ChatGone),
        (Forbidden("Forbidden: user is deactivated"), ChatGone, ChatGone),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), ChatGone, ChatGone),
        (Forbidden("Forbidden: bot is not a member of the channel chat"), ChatGone, ChatGone),
        (BadRequest("Bad Request: chat not found"), ChatGone, ChatGone),
        (BadRequest("Bad Request: CHAT_WRITE_FORBIDDEN"), ChatGone, ChatGone),
        (BadRequest("Bad Request: need administrator rights in the channel chat"), ChatGone, ChatGone),
        (BadRequest("Bad Request: not enough rights to send text messages to the chat"), ChatGone, ChatGone),
        (BadRequest("Bad Request: have no rights to send a message"), ChatGone, ChatGone),
        (BadRequest("Bad Request: message thread not found"), ChatGone, ChatGone),
        (BadRequest("Bad Request: TOPIC_CLOSED"), ChatGone, ChatGone),
        (BadRequest("Bad Request: message to edit not found"), CardRejected, CardRejected),
        (BadRequest("Bad Request: Entity URL 'x' is invalid"), CardRejected, CardRejected),
        (ChatMigrated(-100), ChatMoved, ChatMoved),
        (request.Flooded(3), Throttled, Throttled),
        (request.NotSent("connect"), PlatformDown, PlatformDown),
        (request.Unanswered("reset"), Unconfirmed, PlatformDown),
        (request.ServerFault(500), Unconfirmed, PlatformDown),
        (request.ServerFault(503), PlatformDown, PlatformDown),
        (NetworkError("?"), Unconfirmed, PlatformDown),
        (telegram.error.InvalidToken("?"), PlatformDown, PlatformDown),
    ],
)
def test_what_the_caller_should_do(error, sending, editing):
    assert type(delivery_error(error, SENDING)) is sending
    assert type(delivery_error(error, EDITING)) is editing


def test_a_moved_chat_keeps_its_topic():
    moved = delivery_error(ChatMigrated(-100), SENDING)
    assert isinstance(moved, ChatMoved)
    assert moved.to == ChatRef("telegram", "-100", "7")


def test_the_wait_is_read_in_both_of_the_librarys_forms(monkeypatch):
    assert seconds(request.Flooded(3)) == 3.0
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    error = RetryAfter(timedelta(seconds=4))
    assert seconds(error) == 4.0


def test_an_unchanged_message_is_known_and_a_missing_one_isnt_blamed_on_its_looks():
    assert unchanged(BadRequest("Bad Request: message is not modified: specified new message content …"))
    assert not unchanged(BadRequest("Bad Request: message to edit not found"))
    assert not may_be_the_looks(BadRequest("Bad Request: message to edit not found"))
    assert may_be_the_looks(BadRequest("Bad Request: wrong webpage"))
