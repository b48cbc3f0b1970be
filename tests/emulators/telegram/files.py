"""Pictures: sniffing what bytes are, fetching by URL as the platform would, and file ids."""

from __future__ import annotations

import hashlib
import ipaddress
import struct
from urllib.parse import urlsplit

import aiohttp

from .errors import bad
from .links import link_fault
from .model import Picture

MAX_PHOTO = 10 * 1024 * 1024
MAX_PHOTO_BY_URL = 5 * 1024 * 1024  # Bot API page, "Sending files"
FETCH_SECONDS = 10


def measure(data: bytes) -> tuple[str, int, int] | None:
    """(mime, width, height) of a picture, or None if it is none that Telegram takes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return "image/png", width, height
    if data.startswith((b"GIF87a", b"GIF89a")) and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return "image/gif", width, height
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _measure_webp(data)
    if data.startswith(b"\xff\xd8"):
        return _measure_jpeg(data)
    return None


def _measure_webp(data: bytes) -> tuple[str, int, int] | None:
    if data[12:16] == b"VP8X" and len(data) >= 30:
        return "image/webp", 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8 " and len(data) >= 30:
        width, height = struct.unpack("<HH", data[26:30])
        return "image/webp", width & 0x3FFF, height & 0x3FFF
    if data[12:16] == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return "image/webp", (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    return None


def _measure_jpeg(data: bytes) -> tuple[str, int, int] | None:
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return "image/jpeg", width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


class FileStore:
    """Every picture the bots have shown so far, by file id."""

    def __init__(self, *, fetch_anywhere: bool = False) -> None:
        self._fetch_anywhere = fetch_anywhere
        self._by_id: dict[str, Picture] = {}
        self._by_unique: dict[str, Picture] = {}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    def by_unique(self, unique_id: str) -> Picture | None:
        return self._by_unique.get(unique_id)

    def by_id(self, file_id: str) -> Picture | None:
        return self._by_id.get(file_id)

    def keep(self, data: bytes) -> Picture:
        if not data:
            raise bad("file must be non-empty")
        if len(data) > MAX_PHOTO:
            raise bad(f"file of size {len(data)} bytes is too big for a photo; the maximum size is {MAX_PHOTO} bytes")
        if (found := measure(data)) is None:
            raise bad("IMAGE_PROCESS_FAILED")
        mime, width, height = found
        # Bot API page, sendPhoto: width and height at most 10000 in total, ratio at most 20
        if not width or not height or width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        digest = hashlib.sha256(data).hexdigest()
        unique = "AQAD" + digest[:12]
        if (known := self._by_unique.get(unique)) is None:
            known = Picture("AgACAgQAAxkD" + digest[:44], unique, data, mime, width, height)
            self._by_unique[unique] = self._by_id[known.file_id] = known
        return known

    async def find(self, reference: str) -> Picture:
        """A picture from what a bot wrote: a file id or an HTTP URL."""
        if picture := self._by_id.get(reference):
            return picture
        if "." not in reference:  # FileManager: what has a dot is an address, all else an identifier
            raise bad("Wrong remote file identifier specified: Wrong padding in the string")
        if fault := link_fault(reference):
            raise bad(f"Invalid file HTTP URL specified: {fault}")
        return await self._fetch(reference if "://" in reference else f"http://{reference}")

    def _may_fetch(self, url: str) -> bool:
        """Tests must never touch the Internet; on loopback they serve what they need."""
        try:
            return self._fetch_anywhere or ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
        except ValueError:
            return False

    async def _fetch(self, url: str) -> Picture:
        if not self._may_fetch(url):
            raise bad("wrong file identifier/HTTP URL specified")
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=FETCH_SECONDS))
        try:
            async with self._session.get(url) as response:
                if response.status != 200:
                    raise bad("Failed to get HTTP URL content")
                kind, data = response.content_type, b""
                async for piece in response.content.iter_chunked(1 << 16):
                    data += piece
                    if len(data) > MAX_PHOTO_BY_URL:
                        break
        except (TimeoutError, aiohttp.ClientConnectionError):
            raise bad("wrong file identifier/HTTP URL specified") from None
        except aiohttp.ClientError:
            raise bad("Failed to get HTTP URL content") from None
        if len(data) > MAX_PHOTO_BY_URL:
            raise bad("Failed to get HTTP URL content")
        if not kind.startswith("image/") or measure(data) is None:
            raise bad("Wrong type of the web page content")
        return self.keep(data)
