"""Sources that do everything wrong: each is told of in a plain line, and the good one beside them goes on."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.emulators.feeds import FeedServer, faults, rss
from tests.product import EVERY_SECOND, LOOPBACK_ALLOWED, NOON, chat_table, free_port, items, running
from tests.visitor import Visitor

NO_PROGRAM = re.compile(r"\b\w+(Error|Exception|Warning)\b|Traceback|\[Errno|<class|aiohttp|asyncio|None\b")
"""What only a programmer would understand."""

WRONG = {
    "/slow": "It took longer than 1 seconds.",
    "/endless": "It took longer than 1 seconds.",
    "/large": "It is larger than",
    "/html": "It asks for a login.",
    "/entities": "It declares entities of its own, and I don't read those.",
    "/metadata": "It leads into a private network, and I don't go there.",
    "/broken": "The connection broke.",
    "/gone": "It is gone for good (410).",
    "/busy": "The server answered 503.",
}
"""What is wrong by where it stands."""


def put_what_is_wrong(feeds: FeedServer) -> None:
    feeds.put("/slow", gate=asyncio.Event())
    feeds.put("/endless", fault=faults.endless())
    feeds.put("/large", fault=faults.large())
    feeds.put("/html", fault=faults.html())
    feeds.put("/entities", fault=faults.entity_bomb())
    feeds.put("/metadata", fault=faults.redirect("http://169.254.169.254/latest/meta-data/"))
    feeds.put("/broken", fault=faults.reset())
    feeds.put("/gone", fault=faults.status(410))
    feeds.put("/busy", fault=faults.status(503))


async def test_each_is_told_of_in_a_plain_line_and_the_good_one_goes_on(tmp_path: Path) -> None:
    async with FeedServer() as feeds, FeedServer() as good:
        put_what_is_wrong(feeds)
        good.put("/good.xml", rss(items("Good 1"), title="The good one"))
        down = f"http://127.0.0.1:{free_port()}/down"
        addresses = {feeds.url(path): problem for path, problem in WRONG.items()}
        addresses[down] = "The server can't be reached."
        config = EVERY_SECOND + "timeout = 1\n" + chat_table("web", "en", "en", good.url("/good.xml"), *addresses)
        async with running(tmp_path, config) as product, Visitor(product) as reader:

            async def posted(title: str) -> bool:
                return title in await reader.look("en")

            await product.until(lambda: posted("Good 1"))

            async def all_tried() -> str:
                listed = await reader.say("en", "/sources list")
                return "" if "not read yet" in listed else listed

            listed = await product.until(all_tried)
            assert not NO_PROGRAM.search(listed), listed
            for address, problem in addresses.items():
                [row] = re.findall(rf"\d+\. {re.escape(address)} · (.*?)(?= \d+\. http| \d+\. The| $|$)", listed)
                assert problem in row, (address, row)

            # Meanwhile the good one is as quick as ever.
            for n in (2, 3):
                good.put("/good.xml", rss(items(*(f"Good {m}" for m in range(1, n + 1))), title="The good one"))
                await product.until(lambda n=n: posted(f"Good {n}"), 10)
            assert len(await product.stories()) == 3
            assert await product.state_of("web") == "ready"


async def test_the_next_one_of_a_pack_stands_in_until_the_first_is_back(tmp_path: Path) -> None:
    async with FeedServer() as feeds:
        feeds.put("/best.xml", fault=faults.status(503))
        for name in ("second", "third", "fourth", "fifth"):
            feeds.put(f"/{name}.xml", rss(items(f"{name} 1"), title=name, language="en"))
        best = ("best", "second", "third", "fourth", "fifth")
        packs = {("crypto", "en"): [feeds.url(f"/{name}.xml") for name in best]}
        async with (
            running(tmp_path, EVERY_SECOND + LOOPBACK_ALLOWED, packs=packs) as product,
            Visitor(product) as reader,
        ):

            async def posted(*titles: str) -> bool:
                page = await reader.look("en")
                return all(title in page for title in titles)

            await product.until(lambda: posted("second 1", "third 1", "fourth 1"))
            assert feeds.count("/fifth.xml") == 0
            listed = await reader.say("en", "/sources list")
            [since] = re.findall(
                r"Since (.{8,40}?) other sources of the pack stand in for it, until it answers again\.", listed
            )
            assert str(NOON.year) in since

            def back(*titles: str) -> None:
                feeds.put("/best.xml", rss(items(*titles), title="best", language="en"), fault=None)

            back("best 1", "best 2")
            await product.until(lambda: product.rows("SELECT 1 FROM story WHERE title = 'best 2'"))

            async def is_back() -> bool:
                return "stand in for it" not in await reader.say("en", "/sources list")

            await product.until(is_back)
            feeds.put("/fourth.xml", rss(items("fourth 1", "fourth 2"), title="fourth", language="en"))
            back("best 1", "best 2", "best 3")
            await product.until(lambda: posted("best 3"))
            # What it published before we could read it is no news; what stood in for it isn't read any more.
            assert not await posted("best 2")
            assert not await posted("fourth 2")


async def test_another_language_comes_in_where_none_of_the_packs_own_sources_answers(tmp_path: Path) -> None:
    async with FeedServer() as feeds:
        feeds.put("/fr.xml", fault=faults.status(404))
        feeds.put("/en.xml", rss(items("English 1"), title="English", language="en"))
        packs = {("crypto", "fr"): [feeds.url("/fr.xml")], ("crypto", "en"): [feeds.url("/en.xml")]}
        async with (
            running(tmp_path, EVERY_SECOND + LOOPBACK_ALLOWED, packs=packs) as product,
            Visitor(product) as reader,
        ):

            async def posted(title: str) -> bool:
                return title in await reader.look("fr")

            await product.until(lambda: posted("English 1"))
            feeds.put("/fr.xml", rss(items("Français 1"), title="Français", language="fr"), fault=None)
            await product.until(lambda: product.rows("SELECT 1 FROM story WHERE title = 'Français 1'"))
            # Nobody follows the English one any more: it rests.
            await product.until(lambda: product.rows("SELECT 1 FROM source WHERE next_poll_at IS NULL"))
            feeds.put("/en.xml", rss(items("English 1", "English 2"), title="English", language="en"))
            feeds.put("/fr.xml", rss(items("Français 1", "Français 2"), title="Français", language="fr"))
            await product.until(lambda: posted("Français 2"))
            assert not await posted("English 2")


async def test_whoever_adds_one_of_them_is_told_why_not(tmp_path: Path) -> None:
    async with FeedServer() as feeds:
        put_what_is_wrong(feeds)
        config = EVERY_SECOND + "timeout = 1\n" + LOOPBACK_ALLOWED + chat_table("web", "en", "en")
        async with running(tmp_path, config) as product, Visitor(product) as admin:
            await admin.become_admin()
            for path, problem in WRONG.items():
                told = await admin.say("en", f"/sources add {feeds.url(path)}")
                assert f"I can't follow {feeds.url(path)}: {problem}" in told
                assert not NO_PROGRAM.search(told), told
            assert product.changes("en")[1:] == []
            assert product.rows("SELECT url FROM source") == []
