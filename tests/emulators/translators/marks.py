"""How the services "translate": a mark behind each word."""

from __future__ import annotations

import re

_SMALL = str.maketrans("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")

_WORD = re.compile(r"[^\W\d_]+")


def marked(text: str, target: str) -> str:
    """Each word of the text with a mark of the language behind it; numbers and signs stay."""
    mark = target.lower().partition("-")[0].translate(_SMALL)
    return _WORD.sub(lambda word: word[0] + mark, text)
