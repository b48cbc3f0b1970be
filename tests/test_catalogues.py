"""Catalogues are tested like code: complete, in step with it, with every place to fill and every form of number."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from unicodedata import combining, east_asian_width

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from babel.messages.catalog import Catalog, Message

from adapters.discord.surface import ANOTHER_NAME
from bot.commands import zones
from bot.commands.registry import registry
from bot.i18n import places, texts
from bot.languages import cldr_locale, languages_in, plural_rule
from bot.model import Phrase
from bot.ports import Command, Parameter
from tests import strings
from tests.emulators.discord.commands_form import good_name
from tests.languages import CATALOGUES, LANGUAGES, THIRTEEN

MAX_DESCRIPTION = 100
"""Discord's limit for descriptions of commands, subcommands and parameters."""

MAX_COLUMNS = 20
"""A label that two buttons a row can show on a phone. What is wide in East Asia takes two columns."""

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
    "Translate",
    "Don't translate",
    "Other languages",
    "Back",
    "The whole forum",
    "Previous page",
    "Next page",
    "New stories",
    "Help",
    "Privacy",
    "Search",
    "Sources",
    "Status",
    "Follow",
    "Add",
    "Remove",
    "Run",
    "Save",
    "Send",
    "Close",
    "My votes",
    "Export",
    "Erase…",
    "Erase them",
    "Erase when I leave",
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


def test_every_catalogue_has_a_header_that_the_product_takes():
    assert CATALOGUES.faults == {}
    assert sorted(LANGUAGES) == strings.languages()
    assert set(THIRTEEN) <= set(LANGUAGES)


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
    header = strings.header(language)
    rule = plural_rule(header["Plural-Forms"])
    cldr = cldr_locale(language, header).plural_form
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
    t = CATALOGUES(language)
    for registered in registry(("crypto",), CATALOGUES.names).values():
        for phrase in described(registered.command):
            assert 0 < len(t.phrase(phrase)) <= MAX_DESCRIPTION, t.phrase(phrase)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_commands_are_names_and_differ_within_their_level(language):
    t = CATALOGUES(language)
    commands = [registered.command for registered in registry(("crypto",), CATALOGUES.names).values()]
    said = [t.phrase(command.shown_as) for command in commands]
    assert all(name.startswith("/") and good_name(name[1:]) for name in said)
    assert len(set(said)) == len(said)
    for command, name in zip(commands, said, strict=True):
        verbs = [t.phrase(verb.shown_as) for verb in command.subcommands]
        assert all(re.fullmatch(rf"{re.escape(name)} \S+", verb) and good_name(verb.split()[1]) for verb in verbs)
        assert len(set(verbs)) == len(verbs)
        for parameters in (command.parameters, *(verb.parameters for verb in command.subcommands)):
            names = [t.phrase(phrase) for phrase in (*(one.shown_as for one in parameters), ANOTHER_NAME)]
            assert all(name.endswith(":") and good_name(name[:-1]) for name in names)
            assert len(set(names)) == len(names)


def columns(text: str) -> int:
    return sum(2 if east_asian_width(one) in "WF" else 0 if combining(one) else 1 for one in text)


def test_labels_of_buttons_are_texts():
    extracted = [message for message in strings.extracted() if message.id]
    assert set(BUTTONS) <= {message.id for message in extracted}
    # Whoever adds a button says so to translators.
    noted = {message.id for message in extracted if re.match(r"(?s).*\ba (?:vote )?button\b", said_of(message))}
    assert noted - {"Remove {number}"} <= set(BUTTONS)


def said_of(message: Message) -> str:
    return " ".join(message.auto_comments)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_of_buttons_are_short(language):
    t = CATALOGUES(language)
    labels = [t(label) for label in BUTTONS]
    labels += [f"🐂 {t(vote)} {t.number(9_999)}" for vote in ("Bullish", "Bearish")]
    labels += [t("Remove {number}", number=t.number(20))]
    labels += [zones.region_name(region, CATALOGUES.locale(language)) for region in zones.REGIONS]
    assert all(labels)
    longest = sorted(labels, key=columns)[-10:]
    assert [label for label in longest if columns(label) > MAX_COLUMNS] == []


# --- the glossary ----------------------------------------------------------------------------------------------------

TERMS = {
    "bullish": "bullish",
    "bearish": "bearish",
    "story": "stor(?:y|ies)",
    "source": "sources?",
    "vote": "vot(?:e|es|ed|ing)",
    "tally": "tall(?:y|ies)",
    "digest": "digests?",
}
"""What the glossary fixes, by the forms that English has."""

NO_PROSE = re.compile(r"\{[a-z_]+\}|/[a-z]+(?: (?:add|follow|list|remove)\b)?")
"""Places to fill, and commands: neither is translated."""


def glossary() -> list[dict[str, dict[str, str]]]:
    """Its tables: what each term is in each language, then by which beginnings it is recognised."""
    tables: list[dict[str, dict[str, str]]] = []
    head: list[str] = []
    for line in (strings.LOCALES / "GLOSSARY.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if cells and not cells[0]:
            head = cells[1:]
            tables.append({})
        elif cells and cells[0] in LANGUAGES:
            tables[-1][cells[0]] = dict(zip(head, cells[1:], strict=True))
    return tables


def stems(language: str, term: str) -> list[str]:
    return glossary()[1][language][term].split(", ")


def test_the_glossary_has_every_term_in_every_language_and_knows_it_when_it_sees_it():
    terms, beginnings = glossary()
    for language in THIRTEEN:
        assert set(TERMS) == set(beginnings[language]) <= set(terms[language])
        for term in TERMS:
            assert any(stem in terms[language][term].lower() for stem in stems(language, term)), (language, term)


@pytest.mark.parametrize("language", THIRTEEN)
def test_the_words_of_the_glossary_are_said_as_it_says(language):
    wrong = []
    for message in catalogue(language):
        source = NO_PROSE.sub(" ", " ".join(texts(message.id))) if message.id else ""
        for term, forms in TERMS.items():
            if re.search(rf"\b{forms}\b", source, re.IGNORECASE):
                wrong += [(term, text) for text in texts(message.string) if not has(text, stems(language, term))]
    assert wrong == []


def has(text: str, beginnings: Collection[str]) -> bool:
    # In Armenian, the signs of questions and stress stand within words.
    plain = NO_PROSE.sub(" ", text.lower()).translate(dict.fromkeys(map(ord, "՛՜՞")))
    return any(one in plain for one in beginnings)


def test_no_text_hides_where_it_is_not_found():
    """The extractor knows tokens, which until Python 3.12 don't show what stands inside of an f-string."""
    known = {text for message in strings.extracted() for text in ids(message.id)}
    said = {
        argument.value
        for path in [path for room in ("bot", "adapters") for path in (strings.ROOT / room).rglob("*.py")]
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", None)) in strings.KEYWORDS
        for argument in call.args[:2]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    assert said
    assert said <= known


def test_french_has_no_break_before_its_double_signs():
    for message in catalogue("fr"):
        for text in ids(message.string):
            assert not re.search(r" [:;?!»%]|« ", places_left_out(text)), text


def ids(said: str | Sequence[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def places_left_out(text: str) -> str:
    return re.sub(r"\{\w+\}", "…", text)


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


def test_a_new_language_begins_with_what_cldr_knows_and_is_told_what_is_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(strings, "LOCALES", tmp_path)
    strings.begin("uk")
    header = strings.header("uk")
    assert (header["X-Language-Name"], header["X-Time-Zone"]) == ("Українська", "UTC")
    assert [plural_rule(header["Plural-Forms"])(n) for n in (1, 2, 5, 21)] == [0, 1, 2, 0]
    assert len(catalogue("uk")) == len(strings.extracted())
    told = capsys.readouterr().out
    assert "X-Language-Word" in told
    # Until that is there, the product does without it, and says why.
    assert languages_in(tmp_path).faults == {"uk": "its header says no X-Language-Word"}
    path = strings.catalogue_path("uk")
    path.write_text(path.read_text("utf-8").replace('Word: \\n"', 'Word: Мова\\n"'), "utf-8")
    assert languages_in(tmp_path).found["uk"].word == "Мова"


@pytest.mark.parametrize("code", ["tlh", "UK", "../uk"])
def test_what_is_no_language_is_not_begun(tmp_path, monkeypatch, code):
    monkeypatch.setattr(strings, "LOCALES", tmp_path / "locales")
    with pytest.raises(SystemExit, match=r"CLDR knows no locale|no code of a language"):
        strings.begin(code)
    assert list(tmp_path.iterdir()) == []


def test_the_plurals_of_any_language_come_from_cldr():
    for name in locale_identifiers():
        locale = Locale.parse(name)
        rule, cldr = plural_rule(strings.plural_forms(locale)), locale.plural_form
        told_apart = {(rule(n), cldr(n)) for n in SAMPLES}
        assert len(told_apart) == len({form for form, _ in told_apart}) == len({form for _, form in told_apart}), name


def test_what_is_gone_from_the_code_is_dropped_and_what_is_new_awaits_its_words():
    old, template = Catalog(), Catalog()
    old.add("Gone", "Weg")
    old.add("Stays", "Bleibt")
    template.add("Stays")
    template.add(("{n} vote", "{n} votes"))
    merged = strings.merged(template, "ru", strings.header("ru"), old)
    assert {message.id: message.string for message in merged if message.id} == {
        "Stays": "Bleibt",
        ("{n} vote", "{n} votes"): ("", "", ""),
    }
