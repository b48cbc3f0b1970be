"""The wheel is whole: installed away from the tree, it shows the sample stories."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parent.parent


def build(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, venv: Path) -> Path:
    """Into an environment that sees the locked packages, and no tree of ours."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = next(venv.glob("lib/python*/site-packages"))
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    return venv / "bin" / "newstally"


async def test_the_wheel_runs_the_demo_away_from_the_tree(tmp_path: Path) -> None:
    newstally = install(build(tmp_path / "dist"), tmp_path / "venv")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("NEWSTALLY_", "PYTHON"))}
    environment["NEWSTALLY_TELEGRAM__TOKEN"] = "1:demo-is-the-sample-wire-alone"
    demo = await asyncio.create_subprocess_exec(
        str(newstally), "demo", cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert demo.stdout is not None
    try:
        async with asyncio.timeout(60):
            said = ""
            while "web room is open" not in said:
                line = await demo.stdout.readline()
                assert line, said
                said += line.decode()
            address = said.rsplit("web room is open: ", 1)[1].split()[0]
            async with aiohttp.ClientSession() as client:
                async with client.get(f"{address}/r/ja") as page:
                    assert page.status == 200
                stories: list[dict[str, object]] = []
                while len(stories) < 3:
                    async with client.get(f"{address}/api/v1/stories") as answer:
                        stories = (await answer.json())["stories"]
                    await asyncio.sleep(0.1)  # another process: there is nothing to await
            assert {story["language"] for story in stories} == {"ja"}
            assert all(story["sample"] for story in stories)
    finally:
        demo.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await demo.wait() == 0
