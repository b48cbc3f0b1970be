"""The answers that members got in a room: private, and kept in memory a while for pages that are loaded again."""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model import Card
from bot.ports import Document

KEPT = 5
"""Answers of one member."""

MEMBERS = 2_000
"""With answers at once; those of who asked longest ago go first."""

LIFE = timedelta(minutes=15)

FILES = 16_000_000
"""Characters in the files of all members' answers: those of who asked longest ago go first."""


@dataclass(frozen=True, slots=True)
class RoomAnswer:
    """An answer in its place in a room."""

    id: str
    room: str
    asked: str
    card: Card
    at: datetime
    file: str = ""
    """The name of the file that goes with it."""


class Answers:
    """Remembers each member's last answers."""

    def __init__(self) -> None:
        self._members: OrderedDict[str, deque[RoomAnswer]] = OrderedDict()
        self._files: OrderedDict[str, tuple[str, Document]] = OrderedDict()
        """One a member, with the id of its answer; of who asked longest ago first."""

    def add(
        self, member: str, room: str, asked: str, card: Card, at: datetime, document: Document | None = None
    ) -> RoomAnswer:
        """Keep a new answer."""
        answer = RoomAnswer(f"a{secrets.token_urlsafe(9)}", room, asked, card, at)
        if document is not None:
            answer = replace(answer, file=document.name)
            self._files.pop(member, None)
            self._files[member] = (answer.id, document)
            while len(self._files) > 1 and sum(len(kept.content) for _, kept in self._files.values()) > FILES:
                self._files.popitem(last=False)
        self._members.setdefault(member, deque(maxlen=KEPT)).append(answer)
        self._members.move_to_end(member)
        if len(self._members) > MEMBERS:
            self._members.popitem(last=False)
        return answer

    def replace(self, member: str, answer_id: str, card: Card) -> RoomAnswer | None:
        """Put another card in an answer's place; None when the member has no such answer."""
        kept = self._members.get(member, deque())
        for position, answer in enumerate(kept):
            if answer.id == answer_id:
                kept[position] = replace(answer, card=card)
                return kept[position]
        return None

    def find(self, member: str, answer_id: str) -> RoomAnswer | None:
        """One of the member's answers."""
        return next((answer for answer in self._members.get(member, ()) if answer.id == answer_id), None)

    def file(self, member: str, answer_id: str, now: datetime) -> Document | None:
        """The file of one of the member's answers, while it is kept."""
        answer, (of, document) = self.find(member, answer_id), self._files.get(member, ("", None))
        return document if answer is not None and answer.id == of and now - answer.at <= LIFE else None

    def newest(self, member: str, room: str, now: datetime) -> RoomAnswer | None:
        """The member's last answer in a room, while it is worth showing."""
        mine = [answer for answer in self._members.get(member, ()) if answer.room == room]
        return mine[-1] if mine and now - mine[-1].at <= LIFE else None

    def dismiss(self, member: str, answer_id: str) -> None:
        """The member has read this answer, and with it those before it in its room."""
        read, kept = self.find(member, answer_id), self._members.get(member, deque())
        if read is not None:
            last = kept.index(read)
            left = [answer for place, answer in enumerate(kept) if place > last or answer.room != read.room]
            self._members[member] = deque(left, maxlen=KEPT)
