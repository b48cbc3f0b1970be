"""The HTTP side of all providers: bounded in bytes and time, no redirect followed, nothing kept between two requests.

Their addresses are the operator's own, so that they may lead anywhere; a redirect, which is somebody else's, leads
nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from bot.errors import NotTranslated, ProviderBusy, ProviderRefuses, ProviderUsedUp, TranslationError
from bot.headers import retry_after
from bot.model import Phrase

MAX_BYTES = 500_000
"""Of an answer. A text has a thousand characters; a long list of languages or models has some ten thousand."""

NOT_UNDERSTOOD = Phrase("It answered with something that I don't understand.")

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered."""

    status: int
    body: bytes
    retry_after: float | None = None

    def read(self, model: type[M]) -> M:
        """The body, if it is what it should be. Raises NotTranslated, without a word of the body: it may be hostile."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError:
            raise NotTranslated(NOT_UNDERSTOOD) from None

    def error(self) -> TranslationError:
        """What an answer that is none means, where a provider knows nothing more special."""
        status = {"status": self.status}
        if self.status in {401, 403}:
            return ProviderRefuses(Phrase("It doesn't accept the key ({status}).", status))
        if self.status in {429, 529}:
            return ProviderBusy(Phrase("The server asks me to come less often ({status}).", status), self.retry_after)
        if self.status in {402, 456}:
            return ProviderUsedUp(Phrase("The key's translation quota is used up ({status}).", status))
        # Where nothing is, or only the way to somewhere else, there may be something later.
        if self.status >= 500 or self.status in {404, 408} or 300 <= self.status < 400:
            return ProviderBusy(Phrase("The server answered {status}.", status), self.retry_after)
        return NotTranslated(Phrase("The server answered {status}.", status))


class Wire:
    """Use as an async context manager."""

    def __init__(self, timeout: float, version: str = "") -> None:
        self._timeout = timeout
        self._user_agent = f"Newstally/{version}" if version else "Newstally"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Wire:
        self._session = aiohttp.ClientSession(
            headers={"User-Agent": self._user_agent, "Accept": "application/json", "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,  # neither proxies nor .netrc
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def ask(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, json: Any = None) -> Reply:
        """Whatever the provider answers. Raises ProviderBusy when there is no answer, NotTranslated for an endless one.

        No error says what was sent: there is a key in it.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._ask(method, url, headers or {}, json)
        except TimeoutError:
            seconds = {"seconds": round(self._timeout)}
            raise ProviderBusy(Phrase("It took longer than {seconds} seconds.", seconds)) from None
        except (aiohttp.ClientError, OSError, ValueError):  # ValueError: a host name that can't be written in DNS
            raise ProviderBusy(Phrase("The server can't be reached.")) from None

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], json: Any) -> Reply:
        assert self._session is not None
        async with self._session.request(method, url, headers=headers, json=json, allow_redirects=False) as answer:
            body = bytearray()
            async for piece in answer.content.iter_any():
                body += piece
                if len(body) > MAX_BYTES:
                    raise NotTranslated(NOT_UNDERSTOOD)
            wait = retry_after(answer.headers.get("Retry-After", ""), datetime.now(UTC))
            return Reply(answer.status, bytes(body), wait)
