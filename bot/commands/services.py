"""What commands are given: the database, the platforms, the words, and the narrow side of gather that they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.events import VotesErased
from bot.ports import ChatAdapter, Translators
from bot.storage.database import Database
from bot.storage.votes import Recorded


class FoundFeed(Protocol):
    """A feed that was found behind an address."""

    @property
    def url(self) -> str: ...

    @property
    def title(self) -> str: ...


class Gatherer(Protocol):
    """The side of gather that commands use."""

    async def probe(self, address: str) -> Sequence[FoundFeed]:
        """The feeds behind an address: the one that it is, or those that its page names, in a steady order.

        Held to the guard. Raises SourceError when it can't be read; empty when there is no feed.
        """
        ...

    async def add_feed(self, feed: FoundFeed) -> int:
        """The id of the source of this address that is held to the guard, made if need be."""
        ...

    async def sample_source(self, language: str) -> int:
        """The id of the bundled sample wire's source in a language, made if need be."""
        ...

    async def sync_subscriptions(self) -> None:
        """Subscriptions or languages have changed: give packs their sources, poll what is new, rest the unread."""
        ...


class Translations(Protocol):
    """The side of translate that commands use."""

    @property
    def configured(self) -> bool:
        """Whether there is any translator."""
        ...

    @property
    def answered(self) -> bool:
        """Whether any has said what it translates."""
        ...

    def offers(self, source: str, target: str) -> bool:
        """Whether any translates from one language into the other."""
        ...

    def offers_into(self, target: str) -> bool:
        """Whether any translates from anything into this language."""
        ...


class Votes(Protocol):
    """The side of tally that commands use."""

    async def record(self, event: VotesErased, /) -> Recorded:
        """Returns when it is durable. Raises StorageError."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Built once by app.py."""

    database: Database
    adapters: Mapping[str, ChatAdapter]
    """By platform."""
    translators: Translators
    gatherer: Gatherer
    translations: Translations
    votes: Votes
    on_leaver: Callable[[], None]
    """Somebody wants their votes in a chat erased when they leave it: their chats are to be asked soon."""
    packs: Sequence[str]
    """Names of the packs, in the order in which they are offered."""
    clock: Callable[[], datetime]
    on_change: Callable[[], None]
    """Wakes the sweep: a chat follows something new, or speaks another language."""
    version: str
    open_days: int
    """For how many days people can vote on a post."""
    entries_days: int
    """For how many days stories and their votes are kept."""
    log_days: int
    """For how many days the log of settings is kept."""
    sample_wire: bool = False
    """New rooms follow the bundled sample wire too."""
    unshared: frozenset[str] = frozenset()
    """Platforms whose new chats keep their votes to themselves."""
