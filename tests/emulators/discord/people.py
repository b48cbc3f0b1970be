"""What people do: they found servers, invite the bot, talk and react. No rule of the REST API here.

A person can do only what the client would let them do; anything else raises Impossible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import permissions, shapes
from .errors import ApiError
from .gateway import GUILD_MEMBERS, GUILDS
from .message_form import Draft
from .state import (
    CROSSPOSTED,
    GUILD_ANNOUNCEMENT,
    GUILD_FORUM,
    GUILD_TEXT,
    REQUIRE_TAG,
    Channel,
    Emoji,
    Guild,
    Member,
    Message,
    Role,
    Tag,
    User,
)
from .using import Impossible, UsesApp

Overwrites = Mapping[str, Mapping[str, Iterable[str]]]


class People(UsesApp):
    """Mixed into the server; every method is async, and returns once the bot has been told."""

    # --- who and where ------------------------------------------------------------------------------------------------

    async def add_user(
        self, name: str, *, locale: str = "en-US", guild: Guild | None = None, bot: bool = False,
        display_name: str | None = None, permissions_: Iterable[str] = (),
    ) -> User:  # fmt: skip
        user = User(self.world.new_id(), name, display_name, bot, locale)
        self.world.users[user.id] = user
        if guild is not None:
            await self.join(user, guild, permissions_=permissions_)
        return user

    async def join(self, user: User, guild: Guild, *, permissions_: Iterable[str] = ()) -> Member:
        member = guild.members[user.id] = Member(user, self.platform.clock())
        if permissions_:
            role = await self.add_role(guild, f"role of {user.name}", permissions_)
            member.roles.append(role.id)
        data = shapes.member(member) | {"guild_id": guild.id}
        self.platform.tell_guild("GUILD_MEMBER_ADD", data, guild, GUILD_MEMBERS)
        return member

    async def leave(self, user: User, guild: Guild) -> None:
        del guild.members[user.id]
        data = {"guild_id": guild.id, "user": shapes.user(user)}
        self.platform.tell_guild("GUILD_MEMBER_REMOVE", data, guild, GUILD_MEMBERS)

    async def create_guild(
        self, name: str = "Investors", *, owner: User | None = None, preferred_locale: str = "en-US",
        everyone: Iterable[str] | None = None,
    ) -> Guild:  # fmt: skip
        owner = owner or await self.add_user(f"owner_of_{len(self.world.guilds)}")
        guild = Guild(self.world.new_id(), name, owner.id, preferred_locale)
        granted = permissions.EVERYONE_DEFAULT if everyone is None else permissions.bits(*everyone)
        guild.roles[guild.id] = Role(guild.id, "@everyone", granted, 0)
        guild.members[owner.id] = Member(owner, self.platform.clock())
        self.world.guilds[guild.id] = guild
        return guild

    async def add_role(self, guild: Guild, name: str, permissions_: Iterable[str] = (), **more: Any) -> Role:
        role = Role(self.world.new_id(), name, permissions.bits(*permissions_), len(guild.roles), **more)
        guild.roles[role.id] = role
        self.platform.tell_guild("GUILD_ROLE_CREATE", {"guild_id": guild.id, "role": shapes.role(role)}, guild)
        return role

    async def set_role(self, guild: Guild, role: Role, *permissions_: str) -> None:
        role.permissions = permissions.bits(*permissions_)
        self.platform.tell_guild("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": shapes.role(role)}, guild)

    async def add_emoji(self, guild: Guild, name: str) -> Emoji:
        emoji = Emoji(self.world.new_id(), name)
        guild.emojis[emoji.id] = emoji
        data = {"guild_id": guild.id, "emojis": [shapes.emoji(e) for e in guild.emojis.values()]}
        self.platform.tell_guild("GUILD_EMOJIS_UPDATE", data, guild, 1 << 3)
        return emoji

    async def set_locale(self, guild: Guild, locale: str) -> None:
        guild.preferred_locale = locale
        self.platform.tell_guild("GUILD_UPDATE", shapes.guild(guild), guild)

    async def invite_bot(self, guild: Guild, permissions_: Iterable[str] | int | None = None) -> Member:
        """The bot joins with a managed role of its own; GUILD_CREATE tells it."""
        if permissions_ is None:
            granted = permissions.BOT_DEFAULT
        else:
            granted = permissions_ if isinstance(permissions_, int) else permissions.bits(*permissions_)
        bot = self.world.bot
        role = Role(self.world.new_id(), bot.name, granted, len(guild.roles), managed_by=bot.id)
        guild.roles[role.id] = role
        member = guild.members[bot.id] = Member(bot, self.platform.clock(), [role.id])
        self.platform.gateway.dispatch(
            "GUILD_CREATE",
            lambda s: shapes.guild_create(
                guild, self.world, with_members=bool(s.intents & GUILD_MEMBERS), newly_joined=True
            ),
            intent=GUILDS,
            guild=guild,
        )
        return member

    async def kick_bot(self, guild: Guild) -> None:
        bot = self.world.bot
        for role_id in guild.members[bot.id].roles:
            guild.roles.pop(role_id, None)
        self.platform.tell_guild("GUILD_DELETE", {"id": guild.id}, guild)
        guild.members.pop(bot.id)

    async def set_bot_permissions(self, guild: Guild, *permissions_: str) -> None:
        for role_id in guild.members[self.world.bot.id].roles:
            await self.set_role(guild, guild.roles[role_id], *permissions_)

    async def guild_outage(self, guild: Guild, *, over: bool = False) -> None:
        """The server becomes unavailable (an outage, not a kick), or comes back."""
        if over:
            self.platform.gateway.dispatch(
                "GUILD_CREATE", shapes.guild_create(guild, self.world, with_members=False), intent=GUILDS, guild=guild
            )
        else:
            self.platform.tell_guild("GUILD_DELETE", {"id": guild.id, "unavailable": True}, guild)

    # --- channels -----------------------------------------------------------------------------------------------------

    async def create_text(self, guild: Guild, name: str = "news", **more: Any) -> Channel:
        return self._create(guild, GUILD_TEXT, name, **more)

    async def create_announcement(self, guild: Guild, name: str = "announcements", **more: Any) -> Channel:
        return self._create(guild, GUILD_ANNOUNCEMENT, name, **more)

    async def create_forum(
        self, guild: Guild, name: str = "stories", *, tags: Iterable[str] = (), require_tag: bool = False, **more: Any
    ) -> Channel:
        made = [Tag(self.world.new_id(), tag) for tag in tags]
        return self._create(guild, GUILD_FORUM, name, tags=made, flags=REQUIRE_TAG if require_tag else 0, **more)

    def _create(
        self, guild: Guild, kind: int, name: str, *, overwrites: Overwrites | None = None, **more: Any
    ) -> Channel:
        channel = Channel(self.world.new_id(), kind, name, guild, position=len(guild.channels), **more)
        guild.channels[channel.id] = self.world.channels[channel.id] = channel
        for target, rule in (overwrites or {}).items():
            self._overwrite(channel, target, rule.get("allow", ()), rule.get("deny", ()))
        self.platform.tell_guild("CHANNEL_CREATE", shapes.channel(channel, self.world), guild)
        return channel

    def _overwrite(self, channel: Channel, target: str, allow: Iterable[str], deny: Iterable[str]) -> None:
        """`target` is "everyone", "bot" (its own role) or the id of a role or member."""
        assert channel.guild is not None
        if target == "everyone":
            target = channel.guild.id
        elif target == "bot":
            roles = channel.guild.members[self.world.bot.id].roles
            target = roles[0] if roles else self.world.bot.id
        channel.overwrites[target] = (permissions.bits(*allow), permissions.bits(*deny))
        channel.overwrite_types[target] = 0 if target in channel.guild.roles else 1

    async def overwrite(
        self, channel: Channel, target: str, *, allow: Iterable[str] = (), deny: Iterable[str] = ()
    ) -> None:
        self._overwrite(channel, target, allow, deny)
        assert channel.guild is not None
        self.platform.tell_guild("CHANNEL_UPDATE", shapes.channel(channel, self.world), channel.guild)

    async def create_thread(
        self, user: User, parent: Channel, name: str, *, message: Message | None = None, text: str = ""
    ) -> Channel:
        """A thread in a text channel, on a message of it, or a forum post (then with its first message)."""
        thread = self.platform.new_thread(parent, user, name, message=message)
        if text:
            first = self.platform.new_message(user, thread, Draft(content=text))
            if parent.type == GUILD_FORUM:
                first.id = thread.id
            self.platform.post(first)
        return thread

    async def archive(self, thread: Channel, *, archived: bool = True, locked: bool | None = None) -> None:
        changes: dict[str, Any] = {"archived": archived}
        if locked is not None:
            changes["locked"] = locked
        self.platform.update_thread(thread, **changes)

    async def lock(self, thread: Channel, *, locked: bool = True) -> None:
        self.platform.update_thread(thread, locked=locked)

    async def delete_channel(self, channel: Channel) -> None:
        self.platform.delete_channel(channel)

    async def rename_channel(self, channel: Channel, name: str) -> None:
        channel.name = name
        if channel.is_thread:
            self.platform.update_thread(channel)
        else:
            assert channel.guild is not None
            self.platform.tell_guild("CHANNEL_UPDATE", shapes.channel(channel, self.world), channel.guild)

    # --- talking ------------------------------------------------------------------------------------------------------

    async def say(
        self, user: User, channel: Channel, content: str, *, reply_to: Message | None = None, ping: bool = True
    ) -> Message:
        self._must(channel, user, "SEND_MESSAGES_IN_THREADS" if channel.is_thread else "SEND_MESSAGES")
        draft = Draft(content=content)
        more: dict[str, Any] = {}
        if reply_to is not None:
            draft.allowed = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
            reference = {"type": 0, "channel_id": channel.id, "message_id": reply_to.id}
            if channel.guild is not None:
                reference["guild_id"] = channel.guild.id
            more = {"type": 19, "reference": reference, "replied": reply_to}
        try:
            return self.platform.send(user, channel, draft, **more)
        except ApiError as error:
            raise Impossible(error.message) from error

    async def whisper(self, user: User, content: str) -> Message:
        """A direct message to the bot."""
        channel = self.world.direct(user)
        return await self.say(user, channel, content)

    async def edit_message(self, user: User, message: Message, content: str) -> Message:
        if message.author is not user:
            raise Impossible("only one's own message")
        return self.platform.edit(message, Draft(content=content))

    async def delete_message(self, message: Message) -> None:
        self.platform.delete(message)

    async def publish(self, message: Message) -> None:
        message.flags |= CROSSPOSTED
        self.platform.tell_message("MESSAGE_UPDATE", message)

    # --- reactions ----------------------------------------------------------------------------------------------------

    async def react(self, user: User, message: Message, emoji: str, *, burst: bool = False) -> None:
        self._must(message.channel, user, "READ_MESSAGE_HISTORY")
        key, _ = self.platform.emoji(emoji)
        if key not in message.reactions:
            self._must(message.channel, user, "ADD_REACTIONS")
        try:
            self.platform.react(message, user, emoji, burst=burst)
        except ApiError as error:
            raise Impossible(error.message) from error

    async def unreact(self, user: User, message: Message, emoji: str, *, burst: bool = False) -> None:
        try:
            self.platform.unreact(message, user, emoji, burst=burst)
        except ApiError as error:
            raise Impossible(error.message) from error

    async def clear_reactions(self, message: Message, emoji: str | None = None) -> None:
        self.platform.clear_reactions(message, emoji)
