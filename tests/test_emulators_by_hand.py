"""What `make emulators` prints starts the product in front of the emulators."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from tests.emulators.discord import DiscordServer
from tests.emulators.discord.__main__ import settings as discord_settings
from tests.emulators.shell import pasteable
from tests.emulators.telegram import TelegramServer
from tests.emulators.telegram.__main__ import settings as telegram_settings

ROOT = Path(__file__).parent.parent
_NAME = re.compile(r"^(NEWSTALLY_\w+)=", re.MULTILINE)
_CHECK = f"{sys.executable} -m bot check"


async def test_the_block_is_understood_by_a_shell_and_the_product(tmp_path: Path) -> None:
    surroundings = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    async with TelegramServer() as tg, DiscordServer() as dc:
        command = pasteable(telegram_settings(tg) | discord_settings(dc)).replace("make run", _CHECK)
        assert "NEWSTALLY_STORAGE__PATH=emulators.db" in command
        check = await asyncio.create_subprocess_shell(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path, env=surroundings
        )
        said, _ = await asyncio.wait_for(check.communicate(), 60)
    assert check.returncode == 0, said.decode()
    for platform in ("telegram", "discord"):
        assert f"ok     {platform}: " in said.decode()


async def test_the_guide_shows_the_same_block() -> None:
    async with TelegramServer() as tg, DiscordServer() as dc:
        block = pasteable(telegram_settings(tg) | discord_settings(dc))
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert _NAME.findall(guide) == _NAME.findall(block)
