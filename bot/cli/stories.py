"""`newstally stories …`: look at a story, and correct by hand what tells the same and what belongs together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.command import config_option, found, load, reported, say

if TYPE_CHECKING:
    from bot.model import Tally
    from bot.storage.closeup import ShownStory

T = TypeVar("T")

_ID = click.IntRange(min=1, max=2**63 - 1)


@click.group(short_help="Look at stories; merge, split, link, unlink them.")
def stories() -> None:
    """Look at a story by its id (the API tells it), and correct what tells the same and what belongs together.

    Everything works while the product runs: posts show the difference within a minute or so.
    """


@stories.command()
@click.argument("story", type=_ID)
@config_option
def show(story: int, config: Path | None) -> None:
    """Tell everything about STORY: entries, linked stories and why, votes, posts."""
    from bot.storage import closeup, corrections

    def look(connection: Any) -> ShownStory:
        seen = closeup.look_at(connection, story)
        if seen is None:
            raise corrections.impossible("There is no story {story}.", story=story)
        return seen

    for line in _lines(_with_database(config, look)):
        click.echo(line)


@stories.command(short_help="Make OTHER part of STORY.")
@click.argument("story", type=_ID)
@click.argument("other", type=_ID)
@config_option
def merge(story: int, other: int, config: Path | None) -> None:
    """Make OTHER part of STORY: both tell the same, in one language.

    OTHER's posts stay, and show the votes of both.
    """
    from bot.storage import corrections

    _with_database(config, lambda db: corrections.merge(db, story, other, _now()))
    _log("stories merged", story=story, other=other)
    say(f"Story {other} is part of story {story} now.")


@stories.command(short_help="Make entries of STORY a story of their own.")
@click.argument("story", type=_ID)
@click.argument("entries", type=_ID, nargs=-1, required=True, metavar="ENTRY...")
@config_option
def split(story: int, entries: tuple[int, ...], config: Path | None) -> None:
    """Make each ENTRY of STORY (`stories show` tells their ids) part of another story.

    Entries that a merge had brought come back to the story that they were, with its posts and their votes.
    """
    from bot.storage import corrections

    off = _with_database(config, lambda db: corrections.split(db, story, entries, _now()))
    _log("story split", story=story, entries=entries, became=off.story_id)
    say(f"They are story {off.story_id} {'again' if off.revived else 'now'}.")


@stories.command(short_help="Let two stories share their votes.")
@click.argument("story", type=_ID)
@click.argument("other", type=_ID)
@config_option
def link(story: int, other: int, config: Path | None) -> None:
    """Say that STORY and OTHER, in different languages, tell of one event: they share their votes from now on."""
    from bot.storage import corrections

    _with_database(config, lambda db: corrections.link(db, story, other, _now()))
    _log("stories linked", story=story, other=other)
    say(f"Stories {story} and {other} are linked now.")


@stories.command(short_help="Let two stories have votes of their own.")
@click.argument("story", type=_ID)
@click.argument("other", type=_ID)
@config_option
def unlink(story: int, other: int, config: Path | None) -> None:
    """Say that STORY and OTHER tell of different events: each vote goes to the story whose post it was given on.

    They are never linked again by themselves.
    """
    from bot.storage import corrections

    through = _with_database(config, lambda db: corrections.unlink(db, story, other, _now()))
    _log("stories unlinked", story=story, other=other)
    say(f"Stories {story} and {other} are not linked any more.")
    if through:
        say(f"They still share their votes through {', '.join(map(str, through))}: unlink one of those too.")


def _with_database(config: Path | None, fn: Callable[[Any], T]) -> T:
    """Run a storage function in one transaction on the configured database; a running product goes on meanwhile."""
    from bot.copies import must_exist
    from bot.storage.database import open_database

    path = load(found(config)).storage.path

    async def run() -> T:
        await must_exist(path)
        async with open_database(path) as db:
            return await db.write(fn)

    result: T = asyncio.run(reported(run()))
    return result


def _now() -> datetime:
    return datetime.now(UTC)


def _log(event: str, **what: object) -> None:
    import structlog

    structlog.get_logger().info(event, **what)


# --- showing a story -------------------------------------------------------------------------------------------------


def _lines(seen: ShownStory) -> Iterator[str]:
    yield f"Story {seen.id} ({seen.language}, {seen.at:%Y-%m-%d %H:%M} UTC): {seen.title}"
    if seen.url is not None:
        yield f"  {seen.url}"
    if seen.merged_into is not None:
        yield f"  It is part of story {seen.merged_into} now."
    if seen.merged:
        yield f"  Part of it are {_stories(seen.merged)}."
    yield f"Votes, all chats: {_votes(seen.everywhere)}"
    yield from _posts(seen)
    yield "Entries:"
    for entry in seen.entries:
        was = "" if entry.merged_from is None else f" (was story {entry.merged_from})"
        yield f"  {entry.id}  {entry.source}: {entry.title}{was}"
        if entry.url is not None:
            yield f"      {entry.url}"
    if seen.links:
        yield "Linked, with the same votes:"
    for other in seen.links:
        why = "; ".join(other.evidence) if other.evidence else "through another one"
        yield f"  {other.story_id} ({other.language}): {other.title}"
        yield f"      {why}"
    if seen.apart:
        yield f"Never taken for {_stories(seen.apart)}: the operator said so."


def _posts(seen: ShownStory) -> Iterator[str]:
    if seen.posts:
        yield "Posts:"
    for post in seen.posts:
        topic = f", topic {post.topic}" if post.topic else ""
        of = "" if post.story_id == seen.id else f", of story {post.story_id}"
        yield f"  {post.platform} chat {post.native_id}{topic}: {post.state}{of}, {_votes(post.tally)}"


def _stories(ids: Sequence[int]) -> str:
    return f"{'story' if len(ids) == 1 else 'stories'} {', '.join(map(str, ids))}"


def _votes(tally: Tally) -> str:
    return f"bullish {tally.bullish}, bearish {tally.bearish}"
