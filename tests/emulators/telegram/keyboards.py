"""reply_markup: what shape it must have, and which buttons the servers refuse.

`read` is Client.cpp get_reply_markup (shape); `finish` is td/telegram/ReplyMarkup.cpp and the server behind it
(meaning), which runs after the chat has been checked.
"""

from __future__ import annotations

import json
from typing import Any

from .errors import ApiError, bad
from .links import check_link, mentioned_user
from .model import Json
from .text import required

MAX_BUTTONS = 100
MAX_PER_ROW = 8  # undocumented; python-telegram-bot's InlineKeyboardMarkupLimit names it too
MAX_CALLBACK_BYTES = 64
MAX_COPY_TEXT = 256
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_STYLES = ("primary", "success", "danger")


def read(raw: str) -> Json | None:
    if not raw:
        return None
    try:
        markup = json.loads(raw)
    except ValueError:
        raise bad("Can't parse reply keyboard markup JSON object") from None
    if not isinstance(markup, dict):
        raise bad("Object expected as reply markup")
    for name in ("keyboard", "inline_keyboard"):
        if name in markup and markup[name] is not None and not isinstance(markup[name], list):
            raise bad(f'Field "{name}" must be of type Array')
    if rows := markup.get("keyboard"):
        return {**markup, "keyboard": [_plain_row(row) for row in rows]}
    if rows := markup.get("inline_keyboard"):
        return {"inline_keyboard": [_row(row) for row in rows]}
    if markup.get("remove_keyboard") or markup.get("force_reply"):
        return dict(markup)
    return None


def _plain_row(row: Any) -> list[Json]:
    if not isinstance(row, list):
        raise bad('Field "keyboard" must be an Array of Arrays')
    buttons = []
    for button in row:
        if isinstance(button, str):
            buttons.append({"text": button})
        elif isinstance(button, dict) and isinstance(button.get("text"), str):
            buttons.append(button)
        else:
            raise bad("Can't parse keyboard button: KeyboardButton must be a String or an Object")
    return buttons


def _row(row: Any) -> list[Json]:
    if not isinstance(row, list):
        raise bad('Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    return [_button(button) for button in row]


def _unparsable(why: str) -> ApiError:
    return bad(f"Can't parse inline keyboard button: {why}")


def _button(raw: Any) -> Json:
    if not isinstance(raw, dict):
        raise _unparsable("InlineKeyboardButton must be an Object")
    try:
        button: Json = {"text": required(raw, "text", str, "String")}
        actions = [name for name in _ACTIONS if raw.get(name) not in (None, "", False)]
        actions += [name for name in _ACTIONS if name.startswith("switch_inline_query") and raw.get(name) == ""]
        for name in ("url", "callback_data"):
            if name in raw and raw[name] is not None:
                required(raw, name, str, "String")
    except ValueError as error:
        raise _unparsable(str(error)) from None
    if not actions:
        raise _unparsable("Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        # The page: "Exactly one of the fields other than text, icon_custom_emoji_id, and style must be used". The real
        # server takes the first silently, which loses a button; here it is loud, in words of our own.
        raise _unparsable(f"Exactly one type of action must be specified, found {' and '.join(actions)}")
    button[actions[0]] = raw[actions[0]]
    if style := raw.get("style"):
        if style not in _STYLES:
            raise _unparsable("Unsupported button style specified")
        button["style"] = style
    if icon := raw.get("icon_custom_emoji_id"):
        button["icon_custom_emoji_id"] = str(icon)
    return button


def finish(markup: Json | None, *, in_channel: bool = False) -> Json | None:
    """The keyboard as it will be shown; 400 for buttons that nobody could press."""
    if markup is None:
        return None
    if "inline_keyboard" not in markup:
        for button in (b for row in markup.get("keyboard", []) for b in row):
            if not button["text"]:
                raise bad("Keyboard button text must be non-empty")
        return markup
    rows = [row for row in markup["inline_keyboard"] if row]
    for button in (b for row in rows for b in row):
        _finish_button(button, in_channel)
    if sum(map(len, rows)) > MAX_BUTTONS or any(len(row) > MAX_PER_ROW for row in rows):
        raise bad("reply markup is too long")  # REPLY_MARKUP_TOO_LONG
    return {"inline_keyboard": rows} if rows else None


def _finish_button(button: Json, in_channel: bool) -> None:
    if not button["text"]:
        raise bad("Inline keyboard button text must be non-empty")
    if "url" in button and not mentioned_user(button["url"]):
        button["url"] = check_link(button["url"], "Inline keyboard button")
        if len(button["url"]) > 2048 or any(char in button["url"] for char in " \n\t"):
            raise bad("BUTTON_URL_INVALID")
    if "callback_data" in button and len(button["callback_data"].encode("utf-8", "surrogatepass")) > MAX_CALLBACK_BYTES:
        raise bad("BUTTON_DATA_INVALID")
    if "copy_text" in button:
        text = button["copy_text"].get("text", "") if isinstance(button["copy_text"], dict) else ""
        if not 1 <= len(text) <= MAX_COPY_TEXT:
            raise bad("BUTTON_COPY_TEXT_INVALID")
    for name in ("switch_inline_query", "switch_inline_query_current_chat"):
        if in_channel and name in button:
            raise bad(
                f"Can't use {name} button in a channel chat, because users will not be able to use the button without "
                "knowing bot's username"
            )
