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


# What the servers may say to messages.sendMessage (its page, "Possible errors", bots and groups), and a few names that
# others have met there.
OF_THE_CHAT = """
CHANNEL_INVALID CHANNEL_PRIVATE CHANNEL_PUBLIC_GROUP_NA CHANNEL_MONOFORUM_UNSUPPORTED CHAT_ADMIN_REQUIRED CHAT_FORBIDDEN
CHAT_GUEST_SEND_FORBIDDEN CHAT_ID_INVALID CHAT_RESTRICTED CHAT_SEND_PLAIN_FORBIDDEN CHAT_WRITE_FORBIDDEN
INPUT_USER_DEACTIVATED PEER_ID_INVALID PRIVACY_PREMIUM_REQUIRED ALLOW_PAYMENT_REQUIRED ALLOW_PAYMENT_REQUIRED_5
TOPIC_CLOSED TOPIC_DELETED TOPIC_ID_INVALID USER_BANNED_IN_CHANNEL USER_IS_BLOCKED USER_IS_BOT USER_KICKED
USER_NOT_PARTICIPANT USER_RESTRICTED USERNAME_NOT_OCCUPIED YOU_BLOCKED_USER
"""
OF_THE_MESSAGE = """
BOT_DOMAIN_INVALID BUTTON_COPY_TEXT_INVALID BUTTON_DATA_INVALID BUTTON_ID_INVALID BUTTON_TYPE_INVALID BUTTON_URL_INVALID
BUTTON_USER_INVALID BUTTON_USER_PRIVACY_RESTRICTED CHAT_FORWARDS_RESTRICTED CHAT_SEND_DOCS_FORBIDDEN
CHAT_SEND_GIFS_FORBIDDEN CHAT_SEND_MEDIA_FORBIDDEN CHAT_SEND_PHOTOS_FORBIDDEN DOCUMENT_INVALID EFFECT_CHAT_INVALID
ENTITIES_TOO_LONG ENTITY_BOUNDS_INVALID ENTITY_MENTION_USER_INVALID MESSAGE_EMPTY MESSAGE_TOO_LONG MSG_ID_INVALID
POLL_OPTION_INVALID QUOTE_TEXT_INVALID REPLY_MARKUP_INVALID REPLY_MARKUP_TOO_LONG REPLY_MESSAGE_ID_INVALID
REPLY_TO_INVALID SCHEDULE_DATE_TOO_LATE SEND_AS_PEER_INVALID WC_CONVERT_URL_INVALID WEBPAGE_CURL_FAILED
WEBPAGE_MEDIA_EMPTY A_NAME_THAT_IS_NEW
"""
OF_THE_BOT = "PEER_FLOOD FROZEN_METHOD_INVALID"


@pytest.mark.parametrize("kind", [BadRequest, Forbidden])
@pytest.mark.parametrize(
    ("names", "meant"), [(OF_THE_CHAT, ChatGone), (OF_THE_MESSAGE, CardRejected), (OF_THE_BOT, PlatformDown)]
)
def test_a_name_that_the_servers_give_is_about_the_chat_the_message_or_the_bot(kind, names, meant):
    prefix = "Bad Request" if kind is BadRequest else "Forbidden"
    others = {
        name: type(found).__name__
        for name in names.split()
        if not isinstance(found := delivery_error(kind(f"{prefix}: {name}"), SENDING), meant)
    }
    # A 403 without a name that is known says that we may not write here.
    if kind is Forbidden and meant is CardRejected:
        others = {name: was for name, was in others.items() if was != "ChatGone"}
    assert others == {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("USER_BANNED_IN_CHANNEL", "may not write"),
        ("ALLOW_PAYMENT_REQUIRED_5", "may not write"),
        ("USER_IS_BLOCKED", "has blocked me"),
        ("INPUT_USER_DEACTIVATED", "account is deleted"),
        ("TOPIC_DELETED", "topic is closed"),
        ("CHANNEL_PRIVATE", "not in this chat"),
    ],
)
def test_what_is_in_the_way_is_said_in_words(name, words):
    assert words in str(delivery_error(BadRequest(f"Bad Request: {name}"), SENDING))


def test_a_kind_of_message_that_is_not_allowed_here_is_tried_in_a_plainer_form():
    for kind in (BadRequest, Forbidden):
        error = kind("CHAT_SEND_PHOTOS_FORBIDDEN")
        assert isinstance(delivery_error(error, SENDING), CardRejected)
        assert may_be_the_looks(error)


@pytest.mark.parametrize(
    "quoted", ["http://a_b/chat not found", "http://a_b/'/USER_IS_BLOCKED/'", "TOPIC_CLOSED", "FLOOD_WAIT_999999"]
)
def test_what_telegram_quotes_of_a_message_says_nothing_of_the_chat(quoted):
    for text in (
        f"entity URL '{quoted}' is invalid",
        f'can\'t parse entities: unsupported tag "{quoted}"',
    ):
        assert isinstance(delivery_error(BadRequest(f"Bad Request: {text}"), SENDING), CardRejected)


@pytest.mark.parametrize("name", ["SLOWMODE_WAIT_30", "FLOOD_WAIT_30", "FLOOD_PREMIUM_WAIT_30"])
def test_a_wait_that_comes_as_another_error_is_a_wait(name):
    for error in (BadRequest(f"Bad Request: {name}"), TelegramError(name)):
        told = delivery_error(error, SENDING)
        assert isinstance(told, Throttled)
        assert told.retry_after == 30.0


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
