"""A Discord forum, in which no command can be given, is set up from another channel or from one of its posts."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.discord.rights import NEEDED
from bot.i18n import Catalogues
from tests.emulators.discord import Channel, DiscordServer, Guild, Impossible, Message
from tests.emulators.discord.components_form import walk
from tests.emulators.discord.pages import words
from tests.emulators.feeds import FeedServer, rss
from tests.product import EVERY_SECOND, LOOPBACK_ALLOWED, discord_table, items, running

ENGLISH, FRENCH = Catalogues()("en"), Catalogues()("fr")
NOT_YOURS = "You are not an admin of that channel, or I am not in it."


def opened(guild: Guild, forum: Channel) -> set[str]:
    return {channel.name for channel in guild.threads() if channel.parent is forum}


def pressable(message: Message, ending: str) -> str:
    [button] = [str(p["custom_id"]) for p in walk(message.components) if str(p.get("custom_id")).endswith(ending)]
    return button


async def test_a_forum_is_set_up_from_another_channel(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("Alpha 1", "Alpha 2"), title="Alpha", language="fr"))
        feeds.put("/crypto.xml", rss(items("Coin 1"), title="Coins", language="fr"))
        guild = await discord.create_guild()
        general = await discord.create_text(guild, "general")
        forum = await discord.create_forum(guild, "stories")
        ann = await discord.add_user("ann", guild=guild, permissions_=["MANAGE_GUILD"])
        bob = await discord.add_user("bob", guild=guild)
        packs = {("crypto", "fr"): [feeds.url("/crypto.xml")]}
        config = discord_table(discord) + EVERY_SECOND + LOOPBACK_ALLOWED
        async with running(tmp_path, config, packs=packs) as product:
            await product.ready("discord")
            await product.until(lambda: discord.commands)
            await discord.invite_bot(guild, NEEDED.value)
            hello = await discord.wait_message(general, "Newstally", timeout=20)
            assert "/language" in words(hello)
            assert "channel" in words(hello)
            with pytest.raises(Impossible):
                await discord.slash(ann, forum, "language")

            for command, more in (("language", {"language": "fr"}), ("status", {}), ("sources list", {})):
                attempt = await discord.slash(bob, general, command, {**more, "channel": forum})
                refusal = await attempt.shown(timeout=20)
                assert attempt.ephemeral
                assert words(refusal) == ENGLISH(NOT_YOURS)
            assert product.changes(forum.id) == []

            chosen = await discord.slash(ann, general, "language", {"language": "fr", "channel": forum})
            menu = await chosen.shown(timeout=20)
            assert chosen.ephemeral
            assert "stories" in words(menu)
            pressed = await discord.press(ann, menu, pressable(menu, "follow crypto"))
            await pressed.answer(timeout=20)
            await product.until(lambda: opened(guild, forum) == {"Coin 1"})
            address = {"address": feeds.url("/a.xml"), "channel": forum}
            added = await discord.slash(ann, general, "sources add", address)
            assert (await added.answer(timeout=20)).ephemeral
            await product.until(lambda: opened(guild, forum) == {"Coin 1", "Alpha 1", "Alpha 2"})
            state = await discord.slash(ann, general, "status", {"channel": forum})
            assert "stories" in words(await state.shown(timeout=20))

            completion = await discord.autocomplete(
                ann, general, "sources remove", "address", "alp", {"channel": forum}
            )
            await product.until(lambda: completion.answered)
            assert completion.choices is not None
            [alpha] = completion.choices
            removed = {"address": alpha["value"], "channel": forum}
            await (await discord.slash(ann, general, "sources remove", removed)).shown(timeout=20)
            assert {change[0] for change in product.changes(forum.id)} == {f"discord:{ann.id}"}
            assert len(product.changes(forum.id)) == 4
            assert product.changes(general.id) == []


async def test_who_may_not_see_a_channel_can_not_set_it_up_by_an_old_menu(tmp_path: Path) -> None:
    async with DiscordServer(limits={}) as discord:
        guild = await discord.create_guild()
        await discord.invite_bot(guild, NEEDED.value)
        general, board = await discord.create_text(guild, "general"), await discord.create_text(guild, "board")
        ann = await discord.add_user("ann", guild=guild, permissions_=["MANAGE_GUILD"])
        async with running(tmp_path, discord_table(discord)) as product:
            await product.ready("discord")
            await product.until(lambda: discord.commands)
            menu = await (await discord.slash(ann, general, "language", {"channel": board})).shown(timeout=20)
            await discord.overwrite(board, ann.id, deny=["VIEW_CHANNEL"])
            with pytest.raises(Impossible):
                await discord.slash(ann, general, "language", {"channel": board})
            pressed = await discord.press(ann, menu, "Français")
            assert words(await pressed.shown(timeout=20)) == ENGLISH(NOT_YOURS)
            assert product.changes(board.id) == []


async def test_language_in_a_forums_post_offers_the_whole_forum(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/crypto.xml", rss(items("Coin 1"), title="Coins", language="fr"))
        guild = await discord.create_guild()
        await discord.invite_bot(guild, NEEDED.value)
        forum = await discord.create_forum(guild, "stories")
        ann = await discord.add_user("ann", guild=guild, permissions_=["MANAGE_GUILD"])
        post = await discord.create_thread(ann, forum, "welcome", text="Hello")
        packs = {("crypto", "fr"): [feeds.url("/crypto.xml")]}
        config = discord_table(discord) + EVERY_SECOND + LOOPBACK_ALLOWED
        async with running(tmp_path, config, packs=packs) as product:
            await product.ready("discord")
            await product.until(lambda: discord.commands)
            answered = await (await discord.slash(ann, post, "language", {"language": "fr"})).shown(timeout=20)
            whole = await discord.press(ann, answered, FRENCH("The whole forum"))
            await whole.answer(timeout=20)
            await product.until(lambda: product.changes(forum.id))
            await discord.press(ann, answered, pressable(answered, "follow crypto"))
            await product.until(lambda: opened(guild, forum) == {"welcome", "Coin 1"})
