"""What is left of erased reactions: keyed hashes, by which a platform that merely repeats them is recognised.

Pure. Who holds the file and its key can ask whether a person whose id they know has erased a reaction on a message that
they know; nobody can read ids or messages out of it.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple, TypeAlias

Message: TypeAlias = tuple[str, str, str]
"""Platform, native chat and message id: it names the story, and outlives what becomes of the story's rows."""


class Mark(NamedTuple):
    """One reaction that was erased."""

    message: str
    """Hash of the message."""
    voter: str
    """Hash of the voter and the message: the same person's marks on two messages have nothing in common."""
    token: str
    """The emoji, which must be told from another one that is given later."""


class Marks:
    """The marks on some messages; empty ones cost nothing."""

    def __init__(self, key: bytes, marks: Iterable[Mark] = ()) -> None:
        self._key = key
        self._on: dict[str, dict[str, set[str]]] = {}
        self.dropped: list[Mark] = []
        for message, voter, token in marks:
            self._on.setdefault(message, {}).setdefault(voter, set()).add(token)

    def __bool__(self) -> bool:
        return bool(self._on)

    def drop(self, message: Message, actor: str, emoji: str) -> None:
        """The voter has given this anew, or taken it back: what comes next is no repetition."""
        on = hash_of_message(self._key, message)
        if on in self._on:
            self._drop(on, hash_of_voter(self._key, message, actor), {emoji})

    def keep_only(self, message: Message, actor: str, emoji: Collection[str]) -> set[str]:
        """The voter has these now, of which those returned were erased; marks of all others are dropped."""
        on = hash_of_message(self._key, message)
        if on not in self._on:
            return set()
        voter = hash_of_voter(self._key, message, actor)
        self._drop(on, voter, self._on[on].get(voter, set()).difference(emoji))
        return set(self._on[on].get(voter, ()))

    def clear(self, message: Message, emoji: str | None) -> None:
        """A moderator took everyone's reactions off the message: all of them, or those of one emoji."""
        on = hash_of_message(self._key, message)
        for voter, tokens in list(self._on.get(on, {}).items()):
            self._drop(on, voter, tokens.copy() if emoji is None else {emoji})

    def reread(
        self, message: Message, voters: Mapping[str, frozenset[str]], fresher: Collection[tuple[str, str | None]]
    ) -> set[tuple[str, str]]:
        """Those of the reactions just read that were erased. Marks of what was asked about and isn't there any more are
        dropped, unless something newer was heard of it (``fresher``, see `ReactionsRead`)."""
        on = hash_of_message(self._key, message)
        if on not in self._on:
            return set()
        present = {
            (hash_of_voter(self._key, message, actor), one): (actor, one) for one in voters for actor in voters[one]
        }
        newer = {(hash_of_voter(self._key, message, actor), one) for actor, one in fresher}
        erased: set[tuple[str, str]] = set()
        for voter, tokens in list(self._on[on].items()):
            asked = {one for one in tokens & voters.keys() if newer.isdisjoint(((voter, one), (voter, None)))}
            erased.update(present[voter, one] for one in asked if (voter, one) in present)
            self._drop(on, voter, {one for one in asked if (voter, one) not in present})
        return erased

    def _drop(self, on: str, voter: str, tokens: Collection[str]) -> None:
        present = self._on[on].get(voter, set())
        self.dropped += [Mark(on, voter, token) for token in sorted(present.intersection(tokens))]
        present.difference_update(tokens)


def hash_of_message(key: bytes, message: Message) -> str:
    """What stands for a message."""
    return _keyed(key, *message)


def hash_of_voter(key: bytes, message: Message, actor: str) -> str:
    """What stands for a voter on a message; whose platform is the message's."""
    return _keyed(key, *message, actor)


def _keyed(key: bytes, *parts: str) -> str:
    # Each part with its length, so that no two lists of parts are the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), sha256).hex()[:32]
