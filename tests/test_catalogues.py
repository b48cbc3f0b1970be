"""Catalogues are tested like code: complete, in step with it, with every place to fill and every form of number."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from bot.commands.registry import registry
from bot.i18n import Catalogues, cldr_locale, places, texts
from bot.model import LANGUAGES, Phrase
from bot.ports import Command, Parameter
from tests import strings

MAX_DESCRIPTION = 100
"""Discord's limit for descriptions of commands, subcommands and parameters."""

MAX_LABEL = 24
"""A label that two buttons a row can show on a phone; a count follows it."""

BUTTONS = (
    "Bullish",
    "Bearish",
    "Crypto",
    "Tech",
    "Markets",
    "World",
    "This chat",
    "Show the list",
    "Packs",
    "Other languages",
    "Back",
)

SAMPLES = (0, 1, 2, 3, 4, 5, 10, 11, 12, 14, 20, 21, 22, 25, 100, 101, 102, 111, 112, 1_000)


def catalogue(language: str) -> Catalog:
    catalog = strings.read(language)
    assert catalog is not None, f"there is no catalogue for {language}"
    return catalog


def test_the_template_and_all_catalogues_are_in_step_with_the_code():
    stale = [
        str(path.relative_to(strings.ROOT)) for path, content in strings.files().items() if path.read_bytes() != content
    ]
    assert not stale, "run `make strings`"


def test_there_is_a_catalogue_for_each_language_and_no_other():
    assert {path.parent.parent.name for path in strings.LOCALES.glob("*/LC_MESSAGES/newstally.po")} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_in_every_form(language):
    missing = [message.id for message in catalogue(language) if message.id and not all(texts(message.string))]
    assert not missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_fills_the_places_of_its_source(language):
    wrong = []
    for message in catalogue(language):
        wanted = frozenset().union(*map(places, texts(message.id)))
        wrong += [text for text in texts(message.string) if message.id and text and places(text) != wanted]
        wrong += [text for text in texts(message.string) if message.id and text.count("{") != text.count("}")]
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess_or_differs_at_its_edges(language):
    for message in catalogue(language):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        source = texts(message.id)[0]
        for text in filter(None, texts(message.string)):
            assert text[:1].isspace() == source[:1].isspace(), text
            assert text[-1:].isspace() == source[-1:].isspace(), text
            assert text.count("\n") == source.count("\n"), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_take_the_same_forms_as_in_cldr(language):
    """Two numbers have a form of their own in the catalogue exactly when CLDR tells them apart."""
    catalog = catalogue(language)
    rule = strings.plural_rule(language)
    cldr = cldr_locale(language).plural_form
    told_apart = {(rule(n), cldr(n)) for n in SAMPLES}
    assert catalog.num_plurals == len({form for form, _ in told_apart})
    assert len(told_apart) == len({form for form, _ in told_apart}) == len({name for _, name in told_apart})


def described(command: Command) -> list[Phrase]:
    def of(parameters: tuple[Parameter, ...]) -> list[Phrase]:
        return [parameter.description for parameter in parameters]

    found = [command.description, *of(command.parameters)]
    for verb in command.subcommands:
        found += [verb.description, *of(verb.parameters)]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_descriptions_of_commands_fit_into_every_platform(language):
    t = Catalogues()(language)
    for registered in registry(("crypto",)).values():
        for phrase in described(registered.command):
            assert 0 < len(t.phrase(phrase)) <= MAX_DESCRIPTION, t.phrase(phrase)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_of_buttons_are_short(language):
    t = Catalogues()(language)
    known = {message.id for message in strings.extracted()}
    for label in BUTTONS:
        assert label in known
        assert 0 < len(t(label)) <= MAX_LABEL, t(label)


def test_texts_of_templates_are_found_with_their_comments():
    source = """
    {# TRANSLATORS: a heading #}
    <h1>{{ t("Stories") }}</h1>
    <p>{{ t.plural("{n} reader", "{n} readers", readers) }} {{ other("Not a text") }} {{ t(variable) }}</p>
    """
    found = list(strings.template_texts(source))
    assert [(msgid, comments) for _, msgid, comments in found] == [
        ("Stories", ["a heading"]),
        (("{n} reader", "{n} readers"), []),
    ]


def test_what_is_gone_from_the_code_is_dropped_and_what_is_new_awaits_its_words():
    old, template = Catalog(), Catalog()
    old.add("Gone", "Weg")
    old.add("Stays", "Bleibt")
    template.add("Stays")
    template.add(("{n} vote", "{n} votes"))
    merged = strings.merged(template, "ru", old)
    assert {message.id: message.string for message in merged if message.id} == {
        "Stays": "Bleibt",
        ("{n} vote", "{n} votes"): ("", "", ""),
    }
