"""The Discord emulator against the real discord.py client, over sockets: what one does, the other remembers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands

from tests.emulators.discord import DiscordServer, Guild, Impossible, ManualClock
from tests.emulators.discord.gateway import MESSAGE_CONTENT

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, guild_reactions=True, dm_reactions=True)


class Newsbot(discord.Client):
    """The client that a bot is built on, with a notebook of the events it got."""

    def __init__(self, dc: DiscordServer, intents: discord.Intents = INTENTS) -> None:
        super().__init__(
            intents=intents, max_messages=None, member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False, guild_ready_timeout=0.01,
        )  # fmt: skip
        self.dc = dc
        self.heard: list[tuple[str, Any]] = []
        self.tree = app_commands.CommandTree(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The library would sleep five seconds before every identify but the first."""

    def note(self, name: str) -> Callable[..., Any]:
        async def listener(*args: Any) -> None:
            self.heard.append((name, args[0] if args else None))
            self.dc.changed()

        return listener

    async def listen_to(self, *names: str) -> None:
        for name in names:
            setattr(self, f"on_{name}", self.note(name))

    async def event_named(self, name: str, number: int = 1) -> Any:
        def found() -> list[Any] | None:
            got = [data for kind, data in self.heard if kind == name]
            return got[number - 1 : number] if len(got) >= number else None

        return (await self.dc.wait_for(found))[0]

    def partial(self, message: Any) -> discord.PartialMessage:
        return self.get_partial_messageable(int(message.channel.id)).get_partial_message(int(message.id))


@pytest.fixture
async def dc() -> AsyncIterator[DiscordServer]:
    async with DiscordServer(limits={}) as server:
        yield server


@pytest.fixture
async def guild(dc: DiscordServer) -> Guild:
    guild = await dc.create_guild("Investors", preferred_locale="de")
    await dc.create_text(guild, "news")
    await dc.invite_bot(guild)
    return guild


@contextlib.asynccontextmanager
async def running(client: Newsbot, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Newsbot]:
    """Connects the client to the emulator and waits until it is ready."""
    monkeypatch.setattr(discord.http.Route, "BASE", client.dc.api_url)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(client.dc.gateway_url))
    await client.login(client.dc.token)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(client.connect())
        try:
            async with asyncio.timeout(10):
                await client.wait_until_ready()
            yield client
        finally:
            await client.close()
            task.cancel()


def channel_named(guild: Guild, name: str = "news") -> Any:
    return next(c for c in guild.channels.values() if c.name == name)


async def test_a_client_logs_in_and_knows_its_servers(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(Newsbot(dc), monkeypatch) as bot:
        assert str(bot.user.id) == dc.bot.id
        assert [g.name for g in bot.guilds] == ["Investors"]
        assert bot.guilds[0].preferred_locale is discord.Locale.german
        assert [c.name for c in bot.guilds[0].text_channels] == ["news"]
        assert bot.guilds[0].me.guild_permissions.send_messages


async def test_a_send_repeated_with_its_nonce_gives_the_same_message(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = channel_named(guild)
    async with running(Newsbot(dc), monkeypatch) as bot:
        target = bot.get_partial_messageable(int(news.id))
        first = await target.send("Bitcoin falls", nonce="delivery-1")
        second = await target.send("Bitcoin falls", nonce="delivery-1")
        assert first.id == second.id
        assert len(dc.messages(news)) == 1
        await first.edit(content="Bitcoin rises")
        assert dc.messages(news)[0].content == "Bitcoin rises"
        assert dc.messages(news)[0].edited is not None


async def test_reactions_arrive_raw_from_people_and_from_the_bot_itself(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, anna = channel_named(guild), await dc.add_user("anna", guild=guild)
    bot = Newsbot(dc)
    await bot.listen_to("raw_reaction_add", "raw_reaction_remove", "raw_reaction_clear", "raw_reaction_clear_emoji")
    async with running(bot, monkeypatch):
        sent = await bot.get_partial_messageable(int(news.id)).send("Bitcoin")
        await sent.add_reaction("🐂")
        own = await bot.event_named("raw_reaction_add")
        assert own.user_id == bot.user.id
        message = dc.message(sent.id)
        await dc.react(anna, message, "🐂")
        await dc.react(anna, message, "🐂", burst=True)
        theirs = await bot.event_named("raw_reaction_add", 3)
        assert (theirs.user_id, theirs.burst, theirs.message_author_id) == (int(anna.id), True, bot.user.id)
        fetched = await bot.partial(message).fetch()
        assert (fetched.reactions[0].count, fetched.reactions[0].normal_count) == (3, 2)
        normal = [user.id async for user in fetched.reactions[0].users()]
        assert sorted(normal) == sorted([int(anna.id), bot.user.id])
        await dc.unreact(anna, message, "🐂")
        assert (await bot.event_named("raw_reaction_remove")).user_id == int(anna.id)
        await dc.react(anna, message, "✉")
        await dc.react(anna, message, "✉️")
        assert len(message.reactions) == 3
        await dc.clear_reactions(message, "🐂")
        await dc.clear_reactions(message)
        assert str((await bot.event_named("raw_reaction_clear_emoji")).emoji) == "🐂"
        await bot.event_named("raw_reaction_clear")


async def test_without_the_intent_no_reaction_arrives(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, anna = channel_named(guild), await dc.add_user("anna", guild=guild)
    bot = Newsbot(dc, discord.Intents(guilds=True, guild_messages=True))
    await bot.listen_to("raw_reaction_add", "message")
    async with running(bot, monkeypatch):
        message = await dc.say(anna, news, "hello")
        await dc.react(anna, message, "👍")
        await dc.say(anna, news, "done")
        await bot.event_named("message", 2)
        assert [name for name, _ in bot.heard] == ["message", "message"]


async def test_content_is_withheld_except_where_the_bot_is_addressed(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, anna = channel_named(guild), await dc.add_user("anna", guild=guild)
    bot = Newsbot(dc)
    await bot.listen_to("message")
    async with running(bot, monkeypatch):
        own = await bot.get_partial_messageable(int(news.id)).send("mine")
        await dc.say(anna, news, "secret")
        await dc.say(anna, news, f"<@{bot.user.id}> why?")
        await dc.say(anna, news, "and this?", reply_to=dc.message(own.id))
        await dc.say(anna, news, "quietly", reply_to=dc.message(own.id), ping=False)
        await dc.whisper(anna, "between us")
        await bot.event_named("message", 6)
        assert [m.content for _, m in bot.heard] == [
            "mine", "", f"<@{bot.user.id}> why?", "and this?", "", "between us",
        ]  # fmt: skip


async def test_a_synced_command_is_typed_and_answered(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, anna = channel_named(guild), await dc.add_user("anna", guild=guild, locale="ko")
    bot = Newsbot(dc)

    @bot.tree.command(name="language", description="Choose the language")
    @app_commands.describe(code="which")
    async def language(interaction: discord.Interaction, code: str) -> None:
        words = f"{code} {interaction.locale} {interaction.guild_locale} {interaction.user.guild_permissions.value > 0}"
        await interaction.response.send_message(words, ephemeral=True)

    @language.autocomplete("code")
    async def complete(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=c, value=c) for c in ("de", "ko") if c.startswith(typed)]

    @bot.tree.command(name="slow", description="Thinks first")
    async def slow(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("now")
        await interaction.followup.send("and more", ephemeral=True)

    async with running(bot, monkeypatch):
        with pytest.raises(Impossible):
            await dc.slash(anna, news, "language", {"code": "de"})
        await bot.tree.sync()
        assert {c["name"] for c in dc.commands} == {"language", "slow"}
        typed = await (await dc.autocomplete(anna, news, "language", "code", "k")).answer()
        assert [c["value"] for c in typed.choices] == ["ko"]
        used = await dc.slash(anna, news, "language", {"code": "de"})
        assert (await used.shown()).content == "de ko de True"
        assert used.ephemeral
        assert not dc.messages(news)
        with pytest.raises(Impossible):
            await dc.slash(anna, news, "language", {})
        thinking = await dc.slash(anna, news, "slow")
        assert (await thinking.shown()).content == "now"
        assert (await thinking.follow_up()).content == "and more"
        assert [m.content for m in dc.messages(news)] == ["now"]


class Ballot(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Bullish", custom_id="bull", style=discord.ButtonStyle.green)
    async def bull(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        button.label = "Bullish 1"
        await interaction.response.edit_message(content="voted", view=self)

    @discord.ui.button(label="Why?", custom_id="why")
    async def why(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Question())

    @discord.ui.select(custom_id="lang", options=[discord.SelectOption(label="Deutsch", value="de")])
    async def language(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.send_message(select.values[0], ephemeral=True)


class Question(discord.ui.Modal, title="Ask"):
    words: discord.ui.TextInput[Any] = discord.ui.TextInput(label="What?", custom_id="words")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"you ask: {self.words.value}", ephemeral=True)


async def test_a_press_redraws_the_message_and_a_modal_is_answered(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, anna = channel_named(guild), await dc.add_user("anna", guild=guild)
    async with running(Newsbot(dc), monkeypatch) as bot:
        sent = await bot.get_partial_messageable(int(news.id)).send("vote", view=Ballot())
        message = dc.message(sent.id)
        press = await (await dc.press(anna, message, "bull")).answer()
        assert (message.content, press.message) == ("voted", message)
        await (await dc.press(anna, message, "Bullish 1")).answer()
        opened = await (await dc.press(anna, message, "Why?")).answer()
        assert opened.modal["title"] == "Ask"
        asked = await dc.submit(anna, opened, {"words": "really"})
        assert (await asked.shown()).content == "you ask: really"
        chosen = await dc.select(anna, message, "lang", ["de"])
        assert (await chosen.shown()).content == "de"
        with pytest.raises(Impossible):
            await dc.press(anna, message, "bear")


async def test_a_dropped_connection_is_resumed_and_misses_nothing(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, anna = channel_named(guild), await dc.add_user("anna", guild=guild)
    bot = Newsbot(dc)
    await bot.listen_to("raw_reaction_add", "resumed")
    async with running(bot, monkeypatch):
        message = await dc.say(anna, news, "hello")
        dc.gateway.drop(4000)
        await dc.react(anna, message, "👍")
        await bot.event_named("resumed")
        assert (await bot.event_named("raw_reaction_add")).message_id == int(message.id)
        assert len(dc.gateway.identifies) == 1
        dc.gateway.reconnect()
        await bot.event_named("resumed", 2)
        assert len(dc.gateway.identifies) == 1


async def test_a_429_is_waited_out_and_counted(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = channel_named(guild)
    async with running(Newsbot(dc), monkeypatch) as bot:
        dc.fail("POST", "/channels/{channel_id}/messages", 429, retry_after=0.01)
        sent = await bot.get_partial_messageable(int(news.id)).send("news")
        assert [m.id for m in dc.messages(news)] == [str(sent.id)]
        assert [(r.bucket, r.scope) for r in dc.throttled] == [("injected", "user")]
        dc.limits.set("send", 1, 0.05)
        for number in range(3):
            await bot.get_partial_messageable(int(news.id)).send(f"news {number}")
        assert len(dc.throttled) == 1, "the client keeps to the headers by itself"


async def test_a_reset_after_acting_leaves_the_message_there(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = channel_named(guild)
    async with running(Newsbot(dc), monkeypatch) as bot:
        target = bot.get_partial_messageable(int(news.id))
        dc.reset("POST", "/channels/{channel_id}/messages", when="after")
        with pytest.raises(aiohttp.ClientError):
            await target.send("news", nonce="d1")
        assert len(dc.messages(news)) == 1
        await target.send("news", nonce="d1")
        assert len(dc.messages(news)) == 1
        held = dc.hold("POST", "/channels/{channel_id}/messages")
        task = asyncio.ensure_future(target.send("later"))
        await held.arrived.wait()
        assert len(dc.messages(news)) == 1
        held.release()
        await task
        assert len(dc.messages(news)) == 2


async def test_a_forum_post_a_thread_and_a_file(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    news, forum = channel_named(guild), await dc.create_forum(guild, "stories", tags=["crypto"])
    picture = tmp_path / "chart.png"
    picture.write_bytes(b"picture")
    async with running(Newsbot(dc), monkeypatch) as bot:
        real_forum = bot.get_channel(int(forum.id))
        post = await real_forum.create_thread(
            name="Bitcoin", content="story", applied_tags=[real_forum.available_tags[0]]
        )
        assert post.thread.id == post.message.id
        assert dc.channel(post.thread.id).applied_tags == [forum.tags[0].id]
        embed = discord.Embed(title="chart").set_image(url="attachment://chart.png")
        sent = await bot.get_channel(int(news.id)).send(embed=embed, file=discord.File(picture))
        message = dc.message(sent.id)
        assert message.files == {"chart.png": b"picture"}
        assert message.attachments == []
        thread = await sent.create_thread(name="talk")
        await thread.send("here")
        await dc.archive(dc.channel(thread.id))
        with pytest.raises(discord.HTTPException) as refused:
            await thread.get_partial_message(int(dc.messages(dc.channel(thread.id))[0].id)).add_reaction("👍")
        assert refused.value.code == 50083
        await thread.send("awake")
        assert not dc.channel(thread.id).archived


async def test_the_new_layout_and_whom_a_message_pings(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, anna = channel_named(guild), await dc.add_user("anna", guild=guild)
    async with running(Newsbot(dc), monkeypatch) as bot:
        view = discord.ui.LayoutView(timeout=None)
        view.add_item(discord.ui.Container(discord.ui.TextDisplay(f"# Bitcoin <@{anna.id}>")))
        target = bot.get_partial_messageable(int(news.id))
        quiet = await target.send(view=view, allowed_mentions=discord.AllowedMentions.none())
        assert not dc.pings
        loud = await target.send(view=view)
        assert [m.id for m in dc.pings] == [str(loud.id)]
        with pytest.raises(discord.HTTPException) as refused:
            await quiet.edit(content="text")
        assert "content" in str(refused.value)


async def test_a_kicked_bot_learns_it_and_loses_access(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = channel_named(guild)
    bot = Newsbot(dc)
    await bot.listen_to("guild_remove", "guild_join")
    async with running(bot, monkeypatch):
        await dc.kick_bot(guild)
        await bot.event_named("guild_remove")
        with pytest.raises(discord.Forbidden) as refused:
            await bot.get_partial_messageable(int(news.id)).send("anyone?")
        assert refused.value.code == 50001
        await dc.invite_bot(guild, ["VIEW_CHANNEL"])
        await dc.overwrite(news, "bot", deny=["SEND_MESSAGES"])
        await bot.event_named("guild_join")
        with pytest.raises(discord.Forbidden) as refused:
            await bot.get_partial_messageable(int(news.id)).send("anyone?")
        assert refused.value.code == 50013


async def test_an_intent_that_is_not_switched_on_is_fatal(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Newsbot(dc, INTENTS | discord.Intents(message_content=True))
    with pytest.raises(ExceptionGroup) as failed:
        async with running(bot, monkeypatch):
            pass
    assert failed.group_contains(discord.PrivilegedIntentsRequired)
    await bot.close()
    dc.gateway.allowed_privileged = MESSAGE_CONTENT
    again = Newsbot(dc, INTENTS | discord.Intents(message_content=True))
    await again.listen_to("message")
    async with running(again, monkeypatch):
        anna = await dc.add_user("anna", guild=guild)
        await dc.say(anna, channel_named(guild), "open")
        assert (await again.event_named("message")).content == "open"


async def test_three_seconds_by_the_clock_and_then_the_application_did_not_respond() -> None:
    clock = ManualClock()
    async with DiscordServer(clock=clock, limits={}) as dc:
        guild = await dc.create_guild()
        news, anna = await dc.create_text(guild), await dc.add_user("anna", guild=guild)
        await dc.invite_bot(guild)
        url = f"{dc.api_url}/applications/{dc.application_id}/commands"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {dc.token}"}) as http:
            created = await http.post(url, json={"name": "report", "description": "The day"})
            assert created.status == 201
            used = await dc.slash(anna, news, "report")
            await dc.advance(3.5)
            assert used.notice == "The application did not respond"
            late = await http.post(
                f"{dc.api_url}/interactions/{used.id}/{used.token}/callback", json={"type": 4, "data": {"content": "!"}}
            )
            assert (late.status, (await late.json())["code"]) == (404, 10062)


async def test_pages_show_the_channel_and_the_control_routes_act(dc: DiscordServer, guild: Guild) -> None:
    news = channel_named(guild)
    async with aiohttp.ClientSession() as http:
        made = await (
            await http.post(f"{dc.page_url}_control/add_user", json={"name": "anna", "guild": guild.id})
        ).json()
        said = await http.post(
            f"{dc.page_url}_control/say",
            json={"user": made["id"], "channel": news.id, "content": "**bold** <t:0:R> <script>"},
        )
        message = await said.json()
        assert message["content"].startswith("**bold**")
        await http.post(
            f"{dc.page_url}_control/react", json={"user": made["id"], "message": message["id"], "emoji": "🐂"}
        )
        text = await (await http.get(f"{dc.page_url}_chat/{news.id}")).text()
        assert "<b>bold</b>" in text
        assert "years ago" in text
        assert "<script>" not in text
        assert "🐂 1" in text
        form = {"as": made["id"], "content": "typed"}
        await http.post(f"{dc.page_url}_chat/{news.id}/say", data=form)
        assert [m.content for m in dc.messages(news)][-1] == "typed"
        refused = await http.post(
            f"{dc.page_url}_control/press", json={"user": made["id"], "message": message["id"], "button": "x"}
        )
        assert refused.status == 400


async def test_an_invalidated_session_starts_anew_and_a_pulled_cable_is_resumed(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Newsbot(dc)
    await bot.listen_to("resumed", "connect")
    async with running(bot, monkeypatch):
        dc.gateway.drop()
        await bot.event_named("resumed")
        dc.gateway.invalidate()
        await bot.event_named("connect", 2)
        assert len(dc.gateway.identifies) == 2


async def test_a_wrong_token_is_told_apart(dc: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", dc.api_url)
    client = Newsbot(dc)
    with pytest.raises(discord.LoginFailure):
        await client.login("wrong")
    await client.close()


async def test_a_sharded_client_connects_through_the_address_it_is_given(
    dc: DiscordServer, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", dc.api_url)
    client = discord.AutoShardedClient(intents=INTENTS, guild_ready_timeout=0.01)
    task = asyncio.ensure_future(client.start(dc.token))
    await dc.wait_connected()
    async with asyncio.timeout(20):
        await client.wait_until_ready()
    assert [g.name for g in client.guilds] == ["Investors"]
    await client.close()
    await task


async def test_limits_by_the_clock_with_the_platforms_headers_and_the_ban_for_too_many_bad_requests() -> None:
    clock = ManualClock()
    async with DiscordServer(clock=clock) as dc, aiohttp.ClientSession() as http:
        guild = await dc.create_guild()
        news = await dc.create_text(guild)
        await dc.invite_bot(guild)
        own = {"Authorization": f"Bot {dc.token}"}

        async def send() -> tuple[int, Any, Any]:
            url = f"{dc.api_url}/channels/{news.id}/messages"
            async with http.post(url, json={"content": "x"}, headers=own) as answer:
                return answer.status, answer.headers, await answer.read()

        sent = [await send() for _ in range(6)]
        assert [status for status, _, _ in sent] == [200, 200, 200, 200, 200, 429]
        assert sent[4][1]["X-RateLimit-Remaining"] == "0"
        assert (sent[5][1]["X-RateLimit-Scope"], sent[5][1]["Via"]) == ("user", "1.1 google")
        await dc.advance(5.1)
        assert (await send())[0] == 200
        statuses = []
        for _ in range(51):
            async with http.get(f"{dc.api_url}/users/@me", headers=own) as answer:
                statuses.append((answer.status, answer.headers.get("X-RateLimit-Global")))
        assert statuses[-1] == (429, "true")
        assert [(r.bucket, r.scope) for r in dc.throttled[:2]] == [("send", "user"), ("global", "global")]
        dc.limits.invalid_limit = 3
        for _ in range(4):
            async with http.get(f"{dc.api_url}/users/@me", headers={"Authorization": "Bot wrong"}) as answer:
                assert answer.status in (401, 429)
        async with http.get(f"{dc.api_url}/users/@me", headers=own) as answer:
            assert (answer.status, answer.headers.get("Via"), await answer.text()) == (429, None, "error code: 1015")
