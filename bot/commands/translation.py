"""What a chat is told of translations, and how its admins switch them: a part of `/language` and `/status`."""

from __future__ import annotations

import re

from bot.card.answer import paragraph
from bot.commands.request import Request
from bot.errors import CommandError
from bot.model import Button, Phrase
from bot.ports import Answer, Choice, Parameter
from bot.storage import chats, translations

WORD = "translate"
OFF, ON = f"{WORD} off", f"{WORD} on"

PARAMETER = Parameter(
    name=WORD,
    # TRANSLATORS: the name of a field of a command: one word of lower-case letters and a colon, no spaces
    shown_as=Phrase("translate:"),
    description=Phrase("Whether stories in other languages are translated here"),
    choices=(
        # TRANSLATORS: a choice in a list: stories in other languages are translated
        Choice(ON, Phrase("Translate")),
        # TRANSLATORS: a choice in a list, and a button: stories in other languages stay as they are
        Choice(OFF, Phrase("Don't translate")),
    ),
    required=False,
)

_SWITCH = re.compile(rf"(?:(?P<before>.*\S)\s+)?{WORD}\s+(?P<to>on|off)", re.IGNORECASE | re.DOTALL)


def switch_in(words: str) -> tuple[str, bool | None]:
    """What follows the command without the switch at its end, and what that is set to; None: there is none. Raises
    CommandError for one that is set to nothing."""
    match = _SWITCH.fullmatch(words.strip())
    if match is not None:
        return match["before"] or "", match["to"].lower() == "on"
    if words.lower().split()[:1] == [WORD]:
        raise CommandError(Phrase("Say {on} or {off}.", {"on": f"/language {ON}", "off": f"/language {OFF}"}))
    return words, None


async def switch(request: Request, on: bool) -> None:
    """Translate stories in other languages from now on, or leave them as they are."""
    await request.services.database.write(chats.choose_translation, request.chat.id, on, request.actor, request.now)
    request.services.on_change()


async def switched(request: Request, on: bool) -> Answer:
    """Does that, and says so."""
    await request.require_admin()
    await switch(request, on)
    t = request.t
    off_now = t("Stories in other languages now stay as they are.")
    return request.answer(paragraph(t("Stories in other languages are translated here.") if on else off_now))


async def what_is_translated(request: Request, into: str | None) -> list[str]:
    """Whether stories are translated for the chat, now that it speaks this language, and from what."""
    offered, t = request.services.translations, request.t
    if into is None:
        return []
    if not offered.configured:
        return [t("Stories in other languages stay as they are: no translator is configured.")]
    if not request.chat.translates:
        command = request.addressed(f"/language {ON}")
        return [t("Translation is off here. To switch it on: {command}", command=command)]
    if not offered.answered:
        return [t("Stories in other languages stay as they are: the translator has not answered yet.")]
    if not offered.offers_into(into):
        language = t.language_name(into)
        return [t("Stories in other languages stay as they are: no translator knows {language}.", language=language)]
    return [await _from_which(request, into)]


async def _from_which(request: Request, into: str) -> str:
    services, t = request.services, request.t
    foreign = await services.database.read(translations.foreign_languages, request.chat.id)
    names = [t.language_name(language) for language in foreign if services.translations.offers(language, into)]
    if not names:
        return t("Stories in other languages are translated here.")
    # TRANSLATORS: {languages} are such as "English and French"
    return t("Stories are translated from these languages: {languages}", languages=t.listed(names))


def switch_button(request: Request) -> tuple[Button, ...]:
    """Switches to the other; none where nothing can be translated."""
    t, chat = request.t, request.chat
    if chat.language is None or not request.services.translations.offers_into(chat.language):
        return ()
    return (request.button(t("Don't translate"), OFF) if chat.translates else request.button(t("Translate"), ON),)
