"""Dates as feeds write them → aware UTC, or None: RFC 822, ISO 8601, and month names of many languages (pure)."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

# Twelve a language (en de nl es fr it pt tr ru hy uk zh pl), "/" between spellings.
_MONTHS = """
january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sept/sep october/oct
november/nov december/dec
januar/jänner/jaenner februar märz/maerz/mär april mai juni juli august september oktober/okt november
dezember/dez
januari februari maart/mrt april mei juni juli augustus september oktober/okt november december
enero/ene febrero marzo abril/abr mayo junio julio agosto/ago septiembre/setiembre octubre noviembre diciembre/dic
janvier/janv février/févr/fév mars avril/avr mai juin juillet/juil août septembre octobre novembre décembre/déc
gennaio/gen febbraio marzo aprile maggio/mag giugno/giu luglio/lug agosto settembre/set/sett ottobre/ott novembre
dicembre
janeiro fevereiro/fev março abril maio junho julho agosto setembro outubro/out novembro dezembro
ocak/oca şubat/şub mart nisan/nis mayıs/mayis haziran/haz temmuz/tem ağustos/ağu/agustos/agu eylül/eyl ekim/eki
kasım/kasim/kas aralık/aralik/ara
январь/января/янв февраль/февраля/фев/февр март/марта/мар апрель/апреля/апр май/мая июнь/июня/июн июль/июля/июл
август/августа/авг сентябрь/сентября/сен/сент октябрь/октября/окт ноябрь/ноября/ноя/нояб декабрь/декабря/дек
հունվար/հունվարի/հնվ փետրվար/փետրվարի/փտվ/փետր մարտ/մարտի/մրտ ապրիլ/ապրիլի/ապր մայիս/մայիսի/մյս հունիս/հունիսի/հնս
հուլիս/հուլիսի/հլս օգոստոս/օգոստոսի/օգս սեպտեմբեր/սեպտեմբերի/սեպ/սպտ հոկտեմբեր/հոկտեմբերի/հոկ/հկտ
նոյեմբեր/նոյեմբերի/նոյ/նյմ դեկտեմբեր/դեկտեմբերի/դեկ/դկտ
січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
"""


def _key(word: str) -> str:
    """Case and accents off: feeds spell "août", "AOÛT" and "aout". (Turkish İ becomes i.)"""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c) or c == "\u0306"))


_MONTH_OF = {_key(name): place % 12 + 1 for place, names in enumerate(_MONTHS.split()) for name in names.split("/")}

_HOURS_EAST = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "trt": 3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "brt": -3, "brst": -2, "art": -3, "ist": 5.5, "hkt": 8,
    "sgt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip

_ISO = re.compile(
    r"(\d{4})-?(\d{2})(?:-?(\d{2})(?:[T\s]\s*(\d{1,2})[:.]?(\d{2})(?:[:.]?(\d{2})(?:[.,]\d+)?)?\s*"
    r"(Z|UTC|GMT|[+-]\s?\d{2}:?\d{2}(?::\d{2})?|[+-]\d{2})?)?)?",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?(?:[.,]\d{1,9})?", re.ASCII)
_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?")
_TIME = re.compile(
    r"(?P<before>午前|午後|上午|下午|오전|오후)?\s*(?<!\d)(?P<hour>\d{1,2})(?:[:h]|\s*[時시时点點])\s*(?P<minute>\d{2})?"
    r"(?:\s*[分분])?(?:[:]\s*(?P<second>\d{2})(?:[.,]\d+)?)?(?:\s*(?P<after>[ap]\.?\s?m\.?)(?![a-z]))?",
    re.IGNORECASE,
)
# "28.11.2026 08.15": behind a year, or it would be a day and a month.
_DOTTED_TIME = re.compile(
    r"(?<=\d{4})[,\s](?P<before>)[^\d.+-]{0,8}(?P<hour>\d{1,2})\.(?P<minute>[0-5]\d)(?:\.(?P<second>[0-5]\d))?(?P<after>)"
    r"(?![\d.])"
)
# "月, 28 11月 2026": as programs write RFC 822 in languages whose months have numbers.
_NUMBERED_MONTH = re.compile(r"(?<!\d)(\d{1,2})\s+(\d{1,2})\s*[月월]?\s+(\d{4})(?!\d)")
_OFFSET = re.compile(r"(?:gmt|utc|ut)?\s*([+-])\s?(\d{1,2}):?(\d{2})?(?!\d)", re.IGNORECASE)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,4})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{1,4})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")

MAX_LENGTH = 100


def read_date(text: str | None) -> datetime | None:
    """The moment that a date names; without a zone it is taken as UTC. None where no date can be read."""
    if not text or len(text) > MAX_LENGTH:
        return None
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    try:
        return _iso(text) or _epoch(text) or _spelled(text)
    except (ValueError, OverflowError):  # a 30th of February, a year 0
        return None


def _iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text)
    if match is None or (match[3] is None and "-" not in text):  # six digits alone are no month
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    return _moment(year, month, day or 1, hour, minute, second, _zone(match[7] or ""))


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC)


def _spelled(text: str) -> datetime | None:
    hour = minute = second = 0
    rest, zone = text, timedelta(0)
    time = _TIME.search(text) or _DOTTED_TIME.search(text)
    if time is not None:
        hour, minute, second = _clock(time)
        zone = _zone(text[time.end() :])
        rest = f"{text[: time.start()]} {_OFFSET.sub(' ', text[time.end() :])}"
    day = _asian_day(rest) or _named_day(rest) or _numeric_day(rest, american=bool(time and time["after"]))
    return None if day is None else _moment(*day, hour, minute, second, zone)


def _clock(time: re.Match[str]) -> tuple[int, int, int]:
    hour = int(time["hour"])
    half = (time["after"] or "").lower()[:1] or {"午前": "a", "上午": "a", "오전": "a"}.get(time["before"] or "", "")
    if not half and time["before"]:
        half = "p"
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(time["minute"] or 0), int(time["second"] or 0)


def _asian_day(text: str) -> tuple[int, int, int] | None:
    match = _ASIAN.search(text)
    if match is None:
        match = _NUMBERED_MONTH.search(text)
        return (int(match[3]), int(match[2]), int(match[1])) if match else None
    return int(match[1]), int(match[2]), int(match[3])


def _named_day(text: str) -> tuple[int, int, int] | None:
    """A month by its name, and beside it a day and a year in either order."""
    # Weekday names come first and can look like months ("mar." is Tuesday in French and March in English): a month
    # stands beside a number, and the last candidate is the month.
    months = [_MONTH_OF[key] for word in _WORD.findall(text) if (key := _key(word)) in _MONTH_OF]
    numbers = _NUMBER.findall(text)
    if not months or len(numbers) < 2:
        return None
    first, second = numbers[0], numbers[1]
    year, day = (first, second) if len(first) == 4 else (second, first)
    return _full_year(year), months[-1], int(day)


def _numeric_day(text: str, *, american: bool) -> tuple[int, int, int] | None:
    match = _NUMERIC.search(text)
    if match is None:
        return None
    first, middle, last = match.groups()
    if len(first) == 4:
        return int(first), int(middle), int(last)
    if len(last) not in {2, 4}:
        return None
    day, month = int(first), int(middle)
    # Day first, as most of the world writes, unless it can't be or the clock has American halves.
    if month > 12 or (american and day <= 12):
        day, month = month, day
    return _full_year(last), month, day


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) > 2:
        return number
    return number + (2000 if number < 70 else 1900)


def _zone(text: str) -> timedelta:
    """How far east of Greenwich the words after a time of day are; nothing known: not at all."""
    offset = _OFFSET.search(text)
    if offset is not None:
        east = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return -east if offset[1] == "-" else east
    for word in _WORD.findall(text):
        if word.lower() in _HOURS_EAST:
            return timedelta(hours=_HOURS_EAST[word.lower()])
    return timedelta(0)


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int, zone: timedelta) -> datetime | None:
    if year < 1900:  # the zero of some languages' clocks: no date at all
        return None
    carry = timedelta(days=1) if hour == 24 and minute == second == 0 else timedelta(0)
    local = datetime(year, month, day, hour % 24 if carry else hour, minute, min(second, 59), tzinfo=timezone(zone))
    return (local + carry).astimezone(UTC)
