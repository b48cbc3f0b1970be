"""A house with open rooms, and windows that look at them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, async_playwright

from tests.web_house import House, web_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with web_house(tmp_path) as running:
        yield running


@pytest.fixture
async def chromium(browser_program: str) -> AsyncIterator[Browser]:
    # As root, which CI often is, Chromium runs only without its sandbox.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=browser_program, args=flags)
        yield running
        await running.close()


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
