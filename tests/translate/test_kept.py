"""What stays as it is in a translation."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.topics import names_in
from bot.translate.kept import MOST, parts_of
from bot.translate.marks import whole


def kept(text: str, source: str = "en", target: str = "de", *, strictly: bool = False) -> list[str]:
    parts = parts_of(text, source, target, names_in, strictly=strictly)
    assert whole(parts) == text
    return [part.text for part in parts if part.kept]


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        (
            "See https://a.example/b?c=1&d=2#e, or www.b.example/x.",
            ["https://a.example/b?c=1&d=2#e", "www.b.example/x"],
        ),
        ("It (https://a.example/) says", ["https://a.example/"]),
        ("Mail press@a.example now", ["press@a.example"]),
        ("Crypto.com and vitalik.eth", ["Crypto.com", "vitalik.eth"]),
        ("@saylor on #Bitcoin, not on #1", ["@saylor", "#Bitcoin"]),
        ("$BTC, $eth and $5 or US$7", ["$BTC", "$eth"]),
        ("BTC/USDT on NYSE: GME", ["BTC/USDT", "NYSE: GME"]),
        ("Nvidia's H100 runs GPT-5 in Q3 2026 and H1", ["Nvidia", "H100", "GPT-5"]),
        ("OpenAI's iPhone app beats YouTube, says McCarthy", ["OpenAI", "iPhone", "YouTube"]),
        ("Bitcoin falls, Tesla shares rise", ["Bitcoin", "Tesla"]),
        ("BTC and SOL at $95,300.50, up 5%", ["BTC", "SOL"]),
        ("The EU and the US talk", []),
        ("SOL rises", ["SOL"]),
        ("BREAKING: GAP WIDENS", []),
        ("An apple a day in the first quarter", []),
        ("", []),
    ],
)
def test_links_tickers_handles_and_names_stay(text: str, stays: list[str]) -> None:
    assert kept(text) == stays


def test_into_another_script_names_are_the_translators_and_tickers_are_not() -> None:
    text = "Bitcoin falls, BTC ETF and Tesla (TSLA) shares rise 5%"
    assert kept(text, "en", "ru") == ["BTC", "TSLA"]
    assert kept(text, "en", "ru", strictly=True) == ["Bitcoin", "BTC", "Tesla", "TSLA", "5%"]


def test_names_in_another_script_are_translated() -> None:
    assert kept("ビットコインが急落、BTC価格は5%下落", "ja", "en") == ["BTC"]
    assert kept("Биткоин падает, акции Apple и OpenAI растут", "ru", "en") == ["Apple", "OpenAI"]
    assert kept("Биткоин падает", "ru", "en", strictly=True) == []


def test_strictly_numbers_stay_with_what_belongs_to_them() -> None:
    text = "It rose 5 % to $95,300.50 in 2026, H100 too"
    assert kept(text, strictly=True) == ["5 %", "$95,300.50", "2026", "H100"]


def test_a_text_full_of_them_keeps_only_so_many() -> None:
    assert len(kept("@a " * 500)) == MOST


@given(st.text(max_size=300), st.sampled_from(["en", "ja", "hy"]), st.booleans())
def test_whatever_the_text_its_parts_make_it(text: str, target: str, strictly: bool) -> None:
    kept(text, "de", target, strictly=strictly)


@pytest.mark.parametrize(
    "text", ["a." * 450, "a-" * 450, "http://" + "." * 900, "@" * 900, "A1" * 450, "aA" * 450, "1,1" * 300, "a+" * 450]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    kept(text, strictly=True)
    assert time.process_time() - began < 3
