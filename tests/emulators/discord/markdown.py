"""Discord's markup as HTML, enough to judge a post by eye. Everything is escaped first."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

_INLINE = (
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"\[([^\]\n]+)\]\((?:&lt;)?(https?://[^)\s&]+(?:&amp;[^)\s&]+)*)(?:&gt;)?\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"\*\*(.+?)\*\*", re.DOTALL), r"<b>\1</b>"),
    (re.compile(r"__(.+?)__", re.DOTALL), r"<u>\1</u>"),
    (re.compile(r"(?<![\w*])[*_](?!\s)([^*_\n]+?)[*_](?![\w*])"), r"<i>\1</i>"),
    (re.compile(r"~~(.+?)~~", re.DOTALL), r"<s>\1</s>"),
    (re.compile(r"\|\|(.+?)\|\|", re.DOTALL), r"<mark>\1</mark>"),
    (re.compile(r'(?<!["=>])(https?://[^\s<]+)'), r'<a href="\1">\1</a>'),
)
_TIME = re.compile(r"&lt;t:(-?\d+)(?::([tTdDfFRsS]))?&gt;")
_MENTION = re.compile(r"&lt;(@!?|@&amp;|#)(\d+)&gt;")
_EMOJI = re.compile(r"&lt;a?:(\w+):\d+&gt;")
# A backslash takes its meaning from any sign after it, whatever that would mean (simple-markdown's rule for "escape").
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_UNITS = ((31_536_000, "year"), (2_592_000, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_FORMATS = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%d/%m/%Y", "D": "%d %B %Y", "F": "%A, %d %B %Y %H:%M"}


def relative(seconds: float) -> str:
    size = abs(seconds)
    for unit, name in _UNITS:
        if size >= unit:
            count = int(size // unit)
            words = f"{count} {name}{'s' if count > 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "now"


def to_html(text: str, names: dict[str, str], *, now: float) -> str:
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(html.escape(match[1]))
        return f"\x00{len(kept) - 1}\x00"

    text = html.escape(_ESCAPED.sub(keep, text), quote=False)
    text = _TIME.sub(lambda m: _time(m, now), text)
    text = _MENTION.sub(lambda m: _mention(m, names), text)
    text = _EMOJI.sub(r":\1:", text)
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    text = "".join(_line(line) for line in text.split("\n"))
    return re.sub(r"\x00(\d+)\x00", lambda m: kept[int(m[1])], text)


def _line(line: str) -> str:
    for sign, tag in (("### ", "h5"), ("## ", "h4"), ("# ", "h4")):
        if line.startswith(sign):
            return f"<{tag}>{line.removeprefix(sign)}</{tag}>"
    if line.startswith("-# "):
        return f'<div class="note">{line[3:]}</div>'
    if line.startswith("&gt; "):
        return f"<blockquote>{line[5:]}</blockquote>"
    if line.startswith(("- ", "* ")):
        return f"<div>• {line[2:]}</div>"
    return f"{line}<br>"


def _time(match: re.Match[str], now: float) -> str:
    moment = int(match[1])
    kind = match[2] or "f"
    at = datetime.fromtimestamp(moment, UTC)
    words = relative(now - moment) if kind == "R" else at.strftime(_FORMATS.get(kind, "%d %B %Y %H:%M"))
    return f'<time datetime="{at.isoformat()}">{words}</time>'


def _mention(match: re.Match[str], names: dict[str, str]) -> str:
    sign = html.unescape(match[1]).replace("!", "")
    return f'<span class="mention">{html.escape(names.get(sign + match[2], "@unknown"))}</span>'
