"""Telegram: groups, topics, channels and private chats, over the Bot API. Importing this loads no Telegram library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.telegram.settings import TelegramSettings

if TYPE_CHECKING:
    from bot.ports import ChatAdapter, Surroundings


def build(settings: TelegramSettings, surroundings: Surroundings) -> ChatAdapter:
    """The adapter, not yet connected."""
    from adapters.telegram.adapter import TelegramAdapter  # noqa: PLC0415  # the library is loaded only when configured

    return TelegramAdapter(settings, surroundings)
