"""Figures in a text: numbers with their unit, read as each language writes them, comparable across languages (pure)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from bot.gather.numerals import in_digits

MOST = 12
"""Of one text only so many figures are read."""

_MOST_POINTS = 1000
_EQUAL = 1e-6
_ROUNDED = 0.055
_ROUGHLY = 0.12
_COUNTED = 100
"""Fewer than so many of anything are counted, not rounded."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in its unit; ``digits`` are the significant ones, of which a round number has few."""

    unit: str
    """"%", a currency's code, or empty."""
    value: float
    digits: int
    nearly: bool = False
    """It is said to be not quite, or only about, so much."""


# "1 350", "1.350", "1'350", "95,300.50", "0,25"; not within a word ("B2B"), nor a time of day.
# "2030 500" are two numbers: what parts thousands stands behind three digits at most.
_NUMBER = re.compile(
    r"(?<![\w.,:])(?:[0-9]{1,3}(?:[ .,'’\u00a0\u202f][0-9]{3})+(?![0-9])|[0-9]{1,15})(?:[.,][0-9]{1,6})?(?![:0-9])"
)
_NUMBER_IN_CJK = re.compile(
    r"(?<![0-9A-Za-z.,:])(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]{1,15})(?:\.[0-9]{1,6})?(?![:0-9])"
)
_DECIMAL_POINT = {"en", "ja", "ko", "zh"}
_GROUPS = re.compile(r"\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+")

_TEN_THOUSANDS = {"千": 1e3, "万": 1e4, "萬": 1e4, "億": 1e8, "亿": 1e8, "兆": 1e12}
_TEN_THOUSANDS |= {"천": 1e3, "만": 1e4, "억": 1e8, "조": 1e12}
_MORE_OF_IT = re.compile(r"\s?(\d{1,4}(?:,\d{3})*)(?=[千万億亿천만억])|(\d{1,4}(?:,\d{3})*)(?![\d.,年月日时時])")

_THOUSAND, _MILLION, _MILLIARD, _TRILLION = 1e3, 1e6, 1e9, 1e12
_MAGNITUDES = {
    **dict.fromkeys(("k", "thousand", "tausend", "tsd", "mil", "mila", "mille", "duizend"), _THOUSAND),
    **dict.fromkeys(("тыс", "тысяч", "тысячи", "тысячу", "bin", "հազար"), _THOUSAND),
    **dict.fromkeys(
        ("m", "mn", "mln", "mio", "mi", "million", "millions", "millionen", "millón", "millones"), _MILLION
    ),
    **dict.fromkeys(("milhão", "milhões", "milione", "milioni", "miljoen", "млн", "milyon", "միլիոն", "մլն"), _MILLION),
    **dict.fromkeys(("миллион", "миллиона", "миллионов"), _MILLION),
    **dict.fromkeys(
        ("bn", "bln", "b", "mrd", "mld", "md", "milliard", "milliards", "milliarde", "milliarden"), _MILLIARD
    ),
    **dict.fromkeys(("bi", "bilhão", "bilhões", "miliardo", "miliardi", "miljard", "млрд", "milyar"), _MILLIARD),
    **dict.fromkeys(("миллиард", "миллиарда", "миллиардов", "միլիարդ", "մլրդ"), _MILLIARD),
    **dict.fromkeys(
        ("tn", "trn", "trillion", "biljoen", "trilhão", "trilhões", "trilyon", "трлн", "տրիլիոն"), _TRILLION
    ),
    **dict.fromkeys(("триллион", "триллиона", "триллионов", "billionen", "billón", "billones", "bilioni"), _TRILLION),
}
_BILLION = {"de": _TRILLION, "fr": _TRILLION, "nl": _TRILLION}

# What a unit's word begins with; the first that fits counts.
_UNITS = (
    ("bp", "basis point|basispunkt|basispunt|points de base|puntos básicos|pontos-base|pontos base|punti base"),
    ("bp", "базисн|baz puan|բազիսային|个基点|個基點|基点|bps|bp|ベーシスポイント|베이시스"),
    ("%", "%|％|percent|per cent|prozent|pour cent|por ciento|por cento|per cento|procent|процент|տոկոս"),
    ("%", "パーセント|퍼센트|ポイント|포인트|个百分点|個百分點|п.п|p.p|pp|punkt|point|punto|punti|ponto|punt|puan|кет"),
    ("USD", "us$|$|usd|dollar|dólar|dolar|dollari|доллар|долл|ドル|米ドル|달러|美元|դոլար"),
    ("EUR", "€|eur|euro|euros|avro|евро|ユーロ|유로|欧元|եվրո"),
    ("GBP", "£|gbp|pound|pfund|libras est|sterlin|livres|pond|фунт|ポンド|파운드|英镑|ֆունտ"),
    ("JPY", "¥|jpy|yen|иен|円|엔|日元|日圆|իեն"),
    ("CNY", "cny|yuan|юан|元|人民币|人民元|위안|յուան"),
    ("KRW", "₩|krw|won|вон|ウォン|원|韩元|韓元"),
    ("CHF", "chf|franken|francs suisses|franchi|francos suizos|frank|франк|フラン|프랑|瑞郎|ֆրանկ"),
    ("RUB", "₽|rub|руб|ルーブル|루블|卢布|ռուբլի"),
    ("TRY", "₺|tl|lira|лир|リラ|리라|里拉|լիրա"),
    ("BRL", "r$|brl|reais|реал"),
    ("INR", "₹|rupe|рупи|ルピー|루피|卢比|ռուփի"),
    ("AMD", "֏|amd|dram|драм|դրամ"),
    ("MW", "mw|megawatt|мвт|мегаватт|メガワット|兆瓦|메가와트|㎿|մեգավատ|megavat|mégawatt|megavatio|megavatt"),
    ("HA", "ha|hectare|hektar|hectárea|ettari|гектар|hektar|հեկտար|ヘクタール|헥타르|公顷"),
    ("", "kwh|hour|stund|heure|hora|ore|uur|час|saat|ժամ|時|시간|小时"),
)
_SHORT = 4


def _unit_pattern(words: str) -> str:
    return "|".join(re.escape(word) + (r"(?![a-z])" if _ends(word) else "") for word in words.split("|"))


def _ends(word: str) -> bool:
    """Whether no ending may follow, nor the rest of another word: "23 Eurostar trains" are no euros."""
    return word.isascii() and (len(word) <= _SHORT or word.endswith("s"))


_UNIT = re.compile("|".join(f"(?P<u{place}>{_unit_pattern(words)})" for place, (_, words) in enumerate(_UNITS)))
_BEFORE = re.compile(r"(us\$|r\$|[$€£¥₩₽₺₹֏]|usd|eur|chf|gbp|%|yüzde)\s?$")
_SIGNS = {"us$": "USD", "r$": "BRL", "$": "USD", "usd": "USD", "€": "EUR", "eur": "EUR", "£": "GBP", "gbp": "GBP"}
_SIGNS |= {"¥": "JPY", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₹": "INR", "֏": "AMD", "chf": "CHF", "%": "%", "yüzde": "%"}
_NEARLY = re.compile(
    r"(?:nearly|almost|close to|just under|about|around|some|knapp|fast|rund|etwa|nahezu|gut|près de|presque|quelque"
    r"|environ|casi|cerca de|alrededor de|unos|unas|quase|perto de|quasi|circa|bijna|ongeveer|zo'n|ruim|почти|около"
    r"|порядка|neredeyse|yaklaşık|մոտ|շուրջ|約|およそ|ほぼ|近く|약|거의|近|约|約|将近)\s?$"
)
_WORD = re.compile(r"[\s\u00a0\u202f-]?([^\W\d_]+)\.?")
_LINK = re.compile(r"[\s\u00a0\u202f-]*(?:(?:of|de|d['’]|di|en|u\.s\.|us-|us |американских|ԱՄՆ)[\s\u00a0]?)?")
_CJK_DATE = re.compile(r"\s?(?:[〜~～ー-]\s?\d+)?\s?[年月日号歳년월일세]")
_QUARTER = re.compile(
    r"quarter[ -](?:of a )?(?:percentage )?point|viertelpunkt|viertelprozentpunkt|quart de point|cuarto de punto"
    r"|quarto de ponto|quarto di punto|kwart(?:je)? procent|kwartpunt|четверть п|çeyrek puan|քառորդ"
)


def is_magnitude(word: str) -> bool:
    """Whether a word says how often a number is meant, in any language."""
    return word.lower() in _MAGNITUDES


def figures(text: str, language: str) -> tuple[Figure, ...]:
    """The figures of a text, each once: no years, days of a month or times of day."""
    lower = in_digits(text.lower(), language)
    pattern = _NUMBER_IN_CJK if language in {"ja", "ko", "zh"} else _NUMBER
    found: dict[Figure, None] = {}
    read = 0
    for match in pattern.finditer(lower):
        if match.start() < read:
            continue
        figure, read = _figure(lower, match, language)
        if figure is not None:
            found[figure] = None
        if len(found) >= MOST:
            break
    if _QUARTER.search(lower):
        found[Figure("%", 0.25, 2)] = None
    return tuple(found)


def _figure(lower: str, match: re.Match[str], language: str) -> tuple[Figure | None, int]:
    """With where it ends."""
    written = match[0]
    plain = _value(written, language)
    value, end = _magnified(plain, lower, match.end(), language)
    unit = _unit(lower, match.start(), end)
    if not unit and value == plain and _is_date(lower, match, value):
        return None, end
    if unit == "bp":
        unit, value = "%", value / 100
    if unit == "%" and value > _MOST_POINTS:
        unit = ""  # an index's points
    if not math.isfinite(value) or value <= 0:
        return None, end
    nearly = _NEARLY.search(lower, max(0, match.start() - 16), match.start()) is not None
    return Figure(unit, float(f"{value:.6g}"), _digits(value), nearly), end


def _digits(value: float) -> int:
    mantissa = f"{value:.6g}".partition("e")[0].replace(".", "").strip("0")
    return len(mantissa)


_ONLY_DIGITS = {ord(c): None for c in " .,'’\u00a0\u202f"}


def _value(written: str, language: str) -> float:
    groups = _GROUPS.match(written)
    head = groups[0] if groups else ""
    points = head.count(".") + head.count(",")
    if points == 1 and len(head) == len(written) and _is_decimal(head, language):
        return float(head.replace(",", "."))
    whole = head.translate(_ONLY_DIGITS) if head else ""
    rest = written[len(head) :].replace(",", ".")
    return float(whole + rest)


def _is_decimal(written: str, language: str) -> bool:
    """Whether the sign before three digits is a decimal one: "0,125" always is, else it depends on the language."""
    return written.startswith("0") or (("." in written) == (language in _DECIMAL_POINT))


def _magnified(value: float, lower: str, end: int, language: str) -> tuple[float, int]:
    start = end + 1 if lower[end : end + 1] == " " else end
    if lower[start : start + 1] in _TEN_THOUSANDS and lower[start : start + 1]:
        return _ten_thousands(value, lower, start)
    for _ in range(2):  # "380 mil millones"
        word = _WORD.match(lower, end, end + 20)
        if word is None:
            break
        times = _BILLION.get(language, _MILLIARD) if word[1] in {"billion", "billions"} else _MAGNITUDES.get(word[1])
        if times is None:
            break
        value, end = value * times, word.end()
    return value, end


def _ten_thousands(value: float, lower: str, end: int) -> tuple[float, int]:
    """ "26億1000万": parts of one number, each with its own magnitude."""
    total = 0.0
    for _ in range(4):
        while lower[end : end + 1] in _TEN_THOUSANDS and lower[end : end + 1]:
            value, end = value * _TEN_THOUSANDS[lower[end]], end + 1
        total += value
        more = _MORE_OF_IT.match(lower, end)
        if more is None:
            break
        value, end = float((more[1] or more[2]).replace(",", "")), more.end()
        if more[2]:  # "5万9600": what is left is counted by ones
            return total + value, end
    return total, end


def _unit(lower: str, start: int, end: int) -> str:
    sign = _BEFORE.search(lower, max(0, start - 7), start)
    if sign is not None:
        return _SIGNS[sign[1]]
    link = _LINK.match(lower, end)
    unit = _UNIT.match(lower, link.end() if link else end)
    return _UNITS[int(str(unit.lastgroup)[1:])][0] if unit else ""


def _is_date(lower: str, match: re.Match[str], value: float) -> bool:
    if _CJK_DATE.match(lower, match.end()):
        return True
    return 1900 <= value <= 2100 and match[0].isdigit() and len(match[0]) == 4


def agree(one: Figure, other: Figure) -> bool:
    """Whether two figures may be one: equal, or one of them the other rounded; a unit may be left unsaid."""
    if one.unit != other.unit and one.unit and other.unit:
        return False
    apart = abs(one.value - other.value) / max(one.value, other.value)
    if apart <= _EQUAL:
        return True
    if max(one.value, other.value) < _COUNTED and not (one.unit or other.unit):
        return False
    if (one.nearly and one.digits == 1) or (other.nearly and other.digits == 1):
        return apart <= _ROUGHLY
    if apart > _ROUNDED or one.digits == other.digits:
        return False
    coarse, fine = sorted((one, other), key=lambda figure: figure.digits)
    return abs(float(f"{fine.value:.{max(coarse.digits, 1)}g}") - coarse.value) <= coarse.value * _EQUAL
