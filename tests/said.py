"""Every word that the bot said to people: to Telegram, to Discord, on the pages of the web rooms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from tests.emulators.discord import DiscordServer
from tests.emulators.telegram import TelegramServer

_SHOWN = frozenset({"content", "description", "label", "name", "placeholder", "title"})


def on_telegram(server: TelegramServer, language: str) -> Iterator[str]:
    """Texts, labels of buttons, toasts, and the menus of commands in the language."""
    for request in server.calls():
        given = request.params
        if request.method == "setMyCommands":
            chosen = json.loads(given["commands"]) if given.get("language_code") == language else []
            yield from (command["description"] for command in chosen)
        else:
            yield from (given[name] for name in ("text", "caption") if name in given)
        keyboard = json.loads(given.get("reply_markup", "{}")).get("inline_keyboard", [])
        yield from (button["text"] for row in keyboard for button in row)


def on_discord(server: DiscordServer, locale: str) -> Iterator[str]:
    """Texts, labels of buttons, suggestions, names of threads, and the commands as clients of the locale show them."""
    for request in server.requests:
        if request.method == "PUT" and request.template.endswith("/commands"):
            yield from _commands(request.body, locale)
        else:
            yield from in_body(request.body)


def in_body(body: Any) -> Iterator[str]:
    for key, value in body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ():
        if isinstance(value, dict | list):
            yield from in_body(value)
        elif key in _SHOWN and isinstance(value, str):
            yield value


def _commands(items: Any, locale: str) -> Iterator[str]:
    for item in items:
        if "description" in item:
            yield item.get("description_localizations", {}).get(locale, item["description"])
        else:
            yield item.get("name_localizations", {}).get(locale, item["name"])
        yield from _commands([*item.get("options", ()), *item.get("choices", ())], locale)


class Page(HTMLParser):
    """What a reader sees of a page or has read out: its words, and those of its attributes."""

    _MARKUP = frozenset(
        [
            "action",
            "autocapitalize",
            "autocomplete",
            "charset",
            "class",
            "content",
            "datetime",
            "decoding",
            "dir",
            "enterkeyhint",
            "for",
            "href",
            "hreflang",
            "http-equiv",
            "id",
            "lang",
            "list",
            "loading",
            "maxlength",
            "media",
            "method",
            "name",
            "referrerpolicy",
            "rel",
            "role",
            "spellcheck",
            "src",
            "tabindex",
            "target",
            "type",
            "value",
            "aria-current",
            "aria-hidden",
            "aria-live",
            "aria-pressed",
            "data-place",
            "data-room",
            "data-suggests",
            "d",
            "fill",
            "fill-rule",
            "stroke",
            "stroke-linecap",
            "stroke-linejoin",
            "aria-labelledby",
        ]
    )
    """Attributes that only programs read."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [value for name, value in attrs if value and name not in self._MARKUP]

    def handle_data(self, data: str) -> None:
        self.words += [data] if data.strip() else []
