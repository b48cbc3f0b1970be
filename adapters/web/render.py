"""Cards → HTML. Pure: all that is not in the templates is text, and stays text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bot.model import Button, ButtonRole, Card, Line, LineKind, Span, Tally
from bot.ports import Translator

_VOTES = frozenset({ButtonRole.BULLISH, ButtonRole.BEARISH})

_ROOM = re.compile(r"/r/[A-Za-z-]{2,16}", re.ASCII)

# What HTML can't hold (XML's control characters) or UTF-8 can't say (half a surrogate pair).
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def speakable(text: str) -> str:
    """The text with what no page can hold marked as unreadable."""
    return _UNSPEAKABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def link(url: str | None) -> str | None:
    """An address that a page may link to: http or https with a host; None for any other."""
    if url is None or _UNSPEAKABLE.search(url) or any(character.isspace() for character in url):
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme.lower() in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def picture_link(url: str | None) -> str | None:
    """A picture's address: https alone, which is what the content policy lets in (http could be read on the way)."""
    safe = link(url)
    return safe if safe is not None and safe[:6].lower() == "https:" else None


def room_address(room: str) -> str:
    """Where a room is on this site."""
    return f"/r/{room}"


def door(url: str | None) -> str | None:
    """The address that a button may lead to: one of our own rooms; None for any other."""
    return url if url is not None and _ROOM.fullmatch(url) else None


def blocks(card: Card) -> Iterator[tuple[LineKind, Sequence[Line]]]:
    """The card's lines, those of a list together."""
    for kind, lines in groupby(card.lines, key=lambda line: line.kind):
        if kind is LineKind.ITEM:
            yield kind, tuple(lines)
        else:
            for line in lines:
                yield kind, (line,)


def bits(line: Line) -> Iterator[tuple[Span | None, Sequence[Span]]]:
    """The parts of a line that dots keep apart, each with the dot before it: a page may put each part on a new row."""
    dot: Span | None = None
    part: list[Span] = []
    for span in line.spans:
        if span.text.strip() == "·" and span.url is None:
            yield dot, part
            dot, part = span, []
        else:
            part.append(span)
    yield dot, part


def rows(line: Line) -> list[list[Span]]:
    """The rows of a paragraph that is a list, each with the break at its end."""
    found: list[list[Span]] = [[]]
    for span in line.spans:
        found[-1].append(span)
        if span.text == "\n":
            found.append([])
    return found


def title_of(card: Card) -> str:
    """The words of its title, for what belongs to it; empty when it has none."""
    titles = (line.spans for line in card.lines if line.kind is LineKind.TITLE)
    return "".join(span.text for span in next(titles, ()))


def vote_buttons(card: Card) -> list[Button]:
    """The buttons that vote."""
    return [button for row in card.buttons for button in row if button.role in _VOTES]


def other_buttons(card: Card) -> list[Button]:
    """All other buttons, without the rows that platforms with narrow messages need."""
    return [button for row in card.buttons for button in row if button.role not in _VOTES]


def vote_ids(cards: Iterable[Card]) -> list[str]:
    """The ids of all vote buttons of these cards."""
    return [button.id for card in cards for button in vote_buttons(card)]


def tally_here(card: Card) -> Tally | None:
    """What the vote buttons count; None where they don't say."""
    counts = {button.role: button.count for button in vote_buttons(card)}
    bullish, bearish = counts.get(ButtonRole.BULLISH), counts.get(ButtonRole.BEARISH)
    return None if bullish is None or bearish is None else Tally(bullish, bearish)


def share(tally: Tally) -> int:
    """Of a hundred votes, so many are bullish; half where there are none."""
    voters = tally.bullish + tally.bearish
    return round(100 * tally.bullish / voters) if voters else 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A card in its place on a page."""

    id: str
    """Of the element, and what a button's form sends: ``m12`` for a post, ``a…`` for an answer."""
    room: str
    card: Card
    asked: str | None = None
    """For an answer, what was asked; None on a post."""
    at: datetime | None = None
    """When it was posted."""
    pressed: Collection[str] = ()
    """The ids of the vote buttons that the reader has pressed."""
    file: str = ""
    """For an answer, the name of the file that goes with it."""


class Renderer:
    """Holds the compiled templates."""

    def __init__(self) -> None:
        environment = Environment(
            loader=PackageLoader("adapters.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_finalize,
        )
        environment.globals.update(
            bits=bits,
            blocks=blocks,
            door=door,
            link=link,
            other_buttons=other_buttons,
            picture_link=picture_link,
            rows=rows,
            share=share,
            tally_here=tally_here,
            title_of=title_of,
            vote_buttons=vote_buttons,
        )
        self._environment = environment
        self._card = environment.get_template("card.html")

    def card(self, shown: Shown, t: Translator) -> str:
        """One card as an element of a room's list."""
        return self._card.render(shown=shown, t=t)

    def page(self, name: str, **values: object) -> str:
        """A whole page from the template of that name."""
        template: Template = self._environment.get_template(name)
        return template.render(**values)


def _finalize(value: object) -> object:
    # Markup (a str too) comes only from our own templates' macros, and is cleaned already.
    return speakable(value) if type(value) is str else value
