"""Reactions: add, remove, list, clear (Message: Create Reaction … Delete All Reactions for Emoji)."""

from __future__ import annotations

from tests.emulators.discord import permissions, shapes
from tests.emulators.discord.call import Call, Table
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.state import Channel, Json, Message

routes = Table()
BASE = "/channels/{channel_id}/messages/{message_id}/reactions"


def _target(call: Call) -> tuple[Channel, Message]:
    channel = call.text_channel("READ_MESSAGE_HISTORY")
    return channel, call.message(channel)


@routes("PUT", BASE + "/{emoji}/@me", bucket="reaction")
def add(call: Call) -> None:
    channel, message = _target(call)
    key, _ = call.platform.emoji(call.params["emoji"])
    if key not in message.reactions:
        permissions.require(channel, call.bot.id, "ADD_REACTIONS")
    if message.author.blocks_bot:
        raise ApiError(90001)
    call.platform.react(message, call.bot, call.params["emoji"])


@routes("DELETE", BASE + "/{emoji}/@me", bucket="reaction")
def remove_own(call: Call) -> None:
    _, message = _target(call)
    call.platform.unreact(message, call.bot, call.params["emoji"])


@routes("DELETE", BASE + "/{emoji}/{user_id}", bucket="reaction")
def remove(call: Call) -> None:
    channel, message = _target(call)
    user = call.world.users.get(call.id("user_id"))
    if user is None:
        raise ApiError(10013)
    if user is not call.bot:
        permissions.require(channel, call.bot.id, "MANAGE_MESSAGES")
    call.platform.unreact(message, user, call.params["emoji"])


@routes("GET", BASE + "/{emoji}")
def users(call: Call) -> list[Json]:
    _, message = _target(call)
    limit = call.limit(default=25, high=100)
    key, _ = call.platform.emoji(call.params["emoji"])
    reaction = message.reactions.get(key)
    if reaction is None:
        return []
    who = sorted(reaction.users(burst=call.query.get("type") == "1"), key=int)
    after = int(call.query.get("after", "0"))
    return [shapes.user(call.world.users[u]) for u in who if int(u) > after][:limit]


@routes("DELETE", BASE)
def clear(call: Call) -> None:
    channel, message = _target(call)
    permissions.require(channel, call.bot.id, "MANAGE_MESSAGES")
    call.platform.clear_reactions(message)


@routes("DELETE", BASE + "/{emoji}")
def clear_emoji(call: Call) -> None:
    channel, message = _target(call)
    permissions.require(channel, call.bot.id, "MANAGE_MESSAGES")
    call.platform.clear_reactions(message, call.params["emoji"])
