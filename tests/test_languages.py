"""Which languages there are: found by their catalogues' headers, or left out with a reason, and never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.i18n import Catalogues
from bot.languages import (
    ENGLISH,
    FIRST,
    LanguageFault,
    header_of,
    language_meant,
    language_preferred,
    languages_in,
    name_in,
    plural_rule,
)

HEADER = {
    "Language": "uk",
    "Content-Type": "text/plain; charset=utf-8",
    "Plural-Forms": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && n%100/10 != 1 ? 1 : 2);",
    "X-Language-Name": "Українська",
    "X-Language-Word": "Мова",
    "X-Time-Zone": "Europe/Kyiv",
}  # fmt: skip


def put(folder: Path, code: str, header: dict[str, str] | bytes) -> None:
    """A catalogue with this header."""
    path = folder / code / "LC_MESSAGES" / "newstally.po"
    path.parent.mkdir(parents=True)
    if isinstance(header, bytes):
        path.write_bytes(header)
        return
    rows = "".join(f'"{name}: {value}\\n"\n' for name, value in header.items())
    path.write_text(f'msgid ""\nmsgstr ""\n{rows}\nmsgid "Status"\nmsgstr "Стан"\n', "utf-8")


def test_a_catalogue_is_a_language(tmp_path: Path) -> None:
    put(tmp_path, "uk", HEADER)
    there = languages_in(tmp_path)
    assert there.faults == {}
    ukrainian = there.found["uk"]
    assert (ukrainian.name, ukrainian.word, ukrainian.zone.key) == ("Українська", "Мова", "Europe/Kyiv")
    assert str(ukrainian.locale) == "uk"
    catalogues = Catalogues(tmp_path)
    assert dict(catalogues.names) == {"en": "English", "uk": "Українська"}
    assert catalogues.supported("uk-UA") == "uk"
    assert catalogues("uk")("Status") == "Стан"


def test_the_thirteen_come_first_in_their_order_and_others_by_their_codes(tmp_path: Path) -> None:
    for code in ("zu", "af", "tr", "ja", "de"):
        put(tmp_path, code, HEADER | {"X-Language-Name": code})
    assert list(languages_in(tmp_path).found) == ["en", "de", "ja", "tr", "af", "zu"]


def test_without_any_catalogue_there_is_english(tmp_path: Path) -> None:
    assert languages_in(tmp_path / "nowhere").found == {"en": ENGLISH}
    assert Catalogues(tmp_path)("fr")("Status") == "Status"


def test_the_header_names_the_locale_where_the_code_says_too_little(tmp_path: Path) -> None:
    put(tmp_path, "zh", HEADER | {"X-CLDR-Locale": "zh_Hans", "X-Language-Name": "中文"})
    put(tmp_path, "zh-hant", HEADER | {"X-Language-Name": "繁體中文"})
    found = languages_in(tmp_path).found
    assert (str(found["zh"].locale), str(found["zh-hant"].locale)) == ("zh_Hans", "zh_Hant")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"X-Language-Name": ""}, "its header says no X-Language-Name"),
        ({"X-Language-Word": ""}, "its header says no X-Language-Word"),
        ({"X-Language-Word": "x" * 41}, "X-Language-Word is longer than 40 characters"),
        ({"X-Language-Name": "English"}, "X-Language-Name is that of en"),
        ({"X-Time-Zone": ""}, "its header says no X-Time-Zone"),
        ({"X-Time-Zone": "Europe"}, "'Europe' is no IANA time zone"),
        ({"X-Time-Zone": "../../etc/passwd"}, "is no IANA time zone"),
        ({"X-Time-Zone": "Mars/Base"}, "'Mars/Base' is no IANA time zone"),
        ({"X-CLDR-Locale": "tlh"}, "CLDR knows no locale 'tlh'"),
        ({"Plural-Forms": ""}, "Plural-Forms is missing"),
        ({"Plural-Forms": "nplurals=2; plural=os.system('x');"}, "is no rule of gettext's"),
        ({"Plural-Forms": "nplurals=2; plural=n%(n-5);"}, "is no rule of gettext's"),
        ({"Plural-Forms": "nplurals=2; plural=n;"}, "chooses among more forms"),
    ],
)
def test_a_language_whose_header_is_bad_is_left_out_and_the_others_stay(
    tmp_path: Path, changes: dict[str, str], fault: str
) -> None:
    put(tmp_path, "uk", HEADER | changes)
    put(tmp_path, "bg", HEADER | {"X-Language-Name": "Български"})
    there = languages_in(tmp_path)
    assert list(there.found) == ["en", "bg"]
    assert fault in there.faults["uk"]
    assert Catalogues(tmp_path).faults == there.faults


@pytest.mark.parametrize("code", ["pt_BR", "UK", "x", "ukrainian", "uk-", "en.bak", "uk-latn-a-very-long-one"])
def test_a_folder_that_is_named_otherwise_is_told(tmp_path: Path, code: str) -> None:
    put(tmp_path, code, HEADER)
    assert "no code of a language" in languages_in(tmp_path).faults[code]


def test_a_catalogue_that_is_none_or_cannot_be_read_is_told(tmp_path: Path) -> None:
    put(tmp_path, "uk", b"\xff\xfe" * 5000)
    put(tmp_path, "bg", b"")
    (tmp_path / "be" / "LC_MESSAGES" / "newstally.po").mkdir(parents=True)
    assert languages_in(tmp_path).faults.keys() == {"uk", "bg", "be"}


def test_a_header_may_be_wrapped_and_follow_remarks() -> None:
    remarks, empty = b"\xef\xbb\xbf# Words.\n#\n\n", b'msgid ""\nmsgstr ""\n'
    rows = b'"X-Language-Name: "\n"Deutsch\\n"\r\n"X: a\\"b\\n"\n\nmsgid "X"'
    assert header_of(remarks + empty + rows) == {"X-Language-Name": "Deutsch", "X": 'a"b'}


@settings(deadline=None)  # files are written, and machines are busy
@given(st.binary(max_size=300), st.sampled_from(list(HEADER)), st.text(max_size=60))
def test_whatever_a_catalogue_begins_with_the_product_starts(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, name: str, value: str
) -> None:
    folder = tmp_path_factory.mktemp("locales")
    rows = "".join(f'"{key}: {value if key == name else said}\\n"\n' for key, said in HEADER.items())
    put(folder, "uk", b'msgid ""\nmsgstr ""\n' + rows.encode("utf-8", "replace") + junk)
    put(folder, "bg", junk)
    there = languages_in(folder)
    assert {*there.found, *there.faults} == {"en", "uk", "bg"}
    Catalogues(folder)("uk").plural("{n} story", "{n} stories", 5)


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("pt-br", "pt"),
        ("pt_PT", "pt-pt"),
        ("pt-AO", "pt-pt"),
        ("zh-CN", "zh"),
        ("zh_Hans", "zh"),
        ("zh-TW", "zh-hant"),
        ("zh-HK", "zh-hant"),
        ("zh-Hant-MO", "zh-hant"),
        ("EN-gb", "en"),
        ("hy", "hy"),
        ("uk", None),
        ("zhongwen", None),
        ("", None),
        (None, None),
        ("zh-" + "x" * 9000, "zh"),
    ],
)
def test_a_tag_means_the_nearest_language_that_there_is(tag: str | None, meant: str | None) -> None:
    assert language_meant(tag, ("en", "zh", "zh-hant", "pt", "pt-pt", "hy")) == meant


@given(st.text(max_size=60))
def test_any_tag_means_a_language_or_none(tag: str) -> None:
    codes = (*FIRST, "zh-hant")
    assert language_meant(tag, codes) in {*codes, None}


@pytest.mark.parametrize(
    ("header", "preferred"),
    [
        ("fr", "fr"),
        ("fr-CH, de;q=0.9, en;q=0.8", "fr"),
        ("uk, zh-TW;q=0.7, de;q=0.3", "zh"),
        ("de;q=0.3, ko;q=0.9", "ko"),
        ("de;q=0", "en"),
        ("uk, *", "en"),
        ("de;q=much, fr;q=0.1", "fr"),
        ("", "en"),
        (",".join(["uk"] * 30 + ["fr"]), "en"),
    ],
)
def test_the_language_that_a_browser_likes_best_is_preferred(header: str, preferred: str) -> None:
    assert language_preferred(header, FIRST) == preferred


@given(st.text(max_size=200))
def test_any_header_prefers_some_language(header: str) -> None:
    assert language_preferred(header, FIRST) in FIRST


def test_languages_have_names_in_each_other() -> None:
    assert name_in(ENGLISH.locale, "hy") == "Armenian"
    assert name_in(ENGLISH.locale, "pt-pt") == "European Portuguese"
    assert name_in(ENGLISH.locale, "zh-hant") == "Traditional Chinese"
    assert name_in(ENGLISH.locale, "uk-latn") == "Ukrainian"
    assert name_in(ENGLISH.locale, "qqq") == "qqq"


@given(st.text(max_size=80))
def test_a_rule_of_plurals_is_one_or_is_refused(forms: str) -> None:
    for text in (forms, f"nplurals=2; plural={forms};"):
        try:
            rule = plural_rule(text)
        except LanguageFault:
            continue
        assert {rule(n) for n in range(100)} <= set(range(6))
