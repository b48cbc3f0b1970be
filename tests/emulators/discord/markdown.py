"""Discord's markup as HTML, enough to judge a post by eye: what its clients draw, in the order in which they look."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_UNITS = ((31_536_000, "year"), (2_592_000, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_FORMATS = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%d/%m/%Y", "D": "%d %B %Y", "F": "%A, %d %B %Y %H:%M"}
_ADDRESS = re.compile(r"https?://[^\s<>]*[^\s<>.,:;\"')\]]")
# A backslash takes its meaning from any sign after it, whatever that would mean (simple-markdown's rule for "escape").
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_LINK = re.compile(
    r"\[((?:\\.|\[[^\[\]\n]*\]|[^\[\]\\\n])+)\]\(\s*<?((?:\\.|[^\s()<>\\]|\([^\s()]*\))+)>?(?:\s+\"[^\"]*\")?\s*\)"
)
_HEADING = re.compile(r"(#{1,3})\s+(.+)")
_ITEM = re.compile(r"(\s*)(?:[-*]|(\d+)\.)\s+(.+)")
_QUOTE = re.compile(r">(?:>>)?\s(.*)")


@dataclass(frozen=True)
class _Page:
    names: Mapping[str, str]
    now: float

    def inline(self, text: str) -> str:
        parts, at = [], 0
        while at < len(text):
            end, drawn = self._next(text, at)
            parts.append(drawn)
            at = end
        return "".join(parts)

    def _next(self, text: str, at: int) -> tuple[int, str]:
        """Where what stands here ends, and how it is drawn."""
        for pattern, draw in _RULES:
            match = pattern.match(text, at)
            if match is not None:
                drawn = draw(self, match)
                if drawn is not None:
                    return match.end(), drawn
        plain = re.compile(r"\w+|.", re.DOTALL).match(text, at)
        assert plain is not None, "something stands here"
        return plain.end(), html.escape(plain[0]).replace("\n", "<br>")

    def within(self, tag: str) -> Callable[[re.Match[str]], str]:
        return lambda match: f"<{tag}>{self.inline(match[1])}</{tag}>"

    def link(self, match: re.Match[str]) -> str | None:
        address = _ESCAPED.sub(r"\1", match[2])
        if _ADDRESS.match(address) is None:
            return None
        return f'<a href="{html.escape(address)}">{self.inline(match[1])}</a>'

    def time(self, match: re.Match[str]) -> str:
        at = datetime.fromtimestamp(int(match[1]), UTC)
        kind = match[2] or "f"
        words = relative(self.now - int(match[1])) if kind == "R" else at.strftime(_FORMATS.get(kind, "%d %B %Y %H:%M"))
        return f'<time datetime="{at.isoformat()}">{words}</time>'

    def mention(self, match: re.Match[str]) -> str:
        name = self.names.get(match[1].replace("!", "") + match[2], "@unknown")
        return f'<span class="mention">{html.escape(name)}</span>'

    def everyone(self, match: re.Match[str]) -> str:
        return f'<span class="mention">{match[0]}</span>'

    def bare(self, match: re.Match[str]) -> str:
        return f'<a href="{html.escape(match[0])}">{html.escape(match[0])}</a>'

    def line(self, line: str) -> str:
        if heading := _HEADING.fullmatch(line):
            level = 3 + min(2, len(heading[1]))
            return f"<h{level}>{self.inline(heading[2])}</h{level}>"
        if line.startswith("-# "):
            return f'<div class="note">{self.inline(line[3:])}</div>'
        if quote := _QUOTE.fullmatch(line):
            return f"<blockquote>{self.inline(quote[1])}</blockquote>"
        if item := _ITEM.fullmatch(line):
            sign = f"{item[2]}." if item[2] else "•"
            return f'<div style="margin-left:{len(item[1]) / 2}em">{sign} {self.inline(item[3])}</div>'
        return f"{self.inline(line)}<br>"


_Rule = tuple[re.Pattern[str], Callable[[_Page, re.Match[str]], str | None]]
_RULES: tuple[_Rule, ...] = (
    (_ESCAPED, lambda _page, m: html.escape(m[1])),
    (re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL), lambda _page, m: f"<code>{html.escape(m[2])}</code>"),
    (_LINK, _Page.link),
    (re.compile(r"<t:(-?\d+)(?::([tTdDfFRsS]))?>"), _Page.time),
    (re.compile(r"<(@!?|@&|#)(\d+)>"), _Page.mention),
    (re.compile(r"@(everyone|here)\b"), _Page.everyone),
    (re.compile(r"<a?:(\w+):\d+>"), lambda _page, m: f":{m[1]}:"),
    (re.compile(r"<(https?://[^\s<>]+)>"), lambda _page, m: f'<a href="{html.escape(m[1])}">{html.escape(m[1])}</a>'),
    (_ADDRESS, _Page.bare),
    (re.compile(r"\*\*((?:\\.|.)+?)\*\*(?!\*)", re.DOTALL), lambda page, m: page.within("b")(m)),
    (re.compile(r"__((?:\\.|.)+?)__(?!_)", re.DOTALL), lambda page, m: page.within("u")(m)),
    (re.compile(r"\*(?![\s*])((?:\\.|[^\\*])+?)(?<!\s)\*(?!\*)", re.DOTALL), lambda page, m: page.within("i")(m)),
    (re.compile(r"\b_((?:\\.|[^\\_])+?)_\b", re.DOTALL), lambda page, m: page.within("i")(m)),
    (re.compile(r"~~((?:\\.|.)+?)~~(?!~)", re.DOTALL), lambda page, m: page.within("s")(m)),
    (re.compile(r"\|\|((?:\\.|.)+?)\|\|", re.DOTALL), lambda page, m: page.within("mark")(m)),
)


def to_html(text: str, names: Mapping[str, str], *, now: float) -> str:
    page = _Page(names, now)
    parts = re.split(r"```(?:[\w+-]*\n)?(.*?)```", text, flags=re.DOTALL)
    drawn = []
    for number, part in enumerate(parts):
        if number % 2:
            drawn.append(f"<pre><code>{html.escape(part)}</code></pre>")
        elif part:
            drawn += [page.line(line) for line in part.split("\n")]
    return "".join(drawn).removesuffix("<br>")


def relative(seconds: float) -> str:
    size = abs(seconds)
    for unit, name in _UNITS:
        if size >= unit:
            count = int(size // unit)
            words = f"{count} {name}{'s' if count > 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "now"
