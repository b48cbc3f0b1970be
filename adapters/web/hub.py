"""Live events of the rooms: told to every open page, and told again to one that was away for a moment."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

STREAMS = 300
"""Open at once. Below the server's connections, so that pages and votes get through however many watch."""

STREAMS_OF_A_MEMBER = 12
WAITING = 64
"""Events that a slow reader may be behind; then its stream ends, and the page asks again for what it missed."""

REMEMBERED = 256
"""Events of a room kept for pages that come back; a longer absence reloads the page's list."""

PULSE_SECONDS = 20.0
"""A comment in a quiet stream shows proxies and us that the other end is still there."""


class Kind(StrEnum):
    """What a page does with an event."""

    APPEND = "append"
    REPLACE = "replace"
    ANSWER = "answer"
    """What a member's answer has become, in the place of the card with its id; for that member alone."""
    PRESS = "press"
    """Whether a button is one that the member has pressed; for that member alone."""
    RESET = "reset"
    """Too much was missed: load the list again."""


@dataclass(frozen=True, slots=True)
class _Told:
    seq: int
    only: str | None
    frame: bytes


@dataclass(slots=True)
class _Room:
    seq: int = 0
    told: deque[_Told] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    streams: set[Stream] = field(default_factory=set)


class Stream:
    """One page that is listening."""

    def __init__(self, member: str) -> None:
        self.member = member
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)

    def put(self, frame: bytes) -> bool:
        """Hand an event to the page; False when it is too far behind, which ends the stream."""
        try:
            self._waiting.put_nowait(frame)
        except asyncio.QueueFull:
            self.end()
            return False
        return True

    def end(self) -> None:
        """Nothing more comes; what still waits is dropped."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def frames(self) -> AsyncIterator[bytes]:
        """The events as the browser reads them, until the stream ends."""
        yield b"retry: 1000\n\n"
        while True:
            try:
                async with asyncio.timeout(PULSE_SECONDS):
                    frame = await self._waiting.get()
            except TimeoutError:
                frame = b": still here\n\n"
            if frame is None:
                return
            yield frame


class Hub:
    """Knows the rooms' open pages."""

    def __init__(self) -> None:
        # Places of another run mean nothing here.
        self._run = secrets.token_hex(4)
        self._rooms: dict[str, _Room] = {}
        self._open = True

    def place(self, room: str) -> str:
        """Where the room's events stand now: take it before reading what a page shows, and listen from there."""
        return f"{self._run}-{self._room(room).seq}"

    def tell(self, room: str, kind: Kind, id: str, html: str, *, only: str | None = None) -> None:  # noqa: A002
        """Tell every page of the room, or those of one member, that the element ``id`` is new or changed."""
        self._tell(room, kind, {"id": id, "html": html}, only)

    def tell_press(self, room: str, button: str, pressed: bool, *, only: str) -> None:
        """Tell the pages of a member whether their press on a button stands: cards are drawn for everyone alike."""
        self._tell(room, Kind.PRESS, {"button": button, "pressed": pressed}, only)

    def _tell(self, room: str, kind: Kind, data: Mapping[str, str | bool], only: str | None) -> None:
        known = self._room(room)
        known.seq += 1
        frame = _frame(kind, f"{self._run}-{known.seq}", data)
        told = _Told(known.seq, only, frame)
        known.told.append(told)
        for stream in tuple(known.streams):
            if only in (None, stream.member) and not stream.put(frame):
                known.streams.discard(stream)

    def listen(self, room: str, member: str, after: str) -> Stream | None:
        """A stream of what came after a place; None while too many listen or we are closing."""
        streams = [stream for known in self._rooms.values() for stream in known.streams]
        own = sum(stream.member == member for stream in streams)
        if not self._open or len(streams) >= STREAMS or own >= STREAMS_OF_A_MEMBER:
            return None
        known = self._room(room)
        stream = Stream(member)
        missed = self._missed(known, after)
        if missed is None or len(missed) >= WAITING:
            stream.put(_frame(Kind.RESET, f"{self._run}-{known.seq}", {}))
        else:
            for told in missed:
                if told.only in (None, member):
                    stream.put(told.frame)
        known.streams.add(stream)
        return stream

    def leave(self, room: str, stream: Stream) -> None:
        """The page is gone."""
        self._room(room).streams.discard(stream)

    def close(self) -> None:
        """End every stream; the server could not stop before."""
        self._open = False
        for known in self._rooms.values():
            for stream in known.streams:
                stream.end()
            known.streams.clear()

    def _room(self, room: str) -> _Room:
        return self._rooms.setdefault(room, _Room())

    def _missed(self, known: _Room, after: str) -> list[_Told] | None:
        """What was told after a place; None when we can't say any more."""
        run, _, seq = after.partition("-")
        if run != self._run or not (seq.isascii() and seq.isdigit()) or len(seq) > 18:
            return None
        oldest = known.told[0].seq if known.told else known.seq + 1
        if not oldest - 1 <= int(seq) <= known.seq:
            return None
        return [told for told in known.told if told.seq > int(seq)]


def _frame(kind: Kind, place: str, data: Mapping[str, str | bool]) -> bytes:
    # JSON keeps the data on one line, which is all that an event's data may be.
    return f"event: {kind}\nid: {place}\ndata: {json.dumps(data)}\n\n".encode()
