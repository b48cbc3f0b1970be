"""What runs in a worker process: takes functions from a pipe and hands their results back, until the pipe ends."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import traceback
from typing import BinaryIO

LENGTH = struct.Struct("!Q")

MAX_MEMORY = 2 << 30
"""Bytes of address space: a body that blows a parser up ends this worker, not the machine."""


def serve() -> None:
    """Work until the parent goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent ends us itself
    _limit_memory()
    jobs = os.fdopen(os.dup(0), "rb")
    results = os.fdopen(os.dup(1), "wb")
    # A library that prints must not get between the results.
    os.dup2(2, 1)
    while (job := _read(jobs)) is not None:
        results.write(_answer(job))
        results.flush()


def _read(pipe: BinaryIO) -> bytes | None:
    header = pipe.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(header)
    return pipe.read(size)


def _answer(job: bytes) -> bytes:
    try:
        work, args = pickle.loads(job)  # noqa: S301  # from our own parent, over our own pipe
        answer = (True, work(*args))
    except Exception:  # noqa: BLE001  # the parent decides what an unknown error means
        answer = (False, traceback.format_exc())
    packed = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(packed)) + packed


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # not on Windows

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > MAX_MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, hard))
