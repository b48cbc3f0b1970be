"""Methods that change what stands in a chat: edits, deletions, the bot's own reaction."""

from __future__ import annotations

import json
from typing import Any

from tests.emulators.telegram import keyboards, reactions
from tests.emulators.telegram.access import Need
from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.links import check_preview
from tests.emulators.telegram.model import Chat, Json, Message
from tests.emulators.telegram.shapes import message as shape
from tests.emulators.telegram.world import BotAccount

from .registry import Call, method
from .sending import Content, caption, input_media, text_content

DELETE_SECONDS = 48 * 3600  # Bot API page, deleteMessage
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


def may_edit(bot: BotAccount, chat: Chat, message: Message) -> bool:
    """A bot edits its own messages, at any age, and in channels those of others with the right to."""
    if message.service or message.is_automatic_forward:
        return False
    if not chat.is_broadcast:
        return message.author_bot_id == bot.id
    member = chat.members[bot.id]
    own = message.author_bot_id == bot.id and member.may("can_post_messages")
    return own or member.may("can_edit_messages")


def _target(call: Call) -> tuple[Chat, Message]:
    params = call.params
    if not params.text("chat_id") and not params.number("message_id"):
        if not params.text("inline_message_id"):
            raise bad("Message identifier is not specified")
        raise bad("MESSAGE_ID_INVALID")  # inline mode is not served
    chat, message = call.message(Need.EDIT, "message to edit")
    if not may_edit(call.bot, chat, message):
        raise bad("Message can't be edited")
    return chat, message


def _apply(call: Call, chat: Chat, message: Message, content: Content | None, keyboard: Json | None) -> Json:
    """Changes the message unless nothing would change. No reply_markup given means: no buttons any more."""
    before = shape(message)
    if content is not None:
        words = content.finished_words()
        message_words = (words.text, words.entities)
        check_preview(content.link_preview_options)
    else:
        message_words = (message.text, message.entities)
    call.spend(chat, 1)
    saved = (
        message.text,
        message.entities,
        message.picture,
        message.link_preview_options,
        message.show_caption_above_media,
        message.has_spoiler,
        message.keyboard,
    )
    message.text, message.entities = message_words
    if content is not None:
        if content.is_photo or message.picture is None:
            message.picture = content.picture
            message.link_preview_options = content.link_preview_options
        if content.is_photo:
            message.has_spoiler = content.spoiler
        message.show_caption_above_media = content.above
    message.keyboard = keyboard
    if shape(message) == before:
        (
            message.text,
            message.entities,
            message.picture,
            message.link_preview_options,
            message.show_caption_above_media,
            message.has_spoiler,
            message.keyboard,
        ) = saved
        raise bad(_NOT_MODIFIED)
    call.world.edited(message, by_bot=True)
    return shape(message)


def _keyboard(markup: Json | None, chat: Chat) -> Json | None:
    markup = keyboards.finish(markup, in_channel=chat.is_broadcast)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad("Inline keyboard expected")
    return markup


@method("editMessageText")
async def edit_message_text(call: Call) -> Json:
    content = text_content(call)
    markup = keyboards.read(call.params.text("reply_markup"))
    chat, message = _target(call)
    if message.picture:
        raise bad("There is no text in the message to edit")
    return _apply(call, chat, message, content, _keyboard(markup, chat))


@method("editMessageCaption")
async def edit_message_caption(call: Call) -> Json:
    markup = keyboards.read(call.params.text("reply_markup"))
    words = caption(call)
    chat, message = _target(call)
    if not message.picture:
        raise bad("There is no caption in the message to edit")
    above = call.params.flag("show_caption_above_media")
    content = Content(words, message.picture, above=above, spoiler=message.has_spoiler)
    return _apply(call, chat, message, content, _keyboard(markup, chat))


@method("editMessageMedia")
async def edit_message_media(call: Call) -> Json:
    markup = keyboards.read(call.params.text("reply_markup"))
    raw = call.params.required("media")
    try:
        given: Any = json.loads(raw)
    except ValueError:
        raise bad("Can't parse input media JSON object") from None
    content = input_media(call, given, for_album=False)
    chat, message = _target(call)
    keyboard = _keyboard(markup, chat)
    content.finished_words()
    if content.reference:
        content.picture = await call.world.files.find(content.reference)
    return _apply(call, chat, message, content, keyboard)


@method("editMessageReplyMarkup")
async def edit_message_reply_markup(call: Call) -> Json:
    markup = keyboards.read(call.params.text("reply_markup"))
    chat, message = _target(call)
    return _apply(call, chat, message, None, _keyboard(markup, chat))


def may_delete(bot: BotAccount, chat: Chat, message: Message, now: float) -> bool:
    young = now - message.date < DELETE_SECONDS
    if chat.type == "private":
        return young
    member = chat.members[bot.id]
    if member.may("can_delete_messages"):
        return True
    own = message.author_bot_id == bot.id
    return own and young and (not chat.is_broadcast or member.may("can_post_messages"))


@method("deleteMessage")
async def delete_message(call: Call) -> bool:
    chat, message = call.message(Need.WRITE, "message to delete")
    if not may_delete(call.bot, chat, message, call.world.clock()):
        own = message.author_bot_id == call.bot.id
        raise bad("message can't be deleted for everyone" if own else "message can't be deleted")
    call.spend(chat)
    call.world.delete(message)
    return True


@method("deleteMessages")
async def delete_messages(call: Call) -> bool:
    raw = call.params.text("message_ids")
    if not raw:
        raise bad("Message identifiers are not specified")
    try:
        ids: Any = json.loads(raw)
    except ValueError:
        raise bad("Can't parse message_ids JSON object") from None
    if not isinstance(ids, list):
        raise bad("Expected an Array of message identifiers")
    if len(ids) > 100:
        raise bad("Too many message identifiers specified")
    chat = call.chat(Need.WRITE)
    call.spend(chat)
    for message in [chat.messages[int(i)] for i in ids if int(i) in chat.messages]:  # unknown ones are skipped
        if may_delete(call.bot, chat, message, call.world.clock()):
            call.world.delete(message)
    return True


@method("setMessageReaction")
async def set_message_reaction(call: Call) -> bool:
    kinds = reactions.read(call.params.text("reaction"))
    chat, message = call.message(Need.READ, "message to react")
    message = call.world.reaction_target(message)
    if message.service:
        raise bad("MESSAGE_ID_INVALID")
    reactions.check(chat, message, kinds, bot=True)
    call.spend(chat)
    call.world.set_reactions(message, ("user", call.bot.id), kinds, by_bot=True)
    return True
