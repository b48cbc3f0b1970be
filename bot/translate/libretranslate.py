"""LibreTranslate: ``GET /languages`` and ``POST /translate`` (docs.libretranslate.com, and its own app.py)."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field, RootModel

from bot.errors import NotTranslated, ProviderRefuses, TranslationError
from bot.model import Phrase
from bot.translate.marks import Marks
from bot.translate.providers import Offer, Pair, code_of, language_of
from bot.translate.settings import LIBRETRANSLATE, LibreTranslateSettings
from bot.translate.wire import NOT_UNDERSTOOD, Reply, Wire


class _Language(BaseModel):
    code: str
    targets: list[str]


class _Languages(RootModel[list[_Language]]):
    pass


class _Translated(BaseModel):
    texts: list[str] = Field(alias="translatedText")


class _Refusal(BaseModel):
    error: str = ""


class LibreTranslate:
    """A `providers.Provider`."""

    name = LIBRETRANSLATE
    # HTML's own way to say it, which its translator of tags knows. It unescapes its whole answer itself.
    marks = Marks("span", ' translate="no"', answers_escaped=False)

    def __init__(self, settings: LibreTranslateSettings, wire: Wire, languages: Sequence[str]) -> None:
        self._settings = settings
        self._wire = wire
        self._languages = languages

    async def offer(self) -> Offer:
        """See `providers.Provider`. It lists its languages to everyone."""
        reply = await self._wire.ask("GET", f"{self._settings.url}/languages")
        if reply.status != 200:
            raise _error(reply)
        by_code = {one.code: one.targets for one in reply.read(_Languages).root}
        pairs: dict[tuple[str, str], Pair] = {}
        for source in {*self._languages, *map(language_of, by_code)}:
            if (code := code_of(source, by_code)) is not None:
                targets = {target: code_of(target, by_code[code]) for target in self._languages if target != source}
                pairs |= {(source, target): Pair(code, into) for target, into in targets.items() if into is not None}
        return Offer(pairs)

    async def translate(self, texts: Sequence[str], pair: Pair, *, marked: bool) -> Sequence[str]:
        """See `providers.Provider`."""
        asked = {"q": list(texts), "source": pair.source, "target": pair.target, "format": "html" if marked else "text"}
        if self._settings.key is not None:
            asked["api_key"] = self._settings.key.get_secret_value()
        reply = await self._wire.ask("POST", f"{self._settings.url}/translate", json=asked)
        if reply.status != 200:
            raise _error(reply)
        done = reply.read(_Translated).texts
        if len(done) != len(texts):
            raise NotTranslated(NOT_UNDERSTOOD)
        return done


def _error(reply: Reply) -> TranslationError:
    # Without a key, where it wants one, it says so with the status of any other bad request.
    if reply.status == 400 and "api key" in _said(reply).lower():
        return ProviderRefuses(Phrase("It doesn't accept the key ({status}).", {"status": reply.status}))
    return reply.error()


def _said(reply: Reply) -> str:
    try:
        return reply.read(_Refusal).error
    except NotTranslated:
        return ""
