"""Translation services on loopback sockets, as strict as their documents say: LibreTranslate, DeepL and a chat model.

What they translate isn't a language: each word gets a mark of the target language, and what a request protects is left
alone, so that a test sees what went through which service.
"""

from tests.emulators.translators.deepl import DeepL
from tests.emulators.translators.libretranslate import LibreTranslate
from tests.emulators.translators.marks import marked
from tests.emulators.translators.model import ChatModel

__all__ = ["ChatModel", "DeepL", "LibreTranslate", "marked"]
