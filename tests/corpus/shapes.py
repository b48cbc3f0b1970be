"""Damages of the feed's build: order, nesting, names, namespaces, tags."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.corpus.damage import RSS, XML, Damage, Shape, Text, names, needs
from tests.corpus.drafts import ITEM, Draft, Item, element
from tests.corpus.titles import each

ATOM = names("atom")
RDF = names("rdf")
PLAIN_RSS = names("rss")
_TAG = re.compile(r"(</?)([A-Za-z][\w.-]*)(?=[\s/>])")


def _layout(name: str) -> Shape:
    def shape(draft: Draft) -> None:
        draft.layout = name

    return shape


def _head(before: str = "", after: str = "") -> Shape:
    def shape(draft: Draft) -> None:
        draft.head = {"before": before, **draft.head, "after": after}

    return shape


def _items(before: str = "", after: str = "") -> Shape:
    @each
    def shape(draft: Draft, item: Item) -> None:
        item.tags = {"before": before, **item.tags, "after": after}

    return shape


def _captioned(markup: str) -> Shape:
    """Where the item says nothing itself, a caption may stand for it: see summary-media-description."""

    def shape(draft: Draft) -> None:
        _items(markup)(draft)
        for item in draft.items:
            item.says(summary=item.truth.summary or None)

    return shape


def _root(attributes: str) -> Shape:
    def shape(draft: Draft) -> None:
        draft.root_attributes += attributes

    return shape


def _namespace(uri: str) -> Shape:
    def shape(draft: Draft) -> None:
        draft.default_namespace = uri

    return shape


def _unbound(draft: Draft) -> None:
    draft.namespaces.clear()
    draft.default_namespace = draft.default_namespace if draft.family == "atom" else ""


def _other_uris(draft: Draft) -> None:
    changes = {
        "media": "http://search.yahoo.com/mrss",
        "content": "http://purl.org/rss/1.0/modules/content",
        "dc": "http://purl.org/dc/elements/1.0/",
    }
    draft.namespaces |= changes


def _renamed(draft: Draft, text: str) -> str:
    """Prefixes mean nothing by themselves: other ones, bound to the same."""
    for n, prefix in enumerate([*draft.namespaces, "rdf"]):
        text = re.sub(rf"(?<=[</\s]){prefix}(?=:[A-Za-z])|(?<=xmlns:){prefix}(?==)", f"n{n}", text)
    return text


def _prefixed(draft: Draft, text: str) -> str:
    """The format's own elements with a prefix."""
    needs(
        draft.default_namespace
        and "<div" not in text
        and "<b" not in text
        and "<i" not in text.replace("<item", "").replace("<id", "").replace("<issued", "")
    )
    text = text.replace(f'xmlns="{draft.default_namespace}"', f'xmlns:own="{draft.default_namespace}"')
    return _TAG.sub(lambda match: f"{match[1]}own:{match[2]}", text)


def _recased(change: Callable[[str], str]) -> Text:
    return lambda draft, text: re.sub(
        r"(</?)([A-Za-z][\w.:-]*)(?=[\s/>])", lambda match: match[1] + change(match[2]), text
    )


def _first_letter(name: str) -> str:
    prefix, colon, local = name.rpartition(":")
    return prefix + colon + local[:1].upper() + local[1:]


def _substituted(pattern: str, by: str) -> Text:
    def change(draft: Draft, text: str) -> str:
        changed = re.sub(pattern, by, text)
        needs(changed != text)
        return changed

    return change


def _no_end_of_items(draft: Draft, text: str) -> str:
    return text.replace(f"</{draft.form.item}>", "")


def _no_end(draft: Draft, text: str) -> str:
    """After the last item nothing is closed any more."""
    end = f"</{draft.form.item}>"
    return text[: text.rindex(end) + len(end)]


def _without_head(draft: Draft) -> None:
    draft.head = {name: tag for name, tag in draft.head.items() if name == "language"}
    draft.title = None


def _headed(title: str, meant: str) -> Shape:
    def shape(draft: Draft) -> None:
        assert draft.title is not None
        draft.head["title"] = element("title", title.replace("{}", draft.title))
        draft.title = meant.replace("{}", draft.title)

    return shape


def shaped(
    name: str,
    shape: Shape | None = None,
    families: frozenset[str] = XML,
    *,
    text: Text | None = None,
    formats: frozenset[str] = frozenset(),
    unsure: str = "",
    kind: str = "structure",
) -> Damage:
    return Damage(name, kind, shape, text, families=families, formats=formats, unsure=unsure)


IMAGE = "<image><title>Not the title</title><url>https://w.example/i.png</url><link>https://w.example/</link></image>"
INPUT = "<textInput><title>Search</title><description>No</description><name>q</name><link>https://w.example/s</link></textInput>"
SOURCE = (
    "<source><id>tag:w.example,2026:s</id><title>Where it came from</title><updated>2001-01-01T00:00:00Z</updated>"
    '<link rel="alternate" href="https://w.example/"/><published>2001-01-01T00:00:00Z</published>'
    "<summary>No</summary></source>"
)
PEOPLE = (
    "<author><name>A. Reporter</name><uri>https://w.example/a</uri><email>a@w.example</email></author>"
    "<contributor><name>B.</name></contributor><rights>None</rights>"
)
MORE = (
    "<dc:creator><![CDATA[A. Reporter]]></dc:creator><category><![CDATA[Town]]></category>"
    "<slash:comments>3</slash:comments><wfw:commentRss>https://w.example/c</wfw:commentRss>"
    '<media:credit role="a">B</media:credit><itunes:author>C</itunes:author><dc:title>Not this</dc:title>'
)
PHANTOM = "<!-- <item><title>Not an item</title></item> <entry><title>Nor this</title></entry> -->"

SHAPES = (
    shaped("items-beside-the-channel", _layout("inside-out"), PLAIN_RSS),
    shaped("items-inside-the-channel", _layout("inside-out"), RDF),
    shaped("two-channels", _layout("two-channels"), PLAIN_RSS),
    shaped("head-after-the-items", _layout("head-last"), PLAIN_RSS | ATOM),
    shaped("head-missing", _without_head),
    shaped(
        "feed-title-escaped",
        _headed("&lt;b&gt;{}&lt;/b&gt; &amp;amp; Co", "{} & Co"),
        RSS,
        unsure="RSS 1.0 calls a title plain text; in practice it holds what RSS 2.0's does",
    ),
    shaped("feed-title-cdata", _headed("<![CDATA[{} & Co]]>", "{} & Co")),
    shaped("image-before-the-title", _head(IMAGE), RSS),
    shaped("image-and-input-after", _head("", IMAGE + INPUT), RSS),
    shaped(
        "image-and-input-of-rdf",
        text=_substituted("</channel>", f"</channel>{IMAGE}{INPUT.replace('textInput', 'textinput')}"),
        families=RDF,
    ),
    shaped(
        "seq-of-rdf", _head("", '<items><rdf:Seq><rdf:li rdf:resource="https://w.example/1"/></rdf:Seq></items>'), RDF
    ),
    shaped(
        "atom-self-in-the-head",
        _head(
            '<atom:link rel="self" href="https://w.example/feed"/><atom:link rel="hub" href="https://hub.example/"/>'
        ),
        RSS,
    ),
    shaped(
        "itunes-head",
        _head(
            "<itunes:owner><itunes:name>N</itunes:name></itunes:owner>"
            '<itunes:image href="https://w.example/i.png"/>'
            "<media:thumbnail url='https://w.example/t.png'/>"
        ),
        PLAIN_RSS,
    ),
    shaped("source-before", _items(SOURCE), ATOM),
    shaped("source-after", _items("", SOURCE), ATOM),
    shaped("source-of-rss", _items('<source url="https://w.example/feed">Where it came from</source>'), PLAIN_RSS),
    shaped("source-of-atom-in-rss", _items(SOURCE.replace("<", "<atom:").replace("<atom:/", "</atom:")), PLAIN_RSS),
    shaped("people", _items(PEOPLE, PEOPLE), ATOM),
    shaped("people-of-the-feed", _head(PEOPLE, "<subtitle>Sub</subtitle><logo>/l.png</logo>"), ATOM),
    shaped("more-modules", _items(MORE, MORE), RSS),
    shaped(
        "media-group-with-title",
        _captioned(
            "<media:group><media:title>No</media:title><media:description>No</media:description>"
            '<media:content url="https://w.example/v.mp4" type="video/mp4"/></media:group>'
        ),
        unsure="not judged where the caption is all the words that there are",
    ),
    shaped(
        "media-content-with-description",
        _items(
            '<media:content url="https://w.example/p.jpg" medium="image">'
            "<media:description>No</media:description><media:title>No</media:title>"
            "</media:content>"
        ),
    ),
    shaped("comments-of-xml", _items("<!-- a note -->", "<!-- & another < -->")),
    shaped("comment-with-an-item", text=_substituted(ITEM, PHANTOM + ITEM)),
    shaped("comment-with-hyphens", _items("<!-- a -- b --- c -->")),
    shaped("processing-instructions", _items("<?php-was here?>", "<?x y?>")),
    shaped("stray-text", text=_substituted(ITEM, "stray &amp; text " + ITEM)),
    shaped("stray-end-tags", _items("</p></div>")),
    shaped("stray-breaks", _items("<br>", "<br/>")),
    shaped("items-not-closed", text=_no_end_of_items, families=PLAIN_RSS | RDF),
    shaped("entries-not-closed", text=_no_end_of_items, families=ATOM),
    shaped("ends-missing", text=_no_end),
    shaped(
        "root-closed-before-the-channel",
        text=_substituted("</channel>\n</rss>", "</rss></channel>"),
        families=PLAIN_RSS,
    ),
    shaped("item-closed-twice", text=_substituted("</(item|entry)>", r"</\1></\1>")),
    shaped("summary-not-closed", text=_substituted("</description>(?=\n</item>)", ""), families=RSS),
    shaped("attributes-unquoted", text=_substituted(r'(rel|isPermaLink|version|type)="(\w+)"', r"\1=\2")),
    shaped("attributes-in-apostrophes", text=_substituted(r'="([^"<>]*)"', r"='\1'")),
    shaped("attribute-twice", text=_substituted(r"<(item|entry)\b", r'<\1 class="a" class="b"')),
    shaped("attribute-with-bare-signs", text=_substituted(r"<(item|entry)\b", r'<\1 note="a & b < c"')),
    shaped("attribute-without-value", text=_substituted(r"<(item|entry)\b", r"<\1 featured")),
    shaped("elements-in-capitals", text=_recased(str.upper), kind="names"),
    shaped("elements-with-capital-letter", text=_recased(_first_letter), kind="names"),
    shaped("elements-in-small-letters", text=_recased(str.lower), kind="names", formats=names("rss20", "rss10")),
    shaped("blank-space-in-tags", text=_substituted(r"<(/?[a-zA-Z:]+)>", r"<\1 >"), kind="names"),
    shaped("namespaces-unbound", _unbound, kind="names"),
    shaped("namespaces-almost-right", _other_uris, kind="names", families=RSS),
    shaped("prefixes-renamed", text=_renamed, kind="names"),
    shaped("own-elements-prefixed", text=_prefixed, kind="names", formats=names("rss10", "rss090", "atom10", "atom03")),
    shaped("rss-in-a-namespace", _namespace("http://backend.userland.com/rss2"), PLAIN_RSS, kind="names"),
    shaped("rss-in-the-namespace-of-rss10", _namespace("http://purl.org/rss/1.0/"), PLAIN_RSS, kind="names"),
    shaped("rss-in-the-namespace-of-atom", _namespace("http://www.w3.org/2005/Atom"), PLAIN_RSS, kind="names"),
    shaped("rss-in-an-unknown-namespace", _namespace("https://w.example/ns"), PLAIN_RSS, kind="names"),
    shaped("atom-without-namespace", _namespace(""), ATOM, kind="names"),
    shaped("atom-namespace-with-slash", _namespace("http://www.w3.org/2005/Atom/"), ATOM, kind="names"),
    shaped("atom-namespace-in-small-letters", _namespace("http://www.w3.org/2005/atom"), ATOM, kind="names"),
    shaped("atom-namespace-with-https", _namespace("https://www.w3.org/2005/Atom"), ATOM, kind="names"),
    shaped("atom-namespace-blank", _namespace(" http://www.w3.org/2005/Atom "), ATOM, kind="names"),
    shaped("rdf-namespace-of-rss09", _namespace("http://channel.netscape.com/rdf/simple/0.9/"), RDF, kind="names"),
    shaped("rdf-without-default-namespace", _namespace(""), RDF, kind="names"),
    shaped(
        "version-odd",
        text=_substituted(r'(?<=<rss) version="[\d.]+"', ' version="2,0 beta"'),
        families=PLAIN_RSS,
        kind="names",
    ),
    shaped("version-missing", text=_substituted(r'(?<=<rss) version="[\d.]+"', ""), families=PLAIN_RSS, kind="names"),
    shaped(
        "schema-location",
        _root(' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"'),
        kind="names",
    ),
)
