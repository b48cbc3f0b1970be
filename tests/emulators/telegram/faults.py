"""Trouble on demand: the next calls of a method fail, break off or wait, as a network and a busy platform would."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["status", "garbage", "reset", "hold"]
When = Literal["before", "after"]
_DESCRIPTIONS = {
    429: "Too Many Requests: retry after {retry_after}",
    500: "Internal Server Error",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}


@dataclass(slots=True)
class Fault:
    """One injected trouble. `arrived` is set when a call meets it; a held call goes on once `release()` is called."""

    method: str  # lower case; "*": any
    kind: Kind
    times: int = 1
    when: When = "before"  # before or after the request took effect
    status: int = 500
    retry_after: int = 1
    chat_id: int | None = None  # only calls about this chat
    body: bytes = b""  # of garbage
    met: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self.released.set()

    @property
    def answer(self) -> dict[str, object]:
        text = _DESCRIPTIONS.get(self.status, "Error").format(retry_after=self.retry_after)
        body: dict[str, object] = {"ok": False, "error_code": self.status, "description": text}
        if self.status == 429:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


class Faults:
    def __init__(self) -> None:
        self._planned: list[Fault] = []

    def plan(self, fault: Fault) -> Fault:
        fault.method = fault.method.lower()
        self._planned.append(fault)
        return fault

    def clear(self) -> None:
        for fault in self._planned:
            fault.release()
        self._planned.clear()

    def next(self, method: str, chat_id: str) -> Fault | None:
        for fault in self._planned:
            if fault.method in ("*", method) and fault.chat_id in (None, _integer(chat_id)):
                fault.met += 1
                fault.arrived.set()
                if fault.met >= fault.times:
                    self._planned.remove(fault)
                return fault
        return None


def _integer(raw: str) -> int | None:
    try:
        return int(raw)
    except ValueError:
        return None
