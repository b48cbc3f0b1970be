"""Damages of titles: each changes the titles of all items."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from tests.corpus.damage import RSS, XML, Damage, names
from tests.corpus.drafts import Draft, Item, element

HTML_TITLE = {"atom10": ' type="html"', "atom03": ' type="text/html" mode="escaped"'}
"""How Atom says that a title is escaped HTML; RSS leaves it open, and everybody reads it as HTML."""


def each(change: Callable[[Draft, Item], None]) -> Callable[[Draft], None]:
    def shape(draft: Draft) -> None:
        for item in draft.items:
            change(draft, item)

    return shape


def retitled(markup: str, text: str, *, html: bool = False) -> Callable[[Draft], None]:
    """``{}`` is the title as it was: escaped in the markup, plain in the text."""

    def change(draft: Draft, item: Item) -> None:
        attributes = HTML_TITLE.get(draft.form.name, "") if html else ""
        item.tags["title"] = element("title", markup.replace("{}", escape(item.title, quote=False)), attributes)
        item.says(title=text.replace("{}", item.title))

    return each(change)


def _references(spelling: str) -> Callable[[Draft], None]:
    def change(draft: Draft, item: Item) -> None:
        item.tags["title"] = element("title", "".join(spelling.format(ord(sign)) for sign in item.title))

    return each(change)


@each
def _xhtml(draft: Draft, item: Item) -> None:
    kind = ' type="application/xhtml+xml" mode="xml"' if draft.form.name == "atom03" else ' type="xhtml"'
    inside = f'<div xmlns="http://www.w3.org/1999/xhtml"><em>{escape(item.title)}</em> &amp; <b>more</b></div>'
    item.tags["title"] = element("title", inside, kind)
    item.says(title=f"{item.title} & more")


@each
def _missing(draft: Draft, item: Item) -> None:
    item.tags["title"] = ""
    item.says(title=None)


@each
def _empty(draft: Draft, item: Item) -> None:
    item.tags["title"] = "<title/>"
    item.says(title=None)


@each
def _media_title_before(draft: Draft, item: Item) -> None:
    item.tags["title"] = "<media:title>Picture 7</media:title>" + item.tags["title"]


@each
def _unclosed(draft: Draft, item: Item) -> None:
    item.tags["title"] = item.tags["title"].removesuffix("</title>")


@each
def _words_in_unknown_elements(draft: Draft, item: Item) -> None:
    unknown = '<x:box xmlns:x="https://x.example/ns"><x:title>No</x:title><x:link>https://x.example/</x:link></x:box>'
    item.tags["title"] = unknown + item.tags["title"]


def _json(markup: str, text: str) -> Callable[[Draft], None]:
    def change(draft: Draft, item: Item) -> None:
        item.values["title"] = markup.replace("{}", item.title)
        item.says(title=text.replace("{}", item.title))

    return each(change)


def _json_missing(draft: Draft) -> None:
    for item in draft.items:
        del item.values["title"]
        item.says(title=None)


PLAIN_OF_RDF = "RSS 1.0 calls a title plain text; in practice it holds what RSS 2.0's does"


def title(name: str, shape: Callable[[Draft], None], families: frozenset[str] = XML, unsure: str = "") -> Damage:
    return Damage(f"title-{name}", "title", shape, families=families, unsure=unsure)


JSON = names("json")
ATOM = names("atom")

TITLES = (
    title("bare-ampersand", retitled("{} & Tom", "{} & Tom")),
    title("bare-ampersand-in-a-word", retitled("AT&T: {}", "AT&T: {}")),
    title("bare-ampersand-before-a-semicolon", retitled("Q&A; {}", "Q&A; {}")),
    title("bare-less-than", retitled("5 < 6: {}", "5 < 6: {}")),
    title("html-entities", retitled("Caf&eacute;&nbsp;{}&hellip; &mdash; &euro;", "Café {}… — €")),
    title("html-apostrophe", retitled("It&rsquo;s &ldquo;{}&rdquo;", "It’s “{}”")),
    title("numeric-references", _references("&#{};")),
    title("hexadecimal-references", _references("&#x{:X};")),
    title(
        "windows-references",
        retitled("It&#146;s &#147;{}&#148;", "It’s “{}”"),
        unsure="U+0092 is legal in XML 1.0; HTML's rule makes it ’",
    ),
    title(
        "surrogate-references",
        retitled("{} &#55357;&#56960;", "{} 🚀"),
        unsure="a pair of surrogates isn't a character in XML; a person sees which one was meant",
    ),
    title("emoji", retitled("🚀 {}", "🚀 {}")),
    title("control-characters", retitled("\x0b {} \x08 end\x1f", "{} end")),
    title("nul", retitled("{} \x00 end", "{} end")),
    title(
        "control-references",
        retitled("&#11; {} &#0; &#x1F; end", "{} end"),
        unsure="U+FFFD in their place would be HTML's way; a person sees nothing there",
    ),
    title(
        "impossible-references",
        retitled("&#x110000; {} &#xFFFFFFFF; end", "{} end"),
        unsure="U+FFFD in its place would also do",
    ),
    title("line-breaks", retitled("\n\t\t  {}\r\n  and \t more \n", "{} and more")),
    title("cdata", retitled("<![CDATA[{} & <3]]>", "{} & <3")),
    title("cdata-and-text", retitled("Now <![CDATA[& here]]>: {}", "Now & here: {}")),
    title("cdata-split", retitled("<![CDATA[a ]]]]><![CDATA[> b]]> {}", "a ]]> b {}")),
    title("cdata-html", retitled("<![CDATA[<b>{}</b> now]]>", "{} now", html=True), unsure=PLAIN_OF_RDF),
    title(
        "cdata-entities",
        retitled("<![CDATA[{} &amp; Caf&eacute; &#8217;]]>", "{} & Café ’", html=True),
        unsure=PLAIN_OF_RDF,
    ),
    title("double-escaped", retitled("{} &amp;amp; Tom &amp;#8217;", "{} & Tom ’", html=True), unsure=PLAIN_OF_RDF),
    title(
        "escaped-html",
        retitled("&lt;strong&gt;{}&lt;/strong&gt; &lt;i&gt;now&lt;/i&gt;", "{} now", html=True),
        unsure=PLAIN_OF_RDF,
    ),
    title("escaped-script", retitled("{}&lt;script&gt;alert(1)&lt;/script&gt;", "{}", html=True), unsure=PLAIN_OF_RDF),
    title("escaped-comment", retitled("{}&lt;!-- hidden --&gt; now", "{} now", html=True), unsure=PLAIN_OF_RDF),
    title("angle-words", retitled("{} in List&amp;lt;int&amp;gt;", "{} in List<int>", html=True), unsure=PLAIN_OF_RDF),
    title("plain-is-plain", retitled("&lt;b&gt; &amp;amp; {}", "<b> &amp; {}"), ATOM),
    title("inline-html", retitled("<b>{}</b> <i>now</i>", "{} now")),
    title("misnested-html", retitled("<b><i>{}</b></i> now", "{} now")),
    title("unclosed-inline-html", retitled("<b>{} now", "{} now")),
    title("line-break-element", retitled("{}: <br>now", "{}: now")),
    title("xhtml", _xhtml, ATOM),
    title("missing", _missing),
    title("empty", _empty),
    title("unclosed", _unclosed),
    title("media-title-before", _media_title_before),
    title("unknown-elements-before", _words_in_unknown_elements),
    title("json-plain-is-plain", _json("<b> &amp; {}", "<b> &amp; {}"), JSON),
    title("json-line-breaks", _json(" \n{}\t now ", "{} now"), JSON),
    title("json-control-characters", _json("{} \x00 \x0b now", "{} now"), JSON),
    title("json-emoji", _json("🚀 {}", "🚀 {}"), JSON),
    title("json-missing", _json_missing, JSON),
)

assert all(damage.families <= RSS | ATOM | JSON for damage in TITLES)
