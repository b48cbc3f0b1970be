"""What a person pastes into a shell so that the product talks to the emulators."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

FEEDS_ON_LOOPBACK = {"NEWSTALLY_GATHER__ALLOW_NETWORKS": '["127.0.0.0/8"]'}
"""So that `/sources add` takes the feeds emulator's addresses too; the platforms' own need no permission."""


def pasteable(settings: Mapping[str, str]) -> str:
    """The command that starts the product with these settings."""
    lines = [f"{name}={shlex.quote(value)}" for name, value in {**settings, **FEEDS_ON_LOOPBACK}.items()]
    return " \\\n".join([*lines, "make run"])
