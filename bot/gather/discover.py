"""A site's page → the addresses of its feeds, and why it may have none (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

from bot.gather.decode import decode
from bot.gather.links import absolute_address
from bot.gather.text import fold
from bot.model import Phrase

MAX_PAGE = 1_000_000
MAX_FEEDS = 10
MAX_ANCHORS = 8
_MAX_LINKS = 20_000
"""Links of a page that are looked at; a page that has more is no use to readers either."""

FEED_TYPES = {
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/json",
    "text/xml", "application/xml", "application/x-rss+xml", "application/x.atom+xml", "text/rss",
}  # fmt: skip

WELL_KNOWN = (
    "/feed", "/rss", "/feed.xml", "/atom.xml", "/rss.xml", "/index.xml", "/feed.json", "/feeds/posts/default",
    "/index.rdf", "/rss2", "/?feed=rss2",
)  # fmt: skip
"""Where feeds usually are, most usual first; asked only of a site that names none."""

# Beside a page's feed WordPress names its JSON API; others name services that read feeds.
_NEVER = re.compile(
    r"/wp-json/|oembed|//(?:[\w-]+\.)*(?:feedly|inoreader|newsblur|theoldreader|netvibes)\.com/", re.IGNORECASE
)
_COMMENTS = re.compile(r"/comments?/|comments-rss|[?&]feed=comments|/comments\.(?:xml|rss|atom)", re.IGNORECASE)

LOGIN = Phrase("It asks for a login.")
ROBOTS = Phrase("It shows a page instead of a feed, maybe to keep robots out.")
NOT_A_FEED = Phrase("It is a web page, not a feed.")


@dataclass(frozen=True, slots=True)
class Page:
    """What a web page says of feeds."""

    named: tuple[str, ...]
    """Feeds that its head names, in its order."""
    anchors: tuple[str, ...]
    """Links that look like feeds, the likeliest first."""
    comments: tuple[str, ...]
    """Feeds of comments: wanted only where there is nothing else."""
    problem: Phrase
    """Why it is a page and no feed."""
    leads_to: str | None = None
    """Where it sends its readers at once."""


def read_page(body: bytes, content_type: str, url: str) -> Page:
    """What the page at this address says."""
    text = decode(body[:MAX_PAGE], content_type)
    finder = _Finder()
    finder.feed(text)
    base = absolute_address(finder.base, url) or url
    named = _addresses([href for href, _ in finder.named], base)
    anchors = _addresses(_likely_feeds(finder.anchors, base), base)
    return Page(
        named=tuple(one for one in (*_in_the_text(text, url), *named) if not _COMMENTS.search(one))[:MAX_FEEDS],
        anchors=tuple(one for one in anchors if one not in named and not _COMMENTS.search(one))[:MAX_ANCHORS],
        comments=tuple(one for one in (*named, *anchors) if _COMMENTS.search(one))[:2],
        problem=why_a_page(text),
        leads_to=absolute_address(finder.refresh, base) if finder.refresh else None,
    )


def well_known(url: str) -> list[str]:
    """Where a site's feed may be if no page says so: below the page's own path, then at the root."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    folder = parts.path.rstrip("/")
    below = [f"{root}{folder}{name}" for name in ("/feed", "/rss.xml")] if folder else []
    return [*below, *(root + name for name in WELL_KNOWN)]


_PASSWORD = re.compile(r"""<input\b[^>]{0,500}type\s*=\s*["']?password""", re.IGNORECASE)
_LOGIN_TITLE = re.compile(
    r"<title[^>]*>[^<]{0,60}(?:log ?in|sign ?in|anmelden|connexion|iniciar sesi|accedi|вход|войти"
    r"|ログイン|로그인|登录|登入|inloggen|entrar|giriş|մուտք)",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"cf-browser-verification|/cdn-cgi/challenge|cf_chl_|<title>just a moment|attention required!|_incapsula_"
    r"|px-captcha|datadome|g-recaptcha|h-captcha|hcaptcha|captcha-delivery|ddos-guard|checking your browser"
    r"|are you a (?:robot|human)|verify (?:that )?you are (?:a )?human|enable javascript and cookies|access denied"
    r"|unusual traffic|request unsuccessful",
    re.IGNORECASE,
)


def why_a_page(text: str) -> Phrase:
    """What the web page that came in place of a feed is, as far as it shows."""
    text = text[:200_000]
    # A page of articles may have a box for members in its corner, and a captcha under its comments.
    if text.count("<p") + text.count("<article") <= 30:
        if _CHALLENGE.search(text):
            return ROBOTS
        if _LOGIN_TITLE.search(text) or _PASSWORD.search(text):
            return LOGIN
    return NOT_A_FEED


def _addresses(hrefs: Sequence[str], base: str) -> list[str]:
    found = (absolute_address(href.partition("#")[0], base) for href in hrefs)
    return list(dict.fromkeys(one for one in found if one and not _NEVER.search(one)))


# --- links in the text -----------------------------------------------------------------------------------------------

_FEED_FILE = re.compile(
    r"\.(?:rss|atom|rdf)$|(?:^|/)(?:rss|atom|feed|index|news|feeds)\.(?:xml|json|rss|php)$", re.IGNORECASE
)
_FEED_FOLDER = re.compile(r"(?:^|/)(?:feeds?|rss2?|atom|rdf)/?$", re.IGNORECASE)
_FEED_QUERY = re.compile(r"(?:^|&)(?:feed|format|type|alt)=(?:rss2?|atom|rdf|feed)(?:&|$)", re.IGNORECASE)
_FEED_WORDS = re.compile(r"^\W*(?:rss|atom|rss[- ]?feeds?|feeds?|xml|json feed)\W*$", re.IGNORECASE)


def _likely_feeds(anchors: Sequence[tuple[str, str]], base: str) -> list[str]:
    host = urlsplit(base).netloc
    ranked = []
    for place, (href, words) in enumerate(anchors):
        rank = _rank(href, words)
        if rank is not None:
            address = absolute_address(href, base)
            if address:
                ranked.append((urlsplit(address).netloc != host, rank, place, address))
    return [address for *_, address in sorted(ranked)]


def _rank(href: str, words: str) -> int | None:
    path, _, query = href.partition("#")[0].partition("?")
    if _FEED_FILE.search(path) or _FEED_QUERY.search(query):
        return 0
    if _FEED_FOLDER.search(path):
        return 1
    return 2 if _FEED_WORDS.match(words) and not path.endswith((".html", ".htm", ".png", ".svg", ".gif")) else None


_YOUTUBE = re.compile(r'"(?:externalId|channelId)":"(UC[\w-]{22})"|/channel/(UC[\w-]{22})"')


def _in_the_text(text: str, url: str) -> list[str]:
    """A channel's page names its feed nowhere, but its own number."""
    host = urlsplit(url).hostname or ""
    match = _YOUTUBE.search(text) if host == "youtube.com" or host.endswith(".youtube.com") else None
    return [f"https://www.youtube.com/feeds/videos.xml?channel_id={match[1] or match[2]}"] if match else []


# A page that is to be read first isn't left before some seconds.
_REFRESH = re.compile(r"\s*[0-9](?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?(\S.*)", re.IGNORECASE)


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.refresh = ""
        self.named: list[tuple[str, str]] = []
        self.anchors: list[tuple[str, str]] = []
        self._href: str | None = None
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"a", "link", "base", "meta"}:
            return
        values = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self._meta(values)
            return
        href = values.get("href", "").strip()
        if tag == "base":
            # Only the first one counts, and only where it leads somewhere; it counts for the whole page.
            self.base = self.base or (absolute_address(href, "https://invalid.invalid/") and href)
        elif tag == "link":
            self._link(values, href)
        elif href and len(self.anchors) < _MAX_LINKS:
            self.handle_endtag("a")
            self._href, self._words = href, values.get("title", "") or values.get("aria-label", "")
            self._relation(values, href)

    def _meta(self, values: dict[str, str]) -> None:
        if values.get("http-equiv", "").strip().lower() == "refresh" and not self.refresh:
            sends = _REFRESH.match(values.get("content", "")[:3000])
            self.refresh = sends[1].strip().strip("\"'") if sends else ""

    def _link(self, values: dict[str, str], href: str) -> None:
        relations = values.get("rel", "").lower().split()
        kind = values.get("type", "").partition(";")[0].strip().lower()
        wanted = "feed" in relations or (
            "alternate" in relations and kind in FEED_TYPES and "stylesheet" not in relations
        )
        if wanted and href and len(self.named) < 10 * MAX_FEEDS:
            self.named.append((href, fold(values.get("title", ""))[:200]))

    def _relation(self, values: dict[str, str], href: str) -> None:
        kind = values.get("type", "").partition(";")[0].strip().lower()
        if kind in FEED_TYPES and kind.endswith("+xml") and len(self.named) < 10 * MAX_FEEDS:
            self.named.append((href, ""))

    def handle_data(self, data: str) -> None:
        if self._href is not None and len(self._words) < 100:
            self._words += data[:100]

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href is not None:
            self.anchors.append((self._href, self._words.strip()))
            self._href = None
