"""What a language tag means to us: variants of Chinese and Portuguese, today and with a catalogue of their own
(docs/adr/0009-variants.md)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.languages import FIRST, language_meant

WITH_VARIANTS = (*FIRST, "zh-hant", "pt-pt")
"""As it would be with two more catalogues."""


@pytest.mark.parametrize(
    ("tag", "today", "with_variants"),
    [
        ("zh", "zh", "zh"),
        ("zh-CN", "zh", "zh"),
        ("zh-hans", "zh", "zh"),  # as Telegram writes it
        ("zh-Hans-SG", "zh", "zh"),
        ("zh-Hans-TW", "zh", "zh"),
        ("zh-TW", "zh", "zh-hant"),
        ("zh_tw", "zh", "zh-hant"),
        ("zh-HK", "zh", "zh-hant"),
        ("zh-MO", "zh", "zh-hant"),
        ("zh-hant", "zh", "zh-hant"),
        ("zh-Hant-TW", "zh", "zh-hant"),
        ("zh-Hant-CN", "zh", "zh-hant"),
        ("zh-cmn-Hant-TW", "zh", "zh-hant"),
        ("pt", "pt", "pt"),
        ("pt-br", "pt", "pt"),
        ("pt-BR", "pt", "pt"),
        ("pt-PT", "pt", "pt-pt"),
        ("pt_pt", "pt", "pt-pt"),
        ("pt-AO", "pt", "pt-pt"),
        ("pt-MZ", "pt", "pt-pt"),
        ("de-AT", "de", "de"),
        ("de-CH-1996", "de", "de"),
        ("es-419", "es", "es"),
        ("hy-Latn", "hy", "hy"),
        ("EN", "en", "en"),
        ("uk", None, None),
        ("xx-Hant", None, None),
        ("", None, None),
        ("-", None, None),
        ("-zh", None, None),
        (None, None, None),
        ("zh" + "-x" * 100, "zh", "zh"),
    ],
)
def test_a_tag_means_the_nearest_language_that_is_offered(
    tag: str | None, today: str | None, with_variants: str | None
) -> None:
    assert language_meant(tag, FIRST) == today
    assert language_meant(tag, WITH_VARIANTS) == with_variants


@given(st.text(max_size=60))
def test_whatever_a_client_says_is_one_of_our_languages_or_none(tag: str) -> None:
    assert language_meant(tag, FIRST) in {*FIRST, None}
    assert language_meant(tag, WITH_VARIANTS) in {*WITH_VARIANTS, None}
