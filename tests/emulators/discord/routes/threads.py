"""Threads and forum posts: start, join, list (Channel: Start Thread … List Public Archived Threads)."""

from __future__ import annotations

from datetime import datetime

from tests.emulators.discord import permissions, shapes
from tests.emulators.discord.call import Call, Reply, Table
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.forms import Form
from tests.emulators.discord.message_form import read
from tests.emulators.discord.state import (
    ANNOUNCEMENT_THREAD,
    GUILD_ANNOUNCEMENT,
    GUILD_FORUM,
    GUILD_TEXT,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    REQUIRE_TAG,
    Channel,
    Json,
)

from .channels import applied_tags, archive_minutes

routes = Table()


def _name_and_minutes(form: Form, body: Json) -> tuple[str, int | None]:
    name = form.text(("name",), body.get("name"), low=1, high=100, required=True)
    minutes = None
    if body.get("auto_archive_duration") is not None:
        minutes = archive_minutes(form, body["auto_archive_duration"])
    return name, minutes


@routes("POST", "/channels/{channel_id}/messages/{message_id}/threads")
def start_from_message(call: Call) -> Reply:
    channel = call.channel()
    if channel.type not in (GUILD_TEXT, GUILD_ANNOUNCEMENT):
        raise ApiError(50003 if channel.guild is None else 50024)
    message = call.message(channel)
    permissions.require(channel, call.bot.id, "CREATE_PUBLIC_THREADS")
    form = Form()
    name, minutes = _name_and_minutes(form, call.json)
    form.check()
    if message.thread is not None:
        raise ApiError(160004)
    thread = call.platform.new_thread(channel, call.bot, name, minutes=minutes, message=message)
    return Reply(201, shapes.channel(thread, call.world))


@routes("POST", "/channels/{channel_id}/threads")
def start(call: Call) -> Reply:
    channel = call.channel()
    if channel.type == GUILD_FORUM:
        return _forum_post(call, channel)
    if channel.type not in (GUILD_TEXT, GUILD_ANNOUNCEMENT):
        raise ApiError(50003 if channel.guild is None else 50024)
    form = Form()
    name, minutes = _name_and_minutes(form, call.json)
    kind = form.integer(("type",), call.json.get("type"), default=PRIVATE_THREAD)
    allowed = (ANNOUNCEMENT_THREAD,) if channel.type == GUILD_ANNOUNCEMENT else (PUBLIC_THREAD, PRIVATE_THREAD)
    if kind not in allowed:
        form.choices(("type",), allowed)
    form.check()
    needed = "CREATE_PRIVATE_THREADS" if kind == PRIVATE_THREAD else "CREATE_PUBLIC_THREADS"
    permissions.require(channel, call.bot.id, needed)
    thread = call.platform.new_thread(channel, call.bot, name, kind=kind, minutes=minutes)
    return Reply(201, shapes.channel(thread, call.world))


def _forum_post(call: Call, forum: Channel) -> Reply:
    permissions.require(forum, call.bot.id, "SEND_MESSAGES")
    form = Form()
    name, minutes = _name_and_minutes(form, call.json)
    if call.json.get("message") is None:
        form.required(("message",))
    form.check()
    tags = applied_tags(form, call.json.get("applied_tags"), forum)
    form.check()
    if forum.flags & REQUIRE_TAG and not tags:
        raise ApiError(40067)
    draft = read(call.json["message"], call.uploads)
    needed = [*(["ATTACH_FILES"] if draft.uploads else []), *(["EMBED_LINKS"] if draft.embeds else [])]
    permissions.require(forum, call.bot.id, *needed)
    platform = call.platform
    thread = platform.new_thread(forum, call.bot, name, kind=PUBLIC_THREAD, minutes=minutes, tags=tags, announce=False)
    starter = platform.new_message(call.bot, thread, draft)
    starter.id = thread.id  # a forum post and its first message share one id
    platform.announce_thread(thread)
    platform.post(starter)
    return Reply(201, shapes.channel(thread, call.world) | {"message": platform.show(starter)})


@routes("GET", "/channels/{channel_id}/threads/archived/public")
def archived(call: Call) -> Json:
    channel = call.channel("READ_MESSAGE_HISTORY")
    limit = call.limit(default=50, high=100)
    found = [
        t
        for t in (channel.guild.threads() if channel.guild else [])
        if t.parent is channel and t.archived and t.type in (PUBLIC_THREAD, ANNOUNCEMENT_THREAD)
    ]
    found.sort(key=lambda t: t.archive_timestamp, reverse=True)
    if "before" in call.query:
        before = datetime.fromisoformat(call.query["before"]).timestamp()
        found = [t for t in found if t.archive_timestamp < before]
    members = [shapes.thread_member(t, call.bot.id) for t in found[:limit] if call.bot.id in t.thread_members]
    return {
        "threads": [shapes.channel(t, call.world) for t in found[:limit]],
        "members": members,
        "has_more": len(found) > limit,
    }


def _thread(call: Call) -> Channel:
    thread = call.channel()
    if not thread.is_thread:
        raise ApiError(50024)
    return thread


@routes("GET", "/channels/{channel_id}/thread-members")
def members(call: Call) -> list[Json]:
    thread = _thread(call)
    return [shapes.thread_member(thread, user_id) for user_id in thread.thread_members]


@routes("GET", "/channels/{channel_id}/thread-members/{user_id}")
def member(call: Call) -> Json:
    thread = _thread(call)
    if call.id("user_id") not in thread.thread_members:
        raise ApiError(10007)
    return shapes.thread_member(thread, call.id("user_id"))


@routes("PUT", "/channels/{channel_id}/thread-members/{user_id}")
def join(call: Call) -> None:
    thread = _thread(call)
    call.platform.check_unarchived(thread)
    user_id = call.id("user_id")
    if user_id not in thread.thread_members:
        thread.thread_members[user_id] = call.platform.clock()
        call.platform.tell_members(thread, user_id, joined=True)


@routes("DELETE", "/channels/{channel_id}/thread-members/{user_id}")
def leave(call: Call) -> None:
    thread = _thread(call)
    call.platform.check_unarchived(thread)
    user_id = call.id("user_id")
    if user_id != call.bot.id:
        permissions.require(thread, call.bot.id, "MANAGE_THREADS")
    if thread.thread_members.pop(user_id, None) is not None:
        call.platform.tell_members(thread, user_id, joined=False)
