"""Checks what a message may carry: text, embeds, components, files, nonce, flags (Message: Create Message, Limits)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import components_form, mentions
from .errors import ApiError
from .forms import Form, Path
from .state import (
    EPHEMERAL,
    IS_COMPONENTS_V2,
    IS_VOICE_MESSAGE,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    Json,
    Message,
)

MAX_CONTENT, MAX_EMBEDS, MAX_EMBED_TOTAL, MAX_FILES = 2000, 10, 6000, 10
MAX_UPLOAD = 10 * 1024 * 1024  # bytes a file, the lowest server level
SENDABLE_FLAGS = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | IS_VOICE_MESSAGE | IS_COMPONENTS_V2
LEGACY = ("content", "embeds", "poll", "sticker_ids")


@dataclass
class Upload:
    filename: str
    data: bytes
    content_type: str = "application/octet-stream"
    description: str | None = None


@dataclass
class Draft:
    """A request body that passed. None means: not given, leave as it is."""

    content: str | None = None
    embeds: list[Json] | None = None
    components: list[Json] | None = None
    flags: int | None = None
    allowed: Json | None = None
    nonce: str | int | None = None
    enforce_nonce: bool = False
    tts: bool = False
    reference: Json | None = None
    poll: Json | None = None
    uploads: dict[str, Upload] = field(default_factory=dict)  # index in the request → file
    kept_attachments: list[str] | None = None
    stickers: bool = False


def read(body: Any, uploads: dict[str, Upload], *, old: Message | None = None, private: bool = False) -> Draft:
    """Raises 50035 with everything that is wrong, or 50006. `old` is the message being edited."""
    form = Form()
    if not isinstance(body, dict):
        raise ApiError(50109)
    draft = Draft(uploads=uploads)
    draft.flags = _flags(form, body, old, private=private)
    v2 = bool((draft.flags if draft.flags is not None else old.flags if old else 0) & IS_COMPONENTS_V2)
    if v2:
        _no_legacy_fields(form, body, old)
    if body.get("content") is not None:
        draft.content = form.text(("content",), body["content"], high=MAX_CONTENT)
    elif "content" in body:
        draft.content = ""
    if "embeds" in body:
        draft.embeds = _embeds(form, body["embeds"], uploads)
    _attachments(form, body, draft)
    if "components" in body:
        names = {u.filename for u in uploads.values()} | {a["filename"] for a in (old.attachments if old else [])}
        draft.components = components_form.validate(form, body["components"], v2=v2, uploads=names)
    draft.allowed = mentions.validate(form, body.get("allowed_mentions"))
    _nonce(form, body, draft)
    draft.tts = bool(body.get("tts"))
    draft.reference = _reference(form, body)
    draft.poll = _poll(form, body)
    draft.stickers = bool(body.get("sticker_ids"))
    form.check()
    if old is None:
        _not_empty(draft, v2=v2)
    return draft


def _flags(form: Form, body: Json, old: Message | None, *, private: bool) -> int | None:
    if body.get("flags") is None:
        return None if old is not None else 0
    flags = form.integer(("flags",), body["flags"], low=0)
    allowed = SENDABLE_FLAGS | (EPHEMERAL if private else 0)
    if old is not None:
        allowed = SUPPRESS_EMBEDS | IS_COMPONENTS_V2
        if old.has_v2 and not flags & IS_COMPONENTS_V2:
            words = "The IS_COMPONENTS_V2 message flag cannot be removed from a message"
            form.wrong(("flags",), "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", words)
        return old.flags & ~SUPPRESS_EMBEDS | flags & allowed
    return flags & allowed


def _no_legacy_fields(form: Form, body: Json, old: Message | None) -> None:
    for name in LEGACY:
        given = body.get(name)
        # an old message that turns to the new layout must be emptied in the same request
        left = old is not None and not old.has_v2 and name not in body and bool(getattr(old, name, None))
        if given or left:
            words = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            form.wrong((name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", words)


def _embeds(form: Form, value: Any, uploads: dict[str, Upload]) -> list[Json]:
    embeds = form.listed(("embeds",), value)
    if len(embeds) > MAX_EMBEDS:
        form.too_long(("embeds",), MAX_EMBEDS)
    total = 0
    clean: list[Json] = []
    for index, item in enumerate(embeds):
        embed = form.mapping(("embeds", index), item)
        total += _embed(form, embed, ("embeds", index))
        clean.append({"type": "rich", **{k: v for k, v in embed.items() if v is not None}})
    if total > MAX_EMBED_TOTAL:
        form.wrong(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MAX_EMBED_TOTAL}")
    return clean


def _embed(form: Form, embed: Json, path: Path) -> int:
    """The embed's share of the 6000 characters."""
    used = len(form.text((*path, "title"), embed.get("title"), high=256))
    used += len(form.text((*path, "description"), embed.get("description"), high=4096))
    for holder, name, high in (("footer", "text", 2048), ("author", "name", 256)):
        if embed.get(holder) is not None:
            inner = form.mapping((*path, holder), embed[holder])
            used += len(form.text((*path, holder, name), inner.get(name), high=high, required=True))
            if inner.get("icon_url"):
                form.url((*path, holder, "icon_url"), inner["icon_url"], schemes=("http", "https", "attachment"))
    fields = form.listed((*path, "fields"), embed.get("fields"))
    if len(fields) > 25:
        form.too_long((*path, "fields"), 25)
    for index, item in enumerate(fields):
        at = (*path, "fields", index)
        field_ = form.mapping(at, item)
        used += len(form.text((*at, "name"), field_.get("name"), high=256, required=True))
        used += len(form.text((*at, "value"), field_.get("value"), high=1024, required=True))
    form.integer((*path, "color"), embed.get("color"), low=0, high=0xFFFFFF)
    if embed.get("url"):
        form.url((*path, "url"), embed["url"])
    for picture in ("image", "thumbnail"):
        if embed.get(picture) is not None:
            url = form.mapping((*path, picture), embed[picture]).get("url")
            if not url:
                form.required((*path, picture, "url"))
            else:
                form.url((*path, picture, "url"), url, schemes=("http", "https", "attachment"))
    showing = ("title", "description", "fields", "image", "thumbnail", "footer", "author", "url")
    if embed and not any(embed.get(name) for name in showing):
        form.required((*path, "description"))
    return used


def _attachments(form: Form, body: Json, draft: Draft) -> None:
    if len(draft.uploads) > MAX_FILES:
        raise ApiError(30015)
    if any(len(upload.data) > MAX_UPLOAD for upload in draft.uploads.values()):
        raise ApiError(40005)
    if body.get("attachments") is None:
        return
    draft.kept_attachments = []
    for index, item in enumerate(form.listed(("attachments",), body["attachments"])):
        entry = form.mapping(("attachments", index), item)
        key = form.snowflake(("attachments", index, "id"), entry.get("id"))
        if key in draft.uploads:
            upload = draft.uploads[key]
            upload.filename = str(entry.get("filename") or upload.filename)
            upload.description = entry.get("description")
            form.text(("attachments", index, "description"), upload.description, high=1024)
        else:
            draft.kept_attachments.append(key)


def _nonce(form: Form, body: Json, draft: Draft) -> None:
    nonce = body.get("nonce")
    if nonce is None:
        return
    if isinstance(nonce, bool) or not isinstance(nonce, (str, int)):
        form.wrong(("nonce",), "NONCE_TYPE_INVALID_TYPE", "This field must be a string or integer.")
    elif isinstance(nonce, str) and len(nonce) > 25:
        form.wrong(("nonce",), "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer characters long.")
    else:
        draft.nonce = nonce
        draft.enforce_nonce = bool(body.get("enforce_nonce"))


def _reference(form: Form, body: Json) -> Json | None:
    if body.get("message_reference") is None:
        return None
    reference = form.mapping(("message_reference",), body["message_reference"])
    form.snowflake(("message_reference", "message_id"), reference.get("message_id"))
    return reference


def _poll(form: Form, body: Json) -> Json | None:
    if body.get("poll") is None:
        return None
    poll = form.mapping(("poll",), body["poll"])
    question = form.mapping(("poll", "question"), poll.get("question"))
    form.text(("poll", "question", "text"), question.get("text"), low=1, high=300, required=True)
    answers = form.listed(("poll", "answers"), poll.get("answers"))
    if not 1 <= len(answers) <= 10:
        form.bad_length(("poll", "answers"), 1, 10)
    form.integer(("poll", "duration"), poll.get("duration"), low=1, high=768)
    return poll


def _not_empty(draft: Draft, *, v2: bool) -> None:
    """A row of buttons alone is a message; in the new layout nothing but components can be one."""
    carries = bool(draft.components) or draft.stickers
    if not v2:
        carries = carries or bool((draft.content or "").strip() or draft.embeds or draft.uploads or draft.poll)
    if not carries:
        raise ApiError(50006)
