"""The first words in a chat: what this bot is, and the languages to choose from."""

from __future__ import annotations

from bot.card.answer import answer_card, heading, note, paragraph
from bot.commands.language import in_all_languages, language_buttons
from bot.model import Card, Line
from bot.ports import Translator, Translators
from bot.storage.chats import Chat


def introduction(t: Translator, translators: Translators, elsewhere: Chat | None = None, parameter: str = "") -> Card:
    """``elsewhere`` is the chat that it is about when the card is not shown in that chat itself; ``parameter`` the one
    by which people choose another chat, where the platform has one."""
    return answer_card(
        t.language,
        *([paragraph(elsewhere.title or elsewhere.ref.id)] if elsewhere else []),
        heading(t("Hello, I am Newstally!")),
        paragraph(t("I post news here, and everyone can vote on whether a story is bullish or bearish.")),
        paragraph(t("I stay silent until an admin has chosen my language.")),
        *([_where(t, parameter)] if parameter else []),
        heading(in_all_languages(translators)),
        # It speaks the language that we guess: of the place, or of who brought us in.
        buttons=language_buttons(translators, f"@{elsewhere.id}" if elsewhere else "", guess=t.language),
    )


def _where(t: Translator, parameter: str) -> Line:
    # TRANSLATORS: {command} is a command such as /language, {parameter} the name of its option, in English
    words = t(
        "The buttons are about this channel. For another one or a forum, use {command} and choose it as {parameter}.",
        command="/language",
        parameter=parameter,
    )
    return note(words)
