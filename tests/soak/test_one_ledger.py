"""One story in all thirteen languages, and a crowd that votes on it everywhere at once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

from bot.i18n import Catalogues
from tests.emulators.feeds import FeedServer, rss
from tests.emulators.translators import ChatModel, marked
from tests.languages import THIRTEEN
from tests.product import EVERY_SECOND, Product, chat_table, items, running
from tests.visitor import Visitor, articles, buttons, plain

TITLE = "Prices rise 5% again"
CROWD = 65
ROUNDS = 3


async def test_everyones_last_vote_counts_once_in_every_language(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    async with FeedServer() as feeds, ChatModel() as model, AsyncExitStack() as stack:
        feeds.put("/en.xml", rss(items(TITLE), title="Wire"))
        config = EVERY_SECOND + '[translate]\nproviders = ["model"]\n[translate.model]\n'
        config += f'base_url = "{model.url}"\nkey = "{model.key}"\nmodel = "{model.model}"\n'
        config += "".join(chat_table("web", room, room, feeds.url("/en.xml")) for room in THIRTEEN)
        product = await stack.enter_async_context(running(tmp_path, config))
        await product.until(lambda: len(product.rows("SELECT 1 FROM translation WHERE state = 'done'")) == 12)
        crowd = [await stack.enter_async_context(Visitor(product)) for _ in range(CROWD)]
        await product.until(lambda: _stands_everywhere(crowd[0]))

        last: dict[int, str] = {}

        async def votes(number: int, side: str) -> None:
            # The same button again takes a vote back.
            last[number] = "" if last.get(number) == side else side
            room = THIRTEEN[number % len(THIRTEEN)]
            found = buttons(await crowd[number].look(room))
            [(message, button)] = [(message, button) for message, button, _ in found if button.endswith(side)]
            await crowd[number].send(room, "press", message=message, button=button)

        for _ in range(ROUNDS):
            await asyncio.gather(*(votes(number, random.choice((":b", ":s"))) for number in range(CROWD)))
        said = list(last.values())
        await product.until(lambda: _all_say(product, crowd[0], said.count(":b"), said.count(":s")))


async def _card(reader: Visitor, room: str) -> str:
    return next((plain(one) for one in articles(await reader.look(room)) if 'value="v:' in one), "")


async def _stands_everywhere(reader: Visitor) -> bool:
    titles = {room: TITLE if room == "en" else marked(TITLE, room) for room in THIRTEEN}
    return all([title in await _card(reader, room) for room, title in titles.items()])


async def _all_say(product: Product, reader: Visitor, bullish: int, bearish: int) -> bool:
    now = await product.story(TITLE)
    if now is None or (now["tally"]["bullish"], now["tally"]["bearish"]) != (bullish, bearish):
        return False
    for room in THIRTEEN:
        t = Catalogues()(room)
        said = "In all chats: bullish {bullish}, bearish {bearish}"
        if t(said, bullish=t.number(bullish), bearish=t.number(bearish)) not in await _card(reader, room):
            return False
    return True
