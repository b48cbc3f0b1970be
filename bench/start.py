"""How long a start takes: the help text in CPU time, the web-only default until /healthz answers."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.figure import Figure

RUNS = 5
ROOT = Path(__file__).parent.parent


async def measure() -> list[Figure]:
    """All figures of a start."""
    helps = [_cpu_of("--help") for _ in range(RUNS)]
    bare = [_cpu_of_python() for _ in range(RUNS)]
    value, baseline = statistics.median(helps), statistics.median(bare)
    ready = statistics.median([await asyncio.to_thread(_ready_after) for _ in range(RUNS)])
    return [
        Figure("newstally --help", value, "s of CPU", baseline, value / baseline, "<= 0.2 s", value <= 0.2),
        Figure("web-only default ready", ready, "s", None, None, "<= 2 s", ready <= 2),
    ]


def _cpu_of(*arguments: str) -> float:
    return _cpu([sys.executable, "-m", "bot", *arguments])


def _cpu_of_python() -> float:
    return _cpu([sys.executable, "-c", "pass"])


def _cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def _ready_after() -> float:
    """Seconds from the start of the process, with a new database, until /healthz says 200."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "NEWSTALLY_SITE__PORT": str(port),
            "NEWSTALLY_STORAGE__PATH": str(Path(folder) / "bench.db"),
            "PYTHONPATH": str(ROOT),
        }
        began = time.perf_counter()
        product = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], cwd=folder, env=environment, stderr=subprocess.DEVNULL
        )
        try:
            while not _answers(port):
                if time.perf_counter() - began > 60:
                    raise TimeoutError("the product did not come up")
                time.sleep(0.01)
            return time.perf_counter() - began
        finally:
            product.send_signal(signal.SIGTERM)
            product.wait(10)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
