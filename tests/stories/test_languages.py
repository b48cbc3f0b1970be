"""A chat's language, the others that stand in for it, and its time zone: on Telegram, on Discord and in the web."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.discord.rights import NEEDED
from bot.i18n import Catalogues
from tests.emulators.discord import Channel, DiscordServer
from tests.emulators.discord import Message as DiscordMessage
from tests.emulators.discord.components_form import walk
from tests.emulators.discord.pages import words
from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Chat, Limits, Message, TelegramServer
from tests.languages import NAMES
from tests.product import EVERY_SECOND, LOOPBACK_ALLOWED, chat_table, discord_table, items, running, telegram_table
from tests.visitor import Visitor, plain

ENGLISH, FRENCH, GERMAN, ARMENIAN = (Catalogues()(language) for language in ("en", "fr", "de", "hy"))
STANDS_OUT = 1
"""Discord's style of a button that stands out."""


def posts(telegram: TelegramServer, chat: Chat) -> list[Message]:
    """The stories in the chat."""
    return [
        message
        for message in telegram.messages(chat, by_bot=True)
        if any(button.get("callback_data", "").startswith("v:") for button in telegram.buttons(chat, message))
    ]


def titles(telegram: TelegramServer, chat: Chat) -> list[str]:
    return [message.text.splitlines()[0] for message in posts(telegram, chat)]


def discord_buttons(message: DiscordMessage) -> list[tuple[str, int]]:
    """Labels and styles."""
    return [(part["label"], part["style"]) for part in walk(message.components) if part.get("label")]


def discord_titles(discord: DiscordServer, channel: Channel) -> list[str]:
    return [
        words(message).splitlines()[0]
        for message in discord.messages(channel)
        if any("v:" in str(part.get("custom_id")) for part in walk(message.components))
    ]


# --- the first guess -------------------------------------------------------------------------------------------------


async def test_on_telegram_the_first_words_are_in_the_language_of_who_brought_the_bot(tmp_path: Path) -> None:
    async with TelegramServer(limits=Limits.off()) as telegram:
        olga = telegram.add_user("Olga", language_code="fr")
        group = telegram.create_supergroup("Lecteurs", owner=olga)
        async with running(tmp_path, telegram_table(telegram) + EVERY_SECOND) as product:
            await product.ready("telegram")
            telegram.add_bot(group, "admin", by=olga)
            [hello] = await product.until(lambda: telegram.messages(group, by_bot=True))
            assert FRENCH("Hello, I am Newstally!") in hello.text
            # Who reads no French finds the word for language, and their own, all the same.
            assert all(word in hello.text for word in ("Language", "언어", "Լեզու", "Язык"))
            shown = telegram.buttons(group, hello)
            assert [button["text"] for button in shown] == list(NAMES.values())
            assert [button["text"] for button in shown if button.get("style")] == ["Français"]
            await telegram.press(olga, group, hello, "Հայերեն")
            chosen = ARMENIAN("The language here is now {language}.", language="Հայերեն")
            await product.until(lambda: chosen in hello.text)

            # Whoever opens the menu now finds the present one by its tick.
            telegram.say(olga, group, "/language")
            await product.until(lambda: len(telegram.messages(group, by_bot=True)) == 2)
            menu = telegram.messages(group, by_bot=True)[1]
            ticked = [b["text"] for b in telegram.buttons(group, menu) if b["text"].startswith("✓")]
            assert ticked == ["✓ Հայերեն"]
            await telegram.press(olga, group, menu, "Nederlands")
            await product.until(lambda: product.rows("SELECT 1 FROM chat WHERE language = 'nl'"))


@pytest.mark.parametrize(
    ("chosen", "guess"),
    # A server that isn't a community can't choose: then the client of who asks tells.
    [("de", "de"), ("en-US", "fr"), ("zh-TW", "zh"), ("pt-BR", "pt"), ("uk", "fr")],
)
async def test_on_discord_the_server_tells_and_else_whoever_asks(tmp_path: Path, chosen: str, guess: str) -> None:
    async with DiscordServer(limits={}) as discord:
        guild = await discord.create_guild("Readers", preferred_locale=chosen)
        general = await discord.create_text(guild, "general")
        ann = await discord.add_user("ann", guild=guild, locale="fr", permissions_=["MANAGE_GUILD"])
        async with running(tmp_path, discord_table(discord) + EVERY_SECOND) as product:
            await product.ready("discord")
            await product.until(lambda: discord.commands)
            await discord.invite_bot(guild, NEEDED.value)
            await discord.wait_message(general, "Newstally", timeout=20)
            asked = await discord.slash(ann, general, "language")
            menu = await asked.shown(timeout=20)
            assert asked.ephemeral
            assert [label for label, _ in discord_buttons(menu)] == list(NAMES.values())
            marked = [label for label, style in discord_buttons(menu) if style == STANDS_OUT]
            assert marked == [NAMES[guess]]
            pressed = await discord.press(ann, menu, NAMES["ja"])
            await pressed.answer(timeout=20)
            assert product.changes(general.id) == [(f"discord:{ann.id}", "language", None, "ja")]


async def test_in_the_web_the_browser_tells_which_room_comes_first(tmp_path: Path) -> None:
    async with running(tmp_path, EVERY_SECOND, packs={}) as product, Visitor(product) as reader:
        headers = {"Accept-Language": "hy-AM, ru;q=0.8"}
        async with reader.client.get("/", headers=headers) as page:
            assert page.url.path == "/r/hy"
            assert '<html lang="hy"' in await page.text()


async def test_what_is_said_to_one_member_is_in_their_language_where_their_client_can_have_the_chats(
    tmp_path: Path,
) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/a.xml", rss(items("1"), title="A"))
        guild = await discord.create_guild()
        await discord.invite_bot(guild, NEEDED.value)
        bob = await discord.add_user("bob", guild=guild, locale="en-US")
        german, armenian = [await discord.create_text(guild, name) for name in ("de", "hy")]
        config = discord_table(discord) + EVERY_SECOND
        config += chat_table("discord", german.id, "de", feeds.url("/a.xml"))
        config += chat_table("discord", armenian.id, "hy", feeds.url("/a.xml"))
        async with running(tmp_path, config) as product:
            await product.ready("discord")
            await product.until(lambda: discord_titles(discord, german) and discord_titles(discord, armenian))
            # No client of Discord's is in Armenian: who reads it has theirs in English, or whatever else.
            for channel, t in ((german, ENGLISH), (armenian, ARMENIAN)):
                refused = await discord.slash(bob, channel, "timezone", {"zone": "Asia/Yerevan"})
                assert words(await refused.shown(timeout=20)) == t("Only the admins of this chat can change that.")
                [post] = [one for one in discord.messages(channel) if "v:" in str(one.components)]
                bullish = next(part["custom_id"] for part in walk(post.components) if part.get("custom_id"))
                pressed = await discord.press(bob, post, bullish)
                assert words(await pressed.shown(timeout=20)) == t("Your vote counts: bullish.")


# --- at once ---------------------------------------------------------------------------------------------------------


async def test_a_new_language_is_that_of_the_posts_which_are_waiting(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Un", "Deux"), title="Alpha", language="fr"))
        olga = telegram.add_user("Olga")
        group = telegram.create_supergroup("Readers", owner=olga)
        telegram.add_bot(group, "admin", by=olga)
        async with running(tmp_path, telegram_table(telegram) + EVERY_SECOND + LOOPBACK_ALLOWED) as product:
            telegram.say(olga, group, "/language fr")
            await product.until(lambda: product.changes(group.id))
            # Telegram is busy: what is owed has to wait, and so has the answer.
            await product.until(lambda: telegram.messages(group, by_bot=True))
            busy = telegram.fail("sendMessage", 429, times=3, retry_after=2, chat_id=group.id)
            telegram.say(olga, group, f"/sources add {feeds.url('/a.xml')}")
            await product.until(lambda: product.rows("SELECT 1 FROM delivery") and busy.arrived.is_set())
            telegram.say(olga, group, "/language de")
            await product.until(lambda: len(product.changes(group.id)) == 3)
            assert posts(telegram, group) == []

            def german() -> list[str]:
                labels = [telegram.buttons(group, post)[0]["text"] for post in posts(telegram, group)]
                return [label for label in labels if GERMAN("Bullish") in label]

            await product.until(german)
            # The one that was on its way when the language changed follows within half a minute.
            await product.until(lambda: len(german()) == 2)


# --- other languages -------------------------------------------------------------------------------------------------


async def test_a_pack_without_the_chats_language_gives_the_others_in_its_order(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        for language, told in (("ru", "Монета"), ("en", "Coin"), ("fr", "Pièce")):
            feeds.put(f"/{language}.xml", rss(items(told), title=language, language=language))
        packs = {("crypto", language): [feeds.url(f"/{language}.xml")] for language in ("ru", "en", "fr")}
        olga = telegram.add_user("Olga")
        group = telegram.create_supergroup("Readers", owner=olga)
        telegram.add_bot(group, "admin", by=olga)
        config = telegram_table(telegram) + EVERY_SECOND + LOOPBACK_ALLOWED
        async with running(tmp_path, config, packs=packs) as product:
            telegram.say(olga, group, "/language hy")
            await product.until(lambda: product.changes(group.id))
            telegram.say(olga, group, "/sources follow crypto")
            # Armenian readers read Russian before English, unless they say otherwise.
            await product.until(lambda: titles(telegram, group) == ["Монета"])
            telegram.say(olga, group, "/language fallback fr, english")
            names = {"language": "Հայերեն", "languages": "Français, English"}
            told = ARMENIAN("Where there are no stories in {language}, they come in: {languages}.", **names)
            answer = await product.until(
                lambda: next((m for m in telegram.messages(group, by_bot=True) if told in m.text), None)
            )
            # What comes from now on; what there was is no news.
            await product.until(lambda: product.rows("SELECT 1 FROM story WHERE title = 'Pièce'"))
            feeds.put("/fr.xml", rss(items("Pièce", "Pièce 2"), title="fr", language="fr"))
            await product.until(lambda: titles(telegram, group) == ["Монета", "Pièce 2"])

            # The page's buttons say the order; pressing takes one away.
            labels = [button["text"] for button in telegram.buttons(group, answer)]
            assert [label for label in labels if label.startswith("✓")] == ["✓ 2. English", "✓ 1. Français"]
            await telegram.press(olga, group, answer, "✓ 1. Français")
            await product.until(lambda: product.rows("SELECT 1 FROM story WHERE title = 'Coin'"))
            feeds.put("/en.xml", rss(items("Coin", "Coin 2"), title="en", language="en"))
            feeds.put("/fr.xml", rss(items("Pièce", "Pièce 2", "Pièce 3"), title="fr", language="fr"))
            await product.until(lambda: titles(telegram, group) == ["Монета", "Pièce 2", "Coin 2"])
            assert product.changes(group.id)[2:] == [
                (f"telegram:u{olga.id}", "fallback", None, "fr en"),
                (f"telegram:u{olga.id}", "fallback", "fr en", "en"),
            ]
            telegram.say(olga, group, "/status")
            names = {"language": "Հայերեն", "languages": "English"}
            told = ARMENIAN("Where there are no stories in {language}, they come in: {languages}.", **names)
            await product.until(lambda: any(told in m.text for m in telegram.messages(group, by_bot=True)[-1:]))


async def test_on_discord_other_languages_and_the_time_zone_are_completed_while_typing(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DiscordServer(limits={}) as discord:
        feeds.put("/en.xml", rss(items("Coin"), title="Coins", language="en"))
        feeds.put("/es.xml", rss(items("Moneda"), title="Monedas", language="es"))
        packs = {("crypto", "en"): [feeds.url("/en.xml")], ("crypto", "es"): [feeds.url("/es.xml")]}
        guild = await discord.create_guild()
        await discord.invite_bot(guild, NEEDED.value)
        news = await discord.create_text(guild, "news")
        ann = await discord.add_user("ann", guild=guild, locale="de", permissions_=["MANAGE_GUILD"])
        bob = await discord.add_user("bob", guild=guild)
        config = discord_table(discord) + EVERY_SECOND + LOOPBACK_ALLOWED
        async with running(tmp_path, config, packs=packs) as product:
            await product.ready("discord")
            await product.until(lambda: discord.commands)
            completion = await discord.autocomplete(ann, news, "language", "fallback", "es, engl")
            await product.until(lambda: completion.answered)
            assert completion.choices == [{"name": "Español, English", "value": "es,en"}]
            both = {"language": "de", "fallback": completion.choices[0]["value"]}
            await (await discord.slash(ann, news, "language", both)).shown(timeout=20)
            await (await discord.slash(ann, news, "sources follow", {"pack": "crypto"})).shown(timeout=20)
            await product.until(lambda: len(discord_titles(discord, news)) == 1)
            assert "Moneda" in discord_titles(discord, news)[0]

            completion = await discord.autocomplete(ann, news, "timezone", "zone", "eriw")
            await product.until(lambda: completion.answered)
            assert completion.choices == [{"name": "Eriwan (Asia/Yerevan)", "value": "Asia/Yerevan"}]
            refused = await discord.slash(bob, news, "timezone", {"zone": "Asia/Yerevan"})
            assert words(await refused.shown(timeout=20)) == ENGLISH("Only the admins of this chat can change that.")
            chosen = await (await discord.slash(ann, news, "timezone", {"zone": "Asia/Yerevan"})).shown(timeout=20)
            assert "Eriwan" in words(chosen)
            state = words(await (await discord.slash(ann, news, "status")).shown(timeout=20))
            assert "Eriwan" in state
            assert "Español, English" in state
            assert product.changes(news.id) == [
                (f"discord:{ann.id}", "language", None, "de"),
                (f"discord:{ann.id}", "fallback", None, "es en"),
                (f"discord:{ann.id}", "pack", None, "crypto"),
                (f"discord:{ann.id}", "timezone", None, "Asia/Yerevan"),
            ]


# --- the time zone ---------------------------------------------------------------------------------------------------


async def test_on_telegram_a_zone_is_chosen_by_region_and_city(tmp_path: Path) -> None:
    async with TelegramServer(limits=Limits.off()) as telegram:
        olga = telegram.add_user("Olga")
        group = telegram.create_supergroup("Readers", owner=olga)
        telegram.add_bot(group, "admin", by=olga)
        async with running(tmp_path, telegram_table(telegram) + EVERY_SECOND) as product:
            telegram.say(olga, group, "/language en")
            await product.until(lambda: product.changes(group.id))
            telegram.say(olga, group, "/timezone")

            def shown(label: str) -> Message | None:
                return next(
                    (
                        message
                        for message in telegram.messages(group, by_bot=True)
                        if label in [button["text"] for button in telegram.buttons(group, message)]
                    ),
                    None,
                )

            menu = await product.until(lambda: shown("Asia"))
            await telegram.press(olga, group, menu, "Asia")
            await product.until(lambda: shown("Almaty"))
            await telegram.press(olga, group, menu, "Almaty")
            await product.until(lambda: "Almaty" in menu.text and shown("Asia"))
            assert product.changes(group.id)[1:] == [(f"telegram:u{olga.id}", "timezone", None, "Asia/Almaty")]

            telegram.say(olga, group, "/timezone sao paulo")
            await product.until(lambda: len(product.changes(group.id)) == 3)
            telegram.say(olga, group, "/timezone Atlantis")
            refusal = "I don't know any place “Atlantis”."
            await product.until(lambda: any(refusal in m.text for m in telegram.messages(group, by_bot=True)))
            assert product.changes(group.id)[2:] == [
                (f"telegram:u{olga.id}", "timezone", "Asia/Almaty", "America/Sao_Paulo")
            ]


async def test_in_the_web_room_both_are_settled_by_its_admins(tmp_path: Path) -> None:
    async with FeedServer() as feeds:
        feeds.put("/ru.xml", rss(items("Монета"), title="Монеты", language="ru"))
        feeds.put("/es.xml", rss(items("Moneda"), title="Monedas", language="es"))
        packs = {("crypto", "ru"): [feeds.url("/ru.xml")], ("crypto", "es"): [feeds.url("/es.xml")]}
        async with (
            running(tmp_path, EVERY_SECOND + LOOPBACK_ALLOWED, packs=packs) as product,
            Visitor(product) as member,
            Visitor(product) as admin,
        ):
            await admin.become_admin()

            async def has(title: str) -> bool:
                return title in plain(await member.look("hy"))

            await product.until(lambda: has("Монета"))
            assert ARMENIAN("Only the admins of this chat can change that.") in await member.say(
                "hy", "/language fallback es"
            )
            told = await admin.say("hy", "/language fallback Español")
            assert "Español" in told
            await product.until(lambda: product.rows("SELECT 1 FROM story WHERE title = 'Moneda'"))
            feeds.put("/es.xml", rss(items("Moneda", "Moneda 2"), title="Monedas", language="es"))
            await product.until(lambda: has("Moneda 2"))

            # The menu has a form for both: the room's own language is its address, and no field of it.
            fields = re.findall(r'name="argument\.([a-z]+)"', await admin.look("hy"))
            assert {"fallback", "translate", "zone"} <= set(fields)
            assert "language" not in fields
            assert "argument.fallback" not in await member.look("hy")
            told = await admin.fill("hy", "language", fallback="es, ru", translate="off")
            assert "Español, Русский" in told
            assert "Español, Русский" in await admin.say("hy", "/status")
            assert ARMENIAN("Only the admins of this chat can change that.") in await member.fill(
                "hy", "language", fallback="ru"
            )

            assert ARMENIAN("Only the admins of this chat can change that.") in await member.fill(
                "hy", "timezone", zone="UTC"
            )
            assert "Երևան" in await admin.say("hy", "/timezone")
            assert "Բեռլին" in await admin.fill("hy", "timezone", zone="berlin")
            assert product.rows("SELECT fallbacks, timezone FROM chat WHERE native_id = 'hy'") == [
                ('["es", "ru"]', "Europe/Berlin")
            ]
