"""What Discord's members type and press, and what they are answered."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import DeliveryError
from bot.events import ButtonPressed, ChoicesWanted, CommandInvoked, ReactionsChanged
from bot.model import Actor, Button, ChatKind, Phrase
from bot.ports import Answer, Choice, Command, Document, Parameter, Subcommand
from tests.around import FREE

COMMANDS = (
    Command("status", Phrase("What works here")),
    Command(
        "sources",
        Phrase("What this chat follows"),
        subcommands=(
            Subcommand(
                "follow",
                Phrase("Follow a pack"),
                (Parameter("pack", Phrase("Which"), choices=(Choice("crypto", Phrase("Crypto")),)),),
            ),
            Subcommand("remove", Phrase("Remove one"), (Parameter("address", Phrase("Which"), suggests=True),)),
        ),
    ),
)


def words(message) -> str:
    return "\n".join(component.get("content", "") for component in message.components).strip()


@pytest.fixture
async def bot(world, place, core):
    """The adapter with its commands published."""
    async with world.running(core, COMMANDS) as adapter:
        async with asyncio.timeout(20):
            await world.keys.written.wait()
        yield adapter


async def test_commands_are_published_once_and_again_when_they_change(world, place, core):
    for commands, sent in ((COMMANDS, 1), (COMMANDS, 1), (COMMANDS[:1], 2)):
        world.keys.written.clear()
        async with world.running(core, commands):
            await world.server.wait_for(lambda sent=sent: len(published(world)) >= sent)
            if sent == len(published(world)) and commands is not COMMANDS:
                await world.keys.written.wait()
        assert len(published(world)) == sent

    assert [command["name"] for command in world.server.commands] == ["status"]


def published(world) -> list:
    return [one for one in world.server.requests if one.method == "PUT" and one.path.endswith("/commands")]


async def test_commands_are_published_when_discord_can_take_them(world, place, core):
    world.server.fail("PUT", "/applications/{}/commands", 500)
    world.server.fail("PUT", "/applications/{}/commands", 429, retry_after=7.0)
    async with world.running(core, COMMANDS):
        async with asyncio.timeout(20):
            await world.keys.written.wait()

    assert len(world.server.commands) == 2


async def test_a_command_is_answered_for_all_to_see(world, place, core, bot, note):
    core.replies = lambda _event: Answer(card=note("All is well."))
    asked = await world.server.slash(place.ann, place.news, "status")
    message = await asked.shown()

    assert (words(message), asked.ephemeral) == ("All is well.", False)
    [event] = await core.heard(1, CommandInvoked)
    assert (event.name, event.admin, event.kind, event.title) == ("status", True, ChatKind.GROUP, "Investors #news")
    assert event.actor.locale == "fr"


async def test_a_private_answer_is_seen_by_who_asked(world, place, core, bot, note):
    core.replies = lambda _event: Answer(card=note("Only admins may."), private=True)
    asked = await world.server.slash(place.bob, place.news, "sources follow", {"pack": "crypto"})
    message = await asked.shown()

    assert (words(message), asked.ephemeral) == ("Only admins may.", True)
    [event] = await core.heard(1, CommandInvoked)
    assert (event.subcommand, dict(event.arguments), event.admin) == ("follow", {"pack": "crypto"}, False)


async def test_suggestions_while_someone_types(world, place, core, bot):
    core.replies = lambda _event: Answer(choices=tuple(Choice(str(n), f"feed {n}") for n in range(40)))
    asked = await world.server.autocomplete(place.ann, place.news, "sources remove", "address", "fe")
    await asked.answer()

    assert asked.choices is not None
    assert len(asked.choices) == 25
    assert asked.choices[0] == {"name": "feed 0", "value": "0"}
    [event] = await core.heard(1, ChoicesWanted)
    assert (event.command, event.subcommand, event.parameter, event.typed) == ("sources", "remove", "address", "fe")


async def test_nothing_to_suggest_is_an_answer_too(world, place, core, bot):
    asked = await world.server.autocomplete(place.ann, place.news, "sources remove", "address", "x")
    await asked.answer()

    assert asked.choices == []


async def test_a_vote_press_gets_a_note_that_only_the_voter_sees(world, place, core, bot, story, note):
    core.replies = lambda _event: Answer(card=note("Your vote counts."), private=True)
    ref = await bot.send(place.chat, story(), key="n7", departure=FREE)
    pressed = await world.server.press(place.bob, world.server.message(ref.id), "v:7:b")
    message = await pressed.shown()

    assert (words(message), pressed.ephemeral) == ("Your vote counts.", True)
    [event] = await core.heard(1, ButtonPressed)
    assert event == ButtonPressed(ref, event.actor, "v:7:b", pressed.id, admin=False, carried=True)


async def test_a_press_without_an_answer_is_acknowledged(world, place, core, bot, story):
    ref = await bot.send(place.chat, story(), key="n7", departure=FREE)
    pressed = await world.server.press(place.bob, world.server.message(ref.id), "v:7:b")
    await pressed.answer()

    assert pressed.callback == 6
    assert pressed.follow_ups == []


async def test_a_menu_is_replaced_in_its_place(world, place, core, bot, note):
    ref = await bot.send(place.chat, note("Choose", (Button("Français", "c:language:fr"),)), key="m1", departure=FREE)
    core.replies = lambda _event: Answer(card=note("C'est fait."), replaces=True)
    pressed = await world.server.press(place.ann, world.server.message(ref.id), "c:language:fr")
    await pressed.answer()

    assert words(world.server.message(ref.id)) == "C'est fait."
    assert len(world.server.messages(place.news)) == 1


async def test_long_work_is_answered_at_once_and_later_in_the_same_place(world, place, core, bot, note):
    done = asyncio.Event()

    async def work():
        await done.wait()
        return note("Found three feeds.")

    core.replies = lambda _event: Answer(card=note("Looking…"), follow_up=work)
    asked = await world.server.slash(place.ann, place.news, "status")
    assert words(await asked.shown()) == "Looking…"
    done.set()
    await world.server.wait_for(lambda: words(asked.message) == "Found three feeds.")

    assert asked.follow_ups == []


async def test_work_without_a_first_word_shows_its_result(world, place, core, bot, note):
    async def work():
        return note("Found it.")

    core.replies = lambda _event: Answer(private=True, follow_up=work)
    asked = await world.server.slash(place.ann, place.news, "status")

    assert words(await asked.shown()) == "Found it."


async def test_a_slow_answer_to_a_command_is_announced_first(world, place, core, bot, note):
    world.patient, core.gate = False, asyncio.Event()
    core.replies = lambda _event: Answer(card=note("At last."))
    asked = await world.server.slash(place.ann, place.news, "status")
    await asked.answer()
    assert asked.thinking
    core.gate.set()

    assert words(await asked.shown()) == "At last."


@pytest.mark.parametrize("replaces", [False, True])
async def test_a_slow_answer_to_a_press(world, place, core, bot, note, replaces):
    ref = await bot.send(place.chat, note("Choose", (Button("Français", "c:language:fr"),)), key="m1", departure=FREE)
    world.patient, core.gate = False, asyncio.Event()
    core.replies = lambda _event: Answer(card=note("At last."), private=not replaces, replaces=replaces)
    pressed = await world.server.press(place.ann, world.server.message(ref.id), "c:language:fr")
    await pressed.answer()
    core.gate.set()
    if replaces:
        await world.server.wait_for(lambda: words(world.server.message(ref.id)) == "At last.")
        assert pressed.follow_ups == []
    else:
        note_ = await pressed.follow_up()
        assert words(note_) == "At last."
        assert note_.private_to == place.ann.id


async def test_an_answer_that_fails_says_so_in_the_members_language(world, place, core, bot):
    core.replies = lambda _event: 1 / 0
    asked = await world.server.slash(place.ann, place.news, "status")

    assert words(await asked.shown()) == "Something went wrong. Please try again. (fr)"
    assert asked.ephemeral


async def test_one_bad_interaction_stops_no_other(world, place, core, bot, story, note):
    ref = await bot.send(place.chat, story(), key="n7", departure=FREE)
    message = world.server.message(ref.id)
    world.server.fail("POST", "/interactions/{}/{}/callback", 500)
    core.replies = lambda _event: Answer(card=note("Your vote counts."), private=True)
    await world.server.press(place.ann, message, "v:7:b")
    await core.heard(1, ButtonPressed)
    pressed = await world.server.press(place.bob, message, "v:7:s")
    await world.server.react(place.bob, message, "🐂")

    assert words(await pressed.shown()) == "Your vote counts."
    await core.heard(1, ReactionsChanged)


async def test_answers_cost_nothing_of_the_budget(world, place, core, bot, story, note):
    core.replies = lambda _event: Answer(card=note("Fine."))
    before = len(world.pace.turns)
    asked = await world.server.slash(place.ann, place.news, "status")
    await asked.shown()

    assert len(world.pace.turns) == before


async def test_in_a_direct_message_everyone_is_admin(world, place, core, bot, note):
    whisper = await world.server.whisper(place.bob, "hello")
    core.replies = lambda _event: Answer(card=note("Fine."))
    asked = await world.server.slash(place.bob, whisper.channel, "status")
    await asked.shown()

    [event] = await core.heard(1, CommandInvoked)
    assert (event.kind, event.admin, event.chat.id) == (ChatKind.PRIVATE, True, whisper.channel.id)


async def test_what_nobody_else_may_see_takes_no_message_s_place_that_others_see(world, place, core, bot, note):
    ref = await bot.send(place.chat, note("Choose", (Button("Mine", "c:me:"),)), key="m1", departure=FREE)
    core.replies = lambda _event: Answer(card=note("Your votes: 7"), replaces=True, instead=note("No"))
    pressed = await world.server.press(place.ann, world.server.message(ref.id), "c:me:")
    message = await pressed.shown()

    assert (words(message), pressed.ephemeral) == ("Your votes: 7", True)
    assert words(world.server.message(ref.id)) == "Choose"


@pytest.mark.parametrize("late", [False, True])
async def test_a_file_goes_with_the_answer_for_who_asked_alone(world, place, core, bot, note, late):
    document = Document("votes.json", '{"title": "Zürich"}')
    core.replies = lambda _event: Answer(note("Here it is"), private=True, instead=note("No"), document=document)
    if late:
        world.patient, core.gate = False, asyncio.Event()
    asked = await world.server.slash(place.ann, place.news, "status")
    if core.gate is not None:
        await asked.answer()
        core.gate.set()
    message = await asked.shown()
    assert asked.ephemeral
    [attached] = message.attachments
    assert attached["filename"] == "votes.json"
    assert message.files["votes.json"].decode() == document.content


async def test_discord_is_asked_who_is_in_the_server(world, place, core, bot):
    actor = Actor("discord", place.bob.id)
    assert await bot.is_member(place.chat, actor)
    await world.server.leave(place.bob, place.guild)
    assert not await bot.is_member(place.chat, actor)
    world.server.fail("GET", "/guilds/{}/members/{}", 403)
    with pytest.raises(DeliveryError):
        await bot.is_member(place.chat, actor)
