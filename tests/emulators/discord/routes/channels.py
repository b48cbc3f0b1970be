"""Channels as such: read, change, delete, typing (Channel)."""

from __future__ import annotations

from tests.emulators.discord import permissions, shapes
from tests.emulators.discord.call import Call, Table
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.forms import Form
from tests.emulators.discord.state import DM, GUILD_FORUM, Channel, Json

routes = Table()
ARCHIVE_MINUTES = (60, 1440, 4320, 10080)


@routes("GET", "/channels/{channel_id}")
def channel(call: Call) -> Json:
    return shapes.channel(call.channel(), call.world)


@routes("PATCH", "/channels/{channel_id}")
def change(call: Call) -> Json:
    found = call.channel()
    if found.type == DM:
        raise ApiError(50003)
    if found.is_thread:
        _change_thread(call, found)
    else:
        permissions.require(found, call.bot.id, "MANAGE_CHANNELS")
        form = Form()
        if "name" in call.json:
            found.name = form.text(("name",), call.json["name"], low=1, high=100, required=True)
        topic = form.text(("topic",), call.json.get("topic"), high=4096 if found.type == GUILD_FORUM else 1024)
        form.check()
        if "topic" in call.json:
            found.topic = topic or None
        assert found.guild is not None
        call.platform.tell_guild("CHANNEL_UPDATE", shapes.channel(found, call.world), found.guild)
    return shapes.channel(found, call.world)


def _change_thread(call: Call, thread: Channel) -> None:
    body = call.json
    moderator = permissions.may(thread, call.bot.id, "MANAGE_THREADS")
    unarchiving = body.get("archived") is False and set(body) <= {"archived", "locked"}
    if thread.archived and body.get("archived") is not False:
        raise ApiError(50083)
    if not moderator:
        _allow_member(call, thread, body, unarchiving=unarchiving)
    if thread.archived and body.get("archived") is False:
        call.platform.check_room(thread)
    form = Form()
    changes: Json = {}
    if "name" in body:
        changes["name"] = form.text(("name",), body["name"], low=1, high=100, required=True)
    for flag in ("archived", "locked"):
        if flag in body:
            changes[flag] = bool(body[flag])
    if "auto_archive_duration" in body:
        changes["auto_archive_minutes"] = archive_minutes(form, body["auto_archive_duration"])
    changes["rate_limit_per_user"] = form.integer(
        ("rate_limit_per_user",), body.get("rate_limit_per_user"), low=0, high=21600, default=thread.rate_limit_per_user
    )
    if "applied_tags" in body:
        changes["applied_tags"] = applied_tags(form, body["applied_tags"], thread.parent)
    form.check()
    call.platform.update_thread(thread, **changes)


def _allow_member(call: Call, thread: Channel, body: Json, *, unarchiving: bool) -> None:
    if unarchiving and not thread.locked:
        permissions.require(thread, call.bot.id, "SEND_MESSAGES_IN_THREADS")
    elif thread.owner_id != call.bot.id or "locked" in body or thread.locked:
        raise ApiError(50013)


def archive_minutes(form: Form, value: object) -> int:
    if value not in ARCHIVE_MINUTES:
        form.choices(("auto_archive_duration",), ARCHIVE_MINUTES)
        return 1440
    assert isinstance(value, int)
    return value


def applied_tags(form: Form, value: object, forum: Channel | None) -> list[str]:
    tags = [str(tag) for tag in form.listed(("applied_tags",), value)]
    if len(tags) > 5:
        form.too_long(("applied_tags",), 5)
    known = {tag.id for tag in forum.tags} if forum else set()
    if any(tag not in known for tag in tags):
        raise ApiError(10087)
    return tags


@routes("DELETE", "/channels/{channel_id}")
def delete(call: Call) -> Json:
    found = call.channel()
    shape = shapes.channel(found, call.world)
    if found.type == DM:
        return shape
    permissions.require(found, call.bot.id, "MANAGE_THREADS" if found.is_thread else "MANAGE_CHANNELS")
    call.platform.delete_channel(found)
    return shape


@routes("POST", "/channels/{channel_id}/typing")
def typing(call: Call) -> None:
    found = call.text_channel()
    permissions.require(found, call.bot.id, "SEND_MESSAGES_IN_THREADS" if found.is_thread else "SEND_MESSAGES")
    call.platform.typing.append((found.id, call.bot.id))
    call.platform.changed()
