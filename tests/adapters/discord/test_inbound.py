"""Raw gateway payloads as events."""

from __future__ import annotations

import pytest

from adapters.discord.inbound import Ask, Heard, Interaction, Parent, Shade, hear, is_admin, normal
from bot.events import (
    Added,
    ButtonPressed,
    ChoicesWanted,
    Cleared,
    CommandInvoked,
    Elsewhere,
    ReactionsChanged,
    Removed,
)
from bot.model import Actor, ChatKind, ChatRef, MessageRef

ME = "1000"
MESSAGE = MessageRef(ChatRef("discord", "20"), "30")
VOTER = Actor("discord", "40")


def reaction(kind: str = "ADD", name: str | None = "🐂", **more) -> dict:
    data = {"user_id": "40", "channel_id": "20", "message_id": "30", "guild_id": "10", "type": 0, "burst": False}
    return {"t": f"MESSAGE_REACTION_{kind}", "d": {**data, "emoji": {"id": None, "name": name}, **more}}


def interaction(kind: int, data: dict, **more) -> dict:
    member = {"user": {"id": "40", "username": "ann"}, "permissions": "0"}
    payload = {
        "id": "50", "application_id": "60", "type": kind, "token": "tok", "version": 1, "channel_id": "20",
        "channel": {"id": "20", "type": 0, "name": "news"}, "guild_id": "10", "member": member, "locale": "fr",
        "data": data, **more,
    }  # fmt: skip
    return {"t": "INTERACTION_CREATE", "d": payload}


def event(payload: dict):
    heard = hear(payload, ME, "Investors")
    return heard.event if heard is not None else None


def test_reactions_come_and_go_one_by_one():
    assert event(reaction()) == ReactionsChanged(MESSAGE, VOTER, Added("🐂"))
    assert event(reaction("REMOVE")) == ReactionsChanged(MESSAGE, VOTER, Removed("🐂"))


def test_a_moderator_clears_all_reactions_or_those_of_one_emoji():
    where = {"channel_id": "20", "message_id": "30", "guild_id": "10"}
    one = {**where, "emoji": {"id": None, "name": "❤️"}}

    assert event({"t": "MESSAGE_REACTION_REMOVE_ALL", "d": where}) == ReactionsChanged(MESSAGE, None, Cleared())
    assert event({"t": "MESSAGE_REACTION_REMOVE_EMOJI", "d": one}) == ReactionsChanged(MESSAGE, None, Cleared("❤"))


def test_our_own_and_other_bots_reactions_are_no_votes():
    assert event(reaction(user_id=ME)) is None
    assert event(reaction("REMOVE", user_id=ME)) is None
    assert event(reaction(member={"user": {"id": "40", "bot": True}})) is None


@pytest.mark.parametrize(("raw", "kept"), [("❤️", "❤"), ("👍🏽", "👍"), ("✉", "✉"), ("🤷🏽‍♂️", "🤷‍♂"), ("🐂", "🐂")])
def test_the_shades_of_an_emoji_are_one(raw, kept):
    assert normal(raw) == kept
    assert event(reaction(name=raw)) == ReactionsChanged(MESSAGE, VOTER, Added(kept))


def test_a_custom_emoji_is_known_by_its_id():
    payload = reaction(emoji={"id": "77", "name": "bull", "animated": False})

    assert event(payload) == ReactionsChanged(MESSAGE, VOTER, Added("custom:77"))


def test_a_custom_emoji_that_was_deleted_meanwhile_still_has_its_id():
    assert event(reaction(emoji={"id": "77", "name": None})) == ReactionsChanged(MESSAGE, VOTER, Added("custom:77"))


def test_a_super_reaction_is_the_same_emoji_in_another_form():
    heard = hear(reaction(burst=True, type=1), ME)

    assert heard == Heard(ReactionsChanged(MESSAGE, VOTER, Added("🐂")), shade=Shade("🐂", burst=True))
    assert heard.shade is not None
    assert not heard.shade.plain


def test_a_press_carries_what_discord_says_of_the_person():
    data = {"custom_id": "v:7:b", "component_type": 2}
    member = {"user": {"id": "40", "username": "ann", "global_name": "Ann"}, "permissions": str(1 << 5)}
    heard = hear(interaction(3, data, message={"id": "30"}, member=member), ME)

    assert heard is not None
    assert heard.interaction == Interaction(Ask.PRESS, "50", "60", "tok", "fr")
    assert heard.event == ButtonPressed(MESSAGE, Actor("discord", "40", "fr", "Ann"), "v:7:b", "50", admin=True)


@pytest.mark.parametrize(
    ("told", "carried"),
    [
        ({}, None),
        ({"components": []}, False),
        ({"components": "?"}, False),
        ({"components": [{"type": 1, "components": [{"type": 2, "custom_id": "v:8:b"}]}]}, False),
        ({"components": [{"type": 17, "components": [{"type": 1, "components": [{"custom_id": "v:7:b"}]}]}]}, True),
    ],
)
def test_a_press_tells_whether_its_message_has_the_button(told, carried):
    heard = hear(interaction(3, {"custom_id": "v:7:b", "component_type": 2}, message={"id": "30", **told}), ME)

    assert heard is not None
    assert isinstance(heard.event, ButtonPressed)
    assert heard.event.carried is carried


def test_a_command_with_a_subcommand_and_options():
    options = [{"name": "follow", "type": 1, "options": [{"name": "pack", "type": 3, "value": "crypto"}]}]

    assert event(interaction(2, {"id": "1", "name": "sources", "type": 1, "options": options})) == CommandInvoked(
        ChatRef("discord", "20"),
        Actor("discord", "40", "fr", "ann"),
        "sources",
        subcommand="follow",
        arguments={"pack": "crypto"},
        event_id="50",
        admin=False,
        kind=ChatKind.GROUP,
        title="Investors #news",
    )


def test_a_command_in_a_thread_concerns_the_thread():
    channel = {"id": "21", "type": 11, "name": "story"}
    heard = event(interaction(2, {"id": "1", "name": "status", "type": 1}, channel_id="21", channel=channel))

    assert isinstance(heard, CommandInvoked)
    assert (heard.chat.id, heard.kind) == ("21", ChatKind.THREAD)


def test_in_private_everyone_is_at_home():
    payload = interaction(2, {"id": "1", "name": "language", "type": 1}, channel={"id": "20", "type": 1})
    payload["d"] |= {"guild_id": None, "member": None, "user": {"id": "40", "username": "ann"}}
    heard = event(payload)

    assert isinstance(heard, CommandInvoked)
    assert (heard.kind, heard.admin, heard.actor.id) == (ChatKind.PRIVATE, True, "40")


def test_who_types_into_a_parameter_wants_choices():
    options = [
        {"name": "remove", "type": 1, "options": [{"name": "address", "type": 3, "value": "exa", "focused": True}]}
    ]

    assert event(interaction(4, {"id": "1", "name": "sources", "type": 1, "options": options})) == ChoicesWanted(
        ChatRef("discord", "20"),
        Actor("discord", "40", "fr", "ann"),
        "sources",
        "remove",
        "address",
        "exa",
        admin=False,
    )


@pytest.mark.parametrize(("bits", "admin"), [(0, False), (1 << 3, True), (1 << 5, True), (1 << 4 | 1 << 13, False)])
def test_admins_may_manage_the_server(bits, admin):
    assert is_admin(bits) is admin


def test_other_interactions_and_events_are_nothing_to_us():
    assert event(interaction(5, {"custom_id": "x", "components": []})) is None
    assert event({"t": "MESSAGE_REACTION_SOMETHING", "d": {"channel_id": "20", "message_id": "30"}}) is None
    assert event(reaction(name=None)) is None


@pytest.mark.parametrize("payload", [{"t": "MESSAGE_REACTION_ADD", "d": {}}, interaction(3, {}, message={"id": "30"})])
def test_what_the_api_doesnt_promise_raises(payload):
    with pytest.raises((KeyError, TypeError, ValueError)):
        hear(payload, ME)


def choosing(channel: dict | None, kind: int = 2) -> dict:
    options = [
        {"name": "language", "type": 3, "value": "fr", "focused": kind == 4},
        {"name": "channel", "type": 7, "value": "70"},
    ]
    data = {"id": "1", "name": "language", "type": 1, "options": options}
    return interaction(kind, data if channel is None else {**data, "resolved": {"channels": {"70": channel}}})


def test_a_channel_that_was_chosen_comes_with_what_the_person_may_do_there():
    stories = {"id": "70", "type": 15, "name": "stories", "permissions": str(1 << 5 | 1 << 10)}
    told = event(choosing(stories))

    assert told.chat == ChatRef("discord", "20")
    assert told.arguments == {"language": "fr"}
    assert told.about == Elsewhere(ChatRef("discord", "70"), ChatKind.FORUM, "Investors #stories", admin=True)


@pytest.mark.parametrize("permissions", [str(1 << 10), str(1 << 5), "0", None])
def test_who_is_no_admin_there_by_what_was_sent_is_asked_about(permissions):
    assert event(choosing({"id": "70", "type": 15, "name": "stories", "permissions": permissions})).about.admin is None


def test_while_someone_types_nothing_is_resolved_yet():
    told = event(choosing(None, kind=4))

    assert isinstance(told, ChoicesWanted)
    assert told.about == Elsewhere(ChatRef("discord", "70"))


def test_a_command_in_a_post_of_a_forum_names_the_forum():
    channel = {"id": "21", "type": 11, "name": "story", "parent_id": "70"}
    member = {"user": {"id": "40", "username": "ann"}, "permissions": str(1 << 5)}
    payload = interaction(2, {"id": "1", "name": "language", "type": 1}, channel=channel, member=member)

    told = hear(payload, ME, "Investors", Parent("70", ChatKind.FORUM, "stories")).event
    assert told.forum == Elsewhere(ChatRef("discord", "70"), ChatKind.FORUM, "Investors #stories", admin=True)
    assert hear(payload, ME, "Investors", Parent("70", ChatKind.GROUP, "news")).event.forum is None
