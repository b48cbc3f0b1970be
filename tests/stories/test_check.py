"""`newstally check` as an operator runs it: what is right, what is missing and where, how to invite the bot."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from adapters.discord.rights import NEEDED
from bot.model import ChatRef
from bot.storage import chats
from bot.storage.database import open_database
from tests.emulators.discord import DiscordServer
from tests.emulators.feeds import FeedServer, faults, rss
from tests.emulators.telegram import Limits, TelegramServer
from tests.product import (
    EVERY_SECOND,
    chat_table,
    discord_table,
    items,
    newstally,
    running,
    settings_in,
    telegram_table,
    write_config,
)

# https://docs.discord.com/developers/topics/permissions
ADD_REACTIONS, VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY, SEND_IN_THREADS = 1 << 6, 1 << 10, 1 << 11, 1 << 16, 1 << 38


def links(said: str) -> list[str]:
    return [word for word in said.split() if word.startswith("https://")]


async def test_it_tells_what_is_missing_where_and_when_all_is_well(tmp_path: Path) -> None:
    async with (
        FeedServer() as feeds,
        TelegramServer(limits=Limits.off()) as telegram,
        DiscordServer(limits={}) as discord,
    ):
        feeds.put("/a.xml", rss(items("One")))
        group, channel = telegram.create_supergroup("Readers"), telegram.create_channel("News")
        telegram.add_bot(group)
        telegram.add_bot(channel, ["can_edit_messages"])
        guild = await discord.create_guild()
        await discord.invite_bot(guild, NEEDED.value)
        text = await discord.create_text(guild, overwrites={"bot": {"deny": ["ADD_REACTIONS"]}})
        config = (
            telegram_table(telegram)
            + discord_table(discord)
            + EVERY_SECOND
            + chat_table("telegram", group.id, "en", feeds.url("/a.xml"))
            + chat_table("telegram", channel.id, "en")
            + chat_table("discord", text.id, "fr", feeds.url("/a.xml"))
        )
        write_config(tmp_path, config)
        code, said = await newstally(tmp_path, "check")
        assert code == 0, said
        assert "There is no database yet" in said
        async with running(tmp_path, config) as product:
            await product.until(lambda: len(product.rows("SELECT 1 FROM post")) == 2)

        code, said = await newstally(tmp_path, "check")
        assert code == 1
        faulty = [line for line in said.splitlines() if line.startswith("FAULT")]
        assert len(faulty) == 3
        assert f"Telegram chat {group.id}: Make me an administrator: then reactions count as votes too." in faulty[0]
        assert f"Telegram chat {channel.id}: Make me an administrator who may post messages" in faulty[1]
        assert f"Discord channel {text.id}: Give my role the permission “Add Reactions” here" in faulty[2]
        assert "every tally equals a recount" in said
        assert "3 faults." in said

        # The invitations ask for exactly what is needed.
        in_group, in_channel, to_server = links(said)[:3]
        assert in_group == f"https://t.me/{telegram.bot.user.username}?startgroup=newstally&admin=manage_chat"
        assert in_channel == f"https://t.me/{telegram.bot.user.username}?startchannel&admin=post_messages"
        query = parse_qs(urlsplit(to_server).query)
        assert query == {
            "client_id": [discord.application_id],
            "scope": ["bot applications.commands"],
            "permissions": [str(ADD_REACTIONS | VIEW_CHANNEL | SEND_MESSAGES | READ_HISTORY | SEND_IN_THREADS)],
        }

        # With what they grant, nothing is missing.
        telegram.promote(group, "can_manage_chat")
        telegram.promote(channel, "can_post_messages")
        await discord.overwrite(text, "bot")
        code, said = await newstally(tmp_path, "check")
        assert (code, "All is well." in said) == (0, True), said
        assert "language none → fr" not in said
        _, said = await newstally(tmp_path, "check", "--log")
        assert "language none → fr, by config" in said

        # A source that fails, a chat that we were thrown out of, a token that is taken back.
        feeds.put("/a.xml", fault=faults.status(500))
        async with running(tmp_path, config) as product:
            await product.until(lambda: product.rows("SELECT 1 FROM source WHERE problem IS NOT NULL"))
        async with open_database(settings_in(tmp_path).storage.path) as db:
            await db.write(chats.pause, ChatRef("telegram", str(group.id)), chats.LEFT)
        write_config(tmp_path, config.replace(telegram.token, "123456789:wrong-but-well-formed-token"))
        code, said = await newstally(tmp_path, "check")
        assert code == 1
        faulty = [line for line in said.splitlines() if line.startswith("FAULT")]
        assert len(faulty) == 3, said
        assert [name in line for name, line in zip(("token", "paused", "/a.xml"), faulty, strict=True)] == [True] * 3
        assert "123456789" not in said
        assert "Traceback" not in said


async def test_platforms_that_can_not_be_reached_are_faults(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, DiscordServer() as discord:
        config = telegram_table(telegram) + discord_table(discord)
    write_config(tmp_path, config)
    code, said = await newstally(tmp_path, "check")
    faulty = [line for line in said.splitlines() if line.startswith("FAULT")]
    assert code == 1
    assert [name in line for name, line in zip(("Telegram", "Discord"), faulty, strict=True)] == [True] * 2
    assert all("could not be reached" in line for line in faulty)


async def test_what_all_sources_lack_is_said_once(tmp_path: Path) -> None:
    async with FeedServer() as feeds:
        config = EVERY_SECOND + chat_table("web", "en", "en", *(feeds.url(f"/{n}.xml") for n in range(5)))
        for n in range(5):
            feeds.put(f"/{n}.xml", fault=faults.status(500))
        async with running(tmp_path, config) as product:
            await product.until(lambda: len(product.rows("SELECT 1 FROM source WHERE problem IS NOT NULL")) == 5)
        code, said = await newstally(tmp_path, "check")
    (line,) = [line for line in said.splitlines() if line.startswith("FAULT")]
    assert code == 1
    assert "5 sources: The server answered 500. Is there a network?" in line
    assert "ok     telegram is off." in said
