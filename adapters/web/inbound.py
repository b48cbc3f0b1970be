"""Forms and headers → events. Pure; everything here came from a browser and may be forged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from adapters.web.members import Member
from bot.events import ButtonPressed, ChatJoined, ChoicesWanted, CommandInvoked
from bot.model import Actor, ChatKind, ChatRef, MessageRef
from bot.ports import Command, Parameter

PLATFORM = "web"

FIELDS = 40
"""The longest form of ours has about ten."""

FIELD_CHARACTERS = 4096
BUTTON_BYTES = 64

STROKES = ("/", "／")
"""Before a command; the wide one is what a Japanese or Chinese keyboard gives."""

NAME_CHARACTERS = 32
_ARGUMENT = "argument."


def read_form(body: bytes) -> Mapping[str, str]:
    """The fields of an urlencoded form, each by its last value; nothing for a body that is no such form."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except ValueError:
        return {}
    return {name: value[:FIELD_CHARACTERS] for name, value in pairs}


def chat_of(room: str) -> ChatRef:
    """The chat that a room is."""
    return ChatRef(PLATFORM, room)


def actor_of(member: Member, room: str) -> Actor:
    """The person behind a request. Who sits in a language's room reads that language, whatever the browser's is."""
    return Actor(PLATFORM, member.id, locale=room)


def room_opened(room: str, title: str) -> ChatJoined:
    """A room was visited for the first time."""
    return ChatJoined(chat_of(room), ChatKind.ROOM, title=title, language=room)


def press(form: Mapping[str, str], room: str, member: Member, event_id: str) -> ButtonPressed | None:
    """A button of a card was pressed; None when the form doesn't say which."""
    message, button = form.get("message", ""), form.get("button", "")
    if not message or not button.isascii() or not 0 < len(button) <= BUTTON_BYTES:
        return None
    # A post is sent as m12, so that the id that the page shows is the one that the form sends.
    ref = MessageRef(chat_of(room), message.removeprefix("m"))
    return ButtonPressed(ref, actor_of(member, room), button, event_id, admin=member.admin)


def typed_command(text: str, words_mean: str, room: str, title: str, member: Member, event_id: str) -> CommandInvoked:
    """What was typed in the room: a command, known or not; words alone are given to the one of this name."""
    name, words = words_mean, text.strip()
    if words.startswith(STROKES):
        name, words = [*words[1:].split(maxsplit=1), "", ""][:2]
    return CommandInvoked(
        chat_of(room),
        actor_of(member, room),
        name=name[:NAME_CHARACTERS].lower(),
        text=words.strip(),
        event_id=event_id,
        admin=member.admin,
        kind=ChatKind.ROOM,
        title=title,
    )


def form_command(
    form: Mapping[str, str], commands: Sequence[Command], room: str, title: str, member: Member, event_id: str
) -> CommandInvoked | None:
    """The command that a form of the menu gives; None when it is not one of the declared ones."""
    name, subcommand = form.get("command", ""), form.get("subcommand", "")
    parameters = parameters_of(commands, name, subcommand)
    if parameters is None:
        return None
    filled = [(parameter, form.get(_ARGUMENT + parameter.name, "").strip()) for parameter in parameters]
    given = [(parameter, value) for parameter, value in filled if value]
    return CommandInvoked(
        chat_of(room),
        actor_of(member, room),
        name=name,
        subcommand=subcommand,
        text=" ".join(parameter.typed(value) for parameter, value in given),
        arguments={parameter.name: value for parameter, value in given},
        event_id=event_id,
        admin=member.admin,
        kind=ChatKind.ROOM,
        title=title,
    )


def as_typed(command: CommandInvoked) -> str:
    """How the command looks when it is typed, to show above its answer what was asked."""
    words = (f"/{command.name}", command.subcommand, command.text)
    return " ".join(word for word in words if word)


def choices_wanted(
    query: Mapping[str, str], commands: Sequence[Command], room: str, member: Member
) -> ChoicesWanted | None:
    """Suggestions are wanted for a field of the menu; None when it has none."""
    name, subcommand = query.get("command", ""), query.get("subcommand", "")
    wanted = query.get("parameter", "")
    parameters = parameters_of(commands, name, subcommand) or ()
    if not any(parameter.name == wanted and parameter.suggests for parameter in parameters):
        return None
    typed = query.get("typed", "")[:FIELD_CHARACTERS]
    return ChoicesWanted(chat_of(room), actor_of(member, room), name, subcommand, wanted, typed, admin=member.admin)


def parameters_of(commands: Sequence[Command], name: str, subcommand: str) -> Sequence[Parameter] | None:
    """The parameters of a declared command or of its subcommand; None when there is no such thing."""
    for command in commands:
        if command.name == name and not subcommand and not command.subcommands:
            return command.parameters
        if command.name == name:
            return next((verb.parameters for verb in command.subcommands if verb.name == subcommand), None)
    return None
