"""`python -m tests.emulators feeds --port 8090 --folder FOLDER`: serves a folder, and faults under /faults/."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from tests.emulators.feeds import faults
from tests.emulators.feeds.server import FeedServer

FAULTS = {
    "/faults/500": faults.status(500),
    "/faults/410": faults.status(410),
    "/faults/429": faults.status(429, {"Retry-After": "120"}),
    "/faults/html": faults.html(),
    "/faults/entities": faults.entity_bomb(),
    "/faults/gzip-bomb": faults.gzip_bomb(),
    "/faults/50mb": faults.large(),
    "/faults/endless": faults.endless(),
    "/faults/reset": faults.reset(),
    "/faults/loop": faults.redirect("/faults/loop"),
    "/faults/metadata": faults.redirect("http://169.254.169.254/latest/meta-data/"),
}


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators feeds", description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args(argv)
    files = sorted(file.name for file in options.folder.iterdir() if file.is_file()) if options.folder else []
    try:
        asyncio.run(_serve(options.port, options.folder, files))
    except KeyboardInterrupt:
        return 0
    return 0


async def _serve(port: int, folder: Path | None, files: list[str]) -> None:
    async with FeedServer(port=port, folder=folder) as server:
        for path, fault in FAULTS.items():
            server.put(path, fault=fault)
        for path in [*(f"/{name}" for name in files), *FAULTS]:
            print(server.url(path), flush=True)
        await asyncio.Event().wait()
