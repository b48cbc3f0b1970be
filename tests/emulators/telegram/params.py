"""A request's parameters, be they query, form, multipart or JSON. All values are text, as on the server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from .errors import bad


@dataclass(slots=True)
class Params:
    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Of the files."""

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.values

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in ("true", "yes", "1")

    def number(self, name: str, default: int = 0, low: int = -(2**63), high: int = 2**63 - 1) -> int:
        """Client.cpp get_integer_arg: never refuses, clamps."""
        try:
            value = int(self.text(name)) if self.text(name) else default
        except ValueError:
            value = 0
        return max(low, min(high, value))

    def required(self, name: str) -> str:
        if not self.text(name):
            raise bad(f'Parameter "{name}" is required')
        return self.text(name)


def _pairs(raw: bytes) -> dict[str, str]:
    # surrogateescape keeps bytes that are no UTF-8 recognisable, so that the text rules can refuse them
    return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="surrogateescape"))


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


async def read(request: web.Request) -> Params:
    params = Params(_pairs(request.rel_url.raw_query_string.encode()))
    if request.method != "POST":
        return params
    kind = request.content_type
    if kind == "application/x-www-form-urlencoded":
        params.values |= _pairs(await request.read())
    elif kind == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise bad("can't parse JSON object") from None
        if isinstance(body, dict):
            params.values |= {name: _as_text(value) for name, value in body.items() if value is not None}
    elif kind == "multipart/form-data":
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            data = bytes(await part.read(decode=True))
            if part.filename is None:
                params.values[part.name] = data.decode("utf-8", "surrogateescape")
            else:
                params.files[part.name] = data
                params.names[part.name] = part.filename
    return params
