"""Bytes in an encoding that nobody names rightly → text, by which reading looks most like a language (pure)."""

from __future__ import annotations

import re
from collections import Counter

_SAMPLE = 20_000
"""Bytes beyond ASCII tell quickly."""

# What a language's older pages are written in, likeliest first.
_ENCODINGS = {
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "zh": ("gb18030", "big5hkscs"),
    "ru": ("cp1251", "koi8_r", "iso8859_5"),
    "uk": ("cp1251", "koi8_u"),
    "tr": ("cp1254",),
    "pl": ("cp1250",),
    "cs": ("cp1250",),
    "hu": ("cp1250",),
    "el": ("cp1253",),
}
_WESTERN = "cp1252"

# A word of these languages is all in their own letters.
_OTHER_LETTERS = {"ru", "uk", "el"}
_MIXED = re.compile("[A-Za-z][\x80-\uffff]|[\x80-\uffff][A-Za-z]")

# How much a character speaks for its language: the frequent ones of it, beside all that its encoding can write.
_FREQUENT_HAN = frozenset(
    "的一是不了在有人我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成"
    "事只作当想看文无开手用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿"
    "者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万"
    "市今报银行利率资金款交易安全需据说称计划经济企业投资价格股票美元亿百分国际中央政府公司记者"
)
_FREQUENT_HANGUL = frozenset(
    "이다는의에을가고를은로하한지사기대자인정도시리어서라스나부보해수일그아상으동장원전구제국주과들년있만금것여조거면성연회개비공선안관"
    "미위화경신오무유물소영문적세내가까했었받된했다고며방통생치체명발계분민중교학업모트게러운데드우"
)


def guessed(body: bytes, language: str | None) -> str | None:
    """The encoding that this most likely is in; None where nothing speaks for any of them.

    ``language``: the one that the feed says that it is in.
    """
    sample = _sample(body)
    if not sample:
        return None
    # Of equals the first is taken: most of what nobody declares is Western.
    candidates = [(language if language not in _ENCODINGS and language else "en", _WESTERN)]
    candidates += [(tongue, encoding) for tongue, encodings in _ENCODINGS.items() for encoding in encodings]
    scored = ((_score(sample, tongue, encoding, language), encoding) for tongue, encoding in candidates)
    score, encoding = max(scored, key=lambda one: one[0])
    return encoding if score > 0 else None


def _sample(body: bytes) -> bytes:
    """Pieces of text with something beyond ASCII."""
    found = bytearray()
    for piece in re.split(rb"[<>\n]", body):
        if not piece.isascii():
            found += piece + b"\n"
        if len(found) >= _SAMPLE:
            break
    return bytes(found[:_SAMPLE])


def _score(sample: bytes, tongue: str, encoding: str, declared: str | None) -> float:
    text = sample.decode(encoding, "replace")
    signs = Counter(sign for sign in text if sign > "\x7f")
    if not signs:
        return 0.0
    weight = sum(_weight(sign, tongue) * times for sign, times in signs.items()) / signs.total()
    if tongue in _OTHER_LETTERS:
        weight -= 2 * len(_MIXED.findall(text)) / signs.total()
    # A language that the feed names itself needs less to be believed.
    return weight + (0.5 if tongue == declared else 0.0)


def _weight(sign: str, tongue: str) -> float:
    if sign == "\ufffd" or "\x80" <= sign <= "\x9f" or "\ue000" <= sign <= "\uf8ff":
        return -3.0
    if tongue == "ja":
        return _japanese(sign)
    if tongue == "ko":
        return _korean(sign)
    if tongue == "zh":
        return _chinese(sign)
    return _alphabetic(sign, tongue)


def _japanese(sign: str) -> float:
    if "\u3041" <= sign <= "\u30fe":
        return 1.0
    if "\u4e00" <= sign <= "\u9fff":
        return 0.5
    return 0.5 if sign in "、。「」・ー" else -0.7


def _korean(sign: str) -> float:
    if sign in _FREQUENT_HANGUL:
        return 1.0
    return 0.2 if "\uac00" <= sign <= "\ud7a3" else -0.7


def _chinese(sign: str) -> float:
    if sign in _FREQUENT_HAN:
        return 1.0
    if "\u4e00" <= sign <= "\u9fff":
        return 0.1
    return 0.7 if sign in "，。、《》“”：；？！" else -0.7


_LETTERS = {
    "ru": ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЭЮЯ"),
    "uk": ("оаиніетврлксдмупязьбгчйхжїцюєшфщґ", "АБВГДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЮЯҐ"),
    "tr": ("ıçğöşü", "İÇĞÖŞÜ"),
    "pl": ("ąćęłńóśźż", "ĄĆĘŁŃÓŚŹŻ"),
    "cs": ("áčďéěíňóřšťúůýž", "ÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ"),
    "hu": ("áéíóöőúüű", "ÁÉÍÓÖŐÚÜŰ"),
    "el": ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ"),
}
_WEST = ("áàâäãåæçéèêëíìîïñóòôöõøœúùûüß", "ÁÀÂÄÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜ")


def _alphabetic(sign: str, tongue: str) -> float:
    small, large = _LETTERS.get(tongue, _WEST)
    if sign in small:
        return 1.0
    if sign in large:
        return 0.2
    return 0.4 if sign in "“”„‘’«»–—…\xa0€°§" else -1.0
