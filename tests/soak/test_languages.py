"""A whole life in each of the thirteen languages, seen on Telegram, on Discord and in the web rooms: nothing is left in
English, nothing is wider than its box, and of all there is a picture (``--screens=DIR``)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from adapters.discord.locales import LOCALES
from adapters.discord.rights import NEEDED
from bot.i18n import Catalogues, texts
from bot.ports import Translator
from bot.publish import troubles
from bot.site.wire import sample_wire
from bot.text import WORD_JOINER
from tests import said, strings
from tests.emulators.discord import Channel, DiscordServer
from tests.emulators.discord import User as DiscordUser
from tests.emulators.feeds import FeedServer, Item, faults, rss
from tests.emulators.telegram import Chat, Limits, TelegramServer, User
from tests.emulators.translators import LibreTranslate, marked
from tests.languages import NAMES, THIRTEEN
from tests.life import Life, pass_two_days
from tests.product import (
    ADMIN_TOKEN,
    EVERY_SECOND,
    LOOPBACK_ALLOWED,
    chat_table,
    discord_table,
    items,
    running,
    telegram_table,
)
from tests.windows import Album, chromium_of, too_wide

pytestmark = pytest.mark.browser

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1100, height=900)
LONG = 1_500
"""As high as several messages of a chat."""

FOREIGN = {"es": ("El mercado sube", "Los precios bajan", "Madrid"), "ru": ("Рынок растёт", "Цены падают", "Москва")}
"""Titles and sources in languages other than the reader's."""


# --- the story -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", THIRTEEN)
async def test_a_whole_life_in_the_language(
    language: str, tmp_path: Path, screens: Path, browser_program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody can wait ten minutes for what is told of sources that are gone.
    monkeypatch.setattr(troubles, "SWEEP_SECONDS", 2.0)
    async with chromium_of(browser_program) as chromium, town(tmp_path, language) as there:
        album = Album(screens / language)
        await a_telegram_group(there, chromium, album)
        await a_person_on_telegram(there, chromium, album)
        await a_discord_server(there, chromium, album)
        await a_web_room(there, chromium, album)
        life = there.life
        heard = {*said.on_telegram(life.telegram, language), *there.heard_on_discord()}
        heard |= {words for page in life.pages for words in said.Page(page).words}
    assert album.pictures >= 20
    assert len(heard) > 150
    left = left_in_english(heard, language)
    assert left == {}, left


@dataclass
class Town:
    """A product with all its platforms, whose sources speak the language and one that is foreign to it."""

    life: Life
    language: str
    foreign: str
    t: Translator
    libre: LibreTranslate
    greeted: int = 0
    """How many requests Discord got before its chat had a language."""

    @property
    def own(self) -> list[str]:
        """Titles of the stories in the language."""
        return [story.title for story in sample_wire(self.language).stories[:3]]

    def heard_on_discord(self) -> Iterator[str]:
        """Where clients don't speak the language, the first words and the commands' are in English, as it must be."""
        if _discord_locale(self.language) is not None:
            yield from said.on_discord(self.life.discord, _discord_locale(self.language) or "")
            return
        requests = self.life.discord.requests
        for request in requests[self.greeted :]:
            yield from said.in_body(request.body)


def publish(feeds: FeedServer, language: str, foreign: str, stories: tuple[int, int], *, gone: bool = False) -> None:
    """So many stories, own and foreign, stand in the feeds; ``gone``: a third feed is there no more."""
    wire, (*titles, name) = sample_wire(language), FOREIGN[foreign]
    told = items(*(story.title for story in wire.stories[: stories[0]]))
    told = [replace(item, summary=story.summary) for item, story in zip(told, wire.stories, strict=False)]
    feeds.put("/own.xml", rss(told, title=wire.title, language=language))
    feeds.put("/foreign.xml", rss(_without_words(titles[: stories[1]]), title=name, language=foreign))
    fault = faults.status(410) if gone else None
    feeds.put("/mine.xml", rss(_without_words(["2026"]), title="№ 1", language=language), fault=fault)
    feeds.put("/broken.xml", fault=faults.status(503))


def _without_words(titles: Collection[str]) -> list[Item]:
    return [replace(item, summary="") for item in items(*titles)]


def _discord_locale(language: str) -> str | None:
    usual = {"en": "en-US", "es": "es-ES"}
    return usual.get(language) or next((one for one in LOCALES if one.partition("-")[0] == language), None)


@asynccontextmanager
async def town(folder: Path, language: str) -> AsyncIterator[Town]:
    foreign = "es" if language == "ru" else "ru"
    async with (
        FeedServer() as feeds,
        TelegramServer(limits=Limits.off()) as telegram,
        DiscordServer(limits={}) as discord,
        LibreTranslate(languages={foreign: [language], language: []}) as libre,
    ):
        channel = telegram.create_channel(NAMES[language])
        telegram.add_bot(channel)
        config = telegram_table(telegram) + discord_table(discord) + EVERY_SECOND + LOOPBACK_ALLOWED
        config += f'[translate]\nproviders = ["libretranslate"]\n[translate.libretranslate]\nurl = "{libre.url}"\n'
        config += "[votes]\nopen_days = 1\n" + chat_table("telegram", channel.id, language, feeds.url("/own.xml"))
        packs = {
            ("crypto", language): [feeds.url("/own.xml"), feeds.url("/broken.xml")],
            ("tech", foreign): [feeds.url("/foreign.xml")],
        }
        t = Catalogues()(language)
        looking = t("Looking for a feed at {address} …", address="…").partition("…")[0].strip() or "\0"
        publish(feeds, language, foreign, (1, 1))
        async with running(folder, config, packs=packs) as product:
            there = Town(Life(product, telegram, discord, feeds, channel, looking), language, foreign, t, libre)
            await product.ready("telegram", "discord")
            yield there


# --- on Telegram -----------------------------------------------------------------------------------------------------


async def a_telegram_group(there: Town, chromium: Browser, album: Album) -> None:
    life, language, t = there.life, there.language, there.t
    telegram = life.telegram
    olga, miguel = (telegram.add_user(name, language_code=language) for name in ("Ὄλγα", "Μιχαήλ"))
    group = telegram.create_supergroup(NAMES[language], owner=olga, members=[miguel])
    page = await chromium.new_page(viewport={**PHONE, "height": LONG}, color_scheme="light")

    async def look(name: str, who: User = olga, toast: str = "") -> None:
        await page.goto(f"{telegram.url}/_chat/{group.id}?as={who.id}&toast={toast}")
        await _to_the_end(page)
        await album.take(page, f"telegram-{name}")

    telegram.add_bot(group, "admin", by=olga)
    await life.until(lambda: telegram.messages(group, by_bot=True))
    await look("introduction")
    await life.presses(olga, group, f":{language}")
    await life.until(lambda: life.product.changes(group.id))
    await look("language-chosen")
    for pack in ("crypto", "tech"):
        await life.presses(olga, group, f"follow {pack}")
    await life.tells(olga, group, f"/language fallback {there.foreign}")
    translated = marked(FOREIGN[there.foreign][0], language)
    await life.until(lambda: _post(life, group, there.own[0]) and _post(life, group, translated))
    await look("stories-own-and-translated")

    post = _post(life, group, there.own[0])
    assert post is not None
    bullish, bearish = [button["callback_data"] for button in telegram.buttons(group, post)][:2]
    for name, button, counts in (
        ("vote-confirmed", bullish, [1, 0]),
        ("vote-changed", bearish, [0, 1]),
        ("vote-taken-back", bearish, [0, 0]),
    ):
        pressed = await telegram.press(miguel, group, post, button, timeout=20)
        shown = [t.number(count) for count in counts]
        await life.until(
            lambda shown=shown: [one["text"].split()[-1] for one in telegram.buttons(group, post)] == shown
        )
        await look(name, miguel, pressed.text)
    telegram.say(miguel, group, "/sources remove 1")
    refusal = t("Only the admins of this chat can change that.")
    await life.until(lambda: any(refusal in message.text for message in telegram.messages(group, by_bot=True)))
    await look("refused", miguel)


def _post(life: Life, chat: Chat, title: str) -> object | None:
    return next((one for one in life.posts(chat) if title in one.text), None)


async def _to_the_end(page: Page) -> None:
    await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")


async def a_person_on_telegram(there: Town, chromium: Browser, album: Album) -> None:
    """In a private chat, since groups are told few things a minute."""
    life, language = there.life, there.language
    olga = life.telegram.add_user("Ὄλγα", language_code=language)
    private = life.telegram.create_private(olga)
    page = await chromium.new_page(viewport={**PHONE, "height": LONG}, color_scheme="dark")

    async def ask(name: str, *typed: str, offers: str = "") -> None:
        await life.tells(olga, private, *typed)
        await life.until(
            lambda: not offers or offers in str([life.telegram.buttons(private, one) for one in life.menus(private)])
        )
        await page.goto(f"{life.telegram.url}/_chat/{private.id}?as={olga.id}")
        await _to_the_end(page)
        await album.take(page, f"telegram-{name}")

    await ask("start", "/start", f"/language {language}")
    await ask("help", "/help")
    await ask("privacy", "/privacy")
    await ask("language-menu", "/language")
    await ask("timezone", "/timezone")
    await life.presses(olga, private, ":in ")
    await ask("timezone-chosen", "/timezone Asia/Yerevan", "/timezone @")
    added = f"/sources add {life.feeds.url('/mine.xml')}"
    await ask("sources", "/sources", added)
    await ask("sources-add-errors", "/sources add x", f"/sources add {life.feeds.url('/broken.xml')}")
    await ask("sources-list", "/sources follow crypto", "/sources list", offers="remove #")
    await ask("other-languages", f"/language fallback {there.foreign}", "/language translate off")
    await ask("translated-again", "/language translate on", "/language fallback none")
    word = there.own[0].split()[0]
    await ask("search", "/search", f"/search {word}", "/search 0000")
    await ask("status", "/status", "/wow")
    # A feed that is gone for good is told of.
    publish(life.feeds, language, there.foreign, (1, 1), gone=True)
    told = there.t.plural("{n} source needs an admin", "{n} sources need an admin", 1)
    await life.until(lambda: any(told in message.text for message in life.telegram.messages(private, by_bot=True)))
    await ask("source-gone", "/sources list")


# --- on Discord ------------------------------------------------------------------------------------------------------


async def a_discord_server(there: Town, chromium: Browser, album: Album) -> None:
    life, language, discord = there.life, there.language, there.life.discord
    locale = _discord_locale(language) or "en-US"
    guild = await discord.create_guild(NAMES[language], preferred_locale=locale)
    news = await discord.create_text(guild, "alfa")
    ann = await discord.add_user("ann", guild=guild, locale=locale, permissions_=["MANAGE_GUILD"])
    page = await chromium.new_page(viewport={**DESK, "height": LONG})

    async def look(name: str, at: str = "") -> None:
        await page.goto(f"{discord.page_url}_chat/{news.id}?as={ann.id}")
        await (page.locator(f"#m{at}").scroll_into_view_if_needed() if at else _to_the_end(page))
        await album.take(page, f"discord-{name}")

    await discord.invite_bot(guild, NEEDED.value)
    hello = await discord.wait_message(news, "Newstally", timeout=20)
    await look("introduction")
    there.greeted = len(discord.requests)
    await (await discord.press(ann, hello, NAMES[language])).shown(timeout=20)
    await look("language-chosen")
    await _commands_on_discord(there, ann, news)
    await look("commands")
    await life.gives(ann, news, "sources follow", pack="crypto")
    await life.until(lambda: life.discord_posts(news))
    post = life.discord_posts(news)[0]
    button = next(part["custom_id"] for part in post.components[-1]["components"] if "v:" in part["custom_id"])
    await (await discord.press(ann, post, button)).answer(timeout=20)
    await look("vote-confirmed")
    await page.set_viewport_size(PHONE)
    await look("story-on-a-phone", post.id)


async def _commands_on_discord(there: Town, ann: DiscordUser, news: Channel) -> None:
    life = there.life
    for command in ("help", "privacy", "status", "sources list", "language", "timezone"):
        await life.gives(ann, news, command)
    for address in ("x", life.feeds.url("/broken.xml"), life.feeds.url("/own.xml")):
        await life.gives(ann, news, "sources add", address=address)
    for options in ({"fallback": there.foreign}, {"fallback": "none", "translate": "off"}):
        await life.gives(ann, news, "language", **options)
    await life.gives(ann, news, "timezone", zone="Asia/Yerevan")
    await life.gives(ann, news, "search", words=there.own[0].split()[0])


# --- in the web room -------------------------------------------------------------------------------------------------


async def a_web_room(there: Town, chromium: Browser, album: Album) -> None:
    life, language, t = there.life, there.language, there.t
    room = f"{life.product.address}/r/{language}"
    member = await (await chromium.new_context(locale=language, viewport=PHONE, color_scheme="light")).new_page()
    admin = await (await chromium.new_context(locale=language, viewport=DESK, color_scheme="dark")).new_page()

    async def look(page: Page, name: str) -> None:
        assert await page.locator("html").get_attribute("lang") == language
        life.pages.append(await page.content())
        await album.take(page, f"web-{name}")

    async def ask(page: Page, name: str, typed: str) -> None:
        await page.locator("#text").fill(typed)
        await page.keyboard.press("Enter")
        await expect(page.locator(".answer code").first).to_have_text(typed)
        await look(page, name)

    await member.goto(room)
    await admin.goto(f"{life.product.address}/enter?token={ADMIN_TOKEN}")
    await look(admin, "admin-enters")
    await admin.goto(room)
    await expect(member.locator(".title", has_text=there.own[0])).to_be_visible()
    await look(member, "story-on-a-phone")
    card = member.locator(".card", has_text=there.own[0])
    await card.locator(".vote").first.click()
    await expect(card.locator(".vote").first).to_have_attribute("aria-pressed", "true")
    await look(member, "vote-confirmed")
    for menu in (".languages", ".tasks"):
        await member.locator(f"{menu} summary").click()
        await look(member, f"menu{menu.replace('.', '-')}")
        await member.keyboard.press("Escape")
    for page, name in ((member, "phone"), (admin, "desk")):
        await page.goto(room)
        for command in ("help", "privacy", "status", "language", "timezone"):
            await ask(page, f"{command}-{name}", f"/{command}")
        await ask(page, f"sources-{name}", "/sources list")
        await ask(page, f"search-{name}", f"/search {there.own[0].split()[0]}")
    await ask(member, "refused", "/sources follow tech")
    await expect(member.locator(".answer")).to_contain_text(t("Only the admins of this chat can change that."))
    await ask(admin, "other-languages", f"/language fallback {there.foreign}")
    await ask(admin, "follow", "/sources follow tech")
    await expect(admin.locator(".title", has_text=marked(FOREIGN[there.foreign][0], language))).to_be_visible()
    await look(admin, "translated")
    await admin.locator(".tasks summary").click()
    await look(admin, "forms")
    await admin.keyboard.press("Escape")
    await ask(admin, "add-refused", "/sources add x")

    # No translator any more: the next one stays as it is, with a note.
    there.libre.fail(403, times=1_000)
    publish(life.feeds, language, there.foreign, (2, 2), gone=True)
    await expect(admin.locator(".title", has_text=FOREIGN[there.foreign][1])).to_be_visible(timeout=30_000)
    await expect(admin.locator(".title", has_text=there.own[1])).to_be_visible(timeout=30_000)
    await look(admin, "not-translated")
    await voting_that_ends(there, member)
    await look(member, "voting-closed")
    for path in ("/nowhere", f"/r/{language}?before=1"):
        await member.goto(f"{life.product.address}{path}")
        assert await too_wide(member) == []
        life.pages.append(await member.content())


async def voting_that_ends(there: Town, member: Page) -> None:
    life = there.life
    pass_two_days(life.product, life.number_of(there.language))
    post = _post(life, life.channel, there.own[0])
    assert post is not None
    miguel = life.telegram.add_user("Μιχαήλ", language_code=there.language)
    life.telegram.join(life.channel, miguel)
    await life.presses(miguel, life.channel, ":s", post)  # type: ignore[arg-type]
    card = member.locator(".card", has_text=there.own[0])
    await expect(card.locator(".vote")).to_have_count(0, timeout=30_000)
    await card.scroll_into_view_if_needed()


# --- what is English -------------------------------------------------------------------------------------------------

_WORD = re.compile(r"(?<![^\W_])[A-Za-z]{3,}(?![^\W_])")
_NO_PROSE = re.compile(
    # Addresses; places in texts; commands as they are typed, with what follows in them; zones as IANA calls them.
    r"https?\\?://[^\s<>\"“”]+|\{[a-z_]+\}"
    r"|/[a-z]+(?: (?:add|list|remove|follow|fallback|translate|none|on|off|address:|(?:pack:)?crypto|[a-z]{2}|UTC))*"
    r"|\b[A-Z][A-Za-z]+/[A-Za-z_/-]+"
    # The word for language in all of ours; the option by which Discord's commands name another channel.
    r"|🌐 Language(?: · [^ ·]+)+|\bchannel\b"
    # A clock for which no language has another word.
    r"|\bUTC\b"
)


def _plain(text: str) -> str:
    """Without what keeps clients from making links."""
    return text.replace(WORD_JOINER, "").replace("\u200b", "")


def words_of(texts_: Collection[str]) -> set[str]:
    """The words of Latin letters in prose."""
    return {word.lower() for text in texts_ for word in _WORD.findall(_NO_PROSE.sub(" ", _plain(text)))}


def said_in(language: str) -> set[str]:
    """The words of a catalogue."""
    catalog = strings.read(language)
    assert catalog is not None
    return words_of({text for message in catalog if message.id for text in texts(message.string)})


def left_in_english(heard: Collection[str], language: str) -> dict[str, list[str]]:
    """Texts with words that only the English catalogue has."""
    sample = sample_wire(language)
    told = words_of([sample.title, *(text for one in sample.stories for text in (one.title, one.summary))])
    only_english = said_in("en") - said_in(language) - told - words_of(NAMES.values())
    found = {text: sorted(words_of([text]) & only_english) for text in heard}
    return {text: words for text, words in found.items() if words}


@pytest.mark.parametrize("language", [one for one in THIRTEEN if one != "en"])
def test_english_is_found_among_other_words(language: str) -> None:
    said_well = "{t} /sources add https://example.com".format(t=Catalogues()(language)("What I store"))
    assert left_in_english([said_well], language) == {}
    assert left_in_english(["Only you see this"], language) != {}
