"""JSON Feed 1.0 and 1.1 → drafts (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.gather.dates import read_date
from bot.gather.language import declared_language
from bot.gather.parsed import Draft, DraftFeed
from bot.gather.text import cut, fold, lede_text, plain_text, title_text
from bot.gather.xmlfeed import MAX_ENTRIES, absolute_address, images_in

_VERSIONS = ("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")


def read_json(text: str, url: str) -> DraftFeed | None:
    """The feed in a JSON document; None when it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not _text(data, "version").startswith(_VERSIONS):
        return None
    language = declared_language(_text(data, "language"))
    items = data.get("items")
    items = items[:MAX_ENTRIES] if isinstance(items, list) else []
    drafts = (_draft(item, url, language) for item in items if isinstance(item, dict))
    return DraftFeed(
        title=title_text(_text(data, "title"), is_html=False),
        language=language,
        site_url=absolute_address(_text(data, "home_page_url"), url),
        drafts=tuple(draft for draft in drafts if draft.title),
    )


def _draft(item: Mapping[str, Any], url: str, language: str | None) -> Draft:
    markup = _text(item, "content_html")
    words = fold(_text(item, "summary")) or fold(_text(item, "content_text")) or plain_text(markup)
    lede = lede_text(words)
    link = absolute_address(_text(item, "url"), url) or absolute_address(_text(item, "external_url"), url)
    guid = item.get("id")
    pictures = (_text(item, "image"), _text(item, "banner_image"), *images_in(markup))
    return Draft(
        # The standard wants a string; numbers occur, and are to be read as strings.
        guid=str(guid).strip() if isinstance(guid, str | int | float) and not isinstance(guid, bool) else "",
        title=title_text(_text(item, "title"), is_html=False) or cut(lede, 120) or (link or ""),
        url=link,
        lede=lede,
        picture=next((picture for address in pictures if (picture := absolute_address(address, url))), None),
        language=declared_language(_text(item, "language")) or language,
        published_at=read_date(_text(item, "date_published")) or read_date(_text(item, "date_modified")),
    )


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""
