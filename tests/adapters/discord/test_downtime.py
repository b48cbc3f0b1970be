"""Votes given while the product is down, or across a session that Discord has forgotten, count in the end."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.discord.rights import NEEDED
from tests.emulators.discord import Channel, DiscordServer, Guild, User
from tests.emulators.feeds import FeedServer, rss
from tests.product import EVERY_SECOND, Product, chat_table, discord_table, items, running


async def votes_become(product: Product, bullish: int, bearish: int) -> None:
    async def so_it_is() -> bool:
        story = await product.story("One")
        return story is not None and story["tally"] == {"bullish": bullish, "bearish": bearish}

    await product.until(so_it_is, 20)


class Town(NamedTuple):
    server: DiscordServer
    feeds: FeedServer
    guild: Guild
    channel: Channel
    people: list[User]
    feed: str

    def config(self, channel: Channel | None = None) -> str:
        declared = chat_table("discord", (channel or self.channel).id, "en", self.feed)
        return discord_table(self.server) + EVERY_SECOND + declared

    async def paused(self, product: Product, paused: bool) -> None:
        """Wait until the chat is, or isn't."""

        def so_it_is() -> bool:
            return (product.rows("SELECT paused FROM chat WHERE platform = 'discord'")[0][0] is not None) == paused

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
        yield Town(server, feeds, guild, channel, people, feeds.url("/a.xml"))


async def test_votes_given_and_taken_back_while_the_product_is_down_count(town: Town, tmp_path: Path):
    server, channel, (ann, bob, cid), config = town.server, town.channel, town.people, town.config()
    async with running(tmp_path, config) as product:
        post = await server.wait_message(channel, "One")
        await server.react(ann, post, "🐂")
        await votes_become(product, 1, 0)
    await server.unreact(ann, post, "🐂")
    await server.react(bob, post, "🐻", burst=True)
    await server.react(cid, post, "👎🏽")

    async with running(tmp_path, config) as product:
        await votes_become(product, 0, 2)


async def test_votes_given_across_a_session_that_discord_has_forgotten_count(town: Town, tmp_path: Path):
    server, (ann, bob, _) = town.server, town.people
    forum = await server.create_forum(town.guild, "stories")
    config = town.config(forum)
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


async def test_votes_swapped_while_the_product_is_down_count(town: Town, tmp_path: Path):
    server, (ann, bob, _) = town.server, town.people
    async with running(tmp_path, town.config()) as product:
        post = await server.wait_message(town.channel, "One")
        await server.react(ann, post, "👍")
        await server.react(bob, post, "👎")
        await votes_become(product, 1, 1)
    await server.unreact(ann, post, "👍")
    await server.react(ann, post, "👎")
    await server.unreact(bob, post, "👎")
    await server.react(bob, post, "👍")

    async with running(tmp_path, town.config()) as product:
        await product.until(lambda: tokens_of(product, ann) == ["👎"], 20)
        await server.unreact(bob, post, "👍")
        await votes_become(product, 0, 1)


def tokens_of(product: Product, person: User) -> list[str]:
    query = "SELECT token FROM fact JOIN voter ON voter.id = fact.voter_id WHERE actor = ?"
    return [row[0] for row in product.rows(query, str(person.id))]


async def test_votes_given_while_the_product_was_out_of_the_server_count(town: Town, tmp_path: Path):
    server, (ann, bob, cid) = town.server, town.people
    async with running(tmp_path, town.config()) as product:
        post = await server.wait_message(town.channel, "One")
        await server.react(ann, post, "🐂")
        await votes_become(product, 1, 0)
        await server.kick_bot(town.guild)
        await town.paused(product, True)
        await server.unreact(ann, post, "🐂")
        for one in (bob, cid):
            await server.react(one, post, "🐻")
        await server.invite_bot(town.guild, NEEDED.value)
        await votes_become(product, 0, 2)


async def test_votes_given_while_the_product_could_not_see_the_channel_count(town: Town, tmp_path: Path):
    server, (ann, bob, _) = town.server, town.people
    async with running(tmp_path, town.config()) as product:
        post = await server.wait_message(town.channel, "One")
        await server.react(ann, post, "🐂")
        await votes_become(product, 1, 0)
        await server.overwrite(town.channel, "bot", deny=["VIEW_CHANNEL"])
        await server.react(bob, post, "🐂")
        await server.overwrite(town.channel, "bot", allow=["VIEW_CHANNEL"])
        await votes_become(product, 2, 0)


async def test_a_right_given_back_while_the_product_is_down_resumes_the_chat(town: Town, tmp_path: Path):
    server, (ann, _, _) = town.server, town.people
    async with running(tmp_path, town.config()) as product:
        post = await server.wait_message(town.channel, "One")
        await server.overwrite(town.channel, "bot", deny=["SEND_MESSAGES"])
        town.feeds.put("/a.xml", rss(items("One", "Two")))
        await town.paused(product, True)
    await server.overwrite(town.channel, "bot", allow=["SEND_MESSAGES"])
    await server.react(ann, post, "🐂")

    async with running(tmp_path, town.config()) as product:
        await town.paused(product, False)
        await votes_become(product, 1, 0)
        await server.wait_message(town.channel, "Two")
