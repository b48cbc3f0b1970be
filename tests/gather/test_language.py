"""The language of a text."""

from __future__ import annotations

import pytest

from bot.gather.language import declared_language, detect, detect_each

SAMPLES = {
    "en": "The central bank has decided to leave interest rates where they are",
    "de": "Die Zentralbank lässt die Zinsen vorerst unverändert und wartet ab",
    "ko": "중앙은행이 기준금리를 동결하기로 결정했다",
    "ja": "中央銀行は金利を据え置くことを決めた",
    "zh": "中央银行决定维持利率不变，等待更多数据公布",
    "es": "El banco central decide mantener los tipos de interés sin cambios este mes",
    "fr": "La banque centrale a décidé de laisser les taux d’intérêt inchangés",
    "hy": "Կենտրոնական բանկը որոշել է անփոփոխ թողնել տոկոսադրույքը",
    "nl": "De centrale bank heeft besloten de rente voorlopig niet te verhogen",
    "ru": "Центральный банк решил оставить процентную ставку без изменений",
    "it": "La banca centrale ha deciso di lasciare invariati i tassi di interesse",
    "pt": "O banco central decidiu manter as taxas de juros inalteradas neste mês",
    "tr": "Merkez bankası faiz oranlarını değiştirmeme kararı aldı",
    "uk": "Центральний банк вирішив залишити відсоткову ставку без змін",
    "pl": "Bank centralny postanowił pozostawić stopy procentowe bez zmian",
}


@pytest.mark.parametrize(("language", "text"), SAMPLES.items())
def test_a_sentence_is_recognised(language: str, text: str) -> None:
    assert detect(text)[0] == language


@pytest.mark.parametrize("text", ["", "12345", "!!! …", "🚀🚀🚀"])
def test_where_there_are_no_words_there_is_no_language(text: str) -> None:
    assert detect(text) == ("und", 0.0)


def test_a_word_in_latin_letters_does_not_make_a_korean_headline_english() -> None:
    assert detect("Bitcoin ETF 대폭락")[0] == "ko"
    assert detect("NTTドコモ、iPhone 18を発売")[0] == "ja"


def test_short_titles_are_taken_to_be_in_the_language_of_their_feed() -> None:
    titles = ["Food for fungi", "Bigger and badder", "Go with the flow in drug manufacturing", SAMPLES["en"]]
    assert detect_each(titles) == ["en"] * 4


def test_a_long_text_in_another_language_keeps_its_own() -> None:
    assert detect_each([SAMPLES["en"]] * 5 + [SAMPLES["de"], SAMPLES["ko"]]) == ["en"] * 5 + ["de", "ko"]


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("en-GB", "en"), ("pt_BR", "pt"), ("PT-pt", "pt"), ("zh-Hant-TW", "zh"), ("kr", "ko"), ("jp", "ja"),
        ("deu", "de"), ("English", "en"), ("uk", "uk"), ("en, fr", "en"), ("", None), (None, None), ("und", None),
        ("x-default", None),
        ("español de México", None), ("12", None), ("  fr ", "fr"), ("éé", None),
    ],
)  # fmt: skip
def test_what_a_feed_says_is_reduced_to_the_primary_subtag(word: str | None, language: str | None) -> None:
    assert declared_language(word) == language
