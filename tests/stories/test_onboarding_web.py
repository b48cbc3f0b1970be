"""The web rooms: one a language, members who vote and ask, admins who set them up by forms and by typing."""

from __future__ import annotations

import re
from pathlib import Path

from bot.i18n import Catalogues
from tests.emulators.feeds import FeedServer, rss
from tests.languages import NAMES
from tests.product import EVERY_SECOND, LOOPBACK_ALLOWED, items, running
from tests.visitor import Visitor, articles, buttons, plain, pressed

FRENCH, JAPANESE = Catalogues()("fr"), Catalogues()("ja")
ONLY_ADMINS = "Only the admins of this chat can change that."


def titles(page: str) -> list[str]:
    """Of the stories on a page."""
    shown = [plain(article) for article in articles(page) if 'value="v:' in article]
    return [words.split(" Pièces ")[0].split(" Alpha ")[0].split(" Kurse ")[0].split(" 硬貨 ")[0] for words in shown]


async def test_an_admin_sets_a_room_up_and_a_member_can_not(tmp_path: Path) -> None:
    async with FeedServer() as feeds:
        feeds.put("/a.xml", rss(items("Alpha 1", "Alpha 2"), title="Alpha", language="fr"))
        feeds.put("/crypto.xml", rss(items("Coin 1", "Coin 2"), title="Pièces", language="fr"))
        feeds.put("/markets.xml", rss(items("Kurs 1"), title="Kurse", language="fr"))
        packs = {("crypto", "fr"): [feeds.url("/crypto.xml")], ("markets", "fr"): [feeds.url("/markets.xml")]}
        async with (
            running(tmp_path, EVERY_SECOND + LOOPBACK_ALLOWED, packs=packs) as product,
            Visitor(product) as member,
            Visitor(product) as admin,
        ):
            # The first visit makes the room, which follows its pack.
            page = await member.look("fr")
            assert '<html lang="fr"' in page

            async def shows(*wanted: str) -> bool:
                return titles(await member.look("fr")) == list(wanted)

            await product.until(lambda: shows("Coin 1", "Coin 2"))

            # A member has no forms that change anything, and is refused by typing and by forged forms alike.
            assert 'name="subcommand" value="add"' not in await member.look("fr")
            assert FRENCH(ONLY_ADMINS) in await member.say("fr", f"/sources add {feeds.url('/a.xml')}")
            assert FRENCH(ONLY_ADMINS) in await member.say("fr", "/sources remove 1")
            assert FRENCH(ONLY_ADMINS) in await member.fill("fr", "sources", "follow", pack="markets")
            assert [change[0] for change in product.changes("fr")] == ["config"] * len(product.changes("fr"))
            before = product.changes("fr")

            # Whoever wants another language is shown the way to its room.
            assert FRENCH("Each language has a room of its own.") in await member.say("fr", "/language de")
            assert re.findall(r'<a class="button" href="([^"]+)"[^>]*>([^<]+)<', await member.look("fr")) == [
                ("/r/de", "Deutsch")
            ]

            # Nor is anything offered that would refuse them.
            menu = await member.say("fr", "/sources")
            assert FRENCH("The admins of this chat choose what I post.") in menu
            assert 'value="c:sources:follow' not in await member.look("fr")
            status = await member.say("fr", "/status")
            assert FRENCH("There are no reactions here: a vote is a click on a button.") in status

            await admin.become_admin()
            for visitor in (member, admin):
                assert 'value="/language"' not in await visitor.look("fr")
                assert "/language" not in await visitor.say("fr", "/help")
            await admin.say("fr", "/sources follow")
            assert 'value="c:sources:follow' in await admin.look("fr")
            assert 'name="subcommand" value="add"' in await admin.look("fr")
            followed = await admin.fill("fr", "sources", "follow", pack="markets")
            assert FRENCH("This chat follows the pack {pack} now.", pack=FRENCH("Markets")) in followed
            await product.until(lambda: shows("Coin 1", "Coin 2", "Kurs 1"))
            added = await admin.fill("fr", "sources", "add", address=feeds.url("/a.xml"))
            said = FRENCH("This chat follows {source} now. The newest stories come in a moment.", source="Alpha")
            assert said in added
            await product.until(lambda: shows("Coin 1", "Coin 2", "Kurs 1", "Alpha 1", "Alpha 2"))

            # By typing too; a member may look.
            listed = await member.say("fr", "/sources list")
            assert all(name in listed for name in ("Pièces", "Kurse", "Alpha"))
            removed = await admin.say("fr", f"/sources remove {feeds.url('/a.xml')}")
            assert FRENCH("Removed: {name}", name="Alpha") in removed
            [who] = {change[0] for change in product.changes("fr")[len(before) :]}
            assert who.startswith("web:")
            assert [change[1:] for change in product.changes("fr")[len(before) :]] == [
                ("pack", None, "markets"),
                ("source", None, feeds.url("/a.xml")),
                ("source", feeds.url("/a.xml"), None),
            ]

            # An answer is for who asked. Words are looked for; what is no command is told so.
            assert FRENCH("Removed: {name}", name="Alpha") not in await member.look("fr")
            assert FRENCH("Stories that say “{words}”", words="coin") in await member.say("fr", "coin")
            nothing = FRENCH("I don't know any story that says “{words}”.", words="hello?")
            assert nothing in await member.say("fr", "hello?")
            unknown = FRENCH("I don't know that command. What I can do: {command}", command="/help")
            assert unknown in await member.say("fr", "/nonsense")
            assert FRENCH("How votes work here") in await member.say("fr", "/HELP")


async def test_each_language_is_a_room_of_its_own_and_a_vote_is_seen_by_all(tmp_path: Path) -> None:
    async with FeedServer() as feeds:
        feeds.put("/fr.xml", rss(items("Coin 1"), title="Pièces", language="fr"))
        feeds.put("/ja.xml", rss(items("貨幣 1"), title="硬貨", language="ja"))
        packs = {("crypto", "fr"): [feeds.url("/fr.xml")], ("crypto", "ja"): [feeds.url("/ja.xml")]}
        async with (
            running(tmp_path, EVERY_SECOND + LOOPBACK_ALLOWED, packs=packs) as product,
            Visitor(product) as ann,
            Visitor(product) as bob,
        ):
            page = await ann.look("fr")
            assert [language for language in NAMES if f'href="/r/{language}"' in page] == list(NAMES)

            async def has(room: str, title: str) -> bool:
                return titles(await ann.look(room)) == [title]

            await product.until(lambda: has("fr", "Coin 1"))
            await product.until(lambda: has("ja", "貨幣 1"))
            [bullish, bearish] = buttons(await ann.look("ja"))
            assert bullish[2] == f"{JAPANESE('Bullish')} 0"
            await ann.send("ja", "press", message=bullish[0], button=bullish[1])
            await bob.look("ja")
            await bob.send("ja", "press", message=bearish[0], button=bearish[1])

            async def seen() -> bool:
                return [label[-1] for _, _, label in buttons(await bob.look("ja"))] == ["1", "1"]

            await product.until(seen)
            # Each sees their own vote, however often they look; the same button takes it back.
            assert [pressed(await one.look("ja")) for one in (ann, bob)] == [[bullish[1]], [bearish[1]]]
            await bob.send("ja", "press", message=bearish[0], button=bearish[1])
            assert [pressed(await one.look("ja")) for one in (ann, bob)] == [[bullish[1]], []]
            await bob.send("ja", "press", message=bearish[0], button=bearish[1])
            story = await product.story("貨幣 1")
            assert story is not None
            assert story["tally"] == {"bullish": 1, "bearish": 1}
            assert story["chats"] == [{"platform": "web", "id": "ja", "topic": "", "bullish": 1, "bearish": 1}]
            [unvoted] = [story for story in await product.stories() if story["title"] == "Coin 1"]
            assert unvoted["tally"] == {"bullish": 0, "bearish": 0}
