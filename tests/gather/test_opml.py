"""Lists of feeds: written so that others read them, read as others write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SourceError
from bot.gather.opml import MAX_BYTES, MAX_FEEDS, Outline, read_opml, write_opml

A = Outline("https://a.example/feed", "A & <b>", "Crypto", "de")
B = Outline("https://b.example/feed?x=1&y=2", "Բ", "", "hy")


def opml(outlines: str, head: str = "<head/>") -> bytes:
    return f'<?xml version="1.0"?><opml version="1.0">{head}<body>{outlines}</body></opml>'.encode()


def test_what_is_written_is_read_again() -> None:
    assert set(read_opml(write_opml("Feeds \x00", [A, B])).feeds) == {A, B}
    assert read_opml(write_opml("Nothing", [])).feeds == ()


def test_folders_nest_and_the_outermost_names_them() -> None:
    found = read_opml(
        opml(
            '<outline text="News"><outline text="World"><outline xmlUrl="https://a.example/1"/></outline>'
            '<outline title="Two" text="2" xmlURL=" https://a.example/2 "/></outline>'
            '<outline text="Top" type="rss" xmlUrl="https://a.example/3" category="/Tech/Phones,/Other"/>'
        )
    ).feeds
    assert found == (
        Outline("https://a.example/1", "", "News"),
        Outline("https://a.example/2", "Two", "News"),
        Outline("https://a.example/3", "Top", "Tech"),
    )


@pytest.mark.parametrize(
    ("outline", "urls"),
    [
        ('<outline xmlUrl="https://a.example/x"/><outline xmlUrl="https://a.example/x"/>', ["https://a.example/x"]),
        ('<outline xmlUrl="https://a.example/?a=1&b=2"/>', ["https://a.example/?a=1&b=2"]),
        ('<outline xmlUrl="feed://a.example/x"/>', ["https://a.example/x"]),
        ('<outline xmlUrl="feed:https://a.example/x"/>', ["https://a.example/x"]),
        ('<outline type="rss" url="https://a.example/x"/>', ["https://a.example/x"]),
        ('<outline htmlUrl="https://a.example/"/><outline text="x"/><outline/>', []),
        ('<outline xmlUrl="javascript:alert(1)"/><outline xmlUrl="file:///etc/passwd"/><outline xmlUrl=""/>', []),
        ('<outline xmlUrl="https://name:word@a.example/"/><outline xmlUrl="nonsense"/>', []),
    ],
)
def test_lists_are_read_as_they_are_found(outline: str, urls: list[str]) -> None:
    assert [one.url for one in read_opml(opml(outline)).feeds] == urls


def test_one_feed_in_several_spellings_is_one() -> None:
    spellings = ("HTTPS://A.Example/", "https://a.example", "https://a.example/#top", "feed://a.example/")
    rows = "".join(f'<outline text="A" xmlUrl="{spelling}"/>' for spelling in spellings)
    assert read_opml(f"<opml><body>{rows}</body></opml>".encode()).feeds == (Outline("https://a.example/", "A"),)


def test_a_byte_order_mark_another_encoding_and_noise_in_front_do_no_harm() -> None:
    plain = '<opml><body><outline text="Ö" xmlUrl="https://a.example/x"/></body></opml>'
    expected = (Outline("https://a.example/x", "Ö"),)
    assert read_opml(("\ufeff" + plain).encode()).feeds == expected
    assert read_opml(plain.encode("utf-16")).feeds == expected
    assert read_opml(f'<?xml version="1.0" encoding="iso-8859-1"?>{plain}'.encode("latin-1")).feeds == expected
    assert read_opml(f"Warning: something\n{plain}".encode()).feeds == expected


BOMB = '<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<html><body/></html>",
        b"<opml><body>",
        f'{BOMB}<opml><body><outline text="&b;"/></body></opml>'.encode(),
        f'{FILE}<opml><body><outline text="&x;"/></body></opml>'.encode(),
        f'{FILE}<opml><body><outline text="&x;"/></body></opml>'.encode("utf-16"),
        b"<opml>" + b" " * MAX_BYTES + b"</opml>",
        opml("".join(f'<outline xmlUrl="https://a.example/{n}"/>' for n in range(MAX_FEEDS + 1))),
        b"\x00" * 1000,
    ],
    ids=range(10),
)
def test_what_cannot_be_read_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(SourceError):
        read_opml(body)


def test_folders_without_end_are_not_followed() -> None:
    deep = "<outline>" * 20_000 + '<outline xmlUrl="https://a.example/x"/>' + "</outline>" * 20_000
    assert read_opml(opml(deep)).feeds == ()


@given(st.text(alphabet="<>outline xmlUrl=\"'/&;htps:.[]!-", max_size=200), st.binary(max_size=100))
def test_no_list_is_too_odd(text: str, noise: bytes) -> None:
    for body in (opml(text), noise, b"<opml>" + noise):
        try:
            read_opml(body)
        except SourceError:
            continue


def test_rows_that_were_skipped_are_named() -> None:
    rows = (
        '<outline text="A folder"><outline text="A" xmlUrl="https://a.example/"/></outline><outline text="A note"/>'
        '<outline text="Mail" xmlUrl="mailto:a@b.example"/><outline type="rss" text="Nothing"/>'
        '<outline xmlUrl="ftp://a.example/"/>'
    )
    listed = read_opml(f"<opml><body>{rows}</body></opml>".encode())
    assert [one.url for one in listed.feeds] == ["https://a.example/"]
    assert listed.skipped == ("Mail (mailto:a@b.example)", "Nothing", "(ftp://a.example/)")
