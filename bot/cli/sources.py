"""`newstally sources …`: what is read, whether it answers, and lists of feeds in and out.

Heavy imports stand within functions, so that `--help` is quick.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.command import config_option, found, load, reported, say

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.gather.health import Asked, Finding
    from bot.storage.sources import SourceHealth

T = TypeVar("T")

LEFT_OUT = 20
"""Lines about feeds that weren't taken; the rest is counted."""


@click.group(short_help="Look at sources; check them; lists of feeds (OPML) in and out.")
def sources() -> None:
    """Look at what is read, check whether it answers, and take or give lists of feeds (OPML)."""


@sources.command("list", short_help="Tell each source that we know, and how it does.")
@config_option
def list_(config: Path | None) -> None:
    """Tell each source that we know, and how it did when it was last read."""
    from bot.storage import sources as stored

    known = _with_database(load(found(config)), stored.health)
    for line in _table(_HEALTH, [_health_row(one) for one in known]):
        click.echo(line)


@sources.command(short_help="Ask each source of every pack how it does now.")
@click.option("--pack", help="Only this pack.")
@click.option("--language", help="Only this language, by its code.")
@click.option("--all", "followed", is_flag=True, help="Also what chats follow beside the packs; needs the database.")
@config_option
def check(pack: str | None, language: str | None, followed: bool, config: Path | None) -> None:
    """Fetch each source of every pack and tell health, freshness and language; exit with 1 when one is dead.

    Works without a database. Nothing is stored.
    """
    from bot.gather.health import Verdict, asked_of_packs
    from bot.gather.packs import load_packs
    from bot.gather.topic_table import load_table

    settings = load(found(config))
    own_topics = settings.gather.topics
    kinds = load_table(None if own_topics is None else str(own_topics)).kinds
    asked = asked_of_packs(load_packs(), kinds, pack=pack, language=language)
    if followed:
        asked += _followed(settings, {one.url for one in asked})
    if not asked:
        raise click.UsageError("There is no source of that pack and language.")
    findings = asyncio.run(reported(_look(settings, asked)))
    now = datetime.now(UTC)
    for line in _table(_FINDINGS, [_finding_row(one, now) for one in findings]):
        click.echo(line)
    verdicts = [one.verdict(now) for one in findings]
    say(", ".join(f"{verdicts.count(verdict)} {verdict.value}" for verdict in Verdict) + ".")
    sys.exit(1 if Verdict.DEAD in verdicts else 0)


@sources.command("export", short_help="Write followed feeds as OPML into TARGET.")
@click.argument("target", type=click.File("wb", lazy=True))
@click.option("--chat", "name", help="Only what this chat follows: platform:id")
@click.option("--packs", is_flag=True, help="The sources of all packs instead.")
@config_option
def export_(target: Any, name: str | None, packs: bool, config: Path | None) -> None:
    """Write the feeds that chats follow as a list that other readers take (OPML); - for standard output."""
    from bot.gather.opml import Outline, write_opml
    from bot.gather.packs import load_packs
    from bot.storage import feed_lists

    if packs:
        rows = [(pack, row) for (pack, _), several in load_packs().items() for row in several]
        outlines = [Outline(row.url, row.title, pack, row.language) for pack, row in rows]
    else:
        chat = None if name is None else _chat_named(name)
        listed = _with_database(load(found(config)), feed_lists.followed, chat)
        outlines = [Outline(one.url, one.title, one.pack or "", one.language or "") for one in listed]
    target.write(write_opml("Newstally", outlines))
    say(f"{len(outlines)} feeds written.")


@sources.command("import", short_help="Let a chat follow the feeds of an OPML file.")
@click.argument("origin", type=click.File("rb"))
@click.option("--chat", "name", required=True, help="Which chat: platform:id, or platform:id/topic")
@config_option
def import_(origin: Any, name: str, config: Path | None) -> None:
    """Let a chat follow the feeds in ORIGIN, a list as other readers write it (OPML); - for standard input.

    They are held to the guard, as feeds that members add. A running product sees them within the hour.
    """
    from bot.errors import SourceError
    from bot.gather.opml import MAX_BYTES, read_opml
    from bot.storage import feed_lists

    settings = load(found(config))
    try:
        listed = read_opml(origin.read(MAX_BYTES + 1))
    except SourceError as error:
        raise click.ClickException(str(error)) from error
    wanted = [(one.url, one.title) for one in listed.feeds]
    interval, now = settings.gather.interval, datetime.now(UTC)
    taken = _with_database(settings, feed_lists.follow_all, _chat_named(name), wanted, interval, now, writes=True)
    if taken is None:
        raise click.ClickException(f"There is no chat {name}.")
    say(f"{len(taken.followed)} feeds are followed now, {len(taken.already)} were before.")
    for row in listed.skipped[:LEFT_OUT]:
        say(f"Skipped, as it has no web address: {row}")
    if len(listed.skipped) > LEFT_OUT:
        say(f"{len(listed.skipped)} rows were skipped in all.")
    for url in taken.no_room[:LEFT_OUT]:
        say(f"No room for {url}")
    if taken.no_room:
        raise click.ClickException(f"{len(taken.no_room)} feeds were left out: a chat follows {taken.limit} at most.")


# --- asking ----------------------------------------------------------------------------------------------------------


async def _look(settings: Settings, asked: Sequence[Asked]) -> list[Finding]:
    from bot.app import installed_version, utc_now
    from bot.gather.client import GuardedClient
    from bot.gather.health import Checkup
    from bot.gather.workers import Workers

    done = 0

    def tell(_finding: Finding) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            click.echo(f"\r{done} of {len(asked)} ", err=True, nl=done == len(asked))

    async with GuardedClient(settings.gather, installed_version()) as client, Workers() as workers:
        at_once = min(settings.gather.concurrency, 10)
        checkup = Checkup(client, workers, utc_now, at_once=at_once, own_topics=settings.gather.topics)
        return await checkup.look_at_all(asked, tell)


def _followed(settings: Settings, known: set[str]) -> list[Asked]:
    from bot.gather.client import checked
    from bot.gather.health import Asked
    from bot.storage import sources as stored

    # What the config has ceased to name is held to the guard, whatever the database still says.
    named = {str(checked(address)) for chat in settings.chats for address in chat.feeds}
    return [
        Asked(one.url, one.title, named_by=("followed",), exempt=one.exempt and one.url in named)
        for one in _with_database(settings, stored.health)
        if one.followed and not one.ended and one.url not in known and one.url.startswith(("http://", "https://"))
    ]


def _with_database(settings: Settings, fn: Callable[..., T], *args: Any, writes: bool = False) -> T:
    """Run a storage function on the configured database; a running product goes on meanwhile."""
    from bot.copies import must_exist
    from bot.storage.database import open_database

    async def run() -> T:
        await must_exist(settings.storage.path)
        async with open_database(settings.storage.path) as db:
            return await (db.write if writes else db.read)(fn, *args)

    result: T = asyncio.run(reported(run()))
    return result


def _chat_named(name: str) -> Any:
    """As the web room and the log of settings name a chat: platform:id, and a topic after a slash."""
    from bot.model import ChatRef

    platform, colon, rest = name.partition(":")
    chat, _, topic = rest.partition("/")
    if not colon or not chat:
        raise click.UsageError("A chat is named as platform:id, for example telegram:-1001234567890.")
    return ChatRef(platform, chat, topic)


# --- tables ----------------------------------------------------------------------------------------------------------

_HEALTH = ("state", "last read", "newest", "language", "source")
_FINDINGS = ("verdict", "newest", "entries", "declared", "detected", "for", "source")


def _health_row(one: SourceHealth) -> tuple[str, ...]:
    from bot.errors import SourceError

    problem = "" if one.problem is None else f": {SourceError(one.problem)}"
    since = "" if one.failing_since is None else f" since {_moment(one.failing_since)}"
    title = f"{one.title} " if one.title else ""
    return (
        _state(one),
        _moment(one.last_ok_at),
        _moment(one.last_new_at),
        one.language or "-",
        f"{title}{one.url}{problem}{since}{_stands_in(one)}",
    )


def _state(one: SourceHealth) -> str:
    if one.ended or one.failures:
        return "ended" if one.ended else "failing"
    if one.gave_way_at is not None:
        return "stale"
    if not one.followed:
        return "resting"
    return "well" if one.last_ok_at is not None else "new"


def _stands_in(one: SourceHealth) -> str:
    """Since when other sources of its packs are read in its place, and why where its problem doesn't say it."""
    if one.gave_way_at is None:
        return ""
    stale = "" if one.problem is not None else f"its newest entry is of {_moment(one.newest_at)}; "
    return f" ({stale}others of its pack stand in since {_moment(one.gave_way_at)})"


def _finding_row(one: Finding, now: datetime) -> tuple[str, ...]:
    from bot.errors import SourceError

    told = "" if one.problem is None else f": {SourceError(one.problem)}"
    moved = "" if one.moved_to is None else f" (has moved to {one.moved_to})"
    return (
        one.verdict(now).value,
        "-" if one.newest_at is None else _age(now - one.newest_at),
        f"{one.entries} ({one.on_topic} on topic)" if one.asked.topics else str(one.entries),
        one.declared or "-",
        one.detected or "-",
        " ".join(one.asked.named_by),
        f"{one.title or one.asked.title} {one.asked.url}{told}{moved}",
    )


def _age(age: Any) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"


def _moment(at: datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns under their names; the last one is as long as it is. Feeds' words can't move the terminal's cursor."""
    clean = [["".join(sign if sign.isprintable() else " " for sign in cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*clean, strict=True)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)), row[-1]])
        for row in clean
    ]
