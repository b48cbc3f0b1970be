"""Time zones by the places that people know them by: IANA's own, in the words of CLDR (pure)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale

from bot.commands.naming import folded

EUROPE, ASIA, AMERICAS, AFRICA, OCEANIA = "150", "142", "019", "002", "009"
REGIONS = (EUROPE, ASIA, AMERICAS, AFRICA, OCEANIA)
"""The United Nations' numbers of the regions, by which CLDR names them; in the order in which they are offered."""

_BY_PREFIX: Mapping[str, str] = {
    "Europe": EUROPE,
    "Asia": ASIA,
    "America": AMERICAS,
    "Africa": AFRICA,
    "Australia": OCEANIA,
    "Pacific": OCEANIA,
    "Arctic": EUROPE,
}
# Names that begin with an ocean say little.
_BY_TERRITORY: Mapping[str, str] = {
    **dict.fromkeys(("ES", "FO", "IS", "PT"), EUROPE),
    **dict.fromkeys(("BM", "FK", "GS"), AMERICAS),
    **dict.fromkeys(("IO", "MV"), ASIA),
    **dict.fromkeys(("CC", "CX", "AQ", "AU"), OCEANIA),
}

UTC = "Etc/UTC"
_NO_ZONE = frozenset({"Factory", "localtime"})
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+\-−–])\s*([0-9]{1,2})(?::?([0-9]{2}))?")
_FIXED = re.compile(r"Etc/GMT([+-]?)([0-9]{0,2})")

_WORD = re.compile(r"[^\W_]+")
_IANA = ""
"""In place of a language: zones as IANA has them."""

_MAX_WORDS = 80
"""No name of a place is longer."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that stands for its time zone."""

    zone: str
    """Its IANA name."""
    territory: str
    """Its country or so, by ISO 3166."""
    region: str


@cache
def places() -> Mapping[str, Place]:
    """The places that IANA knows today, by zone; old names and other ways to write them aren't among them."""
    rows = (line.split("\t") for line in _table("zone.tab") if not line.startswith("#"))
    return {zone: Place(zone, territory, _region(zone, territory)) for territory, _, zone, *_ in rows}


def of_region(region: str, locale: str) -> list[Place]:
    """The places of a region, by their names in a language."""
    there = [place for place in places().values() if place.region == region]
    return sorted(there, key=lambda place: folded(name_of(place.zone, locale)))


def region_name(region: str, locale: str) -> str:
    """What a region is called."""
    return str(Locale.parse(locale).territories[region])


@lru_cache(8192)
def name_of(zone: str, locale: str) -> str:
    """What a zone is called: its city, or how far it is from UTC."""
    if zone not in places():
        return _distance(known_zone(zone) or zone)
    cities = Locale.parse(locale).time_zones
    for one in (zone, *_other_names().get(zone, ())):
        city = cities.get(one, {}).get("city")
        if city:
            return str(city).replace("\u00ad", "")  # CLDR says where it may be hyphenated
    return zone.rpartition("/")[2].replace("_", " ")


def _distance(zone: str) -> str:
    fixed = _FIXED.fullmatch(zone)
    if fixed is not None and int(fixed[2] or 0):
        # IANA counts them as POSIX does, westwards.
        return f"UTC{'+' if fixed[1] == '-' else '−'}{fixed[2]}"
    return "UTC" if fixed is not None or zone == UTC else zone


def known_zone(name: str) -> str | None:
    """The zone that an IANA name of today or of old means, however it is written; None for no such name."""
    return _all_names().get(name.strip().lower()[:_MAX_WORDS])


def find(words: str, locale: str, now: datetime, others: Iterable[str] = ()) -> tuple[str, ...]:
    """The zones that someone may mean by the name of a city or country, in this language, English or ``others``, or by
    a distance from UTC. One is meant; more are to be chosen from; none is known by that name."""
    words = words.strip()[:_MAX_WORDS]
    exact = known_zone(words)
    if exact is not None:
        return (exact,)
    offset = _offset(words)
    if offset is not None:
        return _at(offset, now)
    wanted = _key(words)
    if not wanted:
        return ()
    locales = dict.fromkeys((locale, "en", *others))
    for one in locales:
        if found := _cities(one).get(wanted, ()):
            return found
    for one in locales:
        if found := _territories(one).get(wanted, ()):
            return _differing(found, now)
    return _identifiers().get(wanted, ()) or begun(words, locale)


def begun(words: str, locale: str) -> tuple[str, ...]:
    """Zones whose names in a language, in English or as IANA has them, begin so; then those of which a later word
    does."""
    wanted = _key(words)
    first, within = dict[str, None](), dict[str, None]()
    for names in (_words_of(locale), _words_of("en"), _words_of(_IANA)):
        for zone, endings in names:
            if endings[0].startswith(wanted):
                first[zone] = None
            elif any(ending.startswith(wanted) for ending in endings):
                within[zone] = None
    return tuple(first | within)


def _differing(zones: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Of a country's zones, one for each clock that people there go by, in summer and in winter."""
    clocks: dict[tuple[object, ...], str] = {}
    for zone in zones:
        there = [(now + half * timedelta(days=182)).astimezone(ZoneInfo(zone)).utcoffset() for half in (0, 1)]
        clocks.setdefault(tuple(there), zone)
    return tuple(clocks.values())


def _offset(words: str) -> timedelta | None:
    plain = folded(words)
    if plain in {"utc", "gmt", "z"}:
        return timedelta()
    match = _OFFSET.fullmatch(plain)
    if match is None:
        return None
    distance = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return distance if match[1] == "+" else -distance


def _at(offset: timedelta, now: datetime) -> tuple[str, ...]:
    """The zones that are so far from UTC: the one that always is, or those that are now."""
    hours = offset / timedelta(hours=1)
    if not offset:
        return (UTC,)
    fixed = known_zone(f"Etc/GMT{-int(hours):+d}") if hours == int(hours) else None
    if fixed is not None:
        return (fixed,)
    return tuple(zone for zone in places() if now.astimezone(ZoneInfo(zone)).utcoffset() == offset)


# --- names -----------------------------------------------------------------------------------------------------------


def _key(words: str) -> str:
    """What remains of a name when spelling no longer matters."""
    return "".join(sign for sign in folded(words) if sign.isalnum())


@cache
def _cities(locale: str) -> Mapping[str, tuple[str, ...]]:
    return _indexed((name_of(zone, locale), zone) for zone in places())


@cache
def _territories(locale: str) -> Mapping[str, tuple[str, ...]]:
    names = Locale.parse(locale).territories
    return _indexed((str(names.get(place.territory, place.territory)), zone) for zone, place in places().items())


@cache
def _identifiers() -> Mapping[str, tuple[str, ...]]:
    """Places by what IANA calls their cities or called them once, such as Saigon."""
    return _indexed((name.rpartition("/")[2], zone) for name, zone in _all_names().items() if zone in places())


@cache
def _words_of(locale: str) -> Sequence[tuple[str, Sequence[str]]]:
    """Each zone with its name, and what is left of that from each of its words on."""
    names = {zone: zone if locale == _IANA else name_of(zone, locale) for zone in places()}
    return [
        (zone, tuple(_key(name[start.start() :]) for start in _WORD.finditer(name))) for zone, name in names.items()
    ]


def _indexed(names: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    index: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for name, zone in names:
        index[_key(name)][zone] = None
    return {name: tuple(zones) for name, zones in index.items()}


@cache
def _all_names() -> Mapping[str, str]:
    """Every name that IANA has ever given, in lower case, and the zone that it means today."""
    names = [name for name in files("tzdata").joinpath("zones").read_text("utf-8").split() if name not in _NO_ZONE]
    links = _links()
    return {name.lower(): _today(name, links) for name in names}


def _today(name: str, links: Mapping[str, str]) -> str:
    while name not in places() and name in links:
        name = links[name]
    return name


@cache
def _other_names() -> Mapping[str, Sequence[str]]:
    """What zones were called before, or are called elsewhere: CLDR keeps to the oldest name."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for other, zone in _links().items():
        if other not in places():
            names[zone].append(other)
    return names


@cache
def _links() -> Mapping[str, str]:
    """Other names of zones, each with the one that it stands for."""
    rows = (line.split() for line in _table("tzdata.zi") if line.startswith("L "))
    return {other: zone for _, zone, other in rows}


def _region(zone: str, territory: str) -> str:
    prefix = zone.partition("/")[0]
    if prefix in _BY_PREFIX:
        return _BY_PREFIX[prefix]
    return _BY_TERRITORY.get(territory, AFRICA)


def _table(name: str) -> Iterator[str]:
    return (line for line in files("tzdata.zoneinfo").joinpath(name).read_text("utf-8").splitlines() if line)
