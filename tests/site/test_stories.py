"""GET /api/v1/stories, /healthz and /metrics over real HTTP."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, insert

from bot.model import Phrase
from bot.ports import State
from bot.site.health import Health
from bot.site.stories import make_cursor, read_cursor, without_credentials
from bot.storage.tables import chat, delivery, entry, outside_tally, source, story, story_topic, tally
from tests.web_house import TOKEN, House, web_house

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with web_house(tmp_path) as running:
        yield running


@pytest.fixture
async def client(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(house.address) as session:
        yield session


def a_source(connection: Connection, number: int, url: str, **fields: object) -> None:
    values = {"id": number, "url": url, "exempt": True, "title": f"Source {number}", "interval_seconds": 600}
    connection.execute(insert(source).values(values | fields))


def a_row(
    connection: Connection, number: int, at: datetime, *, dated: bool = True, sources: tuple[int, ...] = (1,)
) -> None:
    """A story with an entry from each source."""
    published = at if dated else None
    connection.execute(
        insert(story).values(
            id=number,
            ledger_id=number,
            language="fr",
            title=f"Story {number}",
            url=f"https://example.org/{number}",
            published_at=published,
            first_seen_at=at,
            sorted_at=at,
            sample=number == 1,
        )
    )
    for place, of in enumerate(sources):
        connection.execute(
            insert(entry).values(
                source_id=of,
                identity=f"{number}-{place}",
                story_id=number,
                url=f"https://example.org/{number}?from={of}",
                title=f"Entry {number} of {of}",
                language="fr",
                published_at=published,
                first_seen_at=at,
                last_seen_at=at,
                content_hash="",
            )
        )


def votes(connection: Connection, number: int, chat_id: int, bullish: int, bearish: int) -> None:
    connection.execute(insert(tally).values(ledger_id=number, chat_id=chat_id, bullish=bullish, bearish=bearish))


def a_posted_story(connection: Connection) -> None:
    a_source(connection, 1, "https://user:secret@example.org/feed")
    a_source(connection, 2, "https://example.com/feed")
    a_row(connection, 1, NOW, sources=(1, 2, 1))
    for number, platform, native_id, topic, state in (
        (7, "telegram", "-100", "5", "posted"),
        (8, "web", "fr", "", "closed"),
        (9, "discord", "42", "", "waiting"),
    ):
        connection.execute(
            insert(chat).values(
                id=number, platform=platform, native_id=native_id, topic=topic, kind="group", joined_at=NOW
            )
        )
        connection.execute(
            insert(delivery).values(story_id=1, chat_id=number, state=state, created_at=NOW, next_try_at=NOW)
        )
    for topic in ("inflation", "BTC"):
        connection.execute(insert(story_topic).values(story_id=1, topic=topic))
    counts = {"provider": "coinstats", "bullish": 13, "bearish": 18, "at": NOW}
    connection.execute(insert(outside_tally).values(entry_id=1, **counts))
    votes(connection, 1, 0, 3, 1)
    votes(connection, 1, 7, 2, 1)


async def test_a_story_is_told_with_all_that_was_published_of_it(house: House, client: aiohttp.ClientSession) -> None:
    await house.db.write(a_posted_story)
    async with client.get("/api/v1/stories") as response:
        told = await response.json()
    assert told == {
        "stories": [
            {
                "id": 1,
                "title": "Story 1",
                "url": "https://example.org/1",
                "language": "fr",
                "published_at": "2026-11-22T12:00:00Z",
                "sample": True,
                "sources": [
                    {"title": "Source 1", "url": "https://example.org/feed"},
                    {"title": "Source 2", "url": "https://example.com/feed"},
                ],
                "entries": [
                    {
                        "source": f"https://example.{'com' if of == 2 else 'org'}/feed",
                        "title": f"Entry 1 of {of}",
                        "url": f"https://example.org/1?from={of}",
                        "published_at": "2026-11-22T12:00:00Z",
                        "language": "fr",
                    }
                    for of in (1, 2, 1)
                ],
                "tally": {"bullish": 3, "bearish": 1},
                "topics": ["BTC", "inflation"],
                "outside": [{"provider": "coinstats", "bullish": 13, "bearish": 18}],
            }
        ],
        "next_cursor": None,
    }


@pytest.mark.parametrize(("topic", "found"), [("BTC", 1), ("btc", 1), ("Inflation", 1), ("ETH", 0), ("%", 0)])
async def test_stories_of_a_topic_are_told_alone(
    house: House, client: aiohttp.ClientSession, topic: str, found: int
) -> None:
    await house.db.write(a_posted_story)
    await house.db.write(a_row, 2, NOW)
    async with client.get("/api/v1/stories", params={"topic": topic}) as response:
        assert len((await response.json())["stories"]) == found
    async with client.get("/api/v1/stories", params={"topic": "x" * 65}) as response:
        assert response.status == 422


async def test_the_operator_is_told_of_chats_and_strangers_are_refused(
    house: House, client: aiohttp.ClientSession
) -> None:
    await house.db.write(a_posted_story)
    async with client.get("/api/v1/stories", headers={"authorization": f"Bearer {TOKEN}"}) as response:
        (told,) = (await response.json())["stories"]
    assert told["chats"] == [
        {"platform": "telegram", "id": "-100", "topic": "5", "bullish": 2, "bearish": 1},
        {"platform": "web", "id": "fr", "topic": "", "bullish": 0, "bearish": 0},
    ]
    for wrong in ("Bearer guess", "Bearer", "bearer x y"):
        async with client.get("/api/v1/stories", headers={"authorization": wrong}) as response:
            assert response.status == 401
            assert response.headers["www-authenticate"] == "Bearer"
    # What a proxy in front of us asks for is not our token, and no reason to hide what is public.
    async with client.get("/api/v1/stories", headers={"authorization": f"Basic {TOKEN}"}) as response:
        (told,) = (await response.json())["stories"]
        assert "chats" not in told


def seven_stories(connection: Connection) -> None:
    a_source(connection, 1, "https://example.org/feed")
    for number in range(1, 8):
        # Two a minute: those of one minute come by id, the newest first.
        a_row(connection, number, NOW + timedelta(minutes=number // 2), dated=number != 4)


async def pages(client: aiohttp.ClientSession, limit: int) -> AsyncIterator[list[dict[str, Any]]]:
    cursor = ""
    while cursor is not None:
        async with client.get("/api/v1/stories", params={"limit": limit, "cursor": cursor}) as response:
            told = await response.json()
        yield told["stories"]
        cursor = told["next_cursor"]


@pytest.mark.parametrize("limit", [1, 3, 6, 7, 200])
async def test_pages_follow_one_another_without_a_gap(house: House, client: aiohttp.ClientSession, limit: int) -> None:
    await house.db.write(seven_stories)
    seen = [page async for page in pages(client, limit)]
    assert [told["id"] for page in seen for told in page] == [7, 6, 5, 4, 3, 2, 1]
    assert all(page for page in seen)
    undated = next(told for page in seen for told in page if told["id"] == 4)
    assert undated["published_at"] is None
    assert undated["entries"][0]["published_at"] is None


async def test_a_story_that_arrives_meanwhile_moves_no_page(house: House, client: aiohttp.ClientSession) -> None:
    await house.db.write(seven_stories)
    walk = pages(client, 3)
    first = await anext(walk)
    await house.db.write(a_row, 8, NOW + timedelta(hours=1))
    rest = [told["id"] async for page in walk for told in page]
    assert [told["id"] for told in first] + rest == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many", "1.5"])
async def test_a_limit_out_of_bounds_is_an_error_that_names_it(client: aiohttp.ClientSession, limit: str) -> None:
    async with client.get("/api/v1/stories", params={"limit": limit}) as response:
        assert response.status == 422
        assert (await response.json())["detail"][0]["loc"] == ["query", "limit"]


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "é",
        encoded("2026-11-22T12:00:00+00:00"),
        encoded("2026-11-22T12:00:00+00:00|-1"),
        encoded("2026-11-22T12:00:00+00:00|99999999999999999999"),
        encoded("2026-99-22T12:00:00+00:00|1"),
        encoded("0001-01-01T00:00:00+23:59|1"),
        encoded("٢٠٢٦-11-22T12:00:00+00:00|1"),
    ],
)
async def test_a_cursor_that_is_not_ours_is_an_error_that_says_so(client: aiohttp.ClientSession, cursor: str) -> None:
    async with client.get("/api/v1/stories", params={"cursor": cursor}) as response:
        assert response.status == 400
        assert "cursor" in (await response.json())["detail"]


def test_a_cursor_names_its_place_exactly() -> None:
    place = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
    assert read_cursor(make_cursor(place, 7)) == (place, 7)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://u:p@example.org:8443/f?x=1", "https://example.org:8443/f?x=1"),
        ("https://u@example.org/", "https://example.org/"),
        ("https://example.org/feed?mail=a@b", "https://example.org/feed?mail=a@b"),
        ("sample:en", "sample:en"),
    ],
)
def test_a_feeds_address_is_told_without_its_password(url: str, told: str) -> None:
    assert without_credentials(url) == told


async def test_health_tells_each_adapters_state(house: House, client: aiohttp.ClientSession) -> None:
    house.health["telegram"] = Health(State.REFUSED, Phrase("Telegram refused the token of {name}.", {"name": "x"}))
    house.health["discord"] = Health(State.OFF)
    async with client.get("/healthz") as response:
        assert response.status == 200
        assert await response.json() == {
            "adapters": {
                "web": {"state": "ready", "detail": ""},
                "telegram": {"state": "refused", "detail": "Telegram refused the token of x."},
                "discord": {"state": "off", "detail": ""},
            }
        }
    async with client.head("/healthz") as response:
        assert response.status == 200


async def test_metrics_count_what_is_there_when_asked(house: House, client: aiohttp.ClientSession) -> None:
    def rows(connection: Connection) -> None:
        a_posted_story(connection)
        a_source(connection, 3, "https://example.net/feed", failures=2, next_poll_at=NOW)
        a_source(connection, 4, "https://example.net/old", ended=True)

    await house.db.write(rows)
    async with client.get("/metrics") as response:
        assert response.content_type == "text/plain"
        lines = set((await response.text()).splitlines())
    assert {
        'newstally_sources{health="idle",kind="feed"} 2.0',
        'newstally_sources{health="failing",kind="feed"} 1.0',
        'newstally_sources{health="ended",kind="feed"} 1.0',
        'newstally_deliveries{state="posted"} 1.0',
        'newstally_votes{sentiment="bullish"} 3.0',
        'newstally_votes{sentiment="bearish"} 1.0',
        "newstally_stories 1.0",
        'newstally_adapter_state{adapter="web",state="ready"} 1.0',
        'newstally_adapter_state{adapter="web",state="refused"} 0.0',
    } <= lines


async def test_the_api_describes_itself(client: aiohttp.ClientSession) -> None:
    async with client.get("/openapi.json") as response:
        described = await response.json()
    assert set(described["paths"]) == {
        "/api/v1/chats/{platform}/{chat_id}/sources.opml",
        "/api/v1/stories",
        "/healthz",
        "/metrics",
    }


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://ann:pw@a.example/feed?page=2", "https://a.example/feed?page=2"),
        (
            "https://a.example/feed?api_key=k1&page=2&token=k2#top",
            "https://a.example/feed?api_key=…&page=2&token=…#top",
        ),
        ("https://a.example/feed?X-Auth=k1", "https://a.example/feed?X-Auth=…"),
        ("https://a.example/key=1/feed?monkeys=3&q=token", "https://a.example/key=1/feed?monkeys=3&q=token"),
    ],
)
def test_an_address_tells_nobody_the_key_in_it(address: str, shown: str) -> None:
    assert without_credentials(address) == shown
