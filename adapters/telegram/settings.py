"""The ``[telegram]`` table of the config file. Imports no Telegram library: it is read even where Telegram is off."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

# Only the shape that every Bot API server shares, because test servers use short secrets.
_TOKEN = re.compile(r"[0-9]+:[^\s/?#%{}]+")

_CHAT = re.compile(r"-?[0-9]{1,16}|@[A-Za-z][A-Za-z0-9_]{3,31}")


class TelegramSettings(BaseModel):
    """What an operator may set for Telegram."""

    # hide_input_in_errors: a malformed token must not be printed by the message that says so.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr | None = None
    """The bot's token from @BotFather. Without one Telegram is off."""

    base_url: str = "https://api.telegram.org/bot"
    """Where the Bot API answers; the token follows it directly, or stands where ``{token}`` does."""

    @classmethod
    def fault_of_chat(cls, chat_id: str, topic: str, languages: Collection[str]) -> str | None:
        """See `bot.ports.NamesChats`."""
        if not _CHAT.fullmatch(chat_id):
            return f"{chat_id!r} is no Telegram chat: it must be a number such as -1001234567890, or @channel_name"
        return None if not topic or topic.isdecimal() else f"the topic {topic!r} must be a thread's number"

    @field_validator("token")
    @classmethod
    def _token_has_the_shape(cls, token: SecretStr | None) -> SecretStr | None:
        secret = token.get_secret_value().strip() if token else ""
        if not secret:
            return None
        if not _TOKEN.fullmatch(secret):
            raise ValueError("is not a bot token: @BotFather gives one like 123456789:AbC-dEf")
        return SecretStr(secret)

    @field_validator("base_url")
    @classmethod
    def _base_url_is_an_address(cls, base_url: str) -> str:
        address = base_url.strip()
        try:
            parts = urlsplit(address)
            reachable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            reachable = False
        if not reachable:
            raise ValueError("must be an http or https address such as https://api.telegram.org/bot")
        return address
