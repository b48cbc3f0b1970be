"""`make strings`: takes every word that members see out of the code, into newstally.pot and from there into each .po.

Nothing is guessed (no fuzzy matches) and nothing varies by day or machine (no dates, no line numbers), so that running
it twice changes nothing. English is the source: its catalogue repeats the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from gettext import c2py
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from bot.i18n import DOMAIN, texts
from bot.model import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locales"
TEMPLATE = LOCALES / f"{DOMAIN}.pot"

SOURCES = ("bot/**/*.py", "bot/**/*.html", "adapters/**/*.py", "adapters/**/*.html")

KEYWORDS: Mapping[str, tuple[int, ...] | None] = {"t": None, "plural": (1, 2), "Phrase": (1,)}
COMMENT = "TRANSLATORS:"

# gettext's rules in agreement with CLDR's for whole numbers; Babel's own deny hy and tr a singular.
PLURALS: Mapping[str, str] = {
    "en": "nplurals=2; plural=(n != 1);",
    "de": "nplurals=2; plural=(n != 1);",
    "ko": "nplurals=1; plural=0;",
    "ja": "nplurals=1; plural=0;",
    "zh": "nplurals=1; plural=0;",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "hy": "nplurals=2; plural=(n > 1);",
    "nl": "nplurals=2; plural=(n != 1);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
    "it": "nplurals=2; plural=(n != 1);",
    "pt": "nplurals=2; plural=(n > 1);",
    "tr": "nplurals=2; plural=(n != 1);",
}

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


def merged(template: Catalog, language: str, old: Catalog | None) -> Catalog:
    """The template with the translations that there are; what was said of other texts is dropped."""
    catalog = Catalog(charset="utf-8")
    catalog.mime_headers = [("Language", language), ("Plural-Forms", PLURALS[language])]
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


def written(catalog: Catalog, language: str | None) -> bytes:
    """The catalogue as a file: a header of what matters, then the texts."""
    headers = ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    if language is not None:
        headers = [f"Language: {language}", *headers, f"Plural-Forms: {PLURALS[language]}"]
    body = BytesIO()
    write_po(body, catalog, width=120, omit_header=True, ignore_obsolete=True, include_lineno=False)
    head = "".join(f'"{header}\\n"\n' for header in headers)
    return f'msgid ""\nmsgstr ""\n{head}\n'.encode() + body.getvalue().rstrip() + b"\n"


def plural_rule(language: str) -> Callable[[int], int]:
    """The rule of the language's catalogue: number → which of its forms."""
    return c2py(PLURALS[language].partition("plural=")[2].rstrip(";"))


def catalogue_path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog | None:
    path = catalogue_path(language)
    if not path.exists():
        return None
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def files() -> dict[Path, bytes]:
    """What every catalogue file should hold now, given the code and the translations that there are."""
    template = extracted()
    wanted: dict[Path, Any] = {TEMPLATE: written(template, None)}
    for language in LANGUAGES:
        wanted[catalogue_path(language)] = written(merged(template, language, read(language)), language)
    return wanted


def main() -> None:
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            print("updated", path.relative_to(ROOT))
    total = len(extracted())
    for language in LANGUAGES:
        catalog = read(language)
        assert catalog is not None
        done = sum(1 for message in catalog if message.id and all(texts(message.string)))
        print(f"{language}: {done} of {total}")


if __name__ == "__main__":
    main()
