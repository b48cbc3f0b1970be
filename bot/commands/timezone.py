"""`/timezone`: by which clock a chat goes."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import datetime

from bot.card.answer import heading, in_rows, note, paragraph
from bot.commands import zones
from bot.commands.request import Request
from bot.commands.targets import which_chat
from bot.errors import CommandError
from bot.model import Button, ButtonRole, Line, Phrase
from bot.ports import Answer, Audience, Choice, Command, Parameter
from bot.storage import chats

COMMAND = Command(
    name="timezone",
    # TRANSLATORS: a command as it is typed: a slash and one word of lower-case letters, without spaces; hyphens are
    # allowed
    shown_as=Phrase("/timezone"),
    description=Phrase("Choose the time zone of this chat"),
    parameters=(
        Parameter(
            name="zone",
            # TRANSLATORS: the name of a field of a command: one word of lower-case letters and a colon; it takes a time
            # zone or a city
            shown_as=Phrase("zone:"),
            description=Phrase("A large city nearby, a zone such as Asia/Yerevan, or UTC+4"),
            required=False,
            suggests=True,
        ),
    ),
    audience=Audience.ADMIN,
    elsewhere=True,
)

EXAMPLE = "/timezone Yerevan"
USUAL = "default"
"""What is typed for the zone that goes with the chat's language."""

PAGE = 12
"""Places on a page: three in a row, and a row of buttons to turn it, are as many as any platform shows."""

_IN = "in"
_REGION = re.compile(rf"{_IN} ({'|'.join(zones.REGIONS)})(?: ([0-9]{{1,3}}))?", re.ASCII)


async def answer(request: Request) -> Answer:
    if not request.words:
        return await which_chat(request) or await _regions(request)
    question = await which_chat(request)
    if question is not None:
        return question
    await request.require_admin()
    if (turned := _REGION.fullmatch(request.words)) is not None:
        return _cities(request, turned[1], int(turned[2] or 1))
    if request.words.casefold() == USUAL:
        return await _choose(request, None)
    # The first time it reads the names of all places, which takes a while.
    found = await asyncio.to_thread(zones.find, request.words, _locale(request), request.now, _locales(request))
    if not found:
        raise CommandError(
            Phrase(
                "I don't know any place “{place}”. Type the largest city nearby, or how far it is from UTC: {examples}",
                {"place": request.words[:40], "examples": f"{EXAMPLE} · /timezone Asia/Yerevan · /timezone UTC+4"},
            )
        )
    return await _choose(request, found[0]) if len(found) == 1 else _which(request, found)


def zone_of(request: Request) -> str:
    """The zone by which the chat goes."""
    return request.chat.timezone or _usual(request)


def _usual(request: Request) -> str:
    """The one that goes with its language, by the name that it has today."""
    zone = request.services.translators.zone(request.chat.language or "en")
    return zones.known_zone(zone) or zone


def _locale(request: Request) -> str:
    """Whose names of places are those that the answer is to have."""
    return request.services.translators.locale(request.t.language)


def _locales(request: Request) -> list[str]:
    translators = request.services.translators
    return [translators.locale(language) for language in translators.names]


def time_here(request: Request, at: datetime) -> str:
    """A moment as the chat's clock shows it."""
    return request.services.translators(request.t.language, zone_of(request)).moment(at)


def told(request: Request) -> str:
    """In a sentence, by which clock the chat goes, and what it shows."""
    # TRANSLATORS: {zone} is a city, or UTC+4; {time} is a date with a time of day
    return request.t(
        "Time zone: {zone}, where it is {time} now",
        zone=zones.name_of(zone_of(request), _locale(request)),
        time=time_here(request, request.now),
    )


def suggestions(typed: str, locale: str) -> tuple[Choice, ...]:
    """Places whose names begin like what was typed; before anything was, those of the first region."""
    if not typed.strip():
        found = tuple(place.zone for place in zones.of_region(zones.REGIONS[0], locale))
    else:
        found = zones.begun(typed, locale)
    return tuple(Choice(zone, f"{zones.name_of(zone, locale)} ({zone})") for zone in found)


async def _choose(request: Request, zone: str | None) -> Answer:
    first, _ = await request.once(chats.choose_timezone, request.chat.id, zone, request.actor, request.now)
    request.services.on_change()  # posts tell their dates by that clock
    chat = None if first else await request.services.database.read(chats.by_id, request.chat.id)
    request = replace(request, chat=chat or replace(request.chat, timezone=zone))
    return await _regions(replace(request, said_admin=True), first=True)


async def _regions(request: Request, *, first: bool = False) -> Answer:
    """The present zone, and the regions of the world. ``first``: it has just been chosen, for all to see."""
    await request.require_admin()
    t, locale = request.t, _locale(request)
    usual = _usual(request)
    buttons = [request.button(zones.name_of(usual, locale), USUAL, pressed=zone_of(request) == usual)]
    if usual != zones.UTC:
        buttons.append(request.button("UTC", zones.UTC, pressed=zone_of(request) == zones.UTC))
    regions = [request.button(zones.region_name(one, locale), f"{_IN} {one}") for one in zones.REGIONS]
    return request.answer(
        *_title(request),
        paragraph(told(request)),
        note(t("Choose where you are, or type the largest city nearby: {example}", example=request.addressed(EXAMPLE))),
        buttons=[buttons, *in_rows(regions, 3)],
        private=not first,
    )


def _cities(request: Request, region: str, page: int) -> Answer:
    t, locale = request.t, _locale(request)
    there = zones.of_region(region, locale)
    last = (len(there) + PAGE - 1) // PAGE
    page = min(max(page, 1), last)
    shown = there[(page - 1) * PAGE : page * PAGE]
    turns: list[Button] = []
    if page > 1:
        turns.append(_turn(request, t("Previous page"), f"{_IN} {region} {page - 1}"))
    turns.append(_turn(request, t("Back"), ""))
    if page < last:
        turns.append(_turn(request, t("Next page"), f"{_IN} {region} {page + 1}"))
    return request.answer(
        *_title(request),
        paragraph(
            # TRANSLATORS: {region} is such as Europe; the pages are of a list of cities
            t("{region}, page {page} of {pages}", region=zones.region_name(region, locale), page=page, pages=last)
        ),
        note(t("Or type the largest city nearby: {example}", example=request.addressed(EXAMPLE))),
        buttons=[*in_rows([_city(request, place.zone) for place in shown], 3), turns],
        private=True,
    )


def _which(request: Request, found: tuple[str, ...]) -> Answer:
    """More than one may be meant."""
    return request.answer(
        *_title(request),
        paragraph(request.t("Which one do you mean?")),
        buttons=in_rows([_city(request, zone) for zone in found[:PAGE]], 3),
        private=True,
    )


def _city(request: Request, zone: str) -> Button:
    return request.button(zones.name_of(zone, _locale(request)), zone, pressed=zone == zone_of(request))


def _turn(request: Request, label: str, words: str) -> Button:
    return request.button(label, words, role=ButtonRole.PRIMARY)


def _title(request: Request) -> list[Line]:
    about = [paragraph(request.chat.title or request.chat.ref.id)] if request.address else []
    return [heading(request.t("Time zone")), *about]
