"""How a name sounds, roughly, whatever the script: its consonants, in seven classes (pure).

Languages that write a name in letters of their own keep its consonants in order and blur the same ones everywhere:
l and r, b and v, s and z. Vowels come, go and change.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LATIN = re.compile(r"sch|sh|ch|ph|th|ck|qu|tz|ts|gh|ng(?![aeiouy])|c(?=[eiy])|[a-z]")
_SOUNDS = {
    **dict.fromkeys(("sch", "sh", "ch", "tz", "ts", "s", "z", "j", "c(?=[eiy])"), "S"),
    **dict.fromkeys(("ph", "b", "p", "f", "v"), "P"),
    **dict.fromkeys(("ck", "qu", "gh", "c", "k", "g", "q"), "K"),
    **dict.fromkeys(("th", "t", "d"), "T"),
    **dict.fromkeys(("l", "r"), "L"),
    **dict.fromkeys(("n", "ng"), "N"),
    "m": "M",
    "x": "KS",
}

_CYRILLIC = dict(zip("бвпфгкхдтжзсцчшщлрмн", "PPPPKK.TTSSSSSSSLLMN", strict=True))
_ARMENIAN = dict(zip("բպփվֆգկքղխդտթզժծձճչջսշցլռրմն", "PPPPPKKKKKTTTSSSSSSSSSSLLLMN", strict=True))
_KANA = {
    **dict.fromkeys("カキクケコガギグゲゴ", "K"),
    **dict.fromkeys("サシスセソザジズゼゾチツヂヅ", "S"),
    **dict.fromkeys("タテトダデド", "T"),
    **dict.fromkeys("ナニヌネノン", "N"),
    **dict.fromkeys("マミムメモ", "M"),
    **dict.fromkeys("ラリルレロ", "L"),
    **dict.fromkeys("フバビブベボパピプペポヴ", "P"),
}
_INITIALS = "KKNTTLMPPSS.SSSKTP."
_FINALS = ".KKKNNNTLLLLLLLLMPPTTNSSKTP."
_HANGUL_SYLLABLES, _SYLLABLES_OF_ONE_INITIAL, _FINAL_COUNT = 0xAC00, 588, 28
_LETTERS = {**_CYRILLIC, **_ARMENIAN, **_KANA}
_TWICE = re.compile(r"(.)\1+")


@lru_cache(maxsize=8192)
def skeleton(word: str) -> str:
    """The sounds of a folded word; empty for one in Chinese characters."""
    if word.isascii():
        sounds = "".join(_latin(match[0], word, match.start()) for match in _LATIN.finditer(word))
    else:
        sounds = "".join(map(_sound, word))
    sounds = sounds.replace(".", "").replace("NP", "MP")
    return _TWICE.sub(r"\1", sounds)[:12]


def _latin(letters: str, word: str, start: int) -> str:
    if letters == "c" and word[start + 1 : start + 2] in {"e", "i", "y"}:
        return "S"
    return _SOUNDS.get(letters, "")


def _sound(letter: str) -> str:
    if "가" <= letter <= "힣":
        place = ord(letter) - _HANGUL_SYLLABLES
        return _INITIALS[place // _SYLLABLES_OF_ONE_INITIAL] + _FINALS[place % _FINAL_COUNT]
    if letter.isascii():
        return _latin(letter, letter, 0)
    return _LETTERS.get(letter, "")


def firm(sounds: str) -> str:
    """What is left when sounds that some languages drop are dropped: r and l."""
    return _TWICE.sub(r"\1", sounds.replace("L", ""))


def alike(one: str, other: str) -> bool:
    """Whether two skeletons may be of one name: equal, but for an r or l, or for one sound of a long name."""
    if one == other:
        return True
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 2:
        return False
    if firm(one) == firm(other):
        return len(firm(one)) >= 3
    return min(len(one), len(other)) >= 5 and _one_apart(one, other)


def _one_apart(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(longer) - len(shorter) > 1:
        return False
    same = next((at for at, sound in enumerate(shorter) if sound != longer[at]), len(shorter))
    rest = shorter[same + 1 :] if len(shorter) == len(longer) else shorter[same:]
    return rest == longer[same + 1 :]
