"""Somebody with a browser without scripts in the web rooms of a running product, and how to read its pages."""

from __future__ import annotations

import re
from html import unescape

import aiohttp

from tests.product import ADMIN_TOKEN, Product


class Visitor:
    """Somebody with a browser without scripts, in the rooms of a product."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.client = aiohttp.ClientSession(product.address, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def become_admin(self) -> None:
        async with self.client.get("/enter", params={"token": ADMIN_TOKEN}) as page:
            assert page.status == 200, await page.text()

    async def look(self, room: str) -> str:
        async with self.client.get(f"/r/{room}") as page:
            assert page.status == 200, await page.text()
            return await page.text()

    async def send(self, room: str, form: str, **fields: str) -> str:
        """Fill in a form of the room; returns the page that comes after."""
        headers = {"Origin": self.product.address}
        async with self.client.post(f"/r/{room}/{form}", data=fields, headers=headers) as page:
            assert page.status == 200, f"{page.status} {await page.text()}"
            return await page.text()

    async def say(self, room: str, text: str) -> str:
        """Type into the composer; returns the answer's words."""
        return answers(await self.send(room, "say", text=text))[-1]

    async def fill(self, room: str, command: str, subcommand: str = "", **arguments: str) -> str:
        """Fill in a form of the menu; returns the answer's words."""
        fields = {f"argument.{name}": value for name, value in arguments.items()}
        return answers(await self.send(room, "command", command=command, subcommand=subcommand, **fields))[-1]


def articles(page: str) -> list[str]:
    """The cards on a page, as markup."""
    return re.findall(r"<article.*?</article>", page, re.DOTALL)


def answers(page: str) -> list[str]:
    """The words of the answers on a page that only this visitor sees."""
    return [plain(article) for article in articles(page) if 'class="card answer"' in article]


def plain(markup: str) -> str:
    """What a reader sees of it."""
    return re.sub(r"[ \t\r\n]+", " ", unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


def buttons(page: str) -> list[tuple[str, str, str]]:
    """Message, button id and label of every button under a card, in the order of the page."""
    found = []
    for form in re.findall(r'<form class="buttons".*?</form>', page, re.DOTALL):
        message = re.search(r'name="message" value="([^"]+)"', form)
        assert message is not None
        for button, label in re.findall(r'name="button" value="([^"]+)"[^>]*>(.*?)</button>', form, re.DOTALL):
            found.append((message[1], button, plain(label)))
    return found


def pressed(page: str) -> list[str]:
    """The vote buttons that the page shows as pressed by its reader."""
    return re.findall(r'value="([^"]+)" aria-pressed="true"', page)
