"""`/language`: which language a chat speaks. Its menu can be used without knowing the present one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from bot.card.answer import heading, in_rows, note, paragraph
from bot.commands import translation
from bot.commands.request import Request, command_button
from bot.commands.sources_menu import add_example, pack_buttons
from bot.commands.targets import which_chat
from bot.errors import CommandError
from bot.model import Button, ButtonRole, Line, Phrase
from bot.ports import Answer, Audience, Choice, Command, LanguageByChat, Parameter, Translators
from bot.storage import chats, subscriptions

NAME = "language"


def declaration(languages: Mapping[str, str]) -> Command:
    """The command, with the languages that there are: their own names by code."""
    return Command(
        name=NAME,
        # TRANSLATORS: a command as it is typed, for platforms that show names of commands in your language: a slash and
        # one word of lower-case letters, without spaces; the same word in other texts stays as it is there
        shown_as=Phrase("/language"),
        description=Phrase("Choose the language of this chat"),
        parameters=(
            Parameter(
                name="language",
                # TRANSLATORS: the name of a field of a command: one word of lower-case letters and a colon, no spaces
                shown_as=Phrase("language:"),
                description=Phrase("The language that I shall speak here"),
                choices=tuple(Choice(code, name) for code, name in languages.items()),
                required=False,
                suggests=True,  # where there are more of them than a platform lets one choose from
            ),
            translation.PARAMETER,
        ),
        audience=Audience.ADMIN,
        elsewhere=True,
        chooses_language=True,
    )


def in_all_languages(translators: Translators) -> str:
    """The word for language in all of ours: whoever can't read the rest finds theirs. Several have the same."""
    return "🌐 " + " · ".join(dict.fromkeys(translators.words_for_language.values()))


async def answer(request: Request) -> Answer:
    words, translates = translation.switch_in(request.words)
    if not words:
        if translates is not None:
            return await translation.switched(request, translates)
        return _doors(request) or await which_chat(request) or await _menu(request)
    names = request.services.translators.names
    language = language_named(words, request.services.translators)
    if language is None:
        raise CommandError(
            Phrase(
                "I don't speak “{language}” yet. I speak: {languages}. For example: {example}",
                {
                    "language": words[:40],
                    "languages": " · ".join(f"{code} – {name}" for code, name in names.items()),
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
    if translates is not None:
        await translation.switch(request, translates)
        request = replace(request, chat=replace(request.chat, translates=translates))
    if first:
        await request.changed()
        return await _chosen(request, language)
    chat = await request.services.database.read(chats.by_id, request.chat.id)
    return await _chosen(request, (chat and chat.language) or language)


def language_named(words: str, translators: Translators) -> str | None:
    """The language that someone means: by its code, its own name or its English one, however they write it."""
    folded = _folded(words)
    english = translators("en")
    named = {_folded(english.language_name(code)): code for code in translators.names}
    named |= {_folded(name): code for code, name in translators.names.items()}
    return translators.supported(folded) or named.get(folded)


def _folded(words: str) -> str:
    parts = unicodedata.normalize("NFKD", words.strip().casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def language_buttons(
    translators: Translators, command_words: str = "", present: str | None = None
) -> list[tuple[Button, ...]]:
    """A button a language, each by its own name."""
    buttons = [
        command_button(name, NAME, f"{command_words} {code}".strip(), pressed=code == present)
        for code, name in translators.names.items()
    ]
    return in_rows(buttons, 3)


def _doors(request: Request, wanted: str | None = None) -> Answer | None:
    """Where each language has a chat of its own: the way to the one that is wanted, or to all. Anyone may go there."""
    if not isinstance(request.adapter, LanguageByChat):
        return None
    buttons = [
        Button(name, role=ButtonRole.LINK, url=request.adapter.address_in(code), pressed=code == request.chat.language)
        for code, name in request.services.translators.names.items()
        if wanted in (None, code)
    ]
    said = paragraph(request.t("Each language has a room of its own."))
    return request.answer(said, buttons=in_rows(buttons, 3), private=True)


async def _menu(request: Request) -> Answer:
    await request.require_admin()
    lines = [heading(in_all_languages(request.services.translators))]
    if request.address:
        lines.append(paragraph(request.chat.title or request.chat.ref.id))
    lines += _for_the_forum(request)
    lines += map(note, await translation.what_is_translated(request, request.chat.language))
    buttons = language_buttons(request.services.translators, request.address, request.chat.language)
    rows = [*buttons[:-1], (*buttons[-1], *_forum_button(request)), translation.switch_button(request)]
    return request.answer(*lines, buttons=rows, private=True)


async def _chosen(request: Request, language: str) -> Answer:
    translators = request.services.translators
    name = translators.names[language]
    if request.address:
        t = request.t
        chat = request.chat.title or request.chat.ref.id
        said = t("The language of {chat} is now {language}.", chat=chat, language=name)
    else:
        # It takes effect at once: these words are in the new language already.
        t = translators(language, request.chat.timezone)
        request = replace(request, t=t)
        said = t("The language here is now {language}.", language=name)
    forum = _forum_button(request, language)
    lines = [paragraph(said), *await _how_it_is_translated(request, language)]
    if await request.services.database.read(subscriptions.of_chat, request.chat.id):
        return request.answer(*lines, *_for_the_forum(request), buttons=[forum])
    return request.answer(
        *lines,
        heading(t("What shall I post?")),
        note(t("Or any site or feed that you like: {example}", example=add_example(request))),
        *_for_the_forum(request),
        buttons=[*pack_buttons(request, followed=()), forum],
    )


async def _how_it_is_translated(request: Request, language: str) -> list[Line]:
    """Nothing where nobody has thought of translating."""
    if not request.services.translations.configured:
        return []
    return [note(line) for line in await translation.what_is_translated(request, language)]


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
    return (command_button(label, NAME, words, role=ButtonRole.PRIMARY),)
