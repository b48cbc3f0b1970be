"""The bundled packs, and which of their sources a chat reads."""

from __future__ import annotations

import pytest

from bot.gather.client import checked
from bot.gather.following import chooses_by_kind, pack_addresses, packs_read, singles_read
from bot.gather.packs import ALL_OF, PACKS, Packs, PackSource, Standing, load_packs, parse_packs, read_of, sources_of
from bot.gather.topic_table import KINDS, load_table
from bot.model import fallback_languages
from bot.storage.following import Follower
from tests.languages import LANGUAGES, THIRTEEN

WELL, AWAY, LOST, ENDED = Standing.WELL, Standing.AWAY, Standing.LOST, Standing.ENDED


def test_every_row_of_the_packs_is_an_address_of_its_own_with_a_title() -> None:
    packs = load_packs()
    assert {pack for pack, _ in packs} == set(PACKS)
    assert {language for _, language in packs} <= set(LANGUAGES)
    for rows in packs.values():
        assert len({row.url for row in rows}) == len(rows) > 0
        for row in rows:
            assert str(checked(row.url)) == row.url
            assert row.title


def test_every_topic_that_a_row_wants_is_one() -> None:
    for rows in load_packs().values():
        for topic in (topic for row in rows for topic in row.topics):
            kind = topic.removeprefix(ALL_OF)
            assert kind in (load_table().kinds if kind == topic else KINDS), topic


def test_the_pack_crypto_has_sources_in_all_languages() -> None:
    for language in THIRTEEN:
        assert len(load_packs()["crypto", language]) >= 3


def test_a_source_has_one_address_wherever_it_stands() -> None:
    """The same site by two spellings would be asked twice, and one of them would be the wrong one."""
    spellings: dict[str, set[str]] = {}
    for rows in load_packs().values():
        for row in rows:
            bare = row.url.partition("://")[2].removeprefix("www.").rstrip("/")
            spellings.setdefault(bare, set()).add(row.url)
    assert [urls for urls in spellings.values() if len(urls) > 1] == []


def test_topics_of_a_row_hold_for_it_and_those_of_the_table_for_all_others() -> None:
    row = '["https://b.example/", "B", { topics = ["BTC"] }]'
    packs = parse_packs(f'[crypto.hy]\ntopics = ["crypto"]\nsources = [["https://a.example/", "A"], {row}]')
    assert packs["crypto", "hy"] == (
        PackSource("https://a.example/", "A", "hy", ("crypto",)),
        PackSource("https://b.example/", "B", "hy", ("BTC",)),
    )
    assert parse_packs(f"[crypto.hy]\nsources = [{row}]")["crypto", "hy"][0].topics == ("BTC",)
    for misspelt in (
        '[crypto.hy]\ntopic = ["crypto"]\nsources = []',
        f"[crypto.hy]\nsources = [{row}]".replace("topics", "topic"),
    ):
        with pytest.raises(TypeError):
            parse_packs(misspelt)


# --- who reads what --------------------------------------------------------------------------------------------------


def read_from(in_languages: list[str], standing: dict[str, Standing]) -> str:
    rows = [[PackSource(name, name, "") for name in names] for names in in_languages]
    return "".join(row.url for row in read_of(rows, standing))


@pytest.mark.parametrize(
    ("standing", "read"),
    [
        ({}, "abc"),
        ({"b": AWAY}, "abcd"),  # it gives way, and is still looked at
        ({"a": AWAY, "b": LOST, "c": AWAY}, "abcde"),
        ({"a": ENDED}, "bcd"),
        ({"e": LOST}, "abc"),
    ],
)
def test_a_pack_reads_its_first_three_sources_that_are_well(standing: dict[str, Standing], read: str) -> None:
    assert read_from(["abcde"], standing) == read


@pytest.mark.parametrize(
    ("standing", "read"),
    [
        ({}, "ab"),
        ({"a": LOST}, "ab"),  # one of them is well: that is enough
        ({"a": LOST, "b": AWAY}, "ab"),  # one of them will soon be back
        ({"a": LOST, "b": LOST}, "abvwx"),
        ({"a": ENDED, "b": LOST}, "bvwx"),
        ({"a": ENDED, "b": ENDED}, "vwx"),
        ({"a": LOST, "b": LOST, "v": AWAY}, "abvwxy"),
        ({"a": LOST, "b": LOST, **dict.fromkeys("vwxy", LOST)}, "abvwxyE"),
    ],
)
def test_where_all_sources_of_a_language_are_lost_the_next_one_comes_in(
    standing: dict[str, Standing], read: str
) -> None:
    assert read_from(["ab", "vwxy", "E"], standing) == read


def test_sources_of_everything_are_read_beside_the_press_of_the_next_language() -> None:
    """They are all read, for they give little; and they don't speak for the pack."""
    general = [PackSource(name, name, "hy", ("crypto",)) for name in "ghijk"]
    russian = [PackSource(name, name, "ru") for name in "rstu"]
    assert "".join(row.url for row in read_of([general, russian, russian], {})) == "ghijkrst"
    assert "".join(row.url for row in read_of([general, russian], dict.fromkeys("ghi", LOST))) == "ghijkrst"
    own = PackSource("a", "a", "hy")
    assert "".join(row.url for row in read_of([[own, *general], russian], {})) == "aghijk"
    assert "".join(row.url for row in read_of([[own, *general], russian], {"a": LOST})) == "aghijkrst"
    assert "".join(row.url for row in read_of([general], {})) == "ghijk"


def a_pack(**languages: str) -> Packs:
    return {
        ("crypto", language): tuple(PackSource(f"https://{name}.example/", name, language) for name in names)
        for language, names in languages.items()
    }


def follower(*languages: str, pack: str | None = "crypto", key: int = 1) -> Follower:
    return Follower(key, pack, None if pack else 7, languages)


def read_by(packs: Packs, *languages: str) -> str:
    rows = packs_read([follower(*languages)], packs, {}, {})
    return "".join(row.title for row in rows.get(1, ()))


def test_a_chat_reads_its_own_language_and_else_the_first_of_its_others_that_has_sources() -> None:
    packs = a_pack(en="abcd", ru="rst", hy="h")
    assert read_by(packs, "hy", "ru", "en") == "h"
    assert read_by(packs, "ko", "ru", "en") == "rst"
    assert read_by(packs, "ko", "ja", "en", "ru") == "abc"
    assert read_by(packs, "ko", "ja") == ""
    assert read_by(packs, "ko") == ""
    assert read_by(packs) == ""
    assert sources_of(packs, "nothing", ["ko", "en"]) == []


def test_a_source_that_stands_in_two_languages_is_read_once_as_in_the_first() -> None:
    packs = a_pack(hy="xy", ru="xz")
    lost = dict.fromkeys(("https://x.example/", "https://y.example/"), LOST)
    rows = packs_read([follower("hy", "ru")], packs, lost, {})[1]
    assert [(row.title, row.language) for row in rows] == [("x", "hy"), ("y", "hy"), ("z", "ru")]


def test_a_kind_of_topics_stands_for_all_of_its_topics() -> None:
    packs: Packs = {("crypto", "hy"): (PackSource("https://a.example/", "A", "hy", ("crypto", "all:coin", "BTC")),)}
    kinds = {"BTC": "coin", "TSLA": "company", "ETH": "coin", "crypto": "theme"}
    (row,) = packs_read([follower("hy")], packs, {}, kinds)[1]
    assert row.topics == ("crypto", "BTC", "ETH")
    assert chooses_by_kind([follower("hy")], packs)
    assert not chooses_by_kind([follower("en")], packs)


def test_addresses_of_all_languages_bear_on_what_is_read() -> None:
    packs = a_pack(en="e", hy="h", de="d")
    assert pack_addresses([follower("hy", "en")], packs) == ["https://e.example/", "https://h.example/"]
    assert pack_addresses([follower("hy", pack=None)], packs) == []
    assert singles_read([follower("hy"), follower("hy", pack=None, key=2)]) == {2: 7}


# --- other languages -------------------------------------------------------------------------------------------------


def test_the_usual_other_language_is_english_and_in_armenia_russian_before_it() -> None:
    usual = {language: fallback_languages(language, None) for language in LANGUAGES}
    assert usual.pop("en") == ()
    assert usual.pop("hy") == ("ru", "en")
    assert set(usual.values()) == {("en",)}


def test_what_a_chat_has_chosen_goes_before_the_usual() -> None:
    assert fallback_languages("hy", ("de", "fr")) == ("de", "fr")
    assert fallback_languages("hy", ()) == ()
    assert fallback_languages("en", ("de",)) == ("de",)
    assert fallback_languages("de", ("de", "fr", "fr")) == ("fr",)
