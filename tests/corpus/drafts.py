"""A feed on its way to bytes: what it says, the markup that says it, and what a reader should read in the end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any

from tests.corpus.truth import Entry, Truth
from tests.corpus.words import FEED_TITLES, NEWS

DATES = (
    datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC),
    datetime(2026, 10, 17, 21, 5, 0, tzinfo=UTC),
    datetime(2026, 5, 28, 6, 40, 10, tzinfo=UTC),
    datetime(2026, 3, 13, 15, 0, 0, tzinfo=UTC),
)

ITEM = "\ue000"
"""Marks in the text where an item begins; taken out before it becomes bytes."""

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "atom": "http://www.w3.org/2005/Atom",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class Format:
    """How a format names things."""

    name: str
    family: str
    """rss, rdf, atom or json."""
    content_type: str
    version: str = ""
    date: str = ""
    """The element of an item's date; empty where the format has none."""
    summary: str = "description"
    guid: str = ""
    namespace: str = ""
    """The default one."""
    has_language: bool = True

    @property
    def item(self) -> str:
        return "entry" if self.family == "atom" else "item"


FORMATS = (
    Format("rss20", "rss", "application/rss+xml", "2.0", "pubDate", guid="guid"),
    Format("rss092", "rss", "text/xml", "0.92"),
    Format("rss091", "rss", "application/xml", "0.91"),
    Format("rss10", "rdf", "application/rdf+xml", date="dc:date", namespace="http://purl.org/rss/1.0/"),
    Format(
        "rss090", "rdf", "text/xml", summary="", namespace="http://my.netscape.com/rdf/simple/0.9/", has_language=False
    ),
    Format("atom10", "atom", "application/atom+xml", date="published", summary="summary", guid="id", namespace=ATOM),
    Format("atom03", "atom", "application/atom+xml", "0.3", "issued", "summary", "id", "http://purl.org/atom/ns#"),
    Format("json10", "json", "application/json", "1", has_language=False),
    Format("json11", "json", "application/feed+json", "1.1"),
)


@dataclass
class Item:
    """One item: its truth, and the markup of its parts in their order (for JSON: its values)."""

    truth: Entry
    tags: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    attributes: str = ""

    def says(self, **changes: Any) -> None:
        self.truth = replace(self.truth, **changes)

    @property
    def title(self) -> str:
        assert self.truth.title is not None
        return self.truth.title


@dataclass
class Draft:
    """A feed that damages change."""

    form: Format
    language: str
    title: str | None
    declared: str | None
    """The primary subtag of the language that it declares."""
    items: list[Item]
    head: dict[str, str]
    values: dict[str, Any]
    host: str
    namespaces: dict[str, str] = field(default_factory=lambda: dict(NAMESPACES))
    default_namespace: str = ""
    root_attributes: str = ""
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>\n'
    doctype: str = ""
    layout: str = ""
    """inside-out, two-channels, head-last, or as the format has it."""
    charset: str = ""
    """What the server says."""
    partial: bool = False

    @property
    def family(self) -> str:
        return self.form.family

    @property
    def url(self) -> str:
        return f"https://{self.host}/feeds/main.xml"

    @property
    def content_type(self) -> str:
        return self.form.content_type + (f"; charset={self.charset}" if self.charset else "")

    @property
    def truth(self) -> Truth:
        return Truth(self.title, self.declared, tuple(item.truth for item in self.items), self.partial)


def element(name: str, inside: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{inside}</{name}>"


def spelt(form: Format, at: datetime) -> str:
    """A date as the format wants it."""
    return format_datetime(at, usegmt=True) if form.date == "pubDate" else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def begin(form: Format, language: str) -> Draft:
    """A whole feed of that format in that language."""
    host = f"{language}.{form.name}.example"
    title = FEED_TITLES[language]
    items = [_item(form, language, host, n) for n in range(len(DATES))]
    head = {"title": element("title", escape(title)), "link": _link(form, f"https://{host}/"), "language": ""}
    if form.family == "rss":
        head["language"] = element("language", language)
        head["about"] = element("description", "-") + element("generator", "A &amp; B")
    elif form.family == "rdf":
        head["language"] = element("dc:language", language) if form.has_language else ""
        head["about"] = element("description", "-")
    else:
        head["about"] = element("id", f"tag:{host},2026:feed") + element("updated", "2026-11-22T11:00:00Z")
    values: dict[str, Any] = {}
    if form.family == "json":
        values = {
            "version": f"https://jsonfeed.org/version/{form.version}",
            "title": title,
            "home_page_url": f"https://{host}/",
        }
        if form.has_language:
            values["language"] = language
    return Draft(
        form=form,
        language=language,
        title=title,
        declared=language if form.has_language else None,
        items=items,
        head=head,
        values=values,
        host=host,
        default_namespace=form.namespace,
        root_attributes=f' xml:lang="{language}"' if form.family == "atom" else "",
    )


def _item(form: Format, language: str, host: str, n: int) -> Item:
    title, summary = NEWS[language][n]
    url = f"https://{host}/news/{n}"
    at = DATES[n]
    if form.family == "json":
        values = {"id": f"j-{n}", "url": url, "title": title, "content_html": f"<p>{escape(summary)}</p>"}
        values["date_published"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return Item(Entry(title, url, at, language, summary), {}, values)
    truth = Entry(title, url, at if form.date else None, language, summary if form.summary else "")
    tags = {"title": element("title", escape(title, quote=False)), "link": _link(form, url)}
    tags["guid"] = _guid(form, f"tag:{host},2026:{n}")
    tags["date"] = element(form.date, spelt(form, at)) if form.date else ""
    if form.family == "atom":
        tags["date"] += element("updated" if form.name == "atom10" else "modified", "2026-11-23T00:00:00Z")
    tags["summary"] = element(form.summary, escape(summary, quote=False)) if form.summary else ""
    tags["more"] = ""
    return Item(truth, tags, attributes=f' rdf:about="{url}"' if form.family == "rdf" else "")


def _link(form: Format, url: str) -> str:
    if form.family == "atom":
        return f'<link rel="alternate" type="text/html" href="{escape(url)}"/>'
    return element("link", escape(url))


def _guid(form: Format, guid: str) -> str:
    if not form.guid:
        return ""
    return element(form.guid, guid, ' isPermaLink="false"' if form.guid == "guid" else "")


def write(draft: Draft) -> str:
    """The feed as text, with a mark where each item begins."""
    if draft.family == "json":
        feed = draft.values | {"items": [item.values for item in draft.items]}
        return json.dumps(feed, ensure_ascii=False, indent=1)
    name = draft.form.item
    items = [
        f"{ITEM}<{name}{item.attributes}>\n" + "\n".join(tag for tag in item.tags.values() if tag) + f"\n</{name}>\n"
        for item in draft.items
    ]
    return draft.declaration + draft.doctype + _document(draft, "\n".join(draft.head.values()) + "\n", items)


def _document(draft: Draft, head: str, items: list[str]) -> str:
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in draft.namespaces.items())
    spaces += f' xmlns="{draft.default_namespace}"' if draft.default_namespace else ""
    version = f' version="{draft.form.version}"' if draft.form.version else ""
    inside = "".join(items) + head if draft.layout == "head-last" else head + "".join(items)
    match draft.family:
        case "atom":
            return f"<feed{version}{spaces}{draft.root_attributes}>\n{inside}</feed>\n"
        case "rdf":
            about = f' rdf:about="https://{draft.host}/"'
            spaces += f' xmlns:rdf="{RDF}"' if draft.namespaces else ""
            channel = (
                f"<channel{about}>\n{inside}</channel>\n"
                if draft.layout == "inside-out"
                else (f"<channel{about}>\n{head}</channel>\n{''.join(items)}")
            )
            return f"<rdf:RDF{spaces}{draft.root_attributes}>\n{channel}</rdf:RDF>\n"
        case _:
            channel = f"<channel>\n{inside}</channel>\n"
            if draft.layout == "inside-out":
                channel = f"<channel>\n{head}</channel>\n{''.join(items)}"
            elif draft.layout == "two-channels":
                second = element("title", "Another") + "".join(items[2:])
                channel = f"<channel>\n{head}{''.join(items[:2])}</channel>\n<channel>{second}</channel>\n"
            return f"<rss{version}{spaces}{draft.root_attributes}>\n{channel}</rss>\n"
