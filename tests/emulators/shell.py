"""What a person pastes into a shell so that the product talks to the emulators."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

AT_HOME = {
    # So that `/sources add` takes the feeds emulator's addresses too; the platforms' own need no permission.
    "NEWSTALLY_GATHER__ALLOW_NETWORKS": '["127.0.0.0/8"]',
    # The chats of a real community are not to be mixed with these.
    "NEWSTALLY_STORAGE__PATH": "emulators.db",
}


def pasteable(settings: Mapping[str, str]) -> str:
    """The command that starts the product with these settings."""
    lines = [f"{name}={shlex.quote(value)}" for name, value in {**settings, **AT_HOME}.items()]
    return " \\\n".join([*lines, "make run"])
