"""What people do: they found servers, invite the bot, talk, react, press, type commands. No rule of the REST API here.

A person can do only what the client would let them do; anything else raises Impossible.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from . import components_form, permissions, shapes
from .errors import ApiError
from .forms import Form
from .gateway import GUILD_MEMBERS, GUILDS
from .interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interaction
from .message_form import Draft
from .platform import Platform
from .state import (
    CROSSPOSTED,
    GUILD_ANNOUNCEMENT,
    GUILD_FORUM,
    GUILD_TEXT,
    REQUIRE_TAG,
    Channel,
    Emoji,
    Guild,
    Json,
    Member,
    Message,
    Role,
    Tag,
    User,
)

SUB_COMMAND, SUB_COMMAND_GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER = range(1, 11)
Overwrites = Mapping[str, Mapping[str, Iterable[str]]]


class Impossible(Exception):
    """The client would not let this person do that."""


class People:
    """Mixed into the server; every method is async, and returns once the bot has been told."""

    platform: Platform

    @property
    def world(self) -> Any:
        return self.platform.world

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

    # --- using the app ------------------------------------------------------------------------------------------------

    async def press(self, user: User, message: Message, button: str) -> Interaction:
        """Presses the button with this custom_id or label."""
        component = self._component(message, button)
        if component["type"] != components_form.BUTTON or component.get("style") in (5, 6):
            raise Impossible("that opens a link" if component.get("style") == 5 else "that is no button")
        return self._use(user, message, component, {})

    async def select(self, user: User, message: Message, menu: str, values: Iterable[str]) -> Interaction:
        component = self._component(message, menu)
        chosen = list(values)
        if component["type"] == components_form.STRING_SELECT:
            offered = {option["value"] for option in component["options"]}
            if not set(chosen) <= offered:
                raise Impossible(f"not among the options: {set(chosen) - offered}")
        if not component.get("min_values", 1) <= len(chosen) <= component.get("max_values", 1):
            raise Impossible("too few or too many values")
        return self._use(user, message, component, {"values": chosen})

    def _component(self, message: Message, wanted: str) -> Json:
        for component in components_form.walk(message.components):
            if wanted in (component.get("custom_id"), component.get("label")):
                if component.get("disabled"):
                    raise Impossible(f"{wanted!r} is greyed out")
                return component
        raise Impossible(f"{wanted!r} is not on the message")

    def _use(self, user: User, message: Message, component: Json, more: Json) -> Interaction:
        if message.private_to not in (None, user.id):
            raise Impossible("only its reader sees that message")
        self._must(message.channel, user)
        if message.channel.is_thread and message.channel.archived:
            raise Impossible("the thread is archived")
        data = {"custom_id": component["custom_id"], "component_type": component["type"],
                "id": component.get("id", 1)} | more  # fmt: skip
        return self._interact(COMPONENT, user, message.channel, data, source=message)

    async def submit(self, user: User, opened: Interaction, values: Mapping[str, str]) -> Interaction:
        """Fills in and sends the modal that an interaction opened."""
        if opened.modal is None:
            raise Impossible("no modal is open")
        rows = []
        for row in opened.modal["components"]:
            inner = row.get("component") or (row.get("components") or [None])[0]
            if inner is None:
                continue
            value = values.get(inner["custom_id"], inner.get("value") or "")
            if inner.get("required", True) and not value:
                raise Impossible(f"{inner['custom_id']!r} must be filled in")
            if len(value) > inner.get("max_length", 4000) or (value and len(value) < inner.get("min_length", 0)):
                raise Impossible(f"{inner['custom_id']!r} has the wrong length")
            filled: Json = {"type": inner["type"], "custom_id": inner["custom_id"], "id": inner.get("id", 1)}
            filled |= {"value": value} if inner["type"] == components_form.TEXT_INPUT else {"values": [value]}
            rows.append(
                {"type": 18, "component": filled} if "component" in row else {"type": 1, "components": [filled]}
            )
        data = {"custom_id": opened.modal["custom_id"], "components": rows, "resolved": {}}
        return self._interact(MODAL, user, opened.channel, data, source=opened.source)

    async def slash(
        self, user: User, channel: Channel, name: str, options: Mapping[str, Any] | None = None
    ) -> Interaction:
        """Types a command; subcommands are written with spaces ("source add")."""
        command, nested, path = self._command(user, channel, name)
        resolved: Json = {}
        given = [self._option(channel, declared, options or {}, resolved) for declared in nested]
        unknown = set(options or {}) - {declared["name"] for declared in nested}
        if unknown:
            raise Impossible(f"/{name} has no option {', '.join(sorted(unknown))}")
        data = self._command_data(command, path, [g for g in given if g is not None])
        if resolved:
            data["resolved"] = resolved
        return self._interact(COMMAND, user, channel, data)

    async def autocomplete(
        self, user: User, channel: Channel, name: str, option: str, typed: str,
        options: Mapping[str, Any] | None = None,
    ) -> Interaction:  # fmt: skip
        """Types into one option; the handle's `choices` are what the client would offer."""
        command, nested, path = self._command(user, channel, name)
        declared = next((o for o in nested if o["name"] == option), None)
        if declared is None or not declared.get("autocomplete"):
            raise Impossible(f"/{name} does not complete {option!r}")
        kinds = {o["name"]: o["type"] for o in nested}
        given = [{"name": k, "type": kinds[k], "value": v} for k, v in (options or {}).items()]
        given.append({"name": option, "type": declared["type"], "value": typed, "focused": True})
        return self._interact(AUTOCOMPLETE, user, channel, self._command_data(command, path, given))

    # --- how an interaction is made -----------------------------------------------------------------------------------

    def _command(self, user: User, channel: Channel, name: str) -> tuple[Json, list[Json], list[Json]]:
        """(command, options at the chosen depth, subcommand groups and subcommands on the way)."""
        words = name.removeprefix("/").split()
        command = self._visible(user, channel, words[0])
        nested, path = command["options"], []
        for word in words[1:]:
            step = next((o for o in nested if o["name"] == word and o["type"] <= SUB_COMMAND_GROUP), None)
            if step is None:
                raise Impossible(f"/{name}: no subcommand {word!r}")
            path.append(step)
            nested = step.get("options") or []
        if any(o["type"] <= SUB_COMMAND_GROUP for o in nested):
            raise Impossible(f"/{name} needs a subcommand")
        return command, nested, path

    def _visible(self, user: User, channel: Channel, name: str) -> Json:
        scopes = [self.world.commands.get(channel.guild_id, {})] if channel.guild else []
        for scope in [*scopes, self.world.commands[None]]:
            for command in scope.values():
                if command["name"] == name and command["type"] == 1:
                    self._may_use(user, channel, command)
                    return command
        raise Impossible(f"there is no command /{name}")

    def _may_use(self, user: User, channel: Channel, command: Json) -> None:
        contexts = command.get("contexts")
        here = 0 if channel.guild is not None else 1
        if contexts is not None and here not in contexts:
            raise Impossible(f"/{command['name']} can't be used here")
        self._must(channel, user, "USE_APPLICATION_COMMANDS")
        if channel.is_thread and channel.archived:
            raise Impossible("the thread is archived")
        if channel.guild is None:
            return
        if self.world.bot.id not in channel.guild.members:
            raise Impossible("the bot is not here")
        needed = command.get("default_member_permissions")
        granted = permissions.of_channel(channel, user.id)
        lacks = needed is not None and (int(needed) == 0 or granted & int(needed) != int(needed))
        if lacks and not granted & permissions.FLAG["ADMINISTRATOR"]:
            raise Impossible(f"/{command['name']} is not for this member")

    def _option(self, channel: Channel, declared: Json, given: Mapping[str, Any], resolved: Json) -> Json | None:
        name, kind = declared["name"], declared["type"]
        if name not in given:
            if declared.get("required"):
                raise Impossible(f"option {name!r} is required")
            return None
        value = given[name]
        if kind in (USER, CHANNEL, ROLE, MENTIONABLE):
            value = self._resolve(channel, kind, value, resolved)
        else:
            _check_value(declared, value)
        return {"name": name, "type": kind, "value": value}

    def _resolve(self, channel: Channel, kind: int, value: Any, resolved: Json) -> str:
        key = getattr(value, "id", value)
        if kind in (USER, MENTIONABLE) and key in self.world.users:
            resolved.setdefault("users", {})[key] = shapes.user(self.world.users[key])
            if channel.guild is not None and key in channel.guild.members:
                member = shapes.member(channel.guild.members[key], with_user=False)
                member["permissions"] = str(permissions.of_channel(channel, key))
                resolved.setdefault("members", {})[key] = member
        elif kind == CHANNEL:
            target = self.world.channels[key]
            partial = shapes.only(shapes.channel(target, self.world), "id", "name", "type", "parent_id", "flags",
                                  "thread_metadata", "guild_id", "position", "nsfw", "topic")  # fmt: skip
            resolved.setdefault("channels", {})[key] = partial | {"permissions": "0"}
        elif channel.guild is not None and key in channel.guild.roles:
            resolved.setdefault("roles", {})[key] = shapes.role(channel.guild.roles[key])
        else:
            raise Impossible(f"nothing with the id {key} here")
        return str(key)

    def _command_data(self, command: Json, path: list[Json], given: list[Json]) -> Json:
        for step in reversed(path):
            given = [{"name": step["name"], "type": step["type"], "options": given}]
        data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
        if given:
            data["options"] = given
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return data

    def _interact(
        self, kind: int, user: User, channel: Channel, data: Json, *, source: Message | None = None
    ) -> Interaction:
        guild = channel.guild
        payload: Json = {
            "id": self.world.new_id(), "application_id": self.world.application_id, "type": kind, "version": 1,
            "token": secrets.token_urlsafe(64), "data": data, "channel_id": channel.id,
            "channel": shapes.channel(channel, self.world), "locale": user.locale, "entitlements": [],
            "app_permissions": str(permissions.of_channel(channel, self.world.bot.id)),
            "authorizing_integration_owners": {"0": guild.id if guild else "0"}, "context": 0 if guild else 1,
            "attachment_size_limit": 10 * 1024 * 1024,
        }  # fmt: skip
        if guild is not None:
            member = shapes.member(guild.members[user.id])
            member["permissions"] = str(permissions.of_channel(channel, user.id))
            payload |= {
                "guild_id": guild.id, "member": member, "guild_locale": guild.preferred_locale,
                "guild": {"id": guild.id, "locale": guild.preferred_locale, "features": ["COMMUNITY", "NEWS"]},
            }  # fmt: skip
        else:
            payload["user"] = shapes.user(user)
        if source is not None:
            payload["message"] = shapes.message(source, self.world)
        interaction = Interaction(
            payload["id"], payload["token"], kind, user, channel, self.platform.clock(), payload, self.platform.clock,
            self.platform.wait_for, source, data=data,
        )  # fmt: skip
        self.platform.interactions[interaction.token] = interaction
        self.platform.gateway.dispatch("INTERACTION_CREATE", payload, intent=0, guild=guild)
        return interaction

    def _must(self, channel: Channel, user: User, *needed: str) -> None:
        if not permissions.may(channel, user.id, "VIEW_CHANNEL", *needed):
            raise Impossible(f"{user.name} may not: {', '.join(needed) or 'see the channel'}")


def _check_value(declared: Json, value: Any) -> None:
    """What the client checks before it sends a command."""
    name, kind = declared["name"], declared["type"]
    right = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}.get(kind, object)
    if not isinstance(value, right) or (kind in (INTEGER, NUMBER) and isinstance(value, bool)):
        raise Impossible(f"option {name!r}: {value!r} has the wrong type")
    choices = declared.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        raise Impossible(f"option {name!r}: {value!r} is not a choice")
    form = Form()
    if kind == STRING:
        low, high = declared.get("min_length", 0), declared.get("max_length", 6000)
        if not low <= len(value) <= high:
            form.bad_length((name,), low, high)
    elif kind in (INTEGER, NUMBER):
        if declared.get("min_value") is not None and value < declared["min_value"]:
            form.too_long((name,), declared["min_value"])
        if declared.get("max_value") is not None and value > declared["max_value"]:
            form.too_long((name,), declared["max_value"])
    if form.failed:
        raise Impossible(f"option {name!r}: {value!r} is out of bounds")


def plain(text: str) -> str:
    """A message's markup without its signs, for assertions on words."""
    return re.sub(r"[*_`~|>#]+", "", text)
