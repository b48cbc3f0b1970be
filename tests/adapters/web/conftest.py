"""A house with open rooms, and browsers that are plain HTTP clients with cookies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.web_house import House, web_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with web_house(tmp_path) as running:
        yield running


@pytest.fixture
async def client(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with visitor(house) as session:
        yield session


def visitor(house: House) -> aiohttp.ClientSession:
    """A browser of its own. Cookies of bare addresses are kept, too."""
    return aiohttp.ClientSession(house.address, cookie_jar=aiohttp.CookieJar(unsafe=True))
