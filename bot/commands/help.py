"""`/help`: the commands, and how votes work here."""

from __future__ import annotations

from collections.abc import Sequence

from bot.card.answer import heading, item, note
from bot.commands.request import Request
from bot.commands.sources_menu import ADD_EXAMPLE
from bot.commands.voting import ways_to_vote
from bot.errors import DeliveryError
from bot.model import ChatKind, Line, Phrase, Span, Style
from bot.ports import Answer, Capabilities, Command, KnowsAdmins, LanguageByChat, Task

COMMAND = Command(
    name="help",
    # TRANSLATORS: a command as it is typed: a slash and one word of lower-case letters, without spaces
    shown_as=Phrase("/help"),
    description=Phrase("What I can do, and how votes work"),
    # TRANSLATORS: a button that leads to a list of what this bot can do
    task=Task(Phrase("Help")),
)

_EXAMPLES = ("/sources follow crypto", ADD_EXAMPLE)


async def answer(request: Request, commands: Sequence[Command]) -> Answer:
    t, chooses = request.t, not isinstance(request.adapter, LanguageByChat)
    examples = " · ".join(map(request.adapter.spelled, ("/language fr", *_EXAMPLES) if chooses else _EXAMPLES))
    return request.answer(
        heading(t("What I can do")),
        *(_described(request, command) for command in commands if chooses or not command.chooses_language),
        note(t("For example: {examples}", examples=examples)),
        *_channels(request),
        heading(t("How votes work here")),
        *ways_to_vote(request, await _capabilities(request)),
        item(t("A story can be posted in many chats; the votes of all of them are shown too.")),
        private=True,
    )


def _described(request: Request, command: Command) -> Line:
    return item(Span(f"/{command.name}", Style.BOLD), f" – {request.t.phrase(command.description)}")


def _channels(request: Request) -> list[Line]:
    if request.here.kind is not ChatKind.PRIVATE or not isinstance(request.adapter, KnowsAdmins):
        return []
    return [
        note(request.t("Are you an admin of a channel that I am in? Set it up here: {command}", command="/language"))
    ]


async def _capabilities(request: Request) -> Capabilities:
    try:
        return await request.adapter.capabilities(request.chat.ref)
    except DeliveryError:
        return Capabilities()  # help helps without the platform, too; /status says what is wrong
