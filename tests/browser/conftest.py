"""A house with open rooms, and windows that look at them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error

from tests.web_house import House, web_house
from tests.windows import chromium_of


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with web_house(tmp_path) as running:
        yield running


@pytest.fixture
async def chromium(browser_program: str) -> AsyncIterator[Browser]:
    async with chromium_of(browser_program) as running:
        yield running


NewMember = Callable[..., Awaitable[BrowserContext]]


@pytest.fixture
async def new_member(chromium: Browser) -> AsyncIterator[NewMember]:
    """Makes a visitor with cookies of their own. Whatever their console complains of fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def heard(message: ConsoleMessage) -> None:
        # That a server is away is no fault of the page's.
        if message.type in ("error", "warning") and "net::ERR_" not in message.text:
            complaints.append(message.text)

    def failed(error: Error) -> None:
        complaints.append(str(error))

    async def make(**options: object) -> BrowserContext:
        context = await chromium.new_context(**options)  # type: ignore[arg-type]
        context.on("console", heard)
        context.on("weberror", lambda raised: failed(raised.error))
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        await context.close()
    assert complaints == []
