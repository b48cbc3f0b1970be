"""The nouns of the product, as frozen values. Imports nothing of ours; every other room may import it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

_USUAL_FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "en": (),
    # Most readers of Armenian also read Russian, which has the nearest press; English comes after it.
    "hy": ("ru", "en"),
}

MOST_FOLLOWED = 50
"""How many subscriptions a chat may have: each costs polls, and a chat that follows more reads none of it."""


def fallback_languages(language: str, chosen: Sequence[str] | None) -> tuple[str, ...]:
    """The other languages, in order, in which a chat takes stories where there are none in its own.

    ``chosen``: by its admins; None: they have chosen nothing, and it is English, or what else is usual. To a variant
    (``zh-hant``) what the language writes otherwise is nearer than any other language.
    """
    bare = language.partition("-")[0]
    wanted = (bare, *_USUAL_FALLBACKS.get(bare, ("en",))) if chosen is None else chosen
    return tuple(dict.fromkeys(one for one in wanted if one != language))


# --- words -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words for a reader, not yet in a language: a catalogue key and what fills its ``{named}`` places.

    Errors, problems and remedies carry a Phrase and are translated where they are shown. An argument may itself be a
    Phrase, or several that are listed as the language does ("A, B and C"). The extractor takes the first argument of
    every ``Phrase("…")`` into the catalogue.
    """

    msgid: str
    args: Mapping[str, str | int | Phrase | tuple[str | Phrase, ...]] = field(default_factory=dict)


# --- where we post ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChatRef:
    """Names a chat on its platform. ``id`` and ``topic`` are opaque: made and parsed only by the platform's adapter."""

    platform: str
    id: str
    topic: str = ""
    """A Telegram topic's thread id; empty where there is none. A Discord thread is a chat of its own id."""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Names one message. Message ids are unique within their chat only; ``chat.topic`` doesn't take part in
    identity."""

    chat: ChatRef
    id: str


class ChatKind(StrEnum):
    """What sort of place a chat is, as far as words and rights depend on it."""

    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"
    TOPIC = "topic"
    THREAD = "thread"
    FORUM = "forum"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or an identity such as a channel or an anonymous admin) who did something on a platform."""

    platform: str
    id: str
    locale: str | None = None
    """The BCP 47 tag of the person's client, where the platform tells it."""
    name: str = ""
    """For the log of settings only; never a key."""


# --- votes -----------------------------------------------------------------------------------------------------------


class Sentiment(IntEnum):
    """What a vote says of a story. The numbers are stored."""

    BULLISH = 1
    BEARISH = -1


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes counted: each voter once."""

    bullish: int = 0
    bearish: int = 0


@dataclass(frozen=True, slots=True)
class Ballot:
    """Which emoji mean bullish and which bearish. The first of each stands on the button and is the one seeded."""

    bullish: tuple[str, ...]
    bearish: tuple[str, ...]

    def sentiment(self, emoji: str) -> Sentiment | None:
        """What an emoji (in the adapter's normal form) says, or None when it isn't on the ballot."""
        if emoji in self.bullish:
            return Sentiment.BULLISH
        if emoji in self.bearish:
            return Sentiment.BEARISH
        return None


@dataclass(frozen=True, slots=True)
class OutsideTally:
    """What a news API's own readers say of a story: shown as theirs, never added to votes."""

    provider: str
    tally: Tally


# --- stories ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Story:
    """One or more entries, in one language, that tell the same thing. Times are aware UTC."""

    id: int
    language: str
    """Primary subtag, ``und`` when unknown."""
    title: str
    url: str | None
    lede: str
    picture: str | None
    source: str
    """Title of the source that published it first, for the card."""
    published_at: datetime | None
    """As the source says; None when it gives no readable date."""
    first_seen_at: datetime
    sample: bool
    """Invented, from the bundled sample wire."""
    revision: int
    """Grows with each visible change, so that posts know when they are out of date."""
    sources: int = 1
    """How many sources tell it."""
    outside: tuple[OutsideTally, ...] = ()
    """What readers of news APIs say of it."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A story's words in the language of a chat. Without a title: they could not be had, and its post says so."""

    title: str = ""
    lede: str = ""
    version: int = 0
    """Grows with each change of what posts show of it."""


# --- cards -----------------------------------------------------------------------------------------------------------


class Style(StrEnum):
    """How a span stands out. One style a span keeps every platform's nesting rules out of the core."""

    PLAIN = "plain"
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text. ``text`` is data: an adapter escapes it and never reads markup or mentions in it."""

    text: str
    style: Style = Style.PLAIN
    url: str | None = None
    """http(s) address that the text links to."""
    moment: datetime | None = None
    """The instant that ``text`` (an absolute date) names; clients that can, show it relative to now."""


class LineKind(StrEnum):
    """What a line is for; adapters give each kind its looks."""

    TITLE = "title"
    META = "meta"
    TEXT = "text"
    HEADING = "heading"
    QUOTE = "quote"
    ITEM = "item"
    TALLY = "tally"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph of a card."""

    kind: LineKind
    spans: tuple[Span, ...]


class ButtonRole(StrEnum):
    """What a button is for; adapters colour it."""

    BULLISH = "bullish"
    BEARISH = "bearish"
    CHOICE = "choice"
    PRIMARY = "primary"
    DANGER = "danger"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a card. ``id`` comes back in ButtonPressed: at most 64 bytes of ASCII; a LINK has ``url``
    instead."""

    label: str
    id: str = ""
    role: ButtonRole = ButtonRole.CHOICE
    url: str | None = None
    pressed: bool = False
    """For a choice that is the present setting."""
    count: int | None = None
    """For a vote: how many have given it here. ``label`` says it too, for platforms whose buttons are plain text."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that belongs to a card, by its address."""

    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A story, report or answer laid out without any markup. Adapters render it within their platform's limits."""

    language: str
    """The language of the words around the story; adapters use it for ``lang`` and for dates."""
    lines: tuple[Line, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    """Rows of buttons."""
    picture: Picture | None = None
    content_language: str | None = None
    """The language of TITLE and TEXT lines where it differs from ``language``."""

    def plain(self) -> str:
        """The words alone, a line a paragraph: for toasts, notifications and logs."""
        return "\n".join("".join(span.text for span in line.spans) for line in self.lines)


# --- ids of vote buttons ---------------------------------------------------------------------------------------------

_VOTE_LETTERS = {Sentiment.BULLISH: "b", Sentiment.BEARISH: "s"}
_VOTE_BUTTON = re.compile(r"v:([0-9]{1,18}):([bs])", re.ASCII)


def vote_button(delivery_id: int, sentiment: Sentiment) -> str:
    """The id of the button that votes on a delivery: every open post has it, so that a press also tells which post it
    is."""
    return f"v:{delivery_id}:{_VOTE_LETTERS[sentiment]}"


def parse_vote_button(button: str) -> tuple[int, Sentiment] | None:
    """What `vote_button` made, or None for any other text: the id came back from a client and may be forged."""
    match = _VOTE_BUTTON.fullmatch(button)
    if match is None:
        return None
    return int(match[1]), Sentiment.BULLISH if match[2] == "b" else Sentiment.BEARISH
