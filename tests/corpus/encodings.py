"""Bytes that don't say, or say wrongly, how they are to be read; and languages that aren't declared."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable

from tests.corpus.damage import ANY, XML, Bytes, Damage, Unfit, names, needs
from tests.corpus.drafts import Draft, element
from tests.corpus.words import REGIONS

LEGACY = {
    "de": ("iso-8859-1", "windows-1252"),
    "es": ("iso-8859-1", "iso-8859-15"),
    "fr": ("iso-8859-1", "iso-8859-15", "windows-1252"),
    "it": ("iso-8859-1",),
    "ja": ("shift_jis", "euc-jp", "iso-2022-jp"),
    "ko": ("euc-kr",),
    "pt": ("iso-8859-1", "windows-1252"),
    "ru": ("windows-1251", "koi8-r"),
    "tr": ("iso-8859-9", "windows-1254"),
    "zh": ("gb2312", "gb18030", "gbk"),
}
LABELS = sorted({label for labels in LEGACY.values() for label in labels})


def _as(label: str, *, declared: str | None = "", http: str | None = None, mark: bytes = b"") -> Bytes:
    """In that encoding; ``declared`` in XML's declaration ("": as it is), ``http`` by the server."""

    def encode(draft: Draft, text: str) -> bytes:
        if http is not None:
            draft.charset = http
        if declared != "":
            needs('encoding="UTF-8"' in text)
            text = text.replace(' encoding="UTF-8"', f' encoding="{declared}"' if declared else "")
        try:
            body = text.encode(label)
        except UnicodeEncodeError:
            raise Unfit from None
        needs(label.startswith(("utf", "iso-2022")) or not body.isascii())
        return mark + body

    return encode


def coded(
    name: str,
    encode: Bytes,
    families: frozenset[str] = XML,
    *,
    languages: frozenset[str] = frozenset(),
    unsure: str = "",
) -> Damage:
    return Damage(f"bytes-{name}", "encoding", encode=encode, families=families, languages=languages, unsure=unsure)


def _speaking(label: str) -> frozenset[str]:
    return frozenset(language for language, labels in LEGACY.items() if label in labels)


def _bad_byte(place: Callable[[Draft, str], str], byte: bytes) -> Bytes:
    def encode(draft: Draft, text: str) -> bytes:
        return place(draft, text).encode().replace(b"\x1a", byte)

    return encode


def _in_the_head(draft: Draft, text: str) -> str:
    needs("</link>" in text or "<id>" in text)
    first = text.index("<title")
    return text[:first] + "<copyright>\x1a 2026</copyright>" + text[first:]


NON_LATIN1 = frozenset(LEGACY) | names("hy")

ENCODINGS = (
    coded("utf-8-with-mark", _as("utf-8", mark=BOM_UTF8), ANY),
    coded("utf-16-little", _as("utf-16-le", declared="utf-16", mark=BOM_UTF16_LE)),
    coded("utf-16-big", _as("utf-16-be", declared="UTF-16", mark=BOM_UTF16_BE)),
    coded("utf-16-little-without-mark", _as("utf-16-le", declared="utf-16")),
    coded("utf-16-big-without-mark", _as("utf-16-be", declared="utf-16")),
    coded("utf-16-without-mark-or-word", _as("utf-16-le", declared=None)),
    coded("utf-16-by-http", _as("utf-16-be", declared=None, http="utf-16be")),
    coded("utf-16-declared-utf-8", _as("utf-16-le", mark=BOM_UTF16_LE)),
    coded(
        "utf-16-of-json",
        _as("utf-16-le", mark=BOM_UTF16_LE),
        names("json"),
        unsure="JSON Feed wants UTF-8; the mark is plain",
    ),
    coded("utf-8-declared-utf-16", _as("utf-8", declared="utf-16")),
    coded("utf-8-declared-latin-1", _as("utf-8", declared="iso-8859-1"), languages=NON_LATIN1),
    coded("utf-8-declared-cyrillic", _as("utf-8", declared="windows-1251"), languages=names("ru", "hy", "en")),
    coded("utf-8-declared-ascii", _as("utf-8", declared="us-ascii"), languages=NON_LATIN1),
    coded("utf-8-declared-japanese", _as("utf-8", declared="Shift_JIS"), languages=names("ja")),
    coded("utf-8-declared-unknown", _as("utf-8", declared="utf-8859-x"), languages=NON_LATIN1),
    coded("utf-8-declared-utf8", _as("utf-8", declared="utf8")),
    coded("utf-8-http-latin-1", _as("utf-8", http="ISO-8859-1"), ANY, languages=NON_LATIN1),
    coded("utf-8-http-ascii", _as("utf-8", http="us-ascii"), languages=NON_LATIN1),
    coded("utf-8-http-unknown", _as("utf-8", http="binary"), ANY, languages=NON_LATIN1),
    coded("utf-8-http-quoted", _as("utf-8", declared=None, http='"utf-8"'), languages=NON_LATIN1),
    coded("utf-8-only-by-http", _as("utf-8", declared=None, http="UTF-8"), languages=NON_LATIN1),
    coded("utf-8-one-bad-byte-in-the-head", _bad_byte(_in_the_head, b"\xff")),
    coded("utf-8-one-windows-quote-in-the-head", _bad_byte(_in_the_head, b"\x92")),
    coded("utf-8-half-a-character-in-the-head", _bad_byte(_in_the_head, b"\xe2\x82")),
    *(coded(f"{label}-declared", _as(label, declared=label), languages=_speaking(label)) for label in LABELS),
    *(coded(f"{label}-by-http", _as(label, declared=None, http=label), languages=_speaking(label)) for label in LABELS),
    *(coded(f"{label}-by-http-declared-utf-8", _as(label, http=label), languages=_speaking(label)) for label in LABELS),
    *(
        coded(
            f"{label}-declared-http-utf-8",
            _as(label, declared=label, http="utf-8"),
            languages=_speaking(label),
            unsure="the server's word comes first by the letter, and it can't be true",
        )
        for label in LABELS
        if label != "iso-2022-jp"
    ),
    *(
        coded(
            f"{label}-declared-utf-8",
            _as(label),
            languages=_speaking(label),
            unsure="nothing tells which one it is but the bytes and the language",
        )
        for label in LABELS
    ),
    coded(
        "windows-1252-declared-latin-1", _as("windows-1252", declared="iso-8859-1"), languages=_speaking("windows-1252")
    ),
    coded("gb18030-declared-gb2312", _as("gb18030", declared="gb2312"), languages=names("zh")),
    coded("windows-949-declared-euc-kr", _as("cp949", declared="ks_c_5601-1987"), languages=names("ko")),
    coded("windows-932-declared-shift-jis", _as("cp932", declared="Shift_JIS"), languages=names("ja")),
)


def _declare(code: str | None, means: str | None) -> Callable[[Draft], None]:
    """The language declared; ``{}`` is the feed's own."""

    def shape(draft: Draft) -> None:
        needs(draft.form.has_language or draft.family == "json")
        needs(draft.form.has_language or code is None)
        said = None if code is None else code.replace("{region}", REGIONS[draft.language]).replace("{}", draft.language)
        draft.head["language"] = ""
        draft.root_attributes = ""
        draft.values.pop("language", None)
        draft.declared = draft.language if means == "own" else means
        if said is None:
            return
        if draft.family == "atom":
            draft.root_attributes = f' xml:lang="{said}"'
        elif draft.family == "json":
            draft.values["language"] = said
        else:
            draft.head["language"] = element("language" if draft.family == "rss" else "dc:language", said)

    return shape


def _of_the_entries(markup: str, attributes: str) -> Callable[[Draft], None]:
    def shape(draft: Draft) -> None:
        _declare("en", "en")(draft)
        for item in draft.items:
            item.tags["more"] += markup.replace("{}", draft.language)
            item.attributes += attributes.replace("{}", REGIONS[draft.language])

    return shape


def _in_another_element(draft: Draft) -> None:
    _declare(None, "own")(draft)
    draft.head["language"] = element("dc:language", REGIONS[draft.language])


def _on_the_root(draft: Draft) -> None:
    _declare(None, "own")(draft)
    draft.root_attributes = f' xml:lang="{REGIONS[draft.language]}"'


def _of_json_items(draft: Draft) -> None:
    _declare("en", "en")(draft)
    for item in draft.items:
        item.values["language"] = REGIONS[draft.language]


def tongue(
    name: str,
    shape: Callable[[Draft], None],
    families: frozenset[str] = ANY,
    *,
    languages: frozenset[str] = frozenset(),
    unsure: str = "",
) -> Damage:
    return Damage(f"language-{name}", "language", shape, families=families, languages=languages, unsure=unsure)


LANGUAGES = (
    tongue("not-declared", _declare(None, None)),
    tongue("empty", _declare("", None)),
    tongue("with-region", _declare("{region}", "own")),
    tongue("in-capitals", lambda draft: _declare(REGIONS[draft.language].upper(), "own")(draft)),
    tongue("with-underscore", lambda draft: _declare(REGIONS[draft.language].replace("-", "_"), "own")(draft)),
    tongue("in-blank-space", _declare("\n {region} \n", "own"), names("rss", "rdf")),
    tongue("of-the-entries", _of_the_entries("<dc:language>{}</dc:language>", ""), names("rss", "rdf")),
    tongue("attribute-of-the-entries", _of_the_entries("", ' xml:lang="{}"'), names("atom")),
    tongue("of-the-items-of-json", _of_json_items, names("json")),
    tongue("in-dublin-core", _in_another_element, names("rss")),
    tongue("on-the-root", _on_the_root, names("rss")),
    tongue(
        "declared-english",
        _declare("en-us", "en"),
        languages=names("ko", "ja", "zh", "hy", "ru"),
        unsure="the feed's own word against its script: a blog's default against what everybody sees",
    ),
)
