"""From the first hello on Telegram to posts in the chat's language: groups, channels, topics."""

from __future__ import annotations

import re
from pathlib import Path

from babel.dates import format_date

from bot.i18n import Catalogues
from tests.emulators.feeds import FeedServer, rss
from tests.emulators.telegram import Chat, Limits, Message, TelegramServer
from tests.languages import NAMES
from tests.product import EVERY_SECOND, LOOPBACK_ALLOWED, NOON, Product, items, running, telegram_table

FRENCH, SPANISH = Catalogues()("fr"), Catalogues()("es")
ONLY_ADMINS = "Only the admins of this chat can change that."


def said(telegram: TelegramServer, chat: Chat, words: str) -> list[Message]:
    """What the bot wrote in the chat with these words."""
    # Addresses in plain text are kept from becoming links by a character that nobody sees.
    return [m for m in telegram.messages(chat, by_bot=True) if words in m.text.replace("\u2060", "")]


def posts(telegram: TelegramServer, chat: Chat) -> list[Message]:
    """The stories in the chat."""
    return [
        message
        for message in telegram.messages(chat, by_bot=True)
        if any(button.get("callback_data", "").startswith("v:") for button in telegram.buttons(chat, message))
    ]


def labels(telegram: TelegramServer, chat: Chat, message: Message) -> list[str]:
    return [button["text"] for button in telegram.buttons(chat, message)]


def titles(messages: list[Message]) -> list[str]:
    return [message.text.splitlines()[0] for message in messages]


async def introduced(product: Product, telegram: TelegramServer, chat: Chat) -> Message:
    """The bot's first words in the chat."""
    return (await product.until(lambda: telegram.messages(chat, by_bot=True)))[0]


async def test_a_group_gets_a_hello_in_all_languages_and_only_its_admins_choose(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Un", "Deux"), title="Alpha", language="fr"))
        olga, miguel = telegram.add_user("Olga"), telegram.add_user("Miguel", language_code="es")
        anna = telegram.add_user("Anna")
        group = telegram.create_supergroup("Readers", owner=olga, members=[miguel, anna])
        telegram.promote(group, who=anna)
        telegram.set_anonymous(group, anna)
        async with running(tmp_path, telegram_table(telegram) + EVERY_SECOND + LOOPBACK_ALLOWED) as product:
            await product.ready("telegram")
            telegram.add_bot(group, "admin", by=olga)
            hello = await introduced(product, telegram, group)
            assert labels(telegram, group, hello) == list(NAMES.values())
            assert "Newstally" in hello.text

            # A member presses and types in vain, and is told so in the member's own language.
            refusal = SPANISH(ONLY_ADMINS)
            assert refusal != ONLY_ADMINS
            press = await telegram.press(miguel, group, hello, "Français")
            assert press.text == refusal
            telegram.say(miguel, group, "/language fr")
            await product.until(lambda: said(telegram, group, refusal))
            assert product.changes(group.id) == []
            assert product.rows("SELECT language FROM chat WHERE native_id = ?", str(group.id)) == [(None,)]
            assert labels(telegram, group, hello) == list(NAMES.values())

            # An anonymous admin speaks as the group itself.
            telegram.say(anna, group, "/language de")
            await product.until(lambda: product.changes(group.id))
            # Any admin may press.
            await telegram.press(olga, group, hello, "Français")
            chosen = FRENCH("The language here is now {language}.", language="Français")
            await product.until(lambda: chosen in hello.text)
            assert product.changes(group.id) == [
                (f"telegram:c{group.id}", "language", None, "de"),
                (f"telegram:u{olga.id}", "language", "de", "fr"),
            ]

            # Nothing is posted until something is followed.
            assert posts(telegram, group) == []
            telegram.say(olga, group, f"/sources add {feeds.url('/a.xml')}")
            await product.until(lambda: len(posts(telegram, group)) == 2)
            assert titles(posts(telegram, group)) == ["Un", "Deux"]
            assert FRENCH("Bullish") in labels(telegram, group, posts(telegram, group)[0])[0]
            assert format_date(NOON, "medium", "fr") in posts(telegram, group)[0].text
            assert telegram.throttled == []


async def test_an_admin_follows_a_pack_and_a_feed_lists_and_removes_them(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Alpha 1", "Alpha 2"), title="Alpha", language="fr"))
        feeds.put("/crypto.xml", rss(items("Coin 1", "Coin 2"), title="Pièces", language="fr"))
        feeds.put("/english.xml", rss(items("English 1"), title="English", language="en"))
        packs = {("crypto", "fr"): [feeds.url("/crypto.xml")], ("crypto", "en"): [feeds.url("/english.xml")]}
        olga = telegram.add_user("Olga")
        group = telegram.create_supergroup("Readers", owner=olga)
        telegram.add_bot(group, "admin", by=olga)
        config = telegram_table(telegram) + EVERY_SECOND + LOOPBACK_ALLOWED
        async with running(tmp_path, config, packs=packs) as product:
            telegram.say(olga, group, "/language fr")
            await product.until(lambda: product.changes(group.id))
            telegram.say(olga, group, "/sources follow crypto")
            # The native source of the pack, and only that.
            await product.until(lambda: len(posts(telegram, group)) == 2)
            telegram.say(olga, group, f"/sources add {feeds.url('/a.xml')}")
            await product.until(lambda: len(posts(telegram, group)) == 4)
            assert titles(posts(telegram, group)) == ["Coin 1", "Coin 2", "Alpha 1", "Alpha 2"]

            telegram.say(olga, group, "/sources list")
            well = FRENCH("working, read {ago}", ago="")[:10]
            [listed] = await product.until(lambda: said(telegram, group, FRENCH("Pack {pack}", pack="Crypto")))
            assert "Pièces" in listed.text
            assert "Alpha" in listed.text
            assert listed.text.count(well) == 2

            telegram.say(olga, group, f"/sources remove {feeds.url('/a.xml')}")
            await product.until(lambda: said(telegram, group, FRENCH("Removed: {name}", name="Alpha")))
            telegram.say(olga, group, "/sources remove 1")
            await product.until(lambda: said(telegram, group, FRENCH("Removed: {name}", name="Crypto")))
            by = f"telegram:u{olga.id}"
            assert product.changes(group.id) == [
                (by, "language", None, "fr"),
                (by, "pack", None, "crypto"),
                (by, "source", None, feeds.url("/a.xml")),
                (by, "source", feeds.url("/a.xml"), None),
                (by, "pack", "crypto", None),
            ]
            assert feeds.count("/english.xml") == 0


async def test_what_a_member_adds_may_not_be_on_the_operators_own_network(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Secret"), language="fr"))
        olga = telegram.add_user("Olga")
        group = telegram.create_supergroup("Readers", owner=olga)
        telegram.add_bot(group, "admin", by=olga)
        async with running(tmp_path, telegram_table(telegram) + EVERY_SECOND) as product:
            telegram.say(olga, group, "/language fr")
            await product.until(lambda: product.changes(group.id))
            for address in (
                feeds.url("/a.xml"),
                feeds.url("/a.xml", host="localhost"),
                "http://169.254.169.254/latest",
            ):
                telegram.say(olga, group, f"/sources add {address}")
                reason = FRENCH("It leads into a private network, and I don't go there.")
                refused = FRENCH("I can't follow {address}: {reason}", address=address, reason=reason)
                await product.until(lambda refused=refused: said(telegram, group, refused))
            assert feeds.requests == []
            assert len(product.changes(group.id)) == 1


async def test_a_channel_is_set_up_from_its_admins_private_chat(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Un"), title="Alpha", language="fr"))
        feeds.put("/b.xml", rss(items("Bis"), title="Beta", language="fr"))
        olga, miguel = telegram.add_user("Olga"), telegram.add_user("Miguel", language_code="es")
        private, stranger = telegram.create_private(olga), telegram.create_private(miguel)
        channel = telegram.create_channel("Les nouvelles", owner=olga)
        other = telegram.create_channel("Somebody else's")
        config = telegram_table(telegram) + EVERY_SECOND + LOOPBACK_ALLOWED
        packs = {("crypto", "fr"): [feeds.url("/b.xml")]}
        async with running(tmp_path, config, packs=packs) as product:
            await product.ready("telegram")
            telegram.add_bot(other, by=telegram.owner(other))
            telegram.add_bot(channel, by=olga)
            # Who added the bot is told in private; the channel's readers see nothing of it.
            hello = await introduced(product, telegram, private)
            assert "Les nouvelles" in hello.text
            assert telegram.messages(channel, by_bot=True) == []

            telegram.say(olga, private, "/language")
            [picker] = await product.until(
                lambda: [
                    m
                    for m in telegram.messages(private, by_bot=True)
                    if "Les nouvelles" in labels(telegram, private, m)
                ]
            )
            assert "Somebody else's" not in labels(telegram, private, picker)
            await telegram.press(olga, private, picker, "Les nouvelles")
            await product.until(lambda: "Français" in labels(telegram, private, picker))
            choose = next(b for b in telegram.buttons(private, picker) if b["text"] == "Français")["callback_data"]

            # Whoever doesn't administer the channel gets nowhere, with a forged button either.
            telegram.say(miguel, stranger, "/language")
            theirs = await introduced(product, telegram, stranger)
            assert "Les nouvelles" not in labels(telegram, stranger, theirs)
            press = await telegram.press(miguel, stranger, theirs, choose, forged=True)
            assert press.text == SPANISH("You are not an admin of that channel, or I am not in it.")
            assert product.changes(channel.id) == []

            await telegram.press(olga, private, picker, "Français")
            await product.until(lambda: product.changes(channel.id))
            # The next question is what to post; it is answered for the channel, too.
            await product.until(lambda: "Crypto" in labels(telegram, private, picker))
            await telegram.press(olga, private, picker, "Crypto")
            [post] = await product.until(lambda: posts(telegram, channel))
            # The example that the menu shows, copied and changed, is for the channel too.
            example = await product.until(lambda: re.search(r"/sources @\W*\d+ add http\S+", picker.text))
            address = re.sub(r"s(\W+)example.*", rf"\g<1>{feeds.url('/a.xml').removeprefix('http://')}", example[0])
            assert address.replace("\u2060", "").endswith(f" add {feeds.url('/a.xml')}")
            telegram.say(olga, private, address)
            await product.until(lambda: len(posts(telegram, channel)) == 2)
            assert titles(posts(telegram, channel)) == ["Bis", "Un"]
            assert posts(telegram, private) == []
            assert product.changes(channel.id) == [
                (f"telegram:u{olga.id}", "language", None, "fr"),
                (f"telegram:u{olga.id}", "pack", None, "crypto"),
                (f"telegram:u{olga.id}", "source", None, feeds.url("/a.xml")),
            ]

            # Reactions are anonymous here and stand apart; the buttons vote.
            telegram.join(channel, miguel)
            telegram.react(miguel, channel, post, ["👍"])
            telegram.react(olga, channel, post, ["👎"])
            telegram.flush_reaction_counts()
            totals = FRENCH("Anonymous reactions: bullish {bullish}, bearish {bearish}", bullish="1", bearish="1")
            await product.until(lambda: totals in post.text)
            assert [label[-1] for label in labels(telegram, channel, post)] == ["0", "0"]
            press = await telegram.press(miguel, channel, post, labels(telegram, channel, post)[0])
            assert press.text == SPANISH("Your vote counts: bullish.")
            await product.until(lambda: [label[-1] for label in labels(telegram, channel, post)] == ["1", "0"])
            assert totals in post.text
            story = await product.story("Bis")
            assert story is not None
            assert story["tally"] == {"bullish": 1, "bearish": 0}


async def test_commands_in_a_topic_set_up_that_topic(tmp_path: Path) -> None:
    async with FeedServer() as feeds, TelegramServer(limits=Limits.off()) as telegram:
        feeds.put("/a.xml", rss(items("Un", "Deux"), title="Alpha", language="fr"))
        olga = telegram.add_user("Olga")
        forum = telegram.create_forum("Forum", owner=olga)
        telegram.add_bot(forum, "admin", by=olga)
        news, chatter = telegram.create_topic(forum, "News"), telegram.create_topic(forum, "Chatter")
        async with running(tmp_path, telegram_table(telegram) + EVERY_SECOND + LOOPBACK_ALLOWED) as product:
            telegram.say(olga, forum, "/language fr", thread=news)
            await product.until(lambda: product.changes(forum.id))
            telegram.say(olga, forum, f"/sources add {feeds.url('/a.xml')}", thread=news)
            await product.until(lambda: len(posts(telegram, forum)) == 2)
            telegram.say(olga, forum, "/sources list", thread=chatter)
            nothing = "This chat follows nothing yet."
            [answer] = await product.until(
                lambda: said(telegram, forum, nothing) or said(telegram, forum, FRENCH(nothing))
            )
            assert answer.thread_id == chatter.id
            assert {post.thread_id for post in posts(telegram, forum)} == {news.id}
            assert titles(posts(telegram, forum)) == ["Un", "Deux"]
            kinds = product.rows("SELECT kind, topic, language FROM chat WHERE topic = ?", str(news.id))
            assert kinds == [("topic", str(news.id), "fr")]
