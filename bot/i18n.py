"""Words and formats of the thirteen languages: gettext catalogues and CLDR. A Translator is passed in, never ambient.

A language's ``.po`` is read when the language is first asked for; nothing compiled is kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

import structlog
from babel import Locale
from babel.dates import format_date, format_time, format_timedelta, get_datetime_format
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from bot.model import LANGUAGE_NAMES, Phrase

log = structlog.get_logger()

DOMAIN = "newstally"

# A bare tag means another region or script to CLDR than the words in our catalogues.
_CLDR_NAMES: Mapping[str, str] = {"zh": "zh_Hans", "pt": "pt_BR"}

# Babel takes the abbreviated "PM" where every other CLDR library says 오후.
_TIME_FORMATS: Mapping[str, str] = {"ko": "aaaa h:mm"}

_ZONES: Mapping[str, str] = {
    "en": "Etc/UTC",  # it is spoken everywhere
    "de": "Europe/Berlin",
    "ko": "Asia/Seoul",
    "ja": "Asia/Tokyo",
    "zh": "Asia/Shanghai",
    "es": "Europe/Madrid",
    "fr": "Europe/Paris",
    "hy": "Asia/Yerevan",
    "nl": "Europe/Amsterdam",
    "ru": "Europe/Moscow",
    "it": "Europe/Rome",
    "pt": "America/Sao_Paulo",
    "tr": "Europe/Istanbul",
}

_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")

_JUST_NOW = timedelta(seconds=45)
"""Nearer than this a count of seconds says nothing; CLDR's own words for none are "in 0 seconds"."""


def cldr_locale(language: str) -> Locale:
    """The CLDR locale of one of our languages."""
    return Locale.parse(_CLDR_NAMES.get(language, language))


def default_zone(language: str) -> str:
    """The IANA time zone of a chat in this language that has chosen none."""
    return _ZONES.get(language, _ZONES["en"])


def catalogue_folder() -> Path:
    """Where the catalogues are: inside the package in an installed wheel, beside it in a source tree."""
    package = Path(__file__).resolve().parent
    installed = package / "locales"
    return installed if installed.is_dir() else package.parent / "locales"


def places(text: str) -> frozenset[str]:
    """The names of the ``{named}`` places in a text."""
    return frozenset(_PLACE.findall(text))


class Catalogues:
    """Gives the Translator of a language and keeps it; built once by app.py. It is a `ports.Translators`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = catalogue_folder() if folder is None else folder
        self._known: dict[str, LanguageTranslator] = {}

    def __call__(self, language: str) -> LanguageTranslator:
        language = language if language in LANGUAGE_NAMES else "en"
        if language not in self._known:
            self._known[language] = LanguageTranslator(language, _read(self._folder, language))
        return self._known[language]


class LanguageTranslator:
    """The words and formats of one language; implements `ports.Translator`."""

    def __init__(self, language: str, words: NullTranslations) -> None:
        self._language = language
        self._words = words
        self._locale = cldr_locale(language)

    @property
    def language(self) -> str:
        return self._language

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
        return f"{self.local_moment(at, UTC)} UTC"

    def local_moment(self, at: datetime, zone: tzinfo, /) -> str:
        there = at.astimezone(zone)
        date = format_date(there.date(), "medium", self._locale)
        time = format_time(there, _TIME_FORMATS.get(self._language, "short"), locale=self._locale)
        both = str(get_datetime_format("medium", self._locale))
        return both.replace("{1}", date).replace("{0}", time)

    def ago(self, at: datetime, now: datetime, /) -> str:
        delta = at - now
        if abs(delta) < _JUST_NOW:
            # TRANSLATORS: stands where "4 minutes ago" would, for less than a minute
            return self.phrase(Phrase("just now"))
        # Only the long format: the shorter ones lack units or mean the wrong direction in several languages.
        return format_timedelta(delta, add_direction=True, format="long", locale=self._locale)

    def _fill(self, text: str, args: Mapping[str, object]) -> str:
        # One pass over the text, so that braces inside a value stay what they are.
        return _PLACE.sub(lambda place: self._value(args.get(place[1], place[0])), text)

    def _value(self, value: object) -> str:
        return self.phrase(value) if isinstance(value, Phrase) else str(value)


def _read(folder: Path, language: str) -> NullTranslations:
    path = folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    try:
        with path.open("rb") as file:
            return _translations(read_po(file, locale=_CLDR_NAMES.get(language, language), abort_invalid=True))
    except (OSError, PoFileError, ValueError) as error:
        # One bad catalogue must not silence the bot: its language speaks English.
        log.warning("catalogue can't be read", language=language, reason=str(error))
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
