"""Messages: list, send, edit, delete, publish (Message)."""

from __future__ import annotations

from tests.emulators.discord import permissions
from tests.emulators.discord.call import Call, Table
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.forms import refuse
from tests.emulators.discord.message_form import Draft, read
from tests.emulators.discord.platform import NONCE_SECONDS
from tests.emulators.discord.state import CROSSPOSTED, GUILD_ANNOUNCEMENT, GUILD_FORUM, Channel, Json, Message

routes = Table()
OLD_AFTER = 3600.0  # error 30046 speaks of messages older than one hour


@routes("GET", "/channels/{channel_id}/messages")
def history(call: Call) -> list[Json]:
    channel = call.text_channel()
    limit = call.limit(default=50, high=100)
    if not permissions.may(channel, call.bot.id, "READ_MESSAGE_HISTORY"):
        return []  # Get Channel Messages: without the permission no messages are returned
    messages = sorted(channel.messages.values(), key=lambda m: int(m.id), reverse=True)
    query = call.query
    if "around" in query:
        middle = int(query["around"])
        older = [m for m in messages if int(m.id) <= middle][: limit // 2 + 1]
        newer = [m for m in messages if int(m.id) > middle][-(limit // 2) :] if limit > 1 else []
        messages = [*newer, *older]
    elif "before" in query:
        messages = [m for m in messages if int(m.id) < int(query["before"])]
    elif "after" in query:
        messages = [m for m in messages if int(m.id) > int(query["after"])][-limit:]
    return [call.platform.show(m) for m in messages[:limit]]


@routes("GET", "/channels/{channel_id}/messages/{message_id}")
def message(call: Call) -> Json:
    channel = call.text_channel("READ_MESSAGE_HISTORY")
    return call.platform.show(call.message(channel))


@routes("POST", "/channels/{channel_id}/messages", bucket="send")
def send(call: Call) -> Json:
    channel = call.channel()
    if channel.type == GUILD_FORUM:
        raise ApiError(40058)
    channel = call.text_channel()
    draft = read(call.json, call.uploads)
    may_send(call, channel, draft)
    known = _same_nonce(call, channel, draft)
    if known is not None:
        return call.platform.show(known)
    replied, reference = _reply(call, channel, draft)
    kind = 19 if reference is not None else 0
    sent = call.platform.send(call.bot, channel, draft, type=kind, reference=reference, replied=replied)
    if draft.nonce is not None:
        call.platform.nonces[channel.id, str(draft.nonce)] = (sent.id, call.platform.clock())
    return call.platform.show(sent)


def may_send(call: Call, channel: Channel, draft: Draft) -> None:
    needed = ["SEND_MESSAGES_IN_THREADS" if channel.is_thread else "SEND_MESSAGES"]
    if draft.uploads:
        needed.append("ATTACH_FILES")
    if draft.embeds:
        needed.append("EMBED_LINKS")
    if draft.tts:
        needed.append("SEND_TTS_MESSAGES")
    permissions.require(channel, call.bot.id, *needed)
    if channel.guild is None:
        _may_write_to(call, channel)


def _may_write_to(call: Call, channel: Channel) -> None:
    user = call.world.users[next(r for r in channel.recipients if r != call.bot.id)]
    shared = any(user.id in g.members and call.bot.id in g.members for g in call.world.guilds.values())
    if user.blocks_bot or user.closed_dms or not shared:
        raise ApiError(50007)


def _same_nonce(call: Call, channel: Channel, draft: Draft) -> Message | None:
    """With enforce_nonce a repeated nonce gives the message that already exists; if that is gone, there is none."""
    if draft.nonce is None or not draft.enforce_nonce:
        return None
    message_id, when = call.platform.nonces.get((channel.id, str(draft.nonce)), ("", 0.0))
    if not message_id or call.platform.clock() - when > NONCE_SECONDS:
        return None
    if message_id not in channel.messages:
        raise ApiError(10008)
    return channel.messages[message_id]


def _reply(call: Call, channel: Channel, draft: Draft) -> tuple[Message | None, Json | None]:
    reference = draft.reference
    if reference is None:
        return None, None
    if not permissions.may(channel, call.bot.id, "READ_MESSAGE_HISTORY"):
        raise ApiError(160002)
    if reference.get("channel_id") not in (None, channel.id, int(channel.id)):
        words = "Cannot reply to a message in a different channel"
        raise refuse(("message_reference",), "REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL", words)
    target = channel.messages.get(str(reference["message_id"]))
    if target is None:
        if reference.get("fail_if_not_exists", True):
            raise refuse(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return None, None
    shape: Json = {"type": 0, "channel_id": channel.id, "message_id": target.id}
    if channel.guild is not None:
        shape["guild_id"] = channel.guild.id
    return target, shape


@routes("PATCH", "/channels/{channel_id}/messages/{message_id}", bucket="edit")
def edit(call: Call) -> Json:
    channel = call.text_channel()
    old = call.message(channel)
    call.platform.check_unarchived(channel)
    if old.author is not call.bot:
        # Others' messages: only their flags, and only with MANAGE_MESSAGES (Edit Message)
        if set(call.json) - {"flags"}:
            raise ApiError(50005)
        permissions.require(channel, call.bot.id, "MANAGE_MESSAGES")
    draft = read(call.json, call.uploads, old=old)
    _check_pace(call, old)
    return call.platform.show(call.platform.edit(old, draft))


def _check_pace(call: Call, old: Message) -> None:
    limits = call.platform.limits
    if old.flags & CROSSPOSTED:
        wait = limits.take("published_edit", old.id).retry_after
        if wait is not None:
            raise ApiError(20022, retry_after=wait)
    if call.platform.clock() - old.timestamp > OLD_AFTER:
        wait = limits.take("old_edit", old.channel.id).retry_after
        if wait is not None:
            raise ApiError(30046, retry_after=wait)


@routes("DELETE", "/channels/{channel_id}/messages/{message_id}")
def delete(call: Call) -> None:
    channel = call.text_channel()
    old = call.message(channel)
    call.platform.check_unarchived(channel)
    if old.author is not call.bot:
        if channel.guild is None:
            raise ApiError(50003)
        permissions.require(channel, call.bot.id, "MANAGE_MESSAGES")
    call.platform.delete(old)


@routes("POST", "/channels/{channel_id}/messages/bulk-delete")
def bulk_delete(call: Call) -> None:
    channel = call.text_channel("MANAGE_MESSAGES")
    ids = [str(i) for i in call.json.get("messages") or []]
    if not 2 <= len(ids) <= 100:
        raise ApiError(50016)
    found = [channel.messages[i] for i in ids if i in channel.messages]
    if any(call.platform.clock() - m.timestamp > 14 * 86_400 for m in found):
        raise ApiError(50034)
    for one in found:
        call.platform.delete(one)


@routes("POST", "/channels/{channel_id}/messages/{message_id}/crosspost", bucket="crosspost")
def crosspost(call: Call) -> Json:
    channel = call.channel("SEND_MESSAGES")
    if channel.type != GUILD_ANNOUNCEMENT:
        raise ApiError(50024)
    found = call.message(channel)
    if found.author is not call.bot:
        permissions.require(channel, call.bot.id, "MANAGE_MESSAGES")
    if found.flags & CROSSPOSTED:
        raise ApiError(40033)
    found.flags |= CROSSPOSTED
    call.platform.tell_message("MESSAGE_UPDATE", found)
    return call.platform.show(found)
