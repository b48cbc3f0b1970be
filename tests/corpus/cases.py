"""All cases: every format in every language, every damage alone, and with some others. Nothing is random."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from tests.corpus.damage import Damage, Unfit
from tests.corpus.dates import DATES
from tests.corpus.drafts import FORMATS, ITEM, Format, begin, write
from tests.corpus.encodings import ENCODINGS, LANGUAGES
from tests.corpus.jsons import JSONS
from tests.corpus.links import LINKS
from tests.corpus.prologs import CUTS, PROLOGS
from tests.corpus.shapes import SHAPES
from tests.corpus.summaries import SUMMARIES
from tests.corpus.titles import TITLES
from tests.corpus.truth import Case
from tests.languages import THIRTEEN as TONGUES

DAMAGES: tuple[Damage, ...] = (
    *LANGUAGES,
    *TITLES,
    *LINKS,
    *DATES,
    *SUMMARIES,
    *SHAPES,
    *PROLOGS,
    *CUTS,
    *ENCODINGS,
    *JSONS,
)

ORDER = (
    "language",
    "title",
    "link",
    "guid",
    "date",
    "summary",
    "picture",
    "structure",
    "names",
    "prolog",
    "cut",
    "cut-whole",
    "encoding",
)
"""In which order kinds are done to a feed."""

PARTNERS = 4
"""With how many others each damage is combined."""

# Where the truth of two together isn't that of each: one hides, repairs or contradicts the other.
_APART = {
    *(
        frozenset({kind, other})
        for kind in ("cut", "cut-whole")
        for other in ("structure", "picture", "cut", "cut-whole")
    ),
    *(frozenset({"picture", other}) for other in ("structure", "link")),
}
_ROUGH = {
    "title-unclosed",
    "title-unclosed-inline-html",
    "title-misnested-html",
    "title-bare-less-than",
    "title-line-break-element",
    "summary-inline-unclosed-html",
    "summary-inline-image-unclosed",
    "summary-inline-attributes-unquoted",
    "items-not-closed",
    "entries-not-closed",
    "summary-not-closed",
    "attributes-unquoted",
    "attribute-with-bare-signs",
    "attribute-twice",
    "stray-breaks",
    "stray-end-tags",
    "item-closed-twice",
    "own-elements-prefixed",
}
"""Tag soup: no two at once, and not cut off either."""
_TITLED_ELSEWHERE = {"media-group-with-title", "media-content-with-description", "more-modules"}
_NO_TITLE = {"title-missing", "title-empty", "title-json-missing"}


def _go_together(one: Damage, other: Damage) -> bool:
    kinds = frozenset({one.kind, other.kind})
    pair = {one.name, other.name}
    if len(kinds) == 1 or kinds in _APART:
        return False
    if len(pair & _ROUGH) == 2 or (pair & _ROUGH and kinds & {"cut", "cut-whole"}):
        return False
    return not any(_spoils(a, b) for a, b in ((one, other), (other, one)))


def _spoils(one: Damage, other: Damage) -> bool:
    """Pairs that are kept apart by name."""
    rules = (
        one.kind == "guid" and other.kind == "link" and ("guid" in other.name or "permalink" in other.name),
        one.name.endswith("same-for-all") and other.name in {"link-same-for-all", "json-link-null", "link-missing"},
        one.name.startswith("picture-") and (other.kind in {"structure", "link"} or "image" in other.name),
        one.kind == "picture" and other.name.startswith("picture-"),
        one.name in _TITLED_ELSEWHERE and (other.kind == "summary" or other.name in _NO_TITLE),
        one.name == "title-media-title-before" and other.name == "summary-media-description",
        one.name.endswith("-after") and one.kind == "prolog" and other.kind.startswith("cut"),
        "without-mark" in one.name and other.kind == "prolog",
        one.name.endswith("declared-utf-8") and other.kind == "language",
        one.name == "own-elements-prefixed" and other.kind in {"title", "summary", "structure"},
        one.name == "one-line" and other.kind == "structure",
        one.kind == "names" and "namespace" in one.name and other.name == "summary-atom-content-prefixed-xhtml",
    )
    return any(rules)


def _case(form: Format, language: str, damages: Iterable[Damage]) -> Case | None:
    """None where a damage can't be done to this feed, or where nothing is left to be read."""
    if not all(damage.fits(form, language) for damage in damages):
        return None
    damages = sorted(damages, key=lambda damage: ORDER.index(damage.kind))
    draft = begin(form, language)
    try:
        for damage in damages:
            if damage.shape is not None:
                damage.shape(draft)
        text = write(draft)
        for damage in damages:
            text = damage.text(draft, text) if damage.text is not None else text
        if any(damage.kind == "cut" for damage in damages):
            del draft.items[-1]
            draft.partial = True
        text = text.replace(ITEM, "")
        encode = next((damage.encode for damage in damages if damage.encode is not None), None)
        body = encode(draft, text) if encode is not None else text.encode()
    except (Unfit, ValueError):  # str.index finds no place for it
        return None
    if any(entry.title is None and not entry.summary for entry in draft.truth.entries):
        return None
    named = tuple(damage.name for damage in damages)
    name = "/".join((form.name, language, "+".join(named) or "whole"))
    return Case(name, named, body, draft.content_type, draft.url, draft.truth)


def _whole() -> Iterator[Case | None]:
    for form in FORMATS:
        for language in TONGUES:
            yield _case(form, language, ())


def _singles() -> Iterator[Case | None]:
    """In every format, each time in another language; where only some languages have it, in each of those too."""
    for n, damage in enumerate(DAMAGES):
        tongues = [tongue for tongue in TONGUES if not damage.languages or tongue in damage.languages]
        formats = [form for form in FORMATS if damage.fits(form, tongues[0])]
        for m, form in enumerate(formats):
            yield _case(form, tongues[(n + m * 3) % len(tongues)], (damage,))
        for m, tongue in enumerate(tongues if damage.languages else ()):
            yield _case(formats[(n + m) % len(formats)], tongue, (damage,))


def _pairs() -> Iterator[Case | None]:
    for n, damage in enumerate(DAMAGES):
        found = 0
        for step in range(1, len(DAMAGES)):
            other = DAMAGES[(n + step * 67) % len(DAMAGES)]
            case = _first(damage, other, n + step) if _go_together(damage, other) else None
            if case is not None:
                yield case
                found += 1
            if found == PARTNERS:
                break


def _first(damage: Damage, other: Damage, start: int) -> Case | None:
    """The pair in one format and one language, of those in which it can be done."""
    for k in range(len(FORMATS)):
        form = FORMATS[(start + k) % len(FORMATS)]
        for m in range(len(TONGUES)):
            language = TONGUES[(start + k + m) % len(TONGUES)]
            case = _case(form, language, (damage, other))
            if case is not None:
                return case
    return None


@cache
def all_cases() -> tuple[Case, ...]:
    cases = {case.id: case for cases in (_whole(), _singles(), _pairs()) for case in cases if case is not None}
    return tuple(cases.values())
