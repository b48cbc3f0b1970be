"""From the first hello on Discord to posts in the chat's language: channels, threads, forums, and coming back."""

from __future__ import annotations

from pathlib import Path

from adapters.discord.rights import NEEDED
from bot.i18n import Catalogues
from tests.emulators.discord import Channel, DiscordServer, Message
from tests.emulators.discord.components_form import walk
from tests.emulators.discord.pages import words
from tests.emulators.feeds import FeedServer, rss
from tests.languages import NAMES
from tests.product import EVERY_SECOND, LOOPBACK_ALLOWED, chat_table, discord_table, items, running

FRENCH, SPANISH = Catalogues()("fr"), Catalogues()("es")
SEND = "/channels/{channel_id}/messages"
MISSED = ("Missed 1", "Missed 2", "Missed 3", "Missed 4", "Missed 5")
ONLY_ADMINS = "Only the admins of this chat can change that."


def labels(message: Message) -> list[str]:
    return [part["label"] for part in walk(message.components) if part.get("label")]


def posts(discord: DiscordServer, channel: Channel) -> list[Message]:
    """The stories in the channel."""
    return [m for m in discord.messages(channel) if any("v:" in str(p.get("custom_id")) for p in walk(m.components))]


def shows(messages: list[Message], *titles: str) -> bool:
    """Whether these are posts of these stories, in this order."""
    return len(messages) == len(titles) and all(
        title in words(message) for title, message in zip(titles, messages, strict=True)
    )


async def test_a_server_gets_a_hello_and_its_admins_set_a_channel_up(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("Alpha 1", "Alpha 2"), title="Alpha", language="fr"))
        feeds.put("/crypto.xml", rss(items("Coin 1", "Coin 2"), title="Pièces", language="fr"))
        guild = await discord.create_guild("Investisseurs", preferred_locale="fr")
        first = await discord.create_text(guild, "general")
        news = await discord.create_text(guild, "news")
        ann = await discord.add_user("ann", guild=guild, permissions_=["MANAGE_GUILD"])
        bob = await discord.add_user("bob", guild=guild, locale="es-ES")
        config = discord_table(discord) + EVERY_SECOND + LOOPBACK_ALLOWED
        packs = {("crypto", "fr"): [feeds.url("/crypto.xml")]}
        async with running(tmp_path, config, packs=packs) as product:
            await product.ready("discord")
            await product.until(lambda: discord.commands)
            await discord.invite_bot(guild, NEEDED.value)
            hello = await discord.wait_message(first, "Newstally", timeout=20)
            assert labels(hello) == list(NAMES.values())
            assert FRENCH("Hello, I am Newstally!") in words(hello)
            assert discord.messages(news) == []

            # Who may not manage the server is refused: privately, politely, in the language of the person's client.
            for attempt in (
                await discord.press(bob, hello, "Français"),
                await discord.slash(bob, news, "language", {"language": "fr"}),
                await discord.slash(bob, news, "sources follow", {"pack": "crypto"}),
                await discord.slash(bob, news, "sources add", {"address": feeds.url("/a.xml")}),
                await discord.slash(bob, news, "sources remove", {"address": "1"}),
            ):
                refusal = await attempt.shown(timeout=20)
                assert attempt.ephemeral
                assert words(refusal) == SPANISH(ONLY_ADMINS)
            assert product.changes(news.id) == product.changes(first.id) == []
            assert labels(hello) == list(NAMES.values())

            # Examples are spelled as people type them here.
            helped = words(await (await discord.slash(bob, news, "help")).shown(timeout=20)).replace("\u2060", "")
            assert "/language language:fr · /sources follow pack:crypto · /sources add address:https" in helped

            chosen = await (await discord.slash(ann, news, "language", {"language": "fr"})).shown(timeout=20)
            assert FRENCH("The language here is now {language}.", language="Français") in words(chosen)
            await (await discord.slash(ann, news, "sources follow", {"pack": "crypto"})).shown(timeout=20)
            await product.until(lambda: shows(posts(discord, news), "Coin 1", "Coin 2"))
            added = await discord.slash(ann, news, "sources add", {"address": feeds.url("/a.xml")})
            await product.until(lambda: shows(posts(discord, news), "Coin 1", "Coin 2", "Alpha 1", "Alpha 2"))
            assert FRENCH("Bullish") in labels(posts(discord, news)[0])[0]
            done = FRENCH("This chat follows {source} now. The newest stories come in a moment.", source="Alpha")
            await product.until(lambda: done in words(added.messages[0]))

            listed = words(await (await discord.slash(bob, news, "sources list")).shown(timeout=20))
            assert "Pièces" in listed
            assert "Alpha" in listed
            completion = await discord.autocomplete(ann, news, "sources remove", "address", "alp")
            await product.until(lambda: completion.answered)
            assert completion.choices is not None
            [alpha] = completion.choices
            assert alpha["name"] == "Alpha"
            await (await discord.slash(ann, news, "sources remove", {"address": alpha["value"]})).shown(timeout=20)
            assert product.changes(news.id) == [
                (f"discord:{ann.id}", "language", None, "fr"),
                (f"discord:{ann.id}", "pack", None, "crypto"),
                (f"discord:{ann.id}", "source", None, feeds.url("/a.xml")),
                (f"discord:{ann.id}", "source", feeds.url("/a.xml"), None),
            ]
            # The other channel is a chat of its own, which nobody has set up.
            assert posts(discord, first) == []
            assert discord.throttled == []
            assert discord.pings == []


async def test_commands_are_called_in_the_language_of_each_members_client(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("Alpha 1"), title="Alpha", language="de"))
        guild = await discord.create_guild()
        news, other = await discord.create_text(guild, "news"), await discord.create_text(guild, "other")
        await discord.invite_bot(guild, NEEDED.value)
        anna = await discord.add_user("anna", guild=guild, locale="de", permissions_=["MANAGE_GUILD"])
        olga = await discord.add_user("olga", guild=guild, locale="ru", permissions_=["MANAGE_GUILD"])
        async with running(tmp_path, discord_table(discord) + EVERY_SECOND + LOOPBACK_ALLOWED) as product:
            await product.ready("discord")
            await product.until(lambda: discord.commands)
            await (await discord.slash(anna, news, "sprache", {"sprache": "de", "kanal": other})).shown(timeout=20)
            await (await discord.slash(olga, news, "язык", {"язык": "ru"})).shown(timeout=20)
            changed = [[change[1:] for change in product.changes(channel.id)] for channel in (news, other)]
            assert changed == [[("language", None, "ru")], [("language", None, "de")]]
            added = await discord.slash(anna, news, "quellen hinzufügen", {"adresse": feeds.url("/a.xml")})
            await added.shown(timeout=20)
            await product.until(lambda: shows(posts(discord, news), "Alpha 1"))
            # The names that the documents say are found in every client.
            listed = await (await discord.slash(olga, news, "sources list")).shown(timeout=20)
            assert "Alpha" in words(listed)


async def test_a_thread_and_a_forum_are_chats_of_their_own(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("Alpha 1", "Alpha 2"), title="Alpha", language="fr"))
        guild = await discord.create_guild()
        await discord.invite_bot(guild, NEEDED.value)
        news = await discord.create_text(guild, "news")
        forum = await discord.create_forum(guild, "stories", tags=["crypto", "tech"], require_tag=True)
        ann = await discord.add_user("ann", guild=guild, permissions_=["MANAGE_GUILD"])
        thread = await discord.create_thread(ann, news, "about alpha", text="Let us see")
        config = (
            discord_table(discord)
            + EVERY_SECOND
            + LOOPBACK_ALLOWED
            + chat_table("discord", forum.id, "fr", feeds.url("/a.xml"))
        )
        async with running(tmp_path, config) as product:
            await product.ready("discord")
            await product.until(lambda: discord.commands)
            await (await discord.slash(ann, thread, "language", {"language": "fr"})).shown(timeout=20)
            await discord.slash(ann, thread, "sources add", {"address": feeds.url("/a.xml")})
            await product.until(lambda: shows(posts(discord, thread), "Alpha 1", "Alpha 2"))
            assert posts(discord, news) == []

            def opened() -> list[Channel]:
                return [channel for channel in guild.threads() if channel.parent is forum]

            await product.until(lambda: len(opened()) == 2)
            assert {channel.name for channel in opened()} == {"Alpha 1", "Alpha 2"}
            assert all(len(channel.applied_tags) == 1 for channel in opened())
            about = next(channel for channel in opened() if channel.name == "Alpha 2")
            [post] = posts(discord, about)

            # A vote in the forum's thread and one in the other chat: each post shows its chat's and everyone's.
            voted = await discord.press(ann, post, labels(post)[0])
            await voted.shown(timeout=20)
            bob = await discord.add_user("bob", guild=guild)
            await discord.react(bob, posts(discord, thread)[1], "🐻")

            async def counted() -> bool:
                story = await product.story("Alpha 2")
                return story is not None and story["tally"] == {"bullish": 1, "bearish": 1}

            await product.until(counted)
            everywhere = FRENCH("In all chats: bullish {bullish}, bearish {bearish}", bullish="1", bearish="1")
            for copy in (post, posts(discord, thread)[1]):
                await product.until(lambda copy=copy: everywhere in words(copy))
            assert [label[-1] for label in labels(post)] == ["1", "0"]
            assert [label[-1] for label in labels(posts(discord, thread)[1])] == ["0", "1"]


async def test_thrown_out_it_is_silent_and_back_again_it_posts_at_most_the_three_newest(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("Old"), title="Alpha", language="fr"))
        guild = await discord.create_guild()
        news = await discord.create_text(guild, "news")
        await discord.invite_bot(guild, NEEDED.value)
        feed = feeds.url("/a.xml")
        config = discord_table(discord) + EVERY_SECOND + chat_table("discord", news.id, "fr", feed)
        # Somebody else goes on reading the same feed.
        async with running(tmp_path, config + chat_table("web", "fr", "fr", feed)) as product:
            await product.until(lambda: shows(posts(discord, news), "Old"))
            await discord.kick_bot(guild)
            await product.until(lambda: product.rows("SELECT 1 FROM chat WHERE paused IS NOT NULL"))
            sent = len(discord.asked("POST", SEND))
            assert sent
            feeds.put("/a.xml", rss(items("Old", *MISSED)))

            async def gathered() -> bool:
                return len(await product.stories()) == 6

            await product.until(gathered)
            await discord.invite_bot(guild, NEEDED.value)
            await product.until(lambda: len(posts(discord, news)) > 3)
            feeds.put("/a.xml", rss(items("Old", *MISSED, "Fresh")))
            await product.until(lambda: shows(posts(discord, news)[-1:], "Fresh"))
            assert shows(posts(discord, news), "Old", *MISSED[-3:], "Fresh")
            assert not product.rows("SELECT 1 FROM chat WHERE paused IS NOT NULL")
            assert [request for request in discord.asked("POST", SEND)[sent:] if request.status >= 400] == []
            # It says that it is back, and needs no setting up again.
            assert [
                m for m in discord.messages(news) if FRENCH("I am back, with the settings from before.") in words(m)
            ]


async def test_back_after_a_long_time_it_reads_again_what_nobody_else_reads(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("Old"), title="Alpha", language="fr"))
        guild = await discord.create_guild()
        news = await discord.create_text(guild, "news")
        await discord.invite_bot(guild, NEEDED.value)
        config = discord_table(discord) + EVERY_SECOND + chat_table("discord", news.id, "fr", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            await product.until(lambda: shows(posts(discord, news), "Old"))
            await discord.kick_bot(guild)
            await product.until(lambda: product.rows("SELECT 1 FROM chat WHERE paused IS NOT NULL"))
        feeds.put("/a.xml", rss(items("Old", *MISSED)))
        async with running(tmp_path, config) as product:
            # Nobody reads it: it isn't polled.
            await product.until(lambda: product.rows("SELECT 1 FROM source WHERE next_poll_at IS NULL"))
            await product.ready("discord")
            await discord.invite_bot(guild, NEEDED.value)
            await product.until(lambda: len(posts(discord, news)) > 3)
            feeds.put("/a.xml", rss(items("Old", *MISSED, "Fresh")))
            await product.until(lambda: shows(posts(discord, news)[-1:], "Fresh"))
            assert shows(posts(discord, news), "Old", *MISSED[-3:], "Fresh")


async def test_a_chat_that_adds_what_another_one_left_long_ago_gets_the_three_newest(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("Old"), title="Alpha", language="fr"))
        guild = await discord.create_guild()
        news, other = await discord.create_text(guild, "news"), await discord.create_text(guild, "other")
        await discord.invite_bot(guild, NEEDED.value)
        ann = await discord.add_user("ann", guild=guild, permissions_=["MANAGE_GUILD"])
        address = {"address": feeds.url("/a.xml")}
        async with running(tmp_path, discord_table(discord) + EVERY_SECOND + LOOPBACK_ALLOWED) as product:
            await product.ready("discord")
            await product.until(lambda: discord.commands)
            for channel in (news, other):
                await (await discord.slash(ann, channel, "language", {"language": "fr"})).shown(timeout=20)
            await discord.slash(ann, news, "sources add", address)
            await product.until(lambda: shows(posts(discord, news), "Old"))
            await (await discord.slash(ann, news, "sources remove", address)).shown(timeout=20)
            await product.until(lambda: product.rows("SELECT 1 FROM source WHERE next_poll_at IS NULL"))
            feeds.put("/a.xml", rss(items("Old", *MISSED)))
            await discord.slash(ann, other, "sources add", address)
            await product.until(lambda: shows(posts(discord, other)[-1:], MISSED[-1]))
            assert shows(posts(discord, other), *MISSED[-3:])
            assert shows(posts(discord, news), "Old")
