"""DeepL's API v2: ``GET /v2/languages``, ``GET /v2/usage`` and ``POST /v2/translate`` (developers.deepl.com)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from aiohttp import web

from tests.emulators.translators.marks import marked
from tests.emulators.translators.service import Service, is_json

SOURCES = {"EN": "English", "DE": "German", "KO": "Korean", "JA": "Japanese", "ZH": "Chinese", "ES": "Spanish"} | {
    "FR": "French", "NL": "Dutch", "RU": "Russian", "IT": "Italian", "PT": "Portuguese", "TR": "Turkish",
}  # fmt: skip
TARGETS = {code: name for code, name in SOURCES.items() if code not in {"EN", "PT", "ZH"}} | {
    "EN-GB": "English (British)", "EN-US": "English (American)", "PT-BR": "Portuguese (Brazilian)",
    "PT-PT": "Portuguese (European)", "ZH-HANS": "Chinese (simplified)", "ZH-HANT": "Chinese (traditional)",
}  # fmt: skip

# Accepted, though not listed: targets without their variant.
BARE = frozenset({"EN", "PT", "ZH"})

MAX_TEXTS = 50
MAX_BODY = 128 * 1024

PARAMETERS = frozenset(
    ("text", "source_lang", "target_lang", "context", "split_sentences", "preserve_formatting", "formality",
     "model_type", "glossary_id", "show_billed_characters", "tag_handling", "tag_handling_version",
     "outline_detection", "non_splitting_tags", "splitting_tags", "ignore_tags", "style_id", "custom_instructions")
)  # fmt: skip


@dataclass
class DeepL(Service):
    """A key that ends in ":fx" is one of the free plan."""

    key: str = "deepl-key:fx"
    languages: dict[str, str] = field(default_factory=lambda: dict(TARGETS))
    """Its targets."""
    characters_left: int = 500_000

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/v2/languages", self._languages)
        app.router.add_get("/v2/usage", self._usage)
        app.router.add_post("/v2/translate", self._translate)

    def refusal(self, status: int, words: str) -> web.Response:
        said = {403: "Forbidden", 429: "Too many requests", 456: "Quota Exceeded", 503: "Service unavailable"}
        return web.json_response({"message": said.get(status, words)}, status=status)

    def _key_refused(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"DeepL-Auth-Key {self.key}":
            return None
        return self.refusal(403, "")

    async def _languages(self, request: web.Request) -> web.StreamResponse:
        if (refused := self._key_refused(request)) is not None:
            return refused
        kind = request.query.get("type", "source")
        if kind not in {"source", "target"}:
            return self.refusal(400, "Value for 'type' not supported.")
        listed = SOURCES if kind == "source" else self.languages
        more = {} if kind == "source" else {"supports_formality": False}
        return web.json_response([{"language": code, "name": name} | more for code, name in listed.items()])

    async def _usage(self, request: web.Request) -> web.StreamResponse:
        if (refused := self._key_refused(request)) is not None:
            return refused
        return web.json_response({"character_count": 500_000 - self.characters_left, "character_limit": 500_000})

    async def _translate(self, request: web.Request) -> web.StreamResponse:
        if (ordered := await self.ordered()) is not None:
            return ordered
        if (refused := self._key_refused(request)) is not None:
            return refused
        said = self.requests[-1].json
        if not is_json(request) or not isinstance(said, dict):
            return self.refusal(400, "Bad request. Reason: Expected a JSON object.")
        if (fault := self._fault(said, request)) is not None:
            return fault
        size = sum(len(text) for text in said["text"])
        if size > self.characters_left:
            return self.refusal(456, "")
        self.characters_left -= size
        self.translations += 1
        source = str(said.get("source_lang") or "EN").upper()
        try:
            done = [self._done(text, said) for text in said["text"]]
        except ElementTree.ParseError as error:
            return self.refusal(400, f"Tag handling parsing failed, please check input: {error}")
        return web.json_response(
            {"translations": [{"detected_source_language": source, "text": text} for text in done]}
        )

    def _fault(self, said: dict[str, Any], request: web.Request) -> web.Response | None:
        if len(json.dumps(said)) > MAX_BODY:
            return self.refusal(413, "Request Entity Too Large")
        if unknown := sorted(said.keys() - PARAMETERS):
            return self.refusal(400, f"Bad request. Reason: Unexpected parameter {unknown[0]}")
        texts = said.get("text")
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            return self.refusal(400, "Parameter 'text' not specified.")
        if len(texts) > MAX_TEXTS:
            return self.refusal(400, "Too many texts.")
        target, source = str(said.get("target_lang", "")).upper(), said.get("source_lang")
        if target not in self.languages and target not in BARE:
            return self.refusal(400, "Value for 'target_lang' not supported.")
        if source is not None and str(source).upper() not in SOURCES:
            return self.refusal(400, "Value for 'source_lang' not supported.")
        if said.get("tag_handling") not in {None, "xml", "html"}:
            return self.refusal(400, "Value for 'tag_handling' not supported.")
        if "ignore_tags" in said and not isinstance(said["ignore_tags"], list):
            return self.refusal(400, "Bad request. Reason: 'ignore_tags' must be an array.")
        return None

    def _done(self, text: str, said: dict[str, Any]) -> str:
        target = str(said["target_lang"])
        if said.get("tag_handling") is None:
            return marked(text, target)
        root = ElementTree.fromstring(f"<all>{text}</all>")
        self._walk(root, target, frozenset(said.get("ignore_tags", ())))
        whole = ElementTree.tostring(root, encoding="unicode")
        return "" if whole == "<all />" else whole.removeprefix("<all>").removesuffix("</all>")

    def _walk(self, element: ElementTree.Element, target: str, ignored: frozenset[str]) -> None:
        if element.tag not in ignored:
            element.text = marked(element.text or "", target)
            before: ElementTree.Element | None = None
            for child in list(element):
                self._walk(child, target, ignored)
                child.tail = marked(child.tail or "", target)
                if self._garbles and child.tag in ignored:
                    element.remove(child)
                    if before is None:
                        element.text += child.tail
                    else:
                        before.tail = (before.tail or "") + child.tail
                else:
                    before = child
