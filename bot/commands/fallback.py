"""`/language fallback`: in which other languages, in order, a chat takes stories where there are none in its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bot.card.answer import heading, in_rows, note, paragraph
from bot.commands.clauses import Clause, Wish, settle
from bot.commands.naming import folded, in_our_languages, language_named
from bot.commands.request import Request, command_button
from bot.errors import CommandError
from bot.model import Button, ButtonRole, Line, Phrase, fallback_languages
from bot.ports import Answer, Choice, Parameter, Translators
from bot.storage import chats

KEYWORD = "fallback"

PARAMETER = Parameter(
    name=KEYWORD,
    # TRANSLATORS: the name of a field of a command: one word of lower-case letters and a colon, no spaces; it takes
    # other languages, in order, for when there are no stories in the chat's own
    shown_as=Phrase("fallback:"),
    description=Phrase("Other languages, in order, for when there are no stories in this one"),
    required=False,
    suggests=True,
    keyword=True,
)

TITLE = Phrase("Other languages")

EXAMPLE = "/language fallback ru en"

NONE, USUAL = "none", "default"
"""What is typed for no other language, and for what is usual."""

_ADD, _DROP = "add", "drop"
MAX_NAMED = 100
"""No command names more languages."""

_BETWEEN = re.compile(r"[\s,;、，]+")
"""What people put between names of languages."""


async def answer(request: Request) -> Answer:
    """``request.words``: what followed the keyword."""
    await request.require_admin()
    wanted = wish(request)
    if wanted.change is None:
        return _page(request)
    chosen = await settle(request, wanted.chat, [wanted.change])
    await request.changed()
    return _page(chosen, *(() if request.pressed else (paragraph(told(chosen)),)))


def wish(request: Request) -> Wish:
    """What the words ask for; none ask for nothing."""
    if request.chat.language is None:
        raise CommandError(Phrase("Choose the language of this chat first: {command}", {"command": "/language"}))
    if not request.words:
        return Wish(request.chat, None)
    languages = _understood(request, request.chat.language)

    def choose(connection: Any) -> None:
        chats.choose_fallbacks(connection, request.chat.id, languages, request.actor, request.now)

    return Wish(replace(request.chat, fallbacks=languages), choose)


def told(request: Request) -> str:
    """In a sentence, which other languages the chat takes stories in."""
    t, language = request.t, request.chat.language
    own = _names(request, [language] if language else [])
    others = _present(request)
    if not others:
        # TRANSLATORS: {language} is a language's own name, such as Deutsch
        return t("Stories come in {language} only.", language=own)
    # TRANSLATORS: {language} is a language's own name; {languages} are some, separated by commas
    return t(
        "Where there are no stories in {language}, they come in: {languages}.",
        language=own,
        languages=_names(request, others),
    )


CLAUSE = Clause(answer, wish, told)


def page_button(request: Request) -> Button:
    """To the page on which other languages are chosen."""
    # TRANSLATORS: a button below the languages to choose from; it leads to those for when there are no stories in it
    return request.button(request.t("Other languages"), KEYWORD, role=ButtonRole.PRIMARY)


def suggestions(typed: str, translators: Translators) -> tuple[Choice, ...]:
    """What can come next, after the languages that were typed already."""
    *before, last = _BETWEEN.split(typed.lstrip())
    known = (language_named(one, translators) for one in before[:MAX_NAMED])
    chosen, meant = tuple(dict.fromkeys(filter(None, known))), language_named(last, translators)
    nexts = [
        code
        for code, name in translators.names.items()
        if code not in chosen
        and (code == meant or code.startswith(last.lower()) or folded(name).startswith(folded(last)))
    ]
    return tuple(
        Choice(",".join(several), ", ".join(translators.names[one] for one in several))
        for several in ((*chosen, code) for code in nexts)
    )


def _understood(request: Request, own: str) -> tuple[str, ...] | None:
    """The languages that the words ask for; None: the usual ones."""
    verb, rest = request.verb, request.rest
    if verb == USUAL and not rest:
        return None
    if verb == NONE and not rest:
        return ()
    if verb in {_ADD, _DROP} and rest:
        present, named = _present(request), _named(request, rest)
        left = tuple(one for one in present if one not in named)
        return (*present, *(one for one in named if one not in present)) if verb == _ADD else left
    return tuple(one for one in _named(request, request.words) if one != own)


def _named(request: Request, words: str) -> tuple[str, ...]:
    translators = request.services.translators
    languages: dict[str, None] = {}
    for one in filter(None, _BETWEEN.split(words)[:MAX_NAMED]):
        language = language_named(one, translators)
        if language is None:
            raise CommandError(in_our_languages(one, EXAMPLE, translators))
        languages[language] = None
    return tuple(languages)


def _present(request: Request) -> tuple[str, ...]:
    return fallback_languages(request.chat.language or "en", request.chat.fallbacks)


def _names(request: Request, languages: Iterable[str]) -> str:
    names = request.services.translators.names
    return ", ".join(names.get(one, one) for one in languages)


def _page(request: Request, *first: Line) -> Answer:
    t = request.t
    present = _present(request)
    about = [paragraph(request.chat.title or request.chat.ref.id)] if request.address else []
    return request.answer(
        *first,
        heading(t.phrase(TITLE)),
        *about,
        *(() if first else (paragraph(told(request)),)),
        note(
            t(
                "Press one to add it at the end, or to take it away. Or type them in order: {example}",
                example=request.addressed(EXAMPLE),
            )
        ),
        buttons=[*in_rows(_buttons(request, present), 3), (_back(request),)],
        private=not first,
    )


def _buttons(request: Request, present: Sequence[str]) -> list[Button]:
    buttons = []
    for code, name in request.services.translators.names.items():
        if code == request.chat.language:
            continue
        chosen = code in present
        place = f"{request.t.number(present.index(code) + 1)}. " if chosen else ""
        words = f"{KEYWORD} {_DROP if chosen else _ADD} {code}"
        buttons.append(request.button(place + name, words, pressed=chosen))
    return buttons


def _back(request: Request) -> Button:
    # TRANSLATORS: a button; it leads back to the page before
    return command_button(request.t("Back"), request.command, request.address, role=ButtonRole.PRIMARY)
