"""A site's page → its feeds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.gather.discover import linked_feeds, well_known

URL = "https://a.example/blog/"


def links(head: str) -> list[tuple[str, str]]:
    return linked_feeds(f"<!doctype html><html><head>{head}</head><body>x</body></html>".encode(), "text/html", URL)


def test_the_feeds_that_a_page_names_come_in_its_order() -> None:
    assert links(
        '<link rel="alternate" type="application/rss+xml" href="/feed" title="News &amp; more">'
        '<LINK REL="Alternate" TYPE="application/atom+xml; charset=utf-8" HREF="atom.xml">'
        '<link rel="feed" href="https://b.example/x">'
    ) == [
        ("https://a.example/feed", "News & more"),
        ("https://a.example/blog/atom.xml", ""),
        ("https://b.example/x", ""),
    ]


def test_other_links_are_no_feeds() -> None:
    assert (
        links(
            '<link rel="stylesheet" href="/x.css"><link rel="alternate" hreflang="fr" href="/fr/">'
            '<link rel="alternate" type="application/rss+xml" href="/comments/feed/">'
            '<link rel="alternate" type="application/json+oembed" href="/wp-json/oembed/1.0/embed">'
            '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">'
            '<link rel="alternate" type="application/rss+xml">'
        )
        == []
    )


def test_a_base_element_counts() -> None:
    assert links('<base href="https://c.example/"><link rel="alternate" type="application/rss+xml" href="feed">') == [
        ("https://c.example/feed", "")
    ]


def test_a_page_with_very_many_feeds_names_ten() -> None:
    many = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(100))
    assert len(links(many)) == 10


def test_the_usual_places_are_below_the_page_and_at_the_root() -> None:
    assert well_known("https://a.example/blog/")[:3] == [
        "https://a.example/blog/feed",
        "https://a.example/blog/rss.xml",
        "https://a.example/feed",
    ]
    assert all(place.startswith("https://a.example/") for place in well_known("https://a.example"))


@given(st.binary(max_size=300) | st.text(alphabet="<>link rel=alternate/!-[]\"'&;", max_size=200).map(str.encode))
def test_no_page_is_too_odd(body: bytes) -> None:
    linked_feeds(body, "text/html", URL)
