"""How a person uses the app: presses, selects, fills in forms, types commands. The bot hears it as an interaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from . import components_form, permissions, shapes
from .forms import Form
from .interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interaction
from .platform import Platform
from .state import TEXT_LIKE, Channel, Json, Message, User

SUB_COMMAND, SUB_COMMAND_GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER = range(1, 11)


class Impossible(Exception):
    """The client would not let this person do that."""


class UsesApp:
    """Mixed into the people: each method gives a handle from which a test reads what the person then saw."""

    platform: Platform

    @property
    def world(self) -> Any:
        return self.platform.world

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
        """Types a command; subcommands are written with spaces ("source add"). What the person's client shows in its
        language is typed so; the names that the bot hears are the declared ones."""
        command, nested, path = self._command(user, channel, name)
        resolved: Json = {}
        options = {self._declared(user, nested, typed): value for typed, value in (options or {}).items()}
        given = [self._option(user, channel, declared, options, resolved) for declared in nested]
        unknown = set(options) - {declared["name"] for declared in nested}
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
        # What is filled in already is given as it is; nothing is resolved while someone still types.
        filled = [o for o in nested if o["name"] in (options or {})]
        given = [self._option(user, channel, o, options or {}, {}) for o in filled]
        given.append({"name": option, "type": declared["type"], "value": typed, "focused": True})
        data = self._command_data(command, path, [g for g in given if g is not None])
        return self._interact(AUTOCOMPLETE, user, channel, data)

    # --- how an interaction is made -----------------------------------------------------------------------------------

    def _command(self, user: User, channel: Channel, name: str) -> tuple[Json, list[Json], list[Json]]:
        """(command, options at the chosen depth, subcommand groups and subcommands on the way)."""
        words = name.removeprefix("/").split()
        command = self._visible(user, channel, words[0])
        nested, path = command["options"], []
        for word in words[1:]:
            step = next((o for o in nested if _is_called(o, word, user) and o["type"] <= SUB_COMMAND_GROUP), None)
            if step is None:
                raise Impossible(f"/{name}: no subcommand {word!r}")
            path.append(step)
            nested = step.get("options") or []
        if any(o["type"] <= SUB_COMMAND_GROUP for o in nested):
            raise Impossible(f"/{name} needs a subcommand")
        return command, nested, path

    def _declared(self, user: User, nested: list[Json], typed: str) -> str:
        return next((str(option["name"]) for option in nested if _is_called(option, typed, user)), typed)

    def _visible(self, user: User, channel: Channel, name: str) -> Json:
        scopes = [self.world.commands.get(channel.guild_id, {})] if channel.guild else []
        for scope in [*scopes, self.world.commands[None]]:
            for command in scope.values():
                if _is_called(command, name, user) and command["type"] == 1:
                    self._may_use(user, channel, command)
                    return command
        raise Impossible(f"there is no command /{name}")

    def _may_use(self, user: User, channel: Channel, command: Json) -> None:
        contexts = command.get("contexts")
        here = 0 if channel.guild is not None else 1
        if contexts is not None and here not in contexts:
            raise Impossible(f"/{command['name']} can't be used here")
        if channel.type not in TEXT_LIKE:
            raise Impossible("nothing can be typed here")
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

    def _option(
        self, user: User, channel: Channel, declared: Json, given: Mapping[str, Any], resolved: Json
    ) -> Json | None:
        name, kind = declared["name"], declared["type"]
        if name not in given:
            if declared.get("required"):
                raise Impossible(f"option {name!r} is required")
            return None
        value = given[name]
        if kind == CHANNEL:
            value = self._chosen_channel(user, channel, declared, value, resolved)
        elif kind in (USER, ROLE, MENTIONABLE):
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
        elif channel.guild is not None and key in channel.guild.roles:
            resolved.setdefault("roles", {})[key] = shapes.role(channel.guild.roles[key])
        else:
            raise Impossible(f"nothing with the id {key} here")
        return str(key)

    def _chosen_channel(self, user: User, channel: Channel, declared: Json, value: Any, resolved: Json) -> str:
        """The client offers what the person sees of this server and of the option's types."""
        key = str(getattr(value, "id", value))
        target = self.world.channels.get(key)
        if target is None or target.guild is not channel.guild:
            raise Impossible(f"no channel with the id {key} here")
        self._must(target, user)
        if declared.get("channel_types") and target.type not in declared["channel_types"]:
            raise Impossible(f"option {declared['name']!r}: not a channel of this type")
        partial = shapes.only(shapes.channel(target, self.world), "id", "name", "type", "parent_id", "flags",
                              "thread_metadata", "guild_id", "position", "nsfw", "topic")  # fmt: skip
        # The computed permissions of who asks, overwrites included (Receiving and Responding: Resolved Data Structure).
        partial["permissions"] = str(permissions.of_channel(target, user.id))
        resolved.setdefault("channels", {})[key] = partial
        return key

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


def _is_called(item: Json, name: str, user: User) -> bool:
    """By what the client shows in its language; the default name finds it too."""
    return name in (item["name"], (item.get("name_localizations") or {}).get(user.locale))


def _check_value(declared: Json, value: Any) -> None:
    """What the client checks before it sends a command."""
    name, kind = declared["name"], declared["type"]
    types: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}
    right = types.get(kind, (object,))
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
