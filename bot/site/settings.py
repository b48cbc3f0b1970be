"""The ``[site]`` table of the config file."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

SHORTEST_TOKEN = 16
"""Characters of an admin token: too many to guess over HTTP, even for who may try for ever."""


_VISIBLE = re.compile(r"[!-~]+")


def is_loopback(host: str) -> bool:
    """Whether a host name or address can be reached from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class SiteSettings(BaseModel):
    """Where the one HTTP server listens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on; any but loopback needs admin_token")
    port: int | None = Field(None, ge=1, le=65535, description="unset: 8080 or the next free port up to 8099")
    admin_token: SecretStr | None = Field(
        None, validate_default=True, description="makes admins; unset: a new one each run, in the terminal"
    )
    public_url: str = Field(
        "", description="address under which a proxy shows the site, such as https://news.example.org"
    )

    @field_validator("admin_token")
    @classmethod
    def _no_stranger_is_admin(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # Here and not once the whole table is sound: it is told beside the faults of other settings.
        host = info.data.get("host", "localhost")
        if token is None and not is_loopback(host):
            raise ValueError(f"others can reach host {host}: set admin_token to {SHORTEST_TOKEN} characters or more")
        if token is not None and len(token.get_secret_value()) < SHORTEST_TOKEN:
            raise ValueError(f"must have at least {SHORTEST_TOKEN} characters")
        if token is not None and not _VISIBLE.fullmatch(token.get_secret_value()):
            # It travels in a header, which carries nothing else unchanged.
            raise ValueError("must consist of ASCII letters, digits and signs, without blanks")
        return token

    @field_validator("public_url")
    @classmethod
    def _an_origin(cls, url: str) -> str:
        if not url:
            return url
        try:
            parts = urlsplit(url)
            _ = parts.port  # read only when asked for, and then it may turn out to be none
        except ValueError:
            raise ValueError("must look like https://news.example.org") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError("must look like https://news.example.org")
        if parts.path.rstrip("/") or parts.query or parts.fragment:
            raise ValueError("must have no path: the site needs a host name of its own")
        return url.rstrip("/")
