"""One REST request as the routes see it, and the table they register themselves in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import permissions
from .errors import ApiError
from .forms import SNOWFLAKE, refuse
from .message_form import Upload
from .platform import Platform
from .state import TEXT_LIKE, Channel, Guild, Json, Message, User, World


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None


@dataclass
class Call:
    platform: Platform
    params: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    uploads: dict[str, Upload] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.platform.world

    @property
    def bot(self) -> User:
        return self.world.bot

    @property
    def json(self) -> Json:
        if not isinstance(self.body, dict):
            raise ApiError(50109)
        return self.body

    def id(self, name: str) -> str:
        value = self.params[name]
        if value == "@me":
            return self.bot.id
        if not SNOWFLAKE.fullmatch(value):
            raise refuse((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        return value

    def channel(self, *needed: str, name: str = "channel_id") -> Channel:
        """The channel, if the bot sees it and may do all of that there."""
        channel = self.world.channels.get(self.id(name))
        if channel is None:
            raise ApiError(10003)
        permissions.require(channel, self.bot.id, "VIEW_CHANNEL", *needed)
        return channel

    def text_channel(self, *needed: str) -> Channel:
        channel = self.channel(*needed)
        if channel.type not in TEXT_LIKE:
            raise ApiError(50008)
        return channel

    def guild(self) -> Guild:
        guild = self.world.guilds.get(self.id("guild_id"))
        if guild is None:
            raise ApiError(10004)
        if self.bot.id not in guild.members:
            raise ApiError(50001)
        return guild

    def message(self, channel: Channel) -> Message:
        message = channel.messages.get(self.id("message_id"))
        if message is None:
            raise ApiError(10008)
        return message

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")

    def limit(self, *, default: int, high: int) -> int:
        raw = self.query.get("limit")
        if raw is None:
            return default
        if not raw.lstrip("-").isdigit():
            raise refuse(("limit",), "NUMBER_TYPE_COERCE", f'Value "{raw}" is not int.')
        if int(raw) < 1:
            raise refuse(("limit",), "NUMBER_TYPE_MIN", "int value should be greater than or equal to 1.")
        if int(raw) > high:
            raise refuse(("limit",), "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")
        return int(raw)


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    handler: Handler
    bucket: str | None = None  # whose limit counts it, per channel or server
    token: bool = True  # False: the address itself is the secret (interactions), or it is open to all

    def match(self, segments: list[str]) -> dict[str, str] | None:
        parts = self.template.strip("/").split("/")
        if len(parts) != len(segments):
            return None
        params: dict[str, str] = {}
        for part, segment in zip(parts, segments, strict=True):
            if part.startswith("{"):
                params[part[1:-1]] = segment
            elif part != segment:
                return None
        return params


class Table:
    """The routes of one area, gathered by decorator."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def __call__(self, method: str, template: str, *, bucket: str | None = None, token: bool = True) -> Any:
        def register(handler: Handler) -> Handler:
            self.routes.append(Route(method, template, handler, bucket, token))
            return handler

        return register
