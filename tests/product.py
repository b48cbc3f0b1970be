"""The whole product on emulators, in this process or in one of its own: what the stories are told over."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from adapters import ADAPTERS
from bot import app
from bot.check import check
from bot.config import Settings, load
from bot.gather.packs import PACKS, PackSource
from bot.i18n import Catalogues
from tests.emulators.discord import DiscordServer
from tests.emulators.feeds import Item
from tests.emulators.telegram import TelegramServer
from tests.languages import CATALOGUES

ROOT = Path(__file__).parent.parent
ADMIN_TOKEN = "0123456789abcdef-admin"
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
"""When the sources tell: the product goes by the real clock, and what is days old is no news to it."""

EVERY_SECOND = "[gather]\ninterval = 1\nadaptive = false\n"
"""Sources are looked at as often as can be."""
LOOPBACK_ALLOWED = 'allow_networks = ["127.0.0.0/8"]\n'
"""Follows `EVERY_SECOND`: what members add may be on this machine."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- what stands in the config and in the feeds ----------------------------------------------------------------------


def items(*titles: str) -> list[Item]:
    """Entries with these titles, each a minute after the one before."""
    return [
        Item(
            title=title,
            link=f"https://news.example/{quote(title)}",
            guid=title,
            published=NOON + timedelta(minutes=n),
            summary="So it is.",
        )
        for n, title in enumerate(titles)
    ]


def telegram_table(server: TelegramServer, *, token: str = "") -> str:
    return f'[telegram]\ntoken = "{token or server.token}"\nbase_url = "{server.base_url}"\n'


def discord_table(server: DiscordServer, *, token: str = "") -> str:
    return (
        f'[discord]\ntoken = "{token or server.token}"\napi_url = "{server.api_url}"\n'
        f'gateway_url = "{server.gateway_url}"\n'
    )


def chat_table(platform: str, identity: object, language: str, *feeds: str) -> str:
    """A declared chat."""
    named = ", ".join(f'"{feed}"' for feed in feeds)
    return f'[[chats]]\nplatform = "{platform}"\nid = "{identity}"\nlanguage = "{language}"\nfeeds = [{named}]\n'


# --- the product, seen from outside ----------------------------------------------------------------------------------


class Product:
    """A running product."""

    def __init__(self, address: str, client: aiohttp.ClientSession, folder: Path) -> None:
        self.address = address
        self.client = client
        self.folder = folder
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

    async def story(self, title: str) -> dict[str, Any] | None:
        """The story of this title, once there is one."""
        return next((story for story in await self.stories() if story["title"] == title), None)

    async def get(self, path: str) -> str:
        async with self.client.get(f"{self.address}{path}") as answer:
            return await answer.text()

    async def health(self) -> dict[str, Any]:
        async with self.client.get(f"{self.address}/healthz") as answer:
            return {"status": answer.status, **await answer.json()}

    async def state_of(self, platform: str) -> str:
        return str((await self.health())["adapters"][platform]["state"])

    async def ready(self, *platforms: str) -> None:
        """Wait until these adapters are connected."""

        async def all_ready() -> bool:
            return all([await self.state_of(platform) == "ready" for platform in platforms])

        await self.until(all_ready)

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

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database says."""
        with closing(sqlite3.connect(f"file:{self.folder / 'newstally.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(question, values).fetchall()

    def changes(self, identity: object) -> list[tuple[str, str, str | None, str | None]]:
        """The log of a chat's settings: by whom, which, from, to."""
        return self.rows(
            "SELECT actor, setting, old, new FROM setting_log JOIN chat ON chat.id = chat_id"
            " WHERE native_id = ? ORDER BY setting_log.id",
            str(identity),
        )


def write_config(folder: Path, config: str) -> tuple[Path, int]:
    """The file with this configuration (site and storage are given), and the port that the product will listen on."""
    port = free_port()
    path = folder / "config.toml"
    path.write_text(
        f'[storage]\npath = "{folder}/newstally.db"\n[site]\nport = {port}\nadmin_token = "{ADMIN_TOKEN}"\n{config}'
    )
    return path, port


def settings_in(folder: Path, catalogues: Catalogues = CATALOGUES) -> Settings:
    """What the config in the folder says."""
    tables = {name: row.settings_model() for name, row in ADAPTERS.items()}
    return load(folder / "config.toml", tables, packs=PACKS, languages=catalogues.names)


async def checked(folder: Path, catalogues: Catalogues = CATALOGUES) -> list[str]:
    """What `newstally check` says, in this process."""
    lines: list[str] = []
    await check(settings_in(folder, catalogues), lines.append, catalogues)
    return lines


@asynccontextmanager
async def running(
    folder: Path,
    config: str,
    *,
    sample_wire: bool = False,
    packs: Mapping[tuple[str, str], Sequence[str]] | None = None,
    catalogues: Catalogues = CATALOGUES,
) -> AsyncIterator[Product]:
    """Run the product with this configuration, in this process and in ``folder``, until the block ends.

    ``packs``: the feeds that a pack has in a language; without them no test may make a chat follow a pack, for the
    bundled ones name real sites.
    """
    _, port = write_config(folder, config)
    settings = settings_in(folder, catalogues)
    stop, up = asyncio.Event(), asyncio.Event()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        product = Product(f"http://127.0.0.1:{port}", client, folder)

        def say(line: str) -> None:
            product.said.append(line)
            if "Stop with" in line:
                up.set()

        rows = {
            (pack, language): tuple(PackSource(address, address, language) for address in addresses)
            for (pack, language), addresses in (packs or {}).items()
        }
        work = app.run(settings, sample_wire=sample_wire, say=say, stop=stop, packs=rows, catalogues=catalogues)
        task = asyncio.create_task(work)
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


# --- in a process of its own -----------------------------------------------------------------------------------------


@dataclass
class Spawned:
    """A product in a process of its own, and what it wrote."""

    process: asyncio.subprocess.Process
    product: Product
    out: Path

    @property
    def written(self) -> str:
        """Everything that it put on standard output and standard error."""
        return self.out.read_text(errors="replace")

    async def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """As an operator would; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            return await self.process.wait()


def _environment() -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEWSTALLY_")}
    return {**clean, "PYTHONPATH": str(ROOT)}


@asynccontextmanager
async def spawned(folder: Path, config: str, *, wait: bool = True) -> AsyncIterator[Spawned]:
    """Run the product as an operator does, until the block ends or it is killed; its words go into a file.

    ``wait``: the block begins when it is up.
    """
    path, port = write_config(folder, config)
    out = folder / "written.txt"
    with out.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "--config", str(path),
            cwd=folder, env=_environment(), stdout=file, stderr=file,
        )  # fmt: skip
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        one = Spawned(process, Product(f"http://127.0.0.1:{port}", client, folder), out)

        async def answers() -> bool:
            assert process.returncode is None, one.written
            try:
                return bool((await one.product.health())["status"] == 200)
            except aiohttp.ClientError:
                return False

        try:
            if wait:
                await one.product.until(answers)
            yield one
        finally:
            if process.returncode is None:
                await one.kill()


async def newstally(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command with the config that is in the folder; its exit code and all that it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, "--config", str(folder / "config.toml"),
        cwd=folder, env=_environment(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        written, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, written.decode()
