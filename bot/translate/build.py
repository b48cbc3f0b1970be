"""Makes the providers that the settings name, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.translate.deepl import DeepL
from bot.translate.libretranslate import LibreTranslate
from bot.translate.model import ChatModel
from bot.translate.providers import Provider
from bot.translate.settings import DEEPL, LIBRETRANSLATE, MODEL, TranslateSettings
from bot.translate.wire import Wire


def providers_of(
    settings: TranslateSettings, wire: Wire, languages: Sequence[str], english: Callable[[str], str]
) -> list[tuple[Provider, int]]:
    """Each with its budget of characters a month, 0 for none. ``languages``: those that chats can speak; ``english``:
    what a language is called in English."""
    made: dict[str, Callable[[], tuple[Provider, int]]] = {
        LIBRETRANSLATE: lambda: (
            LibreTranslate(settings.libretranslate, wire, languages),
            settings.libretranslate.characters_per_month,
        ),
        DEEPL: lambda: (DeepL(settings.deepl, wire, languages), settings.deepl.characters_per_month),
        MODEL: lambda: (ChatModel(settings.model, wire, languages, english), settings.model.characters_per_month),
    }
    return [made[name]() for name in settings.providers]
