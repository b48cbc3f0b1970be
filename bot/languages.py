"""Which languages there are: those that have a catalogue, each with what its header says beside the words.

A file's head is all that is read here; `bot.i18n` reads the words when a language is first used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from gettext import c2py
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

DOMAIN = "newstally"

FIRST = ("en", "de", "ko", "ja", "zh", "es", "fr", "hy", "nl", "ru", "it", "pt", "tr")
"""The order in which languages are offered; those that aren't named here follow by their codes."""

NAME, WORD, TIME_ZONE, CLDR_LOCALE, PLURAL_FORMS = (
    "X-Language-Name",
    "X-Language-Word",
    "X-Time-Zone",
    "X-CLDR-Locale",
    "Plural-Forms",
)

HEAD_BYTES = 4096
"""So much of a catalogue is read at the start: ten times what a header takes."""

MAX_WORD = 40
MAX_CODE = 16
"""As many characters as the columns have that hold one."""
MAX_TAG = 35
"""BCP 47 names no language with more; what clients say of themselves may be anything."""

MAX_PREFERENCES = 30
"""No browser sends as many."""

_CODE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2}")
_HEADER = re.compile(r'^msgid ""\s*^msgstr ""\s*((?:^".*"\s*)+)', re.MULTILINE)
_PLURALS = re.compile(r"nplurals\s*=\s*([1-6])\s*;\s*plural\s*=\s*([^;]+);?")
_COUNTED = 200
"""The plural rules of all languages repeat themselves within the first hundred numbers."""


class LanguageFault(ValueError):
    """A catalogue's header doesn't say what a language needs; the text says what."""


@dataclass(frozen=True, slots=True)
class Language:
    """What is known of a language beside its words."""

    code: str
    """BCP 47 in lower case, without a script or region where that goes without saying."""
    name: str
    """Its own; never translated, so that everyone finds theirs."""
    word: str
    """Its word for "language"."""
    zone: ZoneInfo
    """That of a chat which says nothing else."""
    locale: Locale
    """Whose dates, numbers and names of languages are its own."""


ENGLISH = Language("en", "English", "Language", ZoneInfo("UTC"), Locale("en"))
"""The language of the code itself: it is there even without a catalogue."""


@dataclass(frozen=True, slots=True)
class Languages:
    """What was found in a folder of catalogues."""

    found: Mapping[str, Language]
    """By code, in the order in which they are offered."""
    faults: Mapping[str, str]
    """What is wrong with those that are left out, by the names of their folders."""


def catalogue_folder() -> Path:
    """Where the catalogues are: inside the package in an installed wheel, beside it in a source tree."""
    package = Path(__file__).resolve().parent
    installed = package / "locales"
    return installed if installed.is_dir() else package.parent / "locales"


def catalogue_path(folder: Path, code: str) -> Path:
    """Where the catalogue of a language is or would be."""
    return folder / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def languages_in(folder: Path) -> Languages:
    """The languages whose catalogues are in the folder; one with a bad header is left out, and said to be."""
    found: dict[str, Language] = {"en": ENGLISH}
    faults: dict[str, str] = {}
    for code in _in_order(path.parent.parent.name for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        try:
            language = described(code, header_of(_head(catalogue_path(folder, code))))
            _require_new(language, found)
        except (LanguageFault, OSError) as error:
            faults[code] = str(error)
        else:
            found[code] = language
    return Languages(found, faults)


def _in_order(codes: Iterator[str]) -> list[str]:
    places = {code: place for place, code in enumerate(FIRST)}
    return sorted(codes, key=lambda code: (places.get(code, len(FIRST)), code))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def header_of(head: bytes) -> Mapping[str, str]:
    """The header with which a catalogue begins: names and values. Raises LanguageFault."""
    # The head may end within a character; no header is as long.
    match = _HEADER.search(head.decode("utf-8-sig", "replace"))
    if match is None:
        raise LanguageFault("it has no header")
    text = "".join(_unescaped(line.strip()[1:-1]) for line in match[1].splitlines() if line.strip())
    rows = (row.partition(":") for row in text.split("\n"))
    return {name.strip(): value.strip() for name, colon, value in rows if colon}


def _unescaped(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], quoted)


def described(code: str, header: Mapping[str, str]) -> Language:
    """The language of this header. Raises LanguageFault for whatever is missing or can't be."""
    locale = cldr_locale(code, header)
    plural_rule(header.get(PLURAL_FORMS, ""))
    return Language(code, _word(header, NAME), _word(header, WORD), _zone(header.get(TIME_ZONE, "")), locale)


def _word(header: Mapping[str, str], name: str) -> str:
    word = header.get(name, "")
    if not word:
        raise LanguageFault(f"its header says no {name}")
    if len(word) > MAX_WORD or not word.isprintable() or "\ufffd" in word:
        raise LanguageFault(f"{name} is longer than {MAX_WORD} characters, or not all of it can be read")
    return word


def _zone(name: str) -> ZoneInfo:
    if not name:
        raise LanguageFault(f"its header says no {TIME_ZONE}")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder
        raise LanguageFault(f"{TIME_ZONE}: {name[:60]!r} is no IANA time zone such as Europe/Kyiv") from None


def cldr_locale(code: str, header: Mapping[str, str]) -> Locale:
    """The CLDR locale of the language with this code and header. Raises LanguageFault."""
    if not _CODE.fullmatch(code) or len(code) > MAX_CODE:
        raise LanguageFault("its folder's name is no code of a language, such as uk or zh-hant")
    name = header.get(CLDR_LOCALE) or _cldr_name(code)
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        raise LanguageFault(f"CLDR knows no locale {name[:60]!r}: {CLDR_LOCALE} must name the nearest") from None


def plural_rule(forms: str) -> Callable[[int], int]:
    """The rule of a Plural-Forms header: number → which of the forms. Raises LanguageFault."""
    match = _PLURALS.fullmatch(forms.strip())
    if match is None:
        raise LanguageFault(f"{PLURAL_FORMS} is missing, or not as in: nplurals=2; plural=(n != 1);")
    try:
        rule: Callable[[int], int] = c2py(match[2])
        chosen = {rule(n) for n in range(_COUNTED)}
    except (ValueError, ArithmeticError, RecursionError):
        raise LanguageFault(f"{PLURAL_FORMS}: {match[2][:60]!r} is no rule of gettext's") from None
    if not chosen <= set(range(int(match[1]))):
        raise LanguageFault(f"{PLURAL_FORMS}: the rule chooses among more forms than nplurals={match[1]}")
    return rule


def _require_new(language: Language, found: Mapping[str, Language]) -> None:
    # Two choices of one name can't be told apart, and Discord refuses all commands for them.
    for other in found.values():
        if other.code != language.code and other.name == language.name:
            raise LanguageFault(f"{NAME} is that of {other.code}")


def language_meant(tag: str | None, codes: Collection[str]) -> str | None:
    """The one of ``codes`` that a BCP 47 tag such as ``pt-br`` or ``zh_Hant`` means, or None.

    A variant (``zh-hant``, ``pt-pt``) goes before its bare language, which stands for the variants that aren't there
    (docs/adr/0009-variants.md).
    """
    whole = (tag or "")[:MAX_TAG].replace("_", "-").lower()
    primary, *others = whole.split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), "")
    region = next((part for part in others if len(part) == 2 and part.isalpha()), "")
    if not script and any(code.startswith(f"{primary}-") for code in codes):
        script = _script_in(primary, region)
    # Whatever Portuguese isn't Brazil's follows Portugal's spelling; the bare tag is Brazil's, as in CLDR.
    european = "pt-pt" if primary == "pt" and region not in {"", "br"} else ""
    wanted = (whole, f"{primary}-{script}-{region}", f"{primary}-{script}", f"{primary}-{region}", european, primary)
    return next((one for one in wanted if one in codes), None)


def _script_in(language: str, region: str) -> str:
    """How a language is written in a region: zh-TW names no script, and yet means one."""
    try:
        return (Locale.parse(f"{language}_{region}" if region else language).script or "").lower()
    except (UnknownLocaleError, ValueError):
        return ""


def language_preferred(accept_language: str, codes: Collection[str]) -> str:
    """The one of ``codes`` that an Accept-Language header likes best; English where it names none of them."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:MAX_PREFERENCES]:
        tag, _, quality = part.strip().partition(";q=")
        language = language_meant(tag.strip(), codes)
        if language is not None:
            wanted.append((_quality(quality), language))
    best = max(wanted, key=lambda pair: pair[0], default=(0.0, "en"))
    return best[1] if best[0] > 0 else "en"


def _quality(text: str) -> float:
    if not text:
        return 1.0
    try:
        return float(text)
    except ValueError:
        return 0.0


def _cldr_name(code: str) -> str:
    """How CLDR writes a code of ours: zh-hant is zh_Hant to it, pt-pt pt_PT."""
    primary, *others = code.split("-")
    return "_".join([primary, *(part.title() if len(part) == 4 else part.upper() for part in others)])


def name_in(locale: Locale, code: str) -> str:
    """What a language is called in another one, as CLDR says it; its code where CLDR knows no name."""
    known = locale.languages
    return str(known.get(_cldr_name(code)) or known.get(code.partition("-")[0]) or code)
