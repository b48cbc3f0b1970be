"""Lays answers out as cards: a heading, paragraphs, items, buttons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model import Button, Card, Line, LineKind, Span, Style


def paragraph(text: str) -> Line:
    """A paragraph of plain words."""
    return Line(LineKind.TEXT, (Span(text),))


def heading(text: str) -> Line:
    """A heading above paragraphs or items."""
    return Line(LineKind.HEADING, (Span(text, Style.BOLD),))


def item(*spans: Span | str) -> Line:
    """One row of a list."""
    return Line(LineKind.ITEM, tuple(Span(span) if isinstance(span, str) else span for span in spans))


def note(text: str) -> Line:
    """A remark in small print."""
    return Line(LineKind.NOTE, (Span(text),))


def answer_card(language: str, *lines: Line, buttons: Iterable[Sequence[Button]] = ()) -> Card:
    """An answer in ``language``."""
    return Card(language=language, lines=lines, buttons=tuple(tuple(row) for row in buttons if row))


def in_rows(buttons: Sequence[Button], width: int) -> list[tuple[Button, ...]]:
    """The buttons in rows of at most ``width``."""
    return [tuple(buttons[start : start + width]) for start in range(0, len(buttons), width)]
