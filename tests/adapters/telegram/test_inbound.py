"""Updates that need care, as events."""

from __future__ import annotations

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.inbound import Ears, hear, last_id, normal
from bot.events import ChatChanged, CommandInvoked, ReactionsChanged, ReactionsCounted, WholeSet
from bot.model import ChatKind, Sentiment
from tests.emulators.telegram.reactions import EMOJI

EARS = Ears("newstally_bot", frozenset({"help", "language"}))
ANN = {"id": 5, "is_bot": False, "first_name": "Ann"}
GROUP = {"id": -100, "type": "supergroup", "title": "Readers"}
PRIVATE = {"id": 5, "type": "private", "first_name": "Ann"}


def message(text: str, **more) -> dict:
    return {"update_id": 9, "message": {"message_id": 1, "date": 1, "chat": GROUP, "from": ANN, "text": text, **more}}


def events(update: dict) -> list:
    return [heard.event for heard in hear(update, EARS)]


def commands(update: dict) -> list:
    return [(event.name, event.text) for event in events(update) if isinstance(event, CommandInvoked)]


@pytest.mark.parametrize(
    ("update", "heard"),
    [
        (message("/help"), [("help", "")]),
        (message("/HELP@NEWSTALLY_BOT  more\nwords "), [("help", "more\nwords")]),
        (message("/help@other_bot"), []),
        (message("/ban spammer"), []),
        (message("/ban@newstally_bot spammer"), [("ban", "spammer")]),
        (message("/ban", chat=PRIVATE), [("ban", "")]),
        (message("please /help"), []),
        (message("/start"), []),
        (message("/start@newstally_bot"), [("help", "")]),
        (message("/start@newstally_bot newstally"), []),
        (message("/help", forward_origin={"type": "user"}), []),
        (message("/help", **{"from": {**ANN, "is_bot": True}}), []),
        (message("/help", is_automatic_forward=True, sender_chat={"id": -7, "type": "channel"}), []),
        (message(""), []),
        ({"update_id": 9, "message": {"message_id": 1, "chat": GROUP, "from": ANN, "photo": []}}, []),
    ],
)
def test_commands_are_ours_only_when_they_are_meant_for_us(update, heard):
    assert commands(update) == heard


def test_a_thread_of_replies_is_no_topic_and_a_topic_is():
    [reply] = events(message("/help", message_thread_id=44))
    [topic] = events(message("/help", message_thread_id=44, is_topic_message=True))
    assert (reply.chat.topic, reply.kind) == ("", ChatKind.GROUP)
    assert (topic.chat.topic, topic.kind) == ("44", ChatKind.TOPIC)


def reaction(*kinds: dict, **who) -> dict:
    body = {"chat": GROUP, "message_id": 3, "date": 1, "old_reaction": [], "new_reaction": list(kinds)}
    return {"update_id": 70, "message_reaction": body | (who or {"user": ANN})}


def test_a_whole_set_is_read_in_normal_form_without_what_is_paid_or_unknown():
    update = reaction(
        {"type": "emoji", "emoji": "❤️"},
        {"type": "emoji", "emoji": "❤"},
        {"type": "emoji", "emoji": "👍🏽"},
        {"type": "custom_emoji", "custom_emoji_id": "99"},
        {"type": "paid"},
        {"type": "hologram", "shape": "bull"},
    )
    [event] = events(update)
    assert isinstance(event, ReactionsChanged)
    assert event.change == WholeSet(("❤", "👍", "custom:99"))
    assert event.event_id == "u70"


def test_reactions_of_bots_are_no_votes():
    assert events(reaction(user={**ANN, "is_bot": True})) == []


def test_totals_of_one_emoji_in_two_forms_are_summed():
    counts = [({"type": "emoji", "emoji": "❤"}, 2), ({"type": "emoji", "emoji": "❤️"}, 3), ({"type": "paid"}, 9)]
    body = {"chat": GROUP, "message_id": 3, "reactions": [{"type": t, "total_count": n} for t, n in counts]}
    [event] = events({"update_id": 71, "message_reaction_count": body})
    assert isinstance(event, ReactionsCounted)
    assert event.totals == {"❤": 5}


@pytest.mark.parametrize(
    ("old", "new", "present"),
    [("member", "kicked", False), ("kicked", "member", True)],
)
def test_blocking_in_private_is_no_arrival(old, new, present):
    body = {"chat": PRIVATE, "from": ANN, "old_chat_member": {"status": old}, "new_chat_member": {"status": new}}
    [event] = events({"update_id": 1, "my_chat_member": body})
    assert isinstance(event, ChatChanged)
    assert event.present is present


def test_a_restricted_bot_that_left_is_out():
    for inside in (True, False):
        new = {"status": "restricted", "is_member": inside}
        body = {"chat": GROUP, "from": ANN, "old_chat_member": {"status": "member"}, "new_chat_member": new}
        [event] = events({"update_id": 1, "my_chat_member": body})
        assert event.present is inside


def test_presses_of_games_and_inline_messages_are_none_of_ours():
    query = {"id": "1", "from": ANN, "chat_instance": "x"}
    assert events({"update_id": 1, "callback_query": {**query, "data": "v:1:b", "inline_message_id": "z"}}) == []
    assert events({"update_id": 1, "callback_query": {**query, "message": {"message_id": 1, "chat": GROUP}}}) == []


def test_an_update_of_another_kind_tells_nothing():
    assert events({"update_id": 1, "subscription": {"id": 1}}) == []


def test_the_newest_id_is_that_of_the_batch():
    assert last_id([{"update_id": 4}, {"update_id": 7}, "junk", {"update_id": True}, {}]) == 7
    assert last_id(["junk"]) is None


def test_the_ballot_is_made_of_reactions_that_telegram_has():
    ballot = TelegramAdapter.ballot
    allowed = {normal(emoji) for emoji in EMOJI}
    assert len(allowed) == 73
    assert set(ballot.bullish) | set(ballot.bearish) <= allowed
    assert not set(ballot.bullish) & set(ballot.bearish)
    assert (ballot.bullish[0], ballot.bearish[0]) == ("👍", "👎")
    assert (len(ballot.bullish), len(ballot.bearish)) == (16, 12)
    assert ballot.sentiment(normal("❤️‍🔥")) is Sentiment.BULLISH
