"""What becomes of a text or caption: parse mode or entities, cleaning, nesting, detection, limits.

Two stages, as on the real server: `read` is Client.cpp get_formatted_text (shape only), `finish` is
fix_formatted_text of td/telegram/MessageEntity.cpp (meaning), which runs after the chat has been checked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .errors import bad
from .links import check_link, mentioned_user
from .markup import DATE_TIME_FORMAT, parse_html, parse_markdown, parse_markdown_v2, utf16
from .model import Json

TEXT_LIMIT = 4096  # code points, after parsing
CAPTION_LIMIT = 1024
ENTITY_LIMIT = 100  # MessageEntity.cpp get_input_message_entities: the rest is dropped silently
_SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
_QUOTES = ("blockquote", "expandable_blockquote")
_MONOSPACE = ("pre", "code")
_DETECTED = ("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number")
_INVISIBLE = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")  # dropped, as td's clean_input_string does
_CONTROL = re.compile("[\0-\t\x0b\x0c\x0e-\x1f]")  # become spaces
_SURROGATE = re.compile("[\ud800-\udfff]")
_ORDER = {kind: rank for rank, kind in enumerate((*_QUOTES, "pre", "code", "text_link", "text_mention", *_SPLITTABLE))}


@dataclass(slots=True)
class Formatted:
    text: str = ""
    entities: list[Json] = field(default_factory=list)


# ------------------------------------------------------------------------------------------------------- first stage


def read(text: str, parse_mode: str, entities: Any) -> Formatted:
    """Raw parameters → text with entities. `entities`: decoded JSON, or None; what is no JSON is ignored, as there."""
    if len(text.encode("utf-8", "surrogatepass")) > 1 << 15:
        raise bad("Text is too long")
    mode = parse_mode.lower()
    if text and mode and mode != "none":
        parsers = {"html": parse_html, "markdownv2": parse_markdown_v2, "markdown": parse_markdown}
        if mode not in parsers:
            raise bad("Unsupported parse_mode")
        if _invalid_utf8(text):
            raise bad("can't parse entities: Text must be encoded in UTF-8")
        return Formatted(*parsers[mode](text))
    result: list[Json] = []
    for entity in entities if isinstance(entities, list) else []:
        try:
            if (taken := _entity(entity)) is not None:
                result.append(taken)
        except ValueError as error:
            raise bad(f"Can't parse MessageEntity: {error}") from None
    return Formatted(text, result)


def entities_parameter(raw: str) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return None


def required(thing: Json, name: str, kind: type, word: str) -> Any:
    """A field as JsonObject::get_required_…_field takes it: numbers may come as strings."""
    if name not in thing:
        raise ValueError(f'Can\'t find field "{name}"')
    value = thing[name]
    if kind is int:
        if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f'Field "{name}" must be of type {word}')
    elif kind is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    elif not isinstance(value, kind):
        raise ValueError(f'Field "{name}" must be of type {word}')
    return value


def _entity(raw: Any) -> Json | None:
    if not isinstance(raw, dict):
        raise ValueError("expected an Object")
    entity: Json = {
        "offset": required(raw, "offset", int, "Number"),
        "length": required(raw, "length", int, "Number"),
    }
    kind = required(raw, "type", str, "String")
    if not kind:
        raise ValueError("Type is not specified")
    if kind in _DETECTED:
        return None
    entity["type"] = kind
    match kind:
        case "text_link":
            entity["url"] = required(raw, "url", str, "String")
        case "text_mention":
            user = required(raw, "user", dict, "Object")
            entity["user"] = {"id": required(user, "id", int, "Number")}
        case "custom_emoji":
            entity["custom_emoji_id"] = str(required(raw, "custom_emoji_id", int, "Number"))
        case "pre":
            if language := raw.get("language"):
                entity["language"] = str(language)
        case "date_time":
            entity["unix_time"] = required(raw, "unix_time", int, "Number")
            date_format = str(raw.get("date_time_format") or "")
            if not DATE_TIME_FORMAT.fullmatch(date_format):
                raise ValueError("Invalid date/time format specified")
            if date_format:
                entity["date_time_format"] = date_format
        case _ if kind not in (*_SPLITTABLE, *_QUOTES, "code"):
            raise ValueError("Unsupported type specified")
    return entity


# ------------------------------------------------------------------------------------------------------ second stage


def finish(given: Formatted, *, limit: int, allow_empty: bool = False, detect: bool = True) -> Formatted:
    if _invalid_utf8(given.text):
        raise bad("Strings must be encoded in UTF-8")
    entities = [dict(entity) for entity in given.entities]
    for entity in entities:
        if not 0 <= entity["offset"] <= 1_000_000:
            raise bad(f"Receive an entity with incorrect offset {entity['offset']}")
        if not 0 <= entity["length"] <= 1_000_000:
            raise bad(f"Receive an entity with incorrect length {entity['length']}")
        if entity["type"] == "text_link":
            if user := mentioned_user(entity["url"]):
                entity.update(type="text_mention", user={"id": user})
                del entity["url"]
            else:
                entity["url"] = check_link(entity["url"], "Entity")
    entities = [entity for entity in entities if entity["length"]]
    text = _clean(given.text, entities)
    entities = nest(entities)
    text, entities = _trim(text, entities)
    if not text:
        if allow_empty:
            return Formatted()
        raise bad("Text must be non-empty")
    if len(text) > limit:
        raise bad("Message is too long" if limit == TEXT_LIMIT else "Message caption is too long")
    entities = entities[:ENTITY_LIMIT]
    if detect:
        entities = _with_detected(text, entities)
    return Formatted(text, sorted(entities, key=_rank))


def _invalid_utf8(text: str) -> bool:
    return _SURROGATE.search(text) is not None


def _rank(entity: Json) -> tuple[int, int, int]:
    return entity["offset"], -entity["length"], _ORDER.get(entity["type"], 5)


def _clean(text: str, entities: list[Json]) -> str:
    """Replaces control characters by spaces, drops what clients must not see, and moves the entities along."""
    if not entities:
        return _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    if not _INVISIBLE.search(text) and not _CONTROL.search(text):
        _check_bounds(text, entities)
        return text
    kept: list[str] = []
    moved: list[int | None] = []  # old UTF-16 offset → new one; None: the middle of a character
    length = 0
    for char in text:
        width = 2 if ord(char) > 0xFFFF else 1
        moved.append(length)
        if width == 2:
            moved.append(None)
        if _INVISIBLE.match(char):
            continue
        kept.append(" " if _CONTROL.match(char) else char)
        length += width
    moved.append(length)
    _check_bounds(text, entities)
    for entity in entities:
        begin, end = moved[entity["offset"]], moved[entity["offset"] + entity["length"]]
        assert begin is not None, "checked above"
        assert end is not None, "checked above"
        entity["offset"], entity["length"] = begin, end - begin
    return "".join(kept)


def _check_bounds(text: str, entities: list[Json]) -> None:
    units = text.encode("utf-16-le")
    size = len(units) // 2

    def splits(at: int) -> bool:
        """Whether this offset is in the middle of a surrogate pair."""
        return at < size and units[2 * at + 1] & 0xFC == 0xDC

    for entity in sorted(entities, key=_rank):
        begin, end = entity["offset"], entity["offset"] + entity["length"]
        if begin >= size:
            raise bad(f"Entity begins after the end of the text at UTF-16 offset {begin}")
        if end > size:
            raise bad(
                f"Entity beginning at UTF-16 offset {begin} ends after the end of the text at UTF-16 offset {end}"
            )
        if splits(begin):
            raise bad(f"Entity begins in a middle of a UTF-16 symbol at byte offset {_byte_of(text, begin + 1)}")
        if splits(end):
            raise bad(
                f"Entity beginning at UTF-16 offset {begin} ends in a middle of a UTF-16 symbol at byte offset "
                f"{_byte_of(text, end + 1)}"
            )


def _byte_of(text: str, utf16_offset: int) -> int:
    return len(text.encode("utf-16-le")[: utf16_offset * 2].decode("utf-16-le").encode())


def nest(entities: list[Json]) -> list[Json]:
    """Makes entities nest: what may not meet is dropped or cut, never refused (fix_entities)."""
    entities = sorted((e for e in entities if e["length"] > 0), key=_rank)
    solid = _apart([e for e in entities if e["type"] not in (*_SPLITTABLE, *_QUOTES)])
    quotes = _apart([e for e in entities if e["type"] in _QUOTES])
    solid = [e for e in solid if all(_inside(e, q) or not _touch(e, q) for q in quotes)]
    walls = solid + quotes
    soft: list[Json] = []
    for kind in _SPLITTABLE:
        soft += _split(kind, [e for e in entities if e["type"] == kind], walls)
    return sorted(walls + _uncross(soft), key=_rank)


def _end(entity: Json) -> int:
    return int(entity["offset"] + entity["length"])


def _touch(one: Json, other: Json) -> bool:
    return bool(one["offset"] < _end(other) and other["offset"] < _end(one))


def _inside(one: Json, other: Json) -> bool:
    return bool(other["offset"] <= one["offset"] and _end(one) <= _end(other))


def _apart(entities: list[Json]) -> list[Json]:
    kept: list[Json] = []
    for entity in entities:
        if not kept or entity["offset"] >= _end(kept[-1]):
            kept.append(entity)
    return kept


def _split(kind: str, entities: list[Json], walls: list[Json]) -> list[Json]:
    """Merges touching entities of one kind, cuts them where they cross a wall, and keeps them out of code."""
    merged: list[list[int]] = []
    for entity in entities:
        if merged and entity["offset"] <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], _end(entity))
        else:
            merged.append([entity["offset"], _end(entity)])
    result: list[Json] = []
    for begin, end in merged:
        cuts = {begin, end}
        if any(
            wall["type"] in _MONOSPACE
            or begin < wall["offset"] < end < _end(wall)
            or wall["offset"] < begin < _end(wall) < end
            for wall in walls
        ):
            cuts |= {cut for wall in walls for cut in (wall["offset"], _end(wall)) if begin < cut < end}
        edges = sorted(cuts)
        for left, right in pairwise(edges):
            piece = {"type": kind, "offset": left, "length": right - left}
            if not any(w["type"] in _MONOSPACE and _touch(piece, w) for w in walls):
                result.append(piece)
    return result


def _uncross(entities: list[Json]) -> list[Json]:
    """Cuts an entity at the beginning of a later one that outlives it."""
    done: list[Json] = []
    work = sorted(entities, key=_rank)
    while work:
        entity = work.pop(0)
        crossing = next((d for d in done if d["offset"] < entity["offset"] < _end(d) < _end(entity)), None)
        if crossing is None:
            done.append(entity)
            continue
        tail = {**crossing, "offset": entity["offset"], "length": _end(crossing) - entity["offset"]}
        crossing["length"] = entity["offset"] - crossing["offset"]
        work = sorted([entity, tail, *work], key=_rank)
    return done


def _trim(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    units = text.encode("utf-16-le")
    blank = {b" \0", b"\n\0"}

    def is_blank(at: int) -> bool:
        return units[2 * at : 2 * at + 2] in blank

    length = len(units) // 2
    while length and is_blank(length - 1):
        length -= 1
    kept: list[Json] = []
    for entity in entities:
        begin, end = entity["offset"], min(_end(entity), length)
        while begin < end and is_blank(begin):
            begin += 1
        if begin < end:
            kept.append({**entity, "offset": begin, "length": end - begin})
    first = 0
    stop = min((e["offset"] for e in kept), default=length)
    while first < stop and is_blank(first):
        first += 1
    for entity in kept:
        entity["offset"] -= first
    trimmed = units[2 * first : 2 * length].decode("utf-16-le")
    visible = re.sub("[\\s\u200b-\u200f\u2060\ufeff\xa0\u2800\u3164]", "", trimmed)
    return (trimmed, kept) if visible else ("", [])


_PATTERNS = (
    (
        "url",
        re.compile(
            r"(?<![\w@/.:-])(?:https?://[^\s<>\"]+|(?:[a-z0-9-]+\.)+(?:com|org|net|io|me|dev|news|info)(?:/[^\s<>\"]*)?)",
            re.IGNORECASE,
        ),
    ),
    ("email", re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w)")),
    ("bot_command", re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\w*[^\W\d_])\w{1,256}")),
    ("cashtag", re.compile(r"(?<![\w$])\$[A-Z][A-Z0-9]{0,7}(?![\w$])")),
)


def _with_detected(text: str, entities: list[Json]) -> list[Json]:
    taken = [e for e in entities if e["type"] not in (*_SPLITTABLE, *_QUOTES)]
    result = list(entities)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            found = match.group(0).rstrip(".,;:!?)]'") if kind == "url" else match.group(0)
            entity = {"type": kind, "offset": utf16(text[: match.start()]), "length": utf16(found)}
            if not any(_touch(entity, other) for other in taken):
                taken.append(entity)
                result.append(entity)
    return nest(result)
