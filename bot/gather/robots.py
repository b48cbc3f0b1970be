"""What a site lets robots read: robots.txt as RFC 9309 has it, remembered a day a host."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.errors import SourceError
from bot.gather.client import FetchRequest, GuardedClient, NotModified
from bot.gather.links import spelled_path
from bot.gather.workers import TooMuch, WorkerCrashed, Workers, WorkerTimeout

PRODUCT = "newstally"
"""The name under which a site may address us."""

MAX_BYTES = 500_000
MAX_RULES = 5_000
"""A site that has more to say to us is left alone."""

PARSE_SECONDS = 5.0
REMEMBERED = timedelta(days=1)
NOT_NOW = timedelta(minutes=30)
"""A site whose rules can't be had isn't asked for them again before."""

MAX_HOSTS = 1_000
LONGEST_DELAY = 300.0


@dataclass(frozen=True, slots=True)
class Rule:
    """Paths that begin in a certain way may be read, or not. ``*`` is anything, ``$`` the end."""

    allows: bool
    path: str

    def matches(self, path: str) -> bool:
        """Each piece is looked for once, from where the one before it ends: takes no longer than reading both."""
        to_the_end = self.path.endswith("$")
        pattern = self.path.removesuffix("$")
        first, *pieces = pattern.split("*")
        if not path.startswith(first):
            return False
        if to_the_end and not pieces:
            return path == first
        last = pieces.pop() if to_the_end else ""
        place = len(first)
        for piece in pieces:
            found = path.find(piece, place)
            if found < 0:
                return False
            place = found + len(piece)
        return len(path) - len(last) >= place and path.endswith(last)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site says to us."""

    rules: tuple[Rule, ...] = ()
    delay: float = 0.0
    """Seconds that it wants between two requests."""

    def permit(self, url: str) -> bool:
        """Whether this address may be read. The longest rule that matches decides; of equals, the one that allows."""
        parts = urlsplit(url)
        path = spelled_path(f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/")
        matching = (rule for rule in self.rules if rule.matches(path))
        return max(((len(rule.path), rule.allows) for rule in matching), default=(0, True))[1]


EVERYTHING = Rules()
NOTHING = Rules((Rule(allows=False, path="/"),))

_LINE = re.compile(r"\s*([A-Za-z-]{5,20})\s*:\s*([^#\r\n]*)")


def parse(body: bytes) -> Rules:
    """The rules of the groups that name us, or else of those for everybody."""
    groups: dict[str, tuple[list[Rule], list[float]]] = {}
    names: set[str] = set()
    naming = False
    for line in body[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        field, value = match[1].lower(), match[2].strip()
        if field == "user-agent":
            names = names if naming else set()
            naming = True
            if (name := _name(value)) in {PRODUCT, "*"}:  # groups of others don't concern us
                names.add(name)
                groups.setdefault(name, ([], []))
        elif field in {"allow", "disallow", "crawl-delay"}:
            naming = False
            for name in names:
                _add(groups[name], field, value)
    rules, delays = groups.get(PRODUCT) or groups.get("*") or ([], [])
    if len(rules) > MAX_RULES:
        return NOTHING
    return Rules(tuple(rules), min(max(delays, default=0.0), LONGEST_DELAY))


def _name(value: str) -> str:
    """``Newstally/1.0`` is us too."""
    return re.split(r"[/\s]", value.lower(), maxsplit=1)[0]


def _add(group: tuple[list[Rule], list[float]], field: str, value: str) -> None:
    rules, delays = group
    if field == "crawl-delay":
        if re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", value, re.ASCII):
            delays.append(float(value))
    elif value and len(rules) <= MAX_RULES:  # an empty one says nothing
        rules.append(Rule(field == "allow", spelled_path(value)))


class Robots:
    """Asks each host for its rules once a day."""

    def __init__(self, client: GuardedClient, workers: Workers, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._workers = workers
        self._clock = clock
        self._known: OrderedDict[str, tuple[datetime, Rules | SourceError]] = OrderedDict()

    async def rules(self, url: str) -> Rules:
        """The rules of the host of this address. Raises SourceError when they can't be had now."""
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}".lower()
        now = self._clock()
        until, answer = self._known.get(root, (now, EVERYTHING))
        if until <= now:
            until, answer = await self._ask(root)
            self._remember(root, until, answer)
        if isinstance(answer, SourceError):
            # One of its own for each who asks: a traceback hangs on to whoever raised it.
            told = SourceError(answer.phrase, retry_after=answer.retry_after, status=answer.status)
            raise told from answer.__cause__
        return answer

    async def _ask(self, root: str) -> tuple[datetime, Rules | SourceError]:
        request = FetchRequest(f"{root}/robots.txt", accept="text/plain, */*;q=0.1", max_bytes=MAX_BYTES)
        try:
            fetched = await self._client.fetch(request)
            # We asked without conditions: whoever says all the same that nothing has changed says nothing.
            body = b"" if isinstance(fetched, NotModified) else fetched.body
            rules = await self._workers.run_for(root, PARSE_SECONDS, parse, body)
        except SourceError as error:
            if error.status is not None and 400 <= error.status < 500 and error.status != 429:
                return self._clock() + REMEMBERED, EVERYTHING
            return self._clock() + NOT_NOW, error
        except (WorkerTimeout, WorkerCrashed, TooMuch):
            return self._clock() + REMEMBERED, NOTHING
        return self._clock() + REMEMBERED, rules

    def _remember(self, root: str, until: datetime, answer: Rules | SourceError) -> None:
        self._known[root] = until, answer
        self._known.move_to_end(root)
        while len(self._known) > MAX_HOSTS:
            self._known.popitem(last=False)
