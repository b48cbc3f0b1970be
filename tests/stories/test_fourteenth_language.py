"""A contributor adds a language by one .po file: it is offered and spoken everywhere, without a change of code."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.discord.rights import NEEDED
from bot.errors import ConfigError
from bot.i18n import Catalogues
from bot.languages import catalogue_path
from tests.emulators.discord import DiscordServer
from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Limits, TelegramServer
from tests.product import (
    EVERY_SECOND,
    LOOPBACK_ALLOWED,
    chat_table,
    checked,
    discord_table,
    items,
    running,
    settings_in,
    telegram_table,
    write_config,
)
from tests.pseudo import CODE, HEADER, NAME, RIGHT_TO_LEFT, catalogues_in
from tests.visitor import Visitor, articles


async def test_one_file_adds_a_language_everywhere(tmp_path: Path) -> None:
    catalogues = catalogues_in(tmp_path / "locales")
    t = catalogues(CODE)
    async with (
        FeedServer() as feeds,
        TelegramServer(limits=Limits.off()) as telegram,
        DiscordServer(limits={}) as discord,
    ):
        feeds.put("/a.xml", rss(items("Α 1"), title="Α", language=CODE))
        feeds.put("/b.xml", rss(items("Β 1"), title="Β", language=CODE))
        olga = telegram.add_user("Olga", language_code=CODE)
        group = telegram.create_supergroup("Readers", owner=olga)
        telegram.add_bot(group, "admin", by=olga)
        guild = await discord.create_guild()
        news = await discord.create_text(guild, "news")
        await discord.invite_bot(guild, NEEDED.value)
        config = telegram_table(telegram) + discord_table(discord) + EVERY_SECOND + LOOPBACK_ALLOWED
        # In the config, and with rows of its own in a pack.
        config += chat_table("discord", news.id, CODE, feeds.url("/a.xml"))
        packs = {("crypto", CODE): [feeds.url("/b.xml")]}
        async with (
            running(tmp_path, config, sample_wire=True, packs=packs, catalogues=catalogues) as product,
            Visitor(product) as visitor,
        ):
            # In the list of the web rooms, with a room of its own. The samples are English where it has none.
            page = await visitor.look("en")
            assert f'href="/r/{CODE}" lang="{CODE}" hreflang="{CODE}">{NAME}<' in page
            async with visitor.client.get("/", headers={"accept-language": f"{CODE}-GR, en;q=0.5"}) as first:
                assert first.url.path == f"/r/{CODE}"
            assert t("Send") in await visitor.look(CODE)

            async def posted() -> bool:
                shown = [card for card in articles(await visitor.look(CODE)) if 'value="v:' in card]
                return any("Β 1" in card for card in shown) and any(t("Sample") in card for card in shown)

            await product.until(posted)
            await product.until(lambda: discord.messages(news))
            assert t("Bullish").strip(RIGHT_TO_LEFT) in str(discord.messages(news)[-1].components)

            # In the menu of /language, by name and by code; in the words of everything from then on.
            telegram.say(olga, group, "/language")
            menu = (await product.until(lambda: telegram.messages(group, by_bot=True)))[-1]
            assert NAME in [button["text"] for button in telegram.buttons(group, menu)]
            assert HEADER["X-Language-Word"] in menu.text
            telegram.say(olga, group, f"/language {NAME}")
            await product.until(lambda: [change[3] for change in product.changes(group.id)] == [CODE])
            telegram.say(olga, group, "/sources follow crypto")
            await product.until(lambda: [m for m in telegram.messages(group, by_bot=True) if "Β 1" in m.text])
            telegram.say(olga, group, "/status")
            status = t("Language: {language}", language=NAME)
            await product.until(lambda: [m for m in telegram.messages(group, by_bot=True) if status in m.text])

            # In what the platforms themselves show.
            await product.until(lambda: telegram.calls("setMyCommands") and discord.commands)
            shown = [command["description"] for command in telegram.commands_shown(olga, group)]
            assert t("Choose the language of this chat") in shown
            [language] = [command for command in discord.commands if command["name"] == "language"]
            assert language["description_localizations"][CODE] == t("Choose the language of this chat")
            assert {"value": CODE, "name": NAME} in [
                {key: choice[key] for key in ("value", "name")} for choice in language["options"][0]["choices"]
            ]

        # Without its file it is none.
        write_config(tmp_path, config)
        with pytest.raises(ConfigError) as caught:
            settings_in(tmp_path)
        assert f"chats.0.language: {CODE!r} is none of en, de, ko," in str(caught.value)
        write_config(tmp_path, chat_table("web", CODE, "en"))
        with pytest.raises(ConfigError) as caught:
            settings_in(tmp_path)
        assert f"chats.0.id: {CODE!r} is no room; the rooms are en, de, ko," in str(caught.value)


async def test_a_language_whose_header_is_broken_is_left_out_and_told(tmp_path: Path) -> None:
    catalogues_in(tmp_path / "locales")
    path = catalogue_path(tmp_path / "locales", CODE)
    path.write_text(path.read_text("utf-8").replace("Africa/Cairo", "Africa/Kairo"), "utf-8")
    catalogues = Catalogues(tmp_path / "locales")
    reason = "X-Time-Zone: 'Africa/Kairo' is no IANA time zone such as Europe/Kyiv"
    async with running(tmp_path, "", catalogues=catalogues) as product, Visitor(product) as visitor:
        assert NAME not in await visitor.look("fr")
        async with visitor.client.get(f"/r/{CODE}") as none:
            assert none.status == 404
    assert f"FAULT  The language {CODE} is left out: {reason}." in await checked(tmp_path, catalogues)
