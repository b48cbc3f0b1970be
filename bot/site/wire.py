"""The sample wire: invented stories that ship with the product, as JSON Feeds, so that news comes without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

_FIRST = (timedelta(minutes=-47), timedelta(minutes=-18), timedelta(minutes=-3))
"""When the stories that are there from the beginning were published: at different times, as news is."""

RHYTHM = timedelta(seconds=12)
"""Between the later ones: long enough to read a title, short enough that a visitor sees one arrive."""


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of a sample story."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class SampleStory:
    """One invented story."""

    id: str
    title: str
    summary: str
    sections: tuple[Section, ...]
    quote: str
    author: str


@dataclass(frozen=True, slots=True)
class SampleWire:
    """The invented stories of one language."""

    language: str
    title: str
    stories: tuple[SampleStory, ...]


@cache
def sample_wire(language: str) -> SampleWire:
    """The bundled wire of one of our languages, read when first asked for; in English where it has none of its own."""
    file = files("bot.site").joinpath("wire", f"{language}.json")
    if not file.is_file():
        return sample_wire("en")
    return parse_wire(json.loads(file.read_text("utf-8")))


def parse_wire(data: Mapping[str, Any]) -> SampleWire:
    """A wire from its file's JSON."""
    stories = tuple(
        SampleStory(
            id=story["id"],
            title=story["title"],
            summary=story["summary"],
            sections=tuple(Section(section["heading"], section["text"]) for section in story["sections"]),
            quote=story["quote"],
            author=story["author"],
        )
        for story in data["stories"]
    )
    return SampleWire(data["language"], data["title"], stories)


def publication_times(count: int, epoch: datetime) -> Sequence[datetime]:
    """When each of ``count`` stories comes out, given when the database was made."""
    later = (RHYTHM * step for step in range(1, count))
    offsets = (*_FIRST, *later)
    return [epoch.astimezone(UTC).replace(microsecond=0) + offset for offset in offsets[:count]]


def wire_feed(wire: SampleWire, site: str, epoch: datetime, now: datetime) -> dict[str, Any]:
    """The stories that are out by ``now`` as a JSON Feed 1.1, newest first. ``site`` is our own address."""
    times = publication_times(len(wire.stories), epoch)
    out = [(story, at) for story, at in zip(wire.stories, times, strict=True) if at <= now]
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": wire.title,
        "language": wire.language,
        "home_page_url": f"{site}/r/{wire.language}",
        "feed_url": f"{site}/wire/{wire.language}.json",
        "items": [_item(wire, story, at, site) for story, at in reversed(out)],
    }


def _item(wire: SampleWire, story: SampleStory, at: datetime, site: str) -> dict[str, Any]:
    paragraphs = [part for section in story.sections for part in (section.heading, section.text)]
    return {
        "id": f"sample-{wire.language}-{story.id}",
        "url": f"{site}/wire/{wire.language}/{story.id}",
        "title": story.title,
        "summary": story.summary,
        "content_text": "\n\n".join((story.summary, *paragraphs, story.quote)),
        "date_published": at.isoformat().replace("+00:00", "Z"),
        "language": wire.language,
        "authors": [{"name": story.author}],
    }
