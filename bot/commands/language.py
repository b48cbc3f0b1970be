"""`/language`: which language a chat speaks. Its menu can be used without knowing the present one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from bot.card.answer import heading, in_rows, note, paragraph
from bot.commands.request import Request, command_button
from bot.commands.sources_menu import add_example, pack_buttons
from bot.commands.targets import which_chat
from bot.errors import CommandError
from bot.model import LANGUAGE_NAMES, LANGUAGES, Button, ButtonRole, Line, Phrase, supported_language
from bot.ports import Answer, Audience, Choice, Command, LanguageByChat, Parameter
from bot.storage import chats, subscriptions

COMMAND = Command(
    name="language",
    description=Phrase("Choose the language of this chat"),
    parameters=(
        Parameter(
            name="language",
            description=Phrase("The language that I shall speak here"),
            choices=tuple(Choice(code, LANGUAGE_NAMES[code]) for code in LANGUAGES),
            required=False,
        ),
    ),
    audience=Audience.ADMIN,
    elsewhere=True,
    chooses_language=True,
)

IN_ALL_LANGUAGES = "🌐 Language · Sprache · 언어 · 言語 · 语言 · Idioma · Langue · Լեզու · Taal · Язык · Lingua · Dil"
"""The word for language in all of ours: like the languages' own names it is never translated."""

_ENGLISH_NAMES: Mapping[str, str] = {
    "english": "en",
    "german": "de",
    "korean": "ko",
    "japanese": "ja",
    "chinese": "zh",
    "spanish": "es",
    "french": "fr",
    "armenian": "hy",
    "dutch": "nl",
    "russian": "ru",
    "italian": "it",
    "portuguese": "pt",
    "turkish": "tr",
}


async def answer(request: Request) -> Answer:
    if not request.words:
        return _doors(request) or await which_chat(request) or await _menu(request)
    language = language_named(request.words)
    if language is None:
        raise CommandError(
            Phrase(
                "I don't speak “{language}” yet. I speak: {languages}. For example: {example}",
                {
                    "language": request.words[:40],
                    "languages": " · ".join(f"{code} – {name}" for code, name in LANGUAGE_NAMES.items()),
                    "example": "/language fr",
                },
            )
        )
    if doors := _doors(request, language):
        return doors
    question = await which_chat(request)
    if question is not None:
        return question
    await request.require_admin()
    first, _ = await request.once(chats.choose_language, request.chat.id, language, request.actor, request.now)
    if first:
        await request.changed()
        return await _chosen(request, language)
    chat = await request.services.database.read(chats.by_id, request.chat.id)
    return await _chosen(request, (chat and chat.language) or language)


def language_named(words: str) -> str | None:
    """The language that someone means: by its code, its own name or its English one, however they write it."""
    folded = _folded(words)
    return supported_language(folded) or _ENGLISH_NAMES.get(folded) or _OWN_NAMES.get(folded)


def _folded(words: str) -> str:
    parts = unicodedata.normalize("NFKD", words.strip().casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


_OWN_NAMES: Mapping[str, str] = {_folded(name): code for code, name in LANGUAGE_NAMES.items()}


def language_buttons(command_words: str = "", present: str | None = None) -> list[tuple[Button, ...]]:
    """A button a language, each by its own name."""
    buttons = [
        command_button(LANGUAGE_NAMES[code], COMMAND.name, f"{command_words} {code}".strip(), pressed=code == present)
        for code in LANGUAGES
    ]
    return in_rows(buttons, 3)


def _doors(request: Request, wanted: str | None = None) -> Answer | None:
    """Where each language has a chat of its own: the way to the one that is wanted, or to all. Anyone may go there."""
    if not isinstance(request.adapter, LanguageByChat):
        return None
    buttons = [
        Button(name, role=ButtonRole.LINK, url=request.adapter.address_in(code), pressed=code == request.chat.language)
        for code, name in LANGUAGE_NAMES.items()
        if wanted in (None, code)
    ]
    said = paragraph(request.t("Each language has a room of its own."))
    return request.answer(said, buttons=in_rows(buttons, 3), private=True)


async def _menu(request: Request) -> Answer:
    await request.require_admin()
    lines = [heading(IN_ALL_LANGUAGES)]
    if request.address:
        lines.append(paragraph(request.chat.title or request.chat.ref.id))
    lines += _for_the_forum(request)
    buttons = language_buttons(request.address, request.chat.language)
    return request.answer(*lines, buttons=[*buttons[:-1], (*buttons[-1], *_forum_button(request))], private=True)


async def _chosen(request: Request, language: str) -> Answer:
    name = LANGUAGE_NAMES[language]
    if request.address:
        t = request.t
        chat = request.chat.title or request.chat.ref.id
        said = t("The language of {chat} is now {language}.", chat=chat, language=name)
    else:
        # It takes effect at once: these words are in the new language already.
        t = request.services.translators(language)
        request = replace(request, t=t)
        said = t("The language here is now {language}.", language=name)
    forum = _forum_button(request, language)
    if await request.services.database.read(subscriptions.of_chat, request.chat.id):
        return request.answer(paragraph(said), *_for_the_forum(request), buttons=[forum])
    return request.answer(
        paragraph(said),
        heading(t("What shall I post?")),
        note(t("Or any site or feed that you like: {example}", example=add_example(request))),
        *_for_the_forum(request),
        buttons=[*pack_buttons(request, followed=()), forum],
    )


def _for_the_forum(request: Request) -> list[Line]:
    if request.forum is None:
        return []
    return [note(request.t("This is about this one post. In the whole forum, each story would be a post."))]


def _forum_button(request: Request, language: str = "") -> tuple[Button, ...]:
    """Sets up the forum instead of the one thread of it where it was asked."""
    if request.forum is None:
        return ()
    # TRANSLATORS: a button; it sets up the whole forum, not only the post in which it stands
    label = request.t("The whole forum")
    words = f"@{request.forum.id} {language}".strip()
    return (command_button(label, COMMAND.name, words, role=ButtonRole.PRIMARY),)
