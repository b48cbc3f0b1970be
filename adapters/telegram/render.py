"""Card → what sendMessage takes: text, entities, link preview, keyboard. Pure, and valid whatever the card holds.

Entities and not HTML: text from feeds can then never be read as markup, and cutting needs no parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, MessageEntity

from adapters.telegram.text import inert, linkable
from bot.model import Button, ButtonRole, Card, Line, LineKind, Span, Style
from bot.text import ELLIPSIS, sendable, shortened, units, visible

MAX_TEXT = 4096
"""In UTF-16 units: valid whatever a server counts."""
MAX_ENTITIES = 100
MAX_TOAST = 200
MAX_BUTTONS = 100
MAX_PER_ROW = 8
MAX_DATA = 64
# No limit is published; longer ones are cut by every client.
MAX_LABEL = 64
# A quotation longer than this is folded.
FOLDED_FROM = 300
# A line gets no place that is smaller than this.
LEAST_LINE = 16

_WHOLE_FIRST = (LineKind.TITLE, LineKind.META, LineKind.TALLY)
_ONE_LINE = (LineKind.TITLE, LineKind.META, LineKind.HEADING, LineKind.ITEM, LineKind.TALLY)
_LINE_STYLES = {LineKind.TITLE: Style.BOLD, LineKind.HEADING: Style.BOLD, LineKind.NOTE: Style.ITALIC}
_CLOSE = {(LineKind.TITLE, LineKind.META), (LineKind.ITEM, LineKind.ITEM), (LineKind.HEADING, LineKind.ITEM)}
_CLOSE |= {(LineKind.HEADING, LineKind.TEXT), (LineKind.TALLY, LineKind.TALLY), (LineKind.META, LineKind.META)}
_ENTITY_OF_STYLE = {
    Style.BOLD: MessageEntity.BOLD,
    Style.ITALIC: MessageEntity.ITALIC,
    Style.CODE: MessageEntity.CODE,
}
_COLOURS = {
    ButtonRole.BULLISH: "success",
    ButtonRole.BEARISH: "danger",
    ButtonRole.DANGER: "danger",
    ButtonRole.PRIMARY: "primary",
}
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message, ready to send."""

    text: str
    entities: tuple[MessageEntity, ...]
    preview: LinkPreviewOptions
    keyboard: InlineKeyboardMarkup | None

    def fallbacks(self) -> Sequence[Rendered]:
        """The same message with less and less that a server could refuse.

        Without picture, then without the times that only newer servers know, then without any format.
        """
        rest = [self]
        if self.preview != _NO_PREVIEW:
            rest.append(replace(self, preview=_NO_PREVIEW))
        timeless = tuple(entity for entity in self.entities if entity.type != MessageEntity.DATE_TIME)
        if timeless != self.entities:
            rest.append(replace(rest[-1], entities=timeless))
        if timeless:
            # What was a link is plain text now, in which nothing may become one.
            text = shortened(inert(self.text, commands=True), MAX_TEXT)
            rest.append(replace(rest[-1], text=text, entities=()))
        return rest[1:]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text with at most one format and one target."""

    text: str
    style: Style = Style.PLAIN
    link: str | None = None
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """A line of the card on its way into the text."""

    kind: LineKind
    pieces: tuple[_Piece, ...]

    @property
    def size(self) -> int:
        return sum(units(piece.text) for piece in self.pieces)


def render(card: Card) -> Rendered:
    """The message of a card."""
    blocks = _fitted(_blocks(card))
    text, entities = _written(blocks)
    if not visible(text):
        text, entities = ELLIPSIS, ()
    return Rendered(text, entities, _preview(card), _keyboard(card.buttons))


def toast(card: Card) -> str:
    """The words of a card as far as there is room over a button."""
    return shortened(_words(card), MAX_TOAST)


def says_all(card: Card) -> bool:
    """Whether `toast` leaves nothing out."""
    return not card.buttons and units(_words(card)) <= MAX_TOAST


def _words(card: Card) -> str:
    return sendable(card.plain(), one_line=False).strip()


# --- lines -----------------------------------------------------------------------------------------------------------


def _blocks(card: Card) -> list[_Block]:
    # A card with a title is a story or report: its words come from feeds. Commands stay links in our own answers.
    foreign = any(line.kind is LineKind.TITLE for line in card.lines)
    room = MAX_ENTITIES
    blocks = []
    for line in card.lines:
        if line.kind is LineKind.QUOTE:
            room -= 1
        pieces = []
        for span in _stripped(line):
            piece = _piece(span, line.kind, room, foreign=foreign)
            room -= (piece.style is not Style.PLAIN) + (piece.link is not None) + (piece.moment is not None)
            pieces.append(piece)
        if any(piece.text.strip() for piece in pieces):
            blocks.append(_Block(line.kind, tuple(pieces)))
    return blocks


def _stripped(line: Line) -> list[Span]:
    """The line's spans, cleaned, with no blank at either end."""
    one_line = line.kind in _ONE_LINE
    spans = [replace(span, text=sendable(span.text, one_line=one_line)) for span in line.spans]
    while spans and not spans[0].text.lstrip():
        spans.pop(0)
    while spans and not spans[-1].text.rstrip():
        spans.pop()
    if spans:
        spans[0] = replace(spans[0], text=spans[0].text.lstrip())
        spans[-1] = replace(spans[-1], text=spans[-1].text.rstrip())
        if line.kind is LineKind.ITEM:
            spans.insert(0, Span("• "))
    return spans


def _piece(span: Span, kind: LineKind, room: int, *, foreign: bool) -> _Piece:
    """A span as Telegram shows it; plain and unlinked where entities have run out (``room``)."""
    style = span.style if span.style is not Style.PLAIN else _LINE_STYLES.get(kind, Style.PLAIN)
    link = linkable(span.url)
    moment = span.moment if link is None and span.moment is not None and 0 < span.moment.timestamp() < 1e11 else None
    if room < 2 or not visible(span.text):
        style, link, moment = Style.PLAIN, None, None
    if style is Style.CODE:
        # Code can't be linked, and clients find nothing in it.
        return _Piece(span.text, style)
    text = span.text if link or moment else inert(span.text, commands=foreign)
    return _Piece(text, style, link, moment)


# --- fitting ---------------------------------------------------------------------------------------------------------


def _fitted(blocks: Sequence[_Block]) -> list[_Block]:
    """The blocks within the limit: title, meta and tally get their place first, the others what is left, in order."""
    gaps = 2 * max(0, len(blocks) - 1)
    if gaps + sum(block.size for block in blocks) <= MAX_TEXT:
        return list(blocks)
    room = MAX_TEXT
    kept: dict[int, _Block] = {}
    order = sorted(range(len(blocks)), key=lambda place: (blocks[place].kind not in _WHOLE_FIRST, place))
    for place in order:
        share = room - 2
        block = blocks[place]
        if block.kind is LineKind.TITLE:
            share = min(share, MAX_TEXT // 2)  # so that an endless title leaves room for the tally
        if block.size > share:
            block = _cut(block, share)
        if block.pieces:
            kept[place] = block
            room -= block.size + 2
    return [kept[place] for place in sorted(kept)]


def _cut(block: _Block, most: int) -> _Block:
    pieces: list[_Piece] = []
    if most >= LEAST_LINE:
        for piece in block.pieces:
            size = units(piece.text)
            if size <= most - 1:
                pieces.append(piece)
                most -= size
                continue
            pieces.append(replace(piece, text=shortened(piece.text, most)))
            if units(piece.text) <= most:  # it fits, and what follows doesn't
                pieces[-1] = replace(piece, text=shortened(piece.text + " …", most))
            break
    return replace(block, pieces=tuple(piece for piece in pieces if piece.text))


# --- writing ---------------------------------------------------------------------------------------------------------


def _written(blocks: Sequence[_Block]) -> tuple[str, tuple[MessageEntity, ...]]:
    parts: list[str] = []
    entities: list[MessageEntity] = []
    at = 0
    before: LineKind | None = None
    for block in blocks:
        if before is not None:
            gap = "\n" if (before, block.kind) in _CLOSE else "\n\n"
            parts.append(gap)
            at += len(gap)
        before = block.kind
        if block.kind is LineKind.QUOTE:
            kind = MessageEntity.EXPANDABLE_BLOCKQUOTE if block.size > FOLDED_FROM else MessageEntity.BLOCKQUOTE
            entities.append(MessageEntity(kind, at, block.size))
        for piece in block.pieces:
            # The server takes blanks off the ends of an entity; where it begins is then no longer what we said.
            words = piece.text.strip(" \n")
            entities.extend(_entities(piece, at + piece.text.find(words), units(words)))
            parts.append(piece.text)
            at += units(piece.text)
    return "".join(parts), tuple(entities[:MAX_ENTITIES])


def _entities(piece: _Piece, at: int, size: int) -> Iterable[MessageEntity]:
    if piece.style is not Style.PLAIN:
        yield MessageEntity(_ENTITY_OF_STYLE[piece.style], at, size)
    if piece.link is not None:
        yield MessageEntity(MessageEntity.TEXT_LINK, at, size, url=piece.link)
    elif piece.moment is not None:
        # The client shows it relative to now in its own language; one that can't shows the text.
        yield MessageEntity(MessageEntity.DATE_TIME, at, size, unix_time=piece.moment, date_time_format="r")


def _preview(card: Card) -> LinkPreviewOptions:
    picture = linkable(card.picture.url) if card.picture else None
    if picture is None:
        return _NO_PREVIEW
    return LinkPreviewOptions(is_disabled=False, url=picture, prefer_large_media=True, show_above_text=True)


# --- buttons ---------------------------------------------------------------------------------------------------------


def _keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    shown: list[list[InlineKeyboardButton]] = []
    room = MAX_BUTTONS
    for row in rows:
        buttons = [made for button in row if (made := _button(button)) is not None][:room]
        room -= len(buttons)
        shown += [buttons[start : start + MAX_PER_ROW] for start in range(0, len(buttons), MAX_PER_ROW)]
    return InlineKeyboardMarkup(shown) if shown else None


def _button(button: Button) -> InlineKeyboardButton | None:
    """None for a button that could do nothing."""
    label = sendable(button.label, one_line=True).strip()
    label = shortened(f"✓ {label}" if button.pressed else label, MAX_LABEL)
    if not visible(label):
        label = ELLIPSIS
    # The colour says nothing to who can't see it, so that a pressed choice has a tick too.
    colour = "primary" if button.pressed else _COLOURS.get(button.role)
    if button.role is ButtonRole.LINK:
        address = linkable(button.url)
        return InlineKeyboardButton(label, url=address, style=colour) if address else None
    if not 1 <= len(button.id.encode(errors="replace")) <= MAX_DATA:
        return None
    return InlineKeyboardButton(label, callback_data=button.id, style=colour)
