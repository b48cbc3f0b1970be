"""Languages by the names that people give them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from bot.model import LANGUAGE_NAMES, Phrase, supported_language

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


def language_named(words: str) -> str | None:
    """The language that someone means: by its code, its own name or its English one, however they write it."""
    name = folded(words)
    return supported_language(name) or _ENGLISH_NAMES.get(name) or _OWN_NAMES.get(name)


def in_our_languages(words: str, example: str) -> Phrase:
    """What to say of a language that we don't speak."""
    return Phrase(
        "I don't speak “{language}” yet. I speak: {languages}. For example: {example}",
        {
            "language": words[:40],
            "languages": " · ".join(f"{code} – {name}" for code, name in LANGUAGE_NAMES.items()),
            "example": example,
        },
    )


def folded(words: str) -> str:
    """As people compare names: without case and accents."""
    parts = unicodedata.normalize("NFKD", words.strip().casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


_OWN_NAMES: Mapping[str, str] = {folded(name): code for code, name in LANGUAGE_NAMES.items()}
