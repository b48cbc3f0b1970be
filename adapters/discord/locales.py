"""The languages of Discord's clients, and which of ours each means."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from bot.ports import Translators

LOCALES = (
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR",
    "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko",
)  # fmt: skip
"""All that there are (Reference: Locales). Armenian is none of them."""

CLIENT_LANGUAGES = frozenset(locale.partition("-")[0] for locale in LOCALES)
"""In these, clients write times by themselves."""


MAX_NAME = 32
_MARKED_SCRIPTS = ("DEVANAGARI", "THAI")
"""Their signs for vowels are no letters."""


def is_name(text: str) -> bool:
    """Whether a command, a subcommand or an option may be called so (Application Commands: Naming)."""
    return 1 <= len(text) <= MAX_NAME and text == text.lower() and all(map(_may_be_in_a_name, text))


def _may_be_in_a_name(character: str) -> bool:
    if character in "-_'" or unicodedata.category(character)[0] in "LN":
        return True
    return unicodedata.name(character, "").startswith(_MARKED_SCRIPTS)


def spoken(translators: Translators) -> Iterator[tuple[str, str]]:
    """Discord's locales that mean a language of ours, each with its code.

    English too, or its clients may be shown another one's words (Application Commands: Locale fallbacks).
    """
    for locale in LOCALES:
        language = translators.supported(locale)
        if language is not None:
            yield locale, language
