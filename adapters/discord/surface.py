"""Builds Discord's application commands from the declared ones, and publishes them when they changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from adapters.discord.calls import Calls
from adapters.discord.inbound import ELSEWHERE
from adapters.discord.locales import is_name, spoken
from adapters.discord.patience import Sleep, backoff
from bot.errors import DeliveryError, PlatformDown, StorageError, Throttled
from bot.model import Phrase
from bot.ports import Choice, Command, KeyStore, Parameter, Subcommand, Translators

log = structlog.get_logger()

MAX_DESCRIPTION = 100
MAX_CHOICES = 25

_SUBCOMMAND, _STRING, _CHANNEL = 1, 3, 7
_CHATS = (0, 5, 10, 11, 12, 15, 16)
"""Channel types: text, announcements, threads of all kinds, forums, media."""

ANOTHER = Phrase("The channel, forum or thread that it is about, if not this one")
# TRANSLATORS: the name of a field of a command, in which another channel of the Discord server is chosen: one word of
# lower-case letters and a colon
ANOTHER_NAME = Phrase("channel:")
_CHAT_INPUT = 1
_GUILD_INSTALL = 0
_IN_GUILDS, _IN_PRIVATE = 0, 1


def application_commands(commands: Sequence[Command], translators: Translators) -> list[dict[str, Any]]:
    """The body of the bulk request. Whatever a member's client shows as names, interactions say the names declared."""
    words = _Words(translators)
    made = [
        {
            "type": _CHAT_INPUT,
            "name": command.name,
            **words.described(command.description),
            "options": _options(command, words),
            # Everyone sees every command: who may use it is asked each time, not set once.
            "default_member_permissions": None,
            "contexts": [_IN_GUILDS, _IN_PRIVATE],
            "integration_types": [_GUILD_INSTALL],
        }
        for command in commands
    ]
    return words.called(made, [command.shown_as for command in commands])


def spelled(commands: Sequence[Command], words: str) -> str:
    """How someone types in Discord's clients what reads ``/sources follow crypto`` elsewhere: ``/sources follow
    pack:crypto``. Only the first option, which takes all the words."""
    name, _, rest = words.removeprefix("/").partition(" ")
    command = next((one for one in commands if one.name == name), None)
    if command is None:
        return words
    head, parameters = f"/{name}", command.parameters
    verb, _, after = rest.partition(" ")
    subcommand = next((one for one in command.subcommands if one.name == verb), None)
    if subcommand is not None:
        head, parameters, rest = f"{head} {verb}", subcommand.parameters, after
    return f"{head} {parameters[0].name}:{rest}" if parameters and rest else words


def _options(command: Command, words: _Words) -> list[dict[str, Any]]:
    if not command.subcommands:
        return _parameters(command.parameters, words, elsewhere=command.elsewhere)
    made = [_verb(verb, words, elsewhere=command.elsewhere) for verb in command.subcommands]
    return words.called(made, [verb.shown_as for verb in command.subcommands])


def _another_channel(words: _Words) -> dict[str, Any]:
    return {
        "type": _CHANNEL,
        "name": ELSEWHERE,
        **words.described(ANOTHER),
        "required": False,
        "channel_types": list(_CHATS),
    }


def _verb(verb: Subcommand, words: _Words, *, elsewhere: bool) -> dict[str, Any]:
    return {
        "type": _SUBCOMMAND,
        "name": verb.name,
        **words.described(verb.description),
        "options": _parameters(verb.parameters, words, elsewhere=elsewhere),
    }


def _parameters(parameters: Sequence[Parameter], words: _Words, *, elsewhere: bool) -> list[dict[str, Any]]:
    # Discord wants the required ones first.
    ordered = sorted(parameters, key=lambda parameter: not parameter.required)
    made = [_parameter(one, words) for one in ordered]
    shown_as = [one.shown_as for one in ordered]
    if elsewhere:
        made.append(_another_channel(words))
        shown_as.append(ANOTHER_NAME)
    return words.called(made, shown_as)


def _parameter(parameter: Parameter, words: _Words) -> dict[str, Any]:
    option: dict[str, Any] = {
        "type": _STRING,
        "name": parameter.name,
        **words.described(parameter.description),
        "required": parameter.required,
    }
    if parameter.choices and len(parameter.choices) <= MAX_CHOICES:
        option["choices"] = [_choice(choice, words) for choice in parameter.choices]
    elif parameter.suggests:
        option["autocomplete"] = True
    return option


def _choice(choice: Choice, words: _Words) -> dict[str, Any]:
    if isinstance(choice.label, Phrase):
        return {"value": choice.value, **words.named(choice.label)}
    return {"value": choice.value, "name": choice.label[:MAX_DESCRIPTION]}


class _Words:
    """A phrase in all the languages of Discord's clients."""

    def __init__(self, translators: Translators) -> None:
        self._translators = translators
        self._locales = tuple(spoken(translators))

    def described(self, phrase: Phrase) -> dict[str, Any]:
        """As a description."""
        return {"description": self._in("en", phrase), "description_localizations": self._everywhere(phrase)}

    def named(self, phrase: Phrase) -> dict[str, Any]:
        """As the label of a choice."""
        return {"name": self._in("en", phrase), "name_localizations": self._everywhere(phrase)}

    def called(self, siblings: list[dict[str, Any]], shown_as: Sequence[Phrase | None]) -> list[dict[str, Any]]:
        """Commands or options of one level, with their names in the languages of the clients.

        One bad name would have all commands refused: those that break Discord's rules are left out, and so are two of
        a language that are the same, or one that is another's default (Application Commands: Localization).
        """
        default = [sibling["name"] for sibling in siblings]
        for locale, language in self._locales:
            t = self._translators(language)
            said = ["" if phrase is None else _name(t.phrase(phrase)) for phrase in shown_as]
            for sibling, name in zip(siblings, said, strict=True):
                if is_name(name) and name not in default and said.count(name) == 1:
                    sibling.setdefault("name_localizations", {})[locale] = name
        return siblings

    def _everywhere(self, phrase: Phrase) -> dict[str, str]:
        return {locale: self._in(language, phrase) for locale, language in self._locales}

    def _in(self, language: str, phrase: Phrase) -> str:
        # One that is too long would have all of them refused.
        return self._translators(language).phrase(phrase)[:MAX_DESCRIPTION]


def _name(shown_as: str) -> str:
    """What a name is called, of `shown_as`: the last word of what is typed."""
    return ("", *shown_as.split())[-1].removeprefix("/").removesuffix(":")


def fingerprint(payload: Sequence[Mapping[str, Any]]) -> str:
    """The same for the same commands."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


async def publish(payload: list[dict[str, Any]], calls: Calls, keys: KeyStore, sleep: Sleep) -> None:
    """Hand the commands to Discord unless it has these already; again and again while it can't be reached, or while it
    can't be remembered that it has them."""
    application = calls.client.application_id
    assert application is not None, "known from the login on"
    failures = 0
    while True:
        try:
            await _publish(payload, calls, keys, application)
            return
        except (PlatformDown, Throttled, StorageError) as error:
            failures += 1
            log.info("commands could not be published on Discord yet", reason=str(error))
            await sleep(error.retry_after if isinstance(error, Throttled) else backoff(failures))
        except DeliveryError as error:
            log.error("Discord refuses the commands", reason=str(error))
            return


async def _publish(payload: list[dict[str, Any]], calls: Calls, keys: KeyStore, application: int) -> None:
    key, wanted = f"discord/commands/{application}", fingerprint(payload)
    if await keys.get(key) == wanted:
        return
    await calls.ask(lambda: calls.client.http.bulk_upsert_global_commands(application, payload))
    await keys.put(key, wanted)
    log.info("commands published on Discord", commands=len(payload))
