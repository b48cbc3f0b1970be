"""What was read beside what should be: a list of differences, in words."""

from __future__ import annotations

import html
import re
import unicodedata
from calendar import timegm
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import feedparser
from yarl import URL

from bot.gather.parse import try_feed
from bot.model import Phrase
from tests.corpus.truth import Case, Entry, Truth


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """An entry as a parser read it."""

    title: str
    url: str | None
    published_at: datetime | None
    language: str | None
    """None: not judged, this parser recognises none."""
    summary: str
    picture: str | None
    identity: str
    """Empty: not judged."""
    judges_picture: bool = True


@dataclass(frozen=True, slots=True)
class Read:
    title: str
    language: str | None
    entries: Sequence[ReadEntry]


def by_us(case: Case) -> Read | str:
    feed = try_feed(case.body, case.content_type, case.url)
    if isinstance(feed, Phrase):
        return f"refused: {feed.msgid}"
    return Read(
        feed.title,
        feed.language,
        [
            ReadEntry(one.title, one.url, one.published_at, one.language, one.lede, one.picture, one.identity)
            for one in feed.entries
        ],
    )


def by_feedparser(case: Case) -> Read | str:
    headers = {"content-type": case.content_type, "content-location": case.url}
    try:
        feed = feedparser.parse(BytesIO(case.body), response_headers=headers)
    except Exception as error:
        return f"crashed: {type(error).__name__}"
    declared = _primary(feed.feed.get("language"))
    return Read(_plain(feed.feed, "title"), declared, [_of_feedparser(one, declared) for one in feed.entries])


def _of_feedparser(one: Any, declared: str | None) -> ReadEntry:
    at = one.get("published_parsed") or one.get("updated_parsed") or one.get("created_parsed")
    published = None
    if at and at.tm_year > 1:
        published = datetime.fromtimestamp(timegm(at), UTC)
    own = _primary(one.get("language") or one.get("title_detail", {}).get("language"))
    summary = _plain(one, "summary")
    return ReadEntry(_plain(one, "title"), one.get("link"), published, own or declared, summary, None, "", False)


def _plain(thing: Any, name: str) -> str:
    text: str = thing.get(name) or ""
    if "html" in thing.get(f"{name}_detail", {}).get("type", "") or name == "title":
        text = html.unescape(re.sub(r"</?[a-zA-Z][^>]*>", " " if name == "summary" else "", text))
    return text


def _primary(code: str | None) -> str | None:
    return re.split(r"[-_]", code.strip())[0].lower() or None if code else None


def differences(case: Case, read: Read | str) -> list[str]:
    """Nothing where all is as it should be."""
    if isinstance(read, str):
        return [read]
    truth = case.truth
    found = []
    if truth.title is not None and not same_words(read.title, truth.title):
        found.append(f"feed title {read.title!r}, not {truth.title!r}")
    if read.language != truth.language:
        found.append(f"feed language {read.language}, not {truth.language}")
    found += _counted(truth, read)
    for n, (entry, one) in enumerate(zip(truth.entries, read.entries, strict=False)):
        found += [f"entry {n}: {words}" for words in _of_entry(entry, one)]
    return found


def _counted(truth: Truth, read: Read) -> list[str]:
    found = []
    wanted = len(truth.entries)
    if len(read.entries) not in {wanted, wanted + truth.partial}:
        found.append(f"{len(read.entries)} entries, not {wanted}: {[one.title for one in read.entries]}")
    identities = [one.identity for one in read.entries if one.identity]
    if len(set(identities)) < len(identities):
        found.append("two entries with one identity")
    return found


def _of_entry(entry: Entry, one: ReadEntry) -> list[str]:
    found = []
    if entry.title is None:
        shown = folded(one.title).rstrip("…. ")
        if not shown or not folded(entry.summary or "").startswith(shown):
            found.append(f"title {one.title!r}, not the beginning of {entry.summary!r}")
    elif not same_words(one.title, entry.title):
        found.append(f"title {one.title!r}, not {entry.title!r}")
    if not same_address(one.url, entry.url) and not (entry.url_or and same_address(one.url, entry.url_or)):
        found.append(f"url {one.url!r}, not {entry.url!r}")
    if one.published_at != entry.published_at:
        found.append(f"date {one.published_at}, not {entry.published_at}")
    if one.language is not None and one.language != entry.language:
        found.append(f"language {one.language}, not {entry.language}")
    if entry.title is not None and entry.summary is not None and not same_words(one.summary, entry.summary):
        found.append(f"summary {one.summary!r}, not {entry.summary!r}")
    if one.judges_picture and entry.picture is not None and (one.picture or "") != entry.picture:
        found.append(f"picture {one.picture!r}, not {entry.picture!r}")
    return found


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def same_words(one: str, other: str) -> bool:
    return folded(one) == folded(other)


def same_address(one: str | None, other: str | None) -> bool:
    """However it is percent-encoded."""
    if not one or not other:
        return not one and not other
    try:
        return one == other or URL(one) == URL(other)
    except ValueError:
        return False
