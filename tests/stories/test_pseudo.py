"""A whole life in a language that nobody speaks: every card, answer, button, toast and page of it is in it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from adapters.discord.rights import NEEDED
from adapters.web.pages import PAGE
from bot.card.answer import answer_card, paragraph
from bot.card.found import found_line
from bot.card.sources import troubles_card
from bot.card.story import Standing, story_card
from bot.commands.registry import registry
from bot.commands.zones import ASIA
from bot.errors import StorageError
from bot.gather.apis.names import NAMES
from bot.gather.packs import PACKS
from bot.model import Ballot, ChatRef, OutsideTally, Phrase, Tally
from bot.site.guard import BODY_BYTES
from bot.site.wire import SampleStory, sample_wire
from tests.around import FREE
from tests.emulators.discord import DiscordServer
from tests.emulators.feeds import FeedServer, Item, faults, rss
from tests.emulators.telegram import Chat, Limits, TelegramServer, User
from tests.emulators.translators import LibreTranslate
from tests.life import Life, pass_two_days
from tests.product import (
    EVERY_SECOND,
    LOOPBACK_ALLOWED,
    chat_table,
    discord_table,
    items,
    running,
    telegram_table,
)
from tests.pseudo import CODE, NAME, catalogues_in, english, is_cut, pseudo
from tests.said import Page, on_discord, on_telegram
from tests.visitor import Visitor, articles, buttons
from tests.web_house import a_story, web_house

TWO_FEEDS = """<html lang="el"><head><title>Ἄλφα</title>
<link rel="alternate" type="application/rss+xml" title="Ἄλφα" href="/a.xml">
<link rel="alternate" type="application/rss+xml" title="Βῆτα" href="/b.xml"></head></html>"""


# --- on Telegram -----------------------------------------------------------------------------------------------------


async def a_telegram_group(life: Life) -> None:
    telegram = life.telegram
    olga, miguel = (telegram.add_user(name, language_code=CODE) for name in ("Ὄλγα", "Μιχαήλ"))
    group = telegram.create_supergroup("Ἀγορά", owner=olga, members=[miguel])
    telegram.add_bot(group, "admin", by=olga)
    await life.until(lambda: telegram.messages(group, by_bot=True))
    await life.presses(miguel, group, f":{CODE}")
    await life.presses(olga, group, f":{CODE}")
    await life.presses(olga, group, "follow crypto")
    await life.until(lambda: life.posts(group))
    post = life.posts(group)[0]
    for vote in (":b", ":s", ":s"):
        await life.presses(miguel, group, vote, post)
    telegram.react(olga, group, post, ["👍"])
    await life.tells(miguel, group, "/sources remove 1")
    await life.tells(olga, group, f"/sources add {life.feeds.url('/a.xml')}", "/sources list")
    await life.presses(olga, group, "remove #")
    # Out of the group and back in it.
    telegram.remove(group, by=olga)
    await life.until(lambda: life.product.rows("SELECT 1 FROM chat WHERE paused IS NOT NULL AND title = 'Ἀγορά'"))
    telegram.add_bot(group, "admin", by=olga)
    await life.until(lambda: "ƀááçķ" in telegram.messages(group, by_bot=True)[-1].text)


async def a_telegram_group_without_rights(life: Life) -> None:
    telegram = life.telegram
    olga = telegram.add_user("Ὄλγα", language_code=CODE)
    group = telegram.create_supergroup("Στοά", owner=olga)
    telegram.set_available_reactions(group, [])
    telegram.add_bot(group, by=olga)
    await life.until(lambda: telegram.messages(group, by_bot=True))
    await life.tells(olga, group, "/language Ὦ", f"/language {CODE}", "/status", "/help", "/sources add")
    await life.tells(olga, group, "/sources ὦ", "/sources follow ὦ", "/search", "/search Ἀ")


async def other_languages_on_telegram(life: Life) -> None:
    olga, private = await a_chat_that_speaks(life)
    await life.tells(olga, private, "/language")
    await life.presses(olga, private, ":translate off")
    await life.tells(olga, private, "/language")
    for button in (":fallback", " add fr", " drop en", " drop fr"):
        await life.presses(olga, private, button)
    await life.tells(olga, private, "/language fallback fr en", "/language fallback none", "/language fallback Ὦ")
    await life.tells(olga, private, f"/language {CODE} fallback ru translate off", "/language translate")
    await life.tells(olga, private, "/language translate on fallback en", "/status")


async def a_clock_on_telegram(life: Life) -> None:
    olga, private = await a_chat_that_speaks(life)
    await life.tells(olga, private, "/timezone")
    for button in (f":in {ASIA}", f":in {ASIA} 2", ":Asia/", ":Etc/UTC"):
        await life.presses(olga, private, button)
    await life.tells(olga, private, "/timezone Russia", "/timezone UTC+4", "/timezone Ὦ", "/status")


async def a_chat_that_speaks(life: Life) -> tuple[User, Chat]:
    """A private one, since groups are told few things a minute."""
    olga = life.telegram.add_user("Ὄλγα", language_code=CODE)
    private = life.telegram.create_private(olga)
    await life.tells(olga, private, "/language fallback ru", "/timezone", f"/language {CODE}")
    return olga, private


async def a_person_on_telegram(life: Life) -> None:
    miguel = life.telegram.add_user("Μιχαήλ", language_code=CODE)
    private = life.telegram.create_private(miguel)
    await life.tells(miguel, private, "/start", "/help", "/privacy", "/langage", "/wow")


async def a_telegram_channel(life: Life) -> None:
    telegram = life.telegram
    olga = telegram.add_user("Ὄλγα", language_code=CODE)
    private = telegram.create_private(olga)
    channel = telegram.create_channel("Στοά", owner=olga)
    await life.tells(olga, private, "/start")
    telegram.add_bot(channel, by=olga)
    await life.until(lambda: len(telegram.messages(private, by_bot=True)) == 2)
    await life.presses(olga, private, f" {CODE}")
    await life.tells(olga, private, "/sources")
    there = f"@{life.number_of(channel.id)}"
    await life.presses(olga, private, there)
    added = f"/sources {there} add {life.feeds.url('/a.xml')}"
    await life.tells(olga, private, added, f"/status {there}", "/status @999")
    await life.tells(olga, private, f"/language {there} fallback", f"/timezone {there}", f"/timezone {there} UTC")
    await life.tells(olga, private, f"/language {there} translate off", f"/status {there}")


async def voting_that_ends(life: Life) -> None:
    telegram, channel = life.telegram, life.channel
    miguel = telegram.add_user("Μιχαήλ", language_code=CODE)
    await life.until(lambda: life.posts(channel))
    post = life.posts(channel)[0]
    telegram.join(channel, miguel)
    telegram.react(miguel, channel, post, ["👍"])
    telegram.flush_reaction_counts()
    await life.presses(miguel, channel, ":b", post)
    shown = "SELECT 1 FROM delivery WHERE chat_id = ? AND shown_chat_bullish = 1 AND shown_total_bullish = 1"
    await life.until(lambda: life.product.rows(shown, life.number_of(channel.id)))
    # Two days later voting has ended; a vote in another chat has the posts of the story looked at.
    pass_two_days(life.product, life.number_of(channel.id))
    await life.presses(miguel, channel, ":s", post)
    async with Visitor(life.product) as reader:
        there = next(card for card in articles(await reader.look("en")) if post.text.splitlines()[0] in card)
        message, button, _ = buttons(there)[0]
        await reader.send("en", "press", message=message, button=button)
    await life.until(lambda: not telegram.buttons(channel, post))


# --- on Discord ------------------------------------------------------------------------------------------------------


async def a_discord_server(life: Life) -> None:
    discord, feeds = life.discord, life.feeds
    guild = await discord.create_guild("Ἀγορά", preferred_locale=CODE)
    news = await discord.create_text(guild, "νέα")
    forum = await discord.create_forum(guild, "βήμα")
    ann = await discord.add_user("ἄννα", guild=guild, locale=CODE, permissions_=["MANAGE_GUILD"])
    bob = await discord.add_user("βίων", guild=guild, locale=CODE)
    await discord.invite_bot(guild, NEEDED.value)
    hello = await discord.wait_message(news, "Ñééŵšţá", timeout=20)
    await (await discord.press(bob, hello, NAME)).shown(timeout=20)
    await life.gives(bob, news, "status", channel=forum)
    thread = await discord.create_thread(ann, forum, "στάσις", text="Ὦ")
    await life.gives(ann, thread, "language", language=CODE)
    for options in ({}, {"language": CODE}, {"language": CODE, "channel": forum}):
        await life.gives(ann, news, "language", **options)
    for command in ("help", "privacy", "status", "sources list"):
        await life.gives(bob, news, command)
    await life.gives(ann, news, "sources follow", pack="crypto")
    for path in ("/nothing", "/broken", "/gone", "/busy", "/closed", "/empty", "/picture", "/plain", "/round", "/page"):
        await life.gives(ann, news, "sources add", address=feeds.url(path))
    for address in ("ὦ", "http://10.0.0.1/", "http://127.0.0.1:1/", *map(feeds.url, ("/a.xml", "/a.xml", "/b.xml"))):
        await life.gives(ann, news, "sources add", address=address)
    await life.until(lambda: life.discord_posts(news))
    await life.gives(ann, news, "sources list")
    for command, option in (("sources remove", "address"), ("language", "fallback"), ("timezone", "zone")):
        completion = await discord.autocomplete(ann, news, command, option, "")
        await life.until(lambda completion=completion: completion.answered)
    for options in ({"fallback": "fr,en"}, {"translate": "off"}, {"fallback": "none", "translate": "on"}):
        await life.gives(ann, news, "language", **options)
    for who, options in ((bob, {}), (ann, {}), (ann, {"zone": "Asia/Yerevan"}), (ann, {"zone": "Ὦ"})):
        await life.gives(who, news, "timezone", **options)
    for address in ("ὦ", "127.0.0.1", "1"):
        await life.gives(ann, news, "sources remove", address=address)
    found = await life.gives(bob, news, "search", words="Ἀ")
    await (await discord.press(bob, found.messages[-1], pseudo("Next page"))).answer(timeout=20)
    for wanted in ("ὦ" * 80, *["Ω"] * 20):
        await life.gives(bob, news, "search", words=wanted)
    post = life.discord_posts(news)[0]
    for vote in ("v:", "v:"):
        button = next(part["custom_id"] for part in post.components[-1]["components"] if vote in part["custom_id"])
        await (await discord.press(bob, post, button)).answer(timeout=20)


async def a_discord_channel_without_rights(life: Life) -> None:
    discord = life.discord
    guild = await discord.create_guild("Στοά", preferred_locale=CODE)
    mute = await discord.create_text(guild, "σιγή")
    ann = await discord.add_user("ἄννα", guild=guild, locale=CODE, permissions_=["MANAGE_GUILD"])
    await discord.overwrite(mute, guild.id, deny=["SEND_MESSAGES", "ADD_REACTIONS", "READ_MESSAGE_HISTORY"])
    await discord.invite_bot(guild, NEEDED.value)
    await life.gives(ann, mute, "language", language=CODE)
    await life.gives(ann, mute, "sources add", address=life.feeds.url("/a.xml"))
    await life.until(lambda: life.product.rows("SELECT 1 FROM chat WHERE paused IS NOT NULL AND title LIKE '%σιγή'"))
    await life.gives(ann, mute, "status")


# --- in the web rooms ------------------------------------------------------------------------------------------------


async def a_web_room(life: Life) -> None:
    async with Visitor(life.product) as member, Visitor(life.product) as admin:
        for visitor in (member, admin):
            visitor.client.headers["accept-language"] = CODE
            life.pages.append(await visitor.look(CODE))
        await admin.become_admin()
        life.pages.append(await admin.look(CODE))

        async def posted() -> bool:
            return bool(buttons(await member.look(CODE)))

        await life.product.until(posted)
        message, button, _ = buttons(await member.look(CODE))[0]
        for vote in (button, button):
            life.pages.append(await member.send(CODE, "press", message=message, button=vote))
        for text in ("/help", "/privacy", "/status", "/sources", "/sources list", "/sources add", "/language fr"):
            for visitor in (member, admin):
                life.pages.append(await visitor.send(CODE, "say", text=text))
        for text in ("ὦ", "/ὦ", "/search Ἀ"):
            life.pages.append(await member.send(CODE, "say", text=text))
        life.pages.append(
            await admin.send(CODE, "command", command="sources", subcommand="follow", **{"argument.pack": "tech"})
        )
        # What comes in another language is translated.
        for text in ("/language fallback", "/language fallback ru", "/timezone", "/timezone berlin"):
            for visitor in (member, admin):
                life.pages.append(await visitor.send(CODE, "say", text=text))

        async def translated() -> bool:
            return pseudo("translated from {language}").partition("{")[0] in await member.look(CODE)

        await life.product.until(translated)
        for text in ("/sources list", "/language translate off", "/status"):
            life.pages.append(await admin.send(CODE, "say", text=text))
        life.pages.append(await member.look(CODE))
        for path in ("/nowhere", "/r/xx", "/enter?token=ὦ", f"/r/{CODE}/press", f"/r/{CODE}/choices"):
            async with member.client.get(path) as page:
                assert page.status >= 400
                life.pages.append(await page.text())
        async with (
            aiohttp.ClientSession(life.product.address, headers={"accept-language": CODE}) as stranger,
            stranger.post(f"/r/{CODE}/say", data={"text": "ὦ"}) as page,
        ):
            assert page.status == 401
            life.pages.append(await page.text())


LIVES = (
    a_telegram_group,
    a_telegram_group_without_rights,
    other_languages_on_telegram,
    a_clock_on_telegram,
    a_person_on_telegram,
    a_telegram_channel,
    voting_that_ends,
    a_discord_server,
    a_discord_channel_without_rights,
    a_web_room,
)


# --- the story -------------------------------------------------------------------------------------------------------


def stories(*titles: str) -> list[Item]:
    return [replace(item, summary="Ναί.") for item in items(*titles)]


def furnish(feeds: FeedServer) -> None:
    """Feeds whose own words are no English, and addresses behind which there is none."""
    feeds.put("/a.xml", rss(stories(*(f"Ἀ {n}" for n in range(8))), title="Ἄλφα", language=CODE))
    feeds.put("/b.xml", rss(stories("Β 1", "Β 2"), title="Βῆτα", language=CODE))
    feeds.put("/c.xml", rss([Item("Монета", summary="Да.")], title="Монеты", language="ru"))
    for path, status in (("/broken", 500), ("/gone", 410), ("/busy", 429), ("/closed", 403)):
        feeds.put(path, fault=faults.status(status))
    feeds.put("/round", fault=faults.redirect("/round"))
    feeds.put("/empty", fault=faults.body(b""))
    feeds.put("/picture", b"GIF89a", content_type="image/gif")
    feeds.put("/plain", "<html><p>Ὦ</p></html>".encode(), content_type="text/html; charset=utf-8")
    feeds.put("/page", TWO_FEEDS.encode(), content_type="text/html; charset=utf-8")


async def test_no_word_bypasses_the_catalogues(tmp_path: Path) -> None:
    catalogues = catalogues_in(tmp_path / "locales")
    async with (
        FeedServer() as feeds,
        TelegramServer(limits=Limits.off()) as telegram,
        DiscordServer(limits={}) as discord,
        LibreTranslate(languages={"ru": [CODE], CODE: []}) as libre,
    ):
        furnish(feeds)
        config = telegram_table(telegram) + discord_table(discord) + EVERY_SECOND + LOOPBACK_ALLOWED
        channel = telegram.create_channel("Νέα")
        telegram.add_bot(channel)
        config += f'[translate]\nproviders = ["libretranslate"]\n[translate.libretranslate]\nurl = "{libre.url}"\n'
        config += "[votes]\nopen_days = 1\n" + chat_table("web", "en", "en", feeds.url("/a.xml"))
        config += chat_table("telegram", channel.id, CODE, feeds.url("/a.xml"))
        packs = {("crypto", CODE): [feeds.url("/b.xml"), feeds.url("/broken")], ("tech", "ru"): [feeds.url("/c.xml")]}
        async with running(tmp_path, config, packs=packs, catalogues=catalogues) as product:
            await product.ready("telegram", "discord")
            life = Life(product, telegram, discord, feeds, channel, looking=pseudo("Looking")[2:6])
            await asyncio.gather(*(live(life) for live in LIVES))
        said = {*on_telegram(telegram, CODE), *on_discord(discord, CODE), *seen(life.pages)}
        assert len(said) > 200
        assert_all_is_said_in_it(said)


def seen(pages: Iterable[str]) -> Iterator[str]:
    for page in pages:
        assert f'<html lang="{CODE}" dir="rtl">' in page
        yield from Page(page).words


def assert_all_is_said_in_it(said: Collection[str]) -> None:
    assert {text: found for text in said if (found := english(text))} == {}
    assert [text for text in said if is_cut(text)] == []


async def test_the_other_pages_of_the_rooms_are_in_it_too(tmp_path: Path) -> None:
    catalogues = catalogues_in(tmp_path / "locales")
    epoch = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    async with (
        web_house(tmp_path, epoch=epoch, clock=lambda: epoch, catalogues=catalogues) as house,
        aiohttp.ClientSession(house.address, headers={"accept-language": CODE}) as client,
    ):

        async def page(path: str, headers: Mapping[str, str] | None = None, **form: str) -> str:
            given = {"origin": house.address, **(headers or {})}
            asked = client.post(path, data=form, headers=given) if form else client.get(path, headers=headers)
            async with asked as answer:
                return await answer.text()

        house.adapter.declare([one.command for one in registry(PACKS, catalogues.names).values()])
        # A room with more stories than a page has, and one that is past.
        card = answer_card(CODE, paragraph("Ὦ"))
        for number in range(PAGE + 1):
            await house.adapter.send(ChatRef("web", CODE), card, key=str(number), departure=FREE)
        pages = [await page(f"/r/{CODE}"), await page(f"/r/{CODE}?before=2")]
        # What can't be stored, what fails, and what comes too often.
        for broken in (StorageError(Phrase("x")), RuntimeError()):
            house.core.broken = broken
            pages.append(await page(f"/r/{CODE}/press", message="m1", button="v:1:b"))
        pages.append(await page("/enter?token=ὦ"))
        # Nor is anything else said to who is not let in at all.
        refused = [await page("/", {name: "evil.example"}) for name in ("host", "origin")]
        refused.append(await page(f"/r/{CODE}/say", text="Ὦ" * BODY_BYTES))
        assert_all_is_said_in_it(refused)
        # While the rooms are closed.
        house.rooms.cancel()
        await asyncio.wait([house.rooms])
        pages.append(await page(f"/r/{CODE}/press", message="m1", button="v:1:b"))
        assert_all_is_said_in_it({*seen(pages)})
        # A sample story is told in English where its language has none; around it stand the reader's words.
        sample = sample_wire(CODE)
        assert sample.language == "en"
        told = Page(await page(f"/wire/{CODE}/{sample.stories[0].id}")).words
        theirs = {sample.title, f"{sample.stories[0].title} · {sample.title}", *in_full(sample.stories[0])}
        assert_all_is_said_in_it({words.strip() for words in told} - theirs)


def in_full(story: SampleStory) -> set[str]:
    """All that a sample story says."""
    sections = {words for section in story.sections for words in (section.heading, section.text)}
    return {story.title, story.summary, story.quote, story.author, *sections}


def test_every_card_is_in_it_whatever_it_has_to_tell(tmp_path: Path) -> None:
    t = catalogues_in(tmp_path / "locales")(CODE)
    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    story = a_story(title="Ὦ", lede="Ναί.", source="Ἄλφα", sample=True, sources=3, language=CODE)
    outside = tuple(OutsideTally(provider, Tally(13, 18)) for provider in NAMES)
    ballot = Ballot(("🐂",), ("🐻",))
    standing = Standing(Tally(2, 1), Tally(3, 5), {"🐂": 4})
    cards = [
        story_card(replace(story, outside=outside), 7, one, ballot, t)
        for one in (standing, replace(standing, closed=True))
    ]
    found = found_line(story, Tally(1, 2), (), t)
    problem = Phrase("The server answered {status}.", {"status": 500})
    doing = [
        Doing("https://ἄ.example/", "Ἄλφα", read, wrong, ended)
        for read in (None, now)
        for wrong in (None, problem)
        for ended in (False, True)
    ]
    cards += [answer_card(CODE, found), *(troubles_card(doing[:n], t, now) for n in (1, 2, 5, len(doing)))]
    said = [card.plain() for card in cards] + [button.label for card in cards for row in card.buttons for button in row]
    assert_all_is_said_in_it([re.sub("|".join(NAMES.values()), "", words) for words in said])


@dataclass(frozen=True)
class Doing:
    """How a source does."""

    url: str
    title: str
    last_ok_at: datetime | None
    problem: Phrase | None
    ended: bool
