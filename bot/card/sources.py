"""How sources do, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.card.answer import answer_card, heading, item, note
from bot.model import Card, Phrase, Span
from bot.ports import Translator


class Doing(Protocol):
    """What is known of how a source does."""

    @property
    def url(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def last_ok_at(self) -> datetime | None: ...

    @property
    def problem(self) -> Phrase | None: ...

    @property
    def ended(self) -> bool: ...


def linked(source: Doing) -> Span:
    """Its name, with its address where that can be opened: the bundled wire has none."""
    address = source.url if source.url.startswith(("http://", "https://")) else None
    return Span(source.title or source.url, url=address)


def how_it_does(source: Doing, t: Translator, now: datetime) -> str:
    """Whether it is well, and what is wrong otherwise."""
    if source.problem is None:
        if source.last_ok_at is None:
            return t("not read yet")
        # TRANSLATORS: the source works; {ago} is such as "4 minutes ago"
        return t("working, read {ago}", ago=t.ago(source.last_ok_at, now))
    if source.ended:
        return t("ended: {problem}", problem=source.problem)
    if source.last_ok_at is None:
        return t("never read: {problem}", problem=source.problem)
    # TRANSLATORS: the source does not work now; {ago} is such as "4 minutes ago"
    return t("last read {ago}: {problem}", ago=t.ago(source.last_ok_at, now), problem=source.problem)


def troubles_card(sources: Sequence[Doing], t: Translator, now: datetime) -> Card:
    """Tells a chat's admins of sources that won't come back by themselves."""
    return answer_card(
        t.language,
        # TRANSLATORS: above the names of feeds that have not worked for days
        heading(t.plural("{n} source needs an admin", "{n} sources need an admin", len(sources))),
        *(item(linked(source), f" · {how_it_does(source, t, now)}") for source in sources),
        note(t("Remove it, or add its new address: {command}", command="/sources list")),
    )
