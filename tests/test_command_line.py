"""The product as an operator starts it: real processes, real signals, exit codes and words."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.storage.database import open_database

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEWSTALLY_")}
    return {**clean, "PYTHONPATH": str(ROOT), **settings}


async def newstally(*arguments: str, cwd: Path, **settings: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=cwd,
        env=environment(**settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


class Running:
    """A product that was started, and what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""

    async def until(self, words: str) -> str:
        """Read on until these words were said; returns the line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while True:
                line = (await self.process.stdout.readline()).decode()
                assert line, self.said
                self.said += line
                if words in line:
                    return line

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Seconds that it took to end."""
        assert self.process.stdout is not None
        began = time.monotonic()
        self.process.send_signal(number)
        async with asyncio.timeout(20):
            self.said += (await self.process.stdout.read()).decode()
            await self.process.wait()
        return time.monotonic() - began


@asynccontextmanager
async def started(*arguments: str, cwd: Path, **settings: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=cwd,
        env=environment(**settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=1 << 20,
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def address(line: str) -> str:
    found = re.search(r"http://\S+", line)
    assert found is not None
    return found[0]


async def test_it_tells_its_version(tmp_path: Path) -> None:
    code, out, _ = await newstally("--version", cwd=tmp_path)
    assert (code, out.startswith("Newstally 0.")) == (0, True)


async def test_help_names_every_command(tmp_path: Path) -> None:
    code, out, _ = await newstally("--help", cwd=tmp_path)
    assert code == 0
    for command in ("run", "demo", "check", "backup", "export", "import", "stories"):
        assert f"\n  {command} " in out


async def test_a_wrong_config_ends_in_one_message_that_lists_every_fault(tmp_path: Path) -> None:
    config = tmp_path / "wrong.toml"
    config.write_text("[site]\nprot = 1\n[telegram]\ntoken = 'not-a-token'\n[gather]\ninterval = 'soon'\n")
    code, out, err = await newstally("run", "--config", str(config), cwd=tmp_path)
    assert code == 2
    assert out == ""
    assert [name in err for name in ("site.prot", "telegram.token", "gather.interval")] == [True] * 3
    assert "Traceback" not in err
    assert "not-a-token" not in err


async def test_a_config_that_is_not_there_is_told(tmp_path: Path) -> None:
    code, _, err = await newstally("run", "--config", "nowhere.toml", cwd=tmp_path)
    assert code == 2
    assert "nowhere.toml" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_bare_start_shows_samples_and_stops_within_two_seconds(tmp_path: Path, number: signal.Signals) -> None:
    # A crowded machine may be slower once: three times in a row it is the product that is slow.
    took = [await seconds_to_stop(tmp_path, number)]
    while took[-1] >= 2 and len(took) < 3:
        took.append(await seconds_to_stop(tmp_path, number))
    assert took[-1] < 2, took


@pytest.mark.parametrize(
    "token",
    [{"NEWSTALLY_TELEGRAM__TOKEN": "123456:abcdefghijk"}, {"NEWSTALLY_DISCORD__TOKEN": "abc.def.ghi"}],
    ids=["telegram", "discord"],
)
async def test_it_stops_at_once_although_no_name_can_be_looked_up(tmp_path: Path, token: dict[str, str]) -> None:
    (tmp_path / "sitecustomize.py").write_text(_NAMES_HANG)
    path = {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    async with started("run", cwd=tmp_path, NEWSTALLY_SITE__PORT=str(free_port()), **path, **token) as product:
        await product.until("looking up")
        took = await product.stop(signal.SIGINT)
    assert product.process.returncode == 0, product.said
    assert took < 10, "the lookups take twenty seconds"


_NAMES_HANG = """
import socket, sys, time

look_up = socket.getaddrinfo

def hang(host, *args, **kwargs):
    if host in ("api.telegram.org", "discord.com"):
        print("looking up", host, file=sys.stderr, flush=True)
        time.sleep(20)
    return look_up(host, *args, **kwargs)

socket.getaddrinfo = hang
"""


async def seconds_to_stop(folder: Path, number: signal.Signals) -> float:
    """Start with nothing, visit a room, and stop in the midst of its open stream of events."""
    async with started("run", cwd=folder, NEWSTALLY_SITE__PORT=str(free_port())) as product:
        room = address(await product.until("web room is open"))
        admin = address(await product.until("admin"))
        async with aiohttp.ClientSession() as visitor, asyncio.timeout(20):
            async with visitor.get(f"{room}/r/fr") as page:
                assert page.status == 200
            stories: list[dict[str, object]] = []
            while not stories:
                async with visitor.get(f"{room}/api/v1/stories") as answer:
                    stories = (await answer.json())["stories"]
                await asyncio.sleep(0.05)  # another process: there is nothing to await
            async with visitor.get(admin) as page:
                assert page.status == 200
            async with visitor.get(f"{room}/r/fr/events") as stream:  # an open stream must not hold the end up
                assert stream.status == 200
                took = await product.stop(number)
        assert product.process.returncode == 0
        assert "Traceback" not in product.said
        assert stories[0]["sample"] is True
    return took


async def test_work_at_the_start_does_not_hold_up_the_end_and_is_done_at_the_next_start(tmp_path: Path) -> None:
    stories, port = 12_000, {"NEWSTALLY_SITE__PORT": str(free_port())}
    async with open_database(tmp_path / "newstally.db"):
        pass
    with sqlite3.connect(tmp_path / "newstally.db") as file:  # as of before searching was there
        row = "INSERT INTO story (language, title, lede, first_seen_at, sorted_at) VALUES ('en', ?, ?, ?, ?)"
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        file.executemany(row, [(f"Story {n}", "So it is. " * 30, now, now) for n in range(stories)])
        file.execute("UPDATE story SET ledger_id = id")
    file.close()
    async with started("run", cwd=tmp_path, **port) as product:
        await product.until("Stop with")
        await product.stop()
        assert product.process.returncode == 0
    filed = searchable(tmp_path)
    assert filed < stories
    async with started("run", cwd=tmp_path, **port) as product, asyncio.timeout(120):
        while True:
            if searchable(tmp_path) == stories:
                break
            await asyncio.sleep(0.1)  # another process: there is nothing to await
        await product.stop()


def searchable(folder: Path) -> int:
    """How many stories the index of words has."""
    with closing(sqlite3.connect(folder / "newstally.db")) as file:
        (count,) = file.execute("SELECT count(*) FROM story_words_docsize").fetchone()
    return int(count)


async def test_a_second_start_takes_the_next_free_port_and_a_configured_one_is_exact(tmp_path: Path) -> None:
    port = str(free_port())
    async with started("run", cwd=tmp_path, NEWSTALLY_SITE__PORT=port) as first:
        await first.until("web room is open")
        (tmp_path / "other").mkdir()
        code, _, err = await newstally("run", cwd=tmp_path / "other", NEWSTALLY_SITE__PORT=port)
        assert code == 2
        assert port in err


async def test_a_second_product_on_the_same_database_is_refused(tmp_path: Path) -> None:
    async with started("run", cwd=tmp_path, NEWSTALLY_SITE__PORT=str(free_port())) as first:
        await first.until("web room is open")
        code, _, err = await newstally("run", cwd=tmp_path, NEWSTALLY_SITE__PORT=str(free_port()))
        assert code == 1
        assert "Another Newstally is running" in err
        assert "Traceback" not in err


async def test_without_a_token_no_platform_library_is_imported(tmp_path: Path) -> None:
    script = """
import asyncio, sys
from bot import app
from bot.cli.command import load
settings = load(None)
async def main():
    stop = asyncio.Event()
    def say(text):
        if "Stop with" in text:
            loaded = {name for name in ("telegram", "discord", "httpx") if name in sys.modules}
            print("loaded:", sorted(loaded))
            stop.set()
    await app.run(settings, sample_wire=True, say=say, stop=stop)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        cwd=tmp_path,
        env=environment(NEWSTALLY_SITE__PORT=str(free_port())),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    assert out.decode().strip() == "loaded: []"


async def test_backup_while_running_export_and_import_carry_everything(tmp_path: Path) -> None:
    async with started("run", cwd=tmp_path, NEWSTALLY_SITE__PORT=str(free_port())) as product:
        room = address(await product.until("web room is open"))
        async with aiohttp.ClientSession() as visitor, asyncio.timeout(20):
            await (await visitor.get(f"{room}/r/de")).read()
            while True:
                async with visitor.get(f"{room}/api/v1/stories") as answer:
                    if (await answer.json())["stories"]:
                        break
                await asyncio.sleep(0.05)
        code, _, err = await newstally("backup", "copy.db", cwd=tmp_path)
        assert (code, "Copied" in err) == (0, True)
        code, _, err = await newstally("backup", "copy.db", cwd=tmp_path)
        assert (code, "exists already" in err) == (1, True)
        await product.stop()
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    code, _, err = await newstally("export", "all.jsonl", cwd=tmp_path)
    assert code == 0, err
    exported = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    code, _, err = await newstally("import", "all.jsonl", cwd=tmp_path, NEWSTALLY_STORAGE__PATH="new.db")
    assert code == 0, err
    code, out, _ = await newstally("export", "-", cwd=tmp_path, NEWSTALLY_STORAGE__PATH="new.db")
    assert code == 0
    assert [json.loads(line) for line in out.splitlines()] == exported
    code, _, err = await newstally("import", "all.jsonl", cwd=tmp_path)
    assert (code, "not empty" in err) == (1, True)
    damaged = (tmp_path / "all.jsonl").read_bytes().replace(b"crypto", b"crypt\xff", 1)
    (tmp_path / "damaged.jsonl").write_bytes(damaged)
    code, _, err = await newstally("import", "damaged.jsonl", cwd=tmp_path, NEWSTALLY_STORAGE__PATH="other.db")
    assert (code, "damaged" in err, "Traceback" in err) == (1, True, False), err


async def test_stories_are_corrected_while_the_product_runs(tmp_path: Path) -> None:
    async with started("run", cwd=tmp_path, NEWSTALLY_SITE__PORT=str(free_port())) as product:
        room = address(await product.until("web room is open"))
        async with aiohttp.ClientSession() as visitor, asyncio.timeout(30):

            async def told() -> dict[int, dict[str, object]]:
                async with visitor.get(f"{room}/api/v1/stories?limit=200") as answer:
                    return {story["id"]: story for story in (await answer.json())["stories"]}

            for language in ("de", "fr"):
                await (await visitor.get(f"{room}/r/{language}")).read()
            stories: dict[int, dict[str, object]] = {}
            while {"de", "fr"} - {str(story["language"]) for story in stories.values()}:
                stories = await told()
                await asyncio.sleep(0.05)  # another process: there is nothing to await
            one, two, *_ = sorted(key for key, story in stories.items() if story["language"] == "de")
            foreign = min(key for key, story in stories.items() if story["language"] == "fr")
            code, _, err = await newstally("stories", "merge", str(one), str(two), cwd=tmp_path)
            assert (code, f"Story {two} is part of story {one} now." in err) == (0, True), err
            assert "stories merged" in err
            code, _, err = await newstally("stories", "link", str(foreign), str(one), cwd=tmp_path)
            assert code == 0, err
            merged = await told()
            assert two not in merged
            assert len(merged[one]["entries"]) == 2  # type: ignore[arg-type]
        code, out, _ = await newstally("stories", "show", str(one), cwd=tmp_path)
        assert (code, f"Part of it are story {two}." in out, "by the operator" in out) == (0, True, True), out
        entry = re.findall(rf"^  (\d+)  .*\(was story {two}\)$", out, re.MULTILINE)[0]
        code, _, err = await newstally("stories", "split", str(one), entry, cwd=tmp_path)
        assert (code, f"They are story {two} again." in err) == (0, True), err
        code, _, err = await newstally("stories", "unlink", str(one), str(foreign), cwd=tmp_path)
        assert (code, "not linked any more" in err) == (0, True), err
        for wrong in (("show", "999999"), ("merge", str(one), str(foreign)), ("unlink", str(one), str(foreign))):
            code, _, err = await newstally("stories", *wrong, cwd=tmp_path)
            assert (code, "Error: " in err, "Traceback" in err) == (1, True, False), err
    code, _, err = await newstally("stories", "show", "1", cwd=tmp_path, NEWSTALLY_STORAGE__PATH="nowhere.db")
    assert (code, "no database" in err, (tmp_path / "nowhere.db").exists()) == (1, True, False)


async def test_check_says_that_all_is_well_and_exits_with_one_when_it_is_not(tmp_path: Path) -> None:
    # It looks, and listens nowhere: the product may be running on that address, or it may be another machine's.
    code, out, err = await newstally(
        "check", cwd=tmp_path, NEWSTALLY_SITE__HOST="news.invalid", NEWSTALLY_SITE__ADMIN_TOKEN="x" * 40
    )
    assert (code, "All is well" in out) == (0, True), err
    assert not (tmp_path / "newstally.db").exists()
    (tmp_path / "newstally.db").write_text("this is no database at all, and long enough to be looked at closely")
    code, out, err = await newstally("check", cwd=tmp_path)
    assert (code, "FAULT" in out, "Traceback" in err) == (1, True, False), err
