"""`newstally stories search`: stories by their words."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.cli.command import config_option, found, load, reported, say
from bot.cli.stories import stories


@stories.command(short_help="Find stories by their words.")
@click.argument("words", nargs=-1, required=True)
@click.option("--language", help="Stories in this language come first, by its code.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@config_option
def search(words: tuple[str, ...], language: str | None, limit: int, config: Path | None) -> None:
    """Find stories that say all of WORDS, in any language; the id of each stands first."""
    from bot.copies import must_exist
    from bot.storage import search as index
    from bot.storage.database import open_database
    from bot.storage.search import Found
    from bot.words import terms

    path = load(found(config)).storage.path

    async def look() -> Found:
        await must_exist(path)
        async with open_database(path) as db:
            return await db.read(index.find, terms(" ".join(words)), language=language, limit=limit)

    page: Found = asyncio.run(reported(look()))
    for one in page.stories:
        at = one.story.published_at or one.story.first_seen_at
        title = "".join(sign if sign.isprintable() else " " for sign in one.story.title)
        click.echo(f"{one.story.id:>8}  {at:%Y-%m-%d %H:%M}  {one.story.language:<3}  {title}")
    if not page.stories:
        say("Nothing was found.")
    elif page.more:
        say("There are more; --limit shows them.")
