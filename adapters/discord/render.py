"""Card → a message of components (docs/adr/0002-discord-cards.md). Pure; the result is valid whatever the card is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from adapters.discord.locales import CLIENT_LANGUAGES
from adapters.discord.text import code, escaped, linkable, unbracketed
from bot.model import Button, ButtonRole, Card, Line, LineKind, Span, Style
from bot.text import ELLIPSIS, sendable, shortened, units, visible

MAX_TEXT = 4000
"""Over all texts of a message."""
MAX_ROWS = 5
MAX_PER_ROW = 5
MAX_LABEL = 80
MAX_BUTTON_ID = 100
MAX_BUTTON_URL = 512
MAX_PICTURE_URL = 2048
MAX_ALT = 1024
MAX_THREAD_NAME = 100
# A longer address would leave no room for words.
MAX_LINK = 1500

IS_COMPONENTS_V2 = 1 << 15
EPHEMERAL = 1 << 6

_ACTION_ROW, _BUTTON, _TEXT, _GALLERY, _FILE, _CONTAINER = 1, 2, 10, 12, 13, 17
_PRIMARY, _SECONDARY, _SUCCESS, _DANGER, _LINK = 1, 2, 3, 4, 5
_BUTTON_STYLES = {
    ButtonRole.BULLISH: _SUCCESS,
    ButtonRole.BEARISH: _DANGER,
    ButtonRole.DANGER: _DANGER,
    ButtonRole.PRIMARY: _PRIMARY,
}

_WHOLE_FIRST = (LineKind.TITLE, LineKind.META, LineKind.TALLY)
_ONE_LINE = (LineKind.TITLE, LineKind.META, LineKind.HEADING, LineKind.ITEM, LineKind.TALLY, LineKind.NOTE)
_PREFIXES = {LineKind.TITLE: "### ", LineKind.META: "-# ", LineKind.ITEM: "- ", LineKind.NOTE: "-# "}
_MARKS = {Style.BOLD: "**", Style.ITALIC: "*"}
# Lines that belong together; a blank line stands between all others.
_CLOSE = {(LineKind.TITLE, LineKind.META), (LineKind.ITEM, LineKind.ITEM), (LineKind.HEADING, LineKind.ITEM)}
_CLOSE |= {(LineKind.HEADING, LineKind.TEXT), (LineKind.TALLY, LineKind.TALLY), (LineKind.META, LineKind.META)}
_CLOSE |= {(LineKind.QUOTE, LineKind.QUOTE), (LineKind.NOTE, LineKind.NOTE)}
# A line gets no place that is smaller than this.
_LEAST_LINE = 16

Payload: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message, ready to send."""

    components: tuple[Payload, ...]

    def payload(self, *, ephemeral: bool = False, file: str | None = None) -> dict[str, Any]:
        """The body of a request. Discord pings by the text of components too, so that mentions are always off.

        ``file``: the name of the one that is uploaded with it. Such a message shows no file that no component names.
        """
        attached = [] if file is None else [{"type": _FILE, "file": {"url": f"attachment://{file}"}}]
        body: dict[str, Any] = {
            "flags": IS_COMPONENTS_V2 | (EPHEMERAL if ephemeral else 0),
            "components": [*self.components, *attached],
            "allowed_mentions": {"parse": []},
        }
        return body if file is None else body | {"attachments": [{"id": 0, "filename": file}]}


def render(card: Card) -> Rendered:
    """The message of a card."""
    parts: list[Payload] = [{"type": _TEXT, "content": _text(card)}]
    if picture := _picture(card):
        parts.append(picture)
    if any(line.kind is LineKind.TITLE for line in card.lines):
        parts = [{"type": _CONTAINER, "components": parts}]
    return Rendered((*parts, *_rows(card.buttons)))


def plainer(card: Card) -> Iterable[Card]:
    """The same card with less and less that a server could refuse: without picture, then without links and styles."""
    if card.picture is not None:
        yield replace(card, picture=None)
    lines = tuple(replace(line, spans=tuple(Span(span.text) for span in line.spans)) for line in card.lines)
    if lines != card.lines:
        yield replace(card, picture=None, lines=lines)


def thread_name(card: Card) -> str:
    """What a forum's thread about this card is called."""
    titles = [line for line in card.lines if line.kind is LineKind.TITLE] or list(card.lines)
    words = "".join(span.text for span in titles[0].spans) if titles else ""
    name = shortened(sendable(words, one_line=True).strip(), MAX_THREAD_NAME)
    return name if visible(name) else ELLIPSIS


def has_button(components: Any, button: str) -> bool:
    """Whether a message's components, as Discord gives them back, have a button of this id."""
    if not isinstance(components, list):
        return False
    return any(
        isinstance(component, dict)
        and (component.get("custom_id") == button or has_button(component.get("components"), button))
        for component in components
    )


def _picture(card: Card) -> Payload | None:
    url = linkable(card.picture.url, MAX_PICTURE_URL) if card.picture else None
    if url is None or card.picture is None:
        return None
    item: dict[str, Any] = {"media": {"url": url}}
    alt = shortened(sendable(card.picture.alt, one_line=True).strip(), MAX_ALT)
    if visible(alt):
        item["description"] = alt
    return {"type": _GALLERY, "items": [item]}


# --- text ------------------------------------------------------------------------------------------------------------


def _text(card: Card) -> str:
    moments = card.language.partition("-")[0] in CLIENT_LANGUAGES
    lines = [_clean(line) for line in card.lines]
    shown = [(line.kind, written) for line in _fitted(lines, moments) if (written := _written(line, moments))]
    text = ""
    before: LineKind | None = None
    for kind, written in shown:
        if before is not None:
            text += "\n" if (before, kind) in _CLOSE else "\n\n"
        text += written
        before = kind
    return text if visible(text) else ELLIPSIS


def _clean(line: Line) -> Line:
    spans = [replace(span, text=sendable(span.text, one_line=line.kind in _ONE_LINE)) for span in line.spans]
    while spans and not spans[0].text.strip():
        spans.pop(0)
    while spans and not spans[-1].text.strip():
        spans.pop()
    if spans:
        spans[0] = replace(spans[0], text=spans[0].text.lstrip())
        spans[-1] = replace(spans[-1], text=spans[-1].text.rstrip())
    return replace(line, spans=tuple(spans))


def _written(line: Line, moments: bool) -> str:
    """The line as Markdown; empty when nothing of it can be seen."""
    if not visible("".join(span.text for span in line.spans)):
        return ""
    parts: list[str] = []
    for span in line.spans:
        at_start = not parts or parts[-1].endswith("\n")
        parts.append(_span(span, line.kind, moments, at_start=at_start))
    words = "".join(parts)
    if line.kind is LineKind.QUOTE:
        return "\n".join(f"> {row}" for row in words.split("\n"))
    if line.kind is LineKind.HEADING:
        return words if "**" in words else f"**{words}**"
    return _PREFIXES.get(line.kind, "") + words


def _span(span: Span, kind: LineKind, moments: bool, *, at_start: bool) -> str:
    address = linkable(span.url, MAX_LINK)
    if span.moment is not None and address is None and moments and 0 < span.moment.timestamp() < 1e11:
        return f"<t:{int(span.moment.timestamp())}:R>"
    if not visible(span.text):
        return span.text
    # White space at the inside of a mark would keep it from being one.
    lead = span.text[: len(span.text) - len(span.text.lstrip())]
    trail = span.text[len(span.text.rstrip()) :]
    text = span.text.strip()
    if span.style is Style.CODE:
        words = code(text)
    else:
        words = escaped(unbracketed(text) if address else text, line_start=at_start)
        if kind not in (LineKind.TITLE, LineKind.HEADING):
            mark = _MARKS.get(span.style, "")
            words = f"{mark}{words}{mark}"
    if address:
        words = f"[{words}]({address})"
    return f"{lead}{words}{trail}"


# --- fitting ---------------------------------------------------------------------------------------------------------


def _fitted(lines: Sequence[Line], moments: bool) -> list[Line]:
    """The lines within the limit: title, meta and tally get their place first, the others what is left, in order."""
    if sum(units(_written(line, moments)) + 2 for line in lines) <= MAX_TEXT:
        return list(lines)
    room = MAX_TEXT
    kept: dict[int, Line] = {}
    for place in sorted(range(len(lines)), key=lambda place: (lines[place].kind not in _WHOLE_FIRST, place)):
        share = room - 2
        if lines[place].kind is LineKind.TITLE:
            share = min(share, MAX_TEXT // 2)  # so that an endless title leaves room for the tally
        line = _cut(lines[place], share, moments)
        size = units(_written(line, moments))
        if size:
            kept[place] = line
            room -= size + 2
    return [kept[place] for place in sorted(kept)]


def _cut(line: Line, most: int, moments: bool) -> Line:
    """The line, cut so that it takes at most ``most`` units as Markdown; without words where that is too few."""
    if most < _LEAST_LINE:
        return replace(line, spans=())
    # What is longer than the message can't be shown anyhow.
    spans = [replace(span, text=shortened(span.text, MAX_TEXT)) for span in line.spans[:MAX_TEXT]]
    line = replace(line, spans=tuple(spans))
    if units(_written(line, moments)) <= most:
        return line
    if units(_written(_shortened(line, 1), moments)) > most:
        line = replace(line, spans=tuple(replace(span, url=None) for span in line.spans))
    least, beyond = 0, 1 + sum(units(span.text) for span in line.spans)
    while beyond - least > 1:
        middle = (least + beyond) // 2
        if units(_written(_shortened(line, middle), moments)) <= most:
            least = middle
        else:
            beyond = middle
    return _shortened(line, least)


def _shortened(line: Line, keep: int) -> Line:
    """The line with at most ``keep`` units of its words."""
    spans: list[Span] = []
    for span in line.spans:
        size = units(span.text)
        if size > keep:
            spans.append(replace(span, text=shortened(span.text, keep), moment=None))
            break
        spans.append(span)
        keep -= size
    return replace(line, spans=tuple(span for span in spans if span.text))


# --- buttons ---------------------------------------------------------------------------------------------------------


def _rows(rows: Sequence[Sequence[Button]]) -> tuple[Payload, ...]:
    seen: set[str] = set()
    made = [[one for button in row if (one := _button(button, seen)) is not None] for row in rows]
    shown = [part for row in made for part in _parts(row)]
    if len(shown) > MAX_ROWS:
        shown = list(_parts([one for row in made for one in row]))[:MAX_ROWS]
    return tuple({"type": _ACTION_ROW, "components": row} for row in shown)


def _parts(row: list[Payload]) -> Iterable[list[Payload]]:
    return (row[start : start + MAX_PER_ROW] for start in range(0, len(row), MAX_PER_ROW))


def _button(button: Button, seen: set[str]) -> Payload | None:
    """None for a button that could do nothing, and for a second one of an id: Discord takes each id once."""
    label = sendable(button.label, one_line=True).strip()
    # The colour says nothing to who can't see it, so that a pressed choice has a tick too.
    label = shortened(f"✓ {label}" if button.pressed else label, MAX_LABEL)
    if not visible(label):
        label = ELLIPSIS
    if button.role is ButtonRole.LINK:
        address = linkable(button.url, MAX_BUTTON_URL)
        return {"type": _BUTTON, "style": _LINK, "label": label, "url": address} if address else None
    if not 1 <= len(button.id) <= MAX_BUTTON_ID or not button.id.isascii() or button.id in seen:
        return None
    seen.add(button.id)
    style = _PRIMARY if button.pressed else _BUTTON_STYLES.get(button.role, _SECONDARY)
    return {"type": _BUTTON, "style": style, "label": label, "custom_id": button.id}
