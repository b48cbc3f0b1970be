"""What a member may do here, as the forms of the menu: made from the commands as they are declared. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Phrase
from bot.ports import Audience, Command, Parameter, Subcommand, Task


@dataclass(frozen=True, slots=True)
class Offer:
    """A form of the menu: a command, or one of its subcommands."""

    command: str
    subcommand: str
    description: Phrase
    task: Task | None
    parameters: Sequence[Parameter]

    @property
    def typed(self) -> str:
        """How it is typed, as far as that goes without what is filled in."""
        keyword = self.parameters[0].name if self.parameters and self.parameters[0].keyword else ""
        return " ".join(filter(None, (f"/{self.command}", self.subcommand, keyword)))


def offers(commands: Sequence[Command], *, admin: bool) -> list[Offer]:
    """The forms for a member or an admin: searching first, then what has fields, then what is one press."""
    shown = [
        (command.by_words, offer)
        for command in commands
        if _is_for(command, admin=admin)
        for offer in (_beside_language(command) if command.chooses_language else _offers_of(command, admin=admin))
    ]
    shown.sort(key=lambda one: (not one[0], not one[1].parameters))
    return [offer for _, offer in shown]


def _beside_language(command: Command) -> list[Offer]:
    """A room's language is its address, and the menu at the top leads to the others: what is left to choose is what can
    be said beside it."""
    beside = tuple(parameter for parameter in command.parameters if parameter.keyword)
    return [Offer(command.name, "", beside[0].description, command.task, beside)] if beside else []


def _offers_of(command: Command, *, admin: bool) -> list[Offer]:
    if not command.subcommands:
        return [Offer(command.name, "", command.description, command.task, command.parameters)]
    return [
        Offer(command.name, verb.name, verb.description, verb.task, verb.parameters)
        for verb in command.subcommands
        if _is_for(verb, admin=admin)
    ]


def _is_for(command: Command | Subcommand, *, admin: bool) -> bool:
    return admin or command.audience is Audience.MEMBER
