"""Runs the emulator with a demonstration server until it is interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from tests.emulators.discord.gateway import MESSAGE_CONTENT
from tests.emulators.discord.server import DiscordServer
from tests.emulators.shell import pasteable


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators discord")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8082, help="REST API and pages")
    parser.add_argument("--gateway-port", type=int, default=8083)
    parser.add_argument("--message-content", action="store_true", help="the app has the message content intent")
    parser.add_argument("--no-limits", action="store_true")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args(argv)))
    return 0


async def _serve(args: argparse.Namespace) -> None:
    server = DiscordServer(
        port=args.port, gateway_port=args.gateway_port, host=args.host,
        privileged_intents=MESSAGE_CONTENT if args.message_content else 0, limits={} if args.no_limits else None,
    )  # fmt: skip
    async with server as dc:
        await furnish(dc)
        print(f"Discord as its members see it: {dc.page_url}\n\n{pasteable(settings(dc))}", flush=True)
        await asyncio.Event().wait()


def settings(dc: DiscordServer) -> dict[str, str]:
    """How the product is pointed here."""
    return {
        "NEWSTALLY_DISCORD__TOKEN": dc.token,
        "NEWSTALLY_DISCORD__API_URL": dc.api_url,
        "NEWSTALLY_DISCORD__GATEWAY_URL": dc.gateway_url,
    }


async def furnish(dc: DiscordServer) -> None:
    guild = await dc.create_guild("Investors")
    for name, locale in (("anna", "de"), ("minjun", "ko"), ("areg", "en-US")):
        await dc.add_user(name, locale=locale, guild=guild)
    await dc.create_text(guild, "news", topic="Bullish or bearish?")
    await dc.create_announcement(guild, "announcements")
    await dc.create_forum(guild, "stories", tags=["crypto", "markets"])
    await dc.invite_bot(guild)


if __name__ == "__main__":
    import sys

    sys.exit(run(sys.argv[1:]))
