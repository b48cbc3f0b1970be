"""Reads a body within its limit, counted after decompression."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from bot.errors import SourceError
from bot.model import Phrase

ENCODINGS = "gzip, deflate"
"""What we ask for. We decompress ourselves: aiohttp inflates a whole chunk before anyone can count it."""


async def read_body(chunks: AsyncIterator[bytes], encoding: str, max_bytes: int) -> bytes:
    """The body, decompressed. Raises SourceError for more than ``max_bytes``, and for an encoding we did not ask for.

    A compressed body that ends too early gives what could be read: the parser makes the best of a cut-off feed.
    """
    inflate = _inflater(encoding)
    body = bytearray()
    async for chunk in chunks:
        body += inflate.feed(chunk, max_bytes + 1 - len(body))
        if len(body) > max_bytes:
            raise SourceError(Phrase("It is larger than {limit} bytes.", {"limit": max_bytes}))
    return bytes(body)


def _inflater(encoding: str) -> _Inflater:
    names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in {"", "identity"}]
    if len(names) > 1 or (names and names[0] not in {"gzip", "x-gzip", "deflate"}):
        raise SourceError(Phrase("It is compressed in a way I can't read ({encoding}).", {"encoding": encoding[:40]}))
    return _Inflater(names[0] if names else "")


class _Inflater:
    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._start = b""
        self._inflate: zlib._Decompress | None = None
        self._decided = not encoding

    def feed(self, chunk: bytes, limit: int) -> bytes:
        """At most ``limit`` bytes: reaching it means that the body is too large, so what remains isn't kept."""
        if not self._decided:
            self._start += chunk
            if len(self._start) < 2:
                return b""
            chunk, self._start = self._start, b""
            self._decide(chunk)
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
        elif start[:2] == b"\x1f\x8b":
            self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    def _expand(self, chunk: bytes, limit: int) -> bytes:
        out = bytearray()
        while chunk and len(out) < limit:
            assert self._inflate is not None
            try:
                out += self._inflate.decompress(chunk, limit - len(out))
            except zlib.error as error:
                raise SourceError(Phrase("Its compression is damaged.")) from error
            chunk = self._inflate.unconsumed_tail
            if self._inflate.eof:  # gzip may consist of several members
                chunk = self._inflate.unused_data
                if chunk[:2] != b"\x1f\x8b":
                    break
                self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        return bytes(out)
