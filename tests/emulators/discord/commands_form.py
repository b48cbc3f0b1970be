"""Checks application commands as registration does (Application Commands: naming, localization, option types)."""

from __future__ import annotations

import unicodedata
from typing import Any

from .forms import Form, Path
from .state import Json

LOCALES = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
    ]
)
SUB_COMMAND, SUB_COMMAND_GROUP, STRING, INTEGER, CHANNEL, NUMBER = 1, 2, 3, 4, 7, 10
CHANNEL_TYPES = (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16)
MAX_COMMANDS, MAX_SIZE = 100, 8000
# Reference: Naming. Beside letters and numbers the pattern admits the scripts Devanagari and Thai with their marks.
_MARKED_SCRIPTS = ("DEVANAGARI", "THAI")


def good_name(name: str) -> bool:
    if not 1 <= len(name) <= 32 or name != name.lower():
        return False
    return all(
        c in "-_'" or unicodedata.category(c)[0] in "LN" or unicodedata.name(c, "").startswith(_MARKED_SCRIPTS)
        for c in name
    )


def validate_one(form: Form, value: Any, path: Path = (), *, partial: bool = False) -> Json:
    command = form.mapping(path, value)
    if not command:
        return {}
    kind = form.integer((*path, "type"), command.get("type"), default=1)
    if kind not in (1, 2, 3, 4):
        form.choices((*path, "type"), (1, 2, 3, 4))
    if not (partial and "name" not in command):
        _name(form, command, path, slash=kind == 1)
    if kind == 1 and not (partial and "description" not in command):
        form.text((*path, "description"), command.get("description"), low=1, high=100, required=True)
    if kind != 1 and command.get("description"):
        words = "Context menu commands cannot have description"
        form.wrong((*path, "description"), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", words)
    _localized(form, command, path, "description", slash=False, high=100)
    _options(form, command.get("options"), path, depth=0)
    _sets(form, command, path)
    if size(command) > MAX_SIZE:
        form.wrong(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({MAX_SIZE})")
    return command


def validate_many(form: Form, value: Any) -> list[Json]:
    commands = form.listed((), value)
    seen: set[tuple[Any, Any]] = set()
    for index, item in enumerate(commands):
        command = validate_one(form, item, (index,))
        key = (command.get("type", 1), command.get("name"))
        if key in seen:
            words = "Application command names must be unique"
            form.wrong((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", words)
        seen.add(key)
    return commands


def _name(form: Form, holder: Json, path: Path, *, slash: bool) -> None:
    name = form.text((*path, "name"), holder.get("name"), low=1, high=32, required=True)
    if name and slash and len(name) <= 32 and not good_name(name):
        form.wrong((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    _localized(form, holder, path, "name", slash=slash, high=32)


def _localized(form: Form, holder: Json, path: Path, field: str, *, slash: bool, high: int) -> None:
    key = f"{field}_localizations"
    if holder.get(key) is None:
        return
    for locale, words in form.mapping((*path, key), holder[key]).items():
        at = (*path, key, locale)
        if locale not in LOCALES:
            form.wrong(at, "BASE_TYPE_CHOICES", f"Value must be one of ({_listed()}).")
            continue
        if words is None:
            continue
        text = form.text(at, words, low=1, high=high)
        if slash and text and len(text) <= high and not good_name(text):
            form.wrong(at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _listed() -> str:
    return ", ".join(repr(locale) for locale in sorted(LOCALES))


def _options(form: Form, value: Any, path: Path, *, depth: int) -> None:
    options = form.listed((*path, "options"), value)
    if len(options) > 25:
        form.too_long((*path, "options"), 25)
    names: set[str] = set()
    optional_seen = False
    kinds = {o.get("type") for o in options if isinstance(o, dict)}
    mixed = bool(kinds & {SUB_COMMAND, SUB_COMMAND_GROUP}) and bool(kinds - {SUB_COMMAND, SUB_COMMAND_GROUP})
    for index, item in enumerate(options):
        at = (*path, "options", index)
        option = form.mapping(at, item)
        _option(form, option, at, depth)
        if mixed and index and option.get("type") not in (SUB_COMMAND, SUB_COMMAND_GROUP):
            words = "Sub-command and sub-command group option types are mutually exclusive to all other types"
            form.wrong(at, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)
        if option.get("name") in names:
            words = "Option name already used in this command"
            form.wrong(at, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_USED", words)
        names.add(str(option.get("name")))
        if option.get("required") and optional_seen:
            words = "Required options must be placed before non-required options"
            form.wrong(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)
        optional_seen = optional_seen or not option.get("required")
    _localized_apart(form, [option for option in options if isinstance(option, dict)], (*path, "options"))


def _localized_apart(form: Form, options: list[Json], path: Path) -> None:
    """A localized option name differs from all other default names and from the others of its locale (Localization)."""
    for index, option in enumerate(options):
        others = options[:index] + options[index + 1 :]
        for locale, name in _names_of(option).items():
            taken = {other.get("name") for other in others} | {_names_of(other).get(locale) for other in others}
            if name is not None and name != option.get("name") and name in taken:
                words = "Option name already used in this command"
                at = (*path, index, "name_localizations", locale)
                form.wrong(at, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_USED", words)


def _names_of(option: Json) -> Json:
    names = option.get("name_localizations")
    return names if isinstance(names, dict) else {}


def _option(form: Form, option: Json, path: Path, depth: int) -> None:
    if not option:
        return
    kind = option.get("type")
    allowed = {0: range(1, 12), 1: (1, *range(3, 12)), 2: range(3, 12)}[min(depth, 2)]
    if kind is None:
        form.required((*path, "type"))
    elif kind not in allowed:
        listed = ", ".join(str(n) for n in allowed)
        form.wrong(path, "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({listed}).')
        return
    _name(form, option, path, slash=True)
    form.text((*path, "description"), option.get("description"), low=1, high=100, required=True)
    _localized(form, option, path, "description", slash=False, high=100)
    if kind in (SUB_COMMAND, SUB_COMMAND_GROUP):
        _options(form, option.get("options"), path, depth=2 if kind == SUB_COMMAND else 1)
        return
    choices = form.listed((*path, "choices"), option.get("choices"))
    if len(choices) > 25:
        form.too_long((*path, "choices"), 25)
    if choices and option.get("autocomplete"):
        words = "Autocomplete must not be set when choices are present"
        form.wrong((*path, "autocomplete"), "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", words)
    if option.get("autocomplete") and kind not in (STRING, INTEGER, NUMBER):
        words = "Autocomplete is not allowed for this option type"
        form.wrong((*path, "autocomplete"), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID_TYPE", words)
    if kind == CHANNEL:
        _channel_types(form, option, path)
    validate_choices(form, choices, (*path, "choices"), kind)


def _channel_types(form: Form, option: Json, path: Path) -> None:
    values = form.listed((*path, "channel_types"), option.get("channel_types"))
    for index, value in enumerate(values):
        if value not in CHANNEL_TYPES:
            form.choices((*path, "channel_types", index), CHANNEL_TYPES)
        elif value in values[:index]:
            words = "The set already contains this value"
            form.wrong((*path, "channel_types"), "SET_TYPE_ALREADY_CONTAINS_VALUE", words)


def validate_choices(form: Form, choices: list[Any], path: Path, kind: Any) -> None:
    names: set[str] = set()
    for index, item in enumerate(choices):
        at = (*path, index)
        choice = form.mapping(at, item)
        name = form.text((*at, "name"), choice.get("name"), low=1, high=100, required=True)
        if name in names:
            words = "Option choice name already used in this option"
            form.wrong(at, "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_USED", words)
        names.add(name)
        _localized(form, choice, at, "name", slash=False, high=100)
        if choice.get("value") is None:
            form.required((*at, "value"))
        elif kind == STRING:
            form.text((*at, "value"), choice["value"], high=100)
        elif not isinstance(choice["value"], (int, float)):
            form.wrong((*at, "value"), "NUMBER_TYPE_COERCE", f'Value "{choice["value"]}" is not int.')


def _sets(form: Form, command: Json, path: Path) -> None:
    for field, allowed in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        values = form.listed((*path, field), command.get(field))
        for index, value in enumerate(values):
            if value not in allowed:
                form.choices((*path, field, index), allowed)
            elif value in values[:index]:
                form.wrong((*path, field), "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
    rights = command.get("default_member_permissions")
    if rights is not None and not str(rights).isdigit():
        form.wrong(
            (*path, "default_member_permissions"), "BITFIELD_TYPE_CONVERT", f'Value "{rights}" is not a bitfield.'
        )


def size(command: Json) -> int:
    """Names, descriptions and values of the command and all its options, each in its longest language."""
    total = 0
    for field in ("name", "description"):
        words = [
            str(command.get(field) or ""),
            *(str(w or "") for w in (command.get(f"{field}_localizations") or {}).values()),
        ]
        total += max(len(w) for w in words)
    total += len(str(command["value"])) if isinstance(command.get("value"), str) else 0
    for nested in ("options", "choices"):
        total += sum(size(item) for item in command.get(nested) or [] if isinstance(item, dict))
    return total


def stored(command: Json, *, command_id: str, application_id: str, guild_id: str | None, version: str) -> Json:
    """The registered command as the API gives it back, defaults filled in."""
    shape: Json = {
        "id": command_id, "application_id": application_id, "version": version, "type": command.get("type", 1),
        "name": command["name"], "name_localizations": command.get("name_localizations"),
        "description": command.get("description", ""),
        "description_localizations": command.get("description_localizations"),
        "options": command.get("options") or [], "nsfw": bool(command.get("nsfw")), "dm_permission": True,
        "default_member_permissions": command.get("default_member_permissions"),
        "integration_types": command.get("integration_types") or [0],
    }  # fmt: skip
    if guild_id is None:
        shape["contexts"] = command.get("contexts")
    else:
        shape["guild_id"] = guild_id
    return shape
