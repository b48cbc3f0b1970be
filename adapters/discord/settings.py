"""The ``[discord]`` table of the config file. Imports no Discord library: it is read even where Discord is off."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

# Only what an HTTP header can carry, because other servers use short secrets of their own.
_TOKEN = re.compile(r"[\x21-\x7e]+")

_CHAT = re.compile(r"[0-9]{1,20}")


class DiscordSettings(BaseModel):
    """What an operator may set for Discord."""

    # hide_input_in_errors: a malformed token must not be printed by the message that says so.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr | None = None
    """The bot's token from the developer portal. Without one Discord is off."""

    api_url: str = "https://discord.com/api/v10"
    """Where the REST API answers, with its version."""

    gateway_url: str = "wss://gateway.discord.gg"
    """Where the gateway listens."""

    @classmethod
    def fault_of_chat(cls, chat_id: str, topic: str, languages: Collection[str]) -> str | None:
        """See `bot.ports.NamesChats`."""
        if topic:
            return "Discord has no topics: give the thread's own id as id"
        return None if _CHAT.fullmatch(chat_id) else f"{chat_id!r} is no id of a Discord channel or thread: digits only"

    @field_validator("token")
    @classmethod
    def _token_has_the_shape(cls, token: SecretStr | None) -> SecretStr | None:
        if token is None or not token.get_secret_value():
            return None
        secret = token.get_secret_value().strip()
        if secret.lower().startswith("bot "):
            raise ValueError('must be the bare token, without "Bot" before it')
        if not _TOKEN.fullmatch(secret):
            raise ValueError(
                "is not a bot token: copy it from Bot > Token at https://discord.com/developers/applications"
            )
        return SecretStr(secret)

    @field_validator("api_url")
    @classmethod
    def _api_url_is_an_address(cls, api_url: str) -> str:
        address = _address(api_url, ("http", "https"))
        if address is None:
            raise ValueError("must be an http or https address such as https://discord.com/api/v10")
        return address

    @field_validator("gateway_url")
    @classmethod
    def _gateway_url_is_an_address(cls, gateway_url: str) -> str:
        address = _address(gateway_url, ("ws", "wss"))
        if address is None:
            raise ValueError("must be a ws or wss address such as wss://gateway.discord.gg")
        return address


def _address(text: str, schemes: tuple[str, ...]) -> str | None:
    address = text.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        reachable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        reachable = False
    return address if reachable else None
