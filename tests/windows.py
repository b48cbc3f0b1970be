"""A Chromium to look through: pages as people see them, what does not fit there, and pictures of them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

_TOO_WIDE = """() => [document.documentElement, ...document.body.querySelectorAll("*")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.clientWidth > 2)
    .filter((one) => !["auto", "scroll"].includes(getComputedStyle(one).overflowX))
    .filter((one) => !one.closest("svg, select, .skip"))
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => `${one.tagName}.${one.className}: ${one.scrollWidth} > ${one.clientWidth}: ${one.innerText}`)"""


@asynccontextmanager
async def chromium_of(program: str) -> AsyncIterator[Browser]:
    """The browser, until the block ends."""
    # As root, which CI often is, Chromium runs only without its sandbox.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=flags)
        yield running
        await running.close()


async def too_wide(page: Page) -> list[str]:
    """What of the page does not fit into its box, in words."""
    found: list[str] = await page.evaluate(_TOO_WIDE)
    return found


@dataclass
class Album:
    """Pictures of pages in their order, each of a page on which everything fits."""

    folder: Path
    pictures: int = 0

    async def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """``whole``: with what one has to scroll to."""
        self.pictures += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=self.folder / f"{self.pictures:02}-{name}.png", full_page=whole)
        assert await too_wide(page) == [], name
