"""No token leaves the product but to its own platform: not in what it writes, serves, shows or posts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.discord.rights import NEEDED
from tests.emulators.discord import DiscordServer
from tests.emulators.feeds import FeedServer, faults, rss
from tests.emulators.telegram import Limits, TelegramServer
from tests.emulators.translators import ChatModel, DeepL, LibreTranslate
from tests.product import (
    ADMIN_TOKEN,
    EVERY_SECOND,
    Product,
    chat_table,
    discord_table,
    free_port,
    items,
    newstally,
    spawned,
    telegram_table,
)
from tests.visitor import Visitor

TELEGRAM_TOKEN = "7000000077:AAH-the_telegram_secret_of_this_story"
DISCORD_TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAw.G77777.the_discord_secret_of_this_very_story"
LIBRE_KEY = "the-libretranslate-secret-of-this-story"
DEEPL_KEY = "the-deepl-secret-of-this-story:fx"
MODEL_KEY = "sk-the-model-secret-of-this-story"
SECRETS = (
    LIBRE_KEY,
    DEEPL_KEY,
    MODEL_KEY,
    TELEGRAM_TOKEN,
    TELEGRAM_TOKEN.partition(":")[2],
    DISCORD_TOKEN,
    DISCORD_TOKEN.rpartition(".")[2],
    ADMIN_TOKEN,
)


def clean(text: str) -> bool:
    """Whether there is no secret in it."""
    return not any(secret in text for secret in SECRETS)


def processes(pid: int) -> list[str]:
    """The command lines of a process and all that it started, as `ps` shows them."""
    own = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    children = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [own, *(line for child in children.split() for line in processes(int(child)))]


async def pages(product: Product) -> str:
    """Everything that is served, to strangers and members alike."""
    found = ""
    async with Visitor(product) as stranger, aiohttp.ClientSession(product.address) as client:
        await stranger.look("en")
        for words in ("/status", "/help", "/sources list", "/privacy", "/nonsense"):
            found += await stranger.say("en", words)
        for path in (
            "/healthz",
            "/metrics",
            "/api/v1/stories",
            "/api/v1/stories?limit=nonsense",
            "/r/en",
            "/r/xx",
            "/nowhere",
            "/enter?token=wrong",
            "/docs",
            "/openapi.json",
        ):
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Host": "evil.example"}):
                async with client.get(path, headers=headers) as answer:
                    found += f"{path} {answer.status} {dict(answer.headers)} {await answer.text()}\n"
    return found


def said(telegram: TelegramServer, discord: DiscordServer) -> str:
    """All that the bot told the platforms in its requests' bodies; the token itself is in Telegram's addresses."""
    bodies: list[Any] = [request.params for request in telegram.requests]
    return str(bodies + [request.body for request in discord.requests])


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="command lines are read from /proc")
@pytest.mark.parametrize("form", ["console", "json"])
async def test_a_run_through_all_sorts_of_trouble_tells_no_secret(tmp_path: Path, form: str) -> None:
    async with (
        FeedServer() as feeds,
        TelegramServer(limits=Limits.off(), token=TELEGRAM_TOKEN) as telegram,
        DiscordServer(limits={}, token=DISCORD_TOKEN) as discord,
        LibreTranslate(key=LIBRE_KEY) as libre,
        DeepL(key="another:fx") as deepl,
        ChatModel(key=MODEL_KEY) as model,
    ):
        feeds.put("/a.xml", rss(items("One")))
        feeds.put("/broken", fault=faults.reset())
        group = telegram.create_supergroup("Readers")
        telegram.add_bot(group, "admin")
        guild = await discord.create_guild()
        channel = await discord.create_text(guild)
        await discord.invite_bot(guild, NEEDED.value)
        addresses = feeds.url("/a.xml"), feeds.url("/nothing-here"), feeds.url("/broken")
        config = (
            telegram_table(telegram)
            + discord_table(discord)
            + EVERY_SECOND
            + f'[log]\nlevel = "debug"\nformat = "{form}"\n'
            + chat_table("telegram", group.id, "en", *addresses)
            + chat_table("telegram", -1009999999999, "en", *addresses)
            + chat_table("discord", channel.id, "en", *addresses)
            + chat_table("web", "en", "en", *addresses)
            + chat_table("web", "de", "de", *addresses)
            + chat_table("web", "hy", "hy", *addresses)
            + '[translate]\nproviders = ["libretranslate", "deepl", "model"]\n'
            + f'[translate.libretranslate]\nurl = "{libre.url}"\nkey = "{LIBRE_KEY}"\n'
            + f'[translate.deepl]\nbase_url = "{deepl.url}"\nkey = "{DEEPL_KEY}"\n'
            + f'[translate.model]\nbase_url = "{model.url}"\nkey = "{MODEL_KEY}"\nmodel = "{model.model}"\n'
        )
        # At the start everything breaks once.
        for method in ("getMe", "getUpdates", "sendMessage", "setMyCommands"):
            telegram.reset(method)
        for method in ("getMe", "sendMessage"):
            telegram.garble(method)
        discord.reset("GET", "/users/@me")
        discord.garble("POST", "/channels/{}/messages")
        discord.fail("PUT", "/applications/{}/commands", 500)
        # Translators that tell of the key, in more than one way.
        libre.fail(403, body={"error": f"Invalid API key {LIBRE_KEY}"})
        model.fail(400, body={"error": {"code": MODEL_KEY, "message": f"Incorrect API key provided: {MODEL_KEY}"}})
        model.fail(200, body=f"{{{MODEL_KEY}")
        async with spawned(tmp_path, config) as run:
            product = run.product
            await product.ready("telegram", "discord")
            feeds.put("/a.xml", rss(items("One", "Two")))
            await product.until(lambda: discord.messages(channel))
            await product.until(lambda: len(telegram.calls("sendMessage")) > 2)
            discord.gateway.drop(4000)
            await product.until(lambda: model.translations)
            served = await pages(product)
            assert (
                "could not be reached" in run.written or "NetworkError" in run.written or "ServerFault" in run.written
            )
            for line in processes(run.process.pid):
                assert clean(line), "a command line"
            # The token is taken back while it runs.
            bot = telegram.bot
            telegram.world.bots.clear()
            bot.queue.release()
            discord.token = "another"
            discord.gateway.drop(4004)

            async def refused() -> bool:
                return (await product.state_of("telegram"), await product.state_of("discord")) == ("refused",) * 2

            await product.until(refused)
            served += await pages(product)
            async with Visitor(product) as admin:
                await admin.become_admin()
                assert clean(await admin.look("en")), "a page for admins"
            await run.stop()
        _, checked = await newstally(tmp_path, "check")
        assert clean(served), "a page"
        assert clean(run.written), "the log"
        assert clean(checked), "the words of check"
        assert clean(said(telegram, discord)), "a message"


async def test_a_connection_that_can_not_be_made_is_told_without_the_address_that_holds_the_token(
    tmp_path: Path,
) -> None:
    config = (
        f'[telegram]\ntoken = "{TELEGRAM_TOKEN}"\nbase_url = "http://127.0.0.1:{free_port()}/bot"\n'
        f'[discord]\ntoken = "{DISCORD_TOKEN}"\napi_url = "http://127.0.0.1:{free_port()}/api/v10"\n'
        f'gateway_url = "ws://127.0.0.1:{free_port()}"\n[log]\nlevel = "debug"\n'
    )
    async with spawned(tmp_path, config) as run:
        await run.product.until(lambda: "Telegram could not be reached" in run.written)
        await run.product.until(lambda: "Discord could not be reached" in run.written)
        assert clean(await pages(run.product))
        await run.stop()
    assert clean(run.written)
