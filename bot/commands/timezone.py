"""`/timezone`: by which clock a chat goes."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.card.answer import heading, in_rows, note, paragraph
from bot.commands import zones
from bot.commands.request import Request
from bot.commands.targets import offer_channels
from bot.errors import CommandError
from bot.i18n import default_zone
from bot.model import Button, ButtonRole, Line, Phrase
from bot.ports import Answer, Audience, Choice, Command, Parameter
from bot.storage import chats
from bot.storage.chats import Chat

COMMAND = Command(
    name="timezone",
    description=Phrase("Choose the time zone of this chat"),
    parameters=(
        Parameter(
            name="zone",
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
        return await offer_channels(request) or await _regions(request)
    await request.require_admin()
    if (turned := _REGION.fullmatch(request.words)) is not None:
        return _cities(request, turned[1], int(turned[2] or 1))
    if request.words.casefold() == USUAL:
        return await _choose(request, None)
    language = request.t.language
    # The first time it reads the names of all places, which takes a while.
    found = await asyncio.to_thread(zones.find, request.words, language, request.now)
    if not found:
        raise CommandError(
            Phrase(
                "I know no place “{place}”. Type the largest city nearby, or how far it is from UTC: {examples}",
                {"place": request.words[:40], "examples": f"{EXAMPLE} · /timezone Asia/Yerevan · /timezone UTC+4"},
            )
        )
    return await _choose(request, found[0]) if len(found) == 1 else _which(request, found)


def zone_of(chat: Chat) -> str:
    """The zone by which a chat goes."""
    return chat.timezone or default_zone(chat.language or "en")


def time_here(request: Request, at: datetime) -> str:
    """A moment as the chat's clock shows it."""
    return request.t.local_moment(at, ZoneInfo(zone_of(request.chat)))


def told(request: Request) -> str:
    """In a sentence, by which clock the chat goes, and what it shows."""
    # TRANSLATORS: {zone} is a city, or UTC+4; {time} is a date with a time of day
    return request.t(
        "Time zone: {zone}, where it is {time} now",
        zone=zones.name_of(zone_of(request.chat), request.t.language),
        time=time_here(request, request.now),
    )


def suggestions(typed: str, language: str) -> tuple[Choice, ...]:
    """Places whose names begin like what was typed; before anything was, those of the first region."""
    if not typed.strip():
        found = tuple(place.zone for place in zones.of_region(zones.REGIONS[0], language))
    else:
        found = zones.begun(typed, language)
    return tuple(Choice(zone, f"{zones.name_of(zone, language)} ({zone})") for zone in found)


async def _choose(request: Request, zone: str | None) -> Answer:
    await request.services.database.write(chats.choose_timezone, request.chat.id, zone, request.actor, request.now)
    request = replace(request, chat=replace(request.chat, timezone=zone))
    return await _regions(replace(request, said_admin=True), first=True)


async def _regions(request: Request, *, first: bool = False) -> Answer:
    """The present zone, and the regions of the world. ``first``: it has just been chosen, for all to see."""
    await request.require_admin()
    t, language = request.t, request.t.language
    usual = default_zone(request.chat.language or "en")
    buttons = [request.button(zones.name_of(usual, language), USUAL, pressed=zone_of(request.chat) == usual)]
    if usual != zones.UTC:
        buttons.append(request.button("UTC", zones.UTC, pressed=zone_of(request.chat) == zones.UTC))
    regions = [request.button(zones.region_name(one, language), f"{_IN} {one}") for one in zones.REGIONS]
    return request.answer(
        *_title(request),
        paragraph(told(request)),
        note(t("Choose where you are, or type the largest city nearby: {example}", example=request.addressed(EXAMPLE))),
        buttons=[buttons, *in_rows(regions, 3)],
        private=not first,
    )


def _cities(request: Request, region: str, page: int) -> Answer:
    t, language = request.t, request.t.language
    there = zones.of_region(region, language)
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
            t("{region}, page {page} of {pages}", region=zones.region_name(region, language), page=page, pages=last)
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
    return request.button(zones.name_of(zone, request.t.language), zone, pressed=zone == zone_of(request.chat))


def _turn(request: Request, label: str, words: str) -> Button:
    return request.button(label, words, role=ButtonRole.PRIMARY)


def _title(request: Request) -> list[Line]:
    about = [paragraph(request.chat.title or request.chat.ref.id)] if request.address else []
    return [heading(request.t("Time zone")), *about]
