"""What stands in front of the feed and behind it, and feeds that are cut off."""

from __future__ import annotations

import re

from tests.corpus.damage import ANY, XML, Damage, Shape, Text, names, needs
from tests.corpus.drafts import ITEM, Draft
from tests.corpus.titles import each

JSON = names("json")
DATA_91 = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://www.example/publish/formats/rss-0.91.dtd">\n'


def _before(words: str) -> Text:
    return lambda draft, text: words + text


def _after(words: str) -> Text:
    return lambda draft, text: text + words


def _declared(declaration: str) -> Shape:
    def shape(draft: Draft) -> None:
        draft.declaration = declaration

    return shape


def _doctype(doctype: str) -> Shape:
    def shape(draft: Draft) -> None:
        draft.doctype = doctype

    return shape


def _twice(draft: Draft, text: str) -> str:
    return draft.declaration + text


def _line_ends(ends: str) -> Text:
    return lambda draft, text: text.replace("\n", ends)


def _one_line(draft: Draft, text: str) -> str:
    return re.sub(r">\n+<", "><", text.replace(f"\n{ITEM}", ITEM))


def front(
    name: str,
    text: Text | None = None,
    families: frozenset[str] = XML,
    *,
    shape: Shape | None = None,
    formats: frozenset[str] = frozenset(),
) -> Damage:
    return Damage(name, "prolog", shape, text, families=families, formats=formats)


PHP = "<br />\n<b>Warning</b>:  Undefined variable $feed in <b>/srv/www/rss.php</b> on line <b>12</b><br />\n"
PHP_PLAIN = "\nWarning: Cannot modify header information - headers already sent in /srv/www/rss.php on line 3\n\n"
ANALYTICS = (
    "\n<script type='text/javascript'>if (a < b && c) { track(); }</script>"
    "<!-- 0.3 s --><noscript><img src=x></noscript>"
)

PROLOGS = (
    front("blank-lines-before", _before("\n\n  \r\n\t"), ANY),
    front("mark-before", _before("\ufeff"), ANY),
    front("mark-twice-before", _before("\ufeff\ufeff"), ANY),
    front("blank-line-and-mark-before", _before("\n\ufeff"), ANY),
    front("php-warning-before", _before(PHP), ANY),
    front("php-warning-in-plain-words-before", _before(PHP_PLAIN), ANY),
    front("comment-before", _before("<!-- made by a cache & kept < 5 s -->\n")),
    front("comments-before-with-tags", _before("<!-- <html> <rss> -->\n<!-- <feed> -->")),
    front("junk-before", _before("0\r\n1f4\r\n")),
    front("html-after", _after(ANALYTICS)),
    front("comment-after", _after("\n<!-- cached -- 12:00 -->\n")),
    front("text-after", _after("\n0\n"), ANY),
    front("nuls-after", _after("\x00\x00\x00"), ANY),
    front("php-warning-after", _after(PHP), ANY),
    front("declaration-missing", shape=_declared("")),
    front("declaration-without-encoding", shape=_declared('<?xml version="1.0"?>\n')),
    front("declaration-twice", _twice),
    front("declaration-not-closed", shape=_declared('<?xml version="1.0" encoding="UTF-8">\n')),
    front("declaration-in-capitals", shape=_declared('<?XML VERSION="1.0" ENCODING="UTF-8"?>\n')),
    front("declaration-of-xml-1.1", shape=_declared('<?xml version="1.1" encoding="UTF-8"?>\n')),
    front("declaration-of-xml-2.0", shape=_declared('<?xml version="2.0" encoding="UTF-8"?>\n')),
    front("declaration-in-odd-order", shape=_declared("<?xml encoding='UTF-8' version='1.0'?>\n")),
    front("declaration-standalone", shape=_declared('<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n')),
    front(
        "stylesheet",
        shape=_declared(
            '<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="/a.xsl"?>\n<!-- hello -->\n'
        ),
    ),
    front("doctype", shape=_doctype(DATA_91), formats=names("rss20", "rss092", "rss091")),
    front("doctype-bare", shape=_doctype("<!DOCTYPE rss>\n")),
    front(
        "doctype-without-declaration",
        shape=lambda draft: (_declared("")(draft), _doctype("<!DOCTYPE rss>\n")(draft))[0],
    ),
    front("line-ends-of-windows", _line_ends("\r\n"), ANY),
    front("line-ends-of-old-macs", _line_ends("\r"), ANY),
    front("one-line", _one_line),
)


def _cut_from(pattern: str, after: int) -> Text:
    """Cut ``after`` characters into the first match inside the last item."""

    def change(draft: Draft, text: str) -> str:
        start = text.rindex(ITEM)
        found = re.search(pattern, text[start:])
        needs(found)
        assert found is not None
        return text[: start + found.start() + after]

    return change


def _cut(
    name: str,
    text: Text,
    families: frozenset[str] = XML,
    *,
    lost: bool = True,
    shape: Shape | None = None,
    formats: frozenset[str] = frozenset(),
) -> Damage:
    return Damage(f"cut-{name}", "cut" if lost else "cut-whole", shape, text, families=families, formats=formats)


def _json_cut(into: str, after: int) -> Text:
    def change(draft: Draft, text: str) -> str:
        at = text.rindex(into)
        needs(at > text.index('"items"'))  # where the items have none, the last one is the feed's own
        return text[: at + after]

    return change


def _json_after_third(draft: Draft, text: str) -> str:
    """Between two items: all that came is whole."""
    return text[: text.rindex("{\n") - 1]


def _whole(draft: Draft, text: str) -> str:
    end = f"</{draft.form.item}>"
    return text[: text.rindex(end) + len(end) + 1]


@each
def _in_cdata(draft: Draft, item: object) -> None:
    """The summaries as CDATA, so that there is one to be cut."""
    tags = draft.items[-1].tags
    inner = re.search(r">([^<]+)<", tags.get("summary", ""))
    if inner:
        tags["summary"] = tags["summary"].replace(inner[1], f"<![CDATA[{inner[1]}]]>")


CUTS = (
    _cut("in-a-title", _cut_from(r"<title[^>]*>.", 12)),
    _cut("in-a-tag", _cut_from(r"<title", 4)),
    _cut("in-an-end-tag", _cut_from(r"</title>", 4)),
    _cut("in-a-link", _cut_from(r"https://", 12)),
    _cut("in-an-attribute", _cut_from(r"[a-z]=\"", 5), formats=names("atom10", "atom03", "rss20", "rss10")),
    _cut(
        "in-a-summary",
        _cut_from(r"<(description|summary)[^>]*>.", 20),
        formats=names("rss20", "rss091", "rss10", "atom10"),
    ),
    _cut(
        "in-cdata", _cut_from(r"<!\[CDATA\[.", 14), shape=_in_cdata, formats=names("rss20", "rss091", "rss10", "atom10")
    ),
    _cut(
        "in-the-start-of-cdata",
        _cut_from(r"<!\[CDATA\[", 5),
        shape=_in_cdata,
        formats=names("rss20", "rss091", "rss10", "atom10"),
    ),
    _cut("at-the-start-of-an-item", _cut_from(r"<(item|entry)", 4)),
    _cut("in-the-end-of-an-item", _cut_from(r"</(item|entry)", 6)),
    _cut("after-an-item", _whole, lost=False),
    _cut("json-in-a-title", _json_cut('"title"', 14), JSON),
    _cut("json-in-a-name", _json_cut('"url"', 3), JSON),
    _cut("json-after-an-item", _json_after_third, JSON),
    _cut("json-before-the-end", lambda draft, text: text.rstrip("\n }]\t") + "\n }", JSON, lost=False),
)
