"""Words and formats: what a translator does with sound, broken and missing translations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n import Catalogues
from bot.languages import catalogue_folder
from bot.model import Phrase
from tests.languages import LANGUAGES

CATALOGUES = Catalogues()

NOW = datetime(2026, 11, 22, 19, 6, tzinfo=UTC)

RUSSIAN = r"""
msgid ""
msgstr ""
"Language: ru\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\n"
"X-Language-Name: Русский\n"
"X-Language-Word: Язык\n"
"X-Time-Zone: Europe/Moscow\n"

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
def test_a_moment_is_told_in_the_zone_of_the_language_whatever_zone_it_came_in(language):
    t = CATALOGUES(language)
    assert t.moment(NOW) == t.moment(NOW.astimezone(ZoneInfo("Pacific/Auckland")))
    assert "2026" in t.moment(NOW)
    assert "06" in t.moment(NOW)


def test_a_moment_reads_as_people_write_it_and_names_its_zone():
    languages = ("en", "de", "ko", "ja", "zh", "fr", "hy", "ru", "pt")
    said = {language: CATALOGUES(language).moment(NOW).replace("\u202f", " ") for language in languages}
    assert said == {
        "en": "Nov 22, 2026, 7:06 PM UTC",
        "de": "22.11.2026, 20:06 MEZ",
        "ko": "2026. 11. 23. 오전 4:06 GMT+9",
        "ja": "2026/11/23 4:06 JST",
        "zh": "2026年11月23日 03:06 GMT+8",
        "fr": "22 nov. 2026, 20:06 UTC+1",
        "hy": "22 նոյ, 2026 թ., 23:06 GMT+4",
        "ru": "22 нояб. 2026 г., 22:06 GMT+3",
        "pt": "22 de nov. de 2026 16:06 BRT",
    }


def test_a_chat_may_have_another_zone_than_its_language():
    said = {zone: CATALOGUES("de", zone).moment(NOW) for zone in ("Asia/Kolkata", "America/St_Johns", "UTC")}
    assert said == {
        "Asia/Kolkata": "23.11.2026, 00:36 GMT+5:30",
        "America/St_Johns": "22.11.2026, 15:36 GMT-3:30",
        "UTC": "22.11.2026, 19:06 UTC",
    }
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert CATALOGUES("de").moment(summer) == "01.07.2026, 14:00 MESZ"
    assert CATALOGUES("de", "Europe/London").moment(NOW).endswith(" GMT")


@pytest.mark.parametrize("zone", ["", "Mars/Base", "Europe", "../UTC", "\0"])
def test_a_zone_that_is_not_known_leaves_that_of_the_language(zone):
    assert CATALOGUES("de", zone).moment(NOW) == CATALOGUES("de").moment(NOW)


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("language", ["en", "ja", "pt"])
def test_a_date_at_the_end_of_the_calendar_has_words_too(at, language):
    assert str(at.year) in CATALOGUES(language).moment(at)


def test_several_are_listed_as_the_language_does():
    assert CATALOGUES("en").listed(["A", "B", "C"]) == "A, B, and C"
    assert CATALOGUES("de").listed(["A", "B", "C"]) == "A, B und C"
    assert CATALOGUES("ja").listed(["A", "B"]) == "A、B"
    assert [CATALOGUES("hy").listed(some) for some in ([], ["A"])] == ["", "A"]
    several = Phrase("{names}", {"names": ("A", Phrase("Status"))})
    assert CATALOGUES("de").phrase(several) == f"A und {CATALOGUES('de')('Status')}"


def test_a_language_has_its_name_in_each_other():
    assert CATALOGUES("en").language_name("de") == "German"
    assert CATALOGUES("de").language_name("hy") == "Armenisch"
    assert CATALOGUES("fr").language_name("uk") == "ukrainien"
    assert CATALOGUES("fr").language_name("xx") == "xx"


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


@pytest.mark.parametrize(
    ("language", "code", "name"),
    [
        ("de", "en", "Englisch"),
        ("hy", "ru", "ռուսերեն"),
        ("ja", "zh", "中国語"),
        ("en", "uk", "Ukrainian"),
        ("en", "xx", "xx"),
    ],
)
def test_a_language_is_called_what_the_other_one_calls_it(language, code, name):
    assert Catalogues()(language).language_name(code) == name


# --- places ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_zone_and_a_locale_and_an_unknown_one_has_those_of_english(language):
    assert ZoneInfo(CATALOGUES.zone(language)).key == CATALOGUES.zone(language)
    assert Locale.parse(CATALOGUES.locale(language)).language == language
    assert (CATALOGUES.zone("xx"), CATALOGUES.locale("xx")) == (CATALOGUES.zone("en"), CATALOGUES.locale("en"))
    assert CATALOGUES.locale("zh") == "zh_Hans"
