"""The bundled packs, and which of their sources a chat reads."""

from __future__ import annotations

from bot.gather.client import checked
from bot.gather.packs import PACKS, Health, followed, load_packs, sources_of
from tests.languages import LANGUAGES, THIRTEEN

WELL = Health(failures=0, ever_ok=True, ended=False)
BLIP = Health(failures=1, ever_ok=True, ended=False)
ILL = Health(failures=2, ever_ok=True, ended=False)
NEVER = Health(failures=1, ever_ok=False, ended=False)
ENDED = Health(failures=0, ever_ok=True, ended=True)


def test_every_row_of_the_packs_is_an_address_of_its_own_with_a_title() -> None:
    packs = load_packs()
    assert {pack for pack, _ in packs} == set(PACKS)
    assert {language for _, language in packs} <= set(LANGUAGES)
    for rows in packs.values():
        assert len({row.url for row in rows}) == len(rows) > 0
        for row in rows:
            assert str(checked(row.url)) == row.url
            assert row.title


def test_the_pack_crypto_has_sources_in_all_languages() -> None:
    for language in THIRTEEN:
        assert len(load_packs()["crypto", language]) >= 3


def test_a_pack_without_sources_in_a_language_gives_the_english_ones() -> None:
    packs = load_packs()
    assert ("tech", "ko") not in packs
    assert sources_of(packs, "tech", "ko") == packs["tech", "en"]
    assert sources_of(packs, "nothing", "ko") == ()


def test_a_pack_reads_its_first_three_sources() -> None:
    assert followed("abcde", {}) == ("a", "b", "c")
    assert followed("abcde", {"a": WELL, "b": BLIP}) == ("a", "b", "c")
    assert followed("ab", {}) == ("a", "b")


def test_an_ill_source_gives_way_and_is_still_looked_at() -> None:
    assert followed("abcde", {"b": ILL}) == ("a", "b", "c", "d")
    assert followed("abcde", {"a": NEVER, "b": NEVER, "c": NEVER}) == ("a", "b", "c", "d", "e")
    assert followed("abcde", {"b": WELL}) == ("a", "b", "c")


def test_a_source_that_ended_is_not_looked_at_again() -> None:
    assert followed("abcde", {"a": ENDED}) == ("b", "c", "d")
