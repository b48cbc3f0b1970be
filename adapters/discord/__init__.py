"""Discord: channels, threads, forums and direct messages, over REST and gateway.

Importing this loads no Discord library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.discord.settings import DiscordSettings

if TYPE_CHECKING:
    from bot.ports import ChatAdapter, Surroundings


def build(settings: DiscordSettings, surroundings: Surroundings) -> ChatAdapter:
    """The adapter, not yet connected."""
    from adapters.discord.adapter import DiscordAdapter  # noqa: PLC0415  # the library is loaded only when configured

    return DiscordAdapter(settings, surroundings)
