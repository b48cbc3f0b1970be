"""Writes pages of articles as publishers do: with menus, teasers, footers and what they tell machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class ArticlePage:
    """A page; whatever is empty is left out."""

    title: str
    paragraphs: Sequence[str]
    language: str = "en"
    heading: str = ""
    quotation: str = ""
    points: Sequence[str] = ()
    author: str = ""
    published: str = ""
    picture: str = ""
    canonical: str = ""
    alternates: Sequence[tuple[str, str]] = ()
    robots: str = ""
    free: bool = True

    def html(self) -> bytes:
        first, *rest = self.paragraphs
        body = [f"<h1>{escape(self.title)}</h1>", f"<p class='byline'>{escape(self.author)}</p>", _p(first)]
        body += [f"<h2>{escape(self.heading)}</h2>"] if self.heading else []
        body += [_p(text) for text in rest]
        body += [f"<blockquote><p>{escape(self.quotation)}</p></blockquote>"] if self.quotation else []
        if self.points:
            body += ["<ul>", *(f"<li>{escape(point)}</li>" for point in self.points), "</ul>"]
            body += [_p(first)]
        return (
            f"<!DOCTYPE html><html lang={self.language}><head>{self._head()}</head><body>{_MENU}"
            f"<main><article>{''.join(body)}</article></main>{_ASIDE}{_FOOTER}</body></html>"
        ).encode()

    def _head(self) -> str:
        thing = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": self.title,
            "datePublished": self.published,
            "author": [{"@type": "Person", "name": self.author}],
            "isAccessibleForFree": self.free,
        }
        tags = [
            "<meta charset=utf-8>",
            f"<title>{escape(self.title)} | The Daily Example</title>",
            f'<meta property="og:title" content="{escape(self.title)}">',
            f'<meta property="og:image" content="{escape(self.picture)}">' if self.picture else "",
            f'<link rel="canonical" href="{escape(self.canonical)}">' if self.canonical else "",
            *(f'<link rel="alternate" hreflang="{lang}" href="{escape(url)}">' for lang, url in self.alternates),
            f'<meta name="robots" content="{escape(self.robots)}">' if self.robots else "",
            f'<script type="application/ld+json">{json.dumps(thing)}</script>',
            "<script>var tracking = '<p>not a paragraph</p>';</script><style>p { color: red }</style>",
        ]
        return "".join(tags)


def _p(text: str) -> str:
    return f"<p>{escape(text)}</p>"


_MENU = (
    "<header><nav><ul>"
    + "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(12))
    + "</ul></nav></header>"
)
_ASIDE = (
    "<aside><h3>Most read</h3><ul>"
    + "".join(f"<li><a href='/read/{n}'>Another teaser number {n}</a></li>" for n in range(8))
    + "</ul></aside>"
)
_FOOTER = (
    "<div class='cookie-banner'>We use cookies. <button>Accept all</button></div>"
    "<footer><p>© 2026 The Daily Example. All rights reserved.</p><a href='/imprint'>Imprint</a></footer>"
)
