"""`python -m tests.emulators both`: a Telegram and a Discord with some demo chats, until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from itertools import count

from tests.emulators.discord import DiscordServer
from tests.emulators.discord.__main__ import furnish as furnish_discord
from tests.emulators.discord.__main__ import settings as discord_settings
from tests.emulators.feeds import FeedServer, Item, rss
from tests.emulators.shell import pasteable
from tests.emulators.telegram import TelegramServer
from tests.emulators.telegram.__main__ import furnish as furnish_telegram
from tests.emulators.telegram.__main__ import settings as telegram_settings

NEWS_SECONDS = 60.0
"""From one story of the demo feed to the next."""

WORDS = (
    "Harbour lights go electric", "Quiet week for the Velden exchange", "Baker's union and mills agree on a price",
    "Tram line 4 opens after nine years", "Quillnet tests a shorter queue", "Rain fills the reservoirs",
)  # fmt: skip


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators both", description=__doc__)
    parser.add_argument("--telegram-port", type=int, default=8081)
    parser.add_argument("--discord-port", type=int, default=8082)
    parser.add_argument("--gateway-port", type=int, default=8083)
    parser.add_argument("--feed-port", type=int, default=8090)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args(argv)))
    return 0


async def _serve(options: argparse.Namespace) -> None:
    discord = DiscordServer(port=options.discord_port, gateway_port=options.gateway_port)
    feeds = FeedServer(port=options.feed_port)
    async with TelegramServer(port=options.telegram_port) as tg, discord as dc, feeds:
        furnish_telegram(tg)
        await furnish_discord(dc)
        print(f"Telegram as its members see it: {tg.url}/\nDiscord as its members see it:  {dc.page_url}\n")
        print("To start Newstally in both, paste this into another terminal, in this folder:\n")
        print(pasteable(telegram_settings(tg) | discord_settings(dc)))
        address = feeds.url("/news.xml")
        print(f"\nA feed with a new story every minute, for a chat there: /sources add {address}")
        print("Stop with Ctrl-C.", flush=True)
        await _publish(feeds)


async def _publish(feeds: FeedServer) -> None:
    """Invented stories, so that there is something to post without a network."""
    items: list[Item] = []
    began = datetime.now(UTC)
    for number in count():
        title = f"{WORDS[number % len(WORDS)]} ({number + 1})"
        text = "An invented story of the emulators, to look at and to vote on."
        at = began + timedelta(seconds=NEWS_SECONDS * number)
        items = [Item(title, f"https://news.example/{number}", f"urn:demo:{number}", at, text), *items[:19]]
        feeds.put("/news.xml", rss(items, title="Demo news"))
        await asyncio.sleep(NEWS_SECONDS if number > 1 else 0)
