"""Numbers written out in words, put into digits (pure): "sixty jets", "cinco milhões", "六万", "4割"."""

from __future__ import annotations

import re
from functools import cache

# From two to twelve, then the tens from twenty to a hundred; "/" parts what is said for one number. A word that mostly
# means something else ("neuf", "sei", "once") is left out: "-".
_COUNTS = (*range(2, 13), *range(20, 101, 10))
_WORDS = {
    "en": "two three four five six seven eight nine ten eleven twelve/dozen"
    " twenty thirty forty fifty sixty seventy eighty ninety hundred",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf/dutzend"
    " zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert",
    "fr": "deux trois quatre cinq six sept huit - dix onze douze/douzaine"
    " vingt trente quarante cinquante soixante - - - cent",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez - doce/docena"
    " veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien",
    "pt": "dois/duas três quatro cinco seis sete oito nove dez onze doze/dúzia"
    " vinte trinta quarenta cinquenta sessenta setenta oitenta noventa cem",
    "it": "due tre quattro cinque - sette otto nove dieci undici dodici/dozzina"
    " venti trenta quaranta cinquanta sessanta settanta ottanta novanta cento",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf/dozijn"
    " twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd",
    "ru": "два/две/двух три/трёх/трех четыре/четырёх/четырех пять/пяти шесть/шести семь/семи восемь/восьми"
    " девять/девяти десять/десяти одиннадцать двенадцать/двенадцати двадцать/двадцати тридцать/тридцати сорок/сорока"
    " пятьдесят/пятидесяти шестьдесят/шестидесяти семьдесят/семидесяти восемьдесят/восьмидесяти девяносто сто/сотни",
    "tr": "iki üç dört beş altı yedi sekiz dokuz - - - yirmi otuz kırk elli altmış yetmiş seksen doksan yüz",
    "hy": "երկու երեք չորս հինգ վեց յոթ ութ ինը տասը/տաս տասնմեկ տասներկու"
    " քսան երեսուն քառասուն հիսուն վաթսուն յոթանասուն ութսուն իննսուն հարյուր",
    "ko": "두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두 스무 서른 마흔 쉰 예순 일흔 여든 아흔 -",
}
_WORD = re.compile(r"[^\W\d_]+")
_KOREAN = re.compile(r"(?<![가-힣])([가-힣]{1,2})(?=\s?(?:명|척|대|개|곳|달|배|건|채|편)(?![가-힣]{2}))")
_DIGITS = {sign: number for number, sign in enumerate("〇一二三四五六七八九")} | {"两": 2, "兩": 2, "零": 0}
_HAN = re.compile(
    r"[一二两兩三四五六七八九十百千]+(?=[万亿億成割%％])|[二两兩三四五六七八九]?[十百][一二三四五六七八九十百]*(?=[人个家名万])"
    r"|(?<![一-鿿])[二三四五六七八九]?千(?=[円元人])"
)
_ONE = re.compile(
    r"(?<!\w)(?:one|a|eine?|una?|uno|uma?|один|одного|een|bir|մեկ)"
    r"(?=[ \u00a0](?:m[il]l|bilh|miljo|милли|млн|մլն|միլիո))"
)
_THOUSAND = re.compile(r"(?<![\w.,])(?<!\d )(?:a thousand|tausend|mille|mil|duizend|тысяча|тысячу|bin|հազար)(?= \w)")
_TENTHS = re.compile(r"(?<![\d.])(\d(?:\.\d)?)(?:成|割)")
_ONE_MAGNITUDE = {"十": 10, "百": 100, "千": 1000}


@cache
def _table(language: str) -> dict[str, int]:
    words = _WORDS[language].split()
    table = {word: count for said, count in zip(words, _COUNTS, strict=True) for word in said.split("/")}
    table.pop("-", None)
    if language in {"de", "nl"}:
        hundred = "hundert" if language == "de" else "honderd"
        table |= {f"{word}{hundred}": count * 100 for word, count in table.items() if count < 10}
    return table


def in_digits(text: str, language: str) -> str:
    """A text in lower case, with its number words as digits. "Sixty-two" stays "60-2": not worth the trouble."""
    if language in {"ja", "zh"}:
        return _TENTHS.sub(_percent, _HAN.sub(_han, text))
    if language not in _WORDS:
        return text
    table = _table(language)
    pattern = _KOREAN if language == "ko" else _WORD
    return pattern.sub(lambda match: str(table.get(match[0], match[0])), _ONE.sub("1", _THOUSAND.sub("1000", text)))


def _percent(match: re.Match[str]) -> str:
    return f"{float(match[1]) * 10:g}%"


def _han(match: re.Match[str]) -> str:
    total, digit = 0, 0
    for sign in match[0]:
        if sign in _ONE_MAGNITUDE:
            total, digit = total + (digit or 1) * _ONE_MAGNITUDE[sign], 0
        else:
            digit = _DIGITS[sign]
    return str(total + digit)
