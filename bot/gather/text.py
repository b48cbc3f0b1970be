"""Text from feeds → plain text: tags off, entities decoded once, whitespace folded, length bounded (pure)."""

from __future__ import annotations

import html
import re
import unicodedata

MAX_TITLE = 500
MAX_LEDE = 400
MAX_MARKUP = 100_000
"""Of an article's markup only this much is read: a lede and a picture stand at its beginning."""

# Overrides and isolates can turn the text around a title inside out; the others are invisible or not characters at all.
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff\ufff9-\ufffb]"
)

# Tags that people put into titles. Any other "<word>" in a title is more likely meant as it stands: "List<String>".
_INLINE = (
    "a|abbr|acronym|b|big|br|cite|code|del|em|font|i|img|ins|mark|nobr|p|q|s|small|span|strike|strong|sub|sup|tt|u|wbr"
)
_INLINE_TAG = re.compile(rf"</?({_INLINE})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BREAKS = {"br", "p"}
# What shows something of its own in a page says nothing in a title; nor do its inside and what it says of itself.
_EMBEDDED = ("iframe", "svg", "object", "video", "audio", "canvas", "math", "noscript", "template")
_FLAGS = re.IGNORECASE | re.DOTALL
_SHOWN = {name: re.compile(rf"<{name}(?:\s[^<>]*)?(?:/>|>.*?</{name}\s*>)", _FLAGS) for name in _EMBEDDED}
_OPEN = re.compile(rf"<(?:{'|'.join(_EMBEDDED)}|embed|picture|source)\s[^<>]*>|</picture\s*>", re.IGNORECASE)
_PAIRED = re.compile(
    r"<(/?)(?:div|h[1-6]|ul|ol|li|table|tr|td|th|tbody|blockquote|pre|section|article|header|figure|center)\b[^<>]*>",
    re.IGNORECASE,
)
# What isn't closed hides the rest, as in a browser. (A search for an end that isn't there, at every beginning, would
# take its time.)
_CODE = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)

# A sign that begins no tag may stand in an attribute; what begins one never does, and nothing is tried twice: however
# many tags aren't closed, each piece is looked at once.
_SIGN = r"<(?![a-z/!?])"
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|noscript|template|iframe|object|svg|math|select|textarea|title)\b[^<>]*>.*?(?:</\1\s*>|\Z)"
    r"|</?(?P<block>(?:address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|ol|p"
    r"|pre|section|table|tbody|td|th|tr|ul)(?![\w:-]))?"
    rf"""(?(block)|[a-z][^\s<>/"']*+)(?:[^<>"']++|"(?:[^"<]|{_SIGN})*+"|'(?:[^'<]|{_SIGN})*+'|{_SIGN})*+>"""
    r"|</?[a-z][^<>]*(?:>|\Z)"
    r"|<[!?/][^<>]*(?:>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_ANY_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.IGNORECASE)
# No character has so many digits, and Python refuses to read numbers of thousands.
_NO_CHARACTER = re.compile(r"&#(?:\d{9,}|x[0-9a-f]{9,});?", re.IGNORECASE)


def unescape(text: str) -> str:
    """With HTML's references replaced by the characters that they stand for."""
    return html.unescape(_NO_CHARACTER.sub("", text)) if "&" in text else text


def fold(text: str) -> str:
    """Composed, without control and bidirectional-override characters, every run of whitespace one space."""
    return " ".join(_DROPPED.sub("", unicodedata.normalize("NFC", text)).split())


def title_text(value: str, *, is_html: bool) -> str:
    """A title as readers see it. ``is_html`` False: it stands as it is."""
    value = value[: MAX_TITLE * 20]
    if is_html:
        value = _without_embedded(_CODE.sub("", value))
        value = _INLINE_TAG.sub(lambda tag: " " if tag[1].lower() in _BREAKS else "", value)
        end = value.rfind("</")
        value = _PAIRED.sub(lambda tag: " " if tag[1] or tag.start() < end else tag[0], value)
        value = unescape(value)
    return cut(fold(value), MAX_TITLE)


def _without_embedded(value: str) -> str:
    for name, shown in _SHOWN.items():
        # Behind the last end nothing begins that ends: it would be looked for from each beginning.
        end = value.lower().rfind(f"</{name}")
        end = value.find(">", end) + 1 if end >= 0 else 0
        value = shown.sub(" ", value[:end]) + value[end:]
    return _OPEN.sub(" ", value)


def plain_text(markup: str) -> str:
    """The words of a piece of HTML, blocks a space apart."""
    text = _words(markup[:MAX_MARKUP])
    # Some publishers escape twice; what then still looks like markup is never what they meant to say.
    if len(_ANY_TAG.findall(text)) > 1:
        text = _words(text)
    return fold(text)


def _words(markup: str) -> str:
    if "<" not in markup:
        return unescape(markup)
    return unescape(_MARKUP.sub(lambda tag: " " if tag["block"] else "", markup))


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut between words with an ellipsis."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    space = kept.rfind(" ", limit // 2)
    return (kept[:space] if space > 0 else kept).rstrip(" ,;:–—-") + "…"


_TAIL_AT = 600
"""Within so many characters of the end a note begins."""

_SENTENCE_END = re.compile(r"[.!?…](?=[\s\"'”’»)])|[。！？։]")


def lede_text(text: str) -> str:
    """The beginning of an article: whole sentences where that leaves enough, without the notes that blogs append."""
    if len(text) <= MAX_LEDE + _TAIL_AT:
        text = _without_tail(text)
    if len(text) <= MAX_LEDE:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, MAX_LEDE)]
    if ends and ends[-1] >= MAX_LEDE // 2:
        return text[: ends[-1]].rstrip()
    return cut(text, MAX_LEDE)


_ELLIPSIS = re.compile(r"\s*(?:\[\s*(?:…|\.\.\.|\?)\s*\]|&hellip;)\s*$")

# "The post … appeared first on …", as WordPress says it in our languages, and the usual invitations to read on.
_TAILS = (
    r"The (?:post|article) .{1,300}? (?:appeared first|first appeared) on .{1,120}",
    r"Der (?:Beitrag|Artikel) .{1,300}? erschien zuerst auf .{1,120}",
    r"(?:L['’]article|Cet article) .{1,300}? est apparu en premier sur .{1,120}",
    r"La entrada .{1,300}? (?:se publicó primero|apareció primero|aparece primero) en .{1,120}",
    r"L['’]articolo .{1,300}? (?:proviene da|sembra essere il primo su|è stato pubblicato su) .{1,120}",
    r"Het (?:bericht|artikel) .{1,300}? (?:verscheen eerst op|is verschenen op) .{1,120}",
    r"[OA] (?:post|artigo|publicação|notícia) .{1,300}? (?:apareceu|aparece) (?:primeiro|antes) (?:em|no|na) .{1,120}",
    r"(?:Сообщение|Запись) .{1,300}? (?:впервые |сначала )?появил[аои]сь (?:впервые |сначала )?(?:на|в) .{1,120}",
    r"[^.!?]{1,300}? yazısı (?:ilk önce |ilk olarak )?.{1,120}? üzerinde (?:ilk )?(?:ortaya çıktı|göründü)\.?",
    r"(?:Գրառումը|Հոդվածը) .{1,300}? (?:առաջին անգամ|նախ) (?:հայտնվել է|հրապարակվել է) .{1,120}",
    r"(?:投稿|記事)\s?.{1,300}?(?:は|が).{1,120}?に最初に表示されました。?",
    r"[^.!?]{1,300}? (?:게시물이|글이) .{1,120}?에 (?:처음|먼저) (?:등장했습니다|나타났습니다|게시되었습니다)\.?",
    r"[^。！？]{1,300}?(?:最先出现在|最早出現於|首先出現在|最初出现在).{1,120}",
    r"(?:Continue reading|Weiterlesen|Lire la suite)(?: .{0,80})?(?:\.\.\.|…|→|»|>)?",
    r"(?:Read more|Leer más|Leggi tutto|Lees verder|Leia mais|Читать далее|Devamını oku)\s?(?:\.\.\.|…|→|»|>)?",
)
_TAIL = re.compile(f"(?:{'|'.join(_TAILS)})", re.DOTALL)
_SENTENCE_START = re.compile(r"(?<=[.!?…\]”\"»)]) |(?<=[。！？…])\s?|^")


def _without_tail(text: str) -> str:
    # Only beginnings of sentences are looked at, the last one first: cheap on any text.
    starts = [match.end() for match in _SENTENCE_START.finditer(text, max(0, len(text) - _TAIL_AT))]
    for start in reversed(starts):
        if _TAIL.fullmatch(text, start):
            text = text[:start].rstrip()
            break
    return _ELLIPSIS.sub("…", text)
