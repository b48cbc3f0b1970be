"""May this bot do this here? Chats, rights, topics and replies, checked in the server's order and words.

Sources: Client.cpp check_chat, check_chat_access, check_message, check_reply_parameters; the words about rights are
td's can_send_message.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

from .errors import ApiError, bad, forbidden
from .model import GENERAL_TOPIC, Chat, Json, Message
from .world import BotAccount, World


class Need(Enum):
    READ = 0
    MEMBERS = 1
    EDIT = 2
    WRITE = 3


def _integer(raw: str) -> int:
    try:
        return int(raw)
    except ValueError:
        return 0


def find_chat(world: World, bot: BotAccount, raw: str) -> Chat:
    if not raw:
        raise bad("chat_id is empty")
    chat: Chat | None = None
    if raw.startswith("@"):
        wanted = raw[1:].lower()
        chat = next((c for c in world.chats.values() if c.username and c.username.lower() == wanted), None)
    elif (chat_id := _integer(raw)) > 0:
        chat = world.private.get((bot.id, chat_id))
        if chat is None and (who := world.users.get(chat_id)):
            if who.is_bot:
                raise forbidden("bot can't send messages to bots")
            if any(chat_id in c.members and bot.id in c.members for c in world.chats.values()):
                raise forbidden("bot can't initiate conversation with a user")
    else:
        chat = world.chats.get(chat_id)
        if chat and bot.id not in chat.members and not chat.username:
            chat = None
    if chat is None:
        raise bad("chat not found")
    return chat


def chat_for(world: World, bot: BotAccount, raw: str, need: Need) -> Chat:
    chat = find_chat(world, bot, raw)
    writes = need is Need.WRITE
    edits = writes or need is Need.EDIT
    if chat.type == "private":
        assert chat.peer is not None
        if chat.peer.deactivated and edits:
            raise forbidden("user is deactivated")
        if chat.blocked and edits:
            raise forbidden("bot was blocked by the user")
        return chat
    member = chat.members.get(bot.id)
    if chat.type == "group":
        writes, edits = (True, True) if need is Need.MEMBERS else (writes, edits)
        if chat.migrated_to:
            if writes:
                raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to.id)
            return chat
        if member and member.status == "kicked" and edits:
            raise forbidden("bot was kicked from the group chat")
        if (member is None or not member.is_present) and edits:
            raise forbidden("bot is not a member of the group chat")
        return chat
    if member and member.status == "kicked":
        raise forbidden(f"bot was kicked from the {chat.type} chat")
    needs_membership = edits if chat.username else True
    if (member is None or not member.is_present) and needs_membership:
        raise forbidden(f"bot is not a member of the {chat.type} chat")
    return chat


def message_for(
    world: World, bot: BotAccount, raw_chat: str, raw_message: str, need: Need, what: str
) -> tuple[Chat, Message]:
    """`what` is the server's name of the message, as in "message to edit"."""
    chat = chat_for(world, bot, raw_chat, need)
    message = chat.messages.get(_integer(raw_message))
    if message is None:
        raise bad(f"{what} not found")
    return chat, message


def may_send(chat: Chat, bot: BotAccount, *, photo: bool) -> None:
    """td's can_send_message and can_send_message_content."""
    if chat.type == "private":
        return
    member = chat.members[bot.id]
    if chat.is_broadcast:
        if not member.may("can_post_messages"):
            raise bad("need administrator rights in the channel chat")
        return
    if member.is_admin:
        return
    permission = "can_send_photos" if photo else "can_send_messages"
    allowed = chat.permissions.get(permission, True)
    if member.status == "restricted":
        allowed = allowed and member.permissions.get(permission, False)
    if not allowed:
        raise bad(f"not enough rights to send {'photos' if photo else 'text messages'} to the chat")


def thread_for(chat: Chat, raw: str) -> int | None:
    """The message thread a message goes to. General is the absence of a thread: naming it is an error."""
    if not raw or (thread := _integer(raw)) <= 0:
        return None
    if chat.is_forum:
        topic = chat.topics.get(thread)
        if thread == GENERAL_TOPIC or topic is None or topic.deleted:
            raise bad("message thread not found")
        return thread
    if chat.type == "supergroup" and any(message.thread_id == thread for message in chat.messages.values()):
        raise bad("message thread is not a forum topic thread")  # of replies: it can be answered, not written to
    raise bad("message thread not found")


def thread_open(chat: Chat, bot: BotAccount, thread: int | None) -> None:
    """The server's own check: only those who manage topics may write in a closed one."""
    if not chat.is_forum:
        return
    closed = chat.general_closed if thread is None else chat.topics[thread].closed
    if closed and not chat.members[bot.id].may("can_manage_topics"):
        raise bad("TOPIC_CLOSED")


# Names of messages.sendMessage's page that are about the place and not about the message.
SERVER_REFUSALS = frozenset(
    [
        "ALLOW_PAYMENT_REQUIRED_5",
        "CHANNEL_INVALID",
        "CHANNEL_PRIVATE",
        "CHAT_ADMIN_REQUIRED",
        "CHAT_GUEST_SEND_FORBIDDEN",
        "CHAT_ID_INVALID",
        "CHAT_RESTRICTED",
        "CHAT_SEND_PLAIN_FORBIDDEN",
        "CHAT_WRITE_FORBIDDEN",
        "INPUT_USER_DEACTIVATED",
        "PEER_ID_INVALID",
        "USER_BANNED_IN_CHANNEL",
        "USER_IS_BLOCKED",
        "YOU_BLOCKED_USER",
    ]
)
_TRANSLATED = {"INPUT_USER_DEACTIVATED": "user is deactivated", "USER_IS_BLOCKED": "bot was blocked by the user"}


def servers_let_in(chat: Chat) -> None:
    """What the servers know of the chat and the Bot API server doesn't (Client.cpp fail_query_with_error): all but two
    of their names reach the bot as they are, and as 400 even where they are 403 or 406."""
    if chat.shut in _TRANSLATED:
        raise forbidden(_TRANSLATED[chat.shut])
    if chat.shut:
        raise bad(chat.shut)


def read_reply(raw: str, legacy_id: str, legacy_lenient: bool) -> Json:
    if not raw:
        return {"message_id": max(0, _integer(legacy_id)), "allow_sending_without_reply": legacy_lenient}
    try:
        given: Any = json.loads(raw)
    except ValueError:
        raise bad("Can't parse reply parameters JSON object") from None
    if not isinstance(given, dict):
        raise bad("Object expected as reply parameters")
    if not given:
        return {"message_id": 0}
    if "message_id" not in given:
        raise bad('Can\'t find field "message_id"')
    if isinstance(given["message_id"], bool) or not str(given["message_id"]).lstrip("-").isdigit():
        raise bad('Field "message_id" must be a valid Number')
    return {**given, "message_id": int(given["message_id"])}


def reply_for(world: World, bot: BotAccount, chat: Chat, reply: Json) -> Message | None:
    if reply["message_id"] <= 0:
        return None
    where = chat
    if reply.get("chat_id") and str(reply["chat_id"]) not in (str(chat.id), "@" + chat.username):
        where = chat_for(world, bot, str(reply["chat_id"]), Need.READ)
    message = where.messages.get(reply["message_id"])
    if message is None and not reply.get("allow_sending_without_reply"):
        raise bad("message to be replied not found")
    return message


def not_enough(text: str) -> ApiError:
    return bad(f"not enough rights {text}")
