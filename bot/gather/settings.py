"""`[gather]` of the configuration."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.card.story import EXCERPT
from bot.gather.apis.settings import CoinStatsSettings, CryptoPanicSettings


class GatherSettings(BaseModel):
    """`[gather]`: how sources are polled."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    interval: int = Field(600, ge=1, le=86_400)
    """Seconds between two looks at a source; what is learned stays within a tenth and six times of it."""
    adaptive: bool = True
    """False: always exactly the interval."""
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that feeds may be fetched from although they are private."""
    sample_wire: bool | None = None
    """The bundled sample stories; None: only without a config file."""
    max_bytes: int = Field(5_000_000, ge=1_000, le=100_000_000)
    """A feed larger than this, counted after decompression, is refused."""
    timeout: float = Field(30.0, gt=0, le=300)
    """Seconds for one fetch, redirects and all."""
    concurrency: int = Field(20, ge=1, le=500)
    """How many sources are fetched at once, beside those that are slow or failing (`gather.turns`). A host that
    isn't the operator's own is asked one thing at a time, and the next beside it once its answer takes long."""
    contact: str = Field("", max_length=200, pattern=r"^[\x20-\x7e]*$")
    """An address or page of the operator's, sent along so that a publisher can reach them."""
    read_articles: bool = True
    """Where a feed gives little, the article behind it is read, if its site permits."""
    excerpt: int = Field(EXCERPT, ge=0, le=400)
    """How many characters of a story's text are shown at most; what else was read serves searching."""
    topics: Path | None = None
    """A table of topics of the operator's own, which extends and overrides the bundled one (`topics.toml`)."""
    coinstats: CoinStatsSettings = CoinStatsSettings()
    cryptopanic: CryptoPanicSettings = CryptoPanicSettings()

    @field_validator("topics")
    @classmethod
    def _can_be_read(cls, path: Path | None) -> Path | None:
        if path is not None:
            from bot.gather.topic_table import load_table  # noqa: PLC0415  # its table is parsed only where one is named

            load_table(str(path))
        return path
