"""Votes given while the product is down, or across a session that Discord has forgotten, count in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.discord.rights import NEEDED
from tests.emulators.discord import DiscordServer
from tests.emulators.feeds import FeedServer, rss
from tests.product import EVERY_SECOND, Product, chat_table, discord_table, items, running


async def votes_become(product: Product, bullish: int, bearish: int) -> None:
    async def so_it_is() -> bool:
        story = await product.story("One")
        return story is not None and story["tally"] == {"bullish": bullish, "bearish": bearish}

    await product.until(so_it_is, 20)


@pytest.fixture
async def town():
    """A server with three members, the bot, and a channel and a forum for the news."""
    async with FeedServer() as feeds, DiscordServer(limits={}) as server:
        feeds.put("/a.xml", rss(items("One")))
        guild = await server.create_guild()
        channel = await server.create_text(guild)
        await server.invite_bot(guild, NEEDED.value)
        people = [await server.add_user(name, guild=guild) for name in ("ann", "bob", "cid")]
        yield server, guild, channel, people, feeds.url("/a.xml")


async def test_votes_given_and_taken_back_while_the_product_is_down_count(town, tmp_path: Path):
    server, _, channel, (ann, bob, cid), feed = town
    config = discord_table(server) + EVERY_SECOND + chat_table("discord", channel.id, "en", feed)
    async with running(tmp_path, config) as product:
        post = await server.wait_message(channel, "One")
        await server.react(ann, post, "🐂")
        await votes_become(product, 1, 0)
    await server.unreact(ann, post, "🐂")
    await server.react(bob, post, "🐻", burst=True)
    await server.react(cid, post, "👎🏽")

    async with running(tmp_path, config) as product:
        await votes_become(product, 0, 2)


async def test_votes_given_across_a_session_that_discord_has_forgotten_count(town, tmp_path: Path):
    server, guild, _, (ann, bob, _), feed = town
    forum = await server.create_forum(guild, "stories")
    config = discord_table(server) + EVERY_SECOND + chat_table("discord", forum.id, "en", feed)
    async with running(tmp_path, config) as product:
        channels = server.platform.world.channels
        [post] = await server.wait_for(
            lambda: [
                post for channel in channels.values() if channel.parent is forum for post in server.messages(channel)
            ]
        )
        await server.react(ann, post, "🐂")
        await votes_become(product, 1, 0)
        server.gateway.drop()
        server.gateway.forget_sessions()
        await server.react(bob, post, "🐻")
        await votes_become(product, 1, 1)
