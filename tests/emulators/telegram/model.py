"""The nouns of the emulated Telegram: users, chats, members, topics, messages, pictures. No behaviour, no JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Clock = Callable[[], float]
Json = dict[str, Any]
Actor = tuple[Literal["user", "chat"], int]
Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]
ChatType = Literal["private", "group", "supergroup", "channel"]

GENERAL_TOPIC = 1
ANONYMOUS_ADMIN_ID = 1087968824  # GroupAnonymousBot
CHANNEL_BOT_ID = 136817688  # stands in `from` when a channel speaks in a group
SERVICE_ID = 777000  # "Telegram", the author of automatic forwards

ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages", "can_manage_direct_messages")
GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics")
PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)
ALL_ADMIN_RIGHTS = frozenset((*ADMIN_RIGHTS, *CHANNEL_RIGHTS, *GROUP_RIGHTS))


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    data: bytes


@dataclass(slots=True, eq=False)
class User:
    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    is_bot: bool = False
    is_premium: bool = False
    deactivated: bool = False


@dataclass(slots=True, eq=False)
class Member:
    user: User
    status: Status
    rights: frozenset[str] = frozenset()
    permissions: dict[str, bool] = field(default_factory=dict)  # of a restricted member
    is_anonymous: bool = False

    @property
    def is_present(self) -> bool:
        return self.status not in ("left", "kicked")

    @property
    def is_admin(self) -> bool:
        return self.status in ("creator", "administrator")

    def may(self, right: str) -> bool:
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)


@dataclass(slots=True, eq=False)
class Topic:
    id: int
    name: str
    icon_color: int = 0x6FB9F0
    closed: bool = False
    deleted: bool = False


@dataclass(slots=True, eq=False)
class Picture:
    file_id: str
    unique_id: str
    data: bytes
    mime: str
    width: int
    height: int


@dataclass(slots=True, eq=False)
class Chat:
    id: int
    type: ChatType
    title: str = ""
    username: str = ""
    is_forum: bool = False
    peer: User | None = None  # the human of a private chat
    bot_id: int = 0  # the bot of a private chat
    members: dict[int, Member] = field(default_factory=dict)
    permissions: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(PERMISSIONS, True))
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    general_closed: bool = False
    available_reactions: list[Json] | None = None  # None: every emoji; []: reactions are off
    max_reaction_count: int = 11
    linked: Chat | None = None
    migrated_to: Chat | None = None
    blocked: bool = False  # private: the user has blocked the bot
    shut: str = ""  # the name of the error with which the servers behind refuse whatever the bot sends here
    last_bot_to_speak: int = 0
    last_message_id: int = 0

    @property
    def name(self) -> str:
        return self.peer.first_name if self.peer else self.title

    @property
    def is_broadcast(self) -> bool:
        return self.type == "channel"


@dataclass(slots=True, eq=False)
class Message:
    id: int
    chat: Chat
    date: int
    sender: User | None = None
    sender_chat: Chat | None = None
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    picture: Picture | None = None  # then text and entities are its caption
    document: Document | None = None  # the same
    keyboard: Json | None = None
    other_markup: Json | None = None
    thread_id: int | None = None
    is_topic_message: bool = False
    reply_to: int | None = None
    edit_date: int | None = None
    media_group_id: str | None = None
    service: Json = field(default_factory=dict)
    link_preview_options: Json | None = None
    show_caption_above_media: bool = False
    has_spoiler: bool = False
    forward_origin: Json | None = None
    is_automatic_forward: bool = False
    copies: list[Message] = field(default_factory=list)  # automatic forwards of this channel post
    reactions: dict[Actor, list[Json]] = field(default_factory=dict)

    @property
    def author_bot_id(self) -> int:
        return self.sender.id if self.sender and self.sender.is_bot else 0


@dataclass(slots=True, eq=False)
class Press:
    """One tap on an inline button, and what the person got to see for it."""

    id: str
    user: User
    message: Message
    data: str
    bot_id: int
    at: float
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    text: str = ""
    show_alert: bool = False
    url: str = ""
