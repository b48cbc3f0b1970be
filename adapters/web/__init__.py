"""Rooms in a browser: a chat platform of our own, served on the product's one HTTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.ports import ChatAdapter, Surroundings

if TYPE_CHECKING:
    from adapters.web.settings import WebSettings


def build(settings: WebSettings, surroundings: Surroundings) -> ChatAdapter:
    """The AdapterFactory. Imports the templates' and the pages' libraries only now."""
    from adapters.web.adapter import WebAdapter  # noqa: PLC0415

    return WebAdapter(settings, surroundings)
