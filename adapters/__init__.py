"""The platforms: one folder each. This table is all that the core knows of them until one is configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from bot.ports import AdapterFactory


@dataclass(frozen=True, slots=True)
class Row:
    """Where an adapter is. Its modules are imported only when they are asked for."""

    settings: str
    """``module:class`` of its pydantic settings model, which loads none of the platform's library."""
    factory: str
    """``module:function``, an AdapterFactory."""

    def settings_model(self) -> type:
        """The model of the platform's table in the config file."""
        return cast("type", _load(self.settings))

    def build(self) -> AdapterFactory:
        """The adapter's factory; imports the platform's library."""
        return cast("AdapterFactory", _load(self.factory))


def _load(path: str) -> object:
    module, name = path.split(":")
    return getattr(import_module(module), name)


ADAPTERS: Mapping[str, Row] = {
    "web": Row("adapters.web.settings:WebSettings", "adapters.web:build"),
    "telegram": Row("adapters.telegram.settings:TelegramSettings", "adapters.telegram:build"),
    "discord": Row("adapters.discord.settings:DiscordSettings", "adapters.discord:build"),
}
