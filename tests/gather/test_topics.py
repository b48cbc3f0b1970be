"""Topics: what a text is about, in thirteen languages, and what it is not about."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.client import Fetched
from bot.gather.poll import read_feed
from bot.gather.topic_table import KINDS, MAX_CHARACTERS, TableFault, load_table
from bot.gather.topics import names_in, recognise
from bot.gather.workers import Workers
from tests.emulators.feeds import Item, rss
from tests.languages import THIRTEEN

SENTENCES = Path(__file__).with_name("topic_sentences.txt")


def sentences() -> list[tuple[str, set[str], str, bool]]:
    rows = []
    for line in SENTENCES.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            language, topics, text = line.removeprefix("!").split("|")
            rows.append((language, set(topics.split()), text, line.startswith("!")))
    return rows


@pytest.mark.parametrize("language", THIRTEEN)
def test_a_sentence_is_about_what_a_reader_says(language: str) -> None:
    for said_in, topics, text, _ in sentences():
        if said_in == language:
            assert set(recognise(text, language)) == topics, text


def test_the_sentences_are_many_and_many_of_them_are_traps() -> None:
    rows = sentences()
    assert len(rows) >= 300
    assert sum(trap for *_, trap in rows) >= 100
    assert {language for language, *_ in rows} == set(THIRTEEN)


def test_topics_come_in_the_order_in_which_they_are_told_each_once() -> None:
    assert recognise("Inflation and bitcoin: BTC and inflation", "en") == ("inflation", "BTC")


def test_a_language_that_is_not_ours_still_has_names_and_codes() -> None:
    assert recognise("Bitcoin w górę, XRP w dół", "pl") == ("BTC", "XRP")
    assert recognise("Bitcoin", "und") == ("BTC",)


def test_a_table_may_have_a_column_of_any_language(tmp_path: Path) -> None:
    own = tmp_path / "topics.toml"
    own.write_text('[ACME]\nkind = "company"\nuk = ["Акме"]\n', "utf-8")
    assert recognise("Акме платить", "uk", str(own)) == ("ACME",)
    assert recognise("Акме платить", "en", str(own)) == ()


def test_an_operators_table_adds_replaces_and_takes_away(tmp_path: Path) -> None:
    own = tmp_path / "topics.toml"
    own.write_text('[ACME]\nkind = "company"\nany = ["Acme"]\n\n[inflation]\nkind = "theme"\n', "utf-8")
    assert recognise("Acme pays in bitcoin despite inflation", "en", str(own)) == ("ACME", "BTC")


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("[A]\nany = ['a b']", r"\[A\]: kind"),
        ("[A]\nkind = 'stock'", r"\[A\]: kind"),
        ("[A]\nkind = 'coin'\nwiht = ['a']", "unknown key wiht"),
        ("[A]\nkind = 'coin'\nen = 'a'", "not a list of names"),
        ("[A]\nkind = 'coin'\nen = ['?']", "not a list of names"),
        ("A = [", "topics.toml"),
        ("a = 1", r"\[a\]: kind"),
    ],
)
def test_a_faulty_table_says_where(tmp_path: Path, rows: str, fault: str) -> None:
    own = tmp_path / "topics.toml"
    own.write_text(rows, "utf-8")
    with pytest.raises(TableFault, match=fault):
        load_table(str(own))


def test_the_bundled_table_knows_enough_of_each_kind() -> None:
    kinds = list(load_table().kinds.values())
    assert [kinds.count(kind) for kind in KINDS] >= [60, 80, 25]
    assert all(len(name) <= 64 for name in load_table().kinds)


LATIN = ("$", "BTC", "/USD", "NASDAQ: ", "bitcoin ", "Apple ", "\u0301", "İ", "ı", "ß", "SEC", " ", "-", "’s", "\u00ad")
OTHERS = ("비트코인", "이", "金利", "料金", "ビット", "コイン", "ﾋﾞ", "՞", "ոս", "ＥＴＨ", "\U0001f402", "\ud800")
PIECES = st.sampled_from((*LATIN, *OTHERS))


@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)), st.sampled_from([*THIRTEEN, "xx"]))
def test_any_text_has_topics_of_the_table_or_none(text: str, language: str) -> None:
    found = recognise(text, language)
    assert len(set(found)) == len(found)
    assert set(found) <= set(load_table().kinds)


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("Bitcoin climbs as Tesla (TSLA) buys $BTC", "en", "Bitcoin=BTC Tesla=TSLA TSLA=TSLA BTC=BTC"),
        ("Bitcoins and bitcoin", "en", "Bitcoins=BTC bitcoin=BTC"),
        ("Bank of America stock, banks and rates", "en", "Bank of America=BAC"),
        ("ビットコインが上昇、アップルの株価も、BTC価格も", "ja", "ビットコイン=BTC アップル=AAPL BTC=BTC"),
        ("比特币大涨", "zh", "比特币=BTC"),
        ("Биткоин растёт, акции Apple падают", "ru", "Биткоин=BTC Apple=AAPL"),
        ("An apple a day", "en", ""),
    ],
)
def test_coins_and_companies_are_told_as_they_are_written(text: str, language: str, names: str) -> None:
    assert " ".join("=".join(name) for name in names_in(text, language, True)) == names


def test_a_name_that_may_mean_something_else_is_told_where_that_is_enough() -> None:
    assert names_in("Oracle speaks", "en", True) == ()
    assert names_in("Oracle speaks", "en", False) == (("Oracle", "ORCL"),)
    assert names_in("Oracle shares rise", "en", True) == (("Oracle", "ORCL"),)
    assert names_in("Interest rates rise after the election", "en", False) == ()


@pytest.mark.parametrize(
    "piece",
    ["$", "aaa ", "比", "비트", "A/USD ", "bitcoin cash ", "NASDAQ: ", "\u0301", "BTCUSDT", "ビット", "ﷺ", "Apple "],
)
def test_no_text_takes_long(piece: str) -> None:
    languages = ("en", "ja", "ko", "zh")
    for language in languages:
        recognise("", language)
    began = time.process_time()
    for language in languages:
        recognise(piece * 200_000, language)
    # A few milliseconds each; a pattern that backtracks would take seconds.
    assert time.process_time() - began < 3


def test_what_lies_behind_the_first_thousand_characters_is_not_read() -> None:
    assert recognise("x " * MAX_CHARACTERS + "bitcoin", "en") == ()


async def test_a_feeds_entries_are_told_with_their_topics_by_the_operators_table_too(
    tmp_path: Path, workers: Workers
) -> None:
    own = tmp_path / "topics.toml"
    own.write_text('[ACME]\nkind = "company"\nany = ["Acme"]\n', "utf-8")
    items = [Item("Acme takes bitcoin", "https://a.example/1", "1", None, "Shares of Tesla rise, too.")]
    fetched = Fetched("https://a.example/feed", rss(items), "application/rss+xml", None, None, None)
    (entry,) = (await read_feed(workers, fetched, own)).entries
    assert entry.topics == ("ACME", "BTC", "TSLA")
