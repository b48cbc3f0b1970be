"""What was read before in this very form isn't read again, and nothing is missed for that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.parse import parse_feed
from bot.gather.parsed import Known, ParsedFeed
from tests.corpus import Case, all_cases
from tests.emulators.feeds import Item, atom, json_feed, rss

URL = "https://a.example/feed"
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def item(n: int, **changes: str) -> Item:
    values = {"title": f"Title {n}", "link": f"https://a.example/{n}", "guid": f"g{n}"} | changes
    return Item(values["title"], values["link"], values["guid"], AT - timedelta(hours=n), f"<p>Words {n}.</p>")


def read(body: bytes, known: Known | None = None) -> ParsedFeed:
    return parse_feed(body, "", URL, None, known or Known())


def known(feed: ParsedFeed) -> Known:
    return Known(frozenset(one.raw_hash for one in feed.entries if one.raw_hash), "en")


@pytest.mark.parametrize("write", [rss, atom, json_feed])
def test_only_what_is_new_or_edited_is_read(write) -> None:
    before = read(write([item(2), item(1), item(0)]))
    after = read(write([item(3), item(2), item(1, title="Edited")]), known(before))
    assert [one.title for one in after.entries] == ["Title 3", "Edited"]
    assert after.unchanged == (before.entries[0].raw_hash,)
    assert after.entries[1].identity == before.entries[1].identity
    assert after.title == before.title


@pytest.mark.parametrize("write", [rss, atom, json_feed])
def test_a_feed_in_which_nothing_is_new_says_what_it_lists(write) -> None:
    body = write([item(1), item(0)])
    again = read(body, known(read(body)))
    assert again.entries == ()
    assert set(again.unchanged) == known(read(body)).raw_hashes


@pytest.mark.parametrize("write", [rss, atom, json_feed])
def test_a_feed_that_changes_its_language_is_read_anew(write) -> None:
    before = read(write([item(0)], language="en"))
    assert len(read(write([item(0)], language="de"), known(before)).entries) == 1


def test_a_feed_that_changes_its_base_is_read_anew() -> None:
    entry = '<entry><id>1</id><title>T</title><link href="x"/></entry>'
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"{}><title>F</title>' + entry + "</feed>"
    before = read(feed.format("").encode())
    after = read(feed.format(' xml:base="https://b.example/"').encode(), known(before))
    assert [one.url for one in after.entries] == ["https://b.example/x"]


@pytest.mark.parametrize("write", [rss, atom, json_feed])
def test_entries_that_share_a_guid_are_read_together(write) -> None:
    before = read(write([item(0)]))
    both = write([item(1, guid="g0"), item(0)])
    after = read(both, known(before))
    assert [one.title for one in after.entries] == ["Title 1", "Title 0"]
    assert [one.identity for one in after.entries] == [one.identity for one in read(both).entries]
    assert read(both, known(after)).entries == ()


def test_an_entry_told_twice_with_two_dates_does_not_waver() -> None:
    first = item(0)
    again = Item(first.title, first.link, first.guid, AT + timedelta(hours=9), first.summary)
    body = rss([first, again])
    before = read(body)
    assert len(before.entries) == 1
    assert read(body, known(before)).entries == ()


def test_where_items_cannot_be_told_apart_all_are_read() -> None:
    quoted = rss([item(0), Item("About feeds", "https://a.example/q", "q", AT, "x")]).replace(
        b"<description>x", b"<description><![CDATA[</item><item> they say]]>"
    )
    feed = read(quoted)
    assert [one.title for one in feed.entries] == ["Title 0", "About feeds"]
    assert [one.title for one in read(quoted, known(feed)).entries] == ["Title 0", "About feeds"]


def test_a_short_title_is_taken_to_be_in_the_language_that_is_known() -> None:
    body = rss([Item("Food for fungi", "https://a.example/1", "1", AT)], language=None)
    assert read(body, Known(language="nl")).entries[0].language == "nl"


def _some() -> list[Case]:
    return list(all_cases()[::41])


@pytest.mark.parametrize("case", _some(), ids=lambda case: case.id)
def test_whatever_the_damage_what_is_known_and_what_is_read_are_the_whole(case: Case) -> None:
    whole = parse_feed(case.body, case.content_type, case.url)
    half = frozenset(one.raw_hash for one in whole.entries[::2] if one.raw_hash)
    rest = parse_feed(case.body, case.content_type, case.url, None, Known(half))
    expected = [one for one in whole.entries if one.raw_hash not in half]
    read_again = [one.identity for one in rest.entries]
    assert read_again == [one.identity for one in (expected if rest.unchanged or not half else whole.entries)]


@given(st.lists(st.integers(0, 9), max_size=8), st.lists(st.integers(0, 9), max_size=8), st.booleans())
def test_two_polls_find_what_one_would(earlier: list[int], later: list[int], guids: bool) -> None:
    def body(numbers: list[int]) -> bytes:
        return rss([item(n, guid="same" if guids and n > 6 else f"g{n}") for n in numbers])

    before = read(body(earlier))
    after = read(body(later), known(before))
    assert {one.identity for one in read(body(later)).entries} <= (
        {one.identity for one in after.entries} | {one.identity for one in before.entries}
    )
    forms = {one.raw_hash: one.identity for one in before.entries}
    assert all(raw_hash in forms for raw_hash in after.unchanged)
