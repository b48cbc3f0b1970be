"""Methods about chats: what they are, who is in them, their topics, and leaving them."""

from __future__ import annotations

from dataclasses import replace

from tests.emulators.telegram.access import Need, not_enough
from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.model import GENERAL_TOPIC, Chat, Json, Member, Message, Topic
from tests.emulators.telegram.shapes import full_chat
from tests.emulators.telegram.shapes import member as shape

from .registry import Call, method

ICON_COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)  # Bot API page, createForumTopic
MAX_TOPIC_NAME = 128


@method("getChat")
async def get_chat(call: Call) -> Json:
    chat = call.chat()
    call.spend(chat)
    return full_chat(chat)


@method("getChatMember")
async def get_chat_member(call: Call) -> Json:
    chat = call.chat(Need.MEMBERS)
    user_id = call.params.number("user_id")
    if user_id <= 0:
        raise bad("Invalid user_id specified")
    call.spend(chat)
    if chat.type == "private":
        for who in (chat.peer, call.bot.user):
            if who and who.id == user_id:
                return shape(Member(who, "member"), chat)
        raise bad("member not found")
    if found := chat.members.get(user_id):
        return shape(found, chat)
    if user_id not in call.world.users:
        raise bad("PARTICIPANT_ID_INVALID")
    if chat.is_broadcast:
        raise bad("member not found")
    return shape(Member(call.world.users[user_id], "left"), chat)


@method("getChatAdministrators")
async def get_chat_administrators(call: Call) -> list[Json]:
    chat = call.chat(Need.MEMBERS)
    if chat.type == "private":
        raise bad("there are no administrators in the private chat")
    call.spend(chat)
    # the page: other bots are left out
    admins = [m for m in chat.members.values() if m.is_admin and (not m.user.is_bot or m.user is call.bot.user)]
    return [shape(admin, chat) for admin in admins]


@method("getChatMemberCount", "getChatMembersCount")
async def get_chat_member_count(call: Call) -> int:
    chat = call.chat(Need.MEMBERS)
    call.spend(chat)
    return 2 if chat.type == "private" else sum(member.is_present for member in chat.members.values())


@method("leaveChat")
async def leave_chat(call: Call) -> bool:
    chat = call.chat(Need.READ)
    if chat.type == "private":
        raise bad("chat member status can't be changed in private chats")
    call.world.set_member(chat, replace(chat.members[call.bot.id], status="left", rights=frozenset()), by=call.bot.user)
    return True


def _forum(call: Call) -> Chat:
    chat = call.chat(Need.WRITE)
    if not chat.is_forum:
        raise bad("the chat is not a forum")
    return chat


def announce(call: Call, chat: Chat, thread: int | None, **service: Json) -> Message:
    message = Message(
        id=call.world.next_message_id(chat),
        chat=chat,
        date=call.world.date,
        sender=call.bot.user,
        thread_id=thread,
        is_topic_message=thread is not None,
        service=dict(service),
    )
    return call.world.post(chat, message)


@method("createForumTopic")
async def create_forum_topic(call: Call) -> Json:
    name = call.params.text("name").strip()
    color = call.params.number("icon_color", ICON_COLORS[0])
    chat = _forum(call)
    if not chat.members[call.bot.id].may("can_manage_topics"):
        raise not_enough("to create a topic")
    if not name:
        raise bad("TOPIC_TITLE_EMPTY")
    if len(name) > MAX_TOPIC_NAME or color not in ICON_COLORS:
        raise bad("TOPIC_TITLE_INVALID" if len(name) > MAX_TOPIC_NAME else "TOPIC_ICON_COLOR_INVALID")
    call.spend(chat, 1)
    topic = open_topic(call, chat, name, color)
    return {"message_thread_id": topic.id, "name": name, "icon_color": color}


def open_topic(call: Call, chat: Chat, name: str, color: int) -> Topic:
    topic = Topic(chat.last_message_id + 1, name, color)
    chat.topics[topic.id] = topic
    announce(call, chat, topic.id, forum_topic_created={"name": name, "icon_color": color})
    return topic


def _topic(call: Call) -> tuple[Chat, Topic]:
    chat = _forum(call)
    thread = call.params.number("message_thread_id")
    topic = chat.topics.get(thread)
    if topic is None or topic.deleted or thread == GENERAL_TOPIC:
        raise bad("TOPIC_ID_INVALID")
    if not chat.members[call.bot.id].may("can_manage_topics"):
        raise not_enough("to delete the topic" if call.method == "deleteForumTopic" else "to close or open the topic")
    return chat, topic


@method("closeForumTopic", "reopenForumTopic")
async def toggle_forum_topic(call: Call) -> bool:
    chat, topic = _topic(call)
    closing = call.method == "closeForumTopic"
    if topic.closed == closing:
        raise bad("TOPIC_NOT_MODIFIED")
    call.spend(chat)
    topic.closed = closing
    service: Json = {}
    announce(call, chat, topic.id, **{"forum_topic_closed" if closing else "forum_topic_reopened": service})
    return True


@method("closeGeneralForumTopic", "reopenGeneralForumTopic")
async def toggle_general_topic(call: Call) -> bool:
    chat = _forum(call)
    if not chat.members[call.bot.id].may("can_manage_topics"):
        raise not_enough("to close or open the topic")
    closing = call.method == "closeGeneralForumTopic"
    if chat.general_closed == closing:
        raise bad("TOPIC_NOT_MODIFIED")
    chat.general_closed = closing
    call.world.touch()
    return True


@method("deleteForumTopic")
async def delete_forum_topic(call: Call) -> bool:
    chat, topic = _topic(call)
    call.spend(chat)
    topic.deleted = True
    for message in [m for m in chat.messages.values() if m.thread_id == topic.id]:
        call.world.delete(message)
    return True
