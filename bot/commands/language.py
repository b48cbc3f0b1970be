"""`/language`: which language a chat speaks. Its menu can be used without knowing the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bot.card.answer import heading, in_rows, note, paragraph
from bot.commands import fallback, translation
from bot.commands.clauses import Change, Clause, settle, understood
from bot.commands.naming import in_our_languages, language_named
from bot.commands.request import Request, command_button
from bot.commands.sources_menu import add_example, pack_buttons
from bot.commands.targets import which_chat
from bot.errors import CommandError
from bot.model import Button, ButtonRole, Line, Phrase
from bot.ports import Answer, Audience, Choice, Command, LanguageByChat, Parameter, Task, Translators
from bot.storage import chats, subscriptions

NAME = "language"

_CLAUSES: Mapping[str, Clause] = {fallback.KEYWORD: fallback.CLAUSE, translation.KEYWORD: translation.CLAUSE}
"""What can be said beside the language, after a keyword."""


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
            fallback.PARAMETER,
            translation.PARAMETER,
        ),
        audience=Audience.ADMIN,
        # Where each language has a chat of its own, a form has only what is beside it.
        # TRANSLATORS: a button that stores what was chosen in the form beside it
        task=Task(fallback.TITLE, Phrase("Save")),
        elsewhere=True,
        chooses_language=True,
    )


def in_all_languages(translators: Translators) -> str:
    """The word for language in all of ours: whoever can't read the rest finds theirs. Several have the same."""
    return "🌐 " + " · ".join(dict.fromkeys(translators.words_for_language.values()))


async def answer(request: Request) -> Answer:
    if not request.words:
        return _doors(request) or await which_chat(request) or await _menu(request)
    words, clauses = understood(request.words, _CLAUSES)
    translators = request.services.translators
    language = language_named(words, translators) if words else None
    if words and language is None:
        raise CommandError(in_our_languages(words, "/language fr", translators))
    about_this = language is None or (bool(clauses) and language == request.chat.language)
    asked = None if about_this else _doors(request, language)
    asked = asked or await which_chat(request)
    if asked is not None:
        return asked
    if language is None and len(clauses) == 1:
        keyword, rest = next(iter(clauses.items()))
        return await _CLAUSES[keyword].answer(replace(request, words=rest))
    await request.require_admin()
    request, said = await _carried_out(request, clauses, language)
    if language is None:
        return request.answer(*map(paragraph, said))
    return await _chosen(request, request.chat.language or language, said)


async def _carried_out(
    request: Request, clauses: Mapping[str, str], language: str | None
) -> tuple[Request, Sequence[str]]:
    """Does all that was asked, or nothing of it; gives what is to be said of the clauses."""
    changes: list[Change] = []
    wished = request.chat
    if language is not None:
        wished = replace(wished, language=language)
        changes.append(partial(_choose, request, language))
    for keyword, rest in clauses.items():
        wish = _CLAUSES[keyword].wish(replace(request, chat=wished, words=rest))
        wished = wish.chat
        changes += [] if wish.change is None else [wish.change]
    request = await settle(request, wished, changes)
    await request.changed()
    if language is not None and not request.address:
        # It takes effect at once: the answer is in the new language already, where it is about this chat.
        t = request.services.translators(request.chat.language or language, request.chat.timezone)
        request = replace(request, t=t)
    return request, [_CLAUSES[keyword].told(request) for keyword in clauses]


def _choose(request: Request, language: str, connection: Any) -> None:
    chats.choose_language(connection, request.chat.id, language, request.actor, request.now)


def language_buttons(
    translators: Translators, command_words: str = "", *, present: str | None = None, guess: str | None = None
) -> list[tuple[Button, ...]]:
    """A button a language, each by its own name; the present one is pressed, or what we guess stands out."""
    buttons = [
        command_button(
            name,
            NAME,
            f"{command_words} {code}".strip(),
            role=ButtonRole.PRIMARY if code == guess else ButtonRole.CHOICE,
            pressed=code == present,
        )
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
    translators, present = request.services.translators, request.chat.language
    lines = [heading(in_all_languages(translators))]
    if request.address:
        lines.append(paragraph(request.chat.title or request.chat.ref.id))
    lines += _for_the_forum(request)
    lines += map(note, await translation.what_is_translated(request, present))
    guess = request.t.language if present is None else None
    *rows, last = language_buttons(translators, request.address, present=present, guess=guess)
    others = (fallback.page_button(request),) if present is not None else ()
    last = (*last, *others, *translation.switch_button(request), *_forum_button(request))
    return request.answer(*lines, buttons=[*rows, last], private=True)


async def _chosen(request: Request, language: str, beside: Sequence[str]) -> Answer:
    """``beside``: what was settled with it."""
    t, name = request.t, request.services.translators.names[language]
    if request.address:
        chat = request.chat.title or request.chat.ref.id
        said = t("The language of {chat} is now {language}.", chat=chat, language=name)
    else:
        said = t("The language here is now {language}.", language=name)
    forum = _forum_button(request, language)
    lines = [paragraph(said), *map(paragraph, beside), *await _how_it_is_translated(request, language)]
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
