"""Application commands from declared ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.locales import spoken
from adapters.discord.surface import application_commands, fingerprint, spelled
from bot.commands import language
from bot.commands.registry import registry
from bot.gather.packs import PACKS
from bot.model import Phrase
from bot.ports import Audience, Choice, Command, Parameter, Subcommand
from tests.around import PlainTranslator, PlainTranslators
from tests.emulators.discord.commands_form import size, validate_many
from tests.emulators.discord.forms import Form
from tests.languages import CATALOGUES, NAMES, THIRTEEN

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
    assert "name_localizations" not in described


def test_discords_clients_speak_all_our_languages_but_armenian(translators):
    locales = dict(spoken(translators))
    assert set(locales.values()) == set(THIRTEEN) - {"hy"}
    assert {locale for locale, language in locales.items() if language == "en"} == {"en-US", "en-GB"}
    assert {locale for locale, language in locales.items() if language == "es"} == {"es-ES", "es-419"}
    assert {locale for locale, language in locales.items() if language == "zh"} == {"zh-CN", "zh-TW"}


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


class Said(PlainTranslators):
    """Names as a translator may write them, one language at a time."""

    def __init__(self, **names: str) -> None:
        self.said = {msgid.replace("_", " "): name for msgid, name in names.items()}

    def __call__(self, language: str, timezone: str | None = None, /) -> PlainTranslator:
        translator = PlainTranslator(language)
        if language == "de":
            translator.phrase = lambda phrase: self.said.get(phrase.msgid.strip("/:"), phrase.msgid)
        return translator


def named(*names: str) -> list[Command]:
    """A command with these options."""
    options = tuple(Parameter(name, Phrase("x"), shown_as=Phrase(f"{name}:")) for name in names)
    return [Command("sources", Phrase("x"), parameters=options, shown_as=Phrase("/sources"))]


def german(command: dict) -> list[str | None]:
    return [one.get("name_localizations", {}).get("de") for one in (command, *command["options"])]


def test_names_are_said_in_the_languages_of_the_clients_and_come_back_as_declared():
    [command] = application_commands(named("pack", "list"), Said(sources="/quellen", pack="paket:", list="liste:"))
    assert german(command) == ["quellen", "paket", "liste"]
    assert [option["name"] for option in command["options"]] == ["pack", "list"]
    assert command["name_localizations"] == {"de": "quellen"}, "what is the same as the default is left out"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"pack": "Paket:", "list": "liste:"}, [None, "liste"]),
        ({"pack": "das paket:", "list": "liste:"}, ["paket", "liste"]),
        ({"pack": "paket :", "list": "liste!:"}, [None, None]),
        ({"pack": "", "list": "x" * 33}, [None, None]),
        ({"pack": "liste:", "list": "liste:"}, [None, None]),
        ({"pack": "list:", "list": "liste:"}, [None, "liste"]),
        ({"pack": "ⓧ:", "list": "a\u200fb:"}, [None, None]),
        ({"pack": "लिस्ट:", "list": "รายการ:"}, ["लिस्ट", "รายการ"]),
    ],
)
def test_a_name_that_discord_would_refuse_is_left_out_and_the_rest_is_published(said, kept):
    made = application_commands(named("pack", "list"), Said(**said))
    assert german(made[0])[1:] == kept
    form = Form()
    validate_many(form, made)
    form.check()


@settings(deadline=None)  # each time in all languages, and machines are busy
@given(st.lists(st.text(max_size=40), min_size=3, max_size=3))
def test_no_translation_of_a_name_loses_the_commands(names):
    form = Form()
    validate_many(
        form,
        application_commands(
            named("pack", "list", "add"), Said(**dict(zip(["pack", "list", "add"], names, strict=True)))
        ),
    )
    form.check()


def test_the_products_commands_are_within_what_discord_takes():
    made = application_commands([one.command for one in registry(PACKS, NAMES).values()], CATALOGUES)
    form = Form()
    validate_many(form, made)
    form.check()
    assert max(size(command) for command in made) <= 6000, "of 8000: room for a few languages more"
    levels = [made, *(command["options"] for command in made)]
    levels += [option.get("options", []) for command in made for option in command["options"]]
    for locale, code in spoken(CATALOGUES):
        for level in levels:
            names = [one.get("name_localizations", {}).get(locale, one["name"]) for one in level]
            assert len(set(names)) == len(names), (locale, names)
        if code != "en":
            assert made[0]["name_localizations"][locale] != "language"


def test_more_languages_than_discord_has_choices_are_suggested():
    [few, many] = (
        application_commands([language.declaration({f"x{n}": f"Language {n}" for n in range(count)})], CATALOGUES)[0]
        for count in (25, 26)
    )
    assert len(few["options"][0]["choices"]) == 25
    assert "autocomplete" not in few["options"][0]
    assert "choices" not in many["options"][0]
    assert many["options"][0]["autocomplete"] is True


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
