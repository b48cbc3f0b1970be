"""The commands that there are: each declaration with its handler. A command is listed here once it works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bot.commands import help as help_command
from bot.commands import language, me, privacy, search, sources, status, timezone
from bot.commands.request import Handler
from bot.ports import Command


@dataclass(frozen=True, slots=True)
class Registered:
    """A command and what answers it."""

    command: Command
    handler: Handler


def registry(packs: Sequence[str], languages: Mapping[str, str]) -> Mapping[str, Registered]:
    """Every command by its name, in the order in which platforms show them. ``languages``: their own names by code."""
    described = (
        language.declaration(languages),
        timezone.COMMAND,
        sources.declaration(packs),
        search.COMMAND,
        me.COMMAND,
        status.COMMAND,
        help_command.COMMAND,
        privacy.COMMAND,
    )
    handlers: tuple[Handler, ...] = (
        language.answer,
        timezone.answer,
        sources.answer,
        search.Search().answer,
        me.answer,
        status.answer,
        partial(help_command.answer, commands=described),
        privacy.answer,
    )
    return {command.name: Registered(command, handler) for command, handler in zip(described, handlers, strict=True)}
