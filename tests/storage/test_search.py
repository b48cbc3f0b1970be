"""The index of all stories: filed by polls, found in thirteen languages, hostile queries harmless."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, delete, insert, text, update

from bot.model import Tally
from bot.storage import search
from bot.storage.migrate import migrate
from bot.storage.tables import entry, source, story, tally
from bot.words import terms

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

TITLES = [
    ("en", "SEC approves the first spot Solana ETFs", "solana etf"),
    ("en", "AT&T said to weigh $65,000 bonus", "at&t 65000"),
    ("de", "Großbank aus München kauft Bitcoin für 65.000 Dollar", "GROSSBANK Muenchen"),
    ("de", "Börsenaufsicht prüft Übernahme", "boersenaufsicht Übernahme"),
    ("ko", "비트코인이 6만5천 달러를 돌파했다", "비트코인은"),
    ("ko", "삼성전자의 주가 급등", "삼성전자 주가"),
    ("ja", "ビットコインが急騰、日銀は利上げ見送り", "日銀"),
    ("ja", "トヨタ自動車、ｴﾇﾋﾞﾃﾞｨｱと提携", "エヌビディア"),
    ("zh", "比特币价格创历史新高", "价格"),
    ("zh", "香港证监会批准以太坊ETF", "以太坊 etf"),
    ("es", "El peso argentino cae tras la elección", "eleccion argentino"),
    ("fr", "L’Élysée dévoile sa réforme de l’épargne", "elysee épargne"),
    ("hy", "Կենտրոնական բանկը բարձրացրեց տոկոսադրույքը և զգուշացրեց", "ԲԱՆԿԸ ԿԵՆՏՐՈՆԱԿԱՆ"),
    ("nl", "Crisis bij ’s werelds grootste cryptobeurs", "cryptobeurs crisis"),
    ("ru", "Всё больше банков покупают биткоины", "все биткоин"),
    ("it", "Perché l’oro è salito a 4.000 dollari", "perche oro"),
    ("pt", "Ações da Petrobras sobem após decisão", "acoes decisao"),
    ("tr", "İstanbul’da ışık ücretleri arttı", "ISTANBUL ısık"),
    ("tr", "Türkiye Merkez Bankası faizi sabit tuttu", "turkiye bankasi"),
]


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.execute(insert(source).values(id=1, url="https://a.example/feed", exempt=False, interval_seconds=1))
        yield connection
    engine.dispose()


def tell(connection: Connection, title: str, language: str = "en", *, minutes_ago: int = 0, lede: str = "") -> int:
    at = NOW - timedelta(minutes=minutes_ago)
    values = {"language": language, "title": title, "lede": lede, "published_at": at}
    row = insert(story).values(**values, first_seen_at=at, sorted_at=at)
    story_id = int(connection.execute(row).inserted_primary_key[0])
    connection.execute(update(story).where(story.c.id == story_id).values(ledger_id=story_id))
    more = {"source_id": 1, "identity": f"{story_id} {title}", "story_id": story_id, "content_hash": ""}
    connection.execute(insert(entry).values(**values, **more, first_seen_at=at, last_seen_at=at))
    search.index(connection, [story_id])
    return story_id


def found(connection: Connection, query: str, language: str | None = "en", limit: int = 10, offset: int = 0):
    page = search.find(connection, terms(query), language=language, limit=limit, offset=offset)
    return [one.story.id for one in page.stories]


@pytest.mark.parametrize(("language", "title", "query"), TITLES)
def test_every_language_finds_its_stories(connection: Connection, language: str, title: str, query: str) -> None:
    ids = {title: tell(connection, title, language) for language, title, _ in TITLES}
    assert found(connection, query, language) == [ids[title]]


def test_the_title_counts_most_and_then_what_is_new(connection: Connection) -> None:
    in_lede = tell(connection, "Markets today", lede="Bitcoin slips")
    old = tell(connection, "Bitcoin climbs again", minutes_ago=60)
    new = tell(connection, "Bitcoin climbs again", minutes_ago=5)
    for number in range(10):
        tell(connection, f"Something else {number}")
    assert found(connection, "bitcoin") == [new, old, in_lede]


def test_the_chats_language_comes_first_and_the_others_after_it(connection: Connection) -> None:
    german = tell(connection, "Bitcoin Bitcoin Bitcoin", "de")
    french = tell(connection, "Le cours du bitcoin", "fr")
    assert found(connection, "bitcoin", "fr") == [french, german]


def test_pages_follow_one_another(connection: Connection) -> None:
    ids = [tell(connection, "Bitcoin", minutes_ago=number) for number in range(5)]
    assert found(connection, "bitcoin", limit=2) == ids[:2]
    assert found(connection, "bitcoin", limit=2, offset=2) == ids[2:4]
    assert search.find(connection, terms("bitcoin"), language=None, limit=2, offset=2).more
    assert not search.find(connection, terms("bitcoin"), language=None, limit=2, offset=4).more
    assert found(connection, "bitcoin", offset=search.MOST) == []


def test_what_is_found_comes_with_its_votes_and_source(connection: Connection) -> None:
    story_id = tell(connection, "Bitcoin")
    connection.execute(insert(tally).values(ledger_id=story_id, chat_id=0, bullish=3, bearish=1))
    (one,) = search.find(connection, terms("bitcoin"), language="en", limit=5).stories
    assert one.tally == Tally(3, 1)
    assert one.story.source == "https://a.example/feed"


def test_an_edited_story_is_found_by_its_new_words_alone(connection: Connection) -> None:
    story_id = tell(connection, "Bitcoin")
    connection.execute(update(story).where(story.c.id == story_id).values(title="Ethereum"))
    connection.execute(update(entry).values(title="Ethereum"))
    search.index(connection, [story_id])
    assert found(connection, "bitcoin") == []
    assert found(connection, "ethereum") == [story_id]


def test_what_other_sources_call_it_is_found_too(connection: Connection) -> None:
    story_id = tell(connection, "Bitcoin at a record")
    at = {"first_seen_at": NOW, "last_seen_at": NOW}
    values = {"source_id": 1, "identity": "x", "story_id": story_id, "title": "Largest coin soars", "language": "en"}
    connection.execute(insert(entry).values(**values, **at, content_hash=""))
    search.index(connection, [story_id])
    assert found(connection, "soars") == [story_id]


def test_a_merged_story_is_found_as_the_one_that_it_became_part_of(connection: Connection) -> None:
    one, other = tell(connection, "Bitcoin at a record"), tell(connection, "Largest coin soars")
    connection.execute(update(story).where(story.c.id == other).values(merged_into=one))
    connection.execute(update(entry).where(entry.c.story_id == other).values(story_id=one))
    assert found(connection, "soars") == [], "even before it is filed anew"
    search.index(connection, [one, other])
    assert found(connection, "soars") == [one]


def test_a_forgotten_story_is_taken_out(connection: Connection) -> None:
    story_id, kept = tell(connection, "Bitcoin"), tell(connection, "Bitcoin")
    connection.execute(delete(story).where(story.c.id == story_id))
    search.remove_gone(connection)
    assert connection.execute(text("SELECT rowid FROM story_words")).scalars().all() == [kept]


def test_what_was_never_filed_is_filed_by_a_rebuild(connection: Connection) -> None:
    ids = [tell(connection, f"Bitcoin {number}", minutes_ago=number) for number in range(search.BATCH + 5)]
    connection.execute(text("DELETE FROM story_words"))
    assert len(search.missing(connection)) == search.BATCH
    search.rebuild(connection)
    assert search.missing(connection) == []
    assert len(found(connection, "bitcoin", limit=1000)) == len(ids)


def test_a_search_that_takes_too_long_looks_through_the_newest_alone(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WORK", 0)
    monkeypatch.setattr(search, "NEWEST", 3)
    ids = [tell(connection, "Bitcoin", minutes_ago=-number) for number in range(300)]
    assert found(connection, "bitcoin") == ids[:-4:-1]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "'",
        "NEAR(a b)",
        "a AND OR NOT",
        "title:bitcoin",
        "bitcoin*",
        "^bitcoin",
        "{title lede}: x",
        "-bitcoin +x",
        "\x00bit\x00coin",
        "\ud800\udfff",
        "'; DROP TABLE story; --",
        "((((((((((",
        "x" * 10_000,
        "比" * 10_000,
        "a " * 5_000,
        "\u202e\u200d🙂🏳️‍🌈",
        "",
        "%%%___",
    ],
)
def test_no_query_is_too_odd(connection: Connection, query: str) -> None:
    tell(connection, "Bitcoin")
    found(connection, query)
    assert found(connection, "bitcoin") != []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(max_size=60))
def test_what_is_filed_is_found_by_its_own_title(connection: Connection, title: str) -> None:
    story_id = tell(connection, title.encode("utf-8", "replace").decode())
    wanted = terms(title)
    if wanted:
        assert story_id in found(connection, title, limit=search.MOST)
