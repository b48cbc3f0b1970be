"""Bytes → text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.decode import decode

XML = '<?xml version="1.0" encoding="{}"?><t>{}</t>'


def declared(encoding: str, words: str, actual: str | None = None) -> bytes:
    return XML.format(encoding, words).encode(actual or encoding)


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        ("<t>São</t>".encode(), "", "São"),
        ("<t>São</t>".encode("utf-8-sig"), "", "São"),
        ("<t>São</t>".encode("utf-16"), "", "São"),
        ("<t>São</t>".encode("utf-16-be"), "", "São"),
        ("<t>São</t>".encode("utf-16-le"), "application/xml; charset=utf-16", "São"),
        ("<t>São</t>".encode("latin-1"), "", "São"),
        (declared("ISO-8859-1", "São"), "", "São"),
        (declared("ISO-8859-1", "“São” – €", "cp1252"), "", "“São” – €"),
        (declared("ISO-8859-9", "Işık"), "", "Işık"),
        (declared("windows-1251", "Привет"), "", "Привет"),
        (declared("koi8-r", "Привет"), "", "Привет"),
        (declared("Shift_JIS", "日本語"), "", "日本語"),
        (declared("EUC-JP", "日本語"), "", "日本語"),
        (declared("ISO-2022-JP", "日本語"), "", "日本語"),
        (declared("EUC-KR", "한국어"), "", "한국어"),
        (declared("GB2312", "中文"), "", "中文"),
        (declared("Big5", "中文"), "", "中文"),
        ("<t>Привет</t>".encode("cp1251"), "text/xml; charset=windows-1251", "Привет"),
        # Declared wrongly: the bytes know better.
        (declared("ISO-8859-1", "São", "utf-8"), "", "São"),
        (declared("utf-8", "São", "latin-1"), "text/xml; charset=utf-8", "São"),
        (declared("utf-16", "São", "utf-8"), "", "São"),
        ("<t>São</t>".encode(), "text/xml; charset=iso-8859-1", "São"),
        ("<t>São</t>".encode(), "text/xml; charset=no-such-thing", "São"),
        ("<t>São</t>".encode(), "text/xml; charset=base64", "São"),
        # A cut-off character at the end doesn't turn the rest into another encoding.
        ("<t>São João é bom</t>".encode() + b"\xc3", "", "São João é bom"),
    ],
)
def test_the_encoding_is_found(body: bytes, content_type: str, words: str) -> None:
    assert words in decode(body, content_type)


@given(st.binary(max_size=300), st.sampled_from(["", "text/xml; charset=utf-16", "a; charset=idna", "a; charset=\x00"]))
def test_no_bytes_are_too_odd(body: bytes, content_type: str) -> None:
    assert isinstance(decode(body, content_type), str)
