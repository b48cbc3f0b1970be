"""RSS, Atom and RDF → drafts, read by feedparser with the usual damage mended before (pure)."""

from __future__ import annotations

import html.entities
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from bot.errors import SourceError
from bot.gather.dates import read_date
from bot.gather.language import declared_language
from bot.gather.parsed import Draft, DraftFeed
from bot.gather.text import MAX_MARKUP, cut, fold, lede_text, plain_text, title_text
from bot.model import Phrase

MAX_URL = 4096
MAX_ENTRIES = 2000

# Not allowed in XML at all; one of them makes a strict parser give up.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ROOT = re.compile(r"<(?:\?xml|(?:\w+:)?(?:rdf|feed|rss|channel))[\s/>]", re.IGNORECASE)
_ROOT_ELEMENT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)[\s/>]", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def read_xml(text: str, url: str) -> DraftFeed | None:
    """The feed in an XML document; None when it is none. Raises SourceError for one that declares entities."""
    root = _ROOT.search(text)
    if root is None:
        return None
    if _declares_entities(text):
        raise SourceError(Phrase("It declares entities of its own, and I don't read those."))
    # A warning of the publisher's PHP may stand in front.
    text = _ILLEGAL.sub("", text[root.start() :])
    parsed = _parse(_XML_DECLARATION.sub("", text))
    version = str(parsed.get("version") or "") if parsed is not None else ""
    if parsed is None or not (version or parsed.entries):
        return None
    feed = parsed.feed
    language = declared_language(_raw(feed, "language"))
    detail = _raw(feed, "title_detail") or {}
    return DraftFeed(
        title=_title(detail, version) or fold(str(_raw(feed, "title") or "")),
        language=language,
        site_url=absolute_address(_raw(feed, "link"), url),
        drafts=tuple(_drafts(parsed.entries, version, url, language)),
    )


def _declares_entities(text: str) -> bool:
    """Only before the root element is it a declaration: an article about entity bombs may quote one."""
    bare = _COMMENT.sub("", text)
    root = _ROOT_ELEMENT.search(bare)
    return "<!ENTITY" in bare[: root.start() if root else len(bare)].upper()


def _parse(text: str) -> Any:
    parsed = _feedparser(text)
    if parsed is not None and not parsed.bozo:
        return parsed
    # feedparser's fall-back parser is far worse than its strict one, so what is usually broken is mended first.
    read = [one for one in (_feedparser(_mend(text)), parsed) if one is not None]
    return max(read, key=lambda one: (not one.bozo, len(one.entries)), default=None)


def _feedparser(text: str) -> Any:
    # A file object, never a string: feedparser opens strings as addresses and files. It isn't told the feed's address:
    # it would make an address of every guid that only forgot to say that it is none.
    try:
        return feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception:  # noqa: BLE001  # its fall-back parser trips over some damage (&#x110000;) with whatever comes up
        return None


_FLAGS = re.DOTALL | re.IGNORECASE
_MENDABLE = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?:(#\d{1,7}|#x[0-9a-f]{1,6}|\w{2,31});)?", _FLAGS)
_XML_NAMES = {"amp", "lt", "gt", "quot", "apos"}


def _mend(text: str) -> str:
    """Outside CDATA, bare ampersands and HTML's names of characters become what XML knows."""

    def mend(match: re.Match[str]) -> str:
        name = match[1]
        if not match[0].startswith("&") or name in _XML_NAMES:
            return match[0]
        if name and name.startswith("#"):
            return match[0] if _is_character(name) else "\ufffd"
        meant = html.entities.html5.get(f"{name};", "")
        return "".join(f"&#{ord(character)};" for character in meant) or f"&amp;{match[0][1:]}"

    return _MENDABLE.sub(mend, text)


def _is_character(reference: str) -> bool:
    digits = reference[1:]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return code <= 0x10FFFF and not _ILLEGAL.match(chr(code))


def _drafts(entries: list[Mapping[str, Any]], version: str, url: str, language: str | None) -> Iterator[Draft]:
    for entry in entries[:MAX_ENTRIES]:
        draft = _draft(entry, version, url, language)
        if draft.title:
            yield draft


def _draft(entry: Mapping[str, Any], version: str, url: str, language: str | None) -> Draft:
    link = _link(entry, version, url)
    bodies = list(_bodies(entry, version))
    lede = next((words for markup in bodies if (words := lede_text(plain_text(markup)))), "")
    detail = _raw(entry, "title_detail") or {}
    title = _title(detail, version) or cut(lede, 120) or (link or "")
    return Draft(
        guid=str(_raw(entry, "id") or "").strip(),
        title=title,
        url=link,
        lede=lede,
        picture=_picture(entry, bodies, url),
        language=declared_language(_raw(entry, "language")) or declared_language(detail.get("language")) or language,
        published_at=_date(entry),
    )


def _raw(values: Mapping[str, Any], key: str) -> Any:
    # Not FeedParserDict's own lookup: it warns, and answers one key with another's value.
    return dict.get(values, key) if isinstance(values, dict) else None


def _title(detail: Mapping[str, Any], version: str) -> str:
    plain = version.startswith("atom") and detail.get("type") == "text/plain"
    return title_text(str(detail.get("value") or ""), is_html=not plain)


def _bodies(entry: Mapping[str, Any], version: str) -> Iterator[str]:
    """The entry's texts as HTML, the shortest kind first."""
    details = [_raw(entry, "summary_detail"), *(_raw(entry, "content") or ())]
    for detail in details:
        value = str((detail or {}).get("value") or "")[:MAX_MARKUP]
        if version.startswith("atom") and (detail or {}).get("type") == "text/plain":
            value = html.escape(value)
        if value:
            yield value


def _date(entry: Mapping[str, Any]) -> Any:
    for key in ("published", "updated", "created"):
        at = read_date(_raw(entry, key))
        if at is not None:
            return at
    return None


# --- addresses -------------------------------------------------------------------------------------------------------


def _link(entry: Mapping[str, Any], version: str, base: str) -> str | None:
    """What stands in <link>; where there is none, a guid that says it is the address."""
    alternates = [link for link in _raw(entry, "links") or () if link.get("rel") == "alternate" and link.get("href")]
    # A type other than HTML is the article in another form (a PDF, a feed of its comments).
    pages = [link for link in alternates if "html" in str(link.get("type") or "html")]
    for link in (*pages, *alternates):
        address = absolute_address(link["href"], base)
        if address:
            return address
    # feedparser gives a guid as the link; an id of Atom is a name, whatever it looks like.
    guid = str(_raw(entry, "link") or "").strip()
    is_address = guid.lower().startswith(("http://", "https://")) and not version.startswith("atom")
    return absolute_address(guid, base) if is_address and _raw(entry, "guidislink") else None


def absolute_address(address: Any, base: str) -> str | None:
    """An http or https address, relative to ``base`` where it is relative; None for anything else."""
    address = "".join(str(address or "").split("\n")).strip()
    if not address or len(address) > MAX_URL:
        return None
    try:
        whole = urljoin(base, address) if "://" not in address[:10] else address
        parts = urlsplit(whole)
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
            return None
    except ValueError:
        return None
    return fold(whole).replace(" ", "%20")


# --- pictures --------------------------------------------------------------------------------------------------------

_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_IMAGE_NAME = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)$", re.IGNORECASE)


def _picture(entry: Mapping[str, Any], bodies: list[str], base: str) -> str | None:
    for address in (*_media(entry), *(source for markup in bodies for source in images_in(markup))):
        picture = absolute_address(address, base)
        if picture:
            return picture
    return None


def _media(entry: Mapping[str, Any]) -> Iterator[str]:
    contents = [media for media in _raw(entry, "media_content") or () if _is_image(media)]
    for media in sorted(contents, key=lambda media: -_size(media.get("width"))):
        yield media["url"]
    for thumbnail in _raw(entry, "media_thumbnail") or ():
        yield str(thumbnail.get("url") or "")
    for link in _raw(entry, "links") or ():
        if link.get("rel") == "enclosure" and str(link.get("type") or "").startswith("image/"):
            yield str(link.get("href") or "")
    image = _raw(entry, "image")
    if isinstance(image, dict):
        yield str(dict.get(image, "href") or "")


def _is_image(media: Mapping[str, Any]) -> bool:
    address = str(media.get("url") or "")
    if not address:
        return False
    declared = media.get("medium") == "image" or str(media.get("type") or "").startswith("image/")
    undeclared = not media.get("medium") and not media.get("type")
    return declared or (undeclared and bool(_IMAGE_NAME.search(address.partition("?")[0])))


def _size(number: Any) -> int:
    digits = str(number or "0").strip()[:6]
    return int(digits) if digits.isdecimal() and digits.isascii() else 0


def images_in(markup: str) -> Iterator[str]:
    """Addresses of the pictures in a piece of HTML, without those that only count readers."""
    for tag in _IMG.findall(markup)[:5]:
        found = _ATTRIBUTE.finditer(tag)
        attributes = {match[1].lower(): html.unescape(match[2] or match[3] or match[4] or "") for match in found}
        tiny = any(attributes.get(side, "") in {"0", "1", "1px", "0px"} for side in ("width", "height"))
        if not tiny and attributes.get("src"):
            yield attributes["src"]
