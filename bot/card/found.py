"""Lays out what a search found: a row a story, with the words that were looked for in bold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.card.answer import item
from bot.model import Line, Span, Story, Style, Tally
from bot.ports import Translator
from bot.text import shortened
from bot.words import Term, marked

MAX_TITLE = 160
MAX_SNIPPET = 140
_MARKS = " ,;:–—-"
"""What says nothing before an ellipsis."""
_BEFORE = 40
"""Characters that a snippet shows before the first word that was looked for."""


def found_line(story: Story, tally: Tally, wanted: Sequence[Term], t: Translator) -> Line:
    """One story that was found: title, source, time, votes, and the place where its lede says what was looked for."""
    title = shortened(story.title, MAX_TITLE)
    at = story.published_at or story.first_seen_at
    spans = [Span(title, url=story.url)]
    spans += [Span(" · "), Span(story.source)] if story.source else []
    spans += [Span(" · "), Span(t.moment(at), moment=at)]
    if tally != Tally():
        counts = {"bullish": t.number(tally.bullish), "bearish": t.number(tally.bearish)}
        spans += [Span(" · "), Span(t("In all chats: bullish {bullish}, bearish {bearish}", **counts))]
    if story.sample:
        spans += [Span(" · "), Span(t("Sample"), Style.BOLD)]
    snippet = list(snippet_of(story.lede, wanted))
    spans += [Span(" – "), *snippet] if snippet else []
    return item(*spans)


def snippet_of(text: str, wanted: Sequence[Term]) -> Iterator[Span]:
    """The part of a text that says what was looked for, with that in bold; nothing when it doesn't say it."""
    places = marked(text, wanted)
    if not places:
        return
    start = _start(text, places[0][0])
    end, at = _end(text, start + MAX_SNIPPET), start
    yield Span("…") if start else Span("")
    for first, last in places:
        if last > end:
            break
        yield Span(text[at:first])
        yield Span(text[first:last], Style.BOLD)
        at = last
    yield Span(text[at:end].rstrip(_MARKS) + "…" if end < len(text) else text[at:])


def _end(text: str, most: int) -> int:
    """Between words, too, where there are blanks."""
    if len(text) <= most:
        return len(text)
    blank = text.rfind(" ", most - _BEFORE, most)
    return blank if blank >= 0 else most


def _start(text: str, first: int) -> int:
    """Between words where there are blanks, and not at all for a few characters."""
    if first <= _BEFORE:
        return 0
    blank = text.find(" ", first - _BEFORE, first)
    return blank + 1 if blank >= 0 else first - _BEFORE // 4
