"""`make strings`: takes every word that members see out of the code, into newstally.pot and from there into each .po.
`make strings LANGUAGE=uk` begins a language that isn't there yet.

Nothing is guessed (no fuzzy matches) and nothing varies by day or machine (no dates, no line numbers), so that running
it twice changes nothing. English is the source: its catalogue repeats the words.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from babel.plural import PluralRule, to_gettext
from jinja2 import Environment, nodes

from bot import languages as known
from bot.i18n import texts
from bot.languages import (
    CLDR_LOCALE,
    DOMAIN,
    NAME,
    PLURAL_FORMS,
    TIME_ZONE,
    WORD,
    LanguageFault,
    cldr_locale,
    header_of,
    languages_in,
)

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locales"
TEMPLATE = LOCALES / f"{DOMAIN}.pot"

SOURCES = ("bot/**/*.py", "bot/**/*.html", "adapters/**/*.py", "adapters/**/*.html")

KEYWORDS: Mapping[str, tuple[int, ...] | None] = {"t": None, "plural": (1, 2), "Phrase": (1,)}
COMMENT = "TRANSLATORS:"

FIXED = ("MIME-Version", "Content-Type", "Content-Transfer-Encoding")
FIXED_VALUES = ("1.0", "text/plain; charset=utf-8", "8bit")
OURS = (PLURAL_FORMS, NAME, WORD, TIME_ZONE, CLDR_LOCALE)
"""What the header of a language says beside that, in this order; what it says further stays as it is."""

Found = tuple[int, str | tuple[str, ...], list[str]]
"""Line, msgid (or singular and plural), comments for translators."""


def extracted() -> Catalog:
    """Every text in the code and the templates, in the order of the files."""
    catalog = Catalog(charset="utf-8")
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        for line, msgid, comments in _texts_in(path):
            place = (path.relative_to(ROOT).as_posix(), line)
            catalog.add(msgid, locations=[place], auto_comments=comments)
    return catalog


def _texts_in(path: Path) -> Iterator[Found]:
    if path.suffix == ".html":
        yield from template_texts(path.read_text("utf-8"))
        return
    with path.open("rb") as file:
        found = extract("python", file, keywords=KEYWORDS, comment_tags=[COMMENT], strip_comment_tags=True)
        for line, msgid, comments, _context in found:
            yield line, msgid, [" ".join(comments)] if comments else []


def template_texts(source: str) -> Iterator[Found]:
    """The texts of a Jinja template: ``{{ t("…") }}`` and ``{{ t.plural("…", "…", n) }}``, which Babel doesn't know."""
    comments = {
        source.count("\n", 0, match.end()) + 1: " ".join(match[1].split())
        for match in re.finditer(r"\{#-?\s*TRANSLATORS:\s*(.*?)\s*-?#\}", source, re.DOTALL)
    }
    # The comment stands before its text, on the same line or the one above.
    for call in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        name = getattr(call.node, "attr", None) or getattr(call.node, "name", None)
        if name not in KEYWORDS:
            continue
        arguments = [
            value.value for value in call.args if isinstance(value, nodes.Const) and isinstance(value.value, str)
        ]
        if arguments:
            comment = comments.get(call.lineno) or comments.get(call.lineno - 1)
            msgid = tuple(arguments[:2]) if name == "plural" else arguments[0]
            yield call.lineno, msgid, [comment] if comment else []


def merged(template: Catalog, language: str, header: Mapping[str, str], old: Catalog | None) -> Catalog:
    """The template with the translations that there are; what was said of other texts is dropped."""
    catalog = Catalog(charset="utf-8")
    catalog.mime_headers = [("Language", language), (PLURAL_FORMS, header[PLURAL_FORMS])]
    for message in template:
        if not message.id:
            continue
        known = old.get(message.id) if old is not None else None
        count = catalog.num_plurals if message.pluralizable else 1
        said = texts(known.string)[:count] if known is not None and not known.fuzzy else ()
        if language == "en":
            said = texts(message.id)
        said += ("",) * (count - len(said))
        catalog.add(
            message.id,
            said if message.pluralizable else said[0],
            locations=message.locations,
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known is not None else (),
        )
    return catalog


def written(catalog: Catalog, header: Mapping[str, str]) -> bytes:
    """The catalogue as a file: a header of what matters, then the texts."""
    rows = {name: header[name] for name in ("Language",) if name in header}
    rows |= dict(zip(FIXED, FIXED_VALUES, strict=True))
    rows |= {name: header[name] for name in OURS if name in header}
    rows |= {name: value for name, value in header.items() if name not in rows}
    body = BytesIO()
    write_po(body, catalog, width=120, omit_header=True, ignore_obsolete=True, include_lineno=False)
    head = "".join(f'"{name}: {value}\\n"\n' for name, value in rows.items())
    return f'msgid ""\nmsgstr ""\n{head}\n'.encode() + body.getvalue().rstrip() + b"\n"


# --- languages -------------------------------------------------------------------------------------------------------


def new_header(language: str) -> Mapping[str, str]:
    """The header of a language that has no catalogue yet, as far as CLDR knows it. Raises LanguageFault."""
    locale = cldr_locale(language, {})
    name = locale.get_language_name() or ""
    return {
        "Language": language,
        PLURAL_FORMS: plural_forms(locale),
        NAME: name[:1].upper() + name[1:],
        WORD: "",
        TIME_ZONE: "UTC",
    }


def plural_forms(locale: Locale) -> str:
    """The Plural-Forms that tell whole numbers apart as CLDR does. (Babel's own table denies hy and tr a singular.)"""
    cldr = locale.plural_form
    # CLDR tells apart fractions and millions, too; counts of votes and stories are neither.
    taken = {cldr(n) for n in range(1001)}
    told_apart = [tag for tag in ("one", "two", "few", "many", "zero") if tag in taken]
    if "other" not in taken:
        told_apart.pop()  # what none of the others fits
    return to_gettext(PluralRule({tag: cldr.rules[tag] for tag in told_apart}))


def header(language: str) -> Mapping[str, str]:
    """What the language's catalogue says in its header."""
    return {**header_of(catalogue_path(language).read_bytes()), "Language": language}


def languages() -> list[str]:
    """Those that have a catalogue, whether or not the product takes it."""
    return sorted(path.parent.parent.name for path in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def catalogue_path(language: str) -> Path:
    return known.catalogue_path(LOCALES, language)


def read(language: str) -> Catalog | None:
    path = catalogue_path(language)
    if not path.exists():
        return None
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def files() -> dict[Path, bytes]:
    """What every catalogue file should hold now, given the code and the translations that there are."""
    template = extracted()
    wanted: dict[Path, Any] = {TEMPLATE: written(template, {})}
    for language in languages():
        head = header(language)
        wanted[catalogue_path(language)] = written(merged(template, language, head, read(language)), head)
    return wanted


def begin(language: str) -> None:
    """Make the catalogue of a new language, and say what is left to fill in."""
    try:
        head = new_header(language)
    except LanguageFault as fault:
        sys.exit(f"{language}: {fault}")
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(merged(extracted(), language, head, None), head))
    print(f"made {path.relative_to(LOCALES.parent)}. In its header:")
    print(f"  {WORD}: what “language” is in this language; until it is there, the product leaves the language out")
    print(f"  {NAME}: “{head[NAME]}” is what CLDR calls it; is that how its speakers write it on a button?")
    print(f"  {TIME_ZONE}: the IANA zone in which most of its readers live, instead of UTC")
    print(f"  {CLDR_LOCALE}: only where dates and numbers are another locale's, as in “pt_BR” for pt")


def main(new: str = "") -> None:
    if new and not catalogue_path(new).exists():
        begin(new)
    for path, content in files().items():
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            print("updated", path.relative_to(ROOT))
    total = len(extracted())
    for language in languages():
        catalog = read(language)
        assert catalog is not None
        done = sum(1 for message in catalog if message.id and all(texts(message.string)))
        print(f"{language}: {done} of {total}")
    for language, reason in languages_in(LOCALES).faults.items():
        print(f"{language} is left out: {reason}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
