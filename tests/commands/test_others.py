"""`/status`, `/help`, `/privacy`, unknown commands; and that, whatever is typed, only valid words change anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.commands.registry import registry
from bot.errors import PlatformDown
from bot.events import ButtonPressed, ChoicesWanted
from bot.model import ChatKind, ChatRef, MessageRef, Phrase
from bot.ports import Audience, Capabilities
from bot.storage import chats, silence
from tests.commands.stage import ADMIN, GROUP, MEMBER, buttons, raised, refusal, said
from tests.languages import LANGUAGES, NAMES

RIGHT = Phrase("I may not react here: grant {right}.", {"right": "Add Reactions"})


async def test_status_says_what_works_and_which_right_is_missing(stage):
    await stage.speaks("en")
    stage.adapter.allows = Capabilities(posts=False, emoji=frozenset({"👍", "👎"}), missing=(RIGHT,))
    text = said(await stage.types("/status", MEMBER))
    assert "I may not react here: grant Add Reactions." in text
    assert "I may not post here." in text
    assert "👍" in text
    assert "🐂" not in text, "an emoji that members can't use here is not offered"
    assert "English" in text
    assert "1.2.3" in text


async def test_status_of_a_channel_with_anonymous_totals_says_that_they_are_no_votes(stage):
    stage.adapter.allows = Capabilities(reactions=False, totals=True)
    assert "they are no votes" in said(await stage.types("/status"))
    stage.adapter.allows = Capabilities(reactions=False)
    assert "they are no votes" not in said(await stage.types("/status"))


async def test_status_of_a_place_without_reactions_says_that_clicks_are_votes(stage):
    clicks, deaf = "a vote is a click on a button", "Reactions don't reach me here."
    stage.adapter.allows = Capabilities(reactions=False, emoji=frozenset())
    told = said(await stage.types("/status"))
    assert clicks in told
    assert deaf not in told
    stage.adapter.allows = Capabilities(reactions=False)
    told = said(await stage.types("/status"))
    assert clicks not in told
    assert deaf in told


async def test_status_answers_while_the_platform_does_not(stage):
    stage.adapter.allows = PlatformDown(Phrase("The platform is down."))
    text = said(await stage.types("/status"))
    assert "The platform is down." in text
    assert "1.2.3" in text
    assert "/sources" in said(await stage.types("/help"))


@pytest.mark.parametrize(
    ("joined", "back", "told"),
    [(30, 0, True), (30, 12, True), (30, 14, False), (1, 1, False)],
    ids=["just back", "some posts are still open", "all are closed by now", "the chat came later"],
)
async def test_status_says_which_votes_can_not_be_recovered(stage, joined: int, back: int, told: bool):
    """Days ago."""
    now, day = stage.services.clock(), timedelta(days=1)
    await stage.db.write(chats.ensure, GROUP, ChatKind.GROUP, now - joined * day)
    await stage.speaks("en")
    for at in (now - (back + 3) * day, now - back * day):
        await stage.db.write(silence.in_touch, "village", day, at)
    assert ("are missing: I could not be reached" in said(await stage.types("/status"))) is told


async def test_status_says_why_a_chat_is_paused(stage):
    await stage.speaks("en")
    await stage.db.write(chats.pause, GROUP, Phrase("I was muted."))
    assert "I was muted." in said(await stage.types("/status"))


async def test_help_tells_every_command_and_how_to_vote(stage):
    text = said(await stage.types("/help", MEMBER))
    assert all(f"/{command.name} – " in text for command in stage.commands.declared())
    assert "🐂" in text
    assert "🐻" in text


async def test_privacy_says_for_how_long(stage):
    text = said(await stage.types("/privacy", MEMBER))
    assert "90" in text
    assert "365" in text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_everyone_is_answered_in_the_language_of_the_chat(stage, language):
    await stage.speaks(language)
    for text in ("/status", "/help", "/privacy", "/sources list", "/search bitcoin"):
        answer = await stage.types(text, MEMBER)
        assert answer.card.language == language
        assert answer.private


async def test_an_unknown_command_points_to_help(stage):
    unknown = Phrase("I don't know that command. What I can do: {command}", {"command": "/help"})
    assert refusal(await stage.types("/dance"), unknown)
    assert refusal(await stage.presses("c:dance:tango"), unknown)


@pytest.mark.parametrize(("typed", "meant"), [("langauge", "language"), ("source", "sources"), ("hepl", "help")])
async def test_a_misspelt_command_is_answered_with_the_one_that_was_meant(stage, typed, meant):
    near = Phrase("I don't know that command. Did you mean {command}?", {"command": f"/{meant}"})
    assert refusal(await stage.types(f"/{typed} fr"), near)
    assert refusal(await stage.types(f"/{typed} fr", MEMBER), near, "fr")


@pytest.mark.parametrize("button", ["v:1:b", "x", "", "c", "c:language", ":::"])
async def test_a_button_that_is_no_commands_is_left_to_others(stage, button):
    assert await stage.presses(button) is None


async def test_a_press_in_a_chat_we_never_heard_of_is_answered(stage):
    field = ChatRef("village", "field")
    stage.adapter.admins.add((field, ADMIN.id))
    await stage.presses("c:language:fr", chat=field)
    assert (await stage.chat(field)).language == "fr"


def test_commands_are_declared_within_the_limits_of_every_platform():
    declared = [one.command for one in registry(("crypto",), NAMES).values()]
    names = ["language", "timezone", "sources", "search", "me", "status", "help", "privacy"]
    assert [command.name for command in declared] == names
    assert declared[0].audience is Audience.ADMIN
    for command in declared:
        assert not (command.parameters and command.subcommands)
        for parameter in (*command.parameters, *(one for verb in command.subcommands for one in verb.parameters)):
            assert len(parameter.choices) <= 25
            assert parameter.name.islower()


def test_a_form_with_fields_has_a_verb_and_words_alone_fill_the_one_field_of_one_command():
    declared = [one.command for one in registry(("crypto",), {}).values()]
    for one in (*declared, *(verb for command in declared for verb in command.subcommands)):
        if one.task is not None:
            assert bool(one.parameters) == (one.task.button is not None), one.name
    (meant,) = [command for command in declared if command.by_words]
    assert [parameter.required for parameter in meant.parameters] == [True]


WORDS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            ["@1", "@2", "@99", "follow", "add", "list", "menu", "remove", "unfollow", "crypto", "#1", "1", "fr", "{n}",
             "https://", "example.com", "http://[", "\n", "\x00", "#00000000", "de", "Klingon", "fallback", "drop",
             "none", "default", "ru,en", "in 150", "in 019 9", "Berlin", "UTC+4", "Asia/Yerevan", "Russia"]
        ),
        max_size=5,
    ).map(" ".join),
)  # fmt: skip


# A stage costs a tenth of a second to raise, so a good deal is typed on each.
TYPED = st.lists(
    st.tuples(st.sampled_from(["language", "timezone", "sources", "search", "status", "help", "start"]), WORDS),
    min_size=8,
    max_size=16,
)


@settings(deadline=None, max_examples=10, suppress_health_check=list(HealthCheck))
@given(typed=TYPED)
@example([("sources", "remove 1"), ("language", "@1 fr"), ("sources", "add example.com #00000000")])
@example([("language", "fallback ru"), ("timezone", "Berlin"), ("timezone", "default"), ("language", "fallback none")])
async def test_whatever_a_member_types_or_presses_changes_nothing_and_is_answered(tmp_path_factory, typed):
    async with raised(tmp_path_factory.mktemp("typed")) as stage:
        await stage.speaks("de")
        await stage.types("/sources follow crypto")
        before = (await stage.chat(), await stage.follows(), await stage.log())
        for name, words in typed:
            typing = await stage.types(f"/{name} {words}", MEMBER)
            pressing = await stage.presses(f"c:{name}:{words}", MEMBER)
            for answer in (typing, pressing):
                assert answer.card.lines
                if answer.follow_up is not None:
                    await answer.follow_up()
            for parameter in ("address", "fallback", "zone"):
                await stage.commands.choices(ChoicesWanted(GROUP, MEMBER, name, words, parameter, words))
                await stage.commands.choices(ChoicesWanted(GROUP, MEMBER, name, "", parameter, words))
        assert (await stage.chat(), await stage.follows(), await stage.log()) == before


@settings(deadline=None, max_examples=10, suppress_health_check=list(HealthCheck))
@given(typed=TYPED)
async def test_whatever_an_admin_types_is_answered_and_every_change_is_in_the_log(tmp_path_factory, typed):
    async with raised(tmp_path_factory.mktemp("typed")) as stage:
        await stage.speaks("de")
        for name, words in typed:
            before, logged = (await stage.chat(), await stage.follows()), len(await stage.log())
            answer = await stage.types(f"/{name} {words}")
            if answer.follow_up is not None:
                await answer.follow_up()
            changed = (await stage.chat(), await stage.follows()) != before
            assert changed == (len(await stage.log()) > logged)
            for one in buttons(answer):
                assert len(one.id.encode()) <= 64
                assert one.id.isascii()


async def test_a_thread_hears_its_own_answers(stage):
    thread = ChatRef("village", "thread")
    await stage.types("/status", chat=thread, kind=ChatKind.THREAD)
    assert (await stage.chat(thread)).kind is ChatKind.THREAD
    pressed = ButtonPressed(MessageRef(thread, "1"), MEMBER, "c:help:", "e", admin=None)
    assert (await stage.commands.press(pressed)).replaces
