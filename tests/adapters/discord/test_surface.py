"""Application commands from declared ones."""

from __future__ import annotations

import pytest

from adapters.discord.surface import LOCALES, application_commands, fingerprint, spelled
from bot.model import LANGUAGES, Phrase
from bot.ports import Audience, Choice, Command, Parameter, Subcommand
from tests.emulators.discord.commands_form import validate_many
from tests.emulators.discord.forms import Form

COMMANDS = (
    Command("status", Phrase("What works here")),
    Command(
        "language",
        Phrase("Choose the language"),
        parameters=(Parameter("language", Phrase("Which"), choices=(Choice("fr", "Français"),), required=False),),
        audience=Audience.ADMIN,
    ),
    Command(
        "sources",
        Phrase("What this chat follows"),
        subcommands=(
            Subcommand(
                "follow",
                Phrase("Follow a pack"),
                (
                    Parameter("note", Phrase("Why"), required=False),
                    Parameter("pack", Phrase("Which pack"), choices=(Choice("crypto", Phrase("Crypto")),)),
                ),
            ),
            Subcommand("list", Phrase("List them")),
            Subcommand("remove", Phrase("Remove one"), (Parameter("address", Phrase("Its address"), suggests=True),)),
        ),
    ),
)


@pytest.fixture
def made(translators):
    return {command["name"]: command for command in application_commands(COMMANDS, translators)}


def test_discord_accepts_the_commands(translators):
    form = Form()
    validate_many(form, application_commands(COMMANDS, translators))
    form.check()


def test_descriptions_are_said_in_every_language_that_discords_clients_have(made):
    described = made["status"]

    assert described["description"] == "What works here (en)"
    assert described["description_localizations"]["pt-BR"] == "What works here (pt)"
    assert described["description_localizations"]["en-GB"] == "What works here (en)"
    assert described["description_localizations"]["es-419"] == "What works here (es)"
    assert described["description_localizations"]["zh-TW"] == "What works here (zh)"
    assert set(LOCALES) == set(LANGUAGES) - {"hy"}
    assert "name_localizations" not in described


def test_everyone_sees_them_in_servers_and_in_private(made):
    for command in made.values():
        assert command["default_member_permissions"] is None
        assert command["contexts"] == [0, 1]
        assert command["integration_types"] == [0]


def test_subcommands_options_choices_and_suggestions(made):
    follow, listing, remove = made["sources"]["options"]

    assert [option["name"] for option in follow["options"]] == ["pack", "note"], "required ones first"
    assert follow["options"][0]["choices"][0]["name_localizations"]["fr"] == "Crypto (fr)"
    assert listing["options"] == []
    assert remove["options"][0]["autocomplete"] is True
    assert made["language"]["options"][0]["choices"] == [{"value": "fr", "name": "Français"}]


def test_a_command_about_a_chat_can_choose_another_channel(translators):
    commands = [Command("a", Phrase("x"), elsewhere=True), Command("b", Phrase("x"))]
    several = Command("c", Phrase("x"), subcommands=(Subcommand("d", Phrase("x")),), elsewhere=True)
    one, none, many = application_commands([*commands, several], translators)

    [option] = one["options"]
    assert (option["type"], option["name"], option["required"]) == (7, "channel", False)
    assert option["channel_types"] == [0, 5, 10, 11, 12, 15, 16], "neither categories nor voice"
    assert none["options"] == []
    assert many["options"][0]["options"] == [option]
    form = Form()
    validate_many(form, [one, none, many])
    form.check()


def test_too_long_a_translation_doesnt_lose_all_commands(translators):
    command = Command("x", Phrase("y" * 140))
    form = Form()

    validate_many(form, application_commands([command], translators))

    form.check()


def test_the_fingerprint_changes_with_the_words(translators):
    same = application_commands(COMMANDS, translators)
    other = application_commands(COMMANDS[:2], translators)

    assert fingerprint(same) == fingerprint(application_commands(COMMANDS, translators))
    assert fingerprint(same) != fingerprint(other)


@pytest.mark.parametrize(
    ("elsewhere", "here"),
    [
        ("/language fr", "/language language:fr"),
        ("/sources remove https://a.example/x y", "/sources remove address:https://a.example/x y"),
        ("/sources list", "/sources list"),
        ("/status", "/status"),
        ("/status now", "/status now"),
        ("/language", "/language"),
        ("/nothing of ours", "/nothing of ours"),
        ("", ""),
    ],
)
def test_examples_name_the_option_that_takes_the_words(elsewhere, here):
    assert spelled(COMMANDS, elsewhere) == here
