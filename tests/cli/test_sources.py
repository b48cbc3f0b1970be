"""`newstally sources …` and `newstally stories search`, as an operator types them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, update

from bot.gather.opml import Outline, read_opml, write_opml
from bot.model import ChatKind, ChatRef
from bot.storage import chats, search, subscriptions
from bot.storage.database import open_database
from bot.storage.subscriptions import LIMIT
from bot.storage.tables import source, story, subscription_cursor
from tests.emulators.feeds import FeedServer, Item, rss
from tests.test_command_line import newstally

ROOM = ChatRef("web", "en")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def with_database(folder: Path, fn, *args):
    async with open_database(folder / "newstally.db") as db:
        return await db.write(fn, *args)


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


def _room(connection: Connection) -> int:
    return chats.ensure(connection, ROOM, ChatKind.ROOM, NOW).id


def _read(connection: Connection, url: str) -> None:
    """Follow a feed, and begin to read it as the running product does."""
    row = insert(source).values(url=url, title="A feed", exempt=False, interval_seconds=600, next_poll_at=NOW)
    source_id = connection.execute(row).inserted_primary_key[0]
    subscriptions.follow_source(connection, _room(connection), source_id, None, NOW)
    (one,) = [one for one in subscriptions.of_chat(connection, _room(connection)) if one.sources[0].url == url]
    connection.execute(insert(subscription_cursor).values(subscription_id=one.id, source_id=source_id, entry_id=0))


def _tell(connection: Connection, title: str, language: str) -> None:
    row = insert(story).values(title=title, language=language, first_seen_at=NOW, sorted_at=NOW)
    story_id = connection.execute(row).inserted_primary_key[0]
    connection.execute(update(story).values(ledger_id=story.c.id))
    search.index(connection, [story_id])


async def test_every_source_is_checked_and_a_dead_one_ends_it_with_one(tmp_path: Path) -> None:
    async with FeedServer() as server:
        (tmp_path / "config.toml").write_text('[gather]\nallow_networks = ["127.0.0.0/8"]\n')
        at = datetime.now(UTC) - timedelta(hours=3, minutes=1)
        server.put("/feed", rss([Item("One \x1b[31m", "https://a.example/1", published=at)], title="A \x1b[2J"))
        await with_database(tmp_path, _read, server.url("/feed"))
        code, out, err = await newstally("sources", "check", "--pack", "none", "--all", cwd=tmp_path)
        assert (code, "1 well" in err) == (0, True), err
        assert out.splitlines()[1].split()[:3] == ["well", "3", "h"]
        assert "\x1b" not in out
        await with_database(tmp_path, _read, server.url("/gone"))
        code, out, err = await newstally("sources", "check", "--pack", "none", "--all", cwd=tmp_path)
        assert (code, "1 well" in err, "1 dead" in err) == (1, True, True), err
        assert "There is nothing at this address (404)." in out


async def test_packs_are_checked_without_a_database(tmp_path: Path) -> None:
    code, _, err = await newstally("sources", "check", "--pack", "sports", cwd=tmp_path)
    assert code == 2
    assert "no source of that pack" in err
    assert is_empty(tmp_path)


async def test_sources_are_listed_with_how_they_do(tmp_path: Path) -> None:
    await with_database(tmp_path, _read, "https://a.example/feed")
    code, out, _ = await newstally("sources", "list", cwd=tmp_path)
    assert code == 0
    assert out.splitlines()[1].startswith("new ")  # nobody has read it yet
    assert "https://a.example/feed" in out
    await with_database(tmp_path, lambda connection: connection.execute(update(source).values(last_ok_at=NOW)).rowcount)
    code, out, _ = await newstally("sources", "list", cwd=tmp_path)
    assert out.splitlines()[1].startswith("well ")


def _give_way(connection: Connection) -> None:
    """One is stale, one failing, one gone for good; others stand in for each."""
    looks = {
        "stale": {"newest_at": NOW - timedelta(days=40)},
        "failing": {"failures": 3, "problem": {"msgid": "The server can't be reached.", "args": {}}},
        "ended": {"ended": True, "problem": {"msgid": "It is gone for good.", "args": {}}},
    }
    for name, values in looks.items():
        row = {"url": f"https://{name}.example/", "exempt": False, "interval_seconds": 600, "gave_way_at": NOW}
        connection.execute(insert(source).values(**row, **values))


async def test_the_list_tells_since_when_and_why_others_stand_in(tmp_path: Path) -> None:
    await with_database(tmp_path, _give_way)
    code, out, _ = await newstally("sources", "list", cwd=tmp_path)
    assert code == 0
    stale, failing, ended = out.splitlines()[1:]
    assert stale.startswith("stale ")
    assert stale.endswith(
        " (its newest entry is of 2026-10-13 00:00; others of its pack stand in since 2026-11-22 00:00)"
    )
    assert failing.startswith("failing ")
    assert failing.endswith("The server can't be reached. (others of its pack stand in since 2026-11-22 00:00)")
    assert ended.startswith("ended ")
    assert "stand in since 2026-11-22 00:00" in ended


async def test_lists_of_feeds_go_in_and_out(tmp_path: Path) -> None:
    feeds = [Outline(f"https://a.example/{number}", f"Feed {number}") for number in range(3)]
    (tmp_path / "in.opml").write_bytes(write_opml("Mine", [*feeds, feeds[0]]))
    importing = ("sources", "import", "in.opml", "--chat", "web:en")
    code, _, err = await newstally(*importing, cwd=tmp_path)
    assert (code, "no database" in err) == (1, True), err
    await with_database(tmp_path, lambda connection: None)
    code, _, err = await newstally(*importing, cwd=tmp_path)
    assert (code, "no chat web:en" in err) == (1, True), err
    await with_database(tmp_path, _room)
    code, _, err = await newstally(*importing, cwd=tmp_path)
    assert (code, "3 feeds are followed now" in err) == (0, True), err
    code, _, err = await newstally(*importing, cwd=tmp_path)
    assert (code, "3 were before" in err) == (0, True), err
    await with_database(tmp_path, _read, "https://a.example/read")
    code, out, _ = await newstally("sources", "export", "-", "--chat", "web:en", cwd=tmp_path)
    assert code == 0
    assert read_opml(out.encode()).feeds == (Outline("https://a.example/read", "A feed"),)
    code, out, _ = await newstally("sources", "export", "-", "--packs", cwd=tmp_path)
    assert {one.folder for one in read_opml(out.encode()).feeds} == {"crypto", "tech", "markets", "world"}


async def test_a_list_that_is_none_or_too_long_is_said_to_be(tmp_path: Path) -> None:
    await with_database(tmp_path, _room)
    (tmp_path / "in.opml").write_text("<html></html>")
    importing = ("sources", "import", "in.opml", "--chat", "web:en")
    code, _, err = await newstally(*importing, cwd=tmp_path)
    assert (code, "OPML" in err) == (1, True), err
    many = [Outline(f"https://a.example/{number}") for number in range(LIMIT + 3)]
    (tmp_path / "in.opml").write_bytes(write_opml("Mine", many))
    code, _, err = await newstally(*importing, cwd=tmp_path)
    assert (code, f"{LIMIT} feeds are followed" in err, "3 feeds were left out" in err) == (1, True, True), err


async def test_stories_are_found_by_their_words(tmp_path: Path) -> None:
    await with_database(tmp_path, _tell, "Bitcoin climbs", "en")
    await with_database(tmp_path, _tell, "比特币价格", "zh")
    code, out, _ = await newstally("stories", "search", "climbs", "BITCOIN", cwd=tmp_path)
    assert (code, out.split()[0], "Bitcoin climbs" in out) == (0, "1", True)
    assert "比特币" in (await newstally("stories", "search", "价格", cwd=tmp_path))[1]
    code, out, err = await newstally("stories", "search", "unheard", cwd=tmp_path)
    assert (code, out, "Nothing" in err) == (0, "", True)


async def test_rows_of_a_list_that_are_no_feed_are_named(tmp_path: Path) -> None:
    await with_database(tmp_path, _room)
    rows = '<outline text="A" xmlUrl="https://a.example/f"/><outline text="B" xmlUrl="mailto:b"/>'
    (tmp_path / "list.opml").write_text(f"<opml><body>{rows}</body></opml>")
    chat = f"{ROOM.platform}:{ROOM.id}"
    code, _, err = await newstally("sources", "import", "list.opml", "--chat", chat, cwd=tmp_path)
    assert code == 0, err
    assert "1 feeds are followed now" in err
    assert "Skipped, as it has no web address: B (mailto:b)" in err
