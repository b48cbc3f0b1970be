"""Reads a body within its limit, counted after decompression."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from bot.errors import SourceError
from bot.model import Phrase

ENCODINGS = "gzip, deflate"
"""What we ask for. We decompress ourselves: aiohttp inflates a whole chunk before anyone can count it."""


_GZIP = b"\x1f\x8b"

DAMAGED = Phrase("Its compression is damaged.")

MEMBERS = 100
"""A gzip may consist of several members. Whoever sends more of them than this wants us to be busy."""


async def read_body(chunks: AsyncIterator[bytes], encoding: str, max_bytes: int) -> bytes:
    """The body, decompressed. Raises SourceError for more than ``max_bytes``, and for an encoding we did not ask for.

    A compressed body that ends too early gives what could be read: the parser makes the best of a cut-off feed.
    """
    inflate = _inflater(encoding)
    body = bytearray()
    arrived = 0
    async for chunk in chunks:
        body += inflate.feed(chunk, max_bytes + 1 - len(body))
        arrived += len(chunk)
        # What arrives counts too: members of a gzip that hold nothing could go on for ever.
        if max(len(body), arrived) > max_bytes:
            raise SourceError(Phrase("It is larger than {limit} bytes.", {"limit": max_bytes}))
        if inflate.ended:
            break
    return bytes(body)


def _inflater(encoding: str) -> _Inflater:
    names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in {"", "identity"}]
    if len(names) > 1 or (names and names[0] not in {"gzip", "x-gzip", "deflate"}):
        # Bytes that are no text arrive as halves of signs, which nothing can store.
        said = encoding[:40].encode("ascii", "replace").decode()
        raise SourceError(Phrase("It is compressed in a way I can't read ({encoding}).", {"encoding": said}))
    return _Inflater(names[0] if names else "")


class _Inflater:
    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._start = b""
        self._inflate: zlib._Decompress | None = None
        self._decided = not encoding
        self._members = 0
        """How many have been read to their ends."""
        self.ended = False
        """The compressed stream is over: what comes behind it isn't of the body."""

    def feed(self, chunk: bytes, limit: int) -> bytes:
        """At most ``limit`` bytes: reaching it means that the body is too large, so what remains isn't kept."""
        if not self._decided:
            self._start += chunk
            if len(self._start) < 2:
                return b""
            chunk, self._start = self._start, b""
            self._decide(chunk)
        if self.ended:
            return b""
        if self._inflate is None:
            return chunk[:limit]
        return self._expand(chunk, limit)

    def _decide(self, start: bytes) -> None:
        """Servers claim compression and send plain text, or raw deflate where the standard wants zlib's."""
        self._decided = True
        if self._encoding == "deflate":
            is_zlib = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
            plain = start[:1] in b"<{ \n\r\t\xef"
            if is_zlib or not plain:
                self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        elif start[:2] == _GZIP:
            self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        else:
            self.ended = self._members > 0

    def _between_members(self, rest: bytes) -> None:
        """The next member may begin in this chunk or with the next one."""
        self._members += 1
        if self._members > MEMBERS:
            raise SourceError(DAMAGED)
        if self._encoding == "deflate" or not _GZIP.startswith(rest[:2]):
            self.ended = True
        elif len(rest) < len(_GZIP):
            # zlib would keep all that comes after the end of a stream, and copy it each time.
            self._start, self._decided, self._inflate = rest, False, None
        else:
            self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    def _expand(self, chunk: bytes, limit: int) -> bytes:
        out = bytearray()
        while chunk and len(out) < limit:
            assert self._inflate is not None
            try:
                out += self._inflate.decompress(chunk, limit - len(out))
            except zlib.error as error:
                raise SourceError(DAMAGED) from error
            chunk = self._inflate.unconsumed_tail
            if self._inflate.eof:
                chunk = self._inflate.unused_data
                self._between_members(chunk)
                if self.ended or self._start:
                    break
        return bytes(out)
