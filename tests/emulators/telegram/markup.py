"""HTML, MarkdownV2 and the old Markdown → text and entities, refusing what the server's parsers refuse.

Behaviour and words follow td/telegram/MessageEntity.cpp (parse_html, parse_markdown_v2) and the section
"Formatting options" of the Bot API page. Offsets in the words are bytes of the UTF-8 request; offsets of entities are
UTF-16 units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .errors import ApiError, bad
from .links import link_fault, mentioned_user, tidy
from .model import Json

_HTML_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
_NAMED_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_PLAIN = re.compile("[^<&]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = " \t\r\n\0\v"
DATE_TIME_FORMAT = re.compile(r"r|w?[dD]?[tT]?")


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fault(text: str) -> ApiError:
    return bad(f"can't parse entities: {text}")


def _bytes(source: str, at: int) -> int:
    return len(source[:at].encode("utf-8", "surrogatepass"))


def date_time(unix: str, date_format: str) -> Json:
    """The fields of a date_time entity; 400 where they make no sense."""
    if not re.fullmatch(r"-?\d{1,12}", unix) or int(unix) <= 0:
        raise _fault("Invalid date/time specified")
    if not DATE_TIME_FORMAT.fullmatch(date_format):
        raise _fault("Invalid date/time format specified")
    return {"unix_time": int(unix)} | ({"date_time_format": date_format} if date_format else {})


def _link_entity(url: str) -> Json | None:
    if user := mentioned_user(url):
        return {"type": "text_mention", "user": {"id": user}}
    return {"type": "text_link", "url": tidy(url)} if link_fault(url) is None else None


@dataclass(slots=True)
class _Builder:
    text: list[str] = field(default_factory=list)
    length: int = 0
    entities: list[Json] = field(default_factory=list)

    def add(self, piece: str) -> None:
        self.text.append(piece)
        self.length += utf16(piece)

    def close(self, offset: int, entity: Json | None) -> None:
        if entity is not None and self.length > offset:
            self.entities.append({**entity, "offset": offset, "length": self.length - offset})

    def result(self) -> tuple[str, list[Json]]:
        text = "".join(self.text)
        # two halves of one character may have come as two numeric entities
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return text, self.entities


# ---------------------------------------------------------------------------------------------------------------- HTML


@dataclass(slots=True)
class _Tag:
    name: str
    argument: str
    extra: str
    offset: int
    text_at: int


def _character(source: str, at: int) -> tuple[str, int] | None:
    """The character an HTML entity at `at` stands for and where it ends; None: leave the ampersand alone."""
    if match := re.compile(r"&#(x[0-9a-fA-F]*|[0-9]*);?").match(source, at):
        digits = match.group(1)
        code = int(digits[1:] or "0", 16) if digits.startswith("x") else int(digits or "0")
        if code == 0 or code >= 0x10FFFF or len(match.group(0).rstrip(";")) >= 10:
            return None
        return chr(code), match.end()
    match = re.compile(r"&([a-zA-Z]+);?").match(source, at)
    if match and match.group(1) in _NAMED_CHARACTERS:
        return _NAMED_CHARACTERS[match.group(1)], match.end()
    return None


def parse_html(source: str) -> tuple[str, list[Json]]:
    return _HtmlParser(source).parse()


class _HtmlParser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.size = len(source)
        self.at = 0
        self.out = _Builder()
        self.open: list[_Tag] = []

    def peek(self) -> str:
        return self.source[self.at] if self.at < self.size else "\0"

    def skip_spaces(self) -> None:
        while self.at < self.size and self.peek() in _SPACES:
            self.at += 1

    def parse(self) -> tuple[str, list[Json]]:
        while self.at < self.size:
            char = self.peek()
            if char == "&" and (found := _character(self.source, self.at)):
                self.out.add(found[0])
                self.at = found[1]
            elif char == "<":
                begin = self.at
                self.at += 1
                if self.peek() == "/":
                    self.end_tag(begin)
                else:
                    self.start_tag(begin)
            else:
                plain = _PLAIN.match(self.source, self.at + 1)
                end = plain.end() if plain else self.at + 1
                self.out.add(self.source[self.at : end])
                self.at = end
        if self.open:
            raise _fault(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        text, entities = self.out.result()
        if _SURROGATE.search(text):
            raise _fault(
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate "
                "code units"
            )
        return text, [{k: v for k, v in entity.items() if k != "_language"} for entity in entities]

    def start_tag(self, begin: int) -> None:
        place = f"at byte offset {_bytes(self.source, begin)}"
        while self.at < self.size and self.peek() not in _SPACES and self.peek() != ">":
            self.at += 1
        if self.at >= self.size:
            raise _fault(f"Unclosed start tag {place}")
        name = self.source[begin + 1 : self.at].lower()
        if name not in _HTML_TYPES:
            raise _fault(f'Unsupported start tag "{name}" {place}')
        argument = extra = ""
        while self.peek() != ">":
            self.skip_spaces()
            if self.peek() == ">":
                break
            key, value = self.attribute(name, place)
            if (name, key) in (("a", "href"), ("tg-emoji", "emoji-id"), ("tg-time", "unix")):
                argument = value
            elif (name, key) == ("tg-time", "format"):
                extra = value
            elif (name, key) == ("code", "class") and value.startswith("language-"):
                argument = value.removeprefix("language-")
            elif (name, key) == ("span", "class") and value.startswith("tg-"):
                argument = value.removeprefix("tg-")
            elif (name, key) == ("blockquote", "expandable"):
                argument = "1"
        if name == "span" and argument != "spoiler":
            raise _fault(f'Tag "span" must have class "tg-spoiler" {place}')
        self.at += 1
        self.open.append(_Tag(name, argument, extra, self.out.length, len(self.out.text)))

    def attribute(self, tag: str, place: str) -> tuple[str, str]:
        begin = self.at
        while self.at < self.size and self.peek() not in _SPACES and self.peek() not in "=>":
            self.at += 1
        key = self.source[begin : self.at].lower()
        if not key:
            raise _fault(f'Empty attribute name in the tag "{tag}" {place}')
        self.skip_spaces()
        if self.at >= self.size:
            raise _fault(f'Unclosed start tag "{tag}" {place}')
        if self.peek() != "=":
            return key, ""
        self.at += 1
        self.skip_spaces()
        if self.at >= self.size:
            raise _fault(f'Unclosed start tag "{tag}" {place}')
        quote = self.peek()
        if quote not in "'\"":
            begin = self.at
            while self.at < self.size and re.match(r"[A-Za-z0-9.-]", self.peek()):
                self.at += 1
            if self.at < self.size and self.peek() not in _SPACES and self.peek() != ">":
                raise _fault(f"Unexpected end of name token at byte offset {_bytes(self.source, begin)}")
            if self.at >= self.size:
                raise _fault(f"Unclosed start tag {place}")
            return key, self.source[begin : self.at].lower()
        self.at += 1
        value: list[str] = []
        while self.at < self.size and self.peek() != quote:
            if self.peek() == "&" and (found := _character(self.source, self.at)):
                value.append(found[0])
                self.at = found[1]
            else:
                value.append(self.peek())
                self.at += 1
        self.at += 1
        if self.at >= self.size:
            raise _fault(f"Unclosed start tag {place}")
        return key, "".join(value)

    def end_tag(self, begin: int) -> None:
        place = f"at byte offset {_bytes(self.source, begin)}"
        if not self.open:
            raise _fault(f"Unexpected end tag {place}")
        while self.at < self.size and self.peek() not in _SPACES and self.peek() != ">":
            self.at += 1
        name = self.source[begin + 2 : self.at].lower()
        self.skip_spaces()
        if self.peek() != ">":
            raise _fault(f"Unclosed end tag {place}")
        tag = self.open[-1]
        if name and name != tag.name:
            raise _fault(f'Unmatched end tag {place}, expected "</{tag.name}>", found "</{name}>"')
        self.at += 1
        self.open.pop()
        if self.out.length > tag.offset:
            self.close(tag)

    def close(self, tag: _Tag) -> None:
        kind = _HTML_TYPES[tag.name]
        entity: Json | None = {"type": kind}
        match kind:
            case "text_link":
                entity = _link_entity(tag.argument or "".join(self.out.text[tag.text_at :]))
            case "custom_emoji":
                if not re.fullmatch(r"-?\d{1,19}", tag.argument) or int(tag.argument) == 0:
                    raise _fault("Invalid custom emoji identifier specified")
                entity = {"type": kind, "custom_emoji_id": tag.argument}
            case "date_time":
                entity = {"type": kind} | date_time(tag.argument, tag.extra)
            case "blockquote":
                entity = {"type": "expandable_blockquote" if tag.argument else "blockquote"}
            case "pre" | "code":
                self.close_code(tag, kind)
                return
        self.out.close(tag.offset, entity)

    def close_code(self, tag: _Tag, kind: str) -> None:
        """<pre><code class="language-x"> is one entity with a language, whichever of the two is outside."""
        last = self.out.entities[-1] if self.out.entities else None
        same = last and last["offset"] == tag.offset and last["length"] == self.out.length - tag.offset
        if kind == "pre" and same and last and last["type"] == "code" and last.get("_language"):
            last["type"] = "pre"
            last["language"] = last["_language"]
        elif kind == "code" and same and last and last["type"] == "pre" and tag.argument:
            last["language"] = tag.argument
        else:
            self.out.close(tag.offset, {"type": kind, "_language": tag.argument} if tag.argument else {"type": kind})


# ---------------------------------------------------------------------------------------------------------- MarkdownV2

_NAMES = {  # how the server writes entity types in its refusals
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}


@dataclass(slots=True)
class _Span:
    type: str
    at: int
    offset: int
    text_at: int
    language: str = ""


def parse_markdown_v2(source: str) -> tuple[str, list[Json]]:
    return _MarkdownParser(source).parse()


class _MarkdownParser:
    RESERVED = "_*[]()~`>#+-=|{}.!\n"

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.out = _Builder()
        self.open: list[_Span] = []
        self.in_quote = False

    def next(self, text: str) -> bool:
        return self.source.startswith(text, self.at)

    def parse(self) -> tuple[str, list[Json]]:
        source = self.source
        while self.at < len(source):
            char = source[self.at]
            if char == "\\" and self.at + 1 < len(source) and 0 < ord(source[self.at + 1]) <= 126:
                self.out.add(source[self.at + 1])
                self.at += 2
                continue
            reserved = "`" if self.open and self.open[-1].type in ("code", "pre") else self.RESERVED
            if char not in reserved:
                self.out.add(char)
                self.at += 1
            elif self.ends_here(char):
                self.end(char)
            else:
                self.begin(char)
        if self.in_quote and self.open and self.open[-1].type == "blockquote":
            span = self.open.pop()
            self.out.close(span.offset, {"type": "blockquote"})
        if self.open:
            self.unfinished()
        return self.out.result()

    def unfinished(self) -> None:
        span = self.open[-1]
        name = "PreCode" if span.language else _NAMES[span.type]
        raise _fault(f"Can't find end of {name} entity at byte offset {_bytes(self.source, span.at)}")

    def reserved(self, char: str) -> ApiError:
        return _fault(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")

    def ends_here(self, char: str) -> bool:
        if not self.open:
            return False
        if self.in_quote and char == "\n" and not self.next("\n>"):
            return True
        if self.in_quote and self.open[-1].type == "blockquote" and self.next("||") and self.line_ends(self.at + 2):
            return True
        match self.open[-1].type:
            case "bold":
                return char == "*"
            case "italic":
                return char == "_" and not self.next("__")
            case "underline":
                return self.next("__")
            case "strikethrough":
                return char == "~"
            case "spoiler":
                return self.next("||")
            case "code":
                return char == "`"
            case "pre":
                return self.next("```")
            case "text_link" | "custom_emoji":
                return char == "]"
        return False

    def line_ends(self, at: int) -> bool:
        return at >= len(self.source) or self.source[at] == "\n"

    def begin(self, char: str) -> None:
        start, language = self.at, ""
        if char == "_":
            kind = "underline" if self.next("__") else "italic"
            self.at += 2 if kind == "underline" else 1
        elif char in "*~[":
            kind = {"*": "bold", "~": "strikethrough", "[": "text_link"}[char]
            if char == "*" and self.next("**>") and (start == 0 or self.source[start - 1] == "\n"):
                kind = "blockquote"
                self.in_quote = True
                self.at += 2
            self.at += 1
        elif char == "|" and self.next("||"):
            kind = "spoiler"
            self.at += 2
        elif char == "`" and self.next("```"):
            kind = "pre"
            self.at += 3
            match = re.compile(r"([^\s`]*)(?=\s)").match(self.source, self.at)
            if match and match.group(1):
                language = match.group(1)
                self.at = match.end()
            line = re.compile(r"\r\n|\n\r|\n|\r").match(self.source, self.at)
            self.at = line.end() if line else self.at
        elif char == "`":
            kind = "code"
            self.at += 1
        elif char == "!" and self.next("!["):
            kind = "custom_emoji"
            self.at += 2
        elif char == "\n":
            self.out.add("\n")
            self.at += 1
            if not self.next(">"):
                return
            self.at += 1
            if self.in_quote:
                return
            kind = "blockquote"
            self.in_quote = True
        elif char == ">" and start == 0:
            kind = "blockquote"
            self.in_quote = True
            self.at += 1
        else:
            raise self.reserved(char)
        self.open.append(_Span(kind, start, self.out.length, len(self.out.text), language))

    def target(self, what: str) -> str:
        """The address in the parentheses after a closing bracket."""
        self.at += 1
        begin, url = self.at, []
        while self.at < len(self.source) and self.source[self.at] != ")":
            if self.source[self.at] == "\\" and self.at + 1 < len(self.source):
                self.at += 1
            url.append(self.source[self.at])
            self.at += 1
        if self.at >= len(self.source):
            raise _fault(f"Can't find end of {what} at byte offset {_bytes(self.source, begin)}")
        self.at += 1
        return "".join(url)

    def end(self, char: str) -> None:
        span = self.open[-1]
        if char == "\n" and span.type != "blockquote":
            self.unfinished()
        self.open.pop()
        entity: Json | None = {"type": span.type}
        match span.type:
            case "underline" | "spoiler":
                self.at += 2
            case "pre":
                self.at += 3
                if span.language:
                    entity = {"type": "pre", "language": span.language}
            case "text_link":
                self.at += 1
                shown = "".join(self.out.text[span.text_at :])
                entity = _link_entity(self.target("a URL") if self.next("(") else shown)
            case "custom_emoji":
                self.at += 1
                entity = self.custom(self.target("a custom emoji URL") if self.next("(") else "")
            case "blockquote":
                self.in_quote = False
                if self.next("||"):
                    self.at += 2
                    entity = {"type": "expandable_blockquote"}
                if self.next("\n"):
                    self.out.add("\n")
                    self.at += 1
            case _:
                self.at += 1
        self.out.close(span.offset, entity)

    @staticmethod
    def custom(url: str) -> Json:
        if match := re.fullmatch(r"tg://emoji\?id=(\d{1,19})", url):
            return {"type": "custom_emoji", "custom_emoji_id": match.group(1)}
        if match := re.fullmatch(r"tg://time\?unix=(\d+)(?:&format=(\w*))?", url):
            return {"type": "date_time"} | date_time(match.group(1), match.group(2) or "")
        raise _fault("Custom emoji entity must contain a tg://emoji URL")


# -------------------------------------------------------------------------------------------------------- old Markdown


def parse_markdown(source: str) -> tuple[str, list[Json]]:
    """The legacy mode: no nesting, `_ * ` [` only."""
    out, at = _Builder(), 0
    while at < len(source):
        char = source[at]
        if char == "\\" and source[at + 1 : at + 2] in ("_", "*", "`", "["):
            out.add(source[at + 1])
            at += 2
            continue
        if char not in "_*`[":
            out.add(char)
            at += 1
            continue
        mark = "```" if source.startswith("```", at) else "]" if char == "[" else char
        begin = at + (3 if mark == "```" else 1)
        end = source.find(mark, begin)
        if end < 0:
            raise _fault(f"Can't find end of the entity starting at byte offset {_bytes(source, at)}")
        offset, inner = out.length, source[begin:end]
        out.add(inner.removeprefix("\n") if mark == "```" else inner)
        at = end + len(mark)
        entity: Json | None = {"type": {"_": "italic", "*": "bold", "`": "code", "```": "pre", "]": "text_link"}[mark]}
        if mark == "]":
            url = inner
            if source.startswith("(", at):
                close = source.find(")", at)
                close = len(source) if close < 0 else close
                url, at = source[at + 1 : close], close + 1
            entity = _link_entity(url)
        out.close(offset, entity)
    return out.result()
