"""The whole product in this process, on emulators: what the stories of the main job are told over."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from adapters import ADAPTERS
from bot import app
from bot.config import load
from bot.gather.packs import PACKS

ADMIN_TOKEN = "0123456789abcdef-admin"


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Product:
    """A running product, seen from outside."""

    def __init__(self, address: str, client: aiohttp.ClientSession) -> None:
        self.address = address
        self.client = client
        self.said: list[str] = []

    async def stories(self, *, admin: bool = True) -> list[dict[str, Any]]:
        """Everything that the API lists."""
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"} if admin else {}
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            query = {"limit": "200", **({"cursor": cursor} if cursor else {})}
            async with self.client.get(f"{self.address}/api/v1/stories", params=query, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                page = await answer.json()
            found += page["stories"]
            cursor = page["next_cursor"]
            if not cursor:
                return found

    async def get(self, path: str) -> str:
        async with self.client.get(f"{self.address}{path}") as answer:
            return await answer.text()

    async def health(self) -> dict[str, Any]:
        async with self.client.get(f"{self.address}/healthz") as answer:
            return {"status": answer.status, **await answer.json()}

    async def until(self, holds: Callable[[], Any], seconds: float = 60) -> Any:
        """Ask again and again until it holds; the product has nothing to be awaited from outside."""
        async with asyncio.timeout(seconds):
            while True:
                value = holds()
                if asyncio.iscoroutine(value):
                    value = await value
                if value:
                    return value
                await asyncio.sleep(0.05)


@asynccontextmanager
async def running(folder: Path, config: str, *, sample_wire: bool = False) -> AsyncIterator[Product]:
    """Run the product with this configuration (site and storage are given), in ``folder``, until the block ends."""
    port = free_port()
    path = folder / "config.toml"
    path.write_text(
        f'[storage]\npath = "{folder}/newstally.db"\n[site]\nport = {port}\nadmin_token = "{ADMIN_TOKEN}"\n{config}'
    )
    settings = load(path, {name: row.settings_model() for name, row in ADAPTERS.items()}, packs=PACKS)
    stop, up = asyncio.Event(), asyncio.Event()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        product = Product(f"http://127.0.0.1:{port}", client)

        def say(line: str) -> None:
            product.said.append(line)
            if "Stop with" in line:
                up.set()

        task = asyncio.create_task(app.run(settings, sample_wire=sample_wire, say=say, stop=stop))
        started = asyncio.create_task(up.wait())
        await asyncio.wait({task, started}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        if task.done():
            started.cancel()
            await task
        try:
            yield product
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await task
