"""`[gather]` of the configuration."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from pydantic import BaseModel, ConfigDict, Field


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
