"""One story, chats in many languages: each reads it in its own, all vote on the same one."""

from __future__ import annotations

from pathlib import Path

from adapters.discord.rights import NEEDED
from bot.i18n import Catalogues
from tests.emulators.discord import DiscordServer
from tests.emulators.discord import Message as DiscordMessage
from tests.emulators.discord.components_form import walk
from tests.emulators.discord.pages import words
from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Limits, TelegramServer
from tests.emulators.translators import ChatModel, DeepL, LibreTranslate, marked
from tests.product import (
    EVERY_SECOND,
    chat_table,
    discord_table,
    items,
    newstally,
    running,
    telegram_table,
    write_config,
)
from tests.visitor import Visitor, articles, buttons, plain

TITLE = "Bitcoin rises 5% as $MSTR buys"
IN_FRENCH = "Le bitcoin gagne 5 % : $MSTR achète"
"""The same, as a source of its own tells it."""


def translate_table(*providers: str, **settings: object) -> str:
    """`[translate]`; what belongs to a provider follows in tables of its own."""
    named = ", ".join(f'"{provider}"' for provider in providers)
    more = "".join(f"{name} = {value}\n" for name, value in settings.items())
    return f"[translate]\nproviders = [{named}]\n{more}"


def libre_table(server: LibreTranslate) -> str:
    return f'[translate.libretranslate]\nurl = "{server.url}"\nkey = "{server.key}"\n'


def deepl_table(server: DeepL, key: str = "") -> str:
    return f'[translate.deepl]\nbase_url = "{server.url}"\nkey = "{key or server.key}"\n'


def model_table(server: ChatModel) -> str:
    return f'[translate.model]\nbase_url = "{server.url}"\nkey = "{server.key}"\nmodel = "{server.model}"\n'


def in_latin(language: str) -> str:
    """The title as the services "translate" it where names stay."""
    mark = marked("x", language)[1:]
    return f"Bitcoin rises{mark} 5% as{mark} $MSTR buys{mark}"


async def shown(visitor: Visitor, room: str) -> list[str]:
    return [plain(article) for article in articles(await visitor.look(room)) if 'value="v:' in article]


async def test_one_story_in_five_languages_is_one_story_with_one_ledger(tmp_path: Path) -> None:
    """Translated for three chats, and told by a source of its own in the language of a fourth."""
    async with (
        FeedServer() as feeds,
        TelegramServer(limits=Limits.off()) as telegram,
        DiscordServer(limits={}) as discord,
        LibreTranslate(key="libre-key") as libre,
        ChatModel() as model,
    ):
        feeds.put("/en.xml", rss(items("Old news"), title="Wire"))
        feeds.put("/fr.xml", rss(items("Vieille nouvelle"), title="Le fil", language="fr"))
        feed = feeds.url("/en.xml")
        ann, bob = telegram.add_user("Ann"), telegram.add_user("Bob")
        group = telegram.create_supergroup("Leser", owner=ann, members=[bob])
        telegram.add_bot(group, "admin")
        guild = await discord.create_guild()
        channel = await discord.create_text(guild)
        await discord.invite_bot(guild, NEEDED.value)
        carla = await discord.add_user("carla", guild=guild, locale="it")
        config = (
            telegram_table(telegram)
            + discord_table(discord)
            + EVERY_SECOND
            + translate_table("libretranslate", "model")
            + libre_table(libre)
            + model_table(model)
            + chat_table("telegram", group.id, "de", feed)
            + chat_table("discord", channel.id, "it", feed)
            + chat_table("web", "en", "en", feed)
            + chat_table("web", "hy", "hy", feed)
            + chat_table("web", "fr", "fr", feeds.url("/fr.xml"))
        )
        async with running(tmp_path, config) as product, Visitor(product) as reader:
            await product.ready("telegram", "discord")
            await product.until(lambda: len(product.rows("SELECT 1 FROM post")) == 5)
            await product.until(lambda: len(product.rows("SELECT 1 FROM translation WHERE state = 'done'")) == 3)
            before = libre.translations, model.translations
            feeds.put("/en.xml", rss(items("Old news", TITLE), title="Wire"))
            feeds.put("/fr.xml", rss(items("Vieille nouvelle", IN_FRENCH), title="Le fil", language="fr"))
            await product.until(lambda: len(product.rows("SELECT 1 FROM post")) == 10)

            # Five cards, each in its own language; who translates is asked once a language.
            [posted] = [one for one in telegram.messages(group, by_bot=True) if "rises" in one.text]
            assert in_latin("de") in posted.text
            assert "übersetzt, Original: Englisch" in posted.text
            links = [entity["url"] for entity in posted.entities if entity["type"] == "text_link"]
            assert len(links) == 2
            assert len(set(links)) == 1
            [italian] = [one for one in discord.messages(channel) if in_latin("it") in words(one)]
            assert "tradotta" in words(italian)
            rooms = {room: (await shown(reader, room))[-1] for room in ("en", "fr", "hy")}
            assert TITLE in rooms["en"]
            assert IN_FRENCH in rooms["fr"]
            # Armenian is what only the model knows; a name may be written in its letters.
            hy = marked("x", "hy")[1:]
            assert f"Bitcoin{hy} rises{hy} 5% as{hy} $MSTR buys{hy}" in rooms["hy"]
            assert "translat" not in rooms["en"]
            assert "traduit" not in rooms["fr"]
            assert (libre.translations - before[0], model.translations - before[1]) == (2, 1)

            # One ledger: a vote given on each platform, and in each of both stories, stands in all of them.
            bullish = telegram.buttons(group, posted)[0]["callback_data"]
            await telegram.press(bob, group, posted, bullish)
            pressed = await discord.press(carla, italian, _vote(italian, ":b"))
            await pressed.answer(timeout=20)
            [message, bearish] = [
                (message, button)
                for message, button, label in buttons(await reader.look("fr"))
                if button.startswith("v:") and button.endswith(":s")
            ][-1]
            await reader.send("fr", "press", message=message, button=bearish)

            async def counted() -> bool:
                tallies = [(await product.story(title) or {}).get("tally") for title in (TITLE, IN_FRENCH)]
                return all(one and (one["bullish"], one["bearish"]) == (2, 1) for one in tallies)

            await product.until(counted)

            # Five right cards: the chat's own count at its buttons, the one of all chats in a line.
            def in_all(language: str) -> str:
                said = "In all chats: bullish {bullish}, bearish {bearish}"
                return Catalogues()(language)(said, bullish="2", bearish="1")

            for room in ("en", "hy", "fr"):
                await product.until(lambda room=room: _says(reader, room, in_all(room)))
            await product.until(lambda: in_all("de") in posted.text)
            await product.until(lambda: in_all("it") in words(discord.message(italian.id)))
            own = [button["text"].split()[-1] for button in telegram.buttons(group, posted)]
            labels = [label for _, button, label in buttons(await reader.look("fr")) if button.startswith("v:")]
            assert own == ["1", "0"]
            assert [label.split()[-1] for label in labels[-2:]] == ["0", "1"]
            card = words(discord.message(italian.id))
            assert [in_it.split()[-1] for in_it in card.splitlines()[-2:]] == ["1", "0"]

            stored = [await product.story(title) for title in (TITLE, IN_FRENCH)]
            assert [one and one["language"] for one in stored] == ["en", "fr"]
            metrics = await product.get("/metrics")
            assert 'newstally_translations{provider="libretranslate",state="done"} 4.0' in metrics
            assert 'newstally_translations{provider="model",state="done"} 2.0' in metrics
            assert 'newstally_translator_up{provider="model"} 1.0' in metrics


def _vote(message: DiscordMessage, side: str) -> str:
    return next(
        part["custom_id"]
        for part in walk(message.components)
        if str(part.get("custom_id")).startswith("v:") and part["custom_id"].endswith(side)
    )


async def _says(reader: Visitor, room: str, words: str) -> bool:
    return words in (await shown(reader, room))[-1]


async def test_a_late_translation_is_put_into_the_post_by_one_edit(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram, DeepL() as deepl:
        feeds.put("/en.xml", rss(items(TITLE)))
        group = telegram.create_supergroup("Leser")
        telegram.add_bot(group, "admin")
        config = (
            telegram_table(telegram)
            + EVERY_SECOND
            + translate_table("deepl", hold=2)
            + deepl_table(deepl)
            + chat_table("telegram", group.id, "de", feeds.url("/en.xml"))
        )
        deepl.hang()
        async with running(tmp_path, config) as product:
            [posted] = await product.until(lambda: telegram.messages(group, by_bot=True))
            assert TITLE in posted.text
            assert telegram.calls("editMessageText") == []
            deepl.answer_again()
            await product.until(lambda: telegram.calls("editMessageText"))
            await product.until(lambda: in_latin("de") in telegram.messages(group, by_bot=True)[0].text)
        assert len(telegram.calls("editMessageText")) == 1
        assert deepl.translations == 1


async def test_a_wrong_key_leaves_stories_as_they_are_with_a_note_and_check_says_why(tmp_path: Path) -> None:
    async with FeedServer() as feeds, DeepL() as deepl, LibreTranslate(key="right") as libre, ChatModel() as model:
        feeds.put("/en.xml", rss(items(TITLE)))
        # LibreTranslate tells everyone what it offers, and refuses only the first text.
        config = (
            EVERY_SECOND
            + translate_table("libretranslate", "deepl", "model")
            + libre_table(libre).replace("right", "wrong")
            + deepl_table(deepl, "wrong:fx")
            + model_table(model).replace("model-key", "wrong")
            + chat_table("web", "de", "de", feeds.url("/en.xml"))
        )
        async with running(tmp_path, config) as product, Visitor(product) as reader:
            await product.until(lambda: shown(reader, "de"))
            [card] = await shown(reader, "de")
            assert TITLE in card
            assert "Dies konnte nicht übersetzt werden." in card
        code, said = await newstally(tmp_path, "check")
        assert code == 1
        assert "hint   Not translated into de of late: 1. It doesn't accept the key (" in said
        for name, status in (("libretranslate", 403), ("deepl", 403), ("model", 401)):
            assert f"FAULT  {name}: It doesn't accept the key ({status})." in said
        write_config(
            tmp_path,
            translate_table("libretranslate", "deepl", "model")
            + libre_table(libre)
            + deepl_table(deepl)
            + model_table(model),
        )
        code, said = await newstally(tmp_path, "check")
        assert code == 0, said
        assert "deepl: it translates, into en de ko ja zh es fr nl ru it pt tr; not into hy." in said
        assert "model: it translates, into en de ko ja zh es fr hy nl ru it pt tr." in said
        libre.languages = {"uk": ["pl"]}
        code, said = await newstally(tmp_path, "check")
        assert code == 1
        assert "FAULT  libretranslate: it translates into none of our languages." in said


async def test_a_translator_that_is_not_there_ends_nothing(tmp_path: Path) -> None:
    async with FeedServer() as feeds, LibreTranslate(key="k") as libre:
        gone = libre_table(libre)
        feeds.put("/en.xml", rss(items(TITLE)))
    async with FeedServer() as feeds:
        feeds.put("/en.xml", rss(items(TITLE)))
        config = (
            EVERY_SECOND
            + translate_table("libretranslate")
            + gone
            + chat_table("web", "hy", "hy", feeds.url("/en.xml"))
            + "translate = false\n"
            + chat_table("web", "de", "de", feeds.url("/en.xml"))
        )
        async with running(tmp_path, config) as product, Visitor(product) as reader:
            await product.until(lambda: shown(reader, "de"))
            assert TITLE in (await shown(reader, "de"))[0]
            unanswered = "Stories in other languages stay as they are: the translator has not answered yet."
            assert Catalogues()("de")(unanswered) in await reader.say("de", "/status")
            off, on = "Translation is off here. To switch it on: {command}", "/language translate on"
            assert Catalogues()("hy")(off, command=on) in await reader.say("hy", "/status")
