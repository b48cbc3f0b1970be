"""A language model behind the API that most speak: ``GET /models`` and ``POST /chat/completions``.

It answers a request whose last message is a JSON object (or holds one) with the same object, its texts translated. What
it is told to do besides, it doesn't read: a test that wants another answer gives ``reply``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.emulators.translators.marks import marked
from tests.emulators.translators.service import Service, is_json

ROLES = frozenset({"system", "developer", "user", "assistant"})

_KEPT = re.compile(r"(⟦[^⟧]*⟧|\{\{[^}]*\}\}|<[^>]*>|\[\[[^\]]*\]\])")
"""Marks that a careful model leaves alone when it is told to, whichever way they are written."""


@dataclass
class ChatModel(Service):
    """Answers in the place of a model."""

    key: str | None = "model-key"
    model: str = "small-model"
    target: str = "it"
    """The language of its marks, where the request's object names none (``target`` or ``to``)."""
    reply: Callable[[dict[str, Any]], str] | None = None
    """What it says to a request's body; None: as above."""

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/models", self._models)
        app.router.add_post("/chat/completions", self._complete)

    def refusal(self, status: int, words: str) -> web.Response:
        kinds = {401: "invalid_request_error", 429: "rate_limit_exceeded", 400: "invalid_request_error"}
        error = {"message": words, "type": kinds.get(status, "server_error"), "param": None, "code": None}
        return web.json_response({"error": error}, status=status)

    def _key_refused(self, request: web.Request) -> web.Response | None:
        if self.key is None or request.headers.get("Authorization") == f"Bearer {self.key}":
            return None
        return self.refusal(401, "Incorrect API key provided.")

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if (refused := self._key_refused(request)) is not None:
            return refused
        listed = [{"id": self.model, "object": "model", "created": 1_700_000_000, "owned_by": "us"}]
        return web.json_response({"object": "list", "data": listed})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        if (ordered := await self.ordered()) is not None:
            return ordered
        if (refused := self._key_refused(request)) is not None:
            return refused
        said = self.requests[-1].json
        if not is_json(request) or not isinstance(said, dict):
            return self.refusal(400, "We could not parse the JSON body of your request.")
        if (fault := self._fault(said)) is not None:
            return fault
        self.translations += 1
        words = self.reply(said) if self.reply is not None else self._answer(said)
        choice = {"index": 0, "message": {"role": "assistant", "content": words}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
        return web.json_response(
            {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": self.model,
             "choices": [choice], "usage": usage}
        )  # fmt: skip

    def _fault(self, said: dict[str, Any]) -> web.Response | None:
        if said.get("model") != self.model:
            return self.refusal(404, f"The model `{said.get('model')}` does not exist or you do not have access to it.")
        messages = said.get("messages")
        if not isinstance(messages, list) or not messages:
            return self.refusal(400, "Invalid 'messages': empty array.")
        for message in messages:
            if not isinstance(message, dict) or message.get("role") not in ROLES:
                return self.refusal(400, "Invalid value for 'role'.")
            if not isinstance(message.get("content"), str | list):
                return self.refusal(400, "Invalid type for 'content'.")
        if said.get("stream"):
            return self.refusal(400, "This server doesn't stream.")
        return None

    def _answer(self, said: dict[str, Any]) -> str:
        content = said["messages"][-1]["content"]
        found = re.search(r"[\[{].*[\]}]", content if isinstance(content, str) else "", re.DOTALL)
        try:
            given = json.loads(found[0]) if found else content
        except ValueError:
            given = content
        target = str(given.get("target") or given.get("to") or self.target) if isinstance(given, dict) else self.target
        return json.dumps(self._translated(given, target), ensure_ascii=False)

    def _translated(self, value: Any, target: str, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._translated(one, target, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self._translated(one, target, name) for one in value]
        if not isinstance(value, str) or name in {"source", "target", "from", "to", "language"}:
            return value
        parts = _KEPT.split(value)
        kept = ["" if self._garbles else part for part in parts[1::2]]
        words = [marked(part, target) for part in parts[0::2]]
        return "".join(part for pair in zip(words, [*kept, ""], strict=True) for part in pair)
