"""The ``[web]`` table of the config file."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import BaseModel, ConfigDict, Field


class WebSettings(BaseModel):
    """The rooms in the browser."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def fault_of_chat(cls, chat_id: str, topic: str, languages: Collection[str]) -> str | None:
        """See `bot.ports.NamesChats`."""
        if topic:
            return "rooms have no topics"
        return None if chat_id in languages else f"{chat_id!r} is no room; the rooms are {', '.join(languages)}"

    enabled: bool = Field(True, description="serve the rooms; health, metrics and the JSON API stay without them")
    share_votes: bool = Field(
        False,
        description="count the rooms' votes everywhere even when the site can be reached from other machines, "
        "where one person can be many members",
    )
