"""What happens: messages, reactions and threads change here, for the bot and for people alike, and the gateway tells.

Rights are checked by the callers; rules that hold for everyone (archived threads, twenty reactions) are checked here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from . import components_form, mentions, permissions, shapes
from .clock import Clock
from .emoji import parse as parse_emoji
from .errors import ApiError
from .gateway import (
    DM_MESSAGES,
    DM_REACTIONS,
    GUILD_MEMBERS,
    GUILD_MESSAGES,
    GUILD_REACTIONS,
    GUILDS,
    MESSAGE_CONTENT,
    Gateway,
    Session,
)
from .interactions import Interaction
from .limits import Limits
from .message_form import Draft
from .state import (
    ANNOUNCEMENT_THREAD,
    EPHEMERAL,
    GUILD_ANNOUNCEMENT,
    HAS_THREAD,
    IS_COMPONENTS_V2,
    LOADING,
    PUBLIC_THREAD,
    Channel,
    Guild,
    Json,
    Message,
    Reaction,
    User,
    World,
)

MAX_REACTIONS = 20
NONCE_SECONDS = 180.0  # "the past few minutes" (Message: Create Message)


class Platform:
    def __init__(self, world: World, gateway: Gateway, limits: Limits, clock: Clock) -> None:
        self.world = world
        self.gateway = gateway
        self.limits = limits
        self.clock = clock
        self.base_url = ""
        self.interactions: dict[str, Interaction] = {}  # by token
        self.nonces: dict[tuple[str, str], tuple[str, float]] = {}
        self.typing: list[tuple[str, str]] = []  # (channel id, user id)
        self._changed = asyncio.Event()
        self._ticked = 0.0
        gateway.on_change = self.changed

    # --- waiting ------------------------------------------------------------------------------------------------------

    def changed(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], Any], timeout: float = 5.0) -> Any:  # noqa: ASYNC109
        """Gives the predicate's first truthy value; looks again after every change of state."""
        async with asyncio.timeout(timeout):
            while not (found := predicate()):
                await self._changed.wait()
        return found

    def tick(self) -> None:
        """Lets happen what the clock says is due: idle threads go into the archive."""
        now = self.clock()
        if now - self._ticked < 60:  # archiving is a matter of hours; every request asks
            return
        self._ticked = now
        for guild in self.world.guilds.values():
            for thread in guild.threads():
                if not thread.archived and now - thread.last_activity > thread.auto_archive_minutes * 60:
                    self.update_thread(thread, archived=True)

    # --- telling the bot ----------------------------------------------------------------------------------------------

    def tell(self, name: str, data: Any, channel: Channel, *, guild_intent: int, dm_intent: int) -> None:
        """About something in a channel: only if the bot is there and sees it."""
        if not permissions.may(channel, self.world.bot.id, "VIEW_CHANNEL"):
            self.changed()
            return
        intent = guild_intent if channel.guild is not None else dm_intent
        self.gateway.dispatch(name, data, intent=intent, guild=channel.guild)

    def tell_guild(self, name: str, data: Any, guild: Guild, intent: int = GUILDS) -> None:
        if self.world.bot.id in guild.members:
            self.gateway.dispatch(name, data, intent=intent, guild=guild)
        self.changed()

    def tell_message(self, name: str, message: Message) -> None:
        if message.flags & EPHEMERAL:
            self.changed()
            return
        ours = shapes.content_is_ours(message, self.world)

        def build(session: Session) -> Json:
            return shapes.message_event(
                message, self.world, with_content=ours or bool(session.intents & MESSAGE_CONTENT)
            )

        self.tell(name, build, message.channel, guild_intent=GUILD_MESSAGES, dm_intent=DM_MESSAGES)

    def show(self, message: Message) -> Json:
        """A message as REST gives it: there the app's own setting decides on the content."""
        allowed = bool(self.gateway.allowed_privileged & MESSAGE_CONTENT)
        ours = shapes.content_is_ours(message, self.world)
        return shapes.message(message, self.world, with_content=ours or allowed)

    # --- messages -----------------------------------------------------------------------------------------------------

    def new_message(self, author: User, channel: Channel, draft: Draft, **more: Any) -> Message:
        """Fills in a message from a checked draft, without putting it anywhere."""
        now = self.clock()
        message = Message(self.world.new_id(), channel, author, now, **more)
        message.content = draft.content or ""
        message.embeds = draft.embeds or []
        message.components = components_form.number(draft.components or [])
        message.flags |= draft.flags or 0
        message.nonce, message.tts, message.poll = draft.nonce, draft.tts, draft.poll
        self._attach(message, draft)
        self._mention(message, draft.allowed)
        return message

    def post(self, message: Message) -> Message:
        """The message appears in its channel."""
        channel = message.channel
        if channel.is_thread:
            if channel.archived:
                self.update_thread(channel, archived=False)
            channel.last_activity = self.clock()
            channel.total_sent += 1
            self._join(channel, message.author.id)
        channel.messages[message.id] = message
        self.tell_message("MESSAGE_CREATE", message)
        return message

    def send(self, author: User, channel: Channel, draft: Draft, **more: Any) -> Message:
        self.check_open(channel, author)
        return self.post(self.new_message(author, channel, draft, **more))

    def edit(self, message: Message, draft: Draft, *, by_edit: bool = True) -> Message:
        if by_edit and _would_be_empty(message, draft):
            raise ApiError(50006)
        if draft.content is not None:
            message.content = draft.content
        if draft.embeds is not None:
            message.embeds = draft.embeds
        if draft.components is not None:
            message.components = components_form.number(draft.components)
        if draft.flags is not None:
            keep = EPHEMERAL | HAS_THREAD | 1
            message.flags = message.flags & keep | draft.flags & ~keep
        self._attach(message, draft)
        if draft.content is not None or draft.components is not None or draft.allowed is not None:
            self._mention(message, draft.allowed)
        message.flags &= ~LOADING
        if by_edit:
            message.edited = self.clock()
            message.edit_times.append(message.edited)
        self.tell_message("MESSAGE_UPDATE", message)
        return message

    def delete(self, message: Message) -> None:
        if message.channel.messages.pop(message.id, None) is None:
            self.changed()
            return
        self.tell(
            "MESSAGE_DELETE",
            _without_none(id=message.id, channel_id=message.channel.id, guild_id=message.channel.guild_id),
            message.channel, guild_intent=GUILD_MESSAGES, dm_intent=DM_MESSAGES,
        )  # fmt: skip

    def _mention(self, message: Message, allowed: Json | None) -> None:
        text = components_form.texts(message.components) if message.flags & IS_COMPONENTS_V2 else message.content
        mentions.apply(message, text, allowed, self.world)

    def _attach(self, message: Message, draft: Draft) -> None:
        if draft.kept_attachments is not None:
            message.attachments = [a for a in message.attachments if a["id"] in draft.kept_attachments]
        for upload in draft.uploads.values():
            file_id = self.world.new_id()
            path = f"/attachments/{message.channel.id}/{file_id}/{upload.filename}"
            self.world.files[path] = upload.data
            message.files[upload.filename] = upload.data
            entry = {
                "id": file_id, "filename": upload.filename, "size": len(upload.data), "url": self.base_url + path,
                "proxy_url": self.base_url + path, "content_type": upload.content_type,
            }  # fmt: skip
            if upload.description:
                entry["description"] = upload.description
            message.attachments.append(entry)
        self._resolve(message)

    def _resolve(self, message: Message) -> None:
        """attachment:// becomes an address; a file that an embed shows is no longer listed as an attachment."""
        by_name = {a["filename"]: a for a in message.attachments}
        shown = set()
        for embed in message.embeds:
            for picture in ("image", "thumbnail"):
                name = str((embed.get(picture) or {}).get("url", "")).removeprefix("attachment://")
                if name in by_name:
                    embed[picture] = {"url": by_name[name]["url"], "proxy_url": by_name[name]["url"]}
                    shown.add(name)
        message.attachments = [a for a in message.attachments if a["filename"] not in shown]
        for component in components_form.walk(message.components):
            medias = [component.get("media"), component.get("file"),
                      *(item.get("media") for item in component.get("items") or [])]  # fmt: skip
            for media in medias:
                if isinstance(media, dict):
                    name = str(media.get("url", "")).removeprefix("attachment://")
                    if name in by_name:
                        media["url"] = by_name[name]["url"]
                    media.setdefault("proxy_url", media.get("url"))

    def find(self, message_id: object) -> Message:
        """A message in a channel, or one that only its reader sees. Raises KeyError."""
        for interaction in self.interactions.values():
            for message in interaction.messages:
                if message.id == str(message_id):
                    return message
        return self.world.message(message_id)

    # --- reactions ----------------------------------------------------------------------------------------------------

    def emoji(self, text: str) -> tuple[str, Json]:
        return parse_emoji(text, list(self.world.guilds.values()))

    def react(self, message: Message, user: User, text: str, *, burst: bool = False) -> None:
        key, emoji = self.emoji(text)
        self.check_unarchived(message.channel)
        reaction = message.reactions.get(key)
        if reaction is None:
            if len(message.reactions) >= MAX_REACTIONS:
                raise ApiError(30010)
            reaction = message.reactions[key] = Reaction(emoji)
        users = reaction.users(burst=burst)
        if user.id in users:
            return
        users[user.id] = self.clock()
        event = self._reaction_event(message, reaction, user, burst=burst)
        event["message_author_id"] = message.author.id
        if burst:
            event["burst_colors"] = []
        guild = message.channel.guild
        if guild is not None and user.id in guild.members:
            event["member"] = shapes.member(guild.members[user.id])
        self._tell_reaction("MESSAGE_REACTION_ADD", event, message)

    def unreact(self, message: Message, user: User, text: str, *, burst: bool = False) -> None:
        key, _ = self.emoji(text)
        self.check_unarchived(message.channel)
        reaction = message.reactions.get(key)
        if reaction is None or user.id not in reaction.users(burst=burst):
            return
        del reaction.users(burst=burst)[user.id]
        if not reaction.normal and not reaction.burst:
            del message.reactions[key]
        event = self._reaction_event(message, reaction, user, burst=burst)
        self._tell_reaction("MESSAGE_REACTION_REMOVE", event, message)

    def clear_reactions(self, message: Message, text: str | None = None) -> None:
        self.check_unarchived(message.channel)
        where = _without_none(channel_id=message.channel.id, message_id=message.id, guild_id=message.channel.guild_id)
        if text is None:
            message.reactions.clear()
            self._tell_reaction("MESSAGE_REACTION_REMOVE_ALL", where, message)
            return
        key, emoji = self.emoji(text)
        if message.reactions.pop(key, None) is not None:
            self._tell_reaction("MESSAGE_REACTION_REMOVE_EMOJI", where | {"emoji": emoji}, message)

    def _reaction_event(self, message: Message, reaction: Reaction, user: User, *, burst: bool) -> Json:
        return _without_none(
            user_id=user.id, channel_id=message.channel.id, message_id=message.id, guild_id=message.channel.guild_id,
            emoji=reaction.emoji, burst=burst, type=int(burst),
        )  # fmt: skip

    def _tell_reaction(self, name: str, event: Json, message: Message) -> None:
        self.tell(name, event, message.channel, guild_intent=GUILD_REACTIONS, dm_intent=DM_REACTIONS)

    # --- threads ------------------------------------------------------------------------------------------------------

    def check_unarchived(self, channel: Channel) -> None:
        if channel.is_thread and channel.archived:
            raise ApiError(50083)

    def check_open(self, channel: Channel, author: User) -> None:
        """A message takes a thread out of the archive, unless a moderator locked it."""
        if channel.is_thread and channel.locked and not permissions.may(channel, author.id, "MANAGE_THREADS"):
            raise ApiError(160005)

    def new_thread(
        self, parent: Channel, owner: User, name: str, *, kind: int | None = None, minutes: int | None = None,
        message: Message | None = None, tags: list[str] | None = None, announce: bool = True,
    ) -> Channel:  # fmt: skip
        guild = parent.guild
        assert guild is not None, "threads live in servers"
        if kind is None:
            kind = ANNOUNCEMENT_THREAD if parent.type == GUILD_ANNOUNCEMENT else PUBLIC_THREAD
        self._check_room(guild, kind)
        now = self.clock()
        thread = Channel(
            message.id if message else self.world.new_id(), kind, name, guild, parent, owner_id=owner.id,
            auto_archive_minutes=minutes or parent.auto_archive_minutes, created=now, archive_timestamp=now,
            last_activity=now, applied_tags=tags or [],
        )  # fmt: skip
        thread.thread_members[owner.id] = now
        guild.channels[thread.id] = self.world.channels[thread.id] = thread
        if announce:
            self.announce_thread(thread)
        if message is not None:
            message.thread = thread
            message.flags |= HAS_THREAD
            self.tell_message("MESSAGE_UPDATE", message)
        return thread

    def check_room(self, thread: Channel) -> None:
        """One more thread may be active in its server."""
        assert thread.guild is not None, "threads live in servers"
        self._check_room(thread.guild, thread.type)

    def _check_room(self, guild: Guild, kind: int) -> None:
        if sum(not t.archived for t in guild.threads()) >= guild.max_active_threads:
            raise ApiError(160007 if kind == ANNOUNCEMENT_THREAD else 160006)

    def announce_thread(self, thread: Channel) -> None:
        shape = shapes.channel(thread, self.world) | {"newly_created": True}
        self.tell("THREAD_CREATE", shape, thread, guild_intent=GUILDS, dm_intent=GUILDS)

    def update_thread(self, thread: Channel, **changes: Any) -> None:
        for key, value in changes.items():
            if key == "archived" and value != thread.archived:
                thread.archive_timestamp = self.clock()
                thread.last_activity = self.clock()
            setattr(thread, key, value)
        self.tell("THREAD_UPDATE", shapes.channel(thread, self.world), thread, guild_intent=GUILDS, dm_intent=GUILDS)

    def _join(self, thread: Channel, user_id: str) -> None:
        if user_id in thread.thread_members:
            return
        thread.thread_members[user_id] = self.clock()
        self.tell_members(thread, user_id, joined=True)

    def tell_members(self, thread: Channel, user_id: str, *, joined: bool) -> None:
        """Without the members intent only the bot's own coming and going is told (Thread Members Update)."""

        def build(session: Session) -> Json:
            return {
                "id": thread.id, "guild_id": thread.guild_id, "member_count": len(thread.thread_members),
                "added_members": [shapes.thread_member(thread, user_id)] if joined else [],
                "removed_member_ids": [] if joined else [user_id],
            }  # fmt: skip

        intent = GUILDS if user_id == self.world.bot.id else GUILD_MEMBERS
        self.tell("THREAD_MEMBERS_UPDATE", build, thread, guild_intent=intent, dm_intent=intent)

    # --- channels -----------------------------------------------------------------------------------------------------

    def delete_channel(self, channel: Channel) -> None:
        guild = channel.guild
        assert guild is not None
        for thread in [t for t in guild.threads() if t.parent is channel]:
            self._forget(thread)
        if channel.is_thread:
            data = {"id": channel.id, "guild_id": guild.id, "type": channel.type,
                    "parent_id": channel.parent.id if channel.parent else None}  # fmt: skip
            self.tell("THREAD_DELETE", data, channel, guild_intent=GUILDS, dm_intent=GUILDS)
        else:
            self.tell_guild("CHANNEL_DELETE", shapes.channel(channel, self.world), guild)
        self._forget(channel)
        self.changed()

    def _forget(self, channel: Channel) -> None:
        self.world.channels.pop(channel.id, None)
        if channel.guild is not None:
            channel.guild.channels.pop(channel.id, None)


def _would_be_empty(message: Message, draft: Draft) -> bool:
    pairs = ((draft.content, message.content), (draft.embeds, message.embeds), (draft.components, message.components))
    if any(old if new is None else new for new, old in pairs) or draft.uploads or message.poll:
        return False
    return not (message.attachments if draft.kept_attachments is None else draft.kept_attachments)


def _without_none(**fields: Any) -> Json:
    return {key: value for key, value in fields.items() if value is not None}
