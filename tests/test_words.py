"""The words under which stories are filed and looked for, in thirteen languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words import MAX_TERMS, indexed, marked, terms, words


@pytest.mark.parametrize(
    ("text", "filed"),
    [
        ("Bitcoin's rally: ETF inflows top $1,234.56 million", "bitcoin s rally etf inflows top 1234 56 million"),
        ("$BTC/USDT am 3. Mai über 65.000", "btc usdt am 3 mai uber 65000"),
        ("Großbank in Köln, GROSSBANK in KÖLN", "grossbank in koln grossbank in koln"),
        ("İstanbul'da ısı ve IŞIK", "istanbul da isi ve isik"),
        ("Всё ещё дешевеет: ёлка и Чайник", "все еще дешевеет елка и чайник"),
        ("Հայաստանի ԲԱՆԿԵՐԸ և ոսկին", "հայաստանի բանկերը եւ ոսկին"),
        ("L’été à São Paulo, señor Łódź", "l ete a sao paulo senor lodz"),
        ("比特币涨", "比特 特币 币涨 涨"),
        ("BTC价格2026年", "btc 价格 格 2026 年"),
        ("ﾋﾞｯﾄ", "ビッ ット ト"),
        ("비트가", "비트 트가 가"),
        ("1.2.345 and 12,34", "1 2 345 and 12 34"),
        ("65 000 and 65\u00a0000", "65 000 and 65000"),
        ("", ""),
        ("…!?—\x00", ""),
    ],
)
def test_a_text_is_filed_under_its_folded_words(text: str, filed: str) -> None:
    assert indexed(text) == filed


@pytest.mark.parametrize(
    ("one", "other"),
    [("café", "cafe\u0301"), ("ﬁnance", "finance"), ("ＢＴＣ", "btc"), ("가", "\u1100\u1161"), ("が", "か\u3099")],
)
def test_spellings_of_one_word_are_one(one: str, other: str) -> None:
    assert indexed(one) == indexed(other)


@pytest.mark.parametrize(("one", "other"), [("が", "か"), ("мой", "мои"), ("가", "거"), ("100", "10 0")])
def test_letters_of_their_own_stay_apart(one: str, other: str) -> None:
    assert indexed(one) != indexed(other)


@pytest.mark.parametrize(
    ("query", "text", "shown"),
    [
        ("bitcoin", "Bitcoins and BITCOIN", ["Bitcoins", "BITCOIN"]),
        ("eth", "Ethereum (ETH)", ["ETH"]),
        ("münchen", "Muenchen und München", ["Muenchen", "München"]),
        ("muenchen", "Muenchen und München", ["Muenchen", "München"]),
        ("биткоин", "Цена биткоина", ["биткоина"]),
        ("币价", "比特币价格", ["币价"]),
        ("币", "比特币", ["币"]),
        ("비트코인은", "비트코인이 올랐다", ["비트코인"]),
        ("AT&T", "what AT&T said at a T", ["AT&T"]),
        ("3.5%", "up 3.5%, not 35", ["3.5"]),
        ("65000", "over $65,000 now", ["65,000"]),
    ],
)
def test_what_was_looked_for_is_marked_in_the_text_as_it_stands(query: str, text: str, shown: list[str]) -> None:
    assert [text[start:end] for start, end in marked(text, terms(query))] == shown


def test_a_query_is_bounded() -> None:
    assert len(terms(" ".join(f"w{number}" for number in range(5000)))) <= MAX_TERMS
    assert sum(len(phrase) for term in terms("币" * 10_000) for phrase in term.phrases) < 30
    assert terms('"*(){}^:-+\x00') == ()


@given(st.text(max_size=300))
def test_places_lie_in_the_text_and_words_are_letters_and_digits(text: str) -> None:
    for word in words(text):
        assert 0 <= word.start < word.end <= len(text)
        assert word.text.isalnum()
    for start, end in marked(text, terms(text)):
        assert 0 <= start < end <= len(text)
