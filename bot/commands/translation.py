"""What a chat is told of translations, and how its admins switch them: a part of `/language` and `/status`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.card.answer import paragraph
from bot.commands.clauses import Clause, Wish, settle
from bot.commands.request import Request
from bot.errors import CommandError
from bot.model import Button, Phrase
from bot.ports import Answer, Choice, Parameter
from bot.storage import chats, translations

KEYWORD = "translate"
_SETTINGS = {"on": True, "off": False}
ON, OFF = f"{KEYWORD} on", f"{KEYWORD} off"

PARAMETER = Parameter(
    name=KEYWORD,
    # TRANSLATORS: the name of a field of a command: one word of lower-case letters and a colon, no spaces
    shown_as=Phrase("translate:"),
    description=Phrase("Whether stories in other languages are translated here"),
    choices=(
        # TRANSLATORS: a choice in a list: stories in other languages are translated
        Choice("on", Phrase("Translate")),
        # TRANSLATORS: a choice in a list, and a button: stories in other languages stay as they are
        Choice("off", Phrase("Don't translate")),
    ),
    required=False,
    keyword=True,
)


async def answer(request: Request) -> Answer:
    """``request.words``: what followed the keyword."""
    wanted = wish(request)
    await request.require_admin()
    settled = await settle(request, wanted.chat, [wanted.change] if wanted.change else [])
    request.services.on_change()
    return settled.answer(paragraph(told(settled)))


def wish(request: Request) -> Wish:
    """What the words ask for."""
    on = _SETTINGS.get(request.words.casefold())
    if on is None:
        raise CommandError(Phrase("Say {on} or {off}.", {"on": f"/language {ON}", "off": f"/language {OFF}"}))

    def switch(connection: Any) -> None:
        chats.choose_translation(connection, request.chat.id, on, request.actor, request.now)

    return Wish(replace(request.chat, translates=on), switch)


def told(request: Request) -> str:
    """What holds from now on."""
    t = request.t
    if request.chat.translates:
        return t("Stories in other languages are translated here.")
    return t("Stories in other languages now stay as they are.")


CLAUSE = Clause(answer, wish, told)


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
