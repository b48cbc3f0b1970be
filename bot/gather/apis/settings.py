"""`[gather.coinstats]` and `[gather.cryptopanic]` of the configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _Provider(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    key: SecretStr | None = Field(None, min_length=1, max_length=500)
    """Without one the provider is off."""


COINSTATS_URL = "https://openapiv1.coinstats.app"
CRYPTOPANIC_URL = "https://cryptopanic.com/api"


class CoinStatsSettings(_Provider):
    """`[gather.coinstats]`"""

    types: tuple[Literal["news", "latest", "handpicked", "trending", "bullish", "bearish"], ...] = ("news",)
    """Each is a source of its own, and they share the credits. "news" is everything."""
    credits_per_month: int = Field(20_000, ge=1)
    """What the plan gives, or as much of it as may be spent here."""
    base_url: str = Field(COINSTATS_URL, pattern=r"^https?://[^\s?#]+$")


class CryptoPanicSettings(_Provider):
    """`[gather.cryptopanic]`"""

    plan: str = Field("developer", pattern=r"^[a-z0-9_-]{1,40}$")
    """As it stands in the address of the API; "v1" for the old one."""
    regions: tuple[Literal["en", "de", "nl", "es", "fr", "it", "pt", "ru"], ...] = ("en",)
    """Languages that are asked for, each with requests of its own."""
    requests_per_month: int = Field(100, ge=1)
    base_url: str = Field(CRYPTOPANIC_URL, pattern=r"^https?://[^\s?#]+$")
