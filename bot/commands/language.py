"""`/language`: which language a chat speaks. Its menu can be used without knowing the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.card.answer import heading, in_rows, note, paragraph
from bot.commands import fallback
from bot.commands.naming import in_our_languages, language_named
from bot.commands.request import Handler, Request, command_button
from bot.commands.sources_menu import add_example, pack_buttons
from bot.commands.targets import offer_channels
from bot.errors import CommandError
from bot.model import LANGUAGE_NAMES, LANGUAGES, Button, ButtonRole, ChatKind, Line, Phrase
from bot.ports import Answer, Audience, Choice, Command, Parameter
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
        fallback.PARAMETER,
    ),
    audience=Audience.ADMIN,
    elsewhere=True,
)

IN_ALL_LANGUAGES = "🌐 Language · Sprache · 언어 · 言語 · 语言 · Idioma · Langue · Լեզու · Taal · Язык · Lingua · Dil"
"""The word for language in all of ours: like the languages' own names it is never translated."""

_CLAUSES: Mapping[str, Handler] = {fallback.KEYWORD: fallback.answer}
"""What can be said beside the language, after a keyword."""


async def answer(request: Request) -> Answer:
    if not request.words:
        return await offer_channels(request) or await _menu(request)
    words, clauses = understood(request.words)
    if not words:
        return await _clauses(request, clauses)
    language = language_named(words)
    if language is None:
        raise CommandError(in_our_languages(words, "/language fr"))
    await request.require_admin()
    if request.chat.kind is ChatKind.ROOM and request.chat.language is not None:
        # Its address says its language.
        raise CommandError(Phrase("Each language has a room of its own: choose yours at the top of the page."))
    await request.services.database.write(chats.choose_language, request.chat.id, language, request.actor, request.now)
    await request.changed()
    # It takes effect at once: the answer is in the new language already, where it is about this chat.
    t = request.t if request.address else request.services.translators(language)
    request = replace(request, t=t, chat=replace(request.chat, language=language))
    return await (_clauses(request, clauses) if clauses else _chosen(request, language))


def understood(words: str) -> tuple[str, Sequence[tuple[str, str]]]:
    """The words for the language, and what follows each keyword: of ``fr fallback en``, ``fr`` and (``fallback``,
    ``en``)."""
    language: list[str] = []
    clauses: list[tuple[str, list[str]]] = []
    for word in words.split():
        if word.casefold() in _CLAUSES:
            clauses.append((word.casefold(), []))
        else:
            (clauses[-1][1] if clauses else language).append(word)
    return " ".join(language), [(keyword, " ".join(rest)) for keyword, rest in clauses]


async def _clauses(request: Request, clauses: Sequence[tuple[str, str]]) -> Answer:
    """Carries out each; the last one's answer is shown."""
    answers = [await _CLAUSES[keyword](replace(request, words=words)) for keyword, words in clauses]
    return answers[-1]


def language_buttons(
    command_words: str = "", *, present: str | None = None, guess: str | None = None
) -> list[tuple[Button, ...]]:
    """A button a language, each by its own name; the present one is pressed, or what we guess stands out."""
    buttons = [
        command_button(
            LANGUAGE_NAMES[code],
            COMMAND.name,
            f"{command_words} {code}".strip(),
            role=ButtonRole.PRIMARY if code == guess else ButtonRole.CHOICE,
            pressed=code == present,
        )
        for code in LANGUAGES
    ]
    return in_rows(buttons, 3)


async def _menu(request: Request) -> Answer:
    await request.require_admin()
    lines = [heading(IN_ALL_LANGUAGES)]
    if request.address:
        lines.append(paragraph(request.chat.title or request.chat.ref.id))
    lines += _for_the_forum(request)
    present = request.chat.language
    *rows, last = language_buttons(
        request.address, present=present, guess=request.t.language if present is None else None
    )
    others = (fallback.page_button(request),) if present is not None else ()
    return request.answer(*lines, buttons=[*rows, (*last, *others, *_forum_button(request))], private=True)


async def _chosen(request: Request, language: str) -> Answer:
    t, name = request.t, LANGUAGE_NAMES[language]
    if request.address:
        chat = request.chat.title or request.chat.ref.id
        said = t("The language of {chat} is now {language}.", chat=chat, language=name)
    else:
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
