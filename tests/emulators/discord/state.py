"""What exists: people, guilds, channels, messages, reactions. Knows neither HTTP nor the gateway nor any rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock, Snowflakes

Json = dict[str, Any]

GUILD_TEXT, DM, GUILD_VOICE, GUILD_CATEGORY, GUILD_ANNOUNCEMENT = 0, 1, 2, 4, 5
ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, GUILD_FORUM = 10, 11, 12, 15
THREADS = frozenset({ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})
TEXT_LIKE = frozenset({GUILD_TEXT, DM, GUILD_ANNOUNCEMENT, GUILD_VOICE}) | THREADS

CROSSPOSTED, SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL, LOADING = 1, 1 << 2, 1 << 5, 1 << 6, 1 << 7
SUPPRESS_NOTIFICATIONS, IS_VOICE_MESSAGE, IS_COMPONENTS_V2 = 1 << 12, 1 << 13, 1 << 15
REQUIRE_TAG = 1 << 4  # channel flag


@dataclass(eq=False)
class User:
    id: str
    name: str
    global_name: str | None = None
    bot: bool = False
    locale: str = "en-US"
    blocks_bot: bool = False
    closed_dms: bool = False


@dataclass(eq=False)
class Role:
    id: str
    name: str
    permissions: int = 0
    position: int = 1
    managed_by: str | None = None
    mentionable: bool = False


@dataclass(eq=False)
class Member:
    user: User
    joined_at: float
    roles: list[str] = field(default_factory=list)
    nick: str | None = None


@dataclass(eq=False)
class Emoji:
    id: str
    name: str
    animated: bool = False


@dataclass(eq=False)
class Guild:
    id: str
    name: str
    owner_id: str
    preferred_locale: str = "en-US"
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    emojis: dict[str, Emoji] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)  # threads too
    max_active_threads: int = 1000
    unavailable: bool = False

    def threads(self) -> list[Channel]:
        return [channel for channel in self.channels.values() if channel.is_thread]


@dataclass(eq=False)
class Tag:
    id: str
    name: str
    moderated: bool = False
    emoji_id: str | None = None
    emoji_name: str | None = None


@dataclass(eq=False)
class Channel:
    id: str
    type: int
    name: str = ""
    guild: Guild | None = None
    parent: Channel | None = None
    topic: str | None = None
    position: int = 0
    flags: int = 0
    overwrites: dict[str, tuple[int, int]] = field(default_factory=dict)  # id of role or member → (allow, deny)
    overwrite_types: dict[str, int] = field(default_factory=dict)
    tags: list[Tag] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)  # in order of their ids
    # threads only
    owner_id: str | None = None
    archived: bool = False
    locked: bool = False
    auto_archive_minutes: int = 4320
    archive_timestamp: float = 0.0
    created: float = 0.0
    last_activity: float = 0.0
    applied_tags: list[str] = field(default_factory=list)
    thread_members: dict[str, float] = field(default_factory=dict)
    total_sent: int = 0
    rate_limit_per_user: int = 0

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS

    @property
    def guild_id(self) -> str | None:
        return self.guild.id if self.guild else None

    @property
    def last_message_id(self) -> str | None:
        return next(reversed(self.messages), None)


@dataclass(eq=False)
class Reaction:
    """Who reacted with one emoji on one message. The order of arrival is kept; paging is by user id."""

    emoji: Json  # {"id": …, "name": …}
    normal: dict[str, float] = field(default_factory=dict)
    burst: dict[str, float] = field(default_factory=dict)

    def users(self, *, burst: bool) -> dict[str, float]:
        return self.burst if burst else self.normal


@dataclass(eq=False)
class Pings:
    """Whom a message notified; what it merely shows as a mention is not here."""

    everyone: bool = False
    users: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return self.everyone or bool(self.users) or bool(self.roles)


@dataclass(eq=False)
class Message:
    id: str
    channel: Channel
    author: User
    timestamp: float
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    flags: int = 0
    type: int = 0
    nonce: str | int | None = None
    tts: bool = False
    edited: float | None = None
    reference: Json | None = None
    replied: Message | None = None
    mentions: list[str] = field(default_factory=list)
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    pings: Pings = field(default_factory=Pings)
    reactions: dict[str, Reaction] = field(default_factory=dict)
    thread: Channel | None = None
    poll: Json | None = None
    interaction: Json | None = None  # interaction_metadata
    webhook_id: str | None = None
    edit_times: list[float] = field(default_factory=list)
    private_to: str | None = None  # an ephemeral message exists for one user only and in no channel's history
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def has_v2(self) -> bool:
        return bool(self.flags & IS_COMPONENTS_V2)


class World:
    def __init__(self, clock: Clock, new_id: Callable[[], str] | None = None) -> None:
        self.clock = clock
        self.new_id = new_id or Snowflakes(clock)
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.bot = User(self.new_id(), "newsbot", bot=True)
        self.users[self.bot.id] = self.bot
        self.application_id = self.new_id()
        self.commands: dict[str | None, dict[str, Json]] = {None: {}}  # guild id or None → command id → command
        self.command_creates: dict[str | None, list[float]] = {}
        self.files: dict[str, bytes] = {}  # path under /attachments → contents

    def channel_of(self, channel_id: object) -> Channel:
        return self.channels[str(channel_id)]

    def direct(self, user: User) -> Channel:
        for channel in self.channels.values():
            if channel.type == DM and user.id in channel.recipients:
                return channel
        channel = Channel(self.new_id(), DM, recipients=[user.id, self.bot.id])
        self.channels[channel.id] = channel
        return channel

    def message(self, message_id: object) -> Message:
        """Wherever it is; for tests and pages. Raises KeyError."""
        for channel in self.channels.values():
            if str(message_id) in channel.messages:
                return channel.messages[str(message_id)]
        raise KeyError(message_id)
