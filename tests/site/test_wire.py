"""The sample wire: what is out when, and that its stories can be read in full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.site.wire import RHYTHM, SampleStory, SampleWire, Section, sample_wire, wire_feed
from tests.languages import THIRTEEN
from tests.web_house import web_house

EPOCH = datetime(2026, 11, 22, 12, 0, 0, 123, tzinfo=UTC)
WIRE = SampleWire(
    "hy",
    "Wire",
    tuple(
        SampleStory(f"s{number}", f"Title {number}", "Lede", (Section("Head", "Text"),), "Quote", "Author")
        for number in range(1, 9)
    ),
)


def out_at(now: datetime) -> list[str]:
    return [item["id"] for item in wire_feed(WIRE, "http://127.0.0.1:8080", EPOCH, now)["items"]]


def test_three_stories_are_there_at_once_and_the_others_follow_in_their_rhythm() -> None:
    assert out_at(EPOCH) == ["sample-hy-s3", "sample-hy-s2", "sample-hy-s1"]
    assert out_at(EPOCH + RHYTHM - timedelta(seconds=1))[0] == "sample-hy-s3"
    assert out_at(EPOCH + RHYTHM)[0] == "sample-hy-s4"
    assert len(out_at(EPOCH + 4 * RHYTHM)) == 7
    assert len(out_at(EPOCH + 5 * RHYTHM)) == len(out_at(EPOCH + timedelta(days=9))) == 8


def test_a_story_is_the_same_at_every_poll() -> None:
    early = wire_feed(WIRE, "http://127.0.0.1:8080", EPOCH, EPOCH)["items"]
    late = wire_feed(WIRE, "http://127.0.0.1:8080", EPOCH, EPOCH + timedelta(days=9))["items"]
    assert late[-3:] == early
    dates = [item["date_published"] for item in late]
    assert dates == sorted(dates, reverse=True)
    assert len(set(dates)) == 8
    assert dates[-1] == "2026-11-22T11:13:00Z"


def test_the_feed_is_json_feed_1_1_and_points_to_pages_of_the_site() -> None:
    feed = wire_feed(WIRE, "http://127.0.0.1:8080", EPOCH, EPOCH)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["title"], feed["language"]) == ("Wire", "hy")
    assert feed["items"][0]["url"] == "http://127.0.0.1:8080/wire/hy/s3"
    assert "Head\n\nText" in feed["items"][0]["content_text"]


@pytest.mark.parametrize("language", THIRTEEN)
def test_every_language_has_eight_whole_stories(language: str) -> None:
    wire = sample_wire(language)
    assert wire.language == language
    assert len({story.id for story in wire.stories}) == len(wire.stories) == 8
    for story in wire.stories:
        assert story.title
        assert story.summary
        assert story.quote
        assert story.author
        assert story.sections
        assert all(section.heading and section.text for section in story.sections)


def test_a_language_without_samples_gives_the_english_ones() -> None:
    assert sample_wire("uk") is sample_wire("en")


async def test_feed_and_story_are_served_and_the_story_says_that_it_is_invented(tmp_path: Path) -> None:
    async with (
        web_house(tmp_path, epoch=EPOCH, clock=lambda: EPOCH) as house,
        aiohttp.ClientSession(house.address) as client,
    ):
        async with client.get("/wire/en.json") as response:
            assert response.content_type == "application/feed+json"
            feed = await response.json()
        assert len(feed["items"]) == 3
        story = feed["items"][0]
        async with client.get(story["url"]) as response:
            page = await response.text()
        wire = sample_wire("en")
        assert wire is not None
        assert wire.stories[2].title in page.replace("&#39;", "'").replace("&#34;", '"')
        assert "This story is invented" in page
        assert 'href="/r/en"' in page
        for path, kind in (
            ("/wire/xx.json", "application/json"),
            ("/wire/xx/s1", "text/html"),
            ("/wire/en/s99", "text/html"),
            ("/wire/en", "text/html"),
            ("/wire/en/..%2f..%2fsettings", "text/html"),
            ("/api/v1/stories/99", "application/json"),
            ("/api", "text/html"),
        ):
            async with client.get(path) as response:
                assert (response.status, response.content_type) == (404, kind), path
        async with client.post("/api/v1/stories", headers={"origin": house.address}) as response:
            assert response.content_type == "application/json"
        async with client.get("/wire/style.css") as response:
            assert response.content_type == "text/css"


async def test_without_the_sample_wire_there_is_none(tmp_path: Path) -> None:
    async with (
        web_house(tmp_path) as house,
        aiohttp.ClientSession(house.address) as client,
        client.get("/wire/en.json") as response,
    ):
        assert response.status == 404
