"""Damages of summaries and contents, and where pictures are told."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from tests.corpus.damage import RSS, XML, Damage, names
from tests.corpus.drafts import Draft, Item, element
from tests.corpus.titles import each

Shape = Callable[[Draft], None]
ATOM = names("atom")
ATOM10 = names("atom10")
JSON = names("json")
DESCRIBED = names("rss20", "rss092", "rss091", "rss10")
HTML = {"atom10": ' type="html"', "atom03": ' type="text/html" mode="escaped"'}


def _own(item: Item) -> str:
    return escape(item.truth.summary or "", quote=False)


def told(markup: str, text: str) -> Shape:
    """HTML in the format's summary: ``{}`` is what it said."""

    def shape(draft: Draft) -> None:
        for item in draft.items:
            inside = markup.replace("{}", _own(item))
            item.tags["summary"] = element(draft.form.summary, inside, HTML.get(draft.form.name, ""))
            item.says(summary=text.replace("{}", item.truth.summary or ""))

    return shape


def placed(markup: str, text: str = "{}") -> Shape:
    """The markup in the summary's place."""

    def shape(draft: Draft) -> None:
        for item in draft.items:
            item.tags["summary"] = markup.replace("{}", _own(item)).replace("{twice}", escape(_own(item)))
            item.says(summary=text.replace("{}", item.truth.summary or ""))

    return shape


@each
def _missing(draft: Draft, item: Item) -> None:
    item.tags["summary"] = ""
    item.says(summary="")


def _pictured(markup: str, picture: str, *, slot: str = "more") -> Shape:
    def shape(draft: Draft) -> None:
        for item in draft.items:
            item.tags[slot] += markup
            item.says(picture=picture.replace("{host}", draft.host))

    return shape


def _unpictured(markup: str) -> Shape:
    return _pictured(markup, "")


def _picture_in_text(source: str, picture: str) -> Shape:
    def shape(draft: Draft) -> None:
        for item in draft.items:
            inside = f"<![CDATA[<img src=\"{source.replace('{host}', draft.host)}\" alt=''><p>{_own(item)}</p>]]>"
            item.tags["summary"] = element(draft.form.summary, inside, HTML.get(draft.form.name, ""))
            item.says(picture=picture.replace("{host}", draft.host))

    return shape


def _json(values: Callable[[str], dict[str, object]], text: str = "{}") -> Shape:
    def shape(draft: Draft) -> None:
        for item in draft.items:
            summary = item.truth.summary or ""
            del item.values["content_html"]
            item.values |= values(summary)
            item.says(summary=text.replace("{}", summary))

    return shape


def summary(
    name: str, shape: Shape, families: frozenset[str] = XML, *, formats: frozenset[str] = frozenset(), unsure: str = ""
) -> Damage:
    formats = formats or (DESCRIBED | names("atom10", "atom03") if families == XML else formats)
    return Damage(f"summary-{name}", "summary", shape, families=families, formats=formats, unsure=unsure)


def picture(name: str, shape: Shape, families: frozenset[str] = RSS | ATOM, unsure: str = "") -> Damage:
    formats = DESCRIBED | names("atom10", "atom03") if families != JSON else frozenset()
    return Damage(f"picture-{name}", "picture", shape, families=families, formats=formats, unsure=unsure)


PIC = "https://img.example/large.jpg"

SUMMARIES = (
    summary("escaped-html", told("&lt;p&gt;{}&lt;/p&gt;&lt;p&gt;&lt;b&gt;Mo&lt;/b&gt;re.&lt;/p&gt;", "{} More.")),
    summary("cdata-html", told("<![CDATA[<p>{}</p>\n<p>M<i>or</i>e.</p>]]>", "{} More.")),
    summary("cdata-unclosed-html", told("<![CDATA[<p>{}<p>More.<br>End.]]>", "{} More. End.")),
    summary("cdata-list", told("<![CDATA[{}<ul><li>One</li><li>Two</li></ul>]]>", "{} One Two")),
    summary("cdata-script-and-style", told("<![CDATA[<style>p{x:1}</style>{}<script>a<b</script>]]>", "{}")),
    summary("cdata-comment", told("<![CDATA[<!-- hidden -->{}<!-- <b>too</b> -->]]>", "{}")),
    summary("cdata-split", told("<![CDATA[{} a ]]]]><![CDATA[> b]]>", "{} a ]]> b")),
    summary("cdata-bare-ampersand", told("<![CDATA[{} Tom & Co, 5 < 6]]>", "{} Tom & Co, 5 < 6")),
    summary(
        "cdata-attribute-with-angle",
        told("<![CDATA[<a title='5 > 4' href='https://w.example/'>{}</a> end]]>", "{} end"),
    ),
    summary("bare-ampersand", told("{} Tom & Co &", "{} Tom & Co &")),
    summary("html-entities", told("{}&nbsp;Caf&eacute; &ndash; &euro;5", "{} Café – €5")),
    summary("html-entities-escaped", told("{} Caf&amp;eacute; &amp;ndash; &amp;euro;5", "{} Café – €5")),
    summary("control-characters", told("{} \x0c\x01 end", "{} end")),
    summary("inline-html", told("<p>{}</p> <p>More.</p>", "{} More.")),
    summary("inline-unclosed-html", told("{}<br>More.<br>End.", "{} More. End.")),
    summary("inline-image-unclosed", told("<img src='https://img.example/a.png'>{}", "{}")),
    summary("inline-attributes-unquoted", told("<a href=https://w.example/?a=1&b=2>{}</a> end", "{} end")),
    summary("missing", _missing),
    summary("empty", told("", "")),
    summary("image-only", told("<![CDATA[<img src='https://img.example/a.png'>]]>", "")),
    summary("content-encoded", placed("<content:encoded><![CDATA[<p>{}</p>]]></content:encoded>"), RSS),
    summary("content-encoded-escaped", placed("<content:encoded>&lt;p&gt;{twice}&lt;/p&gt;</content:encoded>"), RSS),
    summary(
        "content-encoded-after",
        placed("<description>{}</description><content:encoded><![CDATA[<p>All.</p>]]></content:encoded>"),
        RSS,
        formats=DESCRIBED,
    ),
    summary(
        "content-encoded-before",
        placed("<content:encoded><![CDATA[<p>All.</p>]]></content:encoded><description>{}</description>"),
        RSS,
        formats=DESCRIBED,
    ),
    summary(
        "content-encoded-empty-description",
        placed("<description></description><content:encoded><![CDATA[{}]]></content:encoded>"),
        RSS,
    ),
    summary("dc-description", placed("<dc:description>{}</dc:description>"), RSS),
    summary("itunes", placed("<itunes:summary>{}</itunes:summary>"), names("rss")),
    summary(
        "media-description",
        placed("<media:group><media:description>{}</media:description></media:group>"),
        unsure="a picture's caption; all the words that there are",
    ),
    summary("atom-content", placed('<content type="html">&lt;p&gt;{twice}&lt;/p&gt;</content>'), ATOM, formats=ATOM10),
    summary("atom-content-cdata", placed('<content type="html"><![CDATA[<p>{}</p>]]></content>'), ATOM, formats=ATOM10),
    summary("atom-content-text", placed('<content type="text">{} &lt;b&gt;</content>', "{} <b>"), ATOM, formats=ATOM10),
    summary(
        "atom-content-xhtml",
        placed(
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{}</p><p>M<b>or</b>e.</p></div></content>',
            "{} More.",
        ),
        ATOM,
        formats=ATOM10,
    ),
    summary(
        "atom-content-prefixed-xhtml",
        placed('<content type="xhtml"><h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p>{}</h:p></h:div></content>'),
        ATOM,
        formats=ATOM10,
    ),
    summary("atom-both", placed('<content type="html">All.</content><summary>{}</summary>'), ATOM, formats=ATOM10),
    summary(
        "atom-plain-is-plain", placed("<summary>{} &lt;b&gt; &amp;amp;</summary>", "{} <b> &amp;"), ATOM, formats=ATOM10
    ),
    summary(
        "atom-content-elsewhere",
        placed('<content type="video/mp4" src="https://w.example/v.mp4"/>', ""),
        ATOM,
        formats=ATOM10,
    ),
    summary(
        "atom03-escaped",
        placed('<content type="text/html" mode="escaped">&lt;p&gt;{twice}&lt;/p&gt;</content>'),
        ATOM,
        formats=names("atom03"),
    ),
    summary("json-text", _json(lambda text: {"content_text": f"{text} <b> &amp;"}, "{} <b> &amp;"), JSON),
    summary("json-own", _json(lambda text: {"summary": text, "content_html": "<p>All.</p>"}), JSON),
    summary("json-missing", _json(lambda text: {}, ""), JSON),
    summary(
        "json-html",
        _json(lambda text: {"content_html": f"<p>{text}<p>Caf&eacute; &amp; <b>more</b>"}, "{} Café & more"),
        JSON,
    ),
    picture("media-content", _pictured(f'<media:content url="{PIC}" medium="image"/>', PIC)),
    picture(
        "media-largest",
        _pictured(
            '<media:content url="https://img.example/s.jpg" width="90" type="image/jpeg"/>'
            f'<media:content url="{PIC}" width="900" type="image/jpeg"/>',
            PIC,
        ),
    ),
    picture("media-thumbnail", _pictured(f'<media:thumbnail url="{PIC}" width="75" height="50"/>', PIC)),
    picture(
        "media-group",
        _pictured(
            f'<media:group><media:title>No</media:title><media:content url="{PIC}" type="image/png"/></media:group>',
            PIC,
        ),
    ),
    picture("media-video", _unpictured('<media:content url="https://img.example/v.mp4" type="video/mp4"/>')),
    picture("enclosure", _pictured(f'<enclosure url="{PIC}" type="image/jpeg" length="1"/>', PIC), names("rss")),
    picture(
        "enclosure-sound",
        _unpictured('<enclosure url="https://img.example/a.mp3" type="audio/mpeg" length="1"/>'),
        names("rss"),
    ),
    picture("enclosure-atom", _pictured(f'<link rel="enclosure" type="image/jpeg" href="{PIC}"/>', PIC), ATOM),
    picture(
        "itunes",
        _pictured(f'<itunes:image href="{PIC}"/>', PIC),
        names("rss"),
        unsure="an episode's cover is its picture",
    ),
    Damage(
        "picture-in-text",
        "summary",
        _picture_in_text("https://{host}/p.png", "https://{host}/p.png"),
        formats=DESCRIBED | names("atom10"),
    ),
    Damage(
        "picture-in-text-relative",
        "summary",
        _picture_in_text("/p.png", "https://{host}/p.png"),
        formats=DESCRIBED | names("atom10"),
    ),
    Damage(
        "picture-is-data",
        "summary",
        _picture_in_text("data:image/png;base64,AAAA", ""),
        formats=DESCRIBED | names("atom10"),
    ),
)
