"""Methods that put messages into chats, in the order in which the server checks them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.emulators.telegram import keyboards
from tests.emulators.telegram.access import (
    Need,
    may_send,
    read_reply,
    reply_for,
    servers_let_in,
    thread_for,
    thread_open,
)
from tests.emulators.telegram.errors import ApiError, bad
from tests.emulators.telegram.links import check_preview
from tests.emulators.telegram.model import Document, Json, Message, Picture
from tests.emulators.telegram.shapes import message as shape
from tests.emulators.telegram.text import CAPTION_LIMIT, TEXT_LIMIT, Formatted, entities_parameter, finish, read

from .registry import Call, method

ALBUM = (2, 10)
MAX_DOCUMENT = 50 * 1024 * 1024  # Bot API page, sendDocument


@dataclass(slots=True)
class Content:
    """What is to be sent or put in place of something: a text, or a picture with its caption."""

    words: Formatted
    picture: Picture | None = None
    reference: str = ""  # of a picture not yet fetched
    link_preview_options: Json | None = None
    above: bool = False
    spoiler: bool = False
    document: Document | None = None

    @property
    def is_photo(self) -> bool:
        return self.picture is not None or bool(self.reference)

    def finished_words(self) -> Formatted:
        if self.is_photo or self.document is not None:
            return finish(self.words, limit=CAPTION_LIMIT, allow_empty=True)
        return finish(self.words, limit=TEXT_LIMIT)


def text_content(call: Call) -> Content:
    params = call.params
    preview = link_preview(call)
    if not params.text("text"):
        raise bad("Message text is empty")
    words = read(params.text("text"), params.text("parse_mode"), entities_parameter(params.text("entities")))
    return Content(words, link_preview_options=preview)


def link_preview(call: Call) -> Json | None:
    raw = call.params.text("link_preview_options")
    if not raw:
        return {"is_disabled": True} if call.params.flag("disable_web_page_preview") else None
    try:
        given: Any = json.loads(raw)
    except ValueError:
        raise bad("Can't parse link preview options JSON object") from None
    if not isinstance(given, dict):
        raise bad("Object expected as link preview options")
    for name in ("is_disabled", "prefer_small_media", "prefer_large_media", "show_above_text"):
        if name in given and not isinstance(given[name], bool):
            raise bad(f'Field "{name}" must be of type Boolean')
    if "url" in given and not isinstance(given["url"], str):
        raise bad('Field "url" must be of type String')
    return {name: value for name, value in given.items() if value} or None


def caption(call: Call) -> Formatted:
    params = call.params
    return read(params.text("caption"), params.text("parse_mode"), entities_parameter(params.text("caption_entities")))


def photo_reference(call: Call, reference: str, field: str = "") -> tuple[Picture | None, str]:
    """An uploaded picture at once, or the file id or URL to look up later; (None, "") if there is neither."""
    if reference.startswith("attach://"):
        field, reference = reference.removeprefix("attach://"), ""
    if reference:
        return None, reference
    data = call.params.files.get(field)
    return (call.world.files.keep(data), "") if data is not None else (None, "")


def input_media(call: Call, raw: Any, *, for_album: bool) -> Content:
    """One InputMedia: Client.cpp get_input_media. Only photos are served here."""
    try:
        if not isinstance(raw, dict):
            raise bad("expected an Object")
        words = read(str(raw.get("caption") or ""), str(raw.get("parse_mode") or ""), raw.get("caption_entities"))
        picture, reference = photo_reference(call, str(raw.get("media") or ""))
        if picture is None and not reference:
            raise bad("media not found")
        if "type" not in raw:
            raise bad('Can\'t find field "type"')
        kind = raw["type"]
        if for_album and kind == "animation":
            raise bad(f'type "{kind}" can\'t be used in sendMediaGroup')
        if kind != "photo":
            raise bad(f'type "{kind}" is unsupported')
    except ApiError as error:
        if "PHOTO" in error.description or "IMAGE" in error.description or "big" in error.description:
            raise
        raise bad(f"Can't parse InputMedia: {error.description.removeprefix('Bad Request: ')}") from None
    above, spoiler = bool(raw.get("show_caption_above_media")), bool(raw.get("has_spoiler"))
    return Content(words, picture, reference, None, above, spoiler)


async def deliver(call: Call, contents: list[Content], *, with_markup: bool = True) -> list[Message]:
    """Checks the place, then the content, then the limits, and sends; an album if there are several."""
    params, world, bot = call.params, call.world, call.bot
    reply = read_reply(
        params.text("reply_parameters"), params.text("reply_to_message_id"), params.flag("allow_sending_without_reply")
    )
    markup = keyboards.read(params.text("reply_markup")) if with_markup else None
    chat = call.chat(Need.WRITE)
    answered = reply_for(world, bot, chat, reply)
    thread = thread_for(chat, params.text("message_thread_id"))
    may_send(chat, bot, photo=contents[0].is_photo)
    markup = keyboards.finish(markup, in_channel=chat.is_broadcast)
    words = [content.finished_words() for content in contents]
    for number, content in enumerate(contents, 1):
        if content.reference:
            content.picture = await _fetched(call, content.reference, number if len(contents) > 1 else 0)
    chat = call.chat(Need.WRITE)  # a fetch takes its time, and the bot may be gone by now
    if thread is None and chat.is_forum and answered and answered.chat is chat:
        thread = answered.thread_id  # an answer goes where the question was
    thread_open(chat, bot, thread)
    servers_let_in(chat)
    for content in contents:
        check_preview(content.link_preview_options)
    call.spend(chat, len(contents))
    group_id = str(13_000_000_000_000_000 + next(world.numbers)) if len(contents) > 1 else None
    sent = []
    for content, formatted in zip(contents, words, strict=True):
        message = Message(
            id=world.next_message_id(chat),
            chat=chat,
            date=world.date,
            sender=bot.user,
            sender_chat=chat if chat.is_broadcast else None,
            text=formatted.text,
            entities=formatted.entities,
            picture=content.picture,
            document=content.document,
            keyboard=markup if markup and "inline_keyboard" in markup else None,
            other_markup=markup if markup and "inline_keyboard" not in markup else None,
            thread_id=thread,
            is_topic_message=chat.is_forum and thread is not None,
            reply_to=answered.id if answered and answered.chat is chat else None,
            media_group_id=group_id,
            link_preview_options=content.link_preview_options,
            show_caption_above_media=content.above,
            has_spoiler=content.spoiler,
        )
        sent.append(world.post(chat, message))
    return sent


async def _fetched(call: Call, reference: str, number: int) -> Picture:
    """The picture; in an album a failure names the item (Client.cpp on_message_send_failed)."""
    try:
        return await call.world.files.find(reference)
    except ApiError as error:
        if not number:
            raise
        words = error.description.removeprefix("Bad Request: ")
        raise bad(f'Failed to send message #{number} with the error message "{words[0].upper()}{words[1:]}"') from None


@method("sendMessage")
async def send_message(call: Call) -> Json:
    return shape((await deliver(call, [text_content(call)]))[0])


@method("sendPhoto")
async def send_photo(call: Call) -> Json:
    params = call.params
    picture, reference = photo_reference(call, params.text("photo"), "photo")
    if picture is None and not reference:
        raise bad("There is no photo in the request")
    content = Content(
        caption(call), picture, reference, None, params.flag("show_caption_above_media"), params.flag("has_spoiler")
    )
    return shape((await deliver(call, [content]))[0])


@method("sendDocument")
async def send_document(call: Call) -> Json:
    """Only what is uploaded: no documents are kept to be sent again, and none are fetched."""
    params = call.params
    given = params.text("document")
    field = given.removeprefix("attach://") if given.startswith("attach://") else "document"
    if field not in params.files:
        raise bad("Wrong remote file identifier specified" if given else "There is no document in the request")
    data = params.files[field]
    if not data:
        raise bad("file must be non-empty")
    if len(data) > MAX_DOCUMENT:
        raise ApiError(413, "Request Entity Too Large")
    content = Content(caption(call), document=Document(params.names[field], data))
    return shape((await deliver(call, [content]))[0])


@method("sendMediaGroup")
async def send_media_group(call: Call) -> list[Json]:
    raw = call.params.required("media")
    try:
        given: Any = json.loads(raw)
    except ValueError:
        raise bad("Can't parse media JSON object") from None
    if not isinstance(given, list):
        raise bad("Expected an Array of InputMedia")
    contents = [input_media(call, item, for_album=True) for item in given]
    if len({content.above for content in contents}) > 1:
        raise bad("parameter show_caption_above_media must be the same for all messages")
    # no keyboard on an album: the server does not even read the parameter (Client.cpp process_send_media_group_query),
    # which would lose buttons silently; here it is loud, in words of our own
    if call.params.text("reply_markup"):
        raise bad("reply_markup can't be used in sendMediaGroup")
    if not contents:
        raise bad("There are no messages to send")
    if len(contents) > ALBUM[1]:
        raise bad("Too many messages to send as an album")
    if len(contents) < ALBUM[0]:
        raise bad("Media group must include 2-10 items")
    return [shape(message) for message in await deliver(call, contents, with_markup=False)]


@method("sendChatAction")
async def send_chat_action(call: Call) -> bool:
    actions = (
        "typing upload_photo record_video upload_video record_voice upload_voice record_audio upload_audio "
        "upload_document choose_sticker find_location pick_up_location record_video_note upload_video_note cancel"
    )
    if call.params.text("action").lower() not in actions.split():
        raise bad("Wrong parameter action in request")
    call.spend(call.chat(Need.WRITE))
    return True
