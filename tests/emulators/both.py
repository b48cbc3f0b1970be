"""`python -m tests.emulators both`: a Telegram and a Discord with some demo chats, until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from tests.emulators.discord import DiscordServer
from tests.emulators.discord.__main__ import furnish as furnish_discord
from tests.emulators.discord.__main__ import settings as discord_settings
from tests.emulators.shell import pasteable
from tests.emulators.telegram import TelegramServer
from tests.emulators.telegram.__main__ import furnish as furnish_telegram
from tests.emulators.telegram.__main__ import settings as telegram_settings


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators both", description=__doc__)
    parser.add_argument("--telegram-port", type=int, default=8081)
    parser.add_argument("--discord-port", type=int, default=8082)
    parser.add_argument("--gateway-port", type=int, default=8083)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args(argv)))
    return 0


async def _serve(options: argparse.Namespace) -> None:
    discord = DiscordServer(port=options.discord_port, gateway_port=options.gateway_port)
    async with TelegramServer(port=options.telegram_port) as tg, discord as dc:
        furnish_telegram(tg)
        await furnish_discord(dc)
        print(f"Telegram as its members see it: {tg.url}/\nDiscord as its members see it:  {dc.page_url}\n")
        print("To start Newstally in both, paste this into another terminal, in this folder:\n")
        print(pasteable(telegram_settings(tg) | discord_settings(dc)), flush=True)
        await asyncio.Event().wait()
