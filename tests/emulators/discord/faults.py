"""Trouble on demand: the next requests to a route fail, break off or wait, as a network and a busy platform would."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

Kind = Literal["status", "garbage", "reset", "hold"]
When = Literal["before", "after"]


@dataclass(eq=False)
class Fault:
    """One injected trouble. `arrived` is set when a request meets it; a held one goes on once `release()` is called."""

    method: str  # upper case; "*": any
    route: str  # a template ("/channels/{}/messages", braces match one segment) or a path with * wildcards
    kind: Kind
    times: int = 1
    when: When = "before"  # before or after the request took effect
    status: int = 500
    retry_after: float = 1.0
    scope: Literal["user", "global", "shared"] = "user"
    via: bool = True  # False: the proxy in front says it by itself, as a page; the request doesn't reach the API
    body: bytes = b'{"id": "12'  # of garbage
    met: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self.released.set()

    def meets(self, method: str, path: str) -> bool:
        if self.method not in ("*", method):
            return False
        if "{" in self.route:
            pattern = "".join("[^/]+" if p.startswith("{") else re.escape(p)
                              for p in re.split(r"(\{[^}]*\})", self.route))  # fmt: skip
            return re.fullmatch(pattern, path) is not None
        return fnmatchcase(path, self.route)


class Faults:
    def __init__(self) -> None:
        self._planned: list[Fault] = []

    def plan(self, fault: Fault) -> Fault:
        fault.method = fault.method.upper()
        self._planned.append(fault)
        return fault

    def clear(self) -> None:
        for fault in self._planned:
            fault.release()
        self._planned.clear()

    def next(self, method: str, path: str) -> Fault | None:
        for fault in self._planned:
            if fault.meets(method, path):
                fault.met += 1
                fault.arrived.set()
                if fault.met >= fault.times:
                    self._planned.remove(fault)
                return fault
        return None
