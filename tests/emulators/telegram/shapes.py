"""The nouns as Bot API objects: what a bot gets to read. Pure."""

from __future__ import annotations

from .model import (
    ADMIN_RIGHTS,
    ANONYMOUS_ADMIN_ID,
    CHANNEL_BOT_ID,
    CHANNEL_RIGHTS,
    GROUP_RIGHTS,
    PERMISSIONS,
    SERVICE_ID,
    Chat,
    Json,
    Member,
    Message,
    Picture,
    Press,
    User,
)

ANONYMOUS_ADMIN: Json = {
    "id": ANONYMOUS_ADMIN_ID,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
CHANNEL_BOT: Json = {"id": CHANNEL_BOT_ID, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
SERVICE: Json = {"id": SERVICE_ID, "is_bot": False, "first_name": "Telegram"}


def user(who: User) -> Json:
    shape: Json = {"id": who.id, "is_bot": who.is_bot, "first_name": who.first_name}
    for name in ("last_name", "username", "language_code"):
        if value := getattr(who, name):
            shape[name] = value
    if who.is_premium:
        shape["is_premium"] = True
    return shape


def chat(where: Chat) -> Json:
    shape: Json = {"id": where.id}
    if where.peer:
        shape["first_name"] = where.peer.first_name
        if where.peer.last_name:
            shape["last_name"] = where.peer.last_name
        if where.peer.username:
            shape["username"] = where.peer.username
    else:
        shape["title"] = where.title
        if where.username:
            shape["username"] = where.username
        if where.is_forum:
            shape["is_forum"] = True
    return shape | {"type": where.type}


def full_chat(where: Chat) -> Json:
    shape = chat(where) | {
        "accent_color_id": 0,
        "max_reaction_count": where.max_reaction_count,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }
    if where.username:
        shape["active_usernames"] = [where.username]
    if where.peer is None:
        # absent: every emoji; []: none
        if where.available_reactions is not None:
            shape["available_reactions"] = where.available_reactions
        if where.type in ("group", "supergroup"):
            shape["permissions"] = dict(where.permissions)
        if where.linked:
            shape["linked_chat_id"] = where.linked.id
    return shape


def member(of: Member, where: Chat) -> Json:
    shape: Json = {"user": user(of.user), "status": of.status}
    match of.status:
        case "creator":
            shape["is_anonymous"] = of.is_anonymous
        case "administrator":
            extra = CHANNEL_RIGHTS if where.is_broadcast else GROUP_RIGHTS
            shape |= {"can_be_edited": False, "is_anonymous": of.is_anonymous}
            shape |= {right: right in of.rights for right in (*ADMIN_RIGHTS, *extra)}
        case "restricted":
            shape |= {"is_member": True, "until_date": 0}
            shape |= {name: of.permissions.get(name, False) for name in PERMISSIONS}
        case "kicked":
            shape["until_date"] = 0
    return shape


def photo_sizes(picture: Picture) -> list[Json]:
    """The picture as sent and, if it is large, a small rendering, both as PhotoSize."""
    sizes = []
    if max(picture.width, picture.height) > 320:
        scale = 320 / max(picture.width, picture.height)
        sizes.append((round(picture.width * scale) or 1, round(picture.height * scale) or 1, "s"))
    sizes.append((picture.width, picture.height, ""))
    return [
        {
            "file_id": picture.file_id,
            "file_unique_id": picture.unique_id + suffix,
            "width": width,
            "height": height,
            "file_size": len(picture.data),
        }
        for width, height, suffix in sizes
    ]


def message(it: Message, *, nested: bool = False) -> Json:
    where = it.chat
    shape: Json = {"message_id": it.id}
    if it.is_automatic_forward:
        shape["from"] = SERVICE
    elif it.sender_chat and not where.is_broadcast:
        shape["from"] = ANONYMOUS_ADMIN if it.sender_chat is where else CHANNEL_BOT
    elif it.sender and not where.is_broadcast:
        shape["from"] = user(it.sender)
    if it.sender_chat:
        shape["sender_chat"] = chat(it.sender_chat)
    shape |= {"date": it.date, "chat": chat(where)}
    if it.forward_origin:
        shape["forward_origin"] = it.forward_origin
    if it.is_automatic_forward:
        shape["is_automatic_forward"] = True
    if it.thread_id is not None:
        shape["message_thread_id"] = it.thread_id
    if it.is_topic_message:
        shape["is_topic_message"] = True
    # in a forum every message of a topic answers at least the one that opened the topic
    answered = it.reply_to or (it.thread_id if it.is_topic_message and it.thread_id != it.id else None)
    if not nested and answered is not None and (original := where.messages.get(answered)):
        shape["reply_to_message"] = message(original, nested=True)
    if it.edit_date is not None:
        shape["edit_date"] = it.edit_date
    if it.media_group_id:
        shape["media_group_id"] = it.media_group_id
    return shape | _content(it) | it.service


def _content(it: Message) -> Json:
    shape: Json = {}
    if it.picture:
        shape["photo"] = photo_sizes(it.picture)
        if it.text:
            shape["caption"] = it.text
        if it.entities:
            shape["caption_entities"] = it.entities
        if it.show_caption_above_media:
            shape["show_caption_above_media"] = True
        if it.has_spoiler:
            shape["has_media_spoiler"] = True
    elif it.document:
        shape["document"] = {
            "file_name": it.document.name,
            "file_id": f"BQACAgQAAxkD{it.id}",
            "file_unique_id": f"AgAD{it.id}",
            "file_size": len(it.document.data),
        }
        if it.text:
            shape["caption"] = it.text
        if it.entities:
            shape["caption_entities"] = it.entities
    elif it.text:
        shape["text"] = it.text
        if it.entities:
            shape["entities"] = it.entities
    if it.link_preview_options:
        shape["link_preview_options"] = it.link_preview_options
    if it.keyboard:
        shape["reply_markup"] = it.keyboard
    return shape


def callback_query(press: Press, *, accessible: bool) -> Json:
    it = press.message
    shown = message(it) if accessible else {"chat": chat(it.chat), "message_id": it.id, "date": 0}
    return {
        "id": press.id,
        "from": user(press.user),
        "message": shown,
        "chat_instance": str(-(abs(it.chat.id) * 7919)),
        "data": press.data,
    }
