"""The ``[web]`` table of the config file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class WebSettings(BaseModel):
    """The rooms in the browser."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(True, description="serve the rooms; health, metrics and the JSON API stay without them")
    share_votes: bool = Field(
        False,
        description="count the rooms' votes everywhere even when the site can be reached from other machines, "
        "where one person can be many members",
    )
