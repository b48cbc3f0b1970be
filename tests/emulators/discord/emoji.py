"""Which reaction a path names. Unicode emoji are told apart exactly as they are written: ✉ and ✉️ are two."""

from __future__ import annotations

import re

from .errors import ApiError
from .state import Guild, Json

_BMP = (
    "00A9 00AE 203C 2049 2122 2139 2194-2199 21A9-21AA 231A-231B 2328 23CF 23E9-23F3 23F8-23FA 24C2 25AA-25AB 25B6 "
    "25C0 25FB-25FE 2600-2604 260E 2611 2614-2615 2618 261D 2620 2622-2623 2626 262A 262E-262F 2638-263A 2640 2642 "
    "2648-2653 265F-2660 2663 2665-2666 2668 267B 267E-267F 2692-2697 2699 269B-269C 26A0-26A1 26A7 26AA-26AB "
    "26B0-26B1 26BD-26BE 26C4-26C5 26C8 26CE-26CF 26D1 26D3-26D4 26E9-26EA 26F0-26F5 26F7-26FA 26FD 2702 2705 "
    "2708-270D 270F 2712 2714 2716 271D 2721 2728 2733-2734 2744 2747 274C 274E 2753-2755 2757 2763-2764 2795-2797 "
    "27A1 27B0 27BF 2934-2935 2B05-2B07 2B1B-2B1C 2B50 2B55 3030 303D 3297 3299"
)
_ASTRAL = (
    "1F004 1F0CF 1F170-1F171 1F17E-1F17F 1F18E 1F191-1F19A 1F201-1F202 1F21A 1F22F 1F232-1F23A 1F250-1F251 "
    "1F300-1F3FA 1F400-1F64F 1F680-1F6FF 1F7E0-1F7EB 1F7F0 1F90C-1F93A 1F93C-1F945 1F947-1FAFF"
)


def _class(ranges: str) -> str:
    """Unicode's Emoji property (emoji-data.txt) as a regular expression's character class."""
    parts = [part.split("-") for part in ranges.split()]
    return "".join("-".join(chr(int(end, 16)) for end in part) for part in parts)


_ONE = f"[{_class(_BMP + ' ' + _ASTRAL)}]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_UNICODE = re.compile(
    f"(?:{_ONE}(?:\u200d{_ONE})*|[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3"
    "|\U0001f3f4[\U000e0061-\U000e007a]+\U000e007f)"
)
_CUSTOM = re.compile(r"(?:a?:)?(\w{1,32}):(\d{1,20})")


def parse(text: str, guilds: list[Guild]) -> tuple[str, Json]:
    """(key of the reaction on a message, emoji object). Raises 10014."""
    custom = _CUSTOM.fullmatch(text)
    if custom:
        for guild in guilds:
            known = guild.emojis.get(custom[2])
            if known is not None:
                return known.id, {"id": known.id, "name": known.name} | ({"animated": True} if known.animated else {})
        raise ApiError(10014)
    if not _UNICODE.fullmatch(text):
        raise ApiError(10014)
    return text, {"id": None, "name": text}
