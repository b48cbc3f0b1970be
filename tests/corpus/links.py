"""Damages of links and ids."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape

from tests.corpus.damage import RSS, XML, Damage, names
from tests.corpus.drafts import Draft, Item, element
from tests.corpus.titles import each

ATOM = names("atom")
RSS20 = names("rss20")
Shape = Callable[[Draft], None]


def _linked(written: str, meant: str | None, *, raw: bool = False) -> Shape:
    """``{host}`` and ``{n}`` are filled; Atom has it as an attribute."""

    def shape(draft: Draft) -> None:
        for n, item in enumerate(draft.items):
            text = written.replace("{host}", draft.host).replace("{n}", str(n))
            text = text if raw else escape(text)
            item.tags["link"] = f'<link href="{text}"/>' if draft.family == "atom" else element("link", text)
            item.says(url=meant.replace("{host}", draft.host).replace("{n}", str(n)) if meant else None)

    return shape


def _beside(before: str = "", after: str = "", **changes: str) -> Shape:
    """Other links around the right one."""

    def shape(draft: Draft) -> None:
        for item in draft.items:
            item.tags["link"] = before + item.tags["link"] + after
            if changes:
                item.says(**changes)

    return shape


def _instead(markup: str, *, guid: str | None = None) -> Shape:
    """``{}`` is the address."""

    def shape(draft: Draft) -> None:
        for item in draft.items:
            assert item.truth.url is not None
            item.tags["link"] = markup.replace("{}", item.truth.url)
            if guid is not None:
                item.tags["guid"] = guid.replace("{}", item.truth.url)

    return shape


def _based(root: str, entry: str, link: str) -> Shape:
    def shape(draft: Draft) -> None:
        draft.root_attributes += f' xml:base="{root.replace("{host}", draft.host)}"' if root else ""
        for n, item in enumerate(draft.items):
            item.attributes += f' xml:base="{entry}"' if entry else ""
            text = link.replace("{n}", str(n))
            item.tags["link"] = f'<link href="{text}"/>' if draft.family == "atom" else element("link", text)

    return shape


def _based_link(draft: Draft) -> None:
    for n, item in enumerate(draft.items):
        item.tags["link"] = f'<link xml:base="https://{draft.host}/news/" href="{n}"/>'


def _elsewhere(draft: Draft) -> None:
    """A base on another host than the feed's."""
    draft.root_attributes += f' xml:base="https://www.{draft.host}/a/"'
    for n, item in enumerate(draft.items):
        text = f"../b/{n}"
        item.tags["link"] = f'<link href="{text}"/>' if draft.family == "atom" else element("link", text)
        item.says(url=f"https://www.{draft.host}/b/{n}")


def _feedburner(draft: Draft) -> None:
    for n, item in enumerate(draft.items):
        assert item.truth.url is not None
        proxy = f"https://proxy.example/~r/feed/{n}"
        item.tags["link"] = item.tags["link"].replace(item.truth.url, proxy)
        item.tags["more"] += element("feedburner:origLink", item.truth.url)
        item.says(url_or=proxy)


def _no_link(draft: Draft) -> None:
    for item in draft.items:
        item.tags["link"] = ""
        item.attributes = ""
        item.says(url=None)


@each
def _guid_is_no_link(draft: Draft, item: Item) -> None:
    item.tags["guid"] = element("guid", f"https://{draft.host}/?p=7", ' isPermaLink="false"')
    item.tags["link"] = ""
    item.says(url=None)


@each
def _permalink_beside(draft: Draft, item: Item) -> None:
    item.tags["guid"] = element("guid", "https://g.example/permalink", ' isPermaLink="true"')


def _guid(markup: str) -> Shape:
    def shape(draft: Draft) -> None:
        for item in draft.items:
            item.tags["guid"] = markup

    return shape


def _guid_same(draft: Draft) -> None:
    markup = "<id>1</id>" if draft.family == "atom" else '<guid isPermaLink="false">1</guid>'
    _guid(markup)(draft)


def _repeated(draft: Draft) -> None:
    """The list of entries that should be read stays: see `repeated` in the case's making."""
    again = draft.items[1]
    more = "\n".join(tag for tag in again.tags.values() if tag)
    name = draft.form.item
    draft.items[1].tags["more"] += f"\n</{name}>\n<{name}{again.attributes}>\n{more}"


def _same_link(draft: Draft) -> None:
    """A publisher whose items all lead to the front page."""
    _linked("https://{host}/front", "https://{host}/front")(draft)


def _no_about(draft: Draft) -> None:
    for item in draft.items:
        item.attributes = ""


def _about_only(draft: Draft) -> None:
    for item in draft.items:
        item.tags["link"] = ""


def link(
    name: str,
    shape: Shape,
    families: frozenset[str] = XML,
    *,
    formats: frozenset[str] = frozenset(),
    unsure: str = "",
    kind: str = "link",
) -> Damage:
    return Damage(name, kind, shape, families=families, formats=formats, unsure=unsure)


SELF = '<atom:link rel="self" type="application/rss+xml" href="https://w.example/feed.xml"/>'
OTHERS = (
    '<link rel="self" href="https://w.example/self"/><link rel="edit" href="https://w.example/edit"/>'
    '<link rel="enclosure" type="audio/mpeg" length="9" href="https://w.example/a.mp3"/>'
    '<link rel="related" href="https://w.example/related"/><link rel="replies" href="https://w.example/replies"/>'
    '<link rel="via" href="https://w.example/via"/>'
)

_LINKS = (
    link("link-relative-to-the-host", _linked("/news/{n}", "https://{host}/news/{n}")),
    link("link-relative-to-the-feed", _linked("../news/{n}", "https://{host}/news/{n}")),
    link("link-without-scheme", _linked("//{host}/news/{n}", "https://{host}/news/{n}")),
    link("link-in-blank-space", _linked("\n   https://{host}/news/{n}\n\t", "https://{host}/news/{n}")),
    link("link-query", _linked("https://{host}/n?a=1&id={n}", "https://{host}/n?a=1&id={n}")),
    link("link-bare-ampersand", _linked("https://{host}/n?a=1&id={n}", "https://{host}/n?a=1&id={n}", raw=True)),
    link(
        "link-ampersand-like-an-entity",
        _linked("https://{host}/n?a=1&copy=2&lang=x&id={n}", "https://{host}/n?a=1&copy=2&lang=x&id={n}", raw=True),
    ),
    link(
        "link-tracking-and-fragment",
        _linked("https://{host}/{n}?utm_source=rss#top", "https://{host}/{n}?utm_source=rss#top"),
        unsure="as published; cleaning is for comparing, not for showing",
    ),
    link(
        "link-percent-encoded", _linked("https://{host}/%E2%82%AC/{n}?q=a%2Cb", "https://{host}/%E2%82%AC/{n}?q=a%2Cb")
    ),
    link("link-not-encoded", _linked("https://{host}/größe/{n}", "https://{host}/größe/{n}")),
    link("link-blank-inside", _linked("https://{host}/a b/{n}", "https://{host}/a%20b/{n}")),
    link("link-javascript", _linked("javascript:alert({n})", None)),
    link("link-data", _linked("data:text/html,<b>{n}</b>", None)),
    link("link-mail", _linked("mailto:desk@{host}", None), unsure="a mail address is a link, but no page to read"),
    link("link-no-address", _linked("http://", None), unsure="the feed's own address would be the worst answer"),
    link("link-cdata", _instead("<link><![CDATA[ {} ]]></link>"), RSS),
    link("link-as-attribute", _instead('<link href="{}"/>'), RSS),
    link("link-as-attribute-of-an-empty-one", _instead('<link href="{}"></link>'), RSS),
    link("link-of-atom-as-text", _instead("<link>{}</link>"), ATOM),
    link("link-without-rel", _instead('<link href="{}"/>'), ATOM),
    link("link-rel-in-capitals", _instead('<link rel="Alternate" href="{}"/>'), ATOM),
    link(
        "link-rel-as-address",
        _instead('<link rel="http://www.iana.org/assignments/relation/alternate" href="{}"/>'),
        ATOM,
    ),
    link("link-among-others-after", _beside(OTHERS), ATOM),
    link("link-among-others-before", _beside("", OTHERS), ATOM),
    link(
        "link-alternate-of-other-types",
        _beside('<link rel="alternate" type="application/pdf" href="https://w.example/x.pdf"/>'),
        ATOM,
    ),
    link("link-atom-self-before", _beside(SELF), RSS),
    link("link-atom-self-after", _beside("", SELF), RSS),
    link(
        "link-atom-enclosure-before",
        _beside('<atom:link rel="enclosure" type="image/png" href="https://w.example/x.png"/>'),
        RSS,
    ),
    link("link-atom-replies-after", _beside("", '<atom:link rel="replies" href="https://w.example/replies"/>'), RSS),
    link("link-atom-only", _instead(f'{SELF}<atom:link rel="alternate" href="{{}}"/>'), RSS),
    link(
        "link-unbound-self-after",
        _beside("", '<atom10:link xmlns:atom10="http://www.w3.org/2005/Atom" rel="self" href="https://w.example/"/>'),
        RSS,
    ),
    link(
        "link-comments-beside",
        _beside("<comments>https://w.example/c</comments><wfw:commentRss>https://w.example/r</wfw:commentRss>"),
        RSS,
    ),
    link(
        "link-of-feedburner",
        _feedburner,
        unsure="the address published (a proxy's) and the original are both taken for right",
    ),
    link("link-missing", _no_link),
    link("link-in-guid", _instead("", guid="<guid>{}</guid>"), formats=RSS20),
    link("link-in-guid-permalink", _instead("", guid='<guid isPermaLink="true">{}</guid>'), formats=RSS20),
    link("link-empty-and-in-guid", _instead("<link></link>", guid="<guid>{}</guid>"), formats=RSS20),
    link("link-in-guid-with-odd-attribute", _instead("", guid='<guid isPermaLink="True">{}</guid>'), formats=RSS20),
    link(
        "link-not-in-guid",
        _guid_is_no_link,
        formats=RSS20,
        unsure="the address may lead there all the same, the feed says that it doesn't",
    ),
    link(
        "link-and-permalink",
        _permalink_beside,
        formats=RSS20,
        unsure="link is what the item is about; permalink is its own page",
    ),
    link(
        "link-in-about",
        _about_only,
        names("rdf"),
        unsure="rdf:about should equal the link; the specification asks for link",
    ),
    link("about-missing", _no_about, names("rdf"), kind="guid"),
    link("base-of-the-root", _based("https://{host}/news/", "", "{n}")),
    link("base-of-the-entry", _based("https://{host}/", "news/", "{n}")),
    link("base-of-the-link", _based_link, ATOM),
    link("base-elsewhere", _elsewhere),
    link("link-same-for-all", _same_link),
    link("guid-missing", _guid(""), formats=names("rss20", "atom10", "atom03"), kind="guid"),
    link("guid-empty", _guid("<guid></guid>"), formats=RSS20, kind="guid"),
    link(
        "guid-same-for-all",
        _guid_same,
        formats=names("rss20", "atom10", "atom03"),
        kind="guid",
        unsure="by the letter one entry edited four times; a person sees four",
    ),
    link("entry-repeated", _repeated, kind="structure"),
)


def _without_about(damage: Damage) -> Damage:
    """RDF says an item's address twice: where the link is damaged, rdf:about must not give it away."""
    if damage.kind != "link" or damage.shape is None or damage.name in {"link-in-about", "link-of-feedburner"}:
        return damage
    inner = damage.shape

    def shape(draft: Draft) -> None:
        inner(draft)
        for item in draft.items if draft.family == "rdf" else ():
            item.attributes = re.sub(r' rdf:about="[^"]*"', "", item.attributes)

    return replace(damage, shape=shape)


LINKS = tuple(_without_about(damage) for damage in _LINKS)
