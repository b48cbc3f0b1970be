"""Writes feeds as publishers do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape


@dataclass(frozen=True)
class Item:
    """One item; whatever is None is left out."""

    title: str | None
    link: str | None = None
    guid: str | None = None
    published: datetime | str | None = None
    summary: str | None = None
    extra: str = ""
    """More markup, as it stands."""


def rss(
    items: Sequence[Item], *, title: str = "A feed", language: str | None = "en", link: str = "https://example.org/"
) -> bytes:
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"', _NAMESPACES, "><channel>"]
    parts += [f"<title>{escape(title)}</title><link>{escape(link)}</link>"]
    parts += [f"<language>{escape(language)}</language>"] if language else []
    for item in items:
        parts += [
            "<item>",
            _element("title", item.title),
            _element("link", item.link),
            f'<guid isPermaLink="false">{escape(item.guid)}</guid>' if item.guid else "",
            _element("pubDate", _rfc822(item.published)),
            _element("description", item.summary),
            item.extra,
            "</item>",
        ]
    return "".join([*parts, "</channel></rss>"]).encode()


_NAMESPACES = (
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def atom(items: Sequence[Item], *, title: str = "A feed", language: str | None = "en") -> bytes:
    lang = f' xml:lang="{escape(language)}"' if language else ""
    parts = [f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"{lang}><title>{escape(title)}</title>']
    for item in items:
        published = item.published.isoformat() if isinstance(item.published, datetime) else item.published
        parts += [
            "<entry>",
            _element("id", item.guid),
            _element("title", item.title),
            f'<link href="{escape(item.link)}"/>' if item.link else "",
            _element("published", published),
            _element("summary", item.summary),
            item.extra,
            "</entry>",
        ]
    return "".join([*parts, "</feed>"]).encode()


def json_feed(items: Sequence[Item], *, title: str = "A feed", language: str | None = "en") -> bytes:
    def written(item: Item) -> dict[str, str]:
        published = item.published.isoformat() if isinstance(item.published, datetime) else item.published
        values = {
            "id": item.guid,
            "url": item.link,
            "title": item.title,
            "content_html": item.summary,
            "date_published": published,
        }
        return {name: value for name, value in values.items() if value is not None}

    feed = {"version": "https://jsonfeed.org/version/1.1", "title": title, "items": [written(item) for item in items]}
    return json.dumps(feed | ({"language": language} if language else {})).encode()


def _element(name: str, text: str | None) -> str:
    return "" if text is None else f"<{name}>{escape(text)}</{name}>"


def _rfc822(at: datetime | str | None) -> str | None:
    return format_datetime(at) if isinstance(at, datetime) else at
