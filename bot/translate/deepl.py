"""DeepL's API v2: ``GET /v2/languages`` and ``POST /v2/translate`` (developers.deepl.com)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, RootModel

from bot.errors import NotTranslated
from bot.translate.marks import Marks
from bot.translate.providers import Offer, Pair, code_of, language_of
from bot.translate.settings import DEEPL, DeepLSettings
from bot.translate.wire import NOT_UNDERSTOOD, Reply, Wire

PRO_URL = "https://api.deepl.com"
FREE_URL = "https://api-free.deepl.com"
_OF_FREE_PLAN = ":fx"
"""What the keys of the free plan end in; they are good at its own address alone."""


class _Language(BaseModel):
    language: str


class _Languages(RootModel[list[_Language]]):
    pass


class _Text(BaseModel):
    text: str


class _Translated(BaseModel):
    translations: list[_Text]


class DeepL:
    """A `providers.Provider`."""

    name = DEEPL
    marks = Marks("x")

    def __init__(self, settings: DeepLSettings, wire: Wire, languages: Sequence[str]) -> None:
        assert settings.key is not None  # the settings see to it
        key = settings.key.get_secret_value()
        self._url = settings.base_url or (FREE_URL if key.endswith(_OF_FREE_PLAN) else PRO_URL)
        self._headers = {"Authorization": f"DeepL-Auth-Key {key}"}
        self._wire = wire
        self._languages = languages

    async def offer(self) -> Offer:
        """See `providers.Provider`. What it lists as a target goes with each of its sources."""
        sources, targets = await self._listed("source"), await self._listed("target")
        known = {*self._languages, *map(language_of, sources)}
        from_ = {source: code for source in known if (code := code_of(source, sources)) is not None}
        into = {target: code for target in self._languages if (code := code_of(target, targets)) is not None}
        return Offer(
            {
                (source, target): Pair(source_code, target_code)
                for source, source_code in from_.items()
                for target, target_code in into.items()
                if source != target
            }
        )

    async def translate(self, texts: Sequence[str], pair: Pair, *, marked: bool) -> Sequence[str]:
        """See `providers.Provider`."""
        asked = {"text": list(texts), "source_lang": pair.source, "target_lang": pair.target}
        if marked:
            asked |= {"tag_handling": "xml", "ignore_tags": [self.marks.tag]}
        done = (await self._ask("POST", "/v2/translate", asked)).read(_Translated).translations
        if len(done) != len(texts):
            raise NotTranslated(NOT_UNDERSTOOD)
        return [one.text for one in done]

    async def _listed(self, kind: str) -> list[str]:
        reply = await self._ask("GET", f"/v2/languages?type={kind}")
        return [one.language for one in reply.read(_Languages).root]

    async def _ask(self, method: str, path: str, asked: Any = None) -> Reply:
        reply = await self._wire.ask(method, f"{self._url}{path}", headers=self._headers, json=asked)
        if reply.status != 200:
            raise reply.error()
        return reply
