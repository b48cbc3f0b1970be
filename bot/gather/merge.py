"""When a new entry tells a story that is there already (pure)."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

NEAR = 0.9
"""Titles of one address that are as similar as this are one headline, retouched."""

_SHORTENED = 25
"""A title that is the beginning of another counts as the same one, shortened, from this many characters on."""


def same_title(one: str, other: str) -> bool:
    """Whether two folded titles (`identity.title_key`) of entries at one address are the same headline.

    Some feeds give every item the address of one page, so an address alone proves nothing; and in the headlines of a
    live page a number is often all that differs.
    """
    if one == other:
        return True
    if _numbers(one) != _numbers(other):
        return False
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _SHORTENED and longer.startswith(shorter):
        return True
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= NEAR


def _numbers(title: str) -> list[str]:
    return sorted(re.findall(r"\d+", title))
