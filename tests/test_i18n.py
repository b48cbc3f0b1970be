"""Words and formats: what a translator does with sound, broken and missing translations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n import Catalogues, catalogue_folder, default_zone
from bot.model import LANGUAGES, Phrase

CATALOGUES = Catalogues()

NOW = datetime(2026, 11, 22, 19, 6, tzinfo=UTC)

RUSSIAN = r"""
msgid ""
msgstr ""
"Language: ru\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\n"

msgid "Hello, {name}!"
msgstr "Привет, {name}!"

msgid "From {name}"
msgstr "От {nome}"

msgid "To {name}"
msgstr "Кому"

msgid "Untranslated {name}"
msgstr ""

#, fuzzy
msgid "Guessed"
msgstr "Угадано"

msgid "{n} vote"
msgid_plural "{n} votes"
msgstr[0] "{n} голос"
msgstr[1] "{n} голоса"
msgstr[2] "{n} голосов"

msgid "{n} story in {place}"
msgid_plural "{n} stories in {place}"
msgstr[0] "{n} новость в {place}"
msgstr[1] "{n} новости в {place}"
msgstr[2] ""
"""


@pytest.fixture
def russian(tmp_path):
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "newstally.po").write_text(RUSSIAN, encoding="utf-8")
    return Catalogues(tmp_path)("ru")


def test_a_translation_has_its_places_filled(russian):
    assert russian("Hello, {name}!", name="Аня") == "Привет, Аня!"


@pytest.mark.parametrize("msgid", ["From {name}", "To {name}", "Untranslated {name}", "Nobody knows {name}"])
def test_a_translation_that_is_broken_or_missing_gives_way_to_english(russian, msgid):
    assert russian(msgid, name="X") == msgid.replace("{name}", "X")


def test_a_guessed_translation_is_not_used(russian):
    assert russian("Guessed") == "Guessed"


def test_a_number_takes_the_form_that_its_language_wants(russian):
    said = [russian.plural("{n} vote", "{n} votes", n) for n in (1, 2, 5, 11, 21, 1234567)]
    assert said == ["1 голос", "2 голоса", "5 голосов", "11 голосов", "21 голос", "1\xa0234\xa0567 голосов"]


def test_a_plural_without_all_its_forms_gives_way_to_english(russian):
    said = [russian.plural("{n} story in {place}", "{n} stories in {place}", n, place="X") for n in (1, 2, 5)]
    assert said == ["1 story in X", "2 stories in X", "5 stories in X"]


def test_a_phrase_inside_a_phrase_is_translated_too(russian):
    inner = Phrase("Hello, {name}!", {"name": "Аня"})
    assert russian.phrase(Phrase("Hello, {name}!", {"name": inner})) == "Привет, Привет, Аня!!"


def test_a_text_without_words_stays_empty(russian):
    assert russian("") == ""


def test_a_place_that_nobody_fills_stays_visible(russian):
    assert russian("Hello, {name}!") == "Привет, {name}!"


@given(value=st.text())
def test_values_are_data_whatever_they_hold(value):
    assert CATALOGUES("en")("Hello, {name} {other}", name=value, other="{name}") == f"Hello, {value} {{name}}"


def test_a_catalogue_that_cannot_be_read_speaks_english(tmp_path):
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "newstally.po").write_bytes(b'msgid "Hello"\nmsgstr[7] "\xff\xfe')
    assert Catalogues(tmp_path)("fr")("Hello") == "Hello"
    assert Catalogues(tmp_path)("de")("Hello") == "Hello"


def test_a_language_is_read_once_and_an_unknown_one_is_english():
    catalogues = Catalogues()
    assert catalogues("fr") is catalogues("fr")
    assert catalogues("tlh") is catalogues("en")
    assert [catalogues(language).language for language in LANGUAGES] == list(LANGUAGES)


def test_the_catalogues_of_the_tree_are_found():
    assert (catalogue_folder() / "newstally.pot").is_file()


def test_numbers_are_grouped_as_the_language_does():
    said = {language: CATALOGUES(language).number(1234567) for language in ("en", "de", "fr", "ru", "pt")}
    assert said == {
        "en": "1,234,567",
        "de": "1.234.567",
        "fr": "1\u202f234\u202f567",
        "ru": "1\xa0234\xa0567",
        "pt": "1.234.567",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_moment_is_told_in_utc_whatever_zone_it_came_in(language):
    t = CATALOGUES(language)
    shifted = NOW.astimezone(ZoneInfo("Asia/Yerevan"))
    assert t.moment(NOW) == t.moment(shifted)
    assert t.moment(NOW).endswith(" UTC")
    assert "2026" in t.moment(NOW)
    assert "06" in t.moment(NOW)


def test_a_moment_reads_as_people_write_it():
    said = {language: CATALOGUES(language).moment(NOW).replace("\u202f", " ") for language in ("en", "ko", "zh")}
    assert said == {
        "en": "Nov 22, 2026, 7:06 PM UTC",
        "ko": "2026. 11. 22. 오후 7:06 UTC",
        "zh": "2026年11月22日 19:06 UTC",
    }


@pytest.mark.parametrize("language", LANGUAGES)
@given(seconds=st.integers(min_value=-(10**9), max_value=10**9))
def test_every_distance_in_time_has_words(language, seconds):
    assert CATALOGUES(language).ago(NOW + timedelta(seconds=seconds), NOW).strip()


def test_a_distance_in_time_points_the_right_way():
    en = CATALOGUES("en")
    assert en.ago(NOW - timedelta(days=122), NOW) == "4 months ago"
    assert en.ago(NOW + timedelta(minutes=3), NOW) == "in 3 minutes"
    assert en.ago(NOW - timedelta(seconds=5), NOW) == en("just now")
    assert CATALOGUES("hy").ago(NOW - timedelta(days=122), NOW) == "4 ամիս առաջ"


# --- clocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_moment_is_told_as_clocks_in_a_zone_show_it(language: str) -> None:
    t = CATALOGUES(language)
    there = t.local_moment(NOW, ZoneInfo("Asia/Yerevan"))
    assert there == t.local_moment(NOW + timedelta(hours=4), UTC)
    assert f"{t.local_moment(NOW, UTC)} UTC" == t.moment(NOW)
    # Summer and winter, and a day that isn't the same there.
    berlin = ZoneInfo("Europe/Berlin")
    summer = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert t.local_moment(summer, berlin) == t.local_moment(summer + timedelta(hours=2), UTC)
    assert t.local_moment(NOW, berlin) == t.local_moment(NOW + timedelta(hours=1), UTC)


@pytest.mark.parametrize("language", [*LANGUAGES, "xx"])
def test_every_language_has_a_zone_that_there_is(language: str) -> None:
    assert ZoneInfo(default_zone(language)).key == default_zone(language)
