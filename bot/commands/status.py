"""`/status`: what works in a chat, which right is missing and how to grant it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.card.answer import heading, item, note, paragraph
from bot.commands import fallback, timezone
from bot.commands.request import Request
from bot.commands.sources_menu import how_many, unreachable
from bot.commands.targets import which_chat
from bot.commands.translation import what_is_translated
from bot.commands.voting import ways_to_vote
from bot.errors import DeliveryError
from bot.model import Line, Phrase
from bot.ports import Answer, Capabilities, Command, Task
from bot.storage import chats, silence, subscriptions
from bot.storage.chats import Duties

COMMAND = Command(
    name="status",
    # TRANSLATORS: a command as it is typed: a slash and one word of lower-case letters, without spaces
    shown_as=Phrase("/status"),
    description=Phrase("What works here, and what is missing"),
    elsewhere=True,
    task=Task(Phrase("Status")),
)


async def answer(request: Request) -> Answer:
    offer = await which_chat(request) if not request.words else None
    if offer is not None:
        return offer
    t, database = request.t, request.services.database
    duties = await database.read(chats.duties, request.chat.id)
    followed = await database.read(subscriptions.of_chat, request.chat.id)
    return request.answer(
        heading(
            t("Status of {chat}", chat=request.chat.title or request.chat.ref.id) if request.address else t("Status")
        ),
        *await _rights(request),
        heading(t("Settings")),
        *_settings(request),
        *map(item, await what_is_translated(request, request.chat.language)),
        *map(item, how_many(request, followed)),
        *([item(missing)] if (missing := unreachable(request, followed)) is not None else []),
        *_open_duties(request, duties),
        *await _lost(request),
        note(t("Version {version}", version=request.services.version)),
        private=True,
    )


async def _rights(request: Request) -> list[Line]:
    t = request.t
    lines = []
    if request.chat.paused is not None:
        lines.append(paragraph(t("I post nothing here now: {reason}", reason=request.chat.paused)))
    try:
        capabilities = await request.adapter.capabilities(request.chat.ref)
    except DeliveryError as error:
        return [*lines, paragraph(t.phrase(error.phrase))]
    return [*lines, *_what_works(request, capabilities)]


def _what_works(request: Request, capabilities: Capabilities) -> Iterator[Line]:
    t = request.t
    yield item(t("I may post here.") if capabilities.posts else t("I may not post here."))
    yield from ways_to_vote(request, capabilities)
    if capabilities.emoji == frozenset():
        yield item(t("There are no reactions here: a vote is a click on a button."))
    elif not capabilities.reactions and not capabilities.totals:
        yield item(t("Reactions don't reach me here."))
    if capabilities.missing:
        yield heading(t("What is missing"))
    for missing in capabilities.missing:
        yield item(t.phrase(missing))


def _settings(request: Request) -> Iterator[Line]:
    t, language = request.t, request.chat.language
    if language is None:
        yield item(t("I post nothing until an admin has chosen a language: {command}", command="/language"))
    else:
        yield item(t("Language: {language}", language=request.services.translators.names.get(language, language)))
        yield item(fallback.told(request))
    yield item(timezone.told(request))


def _open_duties(request: Request, duties: Duties) -> Iterator[Line]:
    t = request.t
    if duties.waiting:
        yield item(t.plural("{n} story waits to be posted.", "{n} stories wait to be posted.", duties.waiting))
    if duties.unconfirmed:
        yield item(
            t.plural(
                "{n} story may or may not have been posted; it is not sent again, so that nothing comes twice.",
                "{n} stories may or may not have been posted; they are not sent again, so that nothing comes twice.",
                duties.unconfirmed,
            )
        )


async def _lost(request: Request) -> list[Line]:
    """Votes that can't be recovered, while they could still be given on some post."""
    services, chat, t = request.services, request.chat, request.t
    lost = await services.database.read(silence.lost, chat.ref.platform)
    if lost is None or lost.until < max(services.clock() - timedelta(days=services.open_days), chat.joined_at):
        return []
    # TRANSLATORS: both are dates with a time of day
    words = t(
        "Votes given between {start} and {end} are missing: I could not be reached for too long.",
        start=t.moment(lost.since),
        end=t.moment(lost.until),
    )
    return [item(words)]
