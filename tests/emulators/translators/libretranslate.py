"""LibreTranslate: ``GET /languages`` and ``POST /translate`` (its own app.py and the API page of its documents)."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from typing import Any

from aiohttp import web

from tests.emulators.translators.marks import marked
from tests.emulators.translators.service import Service, is_json

NAMES = {"en": "English", "de": "German", "ko": "Korean", "ja": "Japanese", "zh-Hans": "Chinese", "es": "Spanish"} | {
    "fr": "French", "nl": "Dutch", "ru": "Russian", "it": "Italian", "pt": "Portuguese", "pt-BR": "Portuguese (Brazil)",
    "tr": "Turkish",
}  # fmt: skip
"""What a server of 2026 offers of our languages: no Armenian, and Chinese by its script."""

BATCH_LIMIT = 32
CHAR_LIMIT = 5_000

UNTOUCHED = frozenset({"address", "applet", "audio", "canvas", "code", "embed", "script", "style", "time", "video"})
"""Elements that its HTML mode leaves alone, beside those marked ``translate="no"``."""


@dataclass
class LibreTranslate(Service):
    """``key`` None: it asks for none."""

    key: str | None = None
    languages: dict[str, list[str]] = field(default_factory=lambda: {code: sorted(NAMES) for code in NAMES})
    """Its targets by source language."""

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/languages", self._languages)
        app.router.add_post("/translate", self._translate)

    def refusal(self, status: int, words: str) -> web.Response:
        return web.json_response({"error": words}, status=status)

    async def _languages(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(
            [{"code": code, "name": NAMES.get(code, code), "targets": to} for code, to in self.languages.items()]
        )

    async def _translate(self, request: web.Request) -> web.StreamResponse:
        if (ordered := await self.ordered()) is not None:
            return ordered
        said = self.requests[-1].json if is_json(request) else dict(await request.post())
        if not isinstance(said, dict):
            return self.refusal(400, "Invalid JSON format")
        if self.key is not None and said.get("api_key") != self.key:
            words = "Invalid API key" if said.get("api_key") else "Visit this server's portal to get an API key"
            return self.refusal(403 if said.get("api_key") else 400, words)
        texts = said.get("q")
        if (fault := self._fault(said)) is not None:
            return fault
        several = texts if isinstance(texts, list) else [texts]
        self.translations += 1
        done = [self._done(str(text), said["target"], said.get("format") or "text") for text in several]
        return web.json_response({"translatedText": done if isinstance(texts, list) else done[0]})

    def _fault(self, said: dict[str, Any]) -> web.Response | None:
        for name in ("q", "source", "target"):
            if not said.get(name):
                return self.refusal(400, f"Invalid request: missing {name} parameter")
        texts = said["q"] if isinstance(said["q"], list) else [said["q"]]
        if len(texts) > BATCH_LIMIT:
            return self.refusal(400, f"Invalid request: request ({len(texts)}) exceeds text limit ({BATCH_LIMIT})")
        if (size := sum(len(str(text)) for text in texts)) > CHAR_LIMIT:
            return self.refusal(400, f"Invalid request: request ({size}) exceeds text limit ({CHAR_LIMIT})")
        source, target = said["source"], said["target"]
        for code in (source, target):
            if code not in self.languages:
                return self.refusal(400, f"{code} is not supported")
        if target not in self.languages[source]:
            words = f"{target} is not available as a target language from {source}"
            return self.refusal(400, words)
        if said.get("format") not in {None, "text", "html"}:
            return self.refusal(400, f"{said['format']} format is not supported")
        return None

    def _done(self, text: str, target: str, form: str) -> str:
        if form == "text":
            return marked(text, target)
        page = _Page(target, loses=self._garbles)
        page.feed(text)
        page.close()
        return unescape("".join(page.out))


class _Page(HTMLParser):
    """Marks the words of a page outside what is protected."""

    def __init__(self, target: str, *, loses: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._target = target
        self._loses = loses
        self._kept: list[str] = []
        """The elements that are open since one that is protected."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._kept or tag in UNTOUCHED or ("translate", "no") in attrs:
            self._kept.append(tag)
        if not (self._kept and self._loses):
            self.out.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if not (self._kept and self._loses):
            self.out.append(f"</{tag}>")
        if self._kept:
            self._kept.pop()

    def handle_data(self, data: str) -> None:
        if not self._kept:
            self.out.append(escape(marked(data, self._target), quote=False))
        elif not self._loses:
            self.out.append(escape(data, quote=False))
