"""Words and formats of our languages: gettext catalogues and CLDR. A Translator is passed in, never ambient.

A language's ``.po`` is read when the language is first asked for; nothing compiled is kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from babel.dates import format_date, format_time, format_timedelta, get_datetime_format, get_timezone_name
from babel.lists import format_list
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from bot.languages import (
    Language,
    catalogue_folder,
    catalogue_path,
    language_meant,
    language_preferred,
    languages_in,
    name_in,
)
from bot.model import Phrase

log = structlog.get_logger()

# Babel takes the abbreviated "PM" where every other CLDR library says 오후.
_TIME_FORMATS: Mapping[str, str] = {"ko": "aaaa h:mm"}

_OFFSET = re.compile(r"[+-]\d{4}")

_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")

_JUST_NOW = timedelta(seconds=45)
"""Nearer than this a count of seconds says nothing; CLDR's own words for none are "in 0 seconds"."""


def places(text: str) -> frozenset[str]:
    """The names of the ``{named}`` places in a text."""
    return frozenset(_PLACE.findall(text))


class Catalogues:
    """The languages that there are, and the Translator of each, which it keeps. It is the `ports.Translators`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = catalogue_folder() if folder is None else folder
        there = languages_in(self._folder)
        self._languages = there.found
        self.faults = there.faults
        """Why some catalogues are left out, by the names of their folders."""
        self.names: Mapping[str, str] = {code: one.name for code, one in there.found.items()}
        self.words_for_language: Mapping[str, str] = {code: one.word for code, one in there.found.items()}
        self._known: dict[str, LanguageTranslator] = {}

    def __call__(self, language: str, timezone: str | None = None, /) -> LanguageTranslator:
        known = self._about(language)
        if known.code not in self._known:
            self._known[known.code] = LanguageTranslator(known, _read(self._folder, known))
        return self._known[known.code].in_zone(timezone)

    def zone(self, language: str, /) -> str:
        return self._about(language).zone.key

    def locale(self, language: str, /) -> str:
        return str(self._about(language).locale)

    def _about(self, language: str) -> Language:
        return self._languages.get(language) or self._languages["en"]

    def supported(self, tag: str | None) -> str | None:
        return language_meant(tag, self._languages)

    def preferred(self, accept_language: str) -> str:
        return language_preferred(accept_language, self._languages)


class LanguageTranslator:
    """The words and formats of one language; implements `ports.Translator`."""

    def __init__(self, language: Language, words: NullTranslations, zone: ZoneInfo | None = None) -> None:
        self._about = language
        self._words = words
        self._locale = language.locale
        self._zone = language.zone if zone is None else zone

    def in_zone(self, timezone: str | None) -> LanguageTranslator:
        """The same, telling the time of another zone than the language's own; one that isn't known changes nothing."""
        try:
            return LanguageTranslator(self._about, self._words, ZoneInfo(timezone)) if timezone else self
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return self

    @property
    def language(self) -> str:
        return self._about.code

    @property
    def direction(self) -> str:
        return self._locale.text_direction

    def __call__(self, msgid: str, /, **args: object) -> str:
        # The catalogue's header stands under the empty text.
        return self._fill(self._words.gettext(msgid), args) if msgid else ""

    def plural(self, one: str, many: str, n: int, /, **args: object) -> str:
        return self._fill(self._words.ngettext(one, many, n), {**args, "n": self.number(n)})

    def phrase(self, phrase: Phrase, /) -> str:
        return self(phrase.msgid, **phrase.args)

    def number(self, n: int, /) -> str:
        return format_decimal(n, locale=self._locale)

    def moment(self, at: datetime, /) -> str:
        local = _shifted(at, self._zone)
        date = format_date(local.date(), "medium", self._locale)
        time = format_time(local.time(), _TIME_FORMATS.get(self._locale.language, "short"), locale=self._locale)
        both = str(get_datetime_format("medium", self._locale))
        return f"{both.replace('{1}', date).replace('{0}', time)} {self._zone_name(local)}"

    def _zone_name(self, local: datetime) -> str:
        """Short, as CLDR writes it: UTC, MEZ, GMT+4."""
        name = get_timezone_name(local, "short", locale=self._locale)
        if not _OFFSET.fullmatch(name):
            return name
        # Where CLDR has no letters for a zone it says how far that is from Greenwich. Babel forgets the words of that,
        # and errs by an hour west of it.
        offset = local.strftime("%z")
        hours, minutes = int(offset[1:3]), offset[3:5]
        far = f"{offset[0]}{hours}" + (f":{minutes}" if minutes != "00" else "")
        return str(self._locale.zone_formats["gmt"]) % (far if local.utcoffset() else "")

    def ago(self, at: datetime, now: datetime, /) -> str:
        delta = at - now
        if abs(delta) < _JUST_NOW:
            # TRANSLATORS: stands where "4 minutes ago" would, for less than a minute
            return self.phrase(Phrase("just now"))
        # Only the long format: the shorter ones lack units or mean the wrong direction in several languages.
        return format_timedelta(delta, add_direction=True, format="long", locale=self._locale)

    def listed(self, values: Sequence[str], /) -> str:
        return format_list(values, locale=self._locale) if values else ""

    def language_name(self, code: str, /) -> str:
        return name_in(self._locale, code)

    def _fill(self, text: str, args: Mapping[str, object]) -> str:
        # One pass over the text, so that braces inside a value stay what they are.
        return _PLACE.sub(lambda place: self._value(args.get(place[1], place[0])), text)

    def _value(self, value: object) -> str:
        if isinstance(value, tuple):
            return self.listed([self._value(one) for one in value])
        return self.phrase(value) if isinstance(value, Phrase) else str(value)


def _shifted(at: datetime, zone: ZoneInfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:  # a feed's date at the very end of the calendar
        return at.astimezone(UTC)


def _read(folder: Path, language: Language) -> NullTranslations:
    try:
        with catalogue_path(folder, language.code).open("rb") as file:
            return _translations(read_po(file, locale=language.locale, abort_invalid=True))
    except (OSError, PoFileError, ValueError) as error:
        # One bad catalogue must not silence the bot: its language speaks English.
        log.warning("catalogue can't be read", language=language.code, reason=str(error))
        return NullTranslations()


def _translations(catalogue: Catalog) -> GNUTranslations:
    sound = Catalog(locale=catalogue.locale, charset="utf-8")
    sound.mime_headers = catalogue.mime_headers  # the plural rule of the file, which is not always Babel's own
    for message in catalogue:
        if message.id and not message.fuzzy and _is_sound(message):
            sound[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, sound)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _is_sound(message: Message) -> bool:
    """Whether a translation can stand for its source: every form is there, each with the same places to fill."""
    wanted = frozenset[str]().union(*map(places, texts(message.id)))
    return all(form and places(form) == wanted for form in texts(message.string))


def texts(one_or_forms: str | Sequence[str] | None) -> tuple[str, ...]:
    """The texts of a message's id or translation, be it one or a form for each kind of number."""
    if one_or_forms is None or isinstance(one_or_forms, str):
        return (one_or_forms or "",)
    return tuple(one_or_forms)
