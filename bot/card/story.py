"""Lays a story out as a card, with what the chat and everyone say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.model import (
    Ballot,
    Button,
    ButtonRole,
    Card,
    Line,
    LineKind,
    OutsideTally,
    Picture,
    Sentiment,
    Span,
    Story,
    Style,
    Tally,
    Translation,
    vote_button,
)
from bot.ports import Translator
from bot.text import shortened

NO_VOTES = Tally()

EXCERPT = 320
"""So many characters of a story's text are shown, unless the operator says otherwise: enough to know what it is about,
and too few to stand for the article."""

_PROVIDERS = {"coinstats": "CoinStats", "cryptopanic": "CryptoPanic"}
"""Their own names."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said of a story in one chat when its card is drawn."""

    chat: Tally = NO_VOTES
    everywhere: Tally | None = None
    """None unless the story is in more than one chat."""
    totals: Mapping[str, int] | None = None
    """Anonymous counts by emoji, kept apart from votes."""
    closed: bool = False
    """Voting has ended: the tally becomes text and the buttons go."""


def story_card(
    story: Story,
    delivery_id: int,
    standing: Standing,
    ballot: Ballot,
    t: Translator,
    *,
    translation: Translation | None = None,
    excerpt: int = EXCERPT,
) -> Card:
    """The card of a story for one chat, in that chat's language."""
    translated = translation is not None and bool(translation.title)
    title, lede = (translation.title, translation.lede) if translation and translated else (story.title, story.lede)
    lines = [
        Line(LineKind.TITLE, (Span(title, Style.BOLD, url=story.url),)),
        _meta(story, t, translated=translated),
    ]
    lede = shortened(lede, excerpt)
    if lede:
        lines.append(Line(LineKind.TEXT, (Span(lede),)))
    if translation is not None and not translated:
        # TRANSLATORS: stands under a story that is shown in its own language because no translation could be had
        lines.append(Line(LineKind.NOTE, (Span(t("This could not be translated.")),)))
    lines.extend(_standing_lines(standing, ballot, t))
    lines.extend(_outside(outside, t) for outside in story.outside)
    return Card(
        language=t.language,
        lines=tuple(lines),
        buttons=() if standing.closed else (_vote_buttons(delivery_id, standing.chat, ballot, t),),
        picture=Picture(story.picture, alt=title) if story.picture else None,
        content_language=None if translated or story.language in (t.language, "und") else story.language,
    )


def _meta(story: Story, t: Translator, *, translated: bool) -> Line:
    at = story.published_at or story.first_seen_at
    spans = [Span(story.source), Span(" · ")] if story.source else []
    spans.append(Span(t.moment(at), moment=at))
    if story.sources > 1:
        # TRANSLATORS: stands after a story's source and time: so many other sources tell the same
        others = t.plural("also in {n} source", "also in {n} sources", story.sources - 1)
        spans += [Span(" · "), Span(others)]
    if translated:
        # TRANSLATORS: stands after a story's source and time, and links to the original; {language} is such as "German"
        words = t("translated from {language}", language=t.language_name(story.language))
        spans += [Span(" · "), Span(words, url=story.url)]
    if story.sample:
        # TRANSLATORS: a mark on invented stories that ship with the product, beside the source and the time
        spans += [Span(" · "), Span(t("Sample"), Style.BOLD)]
    return Line(LineKind.META, tuple(spans))


def _standing_lines(standing: Standing, ballot: Ballot, t: Translator) -> list[Line]:
    lines = []
    if standing.closed:
        # TRANSLATORS: stands under a story when voting has ended; the numbers are votes in this chat
        lines.append(_line(t("Voting has ended. Bullish: {bullish}, bearish: {bearish}", **_counts(standing.chat, t))))
    if standing.everywhere is not None:
        # TRANSLATORS: the votes of all chats together, under the buttons' counts of this chat
        lines.append(_line(t("In all chats: bullish {bullish}, bearish {bearish}", **_counts(standing.everywhere, t))))
    if standing.totals:
        lines.extend(_totals(standing.totals, ballot, t))
    return lines


def _totals(totals: Mapping[str, int], ballot: Ballot, t: Translator) -> list[Line]:
    counts = dict.fromkeys(Sentiment, 0)
    for emoji, count in totals.items():
        sentiment = ballot.sentiment(emoji)
        if sentiment is not None:
            counts[sentiment] += count
    if not any(counts.values()):
        return []
    # TRANSLATORS: reactions in a channel, whose givers are unknown, so that they don't count as votes
    tally = Tally(counts[Sentiment.BULLISH], counts[Sentiment.BEARISH])
    return [_line(t("Anonymous reactions: bullish {bullish}, bearish {bearish}", **_counts(tally, t)))]


def _outside(outside: OutsideTally, t: Translator) -> Line:
    provider = _PROVIDERS.get(outside.provider, outside.provider)
    counts = _counts(outside.tally, t)
    # TRANSLATORS: what readers of a news site ({provider}: CoinStats, CryptoPanic) say there of a story; not our votes
    return _line(t("on {provider}: {bullish} bullish, {bearish} bearish", provider=provider, **counts))


def _counts(tally: Tally, t: Translator) -> dict[str, str]:
    return {"bullish": t.number(tally.bullish), "bearish": t.number(tally.bearish)}


def _line(text: str) -> Line:
    return Line(LineKind.TALLY, (Span(text),))


def _vote_buttons(delivery_id: int, tally: Tally, ballot: Ballot, t: Translator) -> tuple[Button, ...]:
    # TRANSLATORS: a vote button says that the reader thinks the news is good for prices; short, the count follows
    bullish = t("Bullish")
    # TRANSLATORS: a vote button says that the reader thinks the news is bad for prices; short, the count follows
    bearish = t("Bearish")
    return (
        Button(
            label=f"{ballot.bullish[0]} {bullish} {t.number(tally.bullish)}",
            id=vote_button(delivery_id, Sentiment.BULLISH),
            role=ButtonRole.BULLISH,
            count=tally.bullish,
        ),
        Button(
            label=f"{ballot.bearish[0]} {bearish} {t.number(tally.bearish)}",
            id=vote_button(delivery_id, Sentiment.BEARISH),
            role=ButtonRole.BEARISH,
            count=tally.bearish,
        ),
    )
