"""JSON Feed 1.0 and 1.1 → drafts, with the damage of hand-made JSON mended (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.gather.dates import read_date
from bot.gather.language import declared_language
from bot.gather.links import absolute_address, images_in, outbound_links
from bot.gather.parsed import NOTHING_KNOWN, Draft, DraftFeed, Known
from bot.gather.text import MAX_MARKUP, cut, fold, lede_text, plain_text, title_text
from bot.gather.xml.slices import raw_hash_of, together

MAX_ENTRIES = 2000

_VERSIONS = ("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")
# A publisher's PHP may warn in front.
_BEGINNING = re.compile(r'\{\s*(?:"|//|/\*)')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+\\?(?:"|\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)|[\[\]{},:]|[^\s\[\]{},:"/]+|/', re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)  # line breaks within words are plain enough


def read_json(text: str, url: str, known: Known = NOTHING_KNOWN, salt: str = "") -> DraftFeed | None:
    """The feed in a JSON document; None when it is none. ``salt`` as in `xmlfeed.read_xml`."""
    begun = _BEGINNING.search(text)
    data = _data(text[begun.start() :]) if begun is not None else None
    if not isinstance(data, dict) or not _is_feed(data):
        return None
    language = declared_language(_text(data, "language"))
    items = [item for item in _list(data, "items")[:MAX_ENTRIES] if isinstance(item, dict)]
    hashes = _hashes(items, "\n".join((salt, url, language or "")))
    drafts: list[Draft] = []
    below = False
    for item, one in zip(items, hashes, strict=True):
        if one in known.raw_hashes:
            below = True
        else:
            drafts.append(replace(_draft(item, url, language, one), below=below))
    hub = next((one for hub in _list(data, "hubs") if isinstance(hub, dict) and (one := _text(hub, "url"))), None)
    hub_url = absolute_address(hub, url)
    return DraftFeed(
        title=title_text(_text(data, "title"), is_html=False),
        language=language,
        site_url=absolute_address(_text(data, "home_page_url"), url),
        drafts=tuple(draft for draft in drafts if draft.title),
        unchanged=tuple(dict.fromkeys(one for one in hashes if one in known.raw_hashes)),
        hub=hub_url,
        hub_topic=absolute_address(_text(data, "feed_url"), url) if hub_url else None,
    )


def _is_feed(data: Mapping[str, Any]) -> bool:
    if _text(data, "version").startswith(_VERSIONS):
        return True
    # Without its version it is one by what its items say of themselves.
    items = [item for item in _list(data, "items")[:5] if isinstance(item, dict)]
    texts = any(_text(item, name) for item in items for name in ("content_html", "content_text", "external_url"))
    return bool(_text(data, "title")) and "version" not in data and texts


def _draft(item: Mapping[str, Any], url: str, language: str | None, raw_hash: str) -> Draft:
    markup = _text(item, "content_html")[:MAX_MARKUP]
    words = fold(_text(item, "summary")) or fold(_text(item, "content_text")[:MAX_MARKUP]) or plain_text(markup)
    lede = lede_text(words)
    link = absolute_address(_text(item, "url"), url) or absolute_address(_text(item, "external_url"), url)
    attached = (one for one in _list(item, "attachments")[:20] if isinstance(one, dict))
    images = (_text(one, "url") for one in attached if _text(one, "mime_type").startswith("image/"))
    pictures = (_text(item, "image"), _text(item, "banner_image"), *images, *images_in(markup))
    return Draft(
        guid=_guid(item),
        title=title_text(_text(item, "title"), is_html=False) or cut(lede, 120) or (link or ""),
        url=link,
        lede=lede,
        picture=next((picture for address in pictures if (picture := absolute_address(address, url))), None),
        language=declared_language(_text(item, "language")) or language,
        published_at=read_date(_date(item, "date_published")) or read_date(_date(item, "date_modified")),
        raw_hash=raw_hash,
        outbound=outbound_links([markup], url, link),
    )


def _hashes(items: list[dict[str, Any]], context: str) -> list[str]:
    hashes = [raw_hash_of(context, json.dumps(item, sort_keys=True)) for item in items]
    return together([_guid(item) or None for item in items], hashes)


def _guid(item: Mapping[str, Any]) -> str:
    guid = item.get("id")
    # The standard wants a string; numbers occur, and are to be read as strings.
    return str(guid).strip()[:2000] if isinstance(guid, str | int | float) and not isinstance(guid, bool) else ""


def _date(item: Mapping[str, Any], key: str) -> str:
    """A number is the seconds since 1970."""
    value = item.get(key)
    return str(int(value)) if isinstance(value, int | float) and 0 < value < 1e13 else _text(item, key)


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    value = values.get(key)
    return value if isinstance(value, list) else []


# --- damage ----------------------------------------------------------------------------------------------------------


def _data(text: str) -> Any:
    """What stands at the beginning of the text, whatever comes behind it; None for what can't be read."""
    try:
        return _DECODER.raw_decode(text)[0]
    except RecursionError:
        return None
    except ValueError:
        pass
    try:
        return _DECODER.raw_decode(_mended(text))[0]
    except (ValueError, RecursionError):
        return None


def _mended(text: str) -> str:
    """Without comments and commas too many; where it is cut off, up to the last item that is whole."""
    kept: list[str] = []
    open_: list[str] = []
    whole: int | None = None
    for sign in (match[0] for match in _TOKEN.finditer(text)):
        if sign.startswith("/"):
            continue
        if sign in {"]", "}"}:
            if kept and kept[-1] == ",":
                kept.pop()
            if not open_ or open_.pop() + sign not in {"[]", "{}"}:
                break
        kept.append(sign)
        if sign in {"[", "{"}:
            open_.append(sign)
        if sign == "}" and open_ == ["{", "["]:
            whole = len(kept)
        if not open_:
            return " ".join(kept)
    return " ".join((*kept[:whole], "]}")) if whole is not None else ""
