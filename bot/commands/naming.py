"""Languages by the names that people give them."""

from __future__ import annotations

import unicodedata

from bot.model import Phrase
from bot.ports import Translators


def language_named(words: str, translators: Translators) -> str | None:
    """The language that someone means: by its code, its own name or its English one, however they write it."""
    wanted, english = folded(words), translators("en")
    named = {folded(english.language_name(code)): code for code in translators.names}
    named |= {folded(name): code for code, name in translators.names.items()}
    return translators.supported(wanted) or named.get(wanted)


def in_our_languages(words: str, example: str, translators: Translators) -> Phrase:
    """What to say of a language that we don't speak."""
    return Phrase(
        "I don't speak “{language}” yet. I speak: {languages}. For example: {example}",
        {
            "language": words[:40],
            "languages": " · ".join(f"{code} – {name}" for code, name in translators.names.items()),
            "example": example,
        },
    )


def folded(words: str) -> str:
    """As people compare names: without case and accents."""
    parts = unicodedata.normalize("NFKD", words.strip().casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
