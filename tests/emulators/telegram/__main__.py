"""`python -m tests.emulators telegram --port 8081`: the emulator with some demo chats, until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from tests.emulators.shell import pasteable

from . import Limits, TelegramServer


def furnish(tg: TelegramServer) -> None:
    """A group, a forum, a channel with its discussion group, and people who speak different languages."""
    ann = tg.add_user("Ann", username="ann", language_code="en")
    bo = tg.add_user("Bo", language_code="de", is_premium=True)
    chloe = tg.add_user("Chloé", language_code="fr")
    nare = tg.add_user("Նարե", language_code="hy")
    tg.create_private(ann)
    group = tg.create_supergroup("Market talk (English)", owner=ann, members=[bo, chloe, nare])
    tg.add_bot(group, "admin")
    forum = tg.create_forum("Nachrichten-Forum (Deutsch)", owner=bo, members=[ann, chloe, nare])
    tg.add_bot(forum, "admin")
    tg.create_topic(forum, "Krypto")
    tg.create_topic(forum, "Technik")
    discussion = tg.create_supergroup("Discussion (français)", owner=chloe, members=[ann, bo, nare])
    channel = tg.create_channel("Actualités (français)", owner=chloe, username="newstally_fr", discussion=discussion)
    tg.add_bot(discussion, "admin")
    tg.add_bot(channel)
    small = tg.create_group("Փոքր խումբ (հայերեն)", owner=nare, members=[ann])
    tg.add_bot(small)
    tg.say(ann, group, "Good morning! Anything new?")
    tg.say(chloe, channel, "Bonjour à toutes et à tous.")


def settings(tg: TelegramServer) -> dict[str, str]:
    """How the product is pointed here."""
    return {"NEWSTALLY_TELEGRAM__TOKEN": tg.token, "NEWSTALLY_TELEGRAM__BASE_URL": tg.base_url}


async def serve(options: argparse.Namespace) -> None:
    limits = Limits.off() if options.no_limits else None
    async with TelegramServer(port=options.port, limits=limits, fetch_anywhere=options.fetch_anywhere) as tg:
        if not options.empty:
            furnish(tg)
        print(f"Telegram as its members see it: {tg.url}/\n\n{pasteable(settings(tg))}", flush=True)
        await asyncio.Event().wait()


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--empty", action="store_true", help="no demo chats")
    parser.add_argument("--no-limits", action="store_true", help="never answer 429")
    parser.add_argument("--fetch-anywhere", action="store_true", help="fetch pictures from other hosts than loopback")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args(argv)))
    return 0


if __name__ == "__main__":
    import sys

    sys.exit(run(sys.argv[1:]))
