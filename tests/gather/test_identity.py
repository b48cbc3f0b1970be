"""What makes an entry the same entry, and two entries the same story."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.identity import address_key, content_hash, identify, title_key
from bot.gather.parsed import Draft
from bot.gather.retold import same_title

DRAFT = Draft(
    guid="1", title="A title", url="https://a.example/1", lede="Words", picture=None, language=None, published_at=None
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "http://www.a.example/x/"),
        ("https://a.example/x", "https://A.example:443/x#comments"),
        ("https://a.example/x", "https://a.example/x?utm_source=rss&utm_medium=feed&fbclid=1"),
        ("https://a.example/x?id=3", "https://a.example/x?utm_source=a&id=3"),
        ("https://a.example/x?a=1&b=2", "https://a.example/x?b=2&a=1"),
        ("https://a.example/x", "https://m.a.example/x/amp/"),
        ("https://a.example/x", "https://a.example//x/index.html"),
        ("https://a.example/x.shtml", "https://redir.b.example/rss/*https://a.example/x.shtml"),
        ("https://a.example/x", "https://b.example/go?url=https%3A%2F%2Fa.example%2Fx&sig=1"),
        ("https://a.example/x?id=7", "https://a.example/x?id=7&sid=ab3"),
        ("https://a.example/x?id=7&PHPSESSID=1", "https://a.example/x?id=7&PHPSESSID=2"),
        ("https://a.example/x", "https://a.example/x;jsessionid=0A1B?session_id=9"),
        ("https://a.example/x.do?id=3", "https://a.example/x.do;JSESSIONID=0A1B.node1!7?id=3"),
        ("https://a.example/x?id=3", "https://a.example/x?id=3;jsessionid=0A1B"),
        ("https://a.example/x", "https://a.example/x%3Bjsessionid=0A1B"),
        ("https://a.example/x", "https://a.example/amp/x"),
        ("https://a.example/x", "https://a.example/x.amp"),
        ("https://a.example/x.html", "https://a.example/x.amp.html"),
        ("https://a.example/x", "https://a.example/x?amp=1"),
        ("https://a.example/x", "https://a.example/x?amp"),
        ("https://a.example/x", "https://www-a-example.cdn.ampproject.org/c/s/www.a.example/x/amp/"),
        ("https://a.example/x", "https://www.google.com/amp/s/amp.a.example/x"),
        ("https://a.example/новости/1", "https://a.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1"),
        ("https://a.example/%d0%bd", "https://a.example/%D0%BD"),
        ("https://a.example/~x-y", "https://a.example/%7Ex%2Dy"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://президент.рф/x", "https://xn--d1abbgf6aiiy.xn--p1ai/x"),
        ("https://a.example/x", "https://a.example/x?source=rss----d12c403d4976--food"),
        ("https://a.example/x", "https://a.example/x?source=twitter&feed=rss2"),
    ],
)
def test_addresses_that_lead_to_the_same_page_have_one_key(one: str, other: str) -> None:
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "https://a.example/y"),
        ("https://a.example/x?id=3", "https://a.example/x?id=4"),
        ("https://a.example/x", "https://b.example/x"),
        ("https://a.example:8080/x", "https://a.example/x"),
        ("https://a.example/X", "https://a.example/x"),
        ("https://a.example/article.pl?sid=26/11/22/1", "https://a.example/article.pl?sid=26/11/22/2"),
        ("https://a.example/view?source=reuters&id=5", "https://a.example/view?source=afp&id=5"),
        ("https://a.example/item?feed=812", "https://a.example/item?feed=813"),
        ("https://a.example/a%2Fb", "https://a.example/a/b"),
        ("https://a.example/amp", "https://a.example/b"),
        ("https://a.example/100%25", "https://a.example/100"),
        ("https://a.example/news?sid=1234", "https://a.example/news?sid=1235"),
    ],
)
def test_addresses_of_different_pages_have_different_keys(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize("url", [None, "", "http://[bad", "http://a:b:c/", "nothing"])
def test_what_is_no_address_has_no_key(url: str | None) -> None:
    assert address_key(url) is None


@given(st.text(max_size=200))
def test_no_address_is_too_odd(url: str) -> None:
    address_key(url)
    address_key(f"https://a.example/{url}")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Bitcoin rises", "BITCOIN  rises!", True),
        ("Bitcoin rises: “now”", "Bitcoin rises, 'now'", True),
        ("The government has decided to wait", "The government has decided to wait | Daily News", True),
        ("The government has decided to wiat", "The government has decided to wait", True),
        ("Bitcoin rises to 60,000", "Bitcoin rises to 61,000", False),
        ("Live blog", "Live blog: what a day", False),
        ("Bitcoin rises", "Ether falls", False),
        ("", "Bitcoin", False),
        ("中央銀行は金利を据え置く", "中央銀行は金利を引き上げる", False),
    ],
)
def test_titles_at_one_address_are_the_same_when_only_retouched(one: str, other: str, same: bool) -> None:
    assert same_title(title_key(one), title_key(other)) is same


def test_an_entry_is_known_by_its_guid_then_its_address_then_its_words() -> None:
    def identity(draft: Draft) -> str:
        return identify([draft])[0][0]

    assert identity(DRAFT) == identity(replace(DRAFT, title="Edited", url="https://a.example/moved", lede="New"))
    assert identity(DRAFT) != identity(replace(DRAFT, guid="2"))
    without_guid = replace(DRAFT, guid="")
    assert identity(without_guid) == identity(replace(without_guid, title="Edited", lede="New"))
    assert identity(without_guid) == identity(replace(without_guid, url="https://a.example/1?PHPSESSID=ab12"))
    bare = replace(without_guid, url=None)
    assert identity(bare) != identity(replace(bare, title="Another"))
    assert len(identity(bare)) == 64


def test_entries_that_share_a_guid_both_survive_whatever_their_order() -> None:
    other = replace(DRAFT, title="Another", url="https://a.example/2")
    forward = dict(identify([DRAFT, other]))
    backward = dict(identify([other, DRAFT]))
    assert len(forward) == 2
    assert forward == backward


def test_the_same_entry_told_twice_comes_once() -> None:
    assert len(identify([DRAFT, DRAFT])) == 1


def test_entries_without_guid_that_all_lead_to_one_page_are_told_apart() -> None:
    page = "https://a.example/live"
    drafts = [replace(DRAFT, guid="", url=page, title=title) for title in ("One", "Two", "Three")]
    assert len(identify(drafts)) == 3


def test_a_changed_date_is_no_edit_nor_is_another_way_to_the_same_page() -> None:
    from datetime import UTC, datetime

    assert content_hash(DRAFT) == content_hash(replace(DRAFT, published_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert content_hash(DRAFT) == content_hash(replace(DRAFT, url="https://a.example/1?utm_source=rss&sid=ab12"))
    assert content_hash(DRAFT) != content_hash(replace(DRAFT, url="https://a.example/2"))
    assert content_hash(DRAFT) != content_hash(replace(DRAFT, lede="Other words"))
