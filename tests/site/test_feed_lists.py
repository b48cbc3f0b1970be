"""GET /api/v1/chats/…/sources.opml over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import Connection, insert

from bot.gather.opml import Outline, read_opml
from bot.model import ChatKind, ChatRef
from bot.storage import chats
from bot.storage.tables import source, subscription, subscription_cursor
from tests.web_house import TOKEN, House, web_house

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def fill(connection: Connection) -> None:
    """A room and a group: each reads a feed that it named, the room a pack too."""
    for number, (ref, kind) in enumerate(
        [(ChatRef("web", "hy"), ChatKind.ROOM), (ChatRef("village", "square"), ChatKind.GROUP)], start=1
    ):
        chat_id = chats.ensure(connection, ref, kind, NOW).id
        for place, pack in enumerate(["crypto", None] if kind is ChatKind.ROOM else [None]):
            key = number * 10 + place
            url, title = f"https://a.example/{key}", f"Feed <{key}>"
            connection.execute(insert(source).values(id=key, url=url, title=title, exempt=False, interval_seconds=1))
            follows = {"id": key, "chat_id": chat_id, "pack": pack, "source_id": None if pack else key}
            connection.execute(insert(subscription).values(**follows, added_at=NOW))
            connection.execute(insert(subscription_cursor).values(subscription_id=key, source_id=key, entry_id=0))


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    async with web_house(tmp_path) as house:
        await _filled(house)
        async with aiohttp.ClientSession(house.address) as session:
            yield session


async def _filled(house: House) -> None:
    await house.db.write(fill)


async def test_a_rooms_feeds_are_everyones_to_take(client: aiohttp.ClientSession) -> None:
    async with client.get("/api/v1/chats/web/hy/sources.opml") as response:
        assert response.status == 200
        assert response.content_type == "text/x-opml"
        assert "attachment" in response.headers["Content-Disposition"]
        assert read_opml(await response.read()).feeds == (
            Outline("https://a.example/11", "Feed <11>"),
            Outline("https://a.example/10", "Feed <10>", "crypto"),
        )


async def test_those_of_other_chats_are_the_operators(client: aiohttp.ClientSession) -> None:
    async with client.get("/api/v1/chats/village/square/sources.opml") as response:
        assert response.status == 404
    async with client.get("/api/v1/chats/nowhere/nothing/sources.opml") as response:
        assert response.status == 404
    operator = {"authorization": f"Bearer {TOKEN}"}
    async with client.get("/api/v1/chats/village/square/sources.opml", headers=operator) as response:
        assert [one.url for one in read_opml(await response.read()).feeds] == ["https://a.example/20"]
    async with client.get("/api/v1/chats/web/hy/sources.opml", headers={"authorization": "Bearer guess"}) as response:
        assert response.status == 401


async def test_the_room_links_to_its_list(client: aiohttp.ClientSession) -> None:
    async with client.get("/r/hy") as response:
        assert "/api/v1/chats/web/hy/sources.opml" in await response.text()
